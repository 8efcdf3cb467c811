//! What V8 knows of a scope: the name of its function and of its variables.

use super::heap::Heap;
use super::layout::{Class, HEADER, LENGTH};
use super::memory::{WORD, small_integer, strong};

/// Where the parts of a `ScopeInfo` are.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScopeInfo {
    pub bytes: usize,
    /// Names of variables, one a word; none when a hash table holds them.
    pub names: Option<usize>,
    pub variables: usize,
    names_table: Option<usize>,
    function_name: Option<usize>,
    /// Of the context, where a function's name is a variable of its own that closures use.
    function_slot: Option<usize>,
    inferred_name: Option<usize>,
    pub outer: Option<usize>,
}

/// More names than these are in a hash table.
const MAX_INLINED: usize = 75;
/// Bits of the flags.
const SCOPE_TYPE: u32 = 0xf;
const SAVED_CLASS_VARIABLE: u32 = 1 << 10;
const FUNCTION_VARIABLE: u32 = 0b11 << 12;
const FUNCTION_IN_CONTEXT: u32 = 0b10 << 12;
const INFERRED_NAME: u32 = 1 << 14;
const OUTER: u32 = 1 << 22;
const LOCALS_BLOCK_LIST: u32 = 1 << 28;
const IS_EMPTY: u32 = 1 << 29;
const FUNCTION_SCOPE: u32 = 4;
const CONTEXT_EXTENSION: u32 = 1 << 26;

impl Heap {
    pub fn scope_info(&self, object: usize) -> ScopeInfo {
        let memory = &self.memory;
        let number = |at: usize| small_integer(memory.word(at)).unwrap_or(0).max(0) as usize;
        let flags = self.scope_flags(object);
        let mut info = ScopeInfo::default();
        let mut at = object + self.layout.scope_info_variables;
        let variables = number(object + 24);
        let is_module = flags & SCOPE_TYPE == self.layout.module_scope;
        let mut module_variables = 0;
        if is_module && !self.layout.counts_module_variables_last {
            module_variables = number(at);
            at += WORD;
        }
        info.variables = variables;
        if variables < MAX_INLINED {
            info.names = Some(at);
            at += variables * WORD;
        } else {
            info.names_table = strong(memory.word(at));
            at += WORD;
        }
        at += variables * WORD;
        if flags & SAVED_CLASS_VARIABLE != 0 {
            at += WORD;
        }
        if flags & FUNCTION_VARIABLE != 0 {
            info.function_name = Some(memory.word(at));
            if flags & FUNCTION_VARIABLE == FUNCTION_IN_CONTEXT {
                info.function_slot = Some(number(at + WORD));
            }
            at += 2 * WORD;
        }
        if flags & INFERRED_NAME != 0 {
            info.inferred_name = Some(memory.word(at));
            at += WORD;
        }
        let kind = flags & SCOPE_TYPE;
        let may_have_positions = flags & IS_EMPTY == 0 && !self.layout.scope_info_has_positions;
        if may_have_positions && self.layout.positioned_scopes & (1 << kind) != 0 {
            at += 2 * WORD;
        }
        if flags & OUTER != 0 {
            info.outer = Some(at);
            at += WORD;
        }
        if flags & LOCALS_BLOCK_LIST != 0 && self.layout.has_locals_block_list {
            at += WORD;
        }
        if self.layout.functions_have_more && kind == FUNCTION_SCOPE {
            at += WORD;
        }
        if is_module {
            at += WORD;
            if self.layout.counts_module_variables_last {
                module_variables = number(at);
                at += WORD;
            }
            at += 3 * WORD * module_variables;
        }
        info.bytes = at - object;
        info
    }

    fn scope_flags(&self, object: usize) -> u32 {
        match self.layout.scope_info_has_positions {
            // From V8 13 on a plain number, before a small integer.
            true => self.memory.int(object + 8),
            false => self.memory.int(object + 12),
        }
    }

    /// Slots of a scope's context before its variables.
    pub fn context_header(&self, object: usize) -> usize {
        match self.scope_flags(object) & CONTEXT_EXTENSION {
            0 => 2,
            _ => 3,
        }
    }

    /// The variables that a scope keeps in its context: the slot of each, and its name.
    pub fn context_variables(&mut self, scope: usize) -> Option<Vec<(usize, usize)>> {
        let info = self.scope_info(scope);
        let header = self.context_header(scope);
        let mut all = match info.names {
            Some(first) => {
                let name = |at| {
                    strong(self.memory.word(first + at * WORD)).map(|name| (header + at, name))
                };
                (0..info.variables).map(name).collect::<Option<Vec<_>>>()?
            }
            None => self.tabled_variables(info.names_table?, header)?,
        };
        let function = info.function_name.and_then(strong);
        all.extend(info.function_slot.zip(function));
        Some(all)
    }

    fn tabled_variables(&mut self, table: usize, header: usize) -> Option<Vec<(usize, usize)>> {
        // Behind three counts pairs of a name and a place.
        const PREFIX: usize = 3;
        let length = small_integer(self.memory.word(table + LENGTH))?.max(0) as usize;
        let mut all = Vec::new();
        for at in (PREFIX..length.saturating_sub(1)).step_by(2) {
            let [key, place] =
                [0, 1].map(|word| self.memory.word(table + HEADER + (at + word) * WORD));
            if let (Some(name), Some(place)) = (self.string(key), small_integer(place)) {
                all.push((header + usize::try_from(place).ok()?, name));
            }
        }
        Some(all)
    }

    /// The name of a scope's function: as it was declared, or as V8 has inferred it.
    pub fn scope_function_name(&mut self, object: usize, inferred: bool) -> Option<usize> {
        let info = self.scope_info(object);
        [info.function_name, info.inferred_name.filter(|_| inferred)]
            .into_iter()
            .flatten()
            .find_map(|word| self.non_empty_string(word))
    }

    /// A string that is not empty.
    pub fn non_empty_string(&mut self, word: usize) -> Option<usize> {
        let (string, class) = self.object(word)?;
        let is_string = matches!(
            class,
            Class::String
                | Class::ConsString
                | Class::ThinString
                | Class::SlicedString
                | Class::ExternalString
        );
        (is_string && self.memory.int(string + super::layout::STRING_LENGTH) > 0).then_some(string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::last_page::LastPage;
    use crate::reader::layout::Shape;

    fn bytes_of(page: &LastPage) -> usize {
        let mut heap = page.heap();
        heap.layout.scope_info_variables = 4 * WORD;
        heap.layout.positioned_scopes = 1;
        heap.layout.module_scope = 3;
        heap.scope_info(page.object).bytes
    }

    #[test]
    fn the_empty_one_has_no_positions_whatever_its_type() {
        let page = LastPage::with(Class::ScopeInfo, Shape::ScopeInfo, 6 * WORD);
        assert_eq!(bytes_of(&page), 6 * WORD);
        let page = LastPage::with(Class::ScopeInfo, Shape::ScopeInfo, 4 * WORD);
        page.write(page.object + LENGTH, (IS_EMPTY as usize) << 32);
        assert_eq!(bytes_of(&page), 4 * WORD);
    }
}
