//! What a heap graph means: what keeps what alive, how much goes with it, and how to say so.
//!
//! Nothing here recurses over a heap, and everything that grows with one can be watched and cancelled.
#![forbid(unsafe_code)]

mod biggest_retainers;
pub mod bits;
mod captures;
mod census;
mod classes;
mod described;
mod detached;
mod distances;
mod dominators;
mod duplicate_strings;
mod graph_comparison;
mod growth;
mod heap_analysis;
pub mod id_set;
pub mod inspectors;
mod new_objects;
pub mod object_diff;
mod opened_heap;
mod overview;
mod owned_sizes;
mod path_census;
mod path_groups;
mod path_tails;
mod progress;
mod retained_sizes;
mod retainer_paths;
mod retainers;
mod roots;
mod series;
mod shared_sizes;
mod spanning_tree;
mod suspects;
mod weak_maps;

#[cfg(test)]
mod made_heaps;
#[cfg(test)]
mod naive;

pub use biggest_retainers::biggest_retainers;
pub use captures::{Captures, Comparison, GrowingPath};
pub use census::{Census, ClassChange, Survivors, Tally};
pub use classes::{ClassIndex, ClassSummary, Classes};
pub use described::{EdgeSummary, NodeSummary, PathSummary, StepSummary, StringContents};
pub use distances::{Distances, SYSTEM_DISTANCE};
pub use dominators::DominatorTree;
pub use duplicate_strings::{DuplicateStrings, duplicate_strings};
pub use graph_comparison::{
    ClassComparison, ClassDifference, CompareOptions, EdgeComparison, EdgeExample, FailedBecause,
    FailedStep, GraphComparison, GraphTotals, Holder, MissingEdges, MissingNodes, NodeComparison,
    NodeDifference, NodeExample, NodeTally, PathComparison, compare_classes, compare_graphs,
};
pub use growth::{Capture, GrowingShape, NodeShapes, ShapeCounts};
pub use heap_analysis::{HeapAnalysis, Threads};
pub use new_objects::{Held, NewObjects, Newcomers};
pub use object_diff::{Baseline, ObjectDiff};
pub use opened_heap::{
    NamedAccumulation, NamedClass, NamedSuspect, OpenedHeap, RepeatedString, Retainer, RetainerList,
};
pub use overview::{Overview, OverviewNode, PathTable, SharedPath};
pub use owned_sizes::owned_sizes;
pub use path_census::CountedPath;
pub use progress::{Cancellation, Progress};
pub use retained_sizes::RetainedSizes;
pub use retainer_paths::{RetainerPath, Search, distinct_paths, shortest_path};
pub use retainers::Retainers;
pub use series::{CountedHeap, GrownClass, GrownPath, Look, NetChange, NetDiff, Series, Telling};
pub use suspects::{Accumulated, Suspect, SuspectOptions, suspects};
