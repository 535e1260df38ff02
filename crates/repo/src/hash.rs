//! Maps and sets with a quick hash: they hold ids and paths, and are asked thousands of times.
//! Nothing depends on their order.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map with a quick hash.
pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

/// A set with a quick hash.
pub(crate) type FastSet<T> = HashSet<T, BuildHasherDefault<Fast>>;

/// Multiplies and turns, eight bytes at a time.
#[derive(Default)]
pub(crate) struct Fast(u64);

impl Fast {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0xF135_7AEA_2E62_A9C5);
    }
}

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.add(rest.iter().fold(1, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        // The table looks at the highest and the lowest bits; the highest are mixed best.
        self.0.rotate_left(26)
    }
}

/// The hash of a text.
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut hasher = Fast::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn paths_and_numbers_are_spread() {
        let build = BuildHasherDefault::<Fast>::default();
        let low: FastSet<u64> = (0..1000).map(|id: usize| build.hash_one(id) % 4096).collect();
        assert!(low.len() > 700, "{}", low.len());
        let paths = (0..1000).map(|id| format!("kubernetes/apps/app-{id}/kustomization.yaml"));
        let low: FastSet<u64> = paths.map(|path| build.hash_one(path) % 4096).collect();
        assert!(low.len() > 700, "{}", low.len());
    }
}
