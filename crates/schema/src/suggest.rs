//! "Did you mean …?", by edit distance.

/// The candidate nearest to `word`, if one is near enough to be a slip of the pen: at most a
/// third of the longer word's letters differ. Of equally near ones the first is taken.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let longest = word.chars().count().max(candidate.chars().count());
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance * 3 <= longest.max(3)).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_nearest_word_is_suggested() {
        let names = ["instances", "imageName", "storage"];
        assert_eq!(did_you_mean("instance", names), Some("instances"));
        assert_eq!(did_you_mean("imagename", names), Some("imageName"));
        assert_eq!(did_you_mean("stroage", names), Some("storage"));
        assert_eq!(did_you_mean("backup-mising", ["off", "backup-missing"]), Some("backup-missing"));
    }

    #[test]
    fn a_word_that_is_like_none_gets_no_suggestion() {
        assert_eq!(did_you_mean("bootstrap", ["instances", "imageName"]), None);
        assert_eq!(did_you_mean("network", ["severity", "params", "backup-missing", "off"]), None);
        assert_eq!(did_you_mean("x", ["off"]), None);
        assert_eq!(did_you_mean("", ["off"]), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
