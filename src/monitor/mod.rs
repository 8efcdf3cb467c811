//! One isolate's monitor: owns the hook and the ring, turns records into notifications, and keeps
//! them for each subscriber until it takes them.
//!
//! Subscribers share the hook, the statistics and the detectors of their isolate. Nothing in here runs
//! inside a collection.
#![forbid(unsafe_code)]

mod allocation_watch;
mod config;
pub mod heap_diff;
mod heap_limit;
mod inbox;
mod path_search;
mod series_file;
mod snapshot_cost;
mod state;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::capture::{self, Plan, Session, Want};
use crate::error::Error;
use crate::gc::event::HeapChange;
use crate::gc::process_memory::headroom_bytes;
use crate::gc::ring::Drained;
use crate::gc::{GcEvent, GcKind, HeapStatistics, ProcessMemory, Totals, Trigger};
use crate::leak::{Explanation, LeakId};
use crate::snapshot::HeapGraph;
use crate::v8::heap_snapshot::{Progress, ReadLists};
use crate::v8::hook::WakeFor;
use crate::v8::{
    Capabilities, GcHook, GcTypes, HeapSnapshot, Isolate, Symbols, Wake, clock, self_test,
};

use allocation_watch::AllocationWatch;
pub use config::{Change, Config};
pub use heap_limit::HeapLimitPlan;
use heap_limit::HeapLimitWatch;
pub use inbox::{
    Interests, Notification, PauseSummary, SnapshotWritten, Stats, SubscriberId, Warning,
};
pub use path_search::{CaptureAnswer, CaptureCost, CaptureRequest};
pub use snapshot_cost::{Keep, Limits, SnapshotCost};
use snapshot_cost::{SnapshotCosts, usable};
use state::State;

/// What Node tells of the environment that the monitor lives in.
#[derive(Clone, Debug)]
pub struct Host {
    pub types: GcTypes,
    pub node_version: String,
    /// 0 is the main thread.
    pub thread_id: u64,
}

/// Where the records come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mode {
    /// V8's GC callbacks.
    Native,
    /// `perf_hooks` entries that JavaScript hands over, with the reason.
    Fallback(String),
}

/// A collection as `perf_hooks` reports it, some time after it happened.
#[derive(Clone, Copy, Debug)]
pub struct ObservedCollection {
    pub gc_type: u32,
    pub flags: u32,
    /// When it ended, on the clock of `performance.now()`.
    pub end_ms: f64,
    /// How long ago that was.
    pub age_ms: f64,
    pub duration_ms: f64,
    /// Read when it was reported; only for the newest full collection of a batch.
    pub heap: Option<HeapStatistics>,
}

/// The monitor of one isolate; lives on that isolate's thread.
pub struct Monitor {
    host: Host,
    mode: Mode,
    hook: RefCell<Option<Rc<GcHook>>>,
    /// The environment has gone: nothing is hooked any more.
    shut_down: Cell<bool>,
    state: Mutex<State>,
    this: Weak<Self>,
    /// Heap diffs that have begun and not ended.
    open_diffs: Cell<u32>,
    snapshot_costs: Cell<SnapshotCosts>,
    heap_limit: RefCell<Option<HeapLimitWatch>>,
    allocations: RefCell<Option<AllocationWatch>>,
}

impl Monitor {
    /// Opens the monitor of this thread's isolate. Nothing is hooked before a subscriber asks.
    pub fn open(host: Host, mode: Mode) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            host,
            mode,
            hook: RefCell::default(),
            shut_down: Cell::default(),
            state: Mutex::new(State::new(clock::page_bytes())),
            this: this.clone(),
            open_diffs: Cell::default(),
            snapshot_costs: Cell::default(),
            heap_limit: RefCell::default(),
            allocations: RefCell::default(),
        })
    }

    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Adds a subscriber that is interested in nothing yet. `on_pending` is called on the event loop
    /// when there is something to take; it must not call back into the monitor at once.
    pub fn subscribe(&self, on_pending: Box<dyn Fn() + Send + Sync>) -> SubscriberId {
        self.state.lock().inboxes.add(on_pending)
    }

    /// Removes a subscriber; the hook goes with the last one that needs it.
    pub fn unsubscribe(&self, id: SubscriberId) {
        self.state.lock().inboxes.remove(id);
        // Without a hook to install there is nothing that can fail.
        let _ = self.sync_hook();
    }

    /// What a subscriber wants from now on. The monitor runs while anyone wants anything.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when the hook cannot be installed; the interests are then as before.
    pub fn listen(&self, id: SubscriberId, interests: Interests) -> Result<(), Error> {
        let before = self.state.lock().inboxes.listen(id, interests);
        self.sync_hook().inspect_err(|_| {
            self.state.lock().inboxes.listen(id, before);
        })
    }

    /// Whether collections are being recorded.
    pub fn is_running(&self) -> bool {
        self.state.lock().is_running()
    }

    /// Changes the configuration: all of it or, on an error, nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Recorder::create`](crate::v8::Recorder::create) and of a series recording, which are the same, and
    /// [`Error::Unsupported`] of captures.
    pub fn configure(&self, change: Change) -> Result<(), Error> {
        let heap_limit = change.near_heap_limit.clone();
        if let Some(Some(_)) = heap_limit {
            HeapLimitWatch::check()?;
        }
        self.state.lock().configure(change, &self.host)?;
        if let Some(plan) = heap_limit {
            // V8 knows the callback by its function: it cannot be there twice.
            self.heap_limit.take();
            let install = |plan| HeapLimitWatch::install(plan, self.this.clone());
            let watch = plan.as_ref().map(install).transpose()?;
            self.heap_limit.replace(watch);
        }
        // The hook holds the ring and the recorder: a running one is replaced.
        let was_running = self.hook.borrow_mut().take().is_some();
        if was_running || self.is_running() {
            self.sync_hook()?;
        }
        Ok(())
    }

    pub fn config(&self) -> Config {
        self.state.lock().config.clone()
    }

    /// Ends the recordings, if there are any, in good order.
    pub fn close_recordings(&self) {
        self.state.lock().close_recordings();
        // Without a hook to install there is nothing that can fail.
        let _ = self.sync_hook();
    }

    /// Captures nothing near the heap limit any more. A capture that has begun goes on.
    pub fn leave_heap_limit(&self) {
        self.state.lock().config.near_heap_limit = None;
        self.heap_limit.take();
    }

    /// The environment is going: removes the hook and closes the handle on its event loop, for good.
    pub fn shut_down(&self) {
        self.shut_down.set(true);
        self.heap_limit.take();
        self.allocations.take();
        self.hook.borrow_mut().take();
        self.state.lock().close_recordings();
    }

    /// Takes what has been kept for a subscriber, up to the newest record.
    pub fn take(&self, id: SubscriberId) -> Vec<Notification> {
        self.process();
        self.state.lock().inboxes.take(id)
    }

    /// The state now. `heap` is V8's present reading, for the time before the first full collection.
    pub fn stats(&self, heap: HeapStatistics) -> Stats {
        self.process();
        self.state.lock().stats_now(heap)
    }

    /// The records from `since` on that are still in the ring.
    pub fn history(&self, since: u64) -> Drained {
        self.state.lock().ring.read_from(since)
    }

    /// Takes what grew in all captures for a suspicion: the answer to a [`CaptureRequest`].
    pub fn take_paths(&self, id: LeakId, captured: CaptureAnswer, cost: CaptureCost) {
        self.state.lock().take_paths(id, captured, cost);
    }

    /// The capture of a [`CaptureRequest`] has failed.
    pub fn miss_paths(&self, id: LeakId, why: String) {
        self.state.lock().miss_paths(id, why);
    }

    /// Samples allocations while something is suspicious. To be called from JavaScript.
    pub fn follow_allocations(&self) {
        let order = match &self.mode {
            Mode::Native => self.state.lock().order_sampling(),
            Mode::Fallback(_) => None,
        };
        let Some(order) = order else {
            self.allocations.take();
            return;
        };
        let mut allocations = self.allocations.borrow_mut();
        let watch = allocations.get_or_insert_default();
        if let Some(sites) = watch.follow(order) {
            self.state.lock().take_allocations(sites);
        }
    }

    /// Leaves V8's heap profiler to somebody else. What is still suspicious asks for it again later.
    pub fn yield_heap_profiler(&self) {
        if self.allocations.take().is_some() {
            self.state
                .lock()
                .void_allocations("somebody asked for a heap profile");
        }
    }

    /// What the detector thinks now, and why.
    pub fn explain(&self) -> Vec<Explanation> {
        self.process();
        self.state.lock().explain()
    }

    /// Totals of all collections; the callback's own time is in there too.
    pub fn totals(&self) -> Arc<Totals> {
        self.state.lock().totals.clone()
    }

    /// Collects all garbage now; its records say that it was requested.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] in fallback mode, where JavaScript has another way.
    pub fn collect_all_garbage(&self) -> Result<(), Error> {
        // No borrow is held meanwhile: finalizers that the collection runs may unsubscribe.
        let hook = self.hook.borrow().clone();
        match hook {
            Some(hook) => hook.collect_all_garbage()?,
            None => Isolate::current()?.collect_all_garbage()?,
        }
        self.state.lock().end_request();
        Ok(())
    }

    /// What V8's heap snapshot would cost now.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8's statistics cannot be reached.
    pub fn predict_snapshot(&self, keep: Keep) -> Result<SnapshotCost, Error> {
        let heap = Isolate::current()?.heap_statistics();
        Ok(self.snapshot_costs.get().predict(&heap, keep))
    }

    /// The living heap as a graph of our own; V8's snapshot is deleted when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::TooCostly`], [`Error::PauseLimit`] and [`Error::PausePredicted`] as `limits` say, else those of
    /// [`HeapSnapshot::take`].
    pub fn take_graph(&self, limits: Limits) -> Result<HeapGraph, Error> {
        let snapshot = self.take_snapshot(limits, Keep::Graph)?;
        Ok(snapshot.to_graph(|_| false))
    }

    /// Forks a copy of the process that reads the heap of this thread; false when `session` must be prepared
    /// once more.
    ///
    /// # Errors
    ///
    /// [`Error::CopyTooCostly`], else those of [`Session::fork`].
    pub fn fork_copy(&self, session: &mut Session, samples: usize) -> Result<bool, Error> {
        let since = Instant::now();
        let memory_limit_bytes =
            self.memory_limit_of_copy(session.plan(), kept_by(session), session.bytes_to_take())?;
        let forked = session.fork(memory_limit_bytes, self.read_lists(), samples, || {
            self.detach_in_copy();
        });
        session.note_pause(since);
        forked
    }

    /// What a copy may take on top of what it has, where the service takes so many bytes for it before.
    fn memory_limit_of_copy(
        &self,
        plan: &Plan,
        keep: Keep,
        bytes_before: u64,
    ) -> Result<Option<u64>, Error> {
        if plan.force {
            return Ok(plan.memory_limit_bytes);
        }
        let memory = self.state.lock().process_memory();
        let headroom_bytes = headroom_bytes(&memory);
        let mut cost = self.predict_snapshot(keep)?;
        cost.peak_bytes += bytes_before;
        cost.check_copy(headroom_bytes)?;
        let usable_bytes = headroom_bytes.map(usable);
        Ok(plan.memory_limit_bytes.or(usable_bytes))
    }

    /// The copy shares the recording with the service, and has no event loop to wake.
    fn detach_in_copy(&self) {
        if let Some(watch) = &*self.heap_limit.borrow() {
            watch.note_copy();
        }
        self.state.lock().silence_recorder();
        self.hook.borrow_mut().take();
    }

    /// Who distrusts V8's callbacks distrusts what it keeps to itself.
    fn read_lists(&self) -> ReadLists {
        match self.mode {
            Mode::Native => ReadLists::InPlace,
            Mode::Fallback(_) => ReadLists::ByAccessor,
        }
    }

    /// Takes V8's heap snapshot; the collections it makes V8 run are recorded as its own.
    fn take_snapshot(&self, limits: Limits, keep: Keep) -> Result<HeapSnapshot, Error> {
        let isolate = Isolate::current()?;
        let predicted = self.predict_snapshot(keep)?;
        if !limits.force {
            let memory = self.state.lock().process_memory();
            predicted.check_memory(headroom_bytes(&memory))?;
        }
        let stop_after_ms = match limits.max_pause_ms {
            Some(limit_ms) if limits.ids_in_use => {
                predicted.check_pause(limit_ms)?;
                None
            }
            limit_ms => limit_ms,
        };
        let hook = self.hook.borrow().clone();
        let started_ns = clock::monotonic_ns();
        let read_lists = self.read_lists();
        let mut stop_in_time = stop_after_ms.map(|limit_ms| {
            move |done: u32, total: u32| {
                let pause_ms = (clock::monotonic_ns() - started_ns) as f64 / 1e6;
                if pause_ms <= limit_ms {
                    return ControlFlow::Continue(());
                }
                let percent = (u64::from(done) * 100).checked_div(total.into());
                ControlFlow::Break(Error::PauseLimit {
                    limit_ms,
                    percent: u32::try_from(percent.unwrap_or(0)).unwrap_or(100),
                })
            }
        });
        let progress = stop_in_time.as_mut().map(|stop| stop as Progress);
        let take = || HeapSnapshot::take(isolate, read_lists, progress);
        let snapshot = match hook {
            Some(hook) => hook.on_behalf_of(Trigger::Snapshot, take),
            None => take(),
        }?;
        let mut costs = self.snapshot_costs.get();
        costs.measured(
            snapshot.node_count().into(),
            clock::monotonic_ns() - started_ns,
        );
        self.snapshot_costs.set(costs);
        Ok(snapshot)
    }

    /// Records a collection that `perf_hooks` reported; for the fallback mode. Each loaded copy of the
    /// package reports all of them: only the first report counts.
    pub fn observe(&self, collection: ObservedCollection) {
        let ns = |ms: f64| (ms.max(0.0) * 1e6) as u64;
        let (age_ns, pause_ns) = (ns(collection.age_ms), ns(collection.duration_ms));
        let event = GcEvent {
            sequence: 0,
            kind: self.host.types.kind(collection.gc_type),
            trigger: Trigger::from_flags(collection.flags),
            flags: collection.flags,
            start_ns: clock::monotonic_ns().saturating_sub(age_ns + pause_ns),
            end_unix_us: clock::unix_us().saturating_sub(age_ns / 1000),
            pause_ns,
            kind_count: 0,
            kind_pause_ns: 0,
            new_space_before_bytes: 0,
            new_space_after_bytes: 0,
            heap: collection.heap.map(|after| HeapChange {
                before: HeapStatistics::default(),
                after,
            }),
        };
        self.state.lock().observe(event, collection.end_ms);
    }

    /// Turns all new records into statistics, verdicts and notifications.
    fn process(&self) {
        let cursor = {
            let mut state = self.state.lock();
            let mut heap_limit = self.heap_limit.borrow_mut();
            if let Some(watch) = &*heap_limit {
                // Asked first: what ends in between is told the next time.
                let is_used_up = watch.is_used_up();
                state.tell_captures(watch.take_endings());
                if is_used_up {
                    state.config.near_heap_limit = None;
                    heap_limit.take();
                }
            }
            state.process();
            state.cursor
        };
        if let Some(hook) = &*self.hook.borrow() {
            hook.drained_to(cursor);
        }
    }

    /// Makes the hook be there exactly while it is needed, and wake for what is wanted.
    fn sync_hook(&self) -> Result<(), Error> {
        let (running, wanted) = {
            let state = self.state.lock();
            (state.is_running() && !self.shut_down.get(), state.wanted())
        };
        let mut hook = self.hook.borrow_mut();
        if !(running && wanted.leak) {
            self.allocations.take();
        }
        if !running {
            hook.take();
            self.state.lock().interrupt();
            return Ok(());
        }
        if self.mode != Mode::Native {
            return Ok(());
        }
        if hook.is_none() {
            let wake = Wake::open(self.on_wake())?;
            let options = self.state.lock().hook_options(self.host.types, wake);
            *hook = Some(Rc::new(GcHook::install(options)?));
        }
        if let Some(hook) = &*hook {
            hook.wake_for(match wanted {
                Interests {
                    collections: true, ..
                } => WakeFor::All,
                Interests { stats: true, .. } | Interests { leak: true, .. } => {
                    WakeFor::FullCollections
                }
                _ => WakeFor::Nothing,
            });
            hook.read_every_heap(wanted.collections);
        }
        Ok(())
    }

    /// Processes what is there and tells the subscribers that have something to take.
    fn on_wake(&self) -> Box<dyn Fn()> {
        let this = self.this.clone();
        Box::new(move || {
            let Some(monitor) = this.upgrade() else {
                return;
            };
            monitor.process();
            let pending = monitor.state.lock().inboxes.pending();
            for on_pending in pending {
                on_pending();
            }
        })
    }
}

/// Decides where the records come from. `reported` reads `v8.getHeapStatistics()`.
///
/// # Errors
///
/// Whatever `reported` fails with: an exception of JavaScript.
pub fn choose_mode<E>(
    forced_fallback: bool,
    mut reported: impl FnMut() -> Result<HeapStatistics, E>,
) -> Result<Mode, E> {
    if forced_fallback {
        return Ok(Mode::Fallback("MEMWATCH_FORCE_FALLBACK is set".into()));
    }
    let capabilities = Symbols::get().capabilities();
    let isolate = match Isolate::current() {
        Ok(isolate) if capabilities.hooks && capabilities.statistics => isolate,
        Ok(_) => {
            return Ok(Mode::Fallback(
                "the executable does not export V8's GC callbacks".into(),
            ));
        }
        Err(why) => return Ok(Mode::Fallback(why.to_string())),
    };
    // A collection between two readings moves the numbers: three attempts.
    let mut why = String::new();
    for _ in 0..3 {
        let before = isolate.heap_statistics();
        let reported = reported()?;
        match self_test::compare(&before, &reported, &isolate.heap_statistics()) {
            Ok(()) => return Ok(Mode::Native),
            Err(mismatch) => why = mismatch,
        }
    }
    Ok(Mode::Fallback(format!("the self-test failed: {why}")))
}

/// What the executable offers, whatever the mode is.
pub fn capabilities() -> Capabilities {
    Symbols::get().capabilities()
}

/// `None` when heaps can be captured in the background, else why not.
pub fn why_no_background_capture() -> Option<String> {
    match capture::support() {
        Ok(_) => None,
        Err(Error::Unsupported { why, .. }) => Some(why),
        Err(error) => Some(error.to_string()),
    }
}

/// Memory of the process as it is delivered: JavaScript adds what only Node knows.
pub fn with_array_buffers(memory: ProcessMemory, array_buffer_bytes: u64) -> ProcessMemory {
    ProcessMemory {
        array_buffer_bytes: Some(array_buffer_bytes),
        ..memory
    }
}

/// Summaries of the kinds that occurred.
fn pause_summaries(totals: &Totals) -> Vec<PauseSummary> {
    GcKind::ALL
        .into_iter()
        .filter_map(|kind| PauseSummary::of(kind, totals.of(kind)))
        .collect()
}

/// What the copy of a capture will hold.
fn kept_by(session: &Session) -> Keep {
    match (session.uses_reader(), &session.plan().want) {
        (true, Want::Classes) => Keep::ReadClasses,
        (true, Want::Comparison) | (false, _) => Keep::Graph,
        (true, _) => Keep::ReadGraph,
    }
}
