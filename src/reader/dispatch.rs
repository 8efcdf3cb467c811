//! From V8 13 on functions reach their code through a table outside of the heap.

use super::heap::Heap;
use super::layout::Class;
use super::memory::{Area, WORD};

/// A function keeps the number of its entry here, above bits of another use.
const HANDLE_AT: usize = 24;
const HANDLE_SHIFTS: [u32; 2] = [8, 9];
const ENTRY_BYTES: usize = 16;
/// The second word of an entry has the code in its upper bits.
const CODE_SHIFT: u32 = 16;

/// Where the table is.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    base: usize,
    shift: u32,
}

impl Dispatch {
    /// Looks for the table among V8's memory: where the entries of known functions lead to code.
    pub fn find(heap: &mut Heap, areas: &[Area], functions: &[usize]) -> Option<Self> {
        if heap.layout.function_code.is_some() {
            return None;
        }
        let tables = areas.iter().flat_map(|area| {
            HANDLE_SHIFTS.map(|shift| Self {
                base: area.start,
                shift,
            })
        });
        let mut tables = tables.collect::<Vec<_>>().into_iter();
        tables.find(|table| {
            functions
                .iter()
                .all(|&function| table.code_of(heap, function).is_some())
        })
    }

    /// The code of a function.
    pub fn code_of(self, heap: &mut Heap, function: usize) -> Option<usize> {
        let handle = heap.memory.int(function + HANDLE_AT) >> self.shift;
        let entry = self.base + handle as usize * ENTRY_BYTES + WORD;
        if handle == 0 || !heap.memory.contains(entry) {
            return None;
        }
        let code = (heap.memory.word(entry) >> CODE_SHIFT) & !(WORD - 1);
        let is_code = heap.memory.contains(code) && heap.class_of(code) == Class::Code;
        is_code.then_some(code)
    }
}
