//! How far every node is from the program's own roots, counted as Chrome DevTools counts.
#![forbid(unsafe_code)]

use super::bits::Bits;
use super::roots::is_user_root;
use super::weak_maps::WeakMapEdges;
use crate::error::Error;
use crate::snapshot::{
    EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeIndex, NodeKind, Phase, Watch,
};

/// What is added to the distance of nodes that only V8's own roots reach.
pub const SYSTEM_DISTANCE: u32 = 100_000_000;

const UNREACHED: u32 = u32::MAX;

/// Edges on the shortest path to each node, and the last edge of that path.
///
/// User roots have distance 1. What they do not reach is counted from the root, which then has
/// [`SYSTEM_DISTANCE`]. Weak references do not count.
#[derive(Clone, Debug)]
pub struct Distances {
    by_node: Vec<u32>,
    reached_by: Vec<EdgeIndex>,
}

impl Distances {
    /// Walks the heap breadth first.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes + edges) time; eight bytes a node, and four more while it runs.
    pub fn of(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let mut walk = Walk {
            graph,
            watch,
            weak_maps: WeakMapEdges::find(graph),
            distances: Self {
                by_node: vec![UNREACHED; graph.node_count()],
                reached_by: vec![EdgeIndex::default(); graph.node_count()],
            },
            seen_entries: Bits::new(0),
            names: SpecialNames::find(graph),
        };
        walk.seen_entries = Bits::new(walk.weak_maps.len());
        let mut queue = Vec::new();
        for edge in graph.edges(graph.root()) {
            let node = graph.edge_target(edge);
            if is_user_root(graph, node) {
                walk.distances.by_node[node.index()] = 1;
                walk.distances.reached_by[node.index()] = edge;
                queue.push(node);
            }
        }
        let root_distance = if queue.is_empty() { 0 } else { SYSTEM_DISTANCE };
        walk.run(queue)?;
        walk.distances.by_node[graph.root().index()] = root_distance;
        walk.run(vec![graph.root()])?;
        Ok(walk.distances)
    }

    /// The distance of a node; none when no strong reference leads to it.
    #[inline]
    pub fn distance(&self, node: NodeIndex) -> Option<u32> {
        match self.by_node[node.index()] {
            UNREACHED => None,
            distance => Some(distance),
        }
    }

    /// The last edge of the shortest path to a node; none for the root and where nothing leads.
    pub fn reached_by(&self, graph: &HeapGraph, node: NodeIndex) -> Option<EdgeIndex> {
        if node == graph.root() {
            return None;
        }
        self.distance(node)?;
        Some(self.reached_by[node.index()])
    }
}

/// Strings that single out references which V8 has and programs do not.
struct SpecialNames {
    /// Whether each string is the name of V8's shared arrays of property descriptors.
    is_map_descriptors: Bits,
    is_native_context: Bits,
    is_sloppy_function_map: Bits,
}

impl SpecialNames {
    fn find(graph: &HeapGraph) -> Self {
        let new = || Bits::new(graph.strings().len());
        let mut names = Self {
            is_map_descriptors: new(),
            is_native_context: new(),
            is_sloppy_function_map: new(),
        };
        for (id, text) in graph.strings().iter() {
            let set = match text {
                "(map descriptors)" => &mut names.is_map_descriptors,
                "system / NativeContext" => &mut names.is_native_context,
                "sloppy_function_map" => &mut names.is_sloppy_function_map,
                _ => continue,
            };
            set.insert(id.index());
        }
        names
    }
}

struct Walk<'a> {
    graph: &'a HeapGraph,
    watch: &'a dyn Watch,
    weak_maps: WeakMapEdges,
    distances: Distances,
    /// WeakMap entries of which one edge has been passed and the other is awaited.
    seen_entries: Bits,
    names: SpecialNames,
}

impl Walk<'_> {
    fn run(&mut self, mut queue: Vec<NodeIndex>) -> Result<(), Error> {
        let graph = self.graph;
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            self.watch
                .check_each(Phase::Reach, next, graph.node_count())?;
            next += 1;
            let distance = self.distances.by_node[node.index()] + 1;
            for edge in graph.edges(node) {
                let (kind, target) = graph.edge_end(edge);
                if self.distances.by_node[target.index()] != UNREACHED
                    || kind == EdgeKind::Weak
                    || !self.is_counted(node, edge)
                {
                    continue;
                }
                self.distances.by_node[target.index()] = distance;
                self.distances.reached_by[target.index()] = edge;
                queue.push(target);
            }
        }
        Ok(())
    }

    /// Whether a strong reference says something about how the program holds its target.
    #[inline(always)]
    fn is_counted(&mut self, node: NodeIndex, edge: EdgeIndex) -> bool {
        let graph = self.graph;
        let kind = graph.node_kind(node);
        if kind == NodeKind::Hidden
            && self
                .names
                .is_native_context
                .contains(graph.node_name_id(node).index())
            && let EdgeLabel::Name(name) = graph.edge_label(edge)
            && self.names.is_sloppy_function_map.contains(name.index())
        {
            return false;
        }
        if kind == NodeKind::Array
            && self
                .names
                .is_map_descriptors
                .contains(graph.node_name_id(node).index())
        {
            // Maps share these arrays: a descriptor in one says nothing about the map at hand.
            return !is_descriptor(graph, edge);
        }
        if graph.edge_kind(edge) == EdgeKind::Internal
            && let EdgeLabel::Name(name) = graph.edge_label(edge)
            && let Some(entry) = self.weak_maps.get(name)
        {
            return self.completes(entry.entry);
        }
        true
    }

    /// Whether this is the second of an entry's two edges. The value of a WeakMap is as far as the
    /// farther of map and key, so the first one that is met does not count.
    fn completes(&mut self, entry: u32) -> bool {
        !self.seen_entries.flip(entry as usize)
    }
}

/// Whether an edge of a descriptor array leads to a descriptor: every third slot from the fourth on
/// (after a count and a cache, they hold key, type and descriptor).
fn is_descriptor(graph: &HeapGraph, edge: EdgeIndex) -> bool {
    let slot = match graph.edge_label(edge) {
        EdgeLabel::Index(index) => f64::from(index),
        EdgeLabel::Name(name) => leading_integer(graph.strings().text(name)),
    };
    // A name that is no number is NaN, which is neither.
    slot >= 2.0 && slot % 3.0 == 1.0
}

/// The integer a text begins with, as JavaScript's `parseInt` reads it.
fn leading_integer(text: &str) -> f64 {
    let text = text.trim_start();
    let digits_at = text.find(|c| c != '+' && c != '-').unwrap_or(text.len());
    let digits = &text[digits_at.min(1)..];
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number = digits[..end].parse::<f64>().unwrap_or(f64::NAN);
    if text.starts_with('-') {
        -number
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    #[test]
    fn the_value_of_a_weak_map_is_as_far_as_the_farther_of_map_and_key() {
        // (root) ─▶ Window ─▶ WeakMap ─▶ table@7 ═▶ Value
        //              └────▶ X ─▶ Y ─▶ Key ══════▶ Value
        let entry = "/ part of key (Key @13) -> value (Value @15) pair in WeakMap (table @7)";
        let mut heap = Builder::new();
        let mut add = |name: &str, id| heap.add_node(NodeKind::Object, name, id, 8);
        let nodes = ["Window", "WeakMap", "table", "X", "Y", "Key", "Value"];
        let ids = [1, 3, 7, 9, 11, 13, 15];
        let [window, map, table, x, y, key, value] =
            std::array::from_fn(|at| add(nodes[at], ids[at]));
        let root = heap.root();
        for (from, to) in [
            (root, window),
            (window, map),
            (map, table),
            (window, x),
            (x, y),
            (y, key),
        ] {
            heap.add_edge(from, EdgeKind::Property, "next", to);
        }
        heap.add_edge(table, EdgeKind::Internal, &format!("1 {entry}"), value);
        heap.add_edge(key, EdgeKind::Internal, &format!("2 {entry}"), value);
        let graph = heap.build();
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        assert_eq!(distances.distance(key), Some(4));
        assert_eq!(distances.distance(value), Some(5));
    }

    #[test]
    fn what_only_v8_reaches_is_counted_from_the_root() {
        // (root) ─▶ Window      (root) ─▶ (GC roots) ─▶ Handle      Orphan
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 8);
        let roots = heap.add_node(NodeKind::Synthetic, "(GC roots)", 3, 0);
        let handle = heap.add_node(NodeKind::Object, "Handle", 5, 8);
        let orphan = heap.add_node(NodeKind::Object, "Orphan", 7, 8);
        let root = heap.root();
        heap.add_edge(root, EdgeKind::Property, "window", window);
        heap.add_indexed_edge(root, EdgeKind::Element, 1, roots);
        heap.add_indexed_edge(roots, EdgeKind::Element, 1, handle);
        heap.add_edge(window, EdgeKind::Weak, "orphan", orphan);
        let graph = heap.build();
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        let found = [root, window, roots, handle, orphan].map(|node| distances.distance(node));
        let system = |steps| Some(SYSTEM_DISTANCE + steps);
        assert_eq!(found, [system(0), Some(1), system(1), system(2), None]);
    }

    #[test]
    fn integers_are_read_as_parse_int_reads_them() {
        for (text, number) in [("12", 12.0), (" 7x", 7.0), ("-3", -3.0), ("+4", 4.0)] {
            assert_eq!(leading_integer(text), number, "{text}");
        }
        for text in ["", "x1", "++1", "-", "."] {
            assert!(leading_integer(text).is_nan(), "{text}");
        }
    }
}
