//! A capture without a copy: of a heap that was read on its own thread, which paused for it.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::captured::{Engine, Want, of_classes, of_graph};
use super::reading::classes_of;
use super::session::Captured;
use crate::analysis::Threads;
use crate::error::Error;
use crate::snapshot::{HeapGraph, Phase, Watch};

/// How the thread was held up for it.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    pub began: Instant,
    pub pause: Duration,
}

/// What is wanted of a heap. For another thread than JavaScript's.
///
/// # Errors
///
/// [`Error::Cancelled`], and those of the file.
pub fn capture_in_process(
    want: &Want,
    graph: HeapGraph,
    Pause { began, pause }: Pause,
    watch: &dyn Watch,
) -> Result<Captured, Error> {
    if watch.is_cancelled() {
        return Err(Error::Cancelled);
    }
    let file = match want {
        Want::Snapshot(plan) => Some((plan, plan.create()?)),
        _ => None,
    };
    let target = file.as_ref().map(|(_, target)| target);
    let findings = match want {
        Want::Classes => of_classes(Engine::V8, classes_of(&graph)),
        want => of_graph(want, Engine::V8, graph, target, Threads::Two, watch)?,
    };
    watch.on_progress(Phase::Dominate, 1, 1);
    let path = file.map(|(plan, target)| plan.keep(target)).transpose()?;
    Ok(Captured {
        findings,
        path,
        attempts: 1,
        pause,
        duration: began.elapsed(),
    })
}
