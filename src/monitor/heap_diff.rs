//! memwatch's `HeapDiff`: V8's snapshot, read and deleted at once, compared by object id with a later one.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::rc::Rc;

use super::Monitor;
use crate::analysis::bits::Bits;
use crate::analysis::object_diff::{ClassNames, NameIndex};
use crate::analysis::{Baseline, ObjectDiff};
use crate::error::Error;
use crate::v8::heap_snapshot::{Node, Progress, Reference};
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
    /// [`Error::TooCostly`] unless `force` is set, else those of [`HeapSnapshot::take`].
    pub fn begin(
        monitor: Rc<Monitor>,
        force: bool,
        progress: Option<Progress>,
    ) -> Result<Self, Error> {
        let snapshot = monitor.take_snapshot(force, progress)?;
        let mut names = ClassNames::default();
        let mut baseline = Baseline::with_capacity(snapshot.node_count() as usize);
        for_each_object(&snapshot, &mut names, |node, class| {
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
    /// [`Error::DiffEnded`] the second time, [`Error::IdsLost`] when V8 has given new ids, else those of [`HeapSnapshot::take`].
    pub fn end(
        &self,
        force: bool,
        progress: Option<Progress>,
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
        for_each_object(&snapshot, &mut names, |node, class| {
            comparison.add(node.id(), class, node.shallow_size());
        });
        let node_count = snapshot.node_count();
        drop(snapshot);
        self.close();
        Ok(comparison.finish(node_count.into(), &names))
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
///
/// In V8's order, which is that of memory, so that nearly all of the walk is one pass: only what is
/// reached from a later node first is visited out of turn.
fn for_each_object(
    snapshot: &HeapSnapshot,
    names: &mut ClassNames,
    mut visit: impl FnMut(Node<'_>, NameIndex),
) {
    let mut namer = Namer::new(names);
    let mut reached = Bits::new(snapshot.node_count() as usize);
    let mut passed = Vec::new();
    reached.insert(0);
    for at in 0..snapshot.node_count() {
        if !reached.contains(at as usize) {
            continue;
        }
        passed.push(at);
        while let Some(node) = passed.pop().map(|index| snapshot.node(index)) {
            let class = namer.class_of(node);
            if namer.is_own(node, class) {
                continue;
            }
            visit(node, class);
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
struct Namer<'names> {
    names: &'names mut ClassNames,
    by_type: [NameIndex; 9],
    by_address: HashMap<*const c_char, NameIndex>,
    /// Objects of one class often follow each other.
    latest: Option<(*const c_char, NameIndex)>,
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

impl<'names> Namer<'names> {
    fn new(names: &'names mut ClassNames) -> Self {
        Self {
            by_type: TYPE_NAMES
                .map(|name| name.map_or(NameIndex::NONE, |name| names.index_of(name))),
            own_half: names.index_of(OWN_CLASS),
            own_wrapper: names.index_of(OWN_WRAPPER),
            names,
            by_address: HashMap::new(),
            latest: None,
        }
    }

    /// Objects by the name of their constructor, everything else by type.
    fn class_of(&mut self, node: Node<'_>) -> NameIndex {
        match node.node_type() {
            OBJECT => {
                let address = node.name_address();
                if let Some((latest, index)) = self.latest
                    && latest == address
                {
                    return index;
                }
                let index = *self
                    .by_address
                    .entry(address)
                    .or_insert_with(|| self.names.index_of(&node.name().to_string_lossy()));
                self.latest = Some((address, index));
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
    fn is_own(&mut self, node: Node<'_>, class: NameIndex) -> bool {
        class == self.own_half && is_marked(node)
            || class == self.own_wrapper
                && node.node_type() == OBJECT
                && targets(node).any(|child| self.class_of(child) == self.own_half && is_marked(child))
    }
}

fn targets(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    node.references().map(Reference::target)
}

fn is_marked(node: Node<'_>) -> bool {
    node.node_type() == OBJECT
        && targets(node).any(|child| {
            child.node_type() == SYMBOL
                && targets(child).any(|part| part.node_type() == STRING && part.name() == OWN_MARK)
        })
}
