//! What people write in a configuration, and what they are told about it.

use super::{Config, Demand, Param, ParamValue, RuleEntry, RuleLevel, RuleTable, Selector, init};
use crate::finding::Severity;
use crate::rule_file::Door;
use insta::assert_snapshot;
use proptest::prelude::*;

pub(crate) fn entry(id: &str, severity: Severity, params: &[(&str, ParamValue)]) -> RuleEntry {
    RuleEntry {
        id: id.into(),
        category: "backup".into(),
        title: format!("Title of {id}"),
        severity,
        enabled: true,
        doors: vec![Door::Repo, Door::Admission],
        params: params
            .iter()
            .map(|(name, default)| Param { name: (*name).to_owned(), default: default.clone() })
            .collect(),
        guideline: None,
    }
}

/// A small set of rules, one of each sort.
pub(crate) fn table() -> RuleTable {
    let mut guideline = entry("external-clusters-missing", Severity::Warning, &[]);
    guideline.enabled = false;
    guideline.guideline = Some(Demand { severity: Severity::Error, params: [].into() });
    let classes = ParamValue::Strings(Vec::new());
    let mut own = entry("storageclass-not-allowed", Severity::Error, &[("classes", classes)]);
    own.enabled = false;
    let mut repo_only = entry("secret-in-git", Severity::Error, &[]);
    repo_only.doors = vec![Door::Repo];
    let suppression = [
        ("suppression-unused", Severity::Warning),
        ("suppression-expired", Severity::Warning),
        ("suppression-malformed", Severity::Error),
        ("baseline-gone", Severity::Info),
    ];
    let suppression = suppression.map(|(id, severity)| {
        let mut rule = entry(id, severity, &[]);
        rule.category = "suppression".into();
        rule
    });
    let mut instances = entry("instances-min-2", Severity::Error, &[("minimum", ParamValue::Int(2))]);
    let params = [("minimum".to_owned(), ParamValue::Int(3))].into();
    instances.guideline = Some(Demand { severity: Severity::Error, params });
    let others = [
        instances,
        entry("backup-missing", Severity::Error, &[]),
        entry(
            "retention-too-short",
            Severity::Warning,
            &[("days", ParamValue::Int(14)), ("pattern", ParamValue::String("^[0-9]+d$".to_owned()))],
        ),
        entry(
            "work-mem-oom",
            Severity::Info,
            &[
                ("share", ParamValue::Float(0.5)),
                ("strict", ParamValue::Bool(false)),
                ("majors", ParamValue::Ints(vec![16, 17])),
            ],
        ),
        guideline,
        own,
        repo_only,
    ];
    RuleTable::new(others.into_iter().chain(suppression))
}

fn load(text: &str) -> Config {
    Config::load(text, &table()).unwrap()
}

fn refused(text: &str) -> String {
    Config::load(text, &table()).unwrap_err().to_string()
}

const CLUSTER: Selector<'static> = Selector {
    path: Some("k8s/db.yaml"),
    namespace: Some("prod"),
    kind: "Cluster",
    name: Some("db"),
    labels: &[],
};

#[test]
fn nothing_configured_is_the_default() {
    for text in
        ["", "# only a comment\n", "rules:\nsites:\nmirrors:\nignore:\noverrides:\nextends:\n", "---\n"]
    {
        let config = load(text);
        let settings = config.settings(&CLUSTER);
        assert_eq!(settings.severity("backup-missing", true), RuleLevel::Default);
        assert_eq!(settings.severity("external-clusters-missing", false), RuleLevel::Off);
        assert_eq!(settings.param("instances-min-2", "minimum"), None);
        assert_eq!(settings.throw_away(), None);
        assert!(settings.is_base());
    }
}

#[test]
fn the_last_override_that_matches_counts_most() {
    let config = load(
        "
operator-version: 1.30
rules:
  instances-min-2: {severity: warning, params: {minimum: 3}}
  backup-missing: off
  retention-too-short: {params: {days: 30}}
  work-mem-oom: {params: {share: 1, majors: [18]}}
sites:
  - {host: '*.Example.com', site: offsite}
overrides:
  - namespaces: [staging, 'preview-*']
    rules: {retention-too-short: {params: {days: 3}}, backup-missing: on}
    operator-version: 1.28.1
  - labels: {env: staging}
    rules: {retention-too-short: info}
    sites: [{host: s3.example.com, site: local}]
",
    );
    let base = config.settings(&CLUSTER);
    assert_eq!(base.severity("instances-min-2", true), RuleLevel::Severity(Severity::Warning));
    assert_eq!(base.param("instances-min-2", "minimum"), Some(&ParamValue::Int(3)));
    assert_eq!(base.param("work-mem-oom", "share"), Some(&ParamValue::Float(1.0)));
    assert_eq!(base.param("work-mem-oom", "majors"), Some(&ParamValue::Ints(vec![18])));
    assert_eq!(base.severity("backup-missing", true), RuleLevel::Off);
    assert_eq!(base.operator_version(), Some("1.30"));
    assert_eq!(config.sites()[0].host, "*.example.com");

    let labels = [("env", "staging")];
    let staging = Selector { namespace: Some("preview-7"), labels: &labels, ..CLUSTER };
    let staging = config.settings(&staging);
    assert_eq!(staging.param("retention-too-short", "days"), Some(&ParamValue::Int(3)));
    assert_eq!(staging.severity("retention-too-short", true), RuleLevel::Severity(Severity::Info));
    assert_eq!(staging.severity("backup-missing", true), RuleLevel::Default);
    assert_eq!(staging.operator_version(), Some("1.28.1"));
    let hosts: Vec<_> = staging.sites().map(|site| site.host.as_str()).collect();
    assert_eq!(hosts, ["s3.example.com", "*.example.com"]);
}

#[test]
fn an_override_does_not_match_what_is_not_known() {
    let config = load("overrides: [{namespaces: '*', rules: {backup-missing: off}}]");
    let unknown = Selector { namespace: None, ..CLUSTER };
    assert_eq!(config.settings(&unknown).severity("backup-missing", true), RuleLevel::Default);
    assert_eq!(config.settings(&CLUSTER).severity("backup-missing", true), RuleLevel::Off);
}

#[test]
fn what_turns_a_rule_on() {
    let on = |text: &str, rule: &str| load(text).settings(&CLUSTER).severity(rule, false);
    let guideline = "extends: guideline";
    assert_eq!(on(guideline, "external-clusters-missing"), RuleLevel::Severity(Severity::Error));
    assert_eq!(on(guideline, "storageclass-not-allowed"), RuleLevel::Off);
    let classes = "rules: {storageclass-not-allowed: {params: {classes: [fast]}}}";
    assert_eq!(on(classes, "storageclass-not-allowed"), RuleLevel::Default);
    let off = "{extends: guideline, rules: {external-clusters-missing: off}}";
    assert_eq!(on(off, "external-clusters-missing"), RuleLevel::Off);
    let some = "overrides: [{paths: k8s/, extends: guideline}]";
    assert_eq!(on(some, "external-clusters-missing"), RuleLevel::Severity(Severity::Error));
}

#[test]
fn what_is_set_counts_more_than_the_guideline() {
    let config = load("extends: guideline");
    let settings = config.settings(&CLUSTER);
    assert_eq!(settings.severity("instances-min-2", true), RuleLevel::Severity(Severity::Error));
    assert_eq!(settings.param("instances-min-2", "minimum"), Some(&ParamValue::Int(3)));
    let config =
        load("{extends: guideline, rules: {instances-min-2: {severity: info, params: {minimum: 1}}}}");
    let settings = config.settings(&CLUSTER);
    assert_eq!(settings.severity("instances-min-2", true), RuleLevel::Severity(Severity::Info));
    assert_eq!(settings.param("instances-min-2", "minimum"), Some(&ParamValue::Int(1)));
}

#[test]
fn throw_away_says_why() {
    let config = load("throw-away: [{namespaces: ['preview-*'], reason: ' made anew '}]");
    assert_eq!(config.settings(&CLUSTER).throw_away(), None);
    let preview = Selector { namespace: Some("preview-1"), ..CLUSTER };
    assert_eq!(config.settings(&preview).throw_away(), Some("made anew"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "\
extend: guideline
operator-version: latest
rules:
  instances-min-2: {sevrity: warning, params: {minimun: 3}}
  instances-min-3: off
  backup-missing: eror
  retention-too-short: {params: {days: two weeks, pattern: 3}}
  secret-in-git: {params: {x: 1}}
sites:
  - {host: 'https://s3.example.com', site: offsite}
  - {host: minio, site: remote}
mirrors:
  - {site: offsite}
ignore:
  - {rules: [secret-in-got], paths: ['dev/[a'], reason: ''}
  - {rules: secret-in-git, until: 2027-02-30, reason: x}
  - {paths: ['!dev/**'], names: [1]}
throw-away:
  - {kinds: [Cluster], reason: x}
overrides:
  - {rules: {}}
  - {paths: []}
";
    assert_snapshot!(refused(text), @r#"
    1:1: the configuration has no key `extend`
      help: did you mean `extends`?
    2:19: `latest` is not a version of CloudNativePG
      help: write it as 1.30 or 1.30.0
    4:21: the setting of a rule has no key `sevrity`
      help: did you mean `severity`?
    4:48: the rule `instances-min-2` has no parameter `minimun`
      help: did you mean `minimum`?
    5:3: there is no rule `instances-min-3`
      help: did you mean `instances-min-2`?
    6:19: `eror` is not a severity
      help: did you mean `error`?
    7:40: `days` of `retention-too-short` is a whole number, not a string
      help: its default is 14
    7:60: `pattern` of `retention-too-short` is a string, not a number
      help: its default is "^[0-9]+d$"
    8:28: the rule `secret-in-git` has no parameter `x`
      help: it has none
    10:12: `https://s3.example.com` is not a host name: it holds `:`
      help: write the name alone: no scheme, port or path
    11:25: `remote` is not a site
      help: write one of `cluster`, `local`, `offsite`
    13:5: an entry of `mirrors` names no store
      help: say which store is mirrored with `host`, `destination` or both
    13:5: an entry of `mirrors` has no `by`
      help: say what makes the copy: `by: rclone, every night`
    15:14: there is no rule `secret-in-got`
      help: did you mean `secret-in-git`?
    15:38: `dev/[a` is not a pattern: unclosed character class; missing ']'
    15:57: `reason` is empty
    16:5: an entry of `ignore` selects nothing
      help: say which with `paths`, `kinds`, `namespaces`, `names`
    16:35: `2027-02-30` is not a day
      help: write it as 2027-01-31
    17:5: an entry of `ignore` has no `rules`
      help: name the rules to ignore
    17:5: an entry of `ignore` has no `reason`
      help: say why, for those who read it later
    17:14: `!dev/**` negates, which patterns here cannot
      help: a pattern says what is meant; leave what matches `dev/**` out instead
    17:34: an item of `names` is a string, not a number
      help: put it in quotes: "1"
    19:6: an entry of `throw-away` has no key `kinds`
      help: its keys are `reason`, `paths`, `namespaces`, `names`, `labels`
    21:5: an entry of `overrides` selects nothing
      help: say which with `paths`, `kinds`, `namespaces`, `names`, `labels`
    22:13: `paths` is empty, so nothing would match
    "#);
}

#[test]
fn what_is_not_a_configuration() {
    let texts = [
        "- a\n",
        "rules: [a]\n",
        "rules: {backup-missing: false}\n",
        "a: [1\nb: }\n",
        "rules:\n  backup-missing: off\n  backup-missing: on\n",
        "rules:\n---\nrules:\n",
        "? [a]\n: b\n",
        "extends: *nowhere\n",
        "\u{fffd}\0",
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "operator-version: .inf\n",
        "rules: {work-mem-oom: {params: {share: .nan}}}\n",
        &format!("rules: {}", "[".repeat(5000)),
        &format!("rules: {}", "{a: ".repeat(5000)),
    ];
    let short = |text: &str| text.chars().take(50).collect::<String>();
    let told: Vec<_> = texts.iter().map(|text| format!("{:?}\n{}\n", short(text), refused(text))).collect();
    assert_snapshot!(told.join("\n"), @r#"
    "- a\n"
    1:1: the configuration is a map, not a list

    "rules: [a]\n"
    1:8: `rules` is a map, not a list

    "rules: {backup-missing: false}\n"
    1:25: a severity is a word, not a boolean
      help: write `off`

    "a: [1\nb: }\n"
    2:2: illegal placement of ':' indicator

    "rules:\n  backup-missing: off\n  backup-missing: on\n"
    3:3: duplicate mapping key: backup-missing

    "rules:\n---\nrules:\n"
    3:1: a configuration is one document; here a second one starts

    "? [a]\n: b\n"
    1:3: a key is a string, not a list or a map

    "extends: *nowhere\n"
    1:10: alias references unknown anchor

    "�\0"
    1:2: unexpected character: `\u{0}'

    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    1:1: the configuration has no key `a`
      help: its keys are `extends`, `operator-version`, `rules`, `sites`, `mirrors`, `ignore`, `throw-away`, `overrides`, `admission`
    2:1: the configuration has no key `b`
      help: its keys are `extends`, `operator-version`, `rules`, `sites`, `mirrors`, `ignore`, `throw-away`, `overrides`, `admission`
    3:1: the configuration has no key `c`
      help: its keys are `extends`, `operator-version`, `rules`, `sites`, `mirrors`, `ignore`, `throw-away`, `overrides`, `admission`

    "operator-version: .inf\n"
    1:19: a number here is finite

    "rules: {work-mem-oom: {params: {share: .nan}}}\n"
    1:40: a number here is finite

    "rules: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
    1:263: this is too large or too deeply nested for a configuration

    "rules: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a:"
    1:132: this is too large or too deeply nested for a configuration
    "#);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = Config::load(&text, &table());
    }

    /// Damaged configurations come nearer to the code than noise does.
    #[test]
    fn no_damage_panics(at in 0usize..4000, len in 0usize..8, put in "[ -~\\n\\té\u{0}]{0,4}") {
        let mut text = init(&table()).replace("\n#", "\n");
        let floor = |text: &str, at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let (start, end) = (floor(&text, at), floor(&text, at + len));
        text.replace_range(start..end, &put);
        let _ = Config::load(&text, &table());
    }
}
