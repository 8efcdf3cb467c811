//! One size per node in four bytes: heaps have few objects of 4 GiB, so those few live aside.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use super::index::NodeIndex;

/// Marks in the narrow column a size that stands in the wide table.
const WIDE: u32 = u32::MAX;

/// Bytes per node: a column of `u32` and a small table for sizes that need more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sizes {
    narrow: Vec<u32>,
    wide: BTreeMap<u32, u64>,
}

impl Sizes {
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
            WIDE => self.wide.get(&node.0).copied().unwrap_or(u64::from(WIDE)),
            bytes => u64::from(bytes),
        }
    }

    /// Adds the size of the next node.
    #[inline(always)]
    pub fn push(&mut self, bytes: u64) {
        match u32::try_from(bytes) {
            Ok(narrow) if narrow != WIDE => self.narrow.push(narrow),
            _ => {
                self.wide.insert(NodeIndex::new(self.narrow.len()).0, bytes);
                self.narrow.push(WIDE);
            }
        }
    }

    /// Replaces the size of one node.
    pub fn set(&mut self, node: NodeIndex, bytes: u64) {
        if self.narrow[node.index()] == WIDE {
            self.wide.remove(&node.0);
        }
        self.narrow[node.index()] = match u32::try_from(bytes) {
            Ok(narrow) if narrow != WIDE => narrow,
            _ => {
                self.wide.insert(node.0, bytes);
                WIDE
            }
        };
    }

    /// Adds all sizes of `other` behind these.
    pub fn append(&mut self, other: &Self) {
        let base = NodeIndex::new(self.narrow.len()).0;
        self.narrow.extend_from_slice(&other.narrow);
        self.wide
            .extend(other.wide.iter().map(|(&at, &bytes)| (base + at, bytes)));
    }

    /// Forgets all sizes and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.narrow.clear();
        self.wide.clear();
    }

    /// Makes room for `additional` more.
    pub(super) fn reserve(&mut self, additional: usize) {
        self.narrow.reserve_exact(additional);
    }

    /// Gives back what was reserved and not used.
    pub(super) fn shrink_to_fit(&mut self) {
        self.narrow.shrink_to_fit();
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
        let mut twice = sizes.clone();
        twice.append(&sizes);
        let all: Vec<u64> = (0..8).map(|i| twice.bytes(NodeIndex(i))).collect();
        let once = [6 << 32, u64::from(u32::MAX), 3, 7];
        assert_eq!(all, [once, once].concat());
        assert_eq!(sizes.total(), once.iter().sum());
    }
}
