//! The edge to JavaScript: converts arguments and results, decides nothing.
//!
//! What `#[napi]` generates is unsafe; what is written here is not.

mod async_work;
mod capture;
mod comparison;
mod environment;
mod events;
mod files;
mod functions;
mod heap_diff;
mod history;
mod living_heap;
mod monitor;
mod recording;
mod series;
mod snapshot;

use napi::bindgen_prelude::*;

/// `error.code` of what the core refuses.
pub struct Code(&'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<Status> for Code {
    fn from(_: Status) -> Self {
        Self("ERR_MEMWATCH_NODE_API")
    }
}

/// The core's error with its stable code.
fn coded(error: crate::error::Error) -> Error<Code> {
    Error::new(Code(error.code()), error.to_string())
}
