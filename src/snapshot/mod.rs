//! A heap as a graph: read from a `.heapsnapshot` file or built by hand, held in flat columns and
//! written back as a file that Chrome DevTools opens. What the graph means is `analysis`' business.
#![forbid(unsafe_code)]

mod builder;
mod class_name;
mod graph;
mod index;
mod kind;
mod location;
mod reader;
mod redaction;
mod rows;
mod shapes;
mod shared_edges;
mod sizes;
mod strings;
mod watch;
mod writer;

pub use builder::Builder;
pub use class_name::{class_name_of, class_of_kind, without_attributes};
pub use graph::{EdgeLabel, HeapGraph};
pub use index::{EdgeIndex, NodeId, NodeIndex, StringId};
pub use kind::{EdgeKind, NodeKind};
pub use location::Location;
pub use reader::{ReadOptions, read_file, read_snapshot};
pub use redaction::{CUT_UNITS, StringText, is_code_name, length_label, text_length};
pub use rows::Rows;
pub use shapes::{CountedShapes, ShapeIndex, ShapeText, Shapes, V8S_OWN};
pub use sizes::Sizes;
pub use strings::Strings;
pub use watch::{CHECK_INTERVAL, Phase, Unwatched, Watch};
pub use writer::write_snapshot;
