//! Entries of WeakMaps: V8 draws the value twice, once from the map's table and once from the key,
//! and says only in the name of the edges that the two belong together.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::bits::Bits;
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeId, NodeIndex, StringId};

/// What the name of an edge says about the entry it belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WeakMapEdge {
    /// The same number for the two edges of one entry.
    pub entry: u32,
    /// The id of the table that holds the entry, if an id can be that large.
    pub table: Option<NodeId>,
}

/// The strings of a heap that name edges of WeakMap entries.
#[derive(Debug)]
pub struct WeakMapEdges {
    is_name: Bits,
    edges: HashMap<StringId, WeakMapEdge>,
}

impl WeakMapEdges {
    /// Looks through the string table.
    pub fn find(graph: &HeapGraph) -> Self {
        let mut is_name = Bits::new(graph.strings().len());
        let mut edges = HashMap::new();
        let mut entries = HashMap::new();
        for (id, text) in graph.strings().iter() {
            if let Some((entry, table)) = parse(text) {
                let next = entries.len() as u32;
                let entry = *entries.entry(entry).or_insert(next);
                is_name.insert(id.index());
                edges.insert(id, WeakMapEdge { entry, table });
            }
        }
        Self { is_name, edges }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// What the name of an internal edge says, if it is one of a WeakMap entry.
    #[inline(always)]
    pub fn get(&self, name: StringId) -> Option<WeakMapEdge> {
        if !self.is_name.contains(name.index()) {
            return None;
        }
        self.edges.get(&name).copied()
    }

    /// Whether an edge is the one that a table draws to the value of its own entry. It alone keeps nothing
    /// alive.
    #[inline(always)]
    pub fn is_from_table(&self, graph: &HeapGraph, node: NodeIndex, edge: EdgeIndex) -> bool {
        if graph.edge_kind(edge) != EdgeKind::Internal {
            return false;
        }
        let EdgeLabel::Name(name) = graph.edge_label(edge) else {
            return false;
        };
        self.get(name)
            .is_some_and(|entry| entry.table == Some(graph.node_id(node)))
    }
}

/// Splits `12 / part of key (K @5) -> value (V @7) pair in WeakMap (table @9)` into what both edges
/// of the entry have in common, everything behind the first number, and the table.
///
/// Names of keys and values may hold anything but line breaks, even what looks like this pattern.
fn parse(name: &str) -> Option<(&str, Option<NodeId>)> {
    let is_candidate = name.ends_with(')') && name.starts_with(|c: char| c.is_ascii_digit());
    if !is_candidate {
        return None;
    }
    let entry = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = entry.strip_prefix(" / part of key (")?.strip_suffix(')')?;
    let (rest, table) = split_number(rest)?;
    let rest = rest.strip_suffix(") pair in WeakMap (table @")?;
    let (rest, _value) = split_number(rest)?;
    let rest = rest.strip_suffix(" @")?;
    let has_key = rest
        .match_indices(") -> value (")
        .any(|(at, _)| split_number(&rest[..at]).is_some_and(|(key, _)| key.ends_with(" @")));
    if !has_key || name.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    Some((entry, table.parse().ok().map(NodeId)))
}

/// Cuts the digits off the end, of which there must be one at least.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then(|| text.split_at(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_entry_gives_its_table() {
        let name = "3 / part of key (A (x @1) @5) -> value (B @7) pair in WeakMap (table @9)";
        let (entry, table) = parse(name).unwrap();
        assert_eq!(entry, &name[1..]);
        assert_eq!(table, Some(NodeId(9)));
    }

    #[test]
    fn other_names_are_no_entries() {
        for name in [
            "",
            "12)",
            "x / part of key (A @5) -> value (B @7) pair in WeakMap (table @9)",
            "1 / part of key (A @) -> value (B @7) pair in WeakMap (table @9)",
            "1 / part of key (A @5) -> value (B @7) pair in WeakMap (table @)",
            "1 / part of key (A\n @5) -> value (B @7) pair in WeakMap (table @9)",
            "1 / part of key (A @5) -> value (B @7) pair in WeakMap (table @9) ",
        ] {
            assert_eq!(parse(name), None, "{name:?}");
        }
    }
}
