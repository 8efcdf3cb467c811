//! Watches the V8 heap of a Node.js process from its GC callbacks and tells whether it leaks.
//!
//! The folders follow the data: `v8` hooks the collector, `gc` keeps what it saw, `leak` judges the
//! series, `monitor` ties them together for one isolate, `report` puts results into words and
//! `binding` hands them to JavaScript. Beside them, `snapshot` turns a heap snapshot into a graph and
//! `analysis` answers questions about it; `capture` does both in a forked copy of the process. Only `binding` needs Node; the rest builds and tests without.
#![deny(unsafe_code)]

// The addon's and its tests'; a program that uses the core has its own.
#[cfg(all(target_os = "linux", any(feature = "node", test)))]
#[allow(unsafe_code)]
mod allocator;
pub mod error;
pub mod units;

pub mod analysis;
#[allow(unsafe_code)]
pub mod capture;
pub mod gc;
pub mod leak;
pub mod monitor;
#[allow(unsafe_code)]
pub mod reader;
pub mod report;
pub mod snapshot;
#[allow(unsafe_code)]
pub mod v8;

#[cfg(feature = "node")]
// Node calls it; a test build sees no caller.
#[cfg_attr(test, allow(dead_code))]
mod binding;
