//! A ring of the newest records: written in the GC callback, read by sequence number.
//!
//! One thread writes (the isolate's); any thread may read. A write allocates nothing, takes no lock
//! and never waits; a reader that was overtaken is told so and counts what it missed.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::event::{GcEvent, RECORD_WORDS, RecordWords};

/// Fixed number of records; 320 bytes each, touched up front so that no write faults a page in.
pub struct Ring {
    words: Box<[AtomicU64]>,
    capacity: u64,
    next: AtomicU64,
}

/// What a read found: the records in order, and how many older ones were overwritten unread.
#[derive(Debug, Default)]
pub struct Drained {
    pub events: Vec<GcEvent>,
    pub lost: u64,
}

impl Ring {
    /// Room for `capacity` records, at least one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        let words: Box<[AtomicU64]> = (0..capacity * RECORD_WORDS)
            .map(|_| AtomicU64::new(0))
            .collect();
        Self {
            words,
            capacity: capacity as u64,
            next: AtomicU64::new(0),
        }
    }

    /// A ring of another capacity with the newest records of this one; sequence numbers go on.
    pub fn resized(&self, capacity: usize) -> Self {
        let ring = Self::new(capacity);
        let first = self.next_sequence().saturating_sub(ring.capacity);
        ring.next.store(self.next_sequence(), Ordering::Release);
        for event in self.read_from(first).events {
            write_slot(ring.slot(event.sequence), &event.to_words());
        }
        ring
    }

    pub fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Sequence number of the next record, which is the number of records ever written.
    pub fn next_sequence(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    /// Oldest sequence number still kept.
    pub fn oldest_sequence(&self) -> u64 {
        self.next_sequence().saturating_sub(self.capacity)
    }

    /// Appends a record in place of the oldest one. The record's own sequence number is its place.
    ///
    /// Only the isolate's thread may call this.
    pub fn push(&self, words: &RecordWords) {
        let sequence = self.next.load(Ordering::Relaxed);
        debug_assert_eq!(words[0], super::event::stamp(sequence));
        write_slot(self.slot(sequence), words);
        self.next.store(sequence + 1, Ordering::Release);
    }

    /// All records from `sequence` on that are still here, and the number of those that are not.
    pub fn read_from(&self, sequence: u64) -> Drained {
        let end = self.next_sequence();
        let start = sequence.max(self.oldest_sequence());
        let mut drained = Drained {
            events: Vec::with_capacity((end - start.min(end)) as usize),
            lost: start.min(end).saturating_sub(sequence),
        };
        for at in start..end {
            match self.read(at) {
                Some(event) => drained.events.push(event),
                None => drained.lost += 1,
            }
        }
        drained
    }

    fn read(&self, sequence: u64) -> Option<GcEvent> {
        let slot = self.slot(sequence);
        let stamp = super::event::stamp(sequence);
        if slot[0].load(Ordering::Acquire) != stamp {
            return None;
        }
        let mut words = [0; RECORD_WORDS];
        for (word, cell) in words.iter_mut().zip(slot) {
            *word = cell.load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        if slot[0].load(Ordering::Relaxed) != stamp {
            return None;
        }
        GcEvent::from_words(&words)
    }

    fn slot(&self, sequence: u64) -> &[AtomicU64] {
        let at = (sequence % self.capacity) as usize * RECORD_WORDS;
        &self.words[at..at + RECORD_WORDS]
    }
}

/// Writes a record to its place. Readers take a slot only when its stamp is the one they look for,
/// before and after the copy; zero in between marks it as being written.
pub fn write_slot(slot: &[AtomicU64], words: &RecordWords) {
    slot[0].store(0, Ordering::Relaxed);
    fence(Ordering::Release);
    for (cell, word) in slot.iter().zip(words).skip(1) {
        cell.store(*word, Ordering::Relaxed);
    }
    slot[0].store(words[0], Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::super::event::samples::full;
    use super::*;

    fn push(ring: &Ring, live_bytes: u64) {
        let sequence = ring.next_sequence();
        ring.push(&full(sequence, sequence as f64, live_bytes).to_words());
    }

    #[test]
    fn records_come_back_in_order_from_any_sequence() {
        let ring = Ring::new(8);
        (0..5).for_each(|at| push(&ring, at));
        let drained = ring.read_from(2);
        assert_eq!(drained.lost, 0);
        assert_eq!(
            drained
                .events
                .iter()
                .map(|event| event.sequence)
                .collect::<Vec<_>>(),
            [2, 3, 4]
        );
        assert!(ring.read_from(5).events.is_empty());
        assert!(ring.read_from(99).events.is_empty());
    }

    #[test]
    fn every_overwritten_record_is_counted() {
        let ring = Ring::new(4);
        (0..1_000_000).for_each(|at| push(&ring, at));
        let drained = ring.read_from(10);
        assert_eq!(drained.lost, 1_000_000 - 4 - 10);
        assert_eq!(drained.events.len(), 4);
        assert_eq!(drained.events[3].live_bytes(), Some(999_999));
        assert_eq!(ring.words.len(), 4 * RECORD_WORDS);
    }

    #[test]
    fn another_capacity_keeps_the_newest_records_and_the_count() {
        let ring = Ring::new(8);
        (0..20).for_each(|at| push(&ring, at));
        for capacity in [3, 8, 50] {
            let resized = ring.resized(capacity);
            push(&resized, 20);
            let drained = resized.read_from(0);
            let kept = capacity.min(9) as u64;
            assert_eq!(
                (drained.events.len() as u64, drained.lost),
                (kept, 21 - kept),
                "{capacity}"
            );
            assert_eq!(
                drained.events.last().and_then(GcEvent::live_bytes),
                Some(20)
            );
        }
    }

    #[test]
    fn a_ring_has_room_for_one_record_at_least() {
        let ring = Ring::new(0);
        push(&ring, 1);
        push(&ring, 2);
        assert_eq!(ring.read_from(0).events[0].live_bytes(), Some(2));
    }

    #[test]
    fn a_reader_on_another_thread_never_sees_half_a_record() {
        let ring = Ring::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..200_000).for_each(|at| push(&ring, at)));
            let mut seen = 0;
            while seen < 200_000 {
                let drained = ring.read_from(seen);
                for event in &drained.events {
                    assert_eq!(event.live_bytes(), Some(event.sequence));
                }
                seen += drained.events.len() as u64 + drained.lost;
            }
            assert_eq!(seen, 200_000);
        });
    }
}
