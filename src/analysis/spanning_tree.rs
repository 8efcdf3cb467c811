//! A depth-first walk over the references that keep objects alive, as Chrome DevTools defines them.
//!
//! Gives every reached node a number in the order of the walk, and what finding dominators needs
//! beyond it: parents, and the references that lead back or across. References forward, from an
//! ancestor, are folded into one minimum at once and never stored.
#![forbid(unsafe_code)]

use std::ops::Range;

use super::bits::Bits;
use super::roots::page_roots;
use super::weak_maps::WeakMapEdges;
use crate::error::Error;
use crate::snapshot::{CHECK_INTERVAL, EdgeIndex, EdgeKind, HeapGraph, NodeIndex, Phase, Watch};

/// A node that the walk has not reached.
pub const UNREACHED: u32 = u32::MAX;

/// The walk's result. Everything but `numbers` is by number, and all but `nodes` holds numbers.
#[derive(Debug)]
pub struct SpanningTree {
    /// By number: which node it is. The root is number 0.
    pub nodes: Vec<NodeIndex>,
    /// By number: from where the walk came.
    pub parents: Vec<u32>,
    /// By number: the lowest of the ancestors that refer to the node directly.
    pub lowest_ancestors: Vec<u32>,
    /// References from a higher number to a lower one: `(to, from)`.
    pub back_references: Vec<(u32, u32)>,
    /// By node: its number, or [`UNREACHED`].
    pub numbers: Vec<u32>,
    /// All that the page's roots reach: what others refer to there, they do not keep alive.
    pub page: Bits,
    /// Nodes that nothing keeps alive.
    pub orphans: Vec<NodeIndex>,
}

/// Walks the heap from its root.
///
/// Nodes that nothing keeps alive count as children of the root, since they were there when the
/// snapshot was taken. Nodes that only such nodes' unreachable circles hold stay unreached.
///
/// # Errors
///
/// [`Error::Cancelled`].
pub fn walk(graph: &HeapGraph, watch: &dyn Watch) -> Result<SpanningTree, Error> {
    let weak_maps = WeakMapEdges::find(graph);
    let nodes = graph.node_count();
    let mut walk = Walk {
        graph,
        weak_maps: &weak_maps,
        watch,
        tree: SpanningTree {
            numbers: vec![UNREACHED; nodes],
            nodes: Vec::with_capacity(nodes),
            parents: Vec::with_capacity(nodes),
            lowest_ancestors: Vec::with_capacity(nodes),
            back_references: Vec::new(),
            page: Bits::new(0),
            orphans: Vec::new(),
        },
        stack: Vec::new(),
        page: Page::default(),
        until_check: CHECK_INTERVAL,
    };
    let root = graph.root();
    walk.enter(root, 0);
    // The page's objects first: then one range of numbers tells most of them from all others.
    for node in page_roots(graph) {
        if node == root {
            walk.page.also.push(root);
        } else {
            walk.descend_from_root::<true>(node)?;
        }
    }
    walk.page
        .close(graph, &walk.tree.numbers, walk.tree.nodes.len());
    walk.tree.page = walk.page.nodes(nodes, &walk.tree.nodes);
    for edge in graph.edges(root) {
        let target = graph.edge_target(edge);
        let is_followed = graph.edge_kind(edge) != EdgeKind::Weak
            && target != root
            && !walk.is_from_table(root, edge);
        if is_followed {
            walk.descend_from_root::<false>(target)?;
        }
    }
    if walk.tree.nodes.len() < graph.node_count() {
        walk.tree.orphans = walk.orphans();
        for at in 0..walk.tree.orphans.len() {
            walk.descend_from_root::<false>(walk.tree.orphans[at])?;
        }
    }
    Ok(walk.tree)
}

struct Walk<'a> {
    graph: &'a HeapGraph,
    weak_maps: &'a WeakMapEdges,
    watch: &'a dyn Watch,
    tree: SpanningTree,
    /// The nodes above the current one, where to go on with each.
    stack: Vec<Above>,
    page: Page,
    until_check: usize,
}

/// A node whose references the walk has not all followed.
struct Above {
    node: NodeIndex,
    number: u32,
    edges: Range<u32>,
}

/// Which objects belong to the page (or, in Node.js, to the program): all that its roots reach.
/// Objects of others, such as a debugger's, do not keep them alive.
#[derive(Default)]
struct Page {
    /// Numbers from 1 up to this belong to the page.
    end: u32,
    /// Nodes that the walk saw the page refer to in a way that it does not follow.
    also: Vec<NodeIndex>,
    /// The page's nodes outside the range, if there are any.
    outside: Option<Bits>,
}

impl Page {
    /// Whether a node belongs to the page, given its number.
    #[inline(always)]
    fn owns(&self, node: NodeIndex, number: u32) -> bool {
        number.wrapping_sub(1) < self.end.wrapping_sub(1)
            || self
                .outside
                .as_ref()
                .is_some_and(|outside| outside.contains(node.index()))
    }

    /// All nodes of a closed page; `walked` are those with numbers.
    fn nodes(&self, nodes: usize, walked: &[NodeIndex]) -> Bits {
        let mut all = self.outside.clone().unwrap_or_else(|| Bits::new(nodes));
        for node in walked.iter().take(self.end as usize).skip(1) {
            all.insert(node.index());
        }
        all
    }

    /// Ends the page's walk: everything numbered so far belongs to it, and so does everything
    /// that can be reached from `also` by any reference that is not weak.
    fn close(&mut self, graph: &HeapGraph, numbers: &[u32], walked: usize) {
        self.end = walked as u32;
        let is_inside = |node: NodeIndex| {
            let number = numbers[node.index()];
            number != UNREACHED && number != 0
        };
        let mut pending = std::mem::take(&mut self.also);
        pending.retain(|&node| !is_inside(node));
        if pending.is_empty() {
            return;
        }
        let mut outside = Bits::new(graph.node_count());
        while let Some(node) = pending.pop() {
            if !outside.insert(node.index()) {
                continue;
            }
            for edge in graph.edges(node) {
                let target = graph.edge_target(edge);
                if graph.edge_kind(edge) != EdgeKind::Weak && !is_inside(target) {
                    pending.push(target);
                }
            }
        }
        self.outside = Some(outside);
    }
}

impl Walk<'_> {
    /// Numbers a node.
    #[inline(always)]
    fn enter(&mut self, node: NodeIndex, parent: u32) -> u32 {
        let number = self.tree.nodes.len() as u32;
        self.tree.numbers[node.index()] = number;
        self.tree.nodes.push(node);
        self.tree.parents.push(parent);
        self.tree.lowest_ancestors.push(parent);
        number
    }

    /// Walks everything that `child` reaches and is not yet walked, as a child of the root.
    /// `PAGE` is whether the page's roots are being walked.
    fn descend_from_root<const PAGE: bool>(&mut self, child: NodeIndex) -> Result<(), Error> {
        match self.tree.numbers[child.index()] {
            UNREACHED => {}
            // The root itself is its lowest ancestor, and there is none lower.
            number => {
                self.tree.lowest_ancestors[number as usize] = 0;
                return Ok(());
            }
        }
        let graph = self.graph;
        let mut node = child;
        let mut number = self.enter(node, 0);
        let first_shared = graph.own_edge_count() as u32;
        let mut edges = graph.own_edges(node);
        loop {
            while let Some(edge) = edges.next().map(EdgeIndex) {
                let (kind, target) = graph.edge_end(edge);
                if kind == EdgeKind::Weak {
                    continue;
                }
                let found = self.tree.numbers[target.index()];
                if !self.is_followed::<PAGE>(node, edge, kind, target, found) {
                    continue;
                }
                if found == UNREACHED {
                    let entered = self.enter(target, number);
                    let above = std::mem::replace(&mut edges, graph.own_edges(target));
                    self.stack.push(Above {
                        node,
                        number,
                        edges: above,
                    });
                    (node, number) = (target, entered);
                    continue;
                }
                let lowest = &mut self.tree.lowest_ancestors[found as usize];
                if found > number {
                    *lowest = (*lowest).min(number);
                } else if *lowest != 0 {
                    // What the root itself refers to has no lower semidominator to find.
                    self.tree.back_references.push((found, number));
                }
            }
            // Those that it shares with others come last.
            if edges.end <= first_shared {
                edges = graph.shared_edges(node);
                if !edges.is_empty() {
                    continue;
                }
            }
            self.count_step()?;
            let Some(above) = self.stack.pop() else {
                return Ok(());
            };
            (node, number, edges) = (above.node, above.number, above.edges);
        }
    }

    /// Looks up once in a while, after a node that is done.
    #[inline(always)]
    fn count_step(&mut self) -> Result<(), Error> {
        self.until_check -= 1;
        if self.until_check > 0 {
            return Ok(());
        }
        self.until_check = CHECK_INTERVAL;
        let (done, total) = (self.tree.nodes.len(), self.graph.node_count());
        self.watch.check(Phase::Reach, done, total)
    }

    /// Whether a reference from a node other than the root keeps its target alive. Weak ones were
    /// sorted out before.
    #[inline(always)]
    fn is_followed<const PAGE: bool>(
        &mut self,
        node: NodeIndex,
        edge: EdgeIndex,
        kind: EdgeKind,
        target: NodeIndex,
        found: u32,
    ) -> bool {
        let keeps_alive = match kind {
            // Shortcuts mark global objects at the root and mean nothing elsewhere.
            EdgeKind::Shortcut => false,
            EdgeKind::Internal => !self.is_from_table(node, edge),
            _ => true,
        };
        if PAGE {
            if !keeps_alive || found == 0 {
                self.page.also.push(target);
            }
        } else if self.page.owns(target, found)
            && !self.page.owns(node, self.tree.numbers[node.index()])
        {
            return false;
        }
        keeps_alive && target != node && found != 0
    }

    /// Whether an edge is the one that a WeakMap's table has to a value. The key has one too, and
    /// without the key the value is gone, so only that one counts.
    #[inline(always)]
    fn is_from_table(&self, node: NodeIndex, edge: EdgeIndex) -> bool {
        self.weak_maps.is_from_table(self.graph, node, edge)
    }

    /// The nodes that nothing keeps alive, in the order of the file.
    fn orphans(&mut self) -> Vec<NodeIndex> {
        let graph = self.graph;
        let mut is_kept = Bits::new(graph.node_count());
        // What a reached node keeps alive is reached itself.
        let unreached: Vec<NodeIndex> = graph
            .nodes()
            .filter(|node| self.tree.numbers[node.index()] == UNREACHED)
            .collect();
        for &node in &unreached {
            for edge in graph.edges(node) {
                let (kind, target) = graph.edge_end(edge);
                let found = self.tree.numbers[target.index()];
                if kind != EdgeKind::Weak
                    && self.is_followed::<false>(node, edge, kind, target, found)
                {
                    is_kept.insert(target.index());
                }
            }
        }
        let mut orphans = unreached;
        orphans.retain(|node| !is_kept.contains(node.index()));
        orphans
    }
}
