//! What the last steps of a path lead to, whatever leads to them: a socket is in the list of those that are in use at one
//! capture and in that of the others at the next, and all that it holds moves with it.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};

use crate::snapshot::Shapes;

/// Steps of a tail. A shorter path is its own.
const STEPS: usize = 4;
/// So many are kept, those that lead to most objects: 3 MB.
const MOST: usize = 300_000;

/// The tails of the paths of one heap.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PathTails {
    /// By position: what tells one from the others.
    known: Vec<u64>,
}

impl PathTails {
    /// Of a heap, by how many objects each of its shapes has.
    pub fn of(shapes: &Shapes, counts: &[u64]) -> Self {
        let mut by_tail: FxHashMap<u64, u64> = FxHashMap::default();
        for (tail, count) in tails(shapes).into_iter().zip(counts) {
            *by_tail.entry(tail).or_default() += count;
        }
        let mut known: Vec<_> = by_tail.into_iter().collect();
        known.sort_unstable_by_key(|&(tail, count)| (Reverse(count), tail));
        known.truncate(MOST);
        Self {
            known: known.into_iter().map(|(tail, _)| tail).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// By shape of another heap: the position of its tail; none for those that are new.
    pub fn of_shapes(&self, shapes: &Shapes) -> Vec<Option<usize>> {
        if self.known.is_empty() {
            return vec![None; shapes.len()];
        }
        let positions = self.known.iter().enumerate();
        let positions: FxHashMap<u64, usize> = positions.map(|(at, &tail)| (tail, at)).collect();
        let tails = tails(shapes).into_iter();
        tails.map(|tail| positions.get(&tail).copied()).collect()
    }
}

/// By shape: what tells its tail from others, in any process.
fn tails(shapes: &Shapes) -> Vec<u64> {
    let texts: Vec<u64> = shapes.texts().map(|text| hashed(&text)).collect();
    let steps: Vec<_> = shapes.steps().collect();
    let tail = |at: usize| {
        let mut tail = FxHasher::default();
        let mut next = Some(at);
        for _ in 0..STEPS {
            let step = next.map(|at| steps[at]);
            let texts = step.map(|(_, label, class)| (texts[label.index()], texts[class.index()]));
            texts.hash(&mut tail);
            next = step.and_then(|(parent, ..)| Some(parent?.index()));
        }
        tail.finish()
    };
    (0..steps.len()).map(tail).collect()
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ShapeIndex, Shapes};

    fn path(shapes: &mut Shapes, steps: &[&str]) -> usize {
        let mut parent: Option<ShapeIndex> = None;
        for step in steps {
            let (label, class) = (shapes.intern(step), shapes.intern("Object"));
            parent = Some(shapes.step(parent, label, class));
        }
        parent.expect("there are steps").index()
    }

    #[test]
    fn paths_that_end_alike_have_one_tail() {
        let mut first = Shapes::default();
        let in_use = path(&mut first, &["agent", "sockets", "a", "b", "c", "d"]);
        let short = path(&mut first, &["a", "b", "c"]);
        let known = PathTails::of(&first, &vec![1; first.len()]);
        let of_first = known.of_shapes(&first);
        assert!(of_first.iter().all(Option::is_some));

        let mut second = Shapes::default();
        path(&mut second, &["something else"]);
        let free = path(&mut second, &["agent", "free", "a", "b", "c", "d"]);
        let other = path(&mut second, &["agent", "free", "a", "b", "e", "d"]);
        let same_short = path(&mut second, &["a", "b", "c"]);
        let long = path(&mut second, &["agent", "a", "b", "c"]);
        let of_second = known.of_shapes(&second);
        assert_eq!(of_second[free], of_first[in_use]);
        assert_eq!(of_second[same_short], of_first[short]);
        assert_eq!((of_second[other], of_second[long]), (None, None));
    }
}
