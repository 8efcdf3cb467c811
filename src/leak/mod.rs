//! Judges the series of post-GC readings: detectors take one reading a full collection and report leaks.
#![forbid(unsafe_code)]

pub mod classic;
pub mod threshold;

use crate::gc::{GcEvent, Interval, ProcessMemory, Trend};

pub use classic::Classic;
pub use threshold::Threshold;

/// The heap right after one full collection, with what the process used then.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub sequence: u64,
    /// Monotonic clock at the end of the collection.
    pub at_ns: u64,
    /// Wall clock at the end of the collection, microseconds since 1970.
    pub at_unix_us: u64,
    pub live_bytes: u64,
    pub external_bytes: u64,
    pub limit_bytes: u64,
    /// Somebody asked for the collection.
    pub forced: bool,
    pub memory: ProcessMemory,
}

/// A heuristic over the readings of one isolate. It must be cheap: it runs on the event loop.
pub trait Detector: Send {
    /// The name by which options and reports call it.
    fn name(&self) -> &'static str;

    /// Takes the next reading; gives a report when there is something to say.
    fn observe(&mut self, reading: &Reading) -> Option<Leak>;

    /// Forgets all readings: some full collections were not watched.
    fn reset(&mut self);
}

/// The detectors that options may name.
pub const DETECTORS: [&str; 1] = ["classic"];

/// A new detector of that name; `None` for a name that is not in [`DETECTORS`].
pub fn detector(name: &str) -> Option<Box<dyn Detector>> {
    match name {
        "classic" => Some(Box::new(Classic::default())),
        _ => None,
    }
}

/// How sure a report is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// One heuristic thinks so.
    Suspect,
    /// A second, independent signal agrees.
    Leak,
    /// The growth has ended.
    Recovered,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Leak => "leak",
            Self::Recovered => "recovered",
        }
    }
}

/// Which memory grows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    JsHeap,
    External,
    Native,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::JsHeap => "js-heap",
            Self::External => "external",
            Self::Native => "native",
        }
    }
}

/// One report of a detector.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    pub detector: &'static str,
    pub state: State,
    pub kind: Kind,
    pub start_unix_us: u64,
    pub end_unix_us: u64,
    /// Between `start` and `end`.
    pub growth_bytes: i64,
    /// memwatch's `reason`.
    pub reason: String,
    /// The same for people, with the numbers.
    pub message: String,
    pub live_bytes: u64,
    /// The promise that was broken, when it was one.
    pub threshold_bytes: Option<u64>,
    pub bytes_per_hour: Option<Interval>,
    pub heap_limit_in_ms: Option<Interval>,
    pub cgroup_limit_in_ms: Option<Interval>,
    pub evidence: Vec<Evidence>,
}

/// One observation that a report rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The signal: `post-gc-heap` is the series of live heap sizes.
    pub signal: &'static str,
    pub detail: String,
}

impl Reading {
    /// The reading of a full collection; `None` for any other record.
    pub fn of(event: &GcEvent, memory: ProcessMemory) -> Option<Self> {
        let live_bytes = event.live_bytes()?;
        let heap = event.heap.as_ref()?;
        Some(Self {
            sequence: event.sequence,
            at_ns: event.end_ns(),
            at_unix_us: event.end_unix_us,
            live_bytes,
            external_bytes: heap.after.external_bytes,
            limit_bytes: heap.after.limit_bytes,
            forced: event.trigger.is_forced(),
            memory,
        })
    }

    /// When the heap limit and the cgroup limit are reached, at the growth of `trend`.
    fn limits(&self, growth: Option<Interval>) -> (Option<Interval>, Option<Interval>) {
        let heap = self.limit_bytes.saturating_sub(self.live_bytes);
        let cgroup = match (self.memory.cgroup_limit_bytes, self.memory.rss_bytes) {
            (Some(limit), Some(rss)) => Some(limit.saturating_sub(rss)),
            _ => None,
        };
        let growth = growth.filter(|growth| growth.estimate > 0.0);
        (
            growth.map(|growth| eta(heap, growth)),
            growth.zip(cgroup).map(|(growth, bytes)| eta(bytes, growth)),
        )
    }
}

/// Milliseconds until `headroom_bytes` are used up. The upper bound is infinite when the slope may be
/// zero.
fn eta(headroom_bytes: u64, bytes_per_hour: Interval) -> Interval {
    let at = |slope: f64| match slope {
        slope if slope > 0.0 => headroom_bytes as f64 / slope * 3.6e6,
        _ => f64::INFINITY,
    };
    Interval {
        low: at(bytes_per_hour.high),
        estimate: at(bytes_per_hour.estimate),
        high: at(bytes_per_hour.low),
    }
}

/// Slope over a handful of readings.
fn slope(readings: &[Reading]) -> Option<Interval> {
    let mut trend = Trend::new(readings.len());
    for reading in readings {
        trend.push(reading.at_ns, reading.live_bytes);
    }
    trend.bytes_per_hour()
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::gc::event::samples::full;

    /// One reading a second.
    pub fn series(live_bytes: &[u64]) -> Vec<Reading> {
        live_bytes
            .iter()
            .enumerate()
            .map(|(at, bytes)| {
                Reading::of(
                    &full(at as u64, at as f64, *bytes),
                    ProcessMemory::default(),
                )
                .expect("a full collection")
            })
            .collect()
    }

    /// The reports of a detector over a series.
    pub fn run(detector: &mut dyn Detector, live_bytes: &[u64]) -> Vec<Leak> {
        series(live_bytes)
            .iter()
            .filter_map(|reading| detector.observe(reading))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_the_growth_may_be_the_later_the_limit() {
        let growth = Interval {
            low: -1.0,
            estimate: 1000.0,
            high: 2000.0,
        };
        let eta = eta(1000, growth);
        assert_eq!((eta.low, eta.estimate), (1.8e6, 3.6e6));
        assert_eq!(eta.high, f64::INFINITY);
    }

    #[test]
    fn limits_need_growth_and_the_cgroup_needs_a_limit() {
        let mut reading = samples::series(&[100 << 20])[0];
        let growth = Interval {
            low: 1e9,
            estimate: 1e9,
            high: 1e9,
        };
        assert!(reading.limits(Some(growth)).0.is_some());
        assert_eq!(reading.limits(Some(growth)).1, None);
        reading.memory.rss_bytes = Some(50);
        reading.memory.cgroup_limit_bytes = Some(1_000_000_050);
        let hour = reading.limits(Some(growth)).1.expect("there is a limit");
        assert_eq!(hour.estimate, 3.6e6);
        assert_eq!(reading.limits(None), (None, None));
    }
}
