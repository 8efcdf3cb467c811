//! What would be freed with each node.
#![forbid(unsafe_code)]

use super::dominators::DominatorTree;
use crate::snapshot::{NodeIndex, Sizes};

/// Bytes that would be freed if each node became unreachable.
#[derive(Clone, Debug)]
pub struct RetainedSizes {
    by_node: Vec<u64>,
}

impl RetainedSizes {
    /// Adds up the subtree of every node.
    ///
    /// # Complexity
    ///
    /// O(nodes) time, eight bytes a node.
    pub fn of(tree: &DominatorTree, sizes: &Sizes) -> Self {
        // A subtree is a range of the preorder, so its size is the difference of two prefix sums.
        let order = tree.preorder();
        let mut sums = Vec::with_capacity(order.len() + 1);
        let mut sum = 0u64;
        sums.push(sum);
        for &node in order {
            sum = sum.saturating_add(sizes.bytes(node));
            sums.push(sum);
        }
        let mut by_node = vec![0; order.len()];
        for (place, node) in order.iter().enumerate() {
            by_node[node.index()] = sums[place + tree.subtree_count(place)] - sums[place];
        }
        Self { by_node }
    }

    /// The retained size of one node.
    #[inline(always)]
    pub fn bytes(&self, node: NodeIndex) -> u64 {
        self.by_node[node.index()]
    }

    /// All retained sizes, by node.
    pub fn as_slice(&self) -> &[u64] {
        &self.by_node
    }
}
