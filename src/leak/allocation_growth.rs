//! What sampled allocations say of a suspicion: the stacks whose objects stay and become more.
#![forbid(unsafe_code)]

use std::fmt;

use rustc_hash::FxHashMap;

use super::robust_slope::RobustSlope;
use crate::gc::{self, AllocationSite, SiteId};
use crate::units::{counted, format_bytes};

/// Readings that are kept; of more, every other one goes.
const MOST_READINGS: usize = 48;
/// Readings before growth by stack says anything, those of the first share included.
const MIN_READINGS: usize = 8;
/// The sampler begins with nothing: what comes and goes takes this share of the readings to look constant.
const WARM_UP_SHARE: f64 = 0.25;
/// Growth of a stack in standard deviations, where some of its objects go.
const CLEAR: f64 = 2.5;
/// Growth of a stack in objects that were sampled.
const FEWEST_SAMPLES: f64 = 3.0;
/// The share of what comes that may go again where hardly anything goes.
const LOST: f64 = 0.2;
/// The newest growth of a stack, as a share of all, with which it goes on.
const STEADY: f64 = 0.4;
/// What growing stacks must explain of the growth of the series.
const EXPLAINED: f64 = 0.3;
/// A global handle of V8, with what it is rounded up to.
const HANDLE_BYTES: u64 = 64;
/// Stacks that are told.
const TOLD: usize = 5;

/// Live bytes by stack, over the full collections of a suspicion.
#[derive(Clone, Debug, Default)]
pub struct AllocationGrowth {
    readings: Vec<SampledHeap>,
    /// Frames of each site that the newest reading had.
    stacks: FxHashMap<SiteId, Vec<String>>,
}

#[derive(Clone, Debug)]
struct SampledHeap {
    /// How many full collections there had been.
    collections: u64,
    at_ns: u64,
    sites: FxHashMap<SiteId, Live>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Live {
    bytes: f64,
    samples: f64,
}

/// A stack whose objects become more and more.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowingStack {
    /// The function that allocates first, then its callers.
    pub frames: Vec<String>,
    pub bytes_per_hour: f64,
    /// In the first reading that counts, the middle one and the last.
    pub bytes: [f64; 3],
    /// By how much it grows a full collection.
    bytes_per_collection: f64,
}

impl AllocationGrowth {
    /// Takes what was there after so many full collections.
    pub fn push(&mut self, collections: u64, at_ns: u64, sites: Vec<AllocationSite>) {
        if self.readings.len() == MOST_READINGS {
            let mut is_kept = false;
            self.readings.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
        }
        let live = sites.iter().map(|site| {
            let AllocationSite { bytes, samples, .. } = *site;
            (site.id, Live { bytes, samples })
        });
        self.readings.push(SampledHeap {
            collections,
            at_ns,
            sites: live.collect(),
        });
        self.stacks = sites
            .into_iter()
            .map(|site| (site.id, site.stack))
            .collect();
    }

    /// What V8's weak handles of the samples take, at most.
    pub fn handle_bytes(&self) -> u64 {
        let newest = self.readings.last().into_iter();
        let samples: f64 = newest
            .flat_map(|heap| heap.sites.values())
            .map(|live| live.samples)
            .sum();
        samples as u64 * HANDLE_BYTES
    }

    /// Whether stacks that go on growing explain enough of what the series grows by a full collection.
    pub fn confirms(&self, bytes_per_collection: f64) -> bool {
        let growing = self.growing();
        let explained: f64 = growing.iter().map(|one| one.bytes_per_collection).sum();
        explained > 0.0 && explained >= bytes_per_collection * EXPLAINED
    }

    /// The stacks that go on growing, the fastest first.
    pub fn growing(&self) -> Vec<GrowingStack> {
        if self.readings.len() < MIN_READINGS {
            return Vec::new();
        }
        let warm_up = (self.readings.len() as f64 * WARM_UP_SHARE) as usize;
        let counted = &self.readings[warm_up..];
        let mut growing: Vec<_> = self
            .stacks
            .iter()
            .filter_map(|(id, frames)| growing_stack(*id, frames, counted))
            .collect();
        growing.sort_by(|one, other| other.bytes_per_hour.total_cmp(&one.bytes_per_hour));
        growing.truncate(TOLD);
        growing
    }

    /// How much there is to go by, and the first of the stacks that grow.
    pub fn text(&self, growing: &[GrowingStack]) -> String {
        let readings = format!(
            "{} of sampled allocations",
            counted(self.readings.len(), "reading")
        );
        match growing.first() {
            None => format!("{readings}, no stack whose objects surely become more"),
            Some(GrowingStack { frames, bytes, .. }) => {
                let sizes = bytes.map(format_bytes).join(" → ");
                let site = frames.first().map_or("(no frame)", String::as_str);
                format!("{readings}, {site}: {sizes}")
            }
        }
    }
}

/// `None` where its objects do not surely become more.
fn growing_stack(id: SiteId, frames: &[String], counted: &[SampledHeap]) -> Option<GrowingStack> {
    let live = |heap: &SampledHeap| heap.sites.get(&id).copied().unwrap_or_default();
    let samples: Vec<f64> = counted.iter().map(|heap| live(heap).samples).collect();
    if !goes_on_growing(&samples) {
        return None;
    }
    let (first, last) = (counted.first()?, counted.last()?);
    let mut by_time = gc::Trend::new(counted.len());
    let mut by_collection = Vec::with_capacity(counted.len());
    for heap in counted {
        by_time.push(heap.at_ns, live(heap).bytes as u64);
        by_collection.push(live(heap).bytes);
    }
    let readings_apart = (last.collections - first.collections) as f64 / (counted.len() - 1) as f64;
    Some(GrowingStack {
        frames: frames.to_vec(),
        bytes_per_hour: by_time.bytes_per_hour()?.estimate,
        bytes: [first, &counted[counted.len() / 2], last].map(|heap| live(heap).bytes),
        bytes_per_collection: RobustSlope::of(&by_collection)?.slope / readings_apart.max(1.0),
    })
}

/// Whether objects become more, by more than comes and goes: next to none of them go, or it is a trend all the same.
fn goes_on_growing(samples: &[f64]) -> bool {
    let steps = samples.windows(2).map(|pair| pair[1] - pair[0]);
    let (come, gone) = steps.fold((0.0, 0.0), |(come, gone), step| {
        (come + step.max(0.0), gone - step.min(0.0))
    });
    // Most stacks end here, without the work of a slope.
    if come - gone < FEWEST_SAMPLES {
        return false;
    }
    let (Some(whole), Some(recent)) = (
        RobustSlope::of(samples),
        RobustSlope::of(&samples[samples.len() / 2..]),
    ) else {
        return false;
    };
    (gone <= come * LOST || whole.z >= CLEAR)
        && recent.slope >= STEADY * whole.slope
        && whole.slope > 0.0
}

impl fmt::Display for GrowingStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_hour = format_bytes(self.bytes_per_hour);
        write!(f, "{}: {per_hour} an hour", self.frames.join(" ← "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::samples::Noise;

    const KB: f64 = 1024.0;

    fn site(name: &str, samples: f64) -> AllocationSite {
        AllocationSite {
            id: SiteId(name.len() as u64),
            stack: vec![
                format!("{name} (/app/{name}.js:1:2)"),
                "handler (/app/index.js:3:4)".into(),
            ],
            bytes: samples * 32.0 * KB,
            samples,
        }
    }

    /// A reading every other collection; one second between collections.
    fn growth(readings: usize, sites: impl Fn(usize) -> Vec<AllocationSite>) -> AllocationGrowth {
        let mut growth = AllocationGrowth::default();
        for at in 0..readings {
            growth.push(at as u64 * 2, at as u64 * 2_000_000_000, sites(at));
        }
        growth
    }

    #[test]
    fn a_stack_whose_objects_stay_is_told_with_its_pace() {
        let found = growth(12, |at| {
            vec![site("keep", at as f64), site("pass on", 40.0)]
        });
        let [stack] = &found.growing()[..] else {
            panic!("{:?}", found.growing());
        };
        assert_eq!(stack.frames[0], "keep (/app/keep.js:1:2)");
        // One sample of 32 KB in two seconds.
        assert!((stack.bytes_per_hour - 32.0 * KB * 1800.0).abs() < 1.0);
        assert!(found.confirms(16.0 * KB));
        assert!(!found.confirms(160.0 * KB));
    }

    #[test]
    fn what_comes_and_goes_is_none_although_it_begins_with_nothing() {
        let mut false_alarms = 0;
        for seed in 0..200 {
            let mut noise = Noise::new(seed);
            let counts: Vec<f64> = (0..16)
                .map(|at| (f64::from(at) * 20.0).min(60.0) + 7.0 * noise.gauss())
                .collect();
            let found = growth(16, |at| vec![site("pass", counts[at])]);
            false_alarms += u32::from(!found.growing().is_empty());
        }
        assert!(false_alarms <= 6, "{false_alarms} of 200");
    }

    #[test]
    fn a_stack_that_has_stopped_is_none() {
        let found = growth(20, |at| vec![site("fill", at.min(12) as f64)]);
        assert_eq!(found.growing(), []);
    }

    #[test]
    fn few_readings_say_nothing_and_many_are_thinned_out() {
        assert_eq!(growth(7, |at| vec![site("keep", at as f64)]).growing(), []);
        let many = growth(1000, |at| vec![site("keep", at as f64)]);
        assert!(many.readings.len() <= MOST_READINGS);
        assert_eq!(many.growing().len(), 1);
    }
}
