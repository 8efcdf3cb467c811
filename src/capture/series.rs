//! Captures that are compared: what is known of the earlier ones, and which engine read them.
#![forbid(unsafe_code)]

use std::sync::Arc;

use super::captured::{Engine, Findings};
use crate::analysis::{Series, Telling};

/// Captures of one heap, one after the other. The engine of the first reads all of them: two readings of one heap are
/// not quite the same, and what differs between them would be taken for growth.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CapturedSeries {
    engine: Option<Engine>,
    /// A copy of the process has its own hold on it.
    heaps: Arc<Series>,
}

impl CapturedSeries {
    pub fn new(telling: Telling) -> Self {
        Self {
            engine: None,
            heaps: Arc::new(Series::new(telling)),
        }
    }

    /// What has read the heap so far; none before the first capture.
    pub fn engine(&self) -> Option<Engine> {
        self.engine
    }

    pub fn heaps(&self) -> &Series {
        &self.heaps
    }

    /// Takes in what a copy found; whether it found something for a series.
    pub fn add(&mut self, findings: &mut Findings) -> bool {
        let look = findings.look.take();
        let has_look = look.is_some();
        if let Some(look) = look {
            self.engine.get_or_insert(findings.engine);
            Arc::make_mut(&mut self.heaps).add(look);
        }
        has_look
    }
}
