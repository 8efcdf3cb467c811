//! Retainer paths in the words of people who write Node.js programs: what each step is, and whether it
//! should still be there.
//!
//! Takes a path of edges, gives fewer steps: what V8 keeps between an object and its content is part
//! of the step that passes it.
#![forbid(unsafe_code)]

mod async_work;
mod collections;
mod events;
mod fingerprint;
mod folding;
mod koa;
mod lookup;
mod modules;
mod names;
mod network;
mod repeats;
mod scopes;
mod timers;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use fingerprint::Fingerprint;
pub use folding::{Reference, is_internal_node};
pub use modules::is_global;
pub use names::{Key, class_name};

use self::repeats::Patterns;
use super::retainer_paths::RetainerPath;
use crate::snapshot::{HeapGraph, NodeIndex};

/// Whether an object is still there although nothing needs it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Leaking {
    /// It is meant to be there.
    No,
    /// Its work is done.
    Yes,
    /// Nothing about it tells.
    Unknown,
}

impl Leaking {
    /// `no`, `yes` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    pub leaking: Leaking,
    /// Empty when nothing is known.
    pub reason: Cow<'static, str>,
}

/// One step of a described path: a reference and the object it leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// The edges of the path that the step stands for.
    pub edges: Range<usize>,
    pub reference: Reference,
    pub node: NodeIndex,
    /// What developers know the object as, where that says more than its class.
    pub known_as: Option<String>,
    pub verdict: Verdict,
    /// Whether the reference may be the one that should have been cut.
    pub is_suspect: bool,
    /// Steps right before this one that repeated those above them, and were left out.
    pub left_out: usize,
    /// The node's name without what differs between installations, if it is known by name.
    stable_name: Option<String>,
}

/// A retainer path as steps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DescribedPath {
    pub steps: Vec<Step>,
    /// The same for the same leak, whatever the process; none when no reference is suspect.
    pub fingerprint: Option<Fingerprint>,
}

/// What an inspector knows about an object.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Known {
    name: String,
    stable_name: Option<String>,
    verdict: Verdict,
}

impl Known {
    fn new(
        name: impl Into<String>,
        leaking: Leaking,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let reason = reason.into();
        Self {
            name: name.into(),
            stable_name: None,
            verdict: Verdict { leaking, reason },
        }
    }

    fn with_stable_name(mut self, name: String) -> Self {
        self.stable_name = Some(name);
        self
    }

    /// Known by name only.
    fn unsure(name: impl Into<String>) -> Self {
        Self::new(name, Leaking::Unknown, "")
    }
}

/// Describes a path.
///
/// # Complexity
///
/// O(length of the path and the edges of its nodes).
pub fn describe_path(graph: &HeapGraph, path: &RetainerPath) -> DescribedPath {
    let mut steps = folding::fold(graph, path);
    for at in 0..steps.len() {
        let known = describe(graph, path, &steps, at);
        let step = &mut steps[at];
        if let Some(known) = known {
            step.stable_name = known.stable_name;
            step.known_as = (!known.name.is_empty()).then_some(known.name);
            step.verdict = known.verdict;
        }
    }
    modules::shorten_start(graph, &mut steps);
    mark_suspects(&mut steps);
    let patterns = Patterns::of(graph, &steps);
    let fingerprint = Fingerprint::of(graph, &steps, &patterns);
    repeats::leave_out(&patterns, &mut steps);
    DescribedPath { steps, fingerprint }
}

/// Asks the inspectors for an object, the most telling first.
fn describe(graph: &HeapGraph, path: &RetainerPath, steps: &[Step], at: usize) -> Option<Known> {
    let step = &steps[at];
    let node = step.node;
    modules::describe(graph, step)
        .or_else(|| koa::describe(graph, node))
        .or_else(|| network::describe(graph, node))
        .or_else(|| timers::describe(graph, path, step))
        .or_else(|| events::describe(graph, step))
        .or_else(|| async_work::describe(graph, node))
        .or_else(|| scopes::describe(graph, steps, at))
}

/// Spreads the verdicts: what holds an object that is meant to be there is meant to be there, and
/// what only a leaking object holds leaks with it. The references in between are suspect.
///
/// Where verdicts contradict each other, *no* wins: what hangs below a leaking object may well
/// belong to somebody else, and its own leak has its own path.
fn mark_suspects(steps: &mut [Step]) {
    let is = |leaking| move |step: &Step| step.verdict.leaking == leaking;
    let after_no = steps
        .iter()
        .rposition(is(Leaking::No))
        .map_or(0, |at| at + 1);
    let first_yes = steps[after_no..]
        .iter()
        .position(is(Leaking::Yes))
        .map(|at| after_no + at);
    let suspect_end = first_yes.map_or(steps.len(), |at| at + 1);
    for (at, step) in steps.iter_mut().enumerate() {
        step.is_suspect = (after_no..suspect_end).contains(&at);
        let (leaking, reason) = if at + 1 < after_no && step.verdict.leaking != Leaking::No {
            (Leaking::No, "it holds what is not leaking")
        } else if at >= suspect_end && step.verdict.leaking != Leaking::Yes {
            (Leaking::Yes, "what holds it is leaking")
        } else {
            continue;
        };
        step.verdict = Verdict {
            leaking,
            reason: reason.into(),
        };
    }
}
