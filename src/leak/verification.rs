//! Tells from two recordings, one from before a fix and one from after it, whether the fix worked.
//!
//! Each is cut into blocks of readings that follow each other, and of each block the middle counts: a reading
//! depends on its neighbours, a block much less on the next. The slopes over the blocks say how much each side grows. A
//! permutation test says whether before grows more than after beyond chance: it deals the growth from each block to
//! the next to before and after at random, which leaves both their trends when these are the same.
#![forbid(unsafe_code)]

use super::permutation::{Chance, chance_of_excess};
use super::recording::SeriesRecording;
use crate::gc::{Interval, TheilSen};
use crate::units::format_bytes;

/// The first quarter of a recording is the warm-up.
const WARM_UP: usize = 4;
/// What is left of so many readings makes blocks of three, and with fewer blocks no difference is beyond chance.
const LEAST_READINGS: usize = 24;
/// How often chance may call a difference one.
const LEVEL: f64 = 0.01;
/// What a fix may leave of the growth: caches and V8 itself grow a little for a long time.
const LEFT_OVER: f64 = 0.05;
/// How few and how many: more give narrower intervals, larger ones surer answers about noisy readings.
const BLOCKS: (usize, usize) = (6, 10);
const READINGS_A_BLOCK: usize = 5;
const NS_PER_HOUR: f64 = 3.6e12;

/// What came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Before grew, and next to nothing is left of it.
    Fixed,
    /// After grows less than before, but may still grow.
    Better,
    /// After grows, and not beyond chance less than before.
    NotFixed,
    CannotTell,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Better => "better",
            Self::NotFixed => "not fixed",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// The comparison of two recordings.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    pub verdict: Verdict,
    /// Sentences for people.
    pub reasons: Vec<String>,
    pub before: Side,
    pub after: Side,
    /// `None` when one side has no growth to compare.
    pub difference: Option<Difference>,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    pub readings: usize,
    /// Those after the warm-up.
    pub used_readings: usize,
    /// `None` with too few readings, or when all are of one moment.
    pub growth: Option<Growth>,
}

/// Slopes of the live heap in bytes, Theil–Sen with Sen's 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    pub per_hour: Interval,
    pub per_collection: Interval,
}

/// After minus before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub growth: Growth,
    /// That before grows so much more than after by chance alone: the larger of those per hour and per collection,
    /// so that another load, or another number of collections for the same load, does not pass for a fix.
    pub chance: Chance,
}

impl Verification {
    pub fn of(before: &SeriesRecording, after: &SeriesRecording) -> Self {
        let (before, after) = (Settled::of(before), Settled::of(after));
        let (before_side, after_side) = (before.side(), after.side());
        let (verdict, reasons, difference) = match (before_side.growth, after_side.growth) {
            (Some(before_growth), Some(after_growth)) => {
                let difference = Difference {
                    growth: after_growth.minus(before_growth),
                    chance: before.chance_over(&after),
                };
                let (verdict, reasons) = judge(before_growth, after_growth, difference.chance);
                (verdict, reasons, Some(difference))
            }
            _ => {
                let sides = [("before", before_side), ("after", after_side)];
                let reasons = sides.iter().filter_map(|(name, side)| side.flaw(name));
                (Verdict::CannotTell, reasons.collect(), None)
            }
        };
        Self {
            verdict,
            reasons,
            before: before_side,
            after: after_side,
            difference,
        }
    }
}

fn judge(before: Growth, after: Growth, chance: Chance) -> (Verdict, Vec<String>) {
    let is_less = chance.p <= LEVEL;
    let verdict = match (before.is_sure(), after.is_sure()) {
        (true, _) if is_less && after.is_left_over(before) => Verdict::Fixed,
        (true, _) if is_less => Verdict::Better,
        (_, true) => Verdict::NotFixed,
        _ => Verdict::CannotTell,
    };
    let mut reasons = Vec::new();
    reasons.push(match before.is_sure() {
        true => format!("before grows by {}", before.text()),
        false => format!("before may not have grown at all: {}", before.text()),
    });
    reasons.push(match (after.is_left_over(before), after.is_sure()) {
        (true, _) if before.is_sure() => format!("next to nothing is left of it: {}", after.text()),
        (_, true) => format!("after grows by {}", after.text()),
        _ => format!("after may grow or not: {}", after.text()),
    });
    let p = chance.p;
    reasons.push(match is_less {
        true => format!("that after grows less is hardly chance: p = {p:.4}"),
        false => format!("that after grows less may be chance: p = {p:.4}, above {LEVEL}"),
    });
    if verdict == Verdict::CannotTell {
        reasons.push("longer recordings under the same load may tell".into());
    }
    (verdict, reasons)
}

impl Growth {
    /// Whether it is growth beyond doubt. That depends on the order of the sizes only, so both slopes agree.
    fn is_sure(self) -> bool {
        self.per_collection.low > 0.0 && self.per_hour.low > 0.0
    }

    /// Whether a fix of `before` may leave so much.
    fn is_left_over(self, before: Self) -> bool {
        let is_little = |one: Interval, of: Interval| one.high <= of.estimate * LEFT_OVER;
        is_little(self.per_hour, before.per_hour)
            && is_little(self.per_collection, before.per_collection)
    }

    fn minus(self, other: Self) -> Self {
        let minus = |one: Interval, other: Interval| Interval {
            low: one.low - other.high,
            estimate: one.estimate - other.estimate,
            high: one.high - other.low,
        };
        Self {
            per_hour: minus(self.per_hour, other.per_hour),
            per_collection: minus(self.per_collection, other.per_collection),
        }
    }

    fn text(self) -> String {
        let Interval {
            low,
            estimate,
            high,
        } = self.per_collection;
        format!(
            "{} per full collection ({} to {})",
            format_bytes(estimate),
            format_bytes(low),
            format_bytes(high)
        )
    }
}

impl Side {
    /// Why there is nothing to compare.
    fn flaw(&self, name: &str) -> Option<String> {
        match self.growth {
            Some(_) => None,
            None if self.readings < LEAST_READINGS => Some(format!(
                "{name} has {} full collections, {LEAST_READINGS} are needed",
                self.readings
            )),
            None => Some(format!("the readings of {name} are all of one moment")),
        }
    }
}

/// A recording without its warm-up.
struct Settled {
    readings: usize,
    used_readings: usize,
    /// None of fewer than [`LEAST_READINGS`].
    blocks: Vec<Point>,
}

/// A reading, or the middle of a block of them.
#[derive(Clone, Copy, Debug)]
struct Point {
    collection: u64,
    at_ns: u64,
    live_bytes: u64,
}

/// What growth is counted by.
#[derive(Clone, Copy, Debug)]
enum Per {
    Hour,
    Collection,
}

impl Per {
    fn place(self, point: &Point) -> f64 {
        match self {
            Self::Hour => point.at_ns as f64 / NS_PER_HOUR,
            Self::Collection => point.collection as f64,
        }
    }
}

impl Settled {
    fn of(recording: &SeriesRecording) -> Self {
        let points: Vec<Point> = recording
            .readings()
            .map(|reading| Point {
                collection: reading.sequence,
                at_ns: reading.at_ns,
                live_bytes: reading.live_bytes,
            })
            .collect();
        let used = &points[points.len() / WARM_UP..];
        let count = (used.len() / READINGS_A_BLOCK).clamp(BLOCKS.0, BLOCKS.1);
        Self {
            readings: points.len(),
            used_readings: used.len(),
            blocks: match points.len() {
                0..LEAST_READINGS => Vec::new(),
                _ => middles(used, count),
            },
        }
    }

    fn side(&self) -> Side {
        Side {
            readings: self.readings,
            used_readings: self.used_readings,
            growth: self.growth(),
        }
    }

    fn growth(&self) -> Option<Growth> {
        Some(Growth {
            per_hour: self.slope(Per::Hour)?,
            per_collection: self.slope(Per::Collection)?,
        })
    }

    fn slope(&self, per: Per) -> Option<Interval> {
        let blocks = self.blocks.iter();
        let points: Vec<_> = blocks
            .map(|block| (per.place(block), block.live_bytes as f64))
            .collect();
        TheilSen::of(&points).map(|mut slopes| slopes.interval_95())
    }

    fn chance_over(&self, other: &Self) -> Chance {
        let [hour, collection] = [Per::Hour, Per::Collection]
            .map(|per| chance_of_excess(&self.steps(per), &other.steps(per)));
        if hour.p > collection.p {
            hour
        } else {
            collection
        }
    }

    /// Growth from each block to the next. Where no time has passed there is none.
    fn steps(&self, per: Per) -> Vec<f64> {
        let step = |pair: &[Point]| {
            let passed = per.place(&pair[1]) - per.place(&pair[0]);
            let bytes = pair[1].live_bytes as f64 - pair[0].live_bytes as f64;
            (passed > 0.0).then_some(bytes / passed)
        };
        self.blocks.windows(2).filter_map(step).collect()
    }
}

/// Each of `count` blocks of neighbours by the mean of its sizes, without the lowest and the highest quarter, and the
/// middle of its places.
///
/// A large request in flight is no outlier then, as for a mean, and a heap that goes to and fro between two sizes does
/// not jump between them from block to block, as for a median.
fn middles(points: &[Point], count: usize) -> Vec<Point> {
    let middle = |block: &[Point]| {
        let mut sizes: Vec<u64> = block.iter().map(|point| point.live_bytes).collect();
        sizes.sort_unstable();
        let left_out = sizes.len() / 4;
        let kept = &sizes[left_out..sizes.len() - left_out];
        let sum: f64 = kept.iter().map(|size| *size as f64).sum();
        Point {
            live_bytes: (sum / kept.len() as f64) as u64,
            ..block[block.len() / 2]
        }
    };
    (0..count)
        .map(|at| middle(&points[at * points.len() / count..(at + 1) * points.len() / count]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::recording::samples::recording;
    use super::super::samples::Noise;
    use super::*;

    const BASE: f64 = 200e6;

    /// A heap that rises by `growth` bytes a collection, with noise of `noise` bytes of which the share `kept`
    /// stays from one collection to the next.
    fn series(seed: u64, count: usize, growth: f64, noise: f64, kept: f64) -> SeriesRecording {
        let mut random = Noise::new(seed);
        let mut off = 0.0;
        let sizes: Vec<u64> = (0..count)
            .map(|at| {
                off = kept * off + (1.0 - kept * kept).sqrt() * random.gauss();
                // The first tenth is a warm-up.
                let warm_up = (1.0 - 10.0 * at as f64 / count as f64).max(0.0);
                (BASE + growth * at as f64 + noise * off - 5e7 * warm_up) as u64
            })
            .collect();
        recording(&sizes)
    }

    /// How many of 200 pairs get each verdict: fixed, better, not fixed, cannot tell.
    fn verdicts(pair: impl Fn(u64) -> [SeriesRecording; 2]) -> [u32; 4] {
        let mut counts = [0; 4];
        for seed in 0..200 {
            let [before, after] = pair(2 * seed);
            counts[Verification::of(&before, &after).verdict as usize] += 1;
        }
        counts
    }

    #[test]
    fn noise_alone_is_hardly_ever_called_fixed_or_growth() {
        for (count, kept) in [(24, 0.0), (40, 0.0), (40, 0.7), (48, 0.9)] {
            let noise = |seed| series(seed, count, 0.0, 1e6, kept);
            let [fixed, better, not_fixed, _] = verdicts(|seed| [noise(seed), noise(seed + 1)]);
            assert!(fixed + better <= 1, "{count} {kept}: {fixed} {better}");
            let most = if kept < 0.5 { 8 } else { 30 };
            assert!(not_fixed <= most, "{count} {kept}: {not_fixed}");
        }
    }

    #[test]
    fn the_same_growth_is_not_fixed() {
        for kept in [0.0, 0.7] {
            let leak = |seed| series(seed, 48, 1e6, 2e6, kept);
            let [fixed, better, not_fixed, _] = verdicts(|seed| [leak(seed), leak(seed + 1)]);
            assert!(fixed == 0 && better <= 2, "{fixed} {better}");
            assert!(not_fixed >= 190, "{not_fixed}");
        }
    }

    #[test]
    fn growth_that_is_gone_is_fixed_and_the_other_way_round_it_is_not() {
        let pair = |seed| {
            let leaking = series(seed, 48, 1e6, 2e5, 0.5);
            [leaking, series(seed + 1, 48, 0.0, 2e5, 0.5)]
        };
        let [fixed, ..] = verdicts(pair);
        assert!(fixed >= 195, "{fixed}");
        let swapped = |seed| {
            let [leaking, flat] = pair(seed);
            [flat, leaking]
        };
        assert_eq!(verdicts(swapped), [0, 0, 200, 0]);
    }

    #[test]
    fn a_part_that_is_left_is_better_and_not_fixed() {
        for left in [1e5, 5e5] {
            let [fixed, better, ..] = verdicts(|seed| {
                let before = series(seed, 48, 1e6, 5e5, 0.5);
                [before, series(seed + 1, 48, left, 5e5, 0.5)]
            });
            assert!(fixed <= 2, "{left}: {fixed}");
            assert!(better >= 190, "{left}: {better}");
        }
    }

    #[test]
    fn a_cache_that_is_emptied_when_it_is_full_was_never_fixed() {
        let cache = |seed: u64| {
            let mut random = Noise::new(seed);
            let period = 7 + seed % 9;
            let start = (random.uniform() * 20.0) as u64;
            let sizes: Vec<u64> = (start..start + 48)
                .map(|at| (BASE + 4e6 * (at % period) as f64 + 1e5 * random.gauss()) as u64)
                .collect();
            recording(&sizes)
        };
        let [fixed, better, ..] = verdicts(|seed| [cache(seed), cache(seed + 1)]);
        assert_eq!((fixed, better), (0, 0));
    }

    #[test]
    fn a_heap_that_goes_to_and_fro_or_has_spikes_is_fixed_too() {
        let before = series(1, 48, 1e6, 1e5, 0.0);
        for shape in [
            |at: u64| at % 2 * 500_000,
            |at: u64| u64::from(at % 11 == 5) * 40_000_000,
        ] {
            let sizes: Vec<u64> = (0..48).map(|at| 200_000_000 + shape(at)).collect();
            let told = Verification::of(&before, &recording(&sizes));
            assert_eq!(told.verdict, Verdict::Fixed, "{told:?}");
        }
    }

    #[test]
    fn another_load_is_no_fix() {
        let before = series(1, 48, 1e6, 1e5, 0.0);
        let spread = |factor: f64, growth: f64| {
            let mut after = series(2, 48, growth, 1e5, 0.0);
            after.rows.iter_mut().for_each(|row| row.at_ms *= factor);
            Verification::of(&before, &after)
        };
        // A tenth of the load: growth per hour is a tenth, per collection it is the same.
        let idle = spread(10.0, 1e6);
        let [per_hour, per_collection] = idle
            .difference
            .map(|one| [one.growth.per_hour, one.growth.per_collection])
            .expect("both grow");
        assert!(per_hour.high < 0.0 && per_collection.low < 0.0 && per_collection.high > 0.0);
        assert_eq!(idle.verdict, Verdict::NotFixed);
        // Ten times as many collections for the same load.
        assert_eq!(spread(0.1, 1e5).verdict, Verdict::NotFixed);
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let leak = |count| series(1, count, 1e6, 1e5, 0.0);
        let told = Verification::of(&leak(23), &leak(24));
        assert_eq!(told.verdict, Verdict::CannotTell);
        assert_eq!(
            told.reasons,
            ["before has 23 full collections, 24 are needed"]
        );
        assert_eq!((told.before.growth, told.difference), (None, None));
        assert!(told.after.growth.is_some());
        let mut moment = leak(24);
        moment.rows.iter_mut().for_each(|row| row.at_ms = 5.0);
        let told = Verification::of(&leak(24), &moment);
        assert_eq!(
            told.reasons,
            ["the readings of after are all of one moment"]
        );
        let empty = Verification::of(&leak(0), &leak(0));
        assert_eq!(
            (empty.verdict, empty.reasons.len()),
            (Verdict::CannotTell, 2)
        );
    }

    #[test]
    fn the_warm_up_is_no_growth() {
        let warm_up = |at: u64| 200_000_000 + 10_000_000 * at.min(10);
        let sizes: Vec<u64> = (0..40).map(|at| warm_up(at) + at % 3).collect();
        let told = Verification::of(&recording(&sizes), &recording(&sizes));
        assert_eq!(told.verdict, Verdict::CannotTell);
        assert_eq!((told.before.readings, told.before.used_readings), (40, 30));
        let growth = told.before.growth.expect("there is enough");
        assert!(growth.per_collection.high <= 1.0, "{growth:?}");
    }
}
