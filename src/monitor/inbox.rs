//! Notifications waiting for each subscriber: bounded, counted when they overflow.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::path_search::CaptureRequest;
use crate::gc::statistics::KindSums;
use crate::gc::{GcEvent, GcKind, HeapStatistics, KindTotals, ProcessMemory, StatsSample};
use crate::leak::Leak;

/// Names a subscriber of one monitor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SubscriberId(u64);

/// What a subscriber wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Interests {
    /// Records are kept, for `history()` and `stats()`.
    pub recording: bool,
    pub stats: bool,
    pub leak: bool,
    /// Every collection, with the heap before and after.
    pub collections: bool,
}

impl Interests {
    pub fn any(self) -> bool {
        self != Self::default()
    }

    pub fn or(self, other: Self) -> Self {
        Self {
            recording: self.recording || other.recording,
            stats: self.stats || other.stats,
            leak: self.leak || other.leak,
            collections: self.collections || other.collections,
        }
    }

    fn wants(self, notification: &Notification) -> bool {
        match notification {
            Notification::Stats(_) => self.stats,
            Notification::Leak(_) | Notification::Capture(_) => self.leak,
            Notification::Collection(_) => self.collections,
            Notification::Warning(_) | Notification::Snapshot(_) => true,
        }
    }
}

/// Something that a subscriber is told.
#[derive(Clone, Debug)]
pub enum Notification {
    Stats(Arc<Stats>),
    Leak(Arc<Leak>),
    Collection(Arc<GcEvent>),
    Warning(Warning),
    Snapshot(SnapshotWritten),
    /// Somebody is to capture the heap.
    Capture(CaptureRequest),
}

/// A snapshot file that nobody waited for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SnapshotWritten {
    pub path: PathBuf,
    pub reason: &'static str,
}

/// Something went wrong that nobody asked about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    pub code: &'static str,
    pub message: String,
}

/// The payload of `stats`, before it becomes a JavaScript object.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The newest full collection; `None` before the first.
    pub sample: Option<StatsSample>,
    pub heap: HeapStatistics,
    pub kinds: KindSums,
    pub pauses: Vec<PauseSummary>,
    pub memory: ProcessMemory,
    /// Records that the ring overwrote before they were processed.
    pub lost_records: u64,
    /// Notifications that were not taken in time.
    pub lost_notifications: u64,
}

/// Pauses of one kind since the monitor was opened, and what our callbacks added to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PauseSummary {
    pub kind: GcKind,
    pub count: u64,
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p99_ns: u64,
    pub max_ns: u64,
    pub watcher_p50_ns: Option<u64>,
    pub watcher_p99_ns: Option<u64>,
}

impl PauseSummary {
    /// `None` when there was no collection of the kind.
    pub fn of(kind: GcKind, totals: &KindTotals) -> Option<Self> {
        let [p50_ns, p90_ns, p99_ns] = totals.pauses.quantiles_ns([0.5, 0.9, 0.99])?;
        let watcher = totals.watcher.quantiles_ns([0.5, 0.99]);
        Some(Self {
            kind,
            count: totals.count(),
            p50_ns,
            p90_ns,
            p99_ns,
            max_ns: totals.max_pause_ns(),
            watcher_p50_ns: watcher.map(|[p50_ns, _]| p50_ns),
            watcher_p99_ns: watcher.map(|[_, p99_ns]| p99_ns),
        })
    }
}

/// Calls of a subscriber's own environment.
pub type OnPending = Arc<dyn Fn() + Send + Sync>;

/// All subscribers of a monitor.
#[derive(Default)]
pub struct Inboxes {
    next: u64,
    inboxes: Vec<Inbox>,
}

struct Inbox {
    id: SubscriberId,
    interests: Interests,
    waiting: VecDeque<Notification>,
    on_pending: OnPending,
}

impl Inboxes {
    pub fn add(&mut self, on_pending: Box<dyn Fn() + Send + Sync>) -> SubscriberId {
        let id = SubscriberId(self.next);
        self.next += 1;
        self.inboxes.push(Inbox {
            id,
            interests: Interests::default(),
            waiting: VecDeque::new(),
            on_pending: on_pending.into(),
        });
        id
    }

    pub fn remove(&mut self, id: SubscriberId) {
        self.inboxes.retain(|inbox| inbox.id != id);
    }

    /// Changes the interests, gives the former ones, and drops what is no longer wanted.
    pub fn listen(&mut self, id: SubscriberId, interests: Interests) -> Interests {
        let Some(inbox) = self.inboxes.iter_mut().find(|inbox| inbox.id == id) else {
            return Interests::default();
        };
        inbox.waiting.retain(|one| interests.wants(one));
        std::mem::replace(&mut inbox.interests, interests)
    }

    /// What anyone wants.
    pub fn wanted(&self) -> Interests {
        self.inboxes
            .iter()
            .fold(Interests::default(), |all, inbox| all.or(inbox.interests))
    }

    /// Keeps a notification for all who want it; gives how many old ones had to go.
    pub fn post(&mut self, notification: &Notification, capacity: usize) -> u64 {
        let mut dropped = 0;
        for inbox in &mut self.inboxes {
            if inbox.interests.wants(notification) {
                if inbox.waiting.len() >= capacity {
                    inbox.waiting.pop_front();
                    dropped += 1;
                }
                inbox.waiting.push_back(notification.clone());
            }
        }
        dropped
    }

    /// Keeps a warning for one subscriber, so that it is said once.
    pub fn warn(&mut self, warning: Warning) {
        if let Some(inbox) = self.inboxes.first_mut() {
            inbox.waiting.push_back(Notification::Warning(warning));
        }
    }

    /// Asks one of those who want to know of leaks.
    pub fn ask(&mut self, request: CaptureRequest) {
        if let Some(inbox) = self.inboxes.iter_mut().find(|inbox| inbox.interests.leak) {
            inbox.waiting.push_back(Notification::Capture(request));
        }
    }

    pub fn take(&mut self, id: SubscriberId) -> Vec<Notification> {
        self.inboxes
            .iter_mut()
            .find(|inbox| inbox.id == id)
            .map(|inbox| inbox.waiting.drain(..).collect())
            .unwrap_or_default()
    }

    /// Calls to make for all, from whatever thread.
    pub fn all(&self) -> Vec<OnPending> {
        let inboxes = self.inboxes.iter();
        inboxes.map(|inbox| inbox.on_pending.clone()).collect()
    }

    /// Calls to make, outside of any lock, for those who have something to take.
    pub fn pending(&self) -> Vec<OnPending> {
        self.inboxes
            .iter()
            .filter(|inbox| !inbox.waiting.is_empty())
            .map(|inbox| inbox.on_pending.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::event::samples::scavenge;

    const COLLECTIONS: Interests = Interests {
        recording: false,
        stats: false,
        leak: false,
        collections: true,
    };

    fn collection(sequence: u64) -> Notification {
        Notification::Collection(Arc::new(scavenge(sequence, 0.0)))
    }

    #[test]
    fn each_subscriber_gets_what_it_wants_once() {
        let mut inboxes = Inboxes::default();
        let (one, other) = (inboxes.add(Box::new(|| {})), inboxes.add(Box::new(|| {})));
        inboxes.listen(one, COLLECTIONS);
        assert_eq!(inboxes.wanted(), COLLECTIONS);
        inboxes.post(&collection(0), 8);
        assert_eq!(inboxes.pending().len(), 1);
        assert_eq!((inboxes.take(one).len(), inboxes.take(one).len()), (1, 0));
        assert!(inboxes.take(other).is_empty());
    }

    #[test]
    fn what_overflows_is_counted_and_the_newest_stays() {
        let mut inboxes = Inboxes::default();
        let id = inboxes.add(Box::new(|| {}));
        inboxes.listen(id, COLLECTIONS);
        let dropped: u64 = (0..10).map(|at| inboxes.post(&collection(at), 4)).sum();
        assert_eq!(dropped, 6);
        let newest = inboxes.take(id).pop();
        assert!(matches!(newest, Some(Notification::Collection(event)) if event.sequence == 9));
    }

    #[test]
    fn nothing_is_kept_for_who_listens_no_more() {
        let mut inboxes = Inboxes::default();
        let id = inboxes.add(Box::new(|| {}));
        inboxes.listen(id, COLLECTIONS);
        inboxes.post(&collection(0), 8);
        assert_eq!(inboxes.listen(id, Interests::default()), COLLECTIONS);
        assert!(inboxes.take(id).is_empty());
        inboxes.remove(id);
        assert!(!inboxes.wanted().any());
    }
}
