//! Bytes of a file in order, with the offset of each: one look-ahead buffer over any source. In a file
//! that was compressed, offsets count the bytes that come out.
#![forbid(unsafe_code)]

use std::io::Read;
use std::ops::Range;

use super::source::{Place, Source};
use crate::error::Error;

/// How much is read at once: small enough to stay in a core's cache while it is parsed.
const BLOCK_BYTES: usize = 128 << 10;

/// Part of an integer array that holds whole records, and its terminator: the comma behind the last
/// record or the bracket that ends the array.
pub struct Block {
    pub buffer: Vec<u8>,
    pub range: Range<usize>,
    /// Where in the file the range begins.
    pub offset: u64,
    /// How many records its commas make.
    pub records: usize,
    /// Whether the array begins here.
    pub is_first: bool,
    /// Whether the array ends here.
    pub is_last: bool,
}

impl Block {
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}

/// A source of bytes that knows where it is.
pub struct Input<R: Read> {
    source: Source<R>,
    buffer: Vec<u8>,
    /// What of the buffer is read and not yet consumed.
    start: usize,
    end: usize,
    /// Where in the file the buffer begins.
    base: u64,
    ended: bool,
    /// The section that is being read, for messages.
    pub section: &'static str,
}

impl<R: Read> Input<R> {
    pub fn new(source: R) -> Result<Self, Error> {
        let (section, offset) = ("beginning", 0);
        let unreadable = |error| Place { section, offset }.unreadable(error);
        Ok(Self {
            source: Source::new(source).map_err(unreadable)?,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            base: 0,
            ended: false,
            section,
        })
    }

    /// Where in the file the next byte is.
    pub fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// How much of the file is done: in bytes of the compressed file if it is one.
    pub fn bytes_done(&self) -> u64 {
        let compressed = self.source.compressed_bytes();
        compressed.unwrap_or_else(|| self.offset())
    }

    /// Goes on to the end of a compressed file, where its checksum stands; `report` hears of each step.
    pub fn finish(
        &mut self,
        mut report: impl FnMut(&Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while self.source.compressed_bytes().is_some() && !self.ended {
            self.start = self.end;
            self.fill()?;
            report(self)?;
        }
        Ok(())
    }

    /// What is in the buffer, at least one byte unless the file has ended.
    pub fn available(&mut self) -> Result<&[u8], Error> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Steps over bytes that `available` showed.
    pub fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    /// The next byte, without stepping over it.
    pub fn peek(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.available()?.first().copied())
    }

    /// The next byte.
    pub fn next(&mut self) -> Result<Option<u8>, Error> {
        let byte = self.peek()?;
        self.consume(1);
        Ok(byte)
    }

    /// The next byte that is no white space, without stepping over it.
    pub fn peek_token(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let bytes = self.available()?;
            let blank = bytes.iter().take_while(|byte| is_blank(**byte)).count();
            let (is_all, is_end) = (blank == bytes.len(), bytes.is_empty());
            self.consume(blank);
            if !is_all || is_end {
                return self.peek();
            }
        }
    }

    /// Steps over white space and one particular byte.
    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Error> {
        match self.peek_token()? {
            Some(found) if found == byte => {
                self.consume(1);
                Ok(())
            }
            found => Err(self.unexpected(found, expected)),
        }
    }

    /// The error for `found` where `expected` should stand, at the current offset.
    pub fn unexpected(&self, found: Option<u8>, expected: &'static str) -> Error {
        match found {
            Some(byte) => unexpected_byte(self.section, self.offset(), expected, byte),
            None => Error::SnapshotTruncated {
                section: self.section,
                offset: self.offset(),
                expected,
            },
        }
    }

    /// Takes the longest run of whole records of `fields` integers that one read gives, with
    /// `spare` as the next buffer.
    pub fn take_block(
        &mut self,
        fields: usize,
        is_first: bool,
        spare: Vec<u8>,
    ) -> Result<Block, Error> {
        let mut want = BLOCK_BYTES;
        loop {
            while self.end - self.start < want && !self.ended {
                self.fill()?;
            }
            let bytes = &self.buffer[self.start..self.end];
            if let Some((length, records, is_last)) = whole_records(bytes, fields) {
                let (buffer, range, offset) = self.split_off(length, spare);
                return Ok(Block {
                    buffer,
                    range,
                    offset,
                    records,
                    is_first,
                    is_last,
                });
            }
            if self.ended {
                let offset = self.base + self.end as u64;
                return Err(Error::SnapshotTruncated {
                    section: self.section,
                    offset,
                    expected: "the end of the array",
                });
            }
            // One record, or the white space in it, is longer than a block.
            want = (self.end - self.start).saturating_mul(2);
        }
    }

    /// Hands out the buffer with what is to be taken of it; the rest moves to `spare`.
    fn split_off(&mut self, length: usize, mut spare: Vec<u8>) -> (Vec<u8>, Range<usize>, u64) {
        let offset = self.offset();
        let range = self.start..self.start + length;
        let rest = range.end..self.end;
        spare.resize(self.buffer.len().max(rest.len()), 0);
        spare[..rest.len()].copy_from_slice(&self.buffer[rest.clone()]);
        self.base += rest.start as u64;
        (self.start, self.end) = (0, rest.len());
        (std::mem::replace(&mut self.buffer, spare), range, offset)
    }

    /// Reads once, behind what is there.
    fn fill(&mut self) -> Result<(), Error> {
        if self.ended {
            return Ok(());
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < BLOCK_BYTES {
            self.buffer.resize(self.end + BLOCK_BYTES, 0);
        }
        let place = Place {
            section: self.section,
            offset: self.base + self.end as u64,
        };
        match self.source.read(&mut self.buffer[self.end..], place)? {
            0 => self.ended = true,
            count => self.end = (self.end + count).min(self.buffer.len()),
        }
        Ok(())
    }
}

/// How many bytes hold whole records, terminator included, how many records these are if they are
/// well-formed, and whether the array ends there.
fn whole_records(bytes: &[u8], fields: usize) -> Option<(usize, usize, bool)> {
    // `contains` is vectorised, `position` is not: only one block has the bracket.
    if bytes.contains(&b']') {
        let bracket = bytes.iter().position(|&byte| byte == b']')?;
        let records = (count_commas(&bytes[..bracket]) + 1) / fields;
        let is_empty = bytes[..bracket].iter().all(|&byte| is_blank(byte));
        return Some((bracket + 1, if is_empty { 0 } else { records }, true));
    }
    let commas = count_commas(bytes);
    let mut surplus = commas % fields;
    if commas == surplus {
        return None;
    }
    let cut = bytes.iter().rposition(|&byte| {
        if byte != b',' {
            return false;
        }
        let is_cut = surplus == 0;
        surplus = surplus.wrapping_sub(1);
        is_cut
    })?;
    Some((cut + 1, commas / fields, false))
}

fn count_commas(bytes: &[u8]) -> usize {
    // Counters of a byte each, so that the compiler can add sixteen or more at once.
    bytes
        .chunks(255)
        .map(|chunk| {
            let count = chunk
                .iter()
                .fold(0u8, |count, &byte| count + u8::from(byte == b','));
            usize::from(count)
        })
        .sum()
}

/// White space as JSON knows it.
#[inline(always)]
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The error for a byte that should not be where it is.
pub fn unexpected_byte(
    section: &'static str,
    offset: u64,
    expected: &'static str,
    byte: u8,
) -> Error {
    Error::SnapshotSyntax {
        section,
        offset,
        expected,
        found: format!("'{}'", byte.escape_ascii()),
    }
}
