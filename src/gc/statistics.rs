//! What the records of one monitor add up to: memwatch's base and trend, rates, and the way to the limit.
#![forbid(unsafe_code)]

use super::event::{GcEvent, GcKind, HeapStatistics, Trigger};
use super::process_memory::ProcessMemory;
use super::theil_sen::Interval;
use super::window::Trend;

/// memwatch's periods, in full collections.
const RECENT_PERIOD: u64 = 10;
const ANCIENT_PERIOD: u64 = 120;
/// memwatch lets the heap settle before it remembers extremes.
const SETTLED_AFTER: u64 = 3;
/// Full collections that the growth rate looks back on.
const TREND_READINGS: usize = 32;

/// Takes every record in order, gives a sample after each full collection.
#[derive(Debug)]
pub struct Statistics {
    base: Base,
    trend: Trend,
    span: Span,
    last: Option<StatsSample>,
}

/// The state after one full collection. All sizes in bytes, rates per second unless they say otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsSample {
    pub event: GcEvent,
    pub heap: HeapStatistics,
    pub base: Base,
    /// Collections and their pauses up to this one, by kind.
    pub kinds: KindSums,
    /// Nanoseconds since the full collection before.
    pub elapsed_ns: Option<u64>,
    /// Share of wall time spent in collections since the full collection before, 0 to 1.
    pub gc_time_ratio: Option<f64>,
    /// Bytes allocated: exact on V8 14.6 and later, before that an estimate (docs/api.md).
    pub allocation_bytes_per_second: Option<f64>,
    /// Growth of the old generation between full collections: promoted or allocated there.
    pub promotion_bytes_per_second: Option<f64>,
    /// Slope of the live heap over the last natural full collections.
    pub growth_bytes_per_hour: Option<Interval>,
}

/// Count and pause time of each kind, in the order of [`GcKind::ALL`].
pub type KindSums = [KindSum; GcKind::ALL.len()];

/// Running totals of one kind as its newest record tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KindSum {
    pub count: u64,
    pub pause_ns: u64,
}

/// memwatch's view of the heap after full collections, sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Base {
    pub heap_compactions: u64,
    pub current_base: u64,
    /// Average over about ten full collections.
    pub estimated_base: u64,
    /// Average over about 120.
    ancient_base: u64,
    pub min: u64,
    pub max: u64,
}

/// What happened since the full collection before.
#[derive(Debug, Default)]
struct Span {
    start: Option<SpanStart>,
    kinds: KindSums,
    young_allocated_bytes: u64,
    new_space_after_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct SpanStart {
    end_ns: u64,
    pause_ns: u64,
    old_generation_bytes: u64,
    total_allocated_bytes: u64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            base: Base::default(),
            trend: Trend::new(TREND_READINGS),
            span: Span::default(),
            last: None,
        }
    }
}

impl Statistics {
    /// Takes the next record; gives a sample when it was a full collection whose heap was read.
    pub fn observe(&mut self, event: &GcEvent) -> Option<StatsSample> {
        self.span.observe(event);
        let (GcKind::MarkCompact, Some(heap)) = (event.kind, &event.heap) else {
            return None;
        };
        // memwatch's promise: a heap diff emits no `stats`.
        if event.trigger == Trigger::Snapshot {
            return None;
        }
        self.base.observe(heap.after.used_bytes);
        if !event.trigger.is_forced() {
            self.trend.push(event.end_ns(), heap.after.used_bytes);
        }
        let rates = self.span.close(event, &heap.before, &heap.after);
        let sample = StatsSample {
            event: *event,
            heap: heap.after,
            base: self.base,
            kinds: self.span.kinds,
            elapsed_ns: rates.map(|rates| rates.elapsed_ns),
            gc_time_ratio: rates.map(|rates| rates.gc_time_ratio),
            allocation_bytes_per_second: rates.and_then(|rates| rates.allocation),
            promotion_bytes_per_second: rates.and_then(|rates| rates.promotion),
            growth_bytes_per_hour: self.trend.bytes_per_hour(),
        };
        self.last = Some(sample.clone());
        Some(sample)
    }

    /// The newest sample, if there was a full collection.
    pub fn last(&self) -> Option<&StatsSample> {
        self.last.as_ref()
    }

    /// Totals by kind as of the newest record.
    pub fn kinds(&self) -> KindSums {
        self.span.kinds
    }

    /// Forgets what must not be compared across a time in which nothing was watched.
    pub fn interrupt(&mut self) {
        self.span = Span {
            kinds: self.span.kinds,
            ..Span::default()
        };
        self.trend.clear();
    }
}

impl StatsSample {
    /// Milliseconds until the live heap reaches V8's limit at the present growth; `None` without growth.
    pub fn heap_limit_in_ms(&self) -> Option<f64> {
        let headroom = self.heap.limit_bytes.saturating_sub(self.heap.used_bytes);
        time_to(headroom, self.growth_bytes_per_hour?.estimate)
    }

    /// The same until resident memory reaches the cgroup's limit.
    pub fn cgroup_limit_in_ms(&self, memory: &ProcessMemory) -> Option<f64> {
        let headroom = memory.cgroup_limit_bytes?.saturating_sub(memory.rss_bytes?);
        time_to(headroom, self.growth_bytes_per_hour?.estimate)
    }
}

/// Milliseconds in which `headroom_bytes` are used up; `None` when nothing grows.
pub fn time_to(headroom_bytes: u64, bytes_per_hour: f64) -> Option<f64> {
    (bytes_per_hour > 0.0).then(|| headroom_bytes as f64 / bytes_per_hour * 3.6e6)
}

impl Base {
    /// memwatch's percentage by which the recent average lies above the long one, to 0.1.
    pub fn usage_trend(&self) -> f64 {
        if self.ancient_base == 0 {
            return 0.0;
        }
        let change = self.estimated_base as f64 - self.ancient_base as f64;
        (change / self.ancient_base as f64 * 1000.0).round() / 10.0
    }

    fn observe(&mut self, live_bytes: u64) {
        self.current_base = live_bytes;
        self.heap_compactions += 1;
        if self.heap_compactions < RECENT_PERIOD {
            // memwatch damps the first ten with `pow(n / 10, 2.5)`, an integer division: always zero.
            self.estimated_base = live_bytes;
            self.ancient_base = live_bytes;
        } else {
            self.estimated_base = average(self.estimated_base, live_bytes, RECENT_PERIOD);
            let period = self.heap_compactions.min(ANCIENT_PERIOD);
            self.ancient_base = average(self.ancient_base, live_bytes, period);
        }
        if self.heap_compactions >= SETTLED_AFTER {
            self.min = if self.min == 0 {
                live_bytes
            } else {
                self.min.min(live_bytes)
            };
            self.max = self.max.max(live_bytes);
        }
    }
}

fn average(so_far: u64, reading: u64, period: u64) -> u64 {
    ((u128::from(so_far) * u128::from(period - 1) + u128::from(reading)) / u128::from(period))
        as u64
}

#[derive(Clone, Copy)]
struct Rates {
    elapsed_ns: u64,
    gc_time_ratio: f64,
    allocation: Option<f64>,
    promotion: Option<f64>,
}

impl Span {
    fn observe(&mut self, event: &GcEvent) {
        // The record carries the running total, so records lost in between do not matter.
        self.kinds[event.kind as usize] = KindSum {
            count: event.kind_count,
            pause_ns: event.kind_pause_ns,
        };
        if event.new_space_before_bytes == 0 && event.new_space_after_bytes == 0 {
            return;
        }
        if let Some(after) = self.new_space_after_bytes {
            self.young_allocated_bytes += event.new_space_before_bytes.saturating_sub(after);
        }
        self.new_space_after_bytes = Some(event.new_space_after_bytes);
    }

    /// Ends the span with a full collection and begins the next one.
    fn close(
        &mut self,
        event: &GcEvent,
        before: &HeapStatistics,
        after: &HeapStatistics,
    ) -> Option<Rates> {
        let pause_ns = self.kinds.iter().map(|kind| kind.pause_ns).sum::<u64>();
        let old_before = before
            .used_bytes
            .saturating_sub(event.new_space_before_bytes);
        let next = SpanStart {
            end_ns: event.end_ns(),
            pause_ns,
            old_generation_bytes: after.used_bytes.saturating_sub(event.new_space_after_bytes),
            total_allocated_bytes: after.total_allocated_bytes,
        };
        let young = std::mem::take(&mut self.young_allocated_bytes);
        let start = self.start.replace(next)?;
        let elapsed_ns = next.end_ns.checked_sub(start.end_ns).filter(|ns| *ns > 0)?;
        let per_second = |bytes: u64| bytes as f64 * 1e9 / elapsed_ns as f64;
        // The fallback cannot read the heap before a collection.
        let old_growth =
            (before.total_bytes > 0).then(|| old_before.saturating_sub(start.old_generation_bytes));
        // Before V8 14.6 nobody counts allocations: what the young generation took, and what the old
        // one gained, in which survivors of the young one are counted a second time.
        let allocation = match next.total_allocated_bytes {
            0 => old_growth.map(|growth| young + growth),
            total => Some(total.saturating_sub(start.total_allocated_bytes)),
        };
        let pauses_ns = pause_ns.saturating_sub(start.pause_ns);
        Some(Rates {
            elapsed_ns,
            gc_time_ratio: (pauses_ns as f64 / elapsed_ns as f64).min(1.0),
            allocation: allocation.map(per_second),
            promotion: old_growth.map(per_second),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::samples::{full, scavenge};
    use super::*;

    fn feed(series: &[u64]) -> Statistics {
        let mut statistics = Statistics::default();
        for (at, live_bytes) in series.iter().enumerate() {
            statistics.observe(&full(at as u64, at as f64, *live_bytes));
        }
        statistics
    }

    #[test]
    fn the_base_moves_as_memwatch_moves_it() {
        let mut series = vec![1000; 9];
        series.push(2000);
        let base = feed(&series).last().expect("a sample").base;
        assert_eq!((base.heap_compactions, base.current_base), (10, 2000));
        assert_eq!(base.estimated_base, (1000 * 9 + 2000) / 10);
        assert_eq!((base.min, base.max), (1000, 2000));
        assert_eq!(base.usage_trend(), 0.0);

        series.extend([2000; 10]);
        assert!(feed(&series).last().expect("a sample").base.usage_trend() > 5.0);
    }

    #[test]
    fn extremes_are_kept_from_the_third_full_collection_on() {
        let base = feed(&[1, 9000, 500, 700]).last().expect("a sample").base;
        assert_eq!((base.min, base.max), (500, 700));
    }

    #[test]
    fn only_full_collections_give_a_sample() {
        let mut statistics = Statistics::default();
        assert_eq!(statistics.observe(&scavenge(0, 0.0)), None);
        assert!(statistics.observe(&full(1, 1.0, 5)).is_some());
    }

    #[test]
    fn rates_cover_the_time_between_two_full_collections() {
        let mut statistics = Statistics::default();
        let first = statistics
            .observe(&full(0, 0.0, 10 << 20))
            .expect("a sample");
        assert_eq!(first.gc_time_ratio, None);
        // Two scavenges: between them the new space went from 256 KiB to 1 MiB.
        statistics.observe(&scavenge(1, 0.5));
        statistics.observe(&scavenge(2, 0.7));
        let second = statistics
            .observe(&full(3, 2.0, 11 << 20))
            .expect("a sample");
        // And the old generation gained 2 MiB, see below.
        assert_eq!(
            second.allocation_bytes_per_second,
            Some(((3 << 18) + (2 << 20)) as f64 / 2.0)
        );
        // 12 MiB before this collection, 10 MiB after the one before: 2 MiB in 2 s.
        assert_eq!(second.promotion_bytes_per_second, Some((1 << 20) as f64));
        assert!(
            second
                .gc_time_ratio
                .is_some_and(|ratio| ratio > 0.0 && ratio < 0.01)
        );
    }

    #[test]
    fn the_way_to_the_limit_is_headroom_over_growth() {
        let statistics = feed(&[100, 200, 300, 400].map(|mb: u64| mb << 20));
        let sample = statistics.last().expect("a sample");
        // 100 MiB a second, 624 MiB to go to 1 GiB.
        let ms = sample.heap_limit_in_ms().expect("it grows");
        assert!((ms - 6240.0).abs() < 1.0, "{ms}");
        let memory = ProcessMemory {
            rss_bytes: Some(500 << 20),
            cgroup_limit_bytes: Some(600 << 20),
            array_buffer_bytes: None,
        };
        let ms = sample.cgroup_limit_in_ms(&memory).expect("it grows");
        assert!((ms - 1000.0).abs() < 1.0, "{ms}");
        assert_eq!(
            feed(&[300, 200, 100])
                .last()
                .expect("a sample")
                .heap_limit_in_ms(),
            None
        );
    }

    #[test]
    fn forced_collections_do_not_bend_the_trend() {
        let mut statistics = Statistics::default();
        for at in 0..10 {
            let mut event = full(at, at as f64, 100 + at * 1000);
            event.trigger = Trigger::Requested;
            statistics.observe(&event);
        }
        assert_eq!(
            statistics.last().expect("a sample").growth_bytes_per_hour,
            None
        );
    }

    #[test]
    fn an_interruption_leaves_no_rate_across_it() {
        let mut statistics = feed(&[1000, 2000, 3000]);
        statistics.interrupt();
        let sample = statistics.observe(&full(3, 500.0, 9000)).expect("a sample");
        assert_eq!(sample.gc_time_ratio, None);
        assert_eq!(sample.growth_bytes_per_hour, None);
        assert_eq!(sample.kinds[GcKind::MarkCompact as usize].count, 4);
    }
}
