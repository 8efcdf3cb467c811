//! V8's pages: which addresses are of its heap, and a mark for each object on them.
//!
//! V8 aligns its pages to 256 KiB. A small hash table leads from there to the marks, one bit for eight bytes.

use rustc_hash::FxHashMap;

/// V8 aligns and sizes its pages by this.
const CHUNK_SHIFT: u32 = 18;
const CHUNK_BYTES: usize = 1 << CHUNK_SHIFT;
/// The kernel's pages.
const PAGE_SHIFT: u32 = 12;
const PAGES_PER_CHUNK: usize = 1 << (CHUNK_SHIFT - PAGE_SHIFT);
/// Objects begin at multiples of this.
pub const WORD: usize = 8;
const WORDS_PER_MARK: usize = 64;
const MARKS_PER_CHUNK: usize = CHUNK_BYTES / WORD / WORDS_PER_MARK;
/// The lower bits of a word that is a reference.
pub const TAG_MASK: usize = 0b11;
pub const STRONG: usize = 0b01;
pub const WEAK: usize = 0b11;
/// Spreads the numbers of chunks over the table.
const MULTIPLIER: usize = 0x9e37_79b9_7f4a_7c15;

/// A part of V8's memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Area {
    pub start: usize,
    pub end: usize,
    pub is_writable: bool,
}

/// The memory of V8's heap, and its marks.
pub struct Memory {
    /// By hash: the number of a chunk, where its marks begin, and what of it may be read.
    slots: Vec<Chunk>,
    shift: u32,
    marks: Vec<u64>,
    /// All chunks, by address.
    chunks: Vec<Chunk>,
    /// For each 512 bytes the number of marks before them; once `number` was called.
    ranks: Vec<u32>,
    marked: usize,
}

/// A place among the marked objects.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    chunk: usize,
    at: usize,
    /// Marks of the word at hand that are still to come.
    left: u64,
}

/// By address.
pub type AddressMap<V> = FxHashMap<usize, V>;

#[derive(Clone, Copy, Default)]
struct Chunk {
    number: usize,
    /// Position of its first mark word.
    marks: usize,
    /// Its pages that may be read, as bits: some guard machine code, some hold what nobody may look at.
    pages: u64,
    /// Of these, those that nobody may write: V8's read-only space.
    read_only: u64,
}

impl Memory {
    /// `readable` are all parts of V8's, by address.
    pub fn new(readable: &[Area]) -> Self {
        let mut chunks: Vec<Chunk> = Vec::new();
        for area in readable {
            for page in area.start >> PAGE_SHIFT..area.end >> PAGE_SHIFT {
                let number = page >> (CHUNK_SHIFT - PAGE_SHIFT);
                if chunks.last().is_none_or(|last| last.number != number) {
                    chunks.push(Chunk {
                        number,
                        marks: chunks.len() * MARKS_PER_CHUNK,
                        pages: 0,
                        read_only: 0,
                    });
                }
                if let Some(chunk) = chunks.last_mut() {
                    let bit = 1 << (page % PAGES_PER_CHUNK);
                    chunk.pages |= bit;
                    if !area.is_writable {
                        chunk.read_only |= bit;
                    }
                }
            }
        }
        let capacity = (chunks.len() * 4).next_power_of_two().max(16);
        let mut memory = Self {
            slots: vec![Chunk::default(); capacity],
            shift: usize::BITS - capacity.trailing_zeros(),
            marks: vec![0; chunks.len() * MARKS_PER_CHUNK],
            chunks: Vec::new(),
            ranks: Vec::new(),
            marked: 0,
        };
        for chunk in &chunks {
            let mut at = memory.slot_of(chunk.number);
            while memory.slots[at].pages != 0 {
                at = (at + 1) & (capacity - 1);
            }
            memory.slots[at] = *chunk;
        }
        memory.chunks = chunks;
        memory
    }

    #[inline(always)]
    fn slot_of(&self, number: usize) -> usize {
        number.wrapping_mul(MULTIPLIER) >> self.shift
    }

    #[inline(always)]
    fn chunk_of(&self, address: usize) -> Option<&Chunk> {
        let number = address >> CHUNK_SHIFT;
        let mut at = self.slot_of(number);
        loop {
            // SAFETY: hashes and their successors are below the table's length, a power of two.
            let slot = unsafe { self.slots.get_unchecked(at) };
            if slot.number == number {
                let page = address >> PAGE_SHIFT & (PAGES_PER_CHUNK - 1);
                return (slot.pages >> page & 1 == 1).then_some(slot);
            }
            if slot.pages == 0 {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Whether a word can be read here.
    #[inline(always)]
    pub fn contains(&self, address: usize) -> bool {
        self.chunk_of(address).is_some()
    }

    /// Whether this is of V8's read-only space.
    pub fn is_read_only(&self, address: usize) -> bool {
        self.chunk_of(address).is_some_and(|chunk| {
            let page = address >> PAGE_SHIFT & (PAGES_PER_CHUNK - 1);
            chunk.read_only >> page & 1 == 1
        })
    }

    /// Whether all of an object can be read whose beginning can.
    #[inline(always)]
    pub fn contains_rest(&self, object: usize, bytes: usize) -> bool {
        let last = object + bytes - 1;
        object >> PAGE_SHIFT == last >> PAGE_SHIFT || self.contains_all(object, bytes)
    }

    /// Whether all of this can be read.
    pub fn contains_all(&self, start: usize, bytes: usize) -> bool {
        let pages = start >> PAGE_SHIFT..=(start + bytes.max(1) - 1) >> PAGE_SHIFT;
        pages
            .into_iter()
            .all(|page| self.contains(page << PAGE_SHIFT))
    }

    /// Marks an object; false if it was, or is not of V8's heap.
    #[inline(always)]
    pub fn mark(&mut self, address: usize) -> bool {
        if !address.is_multiple_of(WORD) {
            return false;
        }
        let Some(chunk) = self.chunk_of(address) else {
            return false;
        };
        let (word, bit) = place(chunk, address);
        // SAFETY: every chunk has all of its marks.
        let word = unsafe { self.marks.get_unchecked_mut(word) };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes all marks back.
    pub fn clear(&mut self) {
        self.marks.fill(0);
    }

    pub fn is_marked(&self, address: usize) -> bool {
        self.chunk_of(address).is_some_and(|chunk| {
            let (word, bit) = place(chunk, address);
            self.marks[word] & bit != 0
        })
    }

    /// Takes a mark back.
    pub fn unmark(&mut self, address: usize) {
        if let Some(chunk) = self.chunk_of(address) {
            let (word, bit) = place(chunk, address);
            self.marks[word] &= !bit;
        }
    }

    /// Numbers the marked objects by address; gives how many there are.
    pub fn number(&mut self) -> usize {
        let mut marked = 0;
        self.ranks = self
            .marks
            .iter()
            .map(|word| {
                let before = marked;
                marked += word.count_ones();
                before
            })
            .collect();
        self.marked = marked as usize;
        self.marked
    }

    /// The number of a marked object.
    #[inline(always)]
    pub fn number_of(&self, address: usize) -> Option<u32> {
        if !address.is_multiple_of(WORD) {
            return None;
        }
        let chunk = self.chunk_of(address)?;
        let (word, bit) = place(chunk, address);
        let marks = self.marks[word];
        (marks & bit != 0).then(|| self.ranks[word] + (marks & (bit - 1)).count_ones())
    }

    /// Before the marked object with the lowest address.
    pub fn first_marked(&self) -> Cursor {
        Cursor {
            chunk: 0,
            at: 0,
            left: self.marks.first().copied().unwrap_or(0),
        }
    }

    /// The next marked object by address. Marks must not change in between.
    #[inline(always)]
    pub fn next_marked(&self, cursor: &mut Cursor) -> Option<usize> {
        while cursor.left == 0 {
            cursor.at += 1;
            if cursor.at == MARKS_PER_CHUNK {
                cursor.chunk += 1;
                cursor.at = 0;
            }
            cursor.left = *self.marks.get(cursor.chunk * MARKS_PER_CHUNK + cursor.at)?;
        }
        let bit = cursor.left.trailing_zeros() as usize;
        cursor.left &= cursor.left - 1;
        let base = self.chunks.get(cursor.chunk)?.number << CHUNK_SHIFT;
        Some(base + (cursor.at * WORDS_PER_MARK + bit) * WORD)
    }

    /// Reads a word of V8's heap.
    ///
    /// Nothing checks that it is one: the caller has a reference that V8 wrote, or has asked.
    #[inline(always)]
    pub fn word(&self, address: usize) -> usize {
        // SAFETY: V8's heap is readable and frozen in the copy. A wrong address ends the copy.
        unsafe { (address as *const usize).read_unaligned() }
    }

    /// Has the processor fetch what is here, where it can be asked to: a hint, at any address.
    #[inline(always)]
    pub fn ask_for(&self, address: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: it reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(address as *const i8) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = address;
    }

    #[inline(always)]
    pub fn byte(&self, address: usize) -> u8 {
        // SAFETY: the same.
        unsafe { *(address as *const u8) }
    }

    #[inline(always)]
    pub fn half(&self, address: usize) -> u16 {
        // SAFETY: the same.
        unsafe { (address as *const u16).read_unaligned() }
    }

    #[inline(always)]
    pub fn int(&self, address: usize) -> u32 {
        // SAFETY: the same.
        unsafe { (address as *const u32).read_unaligned() }
    }

    pub fn bytes(&self, address: usize, length: usize) -> &[u8] {
        // SAFETY: the same.
        unsafe { std::slice::from_raw_parts(address as *const u8, length) }
    }
}

#[inline(always)]
fn place(chunk: &Chunk, address: usize) -> (usize, u64) {
    let word = (address & (CHUNK_BYTES - 1)) / WORD;
    (
        chunk.marks + word / WORDS_PER_MARK,
        1 << (word % WORDS_PER_MARK),
    )
}

/// The address that a reference leads to; `None` for small integers and for weak references.
#[inline(always)]
pub fn strong(word: usize) -> Option<usize> {
    (word & TAG_MASK == STRONG).then_some(word & !TAG_MASK)
}

/// The value of a small integer.
#[inline(always)]
pub fn small_integer(word: usize) -> Option<i32> {
    (word & 1 == 0).then_some((word as i64 >> 32) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_reaches_into_what_cannot_be_read_is_not_all_there() {
        let page = 1 << PAGE_SHIFT;
        let start = 5 * CHUNK_BYTES;
        let area = |start, pages: usize| Area {
            start,
            end: start + pages * page,
            is_writable: true,
        };
        // A page is missing behind the first two.
        let memory = Memory::new(&[area(start, 2), area(start + 3 * page, 1)]);
        assert!(memory.contains_rest(start, WORD));
        assert!(memory.contains_rest(start, 2 * page));
        assert!(!memory.contains_rest(start, 2 * page + WORD));
        assert!(!memory.contains_rest(start, 4 * page));
        assert!(memory.contains_rest(start + 3 * page, page));
        assert!(!memory.contains_rest(start + 3 * page, 1 << 40));
    }
}
