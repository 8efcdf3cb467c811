//! A snapshot file before the heap limit ends the process: written by a copy, while the service gets as much more
//! heap as it takes to go on.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use parking_lot::Mutex;

use super::inbox::OnPending;
use super::{Keep, Monitor};
use crate::capture::{FilePlan, LastCapture, Plan, Want, support};
use crate::error::Error;
use crate::v8::heap_limit::Answer;
use crate::v8::{HeapLimitHook, Isolate};

/// The limit is raised by what the young generation has room for, which one collection may move to the old one, and
/// by this at least: room to get on until the copy has been made.
const MIN_RAISE_BYTES: usize = 32 << 20;
/// The limit is raised by this when we are asked for the last time, so that V8 does not die of our answer but
/// asks whom else it knows: a worker's own limit ends the worker, not the process.
const LAST_RAISE_BYTES: usize = 1 << 20;

/// What is captured near the heap limit.
#[derive(Clone, Debug)]
pub struct HeapLimitPlan {
    /// How often.
    pub captures: u32,
    /// Wants a file.
    pub plan: Plan,
}

/// How captures ended, from the threads that waited.
type Endings = Arc<Mutex<Vec<Result<PathBuf, Error>>>>;

/// Captures when V8 says that the heap is nearly full.
pub struct HeapLimitWatch {
    _hook: HeapLimitHook,
    watcher: Rc<Watcher>,
}

struct Watcher {
    plan: Plan,
    file: FilePlan,
    monitor: Weak<Monitor>,
    captures_left: Cell<u32>,
    /// For copies that ended or hung by themselves.
    retries_left: Cell<u32>,
    under_way: RefCell<Option<LastCapture>>,
    /// A copy of the process must get to its end, and not be copied.
    is_in_copy: Cell<bool>,
    endings: Endings,
}

impl HeapLimitWatch {
    /// # Errors
    ///
    /// [`Error::Unsupported`] when nothing could be captured.
    pub fn check() -> Result<(), Error> {
        HeapLimitHook::check()?;
        support().map(drop)
    }

    /// # Errors
    ///
    /// [`Error::Unsupported`].
    pub fn install(plan: &HeapLimitPlan, monitor: Weak<Monitor>) -> Result<Self, Error> {
        let Want::Snapshot(file) = plan.plan.want.clone() else {
            unreachable!("a plan for the heap limit wants a file");
        };
        let watcher = Rc::new(Watcher {
            plan: plan.plan.clone(),
            file,
            monitor,
            captures_left: Cell::new(plan.captures),
            retries_left: Cell::new(plan.plan.retries),
            under_way: RefCell::default(),
            is_in_copy: Cell::default(),
            endings: Endings::default(),
        });
        let answering = watcher.clone();
        let hook = HeapLimitHook::install(Box::new(move |limit| answering.answer(limit)))?;
        Ok(Self {
            _hook: hook,
            watcher,
        })
    }

    /// Whether all that was to be captured has been.
    pub fn is_used_up(&self) -> bool {
        let under_way = self.watcher.under_way.borrow();
        self.watcher.captures_left.get() == 0
            && under_way.as_ref().is_none_or(LastCapture::has_done)
    }

    pub fn note_copy(&self) {
        self.watcher.is_in_copy.set(true);
    }

    /// What has ended since this was asked last.
    pub fn take_endings(&self) -> Vec<Result<PathBuf, Error>> {
        std::mem::take(&mut *self.watcher.endings.lock())
    }
}

impl Watcher {
    fn answer(&self, limit_bytes: usize) -> Answer {
        if self.is_in_copy.get() {
            // V8's snapshot begins by a collection. Nothing but the copy's own memory limit may stop it.
            return Answer {
                limit_bytes: limit_bytes.saturating_mul(2),
                stays: true,
            };
        }
        // What was given for the copy's sake has been used up: the process may die of the next answer, and with the
        // first process of a container all others die.
        let was_under_way = self.under_way.take();
        let has_failed = was_under_way.is_some_and(|capture| capture.wait());
        if has_failed && let Some(retries_left) = self.retries_left.get().checked_sub(1) {
            self.retries_left.set(retries_left);
            self.captures_left.update(|captures_left| captures_left + 1);
        }
        let Some(captures_left) = self.captures_left.get().checked_sub(1) else {
            return Answer {
                limit_bytes: raised(limit_bytes, LAST_RAISE_BYTES),
                stays: false,
            };
        };
        self.captures_left.set(captures_left);
        match self.begin() {
            Ok(capture) => {
                self.under_way.replace(Some(capture));
            }
            Err(error) => {
                self.endings.lock().push(Err(error));
                call(&self.on_pending());
            }
        }
        Answer {
            limit_bytes: raised(limit_bytes, raise_bytes()),
            stays: true,
        }
    }

    /// Calls for all who may take what came of it.
    fn on_pending(&self) -> Vec<OnPending> {
        let monitor = self.monitor.upgrade();
        monitor.map_or_else(Vec::new, |monitor| monitor.state.lock().inboxes.all())
    }

    fn begin(&self) -> Result<LastCapture, Error> {
        let monitor = self.monitor.upgrade().ok_or(Error::Cancelled)?;
        let memory_limit_bytes = monitor.memory_limit_of_copy(&self.plan, Keep::Graph, 0)?;
        let (endings, on_pending) = (self.endings.clone(), self.on_pending());
        // Whoever is called finds that this has done.
        let on_end = move |result| {
            endings.lock().push(result);
            move || call(&on_pending)
        };
        LastCapture::begin(
            &self.plan,
            &self.file,
            memory_limit_bytes,
            monitor.read_lists(),
            || monitor.detach_in_copy(),
            on_end,
        )
    }
}

fn call(on_pending: &[OnPending]) {
    for on_pending in on_pending {
        on_pending();
    }
}

/// A limit with this room above it. The collection that V8 asks after may have moved so much that the old
/// generation is beyond its limit already, and V8 ends the process at once where it stays so.
fn raised(limit_bytes: usize, room_bytes: usize) -> usize {
    let reached = Isolate::current().map_or(0, |isolate| isolate.old_generation_capacity_bytes());
    let reached = usize::try_from(reached).unwrap_or(0);
    limit_bytes.max(reached).saturating_add(room_bytes)
}

fn raise_bytes() -> usize {
    let young = Isolate::current().map_or(0, |isolate| isolate.new_space_capacity_bytes());
    usize::try_from(young).unwrap_or(0).max(MIN_RAISE_BYTES)
}
