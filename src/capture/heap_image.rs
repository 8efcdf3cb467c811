//! V8's heap as it is at one moment, in memory of its own.
//!
//! A fork shares the pages of the heap with the service, which then pays for each that it writes to: a fault, a page copied,
//! and an interrupt of all processors on which V8's helpers run. In virtual machines that takes 10 µs a page, about a hundred
//! milliseconds for a heap of 30 MB that is collected while the copy reads it. To copy all of it beforehand takes 7 ms.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};

use super::copy_setup::{checked, limits_of};
use super::mappings::Range;
use crate::v8::clock::page_bytes;

/// A memory file, and which part of the heap stands where in it.
#[derive(Debug)]
pub struct HeapImage {
    file: File,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    range: Range,
    offset: usize,
    is_writable: bool,
}

impl HeapImage {
    /// Without contents, with room for so many bytes; more may be taken in at a higher price.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    ///
    /// # Complexity
    ///
    /// The memory is made here: about 1 ms for 4 MB.
    pub fn with_room(bytes: usize) -> io::Result<Self> {
        // SAFETY: the name ends with a zero; nobody else has the new descriptor.
        let file = unsafe {
            let descriptor = checked(libc::memfd_create(
                c"memwatch-rs heap".as_ptr(),
                libc::MFD_CLOEXEC,
            ))?;
            File::from_raw_fd(descriptor)
        };
        check_file_size(bytes)?;
        // SAFETY: the descriptor is open.
        checked(unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, offset_of(bytes)?) })?;
        Ok(Self {
            file,
            parts: Vec::new(),
        })
    }

    /// Takes in what is there now of these ranges, each with whether it can be written.
    ///
    /// # Errors
    ///
    /// What the system refuses. It is none that a helper thread of V8 has unmapped a part.
    ///
    /// # Complexity
    ///
    /// About 1 ms for 4 MB.
    pub fn take(&mut self, ranges: &[(Range, bool)]) -> io::Result<()> {
        let bytes = ranges.iter().map(|(range, _)| range.end - range.start);
        check_file_size(bytes.sum())?;
        self.parts.clear();
        let mut offset = 0;
        for &(range, is_writable) in ranges {
            let mut start = range.start;
            while start < range.end {
                let end = start + self.write(start, range.end, offset)?;
                let part = Part {
                    range: Range { start, end },
                    offset,
                    is_writable,
                };
                if start < end {
                    self.parts.push(part);
                    offset += end - start;
                }
                // Behind a page that has gone.
                start = if end < range.end { end + page() } else { end };
            }
        }
        Ok(())
    }

    /// Writes whole pages from `start` on, as many as there are; gives their bytes. The kernel reads them, so that a page
    /// that has gone is no fault.
    fn write(&self, start: usize, end: usize, offset: usize) -> io::Result<usize> {
        let mut done = 0;
        while start + done < end {
            // SAFETY: the kernel says what it cannot read.
            let written = unsafe {
                libc::pwrite(
                    self.file.as_raw_fd(),
                    (start + done) as *const c_void,
                    end - start - done,
                    offset_of(offset + done)?,
                )
            };
            match usize::try_from(written) {
                Ok(0) => break,
                Ok(written) => done += written,
                Err(_) => match io::Error::last_os_error() {
                    error if error.raw_os_error() == Some(libc::EFAULT) => break,
                    error if error.kind() == io::ErrorKind::Interrupted => {}
                    error => return Err(error),
                },
            }
        }
        Ok(done - done % page())
    }

    /// In a copy that was made without these ranges: puts each where it was. To be called before anything else is mapped.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub fn place(&self) -> io::Result<()> {
        for part in &self.parts {
            let protection = match part.is_writable {
                true => libc::PROT_READ | libc::PROT_WRITE,
                false => libc::PROT_READ,
            };
            let wanted = part.range.start as *mut c_void;
            // SAFETY: where something else is mapped already the system refuses, or takes another place.
            let place = unsafe {
                libc::mmap(
                    wanted,
                    part.range.end - part.range.start,
                    protection,
                    libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE,
                    self.file.as_raw_fd(),
                    offset_of(part.offset)?,
                )
            };
            if place == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            // Linux before 4.17.
            if place != wanted {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
        }
        Ok(())
    }
}

/// A signal would end the process that makes a larger file than it may.
fn check_file_size(bytes: usize) -> io::Result<()> {
    match bytes as u64 > limits_of(libc::RLIMIT_FSIZE)?.rlim_cur {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(()),
    }
}

fn page() -> usize {
    page_bytes() as usize
}

fn offset_of(bytes: usize) -> io::Result<libc::off_t> {
    libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge.into())
}
