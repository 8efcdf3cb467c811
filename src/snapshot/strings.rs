//! The snapshot's string table: one buffer of text, and for each string where in it it starts.
#![forbid(unsafe_code)]

use super::index::StringId;

/// Strings as slices of one buffer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Strings {
    text: String,
    /// Where each string ends, modulo 2^32.
    ends: Vec<u32>,
    /// The first string whose end has passed each further multiple of 2^32. Empty but for tables
    /// beyond 4 GiB, which so cost four bytes a string too.
    wraps: Vec<u32>,
}

impl Strings {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of text in the table.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// One string.
    ///
    /// # Panics
    ///
    /// When `id` is not of this table; the ids of a graph's nodes and edges always are.
    #[inline]
    pub fn text(&self, id: StringId) -> &str {
        let start = match id.index() {
            0 => 0,
            index => self.end(index - 1),
        };
        &self.text[start..self.end(id.index())]
    }

    /// All strings with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (StringId, &str)> {
        let mut start = 0;
        (0..self.ends.len()).map(move |index| {
            let end = self.end(index);
            let text = &self.text[start..end];
            start = end;
            (StringId::new(index), text)
        })
    }

    /// Adds a string behind the last one.
    pub fn push(&mut self, text: &str) -> StringId {
        self.text.push_str(text);
        self.finish_string()
    }

    /// Makes all text that [`text_mut`](Self::text_mut) added since the last string a string.
    pub(super) fn finish_string(&mut self) -> StringId {
        let id = StringId::new(self.ends.len());
        let passed = (self.text.len() as u64 >> 32) as usize;
        while self.wraps.len() < passed {
            self.wraps.push(id.0);
        }
        // The lower half: `wraps` knows the upper one.
        self.ends.push(self.text.len() as u32);
        id
    }

    /// The buffer, for adding the text of the next string.
    pub(super) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// Gives back what was reserved and not used.
    pub(super) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    #[inline(always)]
    fn end(&self, index: usize) -> usize {
        let low = self.ends[index] as usize;
        if self.wraps.is_empty() {
            return low;
        }
        let high = self.wraps.partition_point(|&at| at as usize <= index);
        low + (high << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_string_is_the_text_that_was_pushed() {
        let mut strings = Strings::default();
        let texts = ["", "a", "", "ü€😀", "plain"];
        for text in texts {
            strings.push(text);
        }
        let all: Vec<&str> = strings.iter().map(|(_, text)| text).collect();
        assert_eq!(all, texts);
        assert_eq!(strings.text(StringId(3)), "ü€😀");
    }
}
