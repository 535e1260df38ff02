//! What the API server would say of an object's fields.

use crate::index::databases::CNPG;
use crate::inventory::{Object, Wholeness};
use crate::view::{Known, Place};
use crate::views::Context;
use schema::{Fault, Release, Report, Violation};

crate::view! {
    /// What the API server would say of this object.
    pub struct SchemaView {
        /// Whether the API server knows this version of the kind (`external-secrets.io/v1`); true
        /// where that is not known here.
        pub is_served: bool,
        /// The versions that it knows.
        pub versions: Vec<String>,
        /// `CloudNativePG`, `the Barman Cloud plugin` or `External Secrets`.
        pub program: String,
        /// Its release that was asked.
        pub release: String,
        /// What says that this release runs: `HelmRelease cnpg`; null where nothing does, and the newest
        /// was asked.
        pub told_by: Option<String>,
        /// The release that brought the kind, where the one that runs is older; null elsewhere.
        pub since: Option<String>,
        /// The release that runs, as `told_by` says it; null where nothing does.
        pub runs: Option<String>,
        /// The fields that do not exist, but those below a field of another type.
        pub unknown_fields: Vec<FieldView>,
        /// The fields that must be set and are not.
        pub missing_fields: Vec<FieldView>,
        /// The fields that hold what they may not, and those that hold what is not known.
        pub values: Vec<FieldView>,
    }
}

crate::view! {
    /// A field that the API server refuses, or of which it cannot be told whether it does.
    pub struct FieldView {
        /// Its path as the API server writes it: `spec.data[0].remoteRef`.
        pub field: String,
        /// Its name: the last part of the path.
        pub name: String,
        /// The path of what it stands in.
        pub parent: String,
        /// What is there, in a few words: `the number 5`, `a list`.
        pub found: String,
        /// What must be there, in a few words.
        pub wanted: String,
        /// The value in quotes, where a number or boolean stands for a string; null elsewhere.
        pub quoted: Option<String>,
        /// Where the field was probably meant to be, or what it is called, in a sentence; null: nothing is near.
        pub suggestion: Option<String>,
        /// What this is about, where there is more to say of it: `parameter` (a number or boolean in a
        /// map of strings), `template-data` (of an ExternalSecret), `owner-reference` (of a
        /// ScheduledBackup), `server-name` (of an ObjectStore); empty elsewhere.
        pub about: String,
        /// False; not known where the value is not.
        pub is_accepted: Known<bool>,
    }
}

/// `None` for kinds whose fields are not known.
pub(crate) fn view(context: Context<'_>) -> Option<SchemaView> {
    let object = context.object()?;
    let manifest = &object.manifest;
    let (group, kind) = (manifest.group()?, manifest.kind()?);
    let version = manifest.api_version()?.rsplit('/').next()?;
    let operator = context.topology.operator().filter(|_| group == CNPG);
    let release = schema::release(group, kind, version, operator.map(|operator| operator.version.as_str()));
    let all: Vec<Release> = schema::releases(group, kind).collect();
    let mut versions: Vec<String> =
        all.iter().filter(|one| one.root().is_some()).map(|one| one.api_version().to_owned()).collect();
    versions.dedup();
    let newest = all.last()?;
    let mut view = SchemaView {
        is_served: release.is_some_and(|release| release.root().is_some()),
        versions,
        program: program(group).to_owned(),
        release: release.unwrap_or(*newest).name().to_owned(),
        told_by: operator.map(|operator| operator.told_by.clone()),
        since: schema::since(group, kind)
            .filter(|since| operator.is_some_and(|operator| schema::is_before(&operator.version, since)))
            .map(str::to_owned),
        runs: operator.map(|operator| operator.version.clone()),
        unknown_fields: Vec::new(),
        missing_fields: Vec::new(),
        values: Vec::new(),
        place: None,
    };
    if let Some(release) = release {
        let report = schema::check(release, &manifest.node, object.wholeness == Wholeness::Whole);
        view.fill(report, object, release);
    }
    if let Some(operator) = operator.filter(|operator| schema::is_newer(group, kind, &operator.version)) {
        view.leave_open(&format!("for CloudNativePG {}, which is not known here", operator.version));
    }
    Some(view)
}

fn program(group: &str) -> &'static str {
    match group {
        CNPG => "CloudNativePG",
        "barmancloud.cnpg.io" => "the Barman Cloud plugin",
        _ => "External Secrets",
    }
}

impl SchemaView {
    /// A newer release may take what the newest known one refuses.
    fn leave_open(&mut self, reason: &str) {
        for field in
            [&mut self.unknown_fields, &mut self.missing_fields, &mut self.values].into_iter().flatten()
        {
            field.is_accepted = Known::Unknown(reason.to_owned());
        }
    }

    fn fill(&mut self, report: Report, object: &Object, release: Release) {
        let Report { violations, unchecked } = report;
        let (group, kind) =
            (object.manifest.group().unwrap_or_default(), object.manifest.kind().unwrap_or_default());
        let wrong: Vec<String> =
            violations.iter().filter(|one| one.fault == Fault::Type).map(|one| one.pointer.clone()).collect();
        let is_below = |pointer: &str| {
            wrong
                .iter()
                .any(|wrong| pointer.strip_prefix(wrong.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        for violation in violations.into_iter().filter(|one| !is_below(&one.pointer)) {
            let fault = violation.fault.clone();
            let mut field = field(violation, kind);
            match fault {
                Fault::Unknown => {
                    field.suggestion = schema::suggestion(group, kind, release, &field.field);
                    self.unknown_fields.push(field);
                }
                Fault::Missing => self.missing_fields.push(field),
                _ => self.values.push(field),
            }
        }
        for one in unchecked {
            let path = one.pointer.trim_start_matches('/').replace('/', ".");
            let violation = Violation {
                fault: Fault::Value,
                field: path,
                pointer: one.pointer,
                span: one.span,
                found: String::new(),
                wanted: String::new(),
            };
            self.values.push(FieldView { is_accepted: Known::Unknown(one.reason), ..field(violation, kind) });
        }
    }
}

fn field(violation: Violation, kind: &str) -> FieldView {
    let Violation { fault, field, pointer, span, found, wanted } = violation;
    let (parent, name) = field.rsplit_once('.').unwrap_or(("", &field));
    let quoted = quoted(&found).filter(|_| wanted == "a string");
    FieldView {
        about: about(kind, &field, parent, &fault, &wanted, quoted.is_some()).to_owned(),
        name: name.to_owned(),
        parent: parent.to_owned(),
        quoted,
        found,
        wanted,
        suggestion: None,
        is_accepted: Known::Known(false),
        place: Some(Place { span, pointer }),
        field,
    }
}

fn about(
    kind: &str,
    field: &str,
    parent: &str,
    fault: &Fault,
    wanted: &str,
    is_scalar: bool,
) -> &'static str {
    let in_strings = ["parameters", "connectionParameters"].iter().any(|map| parent.ends_with(map));
    match (kind, field) {
        _ if is_scalar && in_strings => "parameter",
        ("ExternalSecret", "spec.target.template.data") if *fault == Fault::Type => "template-data",
        ("ScheduledBackup", "spec.backupOwnerReference") => "owner-reference",
        ("ObjectStore", "spec.configuration") if wanted == "without `serverName`" => "server-name",
        _ => "",
    }
}

/// `"200"` of `the number 200`.
fn quoted(found: &str) -> Option<String> {
    let number = found.strip_prefix("the number ");
    let boolean = || found.strip_prefix("the boolean `").and_then(|rest| rest.strip_suffix('`'));
    number.or_else(boolean).map(|value| format!("\"{value}\""))
}
