//! The readings that are looked at of one kind of memory.
#![forbid(unsafe_code)]

use crate::leak::robust_slope::RobustSlope;
use crate::leak::shape::Shape;
use crate::leak::{Kind, Reading};

/// Full collections of which the lowest reading is kept for longer, to find growth that is too slow for the readings.
pub const BLOCK: u64 = 8;

/// So many full collections in a row.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub begins_at: u64,
    /// Of the kind of memory.
    pub lowest: Reading,
}

/// How finely the past is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grain {
    Collections,
    Blocks,
}

impl Grain {
    /// Full collections that a reading stands for.
    pub fn step(self) -> u64 {
        match self {
            Self::Collections => 1,
            Self::Blocks => BLOCK,
        }
    }
}

/// What is looked at of one kind of memory.
pub struct Window {
    pub readings: Vec<Reading>,
    pub kind: Kind,
    /// Full collections that each reading stands for.
    pub step: u64,
}

impl Window {
    pub fn values(&self, kind: Kind) -> Vec<f64> {
        let values = self.readings.iter().map(|one| bytes(kind, one) as f64);
        values.collect()
    }

    /// `None` for too few readings.
    pub fn shape(&self) -> Option<Shape> {
        let first = self.readings.first()?;
        Shape::of(
            &self.values(self.kind),
            memory_bytes(self.kind, first) as f64,
        )
    }

    pub fn bytes_per_collection(&self, shape: &Shape) -> f64 {
        shape.whole.slope / self.step as f64
    }

    /// Full collections that it spans.
    pub fn collections(&self) -> u64 {
        self.readings.len() as u64 * self.step
    }

    /// Whether the heap grows by the objects that stand for much larger memory outside of it.
    pub fn is_by_the_way(&self, shape: &Shape) -> bool {
        self.kind == Kind::JsHeap
            && RobustSlope::of(&self.values(Kind::External))
                .is_some_and(|external| external.slope > shape.whole.slope)
    }
}

/// The series of a kind.
pub fn bytes(kind: Kind, reading: &Reading) -> u64 {
    match kind {
        Kind::JsHeap => reading.live_bytes,
        Kind::External => reading.external_bytes,
        Kind::Native => reading.native_bytes().unwrap_or(0),
    }
}

/// What the growth of a kind is a share of.
fn memory_bytes(kind: Kind, reading: &Reading) -> u64 {
    match kind {
        Kind::JsHeap => reading.live_bytes,
        Kind::External => reading.live_bytes + reading.external_bytes,
        Kind::Native => reading.memory.rss_bytes.unwrap_or(0),
    }
}
