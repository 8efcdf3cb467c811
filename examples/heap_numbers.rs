//! Writes the engine's numbers on each file beside it, for `scripts/devtools` to compare with others'.
//!
//! `cargo run --release --no-default-features --example heap_numbers FILE…` writes `FILE.numbers`, all
//! little endian: node count, edge count, bytes of all nodes and how many nodes have a duplicate
//! string (u64 each); for every node distance (u32), shallow and retained size (u64 each); for every class
//! count, shallow and retained size (u64 each), then the length of its name (u32) and the name.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use memwatch_rs::analysis::{Distances, HeapAnalysis, duplicate_strings};
use memwatch_rs::snapshot::{HeapGraph, Unwatched, read_file};

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let graph = read_file(Path::new(&file), &Unwatched)?;
        let analysis = HeapAnalysis::of(&graph, &Unwatched)?;
        let distances = Distances::of(&graph, &Unwatched)?;
        // Names of classes come from the heap: nobody else's business.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let out = options.open(format!("{file}.numbers"))?;
        write(&graph, &analysis, &distances, BufWriter::new(out))?;
    }
    Ok(())
}

fn write(
    graph: &HeapGraph,
    analysis: &HeapAnalysis,
    distances: &Distances,
    mut out: impl Write,
) -> Result<(), Box<dyn Error>> {
    let duplicates = duplicate_strings(graph, &analysis.sizes, &Unwatched)?;
    let duplicates: usize = duplicates.iter().map(|group| group.nodes.len()).sum();
    for number in [
        graph.node_count() as u64,
        graph.edge_count() as u64,
        analysis.sizes.total(),
        duplicates as u64,
    ] {
        out.write_all(&number.to_le_bytes())?;
    }
    for node in graph.nodes() {
        let distance = distances.distance(node).unwrap_or(u32::MAX);
        out.write_all(&distance.to_le_bytes())?;
        out.write_all(&analysis.sizes.bytes(node).to_le_bytes())?;
        out.write_all(&analysis.retained.bytes(node).to_le_bytes())?;
    }
    for class in analysis.class_summaries(&Unwatched)? {
        for number in [class.count, class.shallow_bytes, class.retained_bytes] {
            out.write_all(&number.to_le_bytes())?;
        }
        let name = analysis.classes.name(class.class);
        out.write_all(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        out.write_all(name.as_bytes())?;
    }
    Ok(out.flush()?)
}
