//! V8's sampling heap profiler, on while something is suspicious and within a budget.

use crate::error::Error;
use crate::gc::AllocationSite;
use crate::v8::{AllocationSampler, Isolate, clock};

/// Samples a second: each takes V8 some ten microseconds where stacks are deep, and the collector has a weak handle more.
const SAMPLES_PER_SECOND: f64 = 500.0;
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
    /// How fast the program allocates; `None` where nobody knows.
    pub allocation_bytes_per_second: Option<f64>,
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
        let SamplingOrder {
            collections,
            allocation_bytes_per_second,
        } = order;
        if collections < self.next_at || clock::monotonic_ns() < self.not_before_ns {
            return None;
        }
        self.next_at = collections + COLLECTIONS_APART;
        let Some(sampler) = &mut self.sampler else {
            let started = Isolate::current().and_then(|isolate| {
                AllocationSampler::start(isolate, interval_bytes(allocation_bytes_per_second))
            });
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

/// The more a program allocates, the fewer of its objects are sampled.
fn interval_bytes(allocation_bytes_per_second: Option<f64>) -> u64 {
    let interval = allocation_bytes_per_second.map_or(USUAL_INTERVAL_BYTES, |rate| {
        (rate / SAMPLES_PER_SECOND).max(LEAST_INTERVAL_BYTES)
    });
    interval as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_allocates_more_is_sampled_more_rarely() {
        assert_eq!(interval_bytes(Some(0.0)), 16 << 10);
        assert_eq!(interval_bytes(Some(500.0 * 1048576.0)), 1 << 20);
        assert_eq!(interval_bytes(None), 512 << 10);
    }

    #[test]
    fn without_v8_it_says_so_and_tries_again_later() {
        let mut watch = AllocationWatch::default();
        let order = |collections| SamplingOrder {
            collections,
            allocation_bytes_per_second: None,
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
