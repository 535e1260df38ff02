//! What a document may cost: levels, nodes and bytes, with its aliases expanded.

use super::notes::Failure;
use crate::read::{Limits, ProblemKind};
use crate::source::Span;

/// What a value, or a document so far, costs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// Nodes, aliases expanded.
    pub(super) nodes: usize,
    /// Bytes of texts and tags, aliases expanded.
    pub(super) bytes: usize,
}

impl Cost {
    /// What was spent since.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_sub(before.nodes),
            bytes: self.bytes.saturating_sub(before.bytes),
        }
    }

    fn add(&mut self, other: Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What a document has spent of what it may.
pub(super) struct Budget {
    limits: Limits,
    spent: Cost,
    /// Nodes that aliases brought.
    aliased: usize,
    /// What was copied for anchors.
    kept: Cost,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        // Go counts the document as a node.
        Self { limits, spent: Cost { nodes: 1, bytes: 0 }, aliased: 0, kept: Cost::default() }
    }

    /// All so far.
    pub(super) fn spent(&self) -> Cost {
        self.spent
    }

    /// Takes one node with so many bytes of text and tag.
    pub(super) fn node(&mut self, bytes: usize, span: Span) -> Result<(), Failure> {
        self.spent.add(Cost { nodes: 1, bytes });
        self.check(span)
    }

    /// Takes what an alias brings, and the alias itself.
    pub(super) fn alias(&mut self, cost: Cost, span: Span) -> Result<(), Failure> {
        self.spent.add(cost);
        self.aliased = self.aliased.saturating_add(cost.nodes);
        self.check(span)?;
        self.node(0, span)
    }

    /// Takes a copy for an anchor.
    pub(super) fn keep(&mut self, cost: Cost, span: Span) -> Result<(), Failure> {
        self.kept.add(cost);
        if self.kept.nodes > self.limits.nodes || self.kept.bytes > self.most_bytes() {
            return Err(limit("the values under anchors are more than are read".to_owned(), span));
        }
        Ok(())
    }

    /// Whether so many levels of lists and maps may be open.
    pub(super) fn depth(&self, levels: usize, span: Span) -> Result<(), Failure> {
        if levels <= self.limits.depth {
            return Ok(());
        }
        Err(limit(format!("lists and maps are nested more than {} levels deep", self.limits.depth), span))
    }

    /// Texts of a document without aliases take no more than the file.
    fn most_bytes(&self) -> usize {
        self.limits.bytes.saturating_mul(2)
    }

    fn check(&self, span: Span) -> Result<(), Failure> {
        let Cost { nodes, bytes } = self.spent;
        if nodes > self.limits.nodes {
            let most = self.limits.nodes;
            return Err(limit(
                format!("with its aliases expanded, the document has more than {most} values"),
                span,
            ));
        }
        if bytes > self.most_bytes() {
            let most = self.most_bytes();
            return Err(limit(
                format!("with its aliases expanded, the document has more than {most} bytes"),
                span,
            ));
        }
        if self.aliased > 100 && nodes > 1000 && excessive(self.aliased, nodes) {
            return Err(limit("kubectl refuses a document of which aliases make this much".to_owned(), span));
        }
        Ok(())
    }
}

fn limit(message: String, span: Span) -> Failure {
    Failure::new(ProblemKind::Limit, message, span)
}

/// Go's measure of an alias bomb: of up to 400,000 nodes 99 % may come from aliases, of
/// 4,000,000 and more 10 %, and in between it falls evenly.
fn excessive(aliased: usize, nodes: usize) -> bool {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    let (aliased, nodes) = (aliased as u64, nodes as u64);
    // Both sides of `aliased / nodes > 0.99 - 0.89 * beyond / (HIGH - LOW)`, in integers.
    let beyond = nodes.clamp(LOW, HIGH) - LOW;
    let allowed = 99 * (HIGH - LOW) - 89 * beyond;
    aliased.saturating_mul(100 * (HIGH - LOW)) > allowed.saturating_mul(nodes)
}

#[cfg(test)]
mod tests {
    use super::excessive;

    #[test]
    fn the_share_of_aliases_falls_as_in_go() {
        assert!(!excessive(990, 1000));
        assert!(excessive(991, 1000));
        assert!(!excessive(396_000, 400_000));
        assert!(!excessive(1_199_000, 2_200_000));
        assert!(excessive(1_200_000, 2_200_000));
        assert!(!excessive(400_000, 4_000_000));
        assert!(excessive(400_001, 4_000_000));
    }
}
