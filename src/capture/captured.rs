//! What a capture gives, and the work in the copy that makes it.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::analysis::{
    Cancellation, ClassComparison, CompareOptions, GraphComparison, NamedClass, NamedSuspect,
    OpenedHeap, Progress, StringContents, Threads, compare_classes, compare_graphs,
};
use crate::error::Error;
use crate::snapshot::{Phase, Watch};
use crate::v8::heap_snapshot::ReadLists;
use crate::v8::{HeapSnapshot, Isolate};

/// What a capture is to give.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Want {
    /// Classes and suspects.
    Summary,
    /// Classes.
    Classes,
    /// A `.heapsnapshot` file.
    Snapshot(PathBuf),
    /// How two readings of the heap differ.
    Comparison,
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
    /// Unless a file was wanted.
    pub classes: Option<Vec<NamedClass>>,
    /// Of a summary.
    pub suspects: Option<Vec<NamedSuspect>>,
    pub comparison: Option<Box<ComparedReadings>>,
}

/// Two readings of one heap compared: as they come, and with the ids of the one given to the other.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ComparedReadings {
    pub classes: ClassComparison,
    pub graph: GraphComparison,
}

/// Reads the heap of this thread's isolate; `tell` hears whole percents. One thread does all of it: the copy
/// should take no more than one processor from the service, and no lock but its own.
///
/// # Errors
///
/// Those of [`HeapSnapshot::take`], and [`Error::Io`] of the file.
pub fn capture(
    want: &Want,
    read_lists: ReadLists,
    file: Option<&File>,
    tell: impl Fn(u32) + Sync,
) -> Result<Findings, Error> {
    let progress = Progress::new(1, Cancellation::default(), tell);
    let mut on_progress = |done: u32, total: u32| {
        progress.on_progress(Phase::Read, done.into(), total.into());
        ControlFlow::Continue(())
    };
    let isolate = Isolate::current()?;
    let snapshot = HeapSnapshot::take(isolate, read_lists, Some(&mut on_progress))?;
    if let (Want::Snapshot(path), Some(file)) = (want, file) {
        write_file(&snapshot, path, file)?;
        progress.on_progress(Phase::Dominate, 1, 1);
        return Ok(Findings {
            engine: Engine::V8,
            node_count: snapshot.node_count().into(),
            edge_count: snapshot.reference_count().into(),
            total_bytes: snapshot.nodes().map(|node| node.shallow_size()).sum(),
            classes: None,
            suspects: None,
            comparison: None,
        });
    }
    let graph = snapshot.to_graph(|_| false);
    drop(snapshot);
    if *want == Want::Comparison {
        // V8's own again, for want of another reader.
        let again = HeapSnapshot::take(isolate, read_lists, None)?.to_graph(|_| false);
        let options = CompareOptions::default();
        let comparison = ComparedReadings {
            classes: compare_classes(&again, &graph, options, &progress)?,
            graph: compare_graphs(&again, &graph, options, &progress)?,
        };
        return Ok(Findings {
            engine: Engine::V8,
            node_count: graph.node_count() as u64,
            edge_count: graph.edge_count() as u64,
            total_bytes: comparison.classes.v8s.shallow_bytes,
            classes: None,
            suspects: None,
            comparison: Some(Box::new(comparison)),
        });
    }
    let heap = OpenedHeap::on(Threads::One, graph, &progress)?;
    let suspects = (*want == Want::Summary).then(|| heap.suspects(StringContents::Hidden));
    Ok(Findings {
        engine: Engine::V8,
        node_count: heap.node_count() as u64,
        edge_count: heap.edge_count() as u64,
        total_bytes: heap.total_bytes(),
        classes: Some(heap.classes()),
        suspects,
        comparison: None,
    })
}

fn write_file(snapshot: &HeapSnapshot, path: &Path, mut file: &File) -> Result<(), Error> {
    snapshot.write_json(&mut |text| {
        file.write_all(text).map_err(|source| Error::Io {
            action: "write",
            path: path.to_path_buf(),
            source,
        })
    })
}
