//! Immediate dominators by the Semi-NCA algorithm (Georgiadis, 2005), without recursion, and the
//! dominator tree in an order that makes every subtree one range.
#![forbid(unsafe_code)]

use std::ops::Range;

use super::bits::Bits;
use super::spanning_tree::{SpanningTree, UNREACHED, walk};
use crate::error::Error;
use crate::snapshot::{CHECK_INTERVAL, HeapGraph, NodeIndex, Phase, Watch};

/// Which node every node is lost with.
///
/// Nodes that the root does not reach count as held by the root, as in Chrome DevTools.
#[derive(Clone, Debug)]
pub struct DominatorTree {
    /// By node; the root's is the root.
    immediate: Vec<NodeIndex>,
    /// All nodes, each before what it dominates, every subtree in one piece.
    preorder: Vec<NodeIndex>,
    /// By place in `preorder`: how many nodes the subtree has.
    subtree_counts: Vec<u32>,
    page: Bits,
    orphans: Vec<NodeIndex>,
}

impl DominatorTree {
    /// Finds the immediate dominator of every node.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(edges * log nodes) time at worst, close to O(edges) on heaps; about 28 bytes a node and 12 a
    /// reference that crosses the walk while it runs, 12 bytes a node afterwards.
    pub fn of(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let tree = walk(graph, watch)?;
        let SpanningTree {
            nodes,
            parents,
            lowest_ancestors,
            mut back_references,
            numbers,
            page,
            orphans,
        } = tree;
        // Memory that is fresh from the system costs more than the work done in it, so large
        // columns whose content is used up serve again.
        let incoming = Incoming::sort(nodes.len(), &back_references, numbers);
        back_references.clear();
        let mut forest = back_references;
        forest.extend(parents.iter().map(|&parent| (parent, UNREACHED)));
        let semidominators = semidominators(forest, lowest_ancestors, &incoming, watch)?;
        let immediate = nearest_common_ancestors(parents, &semidominators);
        let (immediate, preorder, subtree_counts) =
            arrange(graph, &nodes, &immediate, [semidominators, incoming.first]);
        Ok(Self {
            immediate,
            preorder,
            subtree_counts,
            page,
            orphans,
        })
    }

    /// All nodes that the page's roots reach (or, in Node.js, the program's): what others refer to there, they do not
    /// keep alive.
    pub fn page(&self) -> &Bits {
        &self.page
    }

    /// The nodes that nothing keeps alive; the root holds them.
    pub fn orphans(&self) -> &[NodeIndex] {
        &self.orphans
    }

    /// The nearest node without which this one would not be reached.
    #[inline(always)]
    pub fn immediate_dominator(&self, node: NodeIndex) -> NodeIndex {
        self.immediate[node.index()]
    }

    /// The immediate dominators of all nodes, by node.
    pub fn immediate_dominators(&self) -> &[NodeIndex] {
        &self.immediate
    }

    /// All nodes, each before everything it dominates; a subtree is one range.
    pub fn preorder(&self) -> &[NodeIndex] {
        &self.preorder
    }

    /// How many nodes the node at a place of the preorder dominates, itself included.
    #[inline(always)]
    pub fn subtree_count(&self, place: usize) -> usize {
        self.subtree_counts[place] as usize
    }

    /// The place in the preorder of every node, for questions that start from a node.
    pub fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.preorder.len()];
        for (place, node) in self.preorder.iter().enumerate() {
            places[node.index()] = place as u32;
        }
        places
    }

    /// The places of what the node at `place` immediately dominates.
    pub fn children(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        let Range { mut start, end } = place + 1..place + self.subtree_count(place);
        std::iter::from_fn(move || {
            (start < end).then(|| {
                let child = start;
                start += self.subtree_count(child);
                child
            })
        })
    }

    /// The chain of dominators from a node up to the root, the node first.
    pub fn dominators(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let mut next = Some(node);
        std::iter::from_fn(move || {
            let node = next?;
            let dominator = self.immediate_dominator(node);
            next = (dominator != node).then_some(dominator);
            Some(node)
        })
    }
}

/// Turns dominators by number of the walk into a tree by node: immediate dominators, the preorder and the sizes of subtrees.
/// `used` are columns to write over.
fn arrange(
    graph: &HeapGraph,
    nodes: &[NodeIndex],
    dominators: &[u32],
    used: [Vec<u32>; 2],
) -> (Vec<NodeIndex>, Vec<NodeIndex>, Vec<u32>) {
    let (reached, total) = (nodes.len(), graph.node_count());
    // A dominator has a lower number than what it dominates: backwards, subtrees are complete.
    let [mut counts, mut free_places] = used;
    counts.clear();
    counts.resize(reached, 1);
    for number in (1..reached).rev() {
        counts[dominators[number] as usize] += counts[number];
    }
    counts[0] += (total - reached) as u32;
    let mut immediate = vec![graph.root(); total];
    let mut preorder = vec![graph.root(); total];
    let mut subtree_counts = vec![1u32; total];
    // By number: the place where the next child of this node goes. A node's own children come
    // after itself, so no entry is read before it is written.
    free_places.resize(reached, 0);
    for number in 0..reached {
        let place = match number {
            0 => 0,
            _ => {
                let dominator = dominators[number] as usize;
                immediate[nodes[number].index()] = nodes[dominator];
                let place = free_places[dominator];
                free_places[dominator] += counts[number];
                place
            }
        };
        free_places[number] = place + 1;
        preorder[place as usize] = nodes[number];
        subtree_counts[place as usize] = counts[number];
    }
    if reached < total {
        let mut is_reached = Bits::new(total);
        for node in nodes {
            is_reached.insert(node.index());
        }
        let unreached = graph
            .nodes()
            .filter(|node| !is_reached.contains(node.index()));
        for (place, node) in (reached..).zip(unreached) {
            preorder[place] = node;
        }
    }
    (immediate, preorder, subtree_counts)
}

/// References from higher numbers, grouped by the number they lead to.
struct Incoming {
    first: Vec<u32>,
    from: Vec<u32>,
}

impl Incoming {
    /// `first` is a column to write over.
    fn sort(numbers: usize, references: &[(u32, u32)], mut first: Vec<u32>) -> Self {
        // Counted two places ahead, so that filling turns the starts of groups into their ends,
        // which are the starts of the next.
        first.clear();
        first.resize(numbers + 2, 0);
        for &(to, _) in references {
            first[to as usize + 2] += 1;
        }
        for number in 2..first.len() {
            first[number] += first[number - 1];
        }
        let mut from = vec![0; references.len()];
        for &(to, source) in references {
            let place = &mut first[to as usize + 1];
            from[*place as usize] = source;
            *place += 1;
        }
        Self { first, from }
    }

    #[inline(always)]
    fn of(&self, number: usize) -> &[u32] {
        &self.from[self.first[number] as usize..self.first[number + 1] as usize]
    }
}

/// A node in the forest of those whose semidominator is known: its parent, or a higher ancestor once
/// the path there has been compressed, and the lowest semidominator on the path up to, but without,
/// that ancestor.
type Link = (u32, u32);

/// For each number the lowest one from where a path leads here over higher numbers only.
fn semidominators(
    mut forest: Vec<Link>,
    lowest_ancestors: Vec<u32>,
    incoming: &Incoming,
    watch: &dyn Watch,
) -> Result<Vec<u32>, Error> {
    let total = forest.len();
    let mut semidominators = lowest_ancestors;
    let mut path = Vec::new();
    for number in (1..total).rev() {
        if number % CHECK_INTERVAL == 0 {
            watch.check(Phase::Dominate, total - number, total)?;
        }
        let mut lowest = semidominators[number];
        for &from in incoming.of(number) {
            lowest = lowest.min(lowest_on_path(&mut forest, from, number as u32, &mut path));
        }
        semidominators[number] = lowest;
        forest[number].1 = lowest;
    }
    Ok(semidominators)
}

/// The lowest semidominator from `from` up to the highest ancestor that is above `floor`.
#[inline(always)]
fn lowest_on_path(forest: &mut [Link], from: u32, floor: u32, path: &mut Vec<u32>) -> u32 {
    let mut top = from;
    let (mut ancestor, mut lowest) = forest[top as usize];
    while ancestor > floor {
        path.push(top);
        top = ancestor;
        (ancestor, lowest) = forest[top as usize];
    }
    while let Some(below) = path.pop() {
        let link = &mut forest[below as usize];
        lowest = lowest.min(link.1);
        *link = (ancestor, lowest);
    }
    lowest
}

/// The immediate dominator is the nearest ancestor in the dominator tree so far that is not below
/// the semidominator.
fn nearest_common_ancestors(parents: Vec<u32>, semidominators: &[u32]) -> Vec<u32> {
    let mut dominators = parents;
    for number in 1..dominators.len() {
        let mut dominator = dominators[number];
        while dominator > semidominators[number] {
            dominator = dominators[dominator as usize];
        }
        dominators[number] = dominator;
    }
    dominators
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    #[test]
    fn an_entry_shared_by_two_owners_is_retained_by_neither() {
        // (root) ─▶ A ─▶ Entry
        //    └────▶ B ────▲
        let mut heap = Builder::new();
        let a = heap.add_node(NodeKind::Object, "A", 1, 8);
        let b = heap.add_node(NodeKind::Object, "B", 3, 8);
        let entry = heap.add_node(NodeKind::Object, "Entry", 5, 8);
        let root = heap.root();
        for (from, to) in [(root, a), (root, b), (a, entry), (b, entry)] {
            heap.add_edge(from, EdgeKind::Property, "next", to);
        }
        let tree = DominatorTree::of(&heap.build(), &Unwatched).unwrap();
        assert_eq!(tree.immediate_dominator(entry), root);
    }

    #[test]
    fn a_list_of_a_million_nodes_is_a_chain_of_dominators() {
        // (root) ─▶ 1 ─▶ 2 ─▶ 3 ─▶ … ─▶ 1000000 ─▶ 1
        let length = 1_000_000;
        let mut heap = Builder::new();
        let mut last = heap.root();
        for id in 1..=length {
            let node = heap.add_node(NodeKind::Object, "Link", id, 8);
            heap.add_edge(last, EdgeKind::Property, "next", node);
            last = node;
        }
        heap.add_edge(last, EdgeKind::Property, "next", NodeIndex::new(1));
        let tree = DominatorTree::of(&heap.build(), &Unwatched).unwrap();
        assert_eq!(tree.dominators(last).count(), length as usize + 1);
    }

    #[test]
    fn whoever_cancels_gets_an_error() {
        struct Impatient;
        impl Watch for Impatient {
            fn is_cancelled(&self) -> bool {
                true
            }
        }
        // (root) ─▶ 200000 nodes
        let mut heap = Builder::new();
        for id in 0..200_000 {
            let node = heap.add_node(NodeKind::Object, "A", id, 8);
            heap.add_edge(heap.root(), EdgeKind::Property, "next", node);
        }
        let found = DominatorTree::of(&heap.build(), &Impatient);
        assert!(matches!(found, Err(Error::Cancelled)));
    }
}
