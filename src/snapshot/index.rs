//! Positions in the columns of a heap graph, each a type of its own so that none can stand in for another.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};

/// Declares a `u32` position with the two conversions that columns need.
macro_rules! position {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The position that `index` names in a column.
            ///
            /// # Panics
            ///
            /// When `index` does not fit 32 bits: no column is that long.
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("columns hold at most 2^32 entries"))
            }

            /// This position as an index into a column.
            #[inline(always)]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

position! {
    /// Position of a node in the graph's columns. Not the id that V8 gives an object.
    NodeIndex
}
position! {
    /// Position of an edge in the graph's columns.
    EdgeIndex
}
position! {
    /// Position of a string in the snapshot's string table.
    StringId
}

/// The id V8 gives an object, stable between the snapshots of one process. Never an index.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct NodeId(pub u32);
