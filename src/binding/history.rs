//! The ring as typed columns: one array a field, one element a collection.

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::gc::event::HeapChange;
use crate::gc::ring::Drained;
use crate::gc::{GcEvent, HeapStatistics};

/// Sizes that were not read are `NaN`; times in the unit that their name says.
#[napi(object, object_from_js = false)]
pub struct HistoryColumns {
    pub length: u32,
    /// Records from the asked-for one on that the ring had overwritten.
    pub lost: f64,
    pub sequence: Float64Array,
    pub kind: Vec<&'static str>,
    pub trigger: Vec<&'static str>,
    pub start_ns: BigUint64Array,
    pub end_unix_ms: Float64Array,
    pub pause_ms: Float64Array,
    pub used_before_bytes: Float64Array,
    pub used_after_bytes: Float64Array,
    pub total_before_bytes: Float64Array,
    pub total_after_bytes: Float64Array,
    pub physical_before_bytes: Float64Array,
    pub physical_after_bytes: Float64Array,
    pub external_before_bytes: Float64Array,
    pub external_after_bytes: Float64Array,
    pub malloced_before_bytes: Float64Array,
    pub malloced_after_bytes: Float64Array,
    pub new_space_before_bytes: Float64Array,
    pub new_space_after_bytes: Float64Array,
    pub limit_bytes: Float64Array,
    pub native_contexts: Float64Array,
    pub detached_contexts: Float64Array,
    pub used_global_handles_bytes: Float64Array,
}

impl From<Drained> for HistoryColumns {
    fn from(drained: Drained) -> Self {
        let events = &drained.events;
        let numbers = |field: &dyn Fn(&GcEvent) -> f64| {
            Float64Array::new(events.iter().map(field).collect::<Vec<_>>())
        };
        // The fallback cannot read the heap before a collection.
        let before = |field: fn(&HeapStatistics) -> u64| {
            numbers(&|event| match &event.heap {
                Some(heap) if heap.before.total_bytes > 0 => field(&heap.before) as f64,
                _ => f64::NAN,
            })
        };
        let after = |field: fn(&HeapStatistics) -> u64| {
            numbers(&|event| size(event, |heap| field(&heap.after)))
        };
        Self {
            length: events.len() as u32,
            lost: drained.lost as f64,
            sequence: numbers(&|event| event.sequence as f64),
            kind: events.iter().map(|event| event.kind.name()).collect(),
            trigger: events.iter().map(|event| event.trigger.name()).collect(),
            start_ns: BigUint64Array::new(events.iter().map(|event| event.start_ns).collect()),
            end_unix_ms: numbers(&|event| event.end_unix_us as f64 / 1e3),
            pause_ms: numbers(&|event| event.pause_ns as f64 / 1e6),
            used_before_bytes: before(|heap| heap.used_bytes),
            used_after_bytes: after(|heap| heap.used_bytes),
            total_before_bytes: before(|heap| heap.total_bytes),
            total_after_bytes: after(|heap| heap.total_bytes),
            physical_before_bytes: before(|heap| heap.total_physical_bytes),
            physical_after_bytes: after(|heap| heap.total_physical_bytes),
            external_before_bytes: before(|heap| heap.external_bytes),
            external_after_bytes: after(|heap| heap.external_bytes),
            malloced_before_bytes: before(|heap| heap.malloced_bytes),
            malloced_after_bytes: after(|heap| heap.malloced_bytes),
            new_space_before_bytes: numbers(&|event| event.new_space_before_bytes as f64),
            new_space_after_bytes: numbers(&|event| event.new_space_after_bytes as f64),
            limit_bytes: after(|heap| heap.limit_bytes),
            native_contexts: after(|heap| heap.native_contexts),
            detached_contexts: after(|heap| heap.detached_contexts),
            used_global_handles_bytes: after(|heap| heap.used_global_handles_bytes),
        }
    }
}

fn size(event: &GcEvent, field: impl Fn(&HeapChange) -> u64) -> f64 {
    event
        .heap
        .as_ref()
        .map_or(f64::NAN, |heap| field(heap) as f64)
}
