//! The newest post-GC readings and their robust slope.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::theil_sen::{Interval, TheilSen};

const NS_PER_HOUR: f64 = 3.6e12;

/// Readings of a size over time, the newest `capacity` of them.
#[derive(Debug)]
pub struct Trend {
    points: VecDeque<(u64, u64)>,
    capacity: usize,
}

impl Trend {
    pub fn new(capacity: usize) -> Self {
        Self {
            points: VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    /// Adds a reading; the oldest one goes when there is no room.
    pub fn push(&mut self, at_ns: u64, bytes: u64) {
        if self.points.len() == self.capacity {
            self.points.pop_front();
        }
        self.points.push_back((at_ns, bytes));
    }

    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// Theil–Sen slope in bytes an hour, with Sen's 95 % confidence interval.
    ///
    /// `None` with fewer than three readings or no time between them.
    ///
    /// # Complexity
    ///
    /// That of [`TheilSen::of`]: 496 slopes for 32 readings.
    pub fn bytes_per_hour(&self) -> Option<Interval> {
        let (first_ns, _) = *self.points.front()?;
        let points = self.points.iter().map(|(at_ns, bytes)| {
            let hours = at_ns.saturating_sub(first_ns) as f64 / NS_PER_HOUR;
            (hours, *bytes as f64)
        });
        let points: Vec<_> = points.collect();
        TheilSen::of(&points).map(|mut slopes| slopes.interval_95())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn trend(bytes: impl IntoIterator<Item = u64>) -> Trend {
        let mut trend = Trend::new(32);
        for (at, bytes) in bytes.into_iter().enumerate() {
            trend.push(at as u64 * SECOND, bytes);
        }
        trend
    }

    #[test]
    fn a_straight_line_has_its_slope_and_no_doubt() {
        let slope = trend((0..20).map(|at| 5_000_000 + at * 1000))
            .bytes_per_hour()
            .expect("a slope");
        for value in [slope.low, slope.estimate, slope.high] {
            assert!((value - 3_600_000.0).abs() < 1.0, "{value}");
        }
    }

    #[test]
    fn one_wild_reading_does_not_move_the_slope() {
        let line = (0..21).map(|at| {
            if at == 10 {
                900_000_000
            } else {
                5_000_000 + at * 1000
            }
        });
        let slope = trend(line).bytes_per_hour().expect("a slope");
        assert!(
            (slope.estimate - 3_600_000.0).abs() < 360_000.0,
            "{slope:?}"
        );
    }

    #[test]
    fn noise_without_growth_has_zero_inside_its_interval() {
        let slope = trend((0..30).map(|at| 5_000_000 + at * 7919 % 1000))
            .bytes_per_hour()
            .expect("a slope");
        assert!(slope.low < 0.0 && slope.high > 0.0, "{slope:?}");
    }

    #[test]
    fn too_few_or_simultaneous_readings_have_no_slope() {
        assert_eq!(trend([1, 2]).bytes_per_hour(), None);
        let mut same = Trend::new(8);
        (0..5).for_each(|bytes| same.push(SECOND, bytes));
        assert_eq!(same.bytes_per_hour(), None);
    }

    #[test]
    fn only_the_newest_readings_count() {
        let mut trend = Trend::new(4);
        (0..100).for_each(|at| trend.push(at * SECOND, 1000 - at));
        (100..104).for_each(|at| trend.push(at * SECOND, at * 2));
        assert!(trend.bytes_per_hour().expect("a slope").estimate > 0.0);
    }
}
