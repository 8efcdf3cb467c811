//! Reads V8's heap statistics into ours. Mirrors the layout of `v8::HeapStatistics`.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr;

use super::symbols::{SpaceStatistics, Symbols, current_isolate};
use crate::error::Error;
use crate::gc::HeapStatistics;

/// Twice what V8 14.6 needs, so that fields of later versions have room.
const BUFFER_WORDS: usize = 32;
/// `does_zap_garbage_` is a `bool`: its word is not a size, and only its low byte is written.
const ZAP_GARBAGE_AT: usize = 9;

/// The isolate of the thread that made this; it cannot leave that thread.
#[derive(Clone, Copy)]
pub struct Isolate {
    pointer: *mut c_void,
    read: unsafe extern "C" fn(*mut c_void, *mut u64),
    new_space: Option<NewSpace>,
    not_send: PhantomData<*mut ()>,
}

#[derive(Clone, Copy)]
struct NewSpace {
    index: usize,
    read: unsafe extern "C" fn(*mut c_void, *mut SpaceStatistics, usize) -> bool,
}

impl Isolate {
    /// The isolate that runs on this thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when there is none, or V8's statistics cannot be reached.
    pub fn current() -> Result<Self, Error> {
        let symbols = Symbols::get();
        let pointer = current_isolate()?;
        let read = symbols.heap_statistics.ok_or_else(|| Error::Unsupported {
            what: "the heap statistics",
            why: "the executable does not export v8::Isolate::GetHeapStatistics".into(),
        })?;
        Ok(Self {
            pointer,
            read,
            new_space: NewSpace::find(pointer),
            not_send: PhantomData,
        })
    }

    /// Tells isolates apart. Zero is no isolate's address.
    pub fn address(&self) -> usize {
        self.pointer as usize
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.pointer
    }

    /// V8's statistics of the whole heap.
    ///
    /// # Complexity
    ///
    /// V8 visits every page for the physical size: about a microsecond, more in heaps of gigabytes.
    pub fn heap_statistics(&self) -> HeapStatistics {
        let mut words = [0u64; BUFFER_WORDS];
        // SAFETY: the isolate belongs to this thread and lives as long as it; V8 writes its
        // `HeapStatistics`, at most 16 words, and the buffer has 32.
        unsafe { (self.read)(self.pointer, words.as_mut_ptr()) };
        words[ZAP_GARBAGE_AT] = 0;
        HeapStatistics {
            total_bytes: words[0],
            total_executable_bytes: words[1],
            total_physical_bytes: words[2],
            total_available_bytes: words[3],
            used_bytes: words[4],
            limit_bytes: words[5],
            malloced_bytes: words[6],
            external_bytes: words[7],
            peak_malloced_bytes: words[8],
            native_contexts: words[10],
            detached_contexts: words[11],
            total_global_handles_bytes: words[12],
            used_global_handles_bytes: words[13],
            total_allocated_bytes: words[14],
        }
    }

    /// Bytes in use in the young generation; zero where V8 has none or does not say.
    pub fn new_space_bytes(&self) -> u64 {
        self.new_space
            .and_then(|space| space.statistics(self.pointer))
            .map_or(0, |statistics| statistics.used_size as u64)
    }

    /// Bytes that V8 has for the young generation; zero where it does not say.
    pub fn new_space_capacity_bytes(&self) -> u64 {
        self.new_space
            .and_then(|space| space.statistics(self.pointer))
            .map_or(0, |statistics| statistics.size as u64)
    }

    /// Bytes that V8 has for all that is not young: what it holds against the heap's limit.
    pub fn old_generation_capacity_bytes(&self) -> u64 {
        let total = self.heap_statistics().total_bytes;
        total.saturating_sub(self.new_space_capacity_bytes())
    }

    /// Collects everything that V8 can reach, now. Pauses as long as that takes.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8 does not export the function.
    pub fn collect_all_garbage(&self) -> Result<(), Error> {
        let low_memory = Symbols::get()
            .low_memory
            .ok_or_else(|| Error::Unsupported {
                what: "a full collection on request",
                why: "the executable does not export v8::Isolate::LowMemoryNotification".into(),
            })?;
        // SAFETY: called from JavaScript on the isolate's thread, not from inside a collection.
        unsafe { low_memory(self.pointer) };
        Ok(())
    }
}

impl NewSpace {
    fn find(isolate: *mut c_void) -> Option<Self> {
        let symbols = Symbols::get().spaces?;
        // SAFETY: the isolate belongs to this thread.
        let count = unsafe { (symbols.count)(isolate) };
        (0..count)
            .map(|index| Self {
                index,
                read: symbols.statistics,
            })
            .find(|space| {
                space.statistics(isolate).is_some_and(|statistics| {
                    // SAFETY: V8 names its spaces with string literals; null was ruled out.
                    !statistics.name.is_null()
                        && unsafe { CStr::from_ptr(statistics.name) } == c"new_space"
                })
            })
    }

    fn statistics(&self, isolate: *mut c_void) -> Option<SpaceStatistics> {
        let mut statistics = SpaceStatistics {
            name: ptr::null(),
            size: 0,
            used_size: 0,
            available_size: 0,
            physical_size: 0,
            reserved: [0; 8],
        };
        // SAFETY: the isolate belongs to this thread, the index was counted by V8, and the struct is
        // larger than V8's.
        let known = unsafe { (self.read)(isolate, &mut statistics, self.index) };
        known.then_some(statistics)
    }
}
