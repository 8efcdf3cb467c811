//! memwatch's `HeapDiff`: V8's snapshot, read and deleted at once, compared by object id with a later one.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::ops::ControlFlow;
use std::rc::Rc;

use super::Monitor;
use crate::analysis::id_set::IdSet;
use crate::analysis::object_diff::{ClassNames, NameIndex};
use crate::analysis::{Baseline, ObjectDiff};
use crate::error::Error;
use crate::v8::heap_snapshot::Node;
use crate::v8::{HeapSnapshot, Isolate};

/// The JavaScript class that wraps this, and the one that users see: their instances are left out.
const OWN_CLASS: &CStr = c"MemwatchHeapDiff";
const OWN_WRAPPER: &CStr = c"HeapDiff";
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
    /// [`Error::TooCostly`] unless `force` is set, else those of [`HeapSnapshot::take`].
    pub fn begin(
        monitor: Rc<Monitor>,
        force: bool,
        progress: impl FnMut(u32, u32) -> ControlFlow<()>,
    ) -> Result<Self, Error> {
        let snapshot = monitor.take_snapshot(force, progress)?;
        let mut names = ClassNames::default();
        let mut namer = Namer::new(&mut names);
        let node_count = snapshot.node_count();
        let mut baseline = Baseline::with_capacity(usize::try_from(node_count).unwrap_or(0));
        for_each_object(&snapshot, |node| {
            baseline.add(node.id(), namer.class_of(node), node.shallow_size());
        });
        baseline.finish(node_count);
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
    /// [`Error::DiffEnded`] the second time, [`Error::IdsLost`] when V8 has given new ids, else those of [`HeapSnapshot::take`].
    pub fn end(
        &self,
        force: bool,
        progress: impl FnMut(u32, u32) -> ControlFlow<()>,
    ) -> Result<ObjectDiff, Error> {
        let (baseline, mut names) = self.baseline.take().ok_or(Error::DiffEnded)?;
        if HeapSnapshot::id_of_current_context(Isolate::current()?) != self.context_id {
            self.close();
            return Err(Error::IdsLost);
        }
        let snapshot = match self.monitor.take_snapshot(force, progress) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                // Nothing is lost: the comparison can be tried again.
                self.baseline.set(Some((baseline, names)));
                return Err(error);
            }
        };
        let mut comparison = baseline.compare();
        let mut namer = Namer::new(&mut names);
        for_each_object(&snapshot, |node| {
            comparison.add(node.id(), namer.class_of(node), node.shallow_size());
        });
        let node_count = snapshot.node_count();
        drop(snapshot);
        self.close();
        Ok(comparison.finish(node_count, &names))
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

/// Visits every node that the root reaches, once, as memwatch does: over all edges, weak ones too, and
/// not through our own objects.
fn for_each_object(snapshot: &HeapSnapshot, mut visit: impl FnMut(Node<'_>)) {
    let mut seen = IdSet::default();
    let mut stack = vec![snapshot.root()];
    seen.insert(snapshot.root().id());
    while let Some(node) = stack.pop() {
        if is_own(node) {
            continue;
        }
        visit(node);
        for child in node.children() {
            if seen.insert(child.id()) {
                stack.push(child);
            }
        }
    }
}

/// An instance of our native class, or the `HeapDiff` that holds one.
fn is_own(node: Node<'_>) -> bool {
    is_native_half(node)
        || node.node_type() == OBJECT
            && node.name() == OWN_WRAPPER
            && node.children().any(is_native_half)
}

/// The class's name is asked first, because no other object's edges are then looked at.
fn is_native_half(node: Node<'_>) -> bool {
    node.node_type() == OBJECT
        && node.name() == OWN_CLASS
        && node.children().any(|child| {
            child.node_type() == SYMBOL
                && child
                    .children()
                    .any(|part| part.node_type() == STRING && part.name() == OWN_MARK)
        })
}

/// Finds the class of a node, asking for a name's text once a name.
struct Namer<'names> {
    names: &'names mut ClassNames,
    by_type: [NameIndex; 9],
    by_address: HashMap<*const c_char, NameIndex>,
    /// Objects of one class often follow each other.
    latest: Option<(*const c_char, NameIndex)>,
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

impl<'names> Namer<'names> {
    fn new(names: &'names mut ClassNames) -> Self {
        Self {
            by_type: TYPE_NAMES
                .map(|name| name.map_or(NameIndex::NONE, |name| names.index_of(name))),
            names,
            by_address: HashMap::new(),
            latest: None,
        }
    }

    /// Objects by the name of their constructor, everything else by type.
    fn class_of(&mut self, node: Node<'_>) -> NameIndex {
        match node.node_type() {
            OBJECT => {
                let name = node.name();
                if let Some((latest, index)) = self.latest
                    && latest == name.as_ptr()
                {
                    return index;
                }
                let index = *self
                    .by_address
                    .entry(name.as_ptr())
                    .or_insert_with(|| self.names.index_of(&name.to_string_lossy()));
                self.latest = Some((name.as_ptr(), index));
                index
            }
            other => self
                .by_type
                .get(usize::from(other))
                .copied()
                .unwrap_or(NameIndex::NONE),
        }
    }
}
