//! The default detector: robust slopes over the post-GC series, tests of their shape, and a verdict that can be
//! taken back.
//!
//! Heap, external and native memory are judged on their own. What V8 was asked to collect is left out: such
//! collections come when somebody measures, not when the program works.
#![forbid(unsafe_code)]

mod account;
mod patience;
#[cfg(test)]
mod tests;
mod window;

use std::collections::VecDeque;

use self::account::Account;
use self::patience::{Patience, SecondSignal};
use self::window::{BLOCK, Block, Grain, Window, bytes};
use super::shape::{Check, MIN_VALUES, Shape, Support};
use super::{
    AllocationGrowth, Detector, Kind, Leak, LeakId, MIN_CAPTURES, PathGrowth, Reading, State,
};
use crate::gc::AllocationSite;

pub use self::account::Explanation;

/// Readings that are kept, and blocks of them.
const READINGS: usize = 64;
/// Suffixes of the readings are tried at this distance, so that old calm does not hide new growth; those of the blocks
/// too.
const STRIDE: u64 = 8;
/// The first of them may be higher, for what was needed to load and to compile: as far as this suffixes are tried
const WARM_UP: u64 = 12;
/// at this distance.
const WARM_UP_STRIDE: u64 = 3;
/// Growth below this share of the memory is no suspicion.
const MIN_GROWTH: f64 = 0.035;
/// The same of native memory, which allocators keep in reserve as they like.
const MIN_NATIVE_GROWTH: f64 = 0.2;
/// Standard deviations of a trend to which few captures may add their word; of a less clear one they may seem to say the
/// same by chance, and another is waited for.
const CLEAR_TREND: f64 = 4.5;
/// Native memory is not suspicious before so many full collections: allocators and compilers warm up for longer.
const MIN_NATIVE_COLLECTIONS: u64 = 30;

/// Full collections after a suspicion within which captures tell something, if they are to be had.
const FIRST_CAPTURES: u64 = 24;

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
    /// A leak, but for a capture of now.
    is_ripe: bool,
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
    recovery: Option<Recovery>,
}

/// The end of a suspicion.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    /// Full collections until it.
    at: u64,
    /// The highest reading of the suspicion.
    peak_bytes: f64,
}

/// From the suspicion to its end.
#[derive(Debug)]
struct Episode {
    id: LeakId,
    /// The collection with which the trend begins.
    since: u64,
    /// Full collections until the suspicion.
    suspected_at: u64,
    paths: Option<PathGrowth>,
    /// What the leak took; `None` while it is a suspicion.
    verdict: Option<Demand>,
}

/// What a suspicion has to show to be a leak.
#[derive(Clone, Copy, Debug)]
struct Demand {
    second_signal: SecondSignal,
    /// Full collections at least.
    collections: u64,
}

impl Default for Trend {
    fn default() -> Self {
        let course = |kind| Course {
            kind,
            begins_at: 0,
            blocks: VecDeque::new(),
            open: None,
            episode: None,
            recovery: None,
        };
        Self {
            readings: VecDeque::with_capacity(READINGS),
            collections: 0,
            next_id: 1,
            courses: [Kind::JsHeap, Kind::External, Kind::Native].map(course),
            unconfirmed: Some("nobody looks for growing paths".into()),
            allocations: None,
            unsampled: None,
            is_ripe: false,
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
        self.is_ripe = false;
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
            course.recovery = None;
        }
    }

    fn wants_evidence(&self) -> Option<LeakId> {
        self.oldest_suspicion().map(|episode| episode.id)
    }

    fn decides_from(&self) -> u64 {
        self.oldest_suspicion()
            .map_or(0, |episode| episode.since + Patience::SHORTEST)
    }

    fn is_ripe(&self) -> bool {
        self.is_ripe
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
            .map(|course| Explanation::of(self, course))
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

    /// Ends the suspicion of which that is known. Only its newest part is looked at from now on.
    fn recover(&mut self, collections: u64, window: &Window) {
        let calm = Shape::recent_count(window.readings.len()) as u64 * window.step;
        self.begins_at = collections.saturating_sub(calm);
        self.episode = None;
        let values = window.values(self.kind).into_iter();
        self.recovery = Some(Recovery {
            at: collections,
            peak_bytes: values.fold(0.0, f64::max),
        });
    }

    /// What a suspicion that has ended lately had risen to: as long as it stays below, it wavers about what it has filled.
    fn former_peak(&self, collections: u64) -> Option<f64> {
        let is_recent = |recovery: &Recovery| collections - recovery.at < READINGS as u64;
        let recovery = self.recovery.filter(is_recent);
        recovery.map(|recovery| recovery.peak_bytes)
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

impl Episode {
    /// Whether captures tell of now.
    fn is_decided(&self, collections: u64) -> bool {
        let paths = self.paths.as_ref();
        paths.is_some_and(|paths| paths.is_decisive(collections))
    }

    /// Whether the first captures that can tell something may still be on their way.
    fn is_young(&self, collections: u64) -> bool {
        collections - self.suspected_at < FIRST_CAPTURES
    }

    fn state(&self) -> State {
        match self.verdict {
            Some(_) => State::Leak,
            None => State::Suspect,
        }
    }
}

impl Demand {
    fn checks(self, shape: &Shape) -> [Check; 5] {
        shape.persistence(match self.second_signal {
            SecondSignal::Agrees => Support::Paths,
            SecondSignal::Sampled => Support::Samples,
            SecondSignal::Missing | SecondSignal::Awaited => Support::None,
            SecondSignal::Unexplained | SecondSignal::Disagrees => Support::Doubted,
        })
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
                since,
                suspected_at: self.collections,
                paths: None,
                verdict: None,
            });
            return self.report(at, State::Suspect);
        };
        let window = self.window_of(course, episode);
        let shape = window.shape()?;
        let demand = self.demand(course, episode, &window, &shape);
        let has_stopped = match demand.second_signal {
            // Paths grow without noise: they know before the series does.
            SecondSignal::Agrees => false,
            _ if shape.has_fallen => true,
            SecondSignal::Disagrees => shape.has_flattened() || shape.slows_down(),
            // What captures are about to tell is surer than the series.
            SecondSignal::Awaited if episode.is_young(self.collections) => false,
            SecondSignal::Sampled
            | SecondSignal::Missing
            | SecondSignal::Awaited
            | SecondSignal::Unexplained => shape.has_flattened(),
        };
        if has_stopped {
            let report = self.report(at, State::Recovered);
            self.courses[at].recover(self.collections, &window);
            return report;
        }
        if episode.verdict.is_some() {
            return None;
        }
        let (since, demand) = match self.is_leak(episode.since, demand, &shape) {
            true => (episode.since, demand),
            false => self.longer_leak(course, episode)?,
        };
        if demand.second_signal == SecondSignal::Agrees && !episode.is_decided(self.collections) {
            self.is_ripe = true;
            return None;
        }
        let episode = self.courses[at].episode.as_mut()?;
        episode.since = since;
        episode.verdict = Some(demand);
        self.report(at, State::Leak)
    }

    fn is_leak(&self, since: u64, demand: Demand, shape: &Shape) -> bool {
        self.collections - since >= demand.collections && all_pass(&demand.checks(shape))
    }

    /// A longer trend may be suspicious by now than the one that was so first: where it begins, and what it took to be a leak, if it
    /// is one.
    fn longer_leak(&self, course: &Course, episode: &Episode) -> Option<(u64, Demand)> {
        let since = self
            .suspicious_since(course, Grain::Collections)
            .filter(|&since| since < episode.since)?;
        let window = self.window(course, since, Grain::Collections);
        let shape = window.shape()?;
        let demand = self.demand(course, episode, &window, &shape);
        self.is_leak(since, demand, &shape)
            .then_some((since, demand))
    }

    /// That captures can tell something of.
    fn oldest_suspicion(&self) -> Option<&Episode> {
        let courses = self.courses.iter().filter(|one| one.kind != Kind::Native);
        courses
            .filter_map(|one| one.episode.as_ref())
            .filter(|episode| episode.state() == State::Suspect)
            .min_by_key(|episode| episode.id)
    }

    fn report(&self, at: usize, state: State) -> Option<Leak> {
        Account::of(self, &self.courses[at])?.report(state)
    }

    fn demand(&self, course: &Course, episode: &Episode, window: &Window, shape: &Shape) -> Demand {
        let second_signal = self.second_signal(course, episode, window, shape);
        Demand {
            second_signal,
            collections: Patience::of(course.kind, second_signal).collections(shape.growth),
        }
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
        let former_peak = course.former_peak(self.collections);
        let is_suspicious = |since: &u64| {
            let window = self.window(course, *since, grain);
            Shape::may_be_suspicious(&window.values(course.kind))
                && window.shape().is_some_and(|shape| {
                    all_pass(&shape.suspicion(min_growth(course.kind), former_peak))
                        && !window.is_by_the_way(&shape)
                })
        };
        let oldest = self.oldest(course, grain).max(course.begins_at);
        let newest = self.collections.checked_sub(course.fewest(grain))?;
        let warm_up = if oldest == 0 { WARM_UP } else { 0 };
        (0..warm_up)
            .step_by(WARM_UP_STRIDE as usize)
            .chain((warm_up..).step_by(STRIDE as usize))
            .map(|skipped| oldest + skipped * grain.step())
            .take_while(|&since| since <= newest)
            .find(is_suspicious)
    }

    fn second_signal(
        &self,
        course: &Course,
        episode: &Episode,
        window: &Window,
        shape: &Shape,
    ) -> SecondSignal {
        if course.kind == Kind::Native {
            return SecondSignal::Missing;
        }
        let bytes_per_collection = window.bytes_per_collection(shape);
        let missing = match (&self.unconfirmed, &self.allocations) {
            // What captures would tell better.
            (Some(_), Some(growth)) if growth.confirms(bytes_per_collection) => {
                SecondSignal::Sampled
            }
            (Some(_), _) => SecondSignal::Missing,
            (None, _) => SecondSignal::Awaited,
        };
        let Some(paths) = episode.paths.as_ref() else {
            return missing;
        };
        if paths.confirms(bytes_per_collection, self.collections) {
            match paths.captured_at.len() < captures_needed(paths, window, shape) {
                true => SecondSignal::Awaited,
                false => SecondSignal::Agrees,
            }
        } else if paths.denies(bytes_per_collection, self.collections) {
            SecondSignal::Disagrees
        } else if paths.leaves_unexplained(bytes_per_collection) {
            SecondSignal::Unexplained
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
}

fn min_growth(kind: Kind) -> f64 {
    match kind {
        Kind::JsHeap | Kind::External => MIN_GROWTH,
        Kind::Native => MIN_NATIVE_GROWTH,
    }
}

/// Captures that must agree before they count: each doubt asks for one more.
fn captures_needed(paths: &PathGrowth, window: &Window, shape: &Shape) -> usize {
    let is_unclear = shape.whole.z < CLEAR_TREND;
    MIN_CAPTURES + usize::from(is_unclear) + paths.doubts(window.bytes_per_collection(shape))
}

fn all_pass(checks: &[Check]) -> bool {
    checks.iter().all(Check::has_passed)
}
