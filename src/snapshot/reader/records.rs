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
type Record = [u64; MAX_FIELDS];

/// Columns that records of one section are added to.
pub trait Columns: Default + Send {
    /// How the section's records are laid out.
    type Layout: Sync;

    fn fields(layout: &Self::Layout) -> usize;

    /// Adds the records of a block.
    fn parse(&mut self, block: &Block, layout: &Self::Layout) -> Result<(), Error>;

    /// Adds what another set of columns holds.
    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error>;

    /// Forgets everything and keeps the memory.
    fn clear(&mut self);

    /// Makes room for this many records more.
    fn reserve(&mut self, additional: usize);

    fn shrink_to_fit(&mut self);
}

/// Nodes, without the strings and edges they refer to.
#[derive(Default)]
pub struct NodeColumns {
    pub kinds: Vec<NodeKind>,
    pub names: Vec<StringId>,
    pub ids: Vec<NodeId>,
    pub shallow_sizes: Sizes,
    /// Where each node's edges end, counted from the first node of these columns.
    pub edge_ends: Vec<u32>,
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

    fn fields(layout: &NodeLayout) -> usize {
        layout.fields
    }

    fn parse(&mut self, block: &Block, layout: &NodeLayout) -> Result<(), Error> {
        let mut edges = self.edge_ends.last().copied().unwrap_or(0);
        for_each_record("nodes", layout.fields, block, |record, offset| {
            let kind = usize::try_from(record[layout.kind % MAX_FIELDS]).unwrap_or(usize::MAX);
            let Some(&kind) = layout.kinds.get(kind) else {
                return Err(unknown_type("nodes", offset, layout.kinds.len(), kind));
            };
            let narrow = |field: usize| narrow("nodes", record[field % MAX_FIELDS], offset);
            let name = narrow(layout.name)?;
            let id = narrow(layout.id)?;
            edges = edges
                .checked_add(narrow(layout.edge_count)?)
                .ok_or_else(|| too_many_edges(offset))?;
            self.kinds.push(kind);
            self.names.push(StringId(name));
            self.max_name = self.max_name.max(name);
            self.ids.push(NodeId(id));
            self.shallow_sizes
                .push(record[layout.shallow_size % MAX_FIELDS]);
            self.edge_ends.push(edges);
            if let Some(field) = layout.detachedness {
                self.detachedness
                    .push(u8::try_from(record[field % MAX_FIELDS]).unwrap_or(0));
            }
            Ok(())
        })
    }

    fn append(&mut self, other: &Self, offset: u64) -> Result<(), Error> {
        let base = self.edge_ends.last().copied().unwrap_or(0);
        let added = other.edge_ends.last().copied().unwrap_or(0);
        if base.checked_add(added).is_none() {
            return Err(too_many_edges(offset));
        }
        self.kinds.extend_from_slice(&other.kinds);
        self.names.extend_from_slice(&other.names);
        self.ids.extend_from_slice(&other.ids);
        self.shallow_sizes.append(&other.shallow_sizes);
        self.edge_ends
            .extend(other.edge_ends.iter().map(|end| base + end));
        self.detachedness.extend_from_slice(&other.detachedness);
        self.max_name = self.max_name.max(other.max_name);
        Ok(())
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.names.clear();
        self.ids.clear();
        self.shallow_sizes.clear();
        self.edge_ends.clear();
        self.detachedness.clear();
        self.max_name = 0;
    }

    fn reserve(&mut self, additional: usize) {
        self.kinds.reserve_exact(additional);
        self.names.reserve_exact(additional);
        self.ids.reserve_exact(additional);
        self.shallow_sizes.reserve(additional);
        self.edge_ends.reserve_exact(additional);
        self.detachedness.reserve_exact(additional);
    }

    fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.names.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.shallow_sizes.shrink_to_fit();
        self.edge_ends.shrink_to_fit();
        self.detachedness.shrink_to_fit();
    }
}

impl Columns for EdgeColumns {
    type Layout = EdgeLayout;

    fn fields(layout: &EdgeLayout) -> usize {
        layout.fields
    }

    fn parse(&mut self, block: &Block, layout: &EdgeLayout) -> Result<(), Error> {
        let to_node = NodeDivisor::new(layout.node_fields);
        for_each_record("edges", layout.fields, block, |record, offset| {
            let kind = usize::try_from(record[layout.kind % MAX_FIELDS]).unwrap_or(usize::MAX);
            let Some(&kind) = layout.kinds.get(kind) else {
                return Err(unknown_type("edges", offset, layout.kinds.len(), kind));
            };
            let label = narrow("edges", record[layout.label % MAX_FIELDS], offset)?;
            let target = to_node.node("edges", record[layout.target % MAX_FIELDS], offset)?;
            if !kind.has_index() {
                self.max_name = self.max_name.max(label);
            }
            self.max_target = self.max_target.max(target.0);
            self.kinds.push(kind);
            self.labels.push(label);
            self.targets.push(target);
            Ok(())
        })
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

    fn fields(layout: &LocationLayout) -> usize {
        layout.fields
    }

    fn parse(&mut self, block: &Block, layout: &LocationLayout) -> Result<(), Error> {
        let to_node = NodeDivisor::new(layout.node_fields);
        for_each_record("locations", layout.fields, block, |record, offset| {
            let narrow = |field: usize| narrow("locations", record[field % MAX_FIELDS], offset);
            let node = to_node.node("locations", record[layout.node % MAX_FIELDS], offset)?;
            self.max_node = self.max_node.max(node.0);
            self.all.push(Location {
                node,
                script_id: narrow(layout.script_id)?,
                line: narrow(layout.line)?,
                column: narrow(layout.column)?,
            });
            Ok(())
        })
    }

    fn append(&mut self, other: &Self, _offset: u64) -> Result<(), Error> {
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

/// Calls `take` with every record of a block and the offset where it ends.
fn for_each_record(
    section: &'static str,
    fields: usize,
    block: &Block,
    take: impl FnMut(&Record, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    // The counts that V8 writes, as constants: the compiler then unrolls the loop over fields.
    match fields {
        3 => records_of(section, 3, block, take),
        4 => records_of(section, 4, block, take),
        5 => records_of(section, 5, block, take),
        6 => records_of(section, 6, block, take),
        7 => records_of(section, 7, block, take),
        _ => records_of(section, fields, block, take),
    }
}

#[inline(always)]
fn records_of(
    section: &'static str,
    fields: usize,
    block: &Block,
    mut take: impl FnMut(&Record, u64) -> Result<(), Error>,
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
        take(&record, block.offset + at as u64)?;
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

#[cold]
fn unknown_type(section: &'static str, offset: u64, known: usize, found: usize) -> Error {
    Error::SnapshotInconsistent {
        section,
        offset,
        expected: format!("one of the {known} types in meta"),
        found: format!("type {found}"),
    }
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

#[inline(always)]
fn narrow(section: &'static str, value: u64, offset: u64) -> Result<u32, Error> {
    u32::try_from(value)
        .map_err(|_| too_large(section, offset, u64::from(u32::MAX), value.to_string()))
}

/// Turns the position of a node's first field into the node, without a division.
struct NodeDivisor {
    fields: u64,
    /// 2^64 / fields, rounded up: multiplying by it and keeping the upper half divides exactly for
    /// every dividend up to 2^32 * fields, since fields * fields * 2^32 < 2^64 for 32 fields.
    reciprocal: u128,
}

impl NodeDivisor {
    fn new(fields: usize) -> Self {
        let fields = fields as u64;
        Self {
            fields,
            reciprocal: (1u128 << 64).div_ceil(u128::from(fields)),
        }
    }

    #[inline(always)]
    fn node(&self, section: &'static str, field: u64, offset: u64) -> Result<NodeIndex, Error> {
        let node = if field <= u64::from(u32::MAX) * 32 {
            ((u128::from(field) * self.reciprocal) >> 64) as u64
        } else {
            field / self.fields
        };
        if node * self.fields != field {
            return Err(Error::SnapshotInconsistent {
                section,
                offset,
                expected: format!("the first of {} fields of a node", self.fields),
                found: format!("field {field}"),
            });
        }
        Ok(NodeIndex(narrow(section, node, offset)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dividing_by_multiplying_agrees_with_dividing() {
        for fields in 1..=MAX_FIELDS {
            let divisor = NodeDivisor::new(fields);
            let last = u64::from(u32::MAX);
            for node in [0, 1, 2, 1000, 123_456_789, last - 1, last] {
                let field = node * fields as u64;
                let found = divisor.node("edges", field, 0).unwrap();
                assert_eq!(u64::from(found.0), node, "{field} / {fields}");
                assert_eq!(
                    divisor.node("edges", field + 1, 0).is_ok(),
                    fields == 1 && node < last
                );
            }
        }
    }
}
