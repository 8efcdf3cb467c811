//! Steps that only repeat those before them, such as the links of a list.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use super::Step;
use super::names::class_name;
use crate::snapshot::HeapGraph;

/// The longest group of steps whose repetition is noticed.
const MAX_PERIOD: usize = 4;
/// Fewer steps are not worth leaving out.
const MIN_LEFT_OUT: usize = 4;

/// What makes steps alike: reference and class, each pair once, and the position of its pair by step.
pub struct Patterns {
    pub known: Vec<(String, String)>,
    pub by_step: Vec<u32>,
}

impl Patterns {
    pub fn of(graph: &HeapGraph, steps: &[Step]) -> Self {
        let mut numbers: HashMap<(String, String), u32> = HashMap::new();
        let mut known = Vec::new();
        let by_step = steps
            .iter()
            .map(|step| {
                let pair = (step.reference.pattern(graph), class_name(graph, step.node));
                *numbers.entry(pair).or_insert_with_key(|pair| {
                    known.push(pair.clone());
                    known.len() as u32 - 1
                })
            })
            .collect();
        Self { known, by_step }
    }
}

/// Positions to keep when each group of up to [`MAX_PERIOD`] steps that follows its equal replaces
/// it; the last group of a run stays, since it leads on.
pub fn without_repeats<T: PartialEq>(patterns: &[T], min_left_out: usize) -> Vec<usize> {
    let mut kept = Vec::with_capacity(patterns.len().min(64));
    let mut at = 0;
    while at < patterns.len() {
        let skip = (1..=MAX_PERIOD)
            .map(|period| repeated(&patterns[at..], period))
            .max()
            .unwrap_or(0);
        if skip > 0 && skip >= min_left_out {
            at += skip;
        }
        kept.push(at);
        at += 1;
    }
    kept
}

/// How many items at the start are followed by the same `period` items again.
fn repeated<T: PartialEq>(items: &[T], period: usize) -> usize {
    let same = items
        .iter()
        .zip(items.iter().skip(period))
        .take_while(|(one, next)| one == next)
        .count();
    same / period * period
}

/// Leaves out long repetitions, and notes at the next step how many steps are missing.
pub fn leave_out(patterns: &Patterns, steps: &mut Vec<Step>) {
    let marked: Vec<_> = patterns
        .by_step
        .iter()
        .zip(steps.iter())
        .map(|(&pattern, step)| (pattern, step.is_suspect, step.verdict.leaking))
        .collect();
    let kept = without_repeats(&marked, MIN_LEFT_OUT);
    let mut next = 0;
    for (place, &at) in kept.iter().enumerate() {
        steps.swap(place, at);
        steps[place].left_out = at - next;
        next = at + 1;
    }
    steps.truncate(kept.len());
}
