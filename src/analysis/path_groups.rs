//! Objects that are told together: those on a path that grew, with what they are in one heap.
#![forbid(unsafe_code)]

use std::cmp::Reverse;

use super::growth::NodeShapes;
use super::opened_heap::OpenedHeap;
use super::path_census::{GroupSizes, group_sizes};
use super::shared_sizes::NO_GROUP;
use crate::error::Error;
use crate::snapshot::{NodeIndex, ShapeIndex, Watch};

/// So many paths are told, those that retain most.
pub(super) const PATHS: usize = 100;

/// Objects that are told together, for the paths that grew.
pub(super) struct Groups {
    /// By shape of the last heap: its group.
    pub of_shape: Vec<u32>,
    /// The same for shapes below those of a group too.
    pub above_shape: Vec<u32>,
    /// By group: where its path is, and what was there.
    pub known: Vec<Group>,
}

#[derive(Clone, Copy)]
pub(super) enum Group {
    Row(usize),
    New(ShapeIndex),
    /// Several paths that end alike; of these the one with most objects.
    Tail(usize, ShapeIndex),
}

impl Groups {
    pub fn by_node(&self, of_nodes: &NodeShapes, heap: &OpenedHeap) -> Vec<u32> {
        let group = |node: NodeIndex| {
            of_nodes
                .shape(node)
                .map(|shape| self.of_shape[shape.index()])
        };
        let (graph, ..) = heap.parts();
        graph
            .nodes()
            .map(|node| group(node).unwrap_or(NO_GROUP))
            .collect()
    }

    /// By group: what is reached through it on the shortest way.
    pub fn reached_bytes(&self, of_nodes: &NodeShapes, heap: &OpenedHeap) -> Vec<u64> {
        let (graph, ..) = heap.parts();
        let mut reached = vec![0; self.known.len()];
        for node in graph.nodes() {
            let shape = of_nodes.shape(node);
            let group = shape.map_or(NO_GROUP, |shape| self.above_shape[shape.index()]);
            if let Some(bytes) = reached.get_mut(group as usize) {
                *bytes += graph.shallow_size(node);
            }
        }
        reached
    }

    pub fn sizes(
        &self,
        group_of: &[u32],
        heap: &OpenedHeap,
        watch: &dyn Watch,
    ) -> Result<(Vec<GroupSizes>, Vec<Option<NodeIndex>>), Error> {
        let (_, analysis, _) = heap.parts();
        let group = |node: NodeIndex| match group_of[node.index()] {
            NO_GROUP => None,
            group => Some(group as usize),
        };
        group_sizes(analysis, group, self.known.len(), watch)
    }

    /// Forgets all but the groups that weigh most: to share among thousands takes long, and nobody reads them.
    pub fn keep_largest(&mut self, weights: &[u64]) {
        if self.known.len() <= PATHS {
            return;
        }
        let mut order: Vec<usize> = (0..self.known.len()).collect();
        order.sort_by_key(|&group| (Reverse(weights[group]), group));
        order.truncate(PATHS);
        let mut renumbered = vec![NO_GROUP; self.known.len()];
        for (at, &group) in order.iter().enumerate() {
            renumbered[group] = at as u32;
        }
        self.known = order.iter().map(|&group| self.known[group]).collect();
        let of_shapes = self.of_shape.iter_mut().chain(&mut self.above_shape);
        for group in of_shapes.filter(|group| **group != NO_GROUP) {
            *group = renumbered[*group as usize];
        }
    }

    /// By group: what its shapes have together.
    pub fn sums(&self, group_of: &[u32], of_shapes: &[u64]) -> Vec<u64> {
        let mut sums = vec![0; self.known.len()];
        for (&group, of_shape) in group_of.iter().zip(of_shapes) {
            if let Some(sum) = sums.get_mut(group as usize) {
                *sum += of_shape;
            }
        }
        sums
    }
}
