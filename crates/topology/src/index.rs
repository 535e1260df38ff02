//! What the Inventory holds, arranged by what others ask of it.

pub(crate) mod applications;
pub(crate) mod clients;
pub(crate) mod databases;
pub(crate) mod helm;
pub(crate) mod keys;
pub(crate) mod maker_kinds;
pub(crate) mod makers;
pub(crate) mod mentions;
pub(crate) mod mirrors;
pub(crate) mod reach;
pub(crate) mod uses;
