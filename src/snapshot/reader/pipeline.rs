//! Blocks of an integer array to columns, on several threads: each takes the next block and the rows
//! it fills, and parses it while the others take theirs.
//! Counting the commas of a block is nearly free and tells how many rows it needs.
#![forbid(unsafe_code)]

use std::io::Read;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use super::input::{Block, Input};
use super::records::{Columns, Rows, too_many};
use crate::error::Error;
use crate::snapshot::watch::{Phase, Watch};

/// How a file is read, for all sections.
pub struct Reading<'a> {
    pub threads: usize,
    /// Length of the file, compressed if it is; zero when nobody knows.
    pub total_bytes: u64,
    pub watch: &'a dyn Watch,
}

/// What is left of an array and of the rows that it may fill.
struct Rest<'a, C: Columns + 'a, R: Read> {
    input: &'a mut Input<R>,
    next: Next,
    room: C::Rows<'a>,
    /// Rows that are handed out.
    taken: usize,
    /// Where the first block that failed begins, and why it did.
    failure: Option<(u64, Error)>,
}

/// What of an array comes next.
enum Next {
    /// A block that was read and found no room yet.
    Read(Block),
    Unread,
    End,
}

impl Reading<'_> {
    /// Tells how far the input is, and whether to go on.
    pub fn report<R: Read>(&self, input: &Input<R>) -> Result<(), Error> {
        let (done, total) = (input.bytes_done() as usize, self.total_bytes as usize);
        self.watch.check(Phase::Read, done, total)
    }

    /// Reads one array, from behind its opening bracket to behind its closing one.
    ///
    /// `expected_records` comes from the file and so reserves no more than its length allows.
    pub fn read_columns<C: Columns, R: Read + Send>(
        &self,
        input: &mut Input<R>,
        layout: &C::Layout,
        expected_records: u64,
    ) -> Result<(C, C::Facts), Error> {
        let fields = C::fields(layout);
        // Each integer takes two bytes at least: itself and what follows it.
        let most = self.total_bytes.saturating_sub(input.offset()) / (2 * fields as u64);
        let expected = usize::try_from(expected_records.min(most)).unwrap_or(0);
        let mut columns = C::default();
        let mut facts = C::Facts::default();
        let mut rows = 0;
        let mut next = Next::Read(input.take_block(fields, true, Vec::new())?);
        // Once, unless the file has more records than it says.
        while let Next::Read(block) = next {
            let needed = rows + block.records;
            if u32::try_from(needed).is_err() {
                return Err(too_many(C::SECTION, block.offset, "more records"));
            }
            columns.resize(expected.max(2 * columns.len()).max(needed), layout);
            // A small array is not worth a thread.
            let threads = if block.is_last { 1 } else { self.threads };
            let rest = Mutex::new(Rest::<C, R> {
                input: &mut *input,
                next: Next::Read(block),
                room: columns.rows_from(rows),
                taken: rows,
                failure: None,
            });
            let found = thread::scope(|scope| {
                let work = || self.fill(&rest, layout);
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let ours = work();
                let others = others.into_iter().map(|other| other.join());
                let others = others.map(|other| other.expect("parsing does not panic"));
                others.chain([ours]).collect::<Vec<_>>()
            });
            let rest = rest.into_inner().expect("parsing does not panic");
            if let Some((_, error)) = rest.failure {
                return Err(error);
            }
            for more in found {
                C::add_facts(&mut facts, more, rest.input.offset())?;
            }
            (rows, next) = (rest.taken, rest.next);
        }
        columns.resize(rows, layout);
        columns.shrink_to_fit();
        Ok((columns, facts))
    }

    /// Parses blocks until there is no more of them or no room for the next.
    fn fill<'a, C: Columns, R: Read>(
        &self,
        rest: &Mutex<Rest<'a, C, R>>,
        layout: &C::Layout,
    ) -> C::Facts {
        let fields = C::fields(layout);
        let lock =
            || -> MutexGuard<'_, Rest<'a, C, R>> { rest.lock().expect("parsing does not panic") };
        let mut facts = C::Facts::default();
        let mut spare = Vec::new();
        loop {
            let mut rest = lock();
            let piece = match rest.take(fields, spare, self) {
                Ok(Some(piece)) => piece,
                Ok(None) => return facts,
                Err(error) => {
                    let offset = rest.input.offset();
                    rest.fail(offset, error);
                    return facts;
                }
            };
            drop(rest);
            let (block, mut rows) = piece;
            if let Err(error) = rows.parse(&block, fields, layout, &mut facts) {
                lock().fail(block.offset, error);
                return facts;
            }
            spare = block.buffer;
        }
    }
}

impl<'a, C: Columns, R: Read> Rest<'a, C, R> {
    /// The next block with the rows it fills. `spare` is a buffer to read into.
    fn take(
        &mut self,
        fields: usize,
        spare: Vec<u8>,
        reading: &Reading<'_>,
    ) -> Result<Option<(Block, C::Rows<'a>)>, Error> {
        if self.failure.is_some() {
            return Ok(None);
        }
        if let Next::Unread = self.next {
            reading.report(self.input)?;
            self.next = Next::Read(self.input.take_block(fields, false, spare)?);
        }
        let Next::Read(block) = &self.next else {
            return Ok(None);
        };
        if block.records > self.room.len() {
            return Ok(None);
        }
        let after = if block.is_last {
            Next::End
        } else {
            Next::Unread
        };
        let Next::Read(block) = std::mem::replace(&mut self.next, after) else {
            return Ok(None);
        };
        self.taken += block.records;
        let rows = self.room.split_off(block.records);
        Ok(Some((block, rows)))
    }

    /// Ends the work; the failure that is first in the file is told.
    fn fail(&mut self, offset: u64, error: Error) {
        if self
            .failure
            .as_ref()
            .is_none_or(|&(first, _)| offset < first)
        {
            self.failure = Some((offset, error));
        }
    }
}
