//! A series recording: what detectors see, one line a full collection, as JSON lines that a program of any
//! language can write and read.
//!
//! Takes the bytes of a file, whoever wrote them and however it ended; gives the readings, or the line that is
//! wrong.
#![forbid(unsafe_code)]

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Reading;
use crate::error::Error;
use crate::gc::ProcessMemory;

/// Raised when a reader of today could not read it any more. New columns are no new version.
pub const FORMAT_VERSION: u64 = 1;
/// A recording begins with this, and no other file of ours does.
pub const MARK: &[u8] = b"{\"memwatchSeries\":";

/// No memory is that large and no recording that long; sums and differences of what is smaller fit.
const SIZE_END_BYTES: u64 = 1 << 60;
const TIME_END_MS: f64 = 1e12;

/// What [`SeriesRow::to_line`] writes, in this order. A reader goes by the names.
const COLUMNS: [&str; 8] = [
    "ms",
    "live",
    "external",
    "rss",
    "heapTotal",
    "limit",
    "cgroupLimit",
    "forced",
];

/// The first line: who recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesHeader {
    // First, so that the file begins with `MARK`.
    #[serde(rename = "memwatchSeries")]
    version: u64,
    #[serde(rename = "node")]
    pub node_version: String,
    pub pid: u64,
    /// Node's `threadId`; 0 is the main thread.
    #[serde(rename = "thread")]
    pub thread_id: u64,
    /// Wall clock, milliseconds since 1970.
    pub started_ms: f64,
    columns: Vec<String>,
}

/// One full collection. Sizes are bytes; `None` is "not known".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesRow {
    /// Since the recording began.
    pub at_ms: f64,
    pub live_bytes: u64,
    pub external_bytes: Option<u64>,
    pub rss_bytes: Option<u64>,
    pub heap_total_bytes: Option<u64>,
    pub limit_bytes: Option<u64>,
    pub cgroup_limit_bytes: Option<u64>,
    /// Somebody asked for the collection.
    pub forced: bool,
}

/// A recording read back.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRecording {
    pub header: SeriesHeader,
    /// In the order of time.
    pub rows: Vec<SeriesRow>,
    /// The last line, counted from 1, when the process died while it was written.
    pub cut_line: Option<u64>,
}

impl SeriesHeader {
    pub fn new(node_version: String, pid: u64, thread_id: u64, started_ms: f64) -> Self {
        Self {
            version: FORMAT_VERSION,
            node_version,
            pid,
            thread_id,
            started_ms,
            columns: COLUMNS.map(String::from).to_vec(),
        }
    }

    pub fn to_line(&self) -> String {
        let text = serde_json::to_string(self).expect("its keys are strings");
        text + "\n"
    }
}

impl SeriesRow {
    /// The row of a reading. `started_ns` is the monotonic clock when the recording began.
    pub fn of(reading: &Reading, started_ns: u64) -> Self {
        Self {
            at_ms: reading.at_ns.saturating_sub(started_ns) as f64 / 1e6,
            live_bytes: reading.live_bytes,
            external_bytes: Some(reading.external_bytes),
            rss_bytes: reading.memory.rss_bytes,
            heap_total_bytes: Some(reading.heap_total_bytes),
            limit_bytes: Some(reading.limit_bytes),
            cgroup_limit_bytes: reading.memory.cgroup_limit_bytes,
            forced: reading.forced,
        }
    }

    pub fn to_line(&self) -> String {
        let size = |bytes: Option<u64>| bytes.map_or("null".into(), |bytes| bytes.to_string());
        let sizes = [
            Some(self.live_bytes),
            self.external_bytes,
            self.rss_bytes,
            self.heap_total_bytes,
            self.limit_bytes,
            self.cgroup_limit_bytes,
        ]
        .map(size)
        .join(",");
        format!("[{},{sizes},{}]\n", self.at_ms, u8::from(self.forced))
    }

    /// What a detector is shown. Sizes that are not known are zero, as they are for the watcher.
    fn reading(&self, sequence: u64, header: &SeriesHeader) -> Reading {
        Reading {
            sequence,
            at_ns: (self.at_ms * 1e6).round() as u64,
            at_unix_us: ((header.started_ms + self.at_ms) * 1e3).round() as u64,
            live_bytes: self.live_bytes,
            external_bytes: self.external_bytes.unwrap_or(0),
            heap_total_bytes: self.heap_total_bytes.unwrap_or(0),
            limit_bytes: self.limit_bytes.unwrap_or(0),
            native_contexts: 0,
            global_handles_bytes: 0,
            forced: self.forced,
            memory: ProcessMemory {
                // What of it is native cannot be told without what V8 has reserved.
                rss_bytes: self.rss_bytes.filter(|_| self.heap_total_bytes.is_some()),
                cgroup_limit_bytes: self.cgroup_limit_bytes,
                array_buffer_bytes: None,
            },
        }
    }
}

impl SeriesRecording {
    /// Reads the bytes of the file at `path`, which errors name.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignRecording`] when it is something else or of another version, [`Error::DamagedRecording`]
    /// with the first line that is wrong. A last line that is not whole is no error.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let damaged = |line, why| Error::DamagedRecording {
            path: path.to_path_buf(),
            line,
            why,
        };
        let first = lines.next().unwrap_or_default();
        check_version(path, first)?;
        let header: SeriesHeader =
            serde_json::from_slice(first).map_err(|error| damaged(1, error.to_string()))?;
        let columns = Columns::find(&header.columns).map_err(|why| damaged(1, why))?;
        let mut rows: Vec<SeriesRow> = Vec::new();
        let mut cut_line = None;
        for (line, text) in (2..).zip(lines) {
            let row = columns
                .read(text)
                .and_then(|row| in_order(rows.last(), row));
            match row {
                Ok(row) => rows.push(row),
                // Only the last line has no end: it was being written, or the disk was full.
                Err(_) if !text.ends_with(b"\n") => cut_line = Some(line),
                Err(why) => return Err(damaged(line, why)),
            }
        }
        Ok(Self {
            header,
            rows,
            cut_line,
        })
    }

    /// What a detector was shown, or would have been.
    pub fn readings(&self) -> impl Iterator<Item = Reading> {
        (0..)
            .zip(&self.rows)
            .map(|(sequence, row)| row.reading(sequence, &self.header))
    }
}

fn check_version(path: &Path, first: &[u8]) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Mark {
        #[serde(rename = "memwatchSeries")]
        version: u64,
    }
    let foreign = |why: String| Error::ForeignRecording {
        path: path.to_path_buf(),
        why,
    };
    let mark: Mark = serde_json::from_slice(first)
        .map_err(|_| foreign("its first line is no header of a series".into()))?;
    match mark.version {
        FORMAT_VERSION => Ok(()),
        version => Err(foreign(format!(
            "the series has format version {version}, this is for version {FORMAT_VERSION}"
        ))),
    }
}

/// Time does not go back; what is computed from the rows relies on it.
fn in_order(before: Option<&SeriesRow>, row: SeriesRow) -> Result<SeriesRow, String> {
    match before {
        Some(before) if row.at_ms < before.at_ms => Err(format!(
            "it is from {} ms, after one from {} ms",
            row.at_ms, before.at_ms
        )),
        _ => Ok(row),
    }
}

/// Where the values of a row stand: by name, because other writers may have other columns.
struct Columns {
    count: usize,
    ms: usize,
    live: usize,
    external: Option<usize>,
    rss: Option<usize>,
    heap_total: Option<usize>,
    limit: Option<usize>,
    cgroup_limit: Option<usize>,
    forced: Option<usize>,
}

impl Columns {
    fn find(names: &[String]) -> Result<Self, String> {
        let [
            ms,
            live,
            external,
            rss,
            heap_total,
            limit,
            cgroup_limit,
            forced,
        ] = COLUMNS.map(|column| names.iter().position(|name| name == column));
        let needed = |column: Option<usize>, name: &str| {
            column.ok_or_else(|| format!("there is no column {name}"))
        };
        Ok(Self {
            count: names.len(),
            ms: needed(ms, "ms")?,
            live: needed(live, "live")?,
            external,
            rss,
            heap_total,
            limit,
            cgroup_limit,
            forced,
        })
    }

    fn read(&self, text: &[u8]) -> Result<SeriesRow, String> {
        let values: Vec<Option<Number>> = serde_json::from_slice(text)
            .map_err(|error| format!("no list of numbers at column {}", error.column()))?;
        if values.len() != self.count {
            return Err(format!(
                "{} numbers where {} should be",
                values.len(),
                self.count
            ));
        }
        let number = |column: Option<usize>| column.and_then(|at| values[at].as_ref());
        let size = |column: Option<usize>, name: &str| match number(column) {
            None => Ok(None),
            Some(number) => number
                .as_u64()
                .filter(|bytes| *bytes < SIZE_END_BYTES)
                .map(Some)
                .ok_or_else(|| format!("{name} is {number}, which is no number of bytes")),
        };
        Ok(SeriesRow {
            at_ms: number(Some(self.ms))
                .and_then(Number::as_f64)
                .filter(|ms| (0.0..TIME_END_MS).contains(ms))
                .ok_or("ms is no time since the start")?,
            live_bytes: size(Some(self.live), "live")?.ok_or("live is not known")?,
            external_bytes: size(self.external, "external")?,
            rss_bytes: size(self.rss, "rss")?,
            heap_total_bytes: size(self.heap_total, "heapTotal")?,
            limit_bytes: size(self.limit, "limit")?,
            cgroup_limit_bytes: size(self.cgroup_limit, "cgroupLimit")?,
            forced: size(self.forced, "forced")? == Some(1),
        })
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// One reading a second.
    pub fn recording(live_bytes: &[u64]) -> SeriesRecording {
        let rows = live_bytes.iter().enumerate();
        SeriesRecording {
            header: SeriesHeader::new("v20.20.2".into(), 42, 0, 1.7e12),
            rows: rows
                .map(|(at, live_bytes)| row(at as f64 * 1e3, *live_bytes))
                .collect(),
            cut_line: None,
        }
    }

    pub fn row(at_ms: f64, live_bytes: u64) -> SeriesRow {
        SeriesRow {
            at_ms,
            live_bytes,
            external_bytes: Some(7),
            rss_bytes: None,
            heap_total_bytes: Some(2 * live_bytes),
            limit_bytes: Some(1 << 30),
            cgroup_limit_bytes: None,
            forced: false,
        }
    }

    /// The bytes of its file.
    pub fn file(recording: &SeriesRecording) -> Vec<u8> {
        let mut text = recording.header.to_line();
        text.extend(recording.rows.iter().map(SeriesRow::to_line));
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{file, recording, row};
    use super::*;
    use crate::leak::samples::series;

    fn parse(bytes: &[u8]) -> Result<SeriesRecording, Error> {
        SeriesRecording::parse(Path::new("a.series"), bytes)
    }

    fn with_line(line: &str) -> Result<SeriesRecording, Error> {
        let mut bytes = file(&recording(&[5, 6]));
        bytes.extend_from_slice(line.as_bytes());
        parse(&bytes)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let mut written = recording(&[5, 6, SIZE_END_BYTES / 2 - 1]);
        written.rows[1].at_ms = 1_234.567_891;
        written.rows[1].rss_bytes = Some(99);
        written.rows[2].forced = true;
        let bytes = file(&written);
        assert!(bytes.starts_with(MARK));
        assert_eq!(parse(&bytes).expect("whole"), written);
    }

    #[test]
    fn a_detector_is_shown_what_was_recorded() {
        let started_ns = 1_000_000_007;
        let shown = series(&[5, 6, 7]);
        let mut written = recording(&[]);
        written.header.started_ms = 1_700_000_001_000.0;
        written.rows = shown[1..]
            .iter()
            .map(|reading| SeriesRow::of(reading, started_ns))
            .collect();
        let read = parse(&file(&written)).expect("whole");
        let nanoseconds: Vec<u64> = read.readings().map(|one| one.at_ns + started_ns).collect();
        assert_eq!(nanoseconds, [shown[1].at_ns, shown[2].at_ns]);
        let newest = read.readings().last().expect("two");
        assert_eq!(
            (newest.live_bytes, newest.limit_bytes, newest.sequence),
            (7, 1 << 30, 1)
        );
        // The clocks of the samples differ by the pause.
        assert!(newest.at_unix_us.abs_diff(shown[2].at_unix_us) < 10_000);
    }

    #[test]
    fn a_last_line_that_is_cut_is_left_out_wherever_it_is_cut() {
        let whole = file(&recording(&[5, 6]));
        let last = row(2e3, 1_234_567).to_line();
        for length in 1..last.len() - 1 {
            let mut bytes = whole.clone();
            bytes.extend_from_slice(&last.as_bytes()[..length]);
            let read = parse(&bytes).expect("readable up to there");
            assert_eq!((read.rows.len(), read.cut_line), (2, Some(4)), "{length}");
        }
        let mut bytes = whole;
        bytes.extend_from_slice(last.trim_end().as_bytes());
        let read = parse(&bytes).expect("whole but for its end");
        assert_eq!((read.rows.len(), read.cut_line), (3, None));
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        for (line, why) in [
            ("\n", "no list of numbers"),
            ("[1,2\n", "no list of numbers"),
            ("[3000,\"7\",0,0,0,0,0,0]\n", "no list of numbers"),
            ("[1e999,7,0,0,0,0,0,0]\n", "no list of numbers"),
            ("[3000,7]\n", "2 numbers where 8 should be"),
            ("[3000,-7,0,0,0,0,0,0]\n", "live is -7"),
            ("[3000,7.5,0,0,0,0,0,0]\n", "live is 7.5"),
            ("[3000,null,0,0,0,0,0,0]\n", "live is not known"),
            (
                "[3000,7,0,0,0,1152921504606846976,0,0]\n",
                "limit is 1152921504606846976",
            ),
            ("[null,7,0,0,0,0,0,0]\n", "ms is no time"),
            ("[-1,7,0,0,0,0,0,0]\n", "ms is no time"),
            ("[1e12,7,0,0,0,0,0,0]\n", "ms is no time"),
            ("[999,7,0,0,0,0,0,0]\n", "it is from 999 ms"),
        ] {
            let error = with_line(line).expect_err(line);
            assert_eq!(error.code(), "ERR_MEMWATCH_RECORDING_DAMAGED");
            let message = error.to_string();
            assert!(
                message.starts_with("a.series is damaged in line 4: "),
                "{message}"
            );
            assert!(message.contains(why), "{line}: {message}");
        }
    }

    #[test]
    fn what_is_no_recording_is_foreign() {
        for bytes in [
            "",
            "\n",
            "memwatch",
            "[]",
            "{}",
            "{\"memwatchSeries\":\"1\"}",
        ] {
            let error = parse(bytes.as_bytes()).expect_err(bytes);
            assert_eq!(error.code(), "ERR_MEMWATCH_RECORDING_FOREIGN", "{bytes}");
        }
        let newer = parse(b"{\"memwatchSeries\":2}\n").expect_err("newer");
        assert!(newer.to_string().contains("format version 2"), "{newer}");
        let poor = parse(b"{\"memwatchSeries\":1}\n").expect_err("no columns");
        assert_eq!(poor.code(), "ERR_MEMWATCH_RECORDING_DAMAGED");
    }

    #[test]
    fn columns_go_by_their_names() {
        let header = r#"{"memwatchSeries":1,"node":"v20","pid":1,"thread":0,"startedMs":5,"#;
        let text = format!("{header}\"columns\":[\"live\",\"mood\",\"ms\"]}}\n[9,null,3]\n");
        let row = parse(text.as_bytes()).expect("readable").rows[0];
        assert_eq!((row.live_bytes, row.at_ms, row.rss_bytes), (9, 3.0, None));
        let without = format!("{header}\"columns\":[\"ms\"]}}\n");
        let error = parse(without.as_bytes()).expect_err("no sizes");
        assert!(error.to_string().contains("no column live"), "{error}");
    }

    #[test]
    fn garbage_gives_an_error_or_readings_and_never_a_panic() {
        let whole = file(&recording(&[5, 6, 7, 8]));
        for at in 0..whole.len() {
            for byte in [0, b'"', b'[', b']', b'9', b'-', b'\n', 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                if let Ok(read) = parse(&bytes) {
                    assert!(read.readings().count() <= 5);
                }
            }
        }
        assert!(parse(&[b'['; 100_000]).is_err());
        let deep = [&whole[..], &[b'['; 100_000], b"\n"].concat();
        assert!(parse(&deep).is_err());
    }
}
