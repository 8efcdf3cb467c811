//! Heaps made by hand, node by node: for tests, and for walks that find a heap's nodes one by one.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::graph::HeapGraph;
use super::index::{NodeId, NodeIndex, StringId};
use super::kind::{EdgeKind, NodeKind};
use super::location::{Location, Locations};
use super::redaction::StringText;
use super::shared_edges::SharedEdges;
use super::sizes::Sizes;
use super::strings::Strings;

/// Collects nodes and edges in any order.
///
/// # Example
///
/// ```
/// use memwatch_rs::snapshot::{Builder, EdgeKind, NodeKind};
///
/// let mut heap = Builder::new();
/// let cache = heap.add_node(NodeKind::Object, "Cache", 1, 64);
/// let root = heap.root();
/// heap.add_edge(root, EdgeKind::Property, "cache", cache);
/// assert_eq!(heap.build().node_count(), 2);
/// ```
#[derive(Debug)]
pub struct Builder {
    node_kinds: Vec<NodeKind>,
    node_names: Vec<StringId>,
    node_ids: Vec<NodeId>,
    shallow_sizes: Sizes,
    detachedness: Vec<u8>,
    edges: Vec<(NodeIndex, EdgeKind, u32, NodeIndex)>,
    strings: Strings,
    known_strings: HashMap<String, StringId>,
    locations: Vec<Location>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A heap of nothing but its root: a synthetic node without name or size, with id 0.
    pub fn new() -> Self {
        let mut builder = Self {
            node_kinds: Vec::new(),
            node_names: Vec::new(),
            node_ids: Vec::new(),
            shallow_sizes: Sizes::default(),
            detachedness: Vec::new(),
            edges: Vec::new(),
            strings: Strings::default(),
            known_strings: HashMap::new(),
            locations: Vec::new(),
        };
        builder.add_node(NodeKind::Synthetic, "", 0, 0);
        builder
    }

    /// The node where reachability starts.
    pub fn root(&self) -> NodeIndex {
        NodeIndex(0)
    }

    /// Adds a node. The id is V8's; nothing checks that it is unique.
    pub fn add_node(
        &mut self,
        kind: NodeKind,
        name: &str,
        id: u32,
        shallow_size: u64,
    ) -> NodeIndex {
        let node = NodeIndex::new(self.node_kinds.len());
        let name = self.intern(name);
        self.node_kinds.push(kind);
        self.node_names.push(name);
        self.node_ids.push(NodeId(id));
        self.shallow_sizes.push(shallow_size);
        self.detachedness.push(0);
        node
    }

    /// Adds an edge with a name.
    ///
    /// # Panics
    ///
    /// When edges of this kind carry an index.
    pub fn add_edge(&mut self, from: NodeIndex, kind: EdgeKind, name: &str, to: NodeIndex) {
        assert!(
            !kind.has_index(),
            "edges of kind {} have no name",
            kind.name()
        );
        let name = self.intern(name);
        self.edges.push((from, kind, name.0, to));
    }

    /// Adds an edge with an index: an array element or a hidden slot.
    ///
    /// # Panics
    ///
    /// When edges of this kind carry a name.
    pub fn add_indexed_edge(&mut self, from: NodeIndex, kind: EdgeKind, index: u32, to: NodeIndex) {
        assert!(
            kind.has_index(),
            "edges of kind {} have no index",
            kind.name()
        );
        self.edges.push((from, kind, index, to));
    }

    /// Says whether an embedder object is attached (1), detached (2) or neither is known (0).
    pub fn set_detachedness(&mut self, node: NodeIndex, detachedness: u8) {
        self.detachedness[node.index()] = detachedness;
    }

    /// Says where a node's function or constructor is defined.
    pub fn add_location(&mut self, location: Location) {
        self.locations.push(location);
    }

    /// Adds a string, or finds it if it is there.
    pub fn intern(&mut self, text: &str) -> StringId {
        if let Some(&known) = self.known_strings.get(text) {
            return known;
        }
        let id = self.strings.push(text);
        self.known_strings.insert(text.to_owned(), id);
        id
    }

    /// Sorts the edges by the node they leave, each node's in the order they were added.
    ///
    /// # Panics
    ///
    /// When an edge or location names a node that was not added.
    pub fn build(mut self) -> HeapGraph {
        let nodes = self.node_kinds.len();
        self.edges.sort_by_key(|&(from, ..)| from);
        let mut first_edges = vec![0u32; nodes + 1];
        for &(from, _, _, to) in &self.edges {
            assert!(
                to.index() < nodes,
                "an edge leads to a node that was not added"
            );
            first_edges[from.index() + 1] += 1;
        }
        for node in 0..nodes {
            first_edges[node + 1] += first_edges[node];
        }
        assert!(
            self.locations
                .iter()
                .all(|location| location.node.index() < nodes),
            "a location names a node that was not added"
        );
        HeapGraph {
            node_kinds: self.node_kinds,
            node_names: self.node_names,
            node_ids: self.node_ids,
            shallow_sizes: self.shallow_sizes,
            detachedness: self.detachedness,
            first_edges,
            edge_kinds: self.edges.iter().map(|edge| edge.1).collect(),
            edge_labels: self.edges.iter().map(|edge| edge.2).collect(),
            edge_targets: self.edges.iter().map(|edge| edge.3).collect(),
            shared: SharedEdges::default(),
            strings: self.strings,
            locations: Locations::new(self.locations),
            root: NodeIndex(0),
            extra_native_bytes: 0,
            string_text: StringText::Full,
        }
    }
}
