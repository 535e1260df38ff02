//! Environments, the Inventory of their objects, and what CloudNativePG would make of it.
//!
//! `repo` (files) or `admission` (a request and the cluster's caches) say which objects there
//! are and where they go: an [`Inventory`]. From it a [`Topology`] answers what a rule asks of
//! more than one object, through [`mod@view`]s whose schema is declared.

mod address;
mod credential;
pub mod cron;
pub mod exposure;
mod go_template;
pub mod hba;
pub mod image;
mod index;
pub mod inventory;
mod labels;
mod lazy_view;
pub mod literal;
pub mod monitors;
pub mod operator;
mod pattern;
pub mod policies;
pub mod postgres;
pub mod quantity;
mod read;
pub mod stores;
mod tied;
mod topology;
mod unknowns;
pub mod view;
pub mod views;

pub use inventory::{
    Environment, EnvironmentId, EnvironmentKind, Found, Inventory, Namespace, NamespaceFrom, Object,
    ObjectId, Opaque, Placement, Wholeness,
};
pub use topology::{MirrorSetting, Settings, SiteSetting, Topology};
pub use unknowns::mark_unknowns;
pub use views::{Views, own_variable, variables};
