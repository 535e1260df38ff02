//! What is wrong with the way a database is deployed, as rules of category `reading` tell it.

use kustomize::ProblemKind;
use manifest::Span;
use substitute::SubstituteError;

/// A place at which rendering goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderProblem {
    /// The id of the rule that tells it.
    pub rule: &'static str,
    /// The line that causes it.
    pub span: Span,
    /// One sentence.
    pub message: String,
    /// Other places, and what they have to do with it.
    pub related: Vec<(String, Span)>,
}

/// Whether a problem may be there only because not everything was read.
pub(crate) fn may_be_of_what_was_not_read(problem: &kustomize::Problem) -> bool {
    let kinds = [ProblemKind::Generator, ProblemKind::PatchWithoutTarget, ProblemKind::Transformation];
    kinds.contains(&problem.kind)
}

impl From<kustomize::Problem> for RenderProblem {
    fn from(problem: kustomize::Problem) -> Self {
        let rule = match problem.kind {
            ProblemKind::Missing => "kustomize-file-missing",
            ProblemKind::Outside => "kustomize-path-outside",
            ProblemKind::TooLarge => "limit-exceeded",
            _ if problem.fatal => "kustomize-build-fails",
            _ => "kustomize-no-effect",
        };
        let related = problem.related.into_iter().map(|span| ("the other place".to_owned(), span)).collect();
        Self { rule, span: problem.span, message: problem.message, related }
    }
}

impl From<&SubstituteError> for RenderProblem {
    fn from(error: &SubstituteError) -> Self {
        let rule = "flux-substitution-fails";
        Self { rule, span: error.origin().span, message: error.to_string(), related: Vec::new() }
    }
}
