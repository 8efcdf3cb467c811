//! Map, Set and WeakMap: V8 keeps their entries in a table of its own.
#![forbid(unsafe_code)]

use super::folding::{Reference, View};
use super::names::Key;
use crate::snapshot::{EdgeKind, EdgeLabel, HeapGraph, NodeId, NodeIndex};

/// Words of a table before its buckets: the numbers of entries, of deleted ones and of buckets.
const TABLE_PREFIX: u64 = 3;

/// What the slots of an entry are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Slot {
    MapKey,
    MapValue,
    SetValue,
}

/// From a collection to an entry, or from an array to an element.
pub fn reference(view: View, at: usize) -> Option<(Reference, usize)> {
    if let Some(key) = weak_key(view, at) {
        return Some((Reference::WeakMapValue(key), 1));
    }
    if view.is_internal(at, "elements") && !view.is_end(at + 1) {
        return Some((Reference::Element(view.index(at + 1)?), 2));
    }
    if !view.is_internal(at, "table") || view.is_end(at + 1) {
        return None;
    }
    if let Some(key) = weak_key(view, at + 1) {
        return Some((Reference::WeakMapValue(key), 2));
    }
    let index = view.index(at + 1)?;
    let reference = match slot(view.graph, view.node(at + 1), index) {
        Slot::MapKey => Reference::MapKey,
        Slot::SetValue => Reference::SetValue,
        Slot::MapValue => Reference::MapValue(map_key(view, at + 1)?),
    };
    Some((reference, 2))
}

/// The key beside the value that the edge at this position leads to from a Map's table.
pub fn map_key(view: View, at: usize) -> Option<Key> {
    let table = view.node(at);
    let before = view.index(at)?.checked_sub(1)?;
    Some(entry_at(view.graph, table, before).map_or(Key::Primitive, Key::Node))
}

fn entry_at(graph: &HeapGraph, table: NodeIndex, index: u32) -> Option<NodeIndex> {
    let is_there = |edge| match graph.edge_label(edge) {
        EdgeLabel::Index(found) => found == index,
        EdgeLabel::Name(name) => graph.strings().text(name).parse() == Ok(index),
    };
    let mut edges = graph.edges(table);
    edges
        .find(|&edge| graph.edge_kind(edge) != EdgeKind::Weak && is_there(edge))
        .map(|edge| graph.edge_target(edge))
}

/// What a slot of a table holds. The number of buckets, a power of two, follows from the size: a
/// bucket has two entries, of three words each in a Map and of two in a Set.
fn slot(graph: &HeapGraph, table: NodeIndex, index: u32) -> Slot {
    let words = (graph.shallow_size(table) / 8).saturating_sub(2 + TABLE_PREFIX);
    let buckets = |words_per_bucket: u64| {
        let buckets = words / words_per_bucket;
        (words.is_multiple_of(words_per_bucket) && buckets.is_power_of_two()).then_some(buckets)
    };
    let place = |buckets| u64::from(index).checked_sub(TABLE_PREFIX + buckets);
    if let Some(place) = buckets(7).and_then(place) {
        return if place % 3 == 0 {
            Slot::MapKey
        } else {
            Slot::MapValue
        };
    }
    if buckets(5).is_some() {
        return Slot::SetValue;
    }
    // Not laid out as known: a value stands behind its key.
    let is_key = index
        .checked_add(1)
        .is_some_and(|next| entry_at(graph, table, next).is_some());
    if is_key { Slot::MapKey } else { Slot::MapValue }
}

/// The key of a WeakMap's entry, which V8 names in the edges from table and key to the value.
fn weak_key(view: View, at: usize) -> Option<Key> {
    let edge = view.edge(at)?;
    if view.graph.edge_kind(edge) != EdgeKind::Internal {
        return None;
    }
    let (_, entry) = view.graph.edge_name(edge)?.split_once("part of key (")?;
    let (key, _) = entry.split_once(") -> value (")?;
    let (_, id) = key.rsplit_once('@')?;
    let node = view.graph.find_node(NodeId(id.trim().parse().ok()?));
    Some(node.map_or(Key::Primitive, Key::Node))
}
