//! Running totals by kind of collection, kept in the callback so that they stay exact when the ring
//! has overwritten records that nobody read.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use super::event::GcKind;
use super::pauses::PauseHistogram;

/// Totals of every kind. Written by the isolate's thread, read by any.
#[derive(Default)]
pub struct Totals {
    kinds: [KindTotals; GcKind::ALL.len()],
}

/// Totals of one kind.
#[derive(Default)]
pub struct KindTotals {
    count: AtomicU64,
    pause_ns: AtomicU64,
    max_pause_ns: AtomicU64,
    /// Pauses of the collections.
    pub pauses: PauseHistogram,
    /// Time spent in our own prologue and epilogue callbacks.
    pub watcher: PauseHistogram,
}

impl Totals {
    pub fn of(&self, kind: GcKind) -> &KindTotals {
        &self.kinds[kind as usize]
    }
}

impl KindTotals {
    /// Counts one collection. Gives the count and the pause time with it included.
    pub fn record(&self, pause_ns: u64) -> (u64, u64) {
        let count = self.count.load(Ordering::Relaxed) + 1;
        let total_ns = self.pause_ns.load(Ordering::Relaxed) + pause_ns;
        self.count.store(count, Ordering::Relaxed);
        self.pause_ns.store(total_ns, Ordering::Relaxed);
        self.max_pause_ns
            .store(pause_ns.max(self.max_pause_ns()), Ordering::Relaxed);
        self.pauses.record(pause_ns);
        (count, total_ns)
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub fn pause_ns(&self) -> u64 {
        self.pause_ns.load(Ordering::Relaxed)
    }

    pub fn max_pause_ns(&self) -> u64 {
        self.max_pause_ns.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart() {
        let totals = Totals::default();
        assert_eq!(totals.of(GcKind::Scavenge).record(5), (1, 5));
        assert_eq!(totals.of(GcKind::Scavenge).record(3), (2, 8));
        assert_eq!(totals.of(GcKind::MarkCompact).count(), 0);
        assert_eq!(totals.of(GcKind::Scavenge).max_pause_ns(), 5);
        let pauses = totals.of(GcKind::Scavenge).pauses.quantiles_ns([0.5, 1.0]);
        assert_eq!(pauses, Some([3, 5]));
    }
}
