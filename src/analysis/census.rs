//! What there was at one moment, small enough to keep: id, class and size of every node. Two of them
//! make a diff, three tell what was allocated and stayed.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use super::classes::Classes;
use crate::error::Error;
use crate::snapshot::{CHECK_INTERVAL, HeapGraph, NodeId, NodeIndex, Phase, Sizes, Watch};

/// One heap, twelve bytes a node.
///
/// Ids match only within one process, and not between forked captures of it.
#[derive(Clone, Debug)]
pub struct Census {
    /// Sorted by id.
    ids: Vec<NodeId>,
    classes: Vec<u32>,
    sizes: Sizes,
    class_names: Vec<String>,
}

/// How many nodes, and how much they take.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    pub count: u64,
    pub bytes: u64,
}

/// How one class changed between two moments.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClassChange {
    pub name: String,
    pub added: Tally,
    pub removed: Tally,
    /// What nodes that are in both gained or lost: an array that grew is the same node.
    pub resized_bytes: i64,
}

impl ClassChange {
    /// New minus old.
    pub fn growth_bytes(&self) -> i64 {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        signed(self.added.bytes)
            .saturating_sub(signed(self.removed.bytes))
            .saturating_add(self.resized_bytes)
    }
}

/// What of one class was allocated in one round of work and outlived the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Survivors {
    pub name: String,
    pub total: Tally,
    /// Of these nodes the largest.
    pub largest: NodeId,
}

/// The same node in two censuses, or a node of one of them.
enum Meeting {
    Both(usize, usize),
    First(usize),
    Second(usize),
}

impl Census {
    /// Counts a heap.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes * log nodes) time, twelve bytes a node, four more while it runs.
    pub fn take(
        graph: &HeapGraph,
        classes: &Classes,
        sizes: &Sizes,
        watch: &dyn Watch,
    ) -> Result<Self, Error> {
        watch.check(Phase::Compare, 0, graph.node_count())?;
        let mut order: Vec<NodeIndex> = graph.nodes().collect();
        order.sort_unstable_by_key(|&node| graph.node_id(node));
        let mut sorted_sizes = Sizes::with_capacity(order.len());
        for (done, &node) in order.iter().enumerate() {
            watch.check_each(Phase::Compare, done, order.len())?;
            sorted_sizes.push(sizes.bytes(node));
        }
        Ok(Self {
            ids: order.iter().map(|&node| graph.node_id(node)).collect(),
            classes: order
                .iter()
                .map(|&node| classes.class_of(node).index() as u32)
                .collect(),
            sizes: sorted_sizes,
            class_names: classes.names().to_vec(),
        })
    }

    /// How many nodes were counted.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// All nodes together.
    pub fn total(&self) -> Tally {
        Tally {
            count: self.len() as u64,
            bytes: self.sizes.total(),
        }
    }

    /// How the classes changed until `later`, the one that grew most first. Classes in which
    /// nothing changed are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn diff(&self, later: &Self, watch: &dyn Watch) -> Result<Vec<ClassChange>, Error> {
        let mut changes: BTreeMap<&str, ClassChange> = BTreeMap::new();
        self.meet(later, watch, |meeting| match meeting {
            Meeting::First(old) => {
                let change = changes.entry(self.class_name(old)).or_default();
                change.removed.add(self.bytes(old));
            }
            Meeting::Second(new) => {
                let change = changes.entry(later.class_name(new)).or_default();
                change.added.add(later.bytes(new));
            }
            Meeting::Both(old, new) => {
                let (before, after) = (self.bytes(old), later.bytes(new));
                if before != after {
                    let change = changes.entry(later.class_name(new)).or_default();
                    let growth = i128::from(after) - i128::from(before);
                    let growth = i64::try_from(growth).unwrap_or(i64::MAX);
                    change.resized_bytes = change.resized_bytes.saturating_add(growth);
                }
            }
        })?;
        let mut changes: Vec<ClassChange> = changes
            .into_iter()
            .map(|(name, change)| ClassChange {
                name: name.to_owned(),
                ..change
            })
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.growth_bytes()));
        Ok(changes)
    }

    /// The three-snapshot rule: ids of nodes that came between `self` and `second` and are still
    /// there in `third`. What one round of work allocates and the next does not free is a suspect.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    pub fn survivors(
        &self,
        second: &Self,
        third: &Self,
        watch: &dyn Watch,
    ) -> Result<Vec<NodeId>, Error> {
        let mut came = Vec::new();
        self.meet(second, watch, |meeting| {
            if let Meeting::Second(new) = meeting {
                came.push(second.ids[new]);
            }
        })?;
        let mut survivors = Vec::new();
        for (done, &id) in came.iter().enumerate() {
            watch.check_each(Phase::Compare, done, came.len())?;
            if third.ids.binary_search(&id).is_ok() {
                survivors.push(id);
            }
        }
        Ok(survivors)
    }

    /// Some of the nodes by class, the class that takes most first. Ids that are not here are left out.
    pub fn by_class(&self, ids: &[NodeId]) -> Vec<Survivors> {
        let mut by_class: BTreeMap<&str, (Tally, usize)> = BTreeMap::new();
        for at in ids.iter().filter_map(|id| self.ids.binary_search(id).ok()) {
            let (total, largest) = by_class
                .entry(self.class_name(at))
                .or_insert((Tally::default(), at));
            total.add(self.bytes(at));
            if self.bytes(at) > self.bytes(*largest) {
                *largest = at;
            }
        }
        let survivors = |(name, (total, largest)): (&str, (Tally, usize))| Survivors {
            name: name.to_owned(),
            total,
            largest: self.ids[largest],
        };
        let mut classes: Vec<Survivors> = by_class.into_iter().map(survivors).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.total.bytes));
        classes
    }

    fn class_name(&self, at: usize) -> &str {
        &self.class_names[self.classes[at] as usize]
    }

    fn bytes(&self, at: usize) -> u64 {
        self.sizes.bytes(NodeIndex::new(at))
    }

    /// Goes through both in the order of ids.
    fn meet(
        &self,
        other: &Self,
        watch: &dyn Watch,
        mut take: impl FnMut(Meeting),
    ) -> Result<(), Error> {
        let (mut first, mut second) = (0, 0);
        for step in 0.. {
            if step % CHECK_INTERVAL == 0 {
                watch.check(Phase::Compare, first + second, self.len() + other.len())?;
            }
            match (self.ids.get(first), other.ids.get(second)) {
                (Some(a), Some(b)) if a == b => {
                    take(Meeting::Both(first, second));
                    (first, second) = (first + 1, second + 1);
                }
                (Some(a), b) if b.is_none_or(|b| a < b) => {
                    take(Meeting::First(first));
                    first += 1;
                }
                (_, Some(_)) => {
                    take(Meeting::Second(second));
                    second += 1;
                }
                (_, None) => break,
            }
        }
        Ok(())
    }
}

impl Tally {
    /// One more.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    /// A heap of objects `(class, id, size)` that the root holds.
    fn census(objects: &[(&str, u32, u64)]) -> Census {
        let mut heap = Builder::new();
        for &(class, id, size) in objects {
            let node = heap.add_node(NodeKind::Object, class, id, size);
            heap.add_edge(heap.root(), EdgeKind::Property, "held", node);
        }
        let graph = heap.build();
        let classes = Classes::of(&graph, &Unwatched).unwrap();
        Census::take(&graph, &classes, graph.shallow_sizes(), &Unwatched).unwrap()
    }

    #[test]
    fn a_diff_tells_what_came_what_went_and_what_was_resized() {
        // before: A@1 A@3 B@5      after: A@3 (larger) B@7 B@9
        let before = census(&[("A", 1, 10), ("A", 3, 10), ("B", 5, 20)]);
        let after = census(&[("B", 9, 20), ("A", 3, 15), ("B", 7, 20)]);
        let tally = |count, bytes| Tally { count, bytes };
        let expected = [
            ("B", tally(2, 40), tally(1, 20), 0),
            ("A", tally(0, 0), tally(1, 10), 5),
        ];
        let expected = expected.map(|(name, added, removed, resized_bytes)| ClassChange {
            name: name.to_owned(),
            added,
            removed,
            resized_bytes,
        });
        assert_eq!(before.diff(&after, &Unwatched).unwrap(), expected);
        assert_eq!(before.diff(&before, &Unwatched).unwrap(), []);
    }

    #[test]
    fn survivors_came_after_the_first_and_are_still_there_in_the_third() {
        // first: @1      second: @1 @3 @5      third: @1 @5 @7
        let first = census(&[("A", 1, 1)]);
        let second = census(&[("A", 1, 1), ("A", 3, 1), ("A", 5, 1)]);
        let third = census(&[("A", 1, 1), ("A", 5, 1), ("A", 7, 1)]);
        let found = first.survivors(&second, &third, &Unwatched).unwrap();
        assert_eq!(found, [NodeId(5)]);
    }

    #[test]
    fn nodes_are_told_by_class_with_the_largest_of_each() {
        let heap = census(&[
            ("A", 1, 5),
            ("B", 3, 1),
            ("A", 5, 9),
            ("A", 7, 9),
            ("C", 9, 1),
        ]);
        let ids = [1, 3, 5, 7, 11].map(NodeId);
        let survivors = |name: &str, count, bytes, largest| Survivors {
            name: name.to_owned(),
            total: Tally { count, bytes },
            largest: NodeId(largest),
        };
        assert_eq!(
            heap.by_class(&ids),
            [survivors("A", 3, 23, 5), survivors("B", 1, 1, 3)]
        );
    }
}
