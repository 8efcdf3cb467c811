//! What can be configured of a monitor, and a change of some of it.

use std::path::PathBuf;

use super::heap_limit::HeapLimitPlan;

/// Records that the ring holds unless configured otherwise.
pub const DEFAULT_CAPACITY: usize = 4096;

/// The configuration of one isolate's monitor.
#[derive(Clone, Debug)]
pub struct Config {
    pub capacity: usize,
    pub threshold_bytes: Option<u64>,
    pub detector: &'static str,
    pub recorder: Option<PathBuf>,
    pub record: Option<PathBuf>,
    pub near_heap_limit: Option<HeapLimitPlan>,
    /// Whether the heap is captured while something is suspicious, to see which paths grow.
    pub captures: bool,
    /// Whether allocations are sampled while something is suspicious, to see whose objects stay.
    pub allocations: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capacity: DEFAULT_CAPACITY,
            threshold_bytes: None,
            detector: crate::leak::DETECTORS[0],
            recorder: None,
            record: None,
            near_heap_limit: None,
            captures: true,
            allocations: true,
        }
    }
}

/// The fields to change; `None` leaves a field as it is, `Some(None)` switches it off.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub capacity: Option<usize>,
    pub threshold_bytes: Option<Option<u64>>,
    pub detector: Option<&'static str>,
    pub recorder: Option<Option<PathBuf>>,
    pub record: Option<Option<PathBuf>>,
    pub near_heap_limit: Option<Option<HeapLimitPlan>>,
    pub captures: Option<bool>,
    pub allocations: Option<bool>,
}
