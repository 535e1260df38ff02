//! "Did you mean …?", by edit distance.

/// The candidate nearest to `word`, if one is near enough to be a slip of the pen: at most a
/// third of the longer word's letters differ. Of equally near ones the first is taken.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let longest = word.chars().count().max(candidate.chars().count());
            let candidate_lower = candidate.to_lowercase();
            // What is far apart by its letters alone, in any order, need not be compared further.
            if at_least(&lower, &candidate_lower) * 3 > longest.max(3) {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&lower, &candidate_lower);
            (distance * 3 <= longest.max(3)).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters one of two words has that the other has not, which their distance is never less than.
/// Letters that share the last bits of their code count as one.
fn at_least(one: &str, other: &str) -> usize {
    let mut more = [0_i32; 32];
    let mut count = |word: &str, by: i32| {
        for letter in word.chars() {
            if let Some(more) = more.get_mut(u32::from(letter) as usize % 32) {
                *more += by;
            }
        }
    };
    count(one, 1);
    count(other, -1);
    let of = |sign: i32| more.iter().map(|more| (more * sign).max(0).unsigned_abs() as usize).sum::<usize>();
    of(1).max(of(-1))
}

#[cfg(test)]
mod tests {
    use super::{at_least, did_you_mean};

    #[test]
    fn letters_alone_never_say_more_than_the_distance() {
        let words =
            ["", "a", "fsync", "shared_buffers", "shared_bufers", "wal_level", "lavel_law", "ÄÖ", "x_y"];
        for (one, other) in words.iter().flat_map(|one| words.iter().map(move |other| (one, other))) {
            assert!(at_least(one, other) <= strsim::damerau_levenshtein(one, other), "{one} {other}");
        }
    }

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
