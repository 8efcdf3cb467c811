//! The objects that would free most.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::retained_sizes::RetainedSizes;
use crate::error::Error;
use crate::snapshot::{HeapGraph, NodeIndex, NodeKind, Phase, Watch};

/// The `count` nodes with the largest retained sizes, the largest first. Synthetic nodes, which
/// stand for no object, are left out.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes * log count).
pub fn biggest_retainers(
    graph: &HeapGraph,
    retained: &RetainedSizes,
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<NodeIndex>, Error> {
    let mut biggest = BinaryHeap::new();
    for node in graph.nodes() {
        watch.check_each(Phase::Search, node.index(), graph.node_count())?;
        if graph.node_kind(node) == NodeKind::Synthetic || node == graph.root() {
            continue;
        }
        biggest.push(Reverse((retained.bytes(node), Reverse(node))));
        if biggest.len() > count {
            biggest.pop();
        }
    }
    // The smallest of the kept is on top, so the sorted order is the wanted one.
    let sorted = biggest.into_sorted_vec();
    Ok(sorted
        .into_iter()
        .map(|Reverse((_, Reverse(node)))| node)
        .collect())
}
