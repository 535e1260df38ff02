//! Where an unknown field was probably meant to be.

use crate::suggest::did_you_mean;
use crate::tree::{Release, Type, releases};

/// What is said of an unknown field, in one sentence that stands in a help; `None`: nothing near.
///
/// `field` is its path as the API server writes it: `spec.bootstrap.recovery.backupID`.
pub fn suggestion(group: &str, kind: &str, release: Release, field: &str) -> Option<String> {
    let root = release.root()?;
    let (parent, name) = field.rsplit_once('.').unwrap_or(("", field));
    if let Some((.., sentence)) = KNOWN
        .iter()
        .find(|known| known.0 == kind && known.1 == name && (known.2.is_empty() || plain(parent) == known.2))
    {
        return Some((*sentence).to_owned());
    }
    let of = type_at(root, parent)?;
    let elsewhere = elsewhere(root, parent, name);
    let beside = elsewhere.as_ref().filter(|(steps, _)| *steps <= 1);
    if let Some(near) = same_letters(name, of).or_else(|| slip(name, of).filter(|_| beside.is_none())) {
        return Some(format!("Did you mean `{near}`?"));
    }
    if let Some(other) = other_release(group, kind, release, parent, name) {
        return Some(other);
    }
    elsewhere.map(|(_, path)| format!("`{name}` belongs to `{path}`."))
}

/// Misplacements of which no search tells what was meant: kind, name, parent (any if empty), help.
const KNOWN: &[(&str, &str, &str, &str)] = &[
    (
        "Cluster",
        "externalClusterName",
        "spec.bootstrap.recovery",
        "Write the name of the entry of `spec.externalClusters` as `spec.bootstrap.recovery.source`.",
    ),
    ("Cluster", "replicas", "spec", "Write `instances`."),
    ("Cluster", "image", "spec", "Write `imageName`."),
    (
        "Cluster",
        "version",
        "spec",
        "Write the version as the tag of `imageName`, or choose it from a catalog with `imageCatalogRef`.",
    ),
    (
        "Cluster",
        "version",
        "spec.postgresql",
        "Write the version as the tag of `spec.imageName`, or choose it from a catalog with `spec.imageCatalogRef`.",
    ),
    (
        "Cluster",
        "schedule",
        "spec.backup",
        "A schedule is an object of its own: a ScheduledBackup with `spec.schedule` and `spec.cluster.name`.",
    ),
    ("Cluster", "database", "spec.bootstrap", "Write it below `initdb`: `spec.bootstrap.initdb.database`."),
    ("ScheduledBackup", "clusterName", "spec", "Write `cluster: {name: …}`."),
    ("Backup", "clusterName", "spec", "Write `cluster: {name: …}`."),
    ("Pooler", "clusterName", "spec", "Write `cluster: {name: …}`."),
    (
        "ScheduledBackup",
        "retentionPolicy",
        "",
        "Retention is the store's: `spec.retentionPolicy` of the ObjectStore.",
    ),
    ("Backup", "retentionPolicy", "", "Retention is the store's: `spec.retentionPolicy` of the ObjectStore."),
    ("ExternalSecret", "secretStore", "spec", "Write `secretStoreRef: {name: …, kind: …}`."),
];

/// A path without the indices of lists.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for char in path.chars() {
        match char {
            '[' => inside = true,
            ']' => inside = false,
            char if !inside => plain.push(char),
            _ => {}
        }
    }
    plain
}

/// The type of what stands at a path.
fn type_at(root: Type, path: &str) -> Option<Type> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(root, |of, part| {
        let (name, indices) =
            part.split_once('[').map_or((part, 0), |(name, rest)| (name, 1 + rest.matches('[').count()));
        let of = of.field(name).map(|field| field.of).or_else(|| of.inner())?;
        (0..indices).try_fold(of, |of, _| of.inner())
    })
}

/// The field that differs in capitals, hyphens and underscores only.
fn same_letters(name: &str, of: Type) -> Option<&'static str> {
    let letters = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    of.fields().find(|field| letters(field.name) == letters(name)).map(|field| field.name)
}

/// The field that is written almost so.
fn slip(name: &str, of: Type) -> Option<&'static str> {
    did_you_mean(name, of.fields().map(|field| field.name))
}

/// Whether another release has the field there.
fn other_release(group: &str, kind: &str, release: Release, parent: &str, name: &str) -> Option<String> {
    let has = |other: &Release| {
        other.root().and_then(|root| type_at(root, parent)).is_some_and(|of| of.field(name).is_some())
    };
    let with: Vec<&str> = releases(group, kind)
        .filter(|other| other.api_version() == release.api_version() && has(other))
        .map(Release::name)
        .collect();
    let (first, last) = (with.first()?, with.last()?);
    Some(if version(first) > version(release.name()) {
        format!("It came with {first}: upgrade, or leave it out.")
    } else {
        format!("{last} was the last release known to have it: remove it.")
    })
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// Deeper than this nobody misplaces a field.
const DEPTH: usize = 6;

/// The one place nearest to `parent` where a field of that name exists, and how many steps away;
/// `None` where there is none, or several are equally near.
fn elsewhere(root: Type, parent: &str, name: &str) -> Option<(usize, String)> {
    let parent = plain(parent);
    let mut found: Vec<(usize, String)> = Vec::new();
    let spec = root.field("spec")?.of;
    let mut open = vec![(spec, "spec".to_owned(), 1)];
    while let Some((of, path, depth)) = open.pop() {
        for field in of.fields() {
            let below = format!("{path}.{}", field.name);
            if field.name == name {
                found.push((distance(&parent, &path), below.clone()));
            }
            if depth < DEPTH {
                let inner = field.of.inner();
                let below = if inner.is_some() { format!("{below}[]") } else { below };
                open.push((inner.unwrap_or(field.of), below, depth + 1));
            }
        }
    }
    found.sort();
    match found.as_slice() {
        [only] => Some(only.clone()),
        [nearest, second, ..] if nearest.0 < second.0 => Some(nearest.clone()),
        _ => None,
    }
}

/// How many steps lead from one path to another, up and down.
fn distance(from: &str, to: &str) -> usize {
    let to = to.replace("[]", "");
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('.').collect(), to.split('.').collect());
    let common = from.iter().zip(&to).take_while(|(one, two)| one == two).count();
    from.len() + to.len() - 2 * common
}

#[cfg(test)]
mod tests {
    use super::suggestion;
    use crate::tree::release;

    fn of(kind: &str, program: Option<&str>, field: &str) -> String {
        let group = if kind == "ObjectStore" { "barmancloud.cnpg.io" } else { "postgresql.cnpg.io" };
        let release = release(group, kind, "v1", program).unwrap();
        suggestion(group, kind, release, field).unwrap_or_default()
    }

    #[test]
    fn a_slip_of_the_pen() {
        assert_eq!(of("Cluster", None, "spec.instance"), "Did you mean `instances`?");
        assert_eq!(of("Cluster", None, "spec.image_name"), "Did you mean `imageName`?");
        assert_eq!(of("Cluster", None, "spec.plugins[0].isWalArchiver"), "Did you mean `isWALArchiver`?");
    }

    #[test]
    fn another_place() {
        assert_eq!(
            of("Cluster", None, "spec.bootstrap.recovery.backupID"),
            "`backupID` belongs to `spec.bootstrap.recovery.recoveryTarget.backupID`."
        );
        assert_eq!(
            of("ObjectStore", None, "spec.configuration.retentionPolicy"),
            "`retentionPolicy` belongs to `spec.retentionPolicy`."
        );
        assert_eq!(
            of("ObjectStore", None, "spec.configuration.accessKeyId"),
            "`accessKeyId` belongs to `spec.configuration.s3Credentials.accessKeyId`."
        );
        assert_eq!(
            of("Cluster", None, "spec.bootstrap.recovery.externalClusterName"),
            "Write the name of the entry of `spec.externalClusters` as `spec.bootstrap.recovery.source`."
        );
    }

    #[test]
    fn another_release() {
        assert_eq!(
            of("Cluster", Some("1.28.1"), "spec.primaryLease"),
            "It came with 1.30.0: upgrade, or leave it out."
        );
        assert_eq!(of("Cluster", None, "spec.entirelyUnheardOf"), "");
    }
}
