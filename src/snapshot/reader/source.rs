//! Bytes of a file in order, as they were before gzip compressed them if it did.
#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Chain, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::Error;

/// What every gzip stream begins with, and no JSON.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
/// How much of a compressed file is read at once.
const COMPRESSED_BLOCK_BYTES: usize = 64 << 10;
/// Heap snapshots shrink to between a third and a tenth. What expands to a hundred times its length, once
/// it is longer than any small file, was made to fill memory.
const MAX_EXPANSION: u64 = 100;
const ANY_EXPANSION_BYTES: u64 = 64 << 20;

/// Where in the file, for messages.
#[derive(Clone, Copy)]
pub struct Place {
    pub section: &'static str,
    pub offset: u64,
}

/// A file, plain or compressed.
pub enum Source<R: Read> {
    Plain(Begun<R>),
    Gzip(Box<Gzip<R>>),
}

/// A source whose first bytes have been looked at.
type Begun<R> = Chain<Cursor<Vec<u8>>, R>;

/// One gzip stream or several, one behind the other.
pub struct Gzip<R: Read> {
    decoder: MultiGzDecoder<Counted<R>>,
    inflated_bytes: u64,
}

/// Knows how much was taken, and whether the source failed or what came out of it.
struct Counted<R: Read> {
    source: BufReader<Begun<R>>,
    taken_bytes: u64,
    has_failed: bool,
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    ///
    /// What the source answers.
    pub fn new(mut source: R) -> io::Result<Self> {
        let mut begin = Vec::with_capacity(GZIP_MAGIC.len());
        let limit = GZIP_MAGIC.len() as u64;
        source.by_ref().take(limit).read_to_end(&mut begin)?;
        let is_gzip = begin == GZIP_MAGIC;
        let begun = Cursor::new(begin).chain(source);
        if !is_gzip {
            return Ok(Self::Plain(begun));
        }
        let counted = Counted {
            source: BufReader::with_capacity(COMPRESSED_BLOCK_BYTES, begun),
            taken_bytes: 0,
            has_failed: false,
        };
        Ok(Self::Gzip(Box::new(Gzip {
            decoder: MultiGzDecoder::new(counted),
            inflated_bytes: 0,
        })))
    }

    /// Bytes of the compressed file that were read; none of a plain one.
    pub fn compressed_bytes(&self) -> Option<u64> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(gzip) => Some(gzip.decoder.get_ref().taken_bytes),
        }
    }

    /// Reads once; zero is the end of the file.
    pub fn read(&mut self, buffer: &mut [u8], place: Place) -> Result<usize, Error> {
        loop {
            let result = match self {
                Self::Plain(source) => source.read(buffer),
                Self::Gzip(gzip) => gzip.decoder.read(buffer),
            };
            return match result {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(count) => self.count(count, place),
                Err(error) => Err(self.error(error, place)),
            };
        }
    }

    /// Refuses a file that was made to fill memory.
    fn count(&mut self, bytes: usize, place: Place) -> Result<usize, Error> {
        let Self::Gzip(gzip) = self else {
            return Ok(bytes);
        };
        gzip.inflated_bytes += bytes as u64;
        let (inflated, taken) = (gzip.inflated_bytes, gzip.decoder.get_ref().taken_bytes);
        let limit = ANY_EXPANSION_BYTES + MAX_EXPANSION * taken;
        if inflated > limit {
            return Err(Error::SnapshotTooLarge {
                section: place.section,
                offset: place.offset,
                limit,
                found: format!("{inflated} bytes in {taken} compressed ones"),
            });
        }
        Ok(bytes)
    }

    fn error(&self, error: io::Error, place: Place) -> Error {
        let Self::Gzip(gzip) = self else {
            return place.unreadable(error);
        };
        let counted = gzip.decoder.get_ref();
        match error.kind() {
            _ if counted.has_failed => place.unreadable(error),
            ErrorKind::UnexpectedEof => Error::SnapshotTruncated {
                section: "gzip stream",
                offset: counted.taken_bytes,
                expected: "the rest of it",
            },
            _ => Error::SnapshotGzip {
                offset: counted.taken_bytes,
                why: error.to_string(),
            },
        }
    }
}

impl Place {
    pub fn unreadable(self, source: io::Error) -> Error {
        Error::SnapshotRead {
            section: self.section,
            offset: self.offset,
            source,
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let result = self.source.fill_buf();
        self.has_failed = result.is_err();
        result
    }

    fn consume(&mut self, bytes: usize) {
        self.source.consume(bytes);
        self.taken_bytes += bytes as u64;
    }
}
