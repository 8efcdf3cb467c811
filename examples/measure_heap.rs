//! Measures the engine on one file: reads it, finds dominators, all retained sizes and the classes.
//!
//! `cargo run --release --no-default-features --example measure_heap FILE [--classes] [--dump OUT]`
//! prints one JSON line with the time of each phase and the peak of resident memory. `--classes` also
//! prints the class table: retained size, shallow size, count and name. `--dump` also writes, for
//! every node, distance (u32), shallow size (u64) and retained size (u64), little endian.

mod peak;

use std::error::Error;
use std::fs::{File, read_to_string};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use memwatch_rs::analysis::{Distances, HeapAnalysis};
use memwatch_rs::snapshot::{HeapGraph, Unwatched, read_file};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments
        .first()
        .ok_or("usage: measure_heap FILE [--classes] [--dump OUT]")?;
    let started = Instant::now();
    let graph = read_file(Path::new(file), &Unwatched)?;
    let read = started.elapsed();
    let analysis = HeapAnalysis::of(&graph, &Unwatched)?;
    let analysed = started.elapsed();
    let classes = analysis.class_summaries();
    let total = started.elapsed();
    println!(
        "{{\"read_ms\":{},\"analyse_ms\":{},\"classes_ms\":{},\"wall_ms\":{},\"cpu_ms\":{},\
         \"peak_mb\":{},\"nodes\":{},\"edges\":{},\"classes\":{},\"total_bytes\":{}}}",
        read.as_millis(),
        (analysed - read).as_millis(),
        (total - analysed).as_millis(),
        total.as_millis(),
        cpu_ms()?,
        peak::peak_mb()?,
        graph.node_count(),
        graph.edge_count(),
        classes.len(),
        analysis.retained.bytes(graph.root()),
    );
    if arguments.iter().any(|argument| argument == "--classes") {
        for summary in &classes {
            let name = analysis.classes.name(summary.class);
            let (count, shallow) = (summary.count, summary.shallow_bytes);
            println!(
                "{:>12} {shallow:>12} {count:>9} {name}",
                summary.retained_bytes
            );
        }
    }
    let dump_at = arguments.iter().position(|argument| argument == "--dump");
    if let Some(out) = dump_at.and_then(|at| arguments.get(at + 1)) {
        dump(&graph, &analysis, out)?;
    }
    Ok(())
}

fn dump(graph: &HeapGraph, analysis: &HeapAnalysis, path: &str) -> Result<(), Box<dyn Error>> {
    let distances = Distances::of(graph, &Unwatched)?;
    let mut out = BufWriter::new(File::create(path)?);
    for node in graph.nodes() {
        let distance = distances.distance(node).unwrap_or(u32::MAX);
        out.write_all(&distance.to_le_bytes())?;
        out.write_all(&analysis.sizes.bytes(node).to_le_bytes())?;
        out.write_all(&analysis.retained.bytes(node).to_le_bytes())?;
    }
    Ok(out.flush()?)
}

/// Time on processors so far, of all threads; Linux counts it in hundredths of a second.
fn cpu_ms() -> Result<u64, Box<dyn Error>> {
    let stat = read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().ok_or("no process fields")?;
    let ticks: Vec<u64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() * 10)
}
