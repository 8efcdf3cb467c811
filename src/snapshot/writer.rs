//! A heap graph as a `.heapsnapshot` file, as V8 writes them and Chrome DevTools opens them.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};

use super::graph::HeapGraph;
use super::kind::{EdgeKind, NodeKind};
use super::redaction::StringText;

/// Writes the graph as a `.heapsnapshot`.
///
/// Strings stay as they are, so [`HeapGraph::redact`] comes first where they must not; a lone surrogate that reading replaced is not restored.
///
/// # Errors
///
/// What the destination answers.
pub fn write_snapshot(graph: &HeapGraph, destination: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(destination);
    write_header(graph, &mut out)?;
    write_nodes(graph, &mut out)?;
    write_edges(graph, &mut out)?;
    out.write_all(b"\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n")?;
    write_locations(graph, &mut out)?;
    write_strings(graph, &mut out)?;
    out.write_all(b"}\n")?;
    out.flush()
}

/// Where the header says that strings were taken out, as no V8 does.
pub const STRING_TEXT: &str = "memwatch_strings";

/// Fields that each node has in the files that are written here.
const NODE_FIELDS: u64 = 7;

fn write_header(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let node_types: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.name()).collect();
    let edge_types: Vec<&str> = EdgeKind::ALL.iter().map(|kind| kind.name()).collect();
    let extra = match graph.extra_native_bytes() {
        0 => String::new(),
        bytes => format!(",\"extra_native_bytes\":{bytes}"),
    };
    let string_text = match graph.string_text() {
        StringText::Full => String::new(),
        less => format!(",\"{STRING_TEXT}\":\"{}\"", less.name()),
    };
    // `{:?}` of these names is JSON: they hold nothing that either would escape.
    writeln!(
        out,
        "{{\"snapshot\":{{\"meta\":{{\
         \"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\"trace_node_id\",\
         \"detachedness\"],\
         \"node_types\":[{node_types:?},\"string\",\"number\",\"number\",\"number\",\"number\",\
         \"number\"],\
         \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\
         \"edge_types\":[{edge_types:?},\"string_or_number\",\"node\"],\
         \"trace_function_info_fields\":[],\"trace_node_fields\":[],\
         \"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],\
         \"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]}},\
         \"root_index\":{},\"node_count\":{},\"edge_count\":{},\"trace_function_count\":0{extra}{string_text}}},",
        u64::from(graph.root().0) * NODE_FIELDS,
        graph.node_count(),
        graph.edge_count(),
    )
}

fn write_nodes(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"nodes\":[")?;
    for node in graph.nodes() {
        let separator = if node.0 == 0 { "" } else { "," };
        writeln!(
            out,
            "{separator}{},{},{},{},{},0,{}",
            graph.node_kind(node) as u8,
            graph.node_name_id(node).0,
            graph.node_id(node).0,
            graph.shallow_size(node),
            graph.edge_range(node).len(),
            graph.detachedness().get(node.index()).unwrap_or(&0),
        )?;
    }
    out.write_all(b"],\n")
}

fn write_edges(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"edges\":[")?;
    for (at, kind) in graph.edge_kinds.iter().enumerate() {
        let separator = if at == 0 { "" } else { "," };
        let target = u64::from(graph.edge_targets[at].0) * NODE_FIELDS;
        let label = graph.edge_labels[at];
        writeln!(out, "{separator}{},{label},{target}", *kind as u8)?;
    }
    out.write_all(b"],\n")
}

fn write_locations(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"locations\":[")?;
    for (at, location) in graph.locations().iter().enumerate() {
        let separator = if at == 0 { "" } else { "," };
        writeln!(
            out,
            "{separator}{},{},{},{}",
            u64::from(location.node.0) * NODE_FIELDS,
            location.script_id,
            location.line,
            location.column
        )?;
    }
    out.write_all(b"],\n")
}

fn write_strings(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"strings\":[")?;
    for (id, text) in graph.strings().iter() {
        if id.0 > 0 {
            out.write_all(b",\n")?;
        }
        write_string(text, out)?;
    }
    out.write_all(b"]")
}

fn write_string(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_all(&text.as_bytes()[plain..at])?;
        plain = at + 1;
        match byte {
            b'"' | b'\\' => out.write_all(&[b'\\', byte])?,
            _ => write!(out, "\\u{byte:04x}")?,
        }
    }
    out.write_all(&text.as_bytes()[plain..])?;
    out.write_all(b"\"")
}
