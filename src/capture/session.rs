//! One capture from its beginning to its end: preparation on another thread, the fork on JavaScript's, the
//! wait on another one again; and what is tried once more when a copy fails.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::captured::{Choice, Engine, Findings, Frozen, Want, capture};
use super::failure::Failure;
use super::frozen_copy::{FrozenCopy, Orders};
use super::heap_image::{HeapImage, Room};
use super::limits::Limits;
use super::mappings::{Guess, Mappings, Range};
use super::priority::Priority;
use super::quiet::wait_for_quiet;
use super::support::support;
use super::target_file::TargetFile;
use crate::error::Error;
use crate::reader;
use crate::snapshot::Watch;
use crate::v8::heap_snapshot::ReadLists;

/// So often the mappings are read on another thread; when they have changed again by then, on this one.
const PREPARATIONS: u32 = 6;
/// A heap of at most so many bytes is copied as a whole for a copy that counts paths: that takes 25 ms. The pages of a
/// larger one are shared.
pub const LARGEST_IMAGE_BYTES: usize = 128 << 20;

/// V8's helpers may take so long to end what they are at; threads that belong to the program may never rest.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// Of what seems to be V8's at most one part in so many may be new: to copy other memory as well takes time and room.
const MOST_NEW: usize = 4;

/// A process has one set of mappings, whatever the thread: two forks at a time would take each other's marks away.
static IS_CAPTURING: AtomicBool = AtomicBool::new(false);

/// What a capture is to give, and what it may take.
#[derive(Clone, Debug)]
pub struct Plan {
    pub want: Want,
    /// What may read the heap; none for ours, with V8's in reserve.
    pub engine: Option<Engine>,
    /// Without a sign of life from the copy.
    pub stall: Duration,
    /// In all, whatever the number of attempts.
    pub timeout: Duration,
    /// Attempts after the first.
    pub retries: u32,
    /// What the copy may take on top of what it has.
    pub memory_limit_bytes: Option<u64>,
    /// Also more memory than there seems to be.
    pub force: bool,
}

impl Plan {
    /// The engine that may read the heap, if only one may.
    fn engine(&self) -> Option<Engine> {
        match &self.want {
            Want::Growth(series) => series.engine().or(self.engine),
            // V8's takes its part in it, too.
            Want::Comparison => Some(Engine::Reader),
            _ => self.engine,
        }
    }
}

/// What a capture gave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Captured {
    pub findings: Findings,
    pub path: Option<PathBuf>,
    pub attempts: u32,
    /// The longest time that the service's thread was held up at once.
    pub pause: Duration,
    pub duration: Duration,
}

/// A capture under way. No other begins in this process until it is dropped.
#[derive(Debug)]
pub struct Session {
    plan: Plan,
    choice: Choice,
    began: Instant,
    file: Option<TargetFile>,
    mappings: Mappings,
    room: Option<Room>,
    pages: Pages,
    preparations: u32,
    copy: Option<FrozenCopy>,
    /// Whether that one has an image of the heap: another attempt shares the pages.
    has_image: bool,
    attempts: u32,
    pause: Duration,
    /// Percent told last: another attempt begins anew and tells nothing twice.
    told: Cell<u32>,
    _turn: Turn,
}

/// How the copy gets V8's heap.
#[derive(Debug, Default)]
enum Pages {
    #[default]
    Undecided,
    /// The service copies them, so many bytes, if there is the memory for it.
    ToBeCopied(usize),
    /// There is.
    Granted(usize),
    Room(Room),
    Shared,
}

/// What the next capture of a series need not find or make again, if it comes soon: which mappings are V8's, and the memory
/// for a copy of its heap.
#[derive(Debug, Default)]
pub struct Leftovers {
    mappings: Mappings,
    room: Option<Room>,
}

impl Leftovers {
    /// Gives the memory for a copy of the heap back.
    ///
    /// # Complexity
    ///
    /// Another thread does it: a millisecond for 1 to 2 MB.
    pub fn give_back(&mut self) {
        let Some(room) = self.room.take() else {
            return;
        };
        let freeing = std::thread::Builder::new().name("memwatch-rs".into());
        // Where there is no thread to be had, the room has been freed here.
        let _ = freeing.spawn(move || drop(room));
    }
}

impl Pages {
    fn of(heap: &Guess) -> Self {
        match heap.bytes() {
            bytes if bytes <= LARGEST_IMAGE_BYTES => Self::ToBeCopied(bytes),
            _ => Self::Shared,
        }
    }
}

/// The right to fork.
#[derive(Debug)]
pub(super) struct Turn;

impl Turn {
    pub(super) fn take() -> Result<Self, Error> {
        match IS_CAPTURING.swap(true, Ordering::AcqRel) {
            true => Err(Error::CaptureBusy),
            false => Ok(Self),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        IS_CAPTURING.store(false, Ordering::Release);
    }
}

impl Session {
    /// # Errors
    ///
    /// [`Error::Unsupported`], and [`Error::CaptureBusy`] while another one is under way.
    pub fn begin(plan: Plan) -> Result<Self, Error> {
        support().map_err(with_way_out)?;
        Ok(Self {
            choice: match plan.engine() {
                Some(engine) => Choice::Only(engine),
                // Known now, it can be prepared for.
                None => reader::support().map_or_else(Choice::Instead, |()| Choice::Any),
            },
            plan,
            began: Instant::now(),
            file: None,
            mappings: Mappings::default(),
            room: None,
            pages: Pages::default(),
            preparations: 0,
            copy: None,
            has_image: false,
            attempts: 0,
            pause: Duration::ZERO,
            told: Cell::default(),
            _turn: Turn::take()?,
        })
    }

    /// Uses what the capture before has left.
    pub fn reuse(&mut self, Leftovers { mappings, room }: Leftovers) {
        self.mappings = mappings;
        self.room = room;
    }

    /// For the capture after this one, when this one has been a success.
    pub fn leave(&mut self) -> Leftovers {
        if !self.counts_paths() {
            return Leftovers::default();
        }
        Leftovers {
            mappings: std::mem::take(&mut self.mappings).shed(),
            room: self.room.take(),
        }
    }

    /// Whether our own reader is to read the heap, as far as can be told before the fork.
    pub fn uses_reader(&self) -> bool {
        matches!(self.choice, Choice::Any | Choice::Only(Engine::Reader))
    }

    /// Whether V8 is to take a snapshot in the copy.
    pub fn uses_v8(&self) -> bool {
        !self.uses_reader() || self.plan.want == Want::Comparison
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What may take long and needs no pause. For another thread than JavaScript's.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`], [`Error::CaptureTimeout`], [`Error::Io`] of the file, [`Error::CaptureRefused`].
    pub fn prepare(&mut self, watch: &dyn Watch) -> Result<(), Error> {
        if watch.is_cancelled() {
            return Err(Error::Cancelled);
        }
        self.limits().check_deadline()?;
        if let (Want::Snapshot(plan), None) = (&self.plan.want, &self.file) {
            self.file = Some(plan.create()?);
        }
        if let Some(file) = &self.file {
            file.empty()?;
        }
        if let Pages::Granted(bytes) = self.pages {
            // Where the system does not give the memory after all, they are shared.
            self.pages = self.room_for(bytes).map_or(Pages::Shared, Pages::Room);
            return Ok(());
        }
        if let Pages::Undecided = self.pages {
            self.pages = match self.counts_paths() {
                true => Pages::of(&self.guess()?),
                false => Pages::Shared,
            };
        }
        if let Pages::Shared = self.pages {
            self.mappings.prepare().map_err(unread)?;
            self.preparations += 1;
        }
        if self.uses_v8() {
            wait_for_quiet(LONGEST_WAIT);
        }
        Ok(())
    }

    /// What a fork seems to leave out, hardly any of it new.
    fn guess(&mut self) -> Result<Guess, Error> {
        if self.mappings.are_known() {
            let guess = self.mappings.guess().map_err(unread)?;
            if guess.new_bytes <= guess.bytes() / MOST_NEW {
                return Ok(guess);
            }
        }
        self.mappings.prepare().map_err(unread)?;
        self.mappings.guess().map_err(unread)
    }

    fn room_for(&mut self, bytes: usize) -> io::Result<Room> {
        let mut room = self.room.take().map_or_else(Room::new, Ok)?;
        room.extend(bytes)?;
        Ok(room)
    }

    /// Whether our own reader is to count paths, and nothing else.
    fn counts_paths(&self) -> bool {
        self.uses_reader() && self.plan.want.needs_paths_alone()
    }

    /// So many bytes the service still has to take for the copy, before it forks.
    pub fn bytes_to_take(&self) -> u64 {
        match self.pages {
            Pages::ToBeCopied(bytes) => {
                let is_there = self.room.as_ref().map_or(0, Room::bytes);
                bytes.saturating_sub(is_there) as u64
            }
            _ => 0,
        }
    }

    /// JavaScript's thread has been held up for this capture since then.
    pub fn note_pause(&mut self, since: Instant) {
        self.pause = self.pause.max(since.elapsed());
    }

    /// Forks; false when it must be prepared once more. On JavaScript's thread, when there is the memory for
    /// [`Self::bytes_to_take`]. `detach` runs in the copy before V8 does.
    ///
    /// # Errors
    ///
    /// [`Error::CaptureRefused`], [`Error::Unsupported`].
    pub fn fork(
        &mut self,
        memory_limit_bytes: Option<u64>,
        read_lists: ReadLists,
        samples: usize,
        detach: impl FnOnce(),
    ) -> Result<bool, Error> {
        let locks = support()?;
        if let Pages::ToBeCopied(bytes) = self.pages {
            self.pages = Pages::Granted(bytes);
            return Ok(false);
        }
        // Another attempt shares them.
        let (image, native) = match std::mem::replace(&mut self.pages, Pages::Shared) {
            Pages::Room(room) => {
                let Guess {
                    left_out, native, ..
                } = self.mappings.guess().map_err(unread)?;
                // Where the system does not copy them after all, they are shared.
                match HeapImage::of(room, &left_out) {
                    Ok(image) => (Some(image), native),
                    Err(_) => return Ok(false),
                }
            }
            _ => (None, Vec::new()),
        };
        let left_out = match image {
            Some(_) => Vec::new(),
            None => match self.left_out()? {
                Some(left_out) => left_out,
                None => return Ok(false),
            },
        };
        let file = self.file.as_ref();
        let orders = Orders {
            ranges: &left_out,
            image: image.as_ref(),
            memory_limit_bytes,
            file: file.map(TargetFile::file),
            locks: Some(locks),
            outlives_parent: None,
            priority: match self.counts_paths() {
                true => Priority::Low,
                false => Priority::Lowest,
            },
        };
        let want = &self.plan.want;
        let choice = match image {
            // V8 would change its memory.
            Some(_) => &Choice::Only(Engine::Reader),
            None => &self.choice,
        };
        self.copy = Some(FrozenCopy::begin(orders, |reports| {
            detach();
            let placed = orders.image.map(HeapImage::placed);
            let frozen = Frozen {
                left_out: placed.as_ref().unwrap_or(&left_out),
                native: &native,
                samples,
                read_lists,
            };
            let tell = |percent| reports.progress(percent);
            let findings = capture(want, choice, frozen, file, tell)?;
            postcard::to_stdvec(&findings).map_err(|error| Failure::Other {
                message: error.to_string(),
            })
        })?);
        self.has_image = image.is_some();
        if let Some(image) = image {
            self.room = Some(image.into_room());
        }
        self.attempts += 1;
        self.preparations = 0;
        Ok(true)
    }

    /// What a fork leaves out now; `None` when `smaps` has to be read once more, as far as there is time for that.
    fn left_out(&mut self) -> Result<Option<Vec<Range>>, Error> {
        match self.mappings.left_out_now().map_err(unread)? {
            None if self.preparations < PREPARATIONS => Ok(None),
            None => {
                self.mappings.read().map_err(unread)?;
                Ok(Some(self.mappings.left_out()))
            }
            left_out => Ok(left_out),
        }
    }

    /// Waits for the copy; `None` when it failed in a way that is worth another attempt. `tell` hears whole
    /// percents. For another thread than JavaScript's.
    ///
    /// # Errors
    ///
    /// Those of [`FrozenCopy::result`], and [`Error::Io`] of the file.
    pub fn result(
        &mut self,
        watch: &dyn Watch,
        tell: &dyn Fn(u32),
    ) -> Result<Option<Captured>, Error> {
        let copy = self.copy.take().ok_or(Error::Cancelled)?;
        let tell_more = |percent| {
            if percent > self.told.get() {
                self.told.set(percent);
                tell(percent);
            }
        };
        let bytes = match copy.result(self.limits(), watch, &tell_more) {
            Ok(bytes) => bytes,
            Err(error) if self.is_worth_another(&error) => {
                // It may have been ours that took a wrong step, unless the image was not the heap.
                if !self.has_image && !matches!(self.choice, Choice::Only(_)) {
                    self.choice = Choice::Instead(error.to_string());
                }
                return Ok(None);
            }
            Err(error) => {
                // Here rather than on JavaScript's thread: to remove a large file takes long.
                self.file.take();
                return Err(error);
            }
        };
        let findings = postcard::from_bytes(&bytes).map_err(|error| Error::CaptureDied {
            how: format!("its result cannot be read: {error}"),
            may_retry: false,
        })?;
        Ok(Some(Captured {
            findings,
            path: self.keep_file()?,
            attempts: self.attempts,
            pause: self.pause,
            duration: self.began.elapsed(),
        }))
    }

    fn keep_file(&mut self) -> Result<Option<PathBuf>, Error> {
        match (&self.plan.want, self.file.take()) {
            (Want::Snapshot(plan), Some(file)) => plan.keep(file).map(Some),
            _ => Ok(None),
        }
    }

    fn is_worth_another(&self, error: &Error) -> bool {
        // What cannot be read of an image may be read of shared pages.
        let is_of_image = self.has_image && matches!(error, Error::Unsupported { .. });
        (error.is_worth_another_copy() || is_of_image) && self.attempts <= self.plan.retries
    }

    fn limits(&self) -> Limits {
        Limits {
            stall: self.plan.stall,
            began: self.began,
            timeout: self.plan.timeout,
        }
    }
}

/// Where there are no copies there is another way, for those who can afford it.
fn with_way_out(error: Error) -> Error {
    match error {
        Error::Unsupported { what, why } => Error::Unsupported {
            what,
            why: format!("{why}; mode: 'in-process' needs no copy, but pauses the thread"),
        },
        other => other,
    }
}

pub(super) fn unread(source: io::Error) -> Error {
    Error::CaptureRefused {
        action: "read the mappings of the process",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_v8_it_is_refused_with_the_reason() {
        let plan = Plan {
            want: Want::Summary,
            engine: None,
            stall: Duration::MAX,
            timeout: Duration::MAX,
            retries: 0,
            memory_limit_bytes: None,
            force: false,
        };
        let error = Session::begin(plan).expect_err("there is no V8 in here");
        assert_eq!(error.code(), "ERR_MEMWATCH_UNSUPPORTED");
        assert!(error.to_string().contains("does not export"), "{error}");
        assert!(error.to_string().contains("in-process"), "{error}");
    }

    #[test]
    fn only_one_captures_at_a_time() {
        let first = Turn::take().expect("nobody else");
        let error = Turn::take().map(drop).expect_err("taken");
        assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_BUSY");
        drop(first);
        Turn::take().expect("given back");
    }
}
