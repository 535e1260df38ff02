//! Runs over small texts, made by hand: what the tests render.

use manifest::{Source, SourceId, Sources, Span};
use report::{Counts, Format, NotLinted, Options, Report, ReportInput, Tool, render};
use rules::{Finding, Judgement, Location, ObjectRef, RuleDoc, Severity};

/// What a command would hand over.
pub(crate) struct Run {
    pub(crate) sources: Sources,
    pub(crate) judgement: Judgement,
    pub(crate) rules: Vec<RuleDoc>,
    pub(crate) counts: Counts,
    pub(crate) not_linted: Vec<NotLinted>,
    pub(crate) complete: bool,
    pub(crate) prefix: &'static str,
}

impl Run {
    /// Nothing found in nothing.
    pub(crate) fn new() -> Self {
        Self {
            sources: Sources::new(),
            judgement: Judgement::default(),
            rules: vec![],
            counts: Counts { files: 1, parsed: 1, documents: 1, rules: 1 },
            not_linted: vec![],
            complete: true,
            prefix: "",
        }
    }

    /// Adds a text.
    pub(crate) fn file(&mut self, path: &str, text: &str) -> SourceId {
        self.sources.add(Source::new(path, text.as_bytes().to_vec()))
    }

    /// Where `needle` stands first in a text.
    pub(crate) fn at(&self, source: SourceId, needle: &str) -> Span {
        let text = self.sources.get(source).unwrap().text().unwrap();
        let start = text.find(needle).unwrap_or_else(|| panic!("no {needle:?} in the text"));
        let byte = |at: usize| u32::try_from(at).unwrap();
        Span { source, start: byte(start), end: byte(start + needle.len()) }
    }

    /// Adds a finding about the Cluster `prod/db`, to be changed as needed.
    pub(crate) fn find(&mut self, severity: Severity, rule: &str, message: &str, span: Span) -> &mut Finding {
        self.judgement.findings.push(finding(severity, rule, message, span));
        self.judgement.findings.last_mut().unwrap()
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report::new(ReportInput {
            tool: Tool { name: "cnpg-lint", version: "0.1.0" },
            sources: &self.sources,
            judgement: &self.judgement,
            rules: &self.rules,
            counts: self.counts,
            not_linted: self.not_linted.clone(),
            complete: self.complete,
            prefix: self.prefix,
        })
    }

    pub(crate) fn rendered(&self, format: Format, options: &Options) -> String {
        let mut out = Vec::new();
        render(format, &self.report(), options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The human output in a terminal of `width` columns.
    pub(crate) fn human(&self, width: usize) -> String {
        self.rendered(Format::Human, &Options { width, ..Options::default() })
    }
}

pub(crate) fn cluster(namespace: &str, name: &str) -> ObjectRef {
    object("postgresql.cnpg.io/v1", "Cluster", namespace, name)
}

pub(crate) fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: api_version.into(),
        kind: kind.into(),
        namespace: Some(namespace.into()),
        name: Some(name.into()),
    }
}

pub(crate) fn finding(severity: Severity, rule: &str, message: &str, span: Span) -> Finding {
    Finding {
        rule: rule.into(),
        category: "availability".into(),
        severity,
        refused_by: None,
        message: message.into(),
        help: String::new(),
        object: Some(cluster("prod", "db")),
        environments: vec!["k8s/prod".into()],
        location: Location { span, pointer: "/spec".into() },
        related: vec![],
    }
}

pub(crate) fn rule(id: &str, category: &str, severity: Severity, title: &str) -> RuleDoc {
    RuleDoc {
        id: id.into(),
        category: category.into(),
        title: title.into(),
        severity,
        refused_by: None,
        why: format!("Why *{id}* matters.\n\nAt length."),
        help: "Do something about it.".into(),
        kinds: vec!["Cluster".into()],
        doors: vec!["repo".into(), "admission".into()],
        source: vec!["guideline#backups".into()],
        enabled: true,
    }
}
