//! The text of a first configuration file.

use super::table::{RuleEntry, RuleTable};
use std::fmt::Write as _;

/// A commented configuration file that configures nothing yet. Explanations start with `#` and
/// one space, what can be turned on by taking the `#` away with none or more.
pub fn init(table: &RuleTable) -> String {
    let mut text = HEAD.to_owned();
    rules(&mut text, table);
    text.push_str(SITES);
    // Examples name rules of the table, so that what is taken in as it stands loads.
    let ignored = pick(table, &["secret-in-git", "image-not-pinned"]);
    let staged = pick(table, &["retention-too-short", "backup-missing"]);
    if let (Some(ignored), Some(staged)) = (ignored, staged) {
        let filled = EXAMPLES.replace("IGNORED", &ignored.id).replace("STAGED", &staged.id);
        text.push_str(&filled);
        text.push_str(&ADMISSION.replace("STAGED", &staged.id));
    }
    text
}

/// The rules that have something to set, as they are.
fn rules(text: &mut String, table: &RuleTable) {
    text.push_str(RULES);
    for rule in table.iter().filter(|rule| !rule.params.is_empty()) {
        let params: Vec<_> =
            rule.params.iter().map(|param| format!("{}: {}", param.name, param.default)).collect();
        let level = if rule.enabled { rule.severity.name() } else { "off" };
        let params = params.join(", ");
        let _ = writeln!(text, "#  # {}", rule.title.replace('\n', " "));
        let _ = writeln!(text, "#  {}: {{severity: {level}, params: {{{params}}}}}", rule.id);
    }
}

/// The first of `ids` that there is, else any rule.
fn pick<'t>(table: &'t RuleTable, ids: &[&str]) -> Option<&'t RuleEntry> {
    ids.iter().find_map(|id| table.get(id)).or_else(|| table.iter().next())
}

const HEAD: &str = "\
# Configuration of cnpg-lint. It belongs at the root of the repository; the admission webhook
# reads the same file. Lines that start with `#` and no space, and the indented ones below them,
# are examples: take the `#` away to use them.

# Turn on what only the guideline asks for.
#extends: guideline

# The version of CloudNativePG that is installed. Without it, fields are checked against the
# newest version known.
#operator-version: 1.30.0
";

const RULES: &str = "
# Each rule can be `off`, `on` (with its own severity), `info`, `warning` or `error`. Below are
# the rules that have parameters, with their defaults; `cnpg-lint rules` lists all of them, and
# `cnpg-lint explain RULE` says what one is about.
#rules:
";

const SITES: &str = "
# Where the hosts of object stores are, where that cannot be told from the manifests: `cluster`
# (inside this Kubernetes cluster), `local` or `offsite`. `*` stands for anything; the first
# match counts.
#sites:
#  - {host: \"*.backup.example.com\", site: offsite}

# Stores that something outside of this repository copies to another site.
#mirrors:
#  - {host: minio.example.lan, destination: \"s3://postgres/*\", site: offsite, by: \"rclone, every night\"}
";

const ADMISSION: &str = "
# The admission webhook. A finding does there what its rule says (`cnpg-lint explain RULE`), at
# most what the mode says: `audit` records it, `warn` (as it is) tells the one who makes the
# request, `enforce` refuses. Another mode can hold for some rules, in namespaces of a name or
# label, up to a day; the last that fits counts.
#admission:
#  mode: enforce
#  overrides:
#    - {rules: [STAGED], mode: warn, until: 2099-12-31}
#    - {labels: {environment: development}, mode: warn}
#  # For which rules the annotation `cnpg-lint.dev/ignore` counts there: `all`, `none` or these.
#  exemptions: all
#  # Who is never refused: patterns for names.
#  users: [\"system:serviceaccount:flux-system:kustomize-controller\"]
#  groups: [dba]
#  # The namespace of the operator, whose own deletions are never refused.
#  operator-namespace: cnpg-system
#  # Whether Secrets are judged, if the webhook is given them.
#  secrets: false
";

const EXAMPLES: &str = "
# Findings that someone decided to live with, and until when. Selectors are paths, kinds,
# namespaces and names; all that are given must match. The webhook knows no paths: what shall
# count there too needs another selector, or the annotation `cnpg-lint.dev/ignore`.
#ignore:
#  - rules: [IGNORED]
#    paths: [\"dev/**\"]
#    reason: a throw-away database for development
#    until: 2099-12-31

# Clusters that may be lost: nothing is said about their availability and backups.
#throw-away:
#  - {namespaces: [\"preview-*\"], reason: made anew for every pull request}

# Other settings for some objects, by paths, kinds, namespaces, names or labels. Of several that
# match, the last one counts most.
#overrides:
#  - namespaces: [staging]
#    rules:
#      STAGED: warning
";

#[cfg(test)]
mod tests {
    use super::init;
    use crate::config::tests::table;
    use crate::config::{Config, RuleLevel, Selector};
    use crate::finding::Severity;
    use insta::assert_snapshot;

    #[test]
    fn the_first_file_loads_as_it_is_and_with_everything_turned_on() {
        let text = init(&table());
        Config::load(&text, &table()).unwrap();
        let on: Vec<_> = text
            .lines()
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|rest| !rest.starts_with(' ') || rest.starts_with("  "))
                    .unwrap_or(line)
            })
            .collect();
        let config = Config::load(&on.join("\n"), &table()).unwrap();
        assert_eq!(config.ignores.len(), 1);
        assert_eq!(config.operator_version(), Some("1.30.0"));
        let staging = Selector { namespace: Some("staging"), ..Selector::default() };
        let level = config.settings(&staging).severity("retention-too-short", true);
        assert_eq!(level, RuleLevel::Severity(Severity::Warning));
        assert_snapshot!(text, @r#"
        # Configuration of cnpg-lint. It belongs at the root of the repository; the admission webhook
        # reads the same file. Lines that start with `#` and no space, and the indented ones below them,
        # are examples: take the `#` away to use them.

        # Turn on what only the guideline asks for.
        #extends: guideline

        # The version of CloudNativePG that is installed. Without it, fields are checked against the
        # newest version known.
        #operator-version: 1.30.0

        # Each rule can be `off`, `on` (with its own severity), `info`, `warning` or `error`. Below are
        # the rules that have parameters, with their defaults; `cnpg-lint rules` lists all of them, and
        # `cnpg-lint explain RULE` says what one is about.
        #rules:
        #  # Title of instances-min-2
        #  instances-min-2: {severity: error, params: {minimum: 2}}
        #  # Title of retention-too-short
        #  retention-too-short: {severity: warning, params: {days: 14, pattern: "^[0-9]+d$"}}
        #  # Title of storageclass-not-allowed
        #  storageclass-not-allowed: {severity: off, params: {classes: []}}
        #  # Title of work-mem-oom
        #  work-mem-oom: {severity: info, params: {share: 0.5, strict: false, majors: [16, 17]}}

        # Where the hosts of object stores are, where that cannot be told from the manifests: `cluster`
        # (inside this Kubernetes cluster), `local` or `offsite`. `*` stands for anything; the first
        # match counts.
        #sites:
        #  - {host: "*.backup.example.com", site: offsite}

        # Stores that something outside of this repository copies to another site.
        #mirrors:
        #  - {host: minio.example.lan, destination: "s3://postgres/*", site: offsite, by: "rclone, every night"}

        # Findings that someone decided to live with, and until when. Selectors are paths, kinds,
        # namespaces and names; all that are given must match. The webhook knows no paths: what shall
        # count there too needs another selector, or the annotation `cnpg-lint.dev/ignore`.
        #ignore:
        #  - rules: [secret-in-git]
        #    paths: ["dev/**"]
        #    reason: a throw-away database for development
        #    until: 2099-12-31

        # Clusters that may be lost: nothing is said about their availability and backups.
        #throw-away:
        #  - {namespaces: ["preview-*"], reason: made anew for every pull request}

        # Other settings for some objects, by paths, kinds, namespaces, names or labels. Of several that
        # match, the last one counts most.
        #overrides:
        #  - namespaces: [staging]
        #    rules:
        #      retention-too-short: warning

        # The admission webhook. A finding does there what its rule says (`cnpg-lint explain RULE`), at
        # most what the mode says: `audit` records it, `warn` (as it is) tells the one who makes the
        # request, `enforce` refuses. Another mode can hold for some rules, in namespaces of a name or
        # label, up to a day; the last that fits counts.
        #admission:
        #  mode: enforce
        #  overrides:
        #    - {rules: [retention-too-short], mode: warn, until: 2099-12-31}
        #    - {labels: {environment: development}, mode: warn}
        #  # For which rules the annotation `cnpg-lint.dev/ignore` counts there: `all`, `none` or these.
        #  exemptions: all
        #  # Who is never refused: patterns for names.
        #  users: ["system:serviceaccount:flux-system:kustomize-controller"]
        #  groups: [dba]
        #  # The namespace of the operator, whose own deletions are never refused.
        #  operator-namespace: cnpg-system
        #  # Whether Secrets are judged, if the webhook is given them.
        #  secrets: false
        "#);
    }
}
