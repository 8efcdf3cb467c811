//! Heaps of one program, one after the other, none of which is kept: what grows from each to the next, or how
//! the last differs from the first.
//!
//! Where a heap is, [`Series::look`] compares it with what is known of the earlier ones and gives a
//! [`Look`], which is small; [`Series::add`] takes that wherever the series is kept.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::described::{PathSummary, StringContents};
use super::growth::NodeShapes;
use super::opened_heap::{NamedClass, OpenedHeap};
use super::path_census::{CENSUS_BYTES, GroupSizes, PathCensus};
use super::path_groups::{Group, Groups, PATHS};
use super::path_tails::PathTails;
use super::shared_sizes::{NO_GROUP, shared_sizes};
use crate::error::Error;
use crate::snapshot::{CountedShapes, ShapeIndex, Shapes, V8S_OWN, Watch};

/// Of so many counts of a path one may be the same as before.
const COUNTS_WITH_A_PAUSE: usize = 4;

/// Which paths are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Telling {
    /// Those of the first heap that had so many objects more in each later one.
    Steady { min_growth: u64 },
    /// The same with one object more, where a heap does not count in which most of a path's objects are elsewhere:
    /// what the program is just doing may lead to them on a shorter way. Of four heaps and more one may have as many as the
    /// one before: what comes in spells grows on after a pause.
    Visible,
    /// Those that have more objects in the last heap than in the first, also when they are new.
    Net,
}

/// What is known of the heaps so far.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Series {
    telling: Telling,
    first: Option<Arc<First>>,
    /// By heap.
    counts: Vec<Counts>,
    heaps: Vec<CountedHeap>,
    /// As of the last heap.
    grown: Vec<GrownPath>,
}

/// What later heaps are compared with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct First {
    census: PathCensus,
    /// For [`Telling::Visible`] alone.
    tails: PathTails,
}

/// How many objects there are, by row and by tail of the first heap. They are kept for each heap; none has 2^32 objects on a path.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
struct Counts {
    rows: Vec<u32>,
    tails: Vec<u32>,
}

/// By shape of a later heap: its row and its tail.
struct Places {
    rows: Vec<Option<usize>>,
    tails: Vec<Option<usize>>,
}

/// One heap by class.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CountedHeap {
    pub node_count: u64,
    pub total_bytes: u64,
    pub classes: Vec<NamedClass>,
}

/// What is sent of one heap.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Look {
    heap: CountedHeap,
    first: Option<First>,
    counts: Counts,
    grown: Vec<GrownPath>,
}

/// A path that has more objects than it had.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GrownPath {
    /// Reference and class of each step from the root.
    pub steps: Vec<(String, String)>,
    /// How many objects there were, by heap; for [`Telling::Net`] in the first and the last.
    pub counts: Vec<u64>,
    /// By how much what they take themselves has grown since the first heap.
    pub growth_bytes: i64,
    /// Their share of what would be freed in the last heap if all that grew were gone.
    pub retained_bytes: u64,
    /// What they and all that is reached through them take in the last heap, also where others hold it too.
    pub reached_bytes: u64,
    /// The way to the one of them that retains most.
    pub example: PathSummary,
}

/// A class that had more objects in each heap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrownClass {
    pub name: String,
    /// By heap.
    pub counts: Vec<u64>,
    pub shallow_bytes: Vec<u64>,
    pub retained_bytes: Vec<u64>,
}

/// How the last heap differs from the first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NetDiff {
    pub before: CountedHeap,
    pub after: CountedHeap,
    /// Of the classes that changed, the largest change in bytes first.
    pub classes: Vec<NetChange>,
    pub paths: Vec<GrownPath>,
}

/// By how much a class has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NetChange {
    pub name: String,
    pub growth_count: i64,
    pub growth_bytes: i64,
    pub retained_growth_bytes: i64,
}

impl Series {
    pub fn new(telling: Telling) -> Self {
        Self {
            telling,
            first: None,
            counts: Vec::new(),
            heaps: Vec::new(),
            grown: Vec::new(),
        }
    }

    /// Compares the next heap with those before it.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`].
    ///
    /// # Complexity
    ///
    /// O(nodes + references) time, up to 30 bytes a node while it runs.
    pub fn look(&self, heap: &OpenedHeap, watch: &dyn Watch) -> Result<Look, Error> {
        let (graph, analysis, distances) = heap.parts();
        let mut shapes = Shapes::default();
        let (of_shapes, of_nodes) = shapes.count(graph, analysis, distances, watch)?;
        let counted = CountedHeap {
            node_count: heap.node_count() as u64,
            total_bytes: heap.total_bytes(),
            classes: heap.classes(),
        };
        let Some(first) = &self.first else {
            let census = PathCensus::of(graph, analysis, &shapes, &of_nodes, CENSUS_BYTES, watch)?;
            return Ok(self.first_look(counted, census, &shapes, of_shapes.counts()));
        };
        let places = first.places(&shapes);
        let counts = first.counts(&places, of_shapes.counts());
        let groups = self.groups(first, &shapes, of_shapes.counts(), &places, &counts);
        Ok(Look {
            heap: counted,
            first: None,
            grown: self.grown(first, (&shapes, &of_nodes), groups, &counts, heap, watch)?,
            counts,
        })
    }

    /// Whether nothing but the paths of a heap has to be known, and how many objects each leads to.
    pub fn needs_paths_alone(&self) -> bool {
        self.telling == Telling::Visible
    }

    /// The same as [`Self::look`] for a heap of which the paths alone were counted. What objects retain is not known then,
    /// and paths are ranked by what is reached through them.
    ///
    /// # Complexity
    ///
    /// O(shapes * log shapes) time.
    pub fn look_at_paths(&self, heap: &CountedShapes) -> Look {
        let counted = CountedHeap {
            node_count: heap.object_count(),
            total_bytes: heap.total_bytes(),
            classes: Vec::new(),
        };
        let Some(first) = &self.first else {
            let census = PathCensus::of_counted(heap, CENSUS_BYTES);
            return self.first_look(counted, census, heap.shapes(), heap.counts());
        };
        let places = first.places(heap.shapes());
        let counts = first.counts(&places, heap.counts());
        let mut groups = self.groups(first, heap.shapes(), heap.counts(), &places, &counts);
        groups.keep_largest(&groups.sums(&groups.above_shape, heap.shallow_bytes()));
        let own_counts = groups.sums(&groups.of_shape, heap.counts());
        let own_bytes = groups.sums(&groups.of_shape, heap.shallow_bytes());
        let reached = groups.sums(&groups.above_shape, heap.shallow_bytes());
        let mut grown: Vec<GrownPath> = (0..groups.known.len())
            .map(|at| {
                let group = groups.known[at];
                let now = GroupSizes {
                    count: own_counts[at],
                    shallow_bytes: own_bytes[at],
                    retained_bytes: 0,
                };
                let before = self.before(group, first, now);
                GrownPath {
                    steps: first.path(group, heap.shapes()),
                    counts: self.counts_of(group, before, now.count, &counts),
                    growth_bytes: signed(Some(now.shallow_bytes), Some(before.shallow_bytes)),
                    retained_bytes: reached[at],
                    reached_bytes: reached[at],
                    example: PathSummary::default(),
                }
            })
            .collect();
        grown.sort_by_key(|path| Reverse(path.retained_bytes));
        Look {
            heap: counted,
            first: None,
            counts,
            grown,
        }
    }

    fn first_look(
        &self,
        heap: CountedHeap,
        census: PathCensus,
        shapes: &Shapes,
        of_shapes: &[u64],
    ) -> Look {
        let tails = match self.telling {
            Telling::Visible => PathTails::of(shapes, of_shapes),
            Telling::Steady { .. } | Telling::Net => PathTails::default(),
        };
        let counts = Counts {
            rows: (0..census.len())
                .map(|row| narrowed(census.sizes(row).count))
                .collect(),
            tails: sums(&tails.of_shapes(shapes), of_shapes, tails.len()),
        };
        Look {
            heap,
            first: Some(First { census, tails }),
            counts,
            grown: Vec::new(),
        }
    }

    /// Takes in what a look at the next heap gave.
    pub fn add(&mut self, look: Look) {
        if let Some(first) = look.first {
            self.first = Some(Arc::new(first));
        }
        self.counts.push(look.counts);
        self.heaps.push(look.heap);
        self.grown = look.grown;
    }

    /// Whether paths that had grown in all heaps before lead nowhere in the last one: whether they still grow
    /// cannot be told by it.
    pub fn is_hidden(&self) -> bool {
        let (Some((last, before)), Some(first)) = (self.counts.split_last(), &self.first) else {
            return false;
        };
        let is_gone = |row: usize| {
            let seen = visible(before.iter().map(|counts| counts.row(row)));
            seen.len() > 2
                && last.row(row) < seen[seen.len() - 1] / 2
                && rises_but_for_a_pause(&seen)
                && !V8S_OWN.contains(&first.census.class(row))
        };
        self.grown.is_empty() && (0..last.rows.len()).any(is_gone)
    }

    /// What the objects of the last heap take.
    pub fn newest_bytes(&self) -> u64 {
        self.heaps.last().map_or(0, |heap| heap.total_bytes)
    }

    /// The paths that grew, what retains most first.
    pub fn paths(&self) -> &[GrownPath] {
        &self.grown
    }

    /// The classes that had more objects in each heap than in the one before, the largest growth in bytes first.
    pub fn classes(&self) -> Vec<GrownClass> {
        let min_growth = match self.telling {
            Telling::Steady { min_growth } => min_growth.max(1),
            Telling::Visible | Telling::Net => 1,
        };
        let mut by_name: BTreeMap<&str, Vec<&NamedClass>> = BTreeMap::new();
        for class in self.heaps.iter().flat_map(|heap| &heap.classes) {
            by_name.entry(&class.name).or_default().push(class);
        }
        let grows = |of: &Vec<&NamedClass>| {
            of.len() == self.heaps.len()
                && of.len() > 1
                && of
                    .windows(2)
                    .all(|pair| pair[1].count >= pair[0].count + min_growth)
        };
        let column = |of: &[&NamedClass], field: fn(&NamedClass) -> u64| {
            of.iter().map(|class| field(class)).collect::<Vec<u64>>()
        };
        let mut grown: Vec<GrownClass> = by_name
            .into_iter()
            .filter(|(_, of)| grows(of))
            .map(|(name, of)| GrownClass {
                name: name.to_owned(),
                counts: column(&of, |class| class.count),
                shallow_bytes: column(&of, |class| class.shallow_bytes),
                retained_bytes: column(&of, |class| class.retained_bytes),
            })
            .collect();
        grown.sort_by_key(|class| {
            let sizes = &class.shallow_bytes;
            Reverse(signed(sizes.last().copied(), sizes.first().copied()))
        });
        grown
    }

    /// How the last heap differs from the first.
    pub fn net(&self) -> NetDiff {
        let before = self.heaps.first().cloned().unwrap_or_default();
        let after = self.heaps.last().cloned().unwrap_or_default();
        let mut by_name: BTreeMap<&str, [Option<&NamedClass>; 2]> = BTreeMap::new();
        for (at, heap) in [&before, &after].into_iter().enumerate() {
            for class in &heap.classes {
                by_name.entry(&class.name).or_default()[at] = Some(class);
            }
        }
        let mut classes: Vec<NetChange> = by_name
            .into_iter()
            .map(|(name, [old, new])| {
                let growth = |field: fn(&NamedClass) -> u64| signed(new.map(field), old.map(field));
                NetChange {
                    name: name.to_owned(),
                    growth_count: growth(|class| class.count),
                    growth_bytes: growth(|class| class.shallow_bytes),
                    retained_growth_bytes: growth(|class| class.retained_bytes),
                }
            })
            .filter(|change| (change.growth_count, change.growth_bytes) != (0, 0))
            .collect();
        classes.sort_by_key(|change| Reverse(change.growth_bytes.unsigned_abs()));
        NetDiff {
            before,
            after,
            classes,
            paths: self.grown.clone(),
        }
    }

    /// The paths that are told: no path below another one, which grows with it. What does not grow on one path may do so on
    /// several that end alike.
    fn groups(
        &self,
        first: &First,
        shapes: &Shapes,
        of_shapes: &[u64],
        places: &Places,
        counts: &Counts,
    ) -> Groups {
        let (census, rows) = (&first.census, &places.rows);
        let mut tail_of_row = vec![None; census.len()];
        for (row, &tail) in rows.iter().zip(&places.tails) {
            if let Some(row) = *row {
                tail_of_row[row] = tail;
            }
        }
        // Where most objects were elsewhere now and then, those that end alike may tell of more heaps.
        let is_told_by_tail = |row: usize| {
            tail_of_row[row].is_some_and(|tail| {
                let of_tail = self.seen(|heap| heap.tail(tail), counts);
                let of_row = self.seen(|heap| heap.row(row), counts);
                of_tail > of_row && self.grows(|heap| heap.tail(tail), counts)
            })
        };
        let mut known = Vec::new();
        let mut group_of_row = vec![NO_GROUP; census.len()];
        // By row: whether it or one before it grows.
        let mut is_covered = vec![false; census.len()];
        for row in 0..census.len() {
            if census.parent(row).is_some_and(|parent| is_covered[parent]) {
                is_covered[row] = true;
            } else if self.grows(|heap| heap.row(row), counts)
                && !V8S_OWN.contains(&census.class(row))
                && !is_told_by_tail(row)
            {
                is_covered[row] = true;
                group_of_row[row] = known.len() as u32;
                known.push(Group::Row(row));
            }
        }
        let grows_by_tail = self.growing_tails(&group_of_row, places, counts);
        let mut group_of_tail = vec![NO_GROUP; counts.tails.len()];
        let mut of_shape = Vec::with_capacity(shapes.len());
        let mut above_shape: Vec<u32> = Vec::with_capacity(shapes.len());
        // By shape: the same for paths that are new, and for tails.
        let mut is_covered_shape = Vec::with_capacity(shapes.len());
        for (at, (parent, _, class)) in shapes.iter().enumerate() {
            let shape = ShapeIndex::new(at);
            let is_below = parent.is_some_and(|parent| is_covered_shape[parent.index()])
                || rows[at].is_some_and(|row| is_covered[row]);
            let is_told = !is_below && !V8S_OWN.contains(&class);
            let is_new = rows[at].is_none() && self.telling == Telling::Net;
            let tail = places.tails[at].filter(|&tail| grows_by_tail[tail]);
            let group = match (rows[at], tail) {
                (Some(row), _) if group_of_row[row] != NO_GROUP => group_of_row[row],
                _ if is_new && is_told => {
                    known.push(Group::New(shape));
                    known.len() as u32 - 1
                }
                (_, Some(tail)) if is_told && of_shapes[at] > 0 => {
                    let group = &mut group_of_tail[tail];
                    if *group == NO_GROUP {
                        *group = known.len() as u32;
                        known.push(Group::Tail(tail, shape));
                    }
                    if let Group::Tail(_, largest) = &mut known[*group as usize]
                        && of_shapes[largest.index()] < of_shapes[at]
                    {
                        *largest = shape;
                    }
                    *group
                }
                _ => NO_GROUP,
            };
            let above = parent.map_or(NO_GROUP, |parent| above_shape[parent.index()]);
            above_shape.push(if group == NO_GROUP { above } else { group });
            of_shape.push(group);
            is_covered_shape.push(is_below || group != NO_GROUP);
        }
        Groups {
            of_shape,
            above_shape,
            known,
        }
    }

    /// By tail: whether it grows. What grows on a path of its own is told there.
    fn growing_tails(&self, group_of_row: &[u32], places: &Places, counts: &Counts) -> Vec<bool> {
        let mut grows: Vec<bool> = (0..counts.tails.len())
            .map(|tail| self.grows(|heap| heap.tail(tail), counts))
            .collect();
        for (row, tail) in places.rows.iter().zip(&places.tails) {
            if let (Some(row), Some(tail)) = (*row, *tail)
                && group_of_row[row] != NO_GROUP
            {
                grows[tail] = false;
            }
        }
        grows
    }

    /// Whether what is counted of each heap grows, `now` in the last one.
    fn grows(&self, count: impl Fn(&Counts) -> u64, now: &Counts) -> bool {
        let mut counts = self.counts.iter().chain([now]).map(&count);
        match self.telling {
            Telling::Net => counts.next().is_some_and(|first| first < count(now)),
            Telling::Steady { min_growth } => rises(counts, min_growth.max(1)),
            Telling::Visible => {
                let seen = visible(counts);
                seen.last() == Some(&count(now)) && rises_but_for_a_pause(&seen)
            }
        }
    }

    /// In how many heaps what is counted was not elsewhere.
    fn seen(&self, count: impl Fn(&Counts) -> u64, now: &Counts) -> usize {
        visible(self.counts.iter().chain([now]).map(count)).len()
    }

    /// What a group was in the first heap. Of a tail it is only known how many objects there were: they are taken to have been as
    /// large as now.
    fn before(&self, group: Group, first: &First, now: GroupSizes) -> GroupSizes {
        match group {
            Group::Row(row) => first.census.sizes(row),
            Group::New(_) => GroupSizes::default(),
            Group::Tail(tail, _) => {
                let count = self.counts.first().map_or(0, |first| first.tail(tail));
                GroupSizes {
                    count,
                    shallow_bytes: now.shallow_bytes / now.count.max(1) * count,
                    retained_bytes: 0,
                }
            }
        }
    }

    /// How many objects a group had, by heap, `now` in the last one.
    fn counts_of(&self, group: Group, before: GroupSizes, now: u64, counts: &Counts) -> Vec<u64> {
        let earlier = self.counts.iter();
        match (self.telling, group) {
            (Telling::Steady { .. } | Telling::Visible, Group::Row(row)) => {
                let earlier = earlier.map(|heap| heap.row(row));
                earlier.chain([now]).collect()
            }
            (_, Group::Tail(tail, _)) => {
                let heaps = earlier.chain([counts]);
                heaps.map(|heap| heap.tail(tail)).collect()
            }
            _ => vec![before.count, now],
        }
    }

    /// The groups that retain most, described.
    fn grown(
        &self,
        first: &First,
        (shapes, of_nodes): (&Shapes, &NodeShapes),
        mut groups: Groups,
        counts: &Counts,
        heap: &OpenedHeap,
        watch: &dyn Watch,
    ) -> Result<Vec<GrownPath>, Error> {
        let (graph, analysis, _) = heap.parts();
        if groups.known.len() > PATHS {
            let (sizes, _) = groups.sizes(&groups.by_node(of_nodes, heap), heap, watch)?;
            let retained: Vec<u64> = sizes.iter().map(|one| one.retained_bytes).collect();
            groups.keep_largest(&retained);
        }
        let group_of = groups.by_node(of_nodes, heap);
        let (sizes, largest) = groups.sizes(&group_of, heap, watch)?;
        let shares = shared_sizes(
            graph,
            &analysis.dominators,
            &analysis.sizes,
            &group_of,
            sizes.len(),
            watch,
        )?;
        let reached = groups.reached_bytes(of_nodes, heap);
        let mut grown = Vec::with_capacity(groups.known.len());
        for at in 0..groups.known.len() {
            let group = groups.known[at];
            let before = self.before(group, first, sizes[at]);
            let example = largest[at].and_then(|node| heap.path_to(node, StringContents::Hidden));
            grown.push(GrownPath {
                steps: first.path(group, shapes),
                counts: self.counts_of(group, before, sizes[at].count, counts),
                growth_bytes: signed(Some(sizes[at].shallow_bytes), Some(before.shallow_bytes)),
                retained_bytes: shares[at],
                reached_bytes: reached[at],
                example: example.unwrap_or_default(),
            });
        }
        grown.sort_by_key(|path| Reverse(path.retained_bytes));
        Ok(grown)
    }
}

impl First {
    fn places(&self, shapes: &Shapes) -> Places {
        Places {
            rows: self.census.rows_of(shapes),
            tails: self.tails.of_shapes(shapes),
        }
    }

    /// Of another heap, by how many objects each of its shapes has.
    fn counts(&self, places: &Places, of_shapes: &[u64]) -> Counts {
        Counts {
            rows: sums(&places.rows, of_shapes, self.census.len()),
            tails: sums(&places.tails, of_shapes, self.tails.len()),
        }
    }

    /// Reference and class of each step to a group of a heap that has these shapes.
    fn path(&self, group: Group, shapes: &Shapes) -> Vec<(String, String)> {
        match group {
            Group::Row(row) => self.census.path(row),
            Group::New(shape) | Group::Tail(_, shape) => {
                let owned = |(label, class): (&str, &str)| (label.to_owned(), class.to_owned());
                shapes.path(shape).into_iter().map(owned).collect()
            }
        }
    }
}

impl Counts {
    fn row(&self, row: usize) -> u64 {
        self.rows[row].into()
    }

    fn tail(&self, tail: usize) -> u64 {
        self.tails[tail].into()
    }
}

/// By place, how many objects there are of a heap, by the places of its shapes.
fn sums(places: &[Option<usize>], of_shapes: &[u64], len: usize) -> Vec<u32> {
    let mut sums = vec![0; len];
    for (place, &count) in places.iter().zip(of_shapes) {
        if let Some(place) = *place {
            sums[place] += count;
        }
    }
    sums.into_iter().map(narrowed).collect()
}

fn narrowed(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether each number is larger than the one before by so much.
fn rises(numbers: impl Iterator<Item = u64>, by: u64) -> bool {
    let numbers: Vec<u64> = numbers.collect();
    numbers.windows(2).all(|pair| pair[1] >= pair[0] + by)
}

/// Whether each number is larger than the one before, but for one that may be the same if there are enough.
fn rises_but_for_a_pause(numbers: &[u64]) -> bool {
    let pauses = numbers.windows(2).filter(|pair| pair[0] == pair[1]).count();
    rises(numbers.iter().copied(), 0) && pauses <= usize::from(numbers.len() >= COUNTS_WITH_A_PAUSE)
}

/// The counts of a path without those where most of its objects are elsewhere.
fn visible(counts: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut seen: Vec<u64> = Vec::new();
    for count in counts {
        if seen.last().is_none_or(|last| count >= last / 2) {
            seen.push(count);
        }
    }
    seen
}

impl NetDiff {
    /// Bytes of the last heap minus those of the first.
    pub fn growth_bytes(&self) -> i64 {
        signed(Some(self.after.total_bytes), Some(self.before.total_bytes))
    }

    /// By how many objects classes have grown: at least as many came.
    pub fn more(&self) -> u64 {
        self.classes.iter().map(NetChange::more).sum()
    }

    /// By how many objects classes have shrunk: at least as many went.
    pub fn fewer(&self) -> u64 {
        self.classes.iter().map(NetChange::fewer).sum()
    }
}

impl NetChange {
    /// By how many objects there are more.
    pub fn more(&self) -> u64 {
        u64::try_from(self.growth_count).unwrap_or(0)
    }

    /// By how many objects there are fewer.
    pub fn fewer(&self) -> u64 {
        self.growth_count.min(0).unsigned_abs()
    }
}

/// New minus old.
fn signed(new: Option<u64>, old: Option<u64>) -> i64 {
    let growth = i128::from(new.unwrap_or(0)) - i128::from(old.unwrap_or(0));
    i64::try_from(growth).unwrap_or(if growth < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, HeapGraph, NodeKind, Unwatched};

    /// (root) ─sessions─▶ Map ═[0..sessions]═▶ Session (32) ─user─▶ User (64)
    ///    ├────cache────▶ Cache ═[0..cached]═▶ Entry (16)
    ///    └────lazy─────▶ Lazy ═[0..lazy]═▶ Item (8)      (there when it has items)
    fn heap(sessions: u32, cached: u32, lazy: u32) -> OpenedHeap {
        let mut heap = Builder::new();
        let add = |heap: &mut Builder, name: &str, class: &str, count: u32, item: &str, bytes| {
            let list = heap.add_node(NodeKind::Object, class, 1, 8);
            heap.add_edge(heap.root(), EdgeKind::Property, name, list);
            for index in 0..count {
                let id = 1001 + 2 * (1000 * u32::from(name.as_bytes()[0]) + index);
                let node = heap.add_node(NodeKind::Object, item, id, bytes);
                heap.add_indexed_edge(list, EdgeKind::Element, index, node);
                if item == "Session" {
                    let user = heap.add_node(NodeKind::Object, "User", 3, 64);
                    heap.add_edge(node, EdgeKind::Property, "user", user);
                }
            }
        };
        add(&mut heap, "sessions", "Map", sessions, "Session", 32);
        add(&mut heap, "cache", "Cache", cached, "Entry", 16);
        if lazy > 0 {
            add(&mut heap, "lazy", "Lazy", lazy, "Item", 8);
        }
        opened(heap.build())
    }

    fn opened(graph: HeapGraph) -> OpenedHeap {
        OpenedHeap::of(graph, &Unwatched).unwrap()
    }

    /// As copies do it: each look is encoded and decoded.
    fn series(telling: Telling, heaps: impl IntoIterator<Item = OpenedHeap>) -> Series {
        let mut series = Series::new(telling);
        for heap in heaps {
            let look = series.look(&heap, &Unwatched).unwrap();
            let sent = postcard::to_stdvec(&look).expect("a vector takes all");
            series.add(postcard::from_bytes(&sent).expect("it was encoded just now"));
        }
        series
    }

    fn steady(min_growth: u64) -> Telling {
        Telling::Steady { min_growth }
    }

    fn told(series: &Series) -> Vec<(String, Vec<u64>, i64, u64)> {
        let path = |path: &GrownPath| {
            let labels = path.steps.iter().map(|(label, _)| label.as_str());
            let labels: Vec<&str> = labels.collect();
            (
                labels.join("."),
                path.counts.clone(),
                path.growth_bytes,
                path.retained_bytes,
            )
        };
        series.paths().iter().map(path).collect()
    }

    #[test]
    fn what_grew_each_time_is_told_and_what_fills_up_is_not() {
        // The cache is full after the second heap.
        let heaps = [(10, 5), (13, 8), (20, 8), (30, 8)];
        let series = series(
            steady(3),
            heaps.map(|(sessions, cached)| heap(sessions, cached, 0)),
        );
        let sessions = (
            "sessions.[x]".to_owned(),
            vec![10, 13, 20, 30],
            640,
            30 * 96,
        );
        assert_eq!(told(&series), [sessions]);
        let example = &series.paths()[0].example.steps;
        assert_eq!(
            example.last().map(|step| step.class.as_str()),
            Some("Session")
        );
        let classes = series.classes();
        let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
        assert_eq!(names, ["User", "Session"]);
        assert_eq!(classes[1].counts, [10, 13, 20, 30]);
        assert_eq!(classes[1].retained_bytes, [960, 1248, 1920, 2880]);
    }

    #[test]
    fn what_grows_by_less_than_asked_for_is_not_told() {
        let heaps = || [10, 13, 15].map(|sessions| heap(sessions, 1, 0));
        assert_eq!(told(&series(steady(3), heaps())), []);
        assert_eq!(series(steady(3), heaps()).classes(), []);
        assert_eq!(told(&series(steady(2), heaps())).len(), 1);
    }

    #[test]
    fn of_four_heaps_one_may_be_a_pause() {
        let is_told = |counts: &[u32]| {
            let heaps = counts.iter().map(|&sessions| heap(sessions, 1, 0));
            !told(&series(Telling::Visible, heaps)).is_empty()
        };
        for (counts, expected) in [
            (&[10, 20, 20][..], false),
            (&[10, 20, 30, 30], true),
            (&[10, 20, 20, 30, 40], true),
            (&[10, 20, 20, 30, 30], false),
            (&[10, 20, 19, 30, 40], false),
        ] {
            assert_eq!(is_told(counts), expected, "{counts:?}");
        }
        let paused = [10, 20, 20, 30].map(|sessions| heap(sessions, 1, 0));
        assert_eq!(told(&series(steady(1), paused)), []);
    }

    #[test]
    fn what_was_not_there_at_first_is_no_steady_growth() {
        let series = series(steady(1), [0, 3, 6].map(|lazy| heap(1, 1, lazy)));
        assert_eq!(told(&series), []);
    }

    /// Without a graph: what a walk counts by path.
    fn counted(heap: &OpenedHeap) -> CountedShapes {
        let (graph, analysis, distances) = heap.parts();
        let mut shapes = Shapes::default();
        let (_, of_nodes) = shapes
            .count(graph, analysis, distances, &Unwatched)
            .unwrap();
        let mut counted = CountedShapes::of(shapes);
        for node in graph.nodes() {
            if let Some(shape) = of_nodes.shape(node) {
                counted.add(shape, graph.shallow_size(node));
            }
        }
        counted
    }

    #[test]
    fn counted_paths_tell_what_a_graph_tells() {
        // The lazy list is not there in the third heap.
        let heaps = [(10, 5, 1), (13, 8, 2), (20, 8, 0), (30, 8, 5)];
        let heaps = || heaps.map(|(sessions, cached, lazy)| heap(sessions, cached, lazy));
        let mut by_paths = Series::new(Telling::Visible);
        for heap in heaps() {
            by_paths.add(by_paths.look_at_paths(&counted(&heap)));
        }
        let by_graph = series(Telling::Visible, heaps());
        let told = |series: &Series| {
            let path = |path: &GrownPath| {
                let steps = path.steps.clone();
                let growth = (path.growth_bytes, path.reached_bytes);
                (steps, path.counts.clone(), growth)
            };
            let mut told: Vec<_> = series.paths().iter().map(path).collect();
            told.sort();
            told
        };
        assert_eq!(told(&by_paths), told(&by_graph));
        let labels = |path: &GrownPath| path.steps[0].0.clone();
        let labels: Vec<String> = by_paths.paths().iter().map(labels).collect();
        assert_eq!(labels, ["sessions", "lazy"]);
        assert_eq!(by_paths.newest_bytes(), by_graph.newest_bytes());
    }

    #[test]
    fn what_moves_from_list_to_list_grows_by_its_tail() {
        // (root) ─agent─▶ Agent ─used or free─▶ Object ─main─▶ Socket ─events─▶ Object ─close─▶ Array ═[0..count]═▶ Listener (32)
        let heap = |list: &str, count: u32| {
            let mut heap = Builder::new();
            let mut holder = heap.root();
            for (name, class) in [
                ("agent", "Agent"),
                (list, "Object"),
                ("main", "Socket"),
                ("events", "Object"),
                ("close", "Array"),
            ] {
                let held = heap.add_node(NodeKind::Object, class, 1, 8);
                heap.add_edge(holder, EdgeKind::Property, name, held);
                holder = held;
            }
            for index in 0..count {
                let listener = heap.add_node(NodeKind::Object, "Listener", 3, 32);
                heap.add_indexed_edge(holder, EdgeKind::Element, index, listener);
            }
            opened(heap.build())
        };
        let heaps = || {
            let lists = ["used", "free", "free", "used"].into_iter();
            lists.zip(1..).map(|(list, at)| heap(list, 10 * at))
        };
        assert_eq!(told(&series(steady(1), heaps())), []);
        let by_tail = series(Telling::Visible, heaps());
        let path = "agent.used.main.events.close.[x]".to_owned();
        let counts = vec![10, 20, 30, 40];
        assert_eq!(told(&by_tail), [(path, counts, 30 * 32, 40 * 32)]);
        assert_eq!(by_tail.paths()[0].reached_bytes, 40 * 32);

        let mut by_paths = Series::new(Telling::Visible);
        for heap in heaps().take(3) {
            by_paths.add(by_paths.look_at_paths(&counted(&heap)));
        }
        let path = "agent.free.main.events.close.[x]".to_owned();
        // What they retain is not known, but what they reach.
        assert_eq!(
            told(&by_paths),
            [(path, vec![10, 20, 30], 20 * 32, 30 * 32)]
        );
    }

    #[test]
    fn a_net_diff_tells_what_came_and_what_went() {
        let series = series(Telling::Net, [heap(3, 9, 0), heap(5, 4, 7)]);
        let sessions = ("sessions.[x]".to_owned(), vec![3, 5], 64, 5 * 96);
        let lazy = ("lazy".to_owned(), vec![0, 1], 8, 8 + 7 * 8);
        assert_eq!(told(&series), [sessions, lazy]);
        let net = series.net();
        assert_eq!(net.after.node_count - net.before.node_count, 2 * 2 + 8 - 5);
        let classes: Vec<_> = net
            .classes
            .iter()
            .map(|class| (class.name.as_str(), class.growth_count, class.growth_bytes))
            .collect();
        let expected = [
            ("User", 2, 128),
            ("Entry", -5, -80),
            ("Session", 2, 64),
            ("Item", 7, 56),
            ("Lazy", 1, 8),
        ];
        assert_eq!(classes, expected);
        assert_eq!(net.classes[2].retained_growth_bytes, 2 * 96);
        assert_eq!((net.more(), net.fewer()), (2 + 2 + 7 + 1, 5));
        assert_eq!(net.growth_bytes(), 128 - 80 + 64 + 56 + 8);
    }

    #[test]
    fn what_v8_keeps_for_itself_is_no_growth_but_what_it_holds_is() {
        // (root) ─code─▶ Code ═[0..count]═▶ (system) ─data─▶ Data (100)
        let heap = |count: u32| {
            let mut heap = Builder::new();
            let code = heap.add_node(NodeKind::Object, "Code", 1, 8);
            heap.add_edge(heap.root(), EdgeKind::Property, "code", code);
            for index in 0..count {
                let system = heap.add_node(NodeKind::Hidden, "system / Cell", 3, 8);
                heap.add_indexed_edge(code, EdgeKind::Element, index, system);
                if index % 2 == 0 {
                    let data = heap.add_node(NodeKind::Object, "Data", 5, 100);
                    heap.add_edge(system, EdgeKind::Property, "data", data);
                }
            }
            opened(heap.build())
        };
        for telling in [Telling::Net, steady(1)] {
            let found = told(&series(telling, [heap(2), heap(4)]));
            assert_eq!(found, [("code.[x].data".to_owned(), vec![1, 2], 100, 200)]);
        }
        let found = told(&series(Telling::Net, [heap(0), heap(4)]));
        assert_eq!(found, [("code.[x].data".to_owned(), vec![0, 2], 200, 200)]);
    }

    #[test]
    fn of_many_paths_those_that_retain_most_are_told() {
        // (root) ─list0 … list149─▶ List ═[0..count]═▶ Entry (1 … 150)
        let heap = |count: u32| {
            let mut heap = Builder::new();
            for at in 0..150 {
                let list = heap.add_node(NodeKind::Object, "List", 1, 8);
                heap.add_edge(heap.root(), EdgeKind::Property, &format!("list{at}"), list);
                for index in 0..count {
                    let entry = heap.add_node(NodeKind::Object, "Entry", 3, 1 + at);
                    heap.add_indexed_edge(list, EdgeKind::Element, index, entry);
                }
            }
            opened(heap.build())
        };
        let found = told(&series(Telling::Net, [heap(1), heap(3)]));
        assert_eq!(found.len(), PATHS);
        assert_eq!((found[0].0.as_str(), found[0].3), ("list149.[x]", 450));
        assert_eq!((found[99].0.as_str(), found[99].3), ("list50.[x]", 153));
    }

    #[test]
    fn one_heap_or_none_has_nothing_to_compare() {
        let none = Series::new(Telling::Net);
        assert_eq!((none.net().classes, none.classes()), (vec![], vec![]));
        let one = series(steady(1), [heap(1, 1, 1)]);
        assert_eq!((told(&one), one.classes()), (vec![], vec![]));
    }
}
