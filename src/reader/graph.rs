//! The whole heap as a graph.

use std::collections::HashMap;

use super::classes::BUFFER_DATA;
use super::describe::{is_private_name, kind_of, name_of, name_of_all};
use super::edges::{ARRAY_TAGS, ArrayTag, Extractor, Label, References, Told, shared_references};
use super::failure::Unreadable;
use super::heap::{ByMap, Heap, MapInfo};
use super::layout::{Class, OBJECT_FIELDS};
use super::memory::{AddressMap, TAG_MASK, WORD, strong};
use super::names::{MAX_NAME, Names, Naming};
use super::roots::{Places, Root, user_roots};
use super::tags::{Tag, each_tag, has_tags};
use super::walk::{Visitor, for_each_ephemeron, walk};
use crate::snapshot::{EdgeKind, EdgeLabel, HeapGraph, NodeIndex, NodeKind, Rows, StringId};

/// Nodes that stand for no object: the root, the roots of collections, and each kind of them.
const SYNTHETIC: usize = 2 + Root::ALL.len();
const GC_ROOTS: u32 = 1;
const FIRST_KIND_OF_ROOT: u32 = 2;
/// Of a string's type: V8 may have several of the same text, so that none is a key.
const NOT_INTERNALIZED: u16 = 1 << 5;
/// Objects between two words about progress.
const TELL_EVERY: usize = 1 << 16;

/// What the walk meets that the graph needs beforehand.
#[derive(Default)]
struct Survey {
    references: usize,
    tables: Vec<usize>,
    buffers: Vec<usize>,
    /// Kinds and names that objects get from others; a kind overrules, a name does not.
    tagged: AddressMap<Tag>,
}

impl Visitor for Survey {
    #[inline(always)]
    fn object(&mut self, heap: &mut Heap, object: usize, info: MapInfo, bytes: usize) {
        self.references += (heap.references_end(object, info, bytes) - object) / WORD;
        match info.kind.class {
            Class::Oddball => heap.leave_out(object),
            Class::EphemeronTable => self.tables.push(object),
            Class::ArrayBuffer => self.buffers.push(object),
            _ => {}
        }
        if has_tags(info) {
            each_tag(heap, object, info, bytes, &mut |target, tag| {
                self.tagged.entry(target).or_insert(tag);
            });
        }
    }
}

/// Texts of the graph, each once, but for those that a string alone has as its own.
#[derive(Default)]
struct Texts {
    by_string: AddressMap<StringId>,
    by_name: HashMap<&'static str, StringId>,
    /// The same by where the name lies, since nearly every edge asks.
    by_place: AddressMap<StringId>,
    /// The same, of V8's own.
    by_system: AddressMap<StringId>,
    numbers: Vec<StringId>,
}

/// Reads the heap as a graph. `id_of` tells V8's number of an object, if it has one.
pub fn read(
    heap: &mut Heap,
    places: &Places,
    mut names: Names,
    id_of: &dyn Fn(NodeIndex, usize) -> u32,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<HeapGraph, Unreadable> {
    let mut survey = Survey::default();
    let roots = walk(heap, places, &mut survey)?;
    let objects = heap.memory.number();
    let stores = Stores::of(heap, &survey.buffers);
    let mut rows = Rows::with_capacity(SYNTHETIC + objects + stores.all.len(), survey.references);
    let mut writer = Writer {
        texts: Texts::default(),
        tags: vec![0; SYNTHETIC + objects],
        tagged: survey.tagged,
        ephemerons: AddressMap::default(),
        shared: ByMap::default(),
        alike: ByMap::default(),
    };
    writer.ephemerons(heap, &survey.tables);
    writer.roots(heap, &roots, &mut rows);
    let mut told = Told::default();
    let mut cursor = heap.memory.first_marked();
    let mut done = 0;
    while let Some(object) = heap.memory.next_marked(&mut cursor) {
        let Some(info) = heap.map_info(object) else {
            return Err(Unreadable::new("an object has lost its map"));
        };
        done += 1;
        if done % TELL_EVERY == 0 {
            tell(done, objects);
        }
        let bytes = heap.size_of(object, info)?;
        let (kind, name) = writer.describe(heap, &mut names, object, info, &mut rows);
        rows.add_node(
            kind,
            name,
            id_of(NodeIndex::new(SYNTHETIC + done - 1), object),
            heap.told_size(object, info, bytes),
        );
        let row = writer.shared(heap, info, &mut rows);
        rows.share(row);
        let mut adding = Adding {
            writer: &mut writer,
            rows: &mut rows,
        };
        Extractor::new(heap, &mut told, &mut adding, (object, info, bytes)).run();
        writer.add_ephemerons(heap, &mut names, id_of, object, &mut rows);
        if info.kind.class == Class::ArrayBuffer
            && let Some(&at) = stores.by_buffer.get(&object)
        {
            let name = writer.texts.of_name("backing_store", &mut rows);
            let node = NodeIndex::new(SYNTHETIC + objects + at);
            rows.add_edge(EdgeKind::Internal, EdgeLabel::Name(name), node);
        }
    }
    let name = writer.texts.of_name(BUFFER_DATA, &mut rows);
    for (at, &(address, bytes)) in stores.all.iter().enumerate() {
        let id = id_of(NodeIndex::new(SYNTHETIC + objects + at), address);
        rows.add_node(NodeKind::Native, name, id, bytes);
    }
    let names: Vec<StringId> = ARRAY_TAGS
        .iter()
        .map(|tag| writer.texts.of_name(tag, &mut rows))
        .collect();
    for (node, &tag) in writer.tags.iter().enumerate() {
        if let Some(name) = usize::from(tag).checked_sub(1) {
            rows.name_if_empty(NodeIndex::new(node), names[name]);
        }
    }
    Ok(rows.finish())
}

/// Memory of buffers, which is not of V8's heap.
#[derive(Default)]
struct Stores {
    /// Address and bytes.
    all: Vec<(usize, u64)>,
    by_buffer: AddressMap<usize>,
}

impl Stores {
    fn of(heap: &Heap, buffers: &[usize]) -> Self {
        let mut stores = Self::default();
        let mut known: AddressMap<usize> = AddressMap::default();
        for &buffer in buffers {
            let store = heap.memory.word(buffer + heap.layout.buffer_store);
            if store == 0 {
                continue;
            }
            let at = *known.entry(store).or_insert_with(|| {
                let bytes = heap.memory.word(buffer + heap.layout.buffer_bytes) as u64;
                stores.all.push((store, bytes));
                stores.all.len() - 1
            });
            stores.by_buffer.insert(buffer, at);
        }
        stores
    }
}

/// Adds the references of the object at hand.
struct Adding<'a> {
    writer: &'a mut Writer,
    rows: &'a mut Rows,
}

impl References for Adding<'_> {
    #[inline(always)]
    fn edge(&mut self, heap: &mut Heap, kind: EdgeKind, label: Label, target: usize) {
        let edge = self.writer.edge(heap, (kind, label, target), self.rows);
        if let Some((kind, label, node)) = edge {
            self.rows.add_edge(kind, label, node);
        }
    }

    fn tag(&mut self, heap: &Heap, target: usize, tag: ArrayTag) {
        if let Some(node) = self.writer.node(heap, target)
            && self.writer.tags[node.index()] == 0
        {
            self.writer.tags[node.index()] = tag as u8 + 1;
        }
    }
}

struct Writer {
    texts: Texts,
    /// By node: which of `ARRAY_TAGS` names it, counted from one.
    tags: Vec<u8>,
    tagged: AddressMap<Tag>,
    /// By key and by table: the values, and who else holds each.
    ephemerons: AddressMap<Vec<Ephemeron>>,
    /// The row of what all objects of a map share.
    shared: ByMap<u32>,
    /// Kind and name of all objects of a map, where they have one.
    alike: ByMap<(NodeKind, StringId)>,
}

#[derive(Clone, Copy)]
struct Ephemeron {
    table: usize,
    key: usize,
    value: usize,
}

impl Writer {
    fn node(&self, heap: &Heap, object: usize) -> Option<NodeIndex> {
        let number = heap.memory.number_of(object)?;
        Some(NodeIndex::new(SYNTHETIC + number as usize))
    }

    fn roots(&mut self, heap: &mut Heap, found: &[(Root, usize)], rows: &mut Rows) {
        let objects: Vec<usize> = found.iter().map(|&(_, object)| object).collect();
        let globals = user_roots(heap, &objects);
        let empty = self.texts.of_name("", rows);
        rows.add_node(NodeKind::Synthetic, empty, 1, 0);
        rows.add_edge(
            EdgeKind::Element,
            EdgeLabel::Index(1),
            NodeIndex::new(GC_ROOTS as usize),
        );
        for (at, &global) in globals.iter().enumerate() {
            if let Some(node) = self.node(heap, global) {
                let name = self.texts.of_number(at as u32 + 2, rows);
                rows.add_edge(EdgeKind::Shortcut, EdgeLabel::Name(name), node);
            }
        }
        let name = self.texts.of_name("(GC roots)", rows);
        rows.add_node(NodeKind::Synthetic, name, 3, 0);
        for at in 0..Root::ALL.len() as u32 {
            rows.add_edge(
                EdgeKind::Element,
                EdgeLabel::Index(at + 1),
                NodeIndex::new((FIRST_KIND_OF_ROOT + at) as usize),
            );
        }
        for (at, root) in Root::ALL.into_iter().enumerate() {
            let name = self.texts.of_name(root.name(), rows);
            rows.add_node(NodeKind::Synthetic, name, 5 + 2 * at as u32, 0);
            let mut index = 0;
            for &(of, object) in found {
                if of == root
                    && let Some(node) = self.node(heap, object)
                {
                    index += 1;
                    let name = self.texts.of_number(index, rows);
                    rows.add_edge(EdgeKind::Internal, EdgeLabel::Name(name), node);
                }
            }
        }
    }

    fn ephemerons(&mut self, heap: &mut Heap, tables: &[usize]) {
        for &table in tables {
            let mut found = Vec::new();
            for_each_ephemeron(heap, table, |heap, key, value| {
                if let (Some(key), Some(value)) = (strong(key), strong(value))
                    && heap.memory.is_marked(key)
                {
                    found.push(Ephemeron { table, key, value });
                }
            });
            for ephemeron in found {
                for holder in [ephemeron.key, table] {
                    self.ephemerons.entry(holder).or_default().push(ephemeron);
                }
            }
        }
    }

    /// The row of what all objects of a map share.
    fn shared(&mut self, heap: &mut Heap, info: MapInfo, rows: &mut Rows) -> u32 {
        if let Some(&row) = self.shared.get(info) {
            return row;
        }
        let mut told = Vec::new();
        for reference in shared_references(heap, info) {
            told.extend(self.edge(heap, reference, rows));
        }
        let row = rows.add_shared(&told);
        self.shared.set(info, row);
        row
    }

    /// A reference as an edge, if it is one.
    #[inline(always)]
    fn edge(
        &mut self,
        heap: &mut Heap,
        (mut kind, label, target): (EdgeKind, Label, usize),
        rows: &mut Rows,
    ) -> Option<(EdgeKind, EdgeLabel, NodeIndex)> {
        let node = self.node(heap, target)?;
        let is_told = matches!(
            kind,
            EdgeKind::Property | EdgeKind::Element | EdgeKind::Context
        ) || !heap.is_inessential(target);
        if !is_told {
            return None;
        }
        let label = match (kind.has_index(), label) {
            (true, Label::Number(index)) => EdgeLabel::Index(index),
            (_, Label::Number(index)) => EdgeLabel::Name(self.texts.of_number(index, rows)),
            (_, Label::Name(name)) => EdgeLabel::Name(self.texts.of_name(name, rows)),
            (_, Label::Key(key)) => {
                if kind == EdgeKind::Property && heap.is_empty_string(key) {
                    kind = EdgeKind::Internal;
                }
                EdgeLabel::Name(self.texts.of_key(heap, key, rows))
            }
            (_, Label::Accessor(prefix, key)) => {
                let text = format!("{prefix}{}", heap.key_text(key));
                EdgeLabel::Name(rows.add_string(&text))
            }
        };
        Some((kind, label, node))
    }

    /// The references of weak collections, called so that readers of the file know both halves for one.
    fn add_ephemerons(
        &mut self,
        heap: &mut Heap,
        names: &mut Names,
        id_of: &dyn Fn(NodeIndex, usize) -> u32,
        object: usize,
        rows: &mut Rows,
    ) {
        let ephemerons = self.ephemerons.remove(&object).unwrap_or_default();
        for (index, Ephemeron { table, key, value }) in ephemerons.into_iter().enumerate() {
            let (Some(node), Some(at_key), Some(at_table)) = (
                self.node(heap, value),
                self.node(heap, key),
                self.node(heap, table),
            ) else {
                continue;
            };
            let mut told = |heap: &mut Heap, node: NodeIndex, object: usize| {
                let info = heap.map_info(object)?;
                let naming = name_of(heap, names, object, info);
                Some(format!(
                    "{} @{}",
                    heap.name_text(naming),
                    id_of(node, object)
                ))
            };
            let (Some(key), Some(value)) = (told(heap, at_key, key), told(heap, node, value))
            else {
                continue;
            };
            let text = format!(
                "{} / part of key ({key}) -> value ({value}) pair in WeakMap (table @{})",
                index + 1,
                id_of(at_table, table)
            );
            let name = rows.add_string(&text);
            rows.add_edge(EdgeKind::Internal, EdgeLabel::Name(name), node);
        }
    }

    fn describe(
        &mut self,
        heap: &mut Heap,
        names: &mut Names,
        object: usize,
        info: MapInfo,
        rows: &mut Rows,
    ) -> (NodeKind, StringId) {
        if let Some(&known) = self.alike.get(info) {
            return known;
        }
        let kind = kind_of(heap, object, info);
        if let Some(naming) = name_of_all(heap, names, object, info) {
            let known = (kind, self.texts.of_naming(heap, naming, rows));
            self.alike.set(info, known);
            return known;
        }
        if let Some(&tag) = self.tagged.get(&object) {
            let name = match name_of(heap, names, object, info) {
                Naming::Own("") => self.texts.of_name(tag.name, rows),
                naming => self.texts.of_naming(heap, naming, rows),
            };
            return (tag.kind, name);
        }
        let name = match name_of(heap, names, object, info) {
            // No key and no name of anything else: to remember it would take more than the text.
            Naming::Heap(name) if name == object && info.number & NOT_INTERNALIZED != 0 => {
                rows.add_string(&heap.text(name, MAX_NAME).unwrap_or_default())
            }
            naming => self.texts.of_naming(heap, naming, rows),
        };
        (kind, name)
    }
}

/// One number for one constant: they may share a beginning, and no address takes the upper bits.
pub(super) fn place_of(name: &'static str) -> usize {
    name.as_ptr() as usize ^ name.len() << 48
}

impl Texts {
    fn of_naming(&mut self, heap: &mut Heap, naming: Naming, rows: &mut Rows) -> StringId {
        match naming {
            Naming::Heap(name) => self.of_string(heap, name, rows),
            Naming::Own(name) => self.of_name(name, rows),
            Naming::System(name) => self.of_system(name, rows),
            Naming::PerObject => self.of_name("", rows),
        }
    }

    fn of_name(&mut self, name: &'static str, rows: &mut Rows) -> StringId {
        if let Some(&id) = self.by_place.get(&place_of(name)) {
            return id;
        }
        let id = *self
            .by_name
            .entry(name)
            .or_insert_with(|| rows.add_string(name));
        self.by_place.insert(place_of(name), id);
        id
    }

    fn of_system(&mut self, name: &'static str, rows: &mut Rows) -> StringId {
        *self
            .by_system
            .entry(place_of(name))
            .or_insert_with(|| rows.add_string(&format!("system / {name}")))
    }

    fn of_number(&mut self, number: u32, rows: &mut Rows) -> StringId {
        while self.numbers.len() <= number as usize {
            let id = rows.add_string(&self.numbers.len().to_string());
            self.numbers.push(id);
        }
        self.numbers[number as usize]
    }

    fn of_string(&mut self, heap: &mut Heap, string: usize, rows: &mut Rows) -> StringId {
        if let Some(&id) = self.by_string.get(&string) {
            return id;
        }
        let id = rows.add_string(&heap.text(string, MAX_NAME).unwrap_or_default());
        self.by_string.insert(string, id);
        id
    }

    fn of_key(&mut self, heap: &mut Heap, key: usize, rows: &mut Rows) -> StringId {
        if heap.class_of(key) != Class::Symbol {
            return self.of_string(heap, key, rows);
        }
        if let Some(&id) = self.by_string.get(&key) {
            return id;
        }
        let id = rows.add_string(&heap.key_text(key));
        self.by_string.insert(key, id);
        id
    }
}

impl Heap {
    pub(super) fn key_text(&mut self, key: usize) -> String {
        if self.class_of(key) != Class::Symbol {
            return self.text(key, MAX_NAME).unwrap_or_default();
        }
        let description = self.memory.word(key + 16);
        match self.string(description) {
            Some(text) if is_private_name(self, key) => {
                self.text(text & !TAG_MASK, MAX_NAME).unwrap_or_default()
            }
            Some(text) => format!(
                "<symbol {}>",
                self.text(text & !TAG_MASK, MAX_NAME).unwrap_or_default()
            ),
            None => "<symbol>".into(),
        }
    }

    pub(super) fn is_empty_string(&mut self, key: usize) -> bool {
        self.class_of(key) != Class::Symbol
            && self.memory.int(key + super::layout::STRING_LENGTH) == 0
    }

    pub fn regexp_source(&mut self, object: usize) -> Option<usize> {
        let escaped = self.memory.word(object + self.layout.regexp_source);
        let escaped = self.string(escaped);
        escaped.or_else(|| {
            let data = strong(self.memory.word(object + OBJECT_FIELDS))?;
            let word = self.memory.word(data + self.layout.regexp_data?);
            self.string(word)
        })
    }

    pub fn is_hole(&mut self, word: usize) -> bool {
        match self.object(word) {
            Some((hole, Class::Oddball)) => {
                self.layout.is_hole(&self.memory, hole)
                    || self
                        .map_info(hole)
                        .is_some_and(|info| info.kind.name == "Hole")
            }
            _ => false,
        }
    }
}
