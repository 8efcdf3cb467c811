//! Judges the series of post-GC readings: detectors take one reading a full collection and report leaks.
#![forbid(unsafe_code)]

mod allocation_growth;
pub mod classic;
pub mod path_growth;
pub mod permutation;
pub mod recording;
pub mod replay;
mod robust_slope;
mod shape;
pub mod threshold;
pub mod trend;
pub mod verification;

use crate::gc::{self, AllocationSite, GcEvent, Interval, ProcessMemory};

pub use allocation_growth::{AllocationGrowth, GrowingStack};
pub use classic::Classic;
pub use path_growth::{DECISIVE, GrowingPath, MIN_CAPTURES, PathGrowth};
pub use shape::Check;
pub use threshold::Threshold;
pub use trend::{Explanation, Trend};

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
    /// What V8 has reserved for the heap, in use or not.
    pub heap_total_bytes: u64,
    pub limit_bytes: u64,
    pub native_contexts: u64,
    pub global_handles_bytes: u64,
    /// Somebody asked for the collection.
    pub forced: bool,
    pub memory: ProcessMemory,
}

/// A heuristic over the readings of one isolate. It must be cheap: it runs on the event loop.
pub trait Detector: Send {
    /// The name by which options and reports call it.
    fn name(&self) -> &'static str;

    /// Takes the next reading; gives reports when there is something to say.
    fn observe(&mut self, reading: &Reading) -> Vec<Leak>;

    /// Forgets all readings: some full collections were not watched.
    fn reset(&mut self);

    /// The suspicion that more evidence would confirm or not.
    fn wants_evidence(&self) -> Option<LeakId> {
        None
    }

    /// Whether evidence of now would decide it.
    fn is_ripe(&self) -> bool {
        false
    }

    /// The full collection from which on evidence can decide it.
    fn decides_from(&self) -> u64 {
        0
    }

    /// How many full collections it has looked at.
    fn collections(&self) -> u64 {
        0
    }

    /// Somebody looks for growing paths: their word is waited for.
    fn await_paths(&mut self) {}

    /// Takes what captures of the heap say. The next reading is judged by it.
    fn take_paths(&mut self, _paths: PathGrowth) {}

    /// Growth by path is not to be had, and why.
    fn miss_paths(&mut self, _why: String) {}

    /// Takes where what is there now was allocated.
    fn take_allocations(&mut self, _at_ns: u64, _sites: Vec<AllocationSite>) {}

    /// Allocations cannot be sampled, and why. What was before is void.
    fn miss_allocations(&mut self, _why: String) {}

    /// What it thinks now, and why.
    fn explain(&self) -> Vec<Explanation> {
        Vec::new()
    }
}

/// The detectors that options may name, the default one first.
pub const DETECTORS: [&str; 2] = ["trend", "classic"];

/// A new detector of that name; `None` for a name that is not in [`DETECTORS`].
pub fn detector(name: &str) -> Option<Box<dyn Detector>> {
    match name {
        "trend" => Some(Box::new(Trend::default())),
        "classic" => Some(Box::new(Classic::default())),
        _ => None,
    }
}

/// Names what becomes of one suspicion, from its first report to its last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LeakId(pub u64);

/// The note of detectors that see heap sizes only.
const NOT_LOOKED_FOR: &str = "not looked for: this detector sees heap sizes only";

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

    /// For people, at the beginning of a sentence.
    fn memory(self) -> &'static str {
        match self {
            Self::JsHeap => "the heap",
            Self::External => "the memory of Buffers and ArrayBuffers",
            Self::Native => "the memory outside of V8",
        }
    }

    /// The series that it is told by.
    fn signal(self) -> &'static str {
        match self {
            Self::JsHeap => "post-gc-heap",
            Self::External => "external-memory",
            Self::Native => "native-memory",
        }
    }
}

/// How soon something has to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Of what reaches a limit in so many milliseconds, or never.
    fn of(limit_in_ms: Option<f64>) -> Self {
        match limit_in_ms.map(|ms| ms / 3.6e6) {
            Some(hours) if hours < 1.0 => Self::Critical,
            Some(hours) if hours < 24.0 => Self::High,
            Some(hours) if hours < 24.0 * 7.0 => Self::Medium,
            _ => Self::Low,
        }
    }
}

/// One report of a detector.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    pub detector: &'static str,
    pub id: LeakId,
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
    /// Those that go on growing, what retains most first.
    pub paths: Vec<GrowingPath>,
    /// The fastest first.
    pub stacks: Vec<GrowingStack>,
    /// What is known of the suspects, and what is not.
    pub note: String,
}

/// One observation that a report rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The signal: `post-gc-heap` is the series of live heap sizes.
    pub signal: &'static str,
    pub detail: String,
}

impl Leak {
    /// By the limit that is reached first. What has stopped growing reaches none.
    pub fn severity(&self) -> Severity {
        let limits = [self.heap_limit_in_ms, self.cgroup_limit_in_ms];
        let first = limits
            .into_iter()
            .flatten()
            .map(|limit| limit.estimate)
            .min_by(f64::total_cmp);
        Severity::of(first.filter(|_| self.state != State::Recovered))
    }
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
            heap_total_bytes: heap.after.total_bytes,
            limit_bytes: heap.after.limit_bytes,
            native_contexts: heap.after.native_contexts,
            global_handles_bytes: heap.after.used_global_handles_bytes,
            forced: event.trigger.is_forced(),
            memory,
        })
    }

    /// What neither V8's heap nor its external memory accounts for; `None` where resident memory is not known.
    pub fn native_bytes(&self) -> Option<u64> {
        let of_v8 = self.heap_total_bytes + self.external_bytes;
        Some(self.memory.rss_bytes?.saturating_sub(of_v8))
    }

    /// When the heap limit and the cgroup limit are reached, where `kind` grows like this. Only the heap has a limit
    /// of V8's.
    fn limits(&self, kind: Kind, growth: Option<Interval>) -> (Option<Interval>, Option<Interval>) {
        let heap = self.limit_bytes.saturating_sub(self.live_bytes);
        let cgroup = match (self.memory.cgroup_limit_bytes, self.memory.rss_bytes) {
            (Some(limit), Some(rss)) => Some(limit.saturating_sub(rss)),
            _ => None,
        };
        let growth = growth.filter(|growth| growth.estimate > 0.0);
        (
            growth
                .filter(|_| kind == Kind::JsHeap)
                .map(|growth| eta(heap, growth)),
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

/// Slope over a handful of readings of what `bytes` takes from them.
fn slope(readings: &[Reading], bytes: impl Fn(&Reading) -> u64) -> Option<Interval> {
    let mut trend = gc::Trend::new(readings.len());
    for reading in readings {
        trend.push(reading.at_ns, bytes(reading));
    }
    trend.bytes_per_hour()
}

#[cfg(test)]
pub(crate) mod samples {
    use super::permutation::SplitMix64;
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
            .flat_map(|reading| detector.observe(reading))
            .collect()
    }

    /// Reproducible noise.
    pub struct Noise(SplitMix64);

    impl Noise {
        pub fn new(seed: u64) -> Self {
            Self(SplitMix64(seed))
        }

        /// From 0 to 1.
        pub fn uniform(&mut self) -> f64 {
            (self.0.next() >> 11) as f64 / (1u64 << 53) as f64
        }

        /// With a standard deviation of 1: Box and Muller.
        pub fn gauss(&mut self) -> f64 {
            let radius = (-2.0 * self.uniform().max(1e-12).ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }

        /// Values that resemble their neighbours by so much, with a standard deviation of 1.
        pub fn autocorrelated(&mut self, count: usize, likeness: f64) -> Vec<f64> {
            let fresh = (1.0 - likeness * likeness).sqrt();
            let mut value = self.gauss();
            let mut next = || {
                value = likeness * value + fresh * self.gauss();
                value
            };
            (0..count).map(|_| next()).collect()
        }
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
    fn the_sooner_a_limit_is_reached_the_more_severe() {
        let hours = |hours: f64| Severity::of(Some(hours * 3.6e6)).name();
        let found = [0.5, 2.0, 48.0, 1000.0, f64::INFINITY].map(hours);
        assert_eq!(found, ["critical", "high", "medium", "low", "low"]);
        assert_eq!(Severity::of(None), Severity::Low);
    }

    #[test]
    fn limits_need_growth_and_the_cgroup_needs_a_limit() {
        let mut reading = samples::series(&[100 << 20])[0];
        let growth = Interval {
            low: 1e9,
            estimate: 1e9,
            high: 1e9,
        };
        assert!(reading.limits(Kind::JsHeap, Some(growth)).0.is_some());
        assert_eq!(reading.limits(Kind::JsHeap, Some(growth)).1, None);
        reading.memory.rss_bytes = Some(50);
        reading.memory.cgroup_limit_bytes = Some(1_000_000_050);
        let hour = reading
            .limits(Kind::JsHeap, Some(growth))
            .1
            .expect("there is a limit");
        assert_eq!(hour.estimate, 3.6e6);
        assert_eq!(reading.limits(Kind::JsHeap, None), (None, None));
    }
}
