//! When captures of the heap are made for a suspicion: rarely enough that the service does not notice.

use std::time::Duration;

use crate::leak::{GrowingPath, LeakId, MIN_CAPTURES, PathGrowth};

/// Full collections between two captures.
const COLLECTIONS_APART: u64 = 5;
/// Captures after which the distance doubles.
const CAPTURES_AT_A_DISTANCE: usize = 12;
/// The thread pauses for at most one part in so many of the time.
const PAUSE_BUDGET: u32 = 100;
/// After a copy has been at work, none is for so many times as long.
const COPY_BUDGET: u32 = 2;
/// What captures take from the service, its pages that have to be copied included, is at most one part in so many of
/// the time,
const COST_BUDGET: u32 = 50;
/// but for the first ones, which may take so much together, so that the verdict does not wait for them;
const CREDIT: Duration = Duration::from_millis(300);
/// as much is granted anew after this time.
const CREDIT_AGAIN: Duration = Duration::from_secs(300);
/// Paths that grow late are not among those of the first capture: where none has grown in so many, begin again.
const CAPTURES_WITHOUT_PATHS: usize = 5;
/// A request that nobody has answered for so many full collections is made again.
const LOST_AFTER: u64 = 50;

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

/// What captures of all suspicions may take beyond the budget.
#[derive(Debug)]
pub struct CaptureCredit {
    left: Duration,
    granted_at_ns: u64,
}

impl Default for CaptureCredit {
    fn default() -> Self {
        Self {
            left: CREDIT,
            granted_at_ns: 0,
        }
    }
}

impl CaptureCredit {
    /// Pays for a capture as far as there is credit; gives what is left to pay.
    fn pay(&mut self, cost: Duration, now_ns: u64) -> Duration {
        if u128::from(now_ns - self.granted_at_ns) >= CREDIT_AGAIN.as_nanos() {
            self.left = CREDIT;
            self.granted_at_ns = now_ns;
        }
        let paid = cost.min(self.left);
        self.left -= paid;
        cost - paid
    }
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
            next_at: 0,
            not_before_ns: 0,
            asked_at: None,
        }
    }

    pub fn id(&self) -> LeakId {
        self.id
    }

    /// The next capture, when it is time.
    pub fn request(&mut self, collections: u64, now_ns: u64) -> Option<CaptureRequest> {
        let is_under_way = self
            .asked_at
            .is_some_and(|asked_at| collections - asked_at < LOST_AFTER);
        if is_under_way || collections < self.next_at || now_ns < self.not_before_ns {
            return None;
        }
        self.asked_at = Some(collections);
        Some(CaptureRequest {
            detector: self.detector,
            id: self.id,
            is_first: self.captured_at.is_empty(),
        })
    }

    /// Takes what a capture shows; gives what is known now.
    pub fn take(
        &mut self,
        captured: CaptureAnswer,
        cost: CaptureCost,
        credit: &mut CaptureCredit,
        now_ns: u64,
    ) -> PathGrowth {
        let rest = (cost.pause * PAUSE_BUDGET)
            .max(cost.copy * COPY_BUDGET)
            .max(credit.pay(cost.service, now_ns) * COST_BUDGET);
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
        if self.captured_at.len() >= CAPTURES_WITHOUT_PATHS && self.known.steady().is_empty() {
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
        let doublings = (self.captured_at.len() / CAPTURES_AT_A_DISTANCE).min(16);
        self.next_at = asked_at + (COLLECTIONS_APART << doublings);
        self.not_before_ns = now_ns + u64::try_from(rest.as_nanos()).unwrap_or(u64::MAX / 2);
        asked_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: LeakId = LeakId(1);

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

    /// With credit left.
    fn take(search: &mut PathSearch, captured: CaptureAnswer, cost: CaptureCost) -> PathGrowth {
        search.take(captured, cost, &mut CaptureCredit::default(), 0)
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
        let first = search.request(20, 0).expect("the first one at once");
        assert!(first.is_first);
        assert_eq!(search.request(21, 0), None, "one is under way");
        take(&mut search, captured(Some(Vec::new())), cost(10, 300));
        assert_eq!(
            search.request(24, u64::MAX / 2),
            None,
            "too few collections"
        );
        assert_eq!(search.request(25, 999_000_000), None, "too early");
        let second = search.request(25, 1_000_000_000).expect("it is time");
        assert!(!second.is_first);
    }

    #[test]
    fn the_first_captures_are_paid_for_by_credit() {
        let second = Duration::from_secs(1);
        let mut credit = CaptureCredit::default();
        assert_eq!(credit.pay(CREDIT / 2, 0), Duration::ZERO);
        assert_eq!(credit.pay(second, 0), second - CREDIT / 2);
        assert_eq!(credit.pay(second, 1), second);
        let later = CREDIT_AGAIN.as_nanos() as u64;
        assert_eq!(credit.pay(CREDIT, later), Duration::ZERO);
        assert_eq!(credit.pay(second, later), second);
    }

    #[test]
    fn what_costs_the_service_much_is_made_rarely() {
        let mut search = PathSearch::new("trend", ID);
        let mut credit = CaptureCredit::default();
        assert!(search.request(20, 0).is_some());
        let dear = CaptureCost {
            service: CREDIT + Duration::from_millis(100),
            ..cost(0, 0)
        };
        search.take(captured(None), dear, &mut credit, 0);
        assert_eq!(search.request(40, 4_999_999_999), None);
        assert!(search.request(40, 5_000_000_000).is_some());
    }

    #[test]
    fn a_lost_request_is_made_again() {
        let mut search = PathSearch::new("trend", ID);
        assert!(search.request(0, 0).is_some());
        assert_eq!(search.request(LOST_AFTER - 1, 0), None);
        assert!(search.request(LOST_AFTER, 0).is_some());
    }

    #[test]
    fn a_series_without_growing_paths_begins_again() {
        let mut search = PathSearch::new("trend", ID);
        for at in 0..5 {
            assert_eq!(
                search.request(at * 5, 0).map(|one| one.is_first),
                Some(at == 0)
            );
            take(&mut search, captured(Some(Vec::new())), cost(0, 0));
        }
        assert!(search.request(25, 0).expect("it is time").is_first);
        search.miss(0);
        assert!(search.request(30, 0).expect("it is time").is_first);
        for counts in [vec![1], vec![1, 2], vec![1, 2, 3], vec![1, 2, 3, 4]] {
            take(&mut search, captured(Some(path(&counts))), cost(0, 0));
        }
        let growth = take(&mut search, captured(None), cost(0, 0));
        assert_eq!(
            growth.paths,
            path(&[1, 2, 3, 4]),
            "the last one cannot tell"
        );
    }
}
