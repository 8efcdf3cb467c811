//! Nodes grouped by class: how many there are, what they take, and what would go with all of them.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::bits::Bits;
use super::detached::detached_nodes;
use super::dominators::DominatorTree;
use super::retained_sizes::RetainedSizes;
use crate::error::Error;
use crate::snapshot::{
    HeapGraph, NodeIndex, NodeKind, Phase, Sizes, StringId, Watch, class_of_kind,
    without_attributes,
};

/// Position of a class among [`Classes`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClassIndex(u32);

impl ClassIndex {
    /// This position as an index into a column of classes.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which class every node belongs to.
///
/// Objects belong to their constructor, embedder objects to their name without attributes, with
/// `Detached` before it if they are, and all other nodes to one class per type, such as `(string)` or
/// `(compiled code)`.
#[derive(Clone, Debug)]
pub struct Classes {
    by_node: Vec<ClassIndex>,
    names: Vec<String>,
}

/// One class of a heap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClassSummary {
    pub class: ClassIndex,
    /// Nodes that have a size; those that gave theirs to their owner do not count.
    pub count: u64,
    pub shallow_bytes: u64,
    /// What would be freed with all nodes of the class; what one of them retains through another
    /// counts once.
    pub retained_bytes: u64,
}

impl Classes {
    /// Finds the class of every node.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn of(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let mut namer = Namer {
            graph,
            detached: detached_nodes(graph, watch)?,
            by_string: vec![None; graph.strings().len()],
            by_kind: [None; NodeKind::ALL.len()],
            by_name: HashMap::new(),
            names: Vec::new(),
        };
        let mut by_node = Vec::with_capacity(graph.node_count());
        for node in graph.nodes() {
            watch.check_each(Phase::Classify, node.index(), graph.node_count())?;
            by_node.push(namer.class_of(node));
        }
        Ok(Self {
            by_node,
            names: namer.names,
        })
    }

    /// The class of one node.
    #[inline(always)]
    pub fn class_of(&self, node: NodeIndex) -> ClassIndex {
        self.by_node[node.index()]
    }

    /// The name of a class.
    pub fn name(&self, class: ClassIndex) -> &str {
        &self.names[class.index()]
    }

    /// The names of all classes, by class.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All classes that have a size, the largest retained size first.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn summarise(
        &self,
        tree: &DominatorTree,
        sizes: &Sizes,
        retained: &RetainedSizes,
        watch: &dyn Watch,
    ) -> Result<Vec<ClassSummary>, Error> {
        let mut summaries: Vec<ClassSummary> = (0..self.len())
            .map(|class| ClassSummary {
                class: ClassIndex(class as u32),
                count: 0,
                shallow_bytes: 0,
                retained_bytes: 0,
            })
            .collect();
        // By class: up to which place of the preorder the retained size of one of its nodes reaches.
        let mut covered = vec![0; self.len()];
        for (place, &node) in tree.preorder().iter().enumerate() {
            watch.check_each(Phase::Classify, place, tree.preorder().len())?;
            let shallow_bytes = sizes.bytes(node);
            if shallow_bytes == 0 {
                continue;
            }
            let class = self.class_of(node);
            let summary = &mut summaries[class.index()];
            summary.count += 1;
            summary.shallow_bytes = summary.shallow_bytes.saturating_add(shallow_bytes);
            if place >= covered[class.index()] {
                covered[class.index()] = place + tree.subtree_count(place);
                summary.retained_bytes += retained.bytes(node);
            }
        }
        summaries.retain(|summary| summary.count > 0);
        summaries.sort_by(|a, b| {
            let by_size = b.retained_bytes.cmp(&a.retained_bytes);
            by_size.then_with(|| self.name(a.class).cmp(self.name(b.class)))
        });
        Ok(summaries)
    }
}

/// Gives out classes and remembers which names have one.
struct Namer<'a> {
    graph: &'a HeapGraph,
    detached: Bits,
    by_string: Vec<Option<ClassIndex>>,
    by_kind: [Option<ClassIndex>; NodeKind::ALL.len()],
    by_name: HashMap<String, ClassIndex>,
    names: Vec<String>,
}

impl Namer<'_> {
    #[inline(always)]
    fn class_of(&mut self, node: NodeIndex) -> ClassIndex {
        let kind = self.graph.node_kind(node);
        if !matches!(kind, NodeKind::Object | NodeKind::Native) {
            if let Some(class) = self.by_kind[kind as usize] {
                return class;
            }
            let class = self.class_named(&class_of_kind(kind));
            self.by_kind[kind as usize] = Some(class);
            return class;
        }
        let name = self.graph.node_name_id(node);
        if kind == NodeKind::Native && self.detached.contains(node.index()) {
            let name = format!("Detached {}", self.graph.strings().text(name));
            return self.class_named(&without_attributes(&name));
        }
        match self.by_string[name.index()] {
            Some(class) => class,
            None => self.class_of_string(name),
        }
    }

    fn class_of_string(&mut self, name: StringId) -> ClassIndex {
        let graph = self.graph;
        let class = self.class_named(&without_attributes(graph.strings().text(name)));
        self.by_string[name.index()] = Some(class);
        class
    }

    fn class_named(&mut self, name: &str) -> ClassIndex {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        let class = ClassIndex(self.names.len() as u32);
        self.by_name.insert(name.to_owned(), class);
        self.names.push(name.to_owned());
        class
    }
}
