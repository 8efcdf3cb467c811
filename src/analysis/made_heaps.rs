//! Heaps made for tests: at random, and of extreme shape. `scripts/devtools` has them written as files.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use super::*;
use crate::snapshot::{
    Builder, EdgeKind, HeapGraph, Location, NodeIndex, NodeKind, Rows, Unwatched, write_snapshot,
};

/// Numbers that are random enough and the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const NODE_KINDS: [NodeKind; 9] = [
    NodeKind::Object,
    NodeKind::Object,
    NodeKind::Object,
    NodeKind::Array,
    NodeKind::Hidden,
    NodeKind::Closure,
    NodeKind::Synthetic,
    NodeKind::String,
    NodeKind::Native,
];

const EDGE_KINDS: [EdgeKind; 8] = [
    EdgeKind::Property,
    EdgeKind::Property,
    EdgeKind::Element,
    EdgeKind::Internal,
    EdgeKind::Hidden,
    EdgeKind::Shortcut,
    EdgeKind::Weak,
    EdgeKind::Context,
];

const NAMES: [&str; 7] = [
    "A",
    "B",
    "(Document DOM trees)",
    "C",
    "Object",
    "<div class=\"x\">",
    "Detached <p>",
];

/// The same heap with the last edges of its nodes as edges that nodes share.
pub fn sharing(graph: &HeapGraph) -> HeapGraph {
    let mut rows = Rows::with_capacity(graph.node_count(), graph.edge_count());
    for (_, text) in graph.strings().iter() {
        rows.add_string(text);
    }
    let mut known = HashMap::new();
    for node in graph.nodes() {
        let (kind, name) = (graph.node_kind(node), graph.node_name_id(node));
        rows.add_node(kind, name, graph.node_id(node).0, graph.shallow_size(node));
        if let Some(&detachedness) = graph.detachedness().get(node.index()) {
            rows.set_detachedness(detachedness);
        }
        let edge = |edge| {
            let (kind, target) = graph.edge_end(edge);
            (kind, graph.edge_label(edge), target)
        };
        let edges: Vec<_> = graph.edges(node).map(edge).collect();
        let (own, shared) = edges.split_at(edges.len().saturating_sub(node.index() % 3));
        for &(kind, label, target) in own {
            rows.add_edge(kind, label, target);
        }
        if !shared.is_empty() {
            let row = known.entry(shared.to_vec());
            let row = *row.or_insert_with(|| rows.add_shared(shared));
            rows.share(row);
        }
    }
    for &location in graph.locations() {
        rows.add_location(location);
    }
    rows.finish()
}

/// A heap of at most `most_nodes` nodes with every kind of edge: WeakMaps, detached nodes, several user
/// roots, circles and orphans included.
pub fn random_heap(seed: u64, most_nodes: u64) -> HeapGraph {
    let mut dice = Dice::new(seed);
    let mut heap = Builder::new();
    let nodes = 1 + dice.below(most_nodes - 1);
    for id in 1..=nodes {
        let (kind, name, size) = (dice.pick(&NODE_KINDS), dice.pick(&NAMES), dice.below(5) * 8);
        let node = heap.add_node(kind, name, id as u32, size);
        if kind == NodeKind::Native {
            heap.set_detachedness(node, dice.below(3) as u8);
        }
        if kind == NodeKind::Object && dice.below(4) == 0 {
            let line = dice.below(3) as u32;
            heap.add_location(Location {
                node,
                script_id: 1,
                line,
                column: 0,
            });
        }
    }
    let any = |dice: &mut Dice| NodeIndex::new(dice.below(nodes + 1) as usize);
    for _ in 0..dice.below(nodes * 3 + 2) {
        let (from, to) = (any(&mut dice), any(&mut dice));
        match dice.pick(&EDGE_KINDS) {
            kind if kind.has_index() => {
                heap.add_indexed_edge(from, kind, dice.below(9) as u32, to);
            }
            EdgeKind::Internal => {
                // Some are entries of WeakMaps, now and then of the node's own table.
                let (table, prefix) = (dice.below(nodes + 1), dice.below(9));
                let name = match dice.below(3) {
                    0 => entry_name(prefix, 1, 2, table as usize),
                    _ => "internal".to_owned(),
                };
                heap.add_edge(from, EdgeKind::Internal, &name, to);
            }
            kind => heap.add_edge(from, kind, "name", to),
        }
    }
    // In every third heap, entries as V8 writes them: the value is drawn from the table and the key.
    let entries = dice.below(nodes / 4 + 2);
    for prefix in (0..entries).filter(|_| seed.is_multiple_of(3)) {
        let [table, key, value] = std::array::from_fn(|_| any(&mut dice));
        for from in [table, key] {
            let name = entry_name(prefix, key.index(), value.index(), table.index());
            heap.add_edge(from, EdgeKind::Internal, &name, value);
        }
    }
    heap.build()
}

/// What V8 calls an entry of a WeakMap.
fn entry_name(prefix: u64, key: usize, value: usize, table: usize) -> String {
    format!(
        "{prefix} / part of key (K @{key}) -> value (V @{value}) pair in WeakMap (table @{table})"
    )
}

/// (root) ─▶ Link ─▶ Link ─▶ … of eight bytes each.
fn long_list(links: u32) -> HeapGraph {
    let mut heap = Builder::new();
    let mut last = heap.root();
    for id in 1..=links {
        let link = heap.add_node(NodeKind::Object, "Link", id, 8);
        heap.add_edge(last, EdgeKind::Property, "next", link);
        last = link;
    }
    heap.build()
}

/// (root) ─▶ Hub ═▶ 1,000 spokes of eight bytes, as many edges as wanted.
fn hub(edges: u32) -> HeapGraph {
    let mut heap = Builder::new();
    let hub = heap.add_node(NodeKind::Object, "Hub", 1, 8);
    heap.add_edge(heap.root(), EdgeKind::Property, "hub", hub);
    let spokes: Vec<NodeIndex> = (0..1_000)
        .map(|id| heap.add_node(NodeKind::Object, "Spoke", 3 + id, 8))
        .collect();
    for edge in 0..edges {
        let spoke = spokes[edge as usize % spokes.len()];
        heap.add_indexed_edge(hub, EdgeKind::Element, edge, spoke);
    }
    heap.build()
}

/// (root) ─▶ Level ─▶ Level ─▶ …, each with an array of its own and a back reference to the outermost.
fn nested(levels: u32) -> HeapGraph {
    let mut heap = Builder::new();
    let mut outer = heap.root();
    let mut outermost = None;
    for level in 1..=levels {
        let inner = heap.add_node(NodeKind::Object, "Level", level * 2, 8);
        let array = heap.add_node(NodeKind::Array, "(object elements)", level * 2 + 1, 8);
        heap.add_edge(outer, EdgeKind::Property, "inner", inner);
        heap.add_edge(inner, EdgeKind::Internal, "elements", array);
        let outermost = *outermost.get_or_insert(inner);
        heap.add_edge(inner, EdgeKind::Property, "outermost", outermost);
        outer = inner;
    }
    heap.build()
}

/// Everything that can be asked about a heap; gives what its first node behind the root retains, and the
/// distance of the last node.
fn ask_everything(graph: &HeapGraph) -> (u64, Option<u32>) {
    let analysis = HeapAnalysis::of(graph, &Unwatched).unwrap();
    let distances = Distances::of(graph, &Unwatched).unwrap();
    let retainers = Retainers::of(graph, &Unwatched).unwrap();
    let last = NodeIndex::new(graph.node_count() - 1);
    let path = shortest_path(graph, &distances, last).unwrap();
    assert_eq!(Some(path.edges.len() as u32), distances.distance(last));
    let search = Search {
        distances: &distances,
        dominators: &analysis.dominators,
        retainers: &retainers,
    };
    let paths = distinct_paths(graph, search, last, 3, &Unwatched).unwrap();
    assert_eq!(paths[0].edges.len(), path.edges.len());
    assert!(!analysis.class_summaries(&Unwatched).unwrap().is_empty());
    let found = suspects(graph, &analysis, SuspectOptions::default(), &Unwatched);
    assert_eq!(found.unwrap().len(), 1);
    let strings = duplicate_strings(graph, &analysis.sizes, &Unwatched);
    assert!(strings.unwrap().is_empty());
    let mut captures = Captures::default();
    captures.add(graph, &Unwatched).unwrap();
    captures.add(graph, &Unwatched).unwrap();
    assert!(captures.compare(&Unwatched).unwrap().growing.is_empty());
    let first = NodeIndex::new(1);
    let biggest = biggest_retainers(graph, &analysis.retained, 1, &Unwatched);
    assert_eq!(biggest.unwrap(), [first]);
    (analysis.retained.bytes(first), distances.distance(last))
}

#[test]
fn a_list_of_a_million_nodes_is_analysed_without_recursion() {
    let graph = long_list(1_000_000);
    assert_eq!(ask_everything(&graph), (8_000_000, Some(1_000_000)));
}

#[test]
fn an_object_with_five_million_edges_is_analysed() {
    let graph = hub(5_000_000);
    assert_eq!(graph.edge_count(), 5_000_001);
    assert_eq!(ask_everything(&graph), (8 + 1_000 * 8, Some(2)));
}

#[test]
fn objects_nested_in_64_levels_are_analysed() {
    assert_eq!(ask_everything(&nested(64)), (64 * 16, Some(65)));
}

#[test]
#[ignore = "writes files into the folder that MEMWATCH_MADE_HEAPS names, for scripts/devtools"]
fn made_heaps_are_written() {
    let folder = std::env::var("MEMWATCH_MADE_HEAPS").unwrap();
    let write = |name: String, graph: HeapGraph| {
        let path = Path::new(&folder).join(name + ".heapsnapshot");
        write_snapshot(&graph, File::create(path).unwrap()).unwrap();
    };
    for seed in 1..=1_500 {
        write(format!("small-{seed}"), random_heap(seed, 14));
    }
    for seed in 1..=500 {
        write(format!("random-{seed}"), random_heap(seed, 400));
    }
    write("list".to_owned(), long_list(1_000_000));
    write("hub".to_owned(), hub(5_000_000));
    write("nested".to_owned(), nested(64));
}
