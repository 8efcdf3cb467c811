//! V8's sampling heap profiler, on while something is suspicious and within a budget.

use crate::error::Error;
use crate::gc::AllocationSite;
use crate::v8::{AllocationSampler, Isolate, clock};

/// Samples from one full collection to the next: a verdict comes after so many collections, however fast they are.
const SAMPLES_A_COLLECTION: f64 = 50.0;
/// Samples a second at least, and at most: each takes V8 some ten microseconds where stacks are deep, and the collector has a
/// weak handle more.
const FEWEST_PER_SECOND: f64 = 100.0;
const MOST_PER_SECOND: f64 = 500.0;
/// V8's own default, and what is taken where nobody knows how fast the program allocates.
const USUAL_INTERVAL_BYTES: f64 = 512.0 * 1024.0;
const LEAST_INTERVAL_BYTES: f64 = 16.0 * 1024.0;
/// Full collections between two readings of the profile.
const COLLECTIONS_APART: u64 = 2;
/// After a reading, none is for so many times as long as the thread has worked for it.
const READING_BUDGET: u64 = 200;
/// Full collections after which a profiler that was not to be had is tried again.
const RETRY_AFTER: u64 = 10;

/// By what allocations are sampled.
#[derive(Clone, Copy, Debug)]
pub struct SamplingOrder {
    /// Full collections until now.
    pub collections: u64,
    /// How fast the program allocates, and from the full collection before the last to the last; `None` where nobody knows.
    pub pace: Option<Pace>,
}

#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub allocation_bytes_per_second: f64,
    pub elapsed_ns: u64,
}

/// What has been sampled while something is suspicious.
#[derive(Default)]
pub struct AllocationWatch {
    sampler: Option<AllocationSampler>,
    /// The full collection after which the profile is read next.
    next_at: u64,
    not_before_ns: u64,
}

impl AllocationWatch {
    /// Begins to sample, or tells what is there, when it is time. To be called from JavaScript.
    ///
    /// # Errors
    ///
    /// Those of [`AllocationSampler`]; what was sampled before is void then.
    pub fn follow(&mut self, order: SamplingOrder) -> Option<Result<Vec<AllocationSite>, Error>> {
        let SamplingOrder { collections, pace } = order;
        if collections < self.next_at || clock::monotonic_ns() < self.not_before_ns {
            return None;
        }
        self.next_at = collections + COLLECTIONS_APART;
        let Some(sampler) = &mut self.sampler else {
            let started = Isolate::current()
                .and_then(|isolate| AllocationSampler::start(isolate, interval_bytes(pace)));
            return match started {
                Ok(sampler) => {
                    self.sampler = Some(sampler);
                    None
                }
                Err(error) => Some(Err(self.give_up(collections, error))),
            };
        };
        let started_ns = clock::thread_cpu_ns();
        let read = sampler.sites();
        let worked_ns = clock::thread_cpu_ns() - started_ns;
        self.not_before_ns = clock::monotonic_ns() + worked_ns * READING_BUDGET;
        Some(read.map_err(|error| self.give_up(collections, error)))
    }

    fn give_up(&mut self, collections: u64, error: Error) -> Error {
        self.sampler = None;
        self.next_at = collections + RETRY_AFTER;
        error
    }
}

/// The more a program allocates from one full collection to the next, the fewer of its objects are sampled.
fn interval_bytes(pace: Option<Pace>) -> u64 {
    let interval = pace.map_or(USUAL_INTERVAL_BYTES, |pace| {
        let samples_per_second = SAMPLES_A_COLLECTION * 1e9 / pace.elapsed_ns as f64;
        let samples_per_second = samples_per_second.clamp(FEWEST_PER_SECOND, MOST_PER_SECOND);
        (pace.allocation_bytes_per_second / samples_per_second).max(LEAST_INTERVAL_BYTES)
    });
    interval as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1048576.0;

    fn pace(allocation_bytes_per_second: f64, elapsed_ns: u64) -> Option<Pace> {
        Some(Pace {
            allocation_bytes_per_second,
            elapsed_ns,
        })
    }

    #[test]
    fn who_allocates_more_is_sampled_more_rarely() {
        assert_eq!(interval_bytes(pace(0.0, 1_000_000_000)), 16 << 10);
        assert_eq!(interval_bytes(pace(100.0 * MB, 1_000_000_000)), 1 << 20);
        assert_eq!(interval_bytes(pace(400.0 * MB, 1_000_000_000)), 4 << 20);
        assert_eq!(interval_bytes(None), 512 << 10);
    }

    #[test]
    fn who_collects_more_often_is_sampled_more_often_within_bounds() {
        assert_eq!(interval_bytes(pace(500.0 * MB, 250_000_000)), 5 << 19);
        assert_eq!(interval_bytes(pace(500.0 * MB, 10_000_000)), 1 << 20);
        assert_eq!(interval_bytes(pace(500.0 * MB, 3_600_000_000_000)), 5 << 20);
    }

    #[test]
    fn without_v8_it_says_so_and_tries_again_later() {
        let mut watch = AllocationWatch::default();
        let order = |collections| SamplingOrder {
            collections,
            pace: None,
        };
        let refused = watch.follow(order(20)).expect("it is time");
        assert_eq!(
            refused.expect_err("no V8 here").code(),
            "ERR_MEMWATCH_UNSUPPORTED"
        );
        assert!(watch.follow(order(21)).is_none());
        assert!(watch.follow(order(20 + RETRY_AFTER)).is_some());
    }
}
