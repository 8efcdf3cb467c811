//! What a capture gives, and the work in the copy that makes it.
#![forbid(unsafe_code)]

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::snapshot_file::FilePlan;
use super::target_file::TargetFile;
use crate::analysis::{
    Cancellation, CountedPath, Look, NamedClass, NamedSuspect, OpenedHeap, Progress, Series,
    StringContents, Threads,
};
use crate::error::Error;
use crate::snapshot::{HeapGraph, Phase, Watch};
use crate::v8::heap_snapshot::ReadLists;
use crate::v8::{HeapSnapshot, Isolate};

/// What a capture is to give.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Want {
    /// Classes and suspects.
    Summary,
    /// Classes.
    Classes,
    /// Classes, suspects and the paths that retain most.
    Graph,
    /// A comparison with what is known of earlier captures, which the copy has with the rest of the memory.
    Comparison(Arc<Series>),
    /// A `.heapsnapshot` file.
    Snapshot(FilePlan),
}

/// What read the heap in the copy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Engine {
    /// V8's own heap snapshot.
    V8,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::V8 => "v8",
        }
    }
}

/// What the copy sends: no contents of strings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Findings {
    pub engine: Engine,
    pub node_count: u64,
    pub edge_count: u64,
    pub total_bytes: u64,
    /// Unless a file or a comparison was wanted.
    pub classes: Option<Vec<NamedClass>>,
    /// Of a summary and a graph.
    pub suspects: Option<Vec<NamedSuspect>>,
    /// Of a graph.
    pub paths: Option<Vec<CountedPath>>,
    /// Of a comparison.
    pub look: Option<Look>,
}

/// So many paths a graph tells.
const GRAPH_PATHS: usize = 1000;

/// Reads the heap of this thread's isolate; `tell` hears whole percents. One thread does all of it: the copy
/// should take no more than one processor from the service, and no lock but its own.
///
/// # Errors
///
/// Those of [`HeapSnapshot::take`], and of [`FilePlan::write`].
pub fn capture(
    want: &Want,
    read_lists: ReadLists,
    file: Option<&TargetFile>,
    tell: impl Fn(u32) + Sync,
) -> Result<Findings, Error> {
    let progress = Progress::new(1, Cancellation::default(), tell);
    let mut on_progress = |done: u32, total: u32| {
        progress.on_progress(Phase::Read, done.into(), total.into());
        ControlFlow::Continue(())
    };
    let isolate = Isolate::current()?;
    let snapshot = HeapSnapshot::take(isolate, read_lists, Some(&mut on_progress))?;
    let graph = snapshot.to_graph(|_| false);
    drop(snapshot);
    findings(want, Engine::V8, graph, file, Threads::One, &progress)
}

/// What is wanted of a heap, wherever it was read.
///
/// # Errors
///
/// [`Error::Cancelled`], and those of [`FilePlan::write`].
pub fn findings(
    want: &Want,
    engine: Engine,
    graph: HeapGraph,
    file: Option<&TargetFile>,
    threads: Threads,
    watch: &dyn Watch,
) -> Result<Findings, Error> {
    if let (Want::Snapshot(plan), Some(file)) = (want, file) {
        let findings = Findings {
            engine,
            node_count: graph.node_count() as u64,
            edge_count: graph.edge_count() as u64,
            total_bytes: graph.nodes().map(|node| graph.shallow_size(node)).sum(),
            classes: None,
            suspects: None,
            paths: None,
            look: None,
        };
        plan.write(graph, file)?;
        watch.on_progress(Phase::Dominate, 1, 1);
        return Ok(findings);
    }
    let heap = OpenedHeap::on(threads, graph, watch)?;
    let suspects =
        matches!(want, Want::Summary | Want::Graph).then(|| heap.suspects(StringContents::Hidden));
    let paths = match want {
        Want::Graph => Some(heap.largest_paths(GRAPH_PATHS, watch)?),
        _ => None,
    };
    let look = match want {
        Want::Comparison(series) => Some(series.look(&heap, watch)?),
        _ => None,
    };
    Ok(Findings {
        engine,
        node_count: heap.node_count() as u64,
        edge_count: heap.edge_count() as u64,
        total_bytes: heap.total_bytes(),
        classes: look.is_none().then(|| heap.classes()),
        suspects,
        paths,
        look,
    })
}
