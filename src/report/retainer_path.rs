//! A retainer path for people: one line a step, with the references underlined that may be the one
//! to cut. The same as plain values for programs.
#![forbid(unsafe_code)]

use crate::analysis::inspectors::{DescribedPath, Leaking, Step, class_name, describe_path};
use crate::analysis::{HeapAnalysis, RetainerPath};
use crate::snapshot::HeapGraph;
use crate::units::format_bytes;

/// A described path without graph: every field is a plain value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathReport {
    /// The same for the same leak in every process; none when no reference is suspect.
    pub fingerprint: Option<String>,
    pub steps: Vec<StepReport>,
}

/// One step of a path: a reference and the object it leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepReport {
    /// The reference, as JavaScript would write it where it could.
    pub edge: String,
    pub class: String,
    /// What the object is known as, where that says more than its class.
    pub known_as: Option<String>,
    /// The id V8 gives the object.
    pub id: u32,
    pub shallow_bytes: u64,
    pub retained_bytes: u64,
    /// `no`, `yes` or `unknown`.
    pub leaking: &'static str,
    /// Why; empty when nothing tells.
    pub reason: String,
    pub is_suspect: bool,
    /// Steps before this one that repeated those above them and were left out.
    pub left_out: u64,
}

impl PathReport {
    /// Describes a path. With `show_strings`, keys of collections and dictionaries are shown;
    /// without, nothing that the heap's strings contain is.
    pub fn of(
        graph: &HeapGraph,
        analysis: &HeapAnalysis,
        path: &RetainerPath,
        show_strings: bool,
    ) -> Self {
        let DescribedPath { steps, fingerprint } = describe_path(graph, path);
        let report = |step: Step| StepReport {
            edge: step.reference.text(graph, show_strings),
            class: class_name(graph, step.node),
            known_as: step.known_as,
            id: graph.node_id(step.node).0,
            shallow_bytes: analysis.sizes.bytes(step.node),
            retained_bytes: analysis.retained.bytes(step.node),
            leaking: leaking_text(step.verdict.leaking),
            reason: step.verdict.reason.into_owned(),
            is_suspect: step.is_suspect,
            left_out: step.left_out as u64,
        };
        Self {
            fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
            steps: steps.into_iter().map(report).collect(),
        }
    }

    /// The path as a tree, from the root down, with a line feed at the end.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let is_last = at + 1 == self.steps.len();
            if step.left_out > 0 {
                lines.push(format!("├┄ {} more like the next one", step.left_out));
            }
            let branch = if is_last { "╰─" } else { "├─" };
            lines.push(format!("{branch} {}", step.line()));
            if step.is_suspect {
                let below = if is_last { " " } else { "│" };
                let underline = "~".repeat(step.edge.chars().count());
                lines.push(format!("{below}  {underline}"));
            }
        }
        if let Some(fingerprint) = &self.fingerprint {
            lines.push(format!("fingerprint {fingerprint}"));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl StepReport {
    /// What the object is: its class, or the words that include it.
    fn object(&self) -> String {
        match &self.known_as {
            // Classes that say nothing that the words do not say better.
            Some(known_as)
                if known_as.starts_with(&self.class)
                    || self.class == "Object"
                    || self.class.starts_with("system /") =>
            {
                format!("{known_as} @{}", self.id)
            }
            Some(known_as) => format!("{} @{} ({known_as})", self.class, self.id),
            None => format!("{} @{}", self.class, self.id),
        }
    }

    fn line(&self) -> String {
        let reason = match self.reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        format!(
            "{} → {}, {}; leaking: {}{reason}",
            self.edge,
            self.object(),
            format_bytes(self.retained_bytes as f64),
            self.leaking
        )
    }
}

fn leaking_text(leaking: Leaking) -> &'static str {
    match leaking {
        Leaking::No => "no",
        Leaking::Yes => "yes",
        Leaking::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Distances, shortest_path};
    use crate::snapshot::{Builder, EdgeKind, NodeIndex, NodeKind, Unwatched};

    fn report(heap: Builder, node: NodeIndex, show_strings: bool) -> PathReport {
        let graph = heap.build();
        let analysis = HeapAnalysis::of(&graph, &Unwatched).unwrap();
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        let path = shortest_path(&graph, &distances, node).unwrap();
        PathReport::of(&graph, &analysis, &path, show_strings)
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
        let hidden = report(heap, session, false);
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
        assert_eq!(hidden.text(), lines.join("\n"));
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
        let report = report(heap, last, false);
        let text = report.text();
        assert!(text.contains("\n├┄ 7 more like the next one\n"), "{text}");
        assert_eq!(report.steps.len(), 3);
    }
}
