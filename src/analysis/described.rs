//! Nodes, edges and paths as results show them. The name of a string node is the string's content, so names are
//! replaced by what they stand for unless the caller asks for contents.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::distances::{Distances, SYSTEM_DISTANCE};
use super::heap_analysis::HeapAnalysis;
use super::inspectors::{DescribedPath, Leaking, Step, class_name, describe_path};
use super::retainer_paths::RetainerPath;
use crate::snapshot::{
    EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeId, NodeIndex, NodeKind, length_label,
    text_length,
};

/// In the names that V8 gives to the entries of WeakMaps, which hold the names of key and value.
const WEAK_MAP_ENTRY: &str = " / part of key (";

/// Whether results may hold what the strings of the heap hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StringContents {
    #[default]
    Hidden,
    Shown,
}

/// One node, for people and programs that have no graph.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct NodeSummary {
    pub id: NodeId,
    pub name: String,
    pub kind: NodeKind,
    pub shallow_bytes: u64,
    pub retained_bytes: u64,
    /// Edges from the program's roots; none where only V8's own roots lead, or nothing.
    pub distance: Option<u32>,
}

/// How one node refers to another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EdgeSummary {
    /// Elements have their index.
    pub name: String,
    pub kind: EdgeKind,
}

/// Why a node is still there: the references from a root to it, in the words of the program.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PathSummary {
    /// None at the root itself.
    pub steps: Vec<StepSummary>,
    /// The same for the same leak in every process; none when no reference is suspect.
    pub fingerprint: Option<String>,
}

/// One step of a path: a reference and the object it leads to.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct StepSummary {
    /// The reference, as JavaScript would write it where it could.
    pub edge: String,
    pub class: String,
    /// What the object is known as, where that says more than its class.
    pub known_as: Option<String>,
    pub node: NodeSummary,
    pub leaking: Leaking,
    /// Why; empty when nothing tells.
    pub reason: String,
    /// Whether the reference may be the one that should have been cut.
    pub is_suspect: bool,
    /// Steps before this one that repeated those above them and were left out.
    pub left_out: usize,
}

/// What a node is called.
fn node_name(
    graph: &HeapGraph,
    classes: &Classes,
    node: NodeIndex,
    contents: StringContents,
) -> String {
    let kind = graph.node_kind(node);
    let name = graph.node_name(node);
    let generic = || format!("({})", kind.name());
    match kind {
        _ if node == graph.root() => "(root)".to_owned(),
        NodeKind::ConcatenatedString | NodeKind::SlicedString => generic(),
        _ if contents == StringContents::Shown && !name.is_empty() => name.to_owned(),
        NodeKind::String => match graph.flat_text(node) {
            Some(text) => length_label(kind, text_length(text)),
            None => name.to_owned(),
        },
        NodeKind::RegExp
        | NodeKind::Number
        | NodeKind::Symbol
        | NodeKind::BigInt
        | NodeKind::Other => generic(),
        // Without the attributes that elements have in their names.
        NodeKind::Object | NodeKind::Native if !name.is_empty() => {
            classes.name(classes.class_of(node)).to_owned()
        }
        _ if name.is_empty() => generic(),
        _ => name.to_owned(),
    }
}

/// What is known of a node.
pub fn node_summary(
    graph: &HeapGraph,
    analysis: &HeapAnalysis,
    distances: &Distances,
    node: NodeIndex,
    contents: StringContents,
) -> NodeSummary {
    let distance = distances.distance(node);
    NodeSummary {
        id: graph.node_id(node),
        name: node_name(graph, &analysis.classes, node, contents),
        kind: graph.node_kind(node),
        shallow_bytes: analysis.sizes.bytes(node),
        retained_bytes: analysis.retained.bytes(node),
        distance: distance.filter(|&distance| distance < SYSTEM_DISTANCE),
    }
}

/// What an edge is called.
pub fn edge_summary(graph: &HeapGraph, edge: EdgeIndex, contents: StringContents) -> EdgeSummary {
    let name = match graph.edge_label(edge) {
        EdgeLabel::Index(index) => index.to_string(),
        EdgeLabel::Name(name) => {
            let name = graph.strings().text(name);
            let tells_more = name.contains(WEAK_MAP_ENTRY);
            match contents {
                StringContents::Hidden if tells_more => "(WeakMap entry)".to_owned(),
                _ => name.to_owned(),
            }
        }
    };
    EdgeSummary {
        name,
        kind: graph.edge_kind(edge),
    }
}

/// What a path says; `summary` tells of a node.
pub fn path_summary(
    graph: &HeapGraph,
    path: &RetainerPath,
    contents: StringContents,
    summary: impl Fn(NodeIndex) -> NodeSummary,
) -> PathSummary {
    let DescribedPath { steps, fingerprint } = describe_path(graph, path);
    let step = |step: Step| StepSummary {
        edge: step
            .reference
            .text(graph, contents == StringContents::Shown),
        class: class_name(graph, step.node),
        known_as: step.known_as,
        node: summary(step.node),
        leaking: step.verdict.leaking,
        reason: step.verdict.reason.into_owned(),
        is_suspect: step.is_suspect,
        left_out: step.left_out,
    };
    PathSummary {
        steps: steps.into_iter().map(step).collect(),
        fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, Unwatched};

    #[test]
    fn a_name_that_is_content_is_shown_only_on_demand() {
        let mut heap = Builder::new();
        let nodes = [
            (NodeKind::String, "sécret", "(string of 6 characters)"),
            (NodeKind::RegExp, "sécret", "(regexp)"),
            (NodeKind::Symbol, "sécret", "(symbol)"),
            (NodeKind::Other, "sécret", "(other)"),
            (NodeKind::Native, "<p id=\"sécret\">", "<p>"),
            (NodeKind::Object, "Map", "Map"),
            (NodeKind::Closure, "listen", "listen"),
            (NodeKind::Array, "", "(array)"),
        ]
        .map(|(kind, name, expected)| (heap.add_node(kind, name, 1, 8), name, expected));
        let key = "1 / part of key (Object @3) -> value (sécret @5) pair in WeakMap (table @7)";
        heap.add_edge(nodes[5].0, EdgeKind::Internal, key, nodes[0].0);
        let graph = heap.build();
        let classes = Classes::of(&graph, &Unwatched).unwrap();
        for (node, name, expected) in nodes {
            let hidden = node_name(&graph, &classes, node, StringContents::Hidden);
            assert_eq!(hidden, expected);
            if !name.is_empty() {
                let shown = node_name(&graph, &classes, node, StringContents::Shown);
                assert_eq!(shown, name);
            }
        }
        let edge = EdgeIndex::new(0);
        let name = |contents| edge_summary(&graph, edge, contents).name;
        assert_eq!(name(StringContents::Hidden), "(WeakMap entry)");
        assert_eq!(name(StringContents::Shown), key);
    }

    #[test]
    fn a_string_that_may_have_been_cut_says_so() {
        let mut heap = Builder::new();
        let long = heap.add_node(NodeKind::String, &"x".repeat(1024), 1, 8);
        let graph = heap.build();
        let classes = Classes::of(&graph, &Unwatched).unwrap();
        assert_eq!(
            node_name(&graph, &classes, long, StringContents::Hidden),
            "(string of 1024 characters or more)"
        );
    }
}
