//! Notifications as JavaScript objects: the payloads of `stats` and `leak`, field by field.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::gc::{GcKind, HeapStatistics, Interval};
use crate::leak::Leak;
use crate::monitor::{Notification, PauseSummary, Stats, with_array_buffers};
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
    pub payload: Either4<StatsPayload, LeakPayload, WarningPayload, String>,
}

#[napi(object, object_from_js = false)]
pub struct WarningPayload {
    pub code: &'static str,
    pub message: String,
}

/// memwatch's fields, @airbnb/node-memwatch's fields, then ours.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct StatsPayload {
    #[napi(js_name = "num_full_gc")]
    pub num_full_gc: f64,
    #[napi(js_name = "num_inc_gc")]
    pub num_inc_gc: f64,
    #[napi(js_name = "heap_compactions")]
    pub heap_compactions: f64,
    #[napi(js_name = "usage_trend")]
    pub usage_trend: f64,
    #[napi(js_name = "estimated_base")]
    pub estimated_base: f64,
    #[napi(js_name = "current_base")]
    pub current_base: f64,
    pub min: f64,
    pub max: f64,

    #[napi(js_name = "gc_ts")]
    pub gc_ts: f64,
    #[napi(js_name = "gc_time")]
    pub gc_time: f64,
    pub gc_scavenge_count: f64,
    pub gc_scavenge_time: f64,
    pub gc_mark_sweep_compact_count: f64,
    pub gc_mark_sweep_compact_time: f64,
    pub gc_incremental_marking_count: f64,
    pub gc_incremental_marking_time: f64,
    pub gc_process_weak_callbacks_count: f64,
    pub gc_process_weak_callbacks_time: f64,
    #[napi(js_name = "total_heap_size")]
    pub total_heap_size: f64,
    #[napi(js_name = "total_heap_size_executable")]
    pub total_heap_size_executable: f64,
    #[napi(js_name = "total_physical_size")]
    pub total_physical_size: f64,
    #[napi(js_name = "total_available_size")]
    pub total_available_size: f64,
    #[napi(js_name = "used_heap_size")]
    pub used_heap_size: f64,
    #[napi(js_name = "heap_size_limit")]
    pub heap_size_limit: f64,
    #[napi(js_name = "malloced_memory")]
    pub malloced_memory: f64,
    #[napi(js_name = "peak_malloced_memory")]
    pub peak_malloced_memory: f64,

    pub sequence: Option<f64>,
    pub trigger: Option<&'static str>,
    pub live_bytes: Option<f64>,
    pub external_bytes: f64,
    pub array_buffer_bytes: Option<f64>,
    pub rss_bytes: Option<f64>,
    pub cgroup_limit_bytes: Option<f64>,
    pub native_contexts: f64,
    pub detached_contexts: f64,
    pub total_global_handles_bytes: f64,
    pub used_global_handles_bytes: f64,
    pub gc_time_ratio: Option<f64>,
    pub allocation_bytes_per_second: Option<f64>,
    pub promotion_bytes_per_second: Option<f64>,
    pub growth_bytes_per_hour: Option<IntervalPayload>,
    pub heap_limit_in_ms: Option<f64>,
    pub cgroup_limit_in_ms: Option<f64>,
    pub pauses: Vec<PausePayload>,
    pub lost_records: f64,
    pub lost_events: f64,
}

/// Pauses of one kind of collection, and the watcher's own time in them.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct PausePayload {
    pub kind: &'static str,
    pub count: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub watcher_p50_ns: Option<f64>,
    pub watcher_p99_ns: Option<f64>,
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
    pub state: &'static str,
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

/// What grows and who holds it: `null` is "not known", and the note says why.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct SuspectsPayload {
    pub allocation_stacks: Option<Vec<String>>,
    pub classes: Option<Vec<String>>,
    pub routes: Option<Vec<String>>,
    pub retainer_paths: Option<Vec<String>>,
    pub note: &'static str,
}

impl Delivery {
    pub fn new(notification: &Notification, array_buffer_bytes: f64, trace: TraceContext) -> Self {
        match notification {
            Notification::Stats(stats) => Self {
                name: "stats",
                payload: Either4::A(StatsPayload::new(stats, array_buffer_bytes)),
            },
            Notification::Leak(leak) => Self {
                name: "leak",
                payload: Either4::B(LeakPayload::new(leak)),
            },
            Notification::Warning(warning) => Self {
                name: "warning",
                payload: Either4::C(WarningPayload {
                    code: warning.code,
                    message: warning.message.clone(),
                }),
            },
            Notification::Collection(event) => Self {
                name: "collection",
                payload: Either4::D(trace_line(
                    event,
                    std::process::id(),
                    trace.thread_id,
                    trace.origin_ns,
                )),
            },
        }
    }
}

impl StatsPayload {
    pub fn new(stats: &Stats, array_buffer_bytes: f64) -> Self {
        let sample = stats.sample.as_ref();
        let base = sample.map(|sample| sample.base).unwrap_or_default();
        let heap: &HeapStatistics = &stats.heap;
        let memory = with_array_buffers(stats.memory, array_buffer_bytes as u64);
        let kind = |kind: GcKind| stats.kinds[kind as usize];
        let full = kind(GcKind::MarkCompact);
        let all: u64 = stats.kinds.iter().map(|kind| kind.count).sum();
        Self {
            num_full_gc: full.count as f64,
            num_inc_gc: (all - full.count) as f64,
            heap_compactions: base.heap_compactions as f64,
            usage_trend: base.usage_trend(),
            estimated_base: base.estimated_base as f64,
            current_base: base.current_base as f64,
            min: base.min as f64,
            max: base.max as f64,

            gc_ts: sample.map_or(0.0, |sample| sample.event.end_unix_us as f64),
            gc_time: sample.map_or(0.0, |sample| sample.event.pause_ns as f64),
            gc_scavenge_count: kind(GcKind::Scavenge).count as f64,
            gc_scavenge_time: kind(GcKind::Scavenge).pause_ns as f64,
            gc_mark_sweep_compact_count: full.count as f64,
            gc_mark_sweep_compact_time: full.pause_ns as f64,
            gc_incremental_marking_count: kind(GcKind::IncrementalMarking).count as f64,
            gc_incremental_marking_time: kind(GcKind::IncrementalMarking).pause_ns as f64,
            gc_process_weak_callbacks_count: kind(GcKind::WeakCallbacks).count as f64,
            gc_process_weak_callbacks_time: kind(GcKind::WeakCallbacks).pause_ns as f64,
            total_heap_size: heap.total_bytes as f64,
            total_heap_size_executable: heap.total_executable_bytes as f64,
            total_physical_size: heap.total_physical_bytes as f64,
            total_available_size: heap.total_available_bytes as f64,
            used_heap_size: heap.used_bytes as f64,
            heap_size_limit: heap.limit_bytes as f64,
            malloced_memory: heap.malloced_bytes as f64,
            peak_malloced_memory: heap.peak_malloced_bytes as f64,

            sequence: sample.map(|sample| sample.event.sequence as f64),
            trigger: sample.map(|sample| sample.event.trigger.name()),
            live_bytes: sample.map(|sample| sample.heap.used_bytes as f64),
            external_bytes: heap.external_bytes as f64,
            array_buffer_bytes: memory.array_buffer_bytes.map(|bytes| bytes as f64),
            rss_bytes: memory.rss_bytes.map(|bytes| bytes as f64),
            cgroup_limit_bytes: memory.cgroup_limit_bytes.map(|bytes| bytes as f64),
            native_contexts: heap.native_contexts as f64,
            detached_contexts: heap.detached_contexts as f64,
            total_global_handles_bytes: heap.total_global_handles_bytes as f64,
            used_global_handles_bytes: heap.used_global_handles_bytes as f64,
            gc_time_ratio: sample.and_then(|sample| sample.gc_time_ratio),
            allocation_bytes_per_second: sample.and_then(|one| one.allocation_bytes_per_second),
            promotion_bytes_per_second: sample.and_then(|one| one.promotion_bytes_per_second),
            growth_bytes_per_hour: sample
                .and_then(|sample| sample.growth_bytes_per_hour)
                .map(IntervalPayload::from),
            heap_limit_in_ms: sample.and_then(|sample| sample.heap_limit_in_ms()),
            cgroup_limit_in_ms: sample.and_then(|sample| sample.cgroup_limit_in_ms(&memory)),
            pauses: stats.pauses.iter().map(PausePayload::from).collect(),
            lost_records: stats.lost_records as f64,
            lost_events: stats.lost_notifications as f64,
        }
    }
}

impl From<&PauseSummary> for PausePayload {
    fn from(pauses: &PauseSummary) -> Self {
        let ms = |ns: u64| ns as f64 / 1e6;
        Self {
            kind: pauses.kind.name(),
            count: pauses.count as f64,
            p50_ms: ms(pauses.p50_ns),
            p90_ms: ms(pauses.p90_ns),
            p99_ms: ms(pauses.p99_ns),
            max_ms: ms(pauses.max_ns),
            watcher_p50_ns: pauses.watcher_p50_ns.map(|ns| ns as f64),
            watcher_p99_ns: pauses.watcher_p99_ns.map(|ns| ns as f64),
        }
    }
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
    fn new(leak: &Leak) -> Self {
        Self {
            start: leak.start_unix_us as f64 / 1e3,
            end: leak.end_unix_us as f64 / 1e3,
            growth: leak.growth_bytes as f64,
            reason: leak.reason.clone(),
            message: leak.message.clone(),
            state: leak.state.name(),
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
                allocation_stacks: None,
                classes: None,
                routes: None,
                retainer_paths: None,
                note: "not looked for: this detector sees heap sizes only",
            },
        }
    }
}
