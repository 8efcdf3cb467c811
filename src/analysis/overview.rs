//! A heap small enough for a page: the largest nodes of its dominator tree, and the paths to them with
//! each step kept once.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::census::Tally;
use super::described::{NodeSummary, PathSummary, StepSummary};
use super::dominators::DominatorTree;
use super::retained_sizes::RetainedSizes;
use crate::snapshot::{NodeId, NodeIndex};

/// Nodes that retain a smaller share of the heap are not shown.
const MIN_HEAP_SHARE: f64 = 0.0005;
/// A page draws this many at once; the largest are shown.
const MAX_NODES: usize = 2000;
/// Edges that the paths of one overview may have together. Links deep in a long list reach it.
const MAX_PATH_EDGES: usize = 100_000;

/// Longer names are cut: with the contents of strings they could be megabytes.
const MAX_NAME_CHARS: usize = 200;

/// A heap for a page.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The root first, each node after the one that dominates it.
    pub tree: Vec<OverviewNode>,
    /// Paths to the nodes of the tree and to the largest node of each class.
    pub paths: PathTable,
}

/// A node of the dominator tree that is large enough to be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OverviewNode {
    pub node: NodeSummary,
    pub class: String,
    /// Whether it is the root or V8's own, so that no program can name it.
    pub is_internal: bool,
    /// Position of its dominator in the tree; none for the root.
    pub parent: Option<u32>,
    /// What it immediately dominates and is not shown, with all that that retains.
    pub others: Tally,
}

/// Paths, which have most of their steps in common.
#[derive(Clone, Debug, Default)]
pub struct PathTable {
    steps: Vec<StepSummary>,
    known_steps: HashMap<StepSummary, u32>,
    by_node: BTreeMap<NodeId, SharedPath>,
    edges: usize,
}

/// A path as positions in [`PathTable::steps`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SharedPath {
    pub steps: Vec<u32>,
    pub fingerprint: Option<String>,
}

/// A node of the tree before it has a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ShownNode {
    pub node: NodeIndex,
    pub parent: Option<u32>,
    pub others: Tally,
}

impl PathTable {
    /// Adds the path to a node unless it is there, there is none, or there are too many edges already;
    /// `find` gives its length in edges with it.
    pub fn add(&mut self, id: NodeId, find: impl FnOnce() -> Option<(usize, PathSummary)>) {
        if self.edges >= MAX_PATH_EDGES || self.by_node.contains_key(&id) {
            return;
        }
        let Some((edges, path)) = find() else {
            return;
        };
        self.edges += edges;
        let mut positions = Vec::with_capacity(path.steps.len());
        for mut step in path.steps {
            cut(&mut step.edge);
            cut(&mut step.class);
            cut(&mut step.node.name);
            step.known_as.as_mut().map(cut);
            positions.push(self.position(step));
        }
        let shared = SharedPath {
            steps: positions,
            fingerprint: path.fingerprint,
        };
        self.by_node.insert(id, shared);
    }

    /// The steps of all paths, each once.
    pub fn steps(&self) -> &[StepSummary] {
        &self.steps
    }

    /// The paths, by the node that they lead to.
    pub fn by_node(&self) -> &BTreeMap<NodeId, SharedPath> {
        &self.by_node
    }

    fn position(&mut self, step: StepSummary) -> u32 {
        if let Some(&known) = self.known_steps.get(&step) {
            return known;
        }
        let position = self.steps.len() as u32;
        self.steps.push(step.clone());
        self.known_steps.insert(step, position);
        position
    }
}

/// Cuts a name that is too long, and says so.
pub fn cut(name: &mut String) {
    if let Some((end, _)) = name.char_indices().nth(MAX_NAME_CHARS) {
        name.truncate(end);
        name.push('…');
    }
}

/// The dominator tree without what is too small to be seen.
///
/// # Complexity
///
/// O(nodes) at worst: looks at the children of what is shown.
pub fn pruned_tree(tree: &DominatorTree, retained: &RetainedSizes) -> Vec<ShownNode> {
    prune(tree, retained, MIN_HEAP_SHARE, MAX_NODES)
}

fn prune(
    tree: &DominatorTree,
    retained: &RetainedSizes,
    min_heap_share: f64,
    max_nodes: usize,
) -> Vec<ShownNode> {
    let order = tree.preorder();
    let threshold = (retained.bytes(order[0]) as f64 * min_heap_share).max(1.0);
    let mut shown: Vec<ShownNode> = Vec::new();
    // The largest first. What dominates a node retains at least as much and comes earlier in the
    // preorder, so it is taken before.
    let mut candidates = BinaryHeap::from([(retained.bytes(order[0]), Reverse(0), None)]);
    while shown.len() < max_nodes
        && let Some((bytes, Reverse(place), parent)) = candidates.pop()
    {
        if let Some(parent) = parent {
            let others = &mut shown[parent as usize].others;
            others.count -= 1;
            others.bytes = others.bytes.saturating_sub(bytes);
        }
        let position = shown.len() as u32;
        let mut others = Tally::default();
        for child in tree.children(place) {
            let bytes = retained.bytes(order[child]);
            others.add(bytes);
            if bytes as f64 >= threshold {
                candidates.push((bytes, Reverse(child), Some(position)));
            }
        }
        shown.push(ShownNode {
            node: order[place],
            parent,
            others,
        });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::HeapAnalysis;
    use crate::snapshot::{Builder, EdgeKind, HeapGraph, NodeKind, Unwatched};

    /// (root) ─▶ Window@1 (10) ─▶ Cache@3 (20) ─▶ 5 × Entry@11… (100, 200, … 500)
    ///                └────────▶ Config@5 (1)
    fn graph() -> HeapGraph {
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 10);
        let cache = heap.add_node(NodeKind::Object, "Cache", 3, 20);
        let config = heap.add_node(NodeKind::Object, "Config", 5, 1);
        heap.add_edge(heap.root(), EdgeKind::Property, "window", window);
        heap.add_edge(window, EdgeKind::Property, "cache", cache);
        heap.add_edge(window, EdgeKind::Property, "config", config);
        for index in 0..5 {
            let size = u64::from(index + 1) * 100;
            let entry = heap.add_node(NodeKind::Object, "Entry", 11 + index * 2, size);
            heap.add_indexed_edge(cache, EdgeKind::Element, index, entry);
        }
        heap.build()
    }

    fn pruned(min_heap_share: f64, max_nodes: usize) -> Vec<(u32, Option<u32>, u64, u64)> {
        let graph = graph();
        let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
        let (tree, retained) = (&analysis.dominators, &analysis.retained);
        let shown = prune(tree, retained, min_heap_share, max_nodes);
        // Every byte is the node's own, a shown child's or one of the others'.
        for (position, one) in shown.iter().enumerate() {
            let children = shown
                .iter()
                .filter(|child| child.parent == Some(position as u32));
            let children: u64 = children.map(|child| retained.bytes(child.node)).sum();
            let sum = analysis.sizes.bytes(one.node) + children + one.others.bytes;
            assert_eq!(sum, retained.bytes(one.node));
        }
        shown
            .iter()
            .map(|one| {
                (
                    graph.node_id(one.node).0,
                    one.parent,
                    one.others.count,
                    one.others.bytes,
                )
            })
            .collect()
    }

    #[test]
    fn what_is_small_is_counted_where_it_belongs() {
        let expected = [
            (0, None, 0, 0),
            (1, Some(0), 1, 1),
            (3, Some(1), 3, 600),
            (19, Some(2), 0, 0),
            (17, Some(2), 0, 0),
        ];
        assert_eq!(pruned(0.25, 100), expected);
    }

    #[test]
    fn no_more_than_so_many_are_shown_the_largest_of_all() {
        assert_eq!(pruned(0.0, 2), [(0, None, 0, 0), (1, Some(0), 2, 1521)]);
        assert_eq!(pruned(0.0, 100).len(), 9);
        assert_eq!(pruned(0.0, 0), []);
    }

    #[test]
    fn steps_that_paths_share_are_kept_once() {
        let heap = crate::analysis::OpenedHeap::of(graph(), &Unwatched).unwrap();
        let Overview { tree, paths } = heap.overview(Default::default());
        assert_eq!(tree.len(), 9);
        assert_eq!((paths.by_node().len(), paths.steps().len()), (9, 8));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut name = "é".repeat(MAX_NAME_CHARS);
        cut(&mut name);
        assert_eq!(name.chars().count(), MAX_NAME_CHARS);
        name.push('é');
        cut(&mut name);
        assert!(name.ends_with("é…"));
    }

    #[test]
    fn paths_end_when_they_have_too_many_edges() {
        let mut table = PathTable::default();
        table.add(NodeId(1), || Some((MAX_PATH_EDGES, PathSummary::default())));
        table.add(NodeId(2), || panic!("asked for another"));
        assert_eq!(table.by_node().len(), 1);
    }
}
