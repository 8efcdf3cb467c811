//! Promises, async functions that wait, and the contexts that follow asynchronous work.
#![forbid(unsafe_code)]

use super::folding::{Reference, View, is_internal_node};
use super::lookup::{internal, is_object};
use super::{Known, Leaking};
use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, NodeKind};

/// From a promise to what waits for it, from a waiting function to its variables, and from a piece
/// of asynchronous work to its context.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    let graph = view.graph;
    let node = view.node(at);
    if view.is_property(at, "<symbol kResourceStore>") {
        return Some((Reference::Words("AsyncLocalStorage store"), 1));
    }
    if view.is_property(at, "<symbol kAsyncContextFrame>")
        || view.is_property(at, "<symbol async_context_frame>")
    {
        return Some((Reference::Words("async context"), 1));
    }
    if let Some(waiting) = waiting_function(view, at) {
        return Some((Reference::Words("awaited in"), waiting - at));
    }
    if is_settler(view, at) {
        return Some((Reference::Words("promise it settles"), 2));
    }
    if is_waiting(graph, node)
        && view.is_internal(at, "parameters_and_registers")
        && !view.is_end(at + 1)
    {
        return Some((Reference::Words("local variable or argument"), 2));
    }
    if graph.node_name(node) != "Promise" || graph.node_kind(node) != NodeKind::Object {
        return None;
    }
    // Reactions form a list, the newest first.
    let mut end = at + 1;
    while !view.is_end(end) && is_reaction(graph, view.node(end)) {
        end += 1;
    }
    if end == at + 1 {
        let is_result = view.is_internal(at, "reactions_or_result")
            || (view.index(at).is_some() && !is_internal_node(graph, view.node(end)));
        return match waiting_function(view, end) {
            Some(waiting) => Some((Reference::Words("awaited in"), waiting - at)),
            None if graph.node_kind(view.node(end)) == NodeKind::Closure && is_result => {
                Some((Reference::Words("callback of then()"), 1))
            }
            None if is_result => Some((Reference::Words("result"), 1)),
            None => None,
        };
    }
    let words = match graph.node_kind(view.node(end)) {
        _ if waiting_function(view, end).is_some() => "awaited in",
        NodeKind::Closure => "callback of then()",
        _ if graph.node_name(view.node(end)) == "Promise" => "promise of then()",
        _ if graph.node_name(view.node(end)) == "AsyncContextFrame" => "async context",
        _ => "reaction",
    };
    let end = waiting_function(view, end).unwrap_or(end);
    Some((Reference::Words(words), end - at))
}

/// Where V8's function that resumes an async function leads to what it resumes.
fn waiting_function(view: View, at: usize) -> Option<usize> {
    let is_resume = view.graph.node_kind(view.node(at)) == NodeKind::Closure
        && view.is_internal(at, "context")
        && view.is_internal(at + 1, "extension")
        && is_waiting(view.graph, view.node(at + 2));
    is_resume.then_some(at + 2)
}

/// Whether the path leads from one of the functions that a promise's executor is given, or that
/// settle an async function's promise, to the promise.
fn is_settler(view: View, at: usize) -> bool {
    let graph = view.graph;
    let is_slot = |edge| {
        !matches!(
            graph.edge_kind(edge),
            EdgeKind::Context | EdgeKind::Property
        )
    };
    graph.node_kind(view.node(at)) == NodeKind::Closure
        && view.is_internal(at, "context")
        && view.edge(at + 1).is_some_and(is_slot)
        && is_object(graph, view.node(at + 2), "Promise")
}

fn is_reaction(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph
        .node_name(node)
        .starts_with("system / PromiseReaction")
}

/// Whether a node is an async function or generator between two of its steps.
fn is_waiting(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_kind(node) == NodeKind::Object
        && internal(graph, node, "parameters_and_registers").is_some()
}

pub fn describe(graph: &HeapGraph, node: NodeIndex) -> Option<Known> {
    if is_waiting(graph, node) {
        let function = internal(graph, node, "function")?;
        let name = match graph.node_name(function) {
            "" => "async function".to_owned(),
            name => format!("async function {name}"),
        };
        return Some(Known::new(name, Leaking::Unknown, "it waits"));
    }
    is_object(graph, node, "AsyncContextFrame").then(|| Known::unsure("async context"))
}
