//! Two readings of small heaps that stray from each other on purpose.
#![forbid(unsafe_code)]

use super::*;
use crate::snapshot::{Builder, Unwatched};

fn compared(ours: &HeapGraph, v8s: &HeapGraph) -> GraphComparison {
    compare_graphs(ours, v8s, CompareOptions::default(), &Unwatched).unwrap()
}

/// How a reading may stray from [`heap`].
#[derive(Clone, Copy, Default)]
struct Stray {
    user_kind: Option<NodeKind>,
    user_bytes: u64,
    text: Option<&'static str>,
    no_user: bool,
    no_user_edge: bool,
    no_root_edge: bool,
    table_id: Option<u32>,
    reversed_elements: bool,
}

/// (root) ─▶ (roots, 3) ─[1]─▶ Cache (5) ─table─▶ Table (7) ═[0..3]═▶ Session (9, 11, 13) ─user─▶ User (15) ─name─▶ "secret" (17)
fn heap(stray: Stray) -> HeapGraph {
    let mut heap = Builder::new();
    let roots = heap.add_node(NodeKind::Synthetic, "(roots)", 3, 0);
    heap.add_edge(heap.root(), EdgeKind::Shortcut, "roots", roots);
    let cache = heap.add_node(NodeKind::Object, "Cache", 5, 32);
    if !stray.no_root_edge {
        heap.add_indexed_edge(roots, EdgeKind::Element, 1, cache);
    }
    let table = heap.add_node(NodeKind::Array, "", stray.table_id.unwrap_or(7), 48);
    heap.add_edge(cache, EdgeKind::Internal, "table", table);
    let user = (!stray.no_user).then(|| {
        let kind = stray.user_kind.unwrap_or(NodeKind::Object);
        let user = heap.add_node(kind, "User", 15, 64 + stray.user_bytes);
        let text = stray.text.unwrap_or("secret");
        let text = heap.add_node(NodeKind::String, text, 17, 24);
        heap.add_edge(user, EdgeKind::Property, "name", text);
        user
    });
    let mut elements = Vec::new();
    for index in 0..3 {
        let session = heap.add_node(NodeKind::Object, "Session", 9 + index * 2, 16);
        elements.push((index, session));
        if let Some(user) = user.filter(|_| !stray.no_user_edge) {
            heap.add_edge(session, EdgeKind::Property, "user", user);
        }
    }
    if stray.reversed_elements {
        elements.reverse();
    }
    for (index, session) in elements {
        heap.add_indexed_edge(table, EdgeKind::Element, index, session);
    }
    heap.build()
}

fn strayed(stray: Stray) -> GraphComparison {
    compared(&heap(stray), &heap(Stray::default()))
}

#[test]
fn equal_readings_differ_in_nothing_whatever_the_order_of_edges() {
    let compared = strayed(Stray {
        reversed_elements: true,
        ..Stray::default()
    });
    assert_eq!(compared.classes.different, []);
    assert_eq!(compared.classes.equal_count, 7);
    assert_eq!(compared.classes.ours, compared.classes.v8s);
    assert_eq!(compared.classes.ours.object_count, 5);
    let nodes = &compared.nodes;
    assert_eq!((nodes.matched_count, nodes.different_count), (9, 0));
    assert_eq!((&nodes.missing[..], &nodes.surplus[..]), (&[][..], &[][..]));
    let edges = &compared.edges;
    assert_eq!(edges.equal_count, 10);
    assert_eq!((edges.only_in_v8s_count, edges.only_in_ours_count), (0, 0));
    let paths = &compared.paths;
    assert_eq!((paths.followed_count, paths.true_count), (5, 5));
    assert_eq!((paths.object_count, paths.unreached_count), (5, 0));
    assert_eq!(paths.failed, []);
}

#[test]
fn classes_that_differ_are_told_with_both_tallies() {
    let (ours, v8s) = (
        heap(Stray {
            no_user: true,
            ..Stray::default()
        }),
        heap(Stray::default()),
    );
    let options = CompareOptions::default();
    let classes = compare_classes(&ours, &v8s, options, &Unwatched).unwrap();
    assert_eq!(compared(&ours, &v8s).classes, classes);
    let tally = |count, shallow_bytes| NodeTally {
        count,
        shallow_bytes,
    };
    let difference = |class: &str, is_object, v8s| ClassDifference {
        class: class.to_owned(),
        is_object,
        ours: tally(0, 0),
        v8s,
    };
    assert_eq!(
        classes.different,
        [
            difference("object: User", true, tally(1, 64)),
            difference("string", false, tally(1, 24)),
        ]
    );
    assert_eq!((classes.different_count, classes.equal_count), (2, 5));
    assert_eq!(classes.different_object_count, 1);
    assert_eq!(classes.v8s.shallow_bytes - classes.ours.shallow_bytes, 88);
}

#[test]
fn nodes_of_another_kind_name_or_size_are_told_as_pairs() {
    let nodes = strayed(Stray {
        user_kind: Some(NodeKind::Native),
        user_bytes: 8,
        text: Some("second"),
        ..Stray::default()
    })
    .nodes;
    assert_eq!(nodes.different_count, 2);
    let user = nodes
        .different
        .iter()
        .find(|row| row.v8s == "object: User")
        .unwrap();
    assert_eq!(user.ours, "native: User");
    assert!(user.is_object);
    assert_eq!((user.count, user.kind_count), (1, 1));
    assert_eq!((user.name_count, user.size_count), (0, 1));
    let example = user.examples[0];
    assert_eq!(
        (example.id, example.v8s_bytes, example.our_bytes),
        (15, 64, 72)
    );
    let text = nodes
        .different
        .iter()
        .find(|row| row.v8s == "string")
        .unwrap();
    assert_eq!((text.ours.as_str(), text.name_count), ("string", 1));
    assert_eq!(text.examples[0].same_name_bytes, 3);
}

#[test]
fn a_class_is_not_mistaken_for_a_kind() {
    let heap = |kind, name: &str| {
        let mut heap = Builder::new();
        let node = heap.add_node(kind, name, 3, 8);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "node", node);
        heap.build()
    };
    let [object, shape] = [
        heap(NodeKind::Object, "shape"),
        heap(NodeKind::ObjectShape, ""),
    ];
    let classes = compared(&object, &shape).classes.different;
    let told: Vec<(&str, bool)> = classes
        .iter()
        .map(|row| (row.class.as_str(), row.is_object))
        .collect();
    assert_eq!(told, [("object: shape", true), ("object shape", false)]);
}

#[test]
fn no_content_of_a_string_is_told() {
    let stray = Stray {
        text: Some("other secret"),
        table_id: Some(99),
        ..Stray::default()
    };
    let compared = strayed(stray);
    assert!(compared.nodes.different_count > 0);
    assert!(!format!("{compared:?}").contains("secret"));
}

#[test]
fn nodes_that_are_missing_are_told_with_what_holds_them() {
    let nodes = strayed(Stray {
        no_user: true,
        ..Stray::default()
    })
    .nodes;
    assert_eq!((nodes.only_in_v8s.count, nodes.only_in_ours.count), (2, 0));
    let [user, text] = &nodes.missing[..] else {
        panic!("{:?}", nodes.missing)
    };
    // The user is where our reading stopped; its name is missing for that reason alone.
    assert_eq!(
        (user.class.as_str(), user.entry_count, text.entry_count),
        ("object: User", 1, 0)
    );
    assert_eq!(user.ids, [15]);
    assert!(user.is_object && !text.is_object);
    let holder = Holder {
        class: "object: Session".to_owned(),
        edge: "property user".to_owned(),
        is_in_both: true,
        count: 1,
        id: 9,
    };
    assert_eq!(user.held_by, [holder]);
    assert_eq!(text.held_by[0].class, "object: User");
    assert!(!text.held_by[0].is_in_both);
}

#[test]
fn nodes_without_an_id_are_surplus() {
    let nodes = strayed(Stray {
        table_id: Some(0),
        ..Stray::default()
    })
    .nodes;
    assert_eq!(nodes.without_id_count, 1);
    assert_eq!(
        (nodes.surplus[0].class.as_str(), nodes.surplus[0].count),
        ("array", 1)
    );
    assert_eq!(nodes.surplus[0].held_by[0].edge, "internal table");
    assert_eq!(nodes.missing[0].ids, [7]);
}

#[test]
fn a_repeated_id_is_counted_and_its_first_node_compared() {
    let nodes = strayed(Stray {
        table_id: Some(5),
        ..Stray::default()
    })
    .nodes;
    assert_eq!(nodes.repeated_id_count, 1);
    assert_eq!(nodes.different_count, 0);
}

#[test]
fn edges_that_are_missing_are_grouped_by_what_they_link() {
    let edges = strayed(Stray {
        no_user_edge: true,
        ..Stray::default()
    })
    .edges;
    assert_eq!((edges.only_in_v8s_count, edges.only_in_ours_count), (3, 0));
    let [row] = &edges.missing[..] else {
        panic!("{:?}", edges.missing)
    };
    assert_eq!(
        (row.source.as_str(), row.edge.as_str(), row.target.as_str()),
        ("object: Session", "property user", "object: User")
    );
    assert!(row.is_target_in_both && row.is_object);
    assert_eq!((row.count, row.examples.len()), (3, 3));
    let first = EdgeExample {
        source: 9,
        label: "user".to_owned(),
        target: 15,
    };
    assert_eq!(row.examples[0], first);
}

#[test]
fn edges_of_other_labels_are_missing_here_and_surplus_there() {
    // (root) ─▶ Holder ─[0]─▶ Held, ─slot12─▶ Held; the other: ─[1]─▶, ─slot7─▶
    let heap = |index, name: &str| {
        let mut heap = Builder::new();
        let holder = heap.add_node(NodeKind::Object, "Holder", 3, 8);
        let held = heap.add_node(NodeKind::Object, "Held", 5, 8);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "holder", holder);
        heap.add_indexed_edge(holder, EdgeKind::Element, index, held);
        heap.add_edge(holder, EdgeKind::Property, name, held);
        heap.build()
    };
    let edges = compared(&heap(0, "slot12"), &heap(1, "slot7")).edges;
    assert_eq!(edges.equal_count, 1);
    let names = |rows: &[MissingEdges]| -> Vec<(String, String)> {
        rows.iter()
            .map(|row| (row.edge.clone(), row.examples[0].label.clone()))
            .collect()
    };
    let expected = |index: &str, slot: &str| {
        [
            ("element [x]".to_owned(), index.to_owned()),
            ("property slot#".to_owned(), slot.to_owned()),
        ]
    };
    assert_eq!(names(&edges.missing), expected("1", "slot7"));
    assert_eq!(names(&edges.surplus), expected("0", "slot12"));
}

fn failures(paths: &PathComparison) -> Vec<(FailedBecause, u64, &str)> {
    let rows = paths.failed.iter();
    rows.map(|row| (row.reason, row.count, row.edge.as_str()))
        .collect()
}

#[test]
fn a_path_fails_at_an_edge_that_v8_does_not_have() {
    let v8s = heap(Stray {
        no_user_edge: true,
        ..Stray::default()
    });
    let paths = compared(&heap(Stray::default()), &v8s).paths;
    assert_eq!((paths.followed_count, paths.true_count), (5, 4));
    assert_eq!(
        failures(&paths),
        [(FailedBecause::NoEdge, 1, "property user")]
    );
    let example = &paths.failed[0].example;
    assert_eq!((example.source, example.target), (9, 15));
}

#[test]
fn a_path_fails_at_a_node_that_v8_does_not_have() {
    let paths = strayed(Stray {
        table_id: Some(0),
        ..Stray::default()
    })
    .paths;
    assert_eq!((paths.followed_count, paths.true_count), (5, 1));
    assert_eq!(
        failures(&paths),
        [(FailedBecause::NoNode, 4, "internal table")]
    );
}

#[test]
fn a_path_begins_at_a_node_that_a_root_of_v8s_holds() {
    let v8s = heap(Stray {
        no_root_edge: true,
        ..Stray::default()
    });
    let paths = compared(&heap(Stray::default()), &v8s).paths;
    assert_eq!(
        failures(&paths),
        [(FailedBecause::NoRoot, 5, "element [x]")]
    );
}

#[test]
fn objects_that_nothing_of_ours_reaches_are_counted_and_not_followed() {
    let paths = strayed(Stray {
        no_root_edge: true,
        ..Stray::default()
    })
    .paths;
    assert_eq!((paths.object_count, paths.unreached_count), (5, 5));
    assert_eq!((paths.followed_count, paths.true_count), (0, 0));
}

#[test]
fn a_path_through_a_long_list_takes_no_recursion_and_each_step_once() {
    // (root) ─▶ Link ─next─▶ Link ─next─▶ … of which the 100,000th edge is missing in V8's
    let list = |cut_at| {
        let mut heap = Builder::new();
        let mut last = heap.root();
        for at in 0..200_000 {
            let link = heap.add_node(NodeKind::Object, "Link", at * 2 + 3, 16);
            if at != cut_at {
                heap.add_edge(last, EdgeKind::Property, "next", link);
            }
            last = link;
        }
        heap.build()
    };
    let options = CompareOptions {
        paths: 200_000,
        ..CompareOptions::default()
    };
    let compared = compare_graphs(&list(u32::MAX), &list(100_000), options, &Unwatched).unwrap();
    assert_eq!(compared.paths.true_count, 100_000);
    assert_eq!(
        failures(&compared.paths),
        [(FailedBecause::NoEdge, 100_000, "property next")]
    );
    assert_eq!(compared.edges.only_in_ours_count, 1);
}

#[test]
fn rows_examples_and_paths_are_limited_and_the_seed_picks_the_paths() {
    let options = |seed| CompareOptions {
        rows: 1,
        examples: 2,
        paths: 2,
        seed,
    };
    let ours = heap(Stray {
        no_user: true,
        ..Stray::default()
    });
    let v8s = heap(Stray::default());
    let compared = compare_graphs(&ours, &v8s, options(1), &Unwatched).unwrap();
    assert_eq!(compared.classes.different.len(), 1);
    assert_eq!(compared.nodes.missing.len(), 1);
    assert_eq!(compared.nodes.only_in_v8s.count, 2);
    assert_eq!(compared.edges.missing[0].examples.len(), 2);
    assert_eq!(compared.paths.followed_count, 2);
    let picked = |seed| {
        let mut nodes: Vec<NodeIndex> = (0..1000).map(NodeIndex::new).collect();
        shuffle_first(&mut nodes, 5, seed);
        nodes[..5].to_vec()
    };
    assert_eq!(picked(1), picked(1));
    assert_ne!(picked(1), picked(2));
}

#[test]
fn a_comparison_goes_through_a_pipe() {
    let compared = strayed(Stray {
        no_user: true,
        table_id: Some(0),
        ..Stray::default()
    });
    let bytes = postcard::to_stdvec(&compared).unwrap();
    let received: GraphComparison = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(received, compared);
}
