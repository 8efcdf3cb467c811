//! The default detector: robust slopes over the post-GC series, tests of their shape, and a verdict that can be
//! taken back.
//!
//! Heap, external and native memory are judged on their own. What V8 was asked to collect is left out: such
//! collections come when somebody measures, not when the program works.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::path_growth::PathGrowth;
use super::shape::{Check, MIN_VALUES, Shape};
use super::{Detector, Evidence, Kind, Leak, LeakId, Reading, State, slope};
use crate::units::format_bytes;

/// Readings that are kept, and beyond which a trend has lasted for long.
const READINGS: usize = 64;
/// Suffixes of the readings are tried at this distance, so that old calm does not hide new growth.
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

/// Where paths of the heap grow with it.
const CONFIRMED: Patience = Patience {
    least: 30,
    most: 50,
};
/// Where nothing but the series can be had.
const UNCONFIRMED: Patience = Patience {
    least: 36,
    most: 54,
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
}

/// What one kind of memory has done.
#[derive(Debug)]
struct Course {
    kind: Kind,
    /// What came before this collection is no longer looked at.
    begins_at: u64,
    episode: Option<Episode>,
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
    /// There is none, or none yet.
    Missing,
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
            episode: None,
        };
        Self {
            readings: VecDeque::with_capacity(READINGS),
            collections: 0,
            next_id: 1,
            courses: [Kind::JsHeap, Kind::External, Kind::Native].map(course),
            unconfirmed: Some("nobody looks for growing paths".into()),
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
        self.collections += 1;
        (0..self.courses.len())
            .filter_map(|at| self.judge(at))
            .collect()
    }

    fn reset(&mut self) {
        self.readings.clear();
        for course in &mut self.courses {
            course.begins_at = self.collections;
            course.episode = None;
        }
    }

    fn wants_paths(&self) -> Option<LeakId> {
        let episodes = self.courses.iter().filter(|one| one.kind != Kind::Native);
        let mut open = episodes.filter_map(|course| course.episode.as_ref());
        open.find(|episode| episode.state == State::Suspect)
            .map(|episode| episode.id)
    }

    fn collections(&self) -> u64 {
        self.collections
    }

    fn await_paths(&mut self) {
        self.unconfirmed = None;
    }

    fn take_paths(&mut self, id: LeakId, paths: PathGrowth) {
        let episodes = self
            .courses
            .iter_mut()
            .filter_map(|one| one.episode.as_mut());
        for episode in episodes {
            if episode.id == id {
                episode.paths = Some(paths.clone());
            }
        }
    }

    fn miss_paths(&mut self, why: String) {
        self.unconfirmed = Some(why);
    }

    fn explain(&self) -> Vec<Explanation> {
        self.courses
            .iter()
            .map(|one| self.explanation(one))
            .collect()
    }
}

impl Trend {
    fn judge(&mut self, at: usize) -> Option<Leak> {
        let course = &self.courses[at];
        let Some(episode) = &course.episode else {
            let since = self.suspicious_since(course)?;
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
        let window = self.window(episode.since);
        let shape = shape_of(course.kind, &window)?;
        let is_denied = self.second_signal(course.kind, episode, &shape) == SecondSignal::Disagrees;
        if shape.has_flattened() || is_denied && shape.slows_down() {
            let report = self.report(at, State::Recovered);
            let calm = Shape::recent_count(window.len()) as u64;
            let course = &mut self.courses[at];
            course.begins_at = self.collections - calm;
            course.episode = None;
            return report;
        }
        if episode.state == State::Suspect && self.is_leak(course.kind, episode, &shape) {
            if let Some(episode) = &mut self.courses[at].episode {
                episode.state = State::Leak;
            }
            return self.report(at, State::Leak);
        }
        None
    }

    /// The collection with which the longest suspicious trend up to now begins.
    fn suspicious_since(&self, course: &Course) -> Option<u64> {
        let oldest = self.oldest().max(course.begins_at);
        let is_suspicious = |since: &u64| {
            let window = self.window(*since);
            let shape = shape_of(course.kind, &window);
            shape.is_some_and(|shape| all_pass(&shape.suspicion(min_growth(course.kind))))
        };
        let fewest = match course.kind {
            Kind::Native => MIN_NATIVE_COLLECTIONS,
            Kind::JsHeap | Kind::External => MIN_VALUES as u64,
        };
        (oldest..=self.collections.checked_sub(fewest)?)
            .step_by(STRIDE)
            .find(is_suspicious)
    }

    fn is_leak(&self, kind: Kind, episode: &Episode, shape: &Shape) -> bool {
        let second_signal = self.second_signal(kind, episode, shape);
        let needed = patience(kind, second_signal).collections(shape.growth);
        self.collections - episode.since >= needed
            && all_pass(&shape.persistence(second_signal == SecondSignal::Agrees))
    }

    fn second_signal(&self, kind: Kind, episode: &Episode, shape: &Shape) -> SecondSignal {
        let Some(paths) = episode.paths.as_ref().filter(|_| kind != Kind::Native) else {
            return SecondSignal::Missing;
        };
        let grown_bytes = shape.whole.slope * self.window(episode.since).len() as f64;
        if paths.confirms(grown_bytes, self.collections) {
            SecondSignal::Agrees
        } else if paths.denies(self.collections) {
            SecondSignal::Disagrees
        } else {
            SecondSignal::Missing
        }
    }

    /// The number of the oldest reading that is kept.
    fn oldest(&self) -> u64 {
        self.collections - self.readings.len() as u64
    }

    /// The readings from the collection of that number on, as far as they are kept.
    fn window(&self, since: u64) -> Vec<Reading> {
        let skipped = since.saturating_sub(self.oldest()) as usize;
        self.readings.iter().skip(skipped).copied().collect()
    }

    fn report(&self, at: usize, state: State) -> Option<Leak> {
        let course = &self.courses[at];
        let episode = course.episode.as_ref()?;
        let window = self.window(episode.since);
        let (first, last) = (window.first()?, window.last()?);
        let bytes_per_hour = slope(&window, |reading| bytes(course.kind, reading));
        let (heap_limit_in_ms, cgroup_limit_in_ms) = last.limits(course.kind, bytes_per_hour);
        let growth_bytes = bytes(course.kind, last) as i64 - bytes(course.kind, first) as i64;
        let (count, what) = (window.len(), course.kind.memory());
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
            live_bytes: last.live_bytes,
            threshold_bytes: None,
            bytes_per_hour,
            heap_limit_in_ms,
            cgroup_limit_in_ms,
            evidence: self.evidence(course, episode, &window),
            paths: episode.paths.as_ref().map_or_else(Vec::new, |paths| {
                paths.steady().into_iter().cloned().collect()
            }),
            note: self.note(course, episode),
        })
    }

    fn evidence(&self, course: &Course, episode: &Episode, window: &[Reading]) -> Vec<Evidence> {
        let mut all = Vec::new();
        if let Some(shape) = shape_of(course.kind, window) {
            let quarter =
                |at: usize| bytes(course.kind, &window[at * (window.len() - 1) / 4]) as f64;
            let sizes: Vec<String> = (0..5).map(|at| format_bytes(quarter(at))).collect();
            all.push(Evidence {
                signal: course.kind.signal(),
                detail: format!(
                    "{} over {} full collections, {:.1} standard deviations from no trend",
                    sizes.join(" → "),
                    window.len(),
                    shape.whole.z
                ),
            });
        }
        if let Some(paths) = &episode.paths {
            all.push(Evidence {
                signal: "growing-paths",
                detail: paths.to_string(),
            });
        }
        let (first, last) = (&window[0], &window[window.len() - 1]);
        if last.native_contexts > first.native_contexts {
            all.push(Evidence {
                signal: "native-contexts",
                detail: format!("{} → {}", first.native_contexts, last.native_contexts),
            });
        }
        if last.global_handles_bytes > first.global_handles_bytes * 2 {
            let sizes = [first, last].map(|one| format_bytes(one.global_handles_bytes as f64));
            all.push(Evidence {
                signal: "global-handles",
                detail: sizes.join(" → "),
            });
        }
        all
    }

    fn note(&self, course: &Course, episode: &Episode) -> String {
        match (course.kind, &episode.paths, &self.unconfirmed) {
            (Kind::Native, ..) => "native memory is not V8's to tell of: no second signal".into(),
            (_, Some(_), _) => "paths that grew in every capture of the heap".into(),
            (_, None, Some(why)) if episode.state == State::Leak => {
                format!("no second signal: {why}")
            }
            (_, None, _) => "not known yet".into(),
        }
    }

    fn explanation(&self, course: &Course) -> Explanation {
        let since = course.episode.as_ref().map(|episode| episode.since);
        let window = self.window(since.unwrap_or_else(|| self.oldest().max(course.begins_at)));
        let shape = shape_of(course.kind, &window);
        let mut checks = Vec::new();
        let mut needed_collections = 0;
        let mut second_signal = String::new();
        match (&course.episode, &shape) {
            (Some(episode), Some(shape)) => {
                let signal = self.second_signal(course.kind, episode, shape);
                needed_collections = patience(course.kind, signal).collections(shape.growth);
                checks.extend(shape.persistence(signal == SecondSignal::Agrees));
                second_signal = match &episode.paths {
                    Some(paths) => paths.to_string(),
                    None => self.note(course, episode),
                };
            }
            (None, Some(shape)) => checks.extend(shape.suspicion(min_growth(course.kind))),
            (_, None) => {}
        }
        Explanation {
            kind: course.kind,
            id: course.episode.as_ref().map(|episode| episode.id),
            state: course.episode.as_ref().map(|episode| episode.state),
            collections: window.len() as u64,
            needed_collections,
            checks,
            second_signal,
        }
    }
}

fn patience(kind: Kind, second_signal: SecondSignal) -> Patience {
    match (kind, second_signal) {
        (Kind::Native, _) | (_, SecondSignal::Disagrees) => CONTRADICTED,
        (_, SecondSignal::Agrees) => CONFIRMED,
        (_, SecondSignal::Missing) => UNCONFIRMED,
    }
}

fn shape_of(kind: Kind, window: &[Reading]) -> Option<Shape> {
    let values: Vec<f64> = window
        .iter()
        .map(|reading| bytes(kind, reading) as f64)
        .collect();
    let base = window.first().map_or(0, |first| memory_bytes(kind, first));
    Shape::of(&values, base as f64)
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
