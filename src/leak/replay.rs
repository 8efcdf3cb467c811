//! Runs a detector over a recording, as if the readings came now.
#![forbid(unsafe_code)]

use super::recording::SeriesRecording;
use super::{Detector, Leak, State};

/// What a detector said of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub detector: &'static str,
    pub reports: Vec<ReplayedReport>,
}

/// One report, and after which full collection it came.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayedReport {
    /// From 1, in the order of the recording.
    pub collection: u64,
    /// Since the recording began.
    pub at_ms: f64,
    pub leak: Leak,
}

impl Replay {
    pub fn run(recording: &SeriesRecording, mut detector: Box<dyn Detector>) -> Self {
        let mut reports = Vec::new();
        for (reading, row) in recording.readings().zip(&recording.rows) {
            let said = detector.observe(&reading).into_iter();
            reports.extend(said.map(|leak| ReplayedReport {
                collection: reading.sequence + 1,
                at_ms: row.at_ms,
                leak,
            }));
        }
        Self {
            detector: detector.name(),
            reports,
        }
    }

    /// Whether a leak was confirmed. The classic rule has no second signal: what it reports is all it can say.
    pub fn found_leak(&self) -> bool {
        let counts = |leak: &Leak| leak.state == State::Leak || leak.detector == "classic";
        self.reports.iter().any(|report| counts(&report.leak))
    }
}

#[cfg(test)]
mod tests {
    use super::super::recording::samples::recording;
    use super::super::{Classic, Threshold};
    use super::*;

    #[test]
    fn a_report_comes_after_the_collection_that_made_it() {
        let sizes = [9, 1, 2, 3, 4, 5, 6, 6];
        let replay = Replay::run(&recording(&sizes), Box::new(Classic::default()));
        let [report] = &replay.reports[..] else {
            panic!("{replay:?}");
        };
        assert_eq!((report.collection, report.at_ms), (7, 6000.0));
        assert_eq!(report.leak.growth_bytes, 5);
        assert_eq!(replay.detector, "classic");
        assert!(replay.found_leak());
    }

    #[test]
    fn what_is_only_suspected_is_no_leak() {
        let replay = Replay::run(&recording(&[1, 200]), Box::new(Threshold::new(100)));
        assert_eq!(replay.reports.len(), 1);
        assert!(!replay.found_leak());
        let quiet = Replay::run(&recording(&[]), Box::new(Classic::default()));
        assert!(!quiet.found_leak());
    }
}
