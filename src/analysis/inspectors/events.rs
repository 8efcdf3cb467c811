//! Listeners of event emitters and event targets.
#![forbid(unsafe_code)]

use super::collections::map_key;
use super::folding::{Reference, View};
use super::lookup::property;
use super::names::Key;
use super::{Known, Step};
use crate::snapshot::{EdgeKind, EdgeLabel, HeapGraph};

/// From an emitter to a listener, through its table of events and the list of one event.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    if view.is_property(at, "<symbol kEvents>") {
        return target_listener(view, at);
    }
    if !view.is_property(at, "_events") {
        return None;
    }
    let graph = view.graph;
    let edge = view.edge(at + 1)?;
    let (EdgeKind::Property, EdgeLabel::Name(event)) =
        (graph.edge_kind(edge), graph.edge_label(edge))
    else {
        return None;
    };
    let key = if graph.is_dictionary(view.node(at + 1)) {
        Key::Primitive
    } else {
        Key::Name(event)
    };
    let list = at + 2;
    let is_in_list = graph.node_name(view.node(list)) == "Array"
        && view
            .edge(list)
            .is_some_and(|edge| graph.edge_kind(edge) == EdgeKind::Element);
    Some((Reference::Listener(key), if is_in_list { 3 } else { 2 }))
}

/// An `EventTarget` keeps a Map from the event to a list of listeners.
fn target_listener(view: View, at: usize) -> Option<(Reference, usize)> {
    if !view.is_internal(at + 1, "table") {
        return None;
    }
    let key = map_key(view, at + 2)?;
    let mut end = at + 3;
    while view.is_property(end, "next") {
        end += 1;
    }
    if view.is_property(end, "callback") || view.is_property(end, "listener") {
        end += 1;
    }
    Some((Reference::Listener(key), end - at))
}

/// Lists of listeners, when the path ends at one.
pub fn describe(graph: &HeapGraph, step: &Step) -> Option<Known> {
    let node = step.node;
    if matches!(step.reference, Reference::Listener(_)) && graph.node_name(node) == "Array" {
        let listeners = graph
            .edges(node)
            .filter(|&edge| graph.edge_kind(edge) == EdgeKind::Element)
            .count();
        return Some(Known::unsure(format!("{listeners} listeners")));
    }
    (graph.node_name(node) == "Object" && property(graph, node, "_events").is_some())
        .then(|| Known::unsure("event emitter"))
}
