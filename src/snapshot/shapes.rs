//! The shapes of paths: objects that are reached the same way, by the same references through the same classes.
//!
//! Array indices and keys that are data count as one reference, and a chain that repeats itself, as a linked list or
//! a tree does, goes on from where it did so first.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::redaction::is_code_name;

/// What every reference by index, or by a key that is data, is called.
const ANY_INDEX: &str = "[x]";
/// What V8 keeps for itself: it grows while a program warms up, and how it hangs together says nothing of the program. What it
/// holds may grow on its own.
pub const V8S_OWN: [&str; 3] = ["(system)", "(object shape)", "(compiled code)"];
/// What is V8's own where it belongs to that: lists of maps and of code, and what these are called.
const ITS_PARTS: [&str; 6] = [
    "(array)",
    "(string)",
    "(concatenated string)",
    "(sliced string)",
    "(symbol)",
    "(number)",
];
/// A step like one of so many before it leads back to that one: links of lists and trees have few parts.
const LOOK_BACK: usize = 4;

/// The class of the variables of a function. All closures lead to some, so that these say nothing of a list or a tree: the
/// variable after them does.
const VARIABLES: &str = "system / Context";

/// Position of a shape among [`Shapes`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ShapeIndex(u32);

impl ShapeIndex {
    pub fn new(at: usize) -> Self {
        Self(at as u32)
    }

    /// This position as an index into a column of shapes.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A text of [`Shapes`]: what a reference is called, or a class.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ShapeText(u32);

impl ShapeText {
    /// Its position among [`Shapes::texts`].
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One step of a path: the shape before it, the reference and the class.
type Step = (Option<ShapeIndex>, ShapeText, ShapeText);

/// The shapes of paths that any of several captures has. Shared, so that the same path is the same
/// shape in each.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    /// By shape.
    steps: Vec<Step>,
    known: FxHashMap<Step, ShapeIndex>,
    texts: Vec<String>,
    known_texts: FxHashMap<String, ShapeText>,
    /// By text: whether it is one of [`V8S_OWN`].
    are_own: Vec<bool>,
    /// By text: whether it is one of these or of [`ITS_PARTS`].
    may_be_own: Vec<bool>,
    /// [`VARIABLES`], when there are any.
    variables: Option<ShapeText>,
}

/// The shapes of one heap, with how many objects each has and what these take themselves.
#[derive(Clone, Debug, Default)]
pub struct CountedShapes {
    shapes: Shapes,
    /// By shape.
    counts: Vec<u64>,
    shallow_bytes: Vec<u64>,
}

impl Shapes {
    /// How many shapes there are. What leads to a shape has a lower index.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Each shape with the one before it, and reference and class of the step between them.
    pub fn iter(&self) -> impl Iterator<Item = (Option<ShapeIndex>, &str, &str)> {
        self.steps()
            .map(|(parent, label, class)| (parent, self.text(label), self.text(class)))
    }

    /// The same, with the positions of the texts.
    pub fn steps(&self) -> impl Iterator<Item = (Option<ShapeIndex>, ShapeText, ShapeText)> {
        self.steps.iter().copied()
    }

    /// All texts, each once.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// The path of a shape from the root: reference and class of each step.
    pub fn path(&self, shape: ShapeIndex) -> Vec<(&str, &str)> {
        let mut path = Vec::new();
        let mut next = Some(shape);
        while let Some(shape) = next {
            let (parent, label, class) = self.steps[shape.index()];
            path.push((self.text(label), self.text(class)));
            next = parent;
        }
        path.reverse();
        path
    }

    /// The shape of one step beyond `parent`; a step like one of the last few leads back to that, and one from what V8 keeps for
    /// itself to more of that leads nowhere.
    pub fn step(
        &mut self,
        parent: Option<ShapeIndex>,
        label: ShapeText,
        class: ShapeText,
    ) -> ShapeIndex {
        let own = parent.filter(|shape| self.are_own[self.steps[shape.index()].2.index()]);
        if let Some(own) = own
            && self.may_be_own[class.index()]
        {
            return own;
        }
        let mut before = parent.filter(|_| Some(class) != self.variables);
        for _ in 0..LOOK_BACK {
            let Some(shape) = before else { break };
            let (next, known_label, known_class) = self.steps[shape.index()];
            if (label, class) == (known_label, known_class) {
                return shape;
            }
            before = next;
        }
        let step = (parent, label, class);
        let next = ShapeIndex(self.steps.len() as u32);
        let shape = *self.known.entry(step).or_insert(next);
        if shape == next {
            self.steps.push(step);
        }
        shape
    }

    pub fn intern(&mut self, text: &str) -> ShapeText {
        if let Some(&known) = self.known_texts.get(text) {
            return known;
        }
        let id = ShapeText(self.texts.len() as u32);
        let is_own = V8S_OWN.contains(&text);
        self.are_own.push(is_own);
        self.may_be_own.push(is_own || ITS_PARTS.contains(&text));
        if text == VARIABLES {
            self.variables = Some(id);
        }
        self.texts.push(text.to_owned());
        self.known_texts.insert(text.to_owned(), id);
        id
    }

    /// What a reference of this name is called.
    pub fn intern_name(&mut self, name: &str, is_property: bool) -> ShapeText {
        match is_index(name, is_property) {
            true => self.any_index(),
            false => self.intern(name),
        }
    }

    /// What references by index are called.
    pub fn any_index(&mut self) -> ShapeText {
        self.intern(ANY_INDEX)
    }

    fn text(&self, id: ShapeText) -> &str {
        &self.texts[id.index()]
    }
}

impl CountedShapes {
    /// Shapes that have no objects yet.
    pub fn of(shapes: Shapes) -> Self {
        Self {
            counts: vec![0; shapes.len()],
            shallow_bytes: vec![0; shapes.len()],
            shapes,
        }
    }

    /// As [`Shapes::step`].
    pub fn step(
        &mut self,
        parent: Option<ShapeIndex>,
        label: ShapeText,
        class: ShapeText,
    ) -> ShapeIndex {
        let shape = self.shapes.step(parent, label, class);
        if shape.index() == self.counts.len() {
            self.counts.push(0);
            self.shallow_bytes.push(0);
        }
        shape
    }

    /// As [`Shapes::intern`].
    pub fn intern(&mut self, text: &str) -> ShapeText {
        self.shapes.intern(text)
    }

    /// As [`Shapes::intern_name`].
    pub fn intern_name(&mut self, name: &str, is_property: bool) -> ShapeText {
        self.shapes.intern_name(name, is_property)
    }

    /// As [`Shapes::any_index`].
    pub fn any_index(&mut self) -> ShapeText {
        self.shapes.any_index()
    }

    /// Counts an object.
    #[inline(always)]
    pub fn add(&mut self, shape: ShapeIndex, shallow_bytes: u64) {
        self.counts[shape.index()] += 1;
        self.shallow_bytes[shape.index()] += shallow_bytes;
    }

    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// By shape, how many objects it has.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// By shape, what its objects take themselves.
    pub fn shallow_bytes(&self) -> &[u64] {
        &self.shallow_bytes
    }

    pub fn object_count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub fn total_bytes(&self) -> u64 {
        self.shallow_bytes.iter().sum()
    }
}

fn is_index(name: &str, is_property: bool) -> bool {
    let is_data = || is_property && !is_code_name(name) && !is_script_name(name);
    name.starts_with(|c: char| c.is_ascii_digit()) || is_data()
}

/// Whether a name is that of a file that a program is made of, as the module cache has it.
fn is_script_name(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str);
    matches!(
        extension,
        Some("js" | "cjs" | "mjs" | "ts" | "json" | "node")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_in_a_list_are_not_taken_for_a_list_of_variables() {
        let mut shapes = Shapes::default();
        let mut step = |parent, label: &str, class: &str| {
            let (label, class) = (shapes.intern(label), shapes.intern(class));
            Some(shapes.step(parent, label, class))
        };
        let module = step(None, "context", VARIABLES);
        let listeners = step(module, "listeners", "Array");
        let listener = step(listeners, "[x]", "Function");
        let of_listener = step(listener, "context", VARIABLES);
        assert_ne!(of_listener, module);
        // A list by variables goes on from its first link.
        let next = step(of_listener, "next", "Function");
        let of_next = step(next, "context", VARIABLES);
        assert_eq!(step(of_next, "next", "Function"), next);
    }

    #[test]
    fn how_v8s_own_hangs_together_is_no_path() {
        let mut shapes = Shapes::default();
        let mut step = |parent, label: &str, class: &str| {
            let (label, class) = (shapes.intern(label), shapes.intern(class));
            shapes.step(parent, label, class)
        };
        let function = step(None, "handler", "Function");
        let code = step(Some(function), "shared", "(compiled code)");
        assert_ne!(code, function);
        assert_eq!(step(Some(code), "scope_info", "(system)"), code);
        assert_eq!(step(Some(code), "map", "(object shape)"), code);
        assert_eq!(step(Some(code), "[x]", "(array)"), code);
        let session = step(Some(code), "held", "Session");
        assert_ne!(session, code);
        assert_ne!(step(Some(session), "map", "(object shape)"), code);
        let list = step(Some(function), "elements", "(array)");
        assert_ne!(list, function);
        assert_ne!(step(Some(list), "[x]", "(string)"), list);
        assert_eq!(
            shapes.path(session),
            [
                ("handler", "Function"),
                ("shared", "(compiled code)"),
                ("held", "Session")
            ]
        );
    }
}
