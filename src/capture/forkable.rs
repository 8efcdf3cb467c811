//! Memory that a fork copies although it is marked to be left out.

use std::ffi::c_void;

use super::mappings::Range;

/// Ranges that a fork copies as long as this is alive; then it leaves them out again.
pub struct Forkable<'a>(&'a [Range]);

impl<'a> Forkable<'a> {
    /// The ranges must be marked `MADV_DONTFORK`: each of them is when this is dropped.
    pub fn make(ranges: &'a [Range]) -> Self {
        let forkable = Self(ranges);
        forkable.advise(libc::MADV_DOFORK);
        forkable
    }

    fn advise(&self, advice: libc::c_int) {
        for range in self.0 {
            // Helper threads of V8 may have unmapped a part; the kernel then says so, having advised the rest.
            // SAFETY: whether a fork copies a range changes nothing for this process.
            unsafe { libc::madvise(range.start as *mut c_void, range.end - range.start, advice) };
        }
    }
}

impl Drop for Forkable<'_> {
    fn drop(&mut self) {
        self.advise(libc::MADV_DONTFORK);
    }
}
