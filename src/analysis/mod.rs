//! What a heap graph means: what keeps what alive, how much goes with it, and how to say so.
//!
//! Nothing here recurses over a heap, and everything that grows with one can be watched and cancelled.
#![forbid(unsafe_code)]

mod bits;
mod classes;
mod distances;
mod dominators;
mod heap_analysis;
mod owned_sizes;
mod retained_sizes;
mod roots;
mod spanning_tree;
mod weak_maps;

pub use classes::{ClassIndex, ClassSummary, Classes};
pub use distances::{Distances, SYSTEM_DISTANCE};
pub use dominators::DominatorTree;
pub use heap_analysis::HeapAnalysis;
pub use owned_sizes::owned_sizes;
pub use retained_sizes::RetainedSizes;
