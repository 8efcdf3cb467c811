//! The algorithms once more, slow and obvious, and random small heaps on which both must agree.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::snapshot::{Builder, EdgeKind, HeapGraph, NodeIndex, NodeKind, Unwatched};

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const SEEDS: u64 = 1500;

/// A heap of up to fourteen nodes with every kind of edge, circles and orphans included.
fn random_heap(seed: u64) -> HeapGraph {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut heap = Builder::new();
    let kinds = [
        NodeKind::Object,
        NodeKind::Object,
        NodeKind::Array,
        NodeKind::Hidden,
        NodeKind::Closure,
        NodeKind::Synthetic,
        NodeKind::String,
    ];
    let edge_kinds = [
        EdgeKind::Property,
        EdgeKind::Property,
        EdgeKind::Element,
        EdgeKind::Internal,
        EdgeKind::Hidden,
        EdgeKind::Shortcut,
        EdgeKind::Weak,
        EdgeKind::Context,
    ];
    let names = ["A", "B", "(Document DOM trees)", "C"];
    let nodes = 1 + dice.below(13);
    for id in 1..=nodes {
        let (kind, name, size) = (dice.pick(&kinds), dice.pick(&names), dice.below(5) * 8);
        heap.add_node(kind, name, id as u32, size);
    }
    for _ in 0..dice.below(nodes * 3 + 2) {
        let from = NodeIndex::new(dice.below(nodes + 1) as usize);
        let to = NodeIndex::new(dice.below(nodes + 1) as usize);
        match dice.pick(&edge_kinds) {
            kind if kind.has_index() => {
                heap.add_indexed_edge(from, kind, dice.below(9) as u32, to);
            }
            EdgeKind::Internal => {
                // Some are entries of WeakMaps, now and then of the node's own table.
                let (table, prefix) = (dice.below(nodes + 1), dice.below(9));
                let name = format!(
                    "{prefix} / part of key (K @1) -> value (V @2) pair in WeakMap (table @{table})"
                );
                let is_entry = dice.below(3) == 0;
                let name = if is_entry { &name } else { "internal" };
                heap.add_edge(from, EdgeKind::Internal, name, to);
            }
            kind => heap.add_edge(from, kind, "name", to),
        }
    }
    heap.build()
}

/// Nodes that belong to the page: all that shortcuts and documents of the root reach.
fn page_nodes(graph: &HeapGraph) -> BTreeSet<NodeIndex> {
    let mut page: BTreeSet<NodeIndex> = roots::page_roots(graph).collect();
    loop {
        let mut more = page.clone();
        for &node in &page {
            for edge in graph.edges(node) {
                if graph.edge_kind(edge) != EdgeKind::Weak {
                    more.insert(graph.edge_target(edge));
                }
            }
        }
        if more == page {
            return page;
        }
        page = more;
    }
}

/// Every reference that keeps its target alive, those of the root to orphans included.
fn keeping_references(graph: &HeapGraph) -> BTreeSet<(NodeIndex, NodeIndex)> {
    let page = page_nodes(graph);
    let root = graph.root();
    let mut keeping = BTreeSet::new();
    for node in graph.nodes() {
        for edge in graph.edges(node) {
            let (kind, target) = (graph.edge_kind(edge), graph.edge_target(edge));
            let id = graph.node_id(node).0;
            let is_from_table = kind == EdgeKind::Internal
                && graph
                    .edge_name(edge)
                    .is_some_and(|name| name.ends_with(&format!("(table @{id})")));
            let is_shortcut = kind == EdgeKind::Shortcut && node != root;
            let enters_page = node != root && page.contains(&target) && !page.contains(&node);
            let is_nothing = kind == EdgeKind::Weak || node == target;
            if !(is_from_table || is_shortcut || enters_page || is_nothing) {
                keeping.insert((node, target));
            }
        }
    }
    let kept: BTreeSet<NodeIndex> = keeping.iter().map(|&(_, target)| target).collect();
    let orphans = graph
        .nodes()
        .filter(|node| *node != root && !kept.contains(node));
    keeping.extend(orphans.map(|orphan| (root, orphan)));
    keeping
}

/// What the root still reaches when one node is gone.
fn reached_without(
    graph: &HeapGraph,
    keeping: &BTreeSet<(NodeIndex, NodeIndex)>,
    gone: Option<NodeIndex>,
) -> BTreeSet<NodeIndex> {
    let mut reached = BTreeSet::new();
    if gone != Some(graph.root()) {
        reached.insert(graph.root());
    }
    loop {
        let before = reached.len();
        for &(from, to) in keeping {
            if reached.contains(&from) && gone != Some(to) {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

/// For every node, the nodes that are lost with it; the root loses everything.
fn lost_with(graph: &HeapGraph) -> BTreeMap<NodeIndex, BTreeSet<NodeIndex>> {
    let keeping = keeping_references(graph);
    let all = reached_without(graph, &keeping, None);
    let lost = |node: NodeIndex| {
        if node == graph.root() {
            return graph.nodes().collect();
        }
        if !all.contains(&node) {
            return BTreeSet::from([node]);
        }
        let left = reached_without(graph, &keeping, Some(node));
        all.difference(&left).copied().collect()
    };
    graph.nodes().map(|node| (node, lost(node))).collect()
}

/// The internal nodes that each object reaches over internal nodes, and so owns unless another does.
fn naive_owned_sizes(graph: &HeapGraph) -> Vec<u64> {
    let mut sizes: Vec<u64> = graph.nodes().map(|node| graph.shallow_size(node)).collect();
    let is_internal = |node| matches!(graph.node_kind(node), NodeKind::Hidden | NodeKind::Array);
    if !roots::has_user_roots(graph) {
        return sizes;
    }
    let mut owners: BTreeMap<NodeIndex, BTreeSet<NodeIndex>> = BTreeMap::new();
    for owner in graph.nodes().filter(|&node| !is_internal(node)) {
        let mut pending = vec![owner];
        while let Some(node) = pending.pop() {
            for edge in graph.edges(node) {
                let target = graph.edge_target(edge);
                let is_weak = graph.edge_kind(edge) == EdgeKind::Weak;
                if is_internal(target)
                    && !is_weak
                    && owners.entry(target).or_default().insert(owner)
                {
                    pending.push(target);
                }
            }
        }
    }
    for (node, owners) in owners {
        let owner = *owners.first().expect("a set is made for its first owner");
        let is_object = graph.node_kind(owner) != NodeKind::Synthetic && owner != graph.root();
        if owners.len() == 1 && is_object {
            sizes[owner.index()] += std::mem::take(&mut sizes[node.index()]);
        }
    }
    sizes
}

fn heaps() -> impl Iterator<Item = (u64, HeapGraph)> {
    (1..=SEEDS).map(|seed| (seed, random_heap(seed)))
}

fn analyse(graph: &HeapGraph) -> HeapAnalysis {
    HeapAnalysis::of(graph, &Unwatched).expect("nobody cancels")
}

#[test]
fn the_immediate_dominator_is_the_nearest_node_whose_loss_loses_a_node() {
    for (seed, graph) in heaps() {
        let lost = lost_with(&graph);
        let tree = DominatorTree::of(&graph, &Unwatched).unwrap();
        for node in graph.nodes().skip(1) {
            // Of all that lose the node, the nearest loses least.
            let expected = graph
                .nodes()
                .filter(|other| *other != node && lost[other].contains(&node))
                .min_by_key(|other| lost[other].len())
                .unwrap();
            assert_eq!(
                tree.immediate_dominator(node),
                expected,
                "seed {seed}, {node:?}"
            );
        }
    }
}

#[test]
fn the_preorder_holds_every_subtree_in_one_piece() {
    for (seed, graph) in heaps() {
        let lost = lost_with(&graph);
        let tree = DominatorTree::of(&graph, &Unwatched).unwrap();
        let places = tree.places();
        for node in graph.nodes() {
            let place = places[node.index()] as usize;
            let range = place..place + tree.subtree_count(place);
            let subtree: BTreeSet<NodeIndex> = tree.preorder()[range].iter().copied().collect();
            assert_eq!(subtree, lost[&node], "seed {seed}, {node:?}");
            let children: BTreeSet<NodeIndex> = tree
                .children(place)
                .map(|child| tree.preorder()[child])
                .collect();
            let expected = graph.nodes().skip(1);
            let expected = expected.filter(|child| tree.immediate_dominator(*child) == node);
            assert_eq!(children, expected.collect(), "seed {seed}, {node:?}");
        }
    }
}

#[test]
fn the_retained_size_is_the_size_of_all_that_is_lost() {
    for (seed, graph) in heaps() {
        let analysis = analyse(&graph);
        let sizes = naive_owned_sizes(&graph);
        for (node, lost) in lost_with(&graph) {
            let expected: u64 = lost.iter().map(|lost| sizes[lost.index()]).sum();
            assert_eq!(
                analysis.retained.bytes(node),
                expected,
                "seed {seed}, {node:?}"
            );
        }
    }
}

#[test]
fn an_internal_node_gives_its_size_to_its_only_owner() {
    for (seed, graph) in heaps() {
        let sizes = owned_sizes(&graph, &Unwatched).unwrap();
        let found: Vec<u64> = graph.nodes().map(|node| sizes.bytes(node)).collect();
        assert_eq!(found, naive_owned_sizes(&graph), "seed {seed}");
    }
}

#[test]
fn a_class_retains_what_is_lost_with_any_of_its_nodes() {
    for (seed, graph) in heaps() {
        let analysis = analyse(&graph);
        let lost = lost_with(&graph);
        let summaries = analysis.class_summaries();
        for summary in &summaries {
            let members: Vec<NodeIndex> = graph
                .nodes()
                .filter(|&node| analysis.classes.class_of(node) == summary.class)
                .filter(|&node| analysis.sizes.bytes(node) > 0)
                .collect();
            let together: BTreeSet<NodeIndex> =
                members.iter().flat_map(|node| lost[node].clone()).collect();
            let bytes = |nodes: &mut dyn Iterator<Item = NodeIndex>| -> u64 {
                nodes.map(|node| analysis.sizes.bytes(node)).sum()
            };
            assert_eq!(summary.count, members.len() as u64, "seed {seed}");
            assert_eq!(
                summary.shallow_bytes,
                bytes(&mut members.into_iter()),
                "seed {seed}"
            );
            assert_eq!(
                summary.retained_bytes,
                bytes(&mut together.into_iter()),
                "seed {seed}"
            );
        }
        let total: u64 = summaries.iter().map(|summary| summary.shallow_bytes).sum();
        assert_eq!(total, analysis.sizes.total(), "seed {seed}");
    }
}

#[test]
fn distances_shrink_no_further_when_every_edge_is_tried_again() {
    for (seed, graph) in heaps() {
        let has_entries = graph
            .strings()
            .iter()
            .any(|(_, text)| text.contains("WeakMap"));
        if has_entries {
            continue;
        }
        let mut expected: BTreeMap<NodeIndex, u32> =
            roots::user_roots(&graph).map(|node| (node, 1)).collect();
        let relax = |known: &mut BTreeMap<NodeIndex, u32>, fixed: &BTreeMap<NodeIndex, u32>| loop {
            let before = known.clone();
            for (&node, &distance) in &before {
                for edge in graph.edges(node) {
                    let target = graph.edge_target(edge);
                    if graph.edge_kind(edge) != EdgeKind::Weak && !fixed.contains_key(&target) {
                        let nearest = known.entry(target).or_insert(u32::MAX);
                        *nearest = (*nearest).min(distance + 1);
                    }
                }
            }
            if *known == before {
                break;
            }
        };
        let root_distance = if expected.is_empty() {
            0
        } else {
            SYSTEM_DISTANCE
        };
        relax(&mut expected, &BTreeMap::new());
        expected.remove(&graph.root());
        let mut system = BTreeMap::from([(graph.root(), root_distance)]);
        relax(&mut system, &expected);
        expected.extend(system);
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        for node in graph.nodes() {
            let expected = expected.get(&node).copied();
            assert_eq!(distances.distance(node), expected, "seed {seed}, {node:?}");
        }
    }
}

#[test]
fn retainers_are_all_edges_that_lead_to_a_node() {
    for (seed, graph) in heaps() {
        let retainers = Retainers::of(&graph);
        for node in graph.nodes() {
            let all = graph.nodes().flat_map(|from| graph.edges(from));
            let expected: Vec<_> = all
                .filter(|&edge| graph.edge_target(edge) == node)
                .collect();
            assert_eq!(retainers.retainers(node), expected, "seed {seed}, {node:?}");
            let scanned: Vec<_> = graph.edges_to(node).collect();
            assert_eq!(scanned, expected, "seed {seed}, {node:?}");
        }
    }
}

#[test]
fn the_shortest_path_is_as_long_as_the_distance() {
    for (seed, graph) in heaps() {
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        for node in graph.nodes() {
            let path = shortest_path(&graph, &distances, node);
            let length = path.as_ref().map(|path| path.edges.len() as u32);
            let expected = distances
                .distance(node)
                .map(|found| found % SYSTEM_DISTANCE);
            // Nothing in a heap refers to the root; where something does, distances lead through it.
            if !graph.edge_targets().contains(&graph.root()) {
                assert_eq!(length, expected, "seed {seed}, {node:?}");
            }
            if let Some(path) = path {
                assert_is_path(&graph, &path, node);
            }
        }
    }
}

#[test]
fn distinct_paths_share_only_what_every_path_must_pass() {
    for (seed, graph) in heaps() {
        let tree = DominatorTree::of(&graph, &Unwatched).unwrap();
        let retainers = Retainers::of(&graph);
        for node in graph.nodes() {
            let paths = distinct_paths(&graph, &retainers, &tree, node, 3, &Unwatched).unwrap();
            let shared: BTreeSet<NodeIndex> = tree.dominators(node).collect();
            let mut seen = BTreeSet::new();
            for path in &paths {
                assert_is_path(&graph, path, node);
                for inner in path.nodes(&graph) {
                    let is_new = shared.contains(&inner) || seen.insert(inner);
                    assert!(is_new, "seed {seed}, {node:?} twice through {inner:?}");
                }
            }
            assert!(
                paths.is_sorted_by_key(|path| path.edges.len()),
                "seed {seed}"
            );
        }
    }
}

fn assert_is_path(graph: &HeapGraph, path: &RetainerPath, goal: NodeIndex) {
    let mut at = graph.root();
    for &edge in &path.edges {
        assert_eq!(graph.edge_source(edge), at);
        // Whatever the root refers to counts as one of its children.
        let is_strong = graph.edge_kind(edge) != EdgeKind::Weak;
        assert!(is_strong || at == graph.root());
        at = graph.edge_target(edge);
    }
    assert_eq!(at, goal);
}

#[test]
fn a_diff_counts_what_a_look_at_every_pair_of_ids_counts() {
    for (seed, before) in heaps().step_by(2) {
        let after = random_heap(seed + 1);
        let [old, new] = [&before, &after].map(|graph| {
            let sizes = owned_sizes(graph, &Unwatched).unwrap();
            (graph, Classes::of(graph), sizes)
        });
        let [census, later] =
            [&old, &new].map(|(graph, classes, sizes)| Census::take(graph, classes, sizes));
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for (sign, (graph, classes, sizes), (other, ..)) in [(-1, &old, &new), (1, &new, &old)] {
            for node in graph.nodes() {
                let bytes = sizes.bytes(node) as i64 * sign;
                let is_in_both = other.find_node(graph.node_id(node)).is_some();
                // The class of a node that stays is its later one.
                let name = match (is_in_both, sign) {
                    (true, -1) => {
                        let same = new.0.find_node(graph.node_id(node)).unwrap();
                        new.1.name(new.1.class_of(same))
                    }
                    _ => classes.name(classes.class_of(node)),
                };
                *expected.entry(name.to_owned()).or_default() += bytes;
            }
        }
        expected.retain(|_, growth| *growth != 0);
        let mut found: BTreeMap<String, i64> = census
            .diff(&later)
            .into_iter()
            .map(|change| (change.name.clone(), change.growth_bytes()))
            .collect();
        found.retain(|_, growth| *growth != 0);
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn the_biggest_retainers_are_the_first_of_all_sorted_by_size() {
    for (seed, graph) in heaps() {
        let analysis = analyse(&graph);
        let mut all: Vec<NodeIndex> = graph
            .nodes()
            .skip(1)
            .filter(|&node| graph.node_kind(node) != NodeKind::Synthetic)
            .collect();
        all.sort_by_key(|&node| (std::cmp::Reverse(analysis.retained.bytes(node)), node));
        all.truncate(3);
        assert_eq!(
            biggest_retainers(&graph, &analysis.retained, 3),
            all,
            "seed {seed}"
        );
    }
}

#[test]
fn duplicate_strings_are_those_that_a_look_at_every_pair_finds() {
    for (seed, graph) in heaps() {
        let is_string = |&node: &NodeIndex| {
            graph.node_kind(node) == NodeKind::String && graph.shallow_size(node) > 0
        };
        let strings: Vec<NodeIndex> = graph.nodes().filter(is_string).collect();
        let has_twin = |&node: &NodeIndex| {
            strings
                .iter()
                .any(|&other| other != node && graph.node_name(other) == graph.node_name(node))
        };
        let expected: BTreeSet<NodeIndex> = strings.iter().copied().filter(has_twin).collect();
        let groups = duplicate_strings(&graph, graph.shallow_sizes());
        let found = groups
            .iter()
            .flat_map(|group| group.nodes.clone())
            .collect();
        assert_eq!(expected, found, "seed {seed}");
    }
}
