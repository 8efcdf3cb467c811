//! One bit per node, edge or string.
#![forbid(unsafe_code)]

/// A set of small integers.
#[derive(Clone, Debug)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// An empty set of integers below `length`.
    pub fn new(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(64)],
        }
    }

    /// Whether the set holds `index`.
    #[inline(always)]
    pub fn contains(&self, index: usize) -> bool {
        self.words[index >> 6] >> (index & 63) & 1 == 1
    }

    /// Adds `index`; whether it was new.
    #[inline(always)]
    pub fn insert(&mut self, index: usize) -> bool {
        let word = &mut self.words[index >> 6];
        let bit = 1 << (index & 63);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Adds `index` if it was not there and takes it out if it was; whether it is there now.
    pub fn flip(&mut self, index: usize) -> bool {
        let word = &mut self.words[index >> 6];
        *word ^= 1 << (index & 63);
        self.contains(index)
    }
}
