//! The name under which a finding is known from one run to the next.
//!
//! Code scanning services and the baseline file compare runs by it, so it must survive edits
//! elsewhere in the file: it is made of the rule, the path, the identity of the object and the
//! pointer, never of line numbers or of the message.

use crate::finding::{Finding, ObjectRef};
use manifest::Sources;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Hexadecimal digits of a fingerprint: 128 bits, too many to meet by accident.
const DIGITS: usize = 32;

/// The fingerprints of `findings`, in the same order: 32 hexadecimal digits each, of a SHA-256
/// over rule, path, object (API group, kind, namespace, name) and pointer.
///
/// Several findings may share all of these (a rule that looks at two places without an own
/// pointer). They are told apart by an occurrence number that is mixed in, counted in the order
/// in which they stand in the text; the first has none, so that a finding keeps its fingerprint
/// when a second one appears below it. Counting needs all of them: give the findings of the
/// whole run, the suppressed ones too.
pub fn fingerprints<'a>(findings: impl IntoIterator<Item = &'a Finding>, sources: &Sources) -> Vec<String> {
    let findings: Vec<&Finding> = findings.into_iter().collect();
    let mut by_place: Vec<usize> = (0..findings.len()).collect();
    by_place.sort_by_key(|at| findings.get(*at).map(|finding| (finding.location.span, &finding.message)));

    let mut result = vec![String::new(); findings.len()];
    let mut seen: HashMap<String, u32> = HashMap::new();
    for at in by_place {
        let (Some(finding), Some(slot)) = (findings.get(at), result.get_mut(at)) else { continue };
        let path = sources.get(finding.location.span.source).map_or("", manifest::Source::path);
        let parts = Parts {
            rule: &finding.rule,
            path,
            object: finding.object.as_ref(),
            pointer: &finding.location.pointer,
        };
        let first = parts.digest(0);
        let occurrence = seen.entry(first.clone()).or_insert(0);
        *slot = if *occurrence == 0 { first } else { parts.digest(*occurrence) };
        *occurrence += 1;
    }
    result
}

/// What a fingerprint is made of.
struct Parts<'a> {
    rule: &'a str,
    path: &'a str,
    object: Option<&'a ObjectRef>,
    pointer: &'a str,
}

impl Parts<'_> {
    fn digest(&self, occurrence: u32) -> String {
        let mut hash = Sha256::new();
        // Every part is closed by a byte that no path, name or pointer holds, and an absent part
        // differs from an empty one: no two lists of parts give the same bytes.
        let mut part = |text: Option<&str>| {
            if let Some(text) = text {
                hash.update(text.as_bytes());
                hash.update([1]);
            }
            hash.update([0]);
        };
        part(Some(self.rule));
        part(Some(self.path));
        // Only the group of the API version: an object stays itself when its version moves on.
        part(self.object.map(|object| object.api_version.split_once('/').map_or("", |(group, _)| group)));
        part(self.object.map(|object| object.kind.as_str()));
        part(self.object.and_then(|object| object.namespace.as_deref()));
        part(self.object.and_then(|object| object.name.as_deref()));
        part(Some(self.pointer));
        if occurrence > 0 {
            part(Some(&occurrence.to_string()));
        }
        let mut text = String::with_capacity(2 * DIGITS);
        for byte in hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(DIGITS);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Location, Severity};
    use manifest::{Source, SourceId, Span};

    fn finding(start: u32, pointer: &str) -> Finding {
        Finding {
            rule: "instances-min-2".into(),
            category: "availability".into(),
            severity: Severity::Error,
            refused_by: None,
            message: format!("message at {start}"),
            help: String::new(),
            object: Some(ObjectRef {
                api_version: "postgresql.cnpg.io/v1".into(),
                kind: "Cluster".into(),
                namespace: Some("prod".into()),
                name: Some("db".into()),
            }),
            environments: vec![],
            location: Location {
                span: Span { source: SourceId(0), start, end: start },
                pointer: pointer.into(),
            },
            related: vec![],
        }
    }

    fn sources() -> Sources {
        let mut sources = Sources::new();
        sources.add(Source::new("db.yaml", b"a: 1\nb: 2\n".to_vec()));
        sources
    }

    #[test]
    fn moving_a_finding_or_rewording_it_keeps_its_fingerprint() {
        let sources = sources();
        let before = fingerprints(&[finding(0, "/spec/instances")], &sources);
        let after = fingerprints(&[finding(5, "/spec/instances")], &sources);
        assert_eq!(before, after);
        assert_eq!(before[0].len(), DIGITS);
        // Written out: a change here invalidates every baseline file.
        assert_eq!(before[0], "60c91fda593b7be1a97a66e9605bcbb7");
    }

    #[test]
    fn rule_object_and_pointer_tell_findings_apart() {
        let mut other_rule = finding(0, "/spec");
        other_rule.rule = "other".into();
        let mut other_namespace = finding(0, "/spec");
        other_namespace.object.as_mut().unwrap().namespace = None;
        let mut no_object = finding(0, "/spec");
        no_object.object = None;
        let all = [finding(0, "/spec"), finding(0, "/metadata"), other_rule, other_namespace, no_object];
        let mut names = fingerprints(&all, &sources());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn twins_are_numbered_in_the_order_of_the_text_not_of_the_list() {
        let sources = sources();
        let forth = fingerprints(&[finding(0, "/spec"), finding(5, "/spec")], &sources);
        let back = fingerprints(&[finding(5, "/spec"), finding(0, "/spec")], &sources);
        assert_ne!(forth[0], forth[1]);
        assert_eq!(forth, [back[1].clone(), back[0].clone()]);
        // The first of them is named as if it were alone.
        assert_eq!(forth[0], fingerprints(&[finding(0, "/spec")], &sources)[0]);
    }
}
