//! The output of Helm as objects, each with the template that made it.

use super::trace::Trace;
use super::{ChartDir, HelmError};
use manifest::{Comment, Limits, Node, Source, SourceId, manifests};

/// An object that a chart made.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedObject {
    /// The object; no place in it is of the rendered text.
    pub node: Node,
    /// The template that made it, as Helm names it: `CHART/templates/FILE`.
    pub template: String,
    /// Name of the chart that was rendered.
    pub chart: String,
}

impl RenderedObject {
    /// Where it comes from, to be shown beside a place.
    pub fn rendered_from(&self) -> String {
        format!("rendered from chart {}, template {}", self.chart, self.template)
    }
}

/// The objects of a text that Helm printed, with the places of what they come from.
pub(super) fn objects(
    output: Vec<u8>,
    chart: &ChartDir,
    trace: &Trace,
) -> Result<Vec<RenderedObject>, HelmError> {
    let source = Source::new("", output);
    let text = source.text().unwrap_or_default();
    let reading = manifest::read(&source, SourceId(0), &Limits::default());
    let mut objects = Vec::new();
    let mut template = String::new();
    let mut comments = reading.comments.iter().filter_map(|comment| named(comment, text)).peekable();
    for document in &reading.documents {
        while let Some((_, name)) = comments.next_if(|(start, _)| *start < document.span.end) {
            name.clone_into(&mut template);
        }
        if let Err(error) = &document.content {
            return Err(HelmError::Output { template, message: error.message.clone() });
        }
        for manifest in manifests(document) {
            let mut node = manifest.node;
            trace.place(&mut node);
            objects.push(RenderedObject { node, template: template.clone(), chart: chart.name.clone() });
        }
    }
    Ok(objects)
}

/// Where a comment starts and the template that it names.
fn named<'t>(comment: &Comment, text: &'t str) -> Option<(u32, &'t str)> {
    let span = comment.span;
    let written = text.get(span.start as usize..span.end as usize)?;
    comment.alone.then_some((span.start, written.strip_prefix("# Source: ")?.trim()))
}
