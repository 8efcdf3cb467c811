//! One snapshot, opened: everything that a program may ask about it, by the ids that V8 gives its objects.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::biggest_retainers::biggest_retainers;
use super::census::{Census, ClassChange};
use super::classes::{ClassIndex, ClassSummary};
use super::described::{
    EdgeSummary, NodeSummary, PathSummary, StepSummary, StringContents, edge_summary, node_summary,
    path_summary,
};
use super::distances::Distances;
use super::duplicate_strings::duplicate_strings;
use super::heap_analysis::{HeapAnalysis, Threads};
use super::inspectors::{is_global, is_internal_node};
use super::overview::{Overview, OverviewNode, PathTable, ShownNode, cut, pruned_tree};
use super::retainer_paths::{RetainerPath, Search, distinct_paths, shortest_path};
use super::retainers::Retainers;
use super::suspects::{SuspectOptions, suspects};
use crate::error::Error;
use crate::snapshot::{
    EdgeIndex, HeapGraph, NodeId, NodeIndex, Unwatched, Watch, read_file, text_length,
};

/// So many parts of a suspect can be told: each is at least this fraction of it.
const PARTS: usize = 10;

/// So many objects of one class, each held by the one before, are a list.
const MIN_LINKS: usize = 8;

/// A heap with what is needed to answer at once: 36 bytes a node beside the graph.
#[derive(Debug)]
pub struct OpenedHeap {
    graph: HeapGraph,
    analysis: HeapAnalysis,
    classes: Vec<ClassSummary>,
    /// By class: the node that retains most.
    largest: Vec<NodeIndex>,
    distances: Distances,
    /// Only diffs need it.
    census: OnceLock<Census>,
}

/// A class of one heap with its name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedClass {
    pub name: String,
    pub count: u64,
    pub shallow_bytes: u64,
    pub retained_bytes: u64,
    /// Of its nodes the one that retains most.
    pub largest: NodeId,
}

/// What refers to a node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetainerList {
    /// How many references there are.
    pub total: usize,
    /// The nearest to the roots first.
    pub retainers: Vec<Retainer>,
}

/// A reference and the node that it comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Retainer {
    pub edge: EdgeSummary,
    pub node: NodeSummary,
}

/// A leak suspect with the path that leads to it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedSuspect {
    pub holder: NodeSummary,
    pub accumulation_point: NodeSummary,
    pub retained_bytes: u64,
    /// Of the whole heap, 0 to 100.
    pub heap_percent: u32,
    /// What the accumulation point holds most of.
    pub accumulated: Option<NamedAccumulation>,
    /// From the root to the accumulation point.
    pub path: PathSummary,
    /// What retains a tenth or more of what the accumulation point does, the largest first.
    pub parts: Vec<StepSummary>,
}

/// How much of one class accumulates.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedAccumulation {
    pub name: String,
    pub count: u64,
    pub retained_bytes: u64,
    /// The last step of the path to the one that retains most; none for the links
    /// of a list, and where the suspect's parts name the large ones.
    pub example: Option<StepSummary>,
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
        Self::on(Threads::Two, graph, watch)
    }

    /// Analyses a heap on so many threads.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn on(threads: Threads, graph: HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let (analysis, distances) =
            HeapAnalysis::beside(&graph, threads, watch, || Distances::of(&graph, watch))?;
        // Small heaps are done before anyone looks.
        if watch.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(Self {
            classes: analysis.class_summaries(watch)?,
            largest: largest_by_class(&graph, &analysis),
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
                largest: self.graph.node_id(self.largest[class.class.index()]),
            })
            .collect()
    }

    /// At most `limit` of the references to a node, weak ones included: the nearest to the roots first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`].
    ///
    /// # Complexity
    ///
    /// O(references of the heap + limit * log limit).
    pub fn retainers(
        &self,
        id: u64,
        limit: usize,
        contents: StringContents,
    ) -> Result<RetainerList, Error> {
        // Looking through all edges takes milliseconds; sorting them by target for that, most of a
        // second and four bytes for each.
        let mut edges: Vec<EdgeIndex> = self.graph.edges_to(self.node(id)?).collect();
        let total = edges.len();
        let nearness = |&edge: &EdgeIndex| {
            let distance = self.distances.distance(self.graph.edge_source(edge));
            (distance.unwrap_or(u32::MAX), edge)
        };
        if limit < total {
            edges.select_nth_unstable_by_key(limit, nearness);
            edges.truncate(limit);
        }
        edges.sort_unstable_by_key(nearness);
        let retainer = |edge| Retainer {
            edge: edge_summary(&self.graph, edge, contents),
            node: self.summary(self.graph.edge_source(edge), contents),
        };
        Ok(RetainerList {
            total,
            retainers: edges.into_iter().map(retainer).collect(),
        })
    }

    /// The shortest path from the root to a node; none when nothing but weak references leads there.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`].
    pub fn path(&self, id: u64, contents: StringContents) -> Result<Option<PathSummary>, Error> {
        Ok(self.path_to(self.node(id)?, contents))
    }

    /// Up to `count` paths that share no node but those that every path must pass: each names another
    /// holder. The first is that of `path`, and what is nearer to the program's roots comes earlier.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownNode`], [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// As [`distinct_paths`].
    pub fn paths(
        &self,
        id: u64,
        count: usize,
        contents: StringContents,
        watch: &dyn Watch,
    ) -> Result<Vec<PathSummary>, Error> {
        let search = Search {
            distances: &self.distances,
            dominators: &self.analysis.dominators,
            retainers: &Retainers::of(&self.graph, watch)?,
        };
        let paths = distinct_paths(&self.graph, search, self.node(id)?, count, watch)?;
        // Short searches are done before anyone looks.
        if watch.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let described = |path: &RetainerPath| self.described(path, contents);
        Ok(paths.iter().map(described).collect())
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

    /// The leak suspects, the largest first. What is V8's own counts as its owner's: the table of a Map
    /// as the Map. What has no owner that a program could name is left out.
    pub fn suspects(&self, contents: StringContents) -> Vec<NamedSuspect> {
        let total = self.root_retained_bytes().max(1);
        let places = self.analysis.dominators.places();
        let mut known = HashSet::new();
        let options = SuspectOptions::default();
        suspects(&self.graph, &self.analysis, options, &Unwatched)
            .expect("nobody cancels")
            .into_iter()
            .filter_map(|suspect| {
                let point = self.owner(suspect.accumulation_point)?;
                let head = self.head_of_list(point);
                Some((head.unwrap_or(point), head.is_some(), suspect))
            })
            .filter(|&(point, _, _)| known.insert(point))
            .map(|(point, is_list, suspect)| {
                let retained_bytes = self.analysis.retained.bytes(point);
                let place = places[point.index()] as usize;
                let parts = match is_list {
                    true => Vec::new(),
                    false => self.large_parts(place, contents),
                };
                let accumulated = match (is_list, suspect.accumulated) {
                    (true, _) => Some(self.links(place)),
                    (false, None) => None,
                    (false, Some(found)) => {
                        let held_by = places[suspect.accumulation_point.index()] as usize;
                        let example = match parts.is_empty() {
                            true => self.largest_of(held_by, found.class, contents),
                            false => None,
                        };
                        Some(NamedAccumulation {
                            name: self.analysis.classes.name(found.class).to_owned(),
                            count: found.count,
                            retained_bytes: found.retained_bytes,
                            example,
                        })
                    }
                };
                let holder = match self.owner(suspect.holder) {
                    Some(_) => suspect.holder,
                    None => point,
                };
                NamedSuspect {
                    holder: self.summary(holder, contents),
                    accumulation_point: self.summary(point, contents),
                    retained_bytes,
                    heap_percent: (retained_bytes as f64 * 100.0 / total as f64) as u32,
                    accumulated,
                    path: self.path_to(point, contents).unwrap_or_default(),
                    parts,
                }
            })
            .collect()
    }

    /// The `count` objects that retain most, the largest first.
    pub fn biggest(&self, count: usize, contents: StringContents) -> Vec<NodeSummary> {
        biggest_retainers(&self.graph, &self.analysis.retained, count, &Unwatched)
            .expect("nobody cancels")
            .into_iter()
            .map(|node| self.summary(node, contents))
            .collect()
    }

    /// The `count` groups of equal strings that waste most, the most wasteful first.
    pub fn duplicate_strings(&self, count: usize, contents: StringContents) -> Vec<RepeatedString> {
        duplicate_strings(&self.graph, &self.analysis.sizes, &Unwatched)
            .expect("nobody cancels")
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
        let changes = self.census().diff(later.census(), &Unwatched);
        changes.expect("nobody cancels")
    }

    /// The heap for a page: the largest nodes of the dominator tree, and why they are there.
    ///
    /// # Complexity
    ///
    /// O(nodes).
    pub fn overview(&self, contents: StringContents) -> Overview {
        let tree = pruned_tree(&self.analysis.dominators, &self.analysis.retained);
        let classes = &self.analysis.classes;
        let mut paths = PathTable::default();
        let largest = self
            .classes
            .iter()
            .map(|class| self.largest[class.class.index()]);
        for node in tree.iter().map(|shown| shown.node).chain(largest) {
            paths.add(self.graph.node_id(node), || {
                let path = shortest_path(&self.graph, &self.distances, node)?;
                Some((path.edges.len(), self.described(&path, contents)))
            });
        }
        let overview_node = |shown: &ShownNode| {
            let mut node = self.summary(shown.node, contents);
            let mut class = classes.name(classes.class_of(shown.node)).to_owned();
            cut(&mut node.name);
            cut(&mut class);
            OverviewNode {
                node,
                class,
                is_internal: is_internal_node(&self.graph, shown.node)
                    || shown.node == self.graph.root(),
                parent: shown.parent,
                others: shown.others,
            }
        };
        Overview {
            tree: tree.iter().map(overview_node).collect(),
            paths,
        }
    }

    fn census(&self) -> &Census {
        self.census.get_or_init(|| {
            let (classes, sizes) = (&self.analysis.classes, &self.analysis.sizes);
            Census::take(&self.graph, classes, sizes, &Unwatched).expect("nobody cancels")
        })
    }

    fn node(&self, id: u64) -> Result<NodeIndex, Error> {
        let known = u32::try_from(id).ok().map(NodeId);
        known
            .and_then(|id| self.graph.find_node(id))
            .ok_or(Error::UnknownNode { id })
    }

    /// The nearest of a node and its dominators that a program could name; none if that is everything.
    fn owner(&self, node: NodeIndex) -> Option<NodeIndex> {
        let owner = self
            .analysis
            .dominators
            .dominators(node)
            .find(|&node| !is_internal_node(&self.graph, node))?;
        (owner != self.graph.root() && !is_global(&self.graph, owner)).then_some(owner)
    }

    /// The first of the links that lead to a node which is one of them; none if there are but few. Each
    /// link of a list holds nearly as much as the one before, so a suspect may be any of them.
    fn head_of_list(&self, node: NodeIndex) -> Option<NodeIndex> {
        let class_of = |node| self.analysis.classes.class_of(node);
        let links = self.analysis.dominators.dominators(node);
        let links = links.take_while(|&link| class_of(link) == class_of(node));
        let (count, head) = links.fold((0, node), |(count, _), link| (count + 1, link));
        (count >= MIN_LINKS).then_some(head)
    }

    /// Of a class that accumulates in the node at a place of the preorder, the last step of the path to
    /// the one that retains most. It may tell what the class does not: that an `Object` is a Koa context
    /// whose response is finished.
    fn largest_of(
        &self,
        place: usize,
        class: ClassIndex,
        contents: StringContents,
    ) -> Option<StepSummary> {
        let tree = &self.analysis.dominators;
        let largest = tree
            .children(place)
            .map(|child| tree.preorder()[child])
            .filter(|&node| self.analysis.classes.class_of(node) == class)
            .max_by_key(|&node| (self.analysis.retained.bytes(node), Reverse(node)))?;
        self.path_to(largest, contents)?.steps.pop()
    }

    /// All the links that the head of a list, which is given by its place in the preorder, holds.
    fn links(&self, place: usize) -> NamedAccumulation {
        let tree = &self.analysis.dominators;
        let all = &tree.preorder()[place..place + tree.subtree_count(place)];
        let class = self.analysis.classes.class_of(all[0]);
        let is_link = |&&node: &&NodeIndex| self.analysis.classes.class_of(node) == class;
        NamedAccumulation {
            name: self.analysis.classes.name(class).to_owned(),
            count: all.iter().filter(is_link).count() as u64,
            retained_bytes: self.analysis.retained.bytes(all[0]),
            example: None,
        }
    }

    /// The largest of what the node at a place of the preorder dominates, each with the last step of the
    /// path to it.
    fn large_parts(&self, place: usize, contents: StringContents) -> Vec<StepSummary> {
        let tree = &self.analysis.dominators;
        let retained = |node: NodeIndex| self.analysis.retained.bytes(node);
        let least = retained(tree.preorder()[place])
            .div_ceil(PARTS as u64)
            .max(1);
        let children = tree.children(place).map(|child| tree.preorder()[child]);
        let mut large: Vec<NodeIndex> = children
            .filter(|&node| retained(node) >= least && !is_internal_node(&self.graph, node))
            .collect();
        large.sort_by_key(|&node| Reverse(retained(node)));
        let last = |node| self.path_to(node, contents)?.steps.pop();
        large.into_iter().filter_map(last).collect()
    }

    /// What the numbers of this heap are made from.
    pub(super) fn parts(&self) -> (&HeapGraph, &HeapAnalysis, &Distances) {
        (&self.graph, &self.analysis, &self.distances)
    }

    pub(super) fn path_to(&self, node: NodeIndex, contents: StringContents) -> Option<PathSummary> {
        let path = shortest_path(&self.graph, &self.distances, node)?;
        Some(self.described(&path, contents))
    }

    fn described(&self, path: &RetainerPath, contents: StringContents) -> PathSummary {
        path_summary(&self.graph, path, contents, |node| {
            self.summary(node, contents)
        })
    }

    fn summary(&self, node: NodeIndex, contents: StringContents) -> NodeSummary {
        node_summary(&self.graph, &self.analysis, &self.distances, node, contents)
    }
}

/// By class: the node that retains most, the first of equals.
fn largest_by_class(graph: &HeapGraph, analysis: &HeapAnalysis) -> Vec<NodeIndex> {
    let mut largest = vec![None; analysis.classes.len()];
    for node in graph.nodes() {
        let known: &mut Option<NodeIndex> = &mut largest[analysis.classes.class_of(node).index()];
        let retained = |node| analysis.retained.bytes(node);
        if known.is_none_or(|known| retained(known) < retained(node)) {
            *known = Some(node);
        }
    }
    let root = graph.root();
    largest
        .into_iter()
        .map(|node| node.unwrap_or(root))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind};

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

    fn told(path: &PathSummary) -> Vec<String> {
        let tell = |step: &StepSummary| format!("{} {}", step.edge, step.node.id.0);
        path.steps.iter().map(tell).collect()
    }

    fn names(found: &RetainerList) -> Vec<String> {
        let tell = |found: &Retainer| format!("{} {}", found.edge.name, found.node.id.0);
        found.retainers.iter().map(tell).collect()
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
        assert_eq!(path(7).unwrap(), ["root 1", ".last 7"]);
        assert_eq!(path(5).unwrap(), ["root 1", ".cache 3", "[0] 5"]);
        assert_eq!(path(0), Some(vec![]));
        assert_eq!(path(9), None);
        let retainers = heap.retainers(7, 10, HIDDEN).unwrap();
        assert_eq!(names(&retainers), ["last 1", "1 3"]);
    }

    #[test]
    fn of_many_retainers_the_nearest_are_told_and_all_are_counted() {
        let found = opened().retainers(7, 1, HIDDEN).unwrap();
        assert_eq!((found.total, names(&found)), (2, vec!["last 1".to_owned()]));
    }

    #[test]
    fn each_of_several_paths_has_another_holder() {
        let heap = opened();
        let paths = heap.paths(7, 5, HIDDEN, &Unwatched).unwrap();
        let paths: Vec<Vec<String>> = paths.iter().map(told).collect();
        assert_eq!(paths[0], ["root 1", ".last 7"]);
        assert_eq!(paths[1], ["root 1", ".cache 3", "[1] 7"]);
        assert_eq!(paths.len(), 2);
        assert_eq!(heap.paths(7, 1, HIDDEN, &Unwatched).unwrap().len(), 1);
        assert_eq!(heap.paths(9, 5, HIDDEN, &Unwatched).unwrap(), []);
    }

    #[test]
    fn a_class_names_the_one_of_it_that_retains_most() {
        let classes = opened().classes();
        let largest = |name| {
            let class = classes.iter().find(|class| class.name == name);
            class.map(|class| class.largest.0)
        };
        assert_eq!(largest("Cache"), Some(3));
        assert_eq!(largest("(string)"), Some(5));
    }

    #[test]
    fn an_overview_has_the_tree_and_a_path_to_each_node_of_it() {
        let heap = opened();
        let Overview { tree, paths } = heap.overview(HIDDEN);
        let ids: Vec<(u32, Option<u32>)> = tree
            .iter()
            .map(|shown| (shown.node.id.0, shown.parent))
            .collect();
        let expected = [
            (0, None),
            (1, Some(0)),
            (3, Some(1)),
            (5, Some(2)),
            (7, Some(1)),
            (9, Some(0)),
        ];
        assert_eq!(ids, expected);
        for (id, path) in paths.by_node() {
            let steps = path
                .steps
                .iter()
                .map(|&step| paths.steps()[step as usize].clone());
            let expected = heap.path(u64::from(id.0), HIDDEN).unwrap().unwrap();
            assert_eq!(steps.collect::<Vec<_>>(), expected.steps);
            assert_eq!(path.fingerprint, expected.fingerprint);
        }
        // Nothing leads to the last one.
        assert_eq!(paths.by_node().len(), 5);
        assert!(!format!("{:?}", heap.overview(HIDDEN)).contains("secret"));
        let shown = heap.overview(StringContents::Shown);
        assert!(format!("{shown:?}").contains("secret"));
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
            let others = (
                heap.retainers(5, 10, contents),
                heap.dominators(5, contents),
            );
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
    fn what_is_v8s_own_is_suspected_as_its_owners_and_what_is_everything_is_not() {
        // (root) ─▶ system / NativeContext ─▶ global ─users─▶ Map ─table─▶ (array) ─▶ 20 × User (100)
        //                       └─────▶ (code) (900)
        let mut heap = Builder::new();
        let context = heap.add_node(NodeKind::Hidden, "system / NativeContext", 1, 8);
        let global = heap.add_node(NodeKind::Object, "global", 3, 8);
        let map = heap.add_node(NodeKind::Object, "Map", 5, 8);
        let table = heap.add_node(NodeKind::Array, "", 7, 8);
        let code = heap.add_node(NodeKind::Code, "code", 9, 900);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "1", context);
        heap.add_edge(context, EdgeKind::Internal, "global_object", global);
        heap.add_edge(context, EdgeKind::Internal, "code", code);
        heap.add_edge(global, EdgeKind::Property, "users", map);
        heap.add_edge(map, EdgeKind::Internal, "table", table);
        for index in 0..20 {
            let user = heap.add_node(NodeKind::Object, "User", 11 + index * 2, 100);
            heap.add_edge(table, EdgeKind::Internal, &index.to_string(), user);
        }
        let heap = OpenedHeap::of(heap.build(), &Unwatched).unwrap();
        let found = heap.suspects(HIDDEN);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].accumulation_point.name, "Map");
        assert_eq!(found[0].retained_bytes, 2016);
        let accumulated = found[0].accumulated.as_ref().unwrap();
        assert_eq!((accumulated.name.as_str(), accumulated.count), ("User", 20));
        let example = accumulated.example.as_ref().unwrap();
        assert_eq!((example.class.as_str(), example.node.id.0), ("User", 11));
        assert_eq!(told(&found[0].path), ["global object 3", ".users 5"]);
        assert_eq!(found[0].parts, []);
    }

    #[test]
    fn a_suspect_that_holds_several_large_things_names_them() {
        // (root) ─▶ global ─▶ Store ─a─▶ A (500) ─b─▶ B (400) ─c─▶ C (20)
        let mut heap = Builder::new();
        let global = heap.add_node(NodeKind::Object, "global", 1, 8);
        let store = heap.add_node(NodeKind::Object, "Store", 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "1", global);
        heap.add_edge(global, EdgeKind::Property, "store", store);
        for (id, name, size) in [(5, "b", 400), (7, "a", 500), (9, "c", 20)] {
            let part = heap.add_node(NodeKind::Object, name, id, size);
            heap.add_edge(store, EdgeKind::Property, name, part);
        }
        let heap = OpenedHeap::of(heap.build(), &Unwatched).unwrap();
        let found = heap.suspects(HIDDEN);
        let store = found
            .iter()
            .find(|found| found.accumulation_point.id.0 == 3);
        let parts = &store.unwrap().parts;
        let parts: Vec<(&str, u32)> = parts
            .iter()
            .map(|part| (part.edge.as_str(), part.node.id.0))
            .collect();
        assert_eq!(parts, [(".a", 7), (".b", 5)]);
    }

    /// (root) ─▶ global ─head─▶ Link ─next─▶ … (so many links of 100)
    fn list(links: u32) -> OpenedHeap {
        let mut heap = Builder::new();
        let mut last = heap.add_node(NodeKind::Object, "global", 1, 8);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "1", last);
        for index in 0..links {
            let link = heap.add_node(NodeKind::Object, "Link", 3 + index * 2, 100);
            let name = if index == 0 { "head" } else { "next" };
            heap.add_edge(last, EdgeKind::Property, name, link);
            last = link;
        }
        OpenedHeap::of(heap.build(), &Unwatched).unwrap()
    }

    #[test]
    fn of_a_list_its_head_is_suspected_with_all_its_links() {
        let found = list(1000).suspects(HIDDEN);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].accumulation_point.id.0, 3);
        assert_eq!(
            (found[0].retained_bytes, found[0].heap_percent),
            (100_000, 99)
        );
        let accumulated = found[0].accumulated.as_ref().unwrap();
        assert_eq!(
            (accumulated.name.as_str(), accumulated.count),
            ("Link", 1000)
        );
        // Two of a class in a row are no list.
        assert_eq!(list(2).suspects(HIDDEN)[0].accumulation_point.id.0, 3);
        assert_eq!(
            list(2).suspects(HIDDEN)[0]
                .accumulated
                .as_ref()
                .unwrap()
                .count,
            1
        );
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
