//! V8's objects, read from the memory of a frozen copy: no V8 code runs, and V8 takes no memory.
//!
//! Only in a copy: there nothing moves or goes away, and a wrong step ends a copy, not a service.

mod classes;
mod constants;
mod describe;
mod dispatch;
mod edges;
mod failure;
mod graph;
mod heap;
#[cfg(test)]
mod last_page;
mod layout;
mod memory;
mod names;
mod paths;
mod roots;
mod scope_info;
mod tags;
mod types;
mod walk;

pub use classes::ClassCount;
pub use failure::Unreadable;
pub use memory::Area;
pub use roots::Places;

use once_cell::sync::Lazy;

use classes::Counter;
use dispatch::Dispatch;
use heap::Heap;
use layout::{HEADER, Layout, OBJECT_ELEMENTS, OBJECT_FIELDS};
use memory::{Memory, STRONG, WORD, small_integer, strong};
use names::{Names, WellKnown};

use crate::snapshot::{CountedShapes, HeapGraph, NodeIndex, NodeKind};

/// Of the planted objects, in `lib/capture.js`, and how many things are planted in all.
const PLANTED_CLASS: &str = "MemwatchSample";
const SAMPLES: usize = 9;

/// V8's heap in this copy.
pub struct Reader {
    heap: Heap,
    places: Places,
    known: WellKnown,
    /// An array of objects of a class of our own.
    planted: usize,
}

/// Whether the running V8 is one that the reader knows.
///
/// # Errors
///
/// Why not.
pub fn support() -> Result<(), String> {
    static SUPPORT: Lazy<Result<(), String>> = Lazy::new(|| {
        let layout = Layout::of_running_v8();
        layout
            .map(drop)
            .map_err(|unreadable| unreadable.to_string())
    });
    SUPPORT.clone()
}

impl Reader {
    /// `readable` are V8's areas, by address; `samples` is the handle of the array of what the service has planted.
    ///
    /// # Errors
    ///
    /// What this V8 has otherwise than any that the reader knows.
    pub fn new(readable: &[Area], places: Places, samples: usize) -> Result<Self, Unreadable> {
        // SAFETY: a handle is the address of a word that leads to the object.
        let samples = unsafe { *(samples as *const usize) };
        let layout = Layout::of_running_v8()?;
        let mut heap = Heap::new(Memory::new(readable), layout);
        let unknown = || Unreadable::new("what the service has planted was not found");
        let array = strong(samples).ok_or_else(unknown)?;
        let elements = strong(heap.memory.word(array + OBJECT_ELEMENTS)).ok_or_else(unknown)?;
        let sample = |heap: &mut Heap, at: usize| -> Result<usize, Unreadable> {
            let object =
                strong(heap.memory.word(elements + HEADER + at * WORD)).ok_or_else(unknown)?;
            heap.map_info(object).ok_or_else(unknown)?;
            Ok(object)
        };
        let mut samples = [0; SAMPLES];
        for (at, found) in samples.iter_mut().enumerate() {
            *found = sample(&mut heap, at)?;
        }
        let [
            constructor,
            to_string_tag,
            name,
            weak_map,
            empty,
            functions @ ..,
            planted,
        ] = samples;
        let empty_array = strong(heap.memory.word(empty + OBJECT_ELEMENTS)).ok_or_else(unknown)?;
        heap.leave_out(empty_array);
        let table = strong(heap.memory.word(weak_map + OBJECT_FIELDS)).ok_or_else(unknown)?;
        let table = heap.map_info(table).ok_or_else(unknown)?;
        heap.layout.set_ephemeron_table(table.number);
        heap.forget_maps();
        heap.dispatch = Dispatch::find(&mut heap, readable, &functions);
        Ok(Self {
            heap,
            places,
            known: WellKnown {
                constructor: constructor | STRONG,
                to_string_tag: to_string_tag | STRONG,
                name: name | STRONG,
            },
            planted,
        })
    }

    /// How many objects of each class there are.
    ///
    /// # Errors
    ///
    /// What the reader does not know, and when it did not find what the service has planted.
    pub fn classes(&mut self) -> Result<Vec<ClassCount>, Unreadable> {
        let mut counter = Counter::new(Names::new(self.known));
        walk::walk(&mut self.heap, &self.places, &mut counter)?;
        let classes = counter.finish(&mut self.heap);
        let found = classes
            .iter()
            .find(|class| class.name.as_deref() == Some(PLANTED_CLASS));
        self.check_planted(found.map_or(0, |class| class.count))?;
        Ok(classes)
    }

    /// Each of the planted objects was found once, and nothing else was taken for one.
    fn check_planted(&self, found: u64) -> Result<(), Unreadable> {
        let length = self.heap.memory.word(self.planted + OBJECT_FIELDS);
        let planted = small_integer(length).unwrap_or(0);
        match u64::try_from(planted) == Ok(found) && found > 0 {
            true => Ok(()),
            false => Err(Unreadable::new(format!(
                "of {planted} objects that the service has planted {found} were found"
            ))),
        }
    }

    /// How many objects each path leads to.
    ///
    /// # Errors
    ///
    /// As [`Self::classes`].
    pub fn paths(&mut self) -> Result<CountedShapes, Unreadable> {
        let counted = paths::count(&mut self.heap, &self.places, Names::new(self.known))?;
        let steps = counted.shapes().iter().zip(counted.counts());
        let planted = steps.filter(|((.., class), _)| *class == PLANTED_CLASS);
        self.check_planted(planted.map(|(_, count)| count).sum())?;
        Ok(counted)
    }

    /// The whole heap. `tell` hears how many of all objects were read.
    ///
    /// # Errors
    ///
    /// As [`Self::classes`].
    pub fn graph(
        &mut self,
        id_of: &dyn Fn(NodeIndex, usize) -> u32,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Result<HeapGraph, Unreadable> {
        self.heap.memory.clear();
        let names = Names::new(self.known);
        let graph = graph::read(&mut self.heap, &self.places, names, id_of, tell)?;
        let planted = |&node: &NodeIndex| {
            graph.node_kind(node) == NodeKind::Object && graph.node_name(node) == PLANTED_CLASS
        };
        self.check_planted(graph.nodes().filter(planted).count() as u64)?;
        Ok(graph)
    }
}

/// The stack of this thread above the caller.
pub use roots::stack;
