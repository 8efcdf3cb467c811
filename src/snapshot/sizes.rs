//! One size per node in four bytes: heaps have few objects of 4 GiB, so those few live aside.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use super::index::NodeIndex;

/// Bytes per node: a column of `u32` and a small table for sizes that need more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sizes {
    narrow: Vec<u32>,
    wide: BTreeMap<u32, u64>,
}

impl Sizes {
    /// Marks in the narrow column a size that stands in the wide table.
    pub(super) const WIDE: u32 = u32::MAX;

    /// A narrow column, with the sizes of all its marks.
    pub(super) fn from_columns(narrow: Vec<u32>, wide: BTreeMap<u32, u64>) -> Self {
        Self { narrow, wide }
    }

    /// How the narrow column holds a size, if it can.
    #[inline(always)]
    pub(super) fn narrowed(bytes: u64) -> Option<u32> {
        u32::try_from(bytes)
            .ok()
            .filter(|&narrow| narrow != Self::WIDE)
    }

    /// A column with room for `capacity` sizes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            narrow: Vec::with_capacity(capacity),
            wide: BTreeMap::new(),
        }
    }

    /// How many sizes there are.
    pub fn len(&self) -> usize {
        self.narrow.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.narrow.is_empty()
    }

    /// The size of one node in bytes.
    #[inline(always)]
    pub fn bytes(&self, node: NodeIndex) -> u64 {
        match self.narrow[node.index()] {
            Self::WIDE => {
                let bytes = self.wide.get(&node.0).copied();
                bytes.unwrap_or(u64::from(Self::WIDE))
            }
            bytes => u64::from(bytes),
        }
    }

    /// Adds the size of the next node.
    #[inline(always)]
    pub fn push(&mut self, bytes: u64) {
        let narrow = Self::narrowed(bytes).unwrap_or_else(|| {
            self.wide.insert(NodeIndex::new(self.narrow.len()).0, bytes);
            Self::WIDE
        });
        self.narrow.push(narrow);
    }

    /// Replaces the size of one node.
    #[inline(always)]
    pub fn set(&mut self, node: NodeIndex, bytes: u64) {
        if self.narrow[node.index()] == Self::WIDE {
            self.wide.remove(&node.0);
        }
        self.narrow[node.index()] = Self::narrowed(bytes).unwrap_or_else(|| {
            self.wide.insert(node.0, bytes);
            Self::WIDE
        });
    }

    /// The sum of all sizes; stops at the largest `u64`.
    pub fn total(&self) -> u64 {
        (0..self.narrow.len())
            .map(|index| self.bytes(NodeIndex::new(index)))
            .fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_four_gibibytes_keep_every_byte() {
        let mut sizes = Sizes::default();
        for bytes in [1, u64::from(u32::MAX), 5 << 32, 7] {
            sizes.push(bytes);
        }
        sizes.set(NodeIndex(0), 6 << 32);
        sizes.set(NodeIndex(2), 3);
        let all: Vec<u64> = (0..4).map(|i| sizes.bytes(NodeIndex(i))).collect();
        assert_eq!(all, [6 << 32, u64::from(u32::MAX), 3, 7]);
        assert_eq!(sizes.total(), all.iter().sum::<u64>());
    }
}
