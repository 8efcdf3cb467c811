//! What V8 holds: its tables of roots, handles of C++, and the stack.

use std::ffi::c_void;
use std::ops::Range;

use super::failure::Unreadable;
use super::heap::Heap;
use super::layout::{Class, HEADER};
use super::memory::{STRONG, TAG_MASK, WORD, strong};
use crate::v8::RootPlaces;
use crate::v8::clock::page_bytes;

/// Handles in one block of V8's.
const HANDLES_PER_BLOCK: usize = 1022;
/// A global handle: the object, a class, its place in the block, its state, and two pointers.
const NODE_BYTES: usize = 32;
const NODE_INDEX_AT: usize = 10;
const NODE_FLAGS_AT: usize = 11;
const NODE_STATE: u8 = 0b11;
const NODE_NORMAL: u8 = 1;
const NODES_PER_BLOCK: usize = 256;
/// Behind the nodes of a block: the next block, all handles, the space; and a space's first block.
const BLOCK_NEXT_AT: usize = NODES_PER_BLOCK * NODE_BYTES;
const BLOCK_SPACE_AT: usize = BLOCK_NEXT_AT + 2 * WORD;
const SPACE_FIRST_AT: usize = WORD;
/// More blocks are a chain that does not end.
const MAX_BLOCKS: usize = 1 << 24;

/// Of a context: its third slot.
const GLOBAL_OBJECT: usize = HEADER + 2 * WORD;

/// A list that is longer is none.
const MAX_LIST_BYTES: usize = 1 << 26;

/// What holds objects from outside of the heap, as V8's snapshots call it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Root {
    Strong,
    GlobalHandles,
    Handles,
    Stack,
    Eternal,
    Caches,
    Microtasks,
}

impl Root {
    pub const ALL: [Self; 7] = [
        Self::Strong,
        Self::GlobalHandles,
        Self::Handles,
        Self::Stack,
        Self::Eternal,
        Self::Caches,
        Self::Microtasks,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Strong => "(Strong root list)",
            Self::GlobalHandles => "(Global handles)",
            Self::Handles => "(Handle scope)",
            Self::Stack => "(Stack roots)",
            Self::Eternal => "(Eternal handles)",
            Self::Caches => "(Startup object cache)",
            Self::Microtasks => "(Micro tasks)",
        }
    }
}

/// Where V8 keeps its roots in this thread.
#[derive(Clone, Debug)]
pub struct Places {
    pub v8: RootPlaces,
    pub stack: Range<usize>,
    /// Memory that V8's lists may be in, by address.
    pub native: Vec<Range<usize>>,
}

impl Places {
    /// Whether so many bytes from here can be read. Any number may look like an address: of memory that was listed and
    /// has been given back since, as well.
    fn is_native(&self, start: usize, bytes: usize) -> bool {
        let after = self.native.partition_point(|range| range.start <= start);
        start.is_multiple_of(WORD)
            && start.checked_add(bytes).is_some_and(|end| {
                after
                    .checked_sub(1)
                    .is_some_and(|at| end <= self.native[at].end)
                    && is_mapped(start..end)
            })
    }
}

/// Whether the process still has this memory: the kernel looks for it first, and has nothing else to do.
fn is_mapped(range: Range<usize>) -> bool {
    let first = range.start - range.start % page_bytes() as usize;
    // SAFETY: nothing is written, neither to memory nor to a file.
    unsafe { libc::msync(first as *mut c_void, range.end - first, libc::MS_ASYNC) == 0 }
}

/// Of what roots hold: where a program's own paths begin, each once.
pub fn user_roots(heap: &mut Heap, held: &[usize]) -> Vec<usize> {
    let mut found = Vec::new();
    for &object in held {
        if heap.class_of(object) != Class::NativeContext {
            continue;
        }
        let root = match heap.layout.contexts_are_user_roots {
            true => Some(object),
            false => strong(heap.memory.word(object + GLOBAL_OBJECT))
                .filter(|&global| heap.class_of(global) == Class::GlobalObject),
        };
        if let Some(root) = root
            && !found.contains(&root)
        {
            found.push(root);
        }
    }
    found
}

/// Objects that words on the stack lead to.
pub fn on_stack(heap: &mut Heap, places: &Places) -> Vec<usize> {
    candidates(heap, scripts_stack(places))
}

/// Calls `found` with every object that a root holds, but for the stack.
///
/// # Errors
///
/// When V8 keeps its handles in another way than it is known to.
pub fn each_root(
    heap: &mut Heap,
    places: &Places,
    found: &mut dyn FnMut(Root, usize),
) -> Result<(), Unreadable> {
    for object in candidates(heap, places.v8.isolate.clone()) {
        // V8 lists these without holding them.
        let name = heap.map_info(object).map_or("", |info| info.kind.name);
        if !matches!(
            name,
            "NativeContext" | "AllocationSite" | "JSFinalizationRegistry"
        ) {
            found(Root::Strong, object);
            if is_flushed(heap, object) {
                heap.flush(object);
            }
        }
    }
    for object in cached(heap, places) {
        found(Root::Caches, object);
    }
    for object in eternal_handles(heap, places) {
        found(Root::Eternal, object);
    }
    for object in microtasks(heap, places) {
        found(Root::Microtasks, object);
    }
    for object in candidates(heap, handles(&places.v8)?) {
        found(Root::Handles, object);
    }
    global_handles(heap, places.v8.global_handle, &mut |object| {
        found(Root::GlobalHandles, object);
    })
}

/// Whether V8 empties this before each of its collections: texts of numbers, results of `split` and `replace`.
fn is_flushed(heap: &mut Heap, object: usize) -> bool {
    const RESULTS: usize = 256;
    const RESULT_WORDS: usize = 4;
    let Some(info) = heap.map_info(object) else {
        return false;
    };
    if matches!(info.kind.name, "DoubleStringCache" | "SmiStringCache") {
        return true;
    }
    if info.kind.class != Class::FixedArray {
        return false;
    }
    let length = heap.array_length(object);
    let mut is = |at: usize, classes: &[Class]| {
        let word = heap.memory.word(object + HEADER + at * WORD);
        word & 1 == 0
            || heap
                .object(word)
                .is_some_and(|(_, class)| classes.contains(&class))
    };
    let is_empty_or = [Class::Oddball, Class::HeapNumber];
    let are_numbers = length >= RESULTS
        && length.is_power_of_two()
        && (0..length)
            .step_by(2)
            .all(|at| is(at, &is_empty_or) && is(at + 1, &[Class::Oddball, Class::String]));
    let are_results = length == RESULTS
        && (0..length).step_by(RESULT_WORDS).all(|at| {
            is(at, &[Class::String, Class::ConsString]) && is(at + 2, &[Class::FixedArray])
        });
    are_numbers || are_results
}

/// A list of C++: where it begins, ends, and how far its memory goes.
fn list_at(places: &Places, at: usize) -> Option<Range<usize>> {
    // SAFETY: three words that were given as readable.
    let [begin, end, limit] =
        [0, 1, 2].map(|word| unsafe { *((at + word * WORD) as *const usize) });
    let is_list = begin < end
        && end <= limit
        && end % WORD == 0
        && limit - begin <= MAX_LIST_BYTES
        && places.is_native(begin, limit - begin);
    is_list.then_some(begin..end)
}

/// Lists of objects that V8 keeps beside its tables: what its start and its snapshots need.
fn cached(heap: &mut Heap, places: &Places) -> Vec<usize> {
    let mut all = Vec::new();
    for at in places.v8.isolate.clone().step_by(WORD) {
        if at + 3 * WORD > places.v8.isolate.end {
            break;
        }
        let Some(list) = list_at(places, at) else {
            continue;
        };
        let words = list.len() / WORD;
        let objects = candidates(heap, list);
        // External strings are listed to be freed, not to be held.
        let is_external = |&object: &usize| heap.class_of(object) == Class::ExternalString;
        if objects.len() == words && !objects.iter().all(is_external) {
            all.extend(objects);
        }
    }
    all
}

/// Blocks of handles that stay until the end.
fn eternal_handles(heap: &mut Heap, places: &Places) -> Vec<usize> {
    const PER_BLOCK: usize = 256;
    for at in places.v8.isolate.clone().step_by(WORD) {
        // SAFETY: of V8's own object.
        let handles = unsafe { *(at as *const usize) };
        if !places.is_native(handles, 4 * WORD) {
            continue;
        }
        // SAFETY: was just checked to be readable.
        let count = unsafe { *(handles as *const u32) } as usize;
        let Some(blocks) = list_at(places, handles + WORD) else {
            continue;
        };
        if count == 0 || blocks.len() / WORD != count.div_ceil(PER_BLOCK) {
            continue;
        }
        let mut all = Vec::new();
        for (index, block) in blocks.step_by(WORD).enumerate() {
            // SAFETY: the list can be read.
            let block = unsafe { *(block as *const usize) };
            let handles = (count - index * PER_BLOCK).min(PER_BLOCK);
            if places.is_native(block, handles * WORD) {
                all.extend(candidates(heap, block..block + handles * WORD));
            }
        }
        if all.len() == count {
            return all;
        }
    }
    Vec::new()
}

/// What promises wait to run: a ring that the context leads to.
fn microtasks(heap: &mut Heap, places: &Places) -> Vec<usize> {
    const SMALLEST: usize = 8;
    const FIELDS: usize = 8;
    // SAFETY: a handle of V8's.
    let context = strong(unsafe { *(places.v8.handle as *const usize) });
    let Some((context, info)) =
        context.and_then(|context| Some((context, heap.map_info(context)?)))
    else {
        return Vec::new();
    };
    let Ok(bytes) = heap.size_of(context, info) else {
        return Vec::new();
    };
    let queue = heap.memory.word(context + bytes - WORD);
    if info.kind.class != Class::NativeContext || !places.is_native(queue, FIELDS * WORD) {
        return Vec::new();
    }
    // SAFETY: was just checked to be readable.
    let word = |at: usize| unsafe { *((queue + at * WORD) as *const usize) };
    for first in 1..FIELDS - 3 {
        let [count, capacity, start, ring] = [0, 1, 2, 3].map(|at| word(first + at));
        if capacity >= SMALLEST
            && capacity.is_power_of_two()
            && count <= capacity
            && start < capacity
            && places.is_native(ring, capacity * WORD)
        {
            return (0..count)
                .flat_map(|at| {
                    let at = ring + ((start + at) & (capacity - 1)) * WORD;
                    candidates(heap, at..at + WORD)
                })
                .collect();
        }
    }
    Vec::new()
}

/// Words that lead to an object of the heap.
fn candidates(heap: &mut Heap, range: Range<usize>) -> Vec<usize> {
    let mut all = Vec::new();
    for at in range.step_by(WORD) {
        // SAFETY: the range was given as readable.
        let word = unsafe { *(at as *const usize) };
        if let Some(object) = is_object(heap, word) {
            all.push(object);
        }
    }
    all
}

/// The object that a word of unknown kind leads to.
pub fn is_object(heap: &mut Heap, word: usize) -> Option<usize> {
    if word & TAG_MASK != STRONG {
        return None;
    }
    let object = word & !TAG_MASK;
    let is_one = object.is_multiple_of(WORD)
        && heap.memory.contains(object)
        && heap
            .map_info(object)
            .is_some_and(|info| info.kind.class != Class::Filler);
    is_one.then_some(object)
}

/// The frame of the script that called C++. What lies deeper holds objects by handles. What lies above is V8's own:
/// a capture is called from a promise's job, when all other scripts have returned; words there are stale.
///
/// V8 notes the frame of the call. A frame begins with the address of the one that called, which is further up, and
/// of code, which is not on the stack.
fn scripts_stack(places: &Places) -> Range<usize> {
    let stack = &places.stack;
    // SAFETY: of V8's own object, and of the stack.
    let word = |at: usize| unsafe { *(at as *const usize) };
    let is_frame = |at: usize| {
        at.is_multiple_of(WORD)
            && at + 2 * WORD < stack.end
            && (at + 1..stack.end).contains(&word(at))
            && !stack.contains(&word(at + WORD))
    };
    let noted = places.v8.isolate.clone().step_by(WORD).map(word);
    let frame = noted.filter(|at| stack.contains(at) && is_frame(*at)).min();
    match frame {
        // With the frame of the one that called it, which holds its arguments.
        Some(frame) if is_frame(word(frame)) => frame..word(word(frame)),
        Some(frame) => frame..word(frame),
        None => stack.clone(),
    }
}

/// Blocks of handles are filled one after the other; all but the last are full.
fn handles(places: &RootPlaces) -> Result<Range<usize>, Unreadable> {
    let end = places.handle + WORD;
    match places.handles <= HANDLES_PER_BLOCK {
        true => Ok(end - places.handles * WORD..end),
        false => Err(Unreadable::new("handles fill more than one block")),
    }
}

fn global_handles(
    heap: &mut Heap,
    own: usize,
    found: &mut dyn FnMut(usize),
) -> Result<(), Unreadable> {
    let index = usize::from(heap.memory.byte(own + NODE_INDEX_AT));
    let block = own - index * NODE_BYTES;
    let unknown = || Unreadable::new("V8's global handles are laid out in an unknown way");
    // SAFETY (of all reads here): V8 wrote these pointers, as the numbers of a block's nodes make sure.
    let word = |at: usize| unsafe { *(at as *const usize) };
    let is_block = |block: usize| {
        (0..NODES_PER_BLOCK).all(|at| {
            let node = block + at * NODE_BYTES;
            unsafe { *((node + NODE_INDEX_AT) as *const u8) == at as u8 }
        })
    };
    if !is_block(block) {
        return Err(unknown());
    }
    let space = word(block + BLOCK_SPACE_AT);
    let mut next = word(space + SPACE_FIRST_AT);
    let mut has_own = false;
    for _ in 0..MAX_BLOCKS {
        if next == 0 {
            return has_own.then_some(()).ok_or_else(unknown);
        }
        if word(next + BLOCK_SPACE_AT) != space || !is_block(next) {
            return Err(unknown());
        }
        has_own |= next == block;
        for at in 0..NODES_PER_BLOCK {
            let node = next + at * NODE_BYTES;
            let flags = unsafe { *((node + NODE_FLAGS_AT) as *const u8) };
            if flags & NODE_STATE == NODE_NORMAL
                && let Some(object) = is_object(heap, word(node))
            {
                found(object);
            }
        }
        next = word(next + BLOCK_NEXT_AT);
    }
    Err(unknown())
}

/// The stack of this thread, from here to where it began.
pub fn stack() -> Result<Range<usize>, Unreadable> {
    let unknown = || Unreadable::new("the system does not tell where the stack begins");
    // SAFETY: plain data.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: a place for the attributes of this thread.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) } != 0 {
        return Err(unknown());
    }
    let (mut lowest, mut bytes) = (std::ptr::null_mut::<c_void>(), 0usize);
    // SAFETY: the attributes were just written; both are places for what is asked.
    let failed = unsafe {
        libc::pthread_attr_getstack(&raw const attributes, &raw mut lowest, &raw mut bytes)
    };
    // SAFETY: nobody uses them any more.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    let here = (&raw const attributes as usize).next_multiple_of(WORD);
    match failed == 0 && (lowest as usize..lowest as usize + bytes).contains(&here) {
        true => Ok(here..lowest as usize + bytes),
        false => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::last_page::two_pages;

    #[test]
    fn memory_that_was_given_back_since_it_was_listed_is_not_looked_at() {
        let page = page_bytes() as usize;
        let first = two_pages();
        let second = first + page;
        let nowhere = first..first;
        let places = Places {
            v8: RootPlaces {
                isolate: nowhere.clone(),
                global_handle: first,
                handle: first,
                handles: 0,
            },
            stack: nowhere,
            native: std::iter::once(first..second + page).collect(),
        };
        assert!(places.is_native(first + WORD, page));
        assert!(!places.is_native(first + 1, WORD));
        assert!(!places.is_native(second + page, WORD));
        assert!(!places.is_native(second, page + WORD));
        // SAFETY: of the memory that was mapped above, and that nothing else uses.
        unsafe { libc::munmap(second as *mut c_void, page) };
        assert!(places.is_native(first, page));
        assert!(!places.is_native(first, page + WORD));
        assert!(!places.is_native(second, WORD));
        // SAFETY: the rest of it.
        unsafe { libc::munmap(first as *mut c_void, page) };
    }
}
