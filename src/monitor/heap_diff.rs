//! memwatch's `HeapDiff`: V8's snapshot, read and deleted at once, compared by object id with a later one.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::Rc;

use super::{Keep, Limits, Monitor};
use crate::analysis::bits::Bits;
use crate::analysis::object_diff::{ClassNames, Comparison, NameIndex};
use crate::analysis::{Baseline, NewObjects, Newcomers, ObjectDiff, StringContents};
use crate::error::Error;
use crate::snapshot::{HeapGraph, NodeIndex, Unwatched};
use crate::v8::heap_snapshot::{Name, Node, Reference};
use crate::v8::{HeapSnapshot, Isolate};

/// The JavaScript class that wraps this, and the one that users see: their instances are left out.
const OWN_CLASS: &str = "MemwatchHeapDiff";
const OWN_WRAPPER: &str = "HeapDiff";
/// The registered symbol that all instances of `OWN_CLASS` carry: it tells them from a user's class of
/// that name, in all copies of the package.
const OWN_MARK: &CStr = c"memwatch-rs.HeapDiff";

/// The state of the heap when it began: 12 bytes an object.
pub struct HeapDiff {
    monitor: Rc<Monitor>,
    baseline: Cell<Option<(Baseline, ClassNames)>>,
    /// Shows whether V8's ids are still those of the baseline.
    context_id: Option<u32>,
}

impl HeapDiff {
    /// Takes V8's snapshot and keeps what a comparison needs. See [`HeapSnapshot::take`] for the cost.
    ///
    /// # Errors
    ///
    /// [`Error::TooCostly`] and [`Error::PauseLimit`] as `limits` say, else those of [`HeapSnapshot::take`].
    pub fn begin(monitor: Rc<Monitor>, limits: Limits) -> Result<Self, Error> {
        let snapshot = monitor.take_snapshot(limits, Keep::Objects)?;
        let mut names = ClassNames::default();
        let mut baseline = Baseline::with_capacity(snapshot.node_count() as usize);
        for_each_object(&snapshot, &mut Namer::new(&mut names), |node, class| {
            baseline.add(node.id(), class, node.shallow_size());
        });
        baseline.finish(snapshot.node_count().into());
        drop(snapshot);
        monitor.open_diffs.set(monitor.open_diffs.get() + 1);
        Ok(Self {
            monitor,
            baseline: Cell::new(Some((baseline, names))),
            context_id: HeapSnapshot::id_of_current_context(Isolate::current()?),
        })
    }

    /// Takes a second snapshot and compares.
    ///
    /// # Errors
    ///
    /// [`Error::DiffEnded`] the second time, [`Error::IdsLost`] when V8 has given new ids, else those of
    /// [`HeapDiff::begin`], after which it can be tried again.
    pub fn end(&self, limits: Limits) -> Result<ObjectDiff, Error> {
        let (diff, _, ()) =
            self.compare(limits, Keep::Objects, |snapshot, comparison, names| {
                for_each_object(snapshot, &mut Namer::new(names), |node, class| {
                    comparison.add(node.id(), class, node.shallow_size());
                });
            })?;
        Ok(diff)
    }

    /// The same, and tells of each class of the diff that has grown who holds its new objects.
    ///
    /// # Errors
    ///
    /// Those of [`HeapDiff::end`].
    pub fn end_with_paths(
        &self,
        limits: Limits,
        contents: StringContents,
    ) -> Result<(ObjectDiff, Vec<Option<Newcomers>>), Error> {
        let mut new = Vec::new();
        let (diff, names, graph) =
            self.compare(limits, Keep::Graph, |snapshot, comparison, names| {
                let mut namer = Namer::new(names);
                for_each_object(snapshot, &mut namer, |node, class| {
                    if comparison.add(node.id(), class, node.shallow_size()) {
                        new.push((class, NodeIndex::new(node.index() as usize)));
                    }
                });
                snapshot.to_graph(|node| namer.is_own(node))
            })?;
        let growth = newcomers(graph, new, &diff, &names, contents)?;
        Ok((diff, growth))
    }

    fn compare<T>(
        &self,
        limits: Limits,
        keep: Keep,
        read: impl FnOnce(&HeapSnapshot, &mut Comparison, &mut ClassNames) -> T,
    ) -> Result<(ObjectDiff, ClassNames, T), Error> {
        let (baseline, mut names) = self.baseline.take().ok_or(Error::DiffEnded)?;
        if HeapSnapshot::id_of_current_context(Isolate::current()?) != self.context_id {
            self.close();
            return Err(Error::IdsLost);
        }
        let limits = Limits {
            ids_in_use: true,
            ..limits
        };
        let snapshot = match self.monitor.take_snapshot(limits, keep) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                // Nothing is lost: the comparison can be tried again.
                self.baseline.set(Some((baseline, names)));
                return Err(error);
            }
        };
        let mut comparison = baseline.compare();
        let result = read(&snapshot, &mut comparison, &mut names);
        let node_count = snapshot.node_count();
        drop(snapshot);
        self.close();
        let diff = comparison.finish(node_count.into(), &names)?;
        Ok((diff, names, result))
    }

    /// Whether `end` can still be called.
    pub fn is_open(&self) -> bool {
        let baseline = self.baseline.take();
        let is_open = baseline.is_some();
        self.baseline.set(baseline);
        is_open
    }

    fn close(&self) {
        let open = self.monitor.open_diffs.get() - 1;
        self.monitor.open_diffs.set(open);
    }
}

impl Monitor {
    /// Lets V8 end its tracking of moved objects, unless a diff of this monitor needs the ids. Whether
    /// another loaded addon needs them only JavaScript knows, so nothing is forgotten unasked.
    pub fn forget_object_ids(&self) {
        if self.open_diffs.get() == 0
            && let Ok(isolate) = Isolate::current()
        {
            HeapSnapshot::forget_object_ids(isolate);
        }
    }
}

impl Drop for HeapDiff {
    fn drop(&mut self) {
        if self.baseline.take().is_some() {
            self.close();
        }
    }
}

/// By class of the diff: its new objects, if it has grown.
fn newcomers(
    graph: HeapGraph,
    mut new: Vec<(NameIndex, NodeIndex)>,
    diff: &ObjectDiff,
    names: &ClassNames,
    contents: StringContents,
) -> Result<Vec<Option<Newcomers>>, Error> {
    let mut is_new = Bits::new(graph.node_count());
    for (_, node) in &new {
        is_new.insert(node.index());
    }
    let objects = NewObjects::of(graph, &is_new, &Unwatched)?;
    new.sort_unstable();
    let of_class = |name: &str| {
        let class = names.find(name)?;
        let first = new.partition_point(|(other, _)| *other < class);
        let nodes = new[first..].iter().take_while(|(other, _)| *other == class);
        Some(nodes.map(|(_, node)| *node).collect())
    };
    Ok(diff
        .classes
        .iter()
        .map(|(name, change)| {
            let nodes = (change.growth_bytes > 0)
                .then(|| of_class(name))
                .flatten()?;
            Some(objects.describe(nodes, contents))
        })
        .collect())
}

/// Visits every node that the root reaches, once, as memwatch does: over all edges, weak ones too, and
/// not through our own objects.
///
/// In V8's order, which is that of memory, so that nearly all of the walk is one pass: only what is
/// reached from a later node first is visited out of turn.
fn for_each_object<'snapshot>(
    snapshot: &'snapshot HeapSnapshot,
    namer: &mut Namer<'_, 'snapshot>,
    mut visit: impl FnMut(Node<'snapshot>, NameIndex),
) {
    let mut reached = Bits::new(snapshot.node_count() as usize);
    let mut passed = Vec::new();
    reached.insert(0);
    for at in 0..snapshot.node_count() {
        if !reached.contains(at as usize) {
            continue;
        }
        passed.push(at);
        while let Some(node) = passed.pop().map(|index| snapshot.node(index)) {
            if namer.is_own(node) {
                continue;
            }
            visit(node, namer.class_of(node));
            for reference in node.references() {
                let target = reference.target().index();
                if reached.insert(target as usize) && target <= at {
                    passed.push(target);
                }
            }
        }
    }
}

/// Finds the class of a node, asking for a name's text once a name.
struct Namer<'names, 'snapshot> {
    names: &'names mut ClassNames,
    by_type: [NameIndex; 9],
    known: HashMap<Name<'snapshot>, NameIndex>,
    /// Objects of one class often follow each other.
    latest: Option<(Name<'snapshot>, NameIndex)>,
    own_half: NameIndex,
    own_wrapper: NameIndex,
}

/// Some of `v8::HeapGraphNode::Type`.
const STRING: u8 = 2;
const OBJECT: u8 = 3;
const SYMBOL: u8 = 12;
/// memwatch's words for V8's types of nodes, by their numbers; it shows no others.
const TYPE_NAMES: [Option<&str>; 9] = [
    None,
    Some("Array"),
    Some("String"),
    None,
    Some("Code"),
    Some("Closure"),
    Some("RegExp"),
    Some("Number"),
    Some("Native"),
];

impl<'names, 'snapshot> Namer<'names, 'snapshot> {
    fn new(names: &'names mut ClassNames) -> Self {
        Self {
            by_type: TYPE_NAMES
                .map(|name| name.map_or(NameIndex::NONE, |name| names.index_of(name))),
            own_half: names.index_of(OWN_CLASS),
            own_wrapper: names.index_of(OWN_WRAPPER),
            names,
            known: HashMap::new(),
            latest: None,
        }
    }

    /// Objects by the name of their constructor, everything else by type.
    fn class_of(&mut self, node: Node<'snapshot>) -> NameIndex {
        match node.node_type() {
            OBJECT => {
                let name = node.name();
                if let Some((latest, index)) = self.latest
                    && latest == name
                {
                    return index;
                }
                let index = *self
                    .known
                    .entry(name)
                    .or_insert_with(|| self.names.index_of(&name.as_c_str().to_string_lossy()));
                self.latest = Some((name, index));
                index
            }
            other => self
                .by_type
                .get(usize::from(other))
                .copied()
                .unwrap_or(NameIndex::NONE),
        }
    }

    /// An instance of our native class, or the `HeapDiff` that holds one. The class is asked first, because
    /// no other object's references are then looked at.
    fn is_own(&mut self, node: Node<'snapshot>) -> bool {
        let class = self.class_of(node);
        class == self.own_half && is_marked(node)
            || class == self.own_wrapper
                && targets(node)
                    .any(|child| self.class_of(child) == self.own_half && is_marked(child))
    }
}

fn targets<'snapshot>(node: Node<'snapshot>) -> impl Iterator<Item = Node<'snapshot>> {
    node.references().map(Reference::target)
}

fn is_marked(node: Node<'_>) -> bool {
    targets(node).any(|child| {
        child.node_type() == SYMBOL
            && targets(child)
                .any(|part| part.node_type() == STRING && part.name().as_c_str() == OWN_MARK)
    })
}
