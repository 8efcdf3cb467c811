//! Background captures as JavaScript runs them: prepared and awaited off its thread, forked on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::*;
use napi_derive::napi;
use parking_lot::Mutex;

use super::async_work::{AsyncWork, promise};
use super::comparison::ComparedReadingsPayload;
use super::files::FileOptions;
use super::monitor::Monitor;
use super::series::{CountedPathPayload, Kept, NativeSeries};
use super::snapshot::{NativeCancellation, SuspectPayload, converted, told_to};
use super::{Code, coded};
use crate::analysis::Progress;
use crate::capture::{Captured, Class, Engine, Plan, Session, Want};
use crate::error;

/// One capture under way.
#[napi(js_name = "BackgroundCapture")]
pub struct NativeCapture {
    session: Arc<Mutex<Option<Session>>>,
    /// What takes in what the copy finds.
    series: Option<Arc<Mutex<Kept>>>,
}

#[napi(object, object_to_js = false)]
pub struct CaptureOptions {
    pub suspects: bool,
    pub paths: bool,
    pub comparison: bool,
    /// `reader` or `v8`; none for the first, with the second in reserve.
    pub engine: Option<String>,
    /// Of the snapshot file, if that is wanted.
    pub file: Option<FileOptions>,
    pub stall_ms: f64,
    pub timeout_ms: f64,
    pub retries: u32,
    pub memory_limit: Option<f64>,
    pub force: bool,
}

#[napi(object, object_from_js = false)]
pub struct CapturedPayload {
    pub engine: &'static str,
    /// Why V8's had to be used.
    pub engine_reason: Option<String>,
    pub pause_ms: f64,
    pub duration_ms: f64,
    pub attempts: u32,
    pub node_count: f64,
    pub edge_count: Option<f64>,
    pub total_size: f64,
    pub classes: Option<Vec<CapturedClassPayload>>,
    pub suspects: Option<Vec<SuspectPayload>>,
    pub paths: Option<Vec<CountedPathPayload>>,
    pub comparison: Option<ComparedReadingsPayload>,
    pub path: Option<String>,
}

/// Ids of the copy mean nothing outside of it.
#[napi(object, object_from_js = false)]
pub struct CapturedClassPayload {
    pub name: String,
    pub count: f64,
    pub shallow_size: f64,
    /// Unless classes alone were wanted.
    pub retained_size: Option<f64>,
}

#[napi]
impl NativeCapture {
    #[napi(constructor, catch_unwind)]
    pub fn new(options: CaptureOptions, series: Option<&NativeSeries>) -> Result<Self, Code> {
        let mut plan = Plan::from(options);
        let series = series.map(|series| series.kept.clone());
        if let Some(series) = &series {
            plan.want = Want::Growth(series.lock().series.clone());
        }
        let mut session = Session::begin(plan).map_err(coded)?;
        if let Some(series) = &series {
            session.reuse(std::mem::take(&mut series.lock().leftovers));
        }
        Ok(Self {
            session: Arc::new(Mutex::new(Some(session))),
            series,
        })
    }

    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn prepare(&self, cancellation: &NativeCancellation) -> AsyncTask<AsyncWork<()>> {
        let session = self.session.clone();
        let watch = Progress::new(1, cancellation.shared.clone(), |_| {});
        promise(move || with(&session, |session| session.prepare(&watch)))
    }

    /// Calls what JavaScript has to do first, and counts the time.
    #[napi(catch_unwind)]
    pub fn prime(&self, prime: Function<(), ()>) -> Result<()> {
        let since = Instant::now();
        prime.call(())?;
        if let Some(session) = &mut *self.session.lock() {
            session.note_pause(since);
        }
        Ok(())
    }

    /// Whether V8 is to take a snapshot in the copy, which JavaScript can prepare.
    #[napi(getter, catch_unwind)]
    pub fn uses_v8(&self) -> bool {
        let session = self.session.lock();
        session.as_ref().is_some_and(Session::uses_v8)
    }

    /// False when it must be prepared once more. `samples` are what the reader looks for.
    #[napi(catch_unwind)]
    pub fn fork(&self, monitor: &Monitor, samples: Array) -> Result<bool, Code> {
        let samples = samples.raw() as usize;
        with(&self.session, |session| {
            monitor.shared.fork_copy(session, samples)
        })
        .map_err(coded)
    }

    /// What the copy found; a series takes in what it needs of that. `null` when it failed and may be tried once more.
    #[napi(catch_unwind, ts_return_type = "Promise<CapturedPayload | null>")]
    pub fn result(
        &self,
        cancellation: &NativeCancellation,
        on_progress: Option<Function<u32, ()>>,
    ) -> Result<AsyncTask<AsyncWork<Option<CapturedPayload>>>> {
        let session = self.session.clone();
        let series = self.series.clone();
        let watch = Progress::new(1, cancellation.shared.clone(), |_| {});
        let tell = told_to(on_progress)?;
        Ok(promise(move || {
            let captured = with(&session, |session| {
                let mut captured = session.result(&watch, &tell)?;
                if let (Some(series), Some(captured)) = (series, &mut captured) {
                    let mut series = series.lock();
                    series.add(captured);
                    series.leftovers = session.leave();
                }
                Ok(captured)
            })?;
            Ok(captured.map(Into::into))
        }))
    }

    /// Ends it, and lets others begin.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.session.lock().take();
    }
}

fn with<T>(
    session: &Mutex<Option<Session>>,
    step: impl FnOnce(&mut Session) -> std::result::Result<T, error::Error>,
) -> std::result::Result<T, error::Error> {
    match &mut *session.lock() {
        Some(session) => step(session),
        None => Err(error::Error::Cancelled),
    }
}

impl From<CaptureOptions> for Plan {
    fn from(options: CaptureOptions) -> Self {
        let milliseconds = |ms: f64| Duration::from_millis(ms as u64);
        Self {
            want: match options.file {
                Some(file) => Want::Snapshot(file.into()),
                None if options.paths => Want::Graph,
                None if options.comparison => Want::Comparison,
                None if options.suspects => Want::Summary,
                None => Want::Classes,
            },
            engine: match options.engine.as_deref() {
                Some("reader") => Some(Engine::Reader),
                Some("v8") => Some(Engine::V8),
                _ => None,
            },
            stall: milliseconds(options.stall_ms),
            timeout: milliseconds(options.timeout_ms),
            retries: options.retries,
            memory_limit_bytes: options.memory_limit.map(|bytes| bytes as u64),
            force: options.force,
        }
    }
}

impl From<Captured> for CapturedPayload {
    fn from(captured: Captured) -> Self {
        let findings = captured.findings;
        Self {
            engine: findings.engine.name(),
            engine_reason: findings.engine_reason,
            pause_ms: captured.pause.as_secs_f64() * 1e3,
            duration_ms: captured.duration.as_secs_f64() * 1e3,
            attempts: captured.attempts,
            node_count: findings.node_count as f64,
            edge_count: findings.edge_count.map(|count| count as f64),
            total_size: findings.total_bytes as f64,
            classes: findings.classes.map(converted),
            suspects: findings.suspects.map(converted),
            paths: findings.paths.map(converted),
            comparison: findings.comparison.map(|compared| (*compared).into()),
            path: captured.path.map(|path| path.to_string_lossy().into()),
        }
    }
}

impl From<Class> for CapturedClassPayload {
    fn from(class: Class) -> Self {
        Self {
            name: class.name,
            count: class.count as f64,
            shallow_size: class.shallow_bytes as f64,
            retained_size: class.retained_bytes.map(|bytes| bytes as f64),
        }
    }
}
