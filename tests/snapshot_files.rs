//! Heap snapshot files, whole, foreign, cut and damaged: each gives a graph or a typed error.

mod sample_file;

use std::io::Read;

use memwatch_rs::error::Error;
use memwatch_rs::snapshot::{
    EdgeKind, HeapGraph, NodeId, NodeKind, ReadOptions, Unwatched, Watch, read_snapshot,
    write_snapshot,
};
use sample_file::sample;

fn read(bytes: &[u8], total_bytes: u64, threads: usize) -> Result<HeapGraph, Error> {
    let options = ReadOptions {
        total_bytes,
        threads,
    };
    read_snapshot(bytes, options, &Unwatched)
}

fn rewritten(graph: &HeapGraph) -> Vec<u8> {
    let mut file = Vec::new();
    write_snapshot(graph, &mut file).unwrap();
    file
}

#[test]
fn what_is_written_is_what_was_read() {
    // Large enough for several blocks, so that records are cut and put together again.
    let file = sample(30_000);
    for threads in [1, 2, 3] {
        let graph = read(&file, file.len() as u64, threads).unwrap();
        assert_eq!(graph.node_count(), 60_001);
        assert_eq!(graph.edge_count(), 90_000);
        assert!(rewritten(&graph) == file, "with {threads} threads");
    }
}

#[test]
fn a_file_with_more_records_than_it_says_is_read_to_the_end() {
    let honest = String::from_utf8(sample(30_000)).unwrap();
    let said = |nodes, edges| format!("\"node_count\":{nodes},\"edge_count\":{edges}");
    for (nodes, edges) in [(0, 0), (1, 1), (20_000, 89_999)] {
        let file = honest.replace(&said(60_001, 90_000), &said(nodes, edges));
        assert_ne!(file, honest);
        for threads in [1, 2, 3] {
            let graph = read(file.as_bytes(), file.len() as u64, threads).unwrap();
            let same = rewritten(&graph) == honest.as_bytes();
            assert!(same, "{nodes} nodes, {edges} edges, {threads} threads");
        }
    }
}

#[test]
fn the_first_of_several_faults_is_told_whichever_thread_meets_it() {
    let honest = String::from_utf8(sample(30_000)).unwrap();
    let nodes = honest.find("\"nodes\"").unwrap();
    let edges = honest.find("\"edges\"").unwrap();
    let commas = honest[nodes..edges]
        .match_indices(',')
        .map(|(at, _)| nodes + at);
    // One in every few blocks.
    let mut faults = commas.skip(100_000).step_by(40_000).peekable();
    let first = *faults.peek().unwrap();
    let mut file = honest.clone().into_bytes();
    faults.for_each(|fault| file[fault - 1] = b'x');
    for threads in [1, 2, 3, 4] {
        let error = read(&file, file.len() as u64, threads).unwrap_err();
        let Error::SnapshotSyntax { offset, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(offset as usize, first - 1, "with {threads} threads");
    }
}

#[test]
fn a_source_that_gives_little_at_a_time_gives_the_same_graph() {
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = buffer.len().min(7);
            self.0.read(&mut buffer[..most])
        }
    }
    let file = sample(50);
    let graph = read_snapshot(Trickle(&file), ReadOptions::default(), &Unwatched).unwrap();
    assert!(rewritten(&graph) == file);
}

#[test]
fn only_meta_says_where_fields_stand_and_what_types_are_called() {
    // (root) ─▶ A      the fields of nodes and edges stand in an order of their own
    //    └┄┄┄▶ B
    let file = br#" { "snapshot" : {"meta":{
        "node_fields":["edge_count","self_size","new_field","id","name","type"],
        "node_types":["n","n","n","n","s",["object","synthetic","new type"]],
        "edge_fields":["to_node","type","name_or_index"],
        "edge_types":["n",["weak","property"],"s"]},
        "node_count":3,"edge_count":2},
        "nodes" : [ 2,0,9,1,0,1 , 0,16,9,3,1,0, 0,8,9,5,1,2],
        "edges":[6,1,2, 12,0,2], "unknown":[{"a":[1,-2.5e3,"]}"]},null],
        "strings":["","A","a"] } "#;
    let graph = read(file, 0, 1).unwrap();
    let nodes: Vec<_> = graph.nodes().collect();
    assert_eq!(graph.node_kind(nodes[0]), NodeKind::Synthetic);
    assert_eq!(graph.node_kind(nodes[2]), NodeKind::Other);
    assert_eq!(graph.node_name(nodes[1]), "A");
    assert_eq!(graph.shallow_size(nodes[1]), 16);
    assert_eq!(graph.node_id(nodes[1]), NodeId(3));
    let edges: Vec<_> = graph.edges(nodes[0]).collect();
    let kinds: Vec<_> = edges.iter().map(|&edge| graph.edge_kind(edge)).collect();
    assert_eq!(kinds, [EdgeKind::Property, EdgeKind::Weak]);
    assert_eq!(graph.edge_target(edges[0]), nodes[1]);
}

#[test]
fn damaged_files_name_what_is_wrong_and_where() {
    const FOREIGN: &str = "ERR_MEMWATCH_SNAPSHOT_FOREIGN";
    const INCONSISTENT: &str = "ERR_MEMWATCH_SNAPSHOT_INCONSISTENT";
    const SYNTAX: &str = "ERR_MEMWATCH_SNAPSHOT_SYNTAX";
    const TOO_LARGE: &str = "ERR_MEMWATCH_SNAPSHOT_TOO_LARGE";
    let file = String::from_utf8(sample(2)).unwrap();
    for (from, to, code) in [
        ("{\"snapshot\"", "[\"snapshot\"", FOREIGN),
        ("\"meta\"", "\"mate\"", FOREIGN),
        ("\"self_size\"", "\"size\"", FOREIGN),
        ("\"snapshot\"", "\"later\"", FOREIGN),
        ("\"strings\"", "\"words\"", FOREIGN),
        ("\"nodes\":[9,", "\"nodes\":[99,", INCONSISTENT),
        ("\"nodes\":[9,", "\"nodes\":[-9,", SYNTAX),
        ("\"nodes\":[9,", "\"nodes\":[9,,", SYNTAX),
        ("\"nodes\":[9,", "\"nodes\":[9.5,", SYNTAX),
        ("\"edges\":[", "\"edges\":[1,", INCONSISTENT),
        ("\"edges\":[", "\"edges\":[1,0,3,", INCONSISTENT),
        ("\"edges\":[", "\"edges\":[1,0,7,", INCONSISTENT),
        ("\"root_index\":0", "\"root_index\":700", INCONSISTENT),
        (
            "\"nodes\":[9,0,0,",
            "\"nodes\":[9,0,99999999999,",
            TOO_LARGE,
        ),
        (
            "\"nodes\":[9,0,0,",
            "\"nodes\":[9,0,99999999999999999999,",
            TOO_LARGE,
        ),
        ("\"nodes\":[9,0,", "\"nodes\":[9,99,", INCONSISTENT),
    ] {
        let damaged = file.replacen(from, to, 1);
        assert_ne!(damaged, file, "{from}");
        let error = read(damaged.as_bytes(), 0, 1).unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
    }
    let damaged = file.replacen("[9,0,0,0", "[9,0,x,0", 1);
    match read(damaged.as_bytes(), 0, 1).unwrap_err() {
        Error::SnapshotSyntax {
            section, offset, ..
        } => {
            assert_eq!(section, "nodes");
            assert_eq!(offset as usize, damaged.find(",x,").unwrap() + 1);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_at_or_before_the_cut() {
    let file = sample(4);
    // Behind the last brace there is only a line break.
    for length in 0..file.len() - 1 {
        match read(&file[..length], length as u64, 1).unwrap_err() {
            Error::SnapshotTruncated { offset, .. } => assert!(offset <= length as u64),
            other => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn deep_nesting_is_stepped_over_or_refused_without_recursion() {
    let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
    let file = String::from_utf8(sample(2)).unwrap();
    let file = file.replace("\"trace_tree\":[]", &format!("\"trace_tree\":{deep}"));
    assert_eq!(read(file.as_bytes(), 0, 1).unwrap().node_count(), 5);
    let file = format!("{{\"snapshot\":{deep}}}");
    let error = read(file.as_bytes(), 0, 1).unwrap_err();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_TOO_LARGE");
}

#[test]
fn whoever_cancels_gets_an_error() {
    struct Impatient;
    impl Watch for Impatient {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let found = read_snapshot(&*sample(10_000), ReadOptions::default(), &Impatient);
    assert!(matches!(found, Err(Error::Cancelled)));
}
