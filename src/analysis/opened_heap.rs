//! One snapshot, opened: everything that a program may ask about it, by the ids that V8 gives its objects.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::OnceLock;

use super::biggest_retainers::biggest_retainers;
use super::census::{Census, ClassChange};
use super::classes::ClassSummary;
use super::described::{
    EdgeSummary, NodeSummary, StringContents, edge_summary, node_name, text_length,
};
use super::distances::{Distances, SYSTEM_DISTANCE};
use super::duplicate_strings::duplicate_strings;
use super::heap_analysis::HeapAnalysis;
use super::retainer_paths::shortest_path;
use super::suspects::{SuspectOptions, suspects};
use crate::error::Error;
use crate::snapshot::{EdgeIndex, HeapGraph, NodeId, NodeIndex, Watch, read_file};

/// A heap with what is needed to answer at once: 36 bytes a node beside the graph.
#[derive(Debug)]
pub struct OpenedHeap {
    graph: HeapGraph,
    analysis: HeapAnalysis,
    classes: Vec<ClassSummary>,
    distances: Distances,
    /// Only diffs need it.
    census: OnceLock<Census>,
}

/// A class of one heap with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedClass {
    pub name: String,
    pub count: u64,
    pub shallow_bytes: u64,
    pub retained_bytes: u64,
}

/// A step of a path, or a retainer: an edge, and the node at its other end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    pub edge: EdgeSummary,
    pub node: NodeSummary,
}

/// A leak suspect with the path that leads to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedSuspect {
    pub holder: NodeSummary,
    pub accumulation_point: NodeSummary,
    pub retained_bytes: u64,
    /// Of the whole heap, 0 to 100.
    pub heap_percent: u32,
    /// What the accumulation point holds most of.
    pub accumulated: Option<NamedAccumulation>,
    /// From the root to the accumulation point.
    pub path: Vec<Step>,
}

/// How much of one class accumulates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedAccumulation {
    pub name: String,
    pub count: u64,
    pub retained_bytes: u64,
}

/// Equal strings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RepeatedString {
    /// None unless contents are shown.
    pub text: Option<String>,
    /// In UTF-16 units, as JavaScript counts.
    pub length: usize,
    /// Whether the snapshot holds only the beginning, so that the string may be longer.
    pub is_cut: bool,
    pub count: u64,
    pub shallow_bytes: u64,
    pub wasted_bytes: u64,
    /// One of them.
    pub example: NodeId,
}

impl OpenedHeap {
    /// Reads and analyses a file.
    ///
    /// # Errors
    ///
    /// As [`read_file`].
    pub fn open(path: &Path, watch: &dyn Watch) -> Result<Self, Error> {
        Self::of(read_file(path, watch)?, watch)
    }

    /// Analyses a heap.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn of(graph: HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let (analysis, distances) =
            HeapAnalysis::beside(&graph, watch, || Distances::of(&graph, watch))?;
        // Small heaps are done before anyone looks.
        if watch.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(Self {
            classes: analysis.class_summaries(),
            graph,
            analysis,
            distances,
            census: OnceLock::new(),
        })
    }

    /// How many nodes the heap has.
    pub fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    /// How many edges the heap has.
    pub fn edge_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// Bytes of memory that this takes, near enough for a collector of garbage to weigh it.
    pub fn memory_bytes(&self) -> u64 {
        let strings = self.graph.strings();
        let columns = 53 * self.node_count() + 9 * self.edge_count() + 4 * strings.len();
        (columns + strings.text_bytes()) as u64
    }

    /// Bytes of all nodes together.
    pub fn total_bytes(&self) -> u64 {
        self.analysis.sizes.total()
    }

    /// Bytes that the root retains, which is the whole heap.
    pub fn root_retained_bytes(&self) -> u64 {
        self.analysis.retained.bytes(self.graph.root())
    }

    /// The classes, the largest retained size first.
    pub fn classes(&self) -> Vec<NamedClass> {
        self.classes
            .iter()
            .map(|class| NamedClass {
                name: self.analysis.classes.name(class.class).to_owned(),
                count: class.count,
                shallow_bytes: class.shallow_bytes,
                retained_bytes: class.retained_bytes,
            })
            .collect()
    }

    /// What refers to a node, weak references included: the nearest to the roots first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`].
    pub fn retainers(&self, id: u64, contents: StringContents) -> Result<Vec<Step>, Error> {
        // Looking through all edges takes milliseconds; sorting them by target for that, most of a
        // second and four bytes for each.
        let mut edges: Vec<EdgeIndex> = self.graph.edges_to(self.node(id)?).collect();
        edges.sort_by_key(|&edge| {
            let distance = self.distances.distance(self.graph.edge_source(edge));
            distance.unwrap_or(u32::MAX)
        });
        let step = |edge| self.step(edge, self.graph.edge_source(edge), contents);
        Ok(edges.into_iter().map(step).collect())
    }

    /// The shortest path from the root to a node, each step an edge and the node it leads to; none when
    /// nothing but weak references leads there.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`].
    pub fn path(&self, id: u64, contents: StringContents) -> Result<Option<Vec<Step>>, Error> {
        Ok(self.path_to(self.node(id)?, contents))
    }

    /// The node and the chain of its dominators up to the root.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`].
    pub fn dominators(&self, id: u64, contents: StringContents) -> Result<Vec<NodeSummary>, Error> {
        let chain = self.analysis.dominators.dominators(self.node(id)?);
        Ok(chain.map(|node| self.summary(node, contents)).collect())
    }

    /// The leak suspects, the largest first.
    pub fn suspects(&self, contents: StringContents) -> Vec<NamedSuspect> {
        let total = self.root_retained_bytes().max(1);
        suspects(&self.graph, &self.analysis, SuspectOptions::default())
            .into_iter()
            .map(|suspect| NamedSuspect {
                holder: self.summary(suspect.holder, contents),
                accumulation_point: self.summary(suspect.accumulation_point, contents),
                retained_bytes: suspect.retained_bytes,
                heap_percent: (suspect.retained_bytes as f64 * 100.0 / total as f64) as u32,
                accumulated: suspect.accumulated.map(|found| NamedAccumulation {
                    name: self.analysis.classes.name(found.class).to_owned(),
                    count: found.count,
                    retained_bytes: found.retained_bytes,
                }),
                path: self
                    .path_to(suspect.accumulation_point, contents)
                    .unwrap_or_default(),
            })
            .collect()
    }

    /// The `count` objects that retain most, the largest first.
    pub fn biggest(&self, count: usize, contents: StringContents) -> Vec<NodeSummary> {
        biggest_retainers(&self.graph, &self.analysis.retained, count)
            .into_iter()
            .map(|node| self.summary(node, contents))
            .collect()
    }

    /// The `count` groups of equal strings that waste most, the most wasteful first.
    pub fn duplicate_strings(&self, count: usize, contents: StringContents) -> Vec<RepeatedString> {
        duplicate_strings(&self.graph, &self.analysis.sizes)
            .into_iter()
            .take(count)
            .map(|group| {
                let text = self.graph.strings().text(group.text);
                RepeatedString {
                    text: (contents == StringContents::Shown).then(|| text.to_owned()),
                    length: text_length(text).0,
                    is_cut: group.is_cut,
                    count: group.nodes.len() as u64,
                    shallow_bytes: group.shallow_bytes,
                    wasted_bytes: group.wasted_bytes,
                    example: self.graph.node_id(group.nodes[0]),
                }
            })
            .collect()
    }

    /// How the classes changed from this heap to a later one of the same process, by node id; the class
    /// that grew most first.
    pub fn diff(&self, later: &Self) -> Vec<ClassChange> {
        self.census().diff(later.census())
    }

    fn census(&self) -> &Census {
        self.census
            .get_or_init(|| Census::take(&self.graph, &self.analysis.classes, &self.analysis.sizes))
    }

    fn node(&self, id: u64) -> Result<NodeIndex, Error> {
        let known = u32::try_from(id).ok().map(NodeId);
        known
            .and_then(|id| self.graph.find_node(id))
            .ok_or(Error::UnknownNode { id })
    }

    fn path_to(&self, node: NodeIndex, contents: StringContents) -> Option<Vec<Step>> {
        let path = shortest_path(&self.graph, &self.distances, node)?;
        let step = |&edge: &EdgeIndex| self.step(edge, self.graph.edge_target(edge), contents);
        Some(path.edges.iter().map(step).collect())
    }

    fn step(&self, edge: EdgeIndex, node: NodeIndex, contents: StringContents) -> Step {
        Step {
            edge: edge_summary(&self.graph, edge, contents),
            node: self.summary(node, contents),
        }
    }

    fn summary(&self, node: NodeIndex, contents: StringContents) -> NodeSummary {
        let distance = self.distances.distance(node);
        NodeSummary {
            id: self.graph.node_id(node),
            name: node_name(&self.graph, &self.analysis.classes, node, contents),
            kind: self.graph.node_kind(node),
            shallow_bytes: self.analysis.sizes.bytes(node),
            retained_bytes: self.analysis.retained.bytes(node),
            distance: distance.filter(|&distance| distance < SYSTEM_DISTANCE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    const HIDDEN: StringContents = StringContents::Hidden;

    /// (root) ─global─▶ Window@1 ─cache─▶ Cache@3 ─[0]─▶ "secret"@5
    ///                     │                 └────[1]─▶ "secret"@7
    ///                     └──last──▶ "secret"@7          Lost@9 (nothing leads there)
    fn opened() -> OpenedHeap {
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 10);
        let cache = heap.add_node(NodeKind::Object, "Cache", 3, 20);
        let first = heap.add_node(NodeKind::String, "secret", 5, 30);
        let second = heap.add_node(NodeKind::String, "secret", 7, 30);
        heap.add_node(NodeKind::Object, "Lost", 9, 5);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "global", window);
        heap.add_edge(window, EdgeKind::Property, "cache", cache);
        heap.add_indexed_edge(cache, EdgeKind::Element, 0, first);
        heap.add_indexed_edge(cache, EdgeKind::Element, 1, second);
        heap.add_edge(window, EdgeKind::Property, "last", second);
        OpenedHeap::of(heap.build(), &Unwatched).unwrap()
    }

    fn told(steps: &[Step]) -> Vec<String> {
        let tell = |step: &Step| format!("{} {}", step.edge.name, step.node.id.0);
        steps.iter().map(tell).collect()
    }

    #[test]
    fn sizes_and_classes_add_up() {
        let heap = opened();
        assert_eq!((heap.node_count(), heap.edge_count()), (6, 5));
        assert_eq!((heap.total_bytes(), heap.root_retained_bytes()), (95, 95));
        let classes = heap.classes();
        let strings = classes.iter().find(|class| class.name == "(string)");
        let strings = strings.map(|class| (class.count, class.shallow_bytes));
        assert_eq!(strings, Some((2, 60)));
        assert_eq!(classes[0].name, "Window");
        assert_eq!(classes[0].retained_bytes, 90);
    }

    #[test]
    fn its_memory_grows_with_nodes_edges_and_text() {
        let empty = OpenedHeap::of(Builder::new().build(), &Unwatched).unwrap();
        let text = "(root)Windowglobal".len() as u64;
        assert!(opened().memory_bytes() > empty.memory_bytes() + 5 * 53 + 5 * 9 + text);
    }

    #[test]
    fn a_path_goes_the_shortest_way_and_retainers_come_nearest_first() {
        let heap = opened();
        let path = |id| heap.path(id, HIDDEN).unwrap().map(|path| told(&path));
        assert_eq!(path(7).unwrap(), ["global 1", "last 7"]);
        assert_eq!(path(5).unwrap(), ["global 1", "cache 3", "0 5"]);
        assert_eq!(path(0), Some(vec![]));
        assert_eq!(path(9), None);
        let retainers = heap.retainers(7, HIDDEN).unwrap();
        assert_eq!(told(&retainers), ["last 1", "1 3"]);
    }

    #[test]
    fn dominators_lead_up_to_the_root() {
        let chain = opened().dominators(7, HIDDEN).unwrap();
        let ids: Vec<u32> = chain.iter().map(|node| node.id.0).collect();
        assert_eq!(ids, [7, 1, 0]);
    }

    #[test]
    fn an_id_that_no_node_has_is_an_error() {
        let heap = opened();
        for id in [2, 1 << 40] {
            let error = heap.path(id, HIDDEN).unwrap_err();
            assert_eq!(error.code(), "ERR_MEMWATCH_UNKNOWN_NODE");
        }
    }

    #[test]
    fn contents_of_strings_are_told_on_demand_only() {
        let heap = opened();
        let all = |contents| {
            let biggest = heap.biggest(10, contents);
            let strings = heap.duplicate_strings(10, contents);
            let path = heap.path(5, contents).unwrap();
            let others = (heap.retainers(5, contents), heap.dominators(5, contents));
            let suspects = heap.suspects(contents);
            format!("{biggest:?} {strings:?} {path:?} {others:?} {suspects:?}")
        };
        assert!(!all(HIDDEN).contains("secret"));
        assert!(all(StringContents::Shown).contains("secret"));
        let strings = &heap.duplicate_strings(10, HIDDEN)[0];
        let numbers = (strings.length, strings.count, strings.wasted_bytes);
        assert_eq!(numbers, (6, 2, 30));
    }

    #[test]
    fn a_diff_is_by_id() {
        let heap = opened();
        assert_eq!(heap.diff(&heap), []);
        let mut later = Builder::new();
        later.add_node(NodeKind::Object, "Window", 1, 10);
        later.add_node(NodeKind::Object, "Window", 11, 10);
        let later = OpenedHeap::of(later.build(), &Unwatched).unwrap();
        let changes = heap.diff(&later);
        let window = changes.iter().find(|change| change.name == "Window");
        let window = window.map(|change| (change.added.count, change.removed.count));
        assert_eq!(window, Some((1, 0)));
        assert_eq!(changes[0].growth_bytes(), 10);
    }
}
