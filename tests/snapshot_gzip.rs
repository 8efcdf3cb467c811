//! Heap snapshots that gzip compressed: the same graph as from the plain file, or a typed error.

mod sample_file;

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use memwatch_rs::error::Error;
use memwatch_rs::snapshot::{
    HeapGraph, Phase, ReadOptions, Unwatched, Watch, read_snapshot, write_snapshot,
};
use sample_file::sample;

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8], threads: usize) -> Result<HeapGraph, Error> {
    let options = ReadOptions {
        total_bytes: bytes.len() as u64,
        threads,
    };
    read_snapshot(bytes, options, &Unwatched)
}

fn rewritten(graph: &HeapGraph) -> Vec<u8> {
    let mut file = Vec::new();
    write_snapshot(graph, &mut file).unwrap();
    file
}

#[test]
fn a_compressed_file_gives_the_graph_of_the_plain_one() {
    // Large enough for several blocks of both.
    let file = sample(30_000);
    for (level, threads) in [(0, 1), (1, 2), (9, 3)] {
        let graph = read(&gzip(&file, level), threads).unwrap();
        assert!(rewritten(&graph) == file, "level {level}");
    }
}

#[test]
fn streams_behind_each_other_are_one_file() {
    let file = sample(20);
    for cut in [0, 1, 700, file.len() - 1, file.len()] {
        let parts = [&file[..cut], &file[cut..], b"\n"];
        let streams: Vec<u8> = parts.iter().flat_map(|part| gzip(part, 6)).collect();
        assert!(rewritten(&read(&streams, 1).unwrap()) == file, "cut {cut}");
    }
}

#[test]
fn a_compressed_file_cut_anywhere_is_an_error_at_or_before_the_cut() {
    let file = gzip(&sample(4), 6);
    for length in 0..file.len() {
        let found = read(&file[..length], 1);
        match found.unwrap_err() {
            Error::SnapshotTruncated {
                section, offset, ..
            } => {
                assert!(offset <= length as u64);
                assert_eq!(section == "gzip stream", length > 0);
            }
            // One byte is too few to tell that it is gzip.
            Error::SnapshotForeign { .. } if length == 1 => {}
            other => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn no_damaged_byte_of_a_compressed_file_changes_the_graph_unseen() {
    let file = sample(4);
    let compressed = gzip(&file, 6);
    let mut codes = Vec::new();
    for at in 0..compressed.len() {
        for bit in 0..8 {
            let mut damaged = compressed.clone();
            damaged[at] ^= 1 << bit;
            match read(&damaged, 1) {
                // Some bits mean nothing: time and system in the header, the last of a byte.
                Ok(graph) => assert!(rewritten(&graph) == file, "byte {at}"),
                Err(error) => codes.push(error.code()),
            }
        }
    }
    assert!(codes.contains(&"ERR_MEMWATCH_SNAPSHOT_GZIP"));
}

#[test]
fn damage_is_told_with_its_offset_in_the_compressed_file() {
    let compressed = gzip(&sample(4), 6);
    let mut checksum = compressed.clone();
    let trailer = compressed.len() - 8;
    checksum[trailer] ^= 1;
    let mut trailing = compressed.clone();
    trailing.extend_from_slice(b"something else");
    for (file, at_least) in [(checksum, trailer), (trailing, compressed.len())] {
        match read(&file, 1).unwrap_err() {
            Error::SnapshotGzip { offset, .. } => {
                let range = at_least as u64..=file.len() as u64;
                assert!(range.contains(&offset), "{offset}");
            }
            other => panic!("{other}"),
        }
    }
    // What was compressed is no heap snapshot.
    let error = read(&gzip(b"[1]", 6), 1).unwrap_err();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_FOREIGN");
}

#[test]
fn a_source_that_fails_or_is_interrupted_is_not_taken_for_damage() {
    /// Is interrupted before each byte, and fails after so many.
    struct Weak<'a> {
        bytes: &'a [u8],
        left: usize,
        is_interrupted: bool,
    }
    impl Read for Weak<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.is_interrupted = !self.is_interrupted;
            if self.is_interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.left == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.left -= 1;
            self.bytes.read(&mut buffer[..1])
        }
    }
    let (file, options) = (sample(4), ReadOptions::default());
    let compressed = gzip(&file, 6);
    for (bytes, left) in [(&file, 900), (&compressed, 300), (&compressed, 5)] {
        let weak = |left| Weak {
            bytes,
            left,
            is_interrupted: false,
        };
        let graph = read_snapshot(weak(usize::MAX), options, &Unwatched).unwrap();
        assert!(rewritten(&graph) == file);
        let error = read_snapshot(weak(left), options, &Unwatched).unwrap_err();
        assert!(matches!(error, Error::SnapshotRead { .. }), "{error}");
    }
}

#[test]
fn progress_counts_bytes_of_the_compressed_file() {
    #[derive(Default)]
    struct Listening {
        done: AtomicU64,
        total: AtomicU64,
    }
    impl Watch for Listening {
        fn on_progress(&self, phase: Phase, done: u64, total: u64) {
            assert_eq!(phase, Phase::Read);
            let before = self.done.swap(done, Ordering::Relaxed);
            assert!(before <= done && done <= total);
            self.total.store(total, Ordering::Relaxed);
        }
    }
    let compressed = gzip(&sample(30_000), 6);
    let length = compressed.len() as u64;
    let options = ReadOptions {
        total_bytes: length,
        threads: 2,
    };
    let listening = Listening::default();
    read_snapshot(&*compressed, options, &listening).unwrap();
    assert_eq!(listening.done.into_inner(), length);
    assert_eq!(listening.total.into_inner(), length);
}

#[test]
fn whoever_cancels_while_the_rest_is_checked_gets_an_error() {
    struct Impatient;
    impl Watch for Impatient {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    // So small that nobody asks before its end.
    let found = read_snapshot(&*gzip(&sample(1), 6), ReadOptions::default(), &Impatient);
    assert!(matches!(found, Err(Error::Cancelled)));
}
