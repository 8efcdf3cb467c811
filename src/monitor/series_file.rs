//! The file of a series recording while it is written: a line a full collection, up to a size.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::gc::recording_file;
use crate::leak::Reading;
use crate::leak::recording::{MARK, SeriesHeader, SeriesRow};
use crate::units::format_bytes;

/// Some 800,000 full collections.
const LIMIT_BYTES: u64 = 64 << 20;

/// A recording that goes on. Lines are written whole and at once: what a killed process had seen is in the
/// file.
#[derive(Debug)]
pub struct SeriesFile {
    path: PathBuf,
    file: File,
    started_ns: u64,
    written_bytes: u64,
    limit_bytes: u64,
}

impl SeriesFile {
    /// Creates the file, or overwrites a recording that was there. `started_ns` is the monotonic clock now.
    ///
    /// # Errors
    ///
    /// Those of [`claim`](recording_file::claim), and [`Error::Io`] when it cannot be written.
    pub fn create(path: &Path, header: &SeriesHeader, started_ns: u64) -> Result<Self, Error> {
        let mut series = Self {
            path: path.to_path_buf(),
            file: recording_file::claim(path, MARK)?,
            started_ns,
            written_bytes: 0,
            limit_bytes: LIMIT_BYTES,
        };
        let emptied = series.file.set_len(0).and_then(|()| series.file.rewind());
        emptied.map_err(|source| series.failed("empty", source))?;
        series.write(&header.to_line())?;
        Ok(series)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line. What ended before the recording began is not in it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the disk is full, the file has reached its limit, or somebody else has changed it. It is
    /// then of no use to add more.
    pub fn append(&mut self, reading: &Reading) -> Result<(), Error> {
        if reading.at_ns < self.started_ns {
            return Ok(());
        }
        // Where somebody has cut the file, zeros would stand in the gap.
        match self.file.metadata() {
            Ok(found) if found.len() == self.written_bytes => {}
            Ok(_) => return Err(self.failed("go on with", "somebody else has changed it")),
            Err(source) => return Err(self.failed("go on with", source)),
        }
        self.write(&SeriesRow::of(reading, self.started_ns).to_line())
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        let bytes = self.written_bytes + line.len() as u64;
        if bytes > self.limit_bytes {
            let limit = format_bytes(self.limit_bytes as f64);
            return Err(self.failed("go on with", format!("it has reached its {limit}")));
        }
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|source| self.failed("write", source))?;
        self.written_bytes = bytes;
        Ok(())
    }

    fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        action: &'static str,
        source: E,
    ) -> Error {
        Error::Io {
            action,
            path: self.path.clone(),
            source: io::Error::other(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::gc::ProcessMemory;
    use crate::gc::event::samples::full;
    use crate::leak::recording::SeriesRecording;

    fn path(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("memwatch-series-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    fn create(path: &Path) -> Result<SeriesFile, Error> {
        let header = SeriesHeader::new("v20.20.2".into(), 42, 0, 1.7e12);
        SeriesFile::create(path, &header, 500_000_000)
    }

    fn reading(at: u64) -> Reading {
        let event = full(at, at as f64, 1000 + at);
        Reading::of(&event, ProcessMemory::default()).expect("a full collection")
    }

    fn live_bytes(path: &Path) -> Vec<u64> {
        let bytes = fs::read(path).expect("readable");
        let recording = SeriesRecording::parse(path, &bytes).expect("a recording");
        recording.rows.iter().map(|row| row.live_bytes).collect()
    }

    #[test]
    fn each_line_is_in_the_file_at_once_and_none_from_before() {
        let path = path("lines");
        let mut series = create(&path).expect("created");
        for at in 0..3 {
            series.append(&reading(at)).expect("appended");
        }
        assert_eq!(live_bytes(&path), [1001, 1002]);
        drop(series);
        create(&path).expect("an old recording may go");
        assert_eq!(live_bytes(&path), [0; 0]);
    }

    #[test]
    fn it_ends_before_it_is_too_large_with_a_whole_line() {
        let path = path("limit");
        let mut series = create(&path).expect("created");
        series.limit_bytes = series.written_bytes + 60;
        series.append(&reading(1)).expect("there is room");
        let error = series.append(&reading(2)).expect_err("no room");
        assert!(error.to_string().contains("it has reached its"), "{error}");
        assert_eq!(live_bytes(&path), [1001]);
    }

    #[test]
    fn a_file_that_somebody_else_has_changed_is_left_alone() {
        let path = path("changed");
        let mut series = create(&path).expect("created");
        fs::write(&path, "else").expect("written");
        let error = series.append(&reading(1)).expect_err("changed");
        assert!(error.to_string().contains("somebody else"), "{error}");
        assert_eq!(fs::read(&path).expect("readable"), b"else");
    }

    #[test]
    fn two_monitors_do_not_share_a_file_and_a_foreign_one_is_left_as_it_was() {
        let path = path("shared");
        let first = create(&path).expect("created");
        let second = create(&path).expect_err("locked");
        assert_eq!(second.code(), "ERR_MEMWATCH_RECORDING_IN_USE");
        drop(first);
        fs::write(&path, "precious data").expect("written");
        let error = create(&path).expect_err("foreign");
        assert_eq!(error.code(), "ERR_MEMWATCH_RECORDING_FOREIGN");
        assert_eq!(fs::read(&path).expect("readable"), b"precious data");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let path = path("mode");
        let _series = create(&path).expect("created");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
