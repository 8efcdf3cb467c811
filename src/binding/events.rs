//! Notifications on their way to JavaScript: the payloads of `stats` and `leak`, field by field.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::gc::{GcKind, Interval};
use crate::leak::{Check, Explanation, GrowingStack, Leak, LeakId, State};
use crate::monitor::{Notification, Stats, with_array_buffers};
use crate::report::explanation::explanation_text;
use crate::report::trace_line::trace_line;

/// What the lines of `traceGc` say besides the collection.
#[derive(Clone, Copy)]
pub struct TraceContext {
    pub thread_id: u64,
    pub origin_ns: u64,
}

/// One notification: the event's name and its payload.
#[napi(object, object_from_js = false)]
pub struct Delivery {
    pub name: &'static str,
    pub payload: Either6<
        Float64Array,
        LeakPayload,
        WarningPayload,
        String,
        SnapshotPayload,
        CaptureRequestPayload,
    >,
}

#[napi(object, object_from_js = false)]
pub struct WarningPayload {
    pub code: &'static str,
    pub message: String,
}

#[napi(object, object_from_js = false)]
pub struct SnapshotPayload {
    pub path: String,
    pub reason: &'static str,
}

/// The heap is to be captured: `Monitor.takePaths` or `Monitor.missPaths` answers.
#[napi(object, object_from_js = false)]
pub struct CaptureRequestPayload {
    pub id: f64,
    /// The `id` of the `leak` events of the suspicion.
    pub leak_id: String,
    /// It is the first of a series.
    pub is_first: bool,
}

#[napi(object, object_from_js = false)]
pub struct IntervalPayload {
    pub low: f64,
    pub estimate: f64,
    pub high: f64,
}

/// memwatch's fields first; `start` and `end` are milliseconds since 1970.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct LeakPayload {
    pub start: f64,
    pub end: f64,
    pub growth: f64,
    pub reason: String,
    pub message: String,
    pub id: String,
    pub state: &'static str,
    pub severity: &'static str,
    pub kind: &'static str,
    pub detector: &'static str,
    pub live_bytes: f64,
    pub threshold_bytes: Option<f64>,
    pub bytes_per_hour: Option<f64>,
    pub bytes_per_hour_interval: Option<IntervalPayload>,
    pub eta: EtaPayload,
    pub evidence: Vec<EvidencePayload>,
    pub suspects: SuspectsPayload,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct EtaPayload {
    pub heap_limit_ms: Option<IntervalPayload>,
    pub cgroup_limit_ms: Option<IntervalPayload>,
}

#[napi(object, object_from_js = false)]
pub struct EvidencePayload {
    pub signal: &'static str,
    pub detail: String,
}

/// Why the detector says what it says.
#[napi(object, object_from_js = false)]
pub struct ExplanationPayload {
    pub detector: &'static str,
    pub series: Vec<ExplainedSeriesPayload>,
    pub text: String,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct ExplainedSeriesPayload {
    pub kind: &'static str,
    pub id: Option<String>,
    pub state: Option<&'static str>,
    pub collections: f64,
    pub needed_collections: Option<f64>,
    pub checks: Vec<CheckPayload>,
    pub second_signal: String,
}

#[napi(object, object_from_js = false)]
pub struct CheckPayload {
    pub name: &'static str,
    pub found: f64,
    pub needed: f64,
    pub passed: bool,
}

/// What grows and who holds it: `null` is "not known", and the note says why.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct SuspectsPayload {
    pub allocation_stacks: Option<Vec<String>>,
    pub classes: Option<Vec<String>>,
    pub routes: Option<Vec<String>>,
    pub retainer_paths: Option<Vec<String>>,
    pub note: String,
}

impl Delivery {
    pub fn new(notification: &Notification, array_buffer_bytes: f64, trace: TraceContext) -> Self {
        match notification {
            Notification::Stats(stats) => Self {
                name: "stats",
                payload: Either6::A(stats_numbers(stats, array_buffer_bytes)),
            },
            Notification::Leak(leak) => Self {
                name: "leak",
                payload: Either6::B(LeakPayload::new(leak)),
            },
            Notification::Warning(warning) => Self {
                name: "warning",
                payload: Either6::C(WarningPayload {
                    code: warning.code,
                    message: warning.message.clone(),
                }),
            },
            Notification::Snapshot(written) => Self {
                name: "snapshot",
                payload: Either6::E(SnapshotPayload {
                    path: written.path.to_string_lossy().into_owned(),
                    reason: written.reason,
                }),
            },
            Notification::Capture(request) => Self {
                name: "capture",
                payload: Either6::F(CaptureRequestPayload {
                    id: request.id.0 as f64,
                    leak_id: id_text(request.detector, request.id),
                    is_first: request.is_first,
                }),
            },
            Notification::Collection(event) => Self {
                name: "collection",
                payload: Either6::D(trace_line(
                    event,
                    std::process::id(),
                    trace.thread_id,
                    trace.origin_ns,
                )),
            },
        }
    }
}

/// The payload of `stats` as numbers, in the order in which `lib/stats.js` takes them; `NaN` is "not
/// known". An object of 65 fields made from here would cost ten times as much.
pub fn stats_numbers(stats: &Stats, array_buffer_bytes: f64) -> Float64Array {
    let sample = stats.sample.as_ref();
    let base = sample.map(|sample| sample.base).unwrap_or_default();
    let heap = &stats.heap;
    let memory = with_array_buffers(stats.memory, array_buffer_bytes as u64);
    let full_count = stats.kinds[GcKind::MarkCompact as usize].count;
    let all: u64 = stats.kinds.iter().map(|kind| kind.count).sum();
    let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let bytes = |value: Option<u64>| known(value.map(|bytes| bytes as f64));
    let growth = sample.and_then(|sample| sample.growth_bytes_per_hour);

    let mut numbers = vec![
        full_count as f64,
        (all - full_count) as f64,
        base.heap_compactions as f64,
        base.usage_trend(),
        base.estimated_base as f64,
        base.current_base as f64,
        base.min as f64,
        base.max as f64,
        sample.map_or(0.0, |sample| sample.event.end_unix_us as f64),
        sample.map_or(0.0, |sample| sample.event.pause_ns as f64),
    ];
    for kind in [
        GcKind::Scavenge,
        GcKind::MarkCompact,
        GcKind::IncrementalMarking,
        GcKind::WeakCallbacks,
    ] {
        let sum = stats.kinds[kind as usize];
        numbers.extend([sum.count as f64, sum.pause_ns as f64]);
    }
    numbers.extend(
        [
            heap.total_bytes,
            heap.total_executable_bytes,
            heap.total_physical_bytes,
            heap.total_available_bytes,
            heap.used_bytes,
            heap.limit_bytes,
            heap.malloced_bytes,
            heap.peak_malloced_bytes,
            heap.external_bytes,
            heap.native_contexts,
            heap.detached_contexts,
            heap.total_global_handles_bytes,
            heap.used_global_handles_bytes,
        ]
        .map(|number| number as f64),
    );
    numbers.extend([
        known(sample.map(|sample| sample.event.sequence as f64)),
        known(sample.map(|sample| f64::from(sample.event.trigger as u8))),
        known(sample.map(|sample| sample.heap.used_bytes as f64)),
        bytes(memory.array_buffer_bytes),
        bytes(memory.rss_bytes),
        bytes(memory.cgroup_limit_bytes),
        known(sample.and_then(|sample| sample.gc_time_ratio)),
        known(sample.and_then(|sample| sample.allocation_bytes_per_second)),
        known(sample.and_then(|sample| sample.promotion_bytes_per_second)),
        known(growth.map(|growth| growth.low)),
        known(growth.map(|growth| growth.estimate)),
        known(growth.map(|growth| growth.high)),
        known(sample.and_then(|sample| sample.heap_limit_in_ms())),
        known(sample.and_then(|sample| sample.cgroup_limit_in_ms(&memory))),
        stats.lost_records as f64,
        stats.lost_notifications as f64,
    ]);
    for pauses in &stats.pauses {
        let ms = |ns: u64| ns as f64 / 1e6;
        numbers.extend([
            f64::from(pauses.kind as u8),
            pauses.count as f64,
            ms(pauses.p50_ns),
            ms(pauses.p90_ns),
            ms(pauses.p99_ns),
            ms(pauses.max_ns),
            bytes(pauses.watcher_p50_ns),
            bytes(pauses.watcher_p99_ns),
        ]);
    }
    Float64Array::new(numbers)
}

impl From<Interval> for IntervalPayload {
    fn from(interval: Interval) -> Self {
        Self {
            low: interval.low,
            estimate: interval.estimate,
            high: interval.high,
        }
    }
}

impl LeakPayload {
    pub fn new(leak: &Leak) -> Self {
        Self {
            start: leak.start_unix_us as f64 / 1e3,
            end: leak.end_unix_us as f64 / 1e3,
            growth: leak.growth_bytes as f64,
            reason: leak.reason.clone(),
            message: leak.message.clone(),
            id: id_text(leak.detector, leak.id),
            state: leak.state.name(),
            severity: leak.severity().name(),
            kind: leak.kind.name(),
            detector: leak.detector,
            live_bytes: leak.live_bytes as f64,
            threshold_bytes: leak.threshold_bytes.map(|bytes| bytes as f64),
            bytes_per_hour: leak.bytes_per_hour.map(|slope| slope.estimate),
            bytes_per_hour_interval: leak.bytes_per_hour.map(IntervalPayload::from),
            eta: EtaPayload {
                heap_limit_ms: leak.heap_limit_in_ms.map(IntervalPayload::from),
                cgroup_limit_ms: leak.cgroup_limit_in_ms.map(IntervalPayload::from),
            },
            evidence: leak
                .evidence
                .iter()
                .map(|one| EvidencePayload {
                    signal: one.signal,
                    detail: one.detail.clone(),
                })
                .collect(),
            suspects: SuspectsPayload {
                allocation_stacks: known(&leak.stacks, GrowingStack::to_string),
                classes: known(&leak.paths, |path| path.class.clone()),
                routes: None,
                retainer_paths: known(&leak.paths, |path| path.text.clone()),
                note: leak.note.clone(),
            },
        }
    }
}

impl ExplanationPayload {
    pub fn new(detector: &'static str, explanations: &[Explanation]) -> Self {
        let series = |one: &Explanation| ExplainedSeriesPayload {
            kind: one.kind.name(),
            id: one.id.map(|id| id_text(detector, id)),
            state: one.state.map(State::name),
            collections: one.collections as f64,
            needed_collections: (one.needed_collections > 0)
                .then_some(one.needed_collections as f64),
            checks: one.checks.iter().map(CheckPayload::from).collect(),
            second_signal: one.second_signal.clone(),
        };
        Self {
            detector,
            series: explanations.iter().map(series).collect(),
            text: explanation_text(explanations),
        }
    }
}

impl From<&Check> for CheckPayload {
    fn from(check: &Check) -> Self {
        Self {
            name: check.name,
            found: check.found,
            needed: check.needed,
            passed: check.has_passed(),
        }
    }
}

/// Detectors count their suspicions on their own.
fn id_text(detector: &str, id: LeakId) -> String {
    format!("{detector}-{}", id.0)
}

/// `None` where nothing is known.
fn known<T>(found: &[T], tell: fn(&T) -> String) -> Option<Vec<String>> {
    (!found.is_empty()).then(|| found.iter().map(tell).collect())
}
