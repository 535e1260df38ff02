//! The output for people.

use crate::everything::everything;
use crate::sample::{Run, cluster};
use insta::assert_snapshot;
use report::{Format, NotLinted, Options, summary_line};
use rules::{RefusedBy, Severity};

#[test]
fn everything_at_80_columns() {
    assert_snapshot!(everything().human(80));
}

#[test]
fn everything_at_120_columns_with_what_is_undecided() {
    let options = Options { width: 120, show_undecided: true, ..Options::default() };
    assert_snapshot!(everything().rendered(Format::Human, &options));
}

#[test]
fn everything_in_colour() {
    let options = Options { color: true, width: 100, ..Options::default() };
    // Escapes made readable: the snapshot is looked at by people.
    assert_snapshot!(everything().rendered(Format::Human, &options).replace('\u{1b}', "␛"));
}

#[test]
fn without_colour_there_is_no_escape() {
    for format in Format::ALL {
        assert!(!everything().rendered(format, &Options::default()).contains('\u{1b}'), "{format}");
    }
}

#[test]
fn nothing_found_is_one_line() {
    assert_snapshot!(
        Run::new().human(80),
        @"1 file, 1 parsed, 1 document, 0 objects judged by 1 rule: 0 errors, 0 warnings, 0 infos; 0 undecided, 0 suppressed, 0 not linted"
    );
}

#[test]
fn one_base_in_many_overlays_is_told_once() {
    let mut run = Run::new();
    let base = run.file("base/db.yaml", "spec:\n  instances: 1\n");
    let span = run.at(base, "1");
    for namespace in ["dev", "test", "stage", "prod", "demo"] {
        let one = run.find(Severity::Error, "instances-min-2", "db runs 1 instance(s)", span);
        one.object = Some(cluster(namespace, "db"));
        one.environments = vec![format!("overlays/{namespace}")];
        one.refused_by = Some(RefusedBy::Operator);
    }
    assert_snapshot!(run.human(80));
}

#[test]
fn what_differs_between_overlays_is_told_for_each() {
    let mut run = Run::new();
    let base = run.file("base/db.yaml", "spec:\n  instances: 1\n");
    let span = run.at(base, "1");
    for namespace in ["dev", "prod"] {
        let message = format!("db runs 1 instance(s) in {namespace}");
        run.find(Severity::Error, "instances-min-2", &message, span).object = Some(cluster(namespace, "db"));
    }
    assert_eq!(run.human(80).matches("error[instances-min-2]").count(), 2);
}

#[test]
fn a_long_list_of_files_is_folded_unless_wanted() {
    let mut run = Run::new();
    run.not_linted =
        (1..=12).map(|n| NotLinted::new(format!("charts/{n:02}.yaml"), "helm-template")).collect();
    run.not_linted.push(NotLinted::new("a.yaml", "some-new-reason"));
    assert_snapshot!(run.human(80));
    let all = run.rendered(Format::Human, &Options { show_not_linted: true, ..Options::default() });
    assert!(all.contains("charts/12.yaml") && !all.contains("more"));
}

#[test]
fn the_summary_counts_as_people_do() {
    let mut run = everything();
    let span = run.judgement.findings[0].location.span;
    run.find(Severity::Info, "a", "b", span);
    run.judgement.objects = 1;
    run.not_linted.truncate(2);
    assert_snapshot!(
        summary_line(&run.report()),
        @"844 files, 4 parsed, 4 documents, 1 object judged by 5 rules: 2 errors, 1 warning, 1 info; 1 undecided, 1 suppressed, 2 not linted (1 Helm template, 1 unparsable)"
    );
}

#[test]
fn a_message_cannot_command_the_terminal() {
    let mut run = Run::new();
    let text = run.file("db.yaml", "name: \u{1b}[2Jx\u{202e}y\nb: 1\n");
    let span = run.at(text, "\u{1b}[2Jx\u{202e}y");
    run.find(Severity::Error, "rule", "the name is \u{1b}[2J\nx", span).help = "a\u{7}b".into();
    assert_snapshot!(run.human(80));
}

#[test]
fn the_order_of_reading_does_not_matter() {
    // The same texts, read in another order, and the same findings, told in another order.
    let make = |paths: [&'static str; 3]| {
        let mut run = Run::new();
        for path in paths {
            let text = run.file(path, "a: 1\nb: 2\n");
            let (a, b) = (run.at(text, "a: 1"), run.at(text, "b: 2"));
            run.find(Severity::Warning, "rule-b", "b", b).location.pointer = "/b".into();
            run.find(Severity::Error, "rule-a", "a", a).location.pointer = "/a".into();
        }
        run
    };
    let one = make(["a.yaml", "b.yaml", "c.yaml"]);
    let other = make(["c.yaml", "a.yaml", "b.yaml"]);
    for format in Format::ALL {
        let options = Options { checks: true, ..Options::default() };
        assert_eq!(one.rendered(format, &options), other.rendered(format, &options), "{format}");
        assert_eq!(one.rendered(format, &options), one.rendered(format, &options), "{format}");
    }
}
