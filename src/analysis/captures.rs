//! Two or more snapshots of one program, compared: what changed by node id from the first to the last,
//! and which paths grew in every one. Only counts of each are kept, so files are read one by one.
#![forbid(unsafe_code)]

use std::path::Path;

use super::census::{Census, ClassChange, Survivors, Tally};
use super::distances::Distances;
use super::growth::{Capture, GrowingShape, ShapeCounts};
use super::heap_analysis::HeapAnalysis;
use crate::error::Error;
use crate::snapshot::{HeapGraph, Shapes, Watch, read_file};

/// A path that grows by fewer objects from one capture to the next is not told.
const MIN_GROWTH: u64 = 1;

/// Captures in the order in which they were taken.
#[derive(Debug, Default)]
pub struct Captures {
    censuses: Vec<Census>,
    shapes: Shapes,
    counts: Vec<ShapeCounts>,
    /// As of the last capture.
    growing: Vec<GrowingShape>,
}

/// How a heap changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// All nodes of each capture.
    pub totals: Vec<Tally>,
    /// The last capture's bytes minus the first's.
    pub growth_bytes: i64,
    /// From the first to the last, the class that grew most first.
    pub classes: Vec<ClassChange>,
    /// What came between the first and the second and is still there in the last, the class that takes
    /// most first; none with fewer than three captures.
    pub survivors: Option<Vec<Survivors>>,
    /// Paths that grew from each capture to the next, what retains most first.
    pub growing: Vec<GrowingPath>,
}

/// Objects that are reached the same way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrowingPath {
    /// Reference and class of each step from the root.
    pub steps: Vec<(String, String)>,
    /// How many there were, by capture.
    pub counts: Vec<u64>,
    /// Their share of what would be freed in the last capture if all that grew were gone.
    pub retained_bytes: u64,
}

impl Captures {
    /// Reads files in the order in which they were taken.
    ///
    /// # Errors
    ///
    /// As [`read_file`].
    pub fn open<P: AsRef<Path>>(paths: &[P], watch: &dyn Watch) -> Result<Self, Error> {
        let mut captures = Self::default();
        for path in paths {
            captures.add(&read_file(path.as_ref(), watch)?, watch)?;
        }
        Ok(captures)
    }

    /// Counts the next capture.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn add(&mut self, graph: &HeapGraph, watch: &dyn Watch) -> Result<(), Error> {
        let analysis = HeapAnalysis::of(graph, watch)?;
        let distances = Distances::of(graph, watch)?;
        let (counts, shapes) = self.shapes.count(graph, &analysis, &distances, watch)?;
        self.counts.push(counts);
        let last = Capture {
            graph,
            tree: &analysis.dominators,
            sizes: &analysis.sizes,
            shapes: &shapes,
        };
        let growing = self.shapes.growing(&self.counts, MIN_GROWTH, last, watch);
        self.growing = growing?;
        let census = Census::take(graph, &analysis.classes, &analysis.sizes, watch)?;
        self.censuses.push(census);
        Ok(())
    }

    /// Compares all captures. Ids match only within one process; paths match between processes too.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn compare(&self, watch: &dyn Watch) -> Result<Comparison, Error> {
        let totals: Vec<Tally> = self.censuses.iter().map(Census::total).collect();
        let bytes = |total: Option<&Tally>| i128::from(total.map_or(0, |total| total.bytes));
        let growth = bytes(totals.last()) - bytes(totals.first());
        let classes = match self.censuses.as_slice() {
            [first, .., last] => first.diff(last, watch)?,
            _ => Vec::new(),
        };
        let survivors = match self.censuses.as_slice() {
            [first, second, .., last] if self.censuses.len() > 2 => {
                Some(last.by_class(&first.survivors(second, last, watch)?))
            }
            _ => None,
        };
        let owned = |(label, class): (&str, &str)| (label.to_owned(), class.to_owned());
        Ok(Comparison {
            growth_bytes: i64::try_from(growth).unwrap_or(i64::MAX),
            totals,
            classes,
            survivors,
            growing: self
                .growing
                .iter()
                .map(|path| GrowingPath {
                    steps: self
                        .shapes
                        .path(path.shape)
                        .into_iter()
                        .map(owned)
                        .collect(),
                    counts: path.counts.clone(),
                    retained_bytes: path.retained_bytes,
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    /// (root) ─cache─▶ Cache@1 ─[0..count]─▶ Entry@3, @5, …
    fn capture(count: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let cache = heap.add_node(NodeKind::Object, "Cache", 1, 8);
        heap.add_edge(heap.root(), EdgeKind::Property, "cache", cache);
        for index in 0..count {
            let entry = heap.add_node(NodeKind::Object, "Entry", 3 + index * 2, 10);
            heap.add_indexed_edge(cache, EdgeKind::Element, index, entry);
        }
        heap.build()
    }

    #[test]
    fn captures_are_compared_by_id_and_by_path() {
        let mut captures = Captures::default();
        for count in [1, 3, 6] {
            captures.add(&capture(count), &Unwatched).unwrap();
        }
        let found = captures.compare(&Unwatched).unwrap();
        let bytes: Vec<u64> = found.totals.iter().map(|total| total.bytes).collect();
        assert_eq!(bytes, [18, 38, 68]);
        assert_eq!(found.growth_bytes, 50);
        let change = &found.classes[0];
        assert_eq!((change.name.as_str(), change.added.count), ("Entry", 5));
        // Two entries came with the second capture and stayed.
        let survivors = found.survivors.unwrap();
        assert_eq!(survivors.len(), 1);
        assert_eq!(
            (survivors[0].name.as_str(), survivors[0].total.count),
            ("Entry", 2)
        );
        assert_eq!(found.growing.len(), 1);
        assert_eq!(found.growing[0].counts, [1, 3, 6]);
        assert_eq!(found.growing[0].retained_bytes, 60);
        let last = found.growing[0].steps.last().cloned();
        assert_eq!(last, Some(("[x]".to_owned(), "Entry".to_owned())));
    }

    #[test]
    fn one_capture_or_none_has_nothing_to_compare() {
        let mut captures = Captures::default();
        assert_eq!(captures.compare(&Unwatched).unwrap().growth_bytes, 0);
        captures.add(&capture(1), &Unwatched).unwrap();
        let found = captures.compare(&Unwatched).unwrap();
        assert_eq!((found.classes, found.growing), (vec![], vec![]));
        captures.add(&capture(2), &Unwatched).unwrap();
        assert_eq!(captures.compare(&Unwatched).unwrap().survivors, None);
    }
}
