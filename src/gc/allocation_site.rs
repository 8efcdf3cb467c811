//! Where objects were allocated that are still there, as a sampling profiler tells it.
#![forbid(unsafe_code)]

/// Names a site, for as long as its scripts are loaded.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SiteId(pub u64);

/// Functions that allocated on behalf of the same caller.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocationSite {
    pub id: SiteId,
    /// The function that allocated first, then its callers, as in stack traces; of the stack with the most bytes.
    pub stack: Vec<String>,
    /// What is still there, extrapolated from the samples.
    pub bytes: f64,
    /// So many objects of them were sampled.
    pub samples: f64,
}
