//! Where V8 keeps what it holds: its own object for the thread, and its handles.

use std::ffi::c_void;
use std::ops::Range;

use super::statistics::Isolate;
use super::symbols::{Globalize, Symbols};
use crate::error::Error;

/// Addresses in V8's memory outside of its heap.
#[derive(Clone, Debug)]
pub struct RootPlaces {
    /// V8's object for this thread, with its tables of roots.
    pub isolate: Range<usize>,
    /// A strong global handle that was made for this.
    pub global_handle: usize,
    /// The latest local handle, and how many there are.
    pub handle: usize,
    pub handles: usize,
}

impl Isolate {
    /// Finds V8's roots by making two handles, which stay. For the copy alone, in a call from JavaScript.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when the executable does not export what it takes.
    pub fn root_places(self) -> Result<RootPlaces, Error> {
        let symbols = Symbols::get();
        let (Some(roots), Some(snapshot)) = (&symbols.roots, &symbols.snapshot) else {
            return Err(Error::Unsupported {
                what: "reading V8's heap",
                why: "the executable does not export v8::HandleScope".into(),
            });
        };
        let isolate = self.pointer();
        // SAFETY: the isolate belongs to this thread, runs JavaScript, and is alive.
        let context = unsafe { (snapshot.current_context)(isolate) };
        // SAFETY: the same; a handle is the address of a word that leads to the object.
        let global_handle = unsafe {
            match roots.globalize {
                Globalize::Handle(globalize) => globalize(isolate, context),
                Globalize::Object(globalize) => globalize(isolate, *context.cast::<usize>()),
            }
        };
        // SAFETY: the same.
        let handles = unsafe { (roots.handle_count)(isolate) };
        // SAFETY: V8 allocates its isolate with `malloc`.
        let bytes = unsafe { libc::malloc_usable_size(isolate) };
        let start = isolate as usize;
        Ok(RootPlaces {
            isolate: start..start + bytes / 8 * 8,
            global_handle: global_handle as usize,
            handle: context as usize,
            handles: usize::try_from(handles).unwrap_or(0),
        })
    }

    /// V8's number for the object at an address; zero when it has none.
    pub fn id_of_object(self, object: usize) -> u32 {
        let Some(symbols) = &Symbols::get().snapshot else {
            return 0;
        };
        let handle = object | 1;
        // SAFETY: the isolate belongs to this thread and is alive.
        let profiler = unsafe { (symbols.profiler)(self.pointer()) };
        // SAFETY: a handle is the address of such a word; V8 looks the address up and touches nothing else.
        unsafe { (symbols.object_id)(profiler, (&raw const handle).cast::<c_void>().cast_mut()) }
    }
}
