//! The questions that nearly every other question needs answered first, answered on two threads.
#![forbid(unsafe_code)]

use std::thread;

use super::classes::{ClassSummary, Classes};
use super::dominators::DominatorTree;
use super::owned_sizes::owned_sizes;
use super::retained_sizes::RetainedSizes;
use crate::error::Error;
use crate::snapshot::{HeapGraph, Sizes, Watch};

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
        let (analysis, ()) = Self::beside(graph, watch, || Ok(()))?;
        Ok(analysis)
    }

    /// Analyses a heap, and does something else on the second thread when that has time.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`], and what `more` fails with.
    pub fn beside<T: Send>(
        graph: &HeapGraph,
        watch: &dyn Watch,
        more: impl FnOnce() -> Result<T, Error> + Send,
    ) -> Result<(Self, T), Error> {
        let (dominators, sizes, classes, more) = thread::scope(|scope| {
            // Dominators take longer than everything else together and need none of it.
            let others =
                scope.spawn(|| (owned_sizes(graph, watch), Classes::of(graph, watch), more()));
            let dominators = DominatorTree::of(graph, watch);
            let (sizes, classes, more) = others.join().expect("the second thread does not panic");
            (dominators, sizes, classes, more)
        });
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
