//! Charts: which of them could make a Secret.

use crate::index::mentions::mentions_word;
use crate::index::reach::{named_after, reaches};
use crate::inventory::{Inventory, Namespace, NamespaceFrom, Object, Placement};
use crate::read::walk;
use std::borrow::Cow;

/// Objects that install a chart, and where they say its release's name and namespace.
const INSTALLERS: [(&str, &str, &[&str], &[&str]); 3] = [
    ("helm.toolkit.fluxcd.io", "HelmRelease", &["spec", "releaseName"], &["spec", "targetNamespace"]),
    (
        "argoproj.io",
        "Application",
        &["spec", "source", "helm", "releaseName"],
        &["spec", "destination", "namespace"],
    ),
    ("helm.cattle.io", "HelmChart", &["metadata", "name"], &["spec", "targetNamespace"]),
];

/// Something with a chart, or a script, that could make a Secret called `secret` for what is
/// placed at `from`: its name is the release's or starts with it, as charts name theirs, or
/// the values speak of it other than as of one that exists.
pub(crate) fn could_make(inventory: &Inventory, secret: &str, from: &Placement) -> Option<String> {
    let installed = INSTALLERS.iter().find_map(|(group, kind, release, _)| {
        let mut objects =
            inventory.of_kind(kind).filter(|(_, object)| object.manifest.group() == Some(group));
        objects.find(|(_, object)| lands(object, from) && installs(object, release, secret))
    });
    let scripted = || {
        ["Job", "CronJob"].iter().find_map(|kind| {
            let mut objects = inventory.of_kind(kind);
            objects.find(|(_, object)| lands(object, from) && scripts(object, secret))
        })
    };
    let (_, object) = installed.or_else(scripted)?;
    Some(format!("{} {}", object.manifest.kind()?, object.manifest.name()?))
}

/// Where what an object runs ends up: a release goes where it says, if it says.
pub(crate) fn workplace<'p>(object: &Object, placement: &'p Placement) -> Cow<'p, Placement> {
    let kind = object.manifest.kind().unwrap_or_default();
    let target = INSTALLERS.iter().find(|installer| installer.1 == kind).and_then(|installer| {
        let node = object.manifest.node.at(installer.3)?;
        Some(Namespace::Known(node.as_str()?.to_owned(), NamespaceFrom::Object(node.origin.span)))
    });
    match target {
        Some(namespace) => Cow::Owned(Placement { environment: placement.environment, namespace }),
        None => Cow::Borrowed(placement),
    }
}

/// Whether what it runs is in the namespace of `from`.
fn lands(object: &Object, from: &Placement) -> bool {
    object.placements.iter().any(|placement| reaches(from, &workplace(object, placement)))
}

fn installs(object: &Object, release: &[&str], secret: &str) -> bool {
    let node = &object.manifest.node;
    let release = node.at(release).and_then(|name| name.raw_text()).or_else(|| object.manifest.name());
    release.is_some_and(|release| named_after(secret, release)) || speaks_of(object, secret)
}

/// Whether a value is the name, and its keys do not say that the chart only reads it.
fn speaks_of(object: &Object, secret: &str) -> bool {
    const READS: [&str; 8] =
        ["ref", "existing", "pullsecret", "valuesfrom", "persistence", "volume", "from", "dependson"];
    let mut found = false;
    walk(&object.manifest.node, &mut |node, keys, _| {
        if !found && keys.first().is_some_and(|key| key == "spec") && node.raw_text() == Some(secret) {
            let key_reads = |key: &str| READS.iter().any(|word| key.to_lowercase().contains(word));
            found = !keys.iter().any(|key| key_reads(key));
        }
    });
    found
}

/// Whether a script creates it.
fn scripts(object: &Object, secret: &str) -> bool {
    let mut found = false;
    walk(&object.manifest.node, &mut |node, _, _| {
        let text = node.raw_text().unwrap_or_default();
        found |= text.contains("secret")
            && (text.contains("create") || text.contains("apply"))
            && mentions_word(text, secret);
    });
    found
}
