//! Where there are no frozen copies there is nothing to copy the heap for.
#![forbid(unsafe_code)]

use std::io;

use super::mappings::Range;

#[derive(Debug)]
pub enum HeapImage {}

impl HeapImage {
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`].
    pub fn with_room(_: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// # Errors
    ///
    /// None: there is no image.
    pub fn take(&mut self, _: &[(Range, bool)]) -> io::Result<()> {
        match *self {}
    }
}
