//! Which memory a fork leaves out: read from `/proc/self/smaps`, which is slow, and kept up to date by
//! `/proc/self/maps`, which is quick.
//!
//! V8 marks its pages `MADV_DONTFORK`; only `smaps` tells (`dc` in `VmFlags`). It walks all page tables for
//! other numbers: 90 ms for a heap of 1 GB, where `maps` takes 3 ms.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a line of `maps` with a long name in it.
const LONG_LINE: usize = 160;
/// Bytes of all that `smaps` says of a mapping.
const SMAPS_BYTES: usize = 900;
/// Mappings that may come from one reading to the next.
const SOME_LINES: usize = 64;
/// Larger mappings may be hardly used: V8 13 maps 512 MB for machine code.
const SPARSE_BYTES: usize = 8 << 20;
/// An entry of `pagemap`: whether there is a page, in memory or swapped out.
const ENTRY_BYTES: usize = 8;
const HAS_PAGE: u64 = 0b11 << 62;
/// Entries that are read at once.
const ENTRIES: usize = 1 << 13;

/// A part of the address space.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

/// A line of `maps`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Mapping {
    range: Range,
    /// Like `rw-p`.
    permissions: [u8; 4],
    /// Memory that no file stands behind, and that is neither the stack nor `brk`'s.
    is_anonymous: bool,
}

/// All mappings of the process, and which of them a fork leaves out.
///
/// The room for all of it is itself memory of the process: it is kept, so that reading changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Mappings {
    /// By address.
    known: Vec<(Mapping, bool)>,
    smaps: Vec<u8>,
    maps: Vec<u8>,
}

/// What a copy can read of the process's memory: what other threads of the process gave back between the reading of
/// its mappings and the fork, the copy does not have.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Copied {
    /// Of what forks leave out, and whether it can be written.
    pub left_out: Vec<(Range, bool)>,
    /// Of the rest what can be written: V8 keeps some of its lists there. Neighbours are one range.
    pub native: Vec<Range>,
}

/// What a fork seems to leave out, by `maps` and by what `smaps` said before. The fork will tell whether that is so.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Guess {
    /// Each mapping that can be read, and whether it can be written; of large ones what was ever used.
    pub left_out: Vec<(Range, bool)>,
    /// How much of that has come since `smaps` was read, so that it may as well be something else.
    pub new_bytes: usize,
    /// What could be V8's as well by what it is, but was not left out then.
    pub native: Vec<Range>,
}

impl Guess {
    /// Bytes of what seems to be left out.
    pub fn bytes(&self) -> usize {
        let bytes = self.left_out.iter().map(|(range, _)| range.bytes());
        bytes.sum()
    }
}

impl Range {
    pub fn bytes(self) -> usize {
        self.end - self.start
    }

    /// By number.
    fn pages(self, page_bytes: usize) -> std::ops::Range<usize> {
        self.start / page_bytes..self.end / page_bytes
    }
}

impl Mappings {
    /// Whether `smaps` was read.
    pub fn are_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// Without the room for another reading of `smaps`.
    pub fn shed(self) -> Self {
        Self {
            smaps: Vec::new(),
            ..self
        }
    }

    /// What a fork seems to leave out now.
    pub fn guess(&mut self) -> io::Result<Guess> {
        let mut maps = std::mem::take(&mut self.maps);
        let guess = read_into(&mut maps, "/proc/self/maps").and_then(|text| self.guess_by(&text));
        self.maps = maps;
        let mut guess = guess?;
        guess.left_out = guess.left_out.into_iter().flat_map(used).collect();
        Ok(guess)
    }

    /// Reads `smaps`, and once more if that took memory which was not there before. Meant for another thread
    /// than the one that must not wait.
    pub fn prepare(&mut self) -> io::Result<()> {
        self.make_room()?;
        loop {
            let room = (self.known.capacity(), self.smaps.capacity());
            self.read()?;
            // Of a mapping's lines the first is what `maps` says. Some may come until then.
            let lines = self.known.len() * 2 * LONG_LINE;
            self.maps.clear();
            self.maps.reserve(lines);
            if room == (self.known.capacity(), self.smaps.capacity()) {
                return Ok(());
            }
        }
    }

    /// By `maps`, which costs little, so that `smaps` need not be read twice.
    fn make_room(&mut self) -> io::Result<()> {
        let mut maps = std::mem::take(&mut self.maps);
        let lines = read_into(&mut maps, "/proc/self/maps")?.lines().count() + SOME_LINES;
        self.maps = maps;
        self.known.reserve(lines.saturating_sub(self.known.len()));
        let bytes = lines * SMAPS_BYTES;
        self.smaps.reserve(bytes.saturating_sub(self.smaps.len()));
        Ok(())
    }

    /// Reads `smaps` once.
    pub fn read(&mut self) -> io::Result<()> {
        let mut smaps = std::mem::take(&mut self.smaps);
        let parsed = read_into(&mut smaps, "/proc/self/smaps").and_then(|text| self.parse(&text));
        self.smaps = smaps;
        parsed
    }

    /// The ranges that a fork leaves out now, by `maps`, neighbours as one; `None` when memory that could be V8's has
    /// come or changed since, so that nobody knows.
    pub fn left_out_now(&mut self) -> io::Result<Option<Vec<Range>>> {
        let mut maps = std::mem::take(&mut self.maps);
        let found =
            read_into(&mut maps, "/proc/self/maps").and_then(|text| self.left_out_by(&text));
        self.maps = maps;
        found
    }

    /// The ranges that a fork left out when `smaps` was read.
    pub fn left_out(&self) -> Vec<Range> {
        let left_out = self.known.iter().filter(|(_, left_out)| *left_out);
        joined(left_out.map(|(mapping, _)| mapping.range))
    }

    fn parse(&mut self, smaps: &str) -> io::Result<()> {
        let known = &mut self.known;
        known.clear();
        let mut flags_told = 0;
        for line in smaps.lines() {
            if let Some(flags) = line.strip_prefix("VmFlags:") {
                let has = |wanted| flags.split_whitespace().any(|flag| flag == wanted);
                let (_, left_out) = known.last_mut().ok_or_else(unreadable)?;
                // Device memory is not copied for reasons of its own.
                *left_out = has("dc") && !has("io");
                flags_told += 1;
            } else if let Some(mapping) = Mapping::parse(line) {
                known.push((mapping, false));
            }
        }
        match flags_told == known.len() && flags_told > 0 {
            true => Ok(()),
            false => Err(unreadable()),
        }
    }

    fn left_out_by(&self, maps: &str) -> io::Result<Option<Vec<Range>>> {
        let mut left_out = Vec::new();
        for line in maps.lines() {
            let mapping = Mapping::parse(line).ok_or_else(unreadable)?;
            match self.was_left_out(&mapping) {
                Some(true) => left_out.push(mapping.range),
                None if mapping.could_be_v8s() => return Ok(None),
                _ => {}
            }
        }
        Ok(Some(joined(left_out.into_iter())))
    }

    fn guess_by(&self, maps: &str) -> io::Result<Guess> {
        let mut guess = Guess::default();
        for line in maps.lines() {
            let mapping = Mapping::parse(line).ok_or_else(unreadable)?;
            if !mapping.could_be_v8s() || !mapping.is_readable() {
                continue;
            }
            let was_left_out = self.was_left_out(&mapping);
            match was_left_out {
                Some(false) if mapping.is_writable() => guess.native.push(mapping.range),
                Some(false) => {}
                _ => guess.left_out.push((mapping.range, mapping.is_writable())),
            }
            if was_left_out.is_none() {
                guess.new_bytes += mapping.range.bytes();
            }
        }
        Ok(guess)
    }

    /// Whether a fork left this out when `smaps` was read; `None` when it is new, or another since.
    fn was_left_out(&self, mapping: &Mapping) -> Option<bool> {
        let after = self
            .known
            .partition_point(|(known, _)| known.range.start <= mapping.range.start);
        let (known, was_left_out) = after.checked_sub(1).and_then(|at| self.known.get(at))?;
        mapping.is_within(known).then_some(*was_left_out)
    }
}

/// All memory that can be read and that no file stands behind, and whether it can be written: now.
pub fn readable_now() -> io::Result<Vec<(Range, bool)>> {
    let mut room = Vec::new();
    let maps = read_into(&mut room, "/proc/self/maps")?;
    let mut areas = Vec::new();
    for line in maps.lines() {
        let mapping = Mapping::parse(line).ok_or_else(unreadable)?;
        if mapping.is_anonymous && mapping.is_readable() && mapping.permissions[3] == b'p' {
            areas.push((mapping.range, mapping.is_writable()));
        }
    }
    Ok(areas)
}

impl Copied {
    /// Whether it has all of this memory.
    pub fn has(&self, native: &[Range]) -> bool {
        native.iter().all(|wanted| {
            let after = self
                .native
                .partition_point(|range| range.start <= wanted.start);
            after
                .checked_sub(1)
                .is_some_and(|at| wanted.end <= self.native[at].end)
        })
    }

    /// In the copy: what it has. `left_out` is what forks of the process leave out, by address.
    pub fn now(left_out: &[Range]) -> io::Result<Self> {
        Self::by(&read_into(&mut Vec::new(), "/proc/self/maps")?, left_out)
    }

    fn by(maps: &str, left_out: &[Range]) -> io::Result<Self> {
        let mut copied = Self::default();
        let mut native = Vec::new();
        for line in maps.lines() {
            let mapping = Mapping::parse(line).ok_or_else(unreadable)?;
            if !mapping.is_readable() {
                continue;
            }
            let Range { start, end } = mapping.range;
            let first = left_out.partition_point(|range| range.end <= start);
            let within = left_out[first..].iter();
            // The kernel makes one mapping of neighbours that have become alike.
            let mut is_native = true;
            for range in within.take_while(|range| range.start < end) {
                is_native = false;
                let part = Range {
                    start: start.max(range.start),
                    end: end.min(range.end),
                };
                copied.left_out.push((part, mapping.is_writable()));
            }
            if is_native && mapping.is_writable() {
                native.push(mapping.range);
            }
        }
        copied.native = joined(native.into_iter());
        Ok(copied)
    }
}

impl Mapping {
    /// `None` for the lines of `smaps` that follow a mapping's own.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let permissions = fields.next()?.as_bytes().try_into().ok()?;
        let inode = fields.nth(2)?;
        let name = fields.next().unwrap_or("");
        Some(Self {
            range: Range {
                start: usize::from_str_radix(start, 16).ok()?,
                end: usize::from_str_radix(end, 16).ok()?,
            },
            permissions,
            is_anonymous: inode == "0" && (name.is_empty() || name.starts_with("[anon")),
        })
    }

    /// Whether this is that one, or what is left of it.
    fn is_within(&self, other: &Self) -> bool {
        other.range.start <= self.range.start
            && self.range.end <= other.range.end
            && self.permissions == other.permissions
            && self.is_anonymous == other.is_anonymous
    }

    fn is_readable(&self) -> bool {
        self.permissions[0] == b'r'
    }

    fn is_writable(&self) -> bool {
        self.permissions[1] == b'w'
    }

    /// What nobody may read holds nothing that a copy would miss.
    fn could_be_v8s(&self) -> bool {
        self.is_anonymous && self.permissions[3] == b'p' && self.permissions[..3] != *b"---"
    }
}

/// Of a large mapping what was ever used; all of it where the system does not tell.
fn used((range, is_writable): (Range, bool)) -> Vec<(Range, bool)> {
    let pages = match range.bytes() > SPARSE_BYTES {
        true => pages_of(range).ok(),
        false => None,
    };
    let used = pages.unwrap_or_else(|| vec![range]);
    used.into_iter().map(|range| (range, is_writable)).collect()
}

/// The pages of a mapping that are there, neighbours as one.
pub fn pages_of(range: Range) -> io::Result<Vec<Range>> {
    let page_bytes = crate::v8::clock::page_bytes() as usize;
    let mut pagemap = File::open("/proc/self/pagemap")?;
    let from = range.pages(page_bytes).start * ENTRY_BYTES;
    pagemap.seek(SeekFrom::Start(from as u64))?;
    let mut entries = vec![0; ENTRIES * ENTRY_BYTES];
    let mut pages: Vec<Range> = Vec::new();
    for first in range.pages(page_bytes).step_by(ENTRIES) {
        let count = ENTRIES.min(range.pages(page_bytes).end - first);
        let entries = &mut entries[..count * ENTRY_BYTES];
        pagemap.read_exact(entries)?;
        let there = entries.chunks_exact(ENTRY_BYTES).zip(first..);
        for (entry, page) in there {
            let mut bits = [0; ENTRY_BYTES];
            bits.copy_from_slice(entry);
            if u64::from_ne_bytes(bits) & HAS_PAGE != 0 {
                let start = page * page_bytes;
                let end = start + page_bytes;
                join(&mut pages, Range { start, end });
            }
        }
    }
    Ok(pages)
}

/// Neighbours as one: each range costs a system call.
pub fn joined(ranges: impl Iterator<Item = Range>) -> Vec<Range> {
    let mut all = Vec::new();
    ranges.for_each(|range| join(&mut all, range));
    all
}

fn join(all: &mut Vec<Range>, range: Range) {
    match all.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => all.push(range),
    }
}

/// Names of files may be any bytes.
fn read_into<'room>(room: &'room mut Vec<u8>, path: &str) -> io::Result<Cow<'room, str>> {
    room.clear();
    File::open(path)?.read_to_end(room)?;
    Ok(String::from_utf8_lossy(room))
}

fn unreadable() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the system describes its mappings in an unknown way",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
00400000-00500000 r-xp 00000000 08:01 77                                 /usr/bin/node
Size:               1024 kB
VmFlags: rd ex mr mw me
10000000-10040000 rw-p 00000000 00:00 0
Size:                256 kB
VmFlags: rd wr mr mw me dc ac
10040000-10080000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me dc ac
20000000-20001000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me ac
30000000-30001000 rw-s 00000000 00:05 9                                  /dev/card
VmFlags: rd wr sh io dc
40000000-40001000 rw-p 00000000 00:00 0                                  [heap]
VmFlags: rd wr
";
    const MAPS: &str = "\
00400000-00500000 r-xp 00000000 08:01 77                                 /usr/bin/node
10000000-10040000 rw-p 00000000 00:00 0
10040000-10080000 rw-p 00000000 00:00 0
20000000-20001000 rw-p 00000000 00:00 0
30000000-30001000 rw-s 00000000 00:05 9                                  /dev/card
40000000-40001000 rw-p 00000000 00:00 0                                  [heap]
";

    const BOTH_PAGES: Range = Range {
        start: 0x10000000,
        end: 0x10080000,
    };

    fn left_out_by(maps: &str) -> Option<Vec<Range>> {
        let mut mappings = Mappings::default();
        mappings.parse(SMAPS).expect("well formed");
        assert_eq!(mappings.left_out(), [BOTH_PAGES]);
        mappings.left_out_by(maps).expect("well formed")
    }

    #[test]
    fn what_is_as_it_was_keeps_its_flag_and_neighbours_are_one() {
        assert_eq!(left_out_by(MAPS), Some(vec![BOTH_PAGES]));
    }

    #[test]
    fn what_has_gone_is_left_out_no_more() {
        let without_second: String = MAPS
            .lines()
            .filter(|line| !line.starts_with("10040000"))
            .map(|line| format!("{line}\n"))
            .collect();
        let first = Range {
            end: 0x10040000,
            ..BOTH_PAGES
        };
        assert_eq!(left_out_by(&without_second), Some(vec![first]));
    }

    #[test]
    fn what_is_left_of_a_mapping_keeps_its_flag() {
        let shorter = MAPS.replace("10000000-10040000", "10010000-10040000");
        let range = Range {
            start: 0x10010000,
            ..BOTH_PAGES
        };
        assert_eq!(left_out_by(&shorter), Some(vec![range]));
    }

    #[test]
    fn memory_that_could_be_v8s_and_has_changed_is_not_guessed() {
        for (from, to) in [
            ("10040000-10080000", "10040000-10081000"),
            ("10000000-10040000 rw-p", "10000000-10040000 r-xp"),
            ("20000000-20001000", "21000000-21001000"),
        ] {
            assert_eq!(left_out_by(&MAPS.replace(from, to)), None, "{to}");
        }
    }

    #[test]
    fn what_cannot_be_v8s_may_change() {
        for (from, to) in [
            ("40000000-40001000", "40000000-40002000"),
            ("20000000-20001000 rw-p", "20000000-20001000 ---p"),
            ("00400000-00500000", "00400000-00600000"),
        ] {
            assert_eq!(
                left_out_by(&MAPS.replace(from, to)),
                Some(vec![BOTH_PAGES]),
                "{to}"
            );
        }
    }

    fn guess_by(maps: &str) -> Guess {
        let mut mappings = Mappings::default();
        mappings.parse(SMAPS).expect("well formed");
        mappings.shed().guess_by(maps).expect("well formed")
    }

    const NATIVE: Range = Range {
        start: 0x20000000,
        end: 0x20001000,
    };

    #[test]
    fn what_seems_to_be_v8s_is_guessed_mapping_by_mapping() {
        let pages = [(0x10000000, 0x10040000), (0x10040000, 0x10080000)];
        let [first, second] = pages.map(|(start, end)| (Range { start, end }, true));
        let known = Guess {
            left_out: vec![first, second],
            new_bytes: 0,
            native: vec![NATIVE],
        };
        assert_eq!(guess_by(MAPS), known);
        assert_eq!(known.bytes(), BOTH_PAGES.bytes());
        // Of another size it may be anything.
        let grown = guess_by(&MAPS.replace("20000000-20001000", "20000000-20003000"));
        let larger = Range {
            end: 0x20003000,
            ..NATIVE
        };
        assert_eq!(grown.left_out, [first, second, (larger, true)]);
        assert_eq!((grown.new_bytes, grown.native), (larger.bytes(), vec![]));
        let read_only = guess_by(&MAPS.replace("10040000-10080000 rw-p", "10040000-10080000 r--p"));
        assert_eq!(read_only.left_out, [first, (second.0, false)]);
        let guarded = guess_by(&MAPS.replace("10040000-10080000 rw-p", "10040000-10080000 ---p"));
        assert_eq!(guarded.left_out, [first]);
        assert!(!Mappings::default().are_known());
    }

    #[test]
    fn what_was_guessed_to_be_native_and_is_not_in_the_copy_is_missed() {
        let copied = Copied::by(MAPS, &[BOTH_PAGES]).expect("well formed");
        assert!(copied.has(&[NATIVE]) && copied.has(&[]));
        let beyond = Range {
            end: NATIVE.end + 1,
            ..NATIVE
        };
        assert!(!copied.has(&[NATIVE, beyond]));
        assert!(!copied.has(&[BOTH_PAGES]));
    }

    #[test]
    fn a_copy_reads_what_it_has() {
        let copied = |maps: &str| Copied::by(maps, &[BOTH_PAGES]).expect("well formed");
        let range = |start, end| Range { start, end };
        let pages = [(0x10000000, 0x10040000), (0x10040000, 0x10080000)];
        let [first, second] = pages.map(|(start, end)| (range(start, end), true));
        let native = [
            range(0x20000000, 0x20001000),
            range(0x30000000, 0x30001000),
            range(0x40000000, 0x40001000),
        ];
        let all = copied(MAPS);
        assert_eq!(all.left_out, [first, second]);
        assert_eq!(all.native, native);
        // A page has gone, of another nobody may read a part, and one can only be read.
        let second_gone = MAPS.replace("10040000-10080000", "10070000-10080000");
        assert_eq!(
            copied(&second_gone).left_out,
            [first, (range(0x10070000, 0x10080000), true)]
        );
        let guarded = MAPS.replace("10040000-10080000 rw-p", "10040000-10080000 ---p");
        assert_eq!(copied(&guarded).left_out, [first]);
        let read_only = MAPS.replace("10040000-10080000 rw-p", "10040000-10080000 r--p");
        assert_eq!(copied(&read_only).left_out, [first, (second.0, false)]);
        // What lies beside has become one mapping with it.
        let merged = MAPS.replace("10040000-10080000", "10040000-10090000");
        assert_eq!(copied(&merged), all);
    }

    #[test]
    fn unknown_formats_are_refused() {
        let mut mappings = Mappings::default();
        assert!(mappings.parse(MAPS).is_err());
        assert!(mappings.parse("").is_err());
        mappings.parse(SMAPS).expect("well formed");
        assert!(mappings.left_out_by("what is this\n").is_err());
    }
}
