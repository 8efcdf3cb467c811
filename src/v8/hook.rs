//! The GC prologue and epilogue callbacks of one isolate: what runs inside a collection.
//!
//! The callbacks read clocks and statistics, write one record, and may ask for a wake-up. They call no
//! JavaScript, take no lock and allocate nothing.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::clock::{monotonic_ns, unix_us};
use super::recorder::Recorder;
use super::statistics::Isolate;
use super::symbols::{HookSymbols, Symbols};
use super::wake::Wake;
use crate::error::Error;
use crate::gc::event::HeapChange;
use crate::gc::{GcEvent, GcKind, HeapStatistics, Ring, Totals, Trigger};

/// The numbers by which this Node version calls the types of collections
/// (`perf_hooks.constants.NODE_PERFORMANCE_GC_*`).
#[derive(Clone, Copy, Debug)]
pub struct GcTypes {
    pub major: u32,
    pub minor: u32,
    pub incremental: u32,
    pub weak_callbacks: u32,
}

impl GcTypes {
    /// The kind of a V8 type; a type that Node has no name for is the young generation's mark-sweep.
    pub fn kind(&self, gc_type: u32) -> GcKind {
        match gc_type {
            one if one == self.major => GcKind::MarkCompact,
            one if one == self.minor => GcKind::Scavenge,
            one if one == self.incremental => GcKind::IncrementalMarking,
            one if one == self.weak_callbacks => GcKind::WeakCallbacks,
            _ => GcKind::MinorMarkSweep,
        }
    }

    /// All bits that any version has used.
    const ALL: c_int = 0x1f;
}

/// Where the records of one isolate go, and who is told.
pub struct HookOptions {
    pub types: GcTypes,
    pub ring: Arc<Ring>,
    pub totals: Arc<Totals>,
    pub recorder: Option<Arc<Recorder>>,
    pub wake: Wake,
}

/// Whom to wake, and for what. Set by the monitor, read in the callback, on one thread.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WakeFor {
    /// Nobody listens.
    #[default]
    Nothing,
    /// Full collections; others only when the ring would overflow.
    FullCollections,
    /// Every collection.
    All,
}

/// Installed callbacks; removed when dropped.
pub struct GcHook {
    isolate: Isolate,
    symbols: HookSymbols,
    state: Box<HookState>,
}

/// What the callbacks see. Its address is V8's `data` pointer, so it stays in its box.
struct HookState {
    isolate: Isolate,
    options: HookOptions,
    /// By kind, because V8 may begin one collection inside another.
    started: [Cell<Started>; GcKind::ALL.len()],
    /// Who makes V8 collect at the moment, when it is us.
    trigger: Cell<Option<Trigger>>,
    read_every_heap: Cell<bool>,
    wake_for: Cell<WakeFor>,
    /// Records before this one have been read by the monitor.
    drained: Cell<u64>,
}

/// The prologue's half of a record.
#[derive(Clone, Copy, Default)]
struct Started {
    ns: u64,
    heap: Option<HeapStatistics>,
    new_space_bytes: u64,
    watcher_ns: u64,
}

impl GcHook {
    /// Installs the callbacks on this thread's isolate.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8 does not export what is needed.
    pub fn install(options: HookOptions) -> Result<Self, Error> {
        let symbols = Symbols::get().hooks.ok_or_else(|| Error::Unsupported {
            what: "watching the collector",
            why: "the executable does not export V8's GC callbacks".into(),
        })?;
        let isolate = Isolate::current()?;
        let state = Box::new(HookState {
            isolate,
            drained: Cell::new(options.ring.next_sequence()),
            options,
            started: Default::default(),
            trigger: Cell::default(),
            read_every_heap: Cell::default(),
            wake_for: Cell::default(),
        });
        let data = (&raw const *state).cast_mut().cast::<c_void>();
        // SAFETY: this is the isolate's thread, outside of a collection; `state` stays where it is
        // until `drop` has removed the callback.
        unsafe { (symbols.add_prologue)(isolate.pointer(), on_prologue, data, GcTypes::ALL) };
        // SAFETY: the same.
        unsafe { (symbols.add_epilogue)(isolate.pointer(), on_epilogue, data, GcTypes::ALL) };
        Ok(Self {
            isolate,
            symbols,
            state,
        })
    }

    /// Whom to wake from now on.
    pub fn wake_for(&self, wake_for: WakeFor) {
        self.state.wake_for.set(wake_for);
    }

    /// Reads the heap statistics for scavenges too. Costs two readings more a collection.
    pub fn read_every_heap(&self, every: bool) {
        self.state.read_every_heap.set(every);
    }

    /// Tells how far the records have been read, so that a wake-up comes before they are overwritten.
    pub fn drained_to(&self, sequence: u64) {
        self.state.drained.set(sequence);
    }

    /// Runs a full collection whose records say that it was requested.
    ///
    /// # Errors
    ///
    /// Those of [`Isolate::collect_all_garbage`].
    pub fn collect_all_garbage(&self) -> Result<(), Error> {
        self.on_behalf_of(Trigger::Requested, || self.isolate.collect_all_garbage())
    }

    /// Runs `work`; the records of the collections in it carry `trigger`.
    pub fn on_behalf_of<T>(&self, trigger: Trigger, work: impl FnOnce() -> T) -> T {
        let before = self.state.trigger.replace(Some(trigger));
        let result = work();
        self.state.trigger.set(before);
        result
    }
}

impl Drop for GcHook {
    fn drop(&mut self) {
        let isolate = self.isolate.pointer();
        let data = (&raw const *self.state).cast_mut().cast::<c_void>();
        // SAFETY: `install` passed this callback and this data; the hook is dropped on the isolate's
        // thread while the isolate is alive, at the latest by the environment's cleanup.
        unsafe { (self.symbols.remove_prologue)(isolate, on_prologue, data) };
        // SAFETY: the same.
        unsafe { (self.symbols.remove_epilogue)(isolate, on_epilogue, data) };
    }
}

unsafe extern "C" fn on_prologue(_: *mut c_void, gc_type: c_int, _: c_int, data: *mut c_void) {
    // SAFETY: `data` is the `HookState` of `install`, alive until the callback is removed, and only
    // ever borrowed shared.
    let state = unsafe { &*data.cast::<HookState>() };
    state.begin(gc_type as u32);
}

unsafe extern "C" fn on_epilogue(_: *mut c_void, gc_type: c_int, flags: c_int, data: *mut c_void) {
    // SAFETY: as in `on_prologue`.
    let state = unsafe { &*data.cast::<HookState>() };
    state.end(gc_type as u32, flags as u32);
}

impl HookState {
    fn begin(&self, gc_type: u32) {
        let entered_ns = monotonic_ns();
        let kind = self.options.types.kind(gc_type);
        let heap = self
            .reads_heap(kind)
            .then(|| self.isolate.heap_statistics());
        let new_space_bytes = self.new_space_bytes(kind);
        let ns = monotonic_ns();
        self.started[kind as usize].set(Started {
            ns,
            heap,
            new_space_bytes,
            watcher_ns: ns - entered_ns,
        });
    }

    fn end(&self, gc_type: u32, flags: u32) {
        let ended_ns = monotonic_ns();
        let kind = self.options.types.kind(gc_type);
        let started = self.started[kind as usize].take();
        // Installed between prologue and epilogue: there is no beginning to measure from.
        if started.ns == 0 {
            return;
        }
        let heap = started.heap.map(|before| HeapChange {
            before,
            after: self.isolate.heap_statistics(),
        });
        let pause_ns = ended_ns - started.ns;
        let totals = self.options.totals.of(kind);
        let (kind_count, kind_pause_ns) = totals.record(pause_ns);
        let sequence = self.options.ring.next_sequence();
        let record = GcEvent {
            sequence,
            kind,
            trigger: self
                .trigger
                .get()
                .unwrap_or_else(|| Trigger::from_flags(flags)),
            flags,
            start_ns: started.ns,
            end_unix_us: unix_us(),
            pause_ns,
            kind_count,
            kind_pause_ns,
            new_space_before_bytes: started.new_space_bytes,
            new_space_after_bytes: self.new_space_after(kind),
            heap,
        }
        .to_words();
        self.options.ring.push(&record);
        if let Some(recorder) = &self.options.recorder {
            recorder.append(&record);
        }
        if self.wakes(kind, sequence) {
            self.options.wake.send();
        }
        totals
            .watcher
            .record(started.watcher_ns + (monotonic_ns() - ended_ns));
    }

    fn reads_heap(&self, kind: GcKind) -> bool {
        kind == GcKind::MarkCompact || self.read_every_heap.get()
    }

    /// A full collection moves the whole young generation to the old one (V8's default since 8.0): what
    /// is known need not be asked for while the caches are cold.
    fn new_space_after(&self, kind: GcKind) -> u64 {
        match kind {
            GcKind::MarkCompact => 0,
            other => self.new_space_bytes(other),
        }
    }

    /// Only where the young generation is collected: the other callbacks leave it alone.
    fn new_space_bytes(&self, kind: GcKind) -> u64 {
        match kind {
            GcKind::Scavenge | GcKind::MinorMarkSweep | GcKind::MarkCompact => {
                self.isolate.new_space_bytes()
            }
            GcKind::IncrementalMarking | GcKind::WeakCallbacks => 0,
        }
    }

    fn wakes(&self, kind: GcKind, sequence: u64) -> bool {
        match self.wake_for.get() {
            WakeFor::Nothing => false,
            WakeFor::All => true,
            WakeFor::FullCollections => {
                let undrained = sequence.saturating_sub(self.drained.get());
                kind == GcKind::MarkCompact || undrained >= self.options.ring.capacity() as u64 / 2
            }
        }
    }
}
