//! Objects that a real `helm` renders from a chart of the repository, offline.
//!
//! Helm runs only where the caller was asked to run it. It gets a scratch directory as its home, no
//! environment, a bound on its time and its output, and a chart whose dependencies are vendored and
//! whose files lie in the checkout.

mod chart;
mod run;
mod split;
mod trace;

pub use chart::ChartDir;
pub use run::Bounds;
pub use split::RenderedObject;

use crate::release::Release;
use manifest::{Lookup, Node, Value};
use std::path::{Path, PathBuf};
use trace::Trace;

/// Why a chart was not rendered.
#[derive(Debug, thiserror::Error)]
pub enum HelmError {
    /// The directory is no chart.
    #[error("{0} is no chart: it has no readable Chart.yaml with a name")]
    NoChart(PathBuf),
    /// A dependency is not in `charts/`; to fetch it would need the network.
    #[error("dependency {0} is not vendored")]
    NotVendored(String),
    /// A link in the chart leads out of the checkout.
    #[error("{0} leads out of the checkout")]
    Leaves(PathBuf),
    /// Values that the release is given are not at hand; where they are.
    #[error("values are {0}")]
    Elsewhere(String),
    /// The name of the release or its namespace is not known.
    #[error("the {0} is not known")]
    Nameless(&'static str),
    /// The program could not be run, or its files not be written.
    #[error("{program} could not be run: {source}")]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The objects are changed after Helm made them, in a way that is not followed.
    #[error("the objects are {0} after they are rendered")]
    Patched(String),
    /// It took too long.
    #[error("helm took longer than {0} s")]
    Slow(u64),
    /// It printed too much.
    #[error("helm printed more than {0} bytes")]
    Long(u64),
    /// Helm refused; what it says.
    #[error("helm says: {0}")]
    Refused(String),
    /// What it printed is not YAML.
    #[error("template {template} gives no YAML: {message}")]
    Output {
        /// The template.
        template: String,
        /// What is wrong.
        message: String,
    },
}

/// Renders a chart as `helm template` does, without hooks that test and without CRDs of the chart.
///
/// `values` are those of the release, merged. A scalar that is not known is given to the chart as it is
/// written (`${VAR}`), so that it stands as written where the chart prints it; the caller marks it there.
/// What a template decides by such a value is decided by that text.
/// `helm` is the program.
///
/// Scalars of the objects have the place of the value that they come from where exactly one can be it,
/// by value and key. All else has the place of [`Release::reference`].
///
/// # Errors
/// The chart cannot be rendered offline, Helm refuses it, or it breaks a bound.
pub fn render(
    chart: &ChartDir,
    release: &Release,
    values: Option<&Node>,
    helm: &Path,
    bounds: &Bounds,
) -> Result<Vec<RenderedObject>, HelmError> {
    if let Some(reason) = &release.patched {
        return Err(HelmError::Patched(reason.to_string()));
    }
    if let Some(place) = values.and_then(elsewhere) {
        return Err(HelmError::Elsewhere(place));
    }
    let name = release.name.as_str().ok_or(HelmError::Nameless("name of the release"))?;
    let namespace = match &release.namespace {
        Some(namespace) => namespace.as_str().ok_or(HelmError::Nameless("namespace"))?,
        None => "default",
    };
    chart.check()?;
    let json = values.map_or_else(|| "{}".to_owned(), manifest::to_json);
    let output = run::template(helm, chart, name, namespace, &json, bounds)?;
    let trace = Trace::new(chart.defaults.as_ref(), values, release.reference);
    split::objects(output, chart, &trace)
}

/// Where values are that are not at hand.
fn elsewhere(node: &Node) -> Option<String> {
    match &node.value {
        Value::Map(map) => match map.lookup("") {
            Lookup::Unknown(reason) => Some(reason.to_string()),
            _ => node.children().find_map(elsewhere),
        },
        Value::Unknown(unknown) if unknown.raw.is_empty() => Some(unknown.reason.to_string()),
        _ => node.children().find_map(elsewhere),
    }
}
