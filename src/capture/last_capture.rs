//! A snapshot file that gets whole even if the process dies meanwhile: the copy does not end with it, and gives the
//! file its name by itself. The process waits on a thread of its own.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::captured::{Choice, Engine, Frozen, Want, capture};
use super::failure::Failure;
use super::frozen_copy::{FrozenCopy, Orders};
use super::limits::Limits;
use super::mappings::{Mappings, Range};
use super::priority::Priority;
use super::quiet::wait_for_quiet;
use super::session::{Plan, Turn, unread};
use super::snapshot_file::FilePlan;
use super::support::support;
use crate::error::Error;
use crate::snapshot::Unwatched;
use crate::v8::heap_snapshot::ReadLists;

/// So often the mappings are read when others change them meanwhile.
const READINGS: u32 = 5;

/// How long helpers of V8 may take to come to rest.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// A copy that hangs does so from its beginning. Nobody waits longer for one that does nothing: the heap may be
/// full any moment, and another copy needs its turn.
const STALL: Duration = Duration::from_secs(5);

/// A copy that writes.
pub struct LastCapture(Arc<Ending>);

#[derive(Default)]
struct Ending {
    /// How it ended: whether another attempt is worth it.
    ended: Mutex<Option<bool>>,
    came: Condvar,
}

impl LastCapture {
    /// Forks, all of it on this thread: there may be no other time. `detach` runs in the copy before V8 does, and
    /// `on_end` on the thread that waits: before this has done, and what it gives afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`], [`Error::CaptureBusy`], [`Error::CaptureRefused`], and [`Error::Io`] of the file.
    pub fn begin<Then>(
        plan: &Plan,
        file: &FilePlan,
        memory_limit_bytes: Option<u64>,
        read_lists: ReadLists,
        detach: impl FnOnce(),
        on_end: impl FnOnce(Result<PathBuf, Error>) -> Then + Send + 'static,
    ) -> Result<Self, Error>
    where
        Then: FnOnce(),
    {
        let locks = support()?;
        let turn = Turn::take()?;
        wait_for_quiet(LONGEST_WAIT);
        let target = file.create()?;
        let left_out = left_out()?;
        let orders = Orders {
            ranges: &left_out,
            memory_limit_bytes,
            file: Some(target.file()),
            locks: Some(locks),
            outlives_parent: Some(plan.timeout),
            image: None,
            priority: Priority::default(),
        };
        let copy = FrozenCopy::begin(orders, |reports| {
            detach();
            let want = Want::Snapshot(file.clone());
            let tell = |percent| reports.progress(percent);
            // V8 calls from inside of a collection: no JavaScript is there to plant what our reader looks for.
            let choice = Choice::Only(Engine::V8);
            let frozen = Frozen {
                left_out: &left_out,
                native: &[],
                samples: 0,
                read_lists,
            };
            let written = capture(&want, &choice, frozen, Some(&target), tell)
                .and_then(|_| Ok(file.keep_in_copy(&target)?));
            written.inspect_err(|_| target.remove())?;
            Ok::<_, Failure>(Vec::new())
        })?;
        let limits = Limits {
            stall: plan.stall.min(STALL),
            began: Instant::now(),
            timeout: plan.timeout,
        };
        let ending = Arc::new(Ending::default());
        let last = Self(ending.clone());
        let wait = move || {
            let result = copy.result(limits, &Unwatched, &|_| {});
            let path = target.path().to_path_buf();
            // What a copy that was killed has left of it.
            drop(target);
            drop(turn);
            let is_worth_another = result.as_ref().is_err_and(Error::is_worth_another_copy);
            let then = on_end(result.map(|_| path));
            *ending.ended.lock() = Some(is_worth_another);
            ending.came.notify_all();
            then();
        };
        let thread = thread::Builder::new().name("memwatch-rs".into());
        // Where there is no thread to be had the closure is dropped, and the copy ended.
        thread.spawn(wait).map_err(|source| Error::CaptureRefused {
            action: "start a thread",
            source,
        })?;
        Ok(last)
    }

    /// Whether it has ended, and nothing is to be tried again.
    pub fn has_done(&self) -> bool {
        *self.0.ended.lock() == Some(false)
    }

    /// Waits until the copy has ended; whether another attempt is worth it.
    pub fn wait(&self) -> bool {
        let mut ended = self.0.ended.lock();
        self.0.came.wait_while(&mut ended, |ended| ended.is_none());
        *ended == Some(true)
    }
}

/// What a fork would leave out.
fn left_out() -> Result<Vec<Range>, Error> {
    let mut mappings = Mappings::default();
    for _ in 0..READINGS {
        mappings.read().map_err(unread)?;
        if let Some(left_out) = mappings.left_out_now().map_err(unread)? {
            return Ok(left_out);
        }
    }
    Ok(mappings.left_out())
}
