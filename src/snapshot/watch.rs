//! How a caller watches work that grows with the heap: progress out, the wish to stop in.
#![forbid(unsafe_code)]

use crate::error::Error;

/// Steps that an algorithm may take between two looks at [`Watch::is_cancelled`].
pub const CHECK_INTERVAL: usize = 1 << 16;

/// What is being worked on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Reading a file; counted in bytes.
    Read,
    /// Finding which nodes the roots reach; counted in nodes, like all that follow.
    Reach,
    /// Finding immediate dominators.
    Dominate,
    /// Giving the sizes of internal nodes to their owners.
    Attribute,
    /// Comparing captures.
    Compare,
    /// Grouping nodes by class.
    Classify,
    /// Sorting edges by the node they lead to, in two rounds over the nodes.
    Invert,
    /// Looking through the heap for an answer to one question.
    Search,
}

/// Watches a long operation. Called from the threads that do the work.
pub trait Watch: Sync {
    /// Whether the operation should end with [`Error::Cancelled`] soon.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// Hears how much of a phase is done. `total` is zero when it is not known.
    fn on_progress(&self, _phase: Phase, _done: u64, _total: u64) {}
}

impl dyn Watch + '_ {
    /// Reports progress and ends the operation if the caller no longer wants it.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn check(&self, phase: Phase, done: usize, total: usize) -> Result<(), Error> {
        self.on_progress(phase, done as u64, total as u64);
        if self.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }

    /// The same once in [`CHECK_INTERVAL`] steps, for each of which it is called.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    #[inline(always)]
    pub fn check_each(&self, phase: Phase, done: usize, total: usize) -> Result<(), Error> {
        match done % CHECK_INTERVAL {
            0 => self.check(phase, done, total),
            _ => Ok(()),
        }
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {}
