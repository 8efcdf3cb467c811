//! On other systems than Linux with glibc there are no frozen copies: `support` says so, and nothing here is
//! ever made.
#![forbid(unsafe_code)]
// Orders are given as on Linux, and refused.
#![allow(dead_code)]

use std::fs::File;
use std::time::Duration;

use super::failure::Failure;
use super::heap_image::HeapImage;
use super::limits::Limits;
use super::locks::Slots;
use super::mappings::Range;
use super::priority::Priority;
use crate::error::Error;
use crate::snapshot::Watch;

#[derive(Clone, Copy, Default)]
pub struct Orders<'a> {
    pub ranges: &'a [Range],
    pub image: Option<&'a HeapImage>,
    pub memory_limit_bytes: Option<u64>,
    pub file: Option<&'a File>,
    pub locks: Option<&'a Slots>,
    pub outlives_parent: Option<Duration>,
    pub priority: Priority,
}

#[derive(Debug)]
pub enum FrozenCopy {}

pub enum Reports {}

impl Reports {
    pub fn progress(&self, _: u32) {
        match *self {}
    }
}

impl FrozenCopy {
    /// # Errors
    ///
    /// [`Error::Unsupported`].
    pub fn begin(
        _: Orders,
        _: impl FnOnce(&Reports) -> Result<Vec<u8>, Failure>,
    ) -> Result<Self, Error> {
        super::support().map(|_| unreachable!("support is refused here"))
    }

    /// # Errors
    ///
    /// None: there is no copy.
    pub fn result(self, _: Limits, _: &dyn Watch, _: &dyn Fn(u32)) -> Result<Vec<u8>, Error> {
        match self {}
    }
}
