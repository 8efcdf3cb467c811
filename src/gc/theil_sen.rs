//! Theil–Sen's slope: the middle one of those between each two points, which a few wild readings do not move.
#![forbid(unsafe_code)]

/// Standard deviations on either side that hold 95 %.
const QUANTILE_95: f64 = 1.96;

/// An estimate between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub estimate: f64,
    pub high: f64,
}

/// The slopes between each two of some points.
#[derive(Debug)]
pub struct TheilSen {
    slopes: Vec<f64>,
    points: usize,
}

impl TheilSen {
    /// Of places and values, the places in their order. Two points in one place have no slope between them.
    ///
    /// `None` with fewer than three points, or where all are in one place.
    ///
    /// # Complexity
    ///
    /// O(n²) time and memory for n points: 2,016 slopes for 64.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len();
        if count < 3 {
            return None;
        }
        let mut slopes = Vec::with_capacity(count * (count - 1) / 2);
        for (at, (later, high)) in points.iter().enumerate().skip(1) {
            for (earlier, low) in &points[..at] {
                if later > earlier {
                    slopes.push((high - low) / (later - earlier));
                }
            }
        }
        (!slopes.is_empty()).then_some(Self {
            slopes,
            points: count,
        })
    }

    pub fn slope(&mut self) -> f64 {
        let middle = self.slopes.len() / 2;
        *self.at(middle)
    }

    /// Kendall's statistic: how many of the slopes rise, less how many fall.
    pub fn concordance(&self) -> f64 {
        let signs = self
            .slopes
            .iter()
            .map(|slope| f64::from(i8::from(*slope > 0.0) - i8::from(*slope < 0.0)));
        signs.sum()
    }

    /// Standard deviation of Kendall's statistic where there is no trend and each value is independent of the others.
    pub fn deviation(&self) -> f64 {
        let n = self.points as f64;
        (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt()
    }

    /// Sen's interval that holds the true slope of independent values in 95 % of the cases.
    pub fn interval_95(&mut self) -> Interval {
        self.interval(QUANTILE_95 * self.deviation())
    }

    /// Sen (1968): so much of Kendall's statistic on either side of the middle bounds the true slope.
    pub fn interval(&mut self, half_width: f64) -> Interval {
        let (count, last) = (self.slopes.len() as f64, self.slopes.len() - 1);
        let low = ((count - half_width) / 2.0).floor().max(0.0) as usize;
        let high = ((count + half_width) / 2.0).ceil() as usize;
        Interval {
            low: *self.at(low.min(last)),
            estimate: self.slope(),
            high: *self.at(high.min(last)),
        }
    }

    fn at(&mut self, rank: usize) -> &f64 {
        self.slopes.select_nth_unstable_by(rank, f64::total_cmp).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_its_slope_wherever_its_points_are() {
        let points = [(0.0, 1.0), (1.0, 3.0), (5.0, 11.0), (6.0, 13.0)];
        let mut line = TheilSen::of(&points).expect("enough points");
        let Interval {
            low,
            estimate,
            high,
        } = line.interval(3.0);
        assert_eq!((low, estimate, high), (2.0, 2.0, 2.0));
        assert_eq!(line.concordance(), 6.0);
    }

    #[test]
    fn points_in_one_place_have_no_slope_between_them() {
        let points = [(0.0, 1.0), (1.0, 7.0), (1.0, 3.0), (2.0, 5.0)];
        let line = TheilSen::of(&points).expect("there are other places");
        assert_eq!(line.slopes.len(), 5);
        assert!(TheilSen::of(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]).is_none());
        assert!(TheilSen::of(&points[..2]).is_none());
    }
}
