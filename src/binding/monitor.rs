//! The class that `lib/` talks to: one instance a loaded copy of the package, all of one environment
//! on the same monitor.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use napi::bindgen_prelude::*;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use super::capture::CaptureOptions;
use super::environment;
use super::events::{Delivery, ExplanationPayload, TraceContext, stats_numbers};
use super::history::HistoryColumns;
use super::series::NativeSeries;
use super::{Code, coded};
use crate::gc::HeapStatistics;
use crate::leak::{DETECTORS, LeakId};
use crate::monitor::{
    CaptureCost, Change, HeapLimitPlan, Host, Interests, Keep, Mode, ObservedCollection,
    SubscriberId, choose_mode,
};
use crate::v8::{GcTypes, clock};

/// What only JavaScript knows of the environment.
#[napi(object, object_to_js = false)]
pub struct HostOptions<'env> {
    /// `perf_hooks.constants.NODE_PERFORMANCE_GC_*`.
    pub major: u32,
    pub minor: u32,
    pub incremental: u32,
    pub weak_callbacks: u32,
    pub node_version: String,
    pub thread_id: f64,
    pub force_fallback: bool,
    /// Gives `v8.getHeapStatistics()` as an array, in the order of `HEAP_FIELDS`.
    pub read_heap: Function<'env, (), Vec<f64>>,
}

#[napi(object, object_to_js = false)]
pub struct InterestOptions {
    pub recording: bool,
    pub stats: bool,
    pub leak: bool,
    pub collections: bool,
}

/// Fields that are left out stay as they are; `null` switches one off.
#[napi(object, object_to_js = false)]
pub struct ConfigChange {
    pub capacity: Option<u32>,
    pub threshold: Option<Either<f64, Null>>,
    pub detector: Option<String>,
    pub recorder: Option<Either<String, Null>>,
    pub record: Option<Either<String, Null>>,
    pub near_heap_limit: Option<Either<HeapLimitOptions, Null>>,
    pub captures: Option<bool>,
    pub allocations: Option<bool>,
}

#[napi(object, object_to_js = false)]
pub struct HeapLimitOptions {
    pub captures: u32,
    /// Of a file.
    pub plan: CaptureOptions,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct ConfigValues {
    pub capacity: u32,
    pub threshold: Option<f64>,
    pub detector: &'static str,
    pub recorder: Option<String>,
    pub record: Option<String>,
    /// How often the heap is captured near its limit.
    pub near_heap_limit: Option<u32>,
    /// Whether the heap is captured while something is suspicious.
    pub captures: bool,
    /// Whether allocations are sampled meanwhile.
    pub allocations: bool,
}

#[napi(object, object_to_js = false)]
pub struct Observation {
    pub gc_type: u32,
    pub flags: u32,
    pub end_ms: f64,
    pub age_ms: f64,
    pub duration_ms: f64,
    pub heap: Option<Vec<f64>>,
}

/// What a capture took.
#[napi(object, object_to_js = false)]
pub struct CaptureCostOptions {
    pub pause_ms: f64,
    pub duration_ms: f64,
    /// Processor time of this process.
    pub service_ms: f64,
}

#[napi]
pub struct Monitor {
    pub(super) shared: Rc<crate::monitor::Monitor>,
    id: SubscriberId,
    trace: TraceContext,
}

#[napi]
impl Monitor {
    /// `target.deliver()` is called on the event loop when there is something to take. The target is
    /// held weakly: a copy of the package that nobody uses any more can be collected.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, target: Object, host: HostOptions) -> Result<Self> {
        let thread_id = host.thread_id as u64;
        let shared = environment::monitor(env, || {
            let read_heap = || {
                host.read_heap
                    .call(())
                    .map(|fields| heap_statistics(&fields))
            };
            let mode = choose_mode(host.force_fallback, read_heap)?;
            let host = Host {
                types: GcTypes {
                    major: host.major,
                    minor: host.minor,
                    incremental: host.incremental,
                    weak_callbacks: host.weak_callbacks,
                },
                node_version: host.node_version,
                thread_id,
            };
            Ok((host, mode))
        })?;
        let id = shared.subscribe(deliver_to(env, target)?);
        // Hooks run newest first: this one lets go of the threadsafe function before Node closes it. From
        // Node 24.14 on one that is closed first is never freed, because napi-rs then releases it no more.
        env.add_env_cleanup_hook((Rc::downgrade(&shared), id), |(shared, id)| {
            if let Some(shared) = shared.upgrade() {
                shared.unsubscribe(id);
            }
        })?;
        Ok(Self {
            shared,
            id,
            trace: TraceContext {
                thread_id,
                origin_ns: clock::monotonic_ns(),
            },
        })
    }

    /// `null` in native mode, else why not.
    #[napi(getter, catch_unwind)]
    pub fn fallback_reason(&self) -> Option<String> {
        match self.shared.mode() {
            Mode::Native => None,
            Mode::Fallback(why) => Some(why.clone()),
        }
    }

    #[napi(getter, catch_unwind)]
    pub fn is_running(&self) -> bool {
        self.shared.is_running()
    }

    #[napi(catch_unwind)]
    pub fn listen(&self, interests: InterestOptions) -> Result<(), Code> {
        let interests = Interests {
            recording: interests.recording,
            stats: interests.stats,
            leak: interests.leak,
            collections: interests.collections,
        };
        self.shared.listen(self.id, interests).map_err(coded)
    }

    #[napi(catch_unwind)]
    pub fn configure(&self, change: ConfigChange) -> Result<(), Code> {
        let detector = change
            .detector
            .and_then(|name| DETECTORS.into_iter().find(|known| *known == name));
        let change = Change {
            capacity: change.capacity.map(|capacity| capacity as usize),
            threshold_bytes: change
                .threshold
                .map(|one| nullable(one).map(|bytes| bytes as u64)),
            detector,
            recorder: change.recorder.map(|one| nullable(one).map(PathBuf::from)),
            record: change.record.map(|one| nullable(one).map(PathBuf::from)),
            captures: change.captures,
            allocations: change.allocations,
            near_heap_limit: change
                .near_heap_limit
                .map(|one| nullable(one).map(HeapLimitPlan::from)),
        };
        self.shared.configure(change).map_err(coded)
    }

    #[napi(getter, catch_unwind)]
    pub fn config(&self) -> ConfigValues {
        let config = self.shared.config();
        ConfigValues {
            capacity: config.capacity as u32,
            threshold: config.threshold_bytes.map(|bytes| bytes as f64),
            detector: config.detector,
            recorder: shown(config.recorder),
            record: shown(config.record),
            near_heap_limit: config.near_heap_limit.map(|plan| plan.captures),
            captures: config.captures,
            allocations: config.allocations,
        }
    }

    #[napi(catch_unwind)]
    pub fn close_recordings(&self) {
        self.shared.close_recordings();
    }

    #[napi(catch_unwind)]
    pub fn leave_heap_limit(&self) {
        self.shared.leave_heap_limit();
    }

    #[napi(catch_unwind)]
    pub fn take(&self, array_buffer_bytes: f64) -> Vec<Delivery> {
        let waiting = self.shared.take(self.id);
        self.shared.follow_allocations();
        waiting
            .iter()
            .map(|notification| Delivery::new(notification, array_buffer_bytes, self.trace))
            .collect()
    }

    /// Answers a request to capture the heap.
    #[napi(catch_unwind)]
    pub fn take_paths(&self, id: f64, series: &NativeSeries, cost: CaptureCostOptions) {
        let milliseconds = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1e3);
        let cost = CaptureCost {
            pause: milliseconds(cost.pause_ms),
            copy: milliseconds(cost.duration_ms),
            service: milliseconds(cost.service_ms),
        };
        self.shared
            .take_paths(LeakId(id as u64), series.newest(), cost);
    }

    /// The same where the capture has failed.
    #[napi(catch_unwind)]
    pub fn miss_paths(&self, id: f64, why: String) {
        self.shared.miss_paths(LeakId(id as u64), why);
    }

    #[napi(catch_unwind)]
    pub fn stats(&self, heap: Vec<f64>, array_buffer_bytes: f64) -> Float64Array {
        stats_numbers(
            &self.shared.stats(heap_statistics(&heap)),
            array_buffer_bytes,
        )
    }

    #[napi(catch_unwind)]
    pub fn explain(&self) -> ExplanationPayload {
        let detector = self.shared.config().detector;
        ExplanationPayload::new(detector, &self.shared.explain())
    }

    #[napi(catch_unwind)]
    pub fn history(&self, since: f64) -> HistoryColumns {
        self.shared.history(since as u64).into()
    }

    #[napi(catch_unwind)]
    pub fn gc(&self) -> Result<(), Code> {
        self.shared.collect_all_garbage().map_err(coded)
    }

    /// When no copy of the package has a heap diff open.
    #[napi(catch_unwind)]
    pub fn forget_object_ids(&self) {
        self.shared.forget_object_ids();
    }

    /// About how long V8's heap snapshot would pause the thread now, in milliseconds.
    #[napi(catch_unwind)]
    pub fn predict_snapshot_ms(&self) -> Result<f64, Code> {
        let cost = self.shared.predict_snapshot(Keep::Objects).map_err(coded)?;
        Ok(cost.pause_ms as f64)
    }

    #[napi(catch_unwind)]
    pub fn observe(&self, observation: Observation) {
        self.shared.observe(ObservedCollection {
            gc_type: observation.gc_type,
            flags: observation.flags,
            end_ms: observation.end_ms,
            age_ms: observation.age_ms,
            duration_ms: observation.duration_ms,
            heap: observation.heap.as_deref().map(heap_statistics),
        });
    }
}

impl From<HeapLimitOptions> for HeapLimitPlan {
    fn from(options: HeapLimitOptions) -> Self {
        Self {
            captures: options.captures,
            plan: options.plan.into(),
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.shared.unsubscribe(self.id);
    }
}

/// Ends the sampling for a suspicion, because somebody else wants V8's heap profiler.
#[napi(catch_unwind)]
pub fn yield_heap_profiler() {
    if let Some(monitor) = environment::existing() {
        monitor.yield_heap_profiler();
    }
}

/// A call of `target.deliver()` from anywhere.
fn deliver_to(env: &Env, target: Object) -> Result<Box<dyn Fn() + Send + Sync>> {
    let wake = weak_function(env, target, "deliver".into())?
        .borrow_back(env)?
        .build_threadsafe_function::<()>()
        .weak::<true>()
        .build()?;
    Ok(Box::new(move || {
        // A closing environment refuses, and has nobody left to tell.
        let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }))
}

/// A function that calls `target[name]` with what it is called with, and holds the target weakly.
///
/// The function and the `WeakRef` belong to the environment's main realm, so nothing of the target's
/// realm (a test file's, in Jest) is kept alive. Called after the target has gone, it disconnects the
/// `PerformanceObserver` that calls it, if one does: those pass themselves second.
fn weak_function(env: &Env, target: Object, name: String) -> Result<FunctionRef<(), ()>> {
    let weak_ref: Function<Object, Unknown> = env.get_global()?.get_named_property("WeakRef")?;
    let weak_target = weak_ref.new_instance(target)?;
    env.create_function_from_closure(&name.clone(), move |call| {
        let weak_target: Object = call.this()?;
        let deref: Function<(), Option<Object>> = weak_target.get_named_property("deref")?;
        match (deref.apply(weak_target, ())?, call.length()) {
            (Some(target), 0) => {
                let method: Function<(), ()> = target.get_named_property(&name)?;
                method.apply(target, ())
            }
            (Some(target), _) => {
                let method: Function<Unknown, ()> = target.get_named_property(&name)?;
                method.apply(target, call.get(0)?)
            }
            (None, 0 | 1) => Ok(()),
            (None, _) => {
                let observer: Object = call.get(1)?;
                let disconnect: Function<(), ()> = observer.get_named_property("disconnect")?;
                disconnect.apply(observer, ())
            }
        }
    })?
    .bind(weak_target)?
    .create_ref()
}

/// The same for JavaScript.
#[napi(catch_unwind)]
pub fn weak_method<'env>(
    env: &'env Env,
    target: Object,
    name: String,
) -> Result<Function<'env, (), ()>> {
    weak_function(env, target, name)?.borrow_back(env)
}

fn shown(path: Option<PathBuf>) -> Option<String> {
    path.map(|path| path.to_string_lossy().into_owned())
}

fn nullable<T>(value: Either<T, Null>) -> Option<T> {
    match value {
        Either::A(value) => Some(value),
        Either::B(Null) => None,
    }
}

/// From the order of `HEAP_FIELDS` in `lib/host.js`; fields that are missing are zero.
fn heap_statistics(fields: &[f64]) -> HeapStatistics {
    let field = |at: usize| fields.get(at).copied().unwrap_or(0.0) as u64;
    HeapStatistics {
        used_bytes: field(0),
        total_bytes: field(1),
        total_executable_bytes: field(2),
        total_physical_bytes: field(3),
        total_available_bytes: field(4),
        limit_bytes: field(5),
        malloced_bytes: field(6),
        peak_malloced_bytes: field(7),
        external_bytes: field(8),
        native_contexts: field(9),
        detached_contexts: field(10),
        total_global_handles_bytes: field(11),
        used_global_handles_bytes: field(12),
        total_allocated_bytes: field(13),
    }
}
