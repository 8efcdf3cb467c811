//! Snapshots in words: what the commands of the command line print about one heap, or about how several
//! differ. Ids are written `@5`, as the commands take them.
#![forbid(unsafe_code)]

use super::retainer_path;
use super::table::{Table, printable};
use crate::analysis::{
    ClassChange, Comparison, GrowingPath, NamedClass, NamedSuspect, NodeSummary, OpenedHeap,
    PathSummary, RepeatedString, StepSummary, StringContents, Survivors, Tally,
};
use crate::error::Error;
use crate::units::format_bytes;

/// Growing paths that are told.
const GROWING_PATHS: usize = 10;

/// The heap in numbers, its `count` largest classes, and its suspects with the paths to them.
pub fn summary(heap: &OpenedHeap, count: usize, contents: StringContents) -> String {
    let mut lines = vec![format!(
        "{} in {} nodes and {} edges, {} of it held by the roots",
        size(heap.total_bytes()),
        heap.node_count(),
        heap.edge_count(),
        size(heap.root_retained_bytes()),
    )];
    let classes = heap.classes();
    lines.push(String::new());
    lines.push(format!(
        "classes by retained size, {} of {}:",
        classes.len().min(count),
        classes.len()
    ));
    lines.extend(class_lines(&classes[..classes.len().min(count)]));
    let suspects = heap.suspects(contents);
    if suspects.is_empty() {
        lines.push(String::new());
        lines
            .push("no suspect: nothing that a program could drop holds a tenth of the heap".into());
    }
    for suspect in &suspects {
        lines.extend(suspect_lines(suspect));
    }
    text(lines)
}

/// The objects that retain most.
pub fn biggest(nodes: &[NodeSummary]) -> String {
    text(node_lines(nodes))
}

/// Strings that the heap holds more than once.
pub fn duplicate_strings(groups: &[RepeatedString]) -> String {
    if groups.is_empty() {
        return "no string is there twice\n".into();
    }
    let mut table = Table::new(&["wasted", "together", "count", "length", "example", "text"]);
    for group in groups {
        let hidden = "(hidden)".to_owned();
        let more = if group.is_cut { "+" } else { "" };
        table.push(vec![
            size(group.wasted_bytes),
            size(group.shallow_bytes),
            group.count.to_string(),
            format!("{}{more}", group.length),
            format!("@{}", group.example.0),
            group.text.as_deref().map_or(hidden, printable),
        ]);
    }
    text(table.lines())
}

/// The shortest path to a node.
///
/// # Errors
///
/// [`Error::UnknownNode`].
pub fn path(heap: &OpenedHeap, id: u64, contents: StringContents) -> Result<String, Error> {
    Ok(match heap.path(id, contents)? {
        None => nothing_leads_to(id),
        Some(path) => path_text(&path, id),
    })
}

/// Paths to a node, each through another holder.
pub fn paths(paths: &[PathSummary], id: u64) -> String {
    if paths.is_empty() {
        return nothing_leads_to(id);
    }
    let paths: Vec<String> = paths.iter().map(|path| path_text(path, id)).collect();
    paths.join("\n")
}

fn nothing_leads_to(id: u64) -> String {
    format!("nothing but weak references leads to @{id}\n")
}

fn path_text(path: &PathSummary, id: u64) -> String {
    match path.steps.as_slice() {
        [] => format!("@{id} is the root\n"),
        _ => retainer_path::tree(path),
    }
}

/// A node's dominators up to the root: without any one of them it would be freed.
///
/// # Errors
///
/// [`Error::UnknownNode`].
pub fn dominators(heap: &OpenedHeap, id: u64, contents: StringContents) -> Result<String, Error> {
    let chain = heap.dominators(id, contents)?;
    Ok(text(node_lines(&chain)))
}

/// How a heap changed from capture to capture; `count` classes of it.
pub fn comparison(found: &Comparison, count: usize) -> String {
    let total = |total: &Tally| format!("{} in {} nodes", size(total.bytes), total.count);
    let totals: Vec<String> = found.totals.iter().map(total).collect();
    let mut lines = vec![
        totals.join(" → "),
        format!("growth {}", signed(found.growth_bytes)),
        String::new(),
    ];
    let changes = &found.classes[..found.classes.len().min(count)];
    lines.push(format!(
        "classes by growth from the first to the last, {} of {}:",
        changes.len(),
        found.classes.len()
    ));
    lines.extend(change_lines(changes));
    if let Some(survivors) = &found.survivors {
        lines.push(String::new());
        lines.push("allocated between the first and the second, still there in the last:".into());
        lines.extend(survivor_lines(&survivors[..survivors.len().min(count)]));
    }
    if !found.growing.is_empty() {
        lines.push(String::new());
        lines.push("paths that grew from each to the next:".into());
        lines.extend(found.growing.iter().take(GROWING_PATHS).map(growing_line));
    }
    text(lines)
}

fn text(mut lines: Vec<String>) -> String {
    lines.push(String::new());
    lines.join("\n")
}

fn size(bytes: u64) -> String {
    format_bytes(bytes as f64)
}

fn signed(bytes: i64) -> String {
    let plus = if bytes > 0 { "+" } else { "" };
    format!("{plus}{}", format_bytes(bytes as f64))
}

fn class_lines(classes: &[NamedClass]) -> Vec<String> {
    let mut table = Table::new(&["retained", "shallow", "count", "largest", "class"]);
    for class in classes {
        table.push(vec![
            size(class.retained_bytes),
            size(class.shallow_bytes),
            class.count.to_string(),
            format!("@{}", class.largest.0),
            printable(&class.name),
        ]);
    }
    table.lines()
}

fn node_lines(nodes: &[NodeSummary]) -> Vec<String> {
    let mut table = Table::new(&["retained", "shallow", "distance", "id", "node"]);
    for node in nodes {
        table.push(vec![
            size(node.retained_bytes),
            size(node.shallow_bytes),
            node.distance.map_or("-".into(), |edges| edges.to_string()),
            format!("@{}", node.id.0),
            printable(&node.name),
        ]);
    }
    table.lines()
}

fn suspect_lines(suspect: &NamedSuspect) -> Vec<String> {
    let point = &suspect.accumulation_point;
    let object = match suspect.path.steps.last() {
        Some(step) => retainer_path::held_object(step),
        None => format!("{} @{}", printable(&point.name), point.id.0),
    };
    let mut first = format!(
        "suspect: {object} retains {}, {} % of the heap",
        size(suspect.retained_bytes),
        suspect.heap_percent
    );
    if let Some(found) = &suspect.accumulated {
        first.push_str(&format!(
            "; most of it in {} {} ({})",
            found.count,
            printable(&found.name),
            size(found.retained_bytes)
        ));
    }
    let mut lines = vec![String::new(), first];
    lines.extend(
        retainer_path::tree(&suspect.path)
            .lines()
            .map(str::to_owned),
    );
    let example = suspect
        .accumulated
        .as_ref()
        .and_then(|found| found.example.as_ref());
    if let Some(example) = example {
        lines.push(format!("for example {}", retainer_path::target(example)));
    }
    if !suspect.parts.is_empty() {
        lines.push("its largest parts:".into());
        lines.extend(suspect.parts.iter().map(part_line));
    }
    lines
}

fn part_line(part: &StepSummary) -> String {
    let object = retainer_path::held_object(part);
    format!("  {object}, {}", size(part.node.retained_bytes))
}

fn change_lines(changes: &[ClassChange]) -> Vec<String> {
    let mut table = Table::new(&["growth", "allocated", "", "freed", "", "resized", "class"]);
    for change in changes {
        table.push(vec![
            signed(change.growth_bytes()),
            change.added.count.to_string(),
            size(change.added.bytes),
            change.removed.count.to_string(),
            size(change.removed.bytes),
            signed(change.resized_bytes),
            printable(&change.name),
        ]);
    }
    table.lines()
}

fn survivor_lines(survivors: &[Survivors]) -> Vec<String> {
    if survivors.is_empty() {
        return vec!["  nothing".into()];
    }
    let mut table = Table::new(&["size", "count", "largest", "class"]);
    for class in survivors {
        table.push(vec![
            size(class.total.bytes),
            class.total.count.to_string(),
            format!("@{}", class.largest.0),
            printable(&class.name),
        ]);
    }
    table.lines()
}

fn growing_line(path: &GrowingPath) -> String {
    let counts: Vec<String> = path.counts.iter().map(u64::to_string).collect();
    format!(
        "  {}, retaining {}: {}",
        counts.join(" → "),
        size(path.retained_bytes),
        merged_path(&path.steps)
    )
}

/// A path of which many objects are the end: reference and class of each step.
pub fn merged_path(steps: &[(String, String)]) -> String {
    let step =
        |(label, class): &(String, String)| format!("{} ({})", printable(label), printable(class));
    let steps: Vec<String> = steps.iter().map(step).collect();
    steps.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Captures;
    use crate::snapshot::{Builder, EdgeKind, HeapGraph, NodeKind, Unwatched};

    const HIDDEN: StringContents = StringContents::Hidden;

    /// (root) ─global─▶ Cache@1 ─[0..count]─▶ "secret"@3, @5, …
    fn graph(count: u32) -> HeapGraph {
        let mut heap = Builder::new();
        let cache = heap.add_node(NodeKind::Object, "Cache", 1, 8);
        heap.add_edge(heap.root(), EdgeKind::Shortcut, "global", cache);
        for index in 0..count {
            let text = heap.add_node(NodeKind::String, "secret", 3 + index * 2, 2048);
            heap.add_indexed_edge(cache, EdgeKind::Element, index, text);
        }
        heap.build()
    }

    fn heap(count: u32) -> OpenedHeap {
        OpenedHeap::of(graph(count), &Unwatched).unwrap()
    }

    #[test]
    fn a_summary_has_numbers_classes_and_suspects_with_paths() {
        let told = summary(&heap(100), 1, HIDDEN);
        let expected = "\
200.01 kb in 102 nodes and 101 edges, 200.01 kb of it held by the roots

classes by retained size, 1 of 2:
   retained  shallow  count  largest  class
  200.01 kb  8 bytes      1       @1  Cache

suspect: Cache @1 in root retains 200.01 kb, 100 % of the heap; most of it in 100 (string) (200 kb)
╰─ root → Cache @1, 200.01 kb; leaking: unknown
   ~~~~
fingerprint ";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn a_path_tells_references_and_hides_contents() {
        let heap = heap(2);
        let told = path(&heap, 3, HIDDEN).unwrap();
        assert!(
            told.contains("╰─ [0] → (string of 6 characters) @3, 2 kb; leaking"),
            "{told}"
        );
        let told = path(&heap, 3, StringContents::Shown).unwrap();
        assert!(told.contains("→ secret @3"), "{told}");
        let found = heap.path(3, StringContents::Shown).unwrap().unwrap();
        assert_eq!(paths(std::slice::from_ref(&found), 3), told);
        assert_eq!(paths(&[found.clone(), found], 3), format!("{told}\n{told}"));
        assert!(paths(&[], 3).starts_with("nothing but weak"));
        assert_eq!(path(&heap, 0, HIDDEN).unwrap(), "@0 is the root\n");
        assert!(path(&heap, 4, HIDDEN).is_err());
    }

    #[test]
    fn dominators_and_biggest_are_tables_of_nodes() {
        let heap = heap(1);
        let expected = "\
  retained     shallow  distance  id  node
   2.01 kb     8 bytes         1  @1  Cache
      2 kb        2 kb         2  @3  (string of 6 characters)
";
        let told = biggest(&heap.biggest(5, HIDDEN));
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(&told), squeezed(expected));
        let told = dominators(&heap, 3, HIDDEN).unwrap();
        assert!(told.trim_end().ends_with("@0  (root)"), "{told}");
    }

    #[test]
    fn duplicate_strings_tell_lengths_and_counts() {
        let heap = heap(3);
        let told = duplicate_strings(&heap.duplicate_strings(5, HIDDEN));
        assert!(
            told.contains("(hidden)") && !told.contains("secret"),
            "{told}"
        );
        assert!(told.contains("4 kb"), "{told}");
        let told = duplicate_strings(&heap.duplicate_strings(5, StringContents::Shown));
        assert!(told.contains("secret"), "{told}");
        assert_eq!(duplicate_strings(&[]), "no string is there twice\n");
    }

    #[test]
    fn a_comparison_has_growth_classes_and_paths() {
        let mut captures = Captures::default();
        for count in [1, 2, 4] {
            captures.add(&graph(count), &Unwatched).unwrap();
        }
        let told = comparison(&captures.compare(&Unwatched).unwrap(), 10);
        assert!(
            told.contains("2.01 kb in 3 nodes → 4.01 kb in 4 nodes → "),
            "{told}"
        );
        assert!(told.contains("growth +6 kb\n"), "{told}");
        let grown = "  1 → 2 → 4, retaining 8 kb: global (Cache) → [x] ((string))\n";
        assert!(told.ends_with(grown), "{told}");
    }
}
