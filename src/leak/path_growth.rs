//! What captures of the heap say of a suspicion: which paths grew in each of them, and whether they still do.
#![forbid(unsafe_code)]

use std::fmt;

use crate::units::counted;

/// Captures before growth by path says anything.
pub const MIN_CAPTURES: usize = 3;
/// The pace since the capture before the last, as a share of the earlier pace, with which something goes on.
const STEADY: f64 = 0.7;
/// The same of the newer half, as a share of the whole pace.
const STEADY_HALF: f64 = 0.65;
/// What the paths that go on growing must explain of the growth of the series.
const EXPLAINED: f64 = 0.3;
/// What is in flight may well be as much at each capture, by chance, that it seems to explain less than this,
const CLEARLY_EXPLAINED: f64 = 0.5;
/// or to have grown by less than this share of what there was.
const CLEARLY_GROWN: f64 = 0.3;
/// Where the newest pace is so many times that before, it may be steps that are seen.
const UNEVEN: f64 = 1.3;
/// Few objects, as those in flight are, may well differ by less than so many standard deviations of two such counts,
const CLEARLY_MORE: f64 = 2.0;
/// and be so few more that this many captures more are asked for.
const DOUBTS_OF_FEW: usize = 2;
/// Paths that explain less than this explain nothing.
const UNEXPLAINED: f64 = 0.05;
/// A capture that is older than so many full collections says nothing of now,
const FRESH: u64 = 7;
/// and one that is older than this decides nothing: what it showed may have ended since.
pub const DECISIVE: u64 = 3;

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
    /// What could be reached, by capture.
    pub heap_bytes: Vec<u64>,
    pub paths: Vec<GrowingPath>,
}

impl PathGrowth {
    /// Whether enough of what the series grows by a full collection is held by paths that go on growing.
    pub fn confirms(&self, bytes_per_collection: f64, collections: u64) -> bool {
        self.counts(collections) && self.explained(bytes_per_collection) >= EXPLAINED
    }

    /// How many captures more it takes, because of what may be chance.
    pub fn doubts(&self, bytes_per_collection: f64) -> usize {
        let steady = self.steady();
        let growth_bytes = growth_of(&steady);
        let reached_bytes: f64 = steady.iter().map(|path| path.reached_bytes as f64).sum();
        let is_partial = self.explained(bytes_per_collection) < CLEARLY_EXPLAINED;
        let is_small = growth_bytes < CLEARLY_GROWN * (reached_bytes - growth_bytes);
        let largest = steady.first();
        let is_uneven = largest.is_some_and(|path| is_faster(&self.captured_at, &path.counts));
        let is_of_few = largest.is_some_and(|path| path.may_be_chance());
        let has_paused = largest.is_some_and(|path| path.has_paused(&self.captured_at));
        let doubts = [
            (is_partial, 1),
            (is_small, 1),
            (is_uneven, 1),
            (has_paused, 1),
            (is_of_few, DOUBTS_OF_FEW),
        ];
        let there_are = doubts.iter().filter(|(is_there, _)| *is_there);
        there_are.map(|(_, captures)| captures).sum()
    }

    /// Whether no path that matters goes on growing, and neither does what can be reached at all.
    pub fn denies(&self, bytes_per_collection: f64, collections: u64) -> bool {
        self.counts(collections)
            && self.explained(bytes_per_collection) < UNEXPLAINED
            && !is_steady(&self.captured_at, &self.heap_bytes)
    }

    /// Whether what grew from capture to capture is not enough, however old they are. Two tell that already.
    pub fn leaves_unexplained(&self, bytes_per_collection: f64) -> bool {
        let growing = match self.captured_at.len() {
            0 | 1 => return false,
            2 => self.paths.iter().collect(),
            _ => self.steady(),
        };
        self.share_of(&growing, bytes_per_collection) < EXPLAINED
    }

    /// Whether paths that grow lead to anything of what the heap has grown by since the first capture, now or but for a pause. In many
    /// programs a list of readings or a log does, which is nothing.
    pub fn shows_where(&self) -> bool {
        let (Some(first), Some(last)) = (self.heap_bytes.first(), self.heap_bytes.last()) else {
            return false;
        };
        let goes_on = |path: &&GrowingPath| path.goes_on_or_pauses(&self.captured_at);
        let growing: Vec<_> = self.paths.iter().filter(goes_on).collect();
        let growth_bytes = growth_of(&growing);
        growth_bytes > 0.0 && growth_bytes >= UNEXPLAINED * last.saturating_sub(*first) as f64
    }

    /// Which share of the growth since the first capture the paths that go on growing lead to.
    pub fn explained(&self, bytes_per_collection: f64) -> f64 {
        self.share_of(&self.steady(), bytes_per_collection)
    }

    fn share_of(&self, paths: &[&GrowingPath], bytes_per_collection: f64) -> f64 {
        let (Some(first), Some(last)) = (self.captured_at.first(), self.captured_at.last()) else {
            return 0.0;
        };
        growth_of(paths) / (bytes_per_collection * (last - first) as f64).max(1.0)
    }

    /// Whether the newest capture tells of now.
    pub fn is_decisive(&self, collections: u64) -> bool {
        let is_new = |last: &u64| collections - last <= DECISIVE;
        self.captured_at.last().is_some_and(is_new)
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
            .filter(|path| is_steady(&self.captured_at, &path.counts))
            .collect();
        steady.sort_by(|one, other| other.growth_bytes().total_cmp(&one.growth_bytes()));
        steady
    }
}

impl GrowingPath {
    /// By how much more it leads to than in the first capture, if all objects on it lead to as much.
    fn growth_bytes(&self) -> f64 {
        let (Some(first), Some(last)) = (self.counts.first(), self.counts.last()) else {
            return 0.0;
        };
        self.reached_bytes as f64 * last.saturating_sub(*first) as f64 / (*last).max(1) as f64
    }

    /// Whether there were as many as before in one of the captures.
    fn has_paused(&self, captured_at: &[u64]) -> bool {
        let seen = visible(captured_at, &self.counts);
        seen.windows(2).any(|pair| pair[0].1 == pair[1].1)
    }

    /// Whether it has gone on growing until now, or until the capture before and has paused since.
    fn goes_on_or_pauses(&self, captured_at: &[u64]) -> bool {
        let has_gone_on = |counts| is_steady(captured_at, counts);
        has_gone_on(&self.counts)
            || matches!(self.counts.split_last(), Some((last, before)) if before.ends_with(&[*last]) && has_gone_on(before))
    }

    /// Whether it might be as many as before, if each were there by chance.
    fn may_be_chance(&self) -> bool {
        let (Some(&first), Some(&last)) = (self.counts.first(), self.counts.last()) else {
            return true;
        };
        (last as f64 - first as f64) < CLEARLY_MORE * ((first + last) as f64).sqrt()
    }
}

/// By how much more all of these paths lead to than in the first capture.
fn growth_of(paths: &[&GrowingPath]) -> f64 {
    // The sum of nothing would be -0.
    paths
        .iter()
        .fold(0.0, |sum, path| sum + path.growth_bytes())
}

/// Whether what was counted at these collections goes on growing.
fn is_steady(captured_at: &[u64], counts: &[u64]) -> bool {
    let seen = visible(captured_at, counts);
    match seen[..] {
        [first, .., before, last] => {
            let middle = seen[seen.len() / 2];
            last.1 > first.1
                && pace(before, last) >= STEADY * pace(first, before)
                && pace(middle, last) >= STEADY_HALF * pace(first, last)
        }
        _ => false,
    }
}

/// Whether what was counted has grown much faster since the capture before the last than earlier.
fn is_faster(captured_at: &[u64], counts: &[u64]) -> bool {
    match visible(captured_at, counts)[..] {
        [first, .., before, last] => pace(before, last) > UNEVEN * pace(first, before),
        _ => false,
    }
}

/// Objects a full collection, between two captures.
fn pace((from_at, from): (u64, u64), (to_at, to): (u64, u64)) -> f64 {
    to.saturating_sub(from) as f64 / to_at.saturating_sub(from_at).max(1) as f64
}

/// When it was captured, and how many objects there were; without the captures that showed them elsewhere.
fn visible(captured_at: &[u64], counts: &[u64]) -> Vec<(u64, u64)> {
    let mut seen: Vec<(u64, u64)> = Vec::with_capacity(counts.len());
    for (&at, &count) in captured_at.iter().zip(counts) {
        if seen.last().is_none_or(|(_, last)| count >= last / 2) {
            seen.push((at, count));
        }
    }
    seen
}

impl fmt::Display for PathGrowth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let captures = self.captured_at.len();
        write!(f, "{}", counted(captures, "capture"))?;
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

    /// Captures at every fifth collection; the path holds 1,000 bytes in the last.
    fn growth(counts: &[u64]) -> PathGrowth {
        PathGrowth {
            captured_at: (1..=counts.len() as u64).map(|at| at * 5).collect(),
            heap_bytes: vec![1 << 20; counts.len()],
            paths: vec![GrowingPath {
                text: "global object → .cache".into(),
                class: "Map".into(),
                counts: counts.to_vec(),
                reached_bytes: 1000,
            }],
        }
    }

    #[test]
    fn what_goes_on_growing_confirms_if_it_is_enough() {
        let growing = growth(&[100, 200, 300, 400]);
        assert!((growing.explained(100.0) - 0.5).abs() < 1e-9);
        assert!(growing.confirms(100.0, 21) && !growing.denies(100.0, 21));
        assert!(!growing.confirms(200.0, 21) && !growing.denies(200.0, 21));
        assert!(!growing.confirms(5000.0, 21) && growing.denies(5000.0, 21));
    }

    #[test]
    fn what_explains_little_or_has_grown_by_little_leaves_doubts() {
        let growing = growth(&[100, 200, 300, 400]);
        assert_eq!(growing.doubts(75.0), 0);
        assert_eq!(growing.doubts(150.0), 1, "a third of the growth");
        let large = growth(&[1000, 1050, 1100, 1150]);
        assert_eq!(large.doubts(1.0), 1, "15 % more than there were");
        assert_eq!(large.doubts(20.0), 2);
    }

    #[test]
    fn what_seems_to_grow_faster_may_be_steps() {
        assert_eq!(growth(&[100, 200, 325]).doubts(1.0), 0);
        assert_eq!(growth(&[100, 200, 335]).doubts(1.0), 1);
        assert_eq!(growth(&[100, 200, 300, 435]).doubts(1.0), 1);
    }

    #[test]
    fn what_has_paused_is_looked_at_once_more() {
        let paused = growth(&[100, 200, 200, 300, 380]);
        assert!(paused.confirms(1.0, 26));
        assert_eq!(paused.doubts(1.0), 1);
        let pauses = growth(&[100, 200, 300, 300]);
        assert!(!pauses.confirms(1.0, 21) && pauses.shows_where());
        assert!(
            !growth(&[100, 200, 201, 201]).shows_where(),
            "it had slowed down"
        );
    }

    #[test]
    fn few_objects_may_be_more_by_chance() {
        assert_eq!(growth(&[5, 6, 7]).doubts(1.0), DOUBTS_OF_FEW);
        assert_eq!(growth(&[17, 28, 39]).doubts(1.0), 0);
    }

    #[test]
    fn what_slows_down_does_not() {
        for slows in [&[100, 200, 300, 310][..], &[100, 300, 500, 600, 650, 690]] {
            let now = slows.len() as u64 * 5;
            assert!(!growth(slows).confirms(1.0, now), "{slows:?}");
            assert!(growth(slows).denies(1.0, now), "{slows:?}");
        }
    }

    #[test]
    fn a_capture_that_shows_the_objects_elsewhere_does_not_count() {
        assert!(growth(&[100, 200, 3, 400]).confirms(1.0, 21));
        assert!(growth(&[100, 200, 3, 205]).denies(1.0, 21));
    }

    #[test]
    fn a_heap_that_grows_on_no_path_is_not_denied() {
        let mut unexplained = growth(&[100, 100, 100, 100]);
        unexplained.heap_bytes = vec![10 << 20, 11 << 20, 12 << 20, 13 << 20];
        assert!(!unexplained.denies(1e5, 21) && !unexplained.confirms(1e5, 21));
    }

    #[test]
    fn captures_without_growth_leave_it_unexplained() {
        for stays in [&[100, 101][..], &[100, 101, 102], &[100, 200, 201]] {
            assert!(growth(stays).leaves_unexplained(100.0), "{stays:?}");
        }
        for says_nothing_of_it in [&[100][..], &[100, 200], &[100, 200, 300]] {
            assert!(!growth(says_nothing_of_it).leaves_unexplained(100.0));
        }
    }

    #[test]
    fn a_path_that_grows_by_next_to_nothing_does_not_show_where() {
        let mut growing = growth(&[100, 200, 300, 400]);
        assert!(growing.shows_where());
        growing.heap_bytes = vec![1 << 20, 1 << 20, 1 << 20, (1 << 20) + 10_000];
        assert!(growing.shows_where());
        growing.heap_bytes = vec![1 << 20, 2 << 20, 3 << 20, 4 << 20];
        assert!(!growing.shows_where());
        assert!(!growth(&[100, 100, 100, 100]).shows_where());
    }

    #[test]
    fn few_or_old_captures_say_nothing() {
        assert!(!growth(&[100, 200]).confirms(1.0, 11));
        assert!(!growth(&[100, 200, 300, 400]).confirms(1.0, 40));
        assert!(!growth(&[100, 100, 100, 100]).denies(1.0, 40));
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
