//! Why a heap cannot be read.
#![forbid(unsafe_code)]

use std::fmt;

/// What the reader met that it does not know. The heap itself is in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    why: String,
}

impl Unreadable {
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
