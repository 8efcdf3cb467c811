//! A `.heapsnapshot` file to a heap graph, in one pass over any source of bytes, plain or gzip.
//!
//! Only the file's own `meta` is trusted for where fields stand and what types are called, so that
//! files of every V8 load. The input is untrusted: what comes out is a graph or a typed error.
#![forbid(unsafe_code)]

mod header;
mod input;
mod json;
mod node_fields;
mod pipeline;
mod records;
mod source;
mod text;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::thread;

use self::header::Header;
use self::input::Input;
use self::json::{read_list, read_value, skip_value};
use self::pipeline::Reading;
use self::records::{
    EdgeColumns, EdgeFacts, LocationColumns, LocationFacts, NodeColumns, NodeFacts,
};
use self::text::{read_string, read_strings};
use super::graph::HeapGraph;
use super::index::{NodeId, NodeIndex, StringId};
use super::location::Locations;
use super::shared_edges::SharedEdges;
use super::sizes::Sizes;
use super::strings::Strings;
use super::watch::Watch;
use crate::error::Error;

/// How to read a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Length of the source in bytes, compressed if it is, zero when it is not known. Bounds what is
    /// reserved ahead.
    pub total_bytes: u64,
    /// Threads that parse; zero means one for each core, four at most.
    pub threads: usize,
}

/// The sections of a file, as far as they have been read.
#[derive(Default)]
struct Sections {
    header: Option<Header>,
    nodes: Option<(NodeColumns, NodeFacts)>,
    edges: Option<(EdgeColumns, EdgeFacts)>,
    locations: Option<(LocationColumns, LocationFacts)>,
    strings: Option<Strings>,
}

/// Reads a `.heapsnapshot` file, plain or compressed by gzip, whatever it is called.
///
/// # Errors
///
/// As [`read_snapshot`], and [`Error::Io`] when the file cannot be opened.
pub fn read_file(path: &Path, watch: &dyn Watch) -> Result<HeapGraph, Error> {
    let failed = |action| {
        move |source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        }
    };
    let file = File::open(path).map_err(failed("open"))?;
    let total_bytes = file.metadata().map_err(failed("inspect"))?.len();
    let options = ReadOptions {
        total_bytes,
        ..ReadOptions::default()
    };
    read_snapshot(file, options, watch)
}

/// Reads a snapshot from any source of bytes; the source needs no buffer of its own. The threads
/// that parse take turns reading it.
///
/// # Errors
///
/// One of the `Snapshot` errors, with the section and the byte offset, when the input is truncated,
/// damaged, foreign, contradicts itself, holds more than 2^32 nodes, edges or strings, or expands to
/// more than a hundred times its length and 64 MiB; [`Error::Cancelled`] when `watch` asks for it.
///
/// # Complexity
///
/// O(bytes) time; about 17 bytes a node, 9 an edge, and the strings.
pub fn read_snapshot<R: Read + Send>(
    source: R,
    options: ReadOptions,
    watch: &dyn Watch,
) -> Result<HeapGraph, Error> {
    let threads = match options.threads {
        0 => thread::available_parallelism().map_or(1, |cores| cores.get().min(4)),
        threads => threads,
    };
    let reading = Reading {
        threads,
        total_bytes: options.total_bytes,
        watch,
    };
    let mut input = Input::new(source)?;
    match input.peek_token()? {
        Some(b'{') => {}
        Some(byte) => {
            return Err(Error::SnapshotForeign {
                section: input.section,
                offset: input.offset(),
                expected: "'{'",
                found: format!("'{}'", byte.escape_ascii()),
            });
        }
        None => return Err(input.unexpected(None, "'{'")),
    }
    let mut sections = Sections::default();
    read_list(&mut input, b'}', |input| {
        sections.read_member(input, &reading)
    })?;
    input.section = "end";
    let offset = input.offset();
    input.finish(|input| reading.report(input))?;
    sections.into_graph(offset)
}

impl Sections {
    fn read_member<R: Read + Send>(
        &mut self,
        input: &mut Input<R>,
        reading: &Reading<'_>,
    ) -> Result<(), Error> {
        input.section = "top level";
        let mut name = String::new();
        read_string(input, &mut name, Some(input.offset() + 1024))?;
        input.expect(b':', "':'")?;
        match name.as_str() {
            "snapshot" => {
                input.section = "header";
                let offset = input.offset();
                let json = read_value(input)?;
                self.header = Some(Header::from_json(&json, offset)?);
            }
            "nodes" => {
                input.section = "nodes";
                let header = self.header_for(input)?;
                input.expect(b'[', "'['")?;
                let (layout, count) = (&header.nodes, header.node_count);
                self.nodes = Some(reading.read_columns(input, layout, count)?);
            }
            "edges" => {
                input.section = "edges";
                let header = self.header_for(input)?;
                input.expect(b'[', "'['")?;
                let (layout, count) = (&header.edges, header.edge_count);
                self.edges = Some(reading.read_columns(input, layout, count)?);
            }
            "locations" => {
                input.section = "locations";
                match &self.header_for(input)?.locations {
                    Some(layout) => {
                        input.expect(b'[', "'['")?;
                        self.locations = Some(reading.read_columns(input, layout, 0)?);
                    }
                    None => skip_value(input)?,
                }
            }
            "strings" => {
                input.section = "strings";
                self.strings = Some(read_strings(input, reading)?);
            }
            _ => {
                input.section = "sections that are not needed";
                skip_value(input)?;
            }
        }
        Ok(())
    }

    fn header_for<R: Read>(&self, input: &Input<R>) -> Result<&Header, Error> {
        self.header.as_ref().ok_or_else(|| Error::SnapshotForeign {
            section: input.section,
            offset: input.offset(),
            expected: "\"snapshot\" before everything else",
            found: format!("\"{}\"", input.section),
        })
    }

    /// Puts the sections together once they are seen to agree.
    fn into_graph(self, offset: u64) -> Result<HeapGraph, Error> {
        let missing = |section, expected| Error::SnapshotForeign {
            section,
            offset,
            expected,
            found: "none".to_owned(),
        };
        let header = self
            .header
            .ok_or_else(|| missing("header", "\"snapshot\""))?;
        let (nodes, of_nodes) = self.nodes.ok_or_else(|| missing("nodes", "\"nodes\""))?;
        let (edges, of_edges) = self.edges.ok_or_else(|| missing("edges", "\"edges\""))?;
        let strings = self
            .strings
            .ok_or_else(|| missing("strings", "\"strings\""))?;
        let (locations, of_locations) = self.locations.unwrap_or_default();

        let differ = |section, expected: String, found: String| Error::SnapshotInconsistent {
            section,
            offset,
            expected,
            found,
        };
        let (node_count, edge_count) = (nodes.kinds.len(), edges.kinds.len());
        // One less than 2^32: `u32::MAX` marks "none" in columns of nodes.
        if node_count == 0 || node_count >= u32::MAX as usize {
            let expected = "between 1 and 2^32 - 2 nodes".to_owned();
            return Err(differ("nodes", expected, node_count.to_string()));
        }
        let owned = of_nodes.edge_count as usize;
        if owned != edge_count {
            let expected = format!("the {owned} edges that its nodes claim");
            return Err(differ("edges", expected, edge_count.to_string()));
        }
        for (section, max_node, is_empty) in [
            ("edges", of_edges.max_target, edge_count == 0),
            ("locations", of_locations.max_node, locations.all.is_empty()),
        ] {
            if !is_empty && max_node as usize >= node_count {
                let expected = format!("one of {node_count} nodes");
                return Err(differ(section, expected, format!("node {max_node}")));
            }
        }
        let max_name = of_nodes.max_name.max(of_edges.max_name);
        if max_name as usize >= strings.len() {
            let expected = format!("one of {} strings", strings.len());
            return Err(differ("strings", expected, format!("string {max_name}")));
        }
        let root = header.root_field / header.nodes.fields as u64;
        let root = match usize::try_from(root) {
            Ok(root) if root < node_count => NodeIndex::new(root),
            _ => {
                let expected = format!("a root among {node_count} nodes");
                return Err(differ("header", expected, format!("node {root}")));
            }
        };
        let wide_sizes = of_nodes.wide_sizes.into_iter();
        let wide_sizes = wide_sizes.map(|(row, bytes)| (NodeIndex::new(row).0, bytes));
        // Wrapping a column's integers costs nothing: it keeps its memory.
        Ok(HeapGraph {
            node_kinds: nodes.kinds,
            node_names: nodes.names.into_iter().map(StringId).collect(),
            node_ids: nodes.ids.into_iter().map(NodeId).collect(),
            shallow_sizes: Sizes::from_columns(nodes.narrow_sizes, wide_sizes.collect()),
            detachedness: nodes.detachedness,
            first_edges: first_edges(nodes.edge_counts),
            edge_kinds: edges.kinds,
            edge_labels: edges.labels,
            edge_targets: edges.targets.into_iter().map(NodeIndex).collect(),
            shared: SharedEdges::default(),
            strings,
            locations: Locations::new(locations.all),
            root,
            extra_native_bytes: header.extra_native_bytes,
            string_text: header.string_text,
        })
    }
}

/// Where the edges of each node begin, and where those of the last one end.
fn first_edges(edge_counts: Vec<u32>) -> Vec<u32> {
    let mut first_edges = edge_counts;
    let mut next = 0;
    for first in &mut first_edges {
        next += std::mem::replace(first, next);
    }
    first_edges.reserve_exact(1);
    first_edges.push(next);
    first_edges
}
