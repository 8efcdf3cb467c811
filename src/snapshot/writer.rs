//! A heap graph as a `.heapsnapshot` file, as V8 writes them and Chrome DevTools opens them.
#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write};

use super::graph::{EdgeLabel, HeapGraph};
use super::index::StringId;
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
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, destination);
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

const BUFFER_BYTES: usize = 1 << 20;
/// Numbers of a row, each with what separates it from the one before: at most 20 digits.
const ROW_BYTES: usize = 8 * 21;
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
        let detachedness = graph.detachedness().get(node.index());
        let row = [
            graph.node_kind(node) as u64,
            graph.node_name_id(node).0.into(),
            graph.node_id(node).0.into(),
            graph.shallow_size(node),
            graph.edge_count_of(node) as u64,
            0,
            (*detachedness.unwrap_or(&0)).into(),
        ];
        write_row(node.0 == 0, row, out)?;
    }
    out.write_all(b"],\n")
}

fn write_edges(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"edges\":[")?;
    let mut is_first = true;
    for edge in graph.nodes().flat_map(|node| graph.edges(node)) {
        let (EdgeLabel::Name(StringId(label)) | EdgeLabel::Index(label)) = graph.edge_label(edge);
        let target = u64::from(graph.edge_target(edge).0) * NODE_FIELDS;
        write_row(
            is_first,
            [graph.edge_kind(edge) as u64, label.into(), target],
            out,
        )?;
        is_first = false;
    }
    out.write_all(b"],\n")
}

fn write_locations(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"locations\":[")?;
    for (at, location) in graph.locations().iter().enumerate() {
        let row = [
            u64::from(location.node.0) * NODE_FIELDS,
            location.script_id.into(),
            location.line.into(),
            location.column.into(),
        ];
        write_row(at == 0, row, out)?;
    }
    out.write_all(b"],\n")
}

/// Numbers that belong together, on a line of their own. There are as many as a heap has edges: the standard library takes three
/// times as long.
#[inline(always)]
fn write_row<const N: usize>(
    is_first: bool,
    row: [u64; N],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut bytes = [b','; ROW_BYTES];
    let mut end = usize::from(!is_first);
    let mut digits = itoa::Buffer::new();
    for number in row {
        let text = digits.format(number).as_bytes();
        bytes[end..end + text.len()].copy_from_slice(text);
        end += text.len() + 1;
    }
    bytes[end - 1] = b'\n';
    out.write_all(&bytes[..end])
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
