//! Who refers to a node: the graph's edges sorted by the node they lead to.
#![forbid(unsafe_code)]

use crate::error::Error;
use crate::snapshot::{EdgeIndex, HeapGraph, NodeIndex, Phase, Watch};

/// The edges that lead to each node, weak ones included.
#[derive(Clone, Debug)]
pub struct Retainers {
    first: Vec<u32>,
    edges: Vec<EdgeIndex>,
}

impl Retainers {
    /// Sorts all edges of a graph by target.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes + edges) time, four bytes for each of both.
    pub fn of(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        // Counted two places ahead, so that filling turns the starts of groups into their ends,
        // which are the starts of the next.
        let mut first = vec![0u32; graph.node_count() + 2];
        let all = 2 * graph.node_count();
        for node in graph.nodes() {
            watch.check_each(Phase::Invert, node.index(), all)?;
            for edge in graph.edges(node) {
                first[graph.edge_target(edge).index() + 2] += 1;
            }
        }
        for node in 2..first.len() {
            first[node] += first[node - 1];
        }
        let mut edges = vec![EdgeIndex::default(); graph.edge_count()];
        for node in graph.nodes() {
            watch.check_each(Phase::Invert, graph.node_count() + node.index(), all)?;
            for edge in graph.edges(node) {
                let place = &mut first[graph.edge_target(edge).index() + 1];
                edges[*place as usize] = edge;
                *place += 1;
            }
        }
        Ok(Self { first, edges })
    }

    /// The edges that lead to a node, in the file's order.
    pub fn retainers(&self, node: NodeIndex) -> &[EdgeIndex] {
        let range = self.first[node.index()] as usize..self.first[node.index() + 1] as usize;
        &self.edges[range]
    }
}
