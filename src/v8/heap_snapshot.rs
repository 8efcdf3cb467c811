//! V8's own heap snapshot, read in place: no JSON, no copy of the graph.
//!
//! V8 builds the graph; that is the pause, and about 400 bytes a node until it is deleted. Reading it
//! afterwards is quick: V8's entries and edges are read where they lie, after a check against V8's
//! accessors that they are laid out as expected.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::ptr;

use super::statistics::Isolate;
use super::symbols::{SnapshotSymbols, Symbols, TakeSnapshot};
use crate::error::Error;

/// Hears of V8's work: what is done and what there is, in V8's units. `Break` ends it, with that error.
pub type Progress<'a> = &'a mut dyn FnMut(u32, u32) -> ControlFlow<Error>;

/// How the edges of a snapshot are read, and the places of functions, which have no accessor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadLists {
    /// From V8's own lists, if they are found.
    InPlace,
    /// By V8's accessor, a call an edge; no places.
    ByAccessor,
}

/// A snapshot in V8's memory; deleted when dropped.
pub struct HeapSnapshot {
    symbols: &'static SnapshotSymbols,
    snapshot: *const c_void,
    node_count: u32,
    /// V8's list of all edges, sorted by the entry they leave; null when it was not found or is not wanted.
    edges: *const *const Edge,
    /// V8's list of places in scripts, and its length; none when it was not found.
    locations: (*const SourceLocation, usize),
}

/// V8's name of a node or of a reference. V8 keeps each once: names are the same when their addresses are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Name<'snapshot> {
    text: *const c_char,
    snapshot: PhantomData<&'snapshot HeapSnapshot>,
}

/// One node, readable while its snapshot is alive. As small as two pointers: a walk keeps many.
#[derive(Clone, Copy)]
pub struct Node<'snapshot> {
    entry: *const Entry,
    snapshot: &'snapshot HeapSnapshot,
}

/// One reference of a node, readable while its snapshot is alive.
#[derive(Clone, Copy)]
pub struct Reference<'snapshot> {
    edge: *const Edge,
    snapshot: &'snapshot HeapSnapshot,
}

/// A reference's name or index, as its type says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReferenceLabel<'snapshot> {
    Name(Name<'snapshot>),
    Index(u32),
}

/// V8's `HeapEntry`: the same from V8 10.2 (Node 18) to 14.6 (Node 26). `check_layout` makes sure.
#[repr(C)]
struct Entry {
    /// `v8::HeapGraphNode::Type` in four bits, then the position among the entries.
    type_and_index: u32,
    /// Where in V8's list of edges those of this entry end, which is where the next one's begin.
    edges_end: u32,
    /// Bytes of the object in 48 bits, the detachedness in eight more, and what is left of the memory's former use.
    size_and_detachedness: u64,
    snapshot: *const c_void,
    name: *const c_char,
    id: u32,
    trace_node_id: u32,
}

/// V8's `HeapGraphEdge`, likewise.
#[repr(C)]
struct Edge {
    /// `v8::HeapGraphEdge::Type` in three bits, then the position of the entry that it leaves.
    type_and_source: u32,
    target: *const Entry,
    label: EdgeLabel,
}

#[repr(C)]
union EdgeLabel {
    name: *const c_char,
    index: u32,
}

/// V8's `SourceLocation`: where a node's function or constructor stands. Lines and columns count from zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SourceLocation {
    /// Position of the node.
    pub node: u32,
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}

const TYPE_BITS: u32 = 4;
const EDGE_TYPE_BITS: u32 = 3;
const SIZE_BITS: u32 = 48;
/// Types of edges that have an index: elements and hidden ones.
const INDEXED: [u8; 2] = [1, 4];
/// Types of nodes that have a location: objects, functions and generators.
const WITH_LOCATION: [u8; 2] = [3, 5];
/// Entries whose fields the check reads: so many at the start, and as many spread over the rest.
const CHECKED_NODES: u32 = 256;
/// Edges of each that it reads.
const CHECKED_EDGES: usize = 16;
/// V8's `HeapSnapshot` keeps its list of edges in its first words, of some 60.
const SEARCHED_WORDS: usize = 128;
/// From there to its list of locations: past the list itself and a hash map of seven words.
const WORDS_TO_LOCATIONS: usize = 3 + 7;

impl HeapSnapshot {
    /// Lets V8 build a snapshot of this thread's heap. With `progress` V8 counts all objects
    /// beforehand, without a word.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8 cannot be reached or lays its entries out another way, and what
    /// `progress` breaks with.
    ///
    /// # Complexity
    ///
    /// Blocks the thread for 2 to 5 µs a node and takes about 400 bytes a node until this is dropped.
    pub fn take(
        isolate: Isolate,
        read_lists: ReadLists,
        mut progress: Option<Progress>,
    ) -> Result<Self, Error> {
        let symbols = Symbols::get().snapshot.as_ref().ok_or_else(unsupported)?;
        // SAFETY: the isolate belongs to this thread and is alive.
        let profiler = unsafe { (symbols.profiler)(isolate.pointer()) };
        let mut control = progress.as_mut().map(|report| ActivityControl {
            vtable: &ACTIVITY_CONTROL,
            report,
            ended_by: None,
        });
        let address = control
            .as_mut()
            .map_or(ptr::null_mut(), |control| ptr::from_mut(control).cast());
        let snapshot = match symbols.take {
            TakeSnapshot::WithOptions(take) => {
                let mut options = [0usize; 16];
                options[0] = address as usize;
                // SAFETY: `HeapSnapshotOptions` begins with the control; the rest is zero, which is
                // the default of every field, and the buffer is larger than any version's struct.
                unsafe { take(profiler, options.as_ptr().cast()) }
            }
            // SAFETY: Node 18's overload; the resolver may be null, internals stay hidden.
            TakeSnapshot::WithControl(take) => unsafe {
                take(profiler, address, ptr::null(), true, false)
            },
        };
        if snapshot.is_null() {
            let ended_by = control.and_then(|control| control.ended_by);
            return Err(ended_by.unwrap_or(Error::Cancelled));
        }
        // SAFETY: the snapshot was just taken.
        let node_count = unsafe { (symbols.node_count)(snapshot) };
        let mut snapshot = Self {
            symbols,
            snapshot,
            node_count: u32::try_from(node_count).unwrap_or(0),
            edges: ptr::null(),
            locations: (ptr::null(), 0),
        };
        if !snapshot.check_layout() {
            return Err(Error::Unsupported {
                what: "reading V8's heap snapshot",
                why: "its entries are laid out in an unknown way".into(),
            });
        }
        if read_lists == ReadLists::InPlace {
            snapshot.find_lists();
        }
        Ok(snapshot)
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

    pub fn node_count(&self) -> u32 {
        self.node_count
    }

    /// How many references all nodes have.
    pub fn reference_count(&self) -> u32 {
        let last = self.node_count.checked_sub(1);
        last.map_or(0, |last| self.node(last).entry().edges_end)
    }

    /// The node at a position; the root is the first.
    ///
    /// # Panics
    ///
    /// When there are not so many.
    pub fn node(&self, index: u32) -> Node<'_> {
        assert!(index < self.node_count, "the snapshot has no such node");
        // SAFETY: `index` is less than the number of nodes, which came as a `c_int`.
        let entry = unsafe { (self.symbols.node_at)(self.snapshot, index as c_int) };
        Node::new(self, entry.cast())
    }

    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.node_count).map(|index| self.node(index))
    }

    /// Each entry looked at must have its position, point back to its snapshot, and have the type, size, id
    /// and edges that V8's accessors tell. The root must be the first, and have a child `(GC roots)`: so
    /// V8 calls it, where names are expected.
    fn check_layout(&self) -> bool {
        // SAFETY: the snapshot is alive.
        let root = unsafe { (self.symbols.root)(self.snapshot) };
        let first = 0..self.node_count.min(CHECKED_NODES);
        let mut checked = first.chain(self.spread_nodes());
        self.node_count > 0
            && self.node(0).address() == root
            && checked.all(|at| self.has_known_layout(at))
            && self
                .node(0)
                .references()
                .any(|reference| reference.target().name().as_c_str() == c"(GC roots)")
    }

    fn has_known_layout(&self, at: u32) -> bool {
        let node = self.node(at);
        let symbols = self.symbols;
        // SAFETY: the entry is alive.
        let id = unsafe { (symbols.node_id)(node.address()) };
        // SAFETY: the same.
        let node_type = unsafe { (symbols.node_type)(node.address()) };
        // SAFETY: the same.
        let shallow_size = unsafe { (symbols.node_shallow_size)(node.address()) };
        // SAFETY: the same.
        let edges = unsafe { (symbols.child_count)(node.address()) };
        node.entry().snapshot == self.snapshot
            && node.index() == at
            && node.id() == id
            && c_int::from(node.node_type()) == node_type
            && node.shallow_size() == shallow_size as u64
            && usize::try_from(edges) == Ok(node.references().len())
            && node.references().take(CHECKED_EDGES).all(|reference| {
                let edge = ptr::from_ref(reference.edge()).cast();
                // SAFETY: the edge lives as long as the snapshot.
                let target = unsafe { (symbols.edge_target)(edge) };
                // SAFETY: the same.
                let edge_type = unsafe { (symbols.edge_type)(edge) };
                reference.target().address() == target
                    && c_int::from(reference.reference_type()) == edge_type
                    && reference.edge().type_and_source >> EDGE_TYPE_BITS == at
            })
    }

    /// Where functions and constructors stand.
    pub fn locations(&self) -> &[SourceLocation] {
        match self.locations {
            (list, _) if list.is_null() => &[],
            // SAFETY: `find_lists` found so many, and V8 does not change them any more.
            (list, length) => unsafe { std::slice::from_raw_parts(list, length) },
        }
    }

    /// V8's lists are C++ vectors in its snapshot, at a place that differs from version to version. That of
    /// the edges is known by its length, and must hold what the accessors give. That of the locations follows
    /// at a distance, and must hold functions and objects of the snapshot.
    fn find_lists(&mut self) {
        // SAFETY: V8 allocates its snapshots by `new`, which is `malloc`.
        let bytes = unsafe { libc::malloc_usable_size(self.snapshot.cast_mut()) };
        let length = (bytes / size_of::<usize>()).min(SEARCHED_WORDS);
        // SAFETY: the allocation is that long, aligned as `malloc` aligns, and V8 writes to it on this thread only.
        let words = unsafe { std::slice::from_raw_parts(self.snapshot.cast::<usize>(), length) };
        let edge_count = self.reference_count() as usize;
        let is_edges = |words: &[usize]| {
            vector::<*const Edge>(words).is_some_and(|(_, length)| length == edge_count)
        };
        let Some(at) = words.windows(3).position(is_edges) else {
            return;
        };
        let edges = words[at] as *const *const Edge;
        if !self.is_list_of_edges(edges) {
            return;
        }
        self.edges = edges;
        let locations = words.get(at + WORDS_TO_LOCATIONS..).and_then(vector);
        if let Some((list, length)) =
            locations.filter(|(_, length)| *length <= self.node_count as usize)
        {
            self.locations = (list, length);
            let is_known = |location: &SourceLocation| {
                location.node < self.node_count
                    && WITH_LOCATION.contains(&self.node(location.node).node_type())
            };
            if !self.locations().iter().all(is_known) {
                self.locations = (ptr::null(), 0);
            }
        }
    }

    fn is_list_of_edges(&self, edges: *const *const Edge) -> bool {
        self.spread_nodes().all(|at| {
            let node = self.node(at);
            let listed = node.references().zip(node.edge_range()).take(CHECKED_EDGES);
            listed.into_iter().all(|(reference, at)| {
                // SAFETY: `at` is less than the number of edges, and the vector holds that many.
                reference.edge == unsafe { edges.add(at as usize).read() }
            })
        })
    }

    /// Positions of some nodes from all over the snapshot, the last one among them.
    fn spread_nodes(&self) -> impl Iterator<Item = u32> + use<> {
        let step = (self.node_count / CHECKED_NODES).max(1);
        (0..self.node_count)
            .step_by(step as usize)
            .chain(self.node_count.checked_sub(1))
    }
}

/// What a C++ vector of `T` would be that begins with these words: where its elements are, and how many. None
/// when the words are no such vector, or one without elements.
fn vector<T>(words: &[usize]) -> Option<(*const T, usize)> {
    let [begin, end, capacity_end, ..] = *words else {
        return None;
    };
    let bytes = end.checked_sub(begin)?;
    let is_vector = begin != 0
        && begin.is_multiple_of(align_of::<usize>())
        && bytes > 0
        && bytes.is_multiple_of(size_of::<T>())
        && capacity_end >= end;
    is_vector.then_some((begin as *const T, bytes / size_of::<T>()))
}

impl Drop for HeapSnapshot {
    fn drop(&mut self) {
        // SAFETY: the snapshot is alive, this thread took it, and no `Node` outlives it.
        unsafe { (self.symbols.delete)(self.snapshot) };
    }
}

impl<'snapshot> Node<'snapshot> {
    fn new(snapshot: &'snapshot HeapSnapshot, entry: *const Entry) -> Self {
        Self { entry, snapshot }
    }

    fn entry(self) -> &'snapshot Entry {
        // SAFETY: V8's entries live and stay as they are as long as the snapshot, and are at least this long
        // in every version; `check_layout` compares the fields with what V8's accessors tell.
        unsafe { &*self.entry }
    }

    fn address(self) -> *const c_void {
        self.entry.cast()
    }

    /// Position among the snapshot's nodes.
    #[inline(always)]
    pub fn index(self) -> u32 {
        self.entry().type_and_index >> TYPE_BITS
    }

    /// V8's id of the object, the same in all snapshots until the ids are forgotten.
    #[inline(always)]
    pub fn id(self) -> u32 {
        self.entry().id
    }

    /// `v8::HeapGraphNode::Type`.
    #[inline(always)]
    pub fn node_type(self) -> u8 {
        (self.entry().type_and_index & ((1 << TYPE_BITS) - 1)) as u8
    }

    #[inline(always)]
    pub fn shallow_size(self) -> u64 {
        self.entry().size_and_detachedness & ((1 << SIZE_BITS) - 1)
    }

    /// Whether what Node.js attached to the object is still attached: 1 yes, 2 no, 0 not known or nothing.
    pub fn detachedness(self) -> u8 {
        (self.entry().size_and_detachedness >> SIZE_BITS) as u8
    }

    /// Constructor, function or string, as V8 names it.
    #[inline(always)]
    pub fn name(self) -> Name<'snapshot> {
        Name::new(self.entry().name)
    }

    /// This node's references, weak ones included.
    #[inline(always)]
    pub fn references(self) -> impl ExactSizeIterator<Item = Reference<'snapshot>> {
        let snapshot = self.snapshot;
        let range = self.edge_range();
        let first = range.start;
        (range.start as usize..range.end as usize).map(move |at| {
            let edge = if snapshot.edges.is_null() {
                let at = (at - first as usize) as c_int;
                // SAFETY: the entry lives as long as the snapshot and has an edge of that number.
                unsafe { (snapshot.symbols.child)(self.address(), at) }.cast()
            } else {
                // SAFETY: `find_edges` found the list; the entries' ranges lie within it.
                unsafe { snapshot.edges.add(at).read() }
            };
            Reference { edge, snapshot }
        })
    }

    /// Positions of this node's edges in V8's list.
    #[inline(always)]
    fn edge_range(self) -> std::ops::Range<u32> {
        let before = self.index().checked_sub(1);
        let start = before.map_or(0, |before| self.snapshot.node(before).entry().edges_end);
        start..self.entry().edges_end.max(start)
    }
}

impl<'snapshot> Reference<'snapshot> {
    fn edge(self) -> &'snapshot Edge {
        // SAFETY: V8's edges live and stay as they are as long as the snapshot.
        unsafe { &*self.edge }
    }

    #[inline(always)]
    pub fn target(self) -> Node<'snapshot> {
        Node::new(self.snapshot, self.edge().target)
    }

    /// `v8::HeapGraphEdge::Type`.
    #[inline(always)]
    pub fn reference_type(self) -> u8 {
        (self.edge().type_and_source & ((1 << EDGE_TYPE_BITS) - 1)) as u8
    }

    /// Property, variable or slot; or which element.
    pub fn label(self) -> ReferenceLabel<'snapshot> {
        if INDEXED.contains(&self.reference_type()) {
            // SAFETY: V8 gives edges of these types an index.
            return ReferenceLabel::Index(unsafe { self.edge().label.index });
        }
        // SAFETY: V8 gives all other edges a name.
        ReferenceLabel::Name(Name::new(unsafe { self.edge().label.name }))
    }
}

impl<'snapshot> Name<'snapshot> {
    fn new(text: *const c_char) -> Self {
        Self {
            text,
            snapshot: PhantomData,
        }
    }

    pub fn as_c_str(self) -> &'snapshot CStr {
        // SAFETY: V8 keeps its names as C strings at least as long as the snapshot.
        unsafe { CStr::from_ptr(self.text) }
    }
}

/// A `v8::ActivityControl` of our own: what a C++ object with virtual functions looks like.
#[repr(C)]
struct ActivityControl<'a> {
    vtable: *const ActivityControlVtable,
    report: *mut Progress<'a>,
    ended_by: Option<Error>,
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
        ControlFlow::Break(error) => {
            control.ended_by = Some(error);
            ABORT
        }
    }
}

fn unsupported() -> Error {
    Error::Unsupported {
        what: "V8's heap snapshot",
        why: "the executable does not export v8::HeapProfiler".into(),
    }
}
