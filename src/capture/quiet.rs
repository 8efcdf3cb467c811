//! Waits until the other threads of the process rest. A copy made while V8's helpers sweep or mark waits for ever
//! for the part that they were at, as soon as V8 collects in it: of 13 copies made near the heap limit, right after a
//! full collection, two did, and of 25 of a program that had just made 100,000 objects 14; after such a wait none of 16
//! and none of 20.
#![forbid(unsafe_code)]

use std::fs;
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(1);
/// So often in a row nobody may be at work: who waits for a lock is so for a moment.
const LOOKS: u32 = 3;

/// Waits for that, `longest` at most: threads of the service may never rest.
pub fn wait_for_quiet(longest: Duration) {
    let began = Instant::now();
    let mut quiet = 0;
    while quiet < LOOKS && began.elapsed() < longest {
        sleep(LOOK_EVERY);
        // One that cannot be looked at has ended.
        quiet = match workers() {
            Ok(0) => quiet + 1,
            _ => 0,
        };
    }
}

/// How many threads run or want to, besides the one that asks.
fn workers() -> io::Result<usize> {
    let own = fs::read_link("/proc/thread-self")?;
    let mut workers = 0;
    for entry in fs::read_dir("/proc/self/task")? {
        let entry = entry?;
        if Some(entry.file_name().as_os_str()) == own.file_name() {
            continue;
        }
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        workers += usize::from(is_at_work(&stat));
    }
    Ok(workers)
}

/// The state stands behind the name in parentheses, which may hold any text.
fn is_at_work(stat: &str) -> bool {
    let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
    state.is_some_and(|state| state.starts_with(['R', 'D']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_at_work_while_it_runs_or_waits_for_a_disk() {
        assert!(is_at_work("7 (node) R 1 7"));
        assert!(is_at_work("7 (a) S (b) D 1 7"));
        assert!(!is_at_work("7 (R) S 1 7"));
        assert!(!is_at_work(""));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_works_is_waited_for_no_longer_than_allowed() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            wait_for_quiet(Duration::from_millis(20));
            assert!(workers().expect("Linux lists threads") > 0);
            is_over.store(true, Ordering::Relaxed);
        });
    }
}
