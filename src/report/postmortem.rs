//! The last trend of a process that is gone, from its flight recording.
#![forbid(unsafe_code)]

use crate::gc::{GcEvent, GcKind, Recording, Trend};
use crate::units::{format_bytes, format_duration};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SPARKLINE_WIDTH: usize = 60;
const LAST_COLLECTIONS: usize = 10;

/// The report for people.
pub fn postmortem(recording: &Recording) -> String {
    let header = &recording.header;
    let mut lines = vec![
        format!(
            "process {} (thread {}), Node {}",
            header.pid, header.thread_id, header.node_version
        ),
        ending(recording),
    ];
    if recording.torn_records > 0 {
        lines.push(format!(
            "{} torn records were left out",
            recording.torn_records
        ));
    }
    let full: Vec<&GcEvent> = recording
        .events
        .iter()
        .filter(|event| event.live_bytes().is_some())
        .collect();
    lines.push(counts(recording));
    match full.as_slice() {
        [] => lines.push("no full collection was recorded: there is no trend".into()),
        full => lines.extend(trend(full)),
    }
    if let Some(rss_bytes) = recording.last_rss_bytes {
        let limit = recording.cgroup_limit_bytes.map_or(String::new(), |limit| {
            format!(" of the cgroup's {}", format_bytes(limit as f64))
        });
        lines.push(format!(
            "resident memory last seen: {}{limit}",
            format_bytes(rss_bytes as f64)
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn ending(recording: &Recording) -> String {
    match (recording.closed_unix_us, recording.events.last()) {
        (Some(closed), _) => format!(
            "stopped in good order after {}",
            lasted(recording.header.started_unix_us, closed)
        ),
        (None, Some(last)) => format!(
            "not stopped: killed, crashed or left; the last record is from {} after the start",
            lasted(recording.header.started_unix_us, last.end_unix_us)
        ),
        (None, None) => "not stopped, and nothing was recorded".into(),
    }
}

fn lasted(from_unix_us: u64, to_unix_us: u64) -> String {
    match to_unix_us.saturating_sub(from_unix_us) {
        short if short < 60_000_000 => format!("{:.1}s", short as f64 / 1e6),
        long => format_duration(long / 1_000_000),
    }
}

fn counts(recording: &Recording) -> String {
    let first = recording.events.first().map_or(0, |event| event.sequence);
    let kinds: Vec<String> = GcKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let count = recording
                .events
                .iter()
                .filter(|event| event.kind == kind)
                .count();
            (count > 0).then(|| format!("{count} {}", kind.name()))
        })
        .collect();
    format!(
        "{} collections kept, {first} older ones overwritten: {}",
        recording.events.len(),
        kinds.join(", ")
    )
}

fn trend(full: &[&GcEvent]) -> Vec<String> {
    let live: Vec<u64> = full.iter().filter_map(|event| event.live_bytes()).collect();
    let (first, last) = (live[0], live[live.len() - 1]);
    let mut lines = vec![format!(
        "live heap  {}  {} → {}",
        sparkline(&live, SPARKLINE_WIDTH),
        format_bytes(first as f64),
        format_bytes(last as f64)
    )];
    let mut trend = Trend::new(32);
    for (event, live_bytes) in full.iter().zip(&live) {
        trend.push(event.end_ns(), *live_bytes);
    }
    let limit_bytes = full
        .last()
        .and_then(|event| event.heap)
        .map(|heap| heap.after.limit_bytes);
    if let (Some(slope), Some(limit_bytes)) = (trend.bytes_per_hour(), limit_bytes) {
        lines.push(format!(
            "growth     {}/hr ({} to {}) over the last {} full collections; heap limit {}",
            format_bytes(slope.estimate),
            format_bytes(slope.low),
            format_bytes(slope.high),
            full.len().min(32),
            format_bytes(limit_bytes as f64)
        ));
    }
    lines.push("last full collections:".into());
    let origin_us = full[0].end_unix_us;
    for event in &full[full.len().saturating_sub(LAST_COLLECTIONS)..] {
        lines.push(format!(
            "  +{:>9.3}s  {:>12}  pause {:.1} ms  {}",
            event.end_unix_us.saturating_sub(origin_us) as f64 / 1e6,
            format_bytes(event.live_bytes().unwrap_or(0) as f64),
            event.pause_ns as f64 / 1e6,
            event.trigger.name()
        ));
    }
    lines
}

/// A row of bars between the lowest and the highest value; `width` columns at most, each the mean of
/// its share of the values.
pub fn sparkline(values: &[u64], width: usize) -> String {
    let columns = values.len().min(width);
    let means: Vec<f64> = (0..columns)
        .map(|at| {
            let share = &values[at * values.len() / columns..(at + 1) * values.len() / columns];
            share.iter().sum::<u64>() as f64 / share.len() as f64
        })
        .collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(0.0, f64::max);
    means
        .iter()
        .map(|mean| {
            let share = if high > low {
                (mean - low) / (high - low)
            } else {
                0.0
            };
            BARS[(share * 7.0).round() as usize]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::gc::event::samples::full;
    use crate::gc::recording::samples::file;

    fn report(events: &[GcEvent]) -> String {
        let bytes = file(64, events);
        postmortem(&Recording::parse(Path::new("r"), &bytes).expect("a recording"))
    }

    #[test]
    fn a_growing_heap_is_told_with_its_rate() {
        let events: Vec<_> = (0..20)
            .map(|at| full(at, at as f64, (10 + at) << 20))
            .collect();
        let report = report(&events);
        assert!(report.contains("▁"), "{report}");
        assert!(report.contains("10 mb → 29 mb"), "{report}");
        assert!(report.contains("3600 mb/hr"), "{report}");
        assert!(report.contains("not stopped"), "{report}");
    }

    #[test]
    fn an_empty_recording_says_so() {
        assert!(report(&[]).contains("no full collection was recorded"));
    }

    #[test]
    fn bars_go_from_the_lowest_to_the_highest() {
        assert_eq!(sparkline(&[1, 2, 3, 4, 5, 6, 7, 8], 60), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[5, 5], 60), "▁▁");
        assert_eq!(
            sparkline(&(0..100).collect::<Vec<_>>(), 10).chars().count(),
            10
        );
        assert_eq!(sparkline(&[], 60), "");
    }
}
