//! A search for many words in one pass: a text is cut into its words by bit masks, and a small
//! table of hashes tells of nearly every word that it is none of those looked for.

/// Bytes that are classed at once, one for each bit of a mask.
const BLOCK: usize = 64;

/// A set of words that says of other words "no" or "maybe". Fits into the first cache.
pub(crate) struct Filter {
    bits: Box<[u64]>,
}

impl Filter {
    /// How many hashes there are.
    const HASHES: usize = 1 << 16;

    /// Of some words.
    pub(crate) fn new<W: AsRef<[u8]>>(words: impl Iterator<Item = W>) -> Self {
        let mut bits = vec![0; Self::HASHES / 64].into_boxed_slice();
        for word in words {
            let (cell, bit) = place(word.as_ref());
            if let Some(cell) = bits.get_mut(cell) {
                *cell |= bit;
            }
        }
        Self { bits }
    }

    /// Whether a word may be one of them.
    pub(crate) fn may_hold(&self, word: &[u8]) -> bool {
        let (cell, bit) = place(word);
        self.bits.get(cell).is_some_and(|cell| cell & bit != 0)
    }
}

/// Where a word is noted: by its length, its first and its last bytes.
fn place(word: &[u8]) -> (usize, u64) {
    let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
    let (first, last) = match (word.first_chunk(), word.last_chunk()) {
        (Some(first), Some(last)) => (u32::from_le_bytes(*first), u32::from_le_bytes(*last)),
        _ => word.iter().fold((0, 0), |(first, _), byte| (first << 8 | u32::from(*byte), 0)),
    };
    let mixed = first.wrapping_mul(0x9E37_79B1) ^ last.wrapping_mul(0x85EB_CA6B).rotate_left(11);
    let hash = (mixed ^ length).wrapping_mul(0xC2B2_AE35) >> 16;
    (hash as usize / 64, 1 << (hash % 64))
}

/// Calls `found` with the start and the end of every word; it gives how far it has looked, and
/// words that start before that are left out.
pub(crate) fn each(bytes: &[u8], mut found: impl FnMut(usize, usize) -> usize) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (mut inside, mut start, mut seen) = (0, 0, 0);
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        let mask = mask(block);
        // Where a word starts or ends behind the byte before.
        let mut edges = mask ^ (mask << 1 | inside);
        let mut opens = inside == 0;
        inside = mask >> (BLOCK - 1);
        while edges != 0 {
            let at = number * BLOCK + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if opens {
                start = at;
            } else if start >= seen {
                seen = found(start, at);
            }
            opens = !opens;
        }
    }
    debug_assert!(inside == 0, "the last block ends in padding");
}

/// Which bytes of a block belong to words. Without branches, so that it is done with SIMD.
fn mask(block: &[u8; BLOCK]) -> u64 {
    let class = block.map(|byte| u8::from(is_name(byte)));
    let (groups, _) = class.as_chunks::<8>();
    groups.iter().rev().fold(0, |mask, group| {
        // Brings the lowest bits of eight bytes together in the highest byte.
        let bits = u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask << 8 | bits
    })
}

/// A byte of an object's name.
pub(crate) fn is_name(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    u8::from(letter) | u8::from(digit) | u8::from(byte == b'-') | u8::from(byte == b'_') != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each(text.as_bytes(), |start, end| {
            words.push(&text[start..end]);
            0
        });
        words
    }

    #[test]
    fn words_are_cut_wherever_blocks_are() {
        for padding in 0..200 {
            let text = format!("{}db-1_rw: [x.y]{}end", " ".repeat(padding), "/".repeat(padding));
            assert_eq!(words(&text), ["db-1_rw", "x", "y", "end"], "{padding}");
            let long = "a".repeat(padding + 1);
            assert_eq!(words(&format!("{long} {long}")), [long.as_str(), long.as_str()]);
        }
        assert_eq!(words(""), Vec::<&str>::new());
        assert_eq!(words("café ok"), ["caf", "ok"]);
    }

    #[test]
    fn what_was_looked_at_is_left_out() {
        let mut found = Vec::new();
        each(b"s3.example.com other", |start, _| {
            found.push(start);
            14
        });
        assert_eq!(found, [0, 15]);
    }

    #[test]
    fn a_filter_never_denies_what_it_holds() {
        let held = ["a", "db", "abc", "db-rw", "Namespace", "a-long-name-of-a-database"];
        let filter = Filter::new(held.into_iter());
        assert!(held.iter().all(|word| filter.may_hold(word.as_bytes())));
        let others = (0..1000).map(|number| format!("word-{number}"));
        assert!(others.filter(|word| filter.may_hold(word.as_bytes())).count() < 50);
    }
}
