//! One collection as a fixed-size record, and its layout as 64-bit words in the ring and in files.
#![forbid(unsafe_code)]

/// What V8 did in one collection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum GcKind {
    /// Young-generation collection.
    Scavenge = 0,
    /// Young-generation mark-sweep, behind a V8 flag in most versions.
    MinorMarkSweep = 1,
    /// Full collection.
    MarkCompact = 2,
    /// A step that begins or advances marking between full collections.
    IncrementalMarking = 3,
    /// Finalizers of weak handles.
    WeakCallbacks = 4,
}

impl GcKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Scavenge,
        Self::MinorMarkSweep,
        Self::MarkCompact,
        Self::IncrementalMarking,
        Self::WeakCallbacks,
    ];

    /// The stable name that JavaScript and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scavenge => "scavenge",
            Self::MinorMarkSweep => "minor-mark-sweep",
            Self::MarkCompact => "mark-compact",
            Self::IncrementalMarking => "incremental-marking",
            Self::WeakCallbacks => "weak-callbacks",
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// Why the collection ran, as far as V8's flags or our own call tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Trigger {
    /// V8 decided by itself.
    Natural = 0,
    /// `memwatch.gc()`.
    Requested = 1,
    /// V8's own `gc()`.
    Forced = 2,
    /// Everything that can be collected: low memory, a heap snapshot, the inspector. V8 14.6 and later.
    LowMemory = 3,
    /// Too much external memory.
    ExternalMemory = 4,
    /// A heap snapshot of ours.
    Snapshot = 5,
}

impl Trigger {
    /// All triggers, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Natural,
        Self::Requested,
        Self::Forced,
        Self::LowMemory,
        Self::ExternalMemory,
        Self::Snapshot,
    ];

    /// From V8's `GCCallbackFlags`, which are the same from V8 10.2 (Node 18) to 14.6 (Node 26).
    ///
    /// Before V8 14.6 the collections of heap snapshots, of the inspector and of low-memory
    /// notifications carry no flag: they count as natural. Flag 1 << 6 ("schedule idle") says nothing:
    /// V8 sets it whenever incremental marking ends in a full collection.
    pub fn from_flags(flags: u32) -> Self {
        const FORCED: u32 = 1 << 2;
        const ALL_AVAILABLE_GARBAGE: u32 = 1 << 4;
        const ALL_EXTERNAL_MEMORY: u32 = 1 << 5;
        match flags {
            f if f & FORCED != 0 => Self::Forced,
            f if f & ALL_AVAILABLE_GARBAGE != 0 => Self::LowMemory,
            f if f & ALL_EXTERNAL_MEMORY != 0 => Self::ExternalMemory,
            _ => Self::Natural,
        }
    }

    /// Whether somebody asked for the collection, so that its timing says nothing about the load.
    pub fn is_forced(self) -> bool {
        matches!(
            self,
            Self::Requested | Self::Forced | Self::LowMemory | Self::Snapshot
        )
    }

    /// The stable name that JavaScript and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Natural => "natural",
            Self::Requested => "requested",
            Self::Forced => "forced",
            Self::LowMemory => "low-memory",
            Self::ExternalMemory => "external-memory",
            Self::Snapshot => "snapshot",
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// V8's `HeapStatistics`, in bytes but for the counts of contexts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HeapStatistics {
    pub used_bytes: u64,
    pub total_bytes: u64,
    pub total_executable_bytes: u64,
    pub total_physical_bytes: u64,
    pub total_available_bytes: u64,
    pub limit_bytes: u64,
    pub malloced_bytes: u64,
    pub peak_malloced_bytes: u64,
    pub external_bytes: u64,
    pub native_contexts: u64,
    pub detached_contexts: u64,
    pub total_global_handles_bytes: u64,
    pub used_global_handles_bytes: u64,
    /// Bytes ever allocated; V8 14.6 (Node 26) and later, else zero.
    pub total_allocated_bytes: u64,
}

/// One collection. Times of the monotonic clock have the origin of `process.hrtime`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GcEvent {
    /// Position in the series of this monitor, from 0, without gaps.
    pub sequence: u64,
    pub kind: GcKind,
    pub trigger: Trigger,
    /// V8's `GCCallbackFlags`.
    pub flags: u32,
    /// Monotonic clock when the collection began.
    pub start_ns: u64,
    /// Wall clock when it ended, microseconds since 1970.
    pub end_unix_us: u64,
    /// From the end of V8's prologue callbacks to the beginning of its epilogue callbacks.
    pub pause_ns: u64,
    /// How many collections of this kind there have been, this one included.
    pub kind_count: u64,
    /// Pauses of all collections of this kind so far.
    pub kind_pause_ns: u64,
    /// New-space bytes in use before and after; zero where they were not read.
    pub new_space_before_bytes: u64,
    pub new_space_after_bytes: u64,
    /// The heap before and after; read for full collections, for others only on request.
    pub heap: Option<HeapChange>,
}

/// The heap on both sides of a collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeapChange {
    pub before: HeapStatistics,
    pub after: HeapStatistics,
}

impl GcEvent {
    /// Post-GC live heap: used bytes right after a full collection.
    pub fn live_bytes(&self) -> Option<u64> {
        match (self.kind, &self.heap) {
            (GcKind::MarkCompact, Some(heap)) => Some(heap.after.used_bytes),
            _ => None,
        }
    }

    /// Monotonic clock when the collection ended.
    pub fn end_ns(&self) -> u64 {
        self.start_ns + self.pause_ns
    }
}

/// Words of one record in the ring and in a recording. A change of layout changes
/// [`FORMAT_VERSION`](super::recording::FORMAT_VERSION).
pub const RECORD_WORDS: usize = 40;

/// The record as words. Word 0 is the stamp that makes it valid, the last one a checksum.
pub type RecordWords = [u64; RECORD_WORDS];

const HEAP_READ: u64 = 1 << 63;
const BEFORE_AT: usize = 9;
const AFTER_AT: usize = BEFORE_AT + 14;
const CHECKSUM_AT: usize = RECORD_WORDS - 1;

impl GcEvent {
    /// The words that [`from_words`](Self::from_words) reads back.
    pub fn to_words(&self) -> RecordWords {
        let mut words = [0; RECORD_WORDS];
        words[0] = stamp(self.sequence);
        words[1] = self.kind as u64 | (self.trigger as u64) << 8 | u64::from(self.flags) << 16;
        words[2] = self.start_ns;
        words[3] = self.end_unix_us;
        words[4] = self.pause_ns;
        words[5] = self.kind_count;
        words[6] = self.kind_pause_ns;
        words[7] = self.new_space_before_bytes;
        words[8] = self.new_space_after_bytes;
        if let Some(heap) = &self.heap {
            words[1] |= HEAP_READ;
            words[BEFORE_AT..AFTER_AT].copy_from_slice(&heap.before.to_words());
            words[AFTER_AT..AFTER_AT + 14].copy_from_slice(&heap.after.to_words());
        }
        words[CHECKSUM_AT] = checksum(&words[..CHECKSUM_AT]);
        words
    }

    /// Reads a record; `None` when the words are torn, empty or were never one.
    pub fn from_words(words: &RecordWords) -> Option<Self> {
        if words[0] == 0 || words[CHECKSUM_AT] != checksum(&words[..CHECKSUM_AT]) {
            return None;
        }
        let kind = GcKind::from_number(words[1] & 0xff)?;
        let trigger = Trigger::from_number(words[1] >> 8 & 0xff)?;
        let heap = (words[1] & HEAP_READ != 0).then(|| HeapChange {
            before: HeapStatistics::from_words(&words[BEFORE_AT..AFTER_AT]),
            after: HeapStatistics::from_words(&words[AFTER_AT..AFTER_AT + 14]),
        });
        Some(Self {
            sequence: words[0] - 1,
            kind,
            trigger,
            flags: (words[1] >> 16) as u32,
            start_ns: words[2],
            end_unix_us: words[3],
            pause_ns: words[4],
            kind_count: words[5],
            kind_pause_ns: words[6],
            new_space_before_bytes: words[7],
            new_space_after_bytes: words[8],
            heap,
        })
    }
}

impl HeapStatistics {
    fn to_words(self) -> [u64; 14] {
        [
            self.used_bytes,
            self.total_bytes,
            self.total_executable_bytes,
            self.total_physical_bytes,
            self.total_available_bytes,
            self.limit_bytes,
            self.malloced_bytes,
            self.peak_malloced_bytes,
            self.external_bytes,
            self.native_contexts,
            self.detached_contexts,
            self.total_global_handles_bytes,
            self.used_global_handles_bytes,
            self.total_allocated_bytes,
        ]
    }

    fn from_words(words: &[u64]) -> Self {
        Self {
            used_bytes: words[0],
            total_bytes: words[1],
            total_executable_bytes: words[2],
            total_physical_bytes: words[3],
            total_available_bytes: words[4],
            limit_bytes: words[5],
            malloced_bytes: words[6],
            peak_malloced_bytes: words[7],
            external_bytes: words[8],
            native_contexts: words[9],
            detached_contexts: words[10],
            total_global_handles_bytes: words[11],
            used_global_handles_bytes: words[12],
            total_allocated_bytes: words[13],
        }
    }
}

/// What word 0 of a complete record holds. Zero is kept for "empty or being written".
pub fn stamp(sequence: u64) -> u64 {
    sequence + 1
}

/// FNV-1a over whole words: finds torn and foreign records, does not resist forgery.
pub fn checksum(words: &[u64]) -> u64 {
    // A length that the compiler does not know keeps this a loop. Unrolled it would be a kilobyte of
    // code, which costs a microsecond to fetch after a full collection has emptied the caches.
    let length = std::hint::black_box(words.len());
    words
        .iter()
        .take(length)
        .fold(0xcbf2_9ce4_8422_2325, |hash, word| {
            (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A full collection `at_s` seconds after the start that left `live_bytes`.
    pub fn full(sequence: u64, at_s: f64, live_bytes: u64) -> GcEvent {
        let after = HeapStatistics {
            used_bytes: live_bytes,
            total_bytes: live_bytes * 2,
            limit_bytes: 1 << 30,
            ..HeapStatistics::default()
        };
        let before = HeapStatistics {
            used_bytes: live_bytes + (1 << 20),
            ..after
        };
        GcEvent {
            sequence,
            kind: GcKind::MarkCompact,
            trigger: Trigger::Natural,
            flags: 0,
            start_ns: (at_s * 1e9) as u64,
            end_unix_us: 1_700_000_000_000_000 + (at_s * 1e6) as u64,
            pause_ns: 2_000_000,
            kind_count: sequence + 1,
            kind_pause_ns: (sequence + 1).wrapping_mul(2_000_000),
            new_space_before_bytes: 0,
            new_space_after_bytes: 0,
            heap: Some(HeapChange { before, after }),
        }
    }

    /// A scavenge without heap statistics.
    pub fn scavenge(sequence: u64, at_s: f64) -> GcEvent {
        GcEvent {
            kind: GcKind::Scavenge,
            pause_ns: 500_000,
            new_space_before_bytes: 1 << 20,
            new_space_after_bytes: 1 << 18,
            heap: None,
            ..full(sequence, at_s, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_words() {
        for event in [
            samples::full(7, 1.5, 123),
            samples::scavenge(u64::MAX - 1, 0.0),
        ] {
            assert_eq!(GcEvent::from_words(&event.to_words()), Some(event));
        }
    }

    #[test]
    fn a_record_with_any_word_changed_is_torn() {
        let words = samples::full(7, 1.5, 123).to_words();
        for at in 0..RECORD_WORDS {
            let mut torn = words;
            torn[at] ^= 1 << 17;
            assert_eq!(GcEvent::from_words(&torn), None, "word {at}");
        }
        assert_eq!(GcEvent::from_words(&[0; RECORD_WORDS]), None);
    }

    #[test]
    fn flags_tell_who_asked() {
        assert_eq!(Trigger::from_flags(0), Trigger::Natural);
        assert_eq!(Trigger::from_flags(1 << 2), Trigger::Forced);
        assert_eq!(Trigger::from_flags(1 << 4), Trigger::LowMemory);
        assert_eq!(Trigger::from_flags(1 << 6), Trigger::Natural);
        assert!(!Trigger::from_flags(1 << 5).is_forced());
    }
}
