//! What a heap graph or a stream of its objects tells.
#![forbid(unsafe_code)]

pub mod id_set;
pub mod object_diff;

pub use object_diff::{Baseline, ClassChange, ClassIndex, Comparison, ObjectDiff};
