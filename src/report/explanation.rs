//! Why the detector says what it says, as text.
#![forbid(unsafe_code)]

use std::fmt::Write;

use crate::leak::{Explanation, State};

/// A paragraph for each series: the verdict, and each test with its numbers.
pub fn explanation_text(explanations: &[Explanation]) -> String {
    let mut text = String::new();
    for one in explanations {
        let state = one.state.map_or("nothing suspicious", State::name);
        let mut line = format!(
            "{}: {state}, {} full collections",
            one.kind.name(),
            one.collections
        );
        if one.needed_collections > 0 {
            // Writing to a `String` cannot fail.
            let _ = write!(line, ", {} make a leak", one.needed_collections);
        }
        let _ = writeln!(text, "{line}");
        for check in &one.checks {
            let verdict = if check.has_passed() { "yes" } else { "no " };
            let needed = if check.needed.is_finite() {
                format!(", at least {:.3}", check.needed)
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "  {verdict} {}: {:.3}{needed}",
                check.name, check.found
            );
        }
        if !one.second_signal.is_empty() {
            let _ = writeln!(text, "  {}", one.second_signal);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::{Check, Kind, LeakId};

    #[test]
    fn each_test_stands_with_its_numbers() {
        let explanation = Explanation {
            kind: Kind::JsHeap,
            id: Some(LeakId(1)),
            state: Some(State::Suspect),
            collections: 20,
            needed_collections: 44,
            checks: vec![
                Check {
                    name: "trend",
                    found: 5.25,
                    needed: 4.0,
                },
                Check {
                    name: "growth",
                    found: 0.01,
                    needed: 0.07,
                },
            ],
            second_signal: "2 captures".into(),
        };
        assert_eq!(
            explanation_text(&[explanation]),
            "js-heap: suspect, 20 full collections, 44 make a leak\n  \
             yes trend: 5.250, at least 4.000\n  \
             no  growth: 0.010, at least 0.070\n  \
             2 captures\n"
        );
    }
}
