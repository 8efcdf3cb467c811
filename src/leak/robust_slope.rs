//! Slope of a noisy series that a few wild readings do not move, and how sure it is.
#![forbid(unsafe_code)]

use crate::gc::{Interval, TheilSen};

/// Standard deviations on either side that hold 99 %.
const QUANTILE: f64 = 2.576;
/// Neighbours that are more alike than this leave too little to estimate from.
const MAX_AUTOCORRELATION: f64 = 0.9;

/// Rises of so many standard deviations of what is left over are no accident of autocorrelated noise.
const CLEAR_RISE: f64 = 12.0;
/// Standard deviation of normal values that have a median distance of 1 from their middle.
const NORMAL: f64 = 1.4826;

/// Theil–Sen slope of equally spaced values with Sen's 99 % confidence interval, and the Mann–Kendall trend test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RobustSlope {
    /// Per step.
    pub slope: f64,
    pub low: f64,
    pub high: f64,
    /// Mann–Kendall's statistic in standard deviations, corrected for values that resemble their neighbours.
    pub z: f64,
}

impl RobustSlope {
    /// `None` for fewer than three values.
    ///
    /// # Complexity
    ///
    /// That of [`TheilSen::of`].
    pub fn of(values: &[f64]) -> Option<Self> {
        let points = values.iter().enumerate();
        let points: Vec<_> = points.map(|(at, value)| (at as f64, *value)).collect();
        let mut slopes = TheilSen::of(&points)?;
        let slope = slopes.slope();
        let mut residuals: Vec<f64> = points
            .iter()
            .map(|(at, value)| value - slope * at)
            .collect();
        let start = median(&mut residuals.clone());
        for residual in &mut residuals {
            *residual -= start;
        }
        // A line that hardly wavers is no wave, however much its residuals resemble each other.
        let rise = (slope * values.len() as f64).abs();
        let likeness = if rise > CLEAR_RISE * spread(&residuals) {
            1.0
        } else {
            inflation(&residuals)
        };
        let deviation = slopes.deviation() * likeness.sqrt();
        let Interval { low, high, .. } = slopes.interval(QUANTILE * deviation);
        let rises = slopes.concordance();
        Some(Self {
            slope,
            low,
            high,
            // One is taken off because the statistic goes in steps.
            z: (rises.abs() - 1.0).max(0.0).copysign(rises) / deviation,
        })
    }
}

/// Standard deviation of residuals, wild ones left out.
fn spread(residuals: &[f64]) -> f64 {
    let mut distances: Vec<f64> = residuals.iter().map(|residual| residual.abs()).collect();
    NORMAL * median(&mut distances)
}

/// How many times the variance of independent values: readings that resemble their neighbours say less.
fn inflation(residuals: &[f64]) -> f64 {
    let mean = residuals.iter().sum::<f64>() / residuals.len() as f64;
    let product = |(one, other): (&f64, &f64)| (one - mean) * (other - mean);
    let variance: f64 = residuals.iter().zip(residuals).map(product).sum();
    let covariance: f64 = residuals.iter().zip(&residuals[1..]).map(product).sum();
    if variance <= 0.0 {
        return 1.0;
    }
    // The estimate is too low by about 1 / n in a short series.
    let autocorrelation = covariance / variance + 1.0 / residuals.len() as f64;
    let autocorrelation = autocorrelation.clamp(0.0, MAX_AUTOCORRELATION);
    (1.0 + autocorrelation) / (1.0 - autocorrelation)
}

/// The higher one of the two in the middle. Reorders the values.
///
/// # Panics
///
/// If there are none.
pub fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::samples::Noise;

    fn line(count: usize, slope: f64) -> Vec<f64> {
        (0..count).map(|at| 100.0 + slope * at as f64).collect()
    }

    #[test]
    fn a_straight_line_has_its_slope_and_no_doubt() {
        let found = RobustSlope::of(&line(20, 2.0)).expect("enough values");
        assert_eq!((found.low, found.slope, found.high), (2.0, 2.0, 2.0));
        assert!(found.z > 5.0);
        assert!(RobustSlope::of(&line(20, -2.0)).expect("enough").z < -5.0);
    }

    #[test]
    fn wild_readings_do_not_move_it() {
        let mut values = line(30, 1.0);
        values[3] = 900.0;
        values[20] = 0.0;
        let found = RobustSlope::of(&values).expect("enough values");
        assert!((found.slope - 1.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_line_that_bends_a_little_is_a_trend_all_the_same() {
        let bent: Vec<f64> = line(30, 1.0)
            .iter()
            .enumerate()
            .map(|(at, value)| value + (at as f64 / 10.0).sin())
            .collect();
        assert!(RobustSlope::of(&bent).expect("enough values").z > 7.0);
    }

    #[test]
    fn a_constant_has_no_trend() {
        let found = RobustSlope::of(&[5.0; 12]).expect("enough values");
        assert_eq!((found.slope, found.z), (0.0, 0.0));
        assert_eq!(RobustSlope::of(&[1.0, 2.0]), None);
    }

    #[test]
    fn the_interval_holds_the_true_slope_as_often_as_it_says() {
        let mut noise = Noise::new(1);
        let mut hits = 0;
        for _ in 0..1000 {
            let values: Vec<f64> = line(24, 0.5)
                .iter()
                .map(|value| value + 2.0 * noise.gauss())
                .collect();
            let found = RobustSlope::of(&values).expect("enough values");
            hits += i32::from((found.low..=found.high).contains(&0.5));
        }
        assert!(hits >= 980, "{hits} of 1,000");
    }

    #[test]
    fn values_that_resemble_their_neighbours_are_no_trend() {
        let mut noise = Noise::new(2);
        let mut trends = 0;
        for _ in 0..1000 {
            let values = noise.autocorrelated(40, 0.7);
            let found = RobustSlope::of(&values).expect("enough values");
            trends += i32::from(found.z.abs() > 3.3);
        }
        assert!(trends <= 30, "{trends} of 1,000");
    }
}
