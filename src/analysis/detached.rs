//! Embedder objects that belong to nothing any more, such as DOM nodes outside their document.
#![forbid(unsafe_code)]

use super::bits::Bits;
use crate::error::Error;
use crate::snapshot::{EdgeKind, HeapGraph, NodeIndex, NodeKind, Phase, Watch};

/// What the embedder says of an object it knows.
const ATTACHED: u8 = 1;
const DETACHED: u8 = 2;

/// The native nodes that are detached, as Chrome DevTools spreads the word of the few that know:
/// what an attached one refers to is attached, and of the rest, what a detached one refers to is
/// detached. The word does not pass through JavaScript objects.
///
/// # Errors
///
/// [`Error::Cancelled`].
pub fn detached_nodes(graph: &HeapGraph, watch: &dyn Watch) -> Result<Bits, Error> {
    let mut detached = Bits::new(graph.node_count());
    if graph.detachedness().iter().all(|&state| state == 0) {
        return Ok(detached);
    }
    let mut known = Bits::new(graph.node_count());
    let seeds = |state| {
        graph.nodes().filter(move |node| {
            graph.node_kind(*node) == NodeKind::Native
                && graph.detachedness()[node.index()] == state
        })
    };
    for node in graph.nodes() {
        if graph.detachedness()[node.index()] != 0 {
            known.insert(node.index());
        }
    }
    spread(graph, seeds(ATTACHED).collect(), &mut known, watch, |_| {})?;
    spread(
        graph,
        seeds(DETACHED).collect(),
        &mut known,
        watch,
        |node| {
            detached.insert(node.index());
        },
    )?;
    Ok(detached)
}

/// Visits the seeds and every native node that is reached from them and not known before.
fn spread(
    graph: &HeapGraph,
    mut pending: Vec<NodeIndex>,
    known: &mut Bits,
    watch: &dyn Watch,
    mut visit: impl FnMut(NodeIndex),
) -> Result<(), Error> {
    let mut visited = 0;
    while let Some(node) = pending.pop() {
        watch.check_each(Phase::Classify, visited, graph.node_count())?;
        visited += 1;
        visit(node);
        for edge in graph.edges(node) {
            let target = graph.edge_target(edge);
            let is_followed = !matches!(
                graph.edge_kind(edge),
                EdgeKind::Hidden | EdgeKind::Invisible | EdgeKind::Weak
            );
            if is_followed
                && graph.node_kind(target) == NodeKind::Native
                && known.insert(target.index())
            {
                pending.push(target);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Builder, Unwatched};

    #[test]
    fn the_attached_win_over_the_detached_and_javascript_stops_both() {
        // attached ─▶ both ◀─ detached ─▶ loose ─▶ looser      detached ─▶ object ─▶ unknown
        let mut heap = Builder::new();
        let mut add = |kind, id| heap.add_node(kind, "<div>", id, 8);
        let [attached, detached, both, loose, looser, unknown] =
            std::array::from_fn(|id| add(NodeKind::Native, id as u32));
        let object = add(NodeKind::Object, 9);
        heap.set_detachedness(attached, ATTACHED);
        heap.set_detachedness(detached, DETACHED);
        for (from, to) in [
            (attached, both),
            (detached, both),
            (detached, loose),
            (loose, looser),
            (detached, object),
            (object, unknown),
        ] {
            heap.add_edge(from, EdgeKind::Internal, "child", to);
        }
        let graph = heap.build();
        let found = detached_nodes(&graph, &Unwatched).unwrap();
        let found: Vec<NodeIndex> = graph
            .nodes()
            .filter(|node| found.contains(node.index()))
            .collect();
        assert_eq!(found, [detached, loose, looser]);
    }
}
