//! What belongs together for a reader: one object, and one line that many objects share.

use crate::model::{Report, Resolved};
use manifest::Span;
use rules::{ObjectRef, Severity};
use std::collections::{BTreeSet, HashMap};

/// The findings about one object in one file; about the file itself without an object.
pub(crate) struct Group<'r, 'a> {
    pub(crate) object: Option<&'a ObjectRef>,
    pub(crate) path: &'a str,
    pub(crate) findings: Vec<Told<'r, 'a>>,
}

/// A finding that is told once for all objects that share its line: one base in many overlays.
pub(crate) struct Told<'r, 'a> {
    pub(crate) one: &'r Resolved<'a>,
    /// The other objects.
    pub(crate) also: Vec<String>,
    /// Of all of them.
    pub(crate) environments: BTreeSet<&'a str>,
}

/// Groups in the order of their first finding, findings in the order of the report.
pub(crate) fn groups<'r, 'a>(report: &'r Report<'a>) -> Vec<Group<'r, 'a>> {
    let mut groups: Vec<Group<'r, 'a>> = Vec::new();
    // Only looked up, never walked: the order stays that of the findings.
    let mut group_of: HashMap<(Option<&ObjectRef>, &str), usize> = HashMap::new();
    let mut told_in: HashMap<(Span, &str, Severity, &str), (usize, usize)> = HashMap::new();
    for one in &report.findings {
        let finding = one.finding;
        let same = (finding.location.span, &*finding.rule, finding.severity, finding.message.as_str());
        let environments = finding.environments.iter().map(String::as_str);
        let told = told_in.get(&same).and_then(|(group, at)| groups.get_mut(*group)?.findings.get_mut(*at));
        if let Some(told) = told {
            told.also.extend(finding.object.as_ref().map(ToString::to_string));
            told.environments.extend(environments);
            continue;
        }
        let index = *group_of.entry((finding.object.as_ref(), one.place.path)).or_insert_with(|| {
            groups.push(Group { object: finding.object.as_ref(), path: one.place.path, findings: vec![] });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(index) {
            told_in.insert(same, (index, group.findings.len()));
            group.findings.push(Told { one, also: vec![], environments: environments.collect() });
        }
    }
    groups
}
