//! What the README shows is what the program prints.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use std::path::Path;
use support::run_in;

/// The text between the two markers of that name.
fn between<'t>(text: &'t str, name: &str) -> &'t str {
    let start = format!("<!-- {name} -->\n");
    let (_, rest) = text.split_once(&start).expect("a marker that starts");
    rest.split_once(&format!("<!-- end of {name} -->")).expect("a marker that ends").0
}

#[test]
fn the_rule_table_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let table = run_in(root, &["rules", "--format", "markdown"], b"").out;
    assert_eq!(between(&readme, "rules").trim(), table.trim(), "run `cnpg-lint rules --format markdown`");
}

#[test]
fn the_screenful_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let shop = ["check", "--root", "fixtures/bad", "fixtures/bad/apps/shop", "--today", "2026-11-24"];
    let printed = run_in(root, &shop, b"").out;
    let shown =
        between(&readme, "screen").trim().trim_start_matches("```text").trim_end_matches("```").trim();
    assert_eq!(shown, printed.trim());
}
