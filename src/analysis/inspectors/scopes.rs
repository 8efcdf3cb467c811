//! Functions and the variables they close over.
#![forbid(unsafe_code)]

use super::folding::{Reference, View};
use super::lookup::internal;
use super::names::stable_file_name;
use super::{Known, Leaking, Step};
use crate::snapshot::{EdgeKind, EdgeLabel, HeapGraph, NodeIndex, NodeKind};

/// How V8 calls the variables of one call of a function.
const CONTEXT: &str = "system / Context";

/// From a function, or from a scope, to a variable or to the scope of a module.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    let graph = view.graph;
    let mut end = at;
    if graph.node_kind(view.node(at)) == NodeKind::Closure {
        if !view.is_internal(at, "context") {
            return None;
        }
        end += 1;
    } else if !is_scope(graph, view.node(at)) {
        return None;
    }
    while view.is_internal(end, "previous") && is_scope(graph, view.node(end + 1)) {
        end += 1;
    }
    let scope = view.node(end);
    if end > at && (view.is_end(end) || is_module_scope(graph, scope)) {
        return Some((Reference::Scope, end - at));
    }
    let edge = view.edge(end)?;
    match (graph.edge_kind(edge), graph.edge_label(edge)) {
        (EdgeKind::Context, EdgeLabel::Name(variable)) => {
            let is_module = is_module_scope(graph, scope);
            let scope = (!is_module).then(|| function_name(graph, scope)).flatten();
            let scope = scope.map(str::to_owned);
            Some((Reference::Variable { variable, scope }, end + 1 - at))
        }
        _ if end > at => Some((Reference::Scope, end - at)),
        _ => None,
    }
}

/// A module's scope lives as long as the module; functions are known by where they stand.
pub fn describe(graph: &HeapGraph, steps: &[Step], at: usize) -> Option<Known> {
    let node = steps[at].node;
    if graph.node_kind(node) == NodeKind::Closure {
        let location = graph.location(node)?;
        let file = file_name(graph, node)?;
        let name = super::names::class_name(graph, node);
        let line = u64::from(location.line) + 1;
        return Some(Known::unsure(format!("{name} at {file}:{line}")));
    }
    if !is_scope(graph, node) || !is_module_scope(graph, node) {
        return None;
    }
    let before = at.checked_sub(1).map(|before| steps[before].node);
    let file = before
        .and_then(|closure| file_name(graph, closure))
        .or_else(|| file_name_of_scope(graph, node));
    let Some(file) = file else {
        let reason = "the scope of a module lives as long as the module";
        return Some(Known::new("scope of a module", Leaking::No, reason));
    };
    let reason = if file.starts_with("node:") {
        "a part of Node.js"
    } else {
        "variables of a module live as long as the module"
    };
    let known = Known::new(format!("scope of module {file}"), Leaking::No, reason);
    Some(known.with_stable_name(format!("scope of module {}", stable_file_name(file))))
}

fn is_scope(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.node_name(node) == CONTEXT
}

/// Whether nothing but the program itself surrounds the scope.
fn is_module_scope(graph: &HeapGraph, scope: NodeIndex) -> bool {
    internal(graph, scope, "previous").is_some_and(|outer| {
        let name = graph.node_name(outer);
        name.starts_with("system / NativeContext") || name.starts_with("system / ScriptContext")
    })
}

/// The function whose variables a scope holds. V8 keeps the name behind those of the variables.
fn function_name(graph: &HeapGraph, scope: NodeIndex) -> Option<&str> {
    let info = internal(graph, scope, "scope_info")?;
    let texts = graph
        .edges(info)
        .filter(|&edge| graph.edge_kind(edge) == EdgeKind::Hidden)
        .filter_map(|edge| graph.flat_text(graph.edge_target(edge)));
    let name = texts.last().filter(|name| !name.is_empty())?;
    let is_variable =
        |edge| graph.edge_kind(edge) == EdgeKind::Context && graph.edge_name(edge) == Some(name);
    (!graph.edges(scope).any(is_variable)).then_some(name)
}

/// The file a function is defined in.
pub fn file_name(graph: &HeapGraph, closure: NodeIndex) -> Option<&str> {
    let shared = internal(graph, closure, "shared")?;
    let script = internal(graph, shared, "script")
        .or_else(|| internal(graph, shared, "script_or_debug_info"))?;
    match graph.node_name(script) {
        name if name.is_empty() || name.starts_with("system /") => None,
        // The rest is the program itself.
        name if name.starts_with("data:") => Some("data: URL"),
        name => Some(name),
    }
}

/// The file in which the functions stand that a scope's variables hold and that were made there.
fn file_name_of_scope(graph: &HeapGraph, scope: NodeIndex) -> Option<&str> {
    graph
        .edges(scope)
        .filter(|&edge| graph.edge_kind(edge) == EdgeKind::Context)
        .map(|edge| graph.edge_target(edge))
        .filter(|&node| internal(graph, node, "context") == Some(scope))
        .find_map(|closure| file_name(graph, closure))
}
