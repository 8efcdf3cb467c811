//! Names and kinds that V8's snapshots give objects by what refers to them: a constant pool is an array like any
//! other.

use super::heap::{Heap, MapInfo};
use super::layout::{Class, HEADER, Shape};
use super::memory::{WORD, strong};
use crate::snapshot::NodeKind;

/// Constant pools hold others, which hold others.
const MAX_POOLS: u32 = 3;
const PROTOTYPE_VALIDITY: usize = 56;
const SCRIPT_LINE_ENDS: usize = 56;

/// A name, unless the object has one, and a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tag {
    pub name: &'static str,
    pub kind: NodeKind,
}

const fn code(name: &'static str) -> Tag {
    Tag {
        name,
        kind: NodeKind::Code,
    }
}

const fn shape(name: &'static str) -> Tag {
    Tag {
        name,
        kind: NodeKind::ObjectShape,
    }
}

/// Whether objects of this class tag others.
pub fn has_tags(info: MapInfo) -> bool {
    matches!(
        info.kind.class,
        Class::BytecodeArray
            | Class::FeedbackVector
            | Class::Script
            | Class::PrototypeInfo
            | Class::EnumCache
            | Class::TransitionArray
            | Class::Map
            | Class::AllocationSite
            | Class::Code
            | Class::InstructionStream
            | Class::ScopeInfo
    ) || info.kind.name == "ArrayBoilerplateDescription"
}

/// Calls with every object that this one tags.
pub fn each_tag(
    heap: &mut Heap,
    object: usize,
    info: MapInfo,
    bytes: usize,
    found: &mut dyn FnMut(usize, Tag),
) {
    let shapes = heap.layout.has_object_shapes;
    let end = heap.references_end(object, info, bytes);
    let targets = |heap: &mut Heap, from: usize| -> Vec<(usize, Class, Shape)> {
        (object + from..end)
            .step_by(WORD)
            .filter_map(|at| {
                let (target, class) = heap.object(heap.memory.word(at))?;
                let shape = heap.map_info(target)?.kind.shape;
                Some((target, class, shape))
            })
            .collect()
    };
    match info.kind.class {
        Class::BytecodeArray => {
            for (target, class, shape) in targets(heap, HEADER) {
                match shape {
                    Shape::Array => constant_pool(heap, target, MAX_POOLS, found),
                    Shape::Bytes if class == Class::ByteArray => {
                        found(target, code("(source position table)"));
                    }
                    _ => {}
                }
            }
        }
        Class::FeedbackVector => {
            for (target, class, _) in targets(heap, heap.layout.feedback_vector) {
                if matches!(class, Class::WeakArray | Class::FixedArray) {
                    found(target, code("(feedback)"));
                }
            }
        }
        Class::Script => {
            for (target, class, _) in targets(heap, SCRIPT_LINE_ENDS) {
                let at_line_ends = heap.memory.word(object + SCRIPT_LINE_ENDS) == target | 1;
                match class {
                    Class::FixedArray if at_line_ends => found(target, code("(script line ends)")),
                    Class::WeakArray | Class::WeakArrayList => found(target, code("(infos)")),
                    _ => {}
                }
            }
        }
        Class::PrototypeInfo if shapes => {
            for (target, class, _) in targets(heap, WORD) {
                match class {
                    Class::WeakArrayList => found(target, shape("(prototype users)")),
                    Class::FixedArray => found(target, shape("(prototype chain enum cache)")),
                    _ => {}
                }
            }
        }
        Class::EnumCache if shapes => {
            for (target, ..) in targets(heap, WORD) {
                found(target, shape("(enum cache)"));
            }
        }
        Class::TransitionArray if shapes => {
            if let Some((target, Class::WeakArray)) = heap.object(heap.memory.word(object + HEADER))
            {
                found(target, shape("(prototype transitions)"));
            }
        }
        Class::Map if shapes => {
            if let Some((target, Class::Cell)) =
                heap.object(heap.memory.word(object + PROTOTYPE_VALIDITY))
            {
                found(target, shape("(prototype validity cell)"));
            }
        }
        Class::AllocationSite => {
            if let Some(target) = strong(heap.memory.word(object + 24)) {
                found(target, code("(dependent code)"));
            }
        }
        Class::Code | Class::InstructionStream => {
            for (target, class, _) in targets(heap, WORD) {
                match class {
                    Class::ByteArray => found(target, code("(code relocation info)")),
                    Class::FixedArray => found(target, code("(code deopt data)")),
                    _ => {}
                }
            }
        }
        Class::ScopeInfo => {
            for (target, class, _) in targets(heap, WORD) {
                if class == Class::FixedArray {
                    found(target, code("(context local names)"));
                }
            }
        }
        Class::Other => {
            for (target, class, _) in targets(heap, WORD) {
                if matches!(class, Class::FixedArray | Class::DoubleArray) {
                    found(target, code("(constant elements)"));
                }
            }
        }
        _ => {}
    }
}

fn constant_pool(heap: &mut Heap, pool: usize, depth: u32, found: &mut dyn FnMut(usize, Tag)) {
    found(pool, code("(constant pool)"));
    if depth == 1 {
        return;
    }
    let Some(info) = heap.map_info(pool) else {
        return;
    };
    let Ok(bytes) = heap.size_of(pool, info) else {
        return;
    };
    for at in (pool + HEADER..pool + bytes).step_by(WORD) {
        let word = heap.memory.word(at);
        if let Some((target, Class::FixedArray)) = heap.object(word) {
            constant_pool(heap, target, depth - 1, found);
        }
    }
}
