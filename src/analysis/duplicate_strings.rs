//! Strings that the heap holds more than once.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use crate::error::Error;
use crate::snapshot::{CUT_UNITS, HeapGraph, NodeIndex, Phase, Sizes, StringId, Watch};

/// Equal strings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DuplicateStrings {
    pub text: StringId,
    /// All nodes that hold this text.
    pub nodes: Vec<NodeIndex>,
    pub shallow_bytes: u64,
    /// What keeping only the first would free.
    pub wasted_bytes: u64,
    /// Whether the snapshot may hold only the beginning of the text, so that the strings may differ.
    pub is_cut: bool,
}

/// Groups of flat strings with the same text, the most wasteful first. Strings of different lengths
/// are never equal, which their sizes tell even where their text is cut.
///
/// Concatenated and sliced strings are left out: the snapshot has no text of theirs.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes) time; memory for the strings of the heap.
pub fn duplicate_strings(
    graph: &HeapGraph,
    sizes: &Sizes,
    watch: &dyn Watch,
) -> Result<Vec<DuplicateStrings>, Error> {
    let mut groups: HashMap<(&str, u64), Vec<NodeIndex>> = HashMap::new();
    for node in graph.nodes() {
        watch.check_each(Phase::Search, node.index(), graph.node_count())?;
        // Strings without a size are V8's way to write numbers into a snapshot.
        let Some(text) = graph.flat_text(node).filter(|_| sizes.bytes(node) > 0) else {
            continue;
        };
        let length_class = if is_cut(text) { sizes.bytes(node) } else { 0 };
        groups.entry((text, length_class)).or_default().push(node);
    }
    let mut duplicates: Vec<DuplicateStrings> = groups
        .into_iter()
        .filter(|(_, nodes)| nodes.len() > 1)
        .map(|((text, _), nodes)| {
            let bytes = nodes.iter().map(|&node| sizes.bytes(node));
            let shallow_bytes = bytes.fold(0, u64::saturating_add);
            DuplicateStrings {
                text: graph.node_name_id(nodes[0]),
                shallow_bytes,
                wasted_bytes: shallow_bytes - sizes.bytes(nodes[0]),
                is_cut: is_cut(text),
                nodes,
            }
        })
        .collect();
    duplicates.sort_by_key(|group| (std::cmp::Reverse(group.wasted_bytes), group.nodes[0]));
    Ok(duplicates)
}

fn is_cut(text: &str) -> bool {
    text.len() >= CUT_UNITS && text.encode_utf16().nth(CUT_UNITS - 1).is_some()
}
