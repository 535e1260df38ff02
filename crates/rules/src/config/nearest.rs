//! Did-you-mean: the known word that an unknown one was probably meant to be.

/// The candidate that is so near to `word` that it is worth naming. Of equally near ones the
/// first is taken, so that the answer does not change from run to run.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // A third of the letters may be wrong, at least two of them; beyond that it is guessing.
    let bound = (word.chars().count() / 3).max(2);
    let typed = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= bound && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The sentence that names it, or `otherwise` if nothing is near.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(word, candidates).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn names_what_is_near_and_nothing_else() {
        let known = ["severity", "params", "backup-missing", "off"];
        assert_eq!(nearest("sevrity", known), Some("severity"));
        assert_eq!(nearest("Params", known), Some("params"));
        assert_eq!(nearest("backup-mising", known), Some("backup-missing"));
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("network", known), None);
    }
}
