//! Everything that grows with a heap can be watched, and stops wherever its watcher wants it to.

use std::sync::atomic::{AtomicU64, Ordering};

use memwatch_rs::analysis::{
    Captures, Census, Classes, Distances, HeapAnalysis, OpenedHeap, Retainers, SuspectOptions,
    biggest_retainers, duplicate_strings, owned_sizes, suspects,
};
use memwatch_rs::error::Error;
use memwatch_rs::snapshot::{
    Builder, CHECK_INTERVAL, EdgeKind, HeapGraph, NodeKind, Shapes, Unwatched, Watch,
};

/// Wants the end once it has been asked so many times.
struct Patience {
    left: u64,
    asked: AtomicU64,
}

impl Patience {
    fn of(left: u64) -> Self {
        let asked = AtomicU64::new(0);
        Self { left, asked }
    }
}

impl Watch for Patience {
    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.left
    }
}

/// So many that each loop over them looks at its watcher more than once.
const NODES: usize = 3 * CHECK_INTERVAL;

/// (root) ─▶ Holder ═▶ strings, each twice, and detached elements
fn heap(nodes: usize) -> HeapGraph {
    let mut heap = Builder::new();
    let holder = heap.add_node(NodeKind::Object, "Holder", 1, 8);
    heap.add_edge(heap.root(), EdgeKind::Property, "held", holder);
    for index in 0..nodes as u32 {
        let node = if index % 2 == 0 {
            heap.add_node(NodeKind::String, &(index / 4).to_string(), 3 + index, 16)
        } else {
            let node = heap.add_node(NodeKind::Native, "<div>", 3 + index, 16);
            heap.set_detachedness(node, 2);
            node
        };
        heap.add_indexed_edge(holder, EdgeKind::Element, index, node);
    }
    heap.build()
}

/// Runs `work` to its end, and again for each time it asks whether to go on.
fn assert_stops_everywhere<T>(
    what: &str,
    at_least: usize,
    work: impl Fn(&Patience) -> Result<T, Error>,
) {
    let patient = Patience::of(u64::MAX);
    assert!(work(&patient).is_ok(), "{what}");
    let asked = patient.asked.into_inner();
    assert!(asked >= at_least as u64, "{what} asked {asked} times");
    // Those that look through all nodes several times need not be stopped at every step.
    for left in (0..asked).step_by(asked as usize / 10 + 1) {
        let stopped = work(&Patience::of(left));
        assert!(matches!(stopped, Err(Error::Cancelled)), "{what}, {left}");
    }
}

#[test]
fn whatever_grows_with_the_heap_stops_where_its_watcher_wants() {
    let graph = heap(NODES);
    let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
    let distances = Distances::of(&graph, &Unwatched).unwrap();
    let (sizes, classes) = (&analysis.sizes, &analysis.classes);
    let census = Census::take(&graph, classes, sizes, &Unwatched).unwrap();
    let nothing = Builder::new().build();
    let nobody = Classes::of(&nothing, &Unwatched).unwrap();
    let empty = Census::take(&nothing, &nobody, nothing.shallow_sizes(), &Unwatched).unwrap();
    let rounds = NODES / CHECK_INTERVAL;

    assert_stops_everywhere("classes", rounds, |watch| Classes::of(&graph, watch));
    assert_stops_everywhere("class table", rounds, |watch| {
        analysis.class_summaries(watch)
    });
    assert_stops_everywhere("sizes", rounds, |watch| owned_sizes(&graph, watch));
    assert_stops_everywhere("analysis", 5 * rounds, |watch| {
        HeapAnalysis::of(&graph, watch)
    });
    assert_stops_everywhere("distances", rounds, |watch| Distances::of(&graph, watch));
    assert_stops_everywhere("retainers", 2 * rounds, |watch| {
        Retainers::of(&graph, watch)
    });
    assert_stops_everywhere("census", rounds, |watch| {
        Census::take(&graph, classes, sizes, watch)
    });
    assert_stops_everywhere("diff", rounds, |watch| empty.diff(&census, watch));
    assert_stops_everywhere("survivors", 2 * rounds, |watch| {
        empty.survivors(&census, &census, watch)
    });
    assert_stops_everywhere("suspects", 2 * rounds, |watch| {
        suspects(&graph, &analysis, SuspectOptions::default(), watch)
    });
    assert_stops_everywhere("duplicate strings", rounds, |watch| {
        duplicate_strings(&graph, sizes, watch)
    });
    assert_stops_everywhere("biggest retainers", rounds, |watch| {
        biggest_retainers(&graph, &analysis.retained, 3, watch)
    });
    assert_stops_everywhere("shapes", rounds, |watch| {
        Shapes::default().count(&graph, &analysis, &distances, watch)
    });
    assert_stops_everywhere("opened heap", 9 * rounds, |watch| {
        OpenedHeap::of(heap(NODES), watch)
    });
    let fewer = heap(NODES / 2);
    // The first is not counted: these are those of the second, which also finds what grew.
    assert_stops_everywhere("captures", 13 * rounds, |watch| {
        let mut captures = Captures::default();
        captures.add(&fewer, watch)?;
        captures.add(&graph, watch)?;
        captures.compare(watch)
    });
}
