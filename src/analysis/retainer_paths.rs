//! Why an object is still there: chains of references from a root to it.
#![forbid(unsafe_code)]

use std::collections::{HashMap, HashSet, VecDeque};

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
/// the root, the node and its dominators. Shortest first; each one names another holder.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// One breadth-first walk against the references for each path.
pub fn distinct_paths(
    graph: &HeapGraph,
    retainers: &Retainers,
    dominators: &DominatorTree,
    node: NodeIndex,
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<RetainerPath>, Error> {
    let unavoidable: HashSet<NodeIndex> = dominators.dominators(node).collect();
    let mut used_nodes = HashSet::new();
    let mut used_edges = HashSet::new();
    let mut paths: Vec<RetainerPath> = Vec::new();
    while paths.len() < count {
        let is_free = |edge: EdgeIndex| {
            graph.edge_kind(edge) != EdgeKind::Weak
                && !used_edges.contains(&edge)
                && !used_nodes.contains(&graph.edge_source(edge))
        };
        let Some(path) = search_backwards(graph, retainers, node, is_free, watch)? else {
            break;
        };
        // A path of dominators only has nothing else by which the next could differ.
        let before = used_nodes.len();
        let inner = path.nodes(graph);
        used_nodes.extend(inner.into_iter().filter(|node| !unavoidable.contains(node)));
        if used_nodes.len() == before {
            used_edges.extend(path.edges.last().copied());
        }
        let is_end = path.edges.is_empty();
        paths.push(path);
        if is_end {
            break;
        }
    }
    Ok(paths)
}

/// The shortest path to `node` over edges that `is_free` allows.
fn search_backwards(
    graph: &HeapGraph,
    retainers: &Retainers,
    node: NodeIndex,
    is_free: impl Fn(EdgeIndex) -> bool,
    watch: &dyn Watch,
) -> Result<Option<RetainerPath>, Error> {
    // By node: the edge that leads from it towards the goal.
    let mut onwards: HashMap<NodeIndex, EdgeIndex> = HashMap::new();
    let mut queue = VecDeque::from([node]);
    let mut steps = 0usize;
    while let Some(at) = queue.pop_front() {
        if at == graph.root() {
            return Ok(Some(follow(graph, &onwards, node)));
        }
        for &edge in retainers.retainers(at) {
            steps += 1;
            if steps.is_multiple_of(CHECK_INTERVAL) {
                watch.check(Phase::Reach, steps, graph.edge_count())?;
            }
            if !is_free(edge) {
                continue;
            }
            let source = graph.edge_source(edge);
            if source != node && !onwards.contains_key(&source) {
                onwards.insert(source, edge);
                queue.push_back(source);
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
        let paths = distinct_paths(&graph, &retainers, &tree, leaky, 5, &Unwatched).unwrap();
        let names = |path: &RetainerPath| -> Vec<String> {
            let labels = path.edges.iter().filter_map(|&edge| graph.edge_name(edge));
            labels.map(str::to_owned).collect()
        };
        let names: Vec<Vec<String>> = paths.iter().map(names).collect();
        assert_eq!(names, [["window", "a", "leaky"], ["window", "b", "leaky"]]);
    }
}
