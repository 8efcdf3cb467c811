//! Progress as one number that only rises, told once a percent; and the wish to stop.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crate::snapshot::{Phase, Watch};

/// Lets one thread ask another to stop.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Asks for the end of the operations that look at this.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }
}

/// Watches the opening of files that follow each other.
pub struct Progress<F> {
    cancellation: Cancellation,
    tell: F,
    files: u32,
    files_done: AtomicU32,
    /// Whether the file under work has been read.
    is_analysing: AtomicBool,
    /// Percent told last.
    told: AtomicU32,
}

/// Share of the work on a file that reading takes, in percent; dominators are nearly all of the rest.
const READING: u64 = 60;

impl<F: Fn(u32) + Sync> Progress<F> {
    /// Calls `tell` with whole percents of the work on `files` files, from any thread.
    pub fn new(files: usize, cancellation: Cancellation, tell: F) -> Self {
        Self {
            cancellation,
            tell,
            files: u32::try_from(files.max(1)).unwrap_or(u32::MAX),
            files_done: AtomicU32::new(0),
            is_analysing: AtomicBool::new(false),
            told: AtomicU32::new(0),
        }
    }

    fn percent(&self, phase: Phase, done: u64, total: u64) -> Option<u32> {
        let share = done.min(total).checked_mul(100)?.checked_div(total)?;
        let of_file = match phase {
            Phase::Read => {
                // Reading again means the next file.
                if self.is_analysing.swap(false, Relaxed) {
                    self.files_done.fetch_add(1, Relaxed);
                }
                share * READING / 100
            }
            phase => {
                self.is_analysing.store(true, Relaxed);
                if phase != Phase::Dominate {
                    return None;
                }
                READING + share * (100 - READING) / 100
            }
        };
        let before = u64::from(self.files_done.load(Relaxed)) * 100;
        let percent = (before + of_file) / u64::from(self.files);
        u32::try_from(percent.min(100)).ok()
    }
}

impl<F: Fn(u32) + Sync> Watch for Progress<F> {
    fn is_cancelled(&self) -> bool {
        self.cancellation.0.load(Relaxed)
    }

    fn on_progress(&self, phase: Phase, done: u64, total: u64) {
        if let Some(percent) = self.percent(phase, done, total)
            && self.told.fetch_max(percent, Relaxed) < percent
        {
            (self.tell)(percent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn it_rises_over_phases_and_files_and_tells_no_percent_twice() {
        let told = Mutex::new(Vec::new());
        let progress = Progress::new(2, Cancellation::default(), |percent| {
            told.lock().unwrap().push(percent);
        });
        for _ in 0..2 {
            for (phase, done) in [
                (Phase::Read, 0),
                (Phase::Read, 500),
                (Phase::Read, 501),
                (Phase::Read, 1000),
                (Phase::Reach, 900),
                (Phase::Dominate, 0),
                (Phase::Reach, 0),
                (Phase::Dominate, 1000),
            ] {
                progress.on_progress(phase, done, 1000);
            }
        }
        assert_eq!(told.into_inner().unwrap(), [15, 30, 50, 65, 80, 100]);
    }

    #[test]
    fn an_unknown_total_is_no_progress() {
        let progress = Progress::new(1, Cancellation::default(), |_| panic!("told"));
        progress.on_progress(Phase::Read, 5, 0);
    }

    #[test]
    fn who_cancels_is_heard() {
        let cancellation = Cancellation::default();
        let progress = Progress::new(1, cancellation.clone(), |_| {});
        assert!(!progress.is_cancelled());
        cancellation.cancel();
        assert!(progress.is_cancelled());
    }
}
