//! What the watcher does for each collection, piece by piece: in the callback, and on the event loop.

use divan::{Bencher, black_box};
use memwatch_rs::gc::event::{HeapChange, checksum};
use memwatch_rs::gc::{
    GcEvent, GcKind, HeapStatistics, PauseHistogram, ProcessMemory, Ring, Statistics, Totals,
    Trigger,
};
use memwatch_rs::leak::{Classic, Detector, Reading, Threshold, Trend};

fn main() {
    divan::main();
}

fn event(sequence: u64, kind: GcKind, live_bytes: u64) -> GcEvent {
    let heap = |used_bytes| HeapStatistics {
        used_bytes,
        total_bytes: 2 * live_bytes,
        limit_bytes: 4 << 30,
        ..HeapStatistics::default()
    };
    GcEvent {
        sequence,
        kind,
        trigger: Trigger::Natural,
        flags: 0,
        start_ns: sequence * 1_000_000_000,
        end_unix_us: sequence * 1_000_000,
        pause_ns: 1_500_000,
        kind_count: sequence + 1,
        kind_pause_ns: (sequence + 1) * 1_500_000,
        new_space_before_bytes: 8 << 20,
        new_space_after_bytes: 1 << 20,
        heap: (kind == GcKind::MarkCompact).then(|| HeapChange {
            before: heap(live_bytes + (16 << 20)),
            after: heap(live_bytes),
        }),
    }
}

/// A live heap that goes up and down, so that no detector reports.
fn live_bytes(sequence: u64) -> u64 {
    (100 << 20) + (sequence % 3) * 4096
}

fn reading(sequence: u64) -> Reading {
    let event = event(sequence, GcKind::MarkCompact, live_bytes(sequence));
    Reading::of(&event, ProcessMemory::default()).expect("a full collection has a reading")
}

const KINDS: [GcKind; 2] = [GcKind::Scavenge, GcKind::MarkCompact];

/// In the callback: the record becomes words.
#[divan::bench(args = KINDS)]
fn event_encode(bencher: Bencher, kind: GcKind) {
    let event = event(7, kind, live_bytes(7));
    bencher.bench(|| black_box(&event).to_words());
}

/// The part of `event_encode` that the checksum takes.
#[divan::bench]
fn event_checksum(bencher: Bencher) {
    let words = event(7, GcKind::MarkCompact, live_bytes(7)).to_words();
    bencher.bench(|| checksum(black_box(&words[..words.len() - 1])));
}

/// On the event loop: words become the record again.
#[divan::bench]
fn event_decode(bencher: Bencher) {
    let words = event(7, GcKind::MarkCompact, live_bytes(7)).to_words();
    bencher.bench(|| GcEvent::from_words(black_box(&words)));
}

/// In the callback: the words go into the ring.
#[divan::bench]
fn ring_push(bencher: Bencher) {
    let ring = Ring::new(4096);
    let mut words = event(0, GcKind::Scavenge, 0).to_words();
    bencher.bench_local(|| {
        // The stamp of the next place, as a new record would bring it.
        words[0] = ring.next_sequence() + 1;
        ring.push(black_box(&words));
    });
}

/// In the callback: count, sum, maximum and histogram of a kind.
#[divan::bench]
fn totals_record(bencher: Bencher) {
    let totals = Totals::default();
    bencher.bench_local(|| totals.of(GcKind::Scavenge).record(black_box(812_345)));
}

/// In the callback, twice: once within the totals, once for its own time.
#[divan::bench]
fn histogram_record(bencher: Bencher) {
    let histogram = PauseHistogram::default();
    bencher.bench_local(|| histogram.record(black_box(812_345)));
}

/// On the event loop, four times a kind for `stats`.
#[divan::bench]
fn histogram_quantile(bencher: Bencher) {
    let histogram = PauseHistogram::default();
    (0..10_000).for_each(|at| histogram.record(at * 997));
    bencher.bench_local(|| histogram.quantiles_ns(black_box([0.5, 0.9, 0.99])));
}

/// On the event loop, for each record; a full collection also computes the growth of the last 32.
#[divan::bench(args = KINDS)]
fn statistics_observe(bencher: Bencher, kind: GcKind) {
    let mut statistics = Statistics::default();
    for sequence in 0..64 {
        statistics.observe(&event(sequence, GcKind::MarkCompact, live_bytes(sequence)));
    }
    let mut sequence = 64;
    bencher.bench_local(|| {
        sequence += 1;
        statistics.observe(&event(sequence, kind, live_bytes(sequence)))
    });
}

/// On the event loop, for each full collection.
#[divan::bench]
fn classic_observe(bencher: Bencher) {
    let mut sequence = 0;
    let mut detector = Classic::default();
    bencher.bench_local(|| {
        sequence += 1;
        detector.observe(&reading(sequence))
    });
}

/// On the event loop, for each full collection: of a heap that stays as it is, and of one that grows for good. Both
/// have filled all that the detector keeps.
#[divan::bench(args = [0, 64 << 10])]
fn trend_observe(bencher: Bencher, growth_bytes: u64) {
    let mut detector = Trend::default();
    let mut sequence = 0;
    let mut next = || {
        sequence += 1;
        Reading {
            live_bytes: live_bytes(sequence) + sequence * growth_bytes,
            ..reading(sequence)
        }
    };
    (0..1024).for_each(|_| drop(detector.observe(&next())));
    bencher.bench_local(|| detector.observe(&next()));
}

/// On the event loop, for each full collection, when a threshold is set.
#[divan::bench]
fn threshold_observe(bencher: Bencher) {
    let mut sequence = 0;
    let mut detector = Threshold::new(1 << 30);
    bencher.bench_local(|| {
        sequence += 1;
        detector.observe(&reading(sequence))
    });
}
