//! Measures the engine on one file: reads it, finds dominators, all retained sizes and the classes.
//!
//! `cargo run --release --no-default-features --example measure_heap FILE [--classes]`
//! prints one JSON line with the time of each phase and the peak of resident memory. `--classes` also
//! prints the class table: retained size, shallow size, count and name.

mod peak;

use std::error::Error;
use std::fs::read_to_string;
use std::path::Path;
use std::time::Instant;

use memwatch_rs::analysis::HeapAnalysis;
use memwatch_rs::snapshot::{Unwatched, read_file};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments
        .first()
        .ok_or("usage: measure_heap FILE [--classes]")?;
    let started = Instant::now();
    let graph = read_file(Path::new(file), &Unwatched)?;
    let read = started.elapsed();
    let analysis = HeapAnalysis::of(&graph, &Unwatched)?;
    let analysed = started.elapsed();
    let classes = analysis.class_summaries(&Unwatched)?;
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
    Ok(())
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
