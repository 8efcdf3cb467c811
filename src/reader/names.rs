//! What objects are called: by the function that made them, as V8's snapshots and DevTools call them.

use super::heap::{Heap, MapInfo};
use super::layout::{
    Class, DETAILS_IN_DESCRIPTOR, DETAILS_IS_ACCESSOR, HEADER, IS_PROTOTYPE_MAP, MAP_CONSTRUCTOR,
    MAP_INOBJECT, MAP_PROTOTYPE, OBJECT_FIELDS, OBJECT_PROPERTIES,
};
use super::memory::{AddressMap, WORD, strong};

/// Names are cut here, as V8 does.
pub const MAX_NAME: usize = 1024;
/// A chain of prototypes or of back pointers that is longer is none.
const MAX_CHAIN: usize = 10_000;
const FIELD_INDEX_SHIFT: usize = 19;
const FIELD_INDEX_MASK: usize = 0x3ff;
/// Bits of a map: whether `new` made its objects for the function itself.
const NEW_TARGET_IS_BASE: u8 = 0b1;

/// Keys that tell names.
#[derive(Clone, Copy, Debug)]
pub struct WellKnown {
    pub constructor: usize,
    pub to_string_tag: usize,
    pub name: usize,
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Naming {
    /// All objects of this map are called so: a string of the heap.
    Heap(usize),
    /// The same.
    Own(&'static str),
    /// The same: a class of V8's own.
    System(&'static str),
    /// Each object has to be asked.
    PerObject,
}

/// A name that was found, and the function that it is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    pub name: usize,
    pub constructor: Option<usize>,
}

/// Where the objects of a map have a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldPlace {
    /// At this word of the object.
    Inside(usize),
    /// At this place of its array of properties.
    Outside(usize),
}

/// Names by map and by prototype.
pub struct Names {
    known: WellKnown,
    by_map: AddressMap<Naming>,
    by_prototype: AddressMap<Option<Found>>,
}

impl Names {
    pub fn new(known: WellKnown) -> Self {
        Self {
            known,
            by_map: AddressMap::default(),
            by_prototype: AddressMap::default(),
        }
    }

    /// How the objects of this map, of which this is one, are called.
    pub fn of_map(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Naming {
        if let Some(&naming) = self.by_map.get(&info.address) {
            return naming;
        }
        let naming = self.find(heap, object, info);
        self.by_map.insert(info.address, naming);
        naming
    }

    fn find(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Naming {
        if let Some(found) = self.by_constructor(heap, info) {
            return Naming::Heap(found.name);
        }
        if self.may_name_itself(heap, info.address) {
            return Naming::PerObject;
        }
        self.by_chain(heap, object, info)
    }

    /// How this object is called: for maps of which each has to be asked.
    pub fn of_object(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Naming {
        match self.own_tag(heap, object, info) {
            Some(found) if !heap.layout.marks_globals || info.kind.class != Class::GlobalObject => {
                Naming::Heap(found.name)
            }
            Some(_) => Naming::Own("global (global*)"),
            None => self.by_chain(heap, object, info),
        }
    }

    /// By the function of the map, where objects were made by `new` of just that.
    fn by_constructor(&mut self, heap: &mut Heap, info: MapInfo) -> Option<Found> {
        let bits3 = heap.memory.int(info.address + super::layout::MAP_BITS3);
        let bits2 = heap.memory.byte(info.address + super::layout::MAP_BITS2);
        if bits2 & NEW_TARGET_IS_BASE == 0
            || bits3 & IS_PROTOTYPE_MAP != 0
            || info.kind.class == Class::Proxy
        {
            return None;
        }
        let constructor = self.map_constructor(heap, info.address)?;
        match heap.class_of(constructor) {
            Class::Function => {
                let own = match heap.layout.names_by_property {
                    true => self.own_function_name(heap, constructor),
                    false => None,
                };
                let name = own.or_else(|| self.function_name(heap, constructor))?;
                (!is_object(heap, name)).then_some(Found {
                    name,
                    constructor: Some(constructor),
                })
            }
            // Of a C++ template: its class name.
            Class::Other => {
                let name = heap.template_name(constructor)?;
                Some(Found {
                    name,
                    constructor: None,
                })
            }
            _ => None,
        }
    }

    /// The constructor of a map; transitions lead back to the first one.
    fn map_constructor(&mut self, heap: &mut Heap, map: usize) -> Option<usize> {
        let mut word = heap.memory.word(map + MAP_CONSTRUCTOR);
        for _ in 0..MAX_CHAIN {
            let (object, class) = heap.object(word)?;
            match class {
                Class::Map => word = heap.memory.word(object + MAP_CONSTRUCTOR),
                // A function, and what it was for.
                _ if heap.is_tuple(object) => word = heap.memory.word(object + 8),
                _ => return Some(object),
            }
        }
        None
    }

    fn by_chain(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Naming {
        let found = self.chain(heap, info);
        if heap.layout.marks_globals
            && matches!(info.kind.class, Class::GlobalObject | Class::GlobalProxy)
        {
            let is_global = match found {
                Some(found) => heap.text(found.name, 8).as_deref() == Some("global"),
                None => false,
            };
            return Naming::Own(match (info.kind.class, is_global) {
                (Class::GlobalProxy, true) => "global (global)",
                (Class::GlobalProxy, false) => "Object (global)",
                (_, true) => "global (global*)",
                (_, false) => "Object (global*)",
            });
        }
        match found {
            Some(found) => Naming::Heap(found.name),
            None if info.kind.name == "JSPrimitiveWrapper" => {
                Naming::Own(wrapper_name(heap, object))
            }
            None => Naming::Own(class_name(info)),
        }
    }

    fn chain(&mut self, heap: &mut Heap, info: MapInfo) -> Option<Found> {
        let mut word = heap.memory.word(info.address + MAP_PROTOTYPE);
        for _ in 0..MAX_CHAIN {
            let prototype = strong(word)?;
            let prototype_info = heap.map_info(prototype)?;
            if prototype_info.number < heap.layout.first_object {
                return None;
            }
            let found = match self.by_prototype.get(&prototype) {
                Some(&found) => found,
                None => {
                    let found = self.inherited(heap, prototype, prototype_info);
                    self.by_prototype.insert(prototype, found);
                    found
                }
            };
            if found.is_some() {
                return found;
            }
            word = heap.memory.word(prototype_info.address + MAP_PROTOTYPE);
        }
        None
    }

    /// Whether an object of this map may have a property that tells its name.
    fn may_name_itself(&self, heap: &Heap, map: usize) -> bool {
        heap.has_dictionary(map)
            || (0..heap.own_descriptors(map)).any(|at| {
                heap.descriptor(map, at)
                    .is_some_and(|[key, ..]| key == self.known.to_string_tag)
            })
    }

    /// The name that an object's own tag tells.
    fn own_tag(&mut self, heap: &mut Heap, object: usize, info: MapInfo) -> Option<Found> {
        let tag = self.own_value(heap, object, info, self.known.to_string_tag)?;
        let name = heap.string(tag)?;
        Some(Found {
            name,
            constructor: None,
        })
    }

    /// The name that a prototype gives: its own `constructor` says how what inherits from it was made, not itself.
    fn inherited(&mut self, heap: &mut Heap, prototype: usize, info: MapInfo) -> Option<Found> {
        if info.kind.class == Class::Proxy {
            return None;
        }
        if let Some(found) = self.own_tag(heap, prototype, info) {
            return Some(found);
        }
        let constructor = self.own_value(heap, prototype, info, self.known.constructor)?;
        let (constructor, class) = heap.object(constructor)?;
        if class != Class::Function {
            return None;
        }
        let name = self.function_name(heap, constructor)?;
        (!is_object(heap, name)).then_some(Found {
            name,
            constructor: Some(constructor),
        })
    }

    /// The value of an object's own data property.
    fn own_value(
        &self,
        heap: &mut Heap,
        object: usize,
        info: MapInfo,
        key: usize,
    ) -> Option<usize> {
        if heap.has_dictionary(info.address) {
            return heap.dictionary_value(object, info, key);
        }
        (0..heap.own_descriptors(info.address)).find_map(|at| {
            let [found, details, value] = heap.descriptor(info.address, at)?;
            if found != key || (details >> 32) & DETAILS_IS_ACCESSOR != 0 {
                return None;
            }
            let details = details >> 32;
            match details & DETAILS_IN_DESCRIPTOR {
                0 => heap.field(object, info, details),
                _ => Some(value),
            }
        })
    }

    /// The property `name` of a function, where a program has set it.
    fn own_function_name(&self, heap: &mut Heap, function: usize) -> Option<usize> {
        let info = heap.map_info(function)?;
        let name = self.own_value(heap, function, info, self.known.name)?;
        heap.non_empty_string(name)
    }

    /// The name of a function that is not empty.
    pub fn function_name(&self, heap: &mut Heap, function: usize) -> Option<usize> {
        let shared = strong(heap.memory.word(function + heap.layout.function_shared))?;
        heap.shared_name(shared, true)
    }
}

fn is_object(heap: &mut Heap, name: usize) -> bool {
    heap.text(name, 8).as_deref() == Some("Object")
}

/// Of an object around a number, a text and the like.
fn wrapper_name(heap: &mut Heap, object: usize) -> &'static str {
    let value = heap.memory.word(object + OBJECT_FIELDS);
    match heap.object(value) {
        None => "Number",
        Some((_, Class::HeapNumber)) => "Number",
        Some((_, Class::Oddball)) => "Boolean",
        Some((_, Class::Symbol)) => "Symbol",
        Some((_, Class::BigInt)) => "BigInt",
        Some(_) => "String",
    }
}

/// What V8 calls objects of which nothing else is known.
fn class_name(info: MapInfo) -> &'static str {
    match info.kind.class {
        Class::Function | Class::BoundFunction => "Function",
        _ => match info.kind.name {
            "JSArgumentsObject" => "Arguments",
            "JSArray" => "Array",
            "JSDate" => "Date",
            "JSError" => "Error",
            "JSRegExp" => "RegExp",
            "JSMap" => "Map",
            "JSSet" => "Set",
            "JSWeakMap" => "WeakMap",
            "JSWeakSet" => "WeakSet",
            "JSPromise" => "Promise",
            "JSGeneratorObject" | "JSAsyncFunctionObject" | "JSAsyncGeneratorObject" => "Generator",
            "JSArrayBuffer" => "ArrayBuffer",
            "JSDataView" => "DataView",
            "JSGlobalProxy" => "global",
            _ => "Object",
        },
    }
}

impl Heap {
    /// A word that is a string.
    pub fn string(&mut self, word: usize) -> Option<usize> {
        let (string, class) = self.object(word)?;
        matches!(
            class,
            Class::String
                | Class::ConsString
                | Class::ThinString
                | Class::SlicedString
                | Class::ExternalString
        )
        .then_some(string)
    }

    fn is_tuple(&mut self, object: usize) -> bool {
        self.map_info(object)
            .is_some_and(|info| info.kind.name == "Tuple2")
    }

    /// The class name of a function template.
    fn template_name(&mut self, object: usize) -> Option<usize> {
        let info = self.map_info(object)?;
        if info.kind.name != "FunctionTemplateInfo" {
            return None;
        }
        let offset = self.layout.template_class_name;
        self.non_empty_string(self.memory.word(object + offset))
    }

    /// The name of a function's shared part; `inferred` if V8 may guess it.
    pub fn shared_name(&mut self, shared: usize, inferred: bool) -> Option<usize> {
        let word = self.memory.word(shared + self.layout.shared_name);
        if let Some(name) = self.non_empty_string(word) {
            return Some(name);
        }
        let (object, class) = self.object(word)?;
        match class {
            Class::ScopeInfo => self.scope_function_name(object, inferred),
            // The empty string: not compiled yet.
            _ if inferred => {
                let data = self.memory.word(shared + self.layout.shared_data);
                let (data, _) = self.object(data)?;
                let info = self.map_info(data)?;
                match info.kind.name.starts_with("UncompiledData") {
                    true => self.non_empty_string(self.memory.word(data + 8)),
                    false => None,
                }
            }
            _ => None,
        }
    }

    /// The value of a field that a descriptor's details describe.
    pub fn field(&mut self, object: usize, info: MapInfo, details: usize) -> Option<usize> {
        self.field_address(object, info, details)
            .map(|at| self.memory.word(at))
    }

    /// Where it is: in the object, or in its array of properties.
    pub fn field_address(&mut self, object: usize, info: MapInfo, details: usize) -> Option<usize> {
        match self.field_place(info, details)? {
            FieldPlace::Inside(word) => Some(object + word * WORD),
            FieldPlace::Outside(index) => {
                let array = strong(self.memory.word(object + OBJECT_PROPERTIES))?;
                (index < self.property_array_length(array)).then(|| array + HEADER + index * WORD)
            }
        }
    }

    /// The same for all objects of a map.
    pub fn field_place(&self, info: MapInfo, details: usize) -> Option<FieldPlace> {
        let index = details >> FIELD_INDEX_SHIFT & FIELD_INDEX_MASK;
        let first = usize::from(self.memory.byte(info.address + MAP_INOBJECT));
        let inside = (info.bytes / WORD).checked_sub(first)?;
        Some(match index.checked_sub(inside) {
            None => FieldPlace::Inside(first + index),
            Some(index) => FieldPlace::Outside(index),
        })
    }

    /// The value of a key of an object whose properties are in a dictionary.
    fn dictionary_value(&mut self, object: usize, info: MapInfo, key: usize) -> Option<usize> {
        let table = strong(self.memory.word(object + OBJECT_PROPERTIES))?;
        if self.class_of(table) != Class::FixedArray {
            return None;
        }
        if info.kind.class == Class::GlobalObject {
            return self
                .global_dictionary(table)
                .into_iter()
                .find(|&[found, ..]| found == key)
                .map(|[_, value, _]| value);
        }
        self.name_dictionary(table)
            .find(|&[found, ..]| found == key)
            .and_then(|[_, value, details]| {
                ((details >> 32) & DETAILS_IS_ACCESSOR == 0).then_some(value)
            })
    }

    /// Names, values and details of the cells of a global object.
    pub fn global_dictionary(&mut self, table: usize) -> Vec<[usize; 3]> {
        let length = self.array_length(table);
        let mut cells = Vec::new();
        // The numbers before the first place are no cells, however many this version has.
        for at in 0..length {
            let word = self.memory.word(table + HEADER + at * WORD);
            if let Some((cell, Class::PropertyCell)) = self.object(word) {
                cells.push([8, 24, 16].map(|at| self.memory.word(cell + at)));
            }
        }
        cells
    }

    /// All keys, values and details of a dictionary, free places too.
    pub fn name_dictionary(&self, table: usize) -> impl Iterator<Item = [usize; 3]> + '_ {
        const PREFIX: usize = 3;
        const ENTRY: usize = 3;
        let length = self.array_length(table);
        let first = PREFIX + self.layout.dictionary_prefix;
        (first..length.saturating_sub(ENTRY - 1))
            .step_by(ENTRY)
            .map(move |at| {
                [0, 1, 2].map(|word| self.memory.word(table + HEADER + (at + word) * WORD))
            })
    }
}
