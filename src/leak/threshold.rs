//! A promise of the user: the live heap stays below so many bytes. Reported once a crossing.
#![forbid(unsafe_code)]

use super::{Detector, Evidence, Kind, Leak, LeakId, NOT_LOOKED_FOR, Reading, State, slope};
use crate::units::format_bytes;

/// Armed again only once the heap has fallen this share below the threshold, so that a heap that
/// hovers around it does not report at every collection.
const HYSTERESIS: f64 = 0.1;
/// Readings kept for the growth rate.
const READINGS: usize = 32;

/// Watches one threshold.
#[derive(Debug)]
pub struct Threshold {
    bytes: u64,
    crossed: bool,
    reports: u64,
    /// The newest readings, among them the last one that was below.
    readings: Vec<Reading>,
    below: Option<Reading>,
}

impl Threshold {
    pub fn new(bytes: u64) -> Self {
        Self {
            bytes,
            crossed: false,
            reports: 0,
            readings: Vec::with_capacity(READINGS),
            below: None,
        }
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The size at or under which it is armed again.
    fn rearm_bytes(&self) -> u64 {
        (self.bytes as f64 * (1.0 - HYSTERESIS)) as u64
    }

    fn report(&self, reading: &Reading) -> Leak {
        let start = self.below.unwrap_or(self.readings[0]);
        let bytes_per_hour = slope(&self.readings, |reading| reading.live_bytes);
        let (heap_limit_in_ms, cgroup_limit_in_ms) = reading.limits(Kind::JsHeap, bytes_per_hour);
        let live = format_bytes(reading.live_bytes as f64);
        let threshold = format_bytes(self.bytes as f64);
        Leak {
            detector: self.name(),
            id: LeakId(self.reports),
            state: State::Suspect,
            kind: Kind::JsHeap,
            start_unix_us: start.at_unix_us,
            end_unix_us: reading.at_unix_us,
            growth_bytes: reading.live_bytes as i64 - start.live_bytes as i64,
            reason: "threshold".into(),
            message: format!("the live heap of {live} passed the threshold of {threshold}"),
            live_bytes: reading.live_bytes,
            threshold_bytes: Some(self.bytes),
            bytes_per_hour,
            heap_limit_in_ms,
            cgroup_limit_in_ms,
            evidence: vec![Evidence {
                signal: "post-gc-heap",
                detail: format!(
                    "{live} > {threshold}; armed again at {}",
                    format_bytes(self.rearm_bytes() as f64)
                ),
            }],
            paths: Vec::new(),
            stacks: Vec::new(),
            note: NOT_LOOKED_FOR.into(),
        }
    }
}

impl Detector for Threshold {
    fn name(&self) -> &'static str {
        "threshold"
    }

    fn observe(&mut self, reading: &Reading) -> Vec<Leak> {
        if self.readings.len() == READINGS {
            self.readings.remove(0);
        }
        self.readings.push(*reading);
        if reading.live_bytes <= self.bytes {
            self.below = Some(*reading);
            self.crossed &= reading.live_bytes > self.rearm_bytes();
            return Vec::new();
        }
        if std::mem::replace(&mut self.crossed, true) {
            return Vec::new();
        }
        self.reports += 1;
        vec![self.report(reading)]
    }

    fn reset(&mut self) {
        self.readings.clear();
        self.below = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::run;
    use super::*;

    #[test]
    fn a_crossing_is_reported_once_with_its_sizes() {
        let leaks = run(&mut Threshold::new(100), &[50, 90, 120, 130, 101, 140]);
        assert_eq!(leaks.len(), 1);
        assert_eq!(leaks[0].reason, "threshold");
        assert_eq!(leaks[0].threshold_bytes, Some(100));
        assert_eq!((leaks[0].live_bytes, leaks[0].growth_bytes), (120, 30));
    }

    #[test]
    fn it_is_armed_again_only_ten_per_cent_below() {
        let hovering = [90, 101, 99, 101, 91, 102];
        assert_eq!(run(&mut Threshold::new(100), &hovering).len(), 1);
        let falling = [90, 101, 90, 101, 40, 200];
        assert_eq!(run(&mut Threshold::new(100), &falling).len(), 3);
    }

    #[test]
    fn a_heap_that_is_over_it_from_the_start_is_reported() {
        let leaks = run(&mut Threshold::new(100), &[500, 600]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].live_bytes, leaks[0].growth_bytes), (500, 0));
    }

    #[test]
    fn exactly_at_the_threshold_is_still_kept() {
        assert!(run(&mut Threshold::new(100), &[100, 100]).is_empty());
    }
}
