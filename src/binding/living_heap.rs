//! The living heap as JavaScript opens it: V8's snapshot on its own thread, the analysis off it.

use std::cell::Cell;
use std::time::Instant;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::async_work::{AsyncWork, promise, promise_settled};
use super::capture::{CaptureOptions, CapturedPayload};
use super::heap_diff::SnapshotLimits;
use super::monitor::Monitor;
use super::snapshot::{NativeCancellation, NativeSnapshot, told_to};
use super::{Code, coded};
use crate::analysis::{OpenedHeap, Progress};
use crate::capture::{Pause, Plan, capture_in_process};
use crate::error;
use crate::snapshot::HeapGraph;

/// The graph of the living heap, until it is opened.
#[napi(js_name = "LivingHeap")]
#[derive(Default)]
pub struct NativeLivingHeap {
    graph: Cell<Option<HeapGraph>>,
    pause: Cell<Option<Pause>>,
}

#[napi]
impl NativeLivingHeap {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has V8 take a snapshot and makes a graph of it. Blocks the thread meanwhile.
    #[napi(catch_unwind)]
    pub fn take(&self, monitor: &Monitor, limits: SnapshotLimits) -> Result<(), Code> {
        let began = Instant::now();
        let graph = monitor.shared.take_graph(limits.into()).map_err(coded)?;
        self.graph.set(Some(graph));
        let pause = began.elapsed();
        self.pause.set(Some(Pause { began, pause }));
        Ok(())
    }

    /// Analyses what was taken, once; `on_progress` hears whole percents.
    #[napi(catch_unwind, ts_return_type = "Promise<OpenedSnapshot>")]
    pub fn open(
        &self,
        cancellation: &NativeCancellation,
        on_progress: Option<Function<u32, ()>>,
    ) -> Result<AsyncTask<AsyncWork<NativeSnapshot>>> {
        let graph = self.graph.take();
        let progress = Progress::new(1, cancellation.shared.clone(), told_to(on_progress)?);
        let open = move || {
            let graph = graph.ok_or(error::Error::Cancelled)?;
            OpenedHeap::of(graph, &progress).map(NativeSnapshot::of)
        };
        Ok(promise_settled(open, NativeSnapshot::weigh))
    }

    /// What a capture is to give of what was taken, once; `on_progress` hears whole percents.
    #[napi(catch_unwind, ts_return_type = "Promise<CapturedPayload>")]
    pub fn capture(
        &self,
        plan: CaptureOptions,
        cancellation: &NativeCancellation,
        on_progress: Option<Function<u32, ()>>,
    ) -> Result<AsyncTask<AsyncWork<CapturedPayload>>> {
        let taken = self.graph.take().zip(self.pause.take());
        let progress = Progress::new(1, cancellation.shared.clone(), told_to(on_progress)?);
        let plan = Plan::from(plan);
        Ok(promise(move || {
            let (graph, pause) = taken.ok_or(error::Error::Cancelled)?;
            capture_in_process(&plan.want, graph, pause, &progress).map(CapturedPayload::from)
        }))
    }

    /// Gives the memory back of what nobody opened.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.graph.take();
    }
}
