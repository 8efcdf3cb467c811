//! Timers: Node.js keeps them in one circular list for each duration.
#![forbid(unsafe_code)]

use super::folding::{Reference, View};
use super::lookup::{is_object, is_true};
use super::{Known, Leaking, Step};
use crate::analysis::RetainerPath;
use crate::snapshot::{EdgeIndex, EdgeLabel, HeapGraph, NodeIndex};

/// From timer to timer in one go, and from a timer to what it will call.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    if !is_timer(view.graph, view.node(at)) {
        return None;
    }
    if view.is_property(at, "_onTimeout") || view.is_property(at, "_onImmediate") {
        return Some((Reference::Words("callback"), 1));
    }
    let mut end = at;
    while (view.is_property(end, "_idleNext") || view.is_property(end, "_idlePrev"))
        && is_timer(view.graph, view.node(end + 1))
    {
        end += 1;
    }
    (end > at).then_some((Reference::Words("timer"), end - at))
}

pub fn describe(graph: &HeapGraph, path: &RetainerPath, step: &Step) -> Option<Known> {
    let node = step.node;
    if is_object(graph, node, "TimersList") {
        let last = step.edges.end.checked_sub(1).map(|last| path.edges[last]);
        let name = match last.and_then(|edge| duration_ms(graph, edge)) {
            Some(duration_ms) => format!("timers of {duration_ms} ms"),
            None => "list of timers".to_owned(),
        };
        return Some(Known::new(name, Leaking::No, "a part of Node.js"));
    }
    let is_done = is_true(graph, node, "_destroyed");
    match graph.node_name(node) {
        "Timeout" | "Immediate" if is_timer(graph, node) && is_done => {
            Some(Known::new("", Leaking::Yes, "it has run or was cleared"))
        }
        "Timeout" if is_timer(graph, node) => {
            Some(Known::new("", Leaking::Unknown, "it is pending"))
        }
        _ => None,
    }
}

/// How long the timers of a list wait, if the reference is the one from the object with all lists.
fn duration_ms(graph: &HeapGraph, edge: EdgeIndex) -> Option<u32> {
    match graph.edge_label(edge) {
        EdgeLabel::Index(index) if is_object(graph, graph.edge_source(edge), "Object") => {
            Some(index)
        }
        _ => None,
    }
}

fn is_timer(graph: &HeapGraph, node: NodeIndex) -> bool {
    ["Timeout", "TimersList", "Immediate", "ImmediateList"]
        .iter()
        .any(|class| is_object(graph, node, class))
}
