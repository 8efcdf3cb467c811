//! A suspicion as it stands, for people and programs: the report of a change, and the explanation at any time.
#![forbid(unsafe_code)]

use super::window::{Grain, Window, bytes};
use super::{Course, Episode, Trend, captures_needed, min_growth};
use crate::leak::shape::{Check, Shape};
use crate::leak::{
    AllocationGrowth, Detector, Evidence, GrowingStack, Kind, Leak, LeakId, PathGrowth, State,
    slope,
};
use crate::units::format_bytes;

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

impl Explanation {
    pub(super) fn of(trend: &Trend, course: &Course) -> Self {
        match Account::of(trend, course) {
            Some(account) => account.explanation(),
            None => Self::of_calm(trend, course),
        }
    }

    /// Of memory that is not suspicious.
    fn of_calm(trend: &Trend, course: &Course) -> Self {
        let window = trend.window(course, course.begins_at, Grain::Collections);
        let checks = window.shape().map_or_else(Vec::new, |shape| {
            shape.suspicion(
                min_growth(course.kind),
                course.former_peak(trend.collections),
            )
        });
        Self {
            kind: course.kind,
            id: None,
            state: None,
            collections: window.collections(),
            needed_collections: 0,
            checks,
            second_signal: String::new(),
        }
    }
}

/// All that is known of one suspicion.
pub struct Account<'a> {
    trend: &'a Trend,
    course: &'a Course,
    episode: &'a Episode,
    window: Window,
    shape: Shape,
    /// Samples tell of what V8 allocates: of native memory they do not.
    allocations: Option<&'a AllocationGrowth>,
    stacks: Vec<GrowingStack>,
}

impl<'a> Account<'a> {
    /// `None` where nothing is suspicious.
    pub fn of(trend: &'a Trend, course: &'a Course) -> Option<Self> {
        let episode = course.episode.as_ref()?;
        let window = trend.window_of(course, episode);
        let shape = window.shape()?;
        let allocations = match course.kind {
            Kind::JsHeap | Kind::External => trend.allocations.as_ref(),
            Kind::Native => None,
        };
        Some(Self {
            trend,
            course,
            episode,
            window,
            shape,
            allocations,
            stacks: allocations.map_or_else(Vec::new, AllocationGrowth::growing),
        })
    }

    pub fn report(self, state: State) -> Option<Leak> {
        let readings = &self.window.readings;
        let (first, last) = (readings.first()?, readings.last()?);
        let newest = self.trend.readings.back()?;
        let bytes_per_hour = slope(readings, |reading| bytes(self.course.kind, reading));
        let (heap_limit_in_ms, cgroup_limit_in_ms) =
            newest.limits(self.course.kind, bytes_per_hour);
        let growth_bytes =
            bytes(self.course.kind, last) as i64 - bytes(self.course.kind, first) as i64;
        let (count, what) = (self.window.collections(), self.course.kind.memory());
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
            detector: self.trend.name(),
            id: self.episode.id,
            state,
            kind: self.course.kind,
            start_unix_us: first.at_unix_us,
            end_unix_us: last.at_unix_us,
            growth_bytes,
            reason: format!(
                "{} growth over {count} full GCs - {per_hour}/hr",
                self.course.kind.name()
            ),
            message,
            live_bytes: newest.live_bytes,
            threshold_bytes: None,
            bytes_per_hour,
            heap_limit_in_ms,
            cgroup_limit_in_ms,
            evidence: self.evidence(),
            paths: self.episode.paths.as_ref().map_or_else(Vec::new, |paths| {
                paths.steady().into_iter().cloned().collect()
            }),
            note: self.note(),
            stacks: self.stacks,
        })
    }

    fn explanation(&self) -> Explanation {
        let demand = self.episode.verdict.unwrap_or_else(|| {
            self.trend
                .demand(self.course, self.episode, &self.window, &self.shape)
        });
        let second_signal = match &self.episode.paths {
            Some(paths) => {
                let needed = captures_needed(paths, &self.window, &self.shape);
                let is_open = self.episode.verdict.is_none() && paths.captured_at.len() < needed;
                match is_open {
                    true => format!(
                        "{}; it takes {needed} captures to tell",
                        self.path_text(paths)
                    ),
                    false => self.path_text(paths),
                }
            }
            None => self.note(),
        };
        Explanation {
            kind: self.course.kind,
            id: Some(self.episode.id),
            state: Some(self.episode.state()),
            collections: self.window.collections(),
            needed_collections: demand.collections,
            checks: demand.checks(&self.shape).into(),
            second_signal: match self.allocations {
                Some(growth) => format!("{second_signal}; {}", growth.text(&self.stacks)),
                None => second_signal,
            },
        }
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut all = vec![Evidence {
            signal: self.course.kind.signal(),
            detail: self.series_text(),
        }];
        if let Some(paths) = &self.episode.paths {
            all.push(Evidence {
                signal: "growing-paths",
                detail: self.path_text(paths),
            });
        }
        if let Some(growth) = self.allocations {
            all.push(Evidence {
                signal: "allocation-stacks",
                detail: growth.text(&self.stacks),
            });
        }
        let (Some(first), Some(last)) = (self.window.readings.first(), self.window.readings.last())
        else {
            return all;
        };
        if last.native_contexts > first.native_contexts {
            all.push(Evidence {
                signal: "native-contexts",
                detail: format!("{} → {}", first.native_contexts, last.native_contexts),
            });
        }
        let of_samples = self.trend.allocations.as_ref();
        let of_samples = of_samples.map_or(0, AllocationGrowth::handle_bytes);
        if last.global_handles_bytes > first.global_handles_bytes * 2 + of_samples {
            let sizes = [first, last].map(|one| format_bytes(one.global_handles_bytes as f64));
            all.push(Evidence {
                signal: "global-handles",
                detail: sizes.join(" → "),
            });
        }
        all
    }

    fn series_text(&self) -> String {
        let readings = &self.window.readings;
        let quarter = |at: usize| &readings[at * (readings.len() - 1) / 4];
        let size = |at: usize| format_bytes(bytes(self.course.kind, quarter(at)) as f64);
        format!(
            "{} over {} full collections, {:.1} standard deviations from no trend",
            [0, 1, 2, 3, 4].map(size).join(" → "),
            self.window.collections(),
            self.shape.whole.z
        )
    }

    fn path_text(&self, paths: &PathGrowth) -> String {
        let explained = paths.explained(self.window.bytes_per_collection(&self.shape));
        format!(
            "{paths}; {:.0} % of the growth is on such paths",
            explained.clamp(0.0, 1.0) * 100.0
        )
    }

    /// What is known of who makes it grow, or why nothing is.
    fn note(&self) -> String {
        let is_leak = self.episode.state() == State::Leak;
        let paths = match (&self.episode.paths, &self.trend.unconfirmed) {
            _ if self.course.kind == Kind::Native => {
                return "native memory is not V8's to tell of: no second signal".into();
            }
            (Some(paths), _) if !paths.steady().is_empty() => {
                "paths that grew in every capture of the heap".into()
            }
            (Some(_), _) => "no path grew in every capture of the heap".into(),
            (None, Some(why)) if is_leak => format!("no growing paths: {why}"),
            (None, _) => "captures of the heap have not told yet".into(),
        };
        match &self.trend.unsampled {
            _ if !self.stacks.is_empty() => {
                format!("{paths}; stacks whose sampled objects stay and become more")
            }
            Some(why) if is_leak => format!("{paths}; no stacks: {why}"),
            _ => paths,
        }
    }
}
