//! Tests of the shape of a growing series: what a leak has in common, and warm-ups, caches and tides have not.
#![forbid(unsafe_code)]

use super::robust_slope::{RobustSlope, median};

/// A window with fewer values says nothing.
pub const MIN_VALUES: usize = 12;
/// The newer half of a window shows whether the growth goes on; it has so many values at least.
const MIN_RECENT: usize = 10;
/// So many values tell whether it has just ended, where they hardly waver,
const LATEST: usize = 8;
/// and so many where it has slowed down before.
const LAST: usize = 5;
/// Of so many values the newer half shows it well enough to go by the slope alone.
const CLEAR_COUNT: usize = 32;
/// The share of the pace of all values with which the newest hardly grow.
const STILL: f64 = 0.1;

/// What has filled up wavers about as much as it held when the suspicion of it ended, and that was not quite all of it.
const ABOVE_FORMER_PEAK: f64 = 1.02;

/// How many comparisons of floors there are.
const FLOORS: u32 = 3;

/// One test, with what it found and what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What is tested, for people.
    pub name: &'static str,
    pub found: f64,
    /// `found` has to be at least this.
    pub needed: f64,
}

impl Check {
    fn new(name: &'static str, found: f64, needed: f64) -> Self {
        Self {
            name,
            found,
            needed,
        }
    }

    pub fn has_passed(&self) -> bool {
        self.found >= self.needed
    }
}

/// What else than the series speaks for a growth that lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Support {
    /// Paths of the heap that go on growing.
    Paths,
    /// Sampled allocations that stay.
    Samples,
    None,
    /// Captures do not see where it grows.
    Doubted,
}

/// Equally spaced readings of one size, the oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub whole: RobustSlope,
    recent: RobustSlope,
    /// What the last eight grow at most, or the last five.
    latest_high: f64,
    /// Of as many before the last eight as the newer half has at least.
    preceding: RobustSlope,
    /// Whether all of the last eight are below the middle one of those before: half of what it had grown by has been given back, at
    /// least.
    pub has_fallen: bool,
    count: usize,
    /// By how much the line rises in the window, as a share of the memory it belongs to.
    pub growth: f64,
    /// The lowest value of each quarter.
    floors: [f64; 4],
}

impl Shape {
    /// `base` is the memory that growth is compared with. `None` for too few values.
    pub fn of(values: &[f64], base: f64) -> Option<Self> {
        if values.len() < MIN_VALUES {
            return None;
        }
        let recent = &values[values.len() - Self::recent_count(values.len())..];
        let (earlier, latest) = values.split_at(values.len() - LATEST);
        let preceding = &earlier[earlier.len().saturating_sub(MIN_RECENT)..];
        let latest_high = RobustSlope::of(latest)?.high;
        let last_high = RobustSlope::of(&latest[LATEST - LAST..])?.high;
        let middle = median(&mut earlier.to_vec());
        let whole = RobustSlope::of(values)?;
        Some(Self {
            growth: whole.slope * values.len() as f64 / base.max(1.0),
            recent: RobustSlope::of(recent)?,
            latest_high: latest_high.min(last_high),
            preceding: RobustSlope::of(preceding)?,
            has_fallen: latest.iter().all(|value| *value < middle),
            count: values.len(),
            floors: floors(values),
            whole,
        })
    }

    /// Whether it can be suspicious at all. Cheap, and almost always false.
    pub fn may_be_suspicious(values: &[f64]) -> bool {
        values.len() >= MIN_VALUES && count_risen(floors(values)) == FLOORS
    }

    /// Whether it is worth a look. `former_peak` is what it had risen to before it last stopped growing.
    pub fn suspicion(&self, min_growth: f64, former_peak: Option<f64>) -> Vec<Check> {
        let mut checks = vec![
            Check::new("trend in standard deviations", self.whole.z, 3.3),
            Check::new("growth as a share of the memory", self.growth, min_growth),
            Check::new(
                "floors of the quarters that rise",
                count_risen(self.floors).into(),
                FLOORS.into(),
            ),
            Check::new("newest slope as a share of the whole", self.pace(), 0.3),
        ];
        checks.extend(former_peak.map(|peak| {
            Check::new(
                "floor of the newest quarter as a share of the former peak",
                self.floors[3] / peak.max(1.0),
                ABOVE_FORMER_PEAK,
            )
        }));
        checks
    }

    /// Whether the growth lasts, by the series and what else speaks for it.
    pub fn persistence(&self, support: Support) -> [Check; 5] {
        let [trend, growth, pace, floor] = match support {
            // That it goes on is known from the paths.
            Support::Paths => [3.3, 0.07, 0.6, f64::NEG_INFINITY],
            Support::Samples => [4.5, 0.07, 0.7, f64::NEG_INFINITY],
            Support::None => [5.5, 0.1, 0.7, f64::MIN_POSITIVE],
            Support::Doubted => [5.5, 0.2, 0.7, f64::MIN_POSITIVE],
        };
        [
            Check::new("trend in standard deviations", self.whole.z, trend),
            Check::new("growth as a share of the memory", self.growth, growth),
            Check::new("newest slope as a share of the whole", self.pace(), pace),
            Check::new("lowest likely newest slope", self.recent.low, floor),
            Check::new(
                "highest likely slope of the last eight or five as a share of that before",
                self.latest_pace(),
                0.6,
            ),
        ]
    }

    /// The slope of the newest values, as a share of that of all.
    fn pace(&self) -> f64 {
        share(self.recent.slope, self.whole.slope)
    }

    /// What the last eight grow at most, or the last five, as a share of the slope of all, or of that before them where growth
    /// had surely become faster.
    fn latest_pace(&self) -> f64 {
        share(self.latest_high, self.preceding.low.max(self.whole.slope))
    }

    /// Whether the newest values surely grow at less than half the pace of all, or hardly any more.
    pub fn has_flattened(&self) -> bool {
        self.recent.high < self.whole.slope / 2.0
            || self.count >= CLEAR_COUNT && self.recent.slope < self.whole.slope * STILL
    }

    /// Whether the newest values grow at less than half the pace of all, as far as can be seen.
    pub fn slows_down(&self) -> bool {
        self.recent.slope < self.whole.slope / 2.0
    }

    /// How many values of so many are the newest part.
    pub fn recent_count(count: usize) -> usize {
        (count / 2).max(MIN_RECENT)
    }
}

/// Of another slope; zero where that is none.
fn share(slope: f64, whole: f64) -> f64 {
    match whole {
        0.0 => 0.0,
        whole => slope / whole,
    }
}

/// The lowest value of each quarter.
fn floors(values: &[f64]) -> [f64; 4] {
    [0, 1, 2, 3].map(|quarter| {
        let bounds = quarter * values.len() / 4..(quarter + 1) * values.len() / 4;
        values[bounds].iter().copied().fold(f64::INFINITY, f64::min)
    })
}

/// How many of the later floors are higher than those before.
fn count_risen([first, second, third, last]: [f64; 4]) -> u32 {
    let rises = [third > first, last > second, last > third];
    rises.into_iter().map(u32::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_persistent(values: &[f64]) -> bool {
        let shape = Shape::of(values, 100.0).expect("enough values");
        let checks = shape.persistence(Support::Paths);
        checks.iter().all(Check::has_passed)
    }

    #[test]
    fn what_has_just_ended_is_no_leak_though_it_had_become_faster() {
        // Tiles of a map that were loaded faster and faster, until there were no more: two recorded series.
        let loaded = [
            [
                15.4, 15.7, 16.1, 16.5, 17.4, 18.1, 19.0, 20.0, 21.3, 22.5, 24.0, 25.3, 26.8, 28.5,
                30.1, 31.6, 34.0, 36.3, 38.3, 40.2, 42.1, 44.8, 47.5, 50.0, 53.2, 55.5, 58.4, 61.5,
                64.1, 65.3, 66.5, 67.2, 67.5, 67.7, 67.7, 67.9,
            ],
            [
                14.7, 15.0, 15.3, 15.8, 16.6, 17.3, 18.0, 19.0, 20.3, 21.4, 22.8, 24.1, 25.5, 26.9,
                28.4, 30.0, 32.1, 34.3, 36.1, 37.9, 39.8, 42.1, 44.6, 47.0, 49.8, 52.0, 54.8, 58.0,
                60.5, 62.1, 63.2, 64.0, 64.4, 64.5, 64.6, 64.7,
            ],
        ];
        for series in loaded {
            assert!(!is_persistent(&series), "{series:?}");
        }
        let faster = |at: u32| 15.0 + 0.55 * f64::from(at) + 0.038 * f64::from(at).powi(2);
        let still_loads: Vec<f64> = (0..36).map(faster).collect();
        assert!(is_persistent(&still_loads));
    }

    #[test]
    fn what_has_just_filled_up_is_no_leak_where_that_can_be_seen() {
        // Full after 28 of 36 values, with and without noise.
        let filled = |noise: f64| -> Vec<f64> {
            let value =
                |at: u32| 100.0 + 2.0 * f64::from(at.min(28)) + noise * f64::from(at * 7 % 5);
            (0..36).map(value).collect()
        };
        let growing: Vec<f64> = (0..36).map(|at| 100.0 + 2.0 * f64::from(at)).collect();
        assert!(is_persistent(&growing));
        assert!(!is_persistent(&filled(0.1)));
        assert!(is_persistent(&filled(3.0)), "nobody can tell");
    }
}
