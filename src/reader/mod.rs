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
mod layout;
mod memory;
mod names;
mod roots;
mod scope_info;
mod tags;
mod types;
mod walk;

pub use classes::ClassCount;
pub use failure::Unreadable;
pub use memory::Area;
pub use roots::Places;

use classes::Counter;
use dispatch::Dispatch;
use heap::Heap;
use layout::{HEADER, Layout, OBJECT_ELEMENTS};
use memory::{Memory, WORD, strong};
use names::{Names, WellKnown};

use crate::snapshot::HeapGraph;

/// V8's heap in this copy.
pub struct Reader {
    heap: Heap,
    places: Places,
    known: WellKnown,
}

impl Reader {
    /// `readable` are V8's ranges, by address; `samples` leads to the array of what the service has planted.
    pub fn new(readable: &[Area], places: Places, samples: usize) -> Result<Self, Unreadable> {
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
        let constructor = sample(&mut heap, 0)? | 1;
        let to_string_tag = sample(&mut heap, 1)? | 1;
        let weak_map = sample(&mut heap, 2)?;
        let empty = sample(&mut heap, 3)?;
        let empty_array = strong(heap.memory.word(empty + OBJECT_ELEMENTS)).ok_or_else(unknown)?;
        heap.leave_out(empty_array);
        let table = strong(heap.memory.word(weak_map + 24)).ok_or_else(unknown)?;
        let table = heap.map_info(table).ok_or_else(unknown)?;
        heap.layout.set_ephemeron_table(table.number);
        heap.forget_maps();
        let functions = [
            sample(&mut heap, 4)?,
            sample(&mut heap, 5)?,
            sample(&mut heap, 6)?,
        ];
        heap.dispatch = Dispatch::find(&mut heap, readable, &functions);
        Ok(Self {
            heap,
            places,
            known: WellKnown {
                constructor,
                to_string_tag,
            },
        })
    }

    pub fn classes(&mut self) -> Result<Vec<ClassCount>, Unreadable> {
        let mut counter = Counter::new(Names::new(self.known));
        walk::walk(&mut self.heap, &self.places, &mut counter)?;
        Ok(counter.finish(&mut self.heap))
    }

    /// The whole heap.
    pub fn graph(
        &mut self,
        id_of: impl FnMut(usize) -> u32,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Result<HeapGraph, Unreadable> {
        self.heap.memory.clear();
        graph::read(
            &mut self.heap,
            &self.places,
            Names::new(self.known),
            id_of,
            tell,
        )
    }
}

/// The stack of this thread above the caller.
pub use roots::stack;
