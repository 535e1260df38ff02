//! Environments, the Inventory of their objects, and what CloudNativePG would make of it.
//!
//! `repo` (files) or `admission` (a request and the cluster's caches) say which objects there
//! are and where they go: an [`Inventory`]. From it this crate answers what a rule asks of
//! more than one object, through [`view`]s whose schema is declared.

pub mod inventory;
pub mod view;

pub use inventory::{
    Environment, EnvironmentId, EnvironmentKind, Found, Inventory, Made, Namespace, NamespaceFrom, Object,
    ObjectId, Opaque, Placement, Wholeness,
};
