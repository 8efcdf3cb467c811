//! A page with one object at its very end, and no memory behind it: to read a word too many ends the test.

use super::heap::Heap;
use super::layout::{Class, HEADER, Layout, MAP_SIZE, MAP_TYPE, Shape, Type};
use super::memory::{Area, Memory, STRONG, WORD};
use crate::v8::clock::page_bytes;

const MAP_NUMBER: u16 = 0;
const OBJECT_NUMBER: u16 = 1;

pub struct LastPage {
    start: usize,
    page: usize,
    kind: Type,
    pub object: usize,
}

impl LastPage {
    /// With an object of so many bytes, all of them zero but its map.
    pub fn with(class: Class, shape: Shape, bytes: usize) -> Self {
        let page = page_bytes() as usize;
        let start = two_pages();
        // SAFETY: the second half of it.
        let failed = unsafe { libc::mprotect((start + page) as *mut _, page, libc::PROT_NONE) };
        assert_eq!(failed, 0);
        let made = Self {
            start,
            page,
            kind: Type {
                shape,
                class,
                name: "",
            },
            object: start + page - bytes,
        };
        // The map of maps, which is its own, and the object's.
        let (map_of_maps, map) = (start, start + 2 * HEADER);
        let size_in_words = match shape {
            Shape::Plain => bytes / WORD,
            _ => 0,
        };
        for (at, number, size) in [
            (map_of_maps, MAP_NUMBER, 0),
            (map, OBJECT_NUMBER, size_in_words),
        ] {
            made.write(at, map_of_maps | STRONG);
            let size_and_type = size | (usize::from(number) << ((MAP_TYPE - MAP_SIZE) * 8));
            made.write(at + MAP_SIZE, size_and_type);
        }
        made.write(made.object, map | STRONG);
        made
    }

    pub fn heap(&self) -> Heap {
        let map = Type {
            shape: Shape::Plain,
            class: Class::Map,
            name: "Map",
        };
        let layout = Layout::with_types(vec![map, self.kind]);
        let area = Area {
            start: self.start,
            end: self.start + self.page,
            is_writable: true,
        };
        Heap::new(Memory::new(&[area]), layout)
    }

    pub fn write(&self, address: usize, word: usize) {
        assert!((self.start..self.start + self.page).contains(&address));
        // SAFETY: of the page that was mapped for this.
        unsafe { (address as *mut usize).write(word) };
    }
}

/// Where two pages of new memory begin.
pub fn two_pages() -> usize {
    let bytes = 2 * page_bytes() as usize;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: new memory, wherever the system has room for it.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    start as usize
}

impl Drop for LastPage {
    fn drop(&mut self) {
        // SAFETY: both pages, which nothing else uses.
        unsafe { libc::munmap(self.start as *mut _, 2 * self.page) };
    }
}
