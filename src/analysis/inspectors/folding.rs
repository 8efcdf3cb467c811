//! Groups the edges of a path into steps: what V8 keeps between an object and what it holds is no
//! step of its own.
#![forbid(unsafe_code)]

use super::names::Key;
use super::{Leaking, Step, Verdict};
use super::{async_work, collections, events, modules, scopes, timers};
use crate::analysis::RetainerPath;
use crate::snapshot::{
    EdgeIndex, EdgeKind, EdgeLabel, HeapGraph, NodeIndex, NodeKind, StringId, is_code_name,
};

/// How one object of a described path holds the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reference {
    /// The global object is a root.
    Global,
    /// One of V8's groups of roots, by its name.
    Root(Option<StringId>),
    Property(StringId),
    /// A property whose name is data.
    Key(Key),
    Element(u32),
    /// A variable of a function, which is named where it is known.
    Variable {
        variable: StringId,
        scope: Option<String>,
    },
    /// From a function to the scope it was made in.
    Scope,
    MapKey,
    MapValue(Key),
    SetValue,
    WeakMapValue(Key),
    Listener(Key),
    /// Several references that together are known by these words.
    Words(&'static str),
    /// One of V8's own references.
    Internal(StringId),
    InternalIndex(u32),
}

/// A path as its edges and the nodes before, between and after them.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub graph: &'a HeapGraph,
    edges: &'a [EdgeIndex],
    nodes: &'a [NodeIndex],
}

impl View<'_> {
    pub fn node(&self, at: usize) -> NodeIndex {
        self.nodes[at]
    }

    pub fn edge(&self, at: usize) -> Option<EdgeIndex> {
        self.edges.get(at).copied()
    }

    /// Whether the path ends at the node with this position.
    pub fn is_end(&self, at: usize) -> bool {
        at == self.edges.len()
    }

    /// Whether the edge with this position is one of V8's and has this name.
    pub fn is_internal(&self, at: usize, name: &str) -> bool {
        self.is(at, EdgeKind::Internal, name)
    }

    pub fn is_property(&self, at: usize, name: &str) -> bool {
        self.is(at, EdgeKind::Property, name)
    }

    fn is(&self, at: usize, kind: EdgeKind, name: &str) -> bool {
        self.edge(at).is_some_and(|edge| {
            self.graph.edge_kind(edge) == kind && self.graph.edge_name(edge) == Some(name)
        })
    }

    /// The index of an edge, also where V8 writes it as a name.
    pub fn index(&self, at: usize) -> Option<u32> {
        match self.graph.edge_label(self.edge(at)?) {
            EdgeLabel::Index(index) => Some(index),
            EdgeLabel::Name(name) => self.graph.strings().text(name).parse().ok(),
        }
    }
}

/// Groups a path into steps whose verdicts are still open.
pub fn fold(graph: &HeapGraph, path: &RetainerPath) -> Vec<Step> {
    let nodes = path.nodes(graph);
    let view = View {
        graph,
        edges: &path.edges,
        nodes: &nodes,
    };
    let mut steps = Vec::new();
    let mut at = 0;
    while !view.is_end(at) {
        let (reference, passed) = reference_at(view, at);
        let end = at + passed;
        steps.push(Step {
            edges: at..end,
            reference,
            node: view.node(end),
            known_as: None,
            verdict: Verdict {
                leaking: Leaking::Unknown,
                reason: "".into(),
            },
            is_suspect: false,
            left_out: 0,
            stable_name: None,
        });
        at = end;
    }
    steps
}

/// The reference that leaves a node of the path, and how many edges it takes.
fn reference_at(view: View, at: usize) -> (Reference, usize) {
    if at == 0 {
        return root_reference(view);
    }
    async_work::reference(view, at)
        .or_else(|| modules::reference(view, at))
        .or_else(|| scopes::reference(view, at))
        .or_else(|| timers::reference(view, at))
        .or_else(|| events::reference(view, at))
        .or_else(|| collections::reference(view, at))
        .unwrap_or_else(|| plain_reference(view, at))
}

fn root_reference(view: View) -> (Reference, usize) {
    let graph = view.graph;
    let first = view.node(1);
    if graph.node_name(first).starts_with("system / NativeContext") {
        let is_global =
            view.is_internal(1, "global_object") || view.is_internal(1, "global_proxy_object");
        return if is_global {
            (Reference::Global, 2)
        } else {
            (Reference::Root(None), 1)
        };
    }
    if graph.node_kind(first) != NodeKind::Synthetic {
        let is_global = graph.node_name(first).starts_with("global");
        let reference = if is_global {
            Reference::Global
        } else {
            Reference::Root(None)
        };
        return (reference, 1);
    }
    let mut group = graph.node_name_id(first);
    let mut at = 1;
    while !view.is_end(at) && graph.node_kind(view.node(at)) == NodeKind::Synthetic {
        group = graph.node_name_id(view.node(at));
        at += 1;
    }
    (Reference::Root(Some(group)), at)
}

fn plain_reference(view: View, at: usize) -> (Reference, usize) {
    let graph = view.graph;
    let Some(edge) = view.edge(at) else {
        return (Reference::Root(None), 1);
    };
    let reference = match (graph.edge_kind(edge), graph.edge_label(edge)) {
        (EdgeKind::Element, EdgeLabel::Index(index)) => Reference::Element(index),
        (EdgeKind::Property, EdgeLabel::Name(name)) => {
            let is_field =
                is_code_name(graph.strings().text(name)) && !graph.is_dictionary(view.node(at));
            if is_field {
                Reference::Property(name)
            } else {
                Reference::Key(Key::Name(name))
            }
        }
        (EdgeKind::Context, EdgeLabel::Name(variable)) => Reference::Variable {
            variable,
            scope: None,
        },
        (_, EdgeLabel::Name(name)) => match graph.strings().text(name) {
            "bound_this" => Reference::Words("bound `this`"),
            "bound_function" => Reference::Words("bound function"),
            _ => Reference::Internal(name),
        },
        (_, EdgeLabel::Index(index)) => Reference::InternalIndex(index),
    };
    let mut end = at + 1;
    while !view.is_end(end) && is_internal_node(graph, view.node(end)) {
        end += 1;
    }
    (reference, end - at)
}

/// Whether no JavaScript can hold this node in a variable.
pub fn is_internal_node(graph: &HeapGraph, node: NodeIndex) -> bool {
    matches!(
        graph.node_kind(node),
        NodeKind::Hidden
            | NodeKind::Array
            | NodeKind::Code
            | NodeKind::ObjectShape
            | NodeKind::Number
            | NodeKind::Synthetic
    )
}
