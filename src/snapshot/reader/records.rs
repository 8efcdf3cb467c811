//! Integer arrays into columns: the loop that most of a file goes through.
#![forbid(unsafe_code)]

use super::header::{EdgeLayout, LocationLayout, MAX_FIELDS, NodeLayout};
use super::input::{Block, is_blank, unexpected_byte};
use crate::error::Error;
use crate::snapshot::kind::{EdgeKind, NodeKind};
use crate::snapshot::location::Location;
use crate::snapshot::sizes::Sizes;

/// One record: its integers, in the file's order.
pub type Record = [u64; MAX_FIELDS];

/// Columns that hold the records of one section, a row each.
pub trait Columns: Default {
    /// How the section's records are laid out.
    type Layout: Sync;
    /// Rows in a piece, for one thread to fill.
    type Rows<'a>: Rows<Layout = Self::Layout, Facts = Self::Facts> + Send
    where
        Self: 'a;
    /// What is known of all records together.
    type Facts: Default + Send;

    const SECTION: &'static str;

    fn fields(layout: &Self::Layout) -> usize;

    fn len(&self) -> usize;

    /// Makes the columns this long; rows that are new hold zeros, which an empty column gets from
    /// the system without touching them.
    fn resize(&mut self, length: usize, layout: &Self::Layout);

    /// The rows from this one on.
    fn rows_from(&mut self, first: usize) -> Self::Rows<'_>;

    /// Adds what other rows told. All end before `offset`.
    fn add_facts(facts: &mut Self::Facts, more: Self::Facts, offset: u64) -> Result<(), Error>;

    fn shrink_to_fit(&mut self);
}

/// Some rows of the columns of a section.
pub trait Rows: Sized {
    type Layout;
    type Facts;

    const SECTION: &'static str;

    fn len(&self) -> usize;

    /// Takes the first rows off these.
    fn split_off(&mut self, length: usize) -> Self;

    /// Fills a row with a record that ends at `offset`.
    fn set(
        &mut self,
        row: usize,
        record: &Record,
        layout: &Self::Layout,
        facts: &mut Self::Facts,
        offset: u64,
    ) -> Result<(), Error>;

    /// Fills all rows with the records of a block.
    fn parse(
        &mut self,
        block: &Block,
        fields: usize,
        layout: &Self::Layout,
        facts: &mut Self::Facts,
    ) -> Result<(), Error> {
        // The counts that V8 writes, as constants: the compiler then unrolls the loop over fields.
        match fields {
            3 => fill(self, 3, block, layout, facts),
            4 => fill(self, 4, block, layout, facts),
            5 => fill(self, 5, block, layout, facts),
            6 => fill(self, 6, block, layout, facts),
            7 => fill(self, 7, block, layout, facts),
            fields => fill(self, fields, block, layout, facts),
        }
    }
}

/// Nodes, without the strings and edges they refer to.
#[derive(Default)]
pub struct NodeColumns {
    pub kinds: Vec<NodeKind>,
    pub names: Vec<u32>,
    pub ids: Vec<u32>,
    /// As [`Sizes`] keep them; the wide ones are among the facts.
    pub narrow_sizes: Vec<u32>,
    pub edge_counts: Vec<u32>,
    /// Empty when the file does not say.
    pub detachedness: Vec<u8>,
}

pub struct NodeRows<'a> {
    first_row: usize,
    kinds: &'a mut [NodeKind],
    names: &'a mut [u32],
    ids: &'a mut [u32],
    narrow_sizes: &'a mut [u32],
    edge_counts: &'a mut [u32],
    detachedness: &'a mut [u8],
}

#[derive(Default)]
pub struct NodeFacts {
    /// The largest string that is named, if there is any.
    pub max_name: u32,
    /// How many edges all nodes have.
    pub edge_count: u64,
    /// Sizes that do not fit the column, by row.
    pub wide_sizes: Vec<(usize, u64)>,
}

/// Edges, without the strings and nodes they refer to.
#[derive(Default)]
pub struct EdgeColumns {
    pub kinds: Vec<EdgeKind>,
    pub labels: Vec<u32>,
    pub targets: Vec<u32>,
}

pub struct EdgeRows<'a> {
    kinds: &'a mut [EdgeKind],
    labels: &'a mut [u32],
    targets: &'a mut [u32],
}

#[derive(Default)]
pub struct EdgeFacts {
    pub max_name: u32,
    pub max_target: u32,
}

/// Locations, in the file's order.
#[derive(Default)]
pub struct LocationColumns {
    pub all: Vec<Location>,
}

pub struct LocationRows<'a>(&'a mut [Location]);

#[derive(Default)]
pub struct LocationFacts {
    pub max_node: u32,
}

impl Columns for NodeColumns {
    type Layout = NodeLayout;
    type Rows<'a> = NodeRows<'a>;
    type Facts = NodeFacts;

    const SECTION: &'static str = "nodes";

    fn fields(layout: &NodeLayout) -> usize {
        layout.fields
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn resize(&mut self, length: usize, layout: &NodeLayout) {
        resize(&mut self.kinds, length, NodeKind::Other);
        resize(&mut self.names, length, 0);
        resize(&mut self.ids, length, 0);
        resize(&mut self.narrow_sizes, length, 0);
        resize(&mut self.edge_counts, length, 0);
        if layout.detachedness.is_some() {
            resize(&mut self.detachedness, length, 0);
        }
    }

    fn rows_from(&mut self, first: usize) -> NodeRows<'_> {
        let first_detachedness = first.min(self.detachedness.len());
        NodeRows {
            first_row: first,
            kinds: &mut self.kinds[first..],
            names: &mut self.names[first..],
            ids: &mut self.ids[first..],
            narrow_sizes: &mut self.narrow_sizes[first..],
            edge_counts: &mut self.edge_counts[first..],
            detachedness: &mut self.detachedness[first_detachedness..],
        }
    }

    fn add_facts(facts: &mut NodeFacts, more: NodeFacts, offset: u64) -> Result<(), Error> {
        facts.max_name = facts.max_name.max(more.max_name);
        facts.edge_count += more.edge_count;
        facts.wide_sizes.extend(more.wide_sizes);
        if u32::try_from(facts.edge_count).is_err() {
            return Err(too_many(Self::SECTION, offset, "more edges"));
        }
        Ok(())
    }

    fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.names.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.narrow_sizes.shrink_to_fit();
        self.edge_counts.shrink_to_fit();
        self.detachedness.shrink_to_fit();
    }
}

impl Rows for NodeRows<'_> {
    type Layout = NodeLayout;
    type Facts = NodeFacts;

    const SECTION: &'static str = NodeColumns::SECTION;

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn split_off(&mut self, length: usize) -> Self {
        let detached = length.min(self.detachedness.len());
        let first_row = self.first_row;
        self.first_row += length;
        Self {
            first_row,
            kinds: split_off(&mut self.kinds, length),
            names: split_off(&mut self.names, length),
            ids: split_off(&mut self.ids, length),
            narrow_sizes: split_off(&mut self.narrow_sizes, length),
            edge_counts: split_off(&mut self.edge_counts, length),
            detachedness: split_off(&mut self.detachedness, detached),
        }
    }

    #[inline(always)]
    fn set(
        &mut self,
        row: usize,
        record: &Record,
        layout: &NodeLayout,
        facts: &mut NodeFacts,
        offset: u64,
    ) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let narrow = |at: usize| narrow(Self::SECTION, field(at), offset);
        self.kinds[row] = known_type(Self::SECTION, &layout.kinds, field(layout.kind), offset)?;
        let name = narrow(layout.name)?;
        self.names[row] = name;
        facts.max_name = facts.max_name.max(name);
        self.ids[row] = narrow(layout.id)?;
        let bytes = field(layout.shallow_size);
        self.narrow_sizes[row] = Sizes::narrowed(bytes).unwrap_or_else(|| {
            facts.wide_sizes.push((self.first_row + row, bytes));
            Sizes::WIDE
        });
        let edges = narrow(layout.edge_count)?;
        self.edge_counts[row] = edges;
        facts.edge_count += u64::from(edges);
        if let Some(at) = layout.detachedness {
            self.detachedness[row] = u8::try_from(field(at)).unwrap_or(0);
        }
        Ok(())
    }
}

impl Columns for EdgeColumns {
    type Layout = EdgeLayout;
    type Rows<'a> = EdgeRows<'a>;
    type Facts = EdgeFacts;

    const SECTION: &'static str = "edges";

    fn fields(layout: &EdgeLayout) -> usize {
        layout.fields
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn resize(&mut self, length: usize, _layout: &EdgeLayout) {
        resize(&mut self.kinds, length, EdgeKind::Other);
        resize(&mut self.labels, length, 0);
        resize(&mut self.targets, length, 0);
    }

    fn rows_from(&mut self, first: usize) -> EdgeRows<'_> {
        EdgeRows {
            kinds: &mut self.kinds[first..],
            labels: &mut self.labels[first..],
            targets: &mut self.targets[first..],
        }
    }

    fn add_facts(facts: &mut EdgeFacts, more: EdgeFacts, _offset: u64) -> Result<(), Error> {
        facts.max_name = facts.max_name.max(more.max_name);
        facts.max_target = facts.max_target.max(more.max_target);
        Ok(())
    }

    fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.labels.shrink_to_fit();
        self.targets.shrink_to_fit();
    }
}

impl Rows for EdgeRows<'_> {
    type Layout = EdgeLayout;
    type Facts = EdgeFacts;

    const SECTION: &'static str = EdgeColumns::SECTION;

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn split_off(&mut self, length: usize) -> Self {
        Self {
            kinds: split_off(&mut self.kinds, length),
            labels: split_off(&mut self.labels, length),
            targets: split_off(&mut self.targets, length),
        }
    }

    #[inline(always)]
    fn set(
        &mut self,
        row: usize,
        record: &Record,
        layout: &EdgeLayout,
        facts: &mut EdgeFacts,
        offset: u64,
    ) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let kind = known_type(Self::SECTION, &layout.kinds, field(layout.kind), offset)?;
        let label = narrow(Self::SECTION, field(layout.label), offset)?;
        let target = layout
            .nodes
            .node_at(Self::SECTION, field(layout.target), offset)?;
        let name = if kind.has_index() { 0 } else { label };
        facts.max_name = facts.max_name.max(name);
        facts.max_target = facts.max_target.max(target.0);
        self.kinds[row] = kind;
        self.labels[row] = label;
        self.targets[row] = target.0;
        Ok(())
    }
}

impl Columns for LocationColumns {
    type Layout = LocationLayout;
    type Rows<'a> = LocationRows<'a>;
    type Facts = LocationFacts;

    const SECTION: &'static str = "locations";

    fn fields(layout: &LocationLayout) -> usize {
        layout.fields
    }

    fn len(&self) -> usize {
        self.all.len()
    }

    fn resize(&mut self, length: usize, _layout: &LocationLayout) {
        resize(&mut self.all, length, Location::default());
    }

    fn rows_from(&mut self, first: usize) -> LocationRows<'_> {
        LocationRows(&mut self.all[first..])
    }

    fn add_facts(
        facts: &mut LocationFacts,
        more: LocationFacts,
        _offset: u64,
    ) -> Result<(), Error> {
        facts.max_node = facts.max_node.max(more.max_node);
        Ok(())
    }

    fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
    }
}

impl Rows for LocationRows<'_> {
    type Layout = LocationLayout;
    type Facts = LocationFacts;

    const SECTION: &'static str = LocationColumns::SECTION;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn split_off(&mut self, length: usize) -> Self {
        Self(split_off(&mut self.0, length))
    }

    #[inline(always)]
    fn set(
        &mut self,
        row: usize,
        record: &Record,
        layout: &LocationLayout,
        facts: &mut LocationFacts,
        offset: u64,
    ) -> Result<(), Error> {
        let field = |at: usize| record[at % MAX_FIELDS];
        let narrow = |at: usize| narrow(Self::SECTION, field(at), offset);
        let node = layout
            .nodes
            .node_at(Self::SECTION, field(layout.node), offset)?;
        facts.max_node = facts.max_node.max(node.0);
        self.0[row] = Location {
            node,
            script_id: narrow(layout.script_id)?,
            line: narrow(layout.line)?,
            column: narrow(layout.column)?,
        };
        Ok(())
    }
}

fn resize<T: Clone>(column: &mut Vec<T>, length: usize, value: T) {
    if column.is_empty() {
        *column = vec![value; length];
    } else {
        column.resize(length, value);
    }
}

fn split_off<'a, T>(rows: &mut &'a mut [T], length: usize) -> &'a mut [T] {
    rows.split_off_mut(..length)
        .expect("a block takes rows that are there")
}

/// Fills all rows with all records of a block.
#[inline(always)]
fn fill<R: Rows>(
    rows: &mut R,
    fields: usize,
    block: &Block,
    layout: &R::Layout,
    facts: &mut R::Facts,
) -> Result<(), Error> {
    // Whole records, then a comma or bracket: reading stops before the end of the slice.
    let bytes = block.bytes();
    let mut record: Record = [0; MAX_FIELDS];
    let mut at = 0;
    for row in 0..block.records {
        at = match read_plain_record(bytes, at, fields, &mut record) {
            Some(next) => next,
            None => read_record(R::SECTION, block, at, fields, &mut record)?,
        };
        rows.set(row, &record, layout, facts, block.offset + at as u64)?;
    }
    at = skip_blanks(bytes, at);
    let is_empty_array = block.is_first && block.is_last && block.records == 0;
    if at == bytes.len() || is_empty_array && bytes.get(at) == Some(&b']') {
        return Ok(());
    }
    // The commas were counted, so what is left is no record; reading it tells what it is.
    match read_record(R::SECTION, block, at, fields, &mut record) {
        Err(error) => Err(error),
        Ok(end) => Err(no_separator(R::SECTION, block, end.min(bytes.len() - 1))),
    }
}

/// Reads a record as V8 writes it, with a comma behind each integer and a line break before the last
/// one; gives where the next record begins. Anything else is none.
#[inline(always)]
fn read_plain_record(
    bytes: &[u8],
    mut at: usize,
    fields: usize,
    record: &mut Record,
) -> Option<usize> {
    for (field, slot) in record.iter_mut().enumerate().take(fields) {
        let start = at;
        let mut value = 0u64;
        while let Some(digit) = digit(bytes, at) {
            value = value.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        // Nineteen digits always fit.
        if (at - start).wrapping_sub(1) > 18 {
            return None;
        }
        *slot = value;
        if field + 1 == fields && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
        if bytes.get(at) != Some(&b',') {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Reads any record; gives where the next one begins.
#[cold]
fn read_record(
    section: &'static str,
    block: &Block,
    mut at: usize,
    fields: usize,
    record: &mut Record,
) -> Result<usize, Error> {
    let bytes = block.bytes();
    for (field, slot) in record.iter_mut().enumerate().take(fields) {
        at = skip_blanks(bytes, at);
        let start = at;
        let mut value = 0u64;
        while let Some(digit) = digit(bytes, at) {
            value = value.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        // Nineteen digits always fit.
        if at == start || at - start > 19 {
            return Err(no_integer(section, block, start, at));
        }
        *slot = value;
        at = skip_blanks(bytes, at);
        let is_end = field + 1 == fields && block.is_last && at + 1 == bytes.len();
        let separator = if is_end { b']' } else { b',' };
        if bytes.get(at) != Some(&separator) {
            return Err(no_separator(section, block, at));
        }
        at += 1;
    }
    Ok(at)
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
pub fn too_many(section: &'static str, offset: u64, found: &str) -> Error {
    too_large(section, offset, u64::from(u32::MAX), found.to_owned())
}

/// A value that must fit a column.
#[inline(always)]
pub fn narrow(section: &'static str, value: u64, offset: u64) -> Result<u32, Error> {
    u32::try_from(value)
        .map_err(|_| too_large(section, offset, u64::from(u32::MAX), value.to_string()))
}
