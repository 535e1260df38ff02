//! Helm releases: what they are given, and the objects that charts make of it.
//!
//! [`releases`] reads what Flux, Argo CD and kustomize ask of Helm. What a chart makes of a
//! [`Release`] is told in two ways:
//!
//! - *derived, not rendered*: [`cluster_chart`] knows what the `cluster` chart of CloudNativePG
//!   makes of its values, without the chart and without Helm;
//! - *rendered*: [`render`] lets a real `helm` make the objects of a chart that lies in the
//!   repository, offline, and only where the user asked for it.
//!
//! In both, every value keeps the place where it was written; what the chart itself adds has the
//! place of the chart's name in the release. No place is ever made up.
//!
//! This crate knows nothing of where files come from: the caller hands in nodes and directories.

mod cluster_chart;
mod release;
mod render;
mod scalar;
mod values;

pub use cluster_chart::{cluster_chart, is_cluster_chart};
pub use release::{Release, SourceRef, ValueFile, releases};
pub use render::{Bounds, ChartDir, HelmError, RenderedObject, render};
pub use values::merge;
