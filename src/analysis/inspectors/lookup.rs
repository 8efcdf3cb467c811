//! Questions that all inspectors ask: what a node is called, and what it refers to by a name.
#![forbid(unsafe_code)]

use crate::snapshot::{EdgeIndex, EdgeKind, HeapGraph, NodeIndex, NodeKind};

/// The end of a node's edge of this kind and name.
pub fn target(graph: &HeapGraph, node: NodeIndex, kind: EdgeKind, name: &str) -> Option<NodeIndex> {
    let is_it =
        |&edge: &EdgeIndex| graph.edge_kind(edge) == kind && graph.edge_name(edge) == Some(name);
    graph
        .edges(node)
        .find(is_it)
        .map(|edge| graph.edge_target(edge))
}

/// The value of an object's own property, if it is an object, a string or another node.
pub fn property(graph: &HeapGraph, node: NodeIndex, name: &str) -> Option<NodeIndex> {
    target(graph, node, EdgeKind::Property, name)
}

/// What V8 keeps in one of an object's own slots.
pub fn internal(graph: &HeapGraph, node: NodeIndex, name: &str) -> Option<NodeIndex> {
    target(graph, node, EdgeKind::Internal, name)
}

/// Whether an object has all of these properties.
pub fn has_properties(graph: &HeapGraph, node: NodeIndex, names: &[&str]) -> bool {
    names
        .iter()
        .all(|name| property(graph, node, name).is_some())
}

/// Whether a node is an object with this constructor.
pub fn is_object(graph: &HeapGraph, node: NodeIndex, class: &str) -> bool {
    graph.node_kind(node) == NodeKind::Object && graph.node_name(node) == class
}

/// Whether an own property is `true`.
pub fn is_true(graph: &HeapGraph, node: NodeIndex, name: &str) -> bool {
    property(graph, node, name).and_then(|value| primitive(graph, value)) == Some("true")
}

/// Whether an own property is `null`.
pub fn is_null(graph: &HeapGraph, node: NodeIndex, name: &str) -> bool {
    property(graph, node, name).and_then(|value| primitive(graph, value)) == Some("null")
}

/// `true`, `false`, `null` or `undefined`: newer V8 names the node so, older V8 keeps the text as
/// the node's first string.
fn primitive(graph: &HeapGraph, node: NodeIndex) -> Option<&str> {
    if graph.node_kind(node) != NodeKind::Hidden {
        return None;
    }
    if graph.node_name(node) != "system / Oddball" {
        return Some(graph.node_name(node));
    }
    let mut targets = graph.edges(node).map(|edge| graph.edge_target(edge));
    targets.find_map(|target| graph.flat_text(target))
}
