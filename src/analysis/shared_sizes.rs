//! What groups of objects hold together: bytes that would be freed if all of them were gone, each byte
//! shared among the groups that lead to it.
//!
//! Retained sizes alone do not tell: what two groups hold, neither retains, and what one group holds
//! through another, both do.
#![forbid(unsafe_code)]

use super::bits::Bits;
use super::roots::page_roots;
use super::weak_maps::WeakMapEdges;
use crate::error::Error;
use crate::snapshot::{
    CHECK_INTERVAL, EdgeIndex, EdgeKind, HeapGraph, NodeIndex, Phase, Sizes, Watch,
};

/// Marks nodes that belong to no group.
pub const NO_GROUP: u32 = u32::MAX;
/// Groups that are followed at once: one for each bit of a mask.
const ROUND: usize = 64;

/// Bytes that would be freed if the nodes of all groups were gone, by group. A node of a group counts for
/// that group alone; every other byte is shared equally, rounded down, among the groups from which it
/// is reached without passing a node of a group.
///
/// `group_of` has the group of each node, or [`NO_GROUP`].
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes + edges) time to find what stays; then, for every 64 groups, what they reach, twice. Twelve
/// bytes a node while it runs, and eight for each node of a group.
pub fn shared_sizes(
    graph: &HeapGraph,
    sizes: &Sizes,
    group_of: &[u32],
    groups: usize,
    watch: &dyn Watch,
) -> Result<Vec<u64>, Error> {
    let mut shared = vec![0u64; groups];
    if groups == 0 {
        return Ok(shared);
    }
    let references = References::of(graph, watch)?;
    let members = graph
        .nodes()
        .map(|node| (group_of[node.index()], node))
        .filter(|&(group, _)| group != NO_GROUP);
    let mut members: Vec<(u32, NodeIndex)> = members.collect();
    members.sort_unstable();
    let mut reach = Reach {
        references: &references,
        group_of,
        members,
        stays: references.stay_without(group_of, watch)?,
        masks: vec![0; graph.node_count()],
        reached: Vec::new(),
        watch,
    };
    let mut holders = vec![0u32; graph.node_count()];
    for round in 0..groups.div_ceil(ROUND) {
        reach.follow(round, |node, mask| {
            holders[node.index()] += mask.count_ones()
        })?;
    }
    for round in 0..groups.div_ceil(ROUND) {
        reach.follow(round, |node, mut mask| {
            let share = sizes.bytes(node) / u64::from(holders[node.index()].max(1));
            while mask != 0 {
                let group = &mut shared[round * ROUND + mask.trailing_zeros() as usize];
                *group = group.saturating_add(share);
                mask &= mask - 1;
            }
        })?;
    }
    Ok(shared)
}

/// The references that keep their targets alive, as for dominators.
struct References<'a> {
    graph: &'a HeapGraph,
    weak_maps: WeakMapEdges,
    /// All that the page's roots reach: what others refer to there, they do not keep alive.
    page: Bits,
}

impl<'a> References<'a> {
    fn of(graph: &'a HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let mut page = Bits::new(graph.node_count());
        let mut pending: Vec<NodeIndex> = page_roots(graph).collect();
        pending.retain(|node| page.insert(node.index()));
        let mut visited = 0;
        while let Some(node) = pending.pop() {
            check(visited, graph, watch)?;
            visited += 1;
            for edge in graph.edges(node) {
                let target = graph.edge_target(edge);
                if graph.edge_kind(edge) != EdgeKind::Weak && page.insert(target.index()) {
                    pending.push(target);
                }
            }
        }
        Ok(Self {
            graph,
            weak_maps: WeakMapEdges::find(graph),
            page,
        })
    }

    /// What a node keeps alive.
    fn kept_by(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let graph = self.graph;
        let edges = graph.edges(node);
        edges
            .filter(move |&edge| self.keeps(node, edge))
            .map(|edge| graph.edge_target(edge))
    }

    fn keeps(&self, node: NodeIndex, edge: EdgeIndex) -> bool {
        let (graph, root) = (self.graph, self.graph.root());
        let target = graph.edge_target(edge);
        let enters_page =
            node != root && self.page.contains(target.index()) && !self.page.contains(node.index());
        let means_something = match graph.edge_kind(edge) {
            EdgeKind::Weak => false,
            EdgeKind::Shortcut => node == root,
            EdgeKind::Internal => !self.weak_maps.is_from_table(graph, node, edge),
            _ => true,
        };
        means_something && !enters_page && target != node
    }

    /// What the root still reaches when all groups are gone. Nodes that nothing keeps alive hang on it.
    fn stay_without(&self, group_of: &[u32], watch: &dyn Watch) -> Result<Bits, Error> {
        let graph = self.graph;
        let mut is_kept = Bits::new(graph.node_count());
        for node in graph.nodes() {
            check(node.index(), graph, watch)?;
            for target in self.kept_by(node) {
                is_kept.insert(target.index());
            }
        }
        let mut stays = Bits::new(graph.node_count());
        let mut pending = vec![graph.root()];
        pending.extend(graph.nodes().filter(|node| !is_kept.contains(node.index())));
        pending.retain(|node| group_of[node.index()] == NO_GROUP && stays.insert(node.index()));
        let mut visited = 0;
        while let Some(node) = pending.pop() {
            check(visited, graph, watch)?;
            visited += 1;
            for target in self.kept_by(node) {
                if group_of[target.index()] == NO_GROUP && stays.insert(target.index()) {
                    pending.push(target);
                }
            }
        }
        Ok(stays)
    }
}

/// Which groups lead to which node.
struct Reach<'a> {
    references: &'a References<'a>,
    group_of: &'a [u32],
    /// The nodes of all groups, those of the first group first.
    members: Vec<(u32, NodeIndex)>,
    stays: Bits,
    /// By node, the groups of this round that lead to it.
    masks: Vec<u64>,
    /// Nodes whose mask is not empty.
    reached: Vec<NodeIndex>,
    watch: &'a dyn Watch,
}

impl Reach<'_> {
    /// Follows the groups of one round and tells for each node that goes with them which lead to it.
    fn follow(&mut self, round: usize, mut tell: impl FnMut(NodeIndex, u64)) -> Result<(), Error> {
        let graph = self.references.graph;
        let begin = |round: usize| {
            let group = |member: &(u32, NodeIndex)| member.0 as usize;
            self.members
                .partition_point(|member| group(member) < round * ROUND)
        };
        for &(group, node) in &self.members[begin(round)..begin(round + 1)] {
            self.masks[node.index()] = 1 << (group as usize % ROUND);
            self.reached.push(node);
        }
        // A node comes again whenever another group is seen to lead to it.
        let mut pending = self.reached.clone();
        let mut visited = 0;
        while let Some(node) = pending.pop() {
            check(visited, graph, self.watch)?;
            visited += 1;
            let mask = self.masks[node.index()];
            for target in self.references.kept_by(node) {
                let at = target.index();
                let known = self.masks[at];
                let is_end = self.stays.contains(at) || self.group_of[at] != NO_GROUP;
                if is_end || known | mask == known {
                    continue;
                }
                if known == 0 {
                    self.reached.push(target);
                }
                self.masks[at] = known | mask;
                pending.push(target);
            }
        }
        for node in self.reached.drain(..) {
            tell(node, std::mem::take(&mut self.masks[node.index()]));
        }
        Ok(())
    }
}

fn check(done: usize, graph: &HeapGraph, watch: &dyn Watch) -> Result<(), Error> {
    if done.is_multiple_of(CHECK_INTERVAL) {
        watch.check(Phase::Compare, done, graph.node_count())?;
    }
    Ok(())
}
