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
use super::path_census::{CENSUS_BYTES, GroupSizes, PathCensus, group_sizes};
use super::shared_sizes::{NO_GROUP, shared_sizes};
use crate::error::Error;
use crate::snapshot::{CountedShapes, NodeIndex, ShapeIndex, Shapes, V8S_OWN, Watch};

/// So many paths are told, those that retain most.
const PATHS: usize = 100;

/// Which paths are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Telling {
    /// Those of the first heap that had so many objects more in each later one.
    Steady { min_growth: u64 },
    /// The same with one object more, where a heap does not count in which most of a path's objects are elsewhere:
    /// what the program is just doing may lead to them on a shorter way.
    Visible,
    /// Those that have more objects in the last heap than in the first, also when they are new.
    Net,
}

/// What is known of the heaps so far.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Series {
    telling: Telling,
    first: Option<Arc<PathCensus>>,
    /// By heap and row of the first: how many objects there are.
    counts: Vec<Vec<u64>>,
    heaps: Vec<CountedHeap>,
    /// As of the last heap.
    grown: Vec<GrownPath>,
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
    /// Of the first heap.
    census: Option<PathCensus>,
    counts: Vec<u64>,
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

/// Objects that are told together, for the paths that grew.
struct Groups {
    /// By shape of the last heap: its group.
    of_shape: Vec<u32>,
    /// The same for shapes below those of a group too.
    above_shape: Vec<u32>,
    /// By group: where its path is, and what was there.
    known: Vec<Group>,
}

#[derive(Clone, Copy)]
enum Group {
    Row(usize),
    New(ShapeIndex),
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
            return Ok(Look::first(counted, census));
        };
        let rows = first.rows_of(&shapes);
        let counts = first.counts(&rows, of_shapes.counts());
        let groups = self.groups(first, &shapes, &rows, &counts);
        Ok(Look {
            heap: counted,
            census: None,
            grown: self.grown(first, &shapes, &of_nodes, groups, heap, watch)?,
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
            return Look::first(counted, census);
        };
        let rows = first.rows_of(heap.shapes());
        let counts = first.counts(&rows, heap.counts());
        let mut groups = self.groups(first, heap.shapes(), &rows, &counts);
        groups.keep_largest(&groups.sums(&groups.above_shape, heap.shallow_bytes()));
        let own_counts = groups.sums(&groups.of_shape, heap.counts());
        let own_bytes = groups.sums(&groups.of_shape, heap.shallow_bytes());
        let reached = groups.sums(&groups.above_shape, heap.shallow_bytes());
        let mut grown: Vec<GrownPath> = (0..groups.known.len())
            .map(|at| {
                let (steps, before) = groups.path(at, first, heap.shapes());
                GrownPath {
                    steps,
                    counts: self.counts_of(groups.known[at], before, own_counts[at]),
                    growth_bytes: signed(Some(own_bytes[at]), Some(before.shallow_bytes)),
                    retained_bytes: reached[at],
                    reached_bytes: reached[at],
                    example: PathSummary::default(),
                }
            })
            .collect();
        grown.sort_by_key(|path| Reverse(path.retained_bytes));
        Look {
            heap: counted,
            census: None,
            counts,
            grown,
        }
    }

    /// Takes in what a look at the next heap gave.
    pub fn add(&mut self, look: Look) {
        if let Some(census) = look.census {
            self.first = Some(Arc::new(census));
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
            let seen = visible(before.iter().map(|counts| counts[row]));
            seen.len() > 2
                && last[row] < seen[seen.len() - 1] / 2
                && rises(seen.into_iter(), 1)
                && !V8S_OWN.contains(&first.class(row))
        };
        self.grown.is_empty() && (0..last.len()).any(is_gone)
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

    /// The paths that are told: no path below another one, which grows with it.
    fn groups(
        &self,
        first: &PathCensus,
        shapes: &Shapes,
        rows: &[Option<usize>],
        counts: &[u64],
    ) -> Groups {
        let mut known = Vec::new();
        let mut group_of_row = vec![NO_GROUP; first.len()];
        // By row: whether it or one before it grows.
        let mut is_covered = vec![false; first.len()];
        for row in 0..first.len() {
            if first.parent(row).is_some_and(|parent| is_covered[parent]) {
                is_covered[row] = true;
            } else if self.grows(row, counts[row]) && !V8S_OWN.contains(&first.class(row)) {
                is_covered[row] = true;
                group_of_row[row] = known.len() as u32;
                known.push(Group::Row(row));
            }
        }
        let mut of_shape = Vec::with_capacity(shapes.len());
        let mut above_shape: Vec<u32> = Vec::with_capacity(shapes.len());
        // By shape: the same for paths that are new.
        let mut is_covered_shape = Vec::with_capacity(shapes.len());
        for (at, (parent, _, class)) in shapes.iter().enumerate() {
            let is_below = parent.is_some_and(|parent| is_covered_shape[parent.index()]);
            let is_new = rows[at].is_none() && self.telling == Telling::Net;
            let is_top = is_new && !is_below && !V8S_OWN.contains(&class);
            if is_top {
                known.push(Group::New(ShapeIndex::new(at)));
            }
            let group = match rows[at] {
                Some(row) => group_of_row[row],
                None if is_top => known.len() as u32 - 1,
                None => NO_GROUP,
            };
            let above = parent.map_or(NO_GROUP, |parent| above_shape[parent.index()]);
            above_shape.push(if group == NO_GROUP { above } else { group });
            of_shape.push(group);
            is_covered_shape
                .push(is_below || is_top || rows[at].is_some_and(|row| is_covered[row]));
        }
        Groups {
            of_shape,
            above_shape,
            known,
        }
    }

    fn grows(&self, row: usize, count: u64) -> bool {
        let before = self.counts.iter().map(|counts| counts[row]);
        match self.telling {
            Telling::Net => before.clone().next().is_some_and(|first| first < count),
            Telling::Steady { min_growth } => rises(before.chain([count]), min_growth.max(1)),
            Telling::Visible => {
                let seen = visible(before.chain([count]));
                seen.last() == Some(&count) && rises(seen.into_iter(), 1)
            }
        }
    }

    /// How many objects a group had, by heap, `now` in the last one.
    fn counts_of(&self, group: Group, before: GroupSizes, now: u64) -> Vec<u64> {
        let mut counts: Vec<u64> = match (self.telling, group) {
            (Telling::Steady { .. } | Telling::Visible, Group::Row(row)) => {
                self.counts.iter().map(|counts| counts[row]).collect()
            }
            _ => vec![before.count],
        };
        counts.push(now);
        counts
    }

    /// The groups that retain most, described.
    fn grown(
        &self,
        first: &PathCensus,
        shapes: &Shapes,
        of_nodes: &NodeShapes,
        mut groups: Groups,
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
            let (steps, before) = groups.path(at, first, shapes);
            let example = largest[at].and_then(|node| heap.path_to(node, StringContents::Hidden));
            grown.push(GrownPath {
                steps,
                counts: self.counts_of(groups.known[at], before, sizes[at].count),
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

impl Look {
    fn first(heap: CountedHeap, census: PathCensus) -> Self {
        Self {
            heap,
            counts: (0..census.len())
                .map(|row| census.sizes(row).count)
                .collect(),
            census: Some(census),
            grown: Vec::new(),
        }
    }
}

/// Whether each number is larger than the one before by so much.
fn rises(numbers: impl Iterator<Item = u64>, by: u64) -> bool {
    let numbers: Vec<u64> = numbers.collect();
    numbers.windows(2).all(|pair| pair[1] >= pair[0] + by)
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

impl Groups {
    fn by_node(&self, of_nodes: &NodeShapes, heap: &OpenedHeap) -> Vec<u32> {
        let group = |node: NodeIndex| {
            of_nodes
                .shape(node)
                .map(|shape| self.of_shape[shape.index()])
        };
        let (graph, ..) = heap.parts();
        graph
            .nodes()
            .map(|node| group(node).unwrap_or(NO_GROUP))
            .collect()
    }

    /// By group: what is reached through it on the shortest way.
    fn reached_bytes(&self, of_nodes: &NodeShapes, heap: &OpenedHeap) -> Vec<u64> {
        let (graph, ..) = heap.parts();
        let mut reached = vec![0; self.known.len()];
        for node in graph.nodes() {
            let shape = of_nodes.shape(node);
            let group = shape.map_or(NO_GROUP, |shape| self.above_shape[shape.index()]);
            if let Some(bytes) = reached.get_mut(group as usize) {
                *bytes += graph.shallow_size(node);
            }
        }
        reached
    }

    fn sizes(
        &self,
        group_of: &[u32],
        heap: &OpenedHeap,
        watch: &dyn Watch,
    ) -> Result<(Vec<GroupSizes>, Vec<Option<NodeIndex>>), Error> {
        let (_, analysis, _) = heap.parts();
        let group = |node: NodeIndex| match group_of[node.index()] {
            NO_GROUP => None,
            group => Some(group as usize),
        };
        group_sizes(analysis, group, self.known.len(), watch)
    }

    /// Forgets all but the groups that weigh most: to share among thousands takes long, and nobody reads them.
    fn keep_largest(&mut self, weights: &[u64]) {
        if self.known.len() <= PATHS {
            return;
        }
        let mut order: Vec<usize> = (0..self.known.len()).collect();
        order.sort_by_key(|&group| (Reverse(weights[group]), group));
        order.truncate(PATHS);
        let mut renumbered = vec![NO_GROUP; self.known.len()];
        for (at, &group) in order.iter().enumerate() {
            renumbered[group] = at as u32;
        }
        self.known = order.iter().map(|&group| self.known[group]).collect();
        let of_shapes = self.of_shape.iter_mut().chain(&mut self.above_shape);
        for group in of_shapes.filter(|group| **group != NO_GROUP) {
            *group = renumbered[*group as usize];
        }
    }

    /// By group: what its shapes have together.
    fn sums(&self, group_of: &[u32], of_shapes: &[u64]) -> Vec<u64> {
        let mut sums = vec![0; self.known.len()];
        for (&group, of_shape) in group_of.iter().zip(of_shapes) {
            if let Some(sum) = sums.get_mut(group as usize) {
                *sum += of_shape;
            }
        }
        sums
    }

    /// Reference and class of each step to a group, and what was there in the first heap.
    fn path(
        &self,
        group: usize,
        first: &PathCensus,
        shapes: &Shapes,
    ) -> (Vec<(String, String)>, GroupSizes) {
        match self.known[group] {
            Group::Row(row) => (first.path(row), first.sizes(row)),
            Group::New(shape) => {
                let owned = |(label, class): (&str, &str)| (label.to_owned(), class.to_owned());
                let steps = shapes.path(shape).into_iter().map(owned).collect();
                (steps, GroupSizes::default())
            }
        }
    }
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
