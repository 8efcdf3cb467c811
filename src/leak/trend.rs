//! The default detector: robust slopes over the post-GC series, tests of their shape, and a verdict that can be
//! taken back.
//!
//! Heap, external and native memory are judged on their own. What V8 was asked to collect is left out: such
//! collections come when somebody measures, not when the program works.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::allocation_growth::{AllocationGrowth, GrowingStack};
use super::path_growth::PathGrowth;
use super::robust_slope::RobustSlope;
use super::shape::{Check, MIN_VALUES, Shape};
use super::{Detector, Evidence, Kind, Leak, LeakId, Reading, State, slope};
use crate::gc::AllocationSite;
use crate::units::format_bytes;

/// Readings that are kept, and blocks of them.
const READINGS: usize = 64;
/// Full collections of which the lowest reading is kept for longer, to find growth that is too slow for the readings.
const BLOCK: u64 = 8;
/// Suffixes of the readings are tried at this distance, so that old calm does not hide new growth; those of the blocks
/// too.
const STRIDE: usize = 8;
/// Growth below this share of the memory is no suspicion.
const MIN_GROWTH: f64 = 0.035;
/// The same of native memory, which allocators keep in reserve as they like.
const MIN_NATIVE_GROWTH: f64 = 0.2;
/// Native memory is not suspicious before so many full collections: allocators and compilers warm up for longer.
const MIN_NATIVE_COLLECTIONS: u64 = 30;

/// Full collections that a trend must last to be a leak: the more it has grown by, the fewer. Warm-ups, caches that
/// fill and ramps of load look the same until they end, and few of them make a heap half as large again.
#[derive(Clone, Copy, Debug)]
struct Patience {
    least: u64,
    most: u64,
}

/// Where paths of the heap grow with it, and where nothing but the series can be had.
const USUAL: Patience = Patience {
    least: 36,
    most: 54,
};
/// The same while captures are on their way, which would also name what grows.
const AWAITED: Patience = Patience {
    least: 46,
    most: 58,
};
/// Where captures find nothing that goes on growing, and of native memory, of which V8 tells nothing.
const CONTRADICTED: Patience = Patience {
    least: 60,
    most: 60,
};
/// Growth as a share of the memory with which the least will do.
const LARGE_GROWTH: f64 = 0.55;

impl Patience {
    fn collections(self, growth: f64) -> u64 {
        let share = (growth / LARGE_GROWTH).clamp(0.0, 1.0);
        self.most - ((self.most - self.least) as f64 * share * share) as u64
    }
}

/// Judges three series of one isolate.
#[derive(Debug)]
pub struct Trend {
    readings: VecDeque<Reading>,
    /// Full collections that were not forced.
    collections: u64,
    next_id: u64,
    courses: [Course; 3],
    /// Why there is no growth by path to be had.
    unconfirmed: Option<String>,
    /// What was sampled since the first of the present suspicions.
    allocations: Option<AllocationGrowth>,
    /// Why no allocations are sampled.
    unsampled: Option<String>,
}

/// What one kind of memory has done.
#[derive(Debug)]
struct Course {
    kind: Kind,
    /// What came before this collection is no longer looked at.
    begins_at: u64,
    blocks: VecDeque<Block>,
    /// The block that is not complete.
    open: Option<Block>,
    episode: Option<Episode>,
}

/// So many full collections in a row.
#[derive(Clone, Copy, Debug)]
struct Block {
    begins_at: u64,
    /// Of the kind of memory.
    lowest: Reading,
}

/// How finely the past is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Grain {
    Collections,
    Blocks,
}

/// What is looked at of one kind of memory.
struct Window {
    readings: Vec<Reading>,
    kind: Kind,
    /// Full collections that each reading stands for.
    step: u64,
}

/// From the suspicion to its end.
#[derive(Debug)]
struct Episode {
    id: LeakId,
    state: State,
    /// The collection with which the trend begins.
    since: u64,
    paths: Option<PathGrowth>,
}

/// What captures of the heap say to a suspicion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SecondSignal {
    Agrees,
    /// There is none.
    Missing,
    /// There is none yet.
    Awaited,
    Disagrees,
}

/// What is thought of one kind of memory, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub kind: Kind,
    pub id: Option<LeakId>,
    pub state: Option<State>,
    /// Full collections that were looked at.
    pub collections: u64,
    /// Full collections that a leak takes at least; zero while nothing is suspicious.
    pub needed_collections: u64,
    pub checks: Vec<Check>,
    /// What else was found, or why nothing else could be.
    pub second_signal: String,
}

impl Default for Trend {
    fn default() -> Self {
        let course = |kind| Course {
            kind,
            begins_at: 0,
            blocks: VecDeque::new(),
            open: None,
            episode: None,
        };
        Self {
            readings: VecDeque::with_capacity(READINGS),
            collections: 0,
            next_id: 1,
            courses: [Kind::JsHeap, Kind::External, Kind::Native].map(course),
            unconfirmed: Some("nobody looks for growing paths".into()),
            allocations: None,
            unsampled: None,
        }
    }
}

impl Detector for Trend {
    fn name(&self) -> &'static str {
        "trend"
    }

    fn observe(&mut self, reading: &Reading) -> Vec<Leak> {
        if reading.forced {
            return Vec::new();
        }
        if self.readings.len() == READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(*reading);
        for course in &mut self.courses {
            course.push(self.collections, reading);
        }
        self.collections += 1;
        (0..self.courses.len())
            .filter_map(|at| self.judge(at))
            .collect()
    }

    fn reset(&mut self) {
        self.readings.clear();
        for course in &mut self.courses {
            course.begins_at = self.collections;
            course.blocks.clear();
            course.open = None;
            course.episode = None;
        }
    }

    fn wants_evidence(&self) -> Option<LeakId> {
        let courses = self.courses.iter().filter(|one| one.kind != Kind::Native);
        let suspects = courses
            .filter_map(|one| one.episode.as_ref())
            .filter(|episode| episode.state == State::Suspect);
        suspects.map(|episode| episode.id).min()
    }

    fn collections(&self) -> u64 {
        self.collections
    }

    fn await_paths(&mut self) {
        self.unconfirmed = None;
    }

    fn take_paths(&mut self, paths: PathGrowth) {
        // Captures are of the whole heap: they speak to each suspicion but those of native memory.
        let courses = self
            .courses
            .iter_mut()
            .filter(|one| one.kind != Kind::Native);
        for episode in courses.filter_map(|one| one.episode.as_mut()) {
            episode.paths = Some(paths.clone());
        }
    }

    fn miss_paths(&mut self, why: String) {
        self.unconfirmed = Some(why);
    }

    fn take_allocations(&mut self, at_ns: u64, sites: Vec<AllocationSite>) {
        let growth = self.allocations.get_or_insert_default();
        growth.push(self.collections, at_ns, sites);
        self.unsampled = None;
    }

    fn miss_allocations(&mut self, why: String) {
        self.allocations = None;
        self.unsampled = Some(why);
    }

    fn explain(&self) -> Vec<Explanation> {
        self.courses
            .iter()
            .map(|one| self.explanation(one))
            .collect()
    }
}

impl Course {
    /// Takes the reading of the collection of that number.
    fn push(&mut self, collection: u64, reading: &Reading) {
        let open = self.open.get_or_insert(Block {
            begins_at: collection,
            lowest: *reading,
        });
        if bytes(self.kind, reading) < bytes(self.kind, &open.lowest) {
            open.lowest = *reading;
        }
        if collection + 1 - open.begins_at == BLOCK {
            if self.blocks.len() == READINGS {
                self.blocks.pop_front();
            }
            self.blocks.extend(self.open.take());
        }
    }

    /// Full collections that a suspicion takes at least.
    fn fewest(&self, grain: Grain) -> u64 {
        match (self.kind, grain) {
            (_, Grain::Blocks) => MIN_VALUES as u64 * BLOCK,
            (Kind::Native, _) => MIN_NATIVE_COLLECTIONS,
            (Kind::JsHeap | Kind::External, _) => MIN_VALUES as u64,
        }
    }
}

impl Trend {
    fn judge(&mut self, at: usize) -> Option<Leak> {
        let course = &self.courses[at];
        let Some(episode) = &course.episode else {
            let since = self.suspicion(course)?;
            if self.wants_evidence().is_none() {
                self.allocations = None;
            }
            let id = LeakId(self.next_id);
            self.next_id += 1;
            self.courses[at].episode = Some(Episode {
                id,
                state: State::Suspect,
                since,
                paths: None,
            });
            return self.report(at, State::Suspect);
        };
        let window = self.window_of(course, episode);
        let shape = window.shape()?;
        let growth = window.bytes_per_collection(&shape);
        let second_signal = self.second_signal(course, episode, growth);
        let has_stopped = match second_signal {
            // Paths grow without noise: they know before the series does.
            SecondSignal::Agrees => false,
            SecondSignal::Disagrees => shape.has_flattened() || shape.slows_down(),
            SecondSignal::Missing | SecondSignal::Awaited => shape.has_flattened(),
        };
        if has_stopped {
            let report = self.report(at, State::Recovered);
            let calm = Shape::recent_count(window.readings.len()) as u64 * window.step;
            let course = &mut self.courses[at];
            course.begins_at = self.collections.saturating_sub(calm);
            course.episode = None;
            return report;
        }
        let needed = patience(course.kind, second_signal).collections(shape.growth);
        let is_leak = self.collections - episode.since >= needed
            && all_pass(&shape.persistence(second_signal == SecondSignal::Agrees));
        if episode.state == State::Suspect && is_leak {
            if let Some(episode) = &mut self.courses[at].episode {
                episode.state = State::Leak;
            }
            return self.report(at, State::Leak);
        }
        None
    }

    /// The collection with which a suspicious trend begins that goes on up to now.
    fn suspicion(&self, course: &Course) -> Option<u64> {
        let is_new_block = course.open.is_none();
        let slow = || self.suspicious_since(course, Grain::Blocks);
        self.suspicious_since(course, Grain::Collections)
            .or_else(|| is_new_block.then(slow).flatten())
    }

    /// The collection with which the longest suspicious trend up to now begins.
    fn suspicious_since(&self, course: &Course, grain: Grain) -> Option<u64> {
        let is_suspicious = |since: &u64| {
            let window = self.window(course, *since, grain);
            Shape::may_be_suspicious(&window.values(course.kind))
                && window.shape().is_some_and(|shape| {
                    all_pass(&shape.suspicion(min_growth(course.kind)))
                        && !window.is_by_the_way(&shape)
                })
        };
        let oldest = self.oldest(course, grain).max(course.begins_at);
        (oldest..=self.collections.checked_sub(course.fewest(grain))?)
            .step_by(STRIDE * grain.step() as usize)
            .find(is_suspicious)
    }

    fn second_signal(
        &self,
        course: &Course,
        episode: &Episode,
        bytes_per_collection: f64,
    ) -> SecondSignal {
        if course.kind == Kind::Native {
            return SecondSignal::Missing;
        }
        let missing = match (&self.unconfirmed, &self.allocations) {
            // What captures would tell better.
            (Some(_), Some(growth)) if growth.confirms(bytes_per_collection) => {
                SecondSignal::Agrees
            }
            (Some(_), _) => SecondSignal::Missing,
            (None, _) => SecondSignal::Awaited,
        };
        let Some(paths) = episode.paths.as_ref() else {
            return missing;
        };
        if paths.confirms(bytes_per_collection, self.collections) {
            SecondSignal::Agrees
        } else if paths.denies(bytes_per_collection, self.collections) {
            SecondSignal::Disagrees
        } else {
            missing
        }
    }

    /// The number of the oldest collection that is known.
    fn oldest(&self, course: &Course, grain: Grain) -> u64 {
        match grain {
            Grain::Collections => self.collections - self.readings.len() as u64,
            Grain::Blocks => course
                .blocks
                .front()
                .map_or(self.collections, |block| block.begins_at),
        }
    }

    /// What is known from the collection of that number on.
    fn window(&self, course: &Course, since: u64, grain: Grain) -> Window {
        let readings = match grain {
            Grain::Collections => {
                let skipped = since.saturating_sub(self.oldest(course, grain)) as usize;
                self.readings.iter().skip(skipped).copied().collect()
            }
            Grain::Blocks => {
                let blocks = course.blocks.iter();
                let later = blocks.filter(|block| block.begins_at >= since);
                later.map(|block| block.lowest).collect()
            }
        };
        Window {
            readings,
            kind: course.kind,
            step: grain.step(),
        }
    }

    /// What is known of a suspicion: block by block, once it lasts for long.
    fn window_of(&self, course: &Course, episode: &Episode) -> Window {
        let long = self.window(course, episode.since, Grain::Blocks);
        match long.readings.len() >= MIN_VALUES {
            true => long,
            false => self.window(course, episode.since, Grain::Collections),
        }
    }

    fn report(&self, at: usize, state: State) -> Option<Leak> {
        let course = &self.courses[at];
        let episode = course.episode.as_ref()?;
        let window = self.window_of(course, episode);
        let readings = &window.readings;
        let (first, last) = (readings.first()?, readings.last()?);
        let newest = self.readings.back()?;
        let bytes_per_hour = slope(readings, |reading| bytes(course.kind, reading));
        let (heap_limit_in_ms, cgroup_limit_in_ms) = newest.limits(course.kind, bytes_per_hour);
        let growth_bytes = bytes(course.kind, last) as i64 - bytes(course.kind, first) as i64;
        let (count, what) = (window.collections(), course.kind.memory());
        let per_hour = format_bytes(bytes_per_hour.map_or(0.0, |slope| slope.estimate));
        let message = match state {
            State::Suspect => format!(
                "{what} has been growing over {count} full collections, by {per_hour} an hour"
            ),
            State::Leak => format!(
                "{what} leaks: it has grown over {count} full collections and goes on, by {per_hour} an hour"
            ),
            State::Recovered => format!("{what} has stopped growing"),
        };
        Some(Leak {
            detector: self.name(),
            id: episode.id,
            state,
            kind: course.kind,
            start_unix_us: first.at_unix_us,
            end_unix_us: last.at_unix_us,
            growth_bytes,
            reason: format!(
                "{} growth over {count} full GCs - {per_hour}/hr",
                course.kind.name()
            ),
            message,
            live_bytes: newest.live_bytes,
            threshold_bytes: None,
            bytes_per_hour,
            heap_limit_in_ms,
            cgroup_limit_in_ms,
            evidence: self.evidence(course, episode, &window),
            paths: episode.paths.as_ref().map_or_else(Vec::new, |paths| {
                paths.steady().into_iter().cloned().collect()
            }),
            stacks: self.stacks(course.kind),
            note: self.note(course, episode),
        })
    }

    fn evidence(&self, course: &Course, episode: &Episode, window: &Window) -> Vec<Evidence> {
        let mut all = Vec::new();
        let readings = &window.readings;
        if let Some(shape) = window.shape() {
            let quarter =
                |at: usize| bytes(course.kind, &readings[at * (readings.len() - 1) / 4]) as f64;
            let sizes: Vec<String> = (0..5).map(|at| format_bytes(quarter(at))).collect();
            all.push(Evidence {
                signal: course.kind.signal(),
                detail: format!(
                    "{} over {} full collections, {:.1} standard deviations from no trend",
                    sizes.join(" → "),
                    window.collections(),
                    shape.whole.z
                ),
            });
        }
        if let Some(paths) = &episode.paths {
            all.push(Evidence {
                signal: "growing-paths",
                detail: self.path_text(course, episode, paths),
            });
        }
        if let Some(growth) = self
            .allocations
            .as_ref()
            .filter(|_| course.kind != Kind::Native)
        {
            all.push(Evidence {
                signal: "allocation-stacks",
                detail: growth.to_string(),
            });
        }
        let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
            return all;
        };
        if last.native_contexts > first.native_contexts {
            all.push(Evidence {
                signal: "native-contexts",
                detail: format!("{} → {}", first.native_contexts, last.native_contexts),
            });
        }
        let of_samples = self
            .allocations
            .as_ref()
            .map_or(0, AllocationGrowth::handle_bytes);
        if last.global_handles_bytes > first.global_handles_bytes * 2 + of_samples {
            let sizes = [first, last].map(|one| format_bytes(one.global_handles_bytes as f64));
            all.push(Evidence {
                signal: "global-handles",
                detail: sizes.join(" → "),
            });
        }
        all
    }

    fn path_text(&self, course: &Course, episode: &Episode, paths: &PathGrowth) -> String {
        let window = self.window_of(course, episode);
        let explained = window.shape().map_or(0.0, |shape| {
            paths.explained(window.bytes_per_collection(&shape))
        });
        format!(
            "{paths}; {:.0} % of the growth is on such paths",
            explained.clamp(0.0, 1.0) * 100.0
        )
    }

    /// What of the heap grows by stack; none of native memory, which V8 does not allocate.
    fn stacks(&self, kind: Kind) -> Vec<GrowingStack> {
        let allocations = self.allocations.as_ref().filter(|_| kind != Kind::Native);
        allocations.map_or_else(Vec::new, AllocationGrowth::growing)
    }

    fn note(&self, course: &Course, episode: &Episode) -> String {
        let is_leak = episode.state == State::Leak;
        let paths = match (course.kind, &episode.paths, &self.unconfirmed) {
            (Kind::Native, ..) => {
                return "native memory is not V8's to tell of: no second signal".into();
            }
            (_, Some(paths), _) if !paths.steady().is_empty() => {
                "paths that grew in every capture of the heap".into()
            }
            (_, Some(_), _) => "no path grew in every capture of the heap".into(),
            (_, None, Some(why)) if is_leak => format!("no growing paths: {why}"),
            (_, None, _) => "captures of the heap have not told yet".into(),
        };
        match (&self.allocations, &self.unsampled) {
            (Some(growth), _) if !growth.growing().is_empty() => {
                format!("{paths}; stacks whose sampled objects stay and become more")
            }
            (_, Some(why)) if is_leak => format!("{paths}; no stacks: {why}"),
            _ => paths,
        }
    }

    fn explanation(&self, course: &Course) -> Explanation {
        let window = match &course.episode {
            Some(episode) => self.window_of(course, episode),
            None => self.window(course, course.begins_at, Grain::Collections),
        };
        let shape = window.shape();
        let mut checks = Vec::new();
        let mut needed_collections = 0;
        let mut second_signal = String::new();
        match (&course.episode, &shape) {
            (Some(episode), Some(shape)) => {
                let growth = window.bytes_per_collection(shape);
                let signal = self.second_signal(course, episode, growth);
                needed_collections = patience(course.kind, signal).collections(shape.growth);
                checks.extend(shape.persistence(signal == SecondSignal::Agrees));
                second_signal = match &episode.paths {
                    Some(paths) => self.path_text(course, episode, paths),
                    None => self.note(course, episode),
                };
                if let Some(growth) = self
                    .allocations
                    .as_ref()
                    .filter(|_| course.kind != Kind::Native)
                {
                    second_signal = format!("{second_signal}; {growth}");
                }
            }
            (None, Some(shape)) => checks.extend(shape.suspicion(min_growth(course.kind))),
            (_, None) => {}
        }
        Explanation {
            kind: course.kind,
            id: course.episode.as_ref().map(|episode| episode.id),
            state: course.episode.as_ref().map(|episode| episode.state),
            collections: window.collections(),
            needed_collections,
            checks,
            second_signal,
        }
    }
}

fn patience(kind: Kind, second_signal: SecondSignal) -> Patience {
    match (kind, second_signal) {
        (Kind::Native, _) | (_, SecondSignal::Disagrees) => CONTRADICTED,
        (_, SecondSignal::Agrees | SecondSignal::Missing) => USUAL,
        (_, SecondSignal::Awaited) => AWAITED,
    }
}

impl Grain {
    /// Full collections that a reading stands for.
    fn step(self) -> u64 {
        match self {
            Self::Collections => 1,
            Self::Blocks => BLOCK,
        }
    }
}

impl Window {
    fn values(&self, kind: Kind) -> Vec<f64> {
        let values = self.readings.iter().map(|one| bytes(kind, one) as f64);
        values.collect()
    }

    /// `None` for too few readings.
    fn shape(&self) -> Option<Shape> {
        let first = self.readings.first()?;
        Shape::of(
            &self.values(self.kind),
            memory_bytes(self.kind, first) as f64,
        )
    }

    fn bytes_per_collection(&self, shape: &Shape) -> f64 {
        shape.whole.slope / self.step as f64
    }

    /// Full collections that it spans.
    fn collections(&self) -> u64 {
        self.readings.len() as u64 * self.step
    }

    /// Whether the heap grows by the objects that stand for much larger memory outside of it.
    fn is_by_the_way(&self, shape: &Shape) -> bool {
        self.kind == Kind::JsHeap
            && RobustSlope::of(&self.values(Kind::External))
                .is_some_and(|external| external.slope > shape.whole.slope)
    }
}

/// The series of a kind.
fn bytes(kind: Kind, reading: &Reading) -> u64 {
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

fn min_growth(kind: Kind) -> f64 {
    match kind {
        Kind::JsHeap | Kind::External => MIN_GROWTH,
        Kind::Native => MIN_NATIVE_GROWTH,
    }
}

fn all_pass(checks: &[Check]) -> bool {
    checks.iter().all(Check::has_passed)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Noise, run, series};
    use super::*;

    const MB: f64 = (1u32 << 20) as f64;

    /// A heap that grows by `slope` a collection from `start` on, with noise; all in megabytes.
    fn heap(count: usize, start: f64, slope: f64, noise: f64, seed: u64) -> Vec<u64> {
        let mut random = Noise::new(seed);
        (0..count)
            .map(|at| ((start + slope * at as f64 + noise * random.gauss()) * MB) as u64)
            .collect()
    }

    fn states(live_bytes: &[u64]) -> Vec<State> {
        run(&mut Trend::default(), live_bytes)
            .iter()
            .map(|leak| leak.state)
            .collect()
    }

    /// What it says, and after which collection.
    fn verdicts(live_bytes: &[u64]) -> Vec<(usize, State)> {
        let mut trend = Trend::default();
        let mut said = Vec::new();
        for (at, reading) in series(live_bytes).iter().enumerate() {
            said.extend(trend.observe(reading).iter().map(|leak| (at, leak.state)));
        }
        said
    }

    #[test]
    fn a_heap_that_keeps_growing_is_a_suspect_and_then_a_leak() {
        let found = verdicts(&heap(64, 10.0, 0.2, 0.2, 1));
        let [(suspect, State::Suspect), (leak, State::Leak)] = found[..] else {
            panic!("{found:?}");
        };
        assert!(suspect <= 20 && leak <= 50, "{found:?}");
    }

    #[test]
    fn a_cache_that_fills_is_a_suspect_at_most_and_recovers() {
        for seed in 0..20 {
            let mut fills = heap(25, 10.0, 0.15, 0.2, seed);
            fills.extend(heap(60, 13.75, 0.0, 0.2, seed + 100));
            let said = states(&fills);
            assert!(!said.contains(&State::Leak), "seed {seed}: {said:?}");
            if said.contains(&State::Suspect) {
                assert_eq!(said.last(), Some(&State::Recovered), "seed {seed}");
            }
        }
    }

    #[test]
    fn tides_and_steps_are_no_leaks() {
        let mut random = Noise::new(3);
        let tides: Vec<u64> = (0..200)
            .map(|at| {
                ((12.0 + 3.0 * (f64::from(at) / 8.0).sin() + 0.2 * random.gauss()) * MB) as u64
            })
            .collect();
        assert!(!states(&tides).contains(&State::Leak));
        let mut step = heap(30, 10.0, 0.0, 0.2, 4);
        step.extend(heap(60, 16.0, 0.0, 0.2, 5));
        assert!(!states(&step).contains(&State::Leak));
    }

    #[test]
    fn growth_that_begins_late_is_found_too() {
        let mut late = heap(200, 10.0, 0.0, 0.2, 6);
        late.extend(heap(64, 10.0, 0.2, 0.2, 7));
        let said = verdicts(&late);
        assert!(
            said.iter()
                .any(|(at, state)| *at > 200 && *state == State::Leak),
            "{said:?}"
        );
    }

    #[test]
    fn growth_that_is_too_slow_for_the_newest_readings_is_found_by_the_older_ones() {
        // 1.6 % in 64 full collections.
        let said = verdicts(&heap(600, 100.0, 0.026, 0.5, 13));
        let [(suspect, State::Suspect), (leak, State::Leak)] = said[..] else {
            panic!("{said:?}");
        };
        assert!(suspect > 64 && leak < 600, "{said:?}");
        assert_eq!(states(&heap(600, 100.0, 0.0, 0.5, 14)), []);
    }

    #[test]
    fn a_suspicion_that_lasts_is_judged_by_all_of_its_time() {
        // 4 % in 64: enough to be suspicious, too little to be a leak by that alone.
        let said = verdicts(&heap(400, 100.0, 0.065, 0.3, 15));
        let [(suspect, State::Suspect), (leak, State::Leak)] = said[..] else {
            panic!("{said:?}");
        };
        assert!(suspect < leak && leak < 250, "{said:?}");
    }

    #[test]
    fn a_series_times_a_constant_or_at_another_time_gives_the_same_verdict() {
        for seed in 0..20 {
            let small = heap(64, 10.0, 0.01 * seed as f64, 0.2, seed);
            let large: Vec<u64> = small.iter().map(|bytes| bytes * 64).collect();
            assert_eq!(verdicts(&small), verdicts(&large), "seed {seed}");
            let mut trend = Trend::default();
            let mut later = Vec::new();
            for (at, mut reading) in series(&small).into_iter().enumerate() {
                reading.at_ns += 1 << 50;
                reading.at_unix_us += 1 << 40;
                later.extend(trend.observe(&reading).iter().map(|leak| (at, leak.state)));
            }
            assert_eq!(verdicts(&small), later, "seed {seed}");
        }
    }

    #[test]
    fn what_is_constant_is_nothing() {
        assert_eq!(states(&[50 << 20; 200]), []);
        assert_eq!(states(&[0; 200]), []);
    }

    /// The stated rates, for series of 64 readings: which share is suspicious for a while, by how much a reading
    /// resembles the one before. Less than one in 2,000 is called a leak.
    #[test]
    fn stationary_noise_is_rarely_suspicious_and_hardly_ever_a_leak() {
        const STATED: [(f64, u32); 4] = [(0.0, 25), (0.3, 50), (0.6, 150), (0.9, 400)];
        const SERIES: u64 = 2_500;
        let mut leaks = 0;
        for (at, (likeness, per_mille)) in STATED.into_iter().enumerate() {
            let mut suspects = 0;
            for seed in 0..SERIES {
                let deviation = [0.01, 0.03, 0.1][seed as usize % 3];
                let values = Noise::new(seed + at as u64 * SERIES).autocorrelated(64, likeness);
                let live: Vec<u64> = values
                    .iter()
                    .map(|value| ((1.0 + deviation * value).max(0.1) * 50.0 * MB) as u64)
                    .collect();
                let said = states(&live);
                suspects += u32::from(said.contains(&State::Suspect));
                leaks += u32::from(said.contains(&State::Leak));
            }
            let found = suspects * 1000 / SERIES as u32;
            assert!(
                found < per_mille,
                "{found} of 1,000 at a likeness of {likeness}"
            );
        }
        assert!(leaks < 5, "{leaks} of 10,000");
    }

    /// The same for as long as blocks are kept: less than one series in 100 of 512 readings is called a leak.
    #[test]
    fn long_stationary_noise_is_hardly_ever_a_leak() {
        const SERIES: u64 = 400;
        let mut leaks = 0;
        for seed in 0..SERIES {
            let likeness = [0.0, 0.3, 0.6, 0.9][seed as usize % 4];
            let values = Noise::new(seed).autocorrelated(512, likeness);
            let live: Vec<u64> = values
                .iter()
                .map(|value| ((1.0 + 0.03 * value) * 50.0 * MB) as u64)
                .collect();
            leaks += u32::from(states(&live).contains(&State::Leak));
        }
        assert!(leaks < 4, "{leaks} of {SERIES}");
    }

    #[test]
    fn what_was_asked_for_is_not_looked_at() {
        let mut trend = Trend::default();
        for mut reading in series(&heap(64, 10.0, 0.2, 0.0, 1)) {
            reading.forced = true;
            assert_eq!(trend.observe(&reading), []);
        }
    }

    fn growing_paths(collections: u64, counts: &[u64]) -> PathGrowth {
        PathGrowth {
            captured_at: (1..=counts.len() as u64)
                .map(|at| (collections + 5 * at).saturating_sub(5 * counts.len() as u64))
                .collect(),
            heap_bytes: vec![10 << 20; counts.len()],
            paths: vec![super::super::GrowingPath {
                text: "global object → .cache (Map)".into(),
                class: "Map".into(),
                counts: counts.to_vec(),
                reached_bytes: 100 << 20,
            }],
        }
    }

    #[test]
    fn paths_that_grow_confirm_a_slow_leak_and_are_named() {
        let slow = heap(64, 10.0, 0.04, 0.2, 8);
        let mut trend = Trend::default();
        let mut named = None;
        for reading in series(&slow) {
            if let Some(leak) = trend
                .observe(&reading)
                .into_iter()
                .find(|leak| leak.state == State::Leak)
            {
                named = Some(leak);
            }
            if trend.wants_evidence().is_some() {
                let collections = trend.collections();
                trend.take_paths(growing_paths(collections, &[100, 200, 300]));
            }
        }
        let leak = named.expect("it is a leak");
        assert_eq!(leak.paths[0].class, "Map");
        assert!(
            leak.evidence
                .iter()
                .any(|one| one.signal == "growing-paths")
        );
    }

    #[test]
    fn paths_that_have_stopped_hold_a_verdict_back() {
        let mut grows = Trend::default();
        let mut said = Vec::new();
        for reading in series(&heap(58, 10.0, 0.1, 0.1, 9)) {
            said.extend(grows.observe(&reading).into_iter().map(|leak| leak.state));
            if grows.wants_evidence().is_some() {
                let collections = grows.collections();
                grows.take_paths(growing_paths(collections, &[100, 200, 300, 300]));
            }
        }
        assert_eq!(said, [State::Suspect]);
    }

    #[test]
    fn buffers_are_external_and_the_rest_of_resident_memory_is_native() {
        for (kind, field) in [(Kind::External, 0), (Kind::Native, 1)] {
            let mut trend = Trend::default();
            let mut said = Vec::new();
            let mut random = Noise::new(10);
            for (at, mut reading) in series(&heap(80, 10.0, 0.0, 0.2, 11))
                .into_iter()
                .enumerate()
            {
                let grown = ((at as f64 + random.gauss()) * MB) as u64;
                reading.heap_total_bytes = 20 << 20;
                reading.external_bytes = 4 << 20;
                reading.memory.rss_bytes = Some(60 << 20);
                if field == 0 {
                    reading.external_bytes += grown;
                }
                reading.memory.rss_bytes = reading.memory.rss_bytes.map(|rss| rss + grown);
                said.extend(
                    trend
                        .observe(&reading)
                        .into_iter()
                        .map(|leak| (leak.kind, leak.state)),
                );
            }
            assert_eq!(said, [(kind, State::Suspect), (kind, State::Leak)]);
        }
    }

    #[test]
    fn it_explains_each_test_and_what_a_leak_takes() {
        let mut trend = Trend::default();
        for reading in series(&heap(30, 10.0, 0.2, 0.1, 12)) {
            trend.observe(&reading);
        }
        let [heap, external, native] = &trend.explain()[..] else {
            panic!("three kinds of memory");
        };
        assert_eq!((heap.state, heap.checks.len()), (Some(State::Suspect), 4));
        assert!(heap.needed_collections > 30);
        assert_eq!((external.state, native.state), (None, None));
    }
}
