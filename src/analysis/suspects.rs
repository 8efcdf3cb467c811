//! Objects that hold so much that they deserve a look: leak suspects, and where under each of them
//! the many small things begin.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::classes::ClassIndex;
use super::heap_analysis::HeapAnalysis;
use crate::error::Error;
use crate::snapshot::{HeapGraph, NodeIndex, NodeKind, Phase, Watch};

/// What makes an object a suspect.
#[derive(Clone, Copy, Debug)]
pub struct SuspectOptions {
    /// A suspect retains at least this share of the heap.
    pub min_heap_share: f64,
    /// A child with at least this share of its parent's retained size passes the suspicion on: the
    /// parent only holds the holder.
    pub pass_on_share: f64,
}

impl Default for SuspectOptions {
    fn default() -> Self {
        Self {
            min_heap_share: 0.1,
            pass_on_share: 0.7,
        }
    }
}

/// An object that retains much of the heap.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The highest object of the chain that leads to the accumulation point.
    pub holder: NodeIndex,
    /// The object in which much accumulates instead of in one of its children.
    pub accumulation_point: NodeIndex,
    pub retained_bytes: u64,
    /// The class whose instances, held directly by the accumulation point, retain most.
    pub accumulated: Option<Accumulated>,
}

/// What accumulates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accumulated {
    pub class: ClassIndex,
    pub count: u64,
    pub retained_bytes: u64,
}

/// The suspects of a heap, the largest first.
///
/// # Errors
///
/// [`Error::Cancelled`].
///
/// # Complexity
///
/// O(nodes) at worst; visits only the children of what retains enough.
pub fn suspects(
    graph: &HeapGraph,
    analysis: &HeapAnalysis,
    options: SuspectOptions,
    watch: &dyn Watch,
) -> Result<Vec<Suspect>, Error> {
    let tree = &analysis.dominators;
    let order = tree.preorder();
    let total = analysis.retained.bytes(graph.root());
    let threshold = (total as f64 * options.min_heap_share).max(1.0);
    let is_object = |node| graph.node_kind(node) != NodeKind::Synthetic && node != graph.root();
    let mut suspects = Vec::new();
    // Places to look at, each with the object at the top of its chain.
    let mut pending = vec![(0, None)];
    let mut visited = 0;
    while let Some((place, holder)) = pending.pop() {
        let node = order[place];
        let holder = holder.or(is_object(node).then_some(node));
        let mut large = Vec::new();
        for child in tree.children(place) {
            watch.check_each(Phase::Search, visited, order.len())?;
            visited += 1;
            if analysis.retained.bytes(order[child]) as f64 >= threshold {
                large.push(child);
            }
        }
        let limit = analysis.retained.bytes(node) as f64 * options.pass_on_share;
        let heir = large
            .iter()
            .find(|&&child| analysis.retained.bytes(order[child]) as f64 >= limit);
        match (heir, holder) {
            (Some(&heir), _) => pending.push((heir, holder)),
            (None, Some(holder)) => suspects.push(Suspect {
                holder,
                accumulation_point: node,
                retained_bytes: analysis.retained.bytes(node),
                accumulated: accumulated(analysis, place, watch)?,
            }),
            (None, None) => {}
        }
        // Other large children are suspects of their own.
        let others = large.iter().filter(|child| Some(*child) != heir);
        pending.extend(others.map(|&child| (child, None)));
    }
    suspects.sort_by_key(|suspect| {
        let bytes = std::cmp::Reverse(suspect.retained_bytes);
        (bytes, suspect.accumulation_point)
    });
    Ok(suspects)
}

fn accumulated(
    analysis: &HeapAnalysis,
    place: usize,
    watch: &dyn Watch,
) -> Result<Option<Accumulated>, Error> {
    let tree = &analysis.dominators;
    let mut by_class: HashMap<ClassIndex, (u64, u64)> = HashMap::new();
    for (visited, child) in tree.children(place).enumerate() {
        watch.check_each(Phase::Search, visited, tree.preorder().len())?;
        let node = tree.preorder()[child];
        let class = by_class.entry(analysis.classes.class_of(node)).or_default();
        class.0 += 1;
        class.1 = class.1.saturating_add(analysis.retained.bytes(node));
    }
    let most = by_class
        .into_iter()
        .max_by_key(|&(class, (_, bytes))| (bytes, std::cmp::Reverse(class)));
    Ok(most.map(|(class, (count, retained_bytes))| Accumulated {
        class,
        count,
        retained_bytes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    #[test]
    fn the_accumulation_point_is_where_much_falls_apart_into_many() {
        // (root) ─▶ Window ─▶ Cache ─▶ Map ─▶ 100 × Entry (80 bytes each)
        //              └────▶ Config (40 bytes)
        let mut heap = Builder::new();
        let window = heap.add_node(NodeKind::Object, "Window", 1, 8);
        let cache = heap.add_node(NodeKind::Object, "Cache", 3, 8);
        let map = heap.add_node(NodeKind::Object, "Map", 5, 8);
        let config = heap.add_node(NodeKind::Object, "Config", 7, 40);
        heap.add_edge(heap.root(), EdgeKind::Property, "window", window);
        heap.add_edge(window, EdgeKind::Property, "cache", cache);
        heap.add_edge(window, EdgeKind::Property, "config", config);
        heap.add_edge(cache, EdgeKind::Property, "map", map);
        for index in 0..100 {
            let entry = heap.add_node(NodeKind::Object, "Entry", 9 + index * 2, 80);
            heap.add_indexed_edge(map, EdgeKind::Element, index, entry);
        }
        let graph = heap.build();
        let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
        let options = SuspectOptions::default();
        let found = suspects(&graph, &analysis, options, &Unwatched).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].holder, window);
        assert_eq!(found[0].accumulation_point, map);
        assert_eq!(found[0].retained_bytes, 8008);
        let accumulated = found[0].accumulated.as_ref().unwrap();
        assert_eq!(analysis.classes.name(accumulated.class), "Entry");
        assert_eq!((accumulated.count, accumulated.retained_bytes), (100, 8000));
    }
}
