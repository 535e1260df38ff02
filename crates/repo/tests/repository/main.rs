//! Small checkouts, scanned whole.

mod environments;
mod files;
mod patches;
#[cfg(test)] // lets the lints see that these are helpers of tests
mod support;
mod variables;
