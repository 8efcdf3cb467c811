//! Shows why an object of a heap snapshot is still there.
//!
//! `cargo run --release --no-default-features --example retainer_path FILE CLASS|@ID… [--show-strings]`
//! prints the retainer path of the object with this id, or of the first object of this class.

use std::error::Error;
use std::path::Path;

use memwatch_rs::analysis::{Distances, HeapAnalysis, shortest_path};
use memwatch_rs::report::retainer_path::PathReport;
use memwatch_rs::snapshot::{HeapGraph, NodeId, NodeIndex, NodeKind, Unwatched, read_file};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.len();
    arguments.retain(|argument| argument != "--show-strings");
    let show_strings = arguments.len() < count;
    let (file, wanted) = arguments
        .split_first()
        .ok_or("usage: retainer_path FILE CLASS|@ID… [--show-strings]")?;
    let graph = read_file(Path::new(file), &Unwatched)?;
    let analysis = HeapAnalysis::of(&graph, &Unwatched)?;
    let distances = Distances::of(&graph, &Unwatched)?;
    for wanted in wanted {
        let node = find(&graph, wanted).ok_or_else(|| format!("no object {wanted}"))?;
        let Some(path) = shortest_path(&graph, &distances, node) else {
            println!("{wanted}: only weak references lead there");
            continue;
        };
        println!("{wanted}");
        print!(
            "{}",
            PathReport::of(&graph, &analysis, &path, show_strings).text()
        );
    }
    Ok(())
}

fn find(graph: &HeapGraph, wanted: &str) -> Option<NodeIndex> {
    if let Some(id) = wanted.strip_prefix('@') {
        return graph.find_node(NodeId(id.parse().ok()?));
    }
    let is_wanted = |&node: &NodeIndex| {
        graph.node_kind(node) == NodeKind::Object && graph.node_name(node) == wanted
    };
    graph.nodes().find(is_wanted)
}
