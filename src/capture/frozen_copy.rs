//! A forked copy of the process that does one piece of work and sends what came of it.
//!
//! The service pauses while the kernel copies its page tables. The copy has the calling thread alone, shares no
//! descriptor with the service but a pipe, runs no JavaScript, and ends by `_exit`.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::copy_setup::{BlockedSignals, kept, set_up};
use super::failure::Failure;
use super::forkable::Forkable;
use super::frames::{Frame, Frames};
use super::heap_image::HeapImage;
use super::limits::Limits;
use super::locks::Slots;
use super::mappings::Range;
use super::priority::Priority;
use super::process::{Ending, Process};
use crate::error::Error;
use crate::snapshot::Watch;

/// How a copy exits that could not be set up, or could not tell what came of its work.
const NOT_SET_UP: i32 = 71;
const NOT_HEARD: i32 = 72;
/// How often a quiet copy is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Bytes that the pipe gives at once: a Linux pipe holds so many.
const PIECE_BYTES: usize = 1 << 16;

/// What a copy is to be like.
#[derive(Clone, Copy, Default)]
pub struct Orders<'a> {
    /// Marked `MADV_DONTFORK`, and needed in the copy: shared until one of both writes to them.
    pub ranges: &'a [Range],
    /// What the copy gets of them instead.
    pub image: Option<&'a HeapImage>,
    /// What the copy may take on top of what it has.
    pub memory_limit_bytes: Option<u64>,
    /// Stays open in the copy.
    pub file: Option<&'a File>,
    /// Disarmed in the copy.
    pub locks: Option<&'a Slots>,
    /// The copy goes on without the service, for so long in all.
    pub outlives_parent: Option<Duration>,
    pub priority: Priority,
}

/// A copy at work; killed and reaped when dropped.
#[derive(Debug)]
pub struct FrozenCopy {
    process: Process,
    pipe: File,
}

/// Where the copy's work tells how far it has come.
pub struct Reports {
    pipe: File,
    needs_reader: bool,
}

impl Reports {
    pub fn progress(&self, percent: u32) {
        let percent = u8::try_from(percent).unwrap_or(100).min(100);
        self.send(&Frame::Progress(percent));
    }

    /// Nobody is left to work for when the pipe does not take it, unless the work has its own use.
    fn send(&self, frame: &Frame) {
        if frame.write(&mut &self.pipe).is_err() && self.needs_reader {
            exit(NOT_HEARD);
        }
    }
}

impl FrozenCopy {
    /// Forks. `work` runs in the copy.
    ///
    /// # Errors
    ///
    /// [`Error::CaptureRefused`] when the system gives no pipe or no process.
    pub fn begin(
        orders: Orders,
        work: impl FnOnce(&Reports) -> Result<Vec<u8>, Failure>,
    ) -> Result<Self, Error> {
        let (theirs, ours) = pipe().map_err(refused("make a pipe"))?;
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.map_err(refused("open /dev/null"))?;
        // SAFETY: takes nothing.
        let parent = unsafe { libc::getpid() };
        let signals = BlockedSignals::all();
        let forkable = match orders.image {
            Some(_) => None,
            None => Some(Forkable::make(orders.ranges)),
        };
        // SAFETY: the copy has one thread, whose memory is as it was; it calls what the C library has
        // prepared for this, and V8 with its locks disarmed.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // What the service reads from, the copy does not need, and it may need a free descriptor.
            drop(theirs);
            let reports = Reports {
                pipe: ours,
                needs_reader: orders.outlives_parent.is_none(),
            };
            work_in_copy(orders, parent, &null, reports, work);
        }
        let failed = (pid == -1).then(io::Error::last_os_error);
        drop(forkable);
        drop(signals);
        if let Some(source) = failed {
            return Err(refused("fork")(source));
        }
        Ok(Self {
            process: Process::of(pid),
            pipe: theirs,
        })
    }

    #[cfg(test)]
    pub fn pid(&self) -> libc::pid_t {
        self.process.pid()
    }

    /// Waits for what the copy sends; `tell` hears of progress. Blocks, and leaves no process behind.
    ///
    /// # Errors
    ///
    /// [`Error::CaptureDied`], [`Error::CaptureStalled`], [`Error::CaptureTimeout`], [`Error::Cancelled`] and
    /// what the copy failed with.
    pub fn result(
        mut self,
        limits: Limits,
        watch: &dyn Watch,
        tell: &dyn Fn(u32),
    ) -> Result<Vec<u8>, Error> {
        let mut frames = Frames::default();
        let mut outcome = None;
        let mut cpu_time = None;
        let mut alive = Instant::now();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            if watch.is_cancelled() {
                return Err(Error::Cancelled);
            }
            limits.check_deadline()?;
            if self.has_sent(LOOK_EVERY) {
                alive = Instant::now();
                let length = match self.pipe.read(&mut piece) {
                    Ok(0) => break,
                    Ok(length) => length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(died(&error)),
                };
                frames.push(&piece[..length]);
                while let Some(frame) = frames.next().map_err(|error| died(&error))? {
                    match frame {
                        Frame::Progress(percent) => tell(percent.into()),
                        Frame::Result(payload) => outcome = Some(Ok(payload)),
                        Frame::Failure(payload) => outcome = Some(Err(Failure::decode(&payload))),
                    }
                }
                continue;
            }
            let used = self.process.cpu_time();
            if used > cpu_time {
                (alive, cpu_time) = (Instant::now(), used);
            }
            limits.check_stall(alive)?;
        }
        // The pipe is closed when the memory has been given back, just before the end.
        let closed = Instant::now();
        let ending = loop {
            match self.process.try_reap() {
                Some(ending) => break ending,
                None if closed.elapsed() > LOOK_EVERY * 40 => break self.process.kill(),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        match (outcome, ending) {
            (Some(outcome), _) => outcome.map_err(Error::from),
            (None, ending) => Err(Error::CaptureDied {
                how: ending.to_string(),
                may_retry: ending != Ending::Signal(libc::SIGKILL),
            }),
        }
    }

    /// Whether the pipe has something, or has been closed.
    fn has_sent(&self, within: Duration) -> bool {
        let mut pipe = libc::pollfd {
            fd: self.pipe.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let milliseconds = libc::c_int::try_from(within.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: one descriptor, which is open.
        unsafe { libc::poll(&raw mut pipe, 1, milliseconds) > 0 }
    }
}

/// The copy's whole life.
fn work_in_copy(
    orders: Orders,
    parent: libc::pid_t,
    null: &File,
    reports: Reports,
    work: impl FnOnce(&Reports) -> Result<Vec<u8>, Failure>,
) -> ! {
    let done = catch_unwind(AssertUnwindSafe(|| {
        // The usual hook takes a lock that another thread of the service may have held.
        panic::set_hook(Box::new(|_| {}));
        let placed = orders.image.map_or(Ok(()), HeapImage::place);
        let keep = kept(&reports.pipe, &orders);
        if let Err(error) = placed.and_then(|()| set_up(&orders, parent, &keep, null.as_raw_fd())) {
            let why = format!("the copy could not be set up: {error}");
            reports.send(&Frame::Failure(Failure::Unsupported { why }.encode()));
            exit(NOT_SET_UP);
        }
        work(&reports)
    }));
    let frame = match done {
        Ok(Ok(result)) => Frame::Result(result),
        Ok(Err(failure)) => Frame::Failure(failure.encode()),
        Err(panic) => Frame::Failure(Failure::of_panic(&*panic).encode()),
    };
    reports.send(&frame);
    exit(0)
}

/// Ends the copy without anything that a program does at its end.
fn exit(code: i32) -> ! {
    // SAFETY: takes a number; what the service registered for its own exit is not run.
    unsafe { libc::_exit(code) }
}

/// Where one reads and where one writes; programs that the service starts do not inherit them.
fn pipe() -> io::Result<(File, File)> {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptors are new, and nobody else's.
    let [read, write] = ends.map(|end| File::from(unsafe { OwnedFd::from_raw_fd(end) }));
    Ok((read, write))
}

fn refused(action: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::CaptureRefused { action, source }
}

fn died(error: &io::Error) -> Error {
    Error::CaptureDied {
        how: error.to_string(),
        may_retry: true,
    }
}
