//! What captures of the heap say of a suspicion: which paths grew in each of them, and whether they still do.
#![forbid(unsafe_code)]

use std::fmt;

/// Captures before growth by path says anything.
pub const MIN_CAPTURES: usize = 3;
/// The newest growth of a path, as a share of its earlier pace, with which it goes on.
const STEADY: f64 = 0.4;
/// What the paths that go on growing must explain of the growth of the series.
const EXPLAINED: f64 = 0.15;
/// A capture that is older than so many full collections says nothing of now.
const FRESH: u64 = 6;

/// A path that had more objects in each capture.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowingPath {
    /// From the root, as people read it.
    pub text: String,
    pub class: String,
    /// By capture. Much fewer than before are objects that were elsewhere.
    pub counts: Vec<u64>,
    /// What they and all that is reached through them took in the last capture.
    pub reached_bytes: u64,
}

/// Captures since a suspicion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathGrowth {
    /// How many full collections there had been, by capture.
    pub captured_at: Vec<u64>,
    pub paths: Vec<GrowingPath>,
}

impl PathGrowth {
    /// Whether enough of what grew since the first capture is held by paths that go on growing.
    pub fn confirms(&self, grown_bytes: f64, collections: u64) -> bool {
        self.counts(collections) && self.growth_bytes() >= grown_bytes * EXPLAINED
    }

    /// By how much more the paths that go on growing lead to than in the first capture.
    fn growth_bytes(&self) -> f64 {
        let steady = self.steady();
        steady.into_iter().map(GrowingPath::growth_bytes).sum()
    }

    /// Whether no path goes on growing.
    pub fn denies(&self, collections: u64) -> bool {
        self.counts(collections) && self.steady().is_empty()
    }

    /// Whether there are captures enough, and new ones.
    fn counts(&self, collections: u64) -> bool {
        let is_fresh = |last: &u64| collections - last <= FRESH;
        self.captured_at.len() >= MIN_CAPTURES && self.captured_at.last().is_some_and(is_fresh)
    }

    /// The paths that go on growing, the largest growth first.
    pub fn steady(&self) -> Vec<&GrowingPath> {
        let mut steady: Vec<_> = self
            .paths
            .iter()
            .filter(|path| self.is_steady(path))
            .collect();
        steady.sort_by(|one, other| other.growth_bytes().total_cmp(&one.growth_bytes()));
        steady
    }

    fn is_steady(&self, path: &GrowingPath) -> bool {
        let seen = path.seen(&self.captured_at);
        let pace = |(from_at, from): (u64, u64), (to_at, to): (u64, u64)| {
            to.saturating_sub(from) as f64 / to_at.saturating_sub(from_at).max(1) as f64
        };
        match seen[..] {
            [first, .., before, last] => pace(before, last) >= STEADY * pace(first, before),
            _ => false,
        }
    }
}

impl GrowingPath {
    /// When it was captured, and how many objects it had; without the captures that showed them elsewhere.
    fn seen(&self, captured_at: &[u64]) -> Vec<(u64, u64)> {
        let mut seen: Vec<(u64, u64)> = Vec::with_capacity(self.counts.len());
        for (&at, &count) in captured_at.iter().zip(&self.counts) {
            if seen.last().is_none_or(|(_, last)| count >= last / 2) {
                seen.push((at, count));
            }
        }
        seen
    }

    /// By how much more it leads to than in the first capture, if all objects on it lead to as much.
    fn growth_bytes(&self) -> f64 {
        let (Some(first), Some(last)) = (self.counts.first(), self.counts.last()) else {
            return 0.0;
        };
        self.reached_bytes as f64 * last.saturating_sub(*first) as f64 / (*last).max(1) as f64
    }
}

impl fmt::Display for PathGrowth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let captures = self.captured_at.len();
        write!(f, "{captures} captures")?;
        if captures < 2 {
            return Ok(());
        }
        match self.steady().first() {
            None => write!(f, ", no path goes on growing"),
            Some(path) => {
                let counts: Vec<String> = path.counts.iter().map(u64::to_string).collect();
                write!(f, ", {}: {} objects", path.text, counts.join(" → "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(counts: &[u64]) -> PathGrowth {
        PathGrowth {
            captured_at: (1..=counts.len() as u64).map(|at| at * 5).collect(),
            paths: vec![GrowingPath {
                text: "global object → .cache".into(),
                class: "Map".into(),
                counts: counts.to_vec(),
                reached_bytes: 1000,
            }],
        }
    }

    #[test]
    fn what_goes_on_growing_confirms() {
        assert!(growth(&[100, 200, 300, 400]).confirms(1000.0, 21));
    }

    #[test]
    fn what_slows_down_does_not() {
        assert!(!growth(&[100, 200, 300, 310]).confirms(1000.0, 21));
        assert!(growth(&[100, 200, 300, 310]).denies(21));
    }

    #[test]
    fn a_capture_that_shows_the_objects_elsewhere_does_not_count() {
        assert!(growth(&[100, 200, 3, 400]).confirms(1000.0, 21));
        assert!(growth(&[100, 200, 3, 205]).denies(21));
    }

    #[test]
    fn few_old_or_small_captures_do_not() {
        assert!(!growth(&[100, 200]).confirms(1000.0, 11));
        assert!(!growth(&[100, 200, 300, 400]).confirms(1000.0, 40));
        assert!(!growth(&[100, 200, 300, 400]).confirms(1e6, 21));
        assert!(!PathGrowth::default().confirms(0.0, 0));
    }

    #[test]
    fn it_tells_the_first_path_that_goes_on() {
        let text = growth(&[1, 2, 3]).to_string();
        assert_eq!(
            text,
            "3 captures, global object → .cache: 1 → 2 → 3 objects"
        );
        assert_eq!(PathGrowth::default().to_string(), "0 captures");
    }
}
