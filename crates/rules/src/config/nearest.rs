//! Did-you-mean: the help for a word of the configuration that is not known.

/// The sentence that names the known word nearest to it, or `otherwise` if nothing is near.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    schema::did_you_mean(word, candidates).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}
