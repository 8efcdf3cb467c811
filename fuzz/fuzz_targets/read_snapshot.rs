//! Any bytes at all: reading them gives a graph or an error, in whatever pieces they come, compressed or not.
#![no_main]

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use memwatch_rs::snapshot::{ReadOptions, Unwatched, read_snapshot, write_snapshot};

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(5);
        self.0.read(&mut buffer[..most])
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions {
        total_bytes: bytes.len() as u64,
        threads: 1,
    };
    let whole = read_snapshot(bytes, options, &Unwatched);
    let pieces = read_snapshot(Trickle(bytes), ReadOptions::default(), &Unwatched);
    assert_eq!(whole.is_ok(), pieces.is_ok());
    let compressed = read_snapshot(&*gzip(bytes), ReadOptions::default(), &Unwatched);
    // What was gzip already is compressed twice.
    let was_gzip = bytes.starts_with(&[0x1F, 0x8B]);
    assert!(was_gzip || whole.is_ok() == compressed.is_ok());
    let Ok(graph) = whole else { return };
    let mut written = Vec::new();
    write_snapshot(&graph, &mut written).expect("memory takes every byte");
    let again = read_snapshot(&*written, ReadOptions::default(), &Unwatched);
    let again = again.expect("what was written can be read");
    assert_eq!(again.node_count(), graph.node_count());
    assert_eq!(again.edge_targets(), graph.edge_targets());
});
