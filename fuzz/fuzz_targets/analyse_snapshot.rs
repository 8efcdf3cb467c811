//! Any heap that can be read can be analysed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use memwatch_rs::analysis::{
    Captures, Census, Distances, HeapAnalysis, OpenedHeap, Retainers, Search, StringContents,
    SuspectOptions, biggest_retainers, distinct_paths, duplicate_strings, shortest_path, suspects,
};
use memwatch_rs::snapshot::{ReadOptions, Unwatched, read_snapshot};

fuzz_target!(|bytes: &[u8]| {
    let Ok(graph) = read_snapshot(bytes, ReadOptions::default(), &Unwatched) else {
        return;
    };
    let analysis = HeapAnalysis::of(&graph, &Unwatched).expect("nobody cancels");
    let distances = Distances::of(&graph, &Unwatched).expect("nobody cancels");
    let retainers = Retainers::of(&graph, &Unwatched).expect("nobody cancels");
    let search = Search {
        distances: &distances,
        dominators: &analysis.dominators,
        retainers: &retainers,
    };
    analysis
        .class_summaries(&Unwatched)
        .expect("nobody cancels");
    suspects(&graph, &analysis, SuspectOptions::default(), &Unwatched).expect("nobody cancels");
    duplicate_strings(&graph, &analysis.sizes, &Unwatched).expect("nobody cancels");
    let biggest = biggest_retainers(&graph, &analysis.retained, 3, &Unwatched);
    for node in biggest.expect("nobody cancels") {
        shortest_path(&graph, &distances, node);
        distinct_paths(&graph, search, node, 2, &Unwatched).expect("nobody cancels");
    }
    let census = Census::take(&graph, &analysis.classes, &analysis.sizes, &Unwatched);
    let census = census.expect("nobody cancels");
    census.diff(&census, &Unwatched).expect("nobody cancels");
    let mut captures = Captures::default();
    for _ in 0..2 {
        captures.add(&graph, &Unwatched).expect("nobody cancels");
    }
    captures.compare(&Unwatched).expect("nobody cancels");
    let heap = OpenedHeap::of(graph, &Unwatched).expect("nobody cancels");
    heap.overview(StringContents::Shown);
    heap.suspects(StringContents::Shown);
});
