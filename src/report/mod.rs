//! Results in words: what people read on a terminal.
#![forbid(unsafe_code)]

pub mod explanation;
pub mod heap;
pub mod postmortem;
mod recording;
pub mod replay;
pub mod retainer_path;
mod table;
pub mod trace_line;
pub mod verification;
