//! Why an object is still there: chains of references from a root to it.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::distances::Distances;
use super::dominators::DominatorTree;
use super::retainers::Retainers;
use crate::error::Error;
use crate::snapshot::{CHECK_INTERVAL, EdgeIndex, EdgeKind, HeapGraph, NodeIndex, Phase, Watch};

/// A chain of edges from the root to a node, the edge that leaves the root first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RetainerPath {
    pub edges: Vec<EdgeIndex>,
}

impl RetainerPath {
    /// The nodes on the path, the root first and the node it leads to last.
    pub fn nodes(&self, graph: &HeapGraph) -> Vec<NodeIndex> {
        let targets = self.edges.iter().map(|&edge| graph.edge_target(edge));
        std::iter::once(graph.root()).chain(targets).collect()
    }
}

/// The shortest path to a node, through the program's own roots if they reach it; none when
/// nothing that is not weak leads there.
///
/// Its length is the node's distance, without what [`SYSTEM_DISTANCE`](super::SYSTEM_DISTANCE) adds.
pub fn shortest_path(
    graph: &HeapGraph,
    distances: &Distances,
    node: NodeIndex,
) -> Option<RetainerPath> {
    distances.distance(node)?;
    let mut edges = Vec::new();
    let mut at = node;
    while let Some(edge) = distances.reached_by(graph, at) {
        edges.push(edge);
        at = graph.edge_source(edge);
    }
    edges.reverse();
    Some(RetainerPath { edges })
}

/// Up to `count` paths to a node of which no two share a node but those that every path must pass:
/// the root, the node and its dominators. The first is the [`shortest_path`], and what is nearer to the
/// program's own roots comes earlier; each one names another holder.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// For each path a walk against the references that heads for the roots. O(edges * log edges) where it
/// goes astray: at worst, and to find that there are no more paths.
pub fn distinct_paths(
    graph: &HeapGraph,
    search: Search,
    node: NodeIndex,
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<RetainerPath>, Error> {
    let Some(shortest) = shortest_path(graph, search.distances, node) else {
        return Ok(Vec::new());
    };
    let unavoidable: HashSet<NodeIndex> = search.dominators.dominators(node).collect();
    let mut used_nodes = HashSet::new();
    let mut used_edges = HashSet::new();
    let mut paths: Vec<RetainerPath> = Vec::new();
    let mut next = (count > 0).then_some(shortest);
    while let Some(path) = next.take() {
        // A path of dominators only has nothing else by which the next could differ.
        let before = used_nodes.len();
        let inner = path.nodes(graph);
        used_nodes.extend(inner.into_iter().filter(|node| !unavoidable.contains(node)));
        if used_nodes.len() == before {
            used_edges.extend(path.edges.last().copied());
        }
        let is_end = path.edges.is_empty();
        paths.push(path);
        if is_end || paths.len() >= count {
            break;
        }
        let is_free = |edge: EdgeIndex, source: NodeIndex| {
            // A root of the program counts, however the heap's root refers to it.
            let is_counted = || {
                let target = graph.edge_target(edge);
                search.distances.reached_by(graph, target) == Some(edge)
            };
            (graph.edge_kind(edge) != EdgeKind::Weak || is_counted())
                && !used_edges.contains(&edge)
                && !used_nodes.contains(&source)
        };
        next = search_backwards(graph, search, node, is_free, watch)?;
    }
    Ok(paths)
}

/// What a search for paths needs to know of a heap.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub distances: &'a Distances,
    pub dominators: &'a DominatorTree,
    pub retainers: &'a Retainers,
}

/// The path to `node` over edges that `is_free` allows, the one first whose edges so far and distance to
/// go are fewest together.
fn search_backwards(
    graph: &HeapGraph,
    search: Search,
    node: NodeIndex,
    is_free: impl Fn(EdgeIndex, NodeIndex) -> bool,
    watch: &dyn Watch,
) -> Result<Option<RetainerPath>, Error> {
    // By node: the edge that leads from it towards the goal.
    let mut onwards: HashMap<NodeIndex, EdgeIndex> = HashMap::new();
    // What no strong reference reaches cannot be on a path.
    let bound = |at, length: u32| Some(search.distances.distance(at)?.saturating_add(length));
    // Of equals the longer: it is nearer to its end.
    let mut open = BinaryHeap::from([(Reverse(0), 0, Reverse(node), None)]);
    let mut steps = 0usize;
    while let Some((_, length, Reverse(at), edge)) = open.pop() {
        match edge {
            Some(_) if at == node || onwards.contains_key(&at) => continue,
            Some(edge) => drop(onwards.insert(at, edge)),
            None => {}
        }
        if at == graph.root() {
            return Ok(Some(follow(graph, &onwards, node)));
        }
        for &edge in search.retainers.retainers(at) {
            steps += 1;
            if steps.is_multiple_of(CHECK_INTERVAL) {
                watch.check(Phase::Reach, steps, graph.edge_count())?;
            }
            let source = graph.edge_source(edge);
            if source == node || onwards.contains_key(&source) || !is_free(edge, source) {
                continue;
            }
            // The root stands at the end, whatever its distance says.
            let bound = match source == graph.root() {
                true => Some(length + 1),
                false => bound(source, length + 1),
            };
            if let Some(bound) = bound {
                open.push((Reverse(bound), length + 1, Reverse(source), Some(edge)));
            }
        }
    }
    Ok(None)
}

fn follow(
    graph: &HeapGraph,
    onwards: &HashMap<NodeIndex, EdgeIndex>,
    goal: NodeIndex,
) -> RetainerPath {
    let mut edges = Vec::new();
    let mut at = graph.root();
    while let (true, Some(&edge)) = (at != goal, onwards.get(&at)) {
        edges.push(edge);
        at = graph.edge_target(edge);
    }
    RetainerPath { edges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    #[test]
    fn each_distinct_path_names_another_holder() {
        // (root) ─▶ Window ─a─▶ A ─▶ Leaky
        //              ├──b──▶ B ──▶ Leaky
        //              └──w┄┄▶ W ┄┄▶ Leaky   (weak)
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 8);
        let leaky = heap.add_node(NodeKind::Object, "Leaky", 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "window", window);
        for (id, name, kind) in [
            (5, "a", EdgeKind::Property),
            (7, "b", EdgeKind::Property),
            (9, "w", EdgeKind::Weak),
        ] {
            let holder = heap.add_node(NodeKind::Object, name, id, 8);
            heap.add_edge(window, kind, name, holder);
            heap.add_edge(holder, kind, "leaky", leaky);
        }
        let graph = heap.build();
        let tree = DominatorTree::of(&graph, &Unwatched).unwrap();
        let retainers = Retainers::of(&graph, &Unwatched).unwrap();
        let search = Search {
            distances: &Distances::of(&graph, &Unwatched).unwrap(),
            dominators: &tree,
            retainers: &retainers,
        };
        let paths = distinct_paths(&graph, search, leaky, 5, &Unwatched).unwrap();
        let names = |path: &RetainerPath| -> Vec<String> {
            let labels = path.edges.iter().filter_map(|&edge| graph.edge_name(edge));
            labels.map(str::to_owned).collect()
        };
        let names: Vec<Vec<String>> = paths.iter().map(names).collect();
        assert_eq!(names, [["window", "a", "leaky"], ["window", "b", "leaky"]]);
    }
}
