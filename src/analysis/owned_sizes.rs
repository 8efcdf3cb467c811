//! Shallow sizes as people count them: what V8 stores aside for one object counts as that object's.
//!
//! An array's elements, an object's property store and the like are nodes of their own in the file.
//! Each of them that only one object reaches gives its size to that object, as in Chrome DevTools.
#![forbid(unsafe_code)]

use super::bits::Bits;
use super::detached::detached_nodes;
use super::roots::has_user_roots;
use crate::error::Error;
use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, NodeKind, Phase, Sizes, Watch};

/// No owner reaches the node.
const UNOWNED: u32 = u32::MAX;
/// More than one does.
const SHARED: u32 = u32::MAX - 1;

/// Shallow sizes after internal nodes have given theirs to the objects that own them.
///
/// A snapshot without user roots was taken to look at the internals: its sizes stay as they are.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes + edges) time; four bytes a node while it runs, and the sizes.
pub fn owned_sizes(graph: &HeapGraph, watch: &dyn Watch) -> Result<Sizes, Error> {
    let mut sizes = graph.shallow_sizes().clone();
    if !has_user_roots(graph) {
        return Ok(sizes);
    }
    let owners = Owners::find(graph, watch)?;
    for node in graph.nodes() {
        if !owners.is_internal.contains(node.index()) {
            continue;
        }
        let owner = owners.by_node[node.index()];
        if owner == UNOWNED || owner == SHARED {
            continue;
        }
        let owner = NodeIndex::new(owner as usize);
        // Sizes of synthetic nodes and of the root would tell nobody anything.
        if graph.node_kind(owner) == NodeKind::Synthetic || owner == graph.root() {
            continue;
        }
        let sum = sizes.bytes(owner).saturating_add(sizes.bytes(node));
        sizes.set(owner, sum);
        sizes.set(node, 0);
    }
    Ok(sizes)
}

struct Owners {
    /// Nodes that may give their size away.
    is_internal: Bits,
    /// For internal nodes, who owns them.
    by_node: Vec<u32>,
}

impl Owners {
    fn find(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let mut owners = Self {
            is_internal: internal_nodes(graph, watch)?,
            by_node: vec![UNOWNED; graph.node_count()],
        };
        // Owners only move from none to one to many, so the order of visits does not matter, and
        // each internal node is visited at most twice.
        let mut pending = Vec::new();
        for node in graph.nodes() {
            watch.check_each(Phase::Attribute, node.index(), graph.node_count())?;
            if owners.is_internal.contains(node.index()) {
                continue;
            }
            owners.pass_on(graph, node, node.index() as u32, &mut pending);
            while let Some(internal) = pending.pop() {
                let owner = owners.by_node[internal.index()];
                owners.pass_on(graph, internal, owner, &mut pending);
            }
        }
        Ok(owners)
    }

    /// Makes `owner` an owner of the internal nodes that `node` refers to.
    #[inline(always)]
    fn pass_on(
        &mut self,
        graph: &HeapGraph,
        node: NodeIndex,
        owner: u32,
        pending: &mut Vec<NodeIndex>,
    ) {
        for edge in graph.edges(node) {
            let (kind, target) = graph.edge_end(edge);
            if !self.is_internal.contains(target.index()) || kind == EdgeKind::Weak {
                continue;
            }
            let known = &mut self.by_node[target.index()];
            if *known == owner || *known == SHARED {
                continue;
            }
            *known = if *known == UNOWNED { owner } else { SHARED };
            pending.push(target);
        }
    }
}

fn internal_nodes(graph: &HeapGraph, watch: &dyn Watch) -> Result<Bits, Error> {
    let detached = detached_nodes(graph, watch)?;
    let mut internal = Bits::new(graph.node_count());
    for (index, kind) in graph.node_kinds().iter().enumerate() {
        let is_internal = match kind {
            NodeKind::Hidden | NodeKind::Array => true,
            NodeKind::Native => {
                graph.node_name(NodeIndex::new(index)) == "system / ExternalStringData"
                    && !detached.contains(index)
            }
            _ => false,
        };
        if is_internal {
            internal.insert(index);
        }
    }
    Ok(internal)
}
