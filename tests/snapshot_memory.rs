//! What reading takes: no file, honest or not, makes the reader hold more than four times its length
//! and 64 MiB, where the length of a compressed file is what comes out of it; and no compressed file gives
//! more than a hundred times its own length and 64 MiB.
// With Node's parts the addon brings its allocator.
#![cfg(not(feature = "node"))]

mod sample_file;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use memwatch_rs::analysis::{Distances, HeapAnalysis};
use memwatch_rs::error::Error;
use memwatch_rs::snapshot::{HeapGraph, ReadOptions, Unwatched, read_snapshot};
use sample_file::sample;

/// The system's allocator, with the bytes in use and their peak beside it.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// Measurements run one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Large blocks are moved by the system without a second copy, so growth is what counts.
        let in_use = IN_USE.fetch_add(size, Ordering::Relaxed) + size;
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        PEAK.fetch_max(in_use - layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`, which is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Runs `work`; also the most it had allocated at once.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    let peak = PEAK.load(Ordering::Relaxed);
    (result, peak.saturating_sub(before))
}

fn read(bytes: &[u8], total_bytes: u64, threads: usize) -> Result<HeapGraph, Error> {
    let options = ReadOptions {
        total_bytes,
        threads,
    };
    read_snapshot(bytes, options, &Unwatched)
}

#[test]
fn counts_in_the_header_are_a_hint_and_reserve_nothing() {
    let _alone = ONE_AT_A_TIME.lock();
    let honest = String::from_utf8(sample(3)).unwrap();
    let lie = honest
        .replace("\"node_count\":7", "\"node_count\":4000000000")
        .replace("\"edge_count\":9", "\"edge_count\":99999999999");
    assert_ne!(lie, honest);
    for total_bytes in [0, lie.len() as u64] {
        let (result, peak) = measured(|| read(lie.as_bytes(), total_bytes, 1));
        assert_eq!(result.unwrap().node_count(), 7);
        assert!(peak < 4 << 20, "{peak} bytes");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// How many damaged files to try; more with `MEMWATCH_MUTATIONS=1000000`.
fn mutations() -> u64 {
    let wanted = std::env::var("MEMWATCH_MUTATIONS").ok();
    wanted.and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[test]
fn a_damaged_file_is_an_error_or_a_graph_that_can_be_analysed() {
    let _alone = ONE_AT_A_TIME.lock();
    let file = sample(6);
    let compressed = gzip(&file);
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = move |limit: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice % limit as u64) as usize
    };
    let pieces: [&[u8]; 12] = [
        b"",
        b"0",
        b"9",
        b"99999999999",
        b",",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\"",
        b"\\u",
        b"\xFF",
    ];
    let limit = 4 * file.len() + (64 << 20);
    for _ in 0..mutations() {
        // Damaged, damaged and compressed, or compressed and damaged.
        let kind = roll(4);
        let mut damaged = if kind == 3 { &compressed } else { &file }.clone();
        for _ in 0..=roll(3) {
            let at = roll(damaged.len());
            let end = (at + roll(4)).min(damaged.len());
            damaged.splice(at..end, pieces[roll(pieces.len())].iter().copied());
        }
        if kind == 2 {
            damaged = gzip(&damaged);
        }
        let (_, peak) = measured(|| {
            if let Ok(graph) = read(&damaged, damaged.len() as u64, 1) {
                let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
                analysis.class_summaries(&Unwatched).unwrap();
                Distances::of(&graph, &Unwatched).unwrap();
            }
        });
        assert!(peak < limit, "{peak} bytes");
    }
}

/// The first section of the smallest heap.
const HEADER: &str = "{\"snapshot\":{\"meta\":{\
    \"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\"],\
    \"node_types\":[[\"synthetic\"]],\
    \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\
    \"edge_types\":[[\"element\"]]}},";

#[test]
fn a_compressed_file_that_was_made_to_fill_memory_is_refused_in_time() {
    let _alone = ONE_AT_A_TIME.lock();
    // A mebibyte of nodes, of white space or of text, again and again.
    for (begin, filling) in [
        (format!("{HEADER}\"nodes\":["), "0,0,0,0,0,"),
        (format!("{HEADER}\"nodes\":[0"), " "),
        (format!("{HEADER}\"strings\":[\""), "x"),
    ] {
        let part = gzip(filling.repeat((1 << 20) / filling.len()).as_bytes());
        let bomb = [gzip(begin.as_bytes()), part.repeat(1_000)].concat();
        let (result, peak) = measured(|| read(&bomb, bomb.len() as u64, 2));
        let error = result.unwrap_err();
        assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_TOO_LARGE", "{error}");
        let inflated = (64 << 20) + 100 * bomb.len();
        assert!(peak < 4 * inflated + (64 << 20), "{peak} bytes");
    }
}

#[test]
fn the_densest_files_take_no_more_than_four_times_their_length() {
    let _alone = ONE_AT_A_TIME.lock();
    let (nodes, edges, strings) = (1_000_000, 1_500_000, 3_000_000);
    let files = [
        format!(
            "{HEADER}\"nodes\":[{}0,0,0,0,0],\"edges\":[],\"strings\":[\"\"]}}",
            "0,0,0,0,0,".repeat(nodes)
        ),
        // Sizes that need a place of their own.
        format!(
            "{HEADER}\"nodes\":[{}0,0,0,0,0],\"edges\":[],\"strings\":[\"\"]}}",
            "0,0,0,4294967295,0,".repeat(nodes)
        ),
        format!(
            "{HEADER}\"nodes\":[0,0,0,0,{edges}],\"edges\":[{}0,0,0],\"strings\":[\"\"]}}",
            "0,0,0,".repeat(edges - 1)
        ),
        format!(
            "{HEADER}\"nodes\":[0,0,0,0,0],\"edges\":[],\"strings\":[{}\"\"]}}",
            "\"\",".repeat(strings)
        ),
    ];
    for file in files {
        let length = file.len();
        let parts = file.as_bytes().chunks(length / 2 + 1).map(gzip);
        let compressed: Vec<u8> = parts.flatten().collect();
        for (file, total_bytes, threads) in [
            (file.as_bytes(), 0, 1),
            (file.as_bytes(), length, 1),
            (file.as_bytes(), 0, 3),
            (&compressed, compressed.len(), 2),
        ] {
            let (result, peak) = measured(|| read(file, total_bytes as u64, threads));
            result.unwrap();
            // Buffers take little of the 64 MiB; the factor must do without them.
            let limit = 4 * length + (8 << 20);
            assert!(
                peak < limit,
                "{peak} bytes for {length} on {threads} threads"
            );
        }
    }
}
