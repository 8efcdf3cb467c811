//! What would be freed with each node.
#![forbid(unsafe_code)]

use super::dominators::DominatorTree;
use crate::error::Error;
use crate::snapshot::{CHECK_INTERVAL, NodeIndex, Phase, Sizes, Watch};

/// Bytes that would be freed if each node became unreachable.
#[derive(Clone, Debug)]
pub struct RetainedSizes {
    by_node: Sizes,
}

impl RetainedSizes {
    /// Adds up the subtree of every node.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes) time, four bytes a node.
    pub fn of(tree: &DominatorTree, sizes: &Sizes, watch: &dyn Watch) -> Result<Self, Error> {
        let order = tree.preorder();
        let mut by_node = sizes.clone();
        // A dominator comes before what it dominates, so going backwards adds each node to its
        // dominator only once the node itself is complete. The root, which is first, has none.
        for (place, &node) in order.iter().enumerate().skip(1).rev() {
            if place % CHECK_INTERVAL == 0 {
                watch.check(Phase::Attribute, order.len() - place, order.len())?;
            }
            let dominator = tree.immediate_dominator(node);
            let sum = by_node.bytes(dominator).saturating_add(by_node.bytes(node));
            by_node.set(dominator, sum);
        }
        Ok(Self { by_node })
    }

    /// The retained size of one node.
    #[inline(always)]
    pub fn bytes(&self, node: NodeIndex) -> u64 {
        self.by_node.bytes(node)
    }
}
