//! Tables written by generators.

#[allow(clippy::enum_glob_use, clippy::unreadable_literal, clippy::large_stack_arrays, reason = "generated")]
pub(crate) mod crds;
#[allow(clippy::enum_glob_use, clippy::unreadable_literal, reason = "generated")]
pub(crate) mod parameters;
