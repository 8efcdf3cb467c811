//! What grows, when ids cannot tell: captures compared by the path that leads to things.
//!
//! Objects are merged by the [shape](Shapes) of the shortest path to them. A path that was there from the start and grew in every later capture is a suspect. Suspects
//! are ranked by what would be freed if all of them were gone, shared among those that hold it.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::bits::Bits;
use super::distances::{Distances, SYSTEM_DISTANCE};
use super::dominators::DominatorTree;
use super::heap_analysis::HeapAnalysis;
use super::shared_sizes::{NO_GROUP, shared_sizes};
use crate::error::Error;
use crate::snapshot::{
    EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeIndex, Phase, ShapeIndex, ShapeText, Shapes,
    Sizes, Watch,
};

/// How many objects each shape has in one capture.
#[derive(Clone, Debug, Default)]
pub struct ShapeCounts {
    counts: Vec<u64>,
}

/// The shape of each node of one capture; none for the root and what it does not reach.
#[derive(Clone, Debug)]
pub struct NodeShapes {
    by_node: Vec<u32>,
}

/// What has to be known of the last capture.
#[derive(Clone, Copy, Debug)]
pub struct Capture<'a> {
    pub graph: &'a HeapGraph,
    pub tree: &'a DominatorTree,
    pub sizes: &'a Sizes,
    pub shapes: &'a NodeShapes,
}

/// A path that grew in every capture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrowingShape {
    pub shape: ShapeIndex,
    /// Objects on this path, by capture.
    pub counts: Vec<u64>,
    /// Their share of what would be freed in the last capture if all that grew were gone.
    pub retained_bytes: u64,
}

/// The shape of a node that has none.
const UNKNOWN: u32 = u32::MAX;
impl Shapes {
    /// Finds the shape of every node of a capture and counts them.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes) expected time; memory for the nodes while it runs, and for the shapes.
    pub fn count(
        &mut self,
        graph: &HeapGraph,
        analysis: &HeapAnalysis,
        distances: &Distances,
        watch: &dyn Watch,
    ) -> Result<(ShapeCounts, NodeShapes), Error> {
        let class_texts: Vec<ShapeText> = analysis
            .classes
            .names()
            .iter()
            .map(|name| self.intern(name))
            .collect();
        let order = nearest_first(graph, distances);
        let parents = parents(graph, distances);
        let mut shapes = NodeShapes {
            by_node: vec![UNKNOWN; graph.node_count()],
        };
        let mut labels = LabelTexts::of(graph, self);
        let mut counts = ShapeCounts::default();
        for (done, &node) in order.iter().enumerate() {
            watch.check_each(Phase::Compare, done, order.len())?;
            // The path's last edge; its source is nearer and so has its shape.
            let Some(edge) = distances.reached_by(graph, node) else {
                continue;
            };
            let label = labels.text(graph, edge, self);
            let class = class_texts[analysis.classes.class_of(node).index()];
            let parent = shapes.shape(parents[node.index()]);
            let shape = self.step(parent, label, class);
            shapes.by_node[node.index()] = shape.index() as u32;
            counts.add(shape);
        }
        Ok((counts, shapes))
    }

    /// The paths that were there in the first of `captures` and have grown by at least
    /// `min_growth` objects in every later one, what retains most first. `last` is the last of them.
    ///
    /// Paths below one that grows are left out: they grow with it.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn growing(
        &self,
        captures: &[ShapeCounts],
        min_growth: u64,
        last: Capture<'_>,
        watch: &dyn Watch,
    ) -> Result<Vec<GrowingShape>, Error> {
        let grows = |at: usize| {
            captures.len() > 1
                && captures[0].count(at) > 0
                && captures
                    .windows(2)
                    .all(|pair| pair[1].count(at) >= pair[0].count(at) + min_growth.max(1))
        };
        // By shape: whether it or one above it grows. A shape comes after the one before it.
        let mut is_covered = vec![false; self.len()];
        let mut growing = Vec::new();
        for (at, (parent, ..)) in self.iter().enumerate() {
            if parent.is_some_and(|parent| is_covered[parent.index()]) {
                is_covered[at] = true;
            } else if grows(at) {
                is_covered[at] = true;
                growing.push(GrowingShape {
                    shape: ShapeIndex::new(at),
                    counts: captures.iter().map(|capture| capture.count(at)).collect(),
                    retained_bytes: 0,
                });
            }
        }
        let shares = last.shares(&growing, watch)?;
        for (shape, share) in growing.iter_mut().zip(shares) {
            shape.retained_bytes = share;
        }
        growing.sort_by_key(|shape| (std::cmp::Reverse(shape.retained_bytes), shape.shape));
        Ok(growing)
    }
}

impl ShapeCounts {
    /// By shape; those behind the last have none.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    fn add(&mut self, shape: ShapeIndex) {
        let at = shape.index();
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
    }

    fn count(&self, at: usize) -> u64 {
        self.counts.get(at).copied().unwrap_or(0)
    }
}

impl NodeShapes {
    /// The shape of one node.
    #[inline(always)]
    pub fn shape(&self, node: NodeIndex) -> Option<ShapeIndex> {
        match self.by_node[node.index()] {
            UNKNOWN => None,
            shape => Some(ShapeIndex::new(shape as usize)),
        }
    }
}

impl Capture<'_> {
    /// What each of `growing` has of that which all of them hold.
    fn shares(&self, growing: &[GrowingShape], watch: &dyn Watch) -> Result<Vec<u64>, Error> {
        let group_of_shape: HashMap<ShapeIndex, u32> = growing
            .iter()
            .enumerate()
            .map(|(group, growing)| (growing.shape, group as u32))
            .collect();
        let group_of = |node| {
            let shape = self.shapes.shape(node);
            let group = shape.and_then(|shape| group_of_shape.get(&shape));
            group.copied().unwrap_or(NO_GROUP)
        };
        let group_of: Vec<u32> = self.graph.nodes().map(group_of).collect();
        shared_sizes(
            self.graph,
            self.tree,
            self.sizes,
            &group_of,
            growing.len(),
            watch,
        )
    }
}

/// The texts of edges' labels, each looked at once.
struct LabelTexts {
    any_index: ShapeText,
    /// By string: as a property's name, and as another edge's.
    by_name: Vec<[Option<ShapeText>; 2]>,
}

impl LabelTexts {
    fn of(graph: &HeapGraph, shapes: &mut Shapes) -> Self {
        Self {
            any_index: shapes.any_index(),
            by_name: vec![[None; 2]; graph.strings().len()],
        }
    }

    #[inline(always)]
    fn text(&mut self, graph: &HeapGraph, edge: EdgeIndex, shapes: &mut Shapes) -> ShapeText {
        let EdgeLabel::Name(name) = graph.edge_label(edge) else {
            return self.any_index;
        };
        let is_property = graph.edge_kind(edge) == EdgeKind::Property;
        let known = &mut self.by_name[name.index()][usize::from(is_property)];
        *known.get_or_insert_with(|| shapes.intern_name(graph.strings().text(name), is_property))
    }
}

/// What is reached, by distance and then by position. Counted rather than sorted: there are few distances.
fn nearest_first(graph: &HeapGraph, distances: &Distances) -> Vec<NodeIndex> {
    // What only V8 reaches is far beyond the rest.
    let place = |distance: u32| match distance.checked_sub(SYSTEM_DISTANCE) {
        Some(beyond) => (1, beyond as usize),
        None => (0, distance as usize),
    };
    let reached = || {
        let nodes = graph.nodes();
        nodes.filter_map(|node| Some((node, place(distances.distance(node)?))))
    };
    let mut starts: [Vec<usize>; 2] = Default::default();
    for (_, (half, at)) in reached() {
        let counts = &mut starts[half];
        if counts.len() <= at {
            counts.resize(at + 1, 0);
        }
        counts[at] += 1;
    }
    let mut next = 0;
    for start in starts.iter_mut().flatten() {
        next += std::mem::replace(start, next);
    }
    let mut order = vec![graph.root(); next];
    for (node, (half, at)) in reached() {
        let start = &mut starts[half][at];
        order[*start] = node;
        *start += 1;
    }
    order
}

/// By node: where the last edge of its shortest path comes from. One pass over all edges, where asking the graph for
/// each would search it each time.
fn parents(graph: &HeapGraph, distances: &Distances) -> Vec<NodeIndex> {
    let mut is_last = Bits::new(graph.own_edge_count());
    let mut parents = vec![graph.root(); graph.node_count()];
    for node in graph.nodes() {
        let Some(edge) = distances.reached_by(graph, node) else {
            continue;
        };
        match graph.source_of_shared(edge) {
            Some(source) => parents[node.index()] = source,
            None => {
                is_last.insert(edge.index());
            }
        }
    }
    for node in graph.nodes() {
        for edge in graph.own_edges(node).map(EdgeIndex) {
            if is_last.contains(edge.index()) {
                parents[graph.edge_target(edge).index()] = node;
            }
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, NodeKind, Unwatched};

    /// (root) ─▶ Window ─▶ Cache ─▶ Array ─[0..cached]─▶ Session ─▶ User
    ///              └────▶ List ─next─▶ List ─next─▶ … (linked links)
    fn capture(cached: u32, linked: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 8);
        let cache = heap.add_node(NodeKind::Object, "Cache", 3, 8);
        let array = heap.add_node(NodeKind::Object, "Array", 5, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "window", window);
        heap.add_edge(window, EdgeKind::Property, "cache", cache);
        heap.add_edge(cache, EdgeKind::Property, "entries", array);
        for index in 0..cached {
            let session = heap.add_node(NodeKind::Object, "Session", 7, 32);
            let user = heap.add_node(NodeKind::Object, "User", 9, 64);
            heap.add_indexed_edge(array, EdgeKind::Element, index, session);
            heap.add_edge(session, EdgeKind::Property, "user", user);
        }
        let mut last = window;
        for _ in 0..linked {
            let link = heap.add_node(NodeKind::Object, "List", 11, 16);
            heap.add_edge(last, EdgeKind::Property, "next", link);
            last = link;
        }
        heap.build()
    }

    fn growing(heaps: &[HeapGraph]) -> Vec<(String, Vec<u64>, u64)> {
        let mut shapes = Shapes::default();
        let mut counts = Vec::new();
        let mut found = Vec::new();
        for graph in heaps {
            let analysis = HeapAnalysis::of(graph, &Unwatched).unwrap();
            let distances = Distances::of(graph, &Unwatched).unwrap();
            let counted = shapes.count(graph, &analysis, &distances, &Unwatched);
            let (count, of_nodes) = counted.unwrap();
            counts.push(count);
            let last = Capture {
                graph,
                tree: &analysis.dominators,
                sizes: &analysis.sizes,
                shapes: &of_nodes,
            };
            found = shapes.growing(&counts, 1, last, &Unwatched).unwrap();
        }
        let path = |shape: &GrowingShape| {
            let steps = shapes.path(shape.shape).into_iter();
            let steps: Vec<String> = steps.map(|(label, _)| label.to_owned()).collect();
            steps.join(".")
        };
        found
            .iter()
            .map(|shape| (path(shape), shape.counts.clone(), shape.retained_bytes))
            .collect()
    }

    #[test]
    fn what_grows_below_a_growing_path_is_part_of_it() {
        let found = growing(&[capture(2, 1), capture(4, 1), capture(9, 1)]);
        let path = "window.cache.entries.[x]".to_owned();
        assert_eq!(found, [(path, vec![2, 4, 9], 9 * 96)]);
    }

    #[test]
    fn a_list_that_grows_is_one_path() {
        let found = growing(&[capture(1, 10), capture(1, 20), capture(1, 30)]);
        assert_eq!(
            found,
            [("window.next".to_owned(), vec![10, 20, 30], 30 * 16)]
        );
    }

    /// (root) ─byId─▶ Object ─"user:<id>"─▶ Session        ─tree─▶ Node ─left/right─▶ Node …
    fn keyed(count: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let by_id = heap.add_node(NodeKind::Object, "Object", 1, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "byId", by_id);
        for id in 0..count {
            let session = heap.add_node(NodeKind::Object, "Session", 3, 32);
            heap.add_edge(by_id, EdgeKind::Property, &format!("user:{id}"), session);
        }
        let mut parents = vec![heap.root()];
        for at in 0..count {
            let node = heap.add_node(NodeKind::Object, "Node", 5, 10);
            let side = ["left", "right"][at as usize % 2];
            heap.add_edge(parents[at as usize / 2], EdgeKind::Property, side, node);
            parents.push(node);
        }
        heap.build()
    }

    #[test]
    fn keys_that_are_data_are_one_reference_and_trees_a_few_paths() {
        let found = growing(&[keyed(70), keyed(140), keyed(280)]);
        let counts = found
            .iter()
            .map(|(path, counts, _)| (path.as_str(), counts.clone()));
        let counts: HashMap<&str, Vec<u64>> = counts.collect();
        assert_eq!(counts["byId.[x]"], [70, 140, 280]);
        // Below each child of the root, those of the other side are a path of their own, which grows with it.
        let mut paths: Vec<&str> = counts.into_keys().collect();
        paths.sort_unstable();
        assert_eq!(paths, ["byId.[x]", "left", "right"]);
    }

    #[test]
    fn what_once_stops_growing_is_not_reported() {
        assert_eq!(growing(&[capture(2, 1), capture(4, 1), capture(4, 1)]), []);
        assert_eq!(growing(&[capture(2, 1)]), []);
        assert_eq!(growing(&[]), []);
    }

    /// (root) ─left──▶ Left ═[0..count]═▶ Entry (10) ─▶ Data (count × 100) ◀─ Entry ◀═ Right ◀─ (root)
    ///    └──alone──▶ Alone ═[0..count]═▶ Note (30)
    ///
    /// Both lists of entries refer to the same data: neither retains it.
    fn overlapping(count: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let data = heap.add_node(NodeKind::Object, "Data", 1, u64::from(count) * 100);
        for name in ["left", "right", "alone"] {
            let list = heap.add_node(NodeKind::Object, "List", 3, 8);
            heap.add_edge(heap.root(), EdgeKind::Property, name, list);
            for index in 0..count {
                let (class, bytes) = match name {
                    "alone" => ("Note", 30),
                    _ => ("Entry", 10),
                };
                let entry = heap.add_node(NodeKind::Object, class, 5, bytes);
                heap.add_indexed_edge(list, EdgeKind::Element, index, entry);
                if name != "alone" {
                    heap.add_edge(entry, EdgeKind::Property, "data", data);
                }
            }
        }
        heap.build()
    }

    #[test]
    fn what_several_suspects_hold_is_shared_among_them() {
        let found = growing(&[overlapping(2), overlapping(4)]);
        let expected = |path: &str, bytes| (path.to_owned(), vec![2, 4], bytes);
        assert_eq!(
            found,
            [
                expected("left.[x]", 4 * 10 + 400 / 2),
                expected("right.[x]", 4 * 10 + 400 / 2),
                expected("alone.[x]", 4 * 30),
            ]
        );
    }

    /// (root) ─outer─▶ Outer ═[0..count]═▶ Big (100) ─part─▶ Part (50) ◀═[0..count]═ Index ◀─index─ (root)
    ///
    /// Parts are reached through the index as soon as through the big ones, so they are a path of their own.
    fn nested_suspects(count: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let index = heap.add_node(NodeKind::Object, "Index", 1, 8);
        let outer = heap.add_node(NodeKind::Object, "Outer", 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "index", index);
        heap.add_edge(heap.root(), EdgeKind::Property, "outer", outer);
        for at in 0..count {
            let big = heap.add_node(NodeKind::Object, "Big", 5, 100);
            let part = heap.add_node(NodeKind::Object, "Part", 7, 50);
            heap.add_indexed_edge(outer, EdgeKind::Element, at, big);
            heap.add_indexed_edge(index, EdgeKind::Element, at, part);
            heap.add_edge(big, EdgeKind::Property, "part", part);
        }
        heap.build()
    }

    #[test]
    fn what_one_suspect_holds_through_another_counts_for_the_nearer_one() {
        let found = growing(&[nested_suspects(1), nested_suspects(3)]);
        let expected = |path: &str, bytes| (path.to_owned(), vec![1, 3], bytes);
        assert_eq!(
            found,
            [expected("outer.[x]", 300), expected("index.[x]", 150)]
        );
    }

    #[test]
    fn more_suspects_than_are_followed_at_once_share_as_well() {
        // (root) ─list0 … list99─▶ List ═[0..count]═▶ Entry (1) ─▶ Data (100,000)
        let heap = |count| {
            let mut heap = Builder::new();
            let data = heap.add_node(NodeKind::Object, "Data", 1, 100_000);
            for list in 0..100 {
                let name = format!("list{list}");
                let list = heap.add_node(NodeKind::Object, "List", 3, 8);
                heap.add_edge(heap.root(), EdgeKind::Property, &name, list);
                for index in 0..count {
                    let entry = heap.add_node(NodeKind::Object, "Entry", 5, 1);
                    heap.add_indexed_edge(list, EdgeKind::Element, index, entry);
                    heap.add_edge(entry, EdgeKind::Property, "data", data);
                }
            }
            heap.build()
        };
        let found = growing(&[heap(1), heap(2)]);
        assert_eq!(found.len(), 100);
        assert!(found.iter().all(|(_, _, bytes)| *bytes == 2 + 1_000));
    }
}
