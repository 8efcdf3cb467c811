//! What a capture gives, and the work in the copy that makes it.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::mappings::Range;
use super::reading::{self, Class};
use super::series::CapturedSeries;
use super::snapshot_file::FilePlan;
use super::target_file::TargetFile;
use crate::analysis::{
    Cancellation, ClassComparison, CompareOptions, CountedPath, GraphComparison, Look,
    NamedSuspect, OpenedHeap, Progress, StringContents, Threads, compare_classes, compare_graphs,
};
use crate::error::Error;
use crate::snapshot::{HeapGraph, Phase, Watch};
use crate::v8::heap_snapshot::ReadLists;
use crate::v8::{HeapSnapshot, Isolate};

/// What a capture is to give.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Want {
    /// Classes with what they retain, and suspects.
    Summary,
    /// How many objects of each class there are.
    Classes,
    /// A summary, and the paths that retain most.
    Graph,
    /// A comparison with what is known of earlier captures, which the copy has with the rest of the memory.
    Growth(CapturedSeries),
    /// A `.heapsnapshot` file.
    Snapshot(FilePlan),
    /// How our reading of the heap differs from V8's.
    Comparison,
}

impl Want {
    /// Whether one walk of the heap tells it all.
    pub fn needs_paths_alone(&self) -> bool {
        matches!(self, Self::Growth(series) if series.heaps().needs_paths_alone())
    }
}

/// What read the heap in the copy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Engine {
    /// Our own: it reads V8's objects from memory.
    Reader,
    /// V8's own heap snapshot.
    V8,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::V8 => "v8",
        }
    }
}

/// Which engine a copy is to use.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Choice {
    /// Ours; where it cannot read the heap, V8's.
    #[default]
    Any,
    /// That one or none.
    Only(Engine),
    /// V8's, because ours has failed so in an earlier copy.
    Instead(String),
}

/// The heap in the copy.
#[derive(Clone, Copy)]
pub struct Frozen<'a> {
    /// What forks leave out, which is V8's memory, by address.
    pub left_out: &'a [Range],
    /// What the copy must have besides.
    pub native: &'a [Range],
    /// The handle of what the service has planted.
    pub samples: usize,
    pub read_lists: ReadLists,
}

/// What the copy sends: no contents of strings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Findings {
    pub engine: Engine,
    /// Why V8's had to be used.
    pub engine_reason: Option<String>,
    pub node_count: u64,
    /// Where the references were read.
    pub edge_count: Option<u64>,
    pub total_bytes: u64,
    /// Of a summary, classes and a graph.
    pub classes: Option<Vec<Class>>,
    /// Of a summary and a graph.
    pub suspects: Option<Vec<NamedSuspect>>,
    /// Of a graph.
    pub paths: Option<Vec<CountedPath>>,
    /// Of growth.
    pub look: Option<Look>,
    pub comparison: Option<Box<ComparedReadings>>,
}

/// Two readings of one heap compared: as they come, and object by object after V8 has collected its garbage.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ComparedReadings {
    pub classes: ClassComparison,
    pub graph: GraphComparison,
}

/// So many paths a graph tells.
const GRAPH_PATHS: usize = 1000;

/// Reads the heap of this thread's isolate; `tell` hears whole percents. One thread does all of it: the copy
/// should take no more than one processor from the service, and no lock but its own.
///
/// # Errors
///
/// Those of [`HeapSnapshot::take`] and of [`FilePlan::write`]; [`Failure::Unsupported`] where the chosen engine
/// cannot read the heap.
pub fn capture(
    want: &Want,
    choice: &Choice,
    frozen: Frozen,
    file: Option<&TargetFile>,
    tell: impl Fn(u32) + Sync,
) -> Result<Findings, Failure> {
    let progress = Progress::new(1, Cancellation::default(), tell);
    let findings = read(want, choice, frozen, file, &progress)?;
    progress.on_progress(Phase::Dominate, 1, 1);
    Ok(findings)
}

fn read(
    want: &Want,
    choice: &Choice,
    frozen: Frozen,
    file: Option<&TargetFile>,
    watch: &dyn Watch,
) -> Result<Findings, Failure> {
    let why = match choice {
        Choice::Only(Engine::V8) => None,
        Choice::Instead(why) => Some(why.clone()),
        Choice::Any | Choice::Only(Engine::Reader) => match by_reader(want, frozen, file, watch) {
            Err(Failure::Unsupported { why }) if *choice == Choice::Any => Some(why),
            Err(Failure::Unsupported { why }) if *want != Want::Comparison => {
                return Err(with_way_out(&why));
            }
            findings => return findings,
        },
    };
    let findings = by_v8(want, frozen, file, watch)?;
    Ok(Findings {
        engine_reason: why,
        ..findings
    })
}

/// Where V8's snapshot is not in reserve it can be asked for.
fn with_way_out(why: &str) -> Failure {
    Failure::Unsupported {
        why: format!("{why}; engine: 'v8' has V8's snapshot read the heap"),
    }
}

fn by_reader(
    want: &Want,
    frozen: Frozen,
    file: Option<&TargetFile>,
    watch: &dyn Watch,
) -> Result<Findings, Failure> {
    match want {
        Want::Classes => {
            let classes = reading::classes(frozen)?;
            Ok(of_classes(Engine::Reader, classes))
        }
        Want::Comparison => compare(frozen, watch),
        Want::Growth(series) if want.needs_paths_alone() => {
            let paths = reading::paths(frozen)?;
            Ok(Findings {
                look: Some(series.heaps().look_at_paths(&paths)),
                ..Findings::of(Engine::Reader, paths.object_count(), paths.total_bytes())
            })
        }
        want => {
            let graph = reading::graph(frozen, watch)?;
            watch.on_progress(Phase::Read, 1, 1);
            Ok(of_graph(
                want,
                Engine::Reader,
                graph,
                file,
                Threads::One,
                watch,
            )?)
        }
    }
}

fn by_v8(
    want: &Want,
    frozen: Frozen,
    file: Option<&TargetFile>,
    watch: &dyn Watch,
) -> Result<Findings, Failure> {
    let graph = v8_graph(Isolate::current()?, frozen.read_lists, watch)?;
    Ok(match want {
        Want::Classes => of_classes(Engine::V8, reading::classes_of(&graph)),
        want => of_graph(want, Engine::V8, graph, file, Threads::One, watch)?,
    })
}

fn v8_graph(
    isolate: Isolate,
    read_lists: ReadLists,
    watch: &dyn Watch,
) -> Result<HeapGraph, Error> {
    let mut on_progress = |done: u32, total: u32| {
        watch.on_progress(Phase::Read, done.into(), total.into());
        ControlFlow::Continue(())
    };
    let snapshot = HeapSnapshot::take(isolate, read_lists, Some(&mut on_progress))?;
    Ok(snapshot.to_graph(|_| false))
}

/// Ours first, as a capture reads the heap; then V8's, which collects garbage and numbers all objects; then ours
/// again, with these numbers.
fn compare(frozen: Frozen, watch: &dyn Watch) -> Result<Findings, Failure> {
    let isolate = Isolate::current()?;
    let first = reading::graph(frozen, watch)?;
    let v8s = v8_graph(isolate, frozen.read_lists, watch)?;
    let numbered = reading::numbered_graph(isolate, frozen)?;
    let options = CompareOptions::default();
    let comparison = ComparedReadings {
        classes: compare_classes(&first, &v8s, options, watch)?,
        graph: compare_graphs(&numbered, &v8s, options, watch)?,
    };
    Ok(Findings {
        comparison: Some(Box::new(comparison)),
        ..counted(Engine::Reader, &first)
    })
}

/// What is wanted of a heap, wherever it was read.
///
/// # Errors
///
/// [`Error::Cancelled`], and those of [`FilePlan::write`].
pub fn of_graph(
    want: &Want,
    engine: Engine,
    graph: HeapGraph,
    file: Option<&TargetFile>,
    threads: Threads,
    watch: &dyn Watch,
) -> Result<Findings, Error> {
    let findings = counted(engine, &graph);
    if let (Want::Snapshot(plan), Some(file)) = (want, file) {
        plan.write(graph, file)?;
        return Ok(findings);
    }
    let heap = OpenedHeap::on(threads, graph, watch)?;
    let look = match want {
        Want::Growth(series) => Some(series.heaps().look(&heap, watch)?),
        _ => None,
    };
    let suspects =
        matches!(want, Want::Summary | Want::Graph).then(|| heap.suspects(StringContents::Hidden));
    let paths = match want {
        Want::Graph => Some(heap.largest_paths(GRAPH_PATHS, watch)?),
        _ => None,
    };
    Ok(Findings {
        classes: look
            .is_none()
            .then(|| heap.classes().into_iter().map(Class::from).collect()),
        suspects,
        paths,
        look,
        ..findings
    })
}

fn counted(engine: Engine, graph: &HeapGraph) -> Findings {
    let total_bytes = graph.nodes().map(|node| graph.shallow_size(node)).sum();
    Findings {
        edge_count: Some(graph.edge_count() as u64),
        ..Findings::of(engine, graph.node_count() as u64, total_bytes)
    }
}

impl Findings {
    /// How large a heap is, and nothing else.
    fn of(engine: Engine, node_count: u64, total_bytes: u64) -> Self {
        Self {
            engine,
            engine_reason: None,
            node_count,
            edge_count: None,
            total_bytes,
            classes: None,
            suspects: None,
            paths: None,
            look: None,
            comparison: None,
        }
    }
}

/// Classes alone.
pub fn of_classes(engine: Engine, classes: Vec<Class>) -> Findings {
    // Two kinds may share a name.
    let mut by_name: HashMap<String, Class> = HashMap::new();
    for class in classes {
        match by_name.get_mut(&class.name) {
            Some(known) => {
                known.count += class.count;
                known.shallow_bytes += class.shallow_bytes;
            }
            None => {
                by_name.insert(class.name.clone(), class);
            }
        }
    }
    let mut classes: Vec<Class> = by_name.into_values().collect();
    classes.sort_by(|a, b| {
        let by_bytes = b.shallow_bytes.cmp(&a.shallow_bytes);
        by_bytes.then_with(|| a.name.cmp(&b.name))
    });
    let node_count = classes.iter().map(|class| class.count).sum();
    let total_bytes = classes.iter().map(|class| class.shallow_bytes).sum();
    Findings {
        classes: Some(classes),
        ..Findings::of(engine, node_count, total_bytes)
    }
}
