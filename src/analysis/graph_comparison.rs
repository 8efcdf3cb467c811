//! Two readings of one heap compared: by class, node by node, edge by edge, and path by path.
//!
//! One is ours, the other V8's own. Nodes with the same id are the same object. What differs is grouped, most frequent first,
//! so that one row stands for one thing that the reader of the one does and that of the other does not. Contents of strings
//! are never told.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::distances::Distances;
use crate::error::Error;
use crate::snapshot::{
    EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeIndex, NodeKind, Phase, StringId, Watch,
};

/// How much is compared and told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CompareOptions {
    /// Rows of each list, at most.
    pub rows: usize,
    /// Examples of each row, at most.
    pub examples: usize,
    /// Random objects whose retainer paths are followed.
    pub paths: usize,
    /// Which random objects.
    pub seed: u64,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            rows: 200,
            examples: 3,
            paths: 1000,
            seed: 1,
        }
    }
}

/// How two readings of one heap differ.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GraphComparison {
    pub classes: ClassComparison,
    pub nodes: NodeComparison,
    pub edges: EdgeComparison,
    pub paths: PathComparison,
}

/// What a reading adds up to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct GraphTotals {
    pub node_count: u64,
    pub edge_count: u64,
    pub shallow_bytes: u64,
    /// Nodes that are a program's objects: of kind object, closure, regexp or WebAssembly object.
    pub object_count: u64,
}

/// Nodes and bytes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct NodeTally {
    pub count: u64,
    pub shallow_bytes: u64,
}

/// Two readings by class: kind and name, all strings of a kind being one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClassComparison {
    pub ours: GraphTotals,
    pub v8s: GraphTotals,
    /// Classes with the same count and bytes in both.
    pub equal_count: u64,
    pub different_count: u64,
    /// Those of them that are a program's objects, and differ in their count.
    pub different_object_count: u64,
    /// The first of those that differ, objects before V8's internals, those that differ by most first.
    pub different: Vec<ClassDifference>,
}

/// A class that the readings have not alike.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClassDifference {
    /// Kind and name, but for strings: `object: Session`.
    pub class: String,
    pub is_object: bool,
    pub ours: NodeTally,
    pub v8s: NodeTally,
}

/// Two readings node by node.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NodeComparison {
    /// Nodes that are in both, the root among them.
    pub matched_count: u64,
    /// Nodes of ours without an id.
    pub without_id_count: u64,
    /// Nodes whose id another node of the same reading has; the first one is compared.
    pub repeated_id_count: u64,
    /// Nodes in both that have another kind, name or size.
    pub different_count: u64,
    pub different: Vec<NodeDifference>,
    pub only_in_v8s: NodeTally,
    pub missing: Vec<MissingNodes>,
    pub only_in_ours: NodeTally,
    pub surplus: Vec<MissingNodes>,
}

/// Nodes that one reading has as this class and the other as that, or with other sizes or names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NodeDifference {
    pub v8s: String,
    pub ours: String,
    /// Whether either is a program's object.
    pub is_object: bool,
    pub count: u64,
    /// How many of them differ in kind, in name and in shallow size.
    pub kind_count: u64,
    pub name_count: u64,
    pub size_count: u64,
    pub examples: Vec<NodeExample>,
}

/// One node that differs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NodeExample {
    pub id: u32,
    pub v8s_bytes: u64,
    pub our_bytes: u64,
    /// Lengths of both names, and how many bytes at their beginnings are the same.
    pub v8s_name_bytes: u64,
    pub our_name_bytes: u64,
    pub same_name_bytes: u64,
}

/// Nodes of one class that only one of the readings has.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MissingNodes {
    pub class: String,
    pub is_object: bool,
    pub count: u64,
    pub shallow_bytes: u64,
    /// How many of them a node holds that is in both readings: there the other reading stopped.
    pub entry_count: u64,
    pub ids: Vec<u32>,
    /// What holds them, nodes that are in both readings first, then the most frequent first.
    pub held_by: Vec<Holder>,
}

/// One of the ways in which missing nodes are held.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Holder {
    pub class: String,
    /// Kind and name of the reference, digits as `#`, indices as `[x]`: `property next`.
    pub edge: String,
    /// Whether the holder is in both readings.
    pub is_in_both: bool,
    pub count: u64,
    pub id: u32,
}

/// The edges of nodes that are in both readings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EdgeComparison {
    /// Edges of the same kind and name to the same node.
    pub equal_count: u64,
    pub only_in_v8s_count: u64,
    pub missing: Vec<MissingEdges>,
    pub only_in_ours_count: u64,
    pub surplus: Vec<MissingEdges>,
}

/// Edges of one kind that only one of the readings has.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MissingEdges {
    pub source: String,
    /// As in [`Holder`].
    pub edge: String,
    pub target: String,
    /// Whether source or target is a program's object.
    pub is_object: bool,
    /// Whether the target is in both readings. If not, the node is missing in the first place.
    pub is_target_in_both: bool,
    pub count: u64,
    pub examples: Vec<EdgeExample>,
}

/// One edge that is missing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EdgeExample {
    pub source: u32,
    pub label: String,
    pub target: u32,
}

/// Our retainer paths of random objects, followed in V8's graph.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PathComparison {
    /// Objects that are in both readings, and how many of them no strong reference of ours reaches.
    pub object_count: u64,
    pub unreached_count: u64,
    /// Paths that were followed, of objects that are reached.
    pub followed_count: u64,
    /// Those of which V8's graph has every step.
    pub true_count: u64,
    pub failed: Vec<FailedStep>,
}

/// A step of paths that V8's graph does not have.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailedStep {
    pub reason: FailedBecause,
    pub source: String,
    pub edge: String,
    pub target: String,
    /// Paths with such a step as their first that fails.
    pub count: u64,
    pub example: EdgeExample,
}

/// Why a step is not in V8's graph.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum FailedBecause {
    /// The path begins at this node, but none of V8's roots refers to it.
    NoRoot,
    /// V8 has no such node.
    NoNode,
    /// V8 has both nodes, but not this edge between them.
    NoEdge,
}

impl FailedBecause {
    pub fn name(self) -> &'static str {
        match self {
            Self::NoRoot => "no root",
            Self::NoNode => "no node",
            Self::NoEdge => "no edge",
        }
    }
}

/// Compares the classes of two readings whose nodes need not have ids.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes) expected time, four bytes a node.
pub fn compare_classes(
    ours: &HeapGraph,
    v8s: &HeapGraph,
    options: CompareOptions,
    watch: &dyn Watch,
) -> Result<ClassComparison, Error> {
    let mut texts = Texts::default();
    let mut classes = Classes::default();
    let ours = Reading::of(ours, &mut texts, &mut classes, watch)?;
    let v8s = Reading::of(v8s, &mut texts, &mut classes, watch)?;
    Ok(classes.compare(&ours, &v8s, &texts, options))
}

/// Compares two readings by all that they tell. Nodes of `ours` have the ids of `v8s`, or 0 where V8 does not know them.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes log nodes + edges) expected time; about forty bytes a node, and one row for each kind of difference.
pub fn compare_graphs(
    ours: &HeapGraph,
    v8s: &HeapGraph,
    options: CompareOptions,
    watch: &dyn Watch,
) -> Result<GraphComparison, Error> {
    let mut texts = Texts::default();
    let mut classes = Classes::default();
    let mut ours = Reading::of(ours, &mut texts, &mut classes, watch)?;
    let mut v8s = Reading::of(v8s, &mut texts, &mut classes, watch)?;
    ours.intern_labels(&mut texts, watch)?;
    v8s.intern_labels(&mut texts, watch)?;
    let repeated_id_count = match_nodes(&mut ours, &mut v8s);
    let compared = classes.compare(&ours, &v8s, &texts, options);
    let mut comparing = Comparing {
        ours,
        v8s,
        classes,
        folded: FoldedLabels::new(&texts),
        texts,
        options,
        watch,
    };
    let edges = comparing.edges()?;
    let nodes = comparing.nodes(repeated_id_count)?;
    let paths = comparing.paths()?;
    Ok(GraphComparison {
        classes: compared,
        nodes,
        edges,
        paths,
    })
}

/// No text, class or node.
const NONE: u32 = u32::MAX;

/// What every reference by index is called.
const ANY_INDEX: &str = "[x]";

/// Names are cut to so many characters.
const NAME_LENGTH: usize = 120;

/// Whether nodes of this kind are a program's objects.
fn is_object(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Object | NodeKind::Closure | NodeKind::RegExp | NodeKind::WasmObject
    )
}

/// Texts of both readings, so that equal ones have equal numbers.
#[derive(Default)]
struct Texts<'a> {
    known: HashMap<&'a str, u32>,
    texts: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn intern(&mut self, text: &'a str) -> u32 {
        match self.known.entry(text) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.texts.push(text);
                *new.insert(self.texts.len() as u32 - 1)
            }
        }
    }

    fn text(&self, text: u32) -> &'a str {
        self.texts[text as usize]
    }
}

/// Kind and name of nodes of both readings, by number.
#[derive(Default)]
struct Classes {
    known: HashMap<(NodeKind, u32), u32>,
    /// The name of strings is their content, so they have none.
    classes: Vec<(NodeKind, u32)>,
}

impl Classes {
    fn of(&mut self, kind: NodeKind, name: u32) -> u32 {
        let next = self.classes.len() as u32;
        let class = *self.known.entry((kind, name)).or_insert(next);
        if class == next {
            self.classes.push((kind, name));
        }
        class
    }

    fn text(&self, class: u32, texts: &Texts<'_>) -> String {
        let (kind, name) = self.classes[class as usize];
        let name = match name {
            NONE => "",
            name => cut(texts.text(name)),
        };
        // There is a kind "object shape", and there may be a class "shape".
        match name {
            "" => kind.name().to_owned(),
            name => format!("{}: {name}", kind.name()),
        }
    }

    fn is_object(&self, class: u32) -> bool {
        is_object(self.classes[class as usize].0)
    }

    fn compare(
        &self,
        ours: &Reading<'_>,
        v8s: &Reading<'_>,
        texts: &Texts<'_>,
        options: CompareOptions,
    ) -> ClassComparison {
        let our_tallies = ours.tallies(self.classes.len());
        let v8s_tallies = v8s.tallies(self.classes.len());
        let mut different: Vec<(u32, NodeTally, NodeTally)> = our_tallies
            .into_iter()
            .zip(v8s_tallies)
            .enumerate()
            .filter(|(_, (ours, v8s))| ours != v8s)
            .map(|(class, (ours, v8s))| (class as u32, ours, v8s))
            .collect();
        different.sort_by_key(|&(class, ours, v8s)| {
            (
                !self.is_object(class),
                std::cmp::Reverse(ours.count.abs_diff(v8s.count)),
                std::cmp::Reverse(ours.shallow_bytes.abs_diff(v8s.shallow_bytes)),
                class,
            )
        });
        let differs_in_objects = |&&(class, ours, v8s): &&(u32, NodeTally, NodeTally)| {
            self.is_object(class) && ours.count != v8s.count
        };
        ClassComparison {
            ours: ours.totals(),
            v8s: v8s.totals(),
            equal_count: (self.classes.len() - different.len()) as u64,
            different_count: different.len() as u64,
            different_object_count: different.iter().filter(differs_in_objects).count() as u64,
            different: different
                .into_iter()
                .take(options.rows)
                .map(|(class, ours, v8s)| ClassDifference {
                    class: self.text(class, texts),
                    is_object: self.is_object(class),
                    ours,
                    v8s,
                })
                .collect(),
        }
    }
}

/// One reading, its texts and classes numbered as those of the other.
struct Reading<'a> {
    graph: &'a HeapGraph,
    /// By string of the graph; `NONE` for those that name no class or edge.
    text_of: Vec<u32>,
    /// By node.
    class_of: Vec<u32>,
    /// By node: the same one of the other reading, or `NONE`.
    partner_of: Vec<u32>,
}

impl<'a> Reading<'a> {
    fn of(
        graph: &'a HeapGraph,
        texts: &mut Texts<'a>,
        classes: &mut Classes,
        watch: &dyn Watch,
    ) -> Result<Self, Error> {
        let mut reading = Self {
            graph,
            text_of: vec![NONE; graph.strings().len()],
            class_of: Vec::with_capacity(graph.node_count()),
            partner_of: Vec::new(),
        };
        for node in graph.nodes() {
            watch.check_each(Phase::Compare, node.index(), graph.node_count())?;
            let kind = graph.node_kind(node);
            let name = if kind.is_string() {
                NONE
            } else {
                reading.intern(graph.node_name_id(node), texts)
            };
            reading.class_of.push(classes.of(kind, name));
        }
        Ok(reading)
    }

    fn intern_labels(&mut self, texts: &mut Texts<'a>, watch: &dyn Watch) -> Result<(), Error> {
        for node in self.graph.nodes() {
            watch.check_each(Phase::Compare, node.index(), self.graph.node_count())?;
            for edge in self.graph.edges(node) {
                if let EdgeLabel::Name(name) = self.graph.edge_label(edge) {
                    self.intern(name, texts);
                }
            }
        }
        Ok(())
    }

    fn intern(&mut self, string: StringId, texts: &mut Texts<'a>) -> u32 {
        let text = &mut self.text_of[string.index()];
        if *text == NONE {
            *text = texts.intern(unnumbered(self.graph.strings().text(string)));
        }
        *text
    }

    fn totals(&self) -> GraphTotals {
        let graph = self.graph;
        GraphTotals {
            node_count: graph.node_count() as u64,
            edge_count: graph.edge_count() as u64,
            shallow_bytes: graph.nodes().map(|node| graph.shallow_size(node)).sum(),
            object_count: graph
                .node_kinds()
                .iter()
                .filter(|&&kind| is_object(kind))
                .count() as u64,
        }
    }

    fn tallies(&self, classes: usize) -> Vec<NodeTally> {
        let mut tallies = vec![NodeTally::default(); classes];
        for node in self.graph.nodes() {
            let tally = &mut tallies[self.class_of(node) as usize];
            tally.count += 1;
            tally.shallow_bytes += self.graph.shallow_size(node);
        }
        tallies
    }

    fn class_of(&self, node: NodeIndex) -> u32 {
        self.class_of[node.index()]
    }

    /// The same node of the other reading.
    fn partner(&self, node: NodeIndex) -> Option<NodeIndex> {
        let partner = self.partner_of[node.index()];
        (partner != NONE).then_some(NodeIndex(partner))
    }

    fn id(&self, node: NodeIndex) -> u32 {
        self.graph.node_id(node).0
    }

    /// Kind and label of an edge; the label's index or text means the same in both readings.
    fn edge_key(&self, edge: EdgeIndex) -> (EdgeKind, u32) {
        let label = match self.graph.edge_label(edge) {
            EdgeLabel::Index(index) => index,
            EdgeLabel::Name(name) => self.text_of[name.index()],
        };
        (self.graph.edge_kind(edge), label)
    }

    /// Nodes with ids, smallest first, each id once; and how many there were of which the id was taken.
    fn by_id(&self) -> (Vec<(u32, u32)>, u64) {
        let root = self.graph.root();
        let mut nodes: Vec<(u32, u32)> = self
            .graph
            .nodes()
            .filter(|&node| node != root && self.id(node) != 0)
            .map(|node| (self.id(node), node.0))
            .collect();
        nodes.sort_unstable();
        let before = nodes.len();
        nodes.dedup_by_key(|&mut (id, _)| id);
        let repeated = before - nodes.len();
        (nodes, repeated as u64)
    }
}

/// Finds the nodes that are in both; how many could not be told apart by their ids.
fn match_nodes(ours: &mut Reading<'_>, v8s: &mut Reading<'_>) -> u64 {
    ours.partner_of = vec![NONE; ours.graph.node_count()];
    v8s.partner_of = vec![NONE; v8s.graph.node_count()];
    let (ours_by_id, ours_repeated) = ours.by_id();
    let (v8s_by_id, v8s_repeated) = v8s.by_id();
    let mut pair = |our: NodeIndex, v8s_node: NodeIndex| {
        ours.partner_of[our.index()] = v8s_node.0;
        v8s.partner_of[v8s_node.index()] = our.0;
    };
    pair(ours.graph.root(), v8s.graph.root());
    let mut candidates = v8s_by_id.iter().peekable();
    for &(id, our) in &ours_by_id {
        while candidates.next_if(|&&(other, _)| other < id).is_some() {}
        if let Some(&(_, node)) = candidates.next_if(|&&(other, _)| other == id) {
            pair(NodeIndex(our), NodeIndex(node));
        }
    }
    ours_repeated + v8s_repeated
}

/// Labels of edges with their digits folded, so that `3` and `14` are one group and `slot 1` and `slot 2` another.
struct FoldedLabels {
    known: HashMap<String, u32>,
    folded: Vec<String>,
    /// By text.
    of_text: Vec<u32>,
}

impl FoldedLabels {
    fn new(texts: &Texts<'_>) -> Self {
        let mut labels = Self {
            known: HashMap::new(),
            folded: Vec::new(),
            of_text: vec![NONE; texts.texts.len()],
        };
        labels.add(ANY_INDEX.to_owned());
        labels
    }

    fn of(&mut self, (kind, label): (EdgeKind, u32), texts: &Texts<'_>) -> (EdgeKind, u32) {
        if kind.has_index() {
            return (kind, 0);
        }
        if self.of_text[label as usize] == NONE {
            self.of_text[label as usize] = self.add(folded_digits(texts.text(label)));
        }
        (kind, self.of_text[label as usize])
    }

    fn add(&mut self, folded: String) -> u32 {
        let next = self.folded.len() as u32;
        match self.known.entry(folded) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.folded.push(new.key().clone());
                *new.insert(next)
            }
        }
    }

    fn text(&self, (kind, folded): (EdgeKind, u32)) -> String {
        format!("{} {}", kind.name(), cut(&self.folded[folded as usize]))
    }
}

fn cut(name: &str) -> &str {
    match name.char_indices().nth(NAME_LENGTH) {
        Some((at, _)) => &name[..at],
        None => name,
    }
}

fn folded_digits(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' if folded.ends_with('#') => {}
            '0'..='9' => folded.push('#'),
            other => folded.push(other),
        }
    }
    folded
}

/// Things counted by what they have in common, with the first of each group.
struct Groups<K, T> {
    groups: HashMap<K, (u64, Vec<T>)>,
    examples: usize,
}

impl<K: Copy + Eq + Hash + Ord, T> Groups<K, T> {
    fn new(examples: usize) -> Self {
        Self {
            groups: HashMap::new(),
            examples,
        }
    }

    fn add(&mut self, key: K, example: impl FnOnce() -> T) {
        let (count, examples) = self.groups.entry(key).or_insert((0, Vec::new()));
        *count += 1;
        if examples.len() < self.examples {
            examples.push(example());
        }
    }

    fn total(&self) -> u64 {
        self.groups.values().map(|(count, _)| count).sum()
    }

    /// The most frequent first.
    fn sorted(self) -> impl Iterator<Item = (K, u64, Vec<T>)> {
        let groups = self.groups.into_iter();
        let mut sorted: Vec<_> = groups
            .map(|(key, (count, examples))| (key, count, examples))
            .collect();
        sorted.sort_by_key(|&(key, count, _)| (std::cmp::Reverse(count), key));
        sorted.into_iter()
    }
}

/// The nodes that only one reading has, of one class.
struct Missing {
    tally: NodeTally,
    entry_count: u64,
    ids: Vec<u32>,
    /// By whether the holder is missing too, its class, and the edge.
    holders: Groups<(bool, u32, (EdgeKind, u32)), u32>,
}

/// Edges that are told as one row.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct EdgeGroup {
    source: u32,
    /// Kind and folded label.
    edge: (EdgeKind, u32),
    target: u32,
    is_target_in_both: bool,
}

/// An edge as both readings tell it: kind, label and the target's number in V8's graph; and where it stands.
type ComparedEdge = ((EdgeKind, u32), u32, EdgeIndex);

/// Where the path to a node stands in V8's graph.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Followed {
    Unknown,
    /// So far there were only roots and nodes without an id.
    NotBegun,
    True,
    /// This edge of ours is not in V8's graph.
    Failed(EdgeIndex, FailedBecause),
}

struct Comparing<'a> {
    ours: Reading<'a>,
    v8s: Reading<'a>,
    classes: Classes,
    texts: Texts<'a>,
    folded: FoldedLabels,
    options: CompareOptions,
    watch: &'a dyn Watch,
}

impl Comparing<'_> {
    fn nodes(&mut self, repeated_id_count: u64) -> Result<NodeComparison, Error> {
        let (v8s, ours) = (&self.v8s, &self.ours);
        let mut matched_count = 0;
        let mut different = HashMap::<(u32, u32), NodeDifference>::new();
        for node in v8s.graph.nodes() {
            self.watch
                .check_each(Phase::Compare, node.index(), v8s.graph.node_count())?;
            let Some(our) = v8s.partner(node) else {
                continue;
            };
            matched_count += 1;
            if node == v8s.graph.root() {
                continue;
            }
            let (class, our_class) = (v8s.class_of(node), ours.class_of(our));
            let (bytes, our_bytes) = (v8s.graph.shallow_size(node), ours.graph.shallow_size(our));
            let (name, our_name) = (v8s.graph.node_name(node), ours.graph.node_name(our));
            let has_other_kind = v8s.graph.node_kind(node) != ours.graph.node_kind(our);
            let has_other_name = name != our_name;
            if !has_other_kind && !has_other_name && bytes == our_bytes {
                continue;
            }
            let row = different
                .entry((class, our_class))
                .or_insert_with(|| NodeDifference {
                    v8s: self.classes.text(class, &self.texts),
                    ours: self.classes.text(our_class, &self.texts),
                    is_object: self.classes.is_object(class) || self.classes.is_object(our_class),
                    count: 0,
                    kind_count: 0,
                    name_count: 0,
                    size_count: 0,
                    examples: Vec::new(),
                });
            row.count += 1;
            row.kind_count += u64::from(has_other_kind);
            row.name_count += u64::from(has_other_name);
            row.size_count += u64::from(bytes != our_bytes);
            if row.examples.len() < self.options.examples {
                row.examples.push(NodeExample {
                    id: v8s.id(node),
                    v8s_bytes: bytes,
                    our_bytes,
                    v8s_name_bytes: name.len() as u64,
                    our_name_bytes: our_name.len() as u64,
                    same_name_bytes: same_bytes(name, our_name),
                });
            }
        }
        let mut different: Vec<NodeDifference> = different.into_values().collect();
        let different_count = different.iter().map(|row| row.count).sum();
        different.sort_by(|a, b| {
            let key = |row: &NodeDifference| (std::cmp::Reverse(row.count), row.v8s.clone());
            key(a).cmp(&key(b)).then_with(|| a.ours.cmp(&b.ours))
        });
        different.truncate(self.options.rows);
        let without_id = |&node: &NodeIndex| node != ours.graph.root() && ours.id(node) == 0;
        let without_id_count = ours.graph.nodes().filter(without_id).count() as u64;
        let mut labels = Labels {
            texts: &self.texts,
            folded: &mut self.folded,
        };
        let (only_in_v8s, missing) = missing_nodes(v8s, &self.classes, &mut labels, self.options);
        let (only_in_ours, surplus) = missing_nodes(ours, &self.classes, &mut labels, self.options);
        Ok(NodeComparison {
            matched_count,
            without_id_count,
            repeated_id_count,
            different_count,
            different,
            only_in_v8s,
            missing,
            only_in_ours,
            surplus,
        })
    }

    /// Whether a program made the edge itself: by property, by index or by variable.
    fn is_of_program(&self, group: &EdgeGroup) -> bool {
        group.is_target_in_both
            && (self.classes.is_object(group.source) || self.classes.is_object(group.target))
            && matches!(
                group.edge.0,
                EdgeKind::Property | EdgeKind::Element | EdgeKind::Context
            )
    }

    fn edges(&mut self) -> Result<EdgeComparison, Error> {
        let mut equal_count = 0;
        let mut missing = Groups::new(self.options.examples);
        let mut surplus = Groups::new(self.options.examples);
        let (mut v8s_edges, mut our_edges) = (Vec::new(), Vec::new());
        let (v8s, ours) = (&self.v8s, &self.ours);
        let mut labels = Labels {
            texts: &self.texts,
            folded: &mut self.folded,
        };
        for node in v8s.graph.nodes() {
            self.watch
                .check_each(Phase::Compare, node.index(), v8s.graph.node_count())?;
            let Some(our) = v8s.partner(node) else {
                continue;
            };
            v8s.compared_edges(node, |target| target.0, &mut v8s_edges);
            let in_v8s = |target: NodeIndex| ours.partner_of[target.index()];
            ours.compared_edges(our, in_v8s, &mut our_edges);
            let is_same = |(a, b): (&ComparedEdge, &ComparedEdge)| (a.0, a.1) == (b.0, b.1);
            if v8s_edges.len() == our_edges.len() && v8s_edges.iter().zip(&our_edges).all(is_same) {
                equal_count += v8s_edges.len() as u64;
                continue;
            }
            v8s_edges.sort_unstable();
            our_edges.sort_unstable();
            let mut rest = our_edges.iter().peekable();
            for edge in &v8s_edges {
                let key = (edge.0, edge.1);
                while let Some(our_edge) = rest.next_if(|other| (other.0, other.1) < key) {
                    labels.group(ours, our, our_edge.2, &mut surplus);
                }
                if rest.next_if(|other| (other.0, other.1) == key).is_some() {
                    equal_count += 1;
                } else {
                    labels.group(v8s, node, edge.2, &mut missing);
                }
            }
            for our_edge in rest {
                labels.group(ours, our, our_edge.2, &mut surplus);
            }
        }
        let rows = |groups: Groups<EdgeGroup, EdgeExample>| {
            let total = groups.total();
            let row = |(group, count, examples): (EdgeGroup, u64, Vec<EdgeExample>)| MissingEdges {
                source: self.classes.text(group.source, &self.texts),
                edge: self.folded.text(group.edge),
                target: self.classes.text(group.target, &self.texts),
                is_object: self.classes.is_object(group.source)
                    || self.classes.is_object(group.target),
                is_target_in_both: group.is_target_in_both,
                count,
                examples,
            };
            let mut groups: Vec<_> = groups.sorted().collect();
            groups.sort_by_key(|(group, ..)| !self.is_of_program(group));
            let shown = groups.into_iter().take(self.options.rows);
            (total, shown.map(row).collect())
        };
        let (only_in_v8s_count, missing) = rows(missing);
        let (only_in_ours_count, surplus) = rows(surplus);
        Ok(EdgeComparison {
            equal_count,
            only_in_v8s_count,
            missing,
            only_in_ours_count,
            surplus,
        })
    }

    fn paths(&mut self) -> Result<PathComparison, Error> {
        let ours = &self.ours;
        let graph = ours.graph;
        let distances = Distances::of(graph, self.watch)?;
        let is_candidate =
            |&node: &NodeIndex| is_object(graph.node_kind(node)) && ours.partner(node).is_some();
        let objects: Vec<NodeIndex> = graph.nodes().filter(is_candidate).collect();
        let mut reached: Vec<NodeIndex> = objects
            .iter()
            .copied()
            .filter(|&node| distances.distance(node).is_some())
            .collect();
        let object_count = objects.len() as u64;
        let unreached_count = object_count - reached.len() as u64;
        let followed_count = self.options.paths.min(reached.len());
        shuffle_first(&mut reached, followed_count, self.options.seed);

        let mut following = Following {
            ours,
            v8s: &self.v8s,
            distances,
            held_by_roots: held_by_roots(&self.v8s),
            followed: vec![Followed::Unknown; graph.node_count()],
        };
        let mut true_count = 0;
        let mut failed = Groups::new(1);
        let mut labels = Labels {
            texts: &self.texts,
            folded: &mut self.folded,
        };
        for &node in &reached[..followed_count] {
            self.watch
                .check_each(Phase::Compare, node.index(), graph.node_count())?;
            match following.follow(node) {
                Followed::True => true_count += 1,
                Followed::Failed(edge, reason) => {
                    let source = graph.edge_source(edge);
                    let (group, example) = labels.describe(ours, source, edge);
                    failed.add((reason, group), || example);
                }
                Followed::Unknown | Followed::NotBegun => {
                    unreachable!("the path to a node that is in both begins there at the latest")
                }
            }
        }
        let row = |((reason, group), count, examples): (
            (FailedBecause, EdgeGroup),
            u64,
            Vec<EdgeExample>,
        )| {
            let example = examples.into_iter().next();
            FailedStep {
                reason,
                source: self.classes.text(group.source, &self.texts),
                edge: self.folded.text(group.edge),
                target: self.classes.text(group.target, &self.texts),
                count,
                example: example.expect("a group has its first member"),
            }
        };
        Ok(PathComparison {
            object_count,
            unreached_count,
            followed_count: followed_count as u64,
            true_count,
            failed: failed.sorted().take(self.options.rows).map(row).collect(),
        })
    }
}

impl Reading<'_> {
    /// The edges of a node in place of what `edges` holds; `numbered` gives the target's number in V8's graph.
    fn compared_edges(
        &self,
        node: NodeIndex,
        numbered: impl Fn(NodeIndex) -> u32,
        edges: &mut Vec<ComparedEdge>,
    ) {
        edges.clear();
        edges.extend(self.graph.edges(node).map(|edge| {
            let target = numbered(self.graph.edge_target(edge));
            (self.edge_key(edge), target, edge)
        }));
    }
}

/// Names edges for groups and examples.
struct Labels<'a, 'texts> {
    texts: &'a Texts<'texts>,
    folded: &'a mut FoldedLabels,
}

impl Labels<'_, '_> {
    fn group(
        &mut self,
        reading: &Reading<'_>,
        source: NodeIndex,
        edge: EdgeIndex,
        groups: &mut Groups<EdgeGroup, EdgeExample>,
    ) {
        let group = self.edge_group(reading, source, edge);
        groups.add(group, || self.example(reading, source, edge));
    }

    fn describe(
        &mut self,
        reading: &Reading<'_>,
        source: NodeIndex,
        edge: EdgeIndex,
    ) -> (EdgeGroup, EdgeExample) {
        let group = self.edge_group(reading, source, edge);
        (group, self.example(reading, source, edge))
    }

    fn edge_group(
        &mut self,
        reading: &Reading<'_>,
        source: NodeIndex,
        edge: EdgeIndex,
    ) -> EdgeGroup {
        let target = reading.graph.edge_target(edge);
        EdgeGroup {
            source: reading.class_of(source),
            edge: self.folded.of(reading.edge_key(edge), self.texts),
            target: reading.class_of(target),
            is_target_in_both: reading.partner(target).is_some(),
        }
    }

    fn example(&self, reading: &Reading<'_>, source: NodeIndex, edge: EdgeIndex) -> EdgeExample {
        EdgeExample {
            source: reading.id(source),
            label: match reading.edge_key(edge) {
                (kind, index) if kind.has_index() => index.to_string(),
                (_, text) => cut(self.texts.text(text)).to_owned(),
            },
            target: reading.id(reading.graph.edge_target(edge)),
        }
    }
}

/// The nodes that only this reading has, by class.
fn missing_nodes(
    reading: &Reading<'_>,
    classes: &Classes,
    labels: &mut Labels<'_, '_>,
    options: CompareOptions,
) -> (NodeTally, Vec<MissingNodes>) {
    let holders = reading.holders_of_missing();
    let mut total = NodeTally::default();
    let mut missing = HashMap::<u32, Missing>::new();
    for node in reading.graph.nodes() {
        if reading.partner(node).is_some() {
            continue;
        }
        let bytes = reading.graph.shallow_size(node);
        let row = missing
            .entry(reading.class_of(node))
            .or_insert_with(|| Missing {
                tally: NodeTally::default(),
                entry_count: 0,
                ids: Vec::new(),
                holders: Groups::new(1),
            });
        for tally in [&mut total, &mut row.tally] {
            tally.count += 1;
            tally.shallow_bytes += bytes;
        }
        if row.ids.len() < options.examples {
            row.ids.push(reading.id(node));
        }
        if let Some(&(edge, source)) = holders.get(&node) {
            let is_in_both = reading.partner(source).is_some();
            row.entry_count += u64::from(is_in_both);
            let folded = labels.folded.of(reading.edge_key(edge), labels.texts);
            let key = (!is_in_both, reading.class_of(source), folded);
            row.holders.add(key, || reading.id(source));
        }
    }
    let mut missing: Vec<(u32, Missing)> = missing.into_iter().collect();
    missing.sort_by_key(|(class, row)| {
        let frequency = (row.entry_count, row.tally.count);
        (std::cmp::Reverse(frequency), *class)
    });
    let row = |(class, missing): (u32, Missing)| {
        let mut holders: Vec<_> = missing.holders.sorted().collect();
        // Stable: the most frequent stay first.
        holders.sort_by_key(|&((is_missing, ..), ..)| is_missing);
        MissingNodes {
            class: classes.text(class, labels.texts),
            is_object: classes.is_object(class),
            count: missing.tally.count,
            shallow_bytes: missing.tally.shallow_bytes,
            entry_count: missing.entry_count,
            ids: missing.ids,
            held_by: holders
                .into_iter()
                .take(options.examples)
                .map(|((is_missing, class, edge), count, ids)| Holder {
                    class: classes.text(class, labels.texts),
                    edge: labels.folded.text(edge),
                    is_in_both: !is_missing,
                    count,
                    id: ids[0],
                })
                .collect(),
        }
    };
    let rows = missing.into_iter().take(options.rows).map(row).collect();
    (total, rows)
}

impl Reading<'_> {
    /// By node that only this reading has: the edge that says most about why, and where it comes from. A node that is in both
    /// comes before one that is not, a strong edge before a weak one.
    fn holders_of_missing(&self) -> HashMap<NodeIndex, (EdgeIndex, NodeIndex)> {
        let mut holders = HashMap::new();
        let rank = |edge: EdgeIndex, source: NodeIndex| {
            let is_weak = self.graph.edge_kind(edge) == EdgeKind::Weak;
            (self.partner(source).is_none(), is_weak)
        };
        for source in self.graph.nodes() {
            for edge in self.graph.edges(source) {
                let target = self.graph.edge_target(edge);
                if target == source || self.partner(target).is_some() {
                    continue;
                }
                match holders.entry(target) {
                    Entry::Vacant(new) => {
                        new.insert((edge, source));
                    }
                    Entry::Occupied(mut known) => {
                        let &(known_edge, known_source) = known.get();
                        if rank(edge, source) < rank(known_edge, known_source) {
                            known.insert((edge, source));
                        }
                    }
                }
            }
        }
        holders
    }
}

/// Nodes to which a root of V8's refers.
fn held_by_roots(v8s: &Reading<'_>) -> Bits {
    let graph = v8s.graph;
    let mut held = Bits::new(graph.node_count());
    for node in graph.nodes() {
        if graph.node_kind(node) == NodeKind::Synthetic {
            for edge in graph.edges(node) {
                held.insert(graph.edge_target(edge).index());
            }
        }
    }
    held
}

/// Follows shortest paths of ours in V8's graph. They are a tree, so each step is checked once.
struct Following<'a, 'graph> {
    ours: &'a Reading<'graph>,
    v8s: &'a Reading<'graph>,
    distances: Distances,
    held_by_roots: Bits,
    /// By node of ours.
    followed: Vec<Followed>,
}

impl Following<'_, '_> {
    fn follow(&mut self, node: NodeIndex) -> Followed {
        let mut steps = Vec::new();
        let mut at = node;
        while self.followed[at.index()] == Followed::Unknown {
            let Some(edge) = self.distances.reached_by(self.ours.graph, at) else {
                self.followed[at.index()] = Followed::NotBegun;
                break;
            };
            steps.push((edge, at));
            at = self.ours.graph.edge_source(edge);
        }
        for (edge, target) in steps.into_iter().rev() {
            self.followed[target.index()] = self.step(edge, at, target);
            at = target;
        }
        self.followed[node.index()]
    }

    fn step(&self, edge: EdgeIndex, source: NodeIndex, target: NodeIndex) -> Followed {
        let in_v8s = self.ours.partner(target);
        match (self.followed[source.index()], in_v8s) {
            (Followed::Unknown, _) => unreachable!("a path is followed from its root"),
            (Followed::NotBegun, Some(target_in_v8s))
                if self.ours.graph.node_kind(target) != NodeKind::Synthetic =>
            {
                match self.held_by_roots.contains(target_in_v8s.index()) {
                    true => Followed::True,
                    false => Followed::Failed(edge, FailedBecause::NoRoot),
                }
            }
            (Followed::True, None) => Followed::Failed(edge, FailedBecause::NoNode),
            (Followed::True, Some(target_in_v8s)) => {
                match self.is_in_v8s(edge, source, target_in_v8s) {
                    true => Followed::True,
                    false => Followed::Failed(edge, FailedBecause::NoEdge),
                }
            }
            (before, _) => before,
        }
    }

    fn is_in_v8s(&self, edge: EdgeIndex, source: NodeIndex, target_in_v8s: NodeIndex) -> bool {
        let source_in_v8s = self.ours.partner(source);
        let source_in_v8s = source_in_v8s.expect("a path that is true so far is in V8's graph");
        let graph = self.v8s.graph;
        graph.edges(source_in_v8s).any(|candidate| {
            graph.edge_target(candidate) == target_in_v8s && self.is_same(edge, candidate)
        })
    }

    /// Whether two references between the same nodes are one. Hidden ones are only numbered, and what V8 calls the
    /// slots of its own tables differs between its versions: of those it counts whether they keep alive.
    fn is_same(&self, ours: EdgeIndex, v8s: EdgeIndex) -> bool {
        let kinds = (
            self.ours.graph.edge_kind(ours),
            self.v8s.graph.edge_kind(v8s),
        );
        let source = self.v8s.graph.edge_source(v8s);
        match kinds {
            (EdgeKind::Hidden, EdgeKind::Hidden) => true,
            // V8 names variables of functions, not those of blocks; we not those of modules.
            (EdgeKind::Context, EdgeKind::Hidden) | (EdgeKind::Hidden, EdgeKind::Context) => true,
            // It names more of the fields that only V8 has in its objects.
            (EdgeKind::Hidden, EdgeKind::Internal) => true,
            (ours, v8s) if is_v8s_own(self.v8s.graph.node_kind(source)) => {
                (ours == EdgeKind::Weak) == (v8s == EdgeKind::Weak)
            }
            _ => self.ours.edge_key(ours) == self.v8s.edge_key(v8s),
        }
    }
}

/// The name of a reference of a weak collection without its place among the references of its node.
fn unnumbered(label: &str) -> &str {
    match label.split_once(" / part of key (") {
        Some((number, _)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            &label[number.len()..]
        }
        _ => label,
    }
}

fn is_v8s_own(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Hidden | NodeKind::Code | NodeKind::Native | NodeKind::ObjectShape
    )
}

/// Moves `count` random ones to the front.
fn shuffle_first(nodes: &mut [NodeIndex], count: usize, seed: u64) {
    let mut state = seed;
    for at in 0..count {
        // SplitMix64: small, and well spread from any seed.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut random = state;
        random = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        random = (random ^ (random >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        random ^= random >> 31;
        nodes.swap(at, at + (random % (nodes.len() - at) as u64) as usize);
    }
}

fn same_bytes(a: &str, b: &str) -> u64 {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count() as u64
}

#[cfg(test)]
mod tests;
