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
        let Some(look) = findings.look.take() else {
            return false;
        };
        self.engine.get_or_insert(findings.engine);
        Arc::make_mut(&mut self.heaps).add(look);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::captured::{Want, of_graph};
    use super::*;
    use crate::analysis::Threads;
    use crate::snapshot::{Builder, Unwatched};

    fn findings(series: &CapturedSeries, engine: Engine) -> Findings {
        let want = Want::Growth(series.clone());
        let graph = Builder::new().build();
        of_graph(&want, engine, graph, None, Threads::One, &Unwatched).expect("not cancelled")
    }

    #[test]
    fn the_first_capture_that_is_taken_in_decides_the_engine() {
        let mut series = CapturedSeries::new(Telling::Net);
        assert_eq!(series.engine(), None);
        let mut first = findings(&series, Engine::V8);
        assert!(series.add(&mut first));
        assert_eq!(series.engine(), Some(Engine::V8));
        assert!(!series.add(&mut first), "what it found has been taken");
        let mut second = findings(&series, Engine::V8);
        assert!(series.add(&mut second));
        assert_eq!(series.engine(), Some(Engine::V8));
        assert_eq!(series.heaps().net().before.node_count, 1);
    }
}
