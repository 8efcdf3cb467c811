//! The algorithms once more, slow and obvious, and random small heaps on which both must agree.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};

use super::made_heaps::{Dice, random_heap, sharing};
use super::*;
use crate::snapshot::{
    Builder, EdgeKind, HeapGraph, NodeIndex, NodeKind, StringText, Unwatched, write_snapshot,
};

const SEEDS: u64 = 1500;
/// Few enough for what is slow and obvious.
const MOST_NODES: u64 = 14;

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
    (1..=SEEDS).map(|seed| {
        let graph = random_heap(seed, MOST_NODES);
        // How a graph holds its edges changes nothing.
        match seed % 2 {
            0 => (seed, graph),
            _ => (seed, sharing(&graph)),
        }
    })
}

#[test]
fn a_heap_whose_nodes_share_edges_is_the_same_heap() {
    for (seed, graph) in (1..=SEEDS).map(|seed| (seed, random_heap(seed, MOST_NODES))) {
        let shared = sharing(&graph);
        assert_eq!(shared.edge_count(), graph.edge_count(), "seed {seed}");
        let mut files = [Vec::new(), Vec::new()];
        for (graph, file) in [&graph, &shared].into_iter().zip(&mut files) {
            write_snapshot(graph, file).expect("a vector takes all");
        }
        assert!(files[0] == files[1], "seed {seed}");
        for node in shared.nodes() {
            for edge in shared.edges(node) {
                assert_eq!(shared.edge_source(edge), node, "seed {seed}");
            }
        }
        for text in [StringText::None, StringText::Lengths] {
            let [plain, shared] = [&graph, &shared].map(|graph| {
                let mut graph = graph.clone();
                graph.redact(text);
                graph
            });
            for node in plain.nodes() {
                let told = |graph: &HeapGraph| {
                    let edge = |edge| {
                        (
                            graph.edge_kind(edge),
                            graph.edge_name(edge).map(str::to_owned),
                            graph.edge_target(edge),
                        )
                    };
                    graph.edges(node).map(edge).collect::<Vec<_>>()
                };
                assert_eq!(told(&shared), told(&plain), "seed {seed}");
            }
        }
    }
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
        let summaries = analysis.class_summaries(&Unwatched).unwrap();
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
        let retainers = Retainers::of(&graph, &Unwatched).unwrap();
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
            if graph.edges_to(graph.root()).next().is_none() {
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
        let retainers = Retainers::of(&graph, &Unwatched).unwrap();
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        let search = Search {
            distances: &distances,
            dominators: &tree,
            retainers: &retainers,
        };
        for node in graph.nodes() {
            let paths = distinct_paths(&graph, search, node, 3, &Unwatched).unwrap();
            let shared: BTreeSet<NodeIndex> = tree.dominators(node).collect();
            let mut seen = BTreeSet::new();
            for path in &paths {
                assert_is_path(&graph, path, node);
                for inner in path.nodes(&graph) {
                    let is_new = shared.contains(&inner) || seen.insert(inner);
                    assert!(is_new, "seed {seed}, {node:?} twice through {inner:?}");
                }
            }
            let shortest = shortest_path(&graph, &distances, node);
            assert_eq!(paths.first(), shortest.as_ref(), "seed {seed}, {node:?}");
        }
    }
}

#[test]
fn an_overview_has_every_node_that_retains_something_below_its_dominator() {
    for (seed, graph) in heaps() {
        let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
        let id = |node| graph.node_id(node);
        // By id: who dominates it, how much it retains.
        let mut expected = BTreeMap::new();
        for node in graph.nodes() {
            let dominator = analysis.dominators.immediate_dominator(node);
            let bytes = analysis.retained.bytes(node);
            if bytes > 0 || node == graph.root() {
                let dominator = (node != graph.root()).then(|| id(dominator));
                expected.insert(id(node), (dominator, bytes));
            }
        }
        let heap = OpenedHeap::of(graph, &Unwatched).unwrap();
        let tree = heap.overview(StringContents::Hidden).tree;
        let mut found = BTreeMap::new();
        for shown in &tree {
            let dominator = shown.parent.map(|at| tree[at as usize].node.id);
            found.insert(shown.node.id, (dominator, shown.node.retained_bytes));
            assert_eq!(shown.others.bytes, 0, "seed {seed}");
        }
        assert_eq!(found, expected, "seed {seed}");
        // Whatever the heap looks like, each suspect is in it.
        for suspect in heap.suspects(StringContents::Shown) {
            assert!(
                expected.contains_key(&suspect.accumulation_point.id),
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
        let after = random_heap(seed + 1, MOST_NODES);
        let [old, new] = [&before, &after].map(|graph| {
            let sizes = owned_sizes(graph, &Unwatched).unwrap();
            (graph, Classes::of(graph, &Unwatched).unwrap(), sizes)
        });
        let [census, later] = [&old, &new].map(|(graph, classes, sizes)| {
            Census::take(graph, classes, sizes, &Unwatched).unwrap()
        });
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
            .diff(&later, &Unwatched)
            .unwrap()
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
            biggest_retainers(&graph, &analysis.retained, 3, &Unwatched).unwrap(),
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
        let groups = duplicate_strings(&graph, graph.shallow_sizes(), &Unwatched).unwrap();
        let found = groups
            .iter()
            .flat_map(|group| group.nodes.clone())
            .collect();
        assert_eq!(expected, found, "seed {seed}");
    }
}

/// What the slow search says of a suspect: holder, accumulation point, bytes, and class, count and bytes of
/// what accumulates.
type NaiveSuspect = (NodeIndex, NodeIndex, u64, Option<(ClassIndex, u64, u64)>);

/// Suspects by their definition: an object that holds a tenth of the heap, of which no child in the tree of
/// dominators holds most; and at the top of the chain of those that hold most of each other, an object.
fn naive_suspects(graph: &HeapGraph, analysis: &HeapAnalysis) -> Vec<NaiveSuspect> {
    let options = SuspectOptions::default();
    let lost = lost_with(graph);
    let sizes = naive_owned_sizes(graph);
    let bytes =
        |node: NodeIndex| -> u64 { lost[&node].iter().map(|lost| sizes[lost.index()]).sum() };
    let root = graph.root();
    let dominator = |node: NodeIndex| {
        let others = graph.nodes().filter(|&other| other != node);
        others
            .filter(|other| lost[other].contains(&node))
            .min_by_key(|other| lost[other].len())
            .expect("the root loses everything")
    };
    let children = |node: NodeIndex| {
        let others = graph.nodes().filter(|&other| other != root);
        others.filter(move |&child| dominator(child) == node)
    };
    let threshold = (bytes(root) as f64 * options.min_heap_share).max(1.0);
    let is_large = |node: NodeIndex| bytes(node) as f64 >= threshold;
    let passes_on = |node: NodeIndex, child: NodeIndex| {
        is_large(child) && bytes(child) as f64 >= bytes(node) as f64 * options.pass_on_share
    };
    let mut found: Vec<NaiveSuspect> = Vec::new();
    for point in graph.nodes() {
        let is_looked_at = point == root || is_large(point);
        if !is_looked_at || children(point).any(|child| passes_on(point, child)) {
            continue;
        }
        let mut chain = vec![point];
        while let Some(&top) = chain.last()
            && top != root
            && passes_on(dominator(top), top)
        {
            chain.push(dominator(top));
        }
        let is_object =
            |node: &NodeIndex| *node != root && graph.node_kind(*node) != NodeKind::Synthetic;
        let Some(holder) = chain.into_iter().rfind(is_object) else {
            continue;
        };
        let mut by_class: BTreeMap<ClassIndex, (u64, u64)> = BTreeMap::new();
        for child in children(point) {
            let class = by_class
                .entry(analysis.classes.class_of(child))
                .or_default();
            *class = (class.0 + 1, class.1 + bytes(child));
        }
        let most = by_class.values().map(|(_, bytes)| *bytes).max();
        let accumulated = by_class
            .into_iter()
            .find(|(_, (_, bytes))| Some(*bytes) == most)
            .map(|(class, (count, bytes))| (class, count, bytes));
        found.push((holder, point, bytes(point), accumulated));
    }
    found.sort_by_key(|&(_, point, bytes, _)| (std::cmp::Reverse(bytes), point));
    found
}

#[test]
fn suspects_are_those_that_the_definition_names() {
    let mut seen = 0;
    for (seed, graph) in heaps() {
        let analysis = analyse(&graph);
        let found = suspects(&graph, &analysis, SuspectOptions::default(), &Unwatched).unwrap();
        let found: Vec<NaiveSuspect> = found
            .into_iter()
            .map(|suspect| {
                let accumulated = suspect
                    .accumulated
                    .map(|of| (of.class, of.count, of.retained_bytes));
                let (holder, point) = (suspect.holder, suspect.accumulation_point);
                (holder, point, suspect.retained_bytes, accumulated)
            })
            .collect();
        seen += found.len();
        assert_eq!(found, naive_suspects(&graph, &analysis), "seed {seed}");
    }
    assert!(seen > 1_000, "{seen} suspects are too few to tell");
}

/// A heap that holds objects with some of the ids from 1 to 30.
fn heap_of_some_ids(dice: &mut Dice) -> (BTreeSet<u32>, Census) {
    let ids: BTreeSet<u32> = (0..dice.below(25))
        .map(|_| 1 + dice.below(30) as u32)
        .collect();
    let mut order: Vec<u32> = ids.iter().copied().collect();
    for at in 0..order.len() {
        let other = dice.below(order.len() as u64) as usize;
        order.swap(at, other);
    }
    let mut heap = Builder::new();
    for id in order {
        heap.add_node(NodeKind::Object, "Object", id, 8);
    }
    let graph = heap.build();
    let classes = Classes::of(&graph, &Unwatched).unwrap();
    let census = Census::take(&graph, &classes, graph.shallow_sizes(), &Unwatched).unwrap();
    (ids, census)
}

#[test]
fn survivors_are_the_ids_that_a_look_at_all_three_heaps_finds() {
    let mut seen = 0;
    for seed in 1..=SEEDS {
        let mut dice = Dice::new(seed);
        let [first, second, third] = std::array::from_fn(|_| heap_of_some_ids(&mut dice));
        let expected: Vec<u32> = (1..=30)
            .filter(|id| !first.0.contains(id) && second.0.contains(id) && third.0.contains(id))
            .collect();
        let found = first.1.survivors(&second.1, &third.1, &Unwatched).unwrap();
        let found: Vec<u32> = found.into_iter().map(|id| id.0).collect();
        assert_eq!(found, expected, "seed {seed}");
        seen += found.len();
    }
    assert!(seen > 1_000, "{seen} survivors are too few to tell");
}

/// A path as text: reference and class of each step; one like one of the four before it leads back to that.
type Path = Vec<(String, String)>;

/// The path to every node, found by going back from it.
fn naive_paths(graph: &HeapGraph, classes: &Classes) -> BTreeMap<NodeIndex, Path> {
    let distances = Distances::of(graph, &Unwatched).unwrap();
    let mut paths = BTreeMap::new();
    for node in graph.nodes() {
        let mut steps = Vec::new();
        let mut at = node;
        while let Some(edge) = distances.reached_by(graph, at) {
            let label = match graph.edge_name(edge) {
                Some(name) if !name.starts_with(|c: char| c.is_ascii_digit()) => name,
                _ => "[x]",
            };
            let class = classes.name(classes.class_of(at));
            steps.push((label.to_owned(), class.to_owned()));
            at = graph.edge_source(edge);
        }
        let mut path: Path = Vec::new();
        for step in steps.into_iter().rev() {
            match path.iter().rev().take(4).position(|known| *known == step) {
                Some(back) => path.truncate(path.len() - back),
                None => path.push(step),
            }
        }
        let steps = path;
        if !steps.is_empty() {
            paths.insert(node, steps);
        }
    }
    paths
}

/// What is reached from `start` over references that keep alive, without entering `barred` or `stays`.
fn reached_from(
    start: &BTreeSet<NodeIndex>,
    keeping: &BTreeSet<(NodeIndex, NodeIndex)>,
    is_barred: impl Fn(NodeIndex) -> bool,
) -> BTreeSet<NodeIndex> {
    let mut reached = start.clone();
    loop {
        let before = reached.len();
        for &(from, to) in keeping {
            if reached.contains(&from) && !is_barred(to) {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

/// By growing path: how many there were in each capture, and its share of what all of them hold.
fn naive_growth(captures: &[HeapGraph]) -> BTreeMap<Path, (Vec<u64>, u64)> {
    let paths: Vec<BTreeMap<NodeIndex, Path>> = captures
        .iter()
        .map(|graph| naive_paths(graph, &Classes::of(graph, &Unwatched).unwrap()))
        .collect();
    let all: BTreeSet<&Path> = paths.iter().flat_map(|paths| paths.values()).collect();
    let counts = |path: &Path| -> Vec<u64> {
        let count =
            |paths: &BTreeMap<NodeIndex, Path>| paths.values().filter(|of| *of == path).count();
        paths.iter().map(|paths| count(paths) as u64).collect()
    };
    let grows = |path: &Path| {
        let counts = counts(path);
        counts[0] > 0 && counts.windows(2).all(|pair| pair[0] < pair[1])
    };
    let is_below = |path: &Path| (1..path.len()).any(|end| grows(&path[..end].to_vec()));
    let growing: Vec<&Path> = all
        .into_iter()
        .filter(|path| grows(path) && !is_below(path))
        .collect();

    let last = captures.last().expect("there are captures");
    let of_last = paths.last().expect("there are captures");
    let sizes = naive_owned_sizes(last);
    let keeping = keeping_references(last);
    let members = |path: &Path| -> BTreeSet<NodeIndex> {
        let of_path = of_last.iter().filter(|(_, of)| *of == path);
        of_path.map(|(&node, _)| node).collect()
    };
    let everybody: BTreeSet<NodeIndex> = growing.iter().flat_map(|path| members(path)).collect();
    let root = BTreeSet::from([last.root()]);
    let stays = reached_from(&root, &keeping, |node| everybody.contains(&node));
    let held: Vec<BTreeSet<NodeIndex>> = growing
        .iter()
        .map(|path| {
            reached_from(&members(path), &keeping, |node| {
                stays.contains(&node) || everybody.contains(&node)
            })
        })
        .collect();
    let share = |node: &NodeIndex| {
        let holders = held.iter().filter(|held| held.contains(node)).count();
        sizes[node.index()] / holders as u64
    };
    let shares = held.iter().map(|held| held.iter().map(share).sum());
    growing
        .iter()
        .zip(shares)
        .map(|(path, share)| ((*path).clone(), (counts(path), share)))
        .collect()
}

/// A program whose containers grow at random, each by its own measure, with references between everything.
fn growing_heaps(seed: u64) -> Vec<HeapGraph> {
    let mut dice = Dice::new(seed);
    let growth: Vec<u64> = (0..2 + dice.below(3)).map(|_| dice.below(5)).collect();
    let captures = 2 + dice.below(2);
    let edge_kinds = [
        EdgeKind::Property,
        EdgeKind::Property,
        EdgeKind::Internal,
        EdgeKind::Shortcut,
        EdgeKind::Weak,
    ];
    let heap_after = |round: u64| {
        let mut dice = Dice::new(seed + round);
        let mut heap = Builder::new();
        let mut nodes = vec![heap.root()];
        for (container, growth) in growth.iter().enumerate() {
            let list = heap.add_node(NodeKind::Object, "List", nodes.len() as u32, 8);
            let kind = dice.pick(&[EdgeKind::Property, EdgeKind::Shortcut]);
            heap.add_edge(heap.root(), kind, &format!("list{container}"), list);
            nodes.push(list);
            for index in 0..1 + growth * round {
                let kind = dice.pick(&[NodeKind::Object, NodeKind::Object, NodeKind::Array]);
                let size = 1 + dice.below(50);
                let entry = heap.add_node(kind, "Entry", nodes.len() as u32, size);
                heap.add_indexed_edge(list, EdgeKind::Element, index as u32, entry);
                nodes.push(entry);
            }
        }
        for _ in 0..dice.below(nodes.len() as u64) {
            let (from, to) = (dice.pick(&nodes), dice.pick(&nodes));
            let from = if from == heap.root() { to } else { from };
            heap.add_edge(
                from,
                dice.pick(&edge_kinds),
                dice.pick(&["next", "data"]),
                to,
            );
        }
        // Things that several entries may share.
        for id in 0..3 {
            let data = heap.add_node(NodeKind::Object, "Data", 100 + id, 100 + dice.below(900));
            for _ in 0..1 + dice.below(4) {
                heap.add_edge(dice.pick(&nodes[1..]), EdgeKind::Property, "data", data);
            }
        }
        heap.build()
    };
    (0..captures).map(heap_after).collect()
}

#[test]
fn paths_grow_and_share_as_a_look_at_every_path_says() {
    let (mut seen, mut overlapping) = (0, 0);
    for seed in 1..=SEEDS {
        let captures = growing_heaps(seed);
        let mut together = Captures::default();
        for graph in &captures {
            together.add(graph, &Unwatched).unwrap();
        }
        let found = together.compare(&Unwatched).unwrap().growing;
        assert!(
            found.is_sorted_by_key(|path| std::cmp::Reverse(path.retained_bytes)),
            "seed {seed}"
        );
        seen += found.len();
        overlapping += usize::from(found.len() > 1);
        let found: BTreeMap<Path, (Vec<u64>, u64)> = found
            .into_iter()
            .map(|path| (path.steps, (path.counts, path.retained_bytes)))
            .collect();
        let expected = naive_growth(&captures);
        assert_eq!(found, expected, "seed {seed}");

        // The same without keeping what the earlier ones are compared with.
        let mut series = Series::new(Telling::Steady { min_growth: 1 });
        for graph in captures {
            let heap = OpenedHeap::of(graph, &Unwatched).unwrap();
            series.add(series.look(&heap, &Unwatched).unwrap());
        }
        let found: BTreeMap<Path, (Vec<u64>, u64)> = series
            .paths()
            .iter()
            .map(|path| {
                (
                    path.steps.clone(),
                    (path.counts.clone(), path.retained_bytes),
                )
            })
            .collect();
        assert_eq!(found, expected, "seed {seed}");
    }
    assert!(seen > 1_000, "{seen} growing paths are too few to tell");
    assert!(
        overlapping > 300,
        "{overlapping} heaps with several are too few to tell"
    );
}
