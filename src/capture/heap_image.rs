//! V8's heap as it is at one moment, in memory of its own.
//!
//! A fork shares the pages of the heap with the service, which then pays for each that it writes to: a fault, a page copied,
//! and an interrupt of all processors on which V8's helpers run. In virtual machines that takes 10 µs a page, about a hundred
//! milliseconds for a heap of 30 MB that is collected while the copy reads it. To copy all of it beforehand takes 7 ms.

use std::cell::Cell;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};

use super::copy_setup::{checked, limits_of};
use super::mappings::{Range, joined};
use crate::v8::clock::page_bytes;

/// Memory for an image: a file that has no place but there. It can be used again when no copy has an image in it.
#[derive(Debug)]
pub struct Room {
    file: File,
    bytes: usize,
}

/// Which part of the heap stands where in its room.
#[derive(Debug)]
pub struct HeapImage {
    room: Room,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    range: Range,
    offset: usize,
    is_writable: bool,
    is_placed: Cell<bool>,
}

impl Room {
    /// Without any memory.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the name ends with a zero; nobody else has the new descriptor.
        let file = unsafe {
            let descriptor = checked(libc::memfd_create(
                c"memwatch-rs heap".as_ptr(),
                libc::MFD_CLOEXEC,
            ))?;
            File::from_raw_fd(descriptor)
        };
        Ok(Self { file, bytes: 0 })
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes memory for so many bytes, if there are not as many; more may be taken in at a higher price.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    ///
    /// # Complexity
    ///
    /// About 1 ms for 2 to 4 MB that are new.
    pub fn extend(&mut self, bytes: usize) -> io::Result<()> {
        if bytes <= self.bytes {
            return Ok(());
        }
        check_file_size(bytes)?;
        let (from, more) = (offset_of(self.bytes)?, offset_of(bytes - self.bytes)?);
        // SAFETY: the descriptor is open.
        checked(unsafe { libc::fallocate(self.file.as_raw_fd(), 0, from, more) })?;
        self.bytes = bytes;
        Ok(())
    }
}

impl HeapImage {
    /// Takes in what is there now of these ranges, each with whether it can be written.
    ///
    /// # Errors
    ///
    /// What the system refuses. It is none that a helper thread of V8 has unmapped a part.
    ///
    /// # Complexity
    ///
    /// About 1 ms for 3 to 4 MB.
    pub fn of(room: Room, ranges: &[(Range, bool)]) -> io::Result<Self> {
        let bytes = ranges.iter().map(|(range, _)| range.bytes());
        check_file_size(bytes.sum())?;
        let mut image = Self {
            room,
            parts: Vec::with_capacity(ranges.len()),
        };
        let mut offset = 0;
        for &(range, is_writable) in ranges {
            let mut start = range.start;
            while start < range.end {
                let end = start + image.write(start, range.end, offset)?;
                if start < end {
                    image.parts.push(Part {
                        range: Range { start, end },
                        offset,
                        is_writable,
                        is_placed: Cell::new(false),
                    });
                    offset += end - start;
                }
                // Behind a page that has gone.
                start = if end < range.end { end + page() } else { end };
            }
        }
        image.room.bytes = image.room.bytes.max(offset);
        Ok(image)
    }

    /// For another image, when no copy needs this one.
    pub fn into_room(self) -> Room {
        self.room
    }

    /// Writes whole pages from `start` on, as many as there are; gives their bytes. The kernel reads them, so that a page
    /// that has gone is no fault.
    fn write(&self, start: usize, end: usize, offset: usize) -> io::Result<usize> {
        let mut done = 0;
        while start + done < end {
            // SAFETY: the kernel says what it cannot read.
            let written = unsafe {
                libc::pwrite(
                    self.room.file.as_raw_fd(),
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

    /// In a copy: puts each part where it was, unless the fork has brought it. To be called before anything else is mapped.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub fn place(&self) -> io::Result<()> {
        for part in &self.parts {
            part.is_placed.set(self.place_part(part)?);
        }
        Ok(())
    }

    /// What was placed, by address: what the fork has left out. Neighbours are one range.
    pub fn placed(&self) -> Vec<Range> {
        let placed = self.parts.iter().filter(|part| part.is_placed.get());
        joined(placed.map(|part| part.range))
    }

    /// False where something else is.
    fn place_part(&self, part: &Part) -> io::Result<bool> {
        let protection = match part.is_writable {
            true => libc::PROT_READ | libc::PROT_WRITE,
            false => libc::PROT_READ,
        };
        let wanted = part.range.start as *mut c_void;
        let bytes = part.range.bytes();
        // SAFETY: where something else is mapped already the system refuses, or takes another place.
        let place = unsafe {
            libc::mmap(
                wanted,
                bytes,
                protection,
                libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE,
                self.room.file.as_raw_fd(),
                offset_of(part.offset)?,
            )
        };
        if place == libc::MAP_FAILED {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(false),
                _ => Err(error),
            };
        }
        if place != wanted {
            // Linux before 4.17. SAFETY: it was just mapped, and nothing refers to it.
            unsafe { libc::munmap(place, bytes) };
        }
        Ok(place == wanted)
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
