//! The questions that nearly every other question needs answered first, answered on two threads or on one.
#![forbid(unsafe_code)]

use std::thread;

use super::classes::{ClassSummary, Classes};
use super::dominators::DominatorTree;
use super::owned_sizes::owned_sizes;
use super::retained_sizes::RetainedSizes;
use crate::error::Error;
use crate::snapshot::{HeapGraph, Sizes, Watch};

/// How many threads a heap is analysed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Threads {
    One,
    Two,
}

/// Sizes, dominators and classes of one heap.
#[derive(Clone, Debug)]
pub struct HeapAnalysis {
    /// Shallow sizes, with what V8 stores aside counted as its owner's.
    pub sizes: Sizes,
    pub dominators: DominatorTree,
    pub retained: RetainedSizes,
    pub classes: Classes,
}

impl HeapAnalysis {
    /// Analyses a heap.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn of(graph: &HeapGraph, watch: &dyn Watch) -> Result<Self, Error> {
        let (analysis, ()) = Self::beside(graph, Threads::Two, watch, || Ok(()))?;
        Ok(analysis)
    }

    /// Analyses a heap, and does something else on the second thread, if there is one, when that has time.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`], and what `more` fails with.
    pub fn beside<T: Send>(
        graph: &HeapGraph,
        threads: Threads,
        watch: &dyn Watch,
        more: impl FnOnce() -> Result<T, Error> + Send,
    ) -> Result<(Self, T), Error> {
        let others = || (owned_sizes(graph, watch), Classes::of(graph, watch), more());
        let (dominators, (sizes, classes, more)) = match threads {
            Threads::One => (DominatorTree::of(graph, watch), others()),
            // Dominators take longer than everything else together and need none of it.
            Threads::Two => thread::scope(|scope| {
                let others = scope.spawn(others);
                let dominators = DominatorTree::of(graph, watch);
                let others = others.join().expect("the second thread does not panic");
                (dominators, others)
            }),
        };
        let (dominators, sizes, classes, more) = (dominators?, sizes?, classes?, more?);
        let retained = RetainedSizes::of(&dominators, &sizes, watch)?;
        let analysis = Self {
            sizes,
            dominators,
            retained,
            classes,
        };
        Ok((analysis, more))
    }

    /// All classes, the largest retained size first.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn class_summaries(&self, watch: &dyn Watch) -> Result<Vec<ClassSummary>, Error> {
        self.classes
            .summarise(&self.dominators, &self.sizes, &self.retained, watch)
    }
}
