//! V8's own heap snapshot, read in place: no JSON, no copy of the graph.
//!
//! V8 builds the graph; that is the pause, and about 400 bytes a node until it is deleted. Reading it
//! afterwards is quick. What has no cheap accessor, or is asked once an edge, is read from V8's entries
//! themselves, after a check that they are laid out as expected.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::ptr;

use super::statistics::Isolate;
use super::symbols::{SnapshotSymbols, Symbols, TakeSnapshot};
use crate::error::Error;

/// A snapshot in V8's memory; deleted when dropped.
pub struct HeapSnapshot {
    symbols: &'static SnapshotSymbols,
    snapshot: *const c_void,
    root: *const c_void,
}

/// One node, readable while its snapshot is alive. As small as a pointer: a walk keeps many.
#[derive(Clone, Copy)]
pub struct Node<'snapshot> {
    entry: *const c_void,
    snapshot: PhantomData<&'snapshot HeapSnapshot>,
}

/// Where V8's `HeapEntry` keeps these fields, in bytes. The same from V8 10.2 (Node 18) to 14.6
/// (Node 26); `check_layout` makes sure.
const SNAPSHOT_AT: usize = 16;
const NAME_AT: usize = 24;
const ID_AT: usize = 32;
/// The same of V8's `HeapGraphEdge`.
const TARGET_AT: usize = 8;
/// Entries whose fields the check reads.
const CHECKED_NODES: c_int = 64;
/// Edges of each that it reads.
const CHECKED_EDGES: usize = 16;

impl HeapSnapshot {
    /// Lets V8 build a snapshot of this thread's heap. `progress` is called with the work done and the
    /// work there is, in V8's units; `Break` cancels.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8 cannot be reached or lays its entries out another way,
    /// [`Error::Cancelled`] when `progress` said so.
    ///
    /// # Complexity
    ///
    /// Blocks the thread for 2 to 5 µs a node and takes about 400 bytes a node until this is dropped.
    pub fn take(
        isolate: Isolate,
        mut progress: impl FnMut(u32, u32) -> ControlFlow<()>,
    ) -> Result<Self, Error> {
        let symbols = Symbols::get().snapshot.as_ref().ok_or_else(unsupported)?;
        // SAFETY: the isolate belongs to this thread and is alive.
        let profiler = unsafe { (symbols.profiler)(isolate.pointer()) };
        let mut report: &mut dyn FnMut(u32, u32) -> ControlFlow<()> = &mut progress;
        let control = ActivityControl {
            vtable: &ACTIVITY_CONTROL,
            report: (&raw mut report).cast(),
        };
        let control = (&raw const control).cast::<c_void>();
        let snapshot = match symbols.take {
            TakeSnapshot::WithOptions(take) => {
                let mut options = [0usize; 16];
                options[0] = control as usize;
                // SAFETY: `HeapSnapshotOptions` begins with the control; the rest is zero, which is
                // the default of every field, and the buffer is larger than any version's struct.
                unsafe { take(profiler, options.as_ptr().cast()) }
            }
            // SAFETY: Node 18's overload; the resolver may be null, internals stay hidden.
            TakeSnapshot::WithControl(take) => unsafe {
                take(profiler, control, ptr::null(), true, false)
            },
        };
        if snapshot.is_null() {
            return Err(Error::Cancelled);
        }
        // SAFETY: the snapshot was just taken.
        let root = unsafe { (symbols.root)(snapshot) };
        let snapshot = Self {
            symbols,
            snapshot,
            root,
        };
        snapshot
            .check_layout()
            .then_some(snapshot)
            .ok_or_else(|| Error::Unsupported {
                what: "reading V8's heap snapshot",
                why: "its entries are laid out in an unknown way".into(),
            })
    }

    /// Ends V8's tracking of moved objects, which taking a snapshot has switched on. All object ids
    /// become void.
    pub fn forget_object_ids(isolate: Isolate) {
        if let Some(symbols) = &Symbols::get().snapshot {
            // SAFETY: the isolate belongs to this thread and is alive.
            let profiler = unsafe { (symbols.profiler)(isolate.pointer()) };
            // SAFETY: no snapshot that relies on the ids is open: the caller owns them all.
            unsafe { (symbols.clear_object_ids)(profiler) };
        }
    }

    /// V8's id of the context that runs now; `None` when V8 has given no ids. A different answer later
    /// means that the ids were given anew: an inspector session that ends makes V8 forget them.
    ///
    /// To be called from JavaScript, whose handle scope takes the handle.
    pub fn id_of_current_context(isolate: Isolate) -> Option<u32> {
        let symbols = Symbols::get().snapshot.as_ref()?;
        // SAFETY: the isolate belongs to this thread, runs JavaScript, and is alive.
        let context = unsafe { (symbols.current_context)(isolate.pointer()) };
        // SAFETY: the same.
        let profiler = unsafe { (symbols.profiler)(isolate.pointer()) };
        // SAFETY: a context is a heap object; V8 looks its address up and touches nothing else.
        let id = unsafe { (symbols.object_id)(profiler, context) };
        (id != 0).then_some(id)
    }

    pub fn node_count(&self) -> u64 {
        // SAFETY: the snapshot is alive.
        u64::try_from(unsafe { (self.symbols.node_count)(self.snapshot) }).unwrap_or(0)
    }

    pub fn root(&self) -> Node<'_> {
        Node::new(self.root)
    }

    /// V8 names one of its synthetic roots `(GC roots)`: it must be found at the expected place. The
    /// entries looked at must point back to their snapshot, have the id and the children that V8's
    /// accessors tell.
    fn check_layout(&self) -> bool {
        let count = c_int::try_from(self.node_count()).unwrap_or(c_int::MAX);
        let known = (0..count.min(CHECKED_NODES)).all(|at| {
            // SAFETY: `at` is less than the number of nodes.
            let entry = unsafe { (self.symbols.node_at)(self.snapshot, at) };
            // SAFETY: an entry is larger than 40 bytes in every version.
            let owner = unsafe { entry.byte_add(SNAPSHOT_AT).cast::<*const c_void>().read() };
            // SAFETY: the entry is alive.
            let id = unsafe { (self.symbols.node_id)(entry) };
            owner == self.snapshot && Node::new(entry).id() == id && self.has_known_edges(entry)
        });
        known
            && self
                .root()
                .children()
                .any(|child| child.name().to_bytes() == b"(GC roots)")
    }

    fn has_known_edges(&self, entry: *const c_void) -> bool {
        Node::new(entry)
            .children()
            .take(CHECKED_EDGES)
            .zip(0..)
            .all(|(child, at)| {
                // SAFETY: the entry is alive and has an edge of that number.
                let edge = unsafe { (self.symbols.child)(entry, at) };
                // SAFETY: the edge lives as long as the snapshot.
                child.entry == unsafe { (self.symbols.edge_target)(edge) }
            })
    }
}

impl Drop for HeapSnapshot {
    fn drop(&mut self) {
        // SAFETY: the snapshot is alive, this thread took it, and no `Node` outlives it.
        unsafe { (self.symbols.delete)(self.snapshot) };
    }
}

impl<'snapshot> Node<'snapshot> {
    fn new(entry: *const c_void) -> Self {
        Self {
            entry,
            snapshot: PhantomData,
        }
    }

    fn symbols() -> &'static SnapshotSymbols {
        Symbols::get()
            .snapshot
            .as_ref()
            .expect("a snapshot was taken")
    }

    /// V8's id of the object, the same in all snapshots until the ids are forgotten.
    pub fn id(self) -> u32 {
        // SAFETY: the entry lives as long as the snapshot; `check_layout` found ids at this place.
        unsafe { self.entry.byte_add(ID_AT).cast::<u32>().read() }
    }

    /// `v8::HeapGraphNode::Type`.
    pub fn node_type(self) -> u8 {
        // SAFETY: the entry lives as long as the snapshot.
        u8::try_from(unsafe { (Self::symbols().node_type)(self.entry) }).unwrap_or(0)
    }

    pub fn shallow_size(self) -> u64 {
        // SAFETY: the entry lives as long as the snapshot.
        unsafe { (Self::symbols().node_shallow_size)(self.entry) as u64 }
    }

    /// Constructor, function or string, as V8 names it. V8 keeps each name once: nodes of one name
    /// share its address.
    pub fn name(self) -> &'snapshot CStr {
        // SAFETY: `check_layout` found names at this place.
        let name = unsafe { self.entry.byte_add(NAME_AT).cast::<*const c_char>().read() };
        // SAFETY: V8 keeps its names as C strings at least as long as the snapshot.
        unsafe { CStr::from_ptr(name) }
    }

    /// Nodes at the other ends of this node's edges, weak ones included.
    pub fn children(self) -> impl Iterator<Item = Node<'snapshot>> {
        let symbols = Self::symbols();
        // SAFETY: the entry lives as long as the snapshot.
        let count = unsafe { (symbols.child_count)(self.entry) };
        (0..count).map(move |at| {
            // SAFETY: `at` is less than the number of edges.
            let edge = unsafe { (symbols.child)(self.entry, at) };
            // SAFETY: the edge lives as long as the snapshot; `check_layout` found targets at this place.
            let entry = unsafe { edge.byte_add(TARGET_AT).cast::<*const c_void>().read() };
            Node::new(entry)
        })
    }
}

/// A `v8::ActivityControl` of our own: what a C++ object with virtual functions looks like.
#[repr(C)]
struct ActivityControl<'a> {
    vtable: *const ActivityControlVtable,
    report: *mut &'a mut dyn FnMut(u32, u32) -> ControlFlow<()>,
}

/// Itanium C++ ABI: both destructors, then the virtual functions in order.
#[repr(C)]
struct ActivityControlVtable {
    complete_destructor: unsafe extern "C" fn(*mut c_void),
    deleting_destructor: unsafe extern "C" fn(*mut c_void),
    report_progress: unsafe extern "C" fn(*mut c_void, u32, u32) -> c_int,
}

static ACTIVITY_CONTROL: ActivityControlVtable = ActivityControlVtable {
    complete_destructor: destroy_nothing,
    deleting_destructor: destroy_nothing,
    report_progress,
};

unsafe extern "C" fn destroy_nothing(_: *mut c_void) {}

unsafe extern "C" fn report_progress(control: *mut c_void, done: u32, total: u32) -> c_int {
    const CONTINUE: c_int = 0;
    const ABORT: c_int = 1;
    // SAFETY: V8 passes the control that `take` gave it, during that call.
    let control = unsafe { &mut *control.cast::<ActivityControl>() };
    // SAFETY: the closure is borrowed for the length of `take`.
    let report = unsafe { &mut *control.report };
    match report(done, total) {
        ControlFlow::Continue(()) => CONTINUE,
        ControlFlow::Break(()) => ABORT,
    }
}

fn unsupported() -> Error {
    Error::Unsupported {
        what: "V8's heap snapshot",
        why: "the executable does not export v8::HeapProfiler".into(),
    }
}
