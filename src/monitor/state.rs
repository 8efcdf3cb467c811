//! What a monitor knows: records, statistics, detectors, and the configuration they follow.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::allocation_watch::{Pace, SamplingOrder};
use super::config::{Change, Config};
use super::inbox::{Inboxes, Interests, Notification, SnapshotWritten, Stats, Warning};
use super::path_search::{CaptureAnswer, CaptureBudget, CaptureCost, Moment, PathSearch};
use super::series_file::SeriesFile;
use super::{Host, pause_summaries};
use crate::capture;
use crate::error::Error;
use crate::gc::process_memory::MemoryProbe;
use crate::gc::recording::RecordingHeader;
use crate::gc::{
    AllocationSite, GcEvent, GcKind, HeapStatistics, ProcessMemory, Ring, Statistics, StatsSample,
    Totals, Trigger,
};
use crate::leak::recording::SeriesHeader;
use crate::leak::{self, Detector, Explanation, LeakId, Reading, Threshold};
use crate::v8::{GcTypes, HookOptions, Recorder, Wake, clock};

pub struct State {
    pub config: Config,
    pub ring: Arc<Ring>,
    pub totals: Arc<Totals>,
    pub inboxes: Inboxes,
    /// Records before this one have been processed.
    pub cursor: u64,
    recorder: Option<Arc<Recorder>>,
    recorder_failure_told: bool,
    series: Option<SeriesFile>,
    statistics: Statistics,
    detector: Box<dyn Detector>,
    threshold: Option<Threshold>,
    path_search: Option<PathSearch>,
    capture_budget: CaptureBudget,
    probe: MemoryProbe,
    /// First sequence numbers after the collections on request that are not processed yet.
    request_ends: Vec<u64>,
    /// The newest collection of the fallback mode, on the clock of `performance.now()`.
    observed_to_ms: f64,
    lost_records: u64,
    lost_notifications: u64,
}

impl State {
    pub fn new(page_bytes: u64) -> Self {
        let config = Config::default();
        Self {
            // Grows to the configured capacity when the monitor first runs.
            ring: Arc::new(Ring::new(1)),
            totals: Arc::default(),
            inboxes: Inboxes::default(),
            cursor: 0,
            recorder: None,
            recorder_failure_told: false,
            series: None,
            statistics: Statistics::default(),
            detector: leak::detector(config.detector).expect("the default detector exists"),
            threshold: None,
            path_search: None,
            capture_budget: CaptureBudget::default(),
            probe: MemoryProbe::new(page_bytes),
            request_ends: Vec::new(),
            observed_to_ms: f64::NEG_INFINITY,
            lost_records: 0,
            lost_notifications: 0,
            config,
        }
    }

    pub fn is_running(&self) -> bool {
        self.wanted().any()
    }

    /// What anyone wants, the recordings included.
    pub fn wanted(&self) -> Interests {
        Interests {
            // The series is what detectors see. The recorder notes resident memory after each full collection.
            leak: self.recorder.is_some() || self.series.is_some(),
            ..Interests::default()
        }
        .or(self.inboxes.wanted())
    }

    pub fn hook_options(&mut self, types: GcTypes, wake: Wake) -> HookOptions {
        HookOptions {
            types,
            ring: self.ring_of_capacity(),
            totals: self.totals.clone(),
            recorder: self.recorder.clone(),
            wake,
        }
    }

    /// All or nothing: what can fail comes first.
    pub fn configure(&mut self, change: Change, host: &Host) -> Result<(), Error> {
        let capacity = change.capacity.unwrap_or(self.config.capacity);
        let open_recorder = |path: &Path| Recorder::create(path, &recording_header(capacity, host));
        let recorder = replaced(change.recorder, &self.config.recorder, open_recorder)?;
        let open_series =
            |path: &Path| SeriesFile::create(path, &series_header(host), clock::monotonic_ns());
        let series = replaced(change.record, &self.config.record, open_series)?;
        if let Some(recorder) = recorder {
            self.close_recorder();
            self.config.recorder = recorder.as_ref().map(|one| one.path().to_path_buf());
            self.recorder = recorder.map(Arc::new);
            self.recorder_failure_told = false;
        }
        if let Some(series) = series {
            self.close_series();
            self.config.record = series.as_ref().map(|one| one.path().to_path_buf());
            self.series = series;
        }
        self.config.capacity = capacity;
        if let Some(near_heap_limit) = change.near_heap_limit {
            self.config.near_heap_limit = near_heap_limit;
        }
        if let Some(threshold_bytes) = change.threshold_bytes
            && threshold_bytes != self.config.threshold_bytes
        {
            self.threshold = threshold_bytes.map(Threshold::new);
            self.config.threshold_bytes = threshold_bytes;
        }
        if let Some(name) = change.detector
            && name != self.config.detector
            && let Some(detector) = leak::detector(name)
        {
            self.detector = detector;
            self.path_search = None;
            self.config.detector = name;
        }
        if let Some(captures) = change.captures {
            self.config.captures = captures;
        }
        if let Some(allocations) = change.allocations {
            self.config.allocations = allocations;
        }
        Ok(())
    }

    /// In a copy of the process, which must leave the recording alone.
    pub fn silence_recorder(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.silence();
        }
    }

    pub fn close_recordings(&mut self) {
        self.close_series();
        self.close_recorder();
    }

    /// What has been collected until now is still in it.
    fn close_series(&mut self) {
        self.process();
        self.series = None;
        self.config.record = None;
    }

    fn close_recorder(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.mark_closed(Some(clock::unix_us()));
        }
        self.config.recorder = None;
    }

    /// The ring as configured; its newest records move over when the capacity has changed.
    fn ring_of_capacity(&mut self) -> Arc<Ring> {
        if self.ring.capacity() != self.config.capacity {
            self.process();
            self.ring = Arc::new(self.ring.resized(self.config.capacity));
        }
        self.ring.clone()
    }

    /// Collections were not watched for a while: nothing is compared across that time.
    pub fn interrupt(&mut self) {
        self.process();
        self.statistics.interrupt();
        self.detector.reset();
        self.path_search = None;
        if let Some(threshold) = &mut self.threshold {
            threshold.reset();
        }
    }

    /// A collection on request has ended: what V8 did for it is all in the ring. While nobody processes
    /// records, no more ends are kept than the ring holds records.
    pub fn end_request(&mut self) {
        let end = self.ring.next_sequence();
        if self.request_ends.last() == Some(&end) {
            return;
        }
        self.request_ends.push(end);
        if self.request_ends.len() > self.ring.capacity() {
            self.process();
        }
    }

    /// Adds a record on behalf of the fallback mode, unless one that ended as late is there; the hook
    /// writes to the ring by itself.
    pub fn observe(&mut self, mut event: GcEvent, end_ms: f64) {
        if end_ms <= self.observed_to_ms {
            return;
        }
        self.observed_to_ms = end_ms;
        let (kind_count, kind_pause_ns) = self.totals.of(event.kind).record(event.pause_ns);
        let ring = self.ring_of_capacity();
        event.sequence = ring.next_sequence();
        event.kind_count = kind_count;
        event.kind_pause_ns = kind_pause_ns;
        let words = event.to_words();
        ring.push(&words);
        if let Some(recorder) = &self.recorder {
            recorder.append(&words);
        }
    }

    /// Takes all new records through the statistics and the detectors.
    pub fn process(&mut self) {
        let drained = self.ring.read_from(self.cursor);
        self.cursor += drained.lost + drained.events.len() as u64;
        self.lost_records += drained.lost;
        if drained.lost > 0 {
            self.detector.reset();
        }
        let wanted = self.inboxes.wanted();
        // One reading for all records of a batch: they are processed in the same moment.
        let mut memory = None;
        let request_ends = std::mem::take(&mut self.request_ends);
        for (at, event) in drained.events.iter().enumerate() {
            if wanted.collections {
                self.post(Notification::Collection(Arc::new(*event)));
            }
            if is_superseded(event, &drained.events[at + 1..], &request_ends) {
                continue;
            }
            if let Some(sample) = self.statistics.observe(event) {
                let memory = *memory.get_or_insert_with(|| self.probe.read(clock::monotonic_ns()));
                self.judge(sample, memory, wanted);
            }
        }
        if let (Some(memory), Some(recorder)) = (memory, &self.recorder) {
            recorder.note_memory(&memory);
        }
        self.tell_recorder_failure();
    }

    pub fn process_memory(&mut self) -> ProcessMemory {
        self.probe.read(clock::monotonic_ns())
    }

    /// The newest sample with what is known now; before the first, V8's present reading.
    pub fn stats_now(&mut self, heap: HeapStatistics) -> Stats {
        let memory = self.probe.read(clock::monotonic_ns());
        match self.statistics.last() {
            Some(sample) => self.stats(sample.clone(), memory),
            None => Stats {
                sample: None,
                heap,
                kinds: self.statistics.kinds(),
                pauses: pause_summaries(&self.totals),
                memory,
                lost_records: self.lost_records,
                lost_notifications: self.lost_notifications,
            },
        }
    }

    fn judge(&mut self, sample: StatsSample, memory: ProcessMemory, wanted: Interests) {
        let reading = Reading::of(&sample.event, memory);
        if wanted.stats {
            let stats = self.stats(sample, memory);
            self.post(Notification::Stats(Arc::new(stats)));
        }
        let Some(reading) = reading else { return };
        self.record(&reading);
        let mut leaks = self.detector.observe(&reading);
        if let Some(threshold) = &mut self.threshold {
            leaks.extend(threshold.observe(&reading));
        }
        for leak in leaks {
            self.post(Notification::Leak(Arc::new(leak)));
        }
        if wanted.leak {
            self.search_paths(reading.heap_total_bytes);
        }
    }

    /// Asks for a capture of the heap when something is suspicious and it is time.
    fn search_paths(&mut self, heap_bytes: u64) {
        let Some(id) = self.detector.wants_evidence() else {
            self.path_search = None;
            return;
        };
        if !self.config.captures {
            self.detector.miss_paths("captures are switched off".into());
            return;
        }
        if let Err(why) = capture::support() {
            self.detector.miss_paths(why.to_string());
            return;
        }
        let search = self.path_search.take().filter(|search| search.id() == id);
        let (collections, now_ns) = (self.detector.collections(), clock::monotonic_ns());
        let budget = &mut self.capture_budget;
        let search = self.path_search.insert(search.unwrap_or_else(|| {
            self.detector.await_paths();
            budget.begin(now_ns);
            PathSearch::new(self.detector.name(), id)
        }));
        let moment = Moment {
            collections,
            now_ns,
            is_ripe: self.detector.is_ripe(),
            decides_from: self.detector.decides_from(),
        };
        let request = search.request(moment, heap_bytes, budget);
        if let Some(request) = request {
            self.inboxes.ask(request);
        }
    }

    /// Takes what grew in all captures for a suspicion.
    pub fn take_paths(&mut self, id: LeakId, captured: CaptureAnswer, cost: CaptureCost) {
        if let Some(search) = self.path_search.as_mut().filter(|search| search.id() == id) {
            self.detector.await_paths();
            let now_ns = clock::monotonic_ns();
            let growth = search.take(captured, cost, &mut self.capture_budget, now_ns);
            self.detector.take_paths(growth);
        }
    }

    /// A capture for a suspicion has failed.
    pub fn miss_paths(&mut self, id: LeakId, why: String) {
        if let Some(search) = self.path_search.as_mut().filter(|search| search.id() == id) {
            search.miss(clock::monotonic_ns());
            self.detector.miss_paths(why);
        }
    }

    /// How allocations are to be sampled now, if they are; the detector is told where they must not be.
    pub fn order_sampling(&mut self) -> Option<SamplingOrder> {
        if !self.inboxes.wanted().leak || self.detector.wants_evidence().is_none() {
            return None;
        }
        if !self.config.allocations {
            self.void_allocations("sampling of allocations is switched off");
            return None;
        }
        let pace = self.statistics.last().and_then(|sample| {
            Some(Pace {
                allocation_bytes_per_second: sample.allocation_bytes_per_second?,
                elapsed_ns: sample.elapsed_ns?,
            })
        });
        Some(SamplingOrder {
            collections: self.detector.collections(),
            pace,
        })
    }

    /// Takes where what is there now was allocated, or why nobody knows.
    pub fn take_allocations(&mut self, sites: Result<Vec<AllocationSite>, Error>) {
        match sites {
            Ok(sites) => self.detector.take_allocations(clock::monotonic_ns(), sites),
            Err(error) => self.void_allocations(&error.to_string()),
        }
    }

    /// What was sampled until now is void.
    pub fn void_allocations(&mut self, why: &str) {
        self.detector.miss_allocations(why.into());
    }

    pub fn explain(&self) -> Vec<Explanation> {
        self.detector.explain()
    }

    /// Adds the reading to the series; when that fails the recording ends, and the service goes on.
    fn record(&mut self, reading: &Reading) {
        let Some(series) = &mut self.series else {
            return;
        };
        if let Err(error) = series.append(reading) {
            self.series = None;
            self.config.record = None;
            self.inboxes.warn(Warning {
                code: "MEMWATCH_RECORD_STOPPED",
                message: format!("the series recording has stopped: {error}"),
            });
        }
    }

    fn stats(&self, sample: StatsSample, memory: ProcessMemory) -> Stats {
        Stats {
            heap: sample.heap,
            kinds: sample.kinds,
            sample: Some(sample),
            pauses: pause_summaries(&self.totals),
            memory,
            lost_records: self.lost_records,
            lost_notifications: self.lost_notifications,
        }
    }

    fn post(&mut self, notification: Notification) {
        self.lost_notifications += self.inboxes.post(&notification, self.config.capacity);
    }

    /// What came of captures near the heap limit.
    pub fn tell_captures(&mut self, endings: Vec<Result<PathBuf, Error>>) {
        for ending in endings {
            match ending {
                Ok(path) => self.post(Notification::Snapshot(SnapshotWritten {
                    path,
                    reason: "near-heap-limit",
                })),
                Err(error) => self.inboxes.warn(Warning {
                    code: error.code(),
                    message: format!("no snapshot was written near the heap limit: {error}"),
                }),
            }
        }
    }

    fn tell_recorder_failure(&mut self) {
        let Some(recorder) = &self.recorder else {
            return;
        };
        if recorder.has_failed() && !self.recorder_failure_told {
            self.recorder_failure_told = true;
            self.inboxes.warn(Warning {
                code: "MEMWATCH_RECORDER_STOPPED",
                message: format!(
                    "{} was cut shorter by somebody else: the flight recorder has stopped",
                    recorder.path().display()
                ),
            });
        }
    }
}

/// What takes the place of a recording: `None` when the path stays as it is, `Some(None)` when nothing does.
fn replaced<T>(
    path: Option<Option<PathBuf>>,
    present: &Option<PathBuf>,
    open: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<Option<Option<T>>, Error> {
    match path {
        Some(path) if path != *present => Ok(Some(path.as_deref().map(open).transpose()?)),
        _ => Ok(None),
    }
}

fn recording_header(capacity: usize, host: &Host) -> RecordingHeader {
    RecordingHeader {
        capacity: capacity as u64,
        pid: u64::from(std::process::id()),
        thread_id: host.thread_id,
        started_unix_us: clock::unix_us(),
        node_version: host.node_version.clone(),
    }
}

fn series_header(host: &Host) -> SeriesHeader {
    let started_ms = clock::unix_us() as f64 / 1e3;
    let pid = u64::from(std::process::id());
    SeriesHeader::new(host.node_version.clone(), pid, host.thread_id, started_ms)
}

/// For one request V8 may collect several times: only the last one's heap is the answer.
fn is_superseded(event: &GcEvent, later: &[GcEvent], request_ends: &[u64]) -> bool {
    let is_requested_full =
        |one: &GcEvent| one.kind == GcKind::MarkCompact && one.trigger == Trigger::Requested;
    let Some(end) = request_ends.iter().find(|end| **end > event.sequence) else {
        return false;
    };
    is_requested_full(event)
        && later
            .iter()
            .take_while(|one| one.sequence < *end)
            .any(is_requested_full)
}

impl Drop for State {
    fn drop(&mut self) {
        self.close_recorder();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::event::samples::{full, scavenge};

    #[test]
    fn of_the_collections_for_one_request_the_last_counts() {
        let requested = |sequence| GcEvent {
            trigger: Trigger::Requested,
            ..full(sequence, 0.0, 5)
        };
        // Request 1 collected twice with a scavenge in between, request 2 once; then a natural one.
        let events = [
            requested(0),
            scavenge(1, 0.0),
            requested(2),
            requested(3),
            full(4, 0.0, 5),
        ];
        let superseded: Vec<bool> = (0..events.len())
            .map(|at| is_superseded(&events[at], &events[at + 1..], &[3, 4]))
            .collect();
        assert_eq!(superseded, [true, false, false, false, false]);
    }

    #[test]
    fn requests_that_nobody_processes_do_not_pile_up() {
        let mut state = State::new(4096);
        state.config.capacity = 4;
        for at in 0..100 {
            state.end_request();
            state.end_request();
            state.observe(full(0, 1.0, 5), f64::from(at));
        }
        assert!(
            state.request_ends.len() <= 5,
            "{}",
            state.request_ends.len()
        );
    }

    #[test]
    fn a_collection_that_two_copies_report_is_recorded_once() {
        let mut state = State::new(4096);
        state.observe(full(0, 1.0, 5), 10.0);
        state.observe(full(0, 1.0, 5), 10.0);
        state.observe(full(0, 1.0, 5), 12.0);
        assert_eq!(state.ring.next_sequence(), 2);
    }
}
