//! Background capture: a forked copy of the process reads the heap at leisure and sends only what it found.
//! The service pauses for the fork alone.
//!
//! `Session` is one capture; `FrozenCopy` is the machinery, which knows nothing of V8.

mod captured;
mod failure;
mod in_process;
mod last_capture;
// The watchdog is a copy's alone.
#[cfg_attr(not(all(target_os = "linux", target_env = "gnu")), allow(dead_code))]
mod limits;
mod mappings;
mod quiet;
mod reading;
mod series;
mod session;
mod snapshot_file;
mod snapshot_name;
mod support;
mod target_file;
mod written_pages;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod copy_setup;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod forkable;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod frames;
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    path = "frozen_copy_elsewhere.rs"
)]
mod frozen_copy;
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    path = "heap_image_elsewhere.rs"
)]
mod heap_image;
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    path = "locks_elsewhere.rs"
)]
mod locks;
mod priority;
mod process;

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests;

pub use captured::{ComparedReadings, Engine, Findings, Want};
pub use in_process::{Pause, capture_in_process};
pub use last_capture::LastCapture;
pub use reading::Class;
pub use series::CapturedSeries;
pub use session::{Captured, LARGEST_IMAGE_BYTES, Leftovers, Plan, Session};
pub use snapshot_file::{FilePlan, Place};
pub use support::support;
pub use target_file::write_whole;
