//! How long a capture may take, and how long it may show no sign of life.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use crate::error::Error;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a word from the copy and without processor time used by it.
    pub stall: Duration,
    /// When the whole capture began, and how long it may take.
    pub began: Instant,
    pub timeout: Duration,
}

impl Limits {
    /// # Errors
    ///
    /// [`Error::CaptureTimeout`].
    pub fn check_deadline(&self) -> Result<(), Error> {
        match self.began.elapsed() > self.timeout {
            true => Err(Error::CaptureTimeout {
                limit_ms: milliseconds(self.timeout),
            }),
            false => Ok(()),
        }
    }

    /// # Errors
    ///
    /// [`Error::CaptureStalled`].
    pub fn check_stall(&self, alive: Instant) -> Result<(), Error> {
        match alive.elapsed() > self.stall {
            true => Err(Error::CaptureStalled {
                limit_ms: milliseconds(self.stall),
            }),
            false => Ok(()),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
