//! Series of background captures as JavaScript sees them: what grew in each, or how the last differs from the first.

use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;

use super::capture::CapturedPayload;
use super::heap_diff::HeapTotalsPayload;
use super::snapshot::{GrowingStepPayload, PathPayload, converted};
use crate::analysis::{
    CountedHeap, CountedPath, GrownClass, GrownPath, NetChange, NetDiff, Telling,
};
use crate::capture::{Captured, CapturedSeries, Leftovers};
use crate::leak::GrowingPath;
use crate::monitor::CaptureAnswer;
use crate::report::heap::merged_path;
use crate::units::format_bytes;

/// Captures, one after the other, that are compared. All that is known of them is kept here: on the heap it
/// would grow with each.
#[napi(js_name = "HeapSeries")]
pub struct NativeSeries {
    pub(super) kept: Arc<Mutex<Kept>>,
}

/// What is known of the captures so far.
pub struct Kept {
    /// A copy of the process has its own hold on it: the lock may be another thread's there.
    pub series: CapturedSeries,
    pub captures: Vec<CapturedPayload>,
    /// Of the newest capture.
    pub leftovers: Leftovers,
}

#[napi(object, object_from_js = false)]
pub struct GrowthPayload {
    pub captures: Vec<CapturedPayload>,
    pub paths: Vec<GrownPathPayload>,
    pub classes: Vec<GrownClassPayload>,
}

#[napi(object, object_from_js = false)]
pub struct GrownPathPayload {
    pub path: String,
    pub steps: Vec<GrowingStepPayload>,
    pub counts: Vec<f64>,
    pub growth: f64,
    pub retained_size: f64,
    pub example: PathPayload,
}

#[napi(object, object_from_js = false)]
pub struct GrownClassPayload {
    pub name: String,
    pub counts: Vec<f64>,
    pub shallow_sizes: Vec<f64>,
    pub retained_sizes: Vec<f64>,
}

#[napi(object, object_from_js = false)]
pub struct CountedPathPayload {
    pub path: String,
    pub steps: Vec<GrowingStepPayload>,
    pub count: f64,
    pub shallow_size: f64,
    pub retained_size: f64,
}

#[napi(object, object_from_js = false)]
pub struct NetDiffPayload {
    pub before: HeapTotalsPayload,
    pub after: HeapTotalsPayload,
    pub change: NetHeapChangePayload,
}

#[napi(object, object_from_js = false)]
pub struct NetHeapChangePayload {
    #[napi(js_name = "size_bytes")]
    pub size_bytes: f64,
    pub size: String,
    #[napi(js_name = "freed_nodes")]
    pub freed_nodes: f64,
    #[napi(js_name = "allocated_nodes")]
    pub allocated_nodes: f64,
    pub details: Vec<NetChangePayload>,
    pub paths: Vec<GrownPathPayload>,
}

#[napi(object, object_from_js = false)]
pub struct NetChangePayload {
    pub what: String,
    #[napi(js_name = "size_bytes")]
    pub size_bytes: f64,
    pub size: String,
    #[napi(js_name = "+")]
    pub more: f64,
    #[napi(js_name = "-")]
    pub fewer: f64,
    #[napi(js_name = "retained_growth_bytes")]
    pub retained_growth_bytes: f64,
}

#[napi]
impl NativeSeries {
    /// With a smallest growth: of paths that grow each time. Without: of net changes.
    #[napi(constructor, catch_unwind)]
    pub fn new(min_growth: Option<u32>) -> Self {
        Self::telling(
            min_growth.map_or(Telling::Net, |min_growth| Telling::Steady {
                min_growth: min_growth.into(),
            }),
        )
    }

    /// Gives back what was kept so that the next capture takes less time: as much memory as the heap has.
    #[napi(catch_unwind)]
    pub fn give_back(&self) {
        self.kept.lock().leftovers.give_back();
    }

    /// Of paths that grow each time they can be seen, for a suspicion.
    #[napi(factory, catch_unwind)]
    pub fn of_suspicion() -> Self {
        Self::telling(Telling::Visible)
    }

    #[napi(catch_unwind)]
    pub fn growth(&self) -> GrowthPayload {
        let mut kept = self.kept.lock();
        GrowthPayload {
            captures: std::mem::take(&mut kept.captures),
            paths: converted(kept.series.heaps().paths().to_vec()),
            classes: converted(kept.series.heaps().classes()),
        }
    }

    #[napi(catch_unwind)]
    pub fn diff(&self) -> NetDiffPayload {
        self.kept.lock().series.heaps().net().into()
    }
}

impl NativeSeries {
    fn telling(telling: Telling) -> Self {
        Self {
            kept: Arc::new(Mutex::new(Kept {
                series: CapturedSeries::new(telling),
                captures: Vec::new(),
                leftovers: Leftovers::default(),
            })),
        }
    }

    /// What grew in all captures, in the words of a leak. What is known of the captures themselves is dropped.
    pub fn newest(&self) -> CaptureAnswer {
        let mut kept = self.kept.lock();
        kept.captures.clear();
        let heaps = kept.series.heaps();
        let paths = heaps.paths().iter().map(GrowingPath::from);
        CaptureAnswer {
            heap_bytes: heaps.newest_bytes(),
            paths: (!heaps.is_hidden()).then(|| paths.collect()),
        }
    }
}

impl From<&GrownPath> for GrowingPath {
    fn from(path: &GrownPath) -> Self {
        Self {
            text: merged_path(&path.steps),
            class: path
                .steps
                .last()
                .map_or_else(String::new, |(_, class)| class.clone()),
            counts: path.counts.clone(),
            reached_bytes: path.reached_bytes,
        }
    }
}

impl Kept {
    /// Takes in what a copy found.
    pub fn add(&mut self, captured: &mut Captured) {
        if self.series.add(&mut captured.findings) {
            self.captures.push(captured.clone().into());
        }
    }
}

impl From<GrownPath> for GrownPathPayload {
    fn from(path: GrownPath) -> Self {
        Self {
            path: merged_path(&path.steps),
            steps: converted(path.steps),
            counts: numbers(path.counts),
            growth: path.growth_bytes as f64,
            retained_size: path.retained_bytes as f64,
            example: path.example.into(),
        }
    }
}

impl From<GrownClass> for GrownClassPayload {
    fn from(class: GrownClass) -> Self {
        Self {
            name: class.name,
            counts: numbers(class.counts),
            shallow_sizes: numbers(class.shallow_bytes),
            retained_sizes: numbers(class.retained_bytes),
        }
    }
}

impl From<CountedPath> for CountedPathPayload {
    fn from(path: CountedPath) -> Self {
        Self {
            path: merged_path(&path.steps),
            steps: converted(path.steps),
            count: path.count as f64,
            shallow_size: path.shallow_bytes as f64,
            retained_size: path.retained_bytes as f64,
        }
    }
}

impl From<NetDiff> for NetDiffPayload {
    fn from(diff: NetDiff) -> Self {
        let totals = |heap: &CountedHeap| HeapTotalsPayload {
            nodes: heap.node_count as f64,
            size_bytes: heap.total_bytes as f64,
            size: format_bytes(heap.total_bytes as f64),
        };
        Self {
            before: totals(&diff.before),
            after: totals(&diff.after),
            change: NetHeapChangePayload {
                size_bytes: diff.growth_bytes() as f64,
                size: format_bytes(diff.growth_bytes() as f64),
                freed_nodes: diff.fewer() as f64,
                allocated_nodes: diff.more() as f64,
                details: converted(diff.classes),
                paths: converted(diff.paths),
            },
        }
    }
}

impl From<NetChange> for NetChangePayload {
    fn from(change: NetChange) -> Self {
        Self {
            size_bytes: change.growth_bytes as f64,
            size: format_bytes(change.growth_bytes as f64),
            more: change.more() as f64,
            fewer: change.fewer() as f64,
            retained_growth_bytes: change.retained_growth_bytes as f64,
            what: change.name,
        }
    }
}

fn numbers(all: Vec<u64>) -> Vec<f64> {
    all.into_iter().map(|number| number as f64).collect()
}
