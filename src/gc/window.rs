//! The newest post-GC readings and their robust slope.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

const NS_PER_HOUR: f64 = 3.6e12;

/// An estimate between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub estimate: f64,
    pub high: f64,
}

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
    /// O(n² log n) for n readings: 496 slopes for 32.
    pub fn bytes_per_hour(&self) -> Option<Interval> {
        let count = self.points.len();
        if count < 3 {
            return None;
        }
        let mut slopes = Vec::with_capacity(count * (count - 1) / 2);
        for (at, (later_ns, later_bytes)) in self.points.iter().enumerate().skip(1) {
            for (earlier_ns, earlier_bytes) in self.points.iter().take(at) {
                if later_ns > earlier_ns {
                    let bytes = *later_bytes as f64 - *earlier_bytes as f64;
                    slopes.push(bytes / (later_ns - earlier_ns) as f64 * NS_PER_HOUR);
                }
            }
        }
        if slopes.is_empty() {
            return None;
        }
        slopes.sort_unstable_by(f64::total_cmp);
        // Sen (1968): the slopes at these ranks bound the true one; the variance is Kendall's.
        let n = count as f64;
        let half_width = 1.96 * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
        let last = slopes.len() - 1;
        let pairs = slopes.len() as f64;
        let low = ((pairs - half_width) / 2.0).floor().max(0.0) as usize;
        let high = (((pairs + half_width) / 2.0).ceil() as usize).min(last);
        Some(Interval {
            low: slopes[low.min(last)],
            estimate: median(&slopes),
            high: slopes[high],
        })
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => (sorted[middle - 1] + sorted[middle]) / 2.0,
        _ => sorted[middle],
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
