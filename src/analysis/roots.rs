//! Where a program's own objects begin: the nodes that the root refers to without V8 in between.
#![forbid(unsafe_code)]

use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, NodeKind};

/// Whether a child of the root is an object of the program, such as a global object, and no group
/// of V8's own roots.
pub fn is_user_root(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_kind(node) != NodeKind::Synthetic || is_document_root(graph, node)
}

/// Whether a node groups the documents of a page, in snapshots of old browsers.
fn is_document_root(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_kind(node) == NodeKind::Synthetic && graph.node_name(node) == "(Document DOM trees)"
}

/// The children of the root that are user roots; one that the root refers to twice comes twice.
pub fn user_roots(graph: &HeapGraph) -> impl Iterator<Item = NodeIndex> {
    graph
        .edges(graph.root())
        .map(|edge| graph.edge_target(edge))
        .filter(|&node| is_user_root(graph, node))
}

/// Whether there is a user root. Snapshots that expose V8's internals have none.
pub fn has_user_roots(graph: &HeapGraph) -> bool {
    user_roots(graph).next().is_some()
}

/// The children of the root from where everything that belongs to the page is reached.
pub fn page_roots(graph: &HeapGraph) -> impl Iterator<Item = NodeIndex> {
    graph.edges(graph.root()).filter_map(|edge| {
        let target = graph.edge_target(edge);
        let is_page_root = match graph.edge_kind(edge) {
            EdgeKind::Shortcut => true,
            EdgeKind::Element => is_document_root(graph, target),
            _ => false,
        };
        is_page_root.then_some(target)
    })
}
