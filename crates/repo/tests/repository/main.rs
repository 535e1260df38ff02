//! Small checkouts, scanned whole.

mod environments;
mod files;
mod patches;
mod support;
