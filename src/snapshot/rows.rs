//! A heap whose nodes come one after the other, each followed by the edges that leave it: what walks of a
//! living heap find. Nothing is sorted and nothing is held twice.
#![forbid(unsafe_code)]

use super::graph::{EdgeLabel, HeapGraph};
use super::index::{NodeId, NodeIndex, StringId};
use super::kind::{EdgeKind, NodeKind};
use super::location::{Location, Locations};
use super::redaction::StringText;
use super::shared_edges::{MOST_SHARED, SharedEdge, SharedEdges};
use super::sizes::Sizes;
use super::strings::Strings;

/// Collects a heap row by row. The first node is the root.
///
/// # Example
///
/// ```
/// use memwatch_rs::snapshot::{EdgeKind, EdgeLabel, NodeIndex, NodeKind, Rows};
///
/// let mut rows = Rows::with_capacity(2, 1);
/// let [root, cache] = ["", "Cache"].map(|name| rows.add_string(name));
/// rows.add_node(NodeKind::Synthetic, root, 1, 0);
/// rows.add_edge(EdgeKind::Property, EdgeLabel::Name(cache), NodeIndex::new(1));
/// rows.add_node(NodeKind::Object, cache, 3, 64);
/// assert_eq!(rows.finish().edge_count(), 1);
/// ```
#[derive(Debug)]
pub struct Rows {
    node_kinds: Vec<NodeKind>,
    node_names: Vec<StringId>,
    node_ids: Vec<NodeId>,
    shallow_sizes: Sizes,
    detachedness: Vec<u8>,
    first_edges: Vec<u32>,
    edge_kinds: Vec<EdgeKind>,
    edge_labels: Vec<u32>,
    edge_targets: Vec<NodeIndex>,
    shared: SharedEdges,
    strings: Strings,
    locations: Vec<Location>,
}

impl Rows {
    /// Has room for so many nodes and edges: growing step by step would take twice the memory at times.
    pub fn with_capacity(nodes: usize, edges: usize) -> Self {
        Self {
            node_kinds: Vec::with_capacity(nodes),
            node_names: Vec::with_capacity(nodes),
            node_ids: Vec::with_capacity(nodes),
            shallow_sizes: Sizes::with_capacity(nodes),
            detachedness: Vec::new(),
            first_edges: Vec::with_capacity(nodes + 1),
            edge_kinds: Vec::with_capacity(edges),
            edge_labels: Vec::with_capacity(edges),
            edge_targets: Vec::with_capacity(edges),
            shared: SharedEdges::default(),
            strings: Strings::default(),
            locations: Vec::new(),
        }
    }

    /// Adds a string. One that is added twice takes its room twice.
    pub fn add_string(&mut self, text: &str) -> StringId {
        self.strings.push(text)
    }

    /// Adds a node. The edges that are added next leave it.
    pub fn add_node(&mut self, kind: NodeKind, name: StringId, id: u32, shallow_size: u64) {
        self.node_kinds.push(kind);
        self.node_names.push(name);
        self.node_ids.push(NodeId(id));
        self.shallow_sizes.push(shallow_size);
        self.first_edges.push(self.edge_count());
    }

    /// Says whether the latest node's embedder object is attached (1), detached (2) or neither is known (0).
    pub fn set_detachedness(&mut self, detachedness: u8) {
        self.detachedness.resize(self.node_kinds.len(), 0);
        if let Some(latest) = self.detachedness.last_mut() {
            *latest = detachedness;
        }
    }

    /// Names a node that was added with an empty name.
    pub fn name_if_empty(&mut self, node: NodeIndex, name: StringId) {
        let known = &mut self.node_names[node.index()];
        if self.strings.text(*known).is_empty() {
            *known = name;
        }
    }

    /// Adds an edge that leaves the latest node. Its target may come later.
    ///
    /// # Panics
    ///
    /// When edges of this kind have no such label.
    pub fn add_edge(&mut self, kind: EdgeKind, label: EdgeLabel, to: NodeIndex) {
        self.edge_kinds.push(kind);
        self.edge_labels.push(column_label(kind, label));
        self.edge_targets.push(to);
    }

    /// Adds edges that many nodes have, for [`Rows::share`]: two at most.
    ///
    /// # Panics
    ///
    /// When there are more, or edges of a kind have no such label.
    pub fn add_shared(&mut self, edges: &[(EdgeKind, EdgeLabel, NodeIndex)]) -> u32 {
        let shared = |&(kind, label, target)| SharedEdge {
            kind,
            label: column_label(kind, label),
            target,
        };
        let edges: Vec<_> = edges.iter().map(shared).collect();
        self.shared.add_row(&edges)
    }

    /// Has the latest node share a row of edges, behind those of its own.
    pub fn share(&mut self, row: u32) {
        self.shared.set(self.node_kinds.len(), row);
    }

    /// Says where a node's function or constructor is defined.
    pub fn add_location(&mut self, location: Location) {
        self.locations.push(location);
    }

    /// The heap.
    ///
    /// # Panics
    ///
    /// When there is no node, or a name, an edge or a location leads to what was not added.
    pub fn finish(mut self) -> HeapGraph {
        let (nodes, strings) = (self.node_kinds.len(), self.strings.len());
        assert!(nodes > 0, "a heap has a root");
        self.first_edges.push(self.edge_count());
        if !self.detachedness.is_empty() {
            self.detachedness.resize(nodes, 0);
        }
        let is_string = |name: &StringId| name.index() < strings;
        let is_node = |node: &NodeIndex| node.index() < nodes;
        let is_named = |kind: EdgeKind, label| kind.has_index() || is_string(&StringId(label));
        let positions = self.edge_targets.len() + nodes * MOST_SHARED;
        assert!(
            u32::try_from(positions).is_ok(),
            "positions of edges have 32 bits"
        );
        assert!(
            self.node_names.iter().all(is_string)
                && self
                    .edge_kinds
                    .iter()
                    .zip(&self.edge_labels)
                    .all(|(&kind, &label)| is_named(kind, label))
                && self
                    .shared
                    .all()
                    .all(|edge| is_named(edge.kind, edge.label)),
            "a name was not added"
        );
        assert!(
            self.edge_targets.iter().all(is_node)
                && self.shared.all().all(|edge| is_node(&edge.target))
                && self
                    .locations
                    .iter()
                    .all(|location| is_node(&location.node)),
            "an edge or a location leads to a node that was not added"
        );
        self.strings.shrink_to_fit();
        HeapGraph {
            node_kinds: self.node_kinds,
            node_names: self.node_names,
            node_ids: self.node_ids,
            shallow_sizes: self.shallow_sizes,
            detachedness: self.detachedness,
            first_edges: self.first_edges,
            edge_kinds: self.edge_kinds,
            edge_labels: self.edge_labels,
            edge_targets: self.edge_targets,
            shared: self.shared,
            strings: self.strings,
            locations: Locations::new(self.locations),
            root: NodeIndex(0),
            extra_native_bytes: 0,
            string_text: StringText::Full,
        }
    }

    fn edge_count(&self) -> u32 {
        u32::try_from(self.edge_targets.len()).expect("V8 counts its edges in 32 bits")
    }
}

fn column_label(kind: EdgeKind, label: EdgeLabel) -> u32 {
    let is_index = matches!(label, EdgeLabel::Index(_));
    assert!(
        kind.has_index() == is_index,
        "edges of kind {} have another label",
        kind.name()
    );
    match label {
        EdgeLabel::Name(StringId(label)) | EdgeLabel::Index(label) => label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Builder;

    #[test]
    fn rows_are_the_graph_that_a_builder_builds() {
        // (root) ─▶ Cache ─items─▶ (array) ─[7]─▶ Cache
        let mut heap = Builder::new();
        let cache = heap.add_node(NodeKind::Object, "Cache", 1, 64);
        let items = heap.add_node(NodeKind::Array, "", 3, 5 << 32);
        let root = heap.root();
        heap.add_edge(root, EdgeKind::Shortcut, "Cache", cache);
        heap.add_edge(cache, EdgeKind::Property, "items", items);
        heap.add_indexed_edge(items, EdgeKind::Element, 7, cache);
        let expected = heap.build();

        let mut rows = Rows::with_capacity(3, 3);
        let [none, cache, items] = ["", "Cache", "items"].map(|name| rows.add_string(name));
        rows.add_node(NodeKind::Synthetic, none, 0, 0);
        rows.add_edge(EdgeKind::Shortcut, EdgeLabel::Name(cache), NodeIndex(1));
        rows.add_node(NodeKind::Object, cache, 1, 64);
        rows.add_edge(EdgeKind::Property, EdgeLabel::Name(items), NodeIndex(2));
        rows.add_node(NodeKind::Array, none, 3, 5 << 32);
        rows.add_edge(EdgeKind::Element, EdgeLabel::Index(7), NodeIndex(1));
        let graph = rows.finish();

        assert_eq!(graph.node_count(), 3);
        for node in graph.nodes() {
            let facts = |graph: &HeapGraph| {
                let edges: Vec<_> = graph
                    .edges(node)
                    .map(|edge| {
                        let name = graph.edge_name(edge).map(str::to_owned);
                        (graph.edge_kind(edge), name, graph.edge_target(edge))
                    })
                    .collect();
                let name = graph.node_name(node).to_owned();
                let (kind, id) = (graph.node_kind(node), graph.node_id(node));
                (kind, name, id, graph.shallow_size(node), edges)
            };
            assert_eq!(facts(&graph), facts(&expected));
        }
    }

    #[test]
    #[should_panic(expected = "leads to a node that was not added")]
    fn an_edge_to_nowhere_is_refused() {
        let mut rows = Rows::with_capacity(1, 1);
        let name = rows.add_string("");
        rows.add_node(NodeKind::Synthetic, name, 0, 0);
        rows.add_edge(EdgeKind::Element, EdgeLabel::Index(0), NodeIndex(1));
        rows.finish();
    }
}
