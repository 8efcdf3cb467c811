//! Results in words: what people read on a terminal.
#![forbid(unsafe_code)]

pub mod postmortem;
pub mod trace_line;
