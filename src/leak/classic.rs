//! memwatch's rule: the live heap rose at five full collections in a row.
//!
//! Kept because people know it. On healthy warm-ups it is wrong more often than right.
#![forbid(unsafe_code)]

use super::{Detector, Evidence, Kind, Leak, LeakId, NOT_LOOKED_FOR, Reading, State, slope};
use crate::units::{format_bytes, format_duration};

const RISES: usize = 5;

/// The readings since the heap last failed to rise; at most six.
#[derive(Debug, Default)]
pub struct Classic {
    rising: Vec<Reading>,
    reports: u64,
}

impl Detector for Classic {
    fn name(&self) -> &'static str {
        "classic"
    }

    fn observe(&mut self, reading: &Reading) -> Vec<Leak> {
        if self
            .rising
            .last()
            .is_some_and(|last| reading.live_bytes <= last.live_bytes)
        {
            self.rising.clear();
        }
        self.rising.push(*reading);
        if self.rising.len() <= RISES {
            return Vec::new();
        }
        self.reports += 1;
        let report = self.report(reading);
        // The next five rises begin where these end.
        self.rising.drain(..RISES);
        vec![report]
    }

    fn reset(&mut self) {
        self.rising.clear();
    }
}

impl Classic {
    fn report(&self, last: &Reading) -> Leak {
        let first = &self.rising[0];
        let growth_bytes = last.live_bytes - first.live_bytes;
        let seconds = last.at_ns.saturating_sub(first.at_ns) as f64 / 1e9;
        let per_hour = growth_bytes as f64 / seconds.max(1e-3) * 3600.0;
        let bytes_per_hour = slope(&self.rising, |reading| reading.live_bytes);
        let (heap_limit_in_ms, cgroup_limit_in_ms) = last.limits(Kind::JsHeap, bytes_per_hour);
        let reason = format!(
            "heap growth over {RISES} consecutive GCs ({}) - {}/hr",
            format_duration(seconds.round() as u64),
            format_bytes(per_hour)
        );
        Leak {
            detector: self.name(),
            id: LeakId(self.reports),
            state: State::Suspect,
            kind: Kind::JsHeap,
            start_unix_us: first.at_unix_us,
            end_unix_us: last.at_unix_us,
            growth_bytes: growth_bytes as i64,
            message: format!(
                "the live heap rose at {RISES} full collections in a row, by {} to {}",
                format_bytes(growth_bytes as f64),
                format_bytes(last.live_bytes as f64)
            ),
            reason,
            live_bytes: last.live_bytes,
            threshold_bytes: None,
            bytes_per_hour,
            heap_limit_in_ms,
            cgroup_limit_in_ms,
            evidence: vec![Evidence {
                signal: "post-gc-heap",
                detail: self
                    .rising
                    .iter()
                    .map(|reading| format_bytes(reading.live_bytes as f64))
                    .collect::<Vec<_>>()
                    .join(" → "),
            }],
            paths: Vec::new(),
            stacks: Vec::new(),
            note: NOT_LOOKED_FOR.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::run;
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn five_rises_in_a_row_are_reported_once() {
        let leaks = run(
            &mut Classic::default(),
            &[1, 2, 3, 4, 5, 6].map(|mb| mb * MB),
        );
        assert_eq!(leaks.len(), 1);
        let leak = &leaks[0];
        assert_eq!(leak.growth_bytes, 5 * MB as i64);
        assert_eq!(
            leak.reason,
            "heap growth over 5 consecutive GCs (5s) - 3600 mb/hr"
        );
        assert_eq!(leak.end_unix_us - leak.start_unix_us, 5_000_000);
        assert_eq!(
            leak.bytes_per_hour.expect("a slope").estimate.round(),
            3600.0 * MB as f64
        );
        assert!(leak.heap_limit_in_ms.is_some());
    }

    #[test]
    fn a_reading_that_does_not_rise_starts_the_count_again() {
        let mut classic = Classic::default();
        assert!(run(&mut classic, &[1, 2, 3, 4, 5, 5, 6, 7, 8, 9]).is_empty());
        assert_eq!(
            run(&mut Classic::default(), &[1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10]).len(),
            1
        );
    }

    #[test]
    fn ten_rises_are_two_reports() {
        let series: Vec<u64> = (1..=11).collect();
        let leaks = run(&mut Classic::default(), &series);
        assert_eq!(
            leaks
                .iter()
                .map(|leak| leak.growth_bytes)
                .collect::<Vec<_>>(),
            [5, 5]
        );
    }

    #[test]
    fn a_reset_forgets_the_rises() {
        let mut classic = Classic::default();
        assert!(run(&mut classic, &[1, 2, 3, 4, 5]).is_empty());
        classic.reset();
        assert!(run(&mut classic, &[6, 7]).is_empty());
    }
}
