//! Marks all that the roots reach.

use super::failure::Unreadable;
use super::heap::{Heap, MapInfo};
use super::layout::{Class, HEADER, Shape};
use super::memory::{STRONG, TAG_MASK, WORD, strong};
use super::roots::{Places, Root, each_root, on_stack};

/// Entries of a weak collection begin behind three counts.
const TABLE_PREFIX: usize = 3;
const ENTRY_WORDS: usize = 2;
const REF_TARGET: usize = 24;

/// What was found, object by object.
pub trait Visitor {
    /// Hears of an object once, when it was just reached.
    fn object(&mut self, heap: &mut Heap, object: usize, info: MapInfo, bytes: usize);
}

/// Marks every object that is reached, and tells the visitor of it. Gives the roots and what each holds; of the
/// words on the stack, which may be stale, only those without which an object would not have been reached.
///
/// # Errors
///
/// Of objects that are laid out in an unknown way.
pub fn walk(
    heap: &mut Heap,
    places: &Places,
    visitor: &mut impl Visitor,
) -> Result<Vec<(Root, usize)>, Unreadable> {
    let mut stack: Vec<usize> = Vec::with_capacity(1 << 16);
    let mut tables = Vec::new();
    let mut roots = Vec::new();
    each_root(heap, places, &mut |root, object| roots.push((root, object)))?;
    for &(_, object) in &roots {
        if heap.memory.mark(object) {
            stack.push(object);
        }
    }
    reach(heap, &mut stack, &mut tables, visitor)?;
    for object in on_stack(heap, places) {
        if heap.memory.mark(object) {
            roots.push((Root::Stack, object));
            stack.push(object);
            reach(heap, &mut stack, &mut tables, visitor)?;
        }
    }
    Ok(roots)
}

/// All that these lead to.
fn reach(
    heap: &mut Heap,
    stack: &mut Vec<usize>,
    tables: &mut Vec<usize>,
    visitor: &mut impl Visitor,
) -> Result<(), Unreadable> {
    loop {
        drain(heap, stack, tables, visitor)?;
        // Values of weak collections live as long as their keys and their tables.
        for &table in tables.iter() {
            for_each_ephemeron(heap, table, |heap, key, value| {
                if is_alive(heap, key)
                    && let Some(value) = strong(value)
                    && heap.memory.mark(value)
                {
                    stack.push(value);
                }
            });
        }
        if stack.is_empty() {
            return Ok(());
        }
    }
}

fn drain(
    heap: &mut Heap,
    stack: &mut Vec<usize>,
    tables: &mut Vec<usize>,
    visitor: &mut impl Visitor,
) -> Result<(), Unreadable> {
    while let Some(object) = stack.pop() {
        let info = heap.map_info(object);
        let Some(info) = info.filter(|info| info.kind.class != Class::Filler) else {
            heap.memory.unmark(object);
            continue;
        };
        if heap.memory.mark(info.address) {
            stack.push(info.address);
        }
        let bytes = heap.size_of(object, info)?;
        // A root that was only taken for one may lead to where an object has been.
        if !heap.memory.contains_rest(object, bytes) {
            heap.memory.unmark(object);
            continue;
        }
        visitor.object(heap, object, info, bytes);
        if info.kind.shape == Shape::EphemeronTable {
            tables.push(object);
            continue;
        }
        if info.kind.class == Class::Function
            && let Some(dispatch) = heap.dispatch
            && let Some(code) = dispatch.code_of(heap, object)
            && heap.memory.mark(code)
        {
            stack.push(code);
        }
        let end = heap.references_end(object, info, bytes);
        let (skipped, skip_to) = custom_weak(heap, object, info, bytes);
        let mut at = object + WORD;
        while at < end {
            if at == skipped {
                at = skip_to;
                continue;
            }
            let word = heap.memory.word(at);
            if word & TAG_MASK == STRONG && heap.memory.mark(word & !TAG_MASK) {
                stack.push(word & !TAG_MASK);
            }
            at += WORD;
        }
    }
    Ok(())
}

/// Words of an object that look like strong references and do not keep alive: from where to where.
#[inline(always)]
pub fn custom_weak(heap: &Heap, object: usize, info: MapInfo, bytes: usize) -> (usize, usize) {
    let words = |first: usize, count: usize| {
        let first = object + first;
        (first, first + count * WORD)
    };
    match info.kind.class {
        Class::WeakRef => words(REF_TARGET, 1),
        // The target and the token; they lie side by side.
        Class::WeakCell => words(heap.layout.weak_cell_target, 2),
        Class::FinalizationRegistry => words(heap.layout.registry_next_dirty, 1),
        // The list of all contexts, and of optimized code where each has its own: the last slots.
        Class::NativeContext => {
            let weak = heap.layout.native_context_weak_slots;
            let slots = bytes - heap.layout.native_context_tail;
            words(slots - weak * WORD, weak)
        }
        Class::AllocationSite => words(40, 1),
        _ => (0, 0),
    }
}

fn is_alive(heap: &Heap, key: usize) -> bool {
    match strong(key) {
        Some(key) => heap.memory.is_marked(key),
        None => true,
    }
}

/// Calls with the key and the value of all entries that are in use.
pub fn for_each_ephemeron(
    heap: &mut Heap,
    table: usize,
    mut each: impl FnMut(&mut Heap, usize, usize),
) {
    let length = heap.array_length(table);
    let mut at = TABLE_PREFIX;
    while at + ENTRY_WORDS <= length {
        let key = heap.memory.word(table + HEADER + at * WORD);
        let value = heap.memory.word(table + HEADER + (at + 1) * WORD);
        if !heap.is_empty_key(key) {
            each(heap, key, value);
        }
        at += ENTRY_WORDS;
    }
}

impl Heap {
    /// Whether a place of a hash table is free or has been freed: an oddball stands there.
    fn is_empty_key(&mut self, key: usize) -> bool {
        strong(key).is_some_and(|key| self.class_of(key) == Class::Oddball)
    }
}
