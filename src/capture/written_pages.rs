//! A file that is written without filling the system's cache with it: that memory is the service's, and to take it
//! costs more time than the disk.

use std::fs::File;
use std::io::{self, Write};

/// So much is on its way to the disk, and as much waits for it, at most.
const STEP_BYTES: u64 = 8 << 20;

/// Sends what is written to the disk at once, and gives its memory back step by step.
#[derive(Debug)]
pub struct WrittenPages<'a> {
    file: &'a File,
    written: u64,
    /// What is before this is on its way.
    sent: u64,
}

impl<'a> WrittenPages<'a> {
    /// Writes an empty, regular file from its beginning.
    pub fn of(file: &'a File) -> Self {
        Self {
            file,
            written: 0,
            sent: 0,
        }
    }

    fn send(&mut self) -> io::Result<()> {
        send(self.file, self.sent)?;
        if let Some(before) = self.sent.checked_sub(STEP_BYTES) {
            forget(self.file, before)?;
        }
        self.sent += STEP_BYTES;
        Ok(())
    }
}

impl Write for WrittenPages<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        while self.written >= self.sent + STEP_BYTES {
            self.send()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Has the system begin to write a step.
#[cfg(target_os = "linux")]
fn send(file: &File, from: u64) -> io::Result<()> {
    sync(file, from, libc::SYNC_FILE_RANGE_WRITE)
}

/// Waits until a step is on the disk, and gives its memory back.
#[cfg(target_os = "linux")]
fn forget(file: &File, from: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let all = libc::SYNC_FILE_RANGE_WAIT_BEFORE
        | libc::SYNC_FILE_RANGE_WRITE
        | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    sync(file, from, all)?;
    // Advice may be refused: the memory then stays until the system wants it.
    // SAFETY: the descriptor is open.
    unsafe {
        libc::posix_fadvise(
            file.as_raw_fd(),
            from as libc::off_t,
            STEP_BYTES as libc::off_t,
            libc::POSIX_FADV_DONTNEED,
        );
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn sync(file: &File, from: u64, flags: libc::c_uint) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let (from, bytes) = (from as libc::off64_t, STEP_BYTES as libc::off64_t);
    // SAFETY: the descriptor is open.
    if unsafe { libc::sync_file_range(file.as_raw_fd(), from, bytes, flags) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        // Not of every file system.
        error
            if matches!(
                error.raw_os_error(),
                Some(libc::EINVAL | libc::ENOSYS | libc::ESPIPE)
            ) =>
        {
            Ok(())
        }
        error => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn send(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn forget(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_several_steps_is_whole() {
        let path = std::env::temp_dir().join(format!("memwatch-pages-{}", std::process::id()));
        let file = File::create_new(&path).expect("created");
        let mut expected = Vec::new();
        let mut pages = WrittenPages::of(&file);
        for at in 0..(3 * STEP_BYTES / 40_000 + 1) {
            let piece = vec![at as u8; 40_000];
            pages.write_all(&piece).expect("written");
            expected.extend(piece);
        }
        let found = std::fs::read(&path).expect("read");
        std::fs::remove_file(&path).expect("removed");
        assert!(
            found == expected,
            "{} bytes of {}",
            found.len(),
            expected.len()
        );
    }
}
