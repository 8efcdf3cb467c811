//! Blocks of an integer array to columns, on several threads: one reads and cuts, the others parse.
//! Counting the commas of a block is nearly free and tells where its first record stands.
#![forbid(unsafe_code)]

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::input::{Block, Input};
use super::records::Columns;
use crate::error::Error;
use crate::snapshot::watch::{Phase, Watch};

/// How a file is read, for all sections.
pub struct Reading<'a> {
    pub threads: usize,
    /// Length of the file, compressed if it is; zero when nobody knows.
    pub total_bytes: u64,
    pub watch: &'a dyn Watch,
}

/// A block on its way to a worker and back, with columns to parse it into.
struct Job<C> {
    block: Block,
    columns: C,
    result: Result<(), Error>,
}

struct Worker<C> {
    jobs: SyncSender<Job<C>>,
    done: Receiver<Job<C>>,
}

/// Blocks that each worker may have waiting.
const QUEUE: usize = 2;

impl Reading<'_> {
    /// Reads one array, from behind its opening bracket to behind its closing one.
    ///
    /// `expected_records` comes from the file and so reserves no more than its length allows.
    pub fn read_columns<C: Columns, R: Read>(
        &self,
        input: &mut Input<R>,
        layout: &C::Layout,
        expected_records: u64,
    ) -> Result<C, Error> {
        let fields = C::fields(layout);
        let mut columns = C::default();
        // Each integer takes two bytes at least: itself and what follows it.
        let most = self.total_bytes.saturating_sub(input.offset()) / (2 * fields as u64);
        columns.reserve(usize::try_from(expected_records.min(most)).unwrap_or(0));
        let block = input.take_block(fields, true, Vec::new())?;
        if block.is_last || self.threads < 2 {
            self.parse_here(input, layout, block, &mut columns)?;
        } else {
            self.parse_on_workers(input, layout, block, &mut columns)?;
        }
        columns.shrink_to_fit();
        Ok(columns)
    }

    fn parse_here<C: Columns, R: Read>(
        &self,
        input: &mut Input<R>,
        layout: &C::Layout,
        mut block: Block,
        columns: &mut C,
    ) -> Result<(), Error> {
        loop {
            self.report(input)?;
            columns.parse(&block, layout)?;
            if block.is_last {
                return Ok(());
            }
            block = input.take_block(C::fields(layout), false, block.buffer)?;
        }
    }

    fn parse_on_workers<C: Columns, R: Read>(
        &self,
        input: &mut Input<R>,
        layout: &C::Layout,
        first: Block,
        columns: &mut C,
    ) -> Result<(), Error> {
        thread::scope(|scope| {
            let workers: Vec<Worker<C>> = (0..self.threads)
                .map(|_| {
                    let (jobs, inbox) = sync_channel::<Job<C>>(QUEUE);
                    let (outbox, done) = sync_channel(QUEUE);
                    scope.spawn(move || {
                        for mut job in inbox {
                            job.result = job.columns.parse(&job.block, layout);
                            if outbox.send(job).is_err() {
                                return;
                            }
                        }
                    });
                    Worker { jobs, done }
                })
                .collect();
            let mut spares = Vec::new();
            let mut next = Some(first);
            let (mut sent, mut received) = (0, 0);
            // Jobs go round the workers and so come back in the file's order.
            loop {
                if let Some(block) = next.take() {
                    let is_last = block.is_last;
                    let (spare, parsed) = spares.pop().unwrap_or_default();
                    let job = Job {
                        block,
                        columns: parsed,
                        result: Ok(()),
                    };
                    workers[sent % workers.len()]
                        .jobs
                        .send(job)
                        .expect("a worker lives until its jobs end");
                    sent += 1;
                    if !is_last {
                        next = Some(input.take_block(C::fields(layout), false, spare)?);
                    }
                    if !is_last && sent - received < QUEUE * workers.len() {
                        continue;
                    }
                }
                let mut job = workers[received % workers.len()]
                    .done
                    .recv()
                    .expect("a worker answers every job");
                job.result?;
                columns.append(&job.columns, job.block.offset)?;
                self.report(input)?;
                job.columns.clear();
                spares.push((job.block.buffer, job.columns));
                received += 1;
                if next.is_none() && received == sent {
                    return Ok(());
                }
            }
        })
    }

    /// Tells how far the input is, and whether to go on.
    pub fn report<R: Read>(&self, input: &Input<R>) -> Result<(), Error> {
        let (done, total) = (input.bytes_done() as usize, self.total_bytes as usize);
        self.watch.check(Phase::Read, done, total)
    }
}
