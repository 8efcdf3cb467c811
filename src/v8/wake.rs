//! Tells the event loop from inside a GC callback that there is something to do: one libuv handle that
//! keeps nothing alive.
//!
//! It is a prepare handle, which the loop runs in each turn before it may block. A collection happens in
//! code that the loop has called, so that comes in time; and the callback only has to set a flag, where
//! an asynchronous handle would cost it a system call, some 5 µs after a full collection.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;

use super::symbols::{Symbols, WakeSymbols, current_isolate};
use crate::error::Error;

/// `uv_handle_type`, part of libuv's ABI since 1.0.
const UV_PREPARE: i32 = 9;

/// An unref'd `uv_prepare_t` of this thread's event loop. Closed when dropped; libuv frees it at the end
/// of the turn.
pub struct Wake {
    symbols: &'static WakeSymbols,
    handle: NonNull<c_void>,
    asked: Rc<Cell<bool>>,
}

/// Lives as long as the handle, which outlives `Wake` by one turn of the loop.
struct HandleMemory {
    on_wake: Box<dyn Fn()>,
    asked: Rc<Cell<bool>>,
    // The handle itself, whose size only libuv knows. Words, for their alignment.
    _words: Box<[u64]>,
}

impl Wake {
    /// Opens the handle. `on_wake` runs on this thread's event loop, outside of any collection, once
    /// for all calls of [`send`](Self::send) since it last ran.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when libuv cannot be reached or refuses.
    pub fn open(on_wake: Box<dyn Fn()>) -> Result<Self, Error> {
        let unsupported = |why: &str| Error::Unsupported {
            what: "waking the event loop",
            why: why.into(),
        };
        let symbols = Symbols::get()
            .wake
            .as_ref()
            .ok_or_else(|| unsupported("the executable does not export libuv"))?;
        let isolate = current_isolate()?;
        // SAFETY: the isolate belongs to this thread; null when it has no Node environment.
        let event_loop = unsafe { (symbols.current_loop)(isolate) };
        if event_loop.is_null() {
            return Err(unsupported("this thread has no event loop"));
        }
        // SAFETY: asks libuv for a constant.
        let bytes = unsafe { (symbols.handle_size)(UV_PREPARE) };
        let mut words = vec![0u64; bytes.div_ceil(8)].into_boxed_slice();
        let handle = NonNull::new(words.as_mut_ptr().cast::<c_void>())
            .ok_or_else(|| unsupported("libuv's handle has no size"))?;
        // SAFETY: the loop belongs to this thread and the memory has the size that libuv asked for.
        if unsafe { (symbols.prepare_init)(event_loop, handle.as_ptr()) } != 0 {
            return Err(unsupported("uv_prepare_init failed"));
        }
        let asked = Rc::new(Cell::new(false));
        let memory = Box::new(HandleMemory {
            on_wake,
            asked: asked.clone(),
            _words: words,
        });
        // SAFETY: the handle is open; `free` takes the memory back when libuv is done with it.
        unsafe { (symbols.set_data)(handle.as_ptr(), Box::into_raw(memory).cast()) };
        // SAFETY: the handle is open.
        unsafe { (symbols.unref)(handle.as_ptr()) };
        let wake = Self {
            symbols,
            handle,
            asked,
        };
        // SAFETY: the handle belongs to this thread and was not started before.
        match unsafe { (symbols.prepare_start)(handle.as_ptr(), run) } {
            0 => Ok(wake),
            _ => Err(unsupported("uv_prepare_start failed")),
        }
    }

    /// Asks for a wake-up. Safe in a GC callback: sets a flag.
    pub fn send(&self) {
        self.asked.set(true);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        // SAFETY: `Wake` cannot leave the loop's thread, and this is the only call of close.
        unsafe { (self.symbols.close)(self.handle.as_ptr(), free) };
    }
}

unsafe extern "C" fn run(handle: *mut c_void) {
    let Some(symbols) = Symbols::get().wake.as_ref() else {
        return;
    };
    // SAFETY: `open` put the memory there before the loop could run.
    let memory = unsafe { &*(symbols.get_data)(handle).cast::<HandleMemory>() };
    if memory.asked.replace(false) {
        (memory.on_wake)();
    }
}

unsafe extern "C" fn free(handle: *mut c_void) {
    let Some(symbols) = Symbols::get().wake.as_ref() else {
        return;
    };
    // SAFETY: libuv calls this once, after the last use of the handle, which lies in this memory.
    drop(unsafe { Box::from_raw((symbols.get_data)(handle).cast::<HandleMemory>()) });
}
