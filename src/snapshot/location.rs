//! Where in the program's source an object's constructor or a function stands.
#![forbid(unsafe_code)]

use std::sync::OnceLock;

use super::index::NodeIndex;

/// A place in a script. Lines and columns count from zero, as V8 writes them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Location {
    pub node: NodeIndex,
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}

/// The locations of a heap. Few questions need them, so they are sorted for the first that does.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    all: Vec<Location>,
    /// Positions in `all`, by node.
    by_node: OnceLock<Vec<u32>>,
}

impl Locations {
    pub(super) fn new(all: Vec<Location>) -> Self {
        Self {
            all,
            by_node: OnceLock::new(),
        }
    }

    /// All locations, in the file's order.
    pub fn as_slice(&self) -> &[Location] {
        &self.all
    }

    /// The location of a node, if it has one.
    pub fn of(&self, node: NodeIndex) -> Option<&Location> {
        let by_node = self.by_node.get_or_init(|| {
            let mut order: Vec<u32> = (0..self.all.len() as u32).collect();
            order.sort_by_key(|&at| self.all[at as usize].node);
            order
        });
        by_node
            .binary_search_by_key(&node, |&at| self.all[at as usize].node)
            .ok()
            .map(|found| &self.all[by_node[found] as usize])
    }
}
