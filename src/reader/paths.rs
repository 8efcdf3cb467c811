//! How many objects each path leads to: what one walk tells, the nearest first, without a graph.
//!
//! What is in flight is followed last: another request is there at each capture, and the way through it to what the program
//! keeps is often the shorter one.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::classes::BUFFER_DATA;
use super::describe::{has_one_kind, kind_of, name_of, name_of_all};
use super::edges::{ArrayTag, Extractor, Label, References, Told, shared_references};
use super::failure::Unreadable;
use super::graph::place_of;
use super::heap::{ByMap, Heap, MapInfo};
use super::layout::{
    Class, DETAILS_IN_DESCRIPTOR, HEADER, MAP_BITS2, OBJECT_ELEMENTS, OBJECT_FIELDS,
    OBJECT_PROPERTIES,
};
use super::memory::{AddressMap, STRONG, TAG_MASK, WORD, strong};
use super::names::{FieldPlace, Names};
use super::roots::{Places, each_root, on_stack, user_roots};
use super::tags::{each_tag, has_tags};
use super::walk::for_each_ephemeron;
use crate::snapshot::{CountedShapes, EdgeKind, NodeKind, ShapeIndex, ShapeText, class_name_of};

/// What is known of the class of a map's objects.
#[derive(Clone, Copy)]
enum ClassText {
    /// All are of this one.
    Alike(ShapeText),
    /// The same, unless what refers to one says otherwise.
    Usually(ShapeText),
}

/// What the references of a map's objects are called, where their places tell it: of most objects.
struct Plain {
    /// By word of the object.
    inside: Vec<ShapeText>,
    /// By place in its array of properties.
    outside: Vec<ShapeText>,
    has_elements: bool,
}

/// What was reached and is not looked at yet: from which shape, and by which reference. Objects are scattered over memory: each
/// is looked at once, and asked for some time before.
#[derive(Clone, Copy)]
struct Reached {
    object: usize,
    parent: Option<ShapeIndex>,
    label: ShapeText,
    /// Of what is in flight: all else has been followed.
    is_due: bool,
}

/// Classes of what is in flight, and soon over.
const IN_FLIGHT: [&str; 11] = [
    "ClientRequest",
    "HTTPParser",
    "Immediate",
    "IncomingMessage",
    "Promise",
    "ServerHttp2Stream",
    "ServerResponse",
    "Socket",
    "TLSSocket",
    "Timeout",
    "TimersList",
];

/// So many objects before it is looked at, one is asked for.
const AHEAD: usize = 12;

/// Counts what the roots reach by path: first from the program's own roots, then from V8's.
///
/// # Errors
///
/// Of objects that are laid out in an unknown way.
pub fn count(heap: &mut Heap, places: &Places, names: Names) -> Result<CountedShapes, Unreadable> {
    let mut roots = Vec::new();
    each_root(heap, places, &mut |_, object| roots.push(object))?;
    let mut counter = Counter::new(names);
    let mut told = Told::default();
    let any = counter.any_index;
    for global in user_roots(heap, &roots) {
        counter.reach(heap, None, any, global);
    }
    counter.follow(heap, &mut told)?;
    let synthetic = counter.class_of_kind(NodeKind::Synthetic);
    let of_v8 = counter.counted.step(None, any, synthetic);
    for object in roots {
        counter.reach(heap, Some(of_v8), any, object);
    }
    counter.follow(heap, &mut told)?;
    for object in on_stack(heap, places) {
        counter.reach(heap, Some(of_v8), any, object);
        counter.follow(heap, &mut told)?;
    }
    Ok(counter.counted)
}

struct Counter {
    counted: CountedShapes,
    names: Names,
    any_index: ShapeText,
    queue: VecDeque<Reached>,
    /// What is in flight.
    late: VecDeque<Reached>,
    /// Weak collections: their values live as long as their keys.
    tables: Vec<(usize, ShapeIndex)>,
    /// Of maps that were met, if their objects are plain.
    plain: ByMap<Option<Rc<Plain>>>,
    classes: ByMap<ClassText>,
    kinds: [Option<ShapeText>; NodeKind::ALL.len()],
    /// Kinds that objects get from others.
    tagged: AddressMap<NodeKind>,
    /// Of names by where they lie, of keys of properties, and of other keys.
    by_name: AddressMap<ShapeText>,
    by_property: AddressMap<ShapeText>,
    by_key: AddressMap<ShapeText>,
    /// Memory of buffers.
    stores: FxHashSet<usize>,
}

/// Reaches the references of an object of this shape.
struct Reaching<'a> {
    counter: &'a mut Counter,
    shape: ShapeIndex,
}

impl References for Reaching<'_> {
    #[inline(always)]
    fn edge(&mut self, heap: &mut Heap, kind: EdgeKind, label: Label, target: usize) {
        let is_told = matches!(
            kind,
            EdgeKind::Property | EdgeKind::Element | EdgeKind::Context
        ) || kind != EdgeKind::Weak && !heap.is_inessential(target);
        if is_told && heap.memory.mark(target) {
            let label = self.counter.label_text(heap, kind, label);
            self.counter.enter(Some(self.shape), label, target);
        }
    }

    fn tag(&mut self, _: &Heap, _: usize, _: ArrayTag) {}
}

impl Counter {
    fn new(names: Names) -> Self {
        let mut counted = CountedShapes::default();
        // The first texts, by which they are known.
        for class in IN_FLIGHT {
            counted.intern(class);
        }
        Self {
            any_index: counted.any_index(),
            counted,
            names,
            queue: VecDeque::new(),
            late: VecDeque::new(),
            tables: Vec::new(),
            plain: ByMap::default(),
            classes: ByMap::default(),
            kinds: [None; NodeKind::ALL.len()],
            tagged: AddressMap::default(),
            by_name: AddressMap::default(),
            by_property: AddressMap::default(),
            by_key: AddressMap::default(),
            stores: FxHashSet::default(),
        }
    }

    fn reach(
        &mut self,
        heap: &mut Heap,
        parent: Option<ShapeIndex>,
        label: ShapeText,
        object: usize,
    ) {
        if heap.memory.mark(object) {
            self.enter(parent, label, object);
        }
    }

    /// Takes in an object that was just marked.
    #[inline(always)]
    fn enter(&mut self, parent: Option<ShapeIndex>, label: ShapeText, object: usize) {
        self.queue.push_back(Reached {
            object,
            parent,
            label,
            is_due: false,
        });
    }

    /// All that was reached, and what that leads to, the nearest first.
    fn follow(&mut self, heap: &mut Heap, told: &mut Told) -> Result<(), Unreadable> {
        loop {
            while let Some(reached) = self.queue.pop_front() {
                if let Some(later) = self.queue.get(AHEAD) {
                    heap.memory.ask_for(later.object);
                }
                self.object(heap, told, reached)?;
            }
            let tables = std::mem::take(&mut self.tables);
            for &(table, shape) in &tables {
                self.ephemerons(heap, table, shape);
            }
            self.tables = tables;
            if self.queue.is_empty() {
                std::mem::swap(&mut self.queue, &mut self.late);
            }
            if self.queue.is_empty() {
                return Ok(());
            }
        }
    }

    fn object(
        &mut self,
        heap: &mut Heap,
        told: &mut Told,
        reached: Reached,
    ) -> Result<(), Unreadable> {
        let Reached {
            object,
            parent,
            label,
            is_due,
        } = reached;
        let info = heap.map_info(object);
        let Some(info) = info.filter(|info| info.kind.class != Class::Filler) else {
            heap.memory.unmark(object);
            return Ok(());
        };
        let class = self.class_of(heap, object, info);
        if class.index() < IN_FLIGHT.len() && !is_due {
            self.late.push_back(Reached {
                is_due: true,
                ..reached
            });
            return Ok(());
        }
        let shape = self.counted.step(parent, label, class);
        let bytes = heap.size_of(object, info)?;
        // A root that was only taken for one may lead to where an object has been.
        if !heap.memory.contains_rest(object, bytes) {
            heap.memory.unmark(object);
            return Ok(());
        }
        self.counted.add(shape, heap.told_size(object, info, bytes));
        match info.kind.class {
            Class::Oddball => heap.leave_out(object),
            Class::EphemeronTable => self.tables.push((object, shape)),
            Class::ArrayBuffer => self.buffer(heap, object, shape),
            _ => {}
        }
        if has_tags(info) {
            each_tag(heap, object, info, bytes, &mut |target, tag| {
                self.tagged.entry(target).or_insert(tag.kind);
            });
        }
        match self.plain.get(info).cloned() {
            Some(Some(plain)) => {
                self.plain_references(heap, &plain, object, shape);
                return Ok(());
            }
            Some(None) => self.references(heap, told, (object, info, bytes), shape),
            // The first of its map tells what they share, too.
            None => {
                self.references(heap, told, (object, info, bytes), shape);
                let mut reaching = Reaching {
                    counter: self,
                    shape,
                };
                for (kind, label, target) in shared_references(heap, info) {
                    reaching.edge(heap, kind, label, target);
                }
                let plain = self.plain(heap, info).map(Rc::new);
                self.plain.set(info, plain);
            }
        }
        Ok(())
    }

    fn references(
        &mut self,
        heap: &mut Heap,
        told: &mut Told,
        object: (usize, MapInfo, usize),
        shape: ShapeIndex,
    ) {
        let mut reaching = Reaching {
            counter: self,
            shape,
        };
        Extractor::new(heap, told, &mut reaching, object).run();
    }

    #[inline(always)]
    fn plain_references(
        &mut self,
        heap: &mut Heap,
        plain: &Plain,
        object: usize,
        shape: ShapeIndex,
    ) {
        let word = |counter: &mut Self, heap: &mut Heap, at: usize, label: ShapeText| {
            let word = heap.memory.word(at);
            if word & TAG_MASK == STRONG && heap.memory.mark(word & !TAG_MASK) {
                counter.enter(Some(shape), label, word & !TAG_MASK);
            }
        };
        for (at, &label) in plain.inside.iter().enumerate().skip(1) {
            word(self, heap, object + at * WORD, label);
        }
        if let Some(array) = strong(heap.memory.word(object + OBJECT_PROPERTIES)) {
            for (at, &label) in plain.outside.iter().enumerate() {
                if at < heap.property_array_length(array) {
                    word(self, heap, array + HEADER + at * WORD, label);
                }
            }
        }
        if plain.has_elements
            && let Some(array) = strong(heap.memory.word(object + OBJECT_ELEMENTS))
        {
            for at in 0..heap.array_length(array) {
                word(self, heap, array + HEADER + at * WORD, self.any_index);
            }
        }
    }

    /// What is known beforehand of the references of a map's objects; `None` where each has to be asked.
    fn plain(&mut self, heap: &mut Heap, info: MapInfo) -> Option<Plain> {
        let elements_kind = usize::from(heap.memory.byte(info.address + MAP_BITS2) >> 2);
        let is_plain = matches!(info.kind.class, Class::Object | Class::Array | Class::Map2)
            && info.bytes > OBJECT_ELEMENTS
            && !heap.has_dictionary(info.address)
            && !heap.layout.is_api_object(info.number)
            && elements_kind != heap.layout.dictionary_elements;
        if !is_plain {
            return None;
        }
        let mut plain = Plain {
            inside: vec![self.any_index; info.bytes / WORD],
            outside: Vec::new(),
            has_elements: heap.layout.has_object_elements(elements_kind),
        };
        plain.inside[OBJECT_PROPERTIES / WORD] = self.name_text("properties");
        plain.inside[OBJECT_ELEMENTS / WORD] = self.name_text("elements");
        if info.kind.class == Class::Map2 {
            plain.inside[OBJECT_FIELDS / WORD] = self.name_text("table");
        }
        for at in 0..heap.own_descriptors(info.address) {
            let [key, details, _] = heap.descriptor(info.address, at)?;
            let details = details >> 32;
            // The first object of the map has told those that they share.
            if details & DETAILS_IN_DESCRIPTOR != 0 {
                continue;
            }
            let label = self.label_text(heap, EdgeKind::Property, Label::Key(key & !TAG_MASK));
            let (labels, at) = match heap.field_place(info, details)? {
                FieldPlace::Inside(word) => (&mut plain.inside, word),
                FieldPlace::Outside(index) => (&mut plain.outside, index),
            };
            if labels.len() <= at {
                labels.resize(at + 1, self.any_index);
            }
            labels[at] = label;
        }
        (plain.inside.len() * WORD <= info.bytes).then_some(plain)
    }

    fn ephemerons(&mut self, heap: &mut Heap, table: usize, shape: ShapeIndex) {
        let mut values = Vec::new();
        for_each_ephemeron(heap, table, |heap, key, value| {
            if strong(key).is_none_or(|key| heap.memory.is_marked(key)) {
                values.extend(strong(value));
            }
        });
        for value in values {
            self.reach(heap, Some(shape), self.any_index, value);
        }
    }

    /// Memory of buffers is not of V8's heap.
    fn buffer(&mut self, heap: &Heap, buffer: usize, shape: ShapeIndex) {
        let store = heap.memory.word(buffer + heap.layout.buffer_store);
        if store == 0 || !self.stores.insert(store) {
            return;
        }
        let label = self.name_text("backing_store");
        let class = self.name_text(BUFFER_DATA);
        let shape = self.counted.step(Some(shape), label, class);
        let bytes = heap.memory.word(buffer + heap.layout.buffer_bytes);
        self.counted.add(shape, bytes as u64);
    }

    #[inline(always)]
    fn class_of(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> ShapeText {
        match self.classes.get(info) {
            Some(&ClassText::Alike(class)) => class,
            Some(&ClassText::Usually(class)) => match self.tagged.get(&object) {
                Some(&kind) => self.class_of_kind(kind),
                None => class,
            },
            None => self.look_at_class(heap, object, info),
        }
    }

    #[inline(never)]
    fn look_at_class(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> ShapeText {
        let kind = kind_of(heap, object, info);
        let is_named = matches!(kind, NodeKind::Object | NodeKind::Native);
        let of_all = name_of_all(heap, &mut self.names, object, info);
        let name = match (is_named, of_all) {
            (false, _) => String::new(),
            (true, Some(naming)) => heap.name_text(naming),
            (true, None) => {
                let naming = name_of(heap, &mut self.names, object, info);
                heap.name_text(naming)
            }
        };
        let class = self.class_text(kind, &name);
        let is_system = info.number < heap.layout.first_object;
        let has_own = of_all.is_none() && is_named && !is_system;
        if has_one_kind(info) && !has_own {
            let known = match is_system && of_all.is_none() {
                true => ClassText::Usually(class),
                false => ClassText::Alike(class),
            };
            self.classes.set(info, known);
        }
        match self.tagged.get(&object) {
            Some(&kind) if of_all.is_none() => self.class_of_kind(kind),
            _ => class,
        }
    }

    /// Of what is not called by its own name.
    fn class_of_kind(&mut self, kind: NodeKind) -> ShapeText {
        if let Some(class) = self.kinds[kind as usize] {
            return class;
        }
        let class = self.class_text(kind, "");
        self.kinds[kind as usize] = Some(class);
        class
    }

    fn class_text(&mut self, kind: NodeKind, name: &str) -> ShapeText {
        self.counted.intern(&class_name_of(kind, name))
    }

    fn label_text(&mut self, heap: &mut Heap, kind: EdgeKind, label: Label) -> ShapeText {
        match label {
            Label::Number(_) => self.any_index,
            Label::Name(name) => self.name_text(name),
            Label::Key(key) => {
                let is_property = kind == EdgeKind::Property && !heap.is_empty_string(key);
                let known = match is_property {
                    true => &mut self.by_property,
                    false => &mut self.by_key,
                };
                let counted = &mut self.counted;
                *known
                    .entry(key)
                    .or_insert_with(|| counted.intern_name(&heap.key_text(key), is_property))
            }
            Label::Accessor(prefix, key) => {
                let name = format!("{prefix}{}", heap.key_text(key));
                self.counted.intern_name(&name, true)
            }
        }
    }

    fn name_text(&mut self, name: &'static str) -> ShapeText {
        let counted = &mut self.counted;
        *self
            .by_name
            .entry(place_of(name))
            .or_insert_with(|| counted.intern_name(name, false))
    }
}
