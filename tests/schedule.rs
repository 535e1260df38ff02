//! `cnpg-lint schedule`, as a person or a script uses it.

mod support;

use support::Repository;

#[test]
fn a_schedule_is_told_in_words_and_times() {
    let repository = Repository::new(&[]);
    let run = repository.run(&["schedule", "0 2 * * *", "--from", "2026-03-01T01:00:00Z", "--count", "2"]);
    insta::assert_snapshot!(run.out, @r#"
    0 2 * * *
      fires every hour at minute 2
      2026-03-01T01:02:00Z
      2026-03-01T02:02:00Z
      the first of six fields is the second; with it: "0 0 2 * * *" fires every day at 02:00
    "#);
    assert_eq!(run.code, 0);
}

#[test]
fn lines_of_standard_input_give_a_row_each() {
    let repository = Repository::new(&[]);
    let arguments = ["schedule", "--format", "json", "--from", "2026-03-01", "--count", "1"];
    let run = repository.run_with(&arguments, b"0 2 * * 0\n0 0 0 31 2 *\n@daily\n");
    insta::assert_snapshot!(run.out, @r#"
    {"error":"Beginning of range (0) below minimum (1): 0","schedule":"0 2 * * 0"}
    {"next":[],"schedule":"0 0 0 31 2 *"}
    {"next":["2026-03-02T00:00:00Z"],"schedule":"@daily"}
    "#);
    assert_eq!(run.code, 1, "one is refused");
}

#[test]
fn a_time_that_is_none_is_wrong_usage() {
    let run = Repository::new(&[]).run(&["schedule", "@daily", "--from", "tomorrow"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("such as 2026-03-01"), "{}", run.err);
}
