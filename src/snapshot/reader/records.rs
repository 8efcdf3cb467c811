//! Integer arrays into columns: the loop that most of a file goes through.
#![forbid(unsafe_code)]

use super::header::{EdgeLayout, LocationLayout, MAX_FIELDS, NodeLayout};
use super::input::{Block, is_blank, unexpected_byte};
use crate::error::Error;
use crate::snapshot::index::{NodeId, NodeIndex, StringId};
use crate::snapshot::kind::{EdgeKind, NodeKind};
use crate::snapshot::location::Location;
use crate::snapshot::sizes::Sizes;

/// One record: its integers, in the file's order.
pub type Record = [u64; MAX_FIELDS];

/// Columns that records of one section are added to.
pub trait Columns: Default + Send {
    /// How the section's records are laid out.
    type Layout: Sync;

    const SECTION: &'static str;

    fn fields(layout: &Self::Layout) -> usize;

    /// Adds a record that ends at `offset`.
    fn push(&mut self, record: &Record, layout: &Self::Layout, offset: u64) -> Result<(), Error>;

    /// Adds what another set of columns holds.
    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error>;

    /// Forgets everything and keeps the memory.
    fn clear(&mut self);

    /// Makes room for this many records more.
    fn reserve(&mut self, additional: usize);

    fn shrink_to_fit(&mut self);

    /// Adds the records of a block.
    fn parse(&mut self, block: &Block, layout: &Self::Layout) -> Result<(), Error> {
        // The counts that V8 writes, as constants: the compiler then unrolls the loop over fields.
        match Self::fields(layout) {
            3 => push_records(self, 3, block, layout),
            4 => push_records(self, 4, block, layout),
            5 => push_records(self, 5, block, layout),
            6 => push_records(self, 6, block, layout),
            7 => push_records(self, 7, block, layout),
            fields => push_records(self, fields, block, layout),
        }
    }
}

/// Nodes, without the strings and edges they refer to.
#[derive(Default)]
pub struct NodeColumns {
    pub kinds: Vec<NodeKind>,
    pub names: Vec<StringId>,
    pub ids: Vec<NodeId>,
    pub shallow_sizes: Sizes,
    /// Where each node's edges begin, counted from the first node of these columns.
    pub first_edges: Vec<u32>,
    /// How many edges all nodes have.
    pub edge_count: u32,
    pub detachedness: Vec<u8>,
    /// The largest string that is named, if there is any.
    pub max_name: u32,
}

/// Edges, without the strings and nodes they refer to.
#[derive(Default)]
pub struct EdgeColumns {
    pub kinds: Vec<EdgeKind>,
    pub labels: Vec<u32>,
    pub targets: Vec<NodeIndex>,
    pub max_name: u32,
    pub max_target: u32,
}

/// Locations, in the file's order.
#[derive(Default)]
pub struct LocationColumns {
    pub all: Vec<Location>,
    pub max_node: u32,
}

impl Columns for NodeColumns {
    type Layout = NodeLayout;

    const SECTION: &'static str = "nodes";

    fn fields(layout: &NodeLayout) -> usize {
        layout.fields
    }

    #[inline(always)]
    fn push(&mut self, record: &Record, layout: &NodeLayout, offset: u64) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let narrow = |at: usize| narrow(Self::SECTION, field(at), offset);
        let kind = known_type(Self::SECTION, &layout.kinds, field(layout.kind), offset)?;
        let name = narrow(layout.name)?;
        let id = narrow(layout.id)?;
        let first_edge = self.edge_count;
        self.edge_count = first_edge
            .checked_add(narrow(layout.edge_count)?)
            .ok_or_else(|| too_many_edges(offset))?;
        self.kinds.push(kind);
        self.names.push(StringId(name));
        self.max_name = self.max_name.max(name);
        self.ids.push(NodeId(id));
        self.shallow_sizes.push(field(layout.shallow_size));
        self.first_edges.push(first_edge);
        if let Some(at) = layout.detachedness {
            self.detachedness.push(u8::try_from(field(at)).unwrap_or(0));
        }
        Ok(())
    }

    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error> {
        let base = self.edge_count;
        self.edge_count = base
            .checked_add(other.edge_count)
            .ok_or_else(|| too_many_edges(offset))?;
        self.kinds.extend_from_slice(&other.kinds);
        self.names.extend_from_slice(&other.names);
        self.ids.extend_from_slice(&other.ids);
        self.shallow_sizes.append(&other.shallow_sizes);
        self.first_edges
            .extend(other.first_edges.iter().map(|first| base + first));
        self.detachedness.extend_from_slice(&other.detachedness);
        self.max_name = self.max_name.max(other.max_name);
        Ok(())
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.names.clear();
        self.ids.clear();
        self.shallow_sizes.clear();
        self.first_edges.clear();
        self.detachedness.clear();
        (self.edge_count, self.max_name) = (0, 0);
    }

    fn reserve(&mut self, additional: usize) {
        self.kinds.reserve_exact(additional);
        self.names.reserve_exact(additional);
        self.ids.reserve_exact(additional);
        self.shallow_sizes.reserve(additional);
        // One more: where the last node's edges end.
        self.first_edges.reserve_exact(additional + 1);
        self.detachedness.reserve_exact(additional);
    }

    fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.names.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.shallow_sizes.shrink_to_fit();
        self.first_edges.shrink_to_fit();
        self.detachedness.shrink_to_fit();
    }
}

impl Columns for EdgeColumns {
    type Layout = EdgeLayout;

    const SECTION: &'static str = "edges";

    fn fields(layout: &EdgeLayout) -> usize {
        layout.fields
    }

    #[inline(always)]
    fn push(&mut self, record: &Record, layout: &EdgeLayout, offset: u64) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let kind = known_type(Self::SECTION, &layout.kinds, field(layout.kind), offset)?;
        let label = narrow(Self::SECTION, field(layout.label), offset)?;
        let target = layout
            .nodes
            .node_at(Self::SECTION, field(layout.target), offset)?;
        if !kind.has_index() {
            self.max_name = self.max_name.max(label);
        }
        self.max_target = self.max_target.max(target.0);
        self.kinds.push(kind);
        self.labels.push(label);
        self.targets.push(target);
        Ok(())
    }

    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error> {
        if u32::try_from(self.targets.len() + other.targets.len()).is_err() {
            return Err(too_many_edges(offset));
        }
        self.kinds.extend_from_slice(&other.kinds);
        self.labels.extend_from_slice(&other.labels);
        self.targets.extend_from_slice(&other.targets);
        self.max_name = self.max_name.max(other.max_name);
        self.max_target = self.max_target.max(other.max_target);
        Ok(())
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.labels.clear();
        self.targets.clear();
        (self.max_name, self.max_target) = (0, 0);
    }

    fn reserve(&mut self, additional: usize) {
        self.kinds.reserve_exact(additional);
        self.labels.reserve_exact(additional);
        self.targets.reserve_exact(additional);
    }

    fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.labels.shrink_to_fit();
        self.targets.shrink_to_fit();
    }
}

impl Columns for LocationColumns {
    type Layout = LocationLayout;

    const SECTION: &'static str = "locations";

    fn fields(layout: &LocationLayout) -> usize {
        layout.fields
    }

    #[inline(always)]
    fn push(&mut self, record: &Record, layout: &LocationLayout, offset: u64) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let narrow = |at: usize| narrow(Self::SECTION, field(at), offset);
        let node = layout
            .nodes
            .node_at(Self::SECTION, field(layout.node), offset)?;
        self.max_node = self.max_node.max(node.0);
        self.all.push(Location {
            node,
            script_id: narrow(layout.script_id)?,
            line: narrow(layout.line)?,
            column: narrow(layout.column)?,
        });
        Ok(())
    }

    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error> {
        if u32::try_from(self.all.len() + other.all.len()).is_err() {
            let limit = u64::from(u32::MAX);
            let found = "more locations".to_owned();
            return Err(too_large(Self::SECTION, offset, limit, found));
        }
        self.all.extend_from_slice(&other.all);
        self.max_node = self.max_node.max(other.max_node);
        Ok(())
    }

    fn clear(&mut self) {
        self.all.clear();
        self.max_node = 0;
    }

    fn reserve(&mut self, additional: usize) {
        self.all.reserve_exact(additional);
    }

    fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
    }
}

/// Adds all records of a block.
#[inline(always)]
fn push_records<C: Columns>(
    columns: &mut C,
    fields: usize,
    block: &Block,
    layout: &C::Layout,
) -> Result<(), Error> {
    // Whole records, then a comma or bracket: every loop below stops before the end of the slice.
    let bytes = block.bytes();
    let mut record: Record = [0; MAX_FIELDS];
    let mut at = skip_blanks(bytes, 0);
    if block.is_first && bytes.get(at) == Some(&b']') {
        return Ok(());
    }
    while at < bytes.len() {
        for (field, slot) in record.iter_mut().enumerate().take(fields) {
            // V8 writes white space before one comma in each record and nowhere else.
            if digit(bytes, at).is_none() {
                at = skip_blanks(bytes, at);
            }
            let start = at;
            let mut value = 0u64;
            while let Some(digit) = digit(bytes, at) {
                value = value.wrapping_mul(10).wrapping_add(digit);
                at += 1;
            }
            // Nineteen digits always fit.
            if at == start || at - start > 19 {
                return Err(no_integer(C::SECTION, block, start, at));
            }
            *slot = value;
            if bytes.get(at) != Some(&b',') {
                at = skip_blanks(bytes, at);
                let is_end = field + 1 == fields && block.is_last && at + 1 == bytes.len();
                let separator = if is_end { b']' } else { b',' };
                if bytes.get(at) != Some(&separator) {
                    return Err(no_separator(C::SECTION, block, at));
                }
            }
            at += 1;
        }
        columns.push(&record, layout, block.offset + at as u64)?;
    }
    Ok(())
}

#[inline(always)]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

#[inline(always)]
fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| is_blank(byte)) {
        at += 1;
    }
    at
}

#[cold]
fn no_integer(section: &'static str, block: &Block, start: usize, at: usize) -> Error {
    let offset = block.offset + start as u64;
    match block.bytes().get(at) {
        Some(&byte) if at == start => unexpected_byte(section, offset, "an integer", byte),
        _ => too_large(section, offset, u64::MAX, "a longer integer".to_owned()),
    }
}

#[cold]
fn no_separator(section: &'static str, block: &Block, at: usize) -> Error {
    let offset = block.offset + at as u64;
    let byte = block.bytes().get(at).copied().unwrap_or(b']');
    unexpected_byte(section, offset, "the next integer of a record", byte)
}

/// What the number of a type stands for.
#[inline(always)]
fn known_type<K: Copy>(
    section: &'static str,
    kinds: &[K],
    number: u64,
    offset: u64,
) -> Result<K, Error> {
    let kind = usize::try_from(number).ok().and_then(|at| kinds.get(at));
    kind.copied().ok_or_else(|| Error::SnapshotInconsistent {
        section,
        offset,
        expected: format!("one of the {} types in meta", kinds.len()),
        found: format!("type {number}"),
    })
}

#[cold]
fn too_large(section: &'static str, offset: u64, limit: u64, found: String) -> Error {
    Error::SnapshotTooLarge {
        section,
        offset,
        limit,
        found,
    }
}

#[cold]
fn too_many_edges(offset: u64) -> Error {
    let limit = u64::from(u32::MAX);
    too_large("nodes", offset, limit, "more edges".to_owned())
}

/// A value that must fit a column.
#[inline(always)]
pub fn narrow(section: &'static str, value: u64, offset: u64) -> Result<u32, Error> {
    u32::try_from(value)
        .map_err(|_| too_large(section, offset, u64::from(u32::MAX), value.to_string()))
}
