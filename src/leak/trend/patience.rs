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

/// Where paths of the heap grow with it, and where nothing but the series can be had.
const USUAL: Patience = Patience {
    least: 36,
    most: 54,
};
/// The same while captures are on their way, which would also name what grows.
const AWAITED: Patience = Patience {
    least: 46,
    most: 58,
};
/// Where captures find nothing that goes on growing, and of native memory, of which V8 tells nothing.
const CONTRADICTED: Patience = Patience {
    least: 60,
    most: 60,
};
/// Growth as a share of the memory with which the least will do.
const LARGE_GROWTH: f64 = 0.55;

/// What else than the series says to a suspicion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecondSignal {
    Agrees,
    /// There is none.
    Missing,
    /// There is none yet.
    Awaited,
    Disagrees,
}

impl Patience {
    pub fn of(kind: Kind, second_signal: SecondSignal) -> Self {
        match (kind, second_signal) {
            (Kind::Native, _) | (_, SecondSignal::Disagrees) => CONTRADICTED,
            (_, SecondSignal::Agrees | SecondSignal::Missing) => USUAL,
            (_, SecondSignal::Awaited) => AWAITED,
        }
    }

    /// Full collections, of what has grown by this share of the memory.
    pub fn collections(self, growth: f64) -> u64 {
        let share = (growth / LARGE_GROWTH).clamp(0.0, 1.0);
        self.most - ((self.most - self.least) as f64 * share * share) as u64
    }
}
