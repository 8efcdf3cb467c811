//! What groups of objects hold together: bytes that would be freed if all of them were gone, each byte
//! shared among the groups that lead to it.
//!
//! Retained sizes alone do not tell: what two groups hold, neither retains, and what one group holds
//! through another, both do.
#![forbid(unsafe_code)]

use super::bits::Bits;
use super::dominators::DominatorTree;
use super::weak_maps::WeakMapEdges;
use crate::error::Error;
use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, Phase, Sizes, Watch};

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
/// O(nodes + edges) time to find what stays; then, for every 64 groups, what they reach, twice where there are more. Twelve
/// bytes a node while it runs, and eight for each node of a group.
pub fn shared_sizes(
    graph: &HeapGraph,
    tree: &DominatorTree,
    sizes: &Sizes,
    group_of: &[u32],
    groups: usize,
    watch: &dyn Watch,
) -> Result<Vec<u64>, Error> {
    let mut shared = vec![0u64; groups];
    if groups == 0 {
        return Ok(shared);
    }
    let references = References::of(graph, tree);
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
        stays: references.stay_without(tree.orphans(), group_of, watch)?,
        masks: vec![0; graph.node_count()],
        reached: Vec::new(),
        watch,
    };
    if groups <= ROUND {
        reach.follow(0, |node, mask| {
            share(&mut shared, sizes.bytes(node), mask.count_ones(), mask);
        })?;
        return Ok(shared);
    }
    let mut holders = vec![0u32; graph.node_count()];
    for round in 0..groups.div_ceil(ROUND) {
        reach.follow(round, |node, mask| {
            holders[node.index()] += mask.count_ones()
        })?;
    }
    for round in 0..groups.div_ceil(ROUND) {
        reach.follow(round, |node, mask| {
            let of_round = &mut shared[round * ROUND..];
            share(of_round, sizes.bytes(node), holders[node.index()], mask);
        })?;
    }
    Ok(shared)
}

/// Gives each group of a mask its part.
fn share(shared: &mut [u64], bytes: u64, holders: u32, mut mask: u64) {
    let part = bytes / u64::from(holders.max(1));
    while mask != 0 {
        let group = &mut shared[mask.trailing_zeros() as usize];
        *group = group.saturating_add(part);
        mask &= mask - 1;
    }
}

/// The references that keep their targets alive, as for dominators.
struct References<'a> {
    graph: &'a HeapGraph,
    weak_maps: WeakMapEdges,
    page: &'a Bits,
}

impl<'a> References<'a> {
    fn of(graph: &'a HeapGraph, tree: &'a DominatorTree) -> Self {
        Self {
            graph,
            weak_maps: WeakMapEdges::find(graph),
            page: tree.page(),
        }
    }

    /// What a node keeps alive.
    #[inline(always)]
    fn kept_by(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let graph = self.graph;
        let is_root = node == graph.root();
        let may_enter_page = is_root || self.page.contains(node.index());
        graph.edges(node).filter_map(move |edge| {
            let (kind, target) = graph.edge_end(edge);
            let means_something = match kind {
                EdgeKind::Weak => false,
                EdgeKind::Shortcut => is_root,
                EdgeKind::Internal => !self.weak_maps.is_from_table(graph, node, edge),
                _ => true,
            };
            let keeps = means_something
                && target != node
                && (may_enter_page || !self.page.contains(target.index()));
            keeps.then_some(target)
        })
    }

    /// What the root still reaches when all groups are gone. Nodes that nothing keeps alive hang on it.
    fn stay_without(
        &self,
        orphans: &[NodeIndex],
        group_of: &[u32],
        watch: &dyn Watch,
    ) -> Result<Bits, Error> {
        let graph = self.graph;
        let mut stays = Bits::new(graph.node_count());
        let mut pending = vec![graph.root()];
        pending.extend(orphans);
        pending.retain(|node| group_of[node.index()] == NO_GROUP && stays.insert(node.index()));
        let mut visited = 0;
        while let Some(node) = pending.pop() {
            watch.check_each(Phase::Compare, visited, graph.node_count())?;
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
            self.watch
                .check_each(Phase::Compare, visited, graph.node_count())?;
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
