//! Where in the program's source an object's constructor or a function stands.
#![forbid(unsafe_code)]

use super::index::NodeIndex;

/// A place in a script. Lines and columns count from zero, as V8 writes them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Location {
    pub node: NodeIndex,
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}
