//! The flight recorder: a ring of records in a memory-mapped file, which outlives a killed process.
//!
//! It stands here because a shared mapping is memory that others can change, and because the GC
//! callback writes to it. The format is [`gc::recording`](crate::gc::recording)'s.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use memmap2::{MmapOptions, MmapRaw};

use crate::error::Error;
use crate::gc::event::{RECORD_WORDS, RecordWords};
use crate::gc::recording::{
    CGROUP_LIMIT_AT, CLOSED_AT, HEADER_BYTES, MAGIC, RSS_AT, RecordingHeader,
};
use crate::gc::{ProcessMemory, recording_file, ring};

/// A file of fixed size that this process alone writes to, mode 0600.
pub struct Recorder {
    path: PathBuf,
    file: File,
    map: MmapRaw,
    capacity: u64,
    failed: AtomicBool,
}

impl Recorder {
    /// Creates the file, or overwrites a recording that was there.
    ///
    /// # Errors
    ///
    /// Those of [`claim`](recording_file::claim), and [`Error::Io`] when there is no room.
    pub fn create(path: &Path, header: &RecordingHeader) -> Result<Self, Error> {
        let failed = |action| {
            move |source| Error::Io {
                action,
                path: path.to_path_buf(),
                source,
            }
        };
        let mut file = recording_file::claim(path, &MAGIC.to_le_bytes())?;
        write_empty(&mut file, header).map_err(failed("write"))?;
        let map = MmapOptions::new()
            .len(header.file_bytes() as usize)
            .populate()
            .map_raw(&file)
            .map_err(failed("map"))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            map,
            capacity: header.capacity,
            failed: AtomicBool::new(false),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Somebody made the file shorter: nothing is written any more.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Writes a record in place of the oldest one. Costs a system call (`fstat`) and 320 bytes; called
    /// in the GC callback.
    pub fn append(&self, record: &RecordWords) {
        if let Some(words) = self.words() {
            let slot = (record[0] - 1) % self.capacity;
            let at = HEADER_BYTES / 8 + slot as usize * RECORD_WORDS;
            ring::write_slot(&words[at..at + RECORD_WORDS], record);
        }
    }

    /// Nothing is written any more: for a copy of the process, which shares the mapping.
    pub fn silence(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Notes what the process uses, for the case that it is the kernel that kills it.
    pub fn note_memory(&self, memory: &ProcessMemory) {
        if let Some(words) = self.words() {
            words[RSS_AT].store(memory.rss_bytes.unwrap_or(0), Ordering::Relaxed);
            words[CGROUP_LIMIT_AT].store(memory.cgroup_limit_bytes.unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Marks the recording as ended in good order, or as running again when `None`.
    pub fn mark_closed(&self, at_unix_us: Option<u64>) {
        if let Some(words) = self.words() {
            words[CLOSED_AT].store(at_unix_us.unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// The mapping, unless the file has become shorter: touching what is gone would be a bus error.
    fn words(&self) -> Option<&[AtomicU64]> {
        let whole = || {
            self.file
                .metadata()
                .is_ok_and(|file| file.len() >= self.map.len() as u64)
        };
        if self.has_failed() || !whole() {
            self.failed.store(true, Ordering::Relaxed);
            return None;
        }
        // SAFETY: the mapping is page-aligned, lives as long as `self`, has this length, and is only
        // ever accessed through atomics. Between the check and the access another process would have
        // to truncate a file that only its owner can write.
        Some(unsafe { slice::from_raw_parts(self.map.as_ptr().cast(), self.map.len() / 8) })
    }
}

/// Writes the header and zeros to the end, so that the disk has room for all that will be mapped.
fn write_empty(file: &mut File, header: &RecordingHeader) -> io::Result<()> {
    use io::{Seek, SeekFrom};
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = vec![0; header.file_bytes() as usize];
    for (place, word) in bytes.chunks_exact_mut(8).zip(header.to_words()) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    file.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::gc::event::samples::full;
    use crate::gc::recording::{Recording, samples};

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("memwatch-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn what_was_appended_is_read_back() {
        let path = path("append");
        let recorder = Recorder::create(&path, &samples::header(4)).expect("a new file");
        for at in 0..6 {
            recorder.append(&full(at, at as f64, 1000 + at).to_words());
        }
        recorder.note_memory(&ProcessMemory {
            rss_bytes: Some(99),
            ..ProcessMemory::default()
        });
        let read = || Recording::parse(&path, &fs::read(&path).expect("readable")).expect("whole");
        assert_eq!(read().events.len(), 4);
        assert_eq!(read().events[3].live_bytes(), Some(1005));
        assert_eq!(
            (read().last_rss_bytes, read().closed_unix_us),
            (Some(99), None)
        );
        recorder.mark_closed(Some(5));
        assert_eq!(read().closed_unix_us, Some(5));
        assert_eq!(
            fs::metadata(&path).expect("there").len(),
            samples::header(4).file_bytes()
        );
    }

    #[test]
    fn a_file_cut_under_our_hands_ends_the_recording_and_not_the_process() {
        let path = path("cut");
        let recorder = Recorder::create(&path, &samples::header(4)).expect("a new file");
        File::create(&path).expect("truncated");
        recorder.append(&full(0, 0.0, 1).to_words());
        assert!(recorder.has_failed());
    }

    #[test]
    fn two_monitors_do_not_share_a_file() {
        let path = path("shared");
        let first = Recorder::create(&path, &samples::header(4)).expect("a new file");
        let second = Recorder::create(&path, &samples::header(4))
            .map(|_| ())
            .expect_err("locked");
        assert_eq!(second.code(), "ERR_MEMWATCH_RECORDING_IN_USE");
        drop(first);
        Recorder::create(&path, &samples::header(8)).expect("an old recording may go");
    }

    #[test]
    fn a_foreign_file_is_left_as_it_was() {
        let path = path("foreign");
        fs::write(&path, "precious data").expect("written");
        let error = Recorder::create(&path, &samples::header(4))
            .map(|_| ())
            .expect_err("foreign");
        assert_eq!(error.code(), "ERR_MEMWATCH_RECORDING_FOREIGN");
        assert_eq!(fs::read(&path).expect("readable"), b"precious data");
        let folder = Recorder::create(&std::env::temp_dir(), &samples::header(4)).map(|_| ());
        assert_eq!(folder.expect_err("a folder").code(), "ERR_MEMWATCH_IO");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let path = path("mode");
        let _recorder = Recorder::create(&path, &samples::header(4)).expect("a new file");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
    }
}
