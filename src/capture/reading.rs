//! The heap as our reader reads it in the copy, checked by what the service has planted.

use std::collections::HashMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::captured::Frozen;
use super::failure::Failure;
use super::mappings::{Copied, Range, readable_now};
use crate::analysis::NamedClass;
use crate::reader::{Area, Places, Reader, Unreadable, stack};
use crate::snapshot::{CountedShapes, HeapGraph, NodeIndex, NodeKind, Phase, Watch, class_name_of};
use crate::v8::Isolate;

/// A class of objects.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Class {
    pub name: String,
    pub count: u64,
    pub shallow_bytes: u64,
    /// Where dominators were found.
    pub retained_bytes: Option<u64>,
}

impl From<NamedClass> for Class {
    fn from(class: NamedClass) -> Self {
        Self {
            name: class.name,
            count: class.count,
            shallow_bytes: class.shallow_bytes,
            retained_bytes: Some(class.retained_bytes),
        }
    }
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unsupported {
            why: unreadable.to_string(),
        }
    }
}

/// How many objects of each class there are.
///
/// # Errors
///
/// [`Failure::Unsupported`] with what the reader does not know.
pub fn classes(frozen: Frozen) -> Result<Vec<Class>, Failure> {
    let counted = reader(frozen, None)?.classes()?;
    let class = |class: crate::reader::ClassCount| Class {
        name: class_name_of(class.kind, class.name.as_deref().unwrap_or("")),
        count: class.count,
        shallow_bytes: class.bytes,
        retained_bytes: None,
    };
    Ok(counted.into_iter().map(class).collect())
}

/// The same of a graph.
pub fn classes_of(graph: &HeapGraph) -> Vec<Class> {
    let mut classes: HashMap<(NodeKind, &str), Class> = HashMap::new();
    for node in graph.nodes() {
        let kind = graph.node_kind(node);
        let name = match kind {
            NodeKind::Object | NodeKind::Native => graph.node_name(node),
            _ => "",
        };
        let class = classes.entry((kind, name)).or_insert_with(|| Class {
            name: class_name_of(kind, name),
            count: 0,
            shallow_bytes: 0,
            retained_bytes: None,
        });
        class.count += 1;
        class.shallow_bytes += graph.shallow_size(node);
    }
    classes.into_values().collect()
}

/// How many objects each path leads to.
///
/// # Errors
///
/// [`Failure::Unsupported`] with what the reader does not know.
pub fn paths(frozen: Frozen) -> Result<CountedShapes, Failure> {
    Ok(reader(frozen, None)?.paths()?)
}

/// The whole heap. Its ids say nothing outside of it.
///
/// # Errors
///
/// [`Failure::Unsupported`] with what the reader does not know.
pub fn graph(frozen: Frozen, watch: &dyn Watch) -> Result<HeapGraph, Failure> {
    let mut reader = reader(frozen, None)?;
    let tell = &mut |done: usize, total: usize| {
        watch.on_progress(Phase::Read, done as u64, total as u64);
    };
    Ok(reader.graph(&id_of_node, tell)?)
}

/// The whole heap with V8's ids, after V8 has taken a snapshot in this copy: its memory is another by then.
///
/// # Errors
///
/// [`Failure::Unsupported`] with what the reader does not know.
pub fn numbered_graph(isolate: Isolate, frozen: Frozen) -> Result<HeapGraph, Failure> {
    let mut reader = reader(frozen, Some(readable_now().map_err(unread)?))?;
    Ok(reader.graph(&|_, object| isolate.id_of_object(object), &mut |_, _| {})?)
}

/// Odd and above those of the roots, as V8's are.
fn id_of_node(node: NodeIndex, _: usize) -> u32 {
    const FIRST: u32 = 101;
    FIRST + 2 * node.index() as u32
}

/// `heap` is where V8 keeps objects, and whether that can be written: what forks leave out, unless told otherwise.
fn reader(frozen: Frozen, heap: Option<Vec<(Range, bool)>>) -> Result<Reader, Failure> {
    let copied = Copied::now(frozen.left_out).map_err(unread)?;
    if !copied.has(frozen.native) {
        return Err(Unreadable::new("memory of V8's was taken for another's").into());
    }
    let places = Places {
        v8: Isolate::current()?.root_places()?,
        stack: stack()?,
        native: copied.native.iter().map(|at| at.start..at.end).collect(),
    };
    let area = |(range, is_writable): (Range, bool)| Area {
        start: range.start,
        end: range.end,
        is_writable,
    };
    let areas = heap.unwrap_or(copied.left_out).into_iter().map(area);
    Ok(Reader::new(
        &areas.collect::<Vec<_>>(),
        places,
        frozen.samples,
    )?)
}

fn unread(error: io::Error) -> Failure {
    Failure::Other {
        message: format!("the copy cannot read its mappings: {error}"),
    }
}
