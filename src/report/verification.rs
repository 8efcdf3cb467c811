//! Whether a fix worked, in words.
#![forbid(unsafe_code)]

use super::recording::{cut_line, source};
use super::table::Table;
use crate::gc::Interval;
use crate::leak::recording::SeriesRecording;
use crate::leak::verification::{Difference, Growth, Side, Verification};
use crate::units::format_bytes;

/// The report for people on [`Verification::of`] these two.
pub fn verification(
    before: &SeriesRecording,
    after: &SeriesRecording,
    told: &Verification,
) -> String {
    let mut lines = Vec::new();
    for (name, recording) in [("before", before), ("after", after)] {
        lines.push(format!("{name}: {}", source(&recording.header)));
        lines.extend(cut_line(recording).map(|line| format!("{name}: {line}")));
    }
    lines.push("growth of the live heap after the warm-up, with 95 % intervals:".into());
    lines.extend(table(told).lines());
    lines.extend(told.difference.as_ref().map(chance));
    lines.push(format!("verdict: {}", told.verdict.name()));
    lines.extend(told.reasons.iter().map(|reason| format!("- {reason}")));
    lines.push(String::new());
    lines.join("\n")
}

fn table(told: &Verification) -> Table {
    let mut table = Table::new(&["per full collection", "per hour", "readings", "recording"]);
    let mut row = |name: &str, readings: String, growth: Option<Growth>| {
        let shown = |slope: Option<Interval>| slope.map_or("not known".into(), interval);
        table.push(vec![
            shown(growth.map(|growth| growth.per_collection)),
            shown(growth.map(|growth| growth.per_hour)),
            readings,
            name.into(),
        ]);
    };
    row("before", used(&told.before), told.before.growth);
    row("after", used(&told.after), told.after.growth);
    if let Some(difference) = &told.difference {
        row("after minus before", String::new(), Some(difference.growth));
    }
    table
}

fn used(side: &Side) -> String {
    format!("{} of {}", side.used_readings, side.readings)
}

fn interval(slope: Interval) -> String {
    format!(
        "{} ({} to {})",
        format_bytes(slope.estimate),
        format_bytes(slope.low),
        format_bytes(slope.high)
    )
}

fn chance(difference: &Difference) -> String {
    let chance = difference.chance;
    let deals = match chance.is_exact {
        true => format!("all {} deals", chance.deals),
        false => format!("{} random deals", chance.deals),
    };
    format!("permutation test: p = {:.4} of {deals}", chance.p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::recording::samples::recording;

    fn report(before: &SeriesRecording, after: &SeriesRecording) -> String {
        verification(before, after, &Verification::of(before, after))
    }

    #[test]
    fn a_fix_is_told_with_its_numbers() {
        let leaking: Vec<u64> = (0..40).map(|at| (50 + 2 * at) << 20).collect();
        let mut before = recording(&leaking);
        before.cut_line = Some(42);
        let text = report(&before, &recording(&[50 << 20; 40]));
        let expected = "\
before: process 42 (thread 0), Node v20.20.2
before: line 42 is not whole and was left out
after: process 42 (thread 0), Node v20.20.2
growth of the live heap after the warm-up, with 95 % intervals:
           per full collection                         per hour  readings  recording
           2 mb (2 mb to 2 mb)     7200 mb (7200 mb to 7200 mb)  30 of 40  before
  0 bytes (0 bytes to 0 bytes)     0 bytes (0 bytes to 0 bytes)  30 of 40  after
        -2 mb (-2 mb to -2 mb)  -7200 mb (-7200 mb to -7200 mb)            after minus before
permutation test: p = 0.0040 of all 252 deals
verdict: fixed
- before grows by 2 mb per full collection (2 mb to 2 mb)
- next to nothing is left of it: 0 bytes per full collection (0 bytes to 0 bytes)
- that after grows less is hardly chance: p = 0.0040
";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_not_known_says_so() {
        let short = recording(&[1, 2, 3]);
        let text = report(&short, &short);
        assert!(
            text.contains("not known  not known    3 of 3  before\n"),
            "{text}"
        );
        assert!(!text.contains("minus"), "{text}");
        assert!(
            text.contains("\nverdict: cannot tell\n- before has 3 full"),
            "{text}"
        );
    }
}
