//! The two clocks of a record, which are read without a system call, and that of a thread's work.

/// Monotonic nanoseconds with the origin of `process.hrtime`.
#[cfg(unix)]
pub fn monotonic_ns() -> u64 {
    nanoseconds(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds for which this thread has had a processor.
#[cfg(unix)]
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The time that has passed, which is at least as much.
#[cfg(not(unix))]
pub fn thread_cpu_ns() -> u64 {
    monotonic_ns()
}

#[cfg(unix)]
fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both clocks exist on every Unix and `now` is a valid place to write to.
    unsafe { libc::clock_gettime(clock, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Without a shared origin: only differences mean something.
#[cfg(not(unix))]
pub fn monotonic_ns() -> u64 {
    use std::time::Instant;
    static ORIGIN: once_cell::sync::Lazy<Instant> = once_cell::sync::Lazy::new(Instant::now);
    ORIGIN.elapsed().as_nanos() as u64
}

/// Microseconds since 1970.
#[cfg(unix)]
pub fn unix_us() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as in `nanoseconds`, whose code is also what the caches hold after a collection.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &mut now) };
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1000
}

#[cfg(not(unix))]
pub fn unix_us() -> u64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64)
}

/// Bytes of a memory page, the unit of `/proc/self/statm`.
pub fn page_bytes() -> u64 {
    #[cfg(unix)]
    {
        // SAFETY: asks for a constant of the system.
        u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }
    #[cfg(not(unix))]
    4096
}
