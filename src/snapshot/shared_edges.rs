//! References that many nodes have in common, told once for all of them: of V8's objects, those to the map and to
//! the prototype, which are more than half of all.
#![forbid(unsafe_code)]

use super::index::NodeIndex;
use super::kind::EdgeKind;

/// So many a node may share with others.
pub const MOST_SHARED: usize = 2;

#[derive(Clone, Copy, Debug)]
pub struct SharedEdge {
    pub kind: EdgeKind,
    /// A string or an index, as the kind says.
    pub label: u32,
    pub target: NodeIndex,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    edges: [SharedEdge; MOST_SHARED],
    len: u32,
}

/// The shared edges of a graph; none of most that were read from files.
#[derive(Clone, Debug, Default)]
pub struct SharedEdges {
    /// By node: its row. Empty where the graph has none.
    by_node: Vec<u32>,
    /// The first row is empty.
    rows: Vec<Row>,
    count: usize,
}

impl SharedEdges {
    /// Adds a row that nodes may share.
    pub fn add_row(&mut self, edges: &[SharedEdge]) -> u32 {
        if self.rows.is_empty() {
            self.rows.push(Row::of(&[]));
        }
        self.rows.push(Row::of(edges));
        self.rows.len() as u32 - 1
    }

    /// Gives the latest of so many nodes a row.
    pub fn set(&mut self, nodes: usize, row: u32) {
        self.by_node.resize(nodes, 0);
        self.by_node[nodes - 1] = row;
        self.count += self.rows[row as usize].edges().len();
    }

    /// How many edges all nodes together have here.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The edges that a node has here.
    #[inline(always)]
    pub fn of(&self, node: usize) -> &[SharedEdge] {
        match self.by_node.get(node) {
            Some(&row) => self.rows[row as usize].edges(),
            None => &[],
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &SharedEdge> {
        self.rows.iter().flat_map(Row::edges)
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut SharedEdge> {
        self.rows
            .iter_mut()
            .flat_map(|row| row.edges.iter_mut().take(row.len as usize))
    }
}

impl Row {
    /// Panics when there are more than [`MOST_SHARED`].
    fn of(edges: &[SharedEdge]) -> Self {
        let none = SharedEdge {
            kind: EdgeKind::Internal,
            label: 0,
            target: NodeIndex(0),
        };
        let mut row = [none; MOST_SHARED];
        row[..edges.len()].copy_from_slice(edges);
        Self {
            edges: row,
            len: edges.len() as u32,
        }
    }

    #[inline(always)]
    fn edges(&self) -> &[SharedEdge] {
        &self.edges[..self.len as usize]
    }
}
