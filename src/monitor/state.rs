//! What a monitor knows: records, statistics, detectors, and the configuration they follow.

use std::rc::Rc;
use std::sync::Arc;

use super::config::{Change, Config};
use super::inbox::{Inboxes, Interests, Notification, Stats, Warning};
use super::{Host, pause_summaries};
use crate::error::Error;
use crate::gc::process_memory::MemoryProbe;
use crate::gc::recording::RecordingHeader;
use crate::gc::{GcEvent, HeapStatistics, ProcessMemory, Ring, Statistics, StatsSample, Totals};
use crate::leak::{self, Detector, Reading, Threshold};
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
    statistics: Statistics,
    detector: Box<dyn Detector>,
    threshold: Option<Threshold>,
    probe: MemoryProbe,
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
            statistics: Statistics::default(),
            detector: leak::detector(config.detector).expect("the default detector exists"),
            threshold: None,
            probe: MemoryProbe::new(page_bytes),
            lost_records: 0,
            lost_notifications: 0,
            config,
        }
    }

    pub fn is_running(&self) -> bool {
        self.wanted().any()
    }

    /// What anyone wants, the flight recorder included.
    pub fn wanted(&self) -> Interests {
        Interests {
            // The recorder also notes resident memory, after each full collection.
            leak: self.recorder.is_some(),
            ..Interests::default()
        }
        .or(self.inboxes.wanted())
    }

    pub fn hook_options(&mut self, types: GcTypes, wake: Rc<Wake>) -> HookOptions {
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
        let recorder = change
            .recorder
            .unwrap_or_else(|| self.config.recorder.clone());
        if recorder != self.config.recorder {
            let opened = recorder
                .as_deref()
                .map(|path| Recorder::create(path, &self.recording_header(capacity, host)))
                .transpose()?;
            self.close_recorder();
            self.recorder = opened.map(Arc::new);
            self.recorder_failure_told = false;
            self.config.recorder = recorder;
        }
        self.config.capacity = capacity;
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
            self.config.detector = name;
        }
        Ok(())
    }

    pub fn close_recorder(&mut self) {
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
        if let Some(threshold) = &mut self.threshold {
            threshold.reset();
        }
    }

    /// Adds a record on behalf of the fallback mode; the hook writes to the ring by itself.
    pub fn append(&mut self, mut event: GcEvent) {
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
        for event in &drained.events {
            if wanted.collections {
                self.post(Notification::Collection(Arc::new(*event)));
            }
            if let Some(sample) = self.statistics.observe(event) {
                let memory = *memory.get_or_insert_with(|| self.probe.read(None));
                self.judge(sample, memory, wanted);
            }
        }
        if let (Some(memory), Some(recorder)) = (memory, &self.recorder) {
            recorder.note_memory(&memory);
        }
        self.tell_recorder_failure();
    }

    pub fn process_memory(&self) -> ProcessMemory {
        self.probe.read(None)
    }

    /// The newest sample with what is known now; before the first, V8's present reading.
    pub fn stats_now(&self, heap: HeapStatistics) -> Stats {
        let memory = self.probe.read(None);
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
        let promise = self
            .threshold
            .as_mut()
            .and_then(|one| one.observe(&reading));
        let verdict = self.detector.observe(&reading);
        for leak in promise.into_iter().chain(verdict) {
            self.post(Notification::Leak(Arc::new(leak)));
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

    fn recording_header(&self, capacity: usize, host: &Host) -> RecordingHeader {
        RecordingHeader {
            capacity: capacity as u64,
            pid: u64::from(std::process::id()),
            thread_id: host.thread_id,
            started_unix_us: clock::unix_us(),
            node_version: host.node_version.clone(),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.close_recorder();
    }
}
