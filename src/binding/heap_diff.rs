//! `HeapDiff` as JavaScript sees it: memwatch's output, field by field.

use std::cell::RefCell;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::monitor::Monitor;
use super::{Code, coded};
use crate::analysis::ObjectDiff;
use crate::error;
use crate::monitor::heap_diff::HeapDiff;
use crate::units::format_bytes;

/// The native half of a `HeapDiff`. Made before the snapshot is taken, so that it is in both.
#[napi(js_name = "MemwatchHeapDiff")]
#[derive(Default)]
pub struct NativeHeapDiff {
    diff: RefCell<Option<HeapDiff>>,
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
}

#[napi]
impl NativeHeapDiff {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(catch_unwind)]
    pub fn begin(&self, monitor: &Monitor, force: bool) -> Result<(), Code> {
        let diff = HeapDiff::begin(monitor.shared.clone(), force, None).map_err(coded)?;
        self.diff.replace(Some(diff));
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn end(&self, force: bool) -> Result<HeapDiffPayload, Code> {
        let diff = self.diff.borrow();
        let diff = diff
            .as_ref()
            .ok_or(error::Error::DiffEnded)
            .map_err(coded)?;
        diff.end(force, None)
            .map(HeapDiffPayload::from)
            .map_err(coded)
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
                    })
                    .collect(),
            },
        }
    }
}
