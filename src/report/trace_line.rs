//! One collection as one line, in the form of `node --trace-gc`.
#![forbid(unsafe_code)]

use crate::gc::{GcEvent, GcKind, Trigger};

const MB: f64 = 1_048_576.0;

/// `[pid:thread]  1234 ms: Scavenge 4.1 (5.2) -> 3.6 (6.2) MB, 0.52 ms  reason`.
///
/// The time counts from `origin_ns` on the monotonic clock. Sizes are used and committed heap; they
/// are left out where they were not read. The reason is what V8's callbacks tell, often nothing.
pub fn trace_line(event: &GcEvent, pid: u32, thread_id: u64, origin_ns: u64) -> String {
    let at_ms = event.end_ns().saturating_sub(origin_ns) / 1_000_000;
    let sizes = match &event.heap {
        Some(heap) if heap.before.total_bytes > 0 => format!(
            " {:.1} ({:.1}) -> {:.1} ({:.1}) MB,",
            heap.before.used_bytes as f64 / MB,
            heap.before.total_bytes as f64 / MB,
            heap.after.used_bytes as f64 / MB,
            heap.after.total_bytes as f64 / MB,
        ),
        Some(heap) => format!(
            " -> {:.1} ({:.1}) MB,",
            heap.after.used_bytes as f64 / MB,
            heap.after.total_bytes as f64 / MB,
        ),
        None => String::new(),
    };
    let reason = match event.trigger {
        Trigger::Natural => "",
        Trigger::Requested => "  memwatch.gc()",
        Trigger::Forced => "  forced",
        Trigger::LowMemory => "  low memory notification",
        Trigger::Snapshot => "  heap snapshot",
        Trigger::ExternalMemory => "  external memory pressure",
    };
    format!(
        "[{pid}:{thread_id}] {at_ms:8} ms: {}{sizes} {:.2} ms{reason}",
        label(event.kind),
        event.pause_ns as f64 / 1e6,
    )
}

/// V8's own words.
fn label(kind: GcKind) -> &'static str {
    match kind {
        GcKind::Scavenge => "Scavenge",
        GcKind::MinorMarkSweep => "Minor Mark-Sweep",
        GcKind::MarkCompact => "Mark-Compact",
        GcKind::IncrementalMarking => "Incremental Marking",
        GcKind::WeakCallbacks => "Weak Callbacks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::event::samples::{full, scavenge};

    #[test]
    fn a_full_collection_shows_both_sizes_and_the_reason() {
        let mut event = full(0, 2.5, 4 << 20);
        event.trigger = Trigger::Requested;
        assert_eq!(
            trace_line(&event, 7, 0, 500_000_000),
            "[7:0]     2002 ms: Mark-Compact 5.0 (8.0) -> 4.0 (8.0) MB, 2.00 ms  memwatch.gc()"
        );
    }

    #[test]
    fn sizes_that_were_not_read_are_not_invented() {
        let line = trace_line(&scavenge(0, 1.0), 7, 2, 0);
        assert_eq!(line, "[7:2]     1000 ms: Scavenge 0.50 ms");
    }
}
