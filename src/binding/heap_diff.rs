//! `HeapDiff` as JavaScript sees it: memwatch's output, field by field.

use std::cell::RefCell;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::monitor::Monitor;
use super::snapshot::{NodePayload, PathPayload, StepPayload, contents, converted};
use super::{Code, coded};
use crate::analysis::{Held, Newcomers, ObjectDiff};
use crate::error;
use crate::monitor::Limits;
use crate::monitor::heap_diff::HeapDiff;
use crate::units::format_bytes;

/// The native half of a `HeapDiff`. Made before the snapshot is taken, so that it is in both.
#[napi(js_name = "MemwatchHeapDiff")]
#[derive(Default)]
pub struct NativeHeapDiff {
    diff: RefCell<Option<HeapDiff>>,
}

/// What a snapshot may cost.
#[napi(object, object_to_js = false)]
pub struct SnapshotLimits {
    pub force: bool,
    pub max_pause_ms: Option<f64>,
    pub ids_in_use: bool,
}

#[napi(object, object_from_js = false)]
pub struct HeapDiffPayload {
    pub before: HeapTotalsPayload,
    pub after: HeapTotalsPayload,
    pub change: HeapChangePayload,
}

#[napi(object, object_from_js = false)]
pub struct HeapTotalsPayload {
    pub nodes: f64,
    #[napi(js_name = "size_bytes")]
    pub size_bytes: f64,
    pub size: String,
}

#[napi(object, object_from_js = false)]
pub struct HeapChangePayload {
    #[napi(js_name = "size_bytes")]
    pub size_bytes: f64,
    pub size: String,
    #[napi(js_name = "freed_nodes")]
    pub freed_nodes: f64,
    #[napi(js_name = "allocated_nodes")]
    pub allocated_nodes: f64,
    pub details: Vec<ClassChangePayload>,
}

#[napi(object, object_from_js = false)]
pub struct ClassChangePayload {
    pub what: String,
    #[napi(js_name = "size_bytes")]
    pub size_bytes: f64,
    pub size: String,
    #[napi(js_name = "+")]
    pub allocated: f64,
    #[napi(js_name = "-")]
    pub freed: f64,
    /// This and what follows: of classes that grew, when paths were asked for.
    #[napi(js_name = "retained_bytes")]
    pub retained_bytes: Option<f64>,
    pub examples: Option<Vec<NodePayload>>,
    pub paths: Option<Vec<HeldPayload>>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct HeldPayload {
    pub count: f64,
    pub retained_size: f64,
    pub fingerprint: Option<String>,
    pub text: String,
    pub steps: Vec<StepPayload>,
}

#[napi]
impl NativeHeapDiff {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(catch_unwind)]
    pub fn begin(&self, monitor: &Monitor, limits: SnapshotLimits) -> Result<(), Code> {
        let diff = HeapDiff::begin(monitor.shared.clone(), limits.into()).map_err(coded)?;
        self.diff.replace(Some(diff));
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn end(&self, limits: SnapshotLimits) -> Result<HeapDiffPayload, Code> {
        self.with_diff(|diff| diff.end(limits.into()))
            .map(HeapDiffPayload::from)
    }

    #[napi(catch_unwind)]
    pub fn end_with_paths(
        &self,
        limits: SnapshotLimits,
        show_strings: bool,
    ) -> Result<HeapDiffPayload, Code> {
        let contents = contents(show_strings);
        let (diff, growth) = self.with_diff(|diff| diff.end_with_paths(limits.into(), contents))?;
        let mut payload = HeapDiffPayload::from(diff);
        payload.add(growth);
        Ok(payload)
    }

    /// Gives the memory back of a diff that nobody will end.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.diff.take();
    }

    #[napi(getter, catch_unwind)]
    pub fn is_open(&self) -> bool {
        self.diff.borrow().as_ref().is_some_and(HeapDiff::is_open)
    }
}

impl NativeHeapDiff {
    fn with_diff<T>(
        &self,
        end: impl FnOnce(&HeapDiff) -> std::result::Result<T, error::Error>,
    ) -> Result<T, Code> {
        let diff = self.diff.borrow();
        let diff = diff.as_ref().ok_or(error::Error::DiffEnded);
        diff.and_then(end).map_err(coded)
    }
}

impl HeapDiffPayload {
    fn add(&mut self, growth: Vec<Option<Newcomers>>) {
        for (class, newcomers) in self.change.details.iter_mut().zip(growth) {
            let Some(newcomers) = newcomers else { continue };
            class.retained_bytes = Some(newcomers.retained_bytes as f64);
            class.examples = Some(converted(newcomers.examples));
            class.paths = Some(converted(newcomers.held));
        }
    }
}

impl From<Held> for HeldPayload {
    fn from(held: Held) -> Self {
        let path = PathPayload::from(held.path);
        Self {
            count: held.count as f64,
            retained_size: held.retained_bytes as f64,
            fingerprint: path.fingerprint,
            text: path.text,
            steps: path.steps,
        }
    }
}

impl From<SnapshotLimits> for Limits {
    fn from(limits: SnapshotLimits) -> Self {
        Self {
            force: limits.force,
            max_pause_ms: limits.max_pause_ms,
            ids_in_use: limits.ids_in_use,
        }
    }
}

impl From<ObjectDiff> for HeapDiffPayload {
    fn from(diff: ObjectDiff) -> Self {
        let totals = |totals: crate::analysis::object_diff::Totals| HeapTotalsPayload {
            nodes: totals.nodes as f64,
            size_bytes: totals.size_bytes as f64,
            size: format_bytes(totals.size_bytes as f64),
        };
        let growth_bytes = diff.after.size_bytes as f64 - diff.before.size_bytes as f64;
        Self {
            before: totals(diff.before),
            after: totals(diff.after),
            change: HeapChangePayload {
                size_bytes: growth_bytes,
                size: format_bytes(growth_bytes),
                freed_nodes: diff.freed_nodes as f64,
                allocated_nodes: diff.allocated_nodes as f64,
                details: diff
                    .classes
                    .into_iter()
                    .map(|(what, change)| ClassChangePayload {
                        what,
                        size_bytes: change.growth_bytes as f64,
                        size: format_bytes(change.growth_bytes as f64),
                        allocated: change.allocated as f64,
                        freed: change.freed as f64,
                        retained_bytes: None,
                        examples: None,
                        paths: None,
                    })
                    .collect(),
            },
        }
    }
}
