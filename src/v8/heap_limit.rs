//! What happens when the heap of one isolate is nearly full: V8 asks for a higher limit before it gives up.

use std::cell::Cell;
use std::ffi::c_void;

use super::statistics::Isolate;
use super::symbols::{HeapLimitSymbols, Symbols};
use crate::error::Error;

/// What V8 is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The limit from now on.
    pub limit_bytes: usize,
    /// Whether V8 is to ask again.
    pub stays: bool,
}

/// An installed callback; removed by its answer, or when dropped.
pub struct HeapLimitHook {
    isolate: Isolate,
    symbols: HeapLimitSymbols,
    state: Box<HookState>,
}

/// What the callback sees. Its address is V8's `data` pointer, so it stays in its box.
struct HookState {
    isolate: Isolate,
    symbols: HeapLimitSymbols,
    is_installed: Cell<bool>,
    /// The limit before it was ever raised; zero until then. It is put back where the heap has shrunk.
    first_limit_bytes: Cell<usize>,
    answer: Box<dyn Fn(usize) -> Answer>,
}

impl HeapLimitHook {
    /// Has `answer` called with the limit when the heap comes near it. It runs on the isolate's thread, wherever V8
    /// needed memory: it must call no JavaScript, and must not drop the hook.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8 does not export what is needed.
    pub fn install(answer: Box<dyn Fn(usize) -> Answer>) -> Result<Self, Error> {
        let symbols = symbols()?;
        let isolate = Isolate::current()?;
        let state = Box::new(HookState {
            isolate,
            symbols,
            is_installed: Cell::new(true),
            first_limit_bytes: Cell::default(),
            answer,
        });
        let data = (&raw const *state).cast_mut().cast::<c_void>();
        // SAFETY: this is the isolate's thread; `state` stays where it is until the callback is removed.
        unsafe { (symbols.add)(isolate.pointer(), on_near_limit, data) };
        Ok(Self {
            isolate,
            symbols,
            state,
        })
    }

    /// # Errors
    ///
    /// [`Error::Unsupported`], as `install`.
    pub fn check() -> Result<(), Error> {
        symbols().map(drop)
    }
}

fn symbols() -> Result<HeapLimitSymbols, Error> {
    let symbols = Symbols::get().near_heap_limit;
    symbols.ok_or_else(|| Error::Unsupported {
        what: "a capture near the heap limit",
        why: "the executable does not export V8's near heap limit callbacks".into(),
    })
}

impl Drop for HeapLimitHook {
    fn drop(&mut self) {
        if self.state.is_installed.replace(false) {
            // SAFETY: the callback is installed, and the hook is dropped on the isolate's thread while the isolate
            // is alive, at the latest by the environment's cleanup.
            unsafe {
                (self.symbols.remove)(
                    self.isolate.pointer(),
                    on_near_limit,
                    self.state.first_limit_bytes.get(),
                );
            }
        }
    }
}

unsafe extern "C" fn on_near_limit(data: *mut c_void, limit_bytes: usize, _: usize) -> usize {
    // SAFETY: `data` is the `HookState` of `install`, alive until the callback is removed, and only ever
    // borrowed shared.
    let state = unsafe { &*data.cast::<HookState>() };
    if state.first_limit_bytes.get() == 0 {
        state.first_limit_bytes.set(limit_bytes);
    }
    let answer = (state.answer)(limit_bytes);
    if !answer.stays && state.is_installed.replace(false) {
        // SAFETY: the callback is installed. V8 has read what it needs of its list before it called.
        unsafe { (state.symbols.remove)(state.isolate.pointer(), on_near_limit, 0) };
    }
    answer.limit_bytes
}
