//! How long a trend must last to be called a leak.
#![forbid(unsafe_code)]

use crate::leak::Kind;

/// Full collections that a trend must last to be a leak: the more it has grown by, the fewer. Warm-ups, caches that
/// fill and ramps of load look the same until they end, and few of them make a heap half as large again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    least: u64,
    most: u64,
}

/// Where paths of the heap go on growing with it, which ramps and caches that have filled do not.
const CONFIRMED: Patience = Patience {
    least: 36,
    most: 44,
};
/// Where nothing but the series can be had, or sampled allocations.
const ALONE: Patience = Patience {
    least: 36,
    most: 54,
};
/// The same while captures are on their way, which would also name what grows.
const AWAITED: Patience = Patience {
    least: 44,
    most: 56,
};
/// Of native memory, of which V8 tells nothing.
const NATIVE: Patience = Patience {
    least: 60,
    most: 60,
};
/// Where captures do not see where it grows: ramps that have ended look like growth for as long as the series has noise.
const DOUBTED: Patience = Patience {
    least: 90,
    most: 90,
};
/// Growth as a share of the memory up to which it takes the most, and from which on the least will do.
const SMALL_GROWTH: f64 = 0.2;
const LARGE_GROWTH: f64 = 0.4;

/// What else than the series says to a suspicion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecondSignal {
    /// Captures agree.
    Agrees,
    /// There are no captures; sampled allocations agree.
    Sampled,
    /// There is none.
    Missing,
    /// There is none yet.
    Awaited,
    /// Captures do not see where it grows.
    Unexplained,
    /// The same, and they see that the heap does not.
    Disagrees,
}

impl Patience {
    /// Full collections that any trend must last which captures confirm.
    pub const SHORTEST: u64 = CONFIRMED.least;

    pub fn of(kind: Kind, second_signal: SecondSignal) -> Self {
        match (kind, second_signal) {
            (Kind::Native, _) => NATIVE,
            (_, SecondSignal::Unexplained | SecondSignal::Disagrees) => DOUBTED,
            (_, SecondSignal::Agrees) => CONFIRMED,
            (_, SecondSignal::Sampled | SecondSignal::Missing) => ALONE,
            (_, SecondSignal::Awaited) => AWAITED,
        }
    }

    /// Full collections, of what has grown by this share of the memory.
    pub fn collections(self, growth: f64) -> u64 {
        let share = (growth - SMALL_GROWTH) / (LARGE_GROWTH - SMALL_GROWTH);
        self.most - ((self.most - self.least) as f64 * share.clamp(0.0, 1.0)) as u64
    }
}
