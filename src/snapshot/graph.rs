//! The heap graph itself: nodes and edges in flat columns, edges sorted by the node they leave.
#![forbid(unsafe_code)]

use std::ops::Range;

use super::index::{EdgeIndex, NodeId, NodeIndex, StringId};
use super::kind::{EdgeKind, NodeKind};
use super::location::{Location, Locations};
use super::redaction::StringText;
use super::shared_edges::{MOST_SHARED, SharedEdge, SharedEdges};
use super::sizes::Sizes;
use super::strings::Strings;

/// What an edge is called: a property, variable or slot by name, an array element by index.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EdgeLabel {
    Name(StringId),
    Index(u32),
}

/// A heap as compressed sparse rows: about 21 bytes a node, 9 an edge that its node does not share, and the strings.
///
/// Every index inside is valid: edges end at nodes of the graph, names are in its string table.
/// Methods that take an index panic when it belongs to a larger graph.
#[derive(Clone, Debug)]
pub struct HeapGraph {
    pub(super) node_kinds: Vec<NodeKind>,
    pub(super) node_names: Vec<StringId>,
    pub(super) node_ids: Vec<NodeId>,
    pub(super) shallow_sizes: Sizes,
    /// V8's word on whether an embedder object is attached (1), detached (2) or neither (0). Empty
    /// when the file does not say.
    pub(super) detachedness: Vec<u8>,
    /// Where each node's edges begin; one entry more than nodes.
    pub(super) first_edges: Vec<u32>,
    pub(super) edge_kinds: Vec<EdgeKind>,
    /// A string or an index, as the kind says.
    pub(super) edge_labels: Vec<u32>,
    pub(super) edge_targets: Vec<NodeIndex>,
    /// Edges beyond these columns. Each node has [`MOST_SHARED`] positions for them, behind those of all columns.
    pub(super) shared: SharedEdges,
    pub(super) strings: Strings,
    pub(super) locations: Locations,
    pub(super) root: NodeIndex,
    pub(super) extra_native_bytes: u64,
    pub(super) string_text: StringText,
}

impl HeapGraph {
    /// How many nodes the heap has, reachable or not.
    pub fn node_count(&self) -> usize {
        self.node_kinds.len()
    }

    /// How many edges the heap has, weak ones included.
    pub fn edge_count(&self) -> usize {
        self.edge_targets.len() + self.shared.count()
    }

    /// Where reachability starts.
    pub fn root(&self) -> NodeIndex {
        self.root
    }

    /// Memory outside the heap that the file reports but no node stands for.
    pub fn extra_native_bytes(&self) -> u64 {
        self.extra_native_bytes
    }

    /// All nodes, in the file's order.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + use<> {
        (0..NodeIndex::new(self.node_count()).0).map(NodeIndex)
    }

    /// What a node stands for.
    #[inline(always)]
    pub fn node_kind(&self, node: NodeIndex) -> NodeKind {
        self.node_kinds[node.index()]
    }

    /// The node's name as a string of the table: a constructor, a function, a string's content.
    #[inline(always)]
    pub fn node_name_id(&self, node: NodeIndex) -> StringId {
        self.node_names[node.index()]
    }

    /// The node's name.
    pub fn node_name(&self, node: NodeIndex) -> &str {
        self.strings.text(self.node_name_id(node))
    }

    /// The id V8 gives the object.
    #[inline(always)]
    pub fn node_id(&self, node: NodeIndex) -> NodeId {
        self.node_ids[node.index()]
    }

    /// The first node with this id. Scans the column.
    pub fn find_node(&self, id: NodeId) -> Option<NodeIndex> {
        self.node_ids
            .iter()
            .position(|&found| found == id)
            .map(NodeIndex::new)
    }

    /// Bytes of the object itself, as the file says.
    #[inline(always)]
    pub fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.shallow_sizes.bytes(node)
    }

    /// The edges that leave a node.
    #[inline(always)]
    pub fn edges(&self, node: NodeIndex) -> impl DoubleEndedIterator<Item = EdgeIndex> + use<> {
        let own = self.own_edges(node);
        own.chain(self.shared_edges(node)).map(EdgeIndex)
    }

    /// Positions of the edges that a node has for itself.
    #[inline(always)]
    pub fn own_edges(&self, node: NodeIndex) -> Range<u32> {
        self.first_edges[node.index()]..self.first_edges[node.index() + 1]
    }

    /// Positions of the edges that a node has in common with others; all of them come behind `own_edges` of all nodes.
    #[inline(always)]
    pub fn shared_edges(&self, node: NodeIndex) -> Range<u32> {
        let count = self.shared.of(node.index()).len();
        match count {
            0 => 0..0,
            count => {
                let first = (self.edge_targets.len() + node.index() * MOST_SHARED) as u32;
                first..first + count as u32
            }
        }
    }

    /// How many edges leave a node.
    #[inline(always)]
    pub fn edge_count_of(&self, node: NodeIndex) -> usize {
        self.own_edges(node).len() + self.shared.of(node.index()).len()
    }

    /// The edges that lead to a node, in the file's order. Scans all edges.
    pub fn edges_to(&self, node: NodeIndex) -> impl Iterator<Item = EdgeIndex> + '_ {
        let leads_to = move |&edge: &EdgeIndex| self.edge_target(edge) == node;
        self.nodes()
            .flat_map(|source| self.edges(source))
            .filter(leads_to)
    }

    /// How an edge refers to its target.
    #[inline(always)]
    pub fn edge_kind(&self, edge: EdgeIndex) -> EdgeKind {
        match self.edge_kinds.get(edge.index()) {
            Some(&kind) => kind,
            None => self.shared_edge(edge).kind,
        }
    }

    /// How an edge refers to its target, and to which: for walks of the whole heap.
    #[inline(always)]
    pub fn edge_end(&self, edge: EdgeIndex) -> (EdgeKind, NodeIndex) {
        match self.edge_targets.get(edge.index()) {
            Some(&target) => (self.edge_kinds[edge.index()], target),
            None => {
                let shared = self.shared_edge(edge);
                (shared.kind, shared.target)
            }
        }
    }

    /// The node an edge leads to.
    #[inline(always)]
    pub fn edge_target(&self, edge: EdgeIndex) -> NodeIndex {
        match self.edge_targets.get(edge.index()) {
            Some(&target) => target,
            None => self.shared_edge(edge).target,
        }
    }

    /// The node an edge leaves. A binary search for edges that are not shared, since only the rows know.
    pub fn edge_source(&self, edge: EdgeIndex) -> NodeIndex {
        self.source_of_shared(edge).unwrap_or_else(|| {
            NodeIndex::new(self.first_edges.partition_point(|&first| first <= edge.0) - 1)
        })
    }

    /// The node that a shared edge leaves; none for others.
    #[inline(always)]
    pub fn source_of_shared(&self, edge: EdgeIndex) -> Option<NodeIndex> {
        let place = edge.index().checked_sub(self.edge_targets.len())?;
        Some(NodeIndex::new(place / MOST_SHARED))
    }

    #[inline(always)]
    fn shared_edge(&self, edge: EdgeIndex) -> &SharedEdge {
        let place = edge.index() - self.edge_targets.len();
        &self.shared.of(place / MOST_SHARED)[place % MOST_SHARED]
    }

    /// What an edge is called.
    #[inline(always)]
    pub fn edge_label(&self, edge: EdgeIndex) -> EdgeLabel {
        let label = match self.edge_labels.get(edge.index()) {
            Some(&label) => label,
            None => self.shared_edge(edge).label,
        };
        if self.edge_kind(edge).has_index() {
            EdgeLabel::Index(label)
        } else {
            EdgeLabel::Name(StringId(label))
        }
    }

    /// The edge's name, if it has one.
    pub fn edge_name(&self, edge: EdgeIndex) -> Option<&str> {
        match self.edge_label(edge) {
            EdgeLabel::Name(name) => Some(self.strings.text(name)),
            EdgeLabel::Index(_) => None,
        }
    }

    /// The string table.
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// Where the node's function or constructor is defined, if the file says.
    pub fn location(&self, node: NodeIndex) -> Option<&Location> {
        self.locations.of(node)
    }

    /// The column of node kinds.
    pub fn node_kinds(&self) -> &[NodeKind] {
        &self.node_kinds
    }

    /// The column of node names.
    pub fn node_name_ids(&self) -> &[StringId] {
        &self.node_names
    }

    /// The column of node ids.
    pub fn node_ids(&self) -> &[NodeId] {
        &self.node_ids
    }

    /// The column of shallow sizes.
    pub fn shallow_sizes(&self) -> &Sizes {
        &self.shallow_sizes
    }

    /// Attached (1), detached (2) or unknown (0) by node; empty when the file does not say.
    pub fn detachedness(&self) -> &[u8] {
        &self.detachedness
    }

    /// How many edges belong to one node alone: positions below this are theirs.
    pub fn own_edge_count(&self) -> usize {
        self.edge_targets.len()
    }

    /// All locations, in the file's order.
    pub fn locations(&self) -> &[Location] {
        self.locations.as_slice()
    }
}
