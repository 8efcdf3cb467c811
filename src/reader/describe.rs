//! What kind of node an object is, and what it is called.

use super::heap::{Heap, MapInfo};
use super::layout::Class;
use super::memory::strong;
use super::names::{Names, Naming};
use crate::snapshot::NodeKind;

const SYMBOL_FLAGS: usize = 12;

/// The kind of an object's node.
pub fn kind_of(heap: &Heap, object: usize, info: MapInfo) -> NodeKind {
    match info.kind.class {
        Class::Function | Class::BoundFunction => NodeKind::Closure,
        Class::RegExp => NodeKind::RegExp,
        Class::String | Class::ThinString | Class::ExternalString => NodeKind::String,
        Class::ConsString => NodeKind::ConcatenatedString,
        Class::SlicedString => NodeKind::SlicedString,
        Class::Symbol if is_private(heap, object) => NodeKind::Hidden,
        Class::Symbol => NodeKind::Symbol,
        Class::BigInt => NodeKind::BigInt,
        Class::HeapNumber => NodeKind::Number,
        Class::FixedArray | Class::DoubleArray | Class::ByteArray | Class::EphemeronTable => {
            NodeKind::Array
        }
        Class::Context => NodeKind::Object,
        Class::Proxy => NodeKind::Hidden,
        // Of V8's own data.
        Class::Map if heap.memory.is_read_only(object) => NodeKind::Hidden,
        _ if info.number >= heap.layout.first_object => NodeKind::Object,
        _ => heap.layout.system_kind(info.kind.name),
    }
}

/// Whether all objects of this map are of one kind.
pub fn has_one_kind(info: MapInfo) -> bool {
    !matches!(info.kind.class, Class::Symbol | Class::Map)
}

/// The name of an object's node; none where references name it.
pub fn name_of(heap: &mut Heap, names: &mut Names, object: usize, info: MapInfo) -> Naming {
    let or_empty = |name: Option<usize>| name.map_or(Naming::Own(""), Naming::Heap);
    match info.kind.class {
        Class::Function => {
            let shared = strong(heap.memory.word(object + heap.layout.function_shared));
            or_empty(shared.and_then(|shared| heap.shared_name(shared, false)))
        }
        Class::BoundFunction => Naming::Own("native_bind"),
        Class::RegExp => or_empty(heap.regexp_source(object)),
        Class::String | Class::ThinString | Class::ExternalString => Naming::Heap(object),
        Class::ConsString => Naming::Own("(concatenated string)"),
        Class::SlicedString => Naming::Own("(sliced string)"),
        Class::Symbol if is_private(heap, object) => Naming::Own("private symbol"),
        Class::Symbol => Naming::Own("symbol"),
        Class::BigInt => Naming::Own("bigint"),
        Class::HeapNumber => Naming::Own("heap number"),
        Class::FixedArray | Class::DoubleArray | Class::ByteArray | Class::EphemeronTable => {
            Naming::Own("")
        }
        Class::SharedFunctionInfo => or_empty(heap.shared_name(object, false)),
        Class::Script => or_empty(heap.string(heap.memory.word(object + 16))),
        Class::Context => Naming::Own("system / Context"),
        Class::Proxy => Naming::System("JSProxy"),
        _ if info.number >= heap.layout.first_object => match names.of_map(heap, object, info) {
            Naming::PerObject => names.of_object(heap, object, info),
            naming => naming,
        },
        _ => Naming::System(info.kind.name),
    }
}

/// The name of all objects of this map, of which this is one; none where each has its own.
pub fn name_of_all(
    heap: &mut Heap,
    names: &mut Names,
    object: usize,
    info: MapInfo,
) -> Option<Naming> {
    match info.kind.class {
        Class::Context | Class::HeapNumber | Class::ConsString | Class::SlicedString => {
            Some(name_of(heap, names, object, info))
        }
        Class::Function | Class::BoundFunction | Class::RegExp | Class::Proxy => None,
        _ if info.number >= heap.layout.first_object => {
            let naming = names.of_map(heap, object, info);
            (naming != Naming::PerObject).then_some(naming)
        }
        _ => None,
    }
}

/// Whether a symbol is a private name or a brand, like `#field`.
pub fn is_private_name(heap: &Heap, symbol: usize) -> bool {
    heap.memory.int(symbol + SYMBOL_FLAGS) & heap.layout.private_names != 0
}

fn is_private(heap: &Heap, symbol: usize) -> bool {
    heap.memory.int(symbol + SYMBOL_FLAGS) & heap.layout.private_symbols != 0
}
