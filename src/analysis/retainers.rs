//! Who refers to a node: the graph's edges sorted by the node they lead to.
#![forbid(unsafe_code)]

use crate::snapshot::{EdgeIndex, HeapGraph, NodeIndex};

/// The edges that lead to each node, weak ones included.
#[derive(Clone, Debug)]
pub struct Retainers {
    first: Vec<u32>,
    edges: Vec<EdgeIndex>,
}

impl Retainers {
    /// Sorts all edges of a graph by target.
    ///
    /// # Complexity
    ///
    /// O(nodes + edges) time, four bytes for each of both.
    pub fn of(graph: &HeapGraph) -> Self {
        // Counted two places ahead, so that filling turns the starts of groups into their ends,
        // which are the starts of the next.
        let mut first = vec![0u32; graph.node_count() + 2];
        for target in graph.edge_targets() {
            first[target.index() + 2] += 1;
        }
        for node in 2..first.len() {
            first[node] += first[node - 1];
        }
        let mut edges = vec![EdgeIndex::default(); graph.edge_count()];
        for (edge, target) in graph.edge_targets().iter().enumerate() {
            let place = &mut first[target.index() + 1];
            edges[*place as usize] = EdgeIndex::new(edge);
            *place += 1;
        }
        Self { first, edges }
    }

    /// The edges that lead to a node, in the file's order.
    pub fn retainers(&self, node: NodeIndex) -> &[EdgeIndex] {
        let range = self.first[node.index()] as usize..self.first[node.index() + 1] as usize;
        &self.edges[range]
    }
}
