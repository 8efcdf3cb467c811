//! A retainer path for people: one line a step, with the references underlined that may be the one
//! to cut.
#![forbid(unsafe_code)]

use super::table::{printable, printable_within};
use crate::analysis::{PathSummary, StepSummary};
use crate::units::format_bytes;

/// Names of files and keys are longer than those of classes, and their ends matter.
const WIDEST: usize = 200;

/// The path as a tree, from the root down, with a line feed at the end.
pub fn tree(path: &PathSummary) -> String {
    let mut lines = Vec::new();
    for (at, step) in path.steps.iter().enumerate() {
        let is_last = at + 1 == path.steps.len();
        if step.left_out > 0 {
            lines.push(format!("├┄ {} more like the next one", step.left_out));
        }
        let branch = if is_last { "╰─" } else { "├─" };
        let edge = edge(step);
        lines.push(format!("{branch} {edge} → {}", target(step)));
        if step.is_suspect {
            let below = if is_last { " " } else { "│" };
            let underline = "~".repeat(edge.chars().count());
            lines.push(format!("{below}  {underline}"));
        }
    }
    if let Some(fingerprint) = &path.fingerprint {
        lines.push(format!("fingerprint {fingerprint}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The object and the reference that holds it, unless its own words say that already.
pub fn held_object(step: &StepSummary) -> String {
    let object = object(step);
    match object.starts_with(&step.edge) {
        true => object,
        false => format!("{object} in {}", edge(step)),
    }
}

fn edge(step: &StepSummary) -> String {
    printable_within(&step.edge, WIDEST)
}

/// What the object is: its class, or the words that include it.
fn object(step: &StepSummary) -> String {
    let id = step.node.id.0;
    let class = match step.node.kind.is_string() {
        true => printable(&step.node.name),
        false => printable(&step.class),
    };
    match &step.known_as {
        // Classes that say nothing that the words do not say better.
        Some(known_as)
            if known_as.starts_with(&step.class)
                || step.class == "Object"
                || step.class.starts_with("system /") =>
        {
            format!("{} @{id}", printable_within(known_as, WIDEST))
        }
        Some(known_as) => format!("{class} @{id} ({})", printable_within(known_as, WIDEST)),
        None => format!("{class} @{id}"),
    }
}

/// What the object is, how much it retains, and whether it is leaking.
pub fn target(step: &StepSummary) -> String {
    let reason = match step.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!(
        "{}, {}; leaking: {}{reason}",
        object(step),
        format_bytes(step.node.retained_bytes as f64),
        step.leaking.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{OpenedHeap, StringContents};
    use crate::snapshot::{Builder, EdgeKind, NodeKind, Unwatched};

    fn path(heap: Builder, id: u64) -> PathSummary {
        let heap = OpenedHeap::of(heap.build(), &Unwatched).unwrap();
        heap.path(id, StringContents::Hidden).unwrap().unwrap()
    }

    #[test]
    fn suspect_references_are_underlined() {
        // (root) ─▶ global ─sessions─▶ { "joe@example.com": Session }
        let mut heap = Builder::new();
        let global = heap.add_node(NodeKind::Object, "global", 1, 8);
        let sessions = heap.add_node(NodeKind::Object, "Object", 3, 16);
        let session = heap.add_node(NodeKind::Object, "Session", 5, 2048);
        let root = heap.root();
        heap.add_edge(root, EdgeKind::Shortcut, "1", global);
        heap.add_edge(global, EdgeKind::Property, "sessions", sessions);
        heap.add_edge(sessions, EdgeKind::Property, "joe@example.com", session);
        let hidden = path(heap, 5);
        let fingerprint = hidden.fingerprint.clone().unwrap();
        let lines = [
            "├─ global object → global object @1, 2.02 kb; leaking: no (the global object lives as long as the process)",
            "├─ .sessions → Object @3, 2.02 kb; leaking: unknown",
            "│  ~~~~~~~~~",
            "╰─ […] → Session @5, 2 kb; leaking: unknown",
            "   ~~~",
            &format!("fingerprint {fingerprint}"),
            "",
        ];
        assert_eq!(tree(&hidden), lines.join("\n"));
    }

    #[test]
    fn steps_that_only_repeat_are_counted() {
        // (root) ─▶ global ─head─▶ Link ─next─▶ Link ─next─▶ … (9 links)
        let mut heap = Builder::new();
        let mut last = heap.add_node(NodeKind::Object, "global", 1, 8);
        let root = heap.root();
        heap.add_edge(root, EdgeKind::Shortcut, "1", last);
        for (at, name) in std::iter::once("head").chain(["next"; 8]).enumerate() {
            let link = heap.add_node(NodeKind::Object, "Link", 3 + at as u32, 16);
            heap.add_edge(last, EdgeKind::Property, name, link);
            last = link;
        }
        let path = path(heap, 3 + 8);
        let text = tree(&path);
        assert!(text.contains("\n├┄ 7 more like the next one\n"), "{text}");
        assert_eq!(path.steps.len(), 3);
    }

    #[test]
    fn a_name_cannot_write_to_the_terminal() {
        // (root) ─▶ global ─\x1b[2J─▶ "\x1b[31m"
        let mut heap = Builder::new();
        let global = heap.add_node(NodeKind::Object, "global", 1, 8);
        let evil = heap.add_node(NodeKind::Object, "\x1b[31m", 3, 8);
        let root = heap.root();
        heap.add_edge(root, EdgeKind::Shortcut, "1", global);
        heap.add_edge(global, EdgeKind::Property, "\x1b[2J", evil);
        let text = tree(&path(heap, 3));
        assert!(!text.contains('\x1b'), "{text:?}");
    }
}
