//! When captures of the heap are made for a suspicion: rarely enough that the service does not notice.

use std::time::Duration;

use crate::capture;
use crate::leak::{DECISIVE, GrowingPath, LeakId, MIN_CAPTURES, PathGrowth};

/// Full collections between two captures.
const COLLECTIONS_APART: u64 = 6;
/// The same where one would decide.
const COLLECTIONS_APART_WHEN_RIPE: u64 = 2;
/// Captures after which the distance doubles.
const CAPTURES_AT_A_DISTANCE: usize = 8;
/// The thread pauses for at most one part in so many of the time.
const PAUSE_BUDGET: u32 = 20;
/// After a copy has been at work, none is for so many times as long.
const COPY_BUDGET: u32 = 2;
/// Of the time that something is suspicious captures take at most one part in so many from the service, its memory
/// that has to be copied included,
const COST_BUDGET: u64 = 50;
/// and so much on top, which lets the first captures of a small heap be made at once.
const CREDIT_NS: i64 = 300_000_000;
/// Credit is granted anew after this time.
const CREDIT_AGAIN_NS: u64 = 300_000_000_000;
/// What the first capture is expected to cost where the heap is copied, and where its pages are shared; later ones cost
/// what the one before did.
const EXPECTED_NS_PER_BYTE: u64 = 1;
const EXPECTED_NS_PER_SHARED_BYTE: u64 = 2;
/// Paths that grow late, or not between any two captures, are not among those of the first ones: where none that matters has
/// grown in so many, begin again.
const CAPTURES_WITHOUT_PATHS: usize = 4;
/// A request that nobody has answered for so many full collections is made again.
const LOST_AFTER: u64 = 50;

/// When a capture may be made.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Full collections until now.
    pub collections: u64,
    pub now_ns: u64,
    /// One would decide.
    pub is_ripe: bool,
    /// The full collection from which on one may.
    pub decides_from: u64,
}

/// What a capture is to be compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CaptureRequest {
    /// Who suspects.
    pub detector: &'static str,
    pub id: LeakId,
    /// It is the first of a series.
    pub is_first: bool,
}

/// What the newest capture shows.
#[derive(Clone, Debug)]
pub struct CaptureAnswer {
    /// Of all objects.
    pub heap_bytes: u64,
    /// Those that grew in all captures; `None` where the newest cannot tell.
    pub paths: Option<Vec<GrowingPath>>,
}

/// What a capture took.
#[derive(Clone, Copy, Debug)]
pub struct CaptureCost {
    pub pause: Duration,
    /// For how long the copy was at work.
    pub copy: Duration,
    /// Processor time of the service: the pause, and what it takes to copy the pages that it writes to.
    pub service: Duration,
}

/// What captures of all suspicions may cost.
#[derive(Debug, Default)]
pub struct CaptureBudget {
    /// Below zero after a capture that has cost more than there was.
    left_ns: i64,
    counted_to_ns: u64,
    credited_at_ns: Option<u64>,
    last_cost_ns: Option<u64>,
}

impl CaptureBudget {
    /// Something has become suspicious.
    pub fn begin(&mut self, now_ns: u64) {
        let is_credited = self
            .credited_at_ns
            .is_some_and(|at_ns| now_ns - at_ns < CREDIT_AGAIN_NS);
        if !is_credited {
            self.left_ns = self.left_ns.max(CREDIT_NS);
            self.credited_at_ns = Some(now_ns);
        }
        self.counted_to_ns = now_ns;
    }

    /// Something still is.
    fn go_on(&mut self, now_ns: u64) {
        self.left_ns += signed((now_ns - self.counted_to_ns) / COST_BUDGET);
        self.counted_to_ns = now_ns;
    }

    /// Whether a capture of a heap of this size may be made.
    fn affords(&self, heap_bytes: u64) -> bool {
        let ns_per_byte = match heap_bytes > capture::LARGEST_IMAGE_BYTES as u64 {
            true => EXPECTED_NS_PER_SHARED_BYTE,
            false => EXPECTED_NS_PER_BYTE,
        };
        let expected_ns = self
            .last_cost_ns
            .unwrap_or(heap_bytes.saturating_mul(ns_per_byte));
        self.left_ns >= signed(expected_ns)
    }

    fn pay(&mut self, cost: Duration) {
        let cost_ns = nanoseconds(cost);
        self.left_ns = self.left_ns.saturating_sub(signed(cost_ns));
        self.last_cost_ns = Some(cost_ns);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 2)
}

fn signed(nanoseconds: u64) -> i64 {
    i64::try_from(nanoseconds).unwrap_or(i64::MAX / 2)
}

/// The captures for one suspicion.
#[derive(Debug)]
pub struct PathSearch {
    detector: &'static str,
    id: LeakId,
    /// The captures that are compared.
    captured_at: Vec<u64>,
    heap_bytes: Vec<u64>,
    known: PathGrowth,
    has_restarted: bool,
    /// At which collection the last capture was asked for, and the next one may be.
    last_at: u64,
    next_at: u64,
    not_before_ns: u64,
    /// The collection at which a capture was asked for that has not come.
    asked_at: Option<u64>,
}

impl PathSearch {
    pub fn new(detector: &'static str, id: LeakId) -> Self {
        Self {
            detector,
            id,
            captured_at: Vec::new(),
            heap_bytes: Vec::new(),
            known: PathGrowth::default(),
            has_restarted: false,
            last_at: 0,
            next_at: 0,
            not_before_ns: 0,
            asked_at: None,
        }
    }

    pub fn id(&self) -> LeakId {
        self.id
    }

    /// The next capture of a heap of this size, when it is time.
    pub fn request(
        &mut self,
        moment: Moment,
        heap_bytes: u64,
        budget: &mut CaptureBudget,
    ) -> Option<CaptureRequest> {
        let Moment {
            collections,
            now_ns,
            is_ripe,
            decides_from,
        } = moment;
        budget.go_on(now_ns);
        let is_under_way = self
            .asked_at
            .is_some_and(|asked_at| collections - asked_at < LOST_AFTER);
        let next_at = match is_ripe {
            true => self.next_at.min(self.last_at + COLLECTIONS_APART_WHEN_RIPE),
            false => self.next_at,
        };
        let is_due = collections >= next_at && now_ns >= self.not_before_ns;
        if is_under_way || !is_due || !budget.affords(heap_bytes) {
            return None;
        }
        self.asked_at = Some(collections);
        self.next_at = collections + self.apart(decides_from.saturating_sub(collections));
        Some(CaptureRequest {
            detector: self.detector,
            id: self.id,
            is_first: self.captured_at.is_empty(),
        })
    }

    /// How far the next capture is from one where so many full collections are left until a verdict.
    fn apart(&self, left: u64) -> u64 {
        let before = self.captured_at.len();
        match MIN_CAPTURES.saturating_sub(before + 1) as u64 {
            0 => COLLECTIONS_APART << (before / CAPTURES_AT_A_DISTANCE).min(16),
            // The last one is then new enough to decide; the closer together they are, the later it is known to have grown.
            missing => left
                .saturating_sub(DECISIVE + (missing - 1) * COLLECTIONS_APART)
                .max(COLLECTIONS_APART),
        }
    }

    /// Takes what a capture shows; gives what is known now.
    pub fn take(
        &mut self,
        captured: CaptureAnswer,
        cost: CaptureCost,
        budget: &mut CaptureBudget,
        now_ns: u64,
    ) -> PathGrowth {
        budget.pay(cost.service);
        let rest = (cost.pause * PAUSE_BUDGET).max(cost.copy * COPY_BUDGET);
        let captured_at = self.end_request(now_ns, rest);
        self.captured_at.push(captured_at);
        self.heap_bytes.push(captured.heap_bytes);
        let is_new_series = self.has_restarted && self.captured_at.len() < MIN_CAPTURES;
        match captured.paths {
            // What the series before said holds on until this one can say something.
            Some(_) if is_new_series => {
                self.known.captured_at.push(captured_at);
                self.known.heap_bytes.push(captured.heap_bytes);
            }
            Some(paths) => {
                self.known = PathGrowth {
                    captured_at: self.captured_at.clone(),
                    heap_bytes: self.heap_bytes.clone(),
                    paths,
                };
            }
            None => {}
        }
        if self.captured_at.len() >= CAPTURES_WITHOUT_PATHS && !self.known.shows_where() {
            self.captured_at.clear();
            self.heap_bytes.clear();
            self.has_restarted = true;
        }
        self.known.clone()
    }

    /// The capture has failed.
    pub fn miss(&mut self, now_ns: u64) {
        self.end_request(now_ns, Duration::ZERO);
    }

    fn end_request(&mut self, now_ns: u64, rest: Duration) -> u64 {
        let asked_at = self.asked_at.take().unwrap_or(self.next_at);
        self.last_at = asked_at;
        self.not_before_ns = now_ns + nanoseconds(rest);
        asked_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: LeakId = LeakId(1);
    const SECOND: u64 = 1_000_000_000;

    fn cost(pause_ms: u64, copy_ms: u64) -> CaptureCost {
        CaptureCost {
            pause: Duration::from_millis(pause_ms),
            copy: Duration::from_millis(copy_ms),
            service: Duration::ZERO,
        }
    }

    fn captured(paths: Option<Vec<GrowingPath>>) -> CaptureAnswer {
        CaptureAnswer {
            heap_bytes: 1 << 20,
            paths,
        }
    }

    /// At the collection and the time, of a small heap.
    fn request(search: &mut PathSearch, collections: u64, now_ns: u64) -> Option<CaptureRequest> {
        search.request(moment(collections, now_ns), 1 << 20, &mut begun())
    }

    fn moment(collections: u64, now_ns: u64) -> Moment {
        Moment {
            collections,
            now_ns,
            is_ripe: false,
            decides_from: 0,
        }
    }

    /// With credit left.
    fn take(search: &mut PathSearch, captured: CaptureAnswer, cost: CaptureCost) -> PathGrowth {
        search.take(captured, cost, &mut begun(), 0)
    }

    fn begun() -> CaptureBudget {
        let mut budget = CaptureBudget::default();
        budget.begin(0);
        budget
    }

    fn affords(budget: &mut CaptureBudget, heap_bytes: u64, now_ns: u64) -> bool {
        budget.go_on(now_ns);
        budget.affords(heap_bytes)
    }

    fn path(counts: &[u64]) -> Vec<GrowingPath> {
        vec![GrowingPath {
            text: "global object → .cache".into(),
            class: "Map".into(),
            counts: counts.to_vec(),
            reached_bytes: 100,
        }]
    }

    #[test]
    fn captures_keep_their_distance_in_collections_and_in_time() {
        let mut search = PathSearch::new("trend", ID);
        let first = request(&mut search, 20, 0).expect("the first one at once");
        assert!(first.is_first);
        assert_eq!(request(&mut search, 21, 0), None, "one is under way");
        take(&mut search, captured(Some(Vec::new())), cost(50, 300));
        let next = 20 + COLLECTIONS_APART;
        let too_few = request(&mut search, next - 1, u64::MAX / 2);
        assert_eq!(too_few, None);
        assert_eq!(request(&mut search, next, 999_000_000), None, "too early");
        let second = request(&mut search, next, SECOND).expect("it is time");
        assert!(!second.is_first);
    }

    #[test]
    fn the_captures_that_a_verdict_needs_come_shortly_before_it_can() {
        for (first, expected) in [
            (12, [12, 27, 33, 39]),
            (18, [18, 27, 33, 39]),
            (30, [30, 36, 42, 48]),
        ] {
            let mut search = PathSearch::new("trend", ID);
            let mut captured_at = Vec::new();
            for collections in first..60 {
                let moment = Moment {
                    decides_from: 36,
                    ..moment(collections, 0)
                };
                if search.request(moment, 1 << 20, &mut begun()).is_some() {
                    captured_at.push(collections);
                    take(&mut search, captured(Some(path(&[1]))), cost(0, 0));
                }
            }
            assert_eq!(captured_at[..4], expected);
        }
    }

    #[test]
    fn a_capture_that_would_decide_comes_sooner() {
        let mut search = PathSearch::new("trend", ID);
        assert!(request(&mut search, 20, 0).is_some());
        take(&mut search, captured(Some(Vec::new())), cost(0, 0));
        let mut ripe = |collections| {
            let moment = Moment {
                is_ripe: true,
                ..moment(collections, 0)
            };
            search.request(moment, 1 << 20, &mut begun())
        };
        assert_eq!(ripe(21), None);
        assert!(ripe(22).is_some());
    }

    #[test]
    fn credit_pays_for_the_first_captures_and_time_for_the_others() {
        let mut budget = begun();
        let largest = CREDIT_NS.unsigned_abs() / EXPECTED_NS_PER_SHARED_BYTE;
        assert!(largest > capture::LARGEST_IMAGE_BYTES as u64);
        assert!(affords(&mut budget, largest, 0));
        assert!(
            !affords(&mut budget, largest + 1, 0),
            "expected to cost too much"
        );
        let credit = Duration::from_nanos(CREDIT_NS.unsigned_abs());
        let earned = nanoseconds(credit) * COST_BUDGET;
        budget.pay(credit);
        assert!(
            !affords(&mut budget, 1, 0),
            "it will cost what the last one did"
        );
        assert!(!affords(&mut budget, 1, earned - SECOND));
        assert!(affords(&mut budget, 1, earned));
        // What lies between two suspicions does not count.
        budget.pay(credit);
        let later = earned + 20 * SECOND;
        budget.begin(later);
        assert!(!affords(&mut budget, 1, later + earned - SECOND));
        assert!(affords(&mut budget, 1, later + earned));
        budget.pay(Duration::from_secs(3600));
        budget.begin(CREDIT_AGAIN_NS);
        assert_eq!(budget.left_ns, CREDIT_NS, "granted anew");
    }

    #[test]
    fn what_costs_too_much_is_not_asked_for() {
        let mut search = PathSearch::new("trend", ID);
        let mut budget = begun();
        assert_eq!(search.request(moment(20, 0), 1 << 30, &mut budget), None);
        assert!(
            search
                .request(moment(20, 0), 1 << 20, &mut budget)
                .is_some()
        );
        let credit = Duration::from_nanos(CREDIT_NS.unsigned_abs());
        let dear = CaptureCost {
            service: credit + Duration::from_millis(100),
            ..cost(0, 0)
        };
        search.take(captured(None), dear, &mut budget, 0);
        // What was too much, and as much again.
        let affordable_ns = nanoseconds(dear.service + dear.service - credit) * COST_BUDGET;
        let mut request = |now_ns| search.request(moment(40, now_ns), 1 << 20, &mut budget);
        assert_eq!(request(affordable_ns - SECOND), None);
        assert!(request(affordable_ns + SECOND).is_some());
    }

    #[test]
    fn a_lost_request_is_made_again() {
        let mut search = PathSearch::new("trend", ID);
        assert!(request(&mut search, 0, 0).is_some());
        assert_eq!(request(&mut search, LOST_AFTER - 1, 0), None);
        assert!(request(&mut search, LOST_AFTER, 0).is_some());
    }

    #[test]
    fn a_series_without_growing_paths_begins_again() {
        let mut search = PathSearch::new("trend", ID);
        for at in 0..4 {
            let asked = request(&mut search, at * 8, 0);
            assert_eq!(asked.map(|one| one.is_first), Some(at == 0));
            take(&mut search, captured(Some(Vec::new())), cost(0, 0));
        }
        assert!(request(&mut search, 32, 0).expect("it is time").is_first);
        search.miss(0);
        assert!(request(&mut search, 40, 0).expect("it is time").is_first);
        for counts in [vec![1], vec![1, 2], vec![1, 2, 3]] {
            take(&mut search, captured(Some(path(&counts))), cost(0, 0));
        }
        let growth = take(&mut search, captured(None), cost(0, 0));
        assert_eq!(growth.paths, path(&[1, 2, 3]), "the last one cannot tell");
    }

    #[test]
    fn a_series_whose_growing_paths_are_next_to_nothing_begins_again() {
        let mut search = PathSearch::new("trend", ID);
        for at in 1..=4 {
            let asked = request(&mut search, at * 8, 0);
            assert_eq!(asked.map(|one| one.is_first), Some(at == 1));
            let counts: Vec<u64> = (1..=at).collect();
            let answer = CaptureAnswer {
                heap_bytes: at << 20,
                paths: Some(path(&counts)),
            };
            take(&mut search, answer, cost(0, 0));
        }
        assert!(request(&mut search, 40, 0).expect("it is time").is_first);
    }
}
