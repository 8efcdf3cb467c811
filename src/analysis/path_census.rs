//! The paths of one heap, counted: small enough to be sent, and to be kept until a later heap is
//! compared with it.
//!
//! Takes the shapes of [`Shapes`], gives a tree of rows. Where there are more shapes than the limit on
//! bytes allows, those that hold least become one row of what leads to them.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::growth::NodeShapes;
use super::heap_analysis::HeapAnalysis;
use super::opened_heap::OpenedHeap;
use crate::error::Error;
use crate::snapshot::{CountedShapes, HeapGraph, NodeIndex, Phase, Shapes, Watch};

/// What a census that is sent may take.
pub(super) const CENSUS_BYTES: usize = 4 << 20;
/// Reference and class of a row that stands for several.
const OTHERS: &str = "(smaller paths)";
/// What a row takes at most when it is encoded, with the row of smaller paths that may be below it: whether it
/// has a parent, three numbers of 32 bits, a count below 2^35 and two sizes below 2^49.
const ROW_BYTES: usize = 2 * (1 + 3 * 5 + 5 + 2 * 7);
/// What a text takes beside itself.
const TEXT_BYTES: usize = 5;

/// How many objects there are on each path, and what they take.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PathCensus {
    texts: Vec<String>,
    /// What leads to a row stands before it.
    rows: Vec<Row>,
}

/// The row before one, the reference to it and its class, as texts.
type Step = (Option<u32>, u32, u32);

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Row {
    parent: Option<u32>,
    label: u32,
    class: u32,
    sizes: GroupSizes,
}

/// What the objects of one group are.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct GroupSizes {
    pub count: u64,
    pub shallow_bytes: u64,
    /// What would be freed with all of them; what one of them retains through another counts once.
    pub retained_bytes: u64,
}

/// One path with what it has.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CountedPath {
    /// Reference and class of each step from the root.
    pub steps: Vec<(String, String)>,
    pub count: u64,
    pub shallow_bytes: u64,
    pub retained_bytes: u64,
}

impl PathCensus {
    /// Counts a heap by the shapes of its nodes. Encoded, it takes at most `limit_bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes + shapes * log shapes) time, memory for the shapes.
    pub fn of(
        graph: &HeapGraph,
        analysis: &HeapAnalysis,
        shapes: &Shapes,
        of_nodes: &NodeShapes,
        limit_bytes: usize,
        watch: &dyn Watch,
    ) -> Result<Self, Error> {
        let weights = weights(graph, analysis, shapes, of_nodes);
        let (mut census, rows) = Self::rows(shapes, weights, limit_bytes);
        let row_of = |node| Some(rows[of_nodes.shape(node)?.index()] as usize);
        let (sizes, _) = group_sizes(analysis, row_of, census.rows.len(), watch)?;
        for (row, sizes) in census.rows.iter_mut().zip(sizes) {
            row.sizes = sizes;
        }
        Ok(census)
    }

    /// The same where the shapes alone are known, without what their objects retain.
    pub fn of_counted(counted: &CountedShapes, limit_bytes: usize) -> Self {
        let objects = counted.counts().iter().zip(counted.shallow_bytes());
        let weights = objects.map(|(count, bytes)| count + bytes).collect();
        let (mut census, rows) = Self::rows(counted.shapes(), weights, limit_bytes);
        for (shape, &row) in rows.iter().enumerate() {
            let sizes = &mut census.rows[row as usize].sizes;
            sizes.count += counted.counts()[shape];
            sizes.shallow_bytes += counted.shallow_bytes()[shape];
        }
        census
    }

    /// Rows for as many shapes as there is room for, those that weigh most with all below them; and the row of each.
    fn rows(shapes: &Shapes, weights: Vec<u64>, limit_bytes: usize) -> (Self, Vec<u32>) {
        let mut census = Self::default();
        let rows = census.add_rows(shapes, &kept(shapes, weights, limit_bytes));
        (census, rows)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// By row, what its objects are.
    pub(super) fn sizes(&self, row: usize) -> GroupSizes {
        self.rows[row].sizes
    }

    /// The row before one.
    pub(super) fn parent(&self, row: usize) -> Option<usize> {
        self.rows[row].parent.map(|row| row as usize)
    }

    /// By shape of another heap: the row of the same path; none for paths that are new.
    pub(super) fn rows_of(&self, shapes: &Shapes) -> Vec<Option<usize>> {
        let texts = self.texts.iter().zip(0..);
        let texts: FxHashMap<&str, u32> = texts.map(|(text, id)| (text.as_str(), id)).collect();
        let rows_by_step = self.rows.iter().enumerate();
        let known: FxHashMap<Step, usize> = rows_by_step
            .map(|(at, row)| ((row.parent, row.label, row.class), at))
            .collect();
        let others = texts.get(OTHERS);
        // Each text is looked up once.
        let texts: Vec<Option<u32>> = shapes
            .texts()
            .map(|text| texts.get(text).copied())
            .collect();
        let mut rows: Vec<Option<usize>> = Vec::with_capacity(shapes.len());
        for (parent, label, class) in shapes.steps() {
            let parent = match parent.map(|parent| rows[parent.index()]) {
                Some(None) => {
                    rows.push(None);
                    continue;
                }
                Some(Some(row)) if self.is_others(row) => {
                    rows.push(Some(row));
                    continue;
                }
                Some(Some(row)) => Some(row as u32),
                None => None,
            };
            let row = match (texts[label.index()], texts[class.index()]) {
                (Some(label), Some(class)) => known.get(&(parent, label, class)),
                _ => None,
            };
            let others = || known.get(&(parent, *others?, *others?));
            rows.push(row.or_else(others).copied());
        }
        rows
    }

    /// The class at the end of a row's path.
    pub(super) fn class(&self, row: usize) -> &str {
        self.text(self.rows[row].class)
    }

    /// The path of a row: reference and class of each step.
    pub(super) fn path(&self, row: usize) -> Vec<(String, String)> {
        let mut path = Vec::new();
        let mut next = Some(row);
        while let Some(at) = next {
            let row = &self.rows[at];
            path.push((
                self.text(row.label).to_owned(),
                self.text(row.class).to_owned(),
            ));
            next = self.parent(at);
        }
        path.reverse();
        path
    }

    /// The `count` paths that retain most, the largest first.
    pub fn largest(&self, count: usize) -> Vec<CountedPath> {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_by_key(|&row| (Reverse(self.rows[row].sizes.retained_bytes), row));
        rows.truncate(count);
        let counted = |row: usize| {
            let sizes = self.sizes(row);
            CountedPath {
                steps: self.path(row),
                count: sizes.count,
                shallow_bytes: sizes.shallow_bytes,
                retained_bytes: sizes.retained_bytes,
            }
        };
        rows.into_iter().map(counted).collect()
    }

    /// Adds rows for the shapes that are kept, and for what the others are below; gives the row of each shape.
    fn add_rows(&mut self, shapes: &Shapes, is_kept: &[bool]) -> Vec<u32> {
        let mut known_texts = HashMap::new();
        // By row: the one of the smaller paths below it.
        let mut others: HashMap<Option<u32>, u32> = HashMap::new();
        let mut rows: Vec<u32> = Vec::with_capacity(shapes.len());
        for (at, (parent, label, class)) in shapes.iter().enumerate() {
            let parent = parent.map(|parent| rows[parent.index()]);
            rows.push(match (is_kept[at], parent) {
                (true, _) => self.add_row(parent, label, class, &mut known_texts),
                // A shape is kept only with the one before it.
                (false, Some(row)) if self.is_others(row as usize) => row,
                (false, _) => *others
                    .entry(parent)
                    .or_insert_with(|| self.add_row(parent, OTHERS, OTHERS, &mut known_texts)),
            });
        }
        rows
    }

    fn add_row(
        &mut self,
        parent: Option<u32>,
        label: &str,
        class: &str,
        known_texts: &mut HashMap<String, u32>,
    ) -> u32 {
        let mut intern = |text: &str| match known_texts.get(text) {
            Some(&known) => known,
            None => {
                let id = self.texts.len() as u32;
                self.texts.push(text.to_owned());
                known_texts.insert(text.to_owned(), id);
                id
            }
        };
        let (label, class) = (intern(label), intern(class));
        self.rows.push(Row {
            parent,
            label,
            class,
            sizes: GroupSizes::default(),
        });
        self.rows.len() as u32 - 1
    }

    /// Whether a row stands for several paths.
    fn is_others(&self, row: usize) -> bool {
        self.text(self.rows[row].label) == OTHERS
    }

    fn text(&self, id: u32) -> &str {
        &self.texts[id as usize]
    }
}

impl OpenedHeap {
    /// The `count` paths that retain most, the largest first.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn largest_paths(
        &self,
        count: usize,
        watch: &dyn Watch,
    ) -> Result<Vec<CountedPath>, Error> {
        let (graph, analysis, distances) = self.parts();
        let mut shapes = Shapes::default();
        let (_, of_nodes) = shapes.count(graph, analysis, distances, watch)?;
        let census = PathCensus::of(graph, analysis, &shapes, &of_nodes, CENSUS_BYTES, watch)?;
        Ok(census.largest(count))
    }
}

/// By shape, what its objects weigh. They count as well as their bytes: those that gave their size to their owner have
/// none of their own.
fn weights(
    graph: &HeapGraph,
    analysis: &HeapAnalysis,
    shapes: &Shapes,
    of_nodes: &NodeShapes,
) -> Vec<u64> {
    let mut weights = vec![0u64; shapes.len()];
    for node in graph.nodes() {
        if let Some(shape) = of_nodes.shape(node) {
            let weight = &mut weights[shape.index()];
            *weight = weight.saturating_add(analysis.sizes.bytes(node).saturating_add(1));
        }
    }
    weights
}

/// Which shapes the limit has room for: those that weigh most with all below them.
fn kept(shapes: &Shapes, mut weights: Vec<u64>, limit_bytes: usize) -> Vec<bool> {
    let steps: Vec<_> = shapes.iter().collect();
    for (at, (parent, ..)) in steps.iter().enumerate().rev() {
        if let Some(parent) = parent {
            let weight = weights[at];
            let above = &mut weights[parent.index()];
            *above = above.saturating_add(weight);
        }
    }
    let mut order: Vec<usize> = (0..steps.len()).collect();
    // What leads to a shape weighs at least as much and has the lower index.
    order.sort_by_key(|&at| (Reverse(weights[at]), at));
    let mut is_kept = vec![false; steps.len()];
    let mut texts: HashSet<&str> = HashSet::new();
    // The numbers of rows and of texts, and the row of what is left out at the root.
    let mut bytes = 2 * TEXT_BYTES + ROW_BYTES + OTHERS.len() + TEXT_BYTES;
    for at in order {
        let (_, label, class) = steps[at];
        bytes += ROW_BYTES;
        for text in [label, class] {
            if texts.insert(text) {
                bytes += text.len() + TEXT_BYTES;
            }
        }
        if bytes > limit_bytes {
            break;
        }
        is_kept[at] = true;
    }
    is_kept
}

/// What the nodes of each group are, and the one that retains most of each.
///
/// # Errors
///
/// [`Error::Cancelled`].
pub(super) fn group_sizes(
    analysis: &HeapAnalysis,
    group_of: impl Fn(NodeIndex) -> Option<usize>,
    groups: usize,
    watch: &dyn Watch,
) -> Result<(Vec<GroupSizes>, Vec<Option<NodeIndex>>), Error> {
    let mut sizes = vec![GroupSizes::default(); groups];
    let mut largest: Vec<Option<NodeIndex>> = vec![None; groups];
    // By group: up to which place of the preorder the retained size of one of its nodes reaches.
    let mut covered = vec![0; groups];
    let tree = &analysis.dominators;
    for (place, &node) in tree.preorder().iter().enumerate() {
        watch.check_each(Phase::Compare, place, tree.preorder().len())?;
        let Some(group) = group_of(node) else {
            continue;
        };
        let of_group = &mut sizes[group];
        let retained_bytes = analysis.retained.bytes(node);
        of_group.count += 1;
        of_group.shallow_bytes = of_group
            .shallow_bytes
            .saturating_add(analysis.sizes.bytes(node));
        if place >= covered[group] {
            covered[group] = place + tree.subtree_count(place);
            of_group.retained_bytes = of_group.retained_bytes.saturating_add(retained_bytes);
        }
        if largest[group].is_none_or(|known| analysis.retained.bytes(known) < retained_bytes) {
            largest[group] = Some(node);
        }
    }
    Ok((sizes, largest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Distances;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    /// (root) ─app─▶ App ─cache─▶ Cache ═[0..entries]═▶ Entry (10) ─text─▶ "…" (100)
    ///                └─name 0 … name n─▶ Small (1)
    fn heap(entries: u32, names: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let app = heap.add_node(NodeKind::Object, "App", 1, 8);
        let cache = heap.add_node(NodeKind::Object, "Cache", 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "app", app);
        heap.add_edge(app, EdgeKind::Property, "cache", cache);
        for index in 0..entries {
            let entry = heap.add_node(NodeKind::Object, "Entry", 5, 10);
            let text = heap.add_node(NodeKind::String, "secret", 7, 100);
            heap.add_indexed_edge(cache, EdgeKind::Element, index, entry);
            heap.add_edge(entry, EdgeKind::Property, "text", text);
        }
        for name in 0..names {
            let small = heap.add_node(NodeKind::Object, "Small", 9, 1);
            heap.add_edge(app, EdgeKind::Internal, &format!("name {name}"), small);
        }
        heap.build()
    }

    fn shapes(graph: &HeapGraph) -> (HeapAnalysis, Shapes, NodeShapes) {
        let analysis = HeapAnalysis::of(graph, &Unwatched).unwrap();
        let distances = Distances::of(graph, &Unwatched).unwrap();
        let mut shapes = Shapes::default();
        let (_, of_nodes) = shapes
            .count(graph, &analysis, &distances, &Unwatched)
            .unwrap();
        (analysis, shapes, of_nodes)
    }

    fn census(graph: &HeapGraph, limit_bytes: usize) -> PathCensus {
        let (analysis, shapes, of_nodes) = shapes(graph);
        PathCensus::of(
            graph,
            &analysis,
            &shapes,
            &of_nodes,
            limit_bytes,
            &Unwatched,
        )
        .unwrap()
    }

    fn encoded(census: &PathCensus) -> Vec<u8> {
        postcard::to_stdvec(census).expect("a vector takes all")
    }

    #[test]
    fn a_path_has_what_its_objects_take_and_retain() {
        let found = census(&heap(5, 2), usize::MAX).largest(4);
        let path = |path: &CountedPath| path.steps.last().expect("it has steps").1.clone();
        let found: Vec<_> = found
            .iter()
            .map(|one| (path(one), one.count, one.shallow_bytes, one.retained_bytes))
            .collect();
        let expected = [
            ("App", 1, 8, 568),
            ("Cache", 1, 8, 558),
            ("Entry", 5, 50, 550),
            ("(string)", 5, 500, 500),
        ];
        let owned = |(class, count, shallow, retained): (&str, _, _, _)| {
            (class.to_owned(), count, shallow, retained)
        };
        assert_eq!(found, expected.map(owned));
    }

    #[test]
    fn it_takes_no_more_than_the_limit_and_loses_no_object() {
        let graph = heap(50, 3000);
        let whole = census(&graph, usize::MAX);
        assert_eq!(whole.len(), 4 + 3000);
        for limit_bytes in [100, 300, 1000, 10_000, 100_000] {
            let cut = census(&graph, limit_bytes);
            assert!(encoded(&cut).len() <= limit_bytes, "{limit_bytes}");
            assert!(cut.len() < whole.len());
            let count = |census: &PathCensus| census.rows.iter().map(|row| row.sizes.count).sum();
            let (all, counted): (u64, u64) = (count(&whole), count(&cut));
            assert_eq!(counted, all);
            let decoded: PathCensus = postcard::from_bytes(&encoded(&cut)).unwrap();
            assert_eq!(decoded, cut);
        }
        // What holds most is kept, and the rest is told together.
        let cut = census(&graph, 1000);
        let last = |census: &PathCensus, row| census.path(row).pop().unwrap().1;
        let classes: Vec<String> = (0..cut.len()).map(|row| last(&cut, row)).collect();
        for class in ["App", "Cache", "Entry", "(string)", OTHERS] {
            assert_eq!(
                classes.iter().filter(|one| *one == class).count(),
                1,
                "{classes:?}"
            );
        }
    }

    #[test]
    fn a_later_heap_falls_into_the_same_rows() {
        for limit_bytes in [usize::MAX, 1000] {
            let first = census(&heap(5, 300), limit_bytes);
            let later = heap(7, 400);
            let (_, shapes, of_nodes) = shapes(&later);
            let rows = first.rows_of(&shapes);
            let mut counts = vec![0; first.len()];
            let mut others = 0;
            for shape in later.nodes().filter_map(|node| of_nodes.shape(node)) {
                match rows[shape.index()] {
                    Some(row) => counts[row] += 1,
                    None => others += 1,
                }
            }
            let is_entry = |row: &usize| first.path(*row).last().unwrap().1 == "Entry";
            let entries = (0..first.len()).find(is_entry).expect("there are entries");
            assert_eq!(counts[entries], 7);
            // A hundred more names are new paths, unless the first census had no room for names.
            assert_eq!(others, if limit_bytes == 1000 { 0 } else { 100 });
        }
    }
}
