//! What steps are called: references as JavaScript would write them, objects by class. Names that are
//! data rather than code, such as the keys of a dictionary, are hidden unless asked for.
#![forbid(unsafe_code)]

use std::path::Path;

use super::folding::Reference;
use crate::snapshot::{HeapGraph, NodeIndex, NodeKind, StringId, is_code_name, without_attributes};

/// What an entry of a collection or a dictionary stands under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// The name of a property.
    Name(StringId),
    /// A string, symbol or object.
    Node(NodeIndex),
    /// Something that is no node: a small number, `true`, `null`.
    Primitive,
}

impl Key {
    fn text(self, graph: &HeapGraph, show_strings: bool) -> String {
        match self {
            Self::Name(name) if show_strings => quoted(graph.strings().text(name)),
            Self::Node(node) if graph.node_kind(node).is_string() => match graph.flat_text(node) {
                Some(text) if show_strings => quoted(text),
                _ => "…".to_owned(),
            },
            Self::Node(node) => format!("{} @{}", class_name(graph, node), graph.node_id(node).0),
            Self::Name(_) | Self::Primitive => "…".to_owned(),
        }
    }
}

impl Reference {
    /// The reference as JavaScript would write it, or in words where no JavaScript leads there.
    pub fn text(&self, graph: &HeapGraph, show_strings: bool) -> String {
        let name = |id: StringId| graph.strings().text(id);
        match self {
            Self::Global => "global object".to_owned(),
            Self::Root(None) => "root".to_owned(),
            Self::Root(Some(group)) => root_name(name(*group)),
            Self::Property(property) => property_text(name(*property)),
            Self::Key(key) => format!("[{}]", key.text(graph, show_strings)),
            Self::Element(index) => format!("[{index}]"),
            Self::Variable {
                variable,
                scope: Some(scope),
            } => format!("variable `{}` in the scope of `{scope}`", name(*variable)),
            Self::Variable {
                variable,
                scope: None,
            } => format!("variable `{}`", name(*variable)),
            Self::Scope => "scope".to_owned(),
            Self::MapKey => "Map key".to_owned(),
            Self::MapValue(key) => format!(".get({})", key.text(graph, show_strings)),
            Self::SetValue => "Set value".to_owned(),
            Self::WeakMapValue(key) => {
                format!("WeakMap .get({})", key.text(graph, show_strings))
            }
            Self::Listener(event) => match event_name(graph, *event) {
                Some(event) => format!("listener of '{event}'"),
                None => format!("listener of {}", event.text(graph, show_strings)),
            },
            Self::Words(words) => (*words).to_owned(),
            Self::Internal(slot) => format!("({})", name(*slot)),
            Self::InternalIndex(index) => format!("({index})"),
        }
    }

    /// The same for all references that a loop in the program makes.
    pub(super) fn pattern(&self, graph: &HeapGraph) -> String {
        match self {
            Self::Key(_) | Self::Element(_) => "[x]".to_owned(),
            Self::MapValue(_) => ".get(x)".to_owned(),
            Self::WeakMapValue(_) => "WeakMap .get(x)".to_owned(),
            Self::Listener(event) if event_name(graph, *event).is_none() => "listener".to_owned(),
            Self::InternalIndex(_) => "(x)".to_owned(),
            _ => self.text(graph, false),
        }
    }
}

/// The name of an event, unless it is data.
fn event_name(graph: &HeapGraph, event: Key) -> Option<&str> {
    let name = match event {
        Key::Name(name) => graph.strings().text(name),
        Key::Node(node) => graph.flat_text(node)?,
        Key::Primitive => return None,
    };
    is_code_name(name).then_some(name)
}

/// An object's class: the constructor, a function with its name, or what kind of node it is.
pub fn class_name(graph: &HeapGraph, node: NodeIndex) -> String {
    let name = graph.node_name(node);
    match graph.node_kind(node) {
        NodeKind::Object | NodeKind::Native if !name.is_empty() => {
            without_attributes(name).into_owned()
        }
        NodeKind::Closure if name.is_empty() => "function".to_owned(),
        NodeKind::Closure => format!("function {name}"),
        NodeKind::Hidden | NodeKind::Code | NodeKind::Synthetic => match name {
            "" => "(system)".to_owned(),
            name if name.starts_with('(') || name.starts_with("system") => name.to_owned(),
            _ => "(system)".to_owned(),
        },
        NodeKind::RegExp => "RegExp".to_owned(),
        kind => format!("({})", kind.name()),
    }
}

/// A script's path without what differs between installations: from the package on, or the file.
pub fn stable_file_name(path: &str) -> &str {
    if let Some(at) = path.rfind("node_modules/") {
        return &path[at + "node_modules/".len()..];
    }
    if path.starts_with("node:") {
        return path;
    }
    Path::new(path)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(path)
}

fn property_text(name: &str) -> String {
    if name.starts_with('<') {
        return format!("[{}]", name.trim_matches(['<', '>']));
    }
    let is_identifier = name
        .chars()
        .all(|c| c.is_alphanumeric() || "_$#".contains(c));
    if is_identifier {
        format!(".{name}")
    } else {
        format!("[{}]", quoted(name))
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn root_name(group: &str) -> String {
    match group {
        "(Stack roots)" => "a function that is running",
        "(Handle scope)" | "(Handle scopes)" => "native code that is running",
        "(Global handles)" => "native code",
        "(Strong root list)" | "(Strong roots)" | "(Internalized strings)" => "V8",
        "(Microtasks)" => "a pending microtask",
        other => return format!("root {other}"),
    }
    .to_owned()
}
