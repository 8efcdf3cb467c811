//! Large pieces of the addon's memory come from the system itself and go back to it at once.
//!
//! glibc takes the first large piece that is freed as a sign that there will be more, and from then on keeps as much in
//! reserve in each thread: after the first captures of a suspicion a service had 8 MB more that nobody used, which looks
//! like native memory leaking. What this addon frees is no such sign.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::ptr::null_mut;

/// From so many bytes on glibc, too, asks the system, until something of that size is freed.
const LARGE_BYTES: usize = 128 << 10;
/// No page is smaller.
const PAGE_BYTES: usize = 4096;

/// For the whole addon.
struct LargePieces;

#[global_allocator]
static ALLOCATOR: LargePieces = LargePieces;

// SAFETY: whether a piece is large follows from its layout alone, so that each goes back to where it came from; new
// mappings are aligned to pages, and overlap nothing.
unsafe impl GlobalAlloc for LargePieces {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_large(layout) {
            true => map(layout.size()),
            // SAFETY: the caller's promise.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match is_large(layout) {
            // New pages are zero.
            true => map(layout.size()),
            // SAFETY: the caller's promise.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match is_large(layout) {
            // SAFETY: a mapping of this size, which nobody uses any more.
            true => unsafe {
                libc::munmap(piece.cast(), layout.size());
            },
            // SAFETY: the caller's promise.
            false => unsafe { System.dealloc(piece, layout) },
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is a valid one for the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_large(layout), is_large(wanted)) {
            // SAFETY: a mapping of this size. The system moves pages, not bytes.
            (true, true) => placed(unsafe {
                libc::mremap(piece.cast(), layout.size(), size, libc::MREMAP_MAYMOVE)
            }),
            // SAFETY: the caller's promise.
            (false, false) => unsafe { System.realloc(piece, layout, size) },
            // SAFETY: both pieces have as many bytes as are copied, and are different ones.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    piece.copy_to_nonoverlapping(moved, layout.size().min(size));
                    self.dealloc(piece, layout);
                }
                moved
            },
        }
    }
}

fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE_BYTES && layout.align() <= PAGE_BYTES
}

fn map(bytes: usize) -> *mut u8 {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: new memory.
    placed(unsafe { libc::mmap(null_mut(), bytes, access, kind, -1, 0) })
}

fn placed(place: *mut c_void) -> *mut u8 {
    match place == libc::MAP_FAILED {
        true => null_mut(),
        false => place.cast(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_stay_while_a_piece_grows_and_shrinks_across_the_limit() {
        let mut piece: Vec<u32> = (0..1000).collect();
        for capacity in [LARGE_BYTES / 4 - 1, LARGE_BYTES / 4, LARGE_BYTES * 8] {
            piece.reserve_exact(capacity - piece.len());
            assert_eq!(piece.capacity(), capacity);
            assert!(piece.iter().copied().eq(0..1000));
        }
        for capacity in [LARGE_BYTES, LARGE_BYTES / 4, 1000] {
            piece.shrink_to(capacity);
            assert!(piece.iter().copied().eq(0..1000));
        }
    }

    #[test]
    fn new_large_pieces_are_zero() {
        for _ in 0..3 {
            let mut piece = vec![0_u8; LARGE_BYTES * 3];
            assert!(piece.iter().all(|&byte| byte == 0));
            piece.fill(7);
        }
    }

    #[test]
    fn what_is_freed_is_the_systems_again() {
        let is_given_back = || {
            let piece = vec![7_u8; LARGE_BYTES * 100];
            let place = piece.as_ptr() as *mut c_void;
            drop(piece);
            let mut is_resident = 0_u8;
            // SAFETY: asks about a page.
            unsafe { libc::mincore(place, 1, (&raw mut is_resident).cast()) == -1 }
        };
        // Another test may be given the same place at once.
        assert!((0..20).any(|_| is_given_back()));
    }

    #[test]
    fn what_cannot_be_had_is_no_piece() {
        let layout = Layout::from_size_align(1 << 60, 8).unwrap();
        // SAFETY: the layout has a size.
        assert!(unsafe { ALLOCATOR.alloc(layout) }.is_null());
    }
}
