//! The references of an object, called as V8's snapshots call them.

use super::heap::{Heap, MapInfo};
use super::layout::{
    Class, DETAILS_IN_DESCRIPTOR, DETAILS_IS_ACCESSOR, HEADER, IS_PROTOTYPE_MAP, LENGTH, MAP_BITS2,
    MAP_CONSTRUCTOR, MAP_DEPENDENT_CODE, MAP_DESCRIPTORS, MAP_INOBJECT, MAP_PROTOTYPE,
    MAP_TRANSITIONS, OBJECT_ELEMENTS, OBJECT_FIELDS, OBJECT_PROPERTIES, STRING_FIRST,
    STRING_SECOND, Shape,
};
use super::memory::{STRONG, TAG_MASK, WEAK, WORD, small_integer};
use super::walk::custom_weak;
use crate::snapshot::EdgeKind;

/// What a reference is called.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    Name(&'static str),
    /// A property of this key: a string or a symbol of the heap.
    Key(usize),
    /// `get …` or `set …` of it.
    Accessor(&'static str, usize),
    /// A number, as a name or as an index: that depends on the kind.
    Number(u32),
}

/// What arrays are called by the object that they are of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ArrayTag {
    Properties,
    Elements,
    BoundArguments,
}

/// Their names, by number.
pub const ARRAY_TAGS: [&str; 3] = [
    "(object properties)",
    "(object elements)",
    "(bound arguments)",
];

/// Receives the references of one object.
pub trait References {
    fn edge(&mut self, heap: &mut Heap, kind: EdgeKind, label: Label, target: usize);
    /// Names the target, unless it has a name of its own.
    fn tag(&mut self, heap: &Heap, target: usize, tag: ArrayTag);
}

/// The words of an object that were already told.
#[derive(Default)]
pub struct Told(Vec<u64>);

impl Told {
    fn reset(&mut self, words: usize) {
        self.0.clear();
        self.0.resize(words / 64 + 1, 0);
    }

    fn set(&mut self, word: usize) {
        if let Some(bits) = self.0.get_mut(word / 64) {
            *bits |= 1 << (word % 64);
        }
    }

    #[inline(always)]
    fn has(&self, word: usize) -> bool {
        self.0[word / 64] & 1 << (word % 64) != 0
    }
}

/// What all objects of a map refer to: the map, and the prototype of those that have one.
pub fn shared_references(
    heap: &Heap,
    info: MapInfo,
) -> impl Iterator<Item = (EdgeKind, Label, usize)> + use<> {
    let is_plain = !matches!(info.kind.class, Class::GlobalProxy | Class::ArrayBuffer)
        && has_properties(heap, info);
    let prototype = is_plain.then(|| heap.memory.word(info.address + MAP_PROTOTYPE));
    let prototype = prototype.filter(|word| word & 1 == 1);
    let map = (EdgeKind::Internal, Label::Name("map"), info.address);
    let prototype = prototype.map(|word| {
        (
            EdgeKind::Property,
            Label::Name("__proto__"),
            word & !TAG_MASK,
        )
    });
    [map].into_iter().chain(prototype)
}

fn has_properties(heap: &Heap, info: MapInfo) -> bool {
    info.number >= heap.layout.first_object && info.kind.class != Class::Proxy
}

/// Tells all references of an object but those that [`shared_references`] tells.
pub struct Extractor<'a, R> {
    pub heap: &'a mut Heap,
    pub told: &'a mut Told,
    pub to: &'a mut R,
    object: usize,
    info: MapInfo,
    bytes: usize,
}

impl<'a, R: References> Extractor<'a, R> {
    pub fn new(
        heap: &'a mut Heap,
        told: &'a mut Told,
        to: &'a mut R,
        (object, info, bytes): (usize, MapInfo, usize),
    ) -> Self {
        Self {
            heap,
            told,
            to,
            object,
            info,
            bytes,
        }
    }

    pub fn run(mut self) {
        let (info, bytes) = (self.info, self.bytes);
        let end = self.heap.references_end(self.object, info, bytes);
        match info.kind.class {
            Class::FixedArray if end == self.object => return,
            Class::FixedArray => return self.array(HEADER, EdgeKind::Internal),
            Class::WeakArray => return self.array(HEADER, EdgeKind::Internal),
            Class::WeakArrayList => return self.array(HEADER + WORD, EdgeKind::Internal),
            _ => {}
        }
        self.told.reset((end.max(self.object) - self.object) / WORD);
        self.told.set(0);
        let (weak, weak_end) = custom_weak(self.heap, self.object, info, bytes);
        if info.kind.class == Class::GlobalProxy {
            if let Some((_, Class::NativeContext)) = self.heap.object(self.word(OBJECT_FIELDS)) {
                self.internal("native_context", OBJECT_FIELDS);
            }
        } else if info.kind.class == Class::ArrayBuffer {
            // V8 tells nothing of a buffer but its memory.
        } else if has_properties(self.heap, info) {
            self.object_references();
        } else {
            self.internal_references();
        }
        // What has no name.
        let mut index = 0;
        for at in (self.object + WORD..end).step_by(WORD) {
            if self.told.has((at - self.object) / WORD) {
                continue;
            }
            let word = self.heap.memory.word(at);
            let is_weak = word & TAG_MASK == WEAK || (weak..weak_end).contains(&at);
            match word & TAG_MASK {
                STRONG | WEAK if self.heap.memory.contains(word & !TAG_MASK) => {
                    let (kind, label) = match is_weak {
                        true => (EdgeKind::Weak, Label::Number(index)),
                        false => (EdgeKind::Hidden, Label::Number(index)),
                    };
                    self.to.edge(self.heap, kind, label, word & !TAG_MASK);
                    index += 1;
                }
                _ => {}
            }
        }
    }

    /// A field; of one that objects of this version do not have, no reference. Behind the last object of a page nothing may
    /// be readable.
    fn word(&self, offset: usize) -> usize {
        match offset < self.bytes {
            true => self.heap.memory.word(self.object + offset),
            false => 0,
        }
    }

    fn array(&mut self, header: usize, kind: EdgeKind) {
        let length = small_integer(self.word(LENGTH)).unwrap_or(0).max(0) as u32;
        for index in 0..length {
            let word = self.word(header + index as usize * WORD);
            match word & TAG_MASK {
                STRONG => self.edge(kind, Label::Number(index), word),
                WEAK => self.edge(EdgeKind::Weak, Label::Number(index), word),
                _ => {}
            }
        }
    }

    /// A reference, if the word is one.
    fn edge(&mut self, kind: EdgeKind, label: Label, word: usize) {
        if word & 1 == 1 {
            self.to.edge(self.heap, kind, label, word & !TAG_MASK);
        }
    }

    fn internal(&mut self, name: &'static str, offset: usize) {
        self.told.set(offset / WORD);
        let word = self.word(offset);
        let kind = match word & TAG_MASK {
            WEAK => EdgeKind::Weak,
            _ => EdgeKind::Internal,
        };
        self.edge(kind, Label::Name(name), word);
    }

    fn tagged(&mut self, name: &'static str, offset: usize, tag: ArrayTag) {
        self.internal(name, offset);
        self.tag(self.word(offset), tag);
    }

    fn tag(&mut self, word: usize, tag: ArrayTag) {
        if word & TAG_MASK == STRONG {
            self.to.tag(self.heap, word & !TAG_MASK, tag);
        }
    }

    fn property(&mut self, key: usize, word: usize) {
        self.edge(EdgeKind::Property, Label::Key(key & !TAG_MASK), word);
    }

    fn data_or_accessor(&mut self, key: usize, details: usize, word: usize) {
        if details & DETAILS_IS_ACCESSOR == 0 {
            return self.property(key, word);
        }
        let Some((pair, Class::AccessorPair)) = self.heap.object(word) else {
            return;
        };
        self.property(key, word);
        for (offset, prefix) in [(8, "get "), (16, "set ")] {
            let accessor = self.heap.memory.word(pair + offset);
            if !matches!(self.heap.object(accessor), Some((_, Class::Oddball)) | None) {
                let key = key & !TAG_MASK;
                let label = match self.heap.class_of(key) {
                    Class::Symbol => Label::Key(key),
                    _ => Label::Accessor(prefix, key),
                };
                self.edge(EdgeKind::Property, label, accessor);
            }
        }
    }

    fn object_references(&mut self) {
        match self.info.kind.class {
            Class::Map2 => self.internal("table", OBJECT_FIELDS),
            Class::WeakMap => self.internal("table", OBJECT_FIELDS),
            Class::Promise => self.internal("reactions_or_result", OBJECT_FIELDS),
            Class::Generator => {
                for (at, name) in ["function", "context", "receiver"].into_iter().enumerate() {
                    self.internal(name, OBJECT_FIELDS + at * WORD);
                }
                self.internal("parameters_and_registers", OBJECT_FIELDS + 6 * WORD);
            }
            Class::WeakRef => {
                self.told.set(OBJECT_FIELDS / WORD);
                self.edge(
                    EdgeKind::Weak,
                    Label::Name("target"),
                    self.word(OBJECT_FIELDS),
                );
            }
            _ => {}
        }
        self.properties();
        self.elements();
        self.embedder_fields();
        match self.info.kind.class {
            Class::BoundFunction => self.bound_function(),
            Class::Function => self.function(),
            Class::ArrayBufferView => {
                let mut fields = (OBJECT_FIELDS..self.bytes).step_by(WORD);
                let buffer = fields.find(|&at| {
                    matches!(
                        self.heap.object(self.word(at)),
                        Some((_, Class::ArrayBuffer))
                    )
                });
                if let Some(at) = buffer {
                    self.internal("buffer", at);
                }
            }
            Class::GlobalObject => {
                for at in [OBJECT_FIELDS, OBJECT_FIELDS + WORD] {
                    match self.heap.object(self.word(at)) {
                        Some((_, Class::NativeContext)) => self.internal("native_context", at),
                        Some((_, Class::GlobalProxy)) => self.internal("global_proxy", at),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        self.tagged("properties", OBJECT_PROPERTIES, ArrayTag::Properties);
        self.tagged("elements", OBJECT_ELEMENTS, ArrayTag::Elements);
    }

    fn properties(&mut self) {
        let (object, info) = (self.object, self.info);
        if self.heap.has_dictionary(info.address) {
            return self.dictionary_properties();
        }
        for at in 0..self.heap.own_descriptors(info.address) {
            let Some([key, details, value]) = self.heap.descriptor(info.address, at) else {
                return;
            };
            let details = details >> 32;
            if details & DETAILS_IN_DESCRIPTOR != 0 {
                self.data_or_accessor(key, details, value);
                continue;
            }
            if let Some(field) = self.heap.field_address(object, info, details) {
                let word = self.heap.memory.word(field);
                self.data_or_accessor(key, details, word);
                if (object..object + info.bytes).contains(&field) {
                    self.told.set((field - object) / WORD);
                }
            }
        }
    }

    fn dictionary_properties(&mut self) {
        let Some((table, Class::FixedArray)) = self.heap.object(self.word(OBJECT_PROPERTIES))
        else {
            return;
        };
        if self.info.kind.class == Class::GlobalObject {
            return self.global_properties(table);
        }
        let entries: Vec<_> = self.heap.name_dictionary(table).collect();
        for [key, value, details] in entries {
            if self.is_key(key) {
                self.data_or_accessor(key, details >> 32, value);
            }
        }
    }

    fn global_properties(&mut self, table: usize) {
        for [name, value, details] in self.heap.global_dictionary(table) {
            self.data_or_accessor(name, details >> 32, value);
        }
    }

    fn is_key(&mut self, key: usize) -> bool {
        matches!(
            self.heap.object(key),
            Some((
                _,
                Class::String
                    | Class::Symbol
                    | Class::ThinString
                    | Class::ConsString
                    | Class::SlicedString
                    | Class::ExternalString
            ))
        )
    }

    fn elements(&mut self) {
        let kind = usize::from(self.heap.memory.byte(self.info.address + MAP_BITS2) >> 2);
        let Some((elements, _)) = self.heap.object(self.word(OBJECT_ELEMENTS)) else {
            return;
        };
        let Some(info) = self.heap.map_info(elements) else {
            return;
        };
        if kind == self.heap.layout.dictionary_elements {
            return self.dictionary_elements(elements);
        }
        if !self.heap.layout.has_object_elements(kind) || info.kind.shape != Shape::Array {
            return;
        }
        let capacity = small_integer(self.heap.memory.word(elements + LENGTH)).unwrap_or(0);
        let length = match self.info.kind.class {
            Class::Array => small_integer(self.word(OBJECT_FIELDS))
                .unwrap_or(0)
                .min(capacity),
            _ => capacity,
        };
        for index in 0..length.max(0) as u32 {
            let word = self
                .heap
                .memory
                .word(elements + HEADER + index as usize * WORD);
            if word & TAG_MASK == STRONG && !self.heap.is_hole(word) {
                self.edge(EdgeKind::Element, Label::Number(index), word);
            }
        }
    }

    fn dictionary_elements(&mut self, table: usize) {
        const FIRST: usize = 4;
        const ENTRY: usize = 3;
        let length = self.heap.array_length(table);
        for at in (FIRST..length.saturating_sub(ENTRY - 1)).step_by(ENTRY) {
            let [key, value] =
                [0, 1].map(|word| self.heap.memory.word(table + HEADER + (at + word) * WORD));
            let index = match small_integer(key) {
                Some(index) => index as u32,
                None => match self.heap.object(key) {
                    Some((number, Class::HeapNumber)) => {
                        f64::from_bits(self.heap.memory.word(number + 8) as u64) as u32
                    }
                    _ => continue,
                },
            };
            self.edge(EdgeKind::Element, Label::Number(index), value);
        }
    }

    /// What C++ keeps in objects of its templates.
    fn embedder_fields(&mut self) {
        if !self.heap.layout.is_api_object(self.info.number) {
            return;
        }
        let first = self.heap.layout.embedder_fields;
        let end = usize::from(self.heap.memory.byte(self.info.address + MAP_INOBJECT)) * WORD;
        for (index, offset) in (first..end).step_by(WORD).enumerate() {
            self.told.set(offset / WORD);
            let word = self.word(offset);
            if self.heap.object(word).is_some() {
                self.edge(EdgeKind::Internal, Label::Number(index as u32), word);
            }
        }
    }

    fn bound_function(&mut self) {
        self.internal("bound_function", OBJECT_FIELDS);
        self.internal("bound_this", OBJECT_FIELDS + WORD);
        self.tagged(
            "bindings",
            OBJECT_FIELDS + 2 * WORD,
            ArrayTag::BoundArguments,
        );
    }

    fn function(&mut self) {
        let layout = &self.heap.layout;
        let (shared, context, cell, prototype) = (
            layout.function_shared,
            layout.function_context,
            layout.function_cell,
            layout.function_prototype,
        );
        let bits = self
            .heap
            .memory
            .byte(self.info.address + super::layout::MAP_BITS);
        if bits & self.heap.layout.has_prototype_slot != 0 {
            let word = self.word(prototype);
            match self.heap.object(word) {
                Some((map, Class::Map)) => {
                    self.internal("initial_map", prototype);
                    let word = self.heap.memory.word(map + MAP_PROTOTYPE);
                    self.edge(EdgeKind::Property, Label::Name("prototype"), word);
                }
                Some((_, Class::Oddball)) | None => {}
                Some(_) => {
                    self.told.set(prototype / WORD);
                    self.edge(EdgeKind::Property, Label::Name("prototype"), word);
                }
            }
        }
        self.internal("feedback_cell", cell);
        self.internal("shared", shared);
        self.internal("context", context);
        if let Some(code) = self.heap.layout.function_code {
            self.internal("code", code);
        }
        if let Some(dispatch) = self.heap.dispatch
            && let Some(code) = dispatch.code_of(self.heap, self.object)
        {
            self.to
                .edge(self.heap, EdgeKind::Internal, Label::Name("code"), code);
        }
    }

    fn internal_references(&mut self) {
        match self.info.kind.class {
            Class::ConsString => {
                self.internal("first", STRING_FIRST);
                self.internal("second", STRING_SECOND);
            }
            Class::SlicedString => self.internal("parent", STRING_FIRST),
            Class::ThinString => self.internal("actual", STRING_FIRST),
            Class::Symbol => self.internal("name", 16),
            Class::Map => self.map(),
            Class::SharedFunctionInfo => {
                for &(offset, name) in self.heap.layout.shared_references {
                    self.internal(name, offset);
                }
            }
            Class::Script => {
                self.internal("source", 8);
                self.internal("name", 16);
                self.internal("context_data", 40);
                self.internal("line_ends", 56);
            }
            Class::AccessorPair => {
                self.internal("getter", 8);
                self.internal("setter", 16);
            }
            Class::PropertyCell => {
                self.internal("value", 24);
                self.internal("dependent_code", 32);
            }
            Class::Cell | Class::FeedbackCell => self.internal("value", 8),
            Class::AllocationSite => {
                self.internal("transition_info", 8);
                self.internal("nested_site", 16);
                self.internal("dependent_code", 24);
            }
            Class::Context | Class::NativeContext => self.context(),
            Class::EphemeronTable => {
                for word in 2..(self.bytes / WORD) {
                    self.told.set(word);
                }
            }
            Class::DescriptorArray => {
                self.internal("enum_cache", self.heap.layout.descriptors - WORD);
                let first = self.heap.layout.descriptors;
                for (index, at) in (first..self.bytes).step_by(WORD).enumerate() {
                    self.told.set(at / WORD);
                    let word = self.word(at);
                    let kind = match word & TAG_MASK {
                        WEAK => EdgeKind::Weak,
                        _ => EdgeKind::Internal,
                    };
                    self.edge(kind, Label::Number(index as u32), word);
                }
            }
            Class::WeakCell => {
                let target = self.heap.layout.weak_cell_target;
                for (offset, name) in [(target, "target"), (target + WORD, "unregister_token")] {
                    self.told.set(offset / WORD);
                    self.edge(EdgeKind::Weak, Label::Name(name), self.word(offset));
                }
            }
            _ => {}
        }
    }

    fn map(&mut self) {
        let word = self.word(MAP_TRANSITIONS);
        match word & TAG_MASK {
            WEAK => self.internal("transition", MAP_TRANSITIONS),
            STRONG => match self.heap.object(word) {
                Some((_, Class::TransitionArray)) => {
                    self.internal("transitions", MAP_TRANSITIONS);
                }
                Some((_, Class::FixedArray)) => {
                    self.internal("transition", MAP_TRANSITIONS);
                }
                Some(_)
                    if self.heap.memory.int(self.object + super::layout::MAP_BITS3)
                        & IS_PROTOTYPE_MAP
                        != 0 =>
                {
                    self.internal("prototype_info", MAP_TRANSITIONS);
                }
                _ => {}
            },
            _ => {}
        }
        self.internal("descriptors", MAP_DESCRIPTORS);
        self.internal("prototype", MAP_PROTOTYPE);
        let number = self.heap.memory.half(self.object + super::layout::MAP_TYPE);
        let of = self.heap.layout.of_type(number).class;
        match self.heap.object(self.word(MAP_CONSTRUCTOR)) {
            _ if matches!(of, Class::Context | Class::NativeContext | Class::Map) => {
                self.internal("native_context", MAP_CONSTRUCTOR);
            }
            Some((_, Class::Map)) => self.internal("back_pointer", MAP_CONSTRUCTOR),
            _ => self.internal("constructor", MAP_CONSTRUCTOR),
        }
        self.internal("dependent_code", MAP_DEPENDENT_CODE);
    }

    fn context(&mut self) {
        let slot = |at: usize| HEADER + at * WORD;
        if self.info.kind.class == Class::NativeContext {
            for at in [slot(2), slot(3)] {
                match self.heap.object(self.word(at)) {
                    Some((_, Class::GlobalObject)) => self.internal("global_object", at),
                    Some((_, Class::GlobalProxy)) => self.internal("global_proxy_object", at),
                    _ => {}
                }
            }
        }
        if self.info.kind.class == Class::Context
            && let Some((scope, Class::ScopeInfo)) = self.heap.object(self.word(slot(0)))
            && let Some(names) = self.heap.context_variables(scope)
        {
            for (at, name) in names {
                let offset = slot(at);
                self.told.set(offset / WORD);
                let word = self.word(offset);
                self.edge(EdgeKind::Context, Label::Key(name), word);
            }
        }
        if self.info.kind.class == Class::Context
            && let Some((scope, Class::ScopeInfo)) = self.heap.object(self.word(slot(0)))
            && self.heap.context_header(scope) > 2
        {
            self.internal("extension", slot(2));
        }
        self.internal("scope_info", slot(0));
        self.internal("previous", slot(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::last_page::LastPage;

    struct Counted(usize);

    impl References for Counted {
        fn edge(&mut self, _: &mut Heap, _: EdgeKind, _: Label, _: usize) {
            self.0 += 1;
        }

        fn tag(&mut self, _: &Heap, _: usize, _: ArrayTag) {}
    }

    #[test]
    fn fields_that_an_object_of_this_version_does_not_have_are_not_read() {
        let classes = [
            Class::AllocationSite,
            Class::ArrayBufferView,
            Class::BoundFunction,
            Class::Generator,
            Class::GlobalObject,
            Class::GlobalProxy,
            Class::Map2,
            Class::Promise,
            Class::PropertyCell,
            Class::Script,
            Class::WeakMap,
            Class::WeakRef,
        ];
        for class in classes {
            // No JavaScript object is shorter.
            let page = LastPage::with(class, Shape::Plain, OBJECT_FIELDS);
            let mut heap = page.heap();
            let info = heap.map_info(page.object).expect("it has a map");
            assert_eq!((info.kind.class, info.bytes), (class, OBJECT_FIELDS));
            let mut counted = Counted(0);
            let object = (page.object, info, info.bytes);
            for first_object in [0, u16::MAX] {
                heap.layout.first_object = first_object;
                Extractor::new(&mut heap, &mut Told::default(), &mut counted, object).run();
            }
            assert_eq!(counted.0, 0, "{class:?}");
        }
    }
}
