//! Who holds what has come since an earlier state of the heap: of some new objects, what they retain, the
//! biggest of them, and the ways by which the old part of the heap holds them.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::bits::Bits;
use super::described::{NodeSummary, PathSummary, StringContents, node_summary, path_summary};
use super::distances::Distances;
use super::heap_analysis::HeapAnalysis;
use super::retainer_paths::shortest_path;
use crate::error::Error;
use crate::snapshot::{HeapGraph, NodeIndex, Watch};

/// New objects that are told one by one.
const EXAMPLES: usize = 5;
/// Holders of which the way there is told.
const HOLDERS: usize = 3;
const UNKNOWN: u32 = u32::MAX;

/// The later state of a heap, and which of its objects are new.
pub struct NewObjects {
    graph: HeapGraph,
    analysis: HeapAnalysis,
    distances: Distances,
    /// By node: its place in the dominator tree's preorder.
    places: Vec<u32>,
    /// By node: the last old node on the shortest path to it, itself if it is old; `UNKNOWN` where no path
    /// leads.
    holders: Vec<u32>,
}

/// What is known of some new objects together.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// What would be freed with all of them.
    pub retained_bytes: u64,
    /// Those that retain most, the largest first.
    pub examples: Vec<NodeSummary>,
    /// By the old object that holds them; the one through which most is retained first.
    pub held: Vec<Held>,
}

/// New objects that one old object holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub count: u64,
    /// What would be freed with all of them.
    pub retained_bytes: u64,
    /// To the one that retains most.
    pub path: PathSummary,
}

impl NewObjects {
    /// Analyses a heap, of which the nodes in `new` have come since.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn of(graph: HeapGraph, new: &Bits, watch: &dyn Watch) -> Result<Self, Error> {
        let analysis = HeapAnalysis::of(&graph, watch)?;
        let distances = Distances::of(&graph, watch)?;
        Ok(Self {
            places: analysis.dominators.places(),
            holders: holders(&graph, &distances, new),
            graph,
            analysis,
            distances,
        })
    }

    /// What is known of some of the new objects.
    ///
    /// # Complexity
    ///
    /// O(n * log n) for n objects.
    pub fn describe(&self, mut objects: Vec<NodeIndex>, contents: StringContents) -> Newcomers {
        let retained = |node: &NodeIndex| self.analysis.retained.bytes(*node);
        let mut groups: HashMap<u32, Vec<NodeIndex>> = HashMap::new();
        for &object in &objects {
            groups
                .entry(self.holders[object.index()])
                .or_default()
                .push(object);
        }
        groups.remove(&UNKNOWN);
        let mut held: Vec<(u32, Held)> = groups
            .into_iter()
            .filter_map(|(holder, mut objects)| {
                let biggest = objects.iter().copied().max_by_key(retained)?;
                let path = shortest_path(&self.graph, &self.distances, biggest)?;
                let summary = |node| self.summary(node, contents);
                let held = Held {
                    count: objects.len() as u64,
                    path: path_summary(&self.graph, &path, contents, summary),
                    retained_bytes: self.retained_together(&mut objects),
                };
                Some((holder, held))
            })
            .collect();
        held.sort_by_key(|(holder, held)| (std::cmp::Reverse(held.retained_bytes), *holder));
        held.truncate(HOLDERS);
        let retained_bytes = self.retained_together(&mut objects);
        objects.sort_by_key(|object| (std::cmp::Reverse(retained(object)), *object));
        objects.truncate(EXAMPLES);
        Newcomers {
            retained_bytes,
            examples: objects
                .into_iter()
                .map(|object| self.summary(object, contents))
                .collect(),
            held: held.into_iter().map(|(_, held)| held).collect(),
        }
    }

    /// What one of the nodes retains through another counts once. Sorts the nodes.
    fn retained_together(&self, nodes: &mut [NodeIndex]) -> u64 {
        nodes.sort_unstable_by_key(|node| self.places[node.index()]);
        let mut covered = 0;
        let mut bytes = 0u64;
        for node in nodes {
            let place = self.places[node.index()] as usize;
            if place >= covered {
                covered = place + self.analysis.dominators.subtree_count(place);
                bytes = bytes.saturating_add(self.analysis.retained.bytes(*node));
            }
        }
        bytes
    }

    fn summary(&self, node: NodeIndex, contents: StringContents) -> NodeSummary {
        node_summary(&self.graph, &self.analysis, &self.distances, node, contents)
    }
}

/// Follows each path up to what is known already, so that every node is passed twice at most.
fn holders(graph: &HeapGraph, distances: &Distances, new: &Bits) -> Vec<u32> {
    let mut holders = vec![UNKNOWN; graph.node_count()];
    let mut passed = Vec::new();
    for node in graph.nodes() {
        let mut at = node;
        let holder = loop {
            if !new.contains(at.index()) {
                break at.0;
            }
            if holders[at.index()] != UNKNOWN {
                break holders[at.index()];
            }
            passed.push(at);
            match distances.reached_by(graph, at) {
                Some(edge) => at = graph.edge_source(edge),
                None => break UNKNOWN,
            }
        };
        for passed in passed.drain(..) {
            holders[passed.index()] = holder;
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    fn told(
        heap: Builder,
        new: &[NodeIndex],
        asked: &[NodeIndex],
    ) -> (Newcomers, Vec<Vec<String>>) {
        let graph = heap.build();
        let mut bits = Bits::new(graph.node_count());
        for node in new {
            bits.insert(node.index());
        }
        let objects = NewObjects::of(graph, &bits, &Unwatched).unwrap();
        let told = objects.describe(asked.to_vec(), StringContents::Hidden);
        let names = |held: &Held| {
            let steps = held.path.steps.iter();
            steps
                .map(|step| format!("{} @{}", step.edge, step.node.id.0))
                .collect()
        };
        let paths = told.held.iter().map(names).collect();
        (told, paths)
    }

    #[test]
    fn new_objects_are_told_by_the_old_ones_that_hold_them() {
        // (root) ─▶ global ─sessions─▶ Map ─table─▶ table* ─▶ Session* (10), Session* (20)
        //              ├─────────────latest────────────────────▶ Session* (20)
        //              └──cache──▶ Cache ─▶ Session (300), Session* (5)        * new
        let mut heap = Builder::new();
        let root = heap.root();
        let global = heap.add_node(NodeKind::Object, "global", 1, 0);
        let map = heap.add_node(NodeKind::Object, "Map", 3, 0);
        let cache = heap.add_node(NodeKind::Object, "Cache", 5, 0);
        let old = heap.add_node(NodeKind::Object, "Session", 7, 300);
        let table = heap.add_node(NodeKind::Array, "", 9, 8);
        let [small, big, cached] = [(11, 10), (13, 20), (15, 5)]
            .map(|(id, size)| heap.add_node(NodeKind::Object, "Session", id, size));
        for (from, name, to) in [
            (root, "global", global),
            (global, "sessions", map),
            (global, "cache", cache),
            (map, "table", table),
            (table, "a", small),
            (table, "b", big),
            (cache, "old", old),
            (cache, "new", cached),
        ] {
            heap.add_edge(from, EdgeKind::Property, name, to);
        }
        let sessions = [small, big, cached];
        let (told, paths) = told(heap, &[table, small, big, cached], &sessions);
        assert_eq!(told.retained_bytes, 35);
        let ids: Vec<u32> = told.examples.iter().map(|one| one.id.0).collect();
        assert_eq!(ids, [13, 11, 15]);
        let held: Vec<_> = told
            .held
            .iter()
            .map(|held| (held.count, held.retained_bytes))
            .collect();
        assert_eq!(held, [(2, 30), (1, 5)]);
        let expected = [
            vec!["global object @1", ".sessions @3", ".table @13"],
            vec!["global object @1", ".cache @5", ".new @15"],
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_list_counts_once_and_is_led_to_by_its_head() {
        // (root) ─▶ global ─head─▶ Link* ─next─▶ Link* ─next─▶ … (100,000 of them)
        let mut heap = Builder::new();
        let global = heap.add_node(NodeKind::Object, "global", 1, 0);
        heap.add_edge(heap.root(), EdgeKind::Property, "global", global);
        let mut last = global;
        let mut links = Vec::new();
        for at in 0..100_000 {
            let link = heap.add_node(NodeKind::Object, "Link", 3 + 2 * at, 16);
            let name = if at == 0 { "head" } else { "next" };
            heap.add_edge(last, EdgeKind::Property, name, link);
            links.push(link);
            last = link;
        }
        let (told, paths) = told(heap, &links, &links);
        assert_eq!(told.retained_bytes, 1_600_000);
        assert_eq!((told.held.len(), told.held[0].count), (1, 100_000));
        assert_eq!(paths, [["global object @1", ".head @3"]]);
    }

    #[test]
    fn what_only_weak_references_reach_has_no_path() {
        // (root) ─▶ global ┄┄▶ Weak*
        let mut heap = Builder::new();
        let global = heap.add_node(NodeKind::Object, "global", 1, 8);
        let weak = heap.add_node(NodeKind::Object, "Weak", 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "global", global);
        heap.add_edge(global, EdgeKind::Weak, "1", weak);
        let (told, _) = told(heap, &[weak], &[weak]);
        assert_eq!((told.held.len(), told.examples.len()), (0, 1));
    }
}
