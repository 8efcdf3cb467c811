//! The global object, `process`, and the modules.
#![forbid(unsafe_code)]

use super::folding::{Reference, View, is_internal_node};
use super::lookup::{has_properties, is_object, property};
use super::names::stable_file_name;
use super::{Known, Leaking, Step};
use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, NodeKind};

/// From a module to one that it was the first to require, and from an ES module to its scope.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    let is = |at, class| is_object(view.graph, view.node(at), class);
    let is_child = is(at, "Module")
        && view.is_property(at, "children")
        && !view.is_end(at + 1)
        && is(at + 2, "Module");
    if is_child {
        return Some((Reference::Words("required module"), 2));
    }
    // V8 runs the body of an ES module as a generator.
    let mut end = at + 1;
    while !view.is_end(end) && is_internal_node(view.graph, view.node(end)) {
        end += 1;
    }
    let is_wrap = is(at, "ModuleWrap") && is(end, "Generator") && view.is_internal(end, "context");
    is_wrap.then_some((Reference::Scope, end + 1 - at))
}

/// What leads to Node's own modules, to `process` and to lists of timers is Node's own, and so is
/// one step.
pub fn shorten_start(graph: &HeapGraph, steps: &mut Vec<Step>) {
    let is_node = |step: &Step| {
        let scope = step.stable_name.as_deref();
        is_object(graph, step.node, "TimersList")
            || is_object(graph, step.node, "process")
            || scope.is_some_and(|name| name.starts_with("scope of module node:"))
    };
    let Some(at) = steps.iter().rposition(is_node) else {
        return;
    };
    steps.drain(..at);
    let first = &mut steps[0];
    first.edges = 0..first.edges.end;
    first.reference = Reference::Words("Node.js");
}

/// Whether a node is the global object or its stand-in.
pub fn is_global(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_kind(node) == NodeKind::Object && graph.node_name(node).starts_with("global")
}

pub fn describe(graph: &HeapGraph, step: &Step) -> Option<Known> {
    let node = step.node;
    if step.reference == Reference::Global {
        return Some(Known::new(
            "global object",
            Leaking::No,
            "the global object lives as long as the process",
        ));
    }
    if graph.node_kind(node) != NodeKind::Object {
        return None;
    }
    if graph.node_name(node) == "process" {
        return Some(Known::new(
            "",
            Leaking::No,
            "`process` lives as long as the process",
        ));
    }
    if is_object(graph, node, "Module") && has_properties(graph, node, &["exports", "id"]) {
        return Some(module(graph, node));
    }
    if is_object(graph, node, "ModuleWrap") {
        return Some(Known::new("ES module", Leaking::No, "modules stay loaded"));
    }
    if is_module_cache(graph, node) {
        return Some(Known::new(
            "module cache",
            Leaking::No,
            "modules stay loaded",
        ));
    }
    None
}

fn module(graph: &HeapGraph, node: NodeIndex) -> Known {
    let reason = "modules stay loaded";
    let file = property(graph, node, "filename").and_then(|name| graph.flat_text(name));
    match file {
        Some(file) => Known::new(format!("module {file}"), Leaking::No, reason)
            .with_stable_name(format!("module {}", stable_file_name(file))),
        None => Known::new("", Leaking::No, reason),
    }
}

/// Whether an object holds a module under each module's own file name.
fn is_module_cache(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_name(node) == "Object"
        && graph
            .edges(node)
            .filter(|&edge| graph.edge_kind(edge) == EdgeKind::Property)
            .filter(|&edge| {
                let target = graph.edge_target(edge);
                is_object(graph, target, "Module")
                    && property(graph, target, "filename")
                        .and_then(|name| graph.flat_text(name))
                        .is_some_and(|file| graph.edge_name(edge) == Some(file))
            })
            .take(1)
            .count()
            == 1
}
