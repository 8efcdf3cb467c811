//! A number for a leak: the same in every process and release in which the same references keep the
//! same kind of object.
#![forbid(unsafe_code)]

use std::fmt;

use super::Step;
use super::names::class_name;
use super::repeats::{Patterns, without_repeats};
use crate::snapshot::HeapGraph;

/// Hash over the suspect references of a path: classes and names, no ids, indices or keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

impl Fingerprint {
    /// None when no step is suspect. How often a group of steps repeats does not matter, so that
    /// a list has the same fingerprint however long it has grown.
    pub(super) fn of(graph: &HeapGraph, steps: &[Step], patterns: &Patterns) -> Option<Self> {
        let first = steps.iter().position(|step| step.is_suspect)?;
        let count = steps[first..]
            .iter()
            .take_while(|step| step.is_suspect)
            .count();
        let suspects = &patterns.by_step[first..first + count];
        let mut hash = Fnv::new();
        if let Some(holder) = first.checked_sub(1).map(|before| &steps[before]) {
            match &holder.stable_name {
                Some(name) => hash.add(name),
                None => hash.add(&class_name(graph, holder.node)),
            }
        }
        for at in without_repeats(suspects, 1) {
            let (reference, class) = &patterns.known[suspects[at] as usize];
            hash.add(reference);
            hash.add(class);
        }
        Some(Self(hash.0))
    }
}

/// FNV-1a: a hash that is defined, unlike the standard library's.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a text and its end.
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
