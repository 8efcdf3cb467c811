//! Why an operation failed: one sentence for people and one stable code for programs.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::units::format_bytes;

/// Every way in which the core can fail. Messages may change, [codes](Error::code) may not.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The runtime lacks something that the native path needs.
    Unsupported { what: &'static str, why: String },
    /// Taking a snapshot would need more memory than there is.
    TooCostly {
        pause_ms: u64,
        peak_bytes: u64,
        headroom_bytes: u64,
    },
    /// Taking a snapshot took longer than it was allowed to, and was stopped.
    PauseLimit { limit_ms: f64, percent: u32 },
    /// Taking a snapshot would take longer than it is allowed to, and was not begun.
    PausePredicted { limit_ms: f64, pause_ms: u64 },
    /// `end()` was called a second time.
    DiffEnded,
    /// V8 has given new ids to the objects, so the two states cannot be compared.
    IdsLost,
    /// The file is not a flight recording, or is one of another format version.
    ForeignRecording { path: PathBuf, why: String },
    /// The file is a flight recording whose end is missing or whose header is damaged.
    TornRecording {
        path: PathBuf,
        expected_bytes: u64,
        found_bytes: u64,
        why: &'static str,
    },
    /// A line of a series recording is not what it should be.
    DamagedRecording {
        path: PathBuf,
        /// From 1; the header is the first.
        line: u64,
        why: String,
    },
    /// Another monitor, of this or of another process, is writing to the same recording.
    RecordingInUse { path: PathBuf },
    /// The operating system refused an operation on a file.
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A heap snapshot ends before its last section does.
    SnapshotTruncated {
        section: &'static str,
        offset: u64,
        expected: &'static str,
    },
    /// A heap snapshot is not the JSON it should be at one place.
    SnapshotSyntax {
        section: &'static str,
        offset: u64,
        expected: &'static str,
        found: String,
    },
    /// The file is JSON, or not even that, but not a heap snapshot.
    SnapshotForeign {
        section: &'static str,
        offset: u64,
        expected: &'static str,
        found: String,
    },
    /// Two parts of a heap snapshot contradict each other.
    SnapshotInconsistent {
        section: &'static str,
        offset: u64,
        expected: String,
        found: String,
    },
    /// A number in a heap snapshot is beyond what the engine holds.
    SnapshotTooLarge {
        section: &'static str,
        offset: u64,
        limit: u64,
        found: String,
    },
    /// The source of a heap snapshot failed while it was read.
    SnapshotRead {
        section: &'static str,
        offset: u64,
        source: io::Error,
    },
    /// A compressed heap snapshot cannot be expanded: the offset is in the compressed file.
    SnapshotGzip { offset: u64, why: String },
    /// The copy of the process would need more memory than there is.
    CopyTooCostly {
        peak_bytes: u64,
        headroom_bytes: u64,
    },
    /// Another thread of the process captures its heap.
    CaptureBusy,
    /// The system did not give what a copy of the process takes.
    CaptureRefused {
        action: &'static str,
        source: io::Error,
    },
    /// The copy of the process ended before its work did.
    CaptureDied { how: String, may_retry: bool },
    /// The copy of the process hung and was killed.
    CaptureStalled { limit_ms: u64 },
    /// The capture took longer than it was allowed to.
    CaptureTimeout { limit_ms: u64 },
    /// The snapshot file would be larger than it may be.
    FileTooLarge { path: PathBuf, limit_bytes: u64 },
    /// No node of the heap snapshot has this id.
    UnknownNode { id: u64 },
    /// The caller asked the operation to stop.
    Cancelled,
}

impl Error {
    /// Whether another copy of the process may get to its end where this one did not.
    pub fn is_worth_another_copy(&self) -> bool {
        matches!(
            self,
            Self::CaptureStalled { .. }
                | Self::CaptureDied {
                    may_retry: true,
                    ..
                }
        )
    }

    /// The stable identifier that JavaScript sees as `error.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "ERR_MEMWATCH_UNSUPPORTED",
            Self::TooCostly { .. } | Self::CopyTooCostly { .. } => {
                "ERR_MEMWATCH_CAPTURE_TOO_COSTLY"
            }
            Self::PauseLimit { .. } | Self::PausePredicted { .. } => "ERR_MEMWATCH_PAUSE_LIMIT",
            Self::DiffEnded => "ERR_MEMWATCH_DIFF_ENDED",
            Self::IdsLost => "ERR_MEMWATCH_IDS_LOST",
            Self::ForeignRecording { .. } => "ERR_MEMWATCH_RECORDING_FOREIGN",
            Self::TornRecording { .. } => "ERR_MEMWATCH_RECORDING_TORN",
            Self::DamagedRecording { .. } => "ERR_MEMWATCH_RECORDING_DAMAGED",
            Self::RecordingInUse { .. } => "ERR_MEMWATCH_RECORDING_IN_USE",
            Self::Io { .. } => "ERR_MEMWATCH_IO",
            Self::SnapshotTruncated { .. } => "ERR_MEMWATCH_SNAPSHOT_TRUNCATED",
            Self::SnapshotSyntax { .. } => "ERR_MEMWATCH_SNAPSHOT_SYNTAX",
            Self::SnapshotForeign { .. } => "ERR_MEMWATCH_SNAPSHOT_FOREIGN",
            Self::SnapshotInconsistent { .. } => "ERR_MEMWATCH_SNAPSHOT_INCONSISTENT",
            Self::SnapshotTooLarge { .. } => "ERR_MEMWATCH_SNAPSHOT_TOO_LARGE",
            Self::SnapshotRead { .. } => "ERR_MEMWATCH_SNAPSHOT_READ",
            Self::SnapshotGzip { .. } => "ERR_MEMWATCH_SNAPSHOT_GZIP",
            Self::CaptureBusy => "ERR_MEMWATCH_CAPTURE_BUSY",
            Self::CaptureRefused { .. } => "ERR_MEMWATCH_CAPTURE_REFUSED",
            Self::CaptureDied { .. } => "ERR_MEMWATCH_CAPTURE_DIED",
            Self::CaptureStalled { .. } => "ERR_MEMWATCH_CAPTURE_STALLED",
            Self::CaptureTimeout { .. } => "ERR_MEMWATCH_CAPTURE_TIMEOUT",
            Self::FileTooLarge { .. } => "ERR_MEMWATCH_FILE_TOO_LARGE",
            Self::UnknownNode { .. } => "ERR_MEMWATCH_UNKNOWN_NODE",
            Self::Cancelled => "ERR_MEMWATCH_CANCELLED",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { what, why } => write!(f, "{what} is not available: {why}"),
            Self::TooCostly {
                pause_ms,
                peak_bytes,
                headroom_bytes,
            } => write!(
                f,
                "V8's heap snapshot would take about {} and pause the thread for about {pause_ms} ms, \
                 but only {} are left; force: true takes it all the same",
                format_bytes(*peak_bytes as f64),
                format_bytes(*headroom_bytes as f64)
            ),
            Self::PauseLimit { limit_ms, percent } => write!(
                f,
                "V8's heap snapshot was stopped at {percent} % because it took longer than \
                 {limit_ms} ms; allow a larger maxPauseMs"
            ),
            Self::PausePredicted { limit_ms, pause_ms } => write!(
                f,
                "V8's heap snapshot would pause the thread for about {pause_ms} ms, longer than \
                 {limit_ms} ms, and was not begun; allow a larger maxPauseMs"
            ),
            Self::DiffEnded => write!(f, "attempt to end() a HeapDiff that was already ended"),
            Self::IdsLost => write!(
                f,
                "the object ids were reset since the HeapDiff began, as when an inspector session \
                 ends; begin a new one"
            ),
            Self::ForeignRecording { path, why } => {
                write!(
                    f,
                    "{} is not a memwatch-rs recording: {why}",
                    path.display()
                )
            }
            Self::TornRecording {
                path,
                expected_bytes,
                found_bytes,
                why,
            } => write!(
                f,
                "{} is torn: {why} (expected {expected_bytes} bytes, found {found_bytes})",
                path.display()
            ),
            Self::DamagedRecording { path, line, why } => {
                write!(f, "{} is damaged in line {line}: {why}", path.display())
            }
            Self::RecordingInUse { path } => write!(
                f,
                "{} is being written by another monitor; give each process its own file, for \
                 example with %p for the process id",
                path.display()
            ),
            Self::Io {
                action,
                path,
                source,
            } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::SnapshotTruncated {
                section,
                offset,
                expected,
            } => write!(
                f,
                "the heap snapshot ends in its {section} at byte {offset}, where {expected} should be"
            ),
            Self::SnapshotSyntax {
                section,
                offset,
                expected,
                found,
            } => write!(
                f,
                "the heap snapshot is damaged in its {section} at byte {offset}: expected \
                 {expected}, found {found}"
            ),
            Self::SnapshotForeign {
                section,
                offset,
                expected,
                found,
            } => write!(
                f,
                "not a heap snapshot: expected {expected} in its {section} at byte {offset}, \
                 found {found}"
            ),
            Self::SnapshotInconsistent {
                section,
                offset,
                expected,
                found,
            } => write!(
                f,
                "the heap snapshot contradicts itself in its {section} at byte {offset}: \
                 expected {expected}, found {found}"
            ),
            Self::SnapshotTooLarge {
                section,
                offset,
                limit,
                found,
            } => write!(
                f,
                "the heap snapshot holds {found} in its {section} at byte {offset}, more than \
                 the {limit} that can be analysed"
            ),
            Self::SnapshotRead {
                section,
                offset,
                source,
            } => write!(
                f,
                "cannot read the heap snapshot's {section} at byte {offset}: {source}"
            ),
            Self::SnapshotGzip { offset, why } => write!(
                f,
                "the heap snapshot's gzip stream is damaged at byte {offset} of the file: {why}"
            ),
            Self::CopyTooCostly {
                peak_bytes,
                headroom_bytes,
            } => write!(
                f,
                "the copy of the process would take about {}, but only {} are left; \
                 force: true tries it all the same",
                format_bytes(*peak_bytes as f64),
                format_bytes(*headroom_bytes as f64)
            ),
            Self::CaptureBusy => write!(
                f,
                "another thread of this process is capturing its heap; one can at a time"
            ),
            Self::CaptureRefused { action, source } => {
                write!(f, "cannot {action} to capture the heap: {source}")
            }
            Self::CaptureDied { how, .. } => {
                write!(f, "the copy of the process came to no result: {how}")
            }
            Self::CaptureStalled { limit_ms } => write!(
                f,
                "the copy of the process did nothing for {limit_ms} ms and was killed"
            ),
            Self::CaptureTimeout { limit_ms } => write!(
                f,
                "the capture took longer than {limit_ms} ms and was ended; allow a larger timeoutMs"
            ),
            Self::FileTooLarge { path, limit_bytes } => write!(
                f,
                "{} was not kept: it takes more than {limit_bytes} bytes; allow larger maxBytes, or write it \
                 with gzip: true",
                path.display()
            ),
            Self::UnknownNode { id } => write!(f, "the heap snapshot has no node @{id}"),
            Self::Cancelled => write!(f, "the operation was cancelled"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. }
            | Self::SnapshotRead { source, .. }
            | Self::CaptureRefused { source, .. } => Some(source),
            _ => None,
        }
    }
}
