//! V8 and libuv as the running executable exports them: symbols, GC hooks, statistics, the wake-up.
//!
//! Everything here is looked up by name at run time, so one binary serves every Node version. What
//! is missing is a normal result ([`Error::Unsupported`](crate::error::Error::Unsupported)).

pub mod allocation_sampler;
pub mod clock;
mod heap_graph;
pub mod heap_limit;
pub mod heap_snapshot;
pub mod hook;
pub mod recorder;
mod root_places;
pub mod self_test;
pub mod statistics;
pub mod symbols;
pub mod wake;

pub use allocation_sampler::AllocationSampler;
pub use heap_limit::HeapLimitHook;
pub use heap_snapshot::HeapSnapshot;
pub use hook::{GcHook, GcTypes, HookOptions};
pub use recorder::Recorder;
pub use root_places::RootPlaces;
pub use statistics::Isolate;
pub use symbols::{Capabilities, Symbols};
pub use wake::Wake;
