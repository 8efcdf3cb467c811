//! What came and what went between two states of one process's heap, object by object and by class.
//!
//! The earlier state is kept as three columns of four bytes an object; the later one is never kept.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::id_set::IdSet;
use crate::error::Error;

/// Position of a class in [`ClassNames`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NameIndex(u32);

impl NameIndex {
    /// Objects that count in the totals but belong to no class that is shown.
    pub const NONE: Self = Self(u32::MAX);
}

/// Class names, each once.
#[derive(Debug, Default)]
pub struct ClassNames {
    names: Vec<String>,
    by_name: HashMap<String, NameIndex>,
}

/// The objects of the earlier state.
#[derive(Debug, Default)]
pub struct Baseline {
    ids: Vec<u32>,
    classes: Vec<NameIndex>,
    /// `u32::MAX` stands for a larger size, which is in `large`.
    sizes: Vec<u32>,
    large: HashMap<u32, u64>,
    totals: Totals,
}

/// The later state while it is read.
#[derive(Debug)]
pub struct Comparison {
    baseline: Baseline,
    before: IdSet,
    after: IdSet,
    changes: HashMap<NameIndex, NameChange>,
    totals: Totals,
    allocated_nodes: u64,
    /// Some of the earlier objects, by id.
    witnesses: HashMap<u32, NameIndex>,
    /// How many of them were found again, and how many with another class.
    found: u64,
    changed: u64,
}

/// Nodes and bytes of one state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// All nodes, those included that nothing reaches.
    pub nodes: u64,
    /// Shallow sizes of what the root reaches.
    pub size_bytes: u64,
}

/// What happened to one class.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NameChange {
    pub allocated: u64,
    pub freed: u64,
    /// Bytes allocated less bytes freed.
    pub growth_bytes: i64,
}

/// The difference of two states.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDiff {
    pub before: Totals,
    pub after: Totals,
    pub allocated_nodes: u64,
    pub freed_nodes: u64,
    /// Largest change in bytes first, then by name.
    pub classes: Vec<(String, NameChange)>,
}

impl ClassNames {
    /// The number of a name, new or known.
    pub fn index_of(&mut self, name: &str) -> NameIndex {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = NameIndex(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.to_string());
        self.by_name.insert(name.to_string(), index);
        index
    }

    /// The position of a class that was named before.
    pub fn find(&self, name: &str) -> Option<NameIndex> {
        self.by_name.get(name).copied()
    }
}

impl Baseline {
    /// Has room for so many objects: growing step by step would take twice the memory at times.
    pub fn with_capacity(objects: usize) -> Self {
        Self {
            ids: Vec::with_capacity(objects),
            classes: Vec::with_capacity(objects),
            sizes: Vec::with_capacity(objects),
            ..Self::default()
        }
    }

    /// Adds an object; each id once.
    pub fn add(&mut self, id: u32, class: NameIndex, shallow_size: u64) {
        self.totals.size_bytes += shallow_size;
        self.ids.push(id);
        self.classes.push(class);
        self.sizes
            .push(u32::try_from(shallow_size).unwrap_or(u32::MAX));
        if shallow_size >= u64::from(u32::MAX) {
            self.large.insert(id, shallow_size);
        }
    }

    /// All nodes there were, and no more to come: gives back what was reserved in vain.
    pub fn finish(&mut self, node_count: u64) {
        self.totals.nodes = node_count;
        self.ids.shrink_to_fit();
        self.classes.shrink_to_fit();
        self.sizes.shrink_to_fit();
    }

    /// Begins to read the later state.
    pub fn compare(self) -> Comparison {
        let mut before = IdSet::default();
        for id in &self.ids {
            before.insert(*id);
        }
        let witnesses = self
            .ids
            .iter()
            .zip(&self.classes)
            .filter(|(id, _)| is_witness(**id))
            .map(|(id, class)| (*id, *class))
            .collect();
        Comparison {
            baseline: self,
            before,
            after: IdSet::default(),
            changes: HashMap::new(),
            totals: Totals::default(),
            allocated_nodes: 0,
            witnesses,
            found: 0,
            changed: 0,
        }
    }

    fn size(&self, at: usize) -> u64 {
        match self.sizes[at] {
            u32::MAX => self
                .large
                .get(&self.ids[at])
                .copied()
                .unwrap_or(u64::from(u32::MAX)),
            size => u64::from(size),
        }
    }
}

impl Comparison {
    /// Adds an object of the later state; each id once. Whether it is new.
    pub fn add(&mut self, id: u32, class: NameIndex, shallow_size: u64) -> bool {
        self.totals.size_bytes += shallow_size;
        self.after.insert(id);
        let is_new = !self.before.contains(id);
        if is_witness(id)
            && let Some(before) = self.witnesses.get(&id)
        {
            self.found += 1;
            self.changed += u64::from(*before != class);
        }
        if is_new {
            self.allocated_nodes += 1;
            let change = self.changes.entry(class).or_default();
            change.allocated += 1;
            change.growth_bytes += shallow_size as i64;
        }
        is_new
    }

    /// The difference; `node_count` is the later state's, `names` are both states'.
    ///
    /// # Errors
    ///
    /// [`Error::IdsLost`] when too many objects have another class than the earlier ones of their ids: the ids
    /// were given anew in between.
    pub fn finish(mut self, node_count: u64, names: &ClassNames) -> Result<ObjectDiff, Error> {
        if self.changed * CHANGED_SHARE > self.found {
            return Err(Error::IdsLost);
        }
        self.totals.nodes = node_count;
        let mut freed_nodes = 0;
        for (at, id) in self.baseline.ids.iter().enumerate() {
            if !self.after.contains(*id) {
                freed_nodes += 1;
                let change = self.changes.entry(self.baseline.classes[at]).or_default();
                change.freed += 1;
                change.growth_bytes -= self.baseline.size(at) as i64;
            }
        }
        self.changes.remove(&NameIndex::NONE);
        let mut classes: Vec<(String, NameChange)> = self
            .changes
            .into_iter()
            .map(|(class, change)| (names.names[class.0 as usize].clone(), change))
            .collect();
        classes.sort_by(|(name, one), (other_name, other)| {
            let size = |change: &NameChange| change.growth_bytes.unsigned_abs();
            size(other)
                .cmp(&size(one))
                .then_with(|| name.cmp(other_name))
        });
        Ok(ObjectDiff {
            before: self.baseline.totals,
            after: self.totals,
            allocated_nodes: self.allocated_nodes,
            freed_nodes,
            classes,
        })
    }
}

/// One in so many may have changed its class. Measured: none of 600 to 5,600 while the ids stand, 17 to 33 %
/// when they were given anew in the same order.
const CHANGED_SHARE: u64 = 50;

/// One object in 64; V8's ids are odd.
fn is_witness(id: u32) -> bool {
    (id >> 1).is_multiple_of(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_what_went_is_told_by_class() {
        let mut names = ClassNames::default();
        let [leak, string, map] = ["Leak", "String", "Map"].map(|name| names.index_of(name));
        assert_eq!(names.index_of("Leak"), leak);
        let mut baseline = Baseline::default();
        baseline.add(1, leak, 100);
        baseline.add(3, string, 20);
        baseline.add(5, NameIndex::NONE, 7);
        baseline.finish(4);
        let mut comparison = baseline.compare();
        assert!(!comparison.add(1, leak, 100));
        assert!(comparison.add(7, leak, 100));
        comparison.add(9, leak, 110);
        comparison.add(11, map, 16);
        comparison.add(13, NameIndex::NONE, 1);
        let diff = comparison.finish(6, &names).unwrap();
        assert_eq!(
            diff.before,
            Totals {
                nodes: 4,
                size_bytes: 127
            }
        );
        assert_eq!(
            diff.after,
            Totals {
                nodes: 6,
                size_bytes: 327
            }
        );
        assert_eq!((diff.allocated_nodes, diff.freed_nodes), (4, 2));
        let change = |allocated, freed, growth_bytes| NameChange {
            allocated,
            freed,
            growth_bytes,
        };
        assert_eq!(
            diff.classes,
            [
                ("Leak".to_string(), change(2, 0, 210)),
                ("String".to_string(), change(0, 1, -20)),
                ("Map".to_string(), change(1, 0, 16)),
            ]
        );
    }

    #[test]
    fn ids_that_were_given_anew_are_not_compared() {
        let mut names = ClassNames::default();
        let [leak, map] = ["Leak", "Map"].map(|name| names.index_of(name));
        // Every other object is a Leak. Of those that come again, the later ones are shifted by one.
        let class = |at: u32| if at.is_multiple_of(2) { leak } else { map };
        let compared = |shifted_from: u32| {
            let mut baseline = Baseline::default();
            for at in 0..6400 {
                baseline.add(2 * at + 1, class(at), 16);
            }
            let mut comparison = baseline.compare();
            for at in 0..6400 {
                let shift = u32::from(at >= shifted_from);
                comparison.add(2 * at + 1, class(at + shift), 16);
            }
            comparison.finish(6400, &names)
        };
        assert!(compared(6400).is_ok());
        assert!(compared(6399).is_ok());
        let error = compared(6000).expect_err("six of a hundred have changed");
        assert_eq!(error.code(), "ERR_MEMWATCH_IDS_LOST");
    }

    #[test]
    fn sizes_beyond_32_bits_are_kept() {
        let mut names = ClassNames::default();
        let buffer = names.index_of("ArrayBuffer");
        let mut baseline = Baseline::default();
        baseline.add(1, buffer, 6 << 30);
        let diff = baseline.compare().finish(0, &names).unwrap();
        assert_eq!(diff.classes[0].1.growth_bytes, -(6 << 30));
    }
}
