//! What a detector said of a recording, in words.
#![forbid(unsafe_code)]

use super::recording::{cut_line, source};
use crate::leak::recording::SeriesRecording;
use crate::leak::replay::{Replay, ReplayedReport};

/// The report for people.
pub fn replay(recording: &SeriesRecording, replay: &Replay) -> String {
    let mut lines = vec![source(&recording.header)];
    lines.extend(cut_line(recording));
    lines.extend(replay.reports.iter().map(line));
    lines.push(summary(recording, replay));
    lines.push(String::new());
    lines.join("\n")
}

fn line(report: &ReplayedReport) -> String {
    let leak = &report.leak;
    format!(
        "#{}  +{:.3}s  {} ({}): {}; {}",
        report.collection,
        report.at_ms / 1e3,
        leak.state.name(),
        leak.kind.name(),
        leak.message,
        leak.reason
    )
}

fn summary(recording: &SeriesRecording, replay: &Replay) -> String {
    let (first, last) = (recording.rows.first(), recording.rows.last());
    let lasted_ms = first
        .zip(last)
        .map_or(0.0, |(first, last)| last.at_ms - first.at_ms);
    format!(
        "{}: {} reports in {} full collections over {:.3}s",
        replay.detector,
        replay.reports.len(),
        recording.rows.len(),
        lasted_ms / 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::Classic;
    use crate::leak::recording::samples;

    fn report(recording: &SeriesRecording) -> String {
        let told = Replay::run(recording, Box::new(Classic::default()));
        replay(recording, &told)
    }

    #[test]
    fn each_report_is_a_line_and_the_last_one_sums_up() {
        let mut recording = samples::recording(&[1, 2, 3, 4, 5, 6, 6]);
        recording.cut_line = Some(9);
        let text = report(&recording);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "process 42 (thread 0), Node v20.20.2",
                "line 9 is not whole and was left out",
                "#6  +5.000s  suspect (js-heap): the live heap rose at 5 full collections in a row, \
                 by 5 bytes to 6 bytes; heap growth over 5 consecutive GCs (5s) - 3.52 kb/hr",
                "classic: 1 reports in 7 full collections over 6.000s",
            ]
        );
    }

    #[test]
    fn an_empty_recording_is_summed_up_too() {
        let text = report(&samples::recording(&[]));
        assert!(text.ends_with("0 reports in 0 full collections over 0.000s\n"));
    }

    #[test]
    fn a_header_cannot_write_to_the_terminal() {
        let mut recording = samples::recording(&[]);
        recording.header.node_version = "v20\u{1b}[2J".into();
        assert!(!report(&recording).contains('\u{1b}'));
    }
}
