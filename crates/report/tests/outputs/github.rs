//! The output for GitHub's log.

use crate::everything::everything;
use crate::sample::Run;
use insta::assert_snapshot;
use report::{Format, Options};
use rules::Severity;

#[test]
fn everything_the_worst_first() {
    assert_snapshot!(everything().rendered(Format::Github, &Options::default()));
}

#[test]
fn paths_are_seen_from_the_checkout_and_nothing_ends_a_command_early() {
    let mut run = Run::new();
    run.prefix = "k8s/apps";
    let text = run.file("../infra/a,b:c%.yaml", "ä: 1\n");
    let span = run.at(text, "1");
    run.find(Severity::Info, "rule", "100% sure:\r\n::error::no, never", span);
    assert_snapshot!(
        run.rendered(Format::Github, &Options::default()),
        @"::notice file=k8s/infra/a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=4,endColumn=5,title=info[rule] Cluster prod/db::100%25 sure:%0D%0A::error::no, never"
    );
}
