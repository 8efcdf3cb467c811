//! What a series recording says of itself, in words.
#![forbid(unsafe_code)]

use super::table::printable;
use crate::leak::recording::{SeriesHeader, SeriesRecording};

/// Who recorded.
pub fn source(header: &SeriesHeader) -> String {
    format!(
        "process {} (thread {}), Node {}",
        header.pid,
        header.thread_id,
        printable(&header.node_version)
    )
}

/// What could not be read, if anything.
pub fn cut_line(recording: &SeriesRecording) -> Option<String> {
    let line = recording.cut_line?;
    Some(format!("line {line} is not whole and was left out"))
}
