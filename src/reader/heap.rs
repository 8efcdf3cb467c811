//! Objects of V8's heap: their maps, sizes and texts.

use super::dispatch::Dispatch;
use super::failure::Unreadable;
use super::layout::{
    Class, HEADER, LENGTH, Layout, MAP_BITS3, MAP_DESCRIPTORS, MAP_SIZE, MAP_TYPE, STRING_FIRST,
    STRING_LENGTH, STRING_SECOND, Shape, Type,
};
use super::memory::{AddressMap, Memory, WORD, small_integer, strong};

/// Objects that are read as texts are not followed deeper than this: strings of strings.
const MAX_STRING_DEPTH: u32 = 200;
/// Bits of a map's word that counts descriptors.
const DESCRIPTORS_SHIFT: u32 = 10;
const DESCRIPTORS_MASK: u32 = 0x3ff;
const IS_DICTIONARY: u32 = 1 << 21;
const PROPERTY_ARRAY_LENGTH: i32 = 0x3ff;
/// So many maps are at hand without a search.
const RECENT_MAPS: usize = 64;
/// At least so far apart are maps.
const MAP_BYTES: usize = 16;
/// Words of a descriptor: key, details, value.
const DESCRIPTOR_WORDS: usize = 3;

/// What the map of an object says.
#[derive(Clone, Copy, Debug)]
pub struct MapInfo {
    pub address: usize,
    /// Counts the maps that were met.
    pub index: u32,
    pub number: u16,
    pub kind: Type,
    /// Zero where the object itself tells.
    pub bytes: usize,
}

/// What is known of maps, by their index.
pub struct ByMap<T>(Vec<Option<T>>);

impl<T> Default for ByMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByMap<T> {
    #[inline(always)]
    pub fn get(&self, info: MapInfo) -> Option<&T> {
        self.0.get(info.index as usize)?.as_ref()
    }

    #[inline(always)]
    pub fn get_mut(&mut self, info: MapInfo) -> Option<&mut T> {
        self.0.get_mut(info.index as usize)?.as_mut()
    }

    pub fn set(&mut self, info: MapInfo, known: T) {
        let at = info.index as usize;
        if self.0.len() <= at {
            self.0.resize_with(at + 1, || None);
        }
        self.0[at] = Some(known);
    }

    /// All that is known.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().flatten()
    }
}

/// V8's heap in the copy.
pub struct Heap {
    pub memory: Memory,
    pub layout: Layout,
    /// The map of all maps of a context; there are few.
    meta_maps: Vec<usize>,
    /// Empty arrays, which V8's snapshots leave out where nobody would look for them; oddballs join them.
    inessential: Vec<usize>,
    /// What V8 empties before it collects: read as if it were empty.
    flushed: Vec<usize>,
    maps: AddressMap<MapInfo>,
    /// The maps that were met last, by their lower bits.
    recent: [Option<MapInfo>; RECENT_MAPS],
    /// Leads from functions to their code, where they do not hold it themselves.
    pub dispatch: Option<Dispatch>,
}

impl Heap {
    pub fn new(memory: Memory, layout: Layout) -> Self {
        Self {
            memory,
            layout,
            meta_maps: Vec::new(),
            inessential: Vec::new(),
            flushed: Vec::new(),
            maps: AddressMap::default(),
            recent: [None; RECENT_MAPS],
            dispatch: None,
        }
    }

    /// What an object's map says; `None` when there is no object here.
    #[inline(always)]
    pub fn map_info(&mut self, object: usize) -> Option<MapInfo> {
        let map = strong(self.memory.word(object))?;
        let place = map / MAP_BYTES % RECENT_MAPS;
        match self.recent[place] {
            Some(info) if info.address == map => Some(info),
            _ => {
                let info = self.info_of(map)?;
                self.recent[place] = Some(info);
                Some(info)
            }
        }
    }

    #[inline(never)]
    fn info_of(&mut self, map: usize) -> Option<MapInfo> {
        if let Some(&info) = self.maps.get(&map) {
            return Some(info);
        }
        if !self.is_map(map) {
            return None;
        }
        let number = self.memory.half(map + MAP_TYPE);
        let info = MapInfo {
            address: map,
            index: self.maps.len() as u32,
            number,
            kind: self.layout.of_type(number),
            bytes: usize::from(self.memory.byte(map + MAP_SIZE)) * WORD,
        };
        self.maps.insert(map, info);
        Some(info)
    }

    fn is_map(&mut self, map: usize) -> bool {
        let readable = |at| self.memory.contains_all(at, 2 * HEADER);
        if !map.is_multiple_of(WORD) || !readable(map) {
            return false;
        }
        let Some(meta) = strong(self.memory.word(map)) else {
            return false;
        };
        if self.meta_maps.contains(&meta) {
            return true;
        }
        // The map of a map's map is a map of maps as well, and so is its own.
        let is_one = meta % WORD == 0
            && readable(meta)
            && self.memory.half(meta + MAP_TYPE) == self.layout.map_type
            && strong(self.memory.word(meta)).is_some_and(|own| {
                own % WORD == 0
                    && readable(own)
                    && self.memory.half(own + MAP_TYPE) == self.layout.map_type
            });
        if is_one {
            self.meta_maps.push(meta);
        }
        is_one
    }

    /// Forgets what maps say, after the layout has changed.
    pub fn forget_maps(&mut self) {
        self.maps.clear();
        self.recent = [None; RECENT_MAPS];
    }

    /// Says that V8's snapshots tell no reference to this but of properties, elements and variables.
    pub fn leave_out(&mut self, object: usize) {
        if let Err(at) = self.inessential.binary_search(&object) {
            self.inessential.insert(at, object);
        }
    }

    pub fn flush(&mut self, object: usize) {
        if !self.flushed.contains(&object) {
            self.flushed.push(object);
        }
    }

    #[inline(always)]
    pub fn is_inessential(&self, object: usize) -> bool {
        match (self.inessential.first(), self.inessential.last()) {
            (Some(&first), Some(&last)) if first <= object && object <= last => {
                self.inessential.binary_search(&object).is_ok()
            }
            _ => false,
        }
    }

    /// Bytes of an object.
    ///
    /// # Errors
    ///
    /// Of a type that this reader does not know.
    #[inline(always)]
    pub fn size_of(&self, object: usize, info: MapInfo) -> Result<usize, Unreadable> {
        match info.bytes {
            0 => self.variable_size(object, info),
            bytes => Ok(bytes),
        }
    }

    /// Of what keeps its length as arrays do.
    #[inline(always)]
    pub fn array_length(&self, array: usize) -> usize {
        small_integer(self.memory.word(array + LENGTH))
            .unwrap_or(0)
            .max(0) as usize
    }

    /// Of an array of properties, which keeps a hash beside its length.
    #[inline(always)]
    pub fn property_array_length(&self, array: usize) -> usize {
        let packed = small_integer(self.memory.word(array + LENGTH)).unwrap_or(0);
        (packed & PROPERTY_ARRAY_LENGTH) as usize
    }

    /// Bytes that V8's snapshots give an object.
    #[inline(always)]
    pub fn told_size(&self, object: usize, info: MapInfo, bytes: usize) -> u64 {
        let told = match self.layout.read_only_is_free && self.memory.is_read_only(object) {
            true => 0,
            false => bytes as u64,
        };
        match info.kind.class {
            Class::ExternalString if self.layout.external_text_counts => {
                let width = if info.number & 8 == 0 { 2 } else { 1 };
                told + width * u64::from(self.memory.int(object + STRING_LENGTH))
            }
            _ => told,
        }
    }

    fn variable_size(&self, object: usize, info: MapInfo) -> Result<usize, Unreadable> {
        let memory = &self.memory;
        let length = || self.array_length(object);
        let bytes = match info.kind.shape {
            Shape::OneByteString => STRING_FIRST + memory.int(object + STRING_LENGTH) as usize,
            Shape::TwoByteString => STRING_FIRST + 2 * memory.int(object + STRING_LENGTH) as usize,
            // Behind its slots it leads to its queue of microtasks.
            Shape::Array if info.kind.class == Class::NativeContext => {
                HEADER + WORD * length() + self.layout.native_context_tail
            }
            Shape::Array | Shape::EphemeronTable | Shape::Doubles => HEADER + WORD * length(),
            Shape::ArrayBehind(header) => usize::from(header) + WORD * length(),
            Shape::Pairs => HEADER + 2 * WORD * memory.int(object + LENGTH) as usize,
            Shape::WasmTypeInfo => {
                let length = small_integer(memory.word(object + 4 * WORD)).unwrap_or(0);
                5 * WORD + WORD * length.max(0) as usize
            }
            Shape::WasmDispatchTable => {
                let (first, entry) = self.layout.wasm_dispatch_table;
                // Behind the length in use the one that there is room for.
                first + entry * memory.int(object + LENGTH + 4) as usize
            }
            Shape::WasmImportTable => {
                HEADER + WORD + 2 * WORD * memory.int(object + LENGTH) as usize
            }
            Shape::Constant(bytes) => usize::from(bytes),
            Shape::Bytes => HEADER + length(),
            Shape::Bytecode => self.layout.bytecode_data + length(),
            Shape::PropertyArray => HEADER + WORD * self.property_array_length(object),
            Shape::Descriptors => {
                let count = usize::from(memory.half(object + LENGTH));
                self.layout.descriptors + WORD * DESCRIPTOR_WORDS * count
            }
            Shape::FeedbackVector => {
                self.layout.feedback_vector + WORD * memory.int(object + LENGTH) as usize
            }
            Shape::FeedbackMetadata => self.feedback_metadata_bytes(object),
            Shape::PreparseData => {
                let data = memory.int(object + LENGTH) as usize;
                let children = memory.int(object + LENGTH + 4) as usize;
                (HEADER + data).next_multiple_of(WORD) + WORD * children
            }
            Shape::ScopeInfo => self.scope_info(object).bytes,
            Shape::BigInt => HEADER + WORD * (memory.int(object + LENGTH) >> 1) as usize,
            Shape::Code => self.code_bytes(object),
            Shape::Plain | Shape::Leaf | Shape::Unknown => {
                return Err(Unreadable::new(format!(
                    "objects of V8's type {} ({}) are laid out in an unknown way",
                    info.number, info.kind.name
                )));
            }
        };
        Ok(bytes.next_multiple_of(WORD))
    }

    /// Where the words end that may be references.
    #[inline(always)]
    pub fn references_end(&self, object: usize, info: MapInfo, bytes: usize) -> usize {
        if matches!(info.kind.class, Class::FixedArray | Class::Other)
            && self.flushed.contains(&object)
        {
            return object;
        }
        match info.kind.shape {
            Shape::Leaf
            | Shape::Constant(_)
            | Shape::OneByteString
            | Shape::TwoByteString
            | Shape::Doubles
            | Shape::Bytes
            | Shape::FeedbackMetadata
            | Shape::BigInt => object,
            Shape::Bytecode => object + self.layout.bytecode_data,
            Shape::Code if info.bytes == 0 => object + self.layout.code,
            _ => object + bytes,
        }
    }

    /// Slots of five bits, six in a word of 32; then the numbers of closures' parameters.
    fn feedback_metadata_bytes(&self, object: usize) -> usize {
        const SLOTS_PER_INT: usize = 6;
        let slots = self.memory.int(object + LENGTH) as usize;
        let closures = self.memory.int(object + LENGTH + 4) as usize;
        let parameters = if self.layout.has_closure_parameters {
            2 * closures
        } else {
            0
        };
        HEADER + 4 * slots.div_ceil(SLOTS_PER_INT) + parameters
    }

    fn code_bytes(&self, object: usize) -> usize {
        let body = self.layout.code_body;
        let code = match body.in_code {
            true => strong(self.memory.word(object + 8)).unwrap_or(object),
            false => object,
        };
        let sizes: usize = body
            .offsets
            .iter()
            .map(|&at| self.memory.int(code + at) as usize)
            .sum();
        (self.layout.code + sizes).next_multiple_of(body.alignment)
    }

    /// How many descriptors of its array are a map's own.
    pub fn own_descriptors(&self, map: usize) -> usize {
        (self.memory.int(map + MAP_BITS3) >> DESCRIPTORS_SHIFT & DESCRIPTORS_MASK) as usize
    }

    pub fn has_dictionary(&self, map: usize) -> bool {
        self.memory.int(map + MAP_BITS3) & IS_DICTIONARY != 0
    }

    /// Key, details and value of a map's descriptor.
    pub fn descriptor(&self, map: usize, at: usize) -> Option<[usize; DESCRIPTOR_WORDS]> {
        let array = strong(self.memory.word(map + MAP_DESCRIPTORS))?;
        let first = array + self.layout.descriptors + at * DESCRIPTOR_WORDS * WORD;
        Some([0, 1, 2].map(|word| self.memory.word(first + word * WORD)))
    }

    /// The class of an object; `Other` for what is none.
    pub fn class_of(&mut self, object: usize) -> Class {
        self.map_info(object)
            .map_or(Class::Other, |info| info.kind.class)
    }

    /// An object that a word leads to, with its class.
    pub fn object(&mut self, word: usize) -> Option<(usize, Class)> {
        let object = strong(word)?;
        if !object.is_multiple_of(WORD) || !self.memory.contains(object) {
            return None;
        }
        let class = self.class_of(object);
        Some((object, class))
    }

    /// The text of a string, of at most so many characters; as in V8's snapshots, each that is zero is a space.
    pub fn text(&mut self, string: usize, limit: usize) -> Option<String> {
        // Most are so.
        if let Some(info) = self.map_info(string)
            && (info.kind.class, info.kind.shape) == (Class::String, Shape::OneByteString)
        {
            let length = self.memory.int(string + STRING_LENGTH) as usize;
            let bytes = self.memory.bytes(string + STRING_FIRST, length.min(limit));
            let visible = |&byte: &u8| char::from(if byte == 0 { b' ' } else { byte });
            return Some(bytes.iter().map(visible).collect());
        }
        let mut text = Vec::new();
        self.push_text(string, limit, 0, &mut text)?;
        let text = char::decode_utf16(text).map(|unit| match unit {
            Ok('\0') => ' ',
            unit => unit.unwrap_or(char::REPLACEMENT_CHARACTER),
        });
        Some(text.collect())
    }

    fn push_text(
        &mut self,
        string: usize,
        limit: usize,
        depth: u32,
        to: &mut Vec<u16>,
    ) -> Option<()> {
        if to.len() >= limit || depth > MAX_STRING_DEPTH {
            return Some(());
        }
        let info = self.map_info(string)?;
        let length = self.memory.int(string + STRING_LENGTH) as usize;
        let take = length.min(limit - to.len());
        // Not of all strings: behind the empty one there may be nothing.
        let word = |at: usize| self.memory.word(string + at);
        match (info.kind.class, info.kind.shape) {
            (Class::String, Shape::OneByteString) => {
                let bytes = self.memory.bytes(string + STRING_FIRST, take);
                to.extend(bytes.iter().map(|&byte| u16::from(byte)));
            }
            (Class::String, _) => {
                let at = string + STRING_FIRST;
                to.extend((0..take).map(|index| self.memory.half(at + 2 * index)));
            }
            (Class::ConsString, _) => {
                let halves = [word(STRING_FIRST), word(STRING_SECOND)];
                for half in halves {
                    self.push_text(strong(half)?, limit, depth + 1, to)?;
                }
            }
            (Class::ThinString, _) => {
                self.push_text(strong(word(STRING_FIRST))?, limit, depth + 1, to)?;
            }
            (Class::SlicedString, _) => {
                let [parent, skip] = [word(STRING_FIRST), word(STRING_SECOND)];
                let skip = usize::try_from(small_integer(skip)?).ok()?;
                let mut text = Vec::new();
                self.push_text(strong(parent)?, skip + take, depth + 1, &mut text)?;
                to.extend(text.get(skip..)?);
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::last_page::LastPage;

    #[test]
    fn the_empty_string_may_be_the_last_object_of_a_page() {
        let page = LastPage::with(Class::String, Shape::TwoByteString, STRING_FIRST);
        let mut heap = page.heap();
        assert_eq!(heap.text(page.object, 10).as_deref(), Some(""));
    }
}
