//! What a heap graph tells of what the program works on: the contents of strings and the names that are data.
//! They can be taken out of it, and here alone is decided which these are.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::graph::HeapGraph;
use super::index::{EdgeIndex, NodeIndex, StringId};
use super::kind::{EdgeKind, NodeKind};
use super::strings::Strings;

/// V8 cuts the contents of strings to this many UTF-16 units.
pub const CUT_UNITS: usize = 1024;
/// An object with more properties than this is a dictionary: their names are data.
const MAX_FIELDS: usize = 100;
/// Longer names are data.
const MAX_NAME_LENGTH: usize = 60;
/// Names with more digits than this are data: ids, dates, numbers of phones.
const MAX_NAME_DIGITS: usize = 3;
/// What stands for a name that is data.
const HIDDEN: &str = "…";
/// No string of a table: it would be the last of 2^32.
const NOT_YET: StringId = StringId(u32::MAX);

/// What a heap graph has of what the heap's strings hold.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum StringText {
    /// Nothing.
    None,
    /// How long each is.
    Lengths,
    /// As much as V8 told.
    #[default]
    Full,
}

impl StringText {
    pub const ALL: [Self; 3] = [Self::None, Self::Lengths, Self::Full];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lengths => "lengths",
            Self::Full => "full",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Length of a text in UTF-16 units, and whether the snapshot may have cut it there.
pub fn text_length(text: &str) -> (usize, bool) {
    let units = text.encode_utf16().count();
    (units, units >= CUT_UNITS)
}

/// What stands for a text of this kind that is not shown.
pub fn length_label(kind: NodeKind, (units, is_cut): (usize, bool)) -> String {
    let more = if is_cut { " or more" } else { "" };
    format!("({} of {units} characters{more})", kind.name())
}

/// Whether a name stands in the program rather than in what the program works on.
pub fn is_code_name(name: &str) -> bool {
    if name.starts_with("<symbol") || name.starts_with("Symbol(") {
        return name.len() <= MAX_NAME_LENGTH;
    }
    let name = ["get ", "set "]
        .iter()
        .find_map(|accessor| name.strip_prefix(accessor))
        .unwrap_or(name);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '#');
    !name.is_empty()
        && name.len() <= MAX_NAME_LENGTH
        && name.chars().all(is_part)
        && name.chars().filter(char::is_ascii_digit).count() <= MAX_NAME_DIGITS
}

impl HeapGraph {
    /// What this has of what the heap's strings hold.
    pub fn string_text(&self) -> StringText {
        self.string_text
    }

    /// The text of a string that V8 stores in one piece, if this has it.
    pub fn flat_text(&self, node: NodeIndex) -> Option<&str> {
        let text = self.node_name(node);
        let is_hidden = self.string_text != StringText::Full && text.starts_with("(string");
        (self.node_kind(node) == NodeKind::String && !is_hidden).then_some(text)
    }

    /// Whether an object has so many properties that their names must be data. The global object is none.
    pub fn is_dictionary(&self, node: NodeIndex) -> bool {
        if self.edge_count_of(node) <= MAX_FIELDS {
            return false;
        }
        let is_property = |&edge: &EdgeIndex| self.edge_kind(edge) == EdgeKind::Property;
        let properties = self.edges(node).filter(is_property);
        !self.node_name(node).starts_with("global")
            && properties.take(MAX_FIELDS + 1).count() > MAX_FIELDS
    }

    /// Takes out what strings, regular expressions and numbers hold, and names of properties that are data. What
    /// the program itself is made of stays: names of classes, functions, variables, scripts and symbols, also
    /// as the strings that V8 keeps of them where no object refers to these.
    ///
    /// # Complexity
    ///
    /// O(nodes + edges) time; a byte a node and four a string meanwhile.
    pub fn redact(&mut self, string_text: StringText) {
        if string_text == StringText::Full {
            return;
        }
        let code = Code::of(self);
        let is_kept = |graph: &Self, node: NodeIndex| code.has_string(graph, node);
        let old = std::mem::take(&mut self.strings);
        let mut names = Names::new(string_text, &old);
        // The old names are needed for the edges, too.
        let mut node_names = Vec::with_capacity(self.node_names.len());
        self.strings = old;
        for node in self.nodes() {
            let name = self.node_name_id(node);
            node_names.push(match self.node_kind(node) {
                kind if is_data(kind) && !is_kept(self, node) => {
                    names.hidden(kind, self.strings.text(name))
                }
                _ => names.kept(name, self.strings.text(name)),
            });
        }
        for node in self.nodes() {
            let is_dictionary = self.is_dictionary(node);
            for edge in self.own_edges(node) {
                let edge = edge as usize;
                let kind = self.edge_kinds[edge];
                if kind.has_index() {
                    continue;
                }
                let name = StringId(self.edge_labels[edge]);
                let text = self.strings.text(name);
                let is_shown = kind != EdgeKind::Property
                    || code.scripts.contains(&name)
                    || (!is_dictionary && names.is_code_name(name, text));
                let new = match is_shown {
                    true => names.kept(name, text),
                    false => names.label(HIDDEN),
                };
                self.edge_labels[edge] = new.0;
            }
        }
        // What nodes share is V8's own: no program puts data there.
        for edge in self.shared.all_mut().filter(|edge| !edge.kind.has_index()) {
            let name = StringId(edge.label);
            edge.label = names.kept(name, self.strings.text(name)).0;
        }
        self.node_names = node_names;
        self.strings = names.table;
        self.strings.shrink_to_fit();
        self.string_text = string_text;
    }
}

/// Kinds of nodes whose names are what they hold. Of a kind that is newer than this engine nobody knows.
fn is_data(kind: NodeKind) -> bool {
    kind.is_string()
        || matches!(
            kind,
            NodeKind::RegExp | NodeKind::Number | NodeKind::BigInt | NodeKind::Other
        )
}

/// Which strings belong to the program.
struct Code {
    /// By node.
    references: Vec<u8>,
    /// Names of scripts: modules are known by them.
    scripts: FxHashSet<StringId>,
}

/// The program names something by this string.
const NAMES: u8 = 1;
/// An object refers to it, or a table of names that may be an object's.
const HOLDS: u8 = 2;
/// It is `true`, `null` or another word of the language.
const WORD: u8 = 4;

impl Code {
    fn of(graph: &HeapGraph) -> Self {
        let mut code = Self {
            references: vec![0; graph.node_count()],
            scripts: FxHashSet::default(),
        };
        for node in graph.nodes() {
            let reference = match graph.node_kind(node) {
                NodeKind::Symbol => NAMES,
                NodeKind::Code if graph.node_name(node) == "system / ScopeInfo" => NAMES,
                NodeKind::Code | NodeKind::Synthetic | NodeKind::ObjectShape => 0,
                NodeKind::Hidden if graph.node_name(node) == "system / Oddball" => WORD,
                _ => HOLDS,
            };
            for edge in graph.edges(node) {
                let target = graph.edge_target(edge);
                code.references[target.index()] |= reference;
                let is_script = graph.node_kind(target) == NodeKind::Code
                    && matches!(
                        graph.edge_name(edge),
                        Some("script" | "script_or_debug_info")
                    );
                if is_script {
                    code.scripts.insert(graph.node_name_id(target));
                }
            }
        }
        code
    }

    fn has_string(&self, graph: &HeapGraph, node: NodeIndex) -> bool {
        let references = self.references[node.index()];
        let is_the_programs = references & WORD != 0 || references & (NAMES | HOLDS) == NAMES;
        graph.node_kind(node) == NodeKind::String
            && (is_the_programs || self.scripts.contains(&graph.node_name_id(node)))
    }
}

/// The string table without what is hidden.
struct Names {
    string_text: StringText,
    table: Strings,
    /// By string of the old table.
    kept: Vec<StringId>,
    /// By string of the old table: whether it is a name of code.
    code_names: Vec<Option<bool>>,
    hidden: FxHashMap<(NodeKind, Option<(usize, bool)>), StringId>,
    labels: HashMap<String, StringId>,
}

impl Names {
    fn new(string_text: StringText, old: &Strings) -> Self {
        Self {
            string_text,
            table: Strings::default(),
            kept: vec![NOT_YET; old.len()],
            code_names: vec![None; old.len()],
            hidden: FxHashMap::default(),
            labels: HashMap::new(),
        }
    }

    fn kept(&mut self, old: StringId, text: &str) -> StringId {
        if self.kept[old.index()] == NOT_YET {
            self.kept[old.index()] = self.table.push(&without_data(text));
        }
        self.kept[old.index()]
    }

    fn is_code_name(&mut self, old: StringId, text: &str) -> bool {
        *self.code_names[old.index()].get_or_insert_with(|| is_code_name(text))
    }

    fn hidden(&mut self, kind: NodeKind, text: &str) -> StringId {
        let generic = || format!("({})", kind.name());
        // Of strings that are put together V8 tells no text.
        let has_length = self.string_text == StringText::Lengths
            && (kind.is_string() || kind == NodeKind::RegExp)
            && (kind == NodeKind::String || text != generic());
        let length = has_length.then(|| text_length(text));
        if let Some(&known) = self.hidden.get(&(kind, length)) {
            return known;
        }
        let label = length.map_or_else(generic, |length| length_label(kind, length));
        let id = self.label(&label);
        self.hidden.insert((kind, length), id);
        id
    }

    fn label(&mut self, text: &str) -> StringId {
        if let Some(&known) = self.labels.get(text) {
            return known;
        }
        let id = self.table.push(text);
        self.labels.insert(text.to_owned(), id);
        id
    }
}

/// A name of the program without data that V8 puts into it: the text of a script that is a `data:` URL, and
/// what an entry of a WeakMap holds. DevTools knows the two edges of an entry by what else is in there.
fn without_data(name: &str) -> Cow<'_, str> {
    if name.starts_with("data:") {
        return "data: URL".into();
    }
    match name.split_once(" / part of key (") {
        None => name.into(),
        Some((number, entry)) => {
            let Some([key, value, table]) = entry_ids(entry) else {
                return HIDDEN.into();
            };
            format!(
                "{number} / part of key ({HIDDEN} @{key}) -> value ({HIDDEN} @{value}) pair in WeakMap \
                 (table @{table})"
            )
            .into()
        }
    }
}

/// The ids of key, value and table in `K @5) -> value (V @7) pair in WeakMap (table @9)`.
fn entry_ids(entry: &str) -> Option<[&str; 3]> {
    let (rest, table) = entry.strip_suffix(')')?.rsplit_once('@')?;
    let (rest, value) = rest
        .strip_suffix(") pair in WeakMap (table ")?
        .rsplit_once('@')?;
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let key = rest.match_indices(") -> value (").find_map(|(at, _)| {
        let (_, key) = rest[..at].rsplit_once('@')?;
        Some(key).filter(is_id)
    })?;
    [value, table]
        .iter()
        .all(is_id)
        .then_some([key, value, table])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, ReadOptions, Unwatched, read_snapshot, write_snapshot};

    // (root) ─▶ Cache ─token─▶ "s3cret value", ─s3cret@key─▶ /s3cret/, table ─3 / part of key (…)─▶ "s3cret value"
    // (root) ─▶ scope info ─▶ "handler", "shared";  Cache ─role─▶ "shared"
    fn heap() -> HeapGraph {
        let mut heap = Builder::new();
        let root = heap.root();
        let cache = heap.add_node(NodeKind::Object, "Cache", 1, 64);
        let value = heap.add_node(NodeKind::String, "s3cret value", 3, 24);
        let regexp = heap.add_node(NodeKind::RegExp, "s3cret.*", 5, 24);
        let parts = heap.add_node(NodeKind::ConcatenatedString, "(concatenated string)", 7, 24);
        let long = heap.add_node(NodeKind::String, &"s3cret".repeat(200), 9, 24);
        let info = heap.add_node(NodeKind::Code, "system / ScopeInfo", 11, 24);
        let handler = heap.add_node(NodeKind::String, "handler", 13, 24);
        let shared = heap.add_node(NodeKind::String, "shared", 15, 24);
        let function = heap.add_node(NodeKind::Code, "handler", 17, 24);
        let script = heap.add_node(NodeKind::Code, "/app/s.js", 19, 24);
        let file = heap.add_node(NodeKind::String, "/app/s.js", 21, 24);
        let url = heap.add_node(NodeKind::Code, "data:text/javascript,s3cret", 23, 24);
        heap.add_edge(root, EdgeKind::Shortcut, "Cache", cache);
        heap.add_edge(cache, EdgeKind::Property, "token", value);
        heap.add_edge(cache, EdgeKind::Property, "s3cret@key", regexp);
        heap.add_edge(cache, EdgeKind::Property, "role", shared);
        heap.add_edge(cache, EdgeKind::Property, "filename", file);
        heap.add_edge(cache, EdgeKind::Property, "/app/s.js", file);
        heap.add_indexed_edge(cache, EdgeKind::Element, 0, parts);
        heap.add_indexed_edge(cache, EdgeKind::Element, 1, long);
        let entry = "3 / part of key (s3cret @5) -> value (s3cret @5) -> value ( @7) pair in WeakMap (table @9)";
        heap.add_edge(cache, EdgeKind::Internal, entry, value);
        heap.add_indexed_edge(info, EdgeKind::Hidden, 0, handler);
        heap.add_indexed_edge(info, EdgeKind::Hidden, 1, shared);
        heap.add_edge(function, EdgeKind::Internal, "script", script);
        heap.add_edge(function, EdgeKind::Internal, "script", url);
        heap.build()
    }

    fn redacted(string_text: StringText) -> HeapGraph {
        let mut graph = heap();
        graph.redact(string_text);
        graph
    }

    fn node_names(graph: &HeapGraph) -> Vec<&str> {
        graph.nodes().map(|node| graph.node_name(node)).collect()
    }

    #[test]
    fn what_strings_hold_goes_and_what_the_program_is_made_of_stays() {
        let graph = redacted(StringText::None);
        let names = node_names(&graph);
        let expected = [
            "",
            "Cache",
            "(string)",
            "(regexp)",
            "(concatenated string)",
            "(string)",
            "system / ScopeInfo",
            "handler",
            "(string)",
            "handler",
            "/app/s.js",
            "/app/s.js",
            "data: URL",
        ];
        assert_eq!(names, expected);
        let edges = graph
            .edges(NodeIndex(1))
            .filter_map(|edge| graph.edge_name(edge));
        let entry = "3 / part of key (… @5) -> value (… @7) pair in WeakMap (table @9)";
        let expected = ["token", "…", "role", "filename", "/app/s.js", entry];
        assert_eq!(edges.collect::<Vec<_>>(), expected);
        assert!(
            graph
                .strings()
                .iter()
                .all(|(_, text)| !text.contains("s3cret"))
        );
        assert_eq!(graph.flat_text(NodeIndex(2)), None);
        assert_eq!(graph.flat_text(NodeIndex(7)), Some("handler"));
    }

    #[test]
    fn lengths_are_told_where_they_are_asked_for_and_known() {
        let graph = redacted(StringText::Lengths);
        let names = node_names(&graph);
        let expected = [
            "(string of 12 characters)",
            "(regexp of 8 characters)",
            "(concatenated string)",
            "(string of 1200 characters or more)",
        ];
        assert_eq!(names[2..6], expected);
        assert!(
            graph
                .strings()
                .iter()
                .all(|(_, text)| !text.contains("s3cret"))
        );
    }

    #[test]
    fn nothing_is_taken_out_of_it_all() {
        let (graph, before) = (redacted(StringText::Full), heap());
        assert_eq!(graph.strings(), before.strings());
        assert_eq!(graph.node_names, before.node_names);
    }

    #[test]
    fn a_file_says_what_was_taken_out() {
        for string_text in StringText::ALL {
            let mut file = Vec::new();
            write_snapshot(&redacted(string_text), &mut file).unwrap();
            let graph = read_snapshot(&file[..], ReadOptions::default(), &Unwatched).unwrap();
            assert_eq!(graph.string_text(), string_text);
            assert_eq!(
                graph.flat_text(NodeIndex(2)).is_some(),
                string_text == StringText::Full
            );
            let has_secret = String::from_utf8_lossy(&file).contains("s3cret");
            assert_eq!(has_secret, string_text == StringText::Full);
        }
    }

    #[test]
    fn names_of_a_dictionarys_properties_are_data() {
        let mut heap = Builder::new();
        let root = heap.root();
        let [users, few, global] = ["Object", "Object", "global / x"]
            .map(|name| heap.add_node(NodeKind::Object, name, 1, 8));
        for at in 0..=MAX_FIELDS {
            let name = format!("user{at}");
            heap.add_edge(users, EdgeKind::Property, &name, root);
            heap.add_edge(global, EdgeKind::Property, &name, root);
        }
        heap.add_edge(few, EdgeKind::Property, "user7", root);
        let mut graph = heap.build();
        graph.redact(StringText::None);
        let shown = |node| {
            graph
                .edges(node)
                .filter(|&edge| graph.edge_name(edge) != Some(HIDDEN))
                .count()
        };
        assert_eq!([users, few, global].map(shown), [0, 1, MAX_FIELDS + 1]);
    }

    #[test]
    fn an_entry_of_a_weak_map_that_cannot_be_read_is_hidden_whole() {
        for name in [
            "1 / part of key (a)",
            "2 / part of key (a @1) -> value (b @x) pair in WeakMap (table @3)",
        ] {
            assert_eq!(without_data(name), HIDDEN);
        }
    }
}
