//! Opened snapshots as JavaScript sees them. Byte counts are numbers, which are exact up to 2^53.

use std::path::PathBuf;
use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use super::async_work::{AsyncWork, promise, promise_settled};
use super::{Code, coded};
use crate::analysis::{
    Cancellation, Captures, ClassChange, Comparison, GrowingPath, NamedClass, NamedSuspect,
    NodeSummary, OpenedHeap, Overview, OverviewNode, PathSummary, Progress, RepeatedString,
    Retainer, RetainerList, SharedPath, StepSummary, StringContents, Survivors, Tally,
};
use crate::error;
use crate::report;
use crate::snapshot::NodeId;

/// Lets JavaScript stop what it started.
#[napi(js_name = "SnapshotCancellation")]
#[derive(Default)]
pub struct NativeCancellation {
    pub(super) shared: Cancellation,
}

/// A snapshot, opened.
#[napi(js_name = "OpenedSnapshot", custom_finalize)]
pub struct NativeSnapshot {
    heap: Arc<OpenedHeap>,
}

/// Captures, compared.
#[napi(js_name = "SnapshotComparison")]
pub struct NativeComparison {
    comparison: Comparison,
}

#[napi(object, object_from_js = false)]
pub struct ClassPayload {
    pub name: String,
    pub count: f64,
    pub shallow_size: f64,
    pub retained_size: f64,
    pub largest_id: f64,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NodePayload {
    pub id: f64,
    pub name: String,
    pub kind: &'static str,
    pub shallow_size: f64,
    pub retained_size: f64,
    pub distance: Option<f64>,
}

#[napi(object, object_from_js = false)]
pub struct RetainersPayload {
    pub total: f64,
    pub retainers: Vec<RetainerPayload>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct RetainerPayload {
    pub id: f64,
    pub name: String,
    pub kind: &'static str,
    pub edge_name: String,
    pub edge_kind: &'static str,
    pub shallow_size: f64,
    pub retained_size: f64,
    pub distance: Option<f64>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct PathPayload {
    pub steps: Vec<StepPayload>,
    pub fingerprint: Option<String>,
    pub text: String,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct StepPayload {
    pub edge: String,
    pub class: String,
    pub known_as: Option<String>,
    pub id: f64,
    pub name: String,
    pub kind: &'static str,
    pub shallow_size: f64,
    pub retained_size: f64,
    pub distance: Option<f64>,
    pub leaking: &'static str,
    pub reason: String,
    pub is_suspect: bool,
    pub left_out: f64,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct SuspectPayload {
    pub holder: NodePayload,
    pub accumulation_point: NodePayload,
    pub retained_size: f64,
    pub heap_percent: u32,
    pub accumulated: Option<AccumulatedPayload>,
    pub path: PathPayload,
    pub parts: Vec<StepPayload>,
}

#[napi(object, object_from_js = false)]
pub struct OverviewPayload {
    pub tree: Vec<OverviewNodePayload>,
    pub steps: Vec<StepPayload>,
    pub paths: Vec<SharedPathPayload>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct OverviewNodePayload {
    pub id: f64,
    pub name: String,
    pub kind: &'static str,
    pub class: String,
    pub shallow_size: f64,
    pub retained_size: f64,
    pub is_internal: bool,
    pub parent: Option<u32>,
    pub others_count: f64,
    pub others_size: f64,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct SharedPathPayload {
    pub id: f64,
    pub steps: Vec<u32>,
    pub fingerprint: Option<String>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct AccumulatedPayload {
    pub name: String,
    pub count: f64,
    pub retained_size: f64,
    pub example: Option<StepPayload>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct StringsPayload {
    pub text: Option<String>,
    pub length: f64,
    pub is_cut: bool,
    pub count: f64,
    pub shallow_size: f64,
    pub wasted_size: f64,
    pub example_id: f64,
}

#[napi(object, object_from_js = false)]
pub struct SnapshotChangePayload {
    pub name: String,
    pub allocated_count: f64,
    pub allocated_size: f64,
    pub freed_count: f64,
    pub freed_size: f64,
    pub resized_size: f64,
    pub growth: f64,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct ComparisonPayload {
    pub snapshots: Vec<TotalPayload>,
    pub growth: f64,
    pub classes: Vec<SnapshotChangePayload>,
    pub survivors: Option<Vec<SurvivorsPayload>>,
    pub growing_paths: Vec<GrowingPathPayload>,
}

#[napi(object, object_from_js = false)]
pub struct SurvivorsPayload {
    pub name: String,
    pub count: f64,
    pub size: f64,
    pub largest_id: f64,
}

#[napi(object, object_from_js = false)]
pub struct TotalPayload {
    pub node_count: f64,
    pub total_size: f64,
}

#[napi(object, object_from_js = false)]
pub struct GrowingPathPayload {
    pub steps: Vec<GrowingStepPayload>,
    pub counts: Vec<f64>,
    pub retained_size: f64,
}

#[napi(object, object_from_js = false)]
pub struct GrowingStepPayload {
    pub edge_name: String,
    pub class_name: String,
}

#[napi]
impl NativeCancellation {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.shared.cancel();
    }
}

/// Reads and analyses a file; `on_progress` hears whole percents.
#[napi(catch_unwind, ts_return_type = "Promise<OpenedSnapshot>")]
pub fn open_snapshot(
    path: String,
    cancellation: &NativeCancellation,
    on_progress: Option<Function<u32, ()>>,
) -> Result<AsyncTask<AsyncWork<NativeSnapshot>>> {
    let progress = Progress::new(1, cancellation.shared.clone(), told_to(on_progress)?);
    let open = move || OpenedHeap::open(&PathBuf::from(path), &progress).map(NativeSnapshot::of);
    Ok(promise_settled(open, NativeSnapshot::weigh))
}

/// Reads files one by one and compares them.
#[napi(catch_unwind, ts_return_type = "Promise<SnapshotComparison>")]
pub fn compare_snapshots(
    paths: Vec<String>,
    cancellation: &NativeCancellation,
    on_progress: Option<Function<u32, ()>>,
) -> Result<AsyncTask<AsyncWork<NativeComparison>>> {
    let tell = told_to(on_progress)?;
    let progress = Progress::new(paths.len(), cancellation.shared.clone(), tell);
    Ok(promise(move || {
        let comparison = Captures::open(&paths, &progress)?.compare(&progress)?;
        Ok(NativeComparison { comparison })
    }))
}

#[napi]
impl NativeSnapshot {
    #[napi(getter, catch_unwind)]
    pub fn node_count(&self) -> f64 {
        self.heap.node_count() as f64
    }

    #[napi(getter, catch_unwind)]
    pub fn edge_count(&self) -> f64 {
        self.heap.edge_count() as f64
    }

    #[napi(getter, catch_unwind)]
    pub fn total_size(&self) -> f64 {
        self.heap.total_bytes() as f64
    }

    #[napi(getter, catch_unwind)]
    pub fn root_retained_size(&self) -> f64 {
        self.heap.root_retained_bytes() as f64
    }

    #[napi(catch_unwind)]
    pub fn classes(&self) -> Vec<ClassPayload> {
        converted(self.heap.classes())
    }

    #[napi(catch_unwind)]
    pub fn retainers(
        &self,
        id: f64,
        limit: u32,
        show_strings: bool,
    ) -> Result<RetainersPayload, Code> {
        let found = self
            .heap
            .retainers(id as u64, limit as usize, contents(show_strings));
        found.map(Into::into).map_err(coded)
    }

    #[napi(catch_unwind)]
    pub fn path(&self, id: f64, show_strings: bool) -> Result<Either<PathPayload, Null>, Code> {
        let path = self.heap.path(id as u64, contents(show_strings));
        path.map(|path| path.map_or(Either::B(Null), |path| Either::A(path.into())))
            .map_err(coded)
    }

    #[napi(catch_unwind, ts_return_type = "Promise<PathPayload[]>")]
    pub fn paths(
        &self,
        id: f64,
        count: u32,
        show_strings: bool,
        cancellation: &NativeCancellation,
    ) -> AsyncTask<AsyncWork<Vec<PathPayload>>> {
        let find = self.path_search(id, count, show_strings, cancellation);
        promise(move || find().map(converted))
    }

    #[napi(catch_unwind)]
    pub fn dominators(&self, id: f64, show_strings: bool) -> Result<Vec<NodePayload>, Code> {
        let chain = self.heap.dominators(id as u64, contents(show_strings));
        chain.map(converted).map_err(coded)
    }

    #[napi(catch_unwind)]
    pub fn suspects(&self, show_strings: bool) -> Vec<SuspectPayload> {
        converted(self.heap.suspects(contents(show_strings)))
    }

    #[napi(catch_unwind, ts_return_type = "Promise<SnapshotChangePayload[]>")]
    pub fn diff(&self, later: &NativeSnapshot) -> AsyncTask<AsyncWork<Vec<SnapshotChangePayload>>> {
        let (first, later) = (self.heap.clone(), later.heap.clone());
        promise(move || Ok(converted(first.diff(&later))))
    }

    #[napi(catch_unwind, ts_return_type = "Promise<NodePayload[]>")]
    pub fn biggest(
        &self,
        count: u32,
        show_strings: bool,
    ) -> AsyncTask<AsyncWork<Vec<NodePayload>>> {
        let heap = self.heap.clone();
        promise(move || {
            Ok(converted(
                heap.biggest(count as usize, contents(show_strings)),
            ))
        })
    }

    #[napi(catch_unwind, ts_return_type = "Promise<StringsPayload[]>")]
    pub fn duplicate_strings(
        &self,
        count: u32,
        show_strings: bool,
    ) -> AsyncTask<AsyncWork<Vec<StringsPayload>>> {
        let (heap, contents) = (self.heap.clone(), contents(show_strings));
        promise(move || Ok(converted(heap.duplicate_strings(count as usize, contents))))
    }

    #[napi(catch_unwind, ts_return_type = "Promise<OverviewPayload>")]
    pub fn overview(&self, show_strings: bool) -> AsyncTask<AsyncWork<OverviewPayload>> {
        let (heap, contents) = (self.heap.clone(), contents(show_strings));
        promise(move || Ok(heap.overview(contents).into()))
    }

    #[napi(catch_unwind)]
    pub fn summary_text(&self, count: u32, show_strings: bool) -> String {
        report::heap::summary(&self.heap, count as usize, contents(show_strings))
    }

    #[napi(catch_unwind)]
    pub fn path_text(&self, id: f64, show_strings: bool) -> Result<String, Code> {
        report::heap::path(&self.heap, id as u64, contents(show_strings)).map_err(coded)
    }

    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn paths_text(
        &self,
        id: f64,
        count: u32,
        show_strings: bool,
        cancellation: &NativeCancellation,
    ) -> AsyncTask<AsyncWork<String>> {
        let find = self.path_search(id, count, show_strings, cancellation);
        promise(move || Ok(report::heap::paths(&find()?, id as u64)))
    }

    #[napi(catch_unwind)]
    pub fn dominators_text(&self, id: f64, show_strings: bool) -> Result<String, Code> {
        report::heap::dominators(&self.heap, id as u64, contents(show_strings)).map_err(coded)
    }

    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn biggest_text(&self, count: u32, show_strings: bool) -> AsyncTask<AsyncWork<String>> {
        let (heap, contents) = (self.heap.clone(), contents(show_strings));
        promise(move || {
            Ok(report::heap::biggest(
                &heap.biggest(count as usize, contents),
            ))
        })
    }

    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn duplicate_strings_text(
        &self,
        count: u32,
        show_strings: bool,
    ) -> AsyncTask<AsyncWork<String>> {
        let (heap, contents) = (self.heap.clone(), contents(show_strings));
        promise(move || {
            let groups = heap.duplicate_strings(count as usize, contents);
            Ok(report::heap::duplicate_strings(&groups))
        })
    }
}

#[napi]
impl NativeComparison {
    #[napi(catch_unwind)]
    pub fn result(&self) -> ComparisonPayload {
        self.comparison.clone().into()
    }

    #[napi(catch_unwind)]
    pub fn text(&self, count: u32) -> String {
        report::heap::comparison(&self.comparison, count as usize)
    }
}

impl NativeSnapshot {
    pub(super) fn of(heap: OpenedHeap) -> Self {
        let heap = Arc::new(heap);
        Self { heap }
    }

    /// V8 weighs a wrapper at a few bytes and would let many of them pile up.
    pub(super) fn weigh(&self, env: &Env) -> Result<()> {
        env.adjust_external_memory(self.memory_bytes())?;
        Ok(())
    }

    fn path_search(
        &self,
        id: f64,
        count: u32,
        show_strings: bool,
        cancellation: &NativeCancellation,
    ) -> impl FnOnce() -> std::result::Result<Vec<PathSummary>, error::Error> + Send + use<> {
        let (heap, contents) = (self.heap.clone(), contents(show_strings));
        let watch = Progress::new(1, cancellation.shared.clone(), |_| {});
        move || heap.paths(id as u64, count as usize, contents, &watch)
    }

    fn memory_bytes(&self) -> i64 {
        self.heap.memory_bytes() as i64
    }
}

impl ObjectFinalize for NativeSnapshot {
    fn finalize(self, env: Env) -> Result<()> {
        env.adjust_external_memory(-self.memory_bytes())?;
        Ok(())
    }
}

pub(super) fn contents(show_strings: bool) -> StringContents {
    match show_strings {
        true => StringContents::Shown,
        false => StringContents::Hidden,
    }
}

/// Something that calls the function, if there is one, from any thread.
pub(super) fn told_to(
    on_progress: Option<Function<u32, ()>>,
) -> Result<impl Fn(u32) + Send + Sync + 'static> {
    let function = on_progress
        .map(|function| {
            function
                .build_threadsafe_function::<u32>()
                .weak::<true>()
                .build()
        })
        .transpose()?;
    Ok(move |percent| {
        if let Some(function) = &function {
            // A closing environment refuses, and has nobody left to tell.
            let _ = function.call(percent, ThreadsafeFunctionCallMode::NonBlocking);
        }
    })
}

pub(super) fn converted<A: Into<B>, B>(all: Vec<A>) -> Vec<B> {
    all.into_iter().map(Into::into).collect()
}

impl From<NamedClass> for ClassPayload {
    fn from(class: NamedClass) -> Self {
        Self {
            name: class.name,
            count: class.count as f64,
            shallow_size: class.shallow_bytes as f64,
            retained_size: class.retained_bytes as f64,
            largest_id: f64::from(class.largest.0),
        }
    }
}

impl From<NodeSummary> for NodePayload {
    fn from(node: NodeSummary) -> Self {
        Self {
            id: f64::from(node.id.0),
            name: node.name,
            kind: node.kind.name(),
            shallow_size: node.shallow_bytes as f64,
            retained_size: node.retained_bytes as f64,
            distance: node.distance.map(f64::from),
        }
    }
}

impl From<RetainerList> for RetainersPayload {
    fn from(found: RetainerList) -> Self {
        Self {
            total: found.total as f64,
            retainers: converted(found.retainers),
        }
    }
}

impl From<Retainer> for RetainerPayload {
    fn from(retainer: Retainer) -> Self {
        let node = NodePayload::from(retainer.node);
        Self {
            id: node.id,
            name: node.name,
            kind: node.kind,
            edge_name: retainer.edge.name,
            edge_kind: retainer.edge.kind.name(),
            shallow_size: node.shallow_size,
            retained_size: node.retained_size,
            distance: node.distance,
        }
    }
}

impl From<PathSummary> for PathPayload {
    fn from(path: PathSummary) -> Self {
        Self {
            text: report::retainer_path::tree(&path),
            steps: converted(path.steps),
            fingerprint: path.fingerprint,
        }
    }
}

impl From<StepSummary> for StepPayload {
    fn from(step: StepSummary) -> Self {
        let node = NodePayload::from(step.node);
        Self {
            edge: step.edge,
            class: step.class,
            known_as: step.known_as,
            id: node.id,
            name: node.name,
            kind: node.kind,
            shallow_size: node.shallow_size,
            retained_size: node.retained_size,
            distance: node.distance,
            leaking: step.leaking.name(),
            reason: step.reason,
            is_suspect: step.is_suspect,
            left_out: step.left_out as f64,
        }
    }
}

impl From<Overview> for OverviewPayload {
    fn from(overview: Overview) -> Self {
        let steps = overview.paths.steps().to_vec();
        let path = |(id, path): (&NodeId, &SharedPath)| SharedPathPayload {
            id: f64::from(id.0),
            steps: path.steps.clone(),
            fingerprint: path.fingerprint.clone(),
        };
        Self {
            paths: overview.paths.by_node().iter().map(path).collect(),
            steps: converted(steps),
            tree: converted(overview.tree),
        }
    }
}

impl From<OverviewNode> for OverviewNodePayload {
    fn from(shown: OverviewNode) -> Self {
        let node = NodePayload::from(shown.node);
        Self {
            id: node.id,
            name: node.name,
            kind: node.kind,
            class: shown.class,
            shallow_size: node.shallow_size,
            retained_size: node.retained_size,
            is_internal: shown.is_internal,
            parent: shown.parent,
            others_count: shown.others.count as f64,
            others_size: shown.others.bytes as f64,
        }
    }
}

impl From<NamedSuspect> for SuspectPayload {
    fn from(suspect: NamedSuspect) -> Self {
        Self {
            holder: suspect.holder.into(),
            accumulation_point: suspect.accumulation_point.into(),
            retained_size: suspect.retained_bytes as f64,
            heap_percent: suspect.heap_percent,
            accumulated: suspect.accumulated.map(|found| AccumulatedPayload {
                name: found.name,
                count: found.count as f64,
                retained_size: found.retained_bytes as f64,
                example: found.example.map(Into::into),
            }),
            path: suspect.path.into(),
            parts: converted(suspect.parts),
        }
    }
}

impl From<RepeatedString> for StringsPayload {
    fn from(group: RepeatedString) -> Self {
        Self {
            text: group.text,
            length: group.length as f64,
            is_cut: group.is_cut,
            count: group.count as f64,
            shallow_size: group.shallow_bytes as f64,
            wasted_size: group.wasted_bytes as f64,
            example_id: f64::from(group.example.0),
        }
    }
}

impl From<ClassChange> for SnapshotChangePayload {
    fn from(change: ClassChange) -> Self {
        Self {
            growth: change.growth_bytes() as f64,
            name: change.name,
            allocated_count: change.added.count as f64,
            allocated_size: change.added.bytes as f64,
            freed_count: change.removed.count as f64,
            freed_size: change.removed.bytes as f64,
            resized_size: change.resized_bytes as f64,
        }
    }
}

impl From<Comparison> for ComparisonPayload {
    fn from(comparison: Comparison) -> Self {
        Self {
            snapshots: converted(comparison.totals),
            growth: comparison.growth_bytes as f64,
            classes: converted(comparison.classes),
            survivors: comparison.survivors.map(converted),
            growing_paths: converted(comparison.growing),
        }
    }
}

impl From<Survivors> for SurvivorsPayload {
    fn from(class: Survivors) -> Self {
        Self {
            name: class.name,
            count: class.total.count as f64,
            size: class.total.bytes as f64,
            largest_id: f64::from(class.largest.0),
        }
    }
}

impl From<Tally> for TotalPayload {
    fn from(total: Tally) -> Self {
        Self {
            node_count: total.count as f64,
            total_size: total.bytes as f64,
        }
    }
}

impl From<(String, String)> for GrowingStepPayload {
    fn from((edge_name, class_name): (String, String)) -> Self {
        Self {
            edge_name,
            class_name,
        }
    }
}

impl From<GrowingPath> for GrowingPathPayload {
    fn from(path: GrowingPath) -> Self {
        Self {
            steps: converted(path.steps),
            counts: path.counts.into_iter().map(|count| count as f64).collect(),
            retained_size: path.retained_bytes as f64,
        }
    }
}
