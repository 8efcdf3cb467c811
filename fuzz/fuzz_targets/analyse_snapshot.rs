//! Any heap that can be read can be analysed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use memwatch_rs::analysis::{
    Census, Distances, HeapAnalysis, OpenedHeap, Retainers, Search, Shapes, StringContents,
    SuspectOptions, biggest_retainers, distinct_paths, duplicate_strings, shortest_path, suspects,
};
use memwatch_rs::snapshot::{ReadOptions, Unwatched, read_snapshot};

fuzz_target!(|bytes: &[u8]| {
    let Ok(graph) = read_snapshot(bytes, ReadOptions::default(), &Unwatched) else {
        return;
    };
    let analysis = HeapAnalysis::of(&graph, &Unwatched).expect("nobody cancels");
    let distances = Distances::of(&graph, &Unwatched).expect("nobody cancels");
    let retainers = Retainers::of(&graph);
    let search = Search {
        distances: &distances,
        dominators: &analysis.dominators,
        retainers: &retainers,
    };
    analysis.class_summaries();
    suspects(&graph, &analysis, SuspectOptions::default());
    duplicate_strings(&graph, &analysis.sizes);
    for node in biggest_retainers(&graph, &analysis.retained, 3) {
        shortest_path(&graph, &distances, node);
        distinct_paths(&graph, search, node, 2, &Unwatched).expect("nobody cancels");
    }
    let census = Census::take(&graph, &analysis.classes, &analysis.sizes);
    census.diff(&census);
    let mut shapes = Shapes::default();
    let counts = shapes.count(&graph, &analysis, &distances, &Unwatched);
    let counts = counts.expect("nobody cancels");
    shapes.growing(&[counts.clone(), counts], 1);
    let heap = OpenedHeap::of(graph, &Unwatched).expect("nobody cancels");
    heap.overview(StringContents::Shown);
    heap.suspects(StringContents::Shown);
});
