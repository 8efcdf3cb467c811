//! Servers, sockets and HTTP messages.
#![forbid(unsafe_code)]

use super::lookup::{is_null, is_object, is_true, property};
use super::{Known, Leaking};
use crate::snapshot::{HeapGraph, NodeIndex, NodeKind};

pub fn describe(graph: &HeapGraph, node: NodeIndex) -> Option<Known> {
    if graph.node_kind(node) != NodeKind::Object {
        return None;
    }
    match graph.node_name(node) {
        "Server" | "Http2Server" | "Http2SecureServer" if has_handle_slot(graph, node) => {
            Some(server(graph, node))
        }
        "Socket" | "TLSSocket" if property(graph, node, "_readableState").is_some() => {
            Some(socket(graph, node))
        }
        "ServerResponse" if is_finished_response(graph, node) => Some(Known::new(
            "HTTP response",
            Leaking::Yes,
            "the response is finished",
        )),
        "ServerResponse" => Some(Known::new(
            "HTTP response",
            Leaking::Unknown,
            "the response is not finished",
        )),
        "IncomingMessage" => Some(message(graph, node)),
        _ => None,
    }
}

/// Whether all of a response has been handed over to the system.
pub fn is_finished_response(graph: &HeapGraph, node: NodeIndex) -> bool {
    let is_detached = is_null(graph, node, "socket") || is_null(graph, node, "<symbol kSocket>");
    is_true(graph, node, "finished") && (is_detached || is_true(graph, node, "destroyed"))
}

fn has_handle_slot(graph: &HeapGraph, node: NodeIndex) -> bool {
    property(graph, node, "_handle").is_some()
}

fn server(graph: &HeapGraph, node: NodeIndex) -> Known {
    if is_null(graph, node, "_handle") {
        Known::new("server", Leaking::Unknown, "it does not listen")
    } else {
        Known::new("server", Leaking::No, "it is listening")
    }
}

fn socket(graph: &HeapGraph, node: NodeIndex) -> Known {
    // A socket that was not yet connected has no handle either, but no server gave it out.
    let has_no_handle = is_null(graph, node, "_handle") || is_null(graph, node, "<symbol kHandle>");
    let is_of_server =
        property(graph, node, "_server").is_some() && !is_null(graph, node, "_server");
    if has_no_handle && (is_of_server || is_true(graph, node, "_hadError")) {
        return Known::new("socket", Leaking::Yes, "its connection is closed");
    }
    Known::unsure("socket")
}

fn message(graph: &HeapGraph, node: NodeIndex) -> Known {
    let name = "HTTP message";
    // Node.js discards the rest of a request once the response is finished; a server may be told to
    // do so with empty requests at once, while the response is still to come.
    if is_true(graph, node, "_dumped") && !is_in_progress(graph, node) {
        return Known::new(name, Leaking::Yes, "nobody will read the rest of it");
    }
    let is_socket =
        |&node: &NodeIndex| is_object(graph, node, "Socket") || is_object(graph, node, "TLSSocket");
    let connection = property(graph, node, "socket").filter(is_socket);
    match connection.map(|node| socket(graph, node).verdict.leaking) {
        Some(Leaking::Yes) => Known::new(name, Leaking::Yes, "its connection is closed"),
        _ => Known::unsure(name),
    }
}

/// Whether the connection's current exchange is this message's.
fn is_in_progress(graph: &HeapGraph, node: NodeIndex) -> bool {
    property(graph, node, "socket")
        .and_then(|socket| property(graph, socket, "_httpMessage"))
        .and_then(|response| property(graph, response, "req"))
        == Some(node)
}
