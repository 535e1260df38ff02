//! The output of one line a finding.

use crate::everything::everything;
use insta::assert_snapshot;
use report::{Format, Options};

#[test]
fn everything_in_lines() {
    assert_snapshot!(everything().rendered(Format::Compact, &Options::default()));
}

#[test]
fn everything_with_what_is_undecided() {
    let options = Options { show_undecided: true, ..Options::default() };
    let text = everything().rendered(Format::Compact, &options);
    let line = text.lines().find(|line| line.contains("undecided[")).unwrap();
    assert_snapshot!(
        line,
        @"k8s/media/immich/pooler.yaml:6:14: undecided[pooler-instances] spec.instances is ${POOLERS} (Pooler immich/immich-rw)"
    );
}
