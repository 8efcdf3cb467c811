//! What V8's heap snapshot would cost, told before it is taken.

use crate::error::Error;
use crate::gc::HeapStatistics;

/// V8's graph at its peak, by node: entry, edges, and the tables that exist while it is built. Measured
/// on heaps of small objects: 360 to 400.
const PEAK_BYTES_PER_NODE: u64 = 400;
/// What a graph of our own takes on top, while V8's is still there: 17 bytes a node and 9 an edge. V8's
/// memory is past its peak by then, so that 30 to 40 were measured.
const GRAPH_BYTES_PER_NODE: u64 = 60;
/// What our reader takes for a graph with all that is found in it, and for counts.
const READ_GRAPH_BYTES_PER_NODE: u64 = 150;
const READ_CLASSES_BYTES_PER_NODE: u64 = 8;
/// Measured: 43 to 49 in heaps from 50 MB, 60 to 90 in that of a bare Node.
const HEAP_BYTES_PER_NODE: u64 = 45;
/// Until a snapshot of this process has been timed. Measured: 1.2 to 4.7 µs.
const FIRST_NS_PER_NODE: u64 = 3000;

/// Predicts from the size of the heap and from the last snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotCosts {
    measured_ns_per_node: Option<u64>,
}

/// What a snapshot may cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Also more memory than there seems to be.
    pub force: bool,
    pub max_pause_ms: Option<f64>,
    /// Object ids are in use. V8 must then not be stopped: it forgets the ids of all objects that it has
    /// not come to. What is predicted to take longer than the limit is refused instead.
    pub ids_in_use: bool,
}

/// What is kept of a snapshot before V8 deletes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keep {
    /// Some bytes an object.
    Objects,
    /// A graph of our own.
    Graph,
    /// The same, read by ourselves: without V8's.
    ReadGraph,
    /// Counts by class, read by ourselves.
    ReadClasses,
}

/// A prediction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SnapshotCost {
    pub pause_ms: u64,
    /// On top of what the process has now.
    pub peak_bytes: u64,
}

impl SnapshotCosts {
    pub fn predict(&self, heap: &HeapStatistics, keep: Keep) -> SnapshotCost {
        let nodes = heap.used_bytes / HEAP_BYTES_PER_NODE;
        let bytes_per_node = match keep {
            Keep::Objects => PEAK_BYTES_PER_NODE,
            Keep::Graph => PEAK_BYTES_PER_NODE + GRAPH_BYTES_PER_NODE,
            Keep::ReadGraph => READ_GRAPH_BYTES_PER_NODE,
            Keep::ReadClasses => READ_CLASSES_BYTES_PER_NODE,
        };
        let ns_per_node = self.measured_ns_per_node.unwrap_or(FIRST_NS_PER_NODE);
        SnapshotCost {
            pause_ms: nodes * ns_per_node / 1_000_000,
            peak_bytes: nodes * bytes_per_node,
        }
    }

    /// Learns from a snapshot that was taken.
    pub fn measured(&mut self, node_count: u64, duration_ns: u64) {
        self.measured_ns_per_node = duration_ns.checked_div(node_count);
    }
}

impl SnapshotCost {
    /// # Errors
    ///
    /// [`Error::PausePredicted`] when it would be longer than `limit_ms`.
    pub fn check_pause(&self, limit_ms: f64) -> Result<(), Error> {
        match self.pause_ms {
            pause_ms if pause_ms as f64 > limit_ms => {
                Err(Error::PausePredicted { limit_ms, pause_ms })
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    ///
    /// [`Error::TooCostly`] when more than nine tenths of the memory that is left would be used.
    pub fn check_memory(&self, headroom_bytes: Option<u64>) -> Result<(), Error> {
        match headroom_bytes {
            Some(headroom_bytes) if self.peak_bytes > usable(headroom_bytes) => {
                Err(Error::TooCostly {
                    pause_ms: self.pause_ms,
                    peak_bytes: self.peak_bytes,
                    headroom_bytes,
                })
            }
            _ => Ok(()),
        }
    }

    /// The same for a snapshot in a copy of the process.
    ///
    /// # Errors
    ///
    /// [`Error::CopyTooCostly`].
    pub fn check_copy(&self, headroom_bytes: Option<u64>) -> Result<(), Error> {
        match headroom_bytes {
            Some(headroom_bytes) if self.peak_bytes > usable(headroom_bytes) => {
                Err(Error::CopyTooCostly {
                    peak_bytes: self.peak_bytes,
                    headroom_bytes,
                })
            }
            _ => Ok(()),
        }
    }
}

/// What may be taken of the memory that is left.
pub fn usable(headroom_bytes: u64) -> u64 {
    headroom_bytes / 10 * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap(used_bytes: u64) -> HeapStatistics {
        HeapStatistics {
            used_bytes,
            ..HeapStatistics::default()
        }
    }

    #[test]
    fn the_prediction_follows_the_last_snapshot() {
        let mut costs = SnapshotCosts::default();
        let predict = |costs: SnapshotCosts| costs.predict(&heap(45_000_000), Keep::Objects);
        assert_eq!(predict(costs).pause_ms, 3000);
        costs.measured(500_000, 600_000_000);
        assert_eq!(predict(costs).pause_ms, 1200);
    }

    #[test]
    fn what_would_pause_too_long_is_refused() {
        let cost = SnapshotCosts::default().predict(&heap(45_000_000), Keep::Objects);
        assert!(cost.check_pause(3000.0).is_ok());
        let error = cost.check_pause(2999.0).expect_err("3 s are too long");
        assert_eq!(error.code(), "ERR_MEMWATCH_PAUSE_LIMIT");
        assert!(error.to_string().contains("3000 ms"), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers() {
        let predict = |keep| SnapshotCosts::default().predict(&heap(450 << 20), keep);
        let cost = predict(Keep::Objects);
        assert!(predict(Keep::Graph).peak_bytes > cost.peak_bytes);
        assert!(cost.check_memory(None).is_ok());
        assert!(cost.check_memory(Some(8 << 30)).is_ok());
        let error = cost
            .check_memory(Some(1 << 30))
            .expect_err("4 GB do not fit into 1");
        assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_TOO_COSTLY");
        assert!(error.to_string().contains("1024 mb are left"), "{error}");
        assert!(cost.check_copy(Some(8 << 30)).is_ok());
        let error = cost.check_copy(Some(1 << 30)).expect_err("nor in a copy");
        assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_TOO_COSTLY");
        assert!(error.to_string().contains("1024 mb are left"), "{error}");
    }
}
