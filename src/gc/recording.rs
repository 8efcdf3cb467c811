//! The flight recorder's file: a header page and a ring of records, read back after the process died.
//!
//! Takes the bytes of a file, whoever wrote them and however it ended; gives the records that are whole.
#![forbid(unsafe_code)]

use std::path::Path;

use super::event::{GcEvent, RECORD_WORDS, RecordWords, checksum};
use crate::error::Error;

/// Raised with every change of the header or of the record.
pub const FORMAT_VERSION: u64 = 1;
/// The records begin here: one page, so that header and records are written back apart.
pub const HEADER_BYTES: usize = 4096;
pub const RECORD_BYTES: usize = RECORD_WORDS * 8;
/// 256 million records would be 80 GB: no header that says so is ours.
const MAX_CAPACITY: u64 = 1 << 28;

/// The first word of a recording.
pub const MAGIC: u64 = u64::from_le_bytes(*b"memwatch");
const NODE_VERSION_AT: usize = 8;
const NODE_VERSION_WORDS: usize = 4;
const FIXED_WORDS: usize = NODE_VERSION_AT + NODE_VERSION_WORDS;
const CHECKSUM_AT: usize = FIXED_WORDS;

/// Header words that change while recording, outside the checksum; each is written whole.
pub const CLOSED_AT: usize = 16;
pub const RSS_AT: usize = 17;
pub const CGROUP_LIMIT_AT: usize = 18;

/// Words of the header that are written.
pub const HEADER_WORDS: usize = 19;

/// What the header says of the process that recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordingHeader {
    pub capacity: u64,
    pub pid: u64,
    /// Node's `threadId`; 0 is the main thread.
    pub thread_id: u64,
    pub started_unix_us: u64,
    /// Like `v20.20.2`.
    pub node_version: String,
}

/// A recording read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub header: RecordingHeader,
    /// Whole records, oldest first.
    pub events: Vec<GcEvent>,
    /// Records that were being written when the process died, or were damaged since.
    pub torn_records: u64,
    /// When the monitor was stopped in good order; `None` after a crash, a kill or an exit.
    pub closed_unix_us: Option<u64>,
    pub last_rss_bytes: Option<u64>,
    pub cgroup_limit_bytes: Option<u64>,
}

impl RecordingHeader {
    /// The file's size: it never changes.
    pub fn file_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.capacity * RECORD_BYTES as u64
    }

    pub fn to_words(&self) -> [u64; HEADER_WORDS] {
        let mut words = [0; HEADER_WORDS];
        words[..7].copy_from_slice(&[
            MAGIC,
            FORMAT_VERSION,
            RECORD_WORDS as u64,
            self.capacity,
            self.pid,
            self.thread_id,
            self.started_unix_us,
        ]);
        let mut name = [0; NODE_VERSION_WORDS * 8];
        let bytes = self.node_version.as_bytes();
        let length = bytes.len().min(name.len());
        name[..length].copy_from_slice(&bytes[..length]);
        for (word, bytes) in words[NODE_VERSION_AT..]
            .iter_mut()
            .zip(name.chunks_exact(8))
        {
            *word = u64::from_le_bytes(bytes.try_into().expect("chunks of 8"));
        }
        words[CHECKSUM_AT] = checksum(&words[..FIXED_WORDS]);
        words
    }
}

impl Recording {
    /// Reads a recording. `path` is for messages only.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignRecording`] for anything that is not a recording of this format,
    /// [`Error::TornRecording`] when its header is damaged or its end is missing.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let foreign = |why: String| Error::ForeignRecording {
            path: path.to_path_buf(),
            why,
        };
        let torn = |expected_bytes, why| Error::TornRecording {
            path: path.to_path_buf(),
            expected_bytes,
            found_bytes: bytes.len() as u64,
            why,
        };
        let magic = words_of(bytes).next();
        if magic != Some(MAGIC) {
            return Err(foreign("it does not begin with the recorder's mark".into()));
        }
        let words: Vec<u64> = words_of(bytes).take(HEADER_WORDS).collect();
        if words.len() < HEADER_WORDS {
            return Err(torn(HEADER_BYTES as u64, "its header is cut off"));
        }
        if words[1] != FORMAT_VERSION {
            return Err(foreign(format!(
                "it has format version {}, this release reads version {FORMAT_VERSION}",
                words[1]
            )));
        }
        if words[CHECKSUM_AT] != checksum(&words[..FIXED_WORDS])
            || words[2] != RECORD_WORDS as u64
            || !(1..=MAX_CAPACITY).contains(&words[3])
        {
            return Err(torn(HEADER_BYTES as u64, "its header is damaged"));
        }
        let header = RecordingHeader {
            capacity: words[3],
            pid: words[4],
            thread_id: words[5],
            started_unix_us: words[6],
            node_version: text_of(&words[NODE_VERSION_AT..FIXED_WORDS]),
        };
        if (bytes.len() as u64) < header.file_bytes() {
            return Err(torn(header.file_bytes(), "its end is missing"));
        }
        let (events, torn_records) = read_records(&bytes[HEADER_BYTES..], header.capacity);
        Ok(Self {
            header,
            events,
            torn_records,
            closed_unix_us: known(words[CLOSED_AT]),
            last_rss_bytes: known(words[RSS_AT]),
            cgroup_limit_bytes: known(words[CGROUP_LIMIT_AT]),
        })
    }
}

/// Whole records in order, and the number of slots that hold something else.
fn read_records(bytes: &[u8], capacity: u64) -> (Vec<GcEvent>, u64) {
    let mut events = Vec::new();
    let mut torn = 0;
    for (slot, bytes) in bytes
        .chunks_exact(RECORD_BYTES)
        .take(capacity as usize)
        .enumerate()
    {
        let mut words: RecordWords = [0; RECORD_WORDS];
        for (word, value) in words.iter_mut().zip(words_of(bytes)) {
            *word = value;
        }
        match GcEvent::from_words(&words) {
            Some(event) if event.sequence % capacity == slot as u64 => events.push(event),
            None if words == [0; RECORD_WORDS] => {}
            _ => torn += 1,
        }
    }
    events.sort_unstable_by_key(|event| event.sequence);
    (events, torn)
}

fn words_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes
        .chunks_exact(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("chunks of 8")))
}

fn text_of(words: &[u64]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let text = String::from_utf8_lossy(&bytes);
    text.trim_end_matches('\0').to_string()
}

fn known(word: u64) -> Option<u64> {
    (word != 0).then_some(word)
}

#[cfg(test)]
pub(crate) mod samples {
    use super::super::event::GcEvent;
    use super::*;

    pub fn header(capacity: u64) -> RecordingHeader {
        RecordingHeader {
            capacity,
            pid: 42,
            thread_id: 0,
            started_unix_us: 1_700_000_000_000_000,
            node_version: "v20.20.2".into(),
        }
    }

    /// The file that a recorder of this capacity leaves after these records.
    pub fn file(capacity: u64, events: &[GcEvent]) -> Vec<u8> {
        let header = header(capacity);
        let mut bytes = vec![0; header.file_bytes() as usize];
        put(&mut bytes, &header.to_words());
        for event in events {
            let at = HEADER_BYTES + (event.sequence % capacity) as usize * RECORD_BYTES;
            put(&mut bytes[at..], &event.to_words());
        }
        bytes
    }

    pub fn put(bytes: &mut [u8], words: &[u64]) {
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::samples::full;
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Recording, Error> {
        Recording::parse(Path::new("r.memwatch"), bytes)
    }

    #[test]
    fn a_wrapped_ring_comes_back_in_order() {
        let events: Vec<_> = (0..10).map(|at| full(at, at as f64, 1000 + at)).collect();
        let recording = parse(&samples::file(4, &events)).expect("a whole file");
        assert_eq!(recording.header, samples::header(4));
        assert_eq!(recording.events, events[6..]);
        assert_eq!(
            (recording.torn_records, recording.closed_unix_us),
            (0, None)
        );
    }

    #[test]
    fn a_record_cut_short_by_a_kill_is_left_out_and_counted() {
        let events: Vec<_> = (0..3).map(|at| full(at, at as f64, 1000)).collect();
        let mut bytes = samples::file(4, &events);
        let last = HEADER_BYTES + 2 * RECORD_BYTES;
        bytes[last..last + 8].fill(0);
        let recording = parse(&bytes).expect("a whole file");
        assert_eq!(recording.events, events[..2]);
        assert_eq!(recording.torn_records, 1);
    }

    #[test]
    fn every_shorter_file_is_an_error_that_says_which() {
        let bytes = samples::file(2, &[full(0, 0.0, 5)]);
        for length in 0..bytes.len() {
            let code = parse(&bytes[..length]).expect_err("it is cut").code();
            let expected = match length {
                0..8 => "ERR_MEMWATCH_RECORDING_FOREIGN",
                _ => "ERR_MEMWATCH_RECORDING_TORN",
            };
            assert_eq!(code, expected, "{length} bytes");
        }
    }

    #[test]
    fn foreign_files_and_damaged_headers_are_told_apart() {
        let foreign = parse(&[b'{'; 9000]).expect_err("it is JSON");
        assert_eq!(foreign.code(), "ERR_MEMWATCH_RECORDING_FOREIGN");
        let whole = samples::file(2, &[]);
        for at in 16..FIXED_WORDS * 8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            assert_eq!(
                parse(&bytes).expect_err("damaged").code(),
                "ERR_MEMWATCH_RECORDING_TORN"
            );
        }
        let mut later = samples::header(2).to_words();
        later[1] = 99;
        let mut bytes = whole;
        samples::put(&mut bytes, &later);
        assert!(
            parse(&bytes)
                .expect_err("another version")
                .to_string()
                .contains("version 99")
        );
    }
}
