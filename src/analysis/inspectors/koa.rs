//! Koa: the application, and what it makes for each request.
#![forbid(unsafe_code)]

use super::lookup::{has_properties, property};
use super::network::is_finished_response;
use super::{Known, Leaking};
use crate::snapshot::{HeapGraph, NodeIndex, NodeKind};

pub fn describe(graph: &HeapGraph, node: NodeIndex) -> Option<Known> {
    if graph.node_kind(node) != NodeKind::Object {
        return None;
    }
    if has_properties(
        graph,
        node,
        &["middleware", "context", "request", "response"],
    ) {
        return Some(Known::new(
            "Koa application",
            Leaking::No,
            "the application lives as long as the process",
        ));
    }
    if !has_properties(graph, node, &["app", "req", "res"]) {
        return None;
    }
    let name = if has_properties(graph, node, &["request", "response"]) {
        "Koa context"
    } else if has_properties(graph, node, &["ctx", "response"]) {
        "Koa request"
    } else if has_properties(graph, node, &["ctx", "request"]) {
        "Koa response"
    } else {
        return None;
    };
    let response = property(graph, node, "res")?;
    Some(if is_finished_response(graph, response) {
        Known::new(name, Leaking::Yes, "its response is finished")
    } else {
        Known::new(name, Leaking::Unknown, "its response is not finished")
    })
}
