//! A small heap snapshot file with a bit of everything, for tests to read, cut and damage.

use memwatch_rs::snapshot::{Builder, EdgeKind, Location, NodeKind, write_snapshot};

/// A file of `count` objects in a list, each with a string, a weak reference and a location.
pub fn sample(count: u32) -> Vec<u8> {
    let mut heap = Builder::new();
    let mut last = heap.root();
    for id in 1..=count {
        let node = heap.add_node(NodeKind::Object, "Link", id * 4 + 1, u64::from(id) << 20);
        let text = format!("text \"{id}\"\n€😀");
        let text = heap.add_node(NodeKind::String, &text, id * 4 + 3, 24);
        heap.add_edge(last, EdgeKind::Property, "next", node);
        heap.add_indexed_edge(node, EdgeKind::Element, id, text);
        heap.add_edge(text, EdgeKind::Weak, "back", last);
        heap.add_location(Location {
            node,
            script_id: 3,
            line: id,
            column: 7,
        });
        last = node;
    }
    let mut file = Vec::new();
    write_snapshot(&heap.build(), &mut file).unwrap();
    file
}
