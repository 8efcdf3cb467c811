//! How V8 lays its objects out: from the metadata that the executable exports, and from rules of one version range
//! where it exports none.
//!
//! V8 10.2 (Node 18) to 14.6 (Node 26) keep a reference in eight bytes and a small integer in the upper half of them.

use std::ops::Range;

use super::constants::{find, first_of, v8_version};
use super::failure::Unreadable;
use super::memory::Memory;
use super::types::NAMED;
use crate::snapshot::NodeKind;

/// How the size and the references of an object follow from its type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// As its map says; all words may be references.
    Plain,
    /// As its map says; none of its words is a reference.
    Leaf,
    /// Of one or two bytes a character.
    OneByteString,
    TwoByteString,
    /// A length in its second word, then so many references.
    Array,
    /// The same behind more words: where the references begin.
    ArrayBehind(u8),
    /// A length, then so many pairs of words.
    Pairs,
    /// A length behind three words, then so many references.
    WasmTypeInfo,
    /// A length, and from there on entries of several words each.
    WasmDispatchTable,
    /// The same of imports.
    WasmImportTable,
    /// So many bytes, which neither its map nor the object tells.
    Constant(u8),
    /// A length in its second word, then so many doubles.
    Doubles,
    /// The same of bytes.
    Bytes,
    Bytecode,
    PropertyArray,
    Descriptors,
    FeedbackVector,
    FeedbackMetadata,
    PreparseData,
    ScopeInfo,
    BigInt,
    /// Machine code, behind a few references.
    Code,
    /// Weak collections: values that live as long as their keys.
    EphemeronTable,
    Unknown,
}

/// What an object is, as far as its name and its references depend on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    Other,
    /// No object.
    Filler,
    String,
    ConsString,
    SlicedString,
    ThinString,
    ExternalString,
    Symbol,
    BigInt,
    HeapNumber,
    Oddball,
    Map,
    FixedArray,
    EphemeronTable,
    DoubleArray,
    ByteArray,
    Context,
    NativeContext,
    Code,
    InstructionStream,
    SharedFunctionInfo,
    Script,
    ScopeInfo,
    DescriptorArray,
    TransitionArray,
    WeakArray,
    WeakArrayList,
    WeakCell,
    AllocationSite,
    AccessorPair,
    AccessorInfo,
    PropertyCell,
    Cell,
    FeedbackCell,
    FeedbackVector,
    BytecodeArray,
    PrototypeInfo,
    EnumCache,
    /// JavaScript's.
    Object,
    Function,
    BoundFunction,
    RegExp,
    Array,
    ArrayBuffer,
    ArrayBufferView,
    Map2,
    WeakMap,
    Promise,
    Generator,
    WeakRef,
    FinalizationRegistry,
    GlobalObject,
    GlobalProxy,
    Proxy,
}

#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub shape: Shape,
    pub class: Class,
    /// Of V8's class, like `FeedbackCell`.
    pub name: &'static str,
}

/// The major version from which what stands for nothing is no oddball.
const FIRST_WITH_HOLES: u32 = 12;
/// The one from which WebAssembly's imports have a table of their own.
const FIRST_WITH_IMPORT_TABLES: u32 = 14;
const PACKED_ELEMENTS: usize = 2;
const HOLEY_ELEMENTS: usize = 3;
const CODE: &[&str] = &[
    "AllocationSite",
    "ArrayBoilerplateDescription",
    "BytecodeArray",
    "ClosureFeedbackCellArray",
    "Code",
    "CodeDataContainer",
    "FeedbackCell",
    "FeedbackMetadata",
    "FeedbackVector",
    "InstructionStream",
    "InterpreterData",
    "LoadHandler",
    "ObjectBoilerplateDescription",
    "PreparseData",
    "RegExpBoilerplateDescription",
    "ScopeInfo",
    "Script",
    "SharedFunctionInfo",
    "StoreHandler",
    "TemplateObjectDescription",
    "TrustedByteArray",
    "TrustedFixedArray",
    "ProtectedFixedArray",
    "UncompiledDataWithPreparseData",
    "UncompiledDataWithPreparseDataAndJob",
    "UncompiledDataWithoutPreparseData",
    "UncompiledDataWithoutPreparseDataWithJob",
];
/// From V8 13 on.
const MORE_CODE: &[&str] = &["BytecodeWrapper", "CodeWrapper"];
const OBJECT_SHAPES: &[&str] = &[
    "Map",
    "DescriptorArray",
    "TransitionArray",
    "PrototypeInfo",
    "EnumCache",
];

/// Offsets and types of the running V8.
#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
pub struct Layout {
    types: Vec<Type>,
    pub map_type: u16,
    pub first_object: u16,
    /// Where a `ScopeInfo` keeps what comes behind its three counts.
    pub scope_info_variables: usize,
    /// Whether positions are among those counts.
    pub scope_info_has_positions: bool,
    pub bytecode_data: usize,
    pub descriptors: usize,
    pub feedback_vector: usize,
    pub code: usize,
    pub shared_name: usize,
    pub shared_data: usize,
    pub function_shared: usize,
    pub function_context: usize,
    pub function_prototype: usize,
    pub function_cell: usize,
    pub regexp_source: usize,
    pub regexp_data: Option<usize>,
    pub buffer_bytes: usize,
    pub buffer_store: usize,
    pub dictionary_prefix: usize,
    pub dictionary_elements: usize,
    pub has_closure_parameters: bool,
    pub code_body: CodeBody,
    pub module_scope: u32,
    /// Whether a module's scope has the number of its variables right before them, not before all names.
    pub counts_module_variables_last: bool,
    /// Types of scopes that have positions in their variable part, as bits.
    pub positioned_scopes: u32,
    pub has_locals_block_list: bool,
    pub template_class_name: usize,
    pub weak_cell_target: usize,
    pub registry_next_dirty: usize,
    pub native_context_weak_slots: usize,
    pub function_code: Option<usize>,
    pub native_context_tail: usize,
    pub has_prototype_slot: u8,
    /// Whether scopes of functions have one more word.
    pub functions_have_more: bool,
    /// Flags of symbols that no program can name: V8's own, private names, brands.
    pub private_symbols: u32,
    pub private_names: u32,
    /// Whether a function is called by its property `name` first.
    pub names_by_property: bool,
    /// Where the entries of WebAssembly's dispatch tables begin, and how many bytes each has.
    pub wasm_dispatch_table: (usize, usize),
    /// Where objects of C++ templates keep what C++ stores in them.
    pub embedder_fields: usize,
    /// Whether V8's snapshots mark global objects and their proxies in their names.
    pub marks_globals: bool,
    /// Whether V8's snapshots hang contexts on their root, else global objects.
    pub contexts_are_user_roots: bool,
    /// Whether V8's snapshots give objects of its read-only space no size.
    pub read_only_is_free: bool,
    /// Whether they give external strings the size of their text.
    pub external_text_counts: bool,
    pub shared_references: &'static [(usize, &'static str)],
    has_hole_type: bool,
    pub has_object_shapes: bool,
    wrappers_are_code: bool,
}

/// How long machine code is.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Default))]
pub struct CodeBody {
    /// Whether its `Code` tells, or the instructions' own header.
    pub in_code: bool,
    /// Numbers that add up to the bytes behind the header.
    pub offsets: &'static [usize],
    pub alignment: usize,
}

/// What the executable does not export: by version.
#[derive(Clone, Copy, Debug)]
struct Version {
    first: (u32, u32),
    feedback_vector: usize,
    has_closure_parameters: bool,
    code_body: CodeBody,
    module_scope: u32,
    counts_module_variables_last: bool,
    positioned_scopes: u32,
    has_locals_block_list: bool,
    template_class_name: usize,
    weak_cell_target: usize,
    registry_next_dirty: usize,
    native_context_weak_slots: usize,
    function_code: Option<usize>,
}

const V8_10_2: Version = Version {
    first: (10, 2),
    feedback_vector: 48,
    has_closure_parameters: false,
    code_body: CodeBody {
        in_code: false,
        offsets: &[40, 44],
        alignment: 64,
    },
    module_scope: 3,
    counts_module_variables_last: true,
    positioned_scopes: 0b11111,
    has_locals_block_list: true,
    template_class_name: 64,
    weak_cell_target: 16,
    registry_next_dirty: 64,
    native_context_weak_slots: 3,
    function_code: Some(48),
};
const V8_11_3: Version = Version {
    first: (11, 3),
    feedback_vector: 56,
    code_body: CodeBody {
        in_code: true,
        offsets: &[56, 60],
        ..V8_10_2.code_body
    },
    native_context_weak_slots: 1,
    ..V8_10_2
};
const V8_12_4: Version = Version {
    first: (12, 4),
    code_body: CodeBody {
        in_code: false,
        offsets: &[24],
        ..V8_11_3.code_body
    },
    counts_module_variables_last: false,
    function_code: Some(24),
    ..V8_11_3
};
const V8_13_6: Version = Version {
    first: (13, 6),
    feedback_vector: 48,
    has_closure_parameters: true,
    module_scope: 5,
    has_locals_block_list: false,
    function_code: None,
    ..V8_12_4
};
const V8_14_6: Version = Version {
    first: (14, 6),
    weak_cell_target: 24,
    ..V8_13_6
};
const VERSIONS: &[Version] = &[V8_10_2, V8_11_3, V8_12_4, V8_13_6, V8_14_6];

/// Bits of a map's third field, and of the details of a property.
pub const IS_PROTOTYPE_MAP: u32 = 1 << 20;
pub const DETAILS_IS_ACCESSOR: usize = 1;
pub const DETAILS_IN_DESCRIPTOR: usize = 1 << 5;

/// Fields that are at the same place in all versions.
pub const LENGTH: usize = 8;
pub const HEADER: usize = 16;
pub const MAP_SIZE: usize = 8;
pub const MAP_INOBJECT: usize = 9;
pub const MAP_TYPE: usize = 12;
pub const MAP_BITS: usize = 14;
pub const MAP_BITS2: usize = 15;
pub const MAP_BITS3: usize = 16;
pub const MAP_PROTOTYPE: usize = 24;
pub const MAP_CONSTRUCTOR: usize = 32;
pub const MAP_DESCRIPTORS: usize = 40;
pub const MAP_DEPENDENT_CODE: usize = 48;
pub const MAP_TRANSITIONS: usize = 64;
pub const STRING_LENGTH: usize = 12;
pub const STRING_FIRST: usize = 16;
pub const STRING_SECOND: usize = 24;
pub const OBJECT_PROPERTIES: usize = 8;
pub const OBJECT_ELEMENTS: usize = 16;
pub const OBJECT_FIELDS: usize = 24;
/// The upper bound of types that this reader keeps apart: API objects and JavaScript's come last.
const TYPES: usize = 4096;
const FIRST_NON_STRING: u16 = 128;
const REPRESENTATION: u16 = 7;
const ONE_BYTE: u16 = 8;
const NATIVE_CONTEXT_AT: usize = 7;
/// Functions have a type each for what constructs an array, a promise, a regular expression …
const FUNCTION_TYPES: u16 = 16;
const BIG_INT: u16 = FIRST_NON_STRING + 1;
/// The same in all versions, and exported by few.
const LOAD_HANDLER: u16 = 137;
const STORE_HANDLER: u16 = 138;
const FOREIGN: u16 = 204;
const FIRST_API_OBJECT: u16 = 1040;
/// From here to JavaScript's own.
const API_OBJECT: u16 = 1058;
const LAST_API_OBJECT: u16 = 2059;

/// Each was checked to hold what it says in V8 10.2, 11.3, 12.4, 13.6 and 14.6.
const SAME_EVERYWHERE: &[(&str, usize)] = &[
    ("HeapObjectTag", 1),
    ("SmiValueShift", 1),
    ("SmiShiftSize", 31),
    ("TaggedSize", 8),
    ("FirstNonstringType", FIRST_NON_STRING as usize),
    ("class_Map__instance_size_in_words__char", MAP_SIZE),
    (
        "class_Map__inobject_properties_start_or_constructor_function_index__char",
        MAP_INOBJECT,
    ),
    ("class_Map__instance_type__uint16_t", MAP_TYPE),
    ("class_Map__bit_field__char", MAP_BITS),
    ("class_Map__bit_field2__char", MAP_BITS2),
    ("class_Map__bit_field3__int", MAP_BITS3),
    ("class_Map__instance_descriptors_offset", MAP_DESCRIPTORS),
    ("class_FixedArrayBase__length__SMI", LENGTH),
    ("class_FixedArray__data__uintptr_t", HEADER),
    ("class_String__length__int32_t", STRING_LENGTH),
    ("class_SeqOneByteString__chars__char", STRING_FIRST),
    ("class_ConsString__first__String", STRING_FIRST),
    ("class_ConsString__second__String", STRING_SECOND),
    ("class_SlicedString__parent__String", STRING_FIRST),
    ("class_ThinString__actual__String", STRING_FIRST),
    ("class_JSObject__elements__Object", OBJECT_ELEMENTS),
    ("class_JSObject__internal_fields__uintptr_t", OBJECT_FIELDS),
    ("bit_field3_number_of_own_descriptors_shift", 10),
    ("bit_field3_number_of_own_descriptors_mask", 0x3ff << 10),
    ("bit_field3_is_dictionary_map_shift", 21),
    ("prop_desc_key", 0),
    ("prop_desc_details", 1),
    ("prop_desc_value", 2),
    ("prop_desc_size", 3),
    ("prop_kind_mask", 1),
    ("prop_location_shift", 5),
    ("prop_index_shift", 19),
    ("namedictionary_prefix_start_index", 3),
    ("namedictionaryshape_entry_size", 3),
    ("numberdictionaryshape_prefix_size", 1),
    ("context_idx_scope_info", 0),
    ("context_idx_prev", 1),
];

impl Layout {
    /// The layout of the running V8.
    ///
    /// # Errors
    ///
    /// What the executable does not export, or has otherwise than any version that this was checked with.
    pub fn of_running_v8() -> Result<Self, Unreadable> {
        let (major, minor) = version()?;
        let unknown = || Unreadable::new(format!("V8 {major}.{minor} is not known"));
        let version = VERSIONS
            .iter()
            .find(|version| version.first == (major, minor))
            .ok_or_else(unknown)?;
        for &(name, expected) in SAME_EVERYWHERE {
            match find(name) {
                Some(value) if value == expected => {}
                Some(value) => {
                    return Err(Unreadable::new(format!(
                        "v8dbg_{name} is {value}, not {expected}"
                    )));
                }
                None => return Err(Unreadable::new(format!("v8dbg_{name} is not exported"))),
            }
        }
        let mut types = Types::find()?;
        types.add_fillers()?;
        if major >= FIRST_WITH_HOLES {
            types.add_hole()?;
            types.add_wasm_dispatch_table(major)?;
        }
        let scope_info_variables = 8 + 8 * first_of(&["scopeinfo_idx_first_vars"])?;
        Ok(Self {
            map_type: types.number("Map__MAP_TYPE")?,
            first_object: types.number("JSProxy__JS_PROXY_TYPE")?,
            types: types.all,
            scope_info_variables,
            scope_info_has_positions: scope_info_variables > 32,
            bytecode_data: first_of(&["class_BytecodeArray__data__uintptr_t"])?,
            descriptors: first_of(&["class_DescriptorArray__header_size__uintptr_t"])?,
            feedback_vector: version.feedback_vector,
            has_closure_parameters: version.has_closure_parameters,
            code_body: version.code_body,
            module_scope: version.module_scope,
            counts_module_variables_last: version.counts_module_variables_last,
            positioned_scopes: version.positioned_scopes,
            has_locals_block_list: version.has_locals_block_list,
            template_class_name: version.template_class_name,
            weak_cell_target: version.weak_cell_target,
            registry_next_dirty: version.registry_next_dirty,
            native_context_weak_slots: version.native_context_weak_slots,
            function_code: version.function_code,
            native_context_tail: 8,
            functions_have_more: major >= 14,
            private_names: if major >= 14 { 0b10 } else { 0b11_0000 },
            private_symbols: if major >= 14 { 0b11 } else { 0b11_0001 },
            names_by_property: major >= 14,
            wasm_dispatch_table: match major {
                14.. => (40, 16),
                13 => (40, 24),
                _ => (16, 24),
            },
            embedder_fields: if major >= 13 { 32 } else { OBJECT_FIELDS },
            marks_globals: major >= 14,
            contexts_are_user_roots: major >= 14,
            read_only_is_free: major >= 13,
            external_text_counts: major >= 13,
            shared_references: match major {
                ..12 => &[
                    (8, "function_data"),
                    (16, "name_or_scope_info"),
                    (24, "raw_outer_scope_info_or_feedback_metadata"),
                    (32, "script_or_debug_info"),
                ],
                12 => &[
                    (8, "function_data"),
                    (16, "name_or_scope_info"),
                    (24, "raw_outer_scope_info_or_feedback_metadata"),
                    (32, "script"),
                ],
                _ => &[
                    (8, "trusted_function_data"),
                    (16, "untrusted_function_data"),
                    (24, "name_or_scope_info"),
                    (32, "raw_outer_scope_info_or_feedback_metadata"),
                    (40, "script"),
                ],
            },
            has_prototype_slot: 1 << 7,
            has_hole_type: major >= FIRST_WITH_HOLES,
            has_object_shapes: major >= 11,
            wrappers_are_code: major >= 13,
            code: first_of(&[
                "class_InstructionStream__instruction_start__uintptr_t",
                "class_Code__instruction_start__uintptr_t",
            ])?,
            shared_name: first_of(&[
                "class_SharedFunctionInfo__name_or_scope_info__Object",
                "class_SharedFunctionInfo__name_or_scope_info__Tagged_NameOrScopeInfoT_",
                "class_SharedFunctionInfo__name_or_scope_info__Tagged_Object_",
            ])?,
            shared_data: 8,
            function_shared: first_of(&["class_JSFunction__shared__SharedFunctionInfo"])?,
            function_context: first_of(&["class_JSFunction__context__Context"])?,
            function_prototype: first_of(&[
                "class_JSFunction__prototype_or_initial_map__HeapObject",
                "class_JSFunction__prototype_or_initial_map__Tagged_HeapObject_",
                "class_JSFunction__prototype_or_initial_map__Tagged_UnionOf_JSPrototype_Map_Hole_",
                "class_JSFunction__prototype_or_initial_map__Tagged_UnionOf_JSPrototype_Map_TheHole_",
            ])?,
            function_cell: first_of(&[
                "class_JSFunction__raw_feedback_cell__FeedbackCell",
                "class_JSFunction__raw_feedback_cell__Tagged_FeedbackCell_",
            ])?,
            regexp_source: first_of(&["class_JSRegExp__source__Object"])?,
            regexp_data: find("class_RegExpData__source__Tagged_String_"),
            buffer_bytes: first_of(&["class_JSArrayBuffer__byte_length__size_t"])?,
            buffer_store: first_of(&["class_JSArrayBuffer__backing_store__uintptr_t"])?,
            dictionary_prefix: first_of(&["namedictionaryshape_prefix_size"])?,
            dictionary_elements: first_of(&["elements_dictionary_elements"])?,
        })
    }

    /// Whether objects of this type are made from a template of C++.
    pub fn is_api_object(&self, number: u16) -> bool {
        matches!(number, FIRST_API_OBJECT) || (API_OBJECT..LAST_API_OBJECT).contains(&number)
    }

    /// Whether elements of this kind are references.
    pub fn has_object_elements(&self, kind: usize) -> bool {
        (PACKED_ELEMENTS..=HOLEY_ELEMENTS).contains(&kind)
    }

    /// Whether an oddball is the one that stands for a missing element.
    pub fn is_hole(&self, memory: &Memory, oddball: usize) -> bool {
        const KIND_AT: usize = 40;
        const THE_HOLE: usize = 2;
        !self.has_hole_type && memory.word(oddball + KIND_AT) >> 32 == THE_HOLE
    }

    /// How V8's snapshots sort what is not the program's.
    pub fn system_kind(&self, name: &str) -> NodeKind {
        if CODE.contains(&name) || self.wrappers_are_code && MORE_CODE.contains(&name) {
            return NodeKind::Code;
        }
        if self.has_object_shapes && OBJECT_SHAPES.contains(&name) {
            return NodeKind::ObjectShape;
        }
        NodeKind::Hidden
    }

    /// Weak collections have a type that no constant names: of a sample.
    pub fn set_ephemeron_table(&mut self, number: u16) {
        self.types[usize::from(number)] = Type {
            shape: Shape::EphemeronTable,
            class: Class::EphemeronTable,
            name: "EphemeronHashTable",
        };
    }

    /// Of no version, with these types by number.
    #[cfg(test)]
    pub fn with_types(types: Vec<Type>) -> Self {
        Self {
            types,
            ..Self::default()
        }
    }

    #[inline(always)]
    pub fn of_type(&self, number: u16) -> Type {
        self.types
            .get(usize::from(number))
            .copied()
            .unwrap_or(UNKNOWN)
    }
}

/// Major and minor number of the running V8.
fn version() -> Result<(u32, u32), Unreadable> {
    let text = v8_version().ok_or_else(|| Unreadable::new("V8 does not tell its version"))?;
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
}

const UNKNOWN: Type = Type {
    shape: Shape::Unknown,
    class: Class::Other,
    name: "",
};

struct Types {
    all: Vec<Type>,
    native_context: u16,
}

impl Types {
    fn find() -> Result<Self, Unreadable> {
        let mut types = Self {
            all: (0..TYPES).map(|number| unnamed(number as u16)).collect(),
            native_context: 0,
        };
        for &(name, class, shape) in NAMED {
            if let Ok(number) = types.number(name) {
                types.all[usize::from(number)] = Type {
                    shape,
                    class,
                    name: bare(name),
                };
            }
        }
        let arrays = types.number("FixedArray__FIXED_ARRAY_TYPE")?
            ..types.number("ByteArray__BYTE_ARRAY_TYPE")?;
        types.fill(arrays, Shape::Array, Class::FixedArray, "FixedArray");
        let contexts = constant("FirstContextType")?..constant("LastContextType")? + 1;
        types.fill(contexts.clone(), Shape::Array, Class::Context, "Context");
        // In the order of their names: await, block, catch, debug, eval, function, module, native, script, with.
        types.native_context = contexts.start + NATIVE_CONTEXT_AT as u16;
        types.all[usize::from(types.native_context)] = Type {
            shape: Shape::Array,
            class: Class::NativeContext,
            name: "NativeContext",
        };
        let weak = types.number("WeakFixedArray__WEAK_FIXED_ARRAY_TYPE")?;
        types.fill(
            weak..weak + 1,
            Shape::Array,
            Class::WeakArray,
            "WeakFixedArray",
        );
        // Follows as the only other one of its kind.
        types.fill(
            weak + 1..weak + 2,
            Shape::Array,
            Class::TransitionArray,
            "TransitionArray",
        );
        let vector = types.number("FeedbackVector__FEEDBACK_VECTOR_TYPE")?;
        types.fill(
            vector - 1..vector,
            Shape::FeedbackMetadata,
            Class::Other,
            "FeedbackMetadata",
        );
        let first = types.number("JSFunction__JS_FUNCTION_TYPE")?;
        // Named from V8 12 on.
        let last = constant("LastJSFunctionType").unwrap_or(first + FUNCTION_TYPES - 1);
        types.fill(first..last + 1, Shape::Plain, Class::Function, "JSFunction");
        let generator = types.number("JSAsyncFunctionObject__JS_ASYNC_FUNCTION_OBJECT_TYPE")? - 1;
        types.fill(
            generator..generator + 1,
            Shape::Plain,
            Class::Generator,
            "JSGeneratorObject",
        );
        Ok(types)
    }

    /// Behind trusted arrays in V8 12, and behind interpreter data in later ones.
    fn add_wasm_dispatch_table(&mut self, major: u32) -> Result<(), Unreadable> {
        let before = match major {
            ..=12 => "TrustedFixedArray__TRUSTED_FIXED_ARRAY_TYPE",
            _ => "InterpreterData__INTERPRETER_DATA_TYPE",
        };
        let table = self.number(before)? + 1;
        self.fill(
            table..table + 1,
            Shape::WasmDispatchTable,
            Class::Other,
            "WasmDispatchTable",
        );
        if major >= FIRST_WITH_IMPORT_TABLES {
            let imports = self.number("WasmImportData__WASM_IMPORT_DATA_TYPE")? - 1;
            self.fill(
                imports..imports + 1,
                Shape::WasmImportTable,
                Class::Other,
                "WasmDispatchTableForImports",
            );
        }
        Ok(())
    }

    /// What fills places where no object is.
    fn add_fillers(&mut self) -> Result<(), Unreadable> {
        let filler = self.number("FeedbackVector__FEEDBACK_VECTOR_TYPE")? + 1;
        self.fill(filler..filler + 2, Shape::Leaf, Class::Filler, "Filler");
        Ok(())
    }

    /// Behind the vectors' type: fillers, free space, and what stands for nothing.
    fn add_hole(&mut self) -> Result<(), Unreadable> {
        let hole = self.number("FeedbackVector__FEEDBACK_VECTOR_TYPE")? + 3;
        self.fill(hole..hole + 1, Shape::Constant(16), Class::Oddball, "Hole");
        Ok(())
    }

    fn number(&self, name: &str) -> Result<u16, Unreadable> {
        constant(&format!("type_{name}"))
    }

    fn fill(&mut self, numbers: Range<u16>, shape: Shape, class: Class, name: &'static str) {
        for number in numbers {
            self.all[usize::from(number)] = Type { shape, class, name };
        }
    }
}

/// The class of a type's constant.
fn bare(name: &'static str) -> &'static str {
    name.split_once("__").map_or(name, |(class, _)| class)
}

fn constant(name: &str) -> Result<u16, Unreadable> {
    let value = first_of(&[name])?;
    u16::try_from(value).map_err(|_| Unreadable::new(format!("v8dbg_{name} is {value}")))
}

/// Types that no constant names: strings, by their bits, and what is new.
fn unnamed(number: u16) -> Type {
    match number {
        BIG_INT => Type {
            shape: Shape::BigInt,
            class: Class::BigInt,
            name: "BigInt",
        },
        LOAD_HANDLER => plain("LoadHandler"),
        STORE_HANDLER => plain("StoreHandler"),
        FOREIGN => Type {
            shape: Shape::Leaf,
            ..plain("Foreign")
        },
        // Objects of C++ templates, each kind with a number of its own, and JavaScript's.
        FIRST_API_OBJECT.. => Type {
            class: Class::Object,
            ..plain("JSObject")
        },
        FIRST_NON_STRING.. => UNKNOWN,
        _ => string(number),
    }
}

fn plain(name: &'static str) -> Type {
    Type {
        shape: Shape::Plain,
        class: Class::Other,
        name,
    }
}

fn string(number: u16) -> Type {
    let (shape, class) = match number & REPRESENTATION {
        1 => (Shape::Plain, Class::ConsString),
        2 => (Shape::Leaf, Class::ExternalString),
        3 => (Shape::Plain, Class::SlicedString),
        5 => (Shape::Plain, Class::ThinString),
        0 if number & ONE_BYTE != 0 => (Shape::OneByteString, Class::String),
        0 => (Shape::TwoByteString, Class::String),
        _ => return UNKNOWN,
    };
    Type {
        shape,
        class,
        name: "String",
    }
}
