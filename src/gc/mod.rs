//! What the collector did: one record a collection, the ring that keeps them, and what they add up to.
#![forbid(unsafe_code)]

pub mod allocation_site;
pub mod event;
pub mod pauses;
pub mod process_memory;
pub mod recording;
pub mod recording_file;
pub mod ring;
pub mod statistics;
pub mod theil_sen;
pub mod totals;
pub mod window;

pub use allocation_site::{AllocationSite, SiteId};
pub use event::{GcEvent, GcKind, HeapStatistics, Trigger};
pub use pauses::PauseHistogram;
pub use process_memory::ProcessMemory;
pub use recording::Recording;
pub use ring::Ring;
pub use statistics::{Statistics, StatsSample};
pub use theil_sen::{Interval, TheilSen};
pub use totals::{KindTotals, Totals};
pub use window::Trend;
