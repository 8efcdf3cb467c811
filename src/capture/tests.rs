//! The machinery, on copies of the test process, which has no V8.

use std::ffi::c_void;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::frozen_copy::{FrozenCopy, Orders, Reports};
use super::heap_image::{HeapImage, Room};
use super::limits::Limits;
use super::locks::Slots;
use super::mappings::{Mappings, Range, pages_of};
use crate::error::Error;
use crate::snapshot::{Unwatched, Watch};
use crate::v8::clock;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

fn limits(stall: Duration, timeout: Duration) -> Limits {
    Limits {
        stall,
        began: Instant::now(),
        timeout,
    }
}

fn begin(orders: Orders, work: impl FnOnce(&Reports) -> Result<Vec<u8>, Failure>) -> FrozenCopy {
    FrozenCopy::begin(orders, work).expect("the system allows a fork")
}

fn result_of(copy: FrozenCopy, limits: Limits) -> Result<Vec<u8>, Error> {
    let pid = copy.pid();
    let result = copy.result(limits, &Unwatched, &|_| {});
    assert_reaped(pid);
    result
}

fn run(
    orders: Orders,
    work: impl FnOnce(&Reports) -> Result<Vec<u8>, Failure>,
) -> Result<Vec<u8>, Error> {
    result_of(begin(orders, work), limits(LONG, LONG))
}

fn assert_reaped(pid: libc::pid_t) {
    // SAFETY: asks for a child by its id, and takes no status.
    let answer = unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG) };
    assert_eq!(answer, -1, "the copy is still a child");
}

fn sleep_for_ever() -> ! {
    loop {
        // SAFETY: waits for a signal.
        unsafe { libc::pause() };
    }
}

fn raise(signal: i32) {
    // SAFETY: what the signal does to the copy is what the test is about.
    unsafe { libc::raise(signal) };
}

#[test]
fn what_the_copy_finds_arrives() {
    let secret = [1, 2, 3];
    let found = run(Orders::default(), |_| {
        Ok(secret.iter().rev().copied().collect())
    });
    assert_eq!(found.expect("found"), [3, 2, 1]);
}

#[test]
fn a_large_result_arrives_whole() {
    let found = run(Orders::default(), |reports| {
        for percent in 0..=100 {
            reports.progress(percent);
        }
        Ok((0..20_000_000u32).map(|at| at as u8).collect())
    })
    .expect("found");
    assert_eq!(found.len(), 20_000_000);
    assert!(found.iter().enumerate().all(|(at, byte)| at as u8 == *byte));
}

#[test]
fn the_service_sees_nothing_of_what_the_copy_changes() {
    let shared = AtomicBool::new(false);
    run(Orders::default(), |_| {
        shared.store(true, SeqCst);
        Ok(Vec::new())
    })
    .expect("found");
    assert!(!shared.load(SeqCst));
}

#[test]
fn a_copy_that_a_signal_ends_is_an_error_that_names_it() {
    for (signal, name, retried) in [
        (libc::SIGSEGV, "SIGSEGV", true),
        (libc::SIGTERM, "SIGTERM", true),
        (libc::SIGKILL, "SIGKILL", false),
    ] {
        let error = run(Orders::default(), |_| {
            raise(signal);
            Ok(Vec::new())
        })
        .expect_err("killed");
        assert!(error.to_string().contains(name), "{error}");
        assert!(
            matches!(error, Error::CaptureDied { may_retry, .. } if may_retry == retried),
            "{error:?}"
        );
    }
}

#[test]
fn a_copy_that_exits_without_a_word_is_an_error() {
    let error = run(Orders::default(), |_| {
        // SAFETY: takes a number.
        unsafe { libc::_exit(9) }
    })
    .expect_err("no result");
    assert!(error.to_string().contains("code 9"), "{error}");
}

#[test]
fn a_panic_in_the_copy_is_an_error_with_its_message() {
    let error = run(Orders::default(), |_| panic!("over {}", "there")).expect_err("panicked");
    assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_DIED");
    assert!(error.to_string().contains("over there"), "{error}");
}

#[test]
fn a_copy_that_hangs_is_killed() {
    let copy = begin(Orders::default(), |_| sleep_for_ever());
    let error = result_of(copy, limits(SHORT, LONG)).expect_err("hung");
    assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_STALLED");
}

#[test]
fn a_copy_that_computes_without_a_word_does_not_hang() {
    let copy = begin(Orders::default(), |_| {
        let began = Instant::now();
        while began.elapsed() < SHORT * 5 {
            std::hint::black_box(began);
        }
        Ok(vec![1])
    });
    assert_eq!(result_of(copy, limits(SHORT, LONG)).expect("done"), [1]);
}

#[test]
fn a_copy_that_takes_too_long_is_killed() {
    let copy = begin(Orders::default(), |_| sleep_for_ever());
    let error = result_of(copy, limits(LONG, SHORT)).expect_err("too long");
    assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_TIMEOUT");
}

#[derive(Default)]
struct Stop(AtomicBool);

impl Watch for Stop {
    fn is_cancelled(&self) -> bool {
        self.0.load(SeqCst)
    }
}

#[test]
fn progress_is_told_and_who_cancels_is_heard() {
    let copy = begin(Orders::default(), |reports| {
        reports.progress(20);
        reports.progress(40);
        sleep_for_ever()
    });
    let (stop, pid) = (Stop::default(), copy.pid());
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |percent| {
        told.lock().expect("whole").push(percent);
        stop.0.store(percent == 40, SeqCst);
    };
    let error = copy
        .result(limits(LONG, LONG), &stop, &tell)
        .expect_err("cancelled");
    assert_eq!(error.code(), "ERR_MEMWATCH_CANCELLED");
    assert_eq!(told.into_inner().expect("whole"), [20, 40]);
    assert_reaped(pid);
}

#[test]
fn a_copy_that_nobody_waits_for_is_killed() {
    let copy = begin(Orders::default(), |_| sleep_for_ever());
    let pid = copy.pid();
    drop(copy);
    assert_reaped(pid);
}

#[test]
fn a_socket_that_the_service_closes_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("bound");
    let copy = begin(Orders::default(), |reports| {
        reports.progress(1);
        sleep_for_ever()
    });
    let (stop, is_set_up) = (Stop::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let tell = |_| is_set_up.store(true, SeqCst);
            copy.result(limits(LONG, LONG), &stop, &tell)
        });
        while !is_set_up.load(SeqCst) {
            thread::yield_now();
        }
        drop(listener);
        let refused = TcpStream::connect(address).map(drop);
        stop.0.store(true, SeqCst);
        assert!(refused.is_err(), "the copy holds the socket");
        let error = waiting.join().expect("no panic").expect_err("cancelled");
        assert_eq!(error.code(), "ERR_MEMWATCH_CANCELLED");
    });
}

#[test]
fn the_copy_holds_the_pipe_and_its_file_and_gives_way_to_the_service() {
    let file = fs::File::open("/proc/self/status").expect("there");
    let orders = Orders {
        file: Some(&file),
        ..Orders::default()
    };
    let found = run(orders, |_| {
        let mut held: Vec<String> = fs::read_dir("/proc/self/fd")
            .expect("readable")
            .filter_map(|entry| fs::read_link(entry.expect("readable").path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
            .map(|target| target.split(':').next().unwrap_or_default().to_owned())
            .filter(|target| target != "/dev/null" && !target.ends_with("/fd"))
            .collect();
        held.sort();
        let oom = fs::read_to_string("/proc/self/oom_score_adj").expect("readable");
        // SAFETY: asks about this process.
        let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        // SAFETY: asks about this process.
        let dumpable = unsafe { libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0) };
        let text = format!("{} {} {nice} {dumpable}", held.join(" "), oom.trim());
        Ok(text.into_bytes())
    })
    .expect("found");
    let found = String::from_utf8(found).expect("text");
    let pid = std::process::id();
    assert_eq!(found, format!("/proc/{pid}/status pipe 1000 19 0"));
}

#[test]
fn handlers_of_the_service_do_not_run_in_the_copy() {
    static RUNS: AtomicBool = AtomicBool::new(false);
    extern "C" fn handler(_: i32) {
        RUNS.store(true, SeqCst);
    }
    // SAFETY: the handler sets a flag; nothing else in this process uses the signal.
    unsafe { libc::signal(libc::SIGUSR1, handler as *const () as libc::sighandler_t) };
    let error = run(Orders::default(), |_| {
        raise(libc::SIGPIPE);
        raise(libc::SIGUSR1);
        Ok(Vec::new())
    })
    .expect_err("ended by the signal");
    assert!(error.to_string().contains("signal 10"), "{error}");
    raise(libc::SIGUSR1);
    assert!(RUNS.load(SeqCst), "the service lost its handler");
}

/// Pages of our own that a fork leaves out, as V8's.
struct Pages {
    start: usize,
}

const PAGES_BYTES: usize = 1 << 20;

impl Pages {
    fn new(byte: u8) -> Self {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: new memory, at a place of the system's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), PAGES_BYTES, access, kind, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: the memory is ours and so long.
        let advised = unsafe { libc::madvise(start, PAGES_BYTES, libc::MADV_DONTFORK) };
        assert_eq!(advised, 0);
        let pages = Self {
            start: start as usize,
        };
        pages.write(byte);
        pages
    }

    fn is_within(&self, ranges: &[Range]) -> bool {
        let end = self.start + PAGES_BYTES;
        ranges
            .iter()
            .any(|range| range.start <= self.start && end <= range.end)
    }

    fn range(&self) -> Range {
        Range {
            start: self.start,
            end: self.start + PAGES_BYTES,
        }
    }

    fn write(&self, byte: u8) {
        // SAFETY: the memory is ours and so long.
        unsafe { libc::memset(self.start as *mut c_void, byte.into(), PAGES_BYTES) };
    }

    fn sum(&self) -> u64 {
        // SAFETY: the memory is alive, so long and written to.
        let bytes = unsafe { std::slice::from_raw_parts(self.start as *const u8, PAGES_BYTES) };
        bytes.iter().map(|byte| u64::from(*byte)).sum()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the memory is ours, and nothing refers to it.
        unsafe { libc::munmap(self.start as *mut c_void, PAGES_BYTES) };
    }
}

fn left_out() -> Vec<Range> {
    let mut mappings = Mappings::default();
    mappings.read().expect("Linux has smaps");
    mappings.left_out()
}

#[test]
fn memory_that_forks_leave_out_is_in_the_copy_and_left_out_again() {
    let pages = Pages::new(3);
    let ranges = left_out();
    assert!(pages.is_within(&ranges), "{ranges:?}");
    let sum = |_: &Reports| Ok(pages.sum().to_le_bytes().to_vec());
    let without = run(Orders::default(), sum).expect_err("the memory is not there");
    assert!(without.to_string().contains("SIGSEGV"), "{without}");
    // Other ranges are other tests' and may go at any time.
    let own = [pages.range()];
    let orders = Orders {
        ranges: &own,
        ..Orders::default()
    };
    let found = run(orders, sum).expect("found");
    assert_eq!(found, (3 * PAGES_BYTES as u64).to_le_bytes());
    let after = left_out();
    assert!(pages.is_within(&after), "{after:?}");
}

fn image_of(range: Range, is_writable: bool) -> HeapImage {
    let mut room = Room::new().expect("an empty file");
    room.extend(PAGES_BYTES).expect("there is memory");
    HeapImage::of(room, &[(range, is_writable)]).expect("taken")
}

#[test]
fn the_copy_has_what_was_in_the_pages_when_the_image_was_taken() {
    let pages = Pages::new(3);
    let image = image_of(pages.range(), true);
    pages.write(5);
    let orders = Orders {
        image: Some(&image),
        ..Orders::default()
    };
    let found = run(orders, |_| {
        let sum = pages.sum();
        // What the copy writes is its own.
        pages.write(7);
        Ok(sum.to_le_bytes().to_vec())
    });
    assert_eq!(
        found.expect("found"),
        (3 * PAGES_BYTES as u64).to_le_bytes()
    );
    assert_eq!(pages.sum(), 5 * PAGES_BYTES as u64);
}

#[test]
fn what_was_unmapped_before_the_image_was_taken_is_left_out_of_it() {
    let pages = Pages::new(3);
    let page = clock::page_bytes() as usize;
    let gone = pages.start + 2 * page;
    // SAFETY: the page is ours, and nothing refers to it.
    unsafe { libc::munmap(gone as *mut c_void, page) };
    let image = image_of(pages.range(), false);
    let orders = Orders {
        image: Some(&image),
        ..Orders::default()
    };
    let found = run(orders, |_| {
        let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
        let image: Vec<_> = maps
            .lines()
            .filter(|line| line.contains("memfd:"))
            .collect();
        Ok(image.join("\n").into_bytes())
    });
    let found = String::from_utf8(found.expect("found")).expect("text");
    let [before, behind] = found.lines().collect::<Vec<_>>()[..] else {
        panic!("{found}");
    };
    let expected = |start: usize, end: usize| format!("{start:08x}-{end:08x} r--p");
    assert!(before.starts_with(&expected(pages.start, gone)), "{found}");
    let end = pages.range().end;
    assert!(behind.starts_with(&expected(gone + page, end)), "{found}");
}

#[test]
fn no_signal_ends_a_process_whose_files_must_be_smaller_than_its_heap() {
    let found = run(Orders::default(), |_| {
        let limit = libc::rlimit {
            rlim_cur: 1 << 16,
            rlim_max: 1 << 16,
        };
        // SAFETY: this copy ends by the signal, as the service would.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_DFL) };
        // SAFETY: the limit is initialised.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
        let mut room = Room::new().expect("an empty file");
        let error = room.extend(PAGES_BYTES).expect_err("too large");
        Ok(error.kind().to_string().into_bytes())
    });
    assert_eq!(found.expect("found"), b"file too large");
}

#[test]
fn where_something_else_is_the_image_is_not_put() {
    let pages = Pages::new(3);
    let image = image_of(pages.range(), true);
    image.place().expect("nothing has failed");
    assert_eq!(image.placed(), []);
    assert_eq!(pages.sum(), 3 * PAGES_BYTES as u64);
}

#[test]
fn a_room_takes_the_next_image_after_the_copy_that_had_the_one_before() {
    let pages = Pages::new(3);
    let sum_in_copy = |image: &HeapImage| {
        let orders = Orders {
            image: Some(image),
            ..Orders::default()
        };
        let found = run(orders, |_| {
            assert_eq!(image.placed(), [pages.range()]);
            Ok(pages.sum().to_le_bytes().to_vec())
        });
        found.expect("found")
    };
    let first = image_of(pages.range(), true);
    assert_eq!(sum_in_copy(&first), (3 * PAGES_BYTES as u64).to_le_bytes());
    pages.write(5);
    let mut room = first.into_room();
    assert_eq!(room.bytes(), PAGES_BYTES);
    room.extend(PAGES_BYTES / 2).expect("there is as much");
    let second = HeapImage::of(room, &[(pages.range(), true)]).expect("taken");
    assert_eq!(sum_in_copy(&second), (5 * PAGES_BYTES as u64).to_le_bytes());
}

#[test]
fn of_a_mapping_that_is_hardly_used_the_pages_are_told_that_are_there() {
    let page = clock::page_bytes() as usize;
    let bytes = 64 << 20;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: new memory, wherever the system has room for it.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    // SAFETY: of that memory. Huge pages would be there as a whole.
    unsafe { libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE) };
    let range = Range {
        start: start as usize,
        end: start as usize + bytes,
    };
    assert_eq!(pages_of(range).expect("Linux has it"), []);
    let last = bytes / page - 1;
    for written in [3, 4, 10_000, last] {
        // SAFETY: a page of that memory.
        unsafe { ((range.start + written * page) as *mut u8).write(1) };
    }
    let of = |first: usize, behind: usize| Range {
        start: range.start + first * page,
        end: range.start + behind * page,
    };
    let expected = [of(3, 5), of(10_000, 10_001), of(last, last + 1)];
    assert_eq!(pages_of(range).expect("Linux has it"), expected);
    // SAFETY: nothing refers to it.
    unsafe { libc::munmap(start, bytes) };
}

#[test]
fn a_mapping_that_comes_after_the_flags_were_read_is_seen() {
    let pages = Pages::new(1);
    let mut known = Mappings::default();
    known.prepare().expect("Linux has smaps");
    let later = Pages::new(1);
    assert_eq!(known.left_out_now().expect("Linux has maps"), None);
    drop((pages, later));
}

#[test]
fn the_memory_limit_is_on_top_of_what_there_is() {
    let orders = Orders {
        memory_limit_bytes: Some(64 << 20),
        ..Orders::default()
    };
    let take = |bytes: usize| {
        move |_: &Reports| Ok(vec![std::hint::black_box(vec![1u8; bytes])[bytes / 2]])
    };
    assert_eq!(run(orders, take(16 << 20)).expect("fits"), [1]);
    let error = run(orders, take(256 << 20)).expect_err("does not fit");
    assert_eq!(error.code(), "ERR_MEMWATCH_CAPTURE_DIED");
}

#[test]
fn functions_are_replaced_in_the_copy_alone() {
    let code = functions_are_replaced_in_the_copy_alone as *const c_void;
    let slots = Slots::find(code, &[c"getppid"]).expect("this program calls it");
    let orders = Orders {
        locks: Some(&slots),
        ..Orders::default()
    };
    // SAFETY: takes nothing.
    let parent = || unsafe { libc::getppid() };
    let found = run(orders, |_| Ok(parent().to_le_bytes().to_vec())).expect("found");
    assert_eq!(found, 0i32.to_le_bytes());
    assert_ne!(parent(), 0);
    let missing = Slots::find(code, &[c"getppid", c"no_such_function"]);
    assert_eq!(missing, Err(c"no_such_function"));
}
