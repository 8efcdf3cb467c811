//! What a file says about itself: in `meta`, where each field stands and what its types are called.
#![forbid(unsafe_code)]

use super::json::Json;
use super::node_fields::NodeFields;
use crate::error::Error;
use crate::snapshot::kind::{EdgeKind, NodeKind};
use crate::snapshot::redaction::StringText;
use crate::snapshot::writer::STRING_TEXT;

/// More fields than any V8 ever wrote, so that a record fits an array.
pub const MAX_FIELDS: usize = 32;

/// Which fields make up a node, and where.
#[derive(Debug)]
pub struct NodeLayout {
    pub fields: usize,
    pub kind: usize,
    pub name: usize,
    pub id: usize,
    pub shallow_size: usize,
    pub edge_count: usize,
    pub detachedness: Option<usize>,
    pub kinds: Vec<NodeKind>,
}

/// Which fields make up an edge, and where.
#[derive(Debug)]
pub struct EdgeLayout {
    pub fields: usize,
    pub kind: usize,
    pub label: usize,
    pub target: usize,
    pub kinds: Vec<EdgeKind>,
    pub nodes: NodeFields,
}

/// Which fields make up a location, and where.
#[derive(Debug)]
pub struct LocationLayout {
    pub fields: usize,
    pub node: usize,
    pub script_id: usize,
    pub line: usize,
    pub column: usize,
    pub nodes: NodeFields,
}

/// The `snapshot` member of a file.
#[derive(Debug)]
pub struct Header {
    pub nodes: NodeLayout,
    pub edges: EdgeLayout,
    pub locations: Option<LocationLayout>,
    /// What the file says; a hint, no promise.
    pub node_count: u64,
    pub edge_count: u64,
    /// The root, as the position of its first field.
    pub root_field: u64,
    pub extra_native_bytes: u64,
    pub string_text: StringText,
}

/// The fields that one kind of record has, by name.
struct Fields<'a> {
    meta: &'a Json,
    member: &'static str,
    offset: u64,
    names: Vec<&'a str>,
}

impl Header {
    /// Understands the header. `offset` is where it stands, for messages.
    pub fn from_json(json: &Json, offset: u64) -> Result<Self, Error> {
        let meta = json
            .member("meta")
            .ok_or_else(|| foreign(offset, "\"meta\"", "none"))?;
        let node = Fields::read(meta, "node_fields", offset)?;
        let edge = Fields::read(meta, "edge_fields", offset)?;
        let kind = node.position("type")?;
        let nodes = NodeLayout {
            fields: node.names.len(),
            kind,
            name: node.position("name")?,
            id: node.position("id")?,
            shallow_size: node.position("self_size")?,
            edge_count: node.position("edge_count")?,
            detachedness: node.find("detachedness"),
            kinds: node.types("node_types", kind, NodeKind::from_name)?,
        };
        let kind = edge.position("type")?;
        let edges = EdgeLayout {
            fields: edge.names.len(),
            kind,
            label: edge.position("name_or_index")?,
            target: edge.position("to_node")?,
            kinds: edge.types("edge_types", kind, EdgeKind::from_name)?,
            nodes: NodeFields::new(nodes.fields),
        };
        let locations = match meta.member("location_fields") {
            Some(_) => {
                let location = Fields::read(meta, "location_fields", offset)?;
                Some(LocationLayout {
                    fields: location.names.len(),
                    node: location.position("object_index")?,
                    script_id: location.position("script_id")?,
                    line: location.position("line")?,
                    column: location.position("column")?,
                    nodes: NodeFields::new(nodes.fields),
                })
            }
            None => None,
        };
        let whole = |name| json.member(name).and_then(Json::as_whole).unwrap_or(0);
        Ok(Self {
            nodes,
            edges,
            locations,
            node_count: whole("node_count"),
            edge_count: whole("edge_count"),
            root_field: whole("root_index"),
            extra_native_bytes: whole("extra_native_bytes"),
            string_text: json
                .member(STRING_TEXT)
                .and_then(Json::as_text)
                .and_then(StringText::from_name)
                .unwrap_or_default(),
        })
    }
}

impl<'a> Fields<'a> {
    fn read(meta: &'a Json, member: &'static str, offset: u64) -> Result<Self, Error> {
        let names: Option<Vec<&str>> = meta
            .member(member)
            .and_then(Json::as_array)
            .and_then(|names| names.iter().map(Json::as_text).collect());
        match names {
            Some(names) if (1..=MAX_FIELDS).contains(&names.len()) => Ok(Self {
                meta,
                member,
                offset,
                names,
            }),
            Some(names) => Err(foreign(
                offset,
                "between 1 and 32 fields",
                &format!("{} {member}", names.len()),
            )),
            None => Err(foreign(offset, member, "none")),
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| *found == name)
    }

    fn position(&self, name: &'static str) -> Result<usize, Error> {
        self.find(name).ok_or_else(|| {
            let found = format!("{} {}", self.member, self.names.join(", "));
            foreign(self.offset, name, &found)
        })
    }

    /// The kinds that the numbers of the type field stand for.
    fn types<K>(
        &self,
        member: &'static str,
        field: usize,
        from_name: impl Fn(&str) -> K,
    ) -> Result<Vec<K>, Error> {
        self.meta
            .member(member)
            .and_then(Json::as_array)
            .and_then(|types| types.get(field))
            .and_then(Json::as_array)
            .and_then(|names| {
                let names = names.iter().map(Json::as_text);
                names.map(|name| name.map(&from_name)).collect()
            })
            .ok_or_else(|| foreign(self.offset, member, "none for the field \"type\""))
    }
}

fn foreign(offset: u64, expected: &'static str, found: &str) -> Error {
    Error::SnapshotForeign {
        section: "header",
        offset,
        expected,
        found: found.to_owned(),
    }
}
