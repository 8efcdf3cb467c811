//! Pause times in a histogram of fixed size: one addition a collection, quantiles on request.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

/// Buckets per doubling: a quantile is at most 1/16 above the true value.
const STEPS: u64 = 16;
const STEPS_LOG2: u32 = STEPS.trailing_zeros();
/// Values from 2^40 ns (18 minutes) on share the last bucket.
const OCTAVES: u32 = 40 - STEPS_LOG2;
const BUCKETS: usize = (STEPS * (OCTAVES as u64 + 1)) as usize;

/// Durations in nanoseconds, in 592 buckets of 4 bytes. Written by one thread, read by any.
pub struct PauseHistogram {
    buckets: Box<[AtomicU32]>,
}

impl Default for PauseHistogram {
    fn default() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect(),
        }
    }
}

impl PauseHistogram {
    /// Counts one duration. Allocates nothing; a bucket that is full stays full.
    pub fn record(&self, duration_ns: u64) {
        let bucket = &self.buckets[bucket_of(duration_ns)];
        let count = bucket.load(Ordering::Relaxed);
        bucket.store(count.saturating_add(1), Ordering::Relaxed);
    }

    /// For each of `quantiles`, which ascend from 0 to 1, the duration that such a share does not
    /// exceed: the upper end of its bucket, at most 1/16 too high. `None` while nothing was counted.
    pub fn quantiles_ns<const N: usize>(&self, quantiles: [f64; N]) -> Option<[u64; N]> {
        let counts: Vec<u64> = self
            .buckets
            .iter()
            .map(|bucket| u64::from(bucket.load(Ordering::Relaxed)))
            .collect();
        let total = counts.iter().sum::<u64>();
        if total == 0 {
            return None;
        }
        let mut ends = (0..BUCKETS).map(|at| (upper_end(at), counts[at]));
        let (mut end_ns, mut seen) = (0, 0);
        Some(quantiles.map(|quantile| {
            let rank = ((quantile * total as f64).ceil() as u64).clamp(1, total);
            while seen < rank
                && let Some((upper_end_ns, count)) = ends.next()
            {
                end_ns = upper_end_ns;
                seen += count;
            }
            end_ns
        }))
    }
}

/// The first 16 buckets are exact; from then on 16 equal steps lead from each power of two to the next.
fn bucket_of(duration_ns: u64) -> usize {
    if duration_ns < STEPS {
        return duration_ns as usize;
    }
    let octave = 63 - duration_ns.leading_zeros() - STEPS_LOG2;
    let step = (duration_ns >> octave) - STEPS;
    ((u64::from(octave) + 1) * STEPS + step).min(BUCKETS as u64 - 1) as usize
}

fn upper_end(bucket: usize) -> u64 {
    let (octave, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    match octave {
        0 => step,
        _ => ((STEPS + step + 1) << (octave - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket_and_at_most_a_sixteenth_below_its_end() {
        for exponent in 0..39 {
            for duration in [1u64 << exponent, (1 << exponent) + 1, (2 << exponent) - 1] {
                let end = upper_end(bucket_of(duration));
                assert!(
                    end >= duration && end - duration <= duration / 16,
                    "{duration} {end}"
                );
            }
        }
    }

    #[test]
    fn quantiles_agree_with_a_sorted_list() {
        let histogram = PauseHistogram::default();
        let mut sorted: Vec<u64> = (1..=10_000u64).map(|at| at * at).collect();
        sorted
            .iter()
            .for_each(|duration| histogram.record(*duration));
        sorted.sort_unstable();
        let quantiles = [0.0, 0.5, 0.9, 0.99, 1.0];
        let read = histogram.quantiles_ns(quantiles).expect("not empty");
        for (quantile, read) in quantiles.into_iter().zip(read) {
            let rank = ((quantile * 10_000.0f64).ceil() as usize).max(1);
            let exact = sorted[rank - 1];
            assert!(
                read >= exact && read - exact <= exact / 16 + 1,
                "{quantile}: {read} {exact}"
            );
        }
    }

    #[test]
    fn nothing_counted_has_no_quantile_and_the_longest_fits() {
        let histogram = PauseHistogram::default();
        assert_eq!(histogram.quantiles_ns([0.5]), None);
        histogram.record(u64::MAX);
        assert_eq!(
            histogram.quantiles_ns([0.0, 1.0]),
            Some([upper_end(BUCKETS - 1); 2])
        );
    }
}
