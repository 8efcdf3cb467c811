//! What a copy does first: it must neither disturb the service nor hold anything of it but memory.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::time::Duration;

use super::frozen_copy::Orders;
use super::priority::Priority;

/// The highest signal.
const SIGNALS: libc::c_int = 64;
/// `ioprio_set` for one process; class "idle" in the upper bits.
const IOPRIO_WHO_PROCESS: libc::c_int = 1;
const IOPRIO_IDLE: libc::c_int = 3 << 13;

/// Sets the copy up. All signals are blocked until here.
///
/// # Errors
///
/// Whatever the system refuses; the copy must then end.
pub fn set_up(orders: &Orders, parent: libc::pid_t, keep: &[RawFd], null: RawFd) -> io::Result<()> {
    reset_signals();
    lower_limit(libc::RLIMIT_CORE, 0)?;
    // The kernel kills the copy, never the service, where memory runs out.
    fs::write("/proc/self/oom_score_adj", "1000")?;
    match orders.outlives_parent {
        Some(longest) => end_after(longest),
        None => end_with(parent)?,
    }
    yield_to_others(orders.priority);
    replace_descriptors(keep, null)?;
    if let Some(bytes) = orders.memory_limit_bytes {
        let limit = private_bytes()?.saturating_add(bytes);
        lower_limit(libc::RLIMIT_DATA, limit)?;
    }
    // The limit above does not hold where core files go to a program. From here on `/proc/self` is root's.
    checked(prctl(libc::PR_SET_DUMPABLE, 0))?;
    if let Some(locks) = orders.locks {
        // SAFETY: a fork leaves one thread, and nobody else shares its memory.
        unsafe { locks.disarm() }?;
    }
    Ok(())
}

/// Handlers of the service would act for it: libuv's writes to a pipe that both share.
fn reset_signals() {
    for signal in 1..=SIGNALS {
        let handler = match signal {
            // To be told by an error, of the pipe and of a file that is too large.
            libc::SIGPIPE | libc::SIGXFSZ => libc::SIG_IGN,
            _ => libc::SIG_DFL,
        };
        // Refused for SIGKILL, SIGSTOP and the two that glibc keeps for itself, which nobody can handle.
        // SAFETY: neither way of handling runs any code.
        unsafe { libc::signal(signal, handler) };
    }
    let none = empty_set();
    // SAFETY: the set is initialised, and the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut()) };
}

fn end_with(parent: libc::pid_t) -> io::Result<()> {
    checked(prctl(
        libc::PR_SET_PDEATHSIG,
        libc::SIGKILL as libc::c_ulong,
    ))?;
    // SAFETY: takes nothing.
    match unsafe { libc::getppid() } == parent {
        true => Ok(()),
        false => Err(io::Error::other("the parent has gone")),
    }
}

/// Nobody may be left to watch the copy. Who manages services ends what a dead one has left behind, first by a
/// request, which the copy refuses: it is about to be done.
fn end_after(longest: Duration) {
    for request in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        // SAFETY: no code runs.
        unsafe { libc::signal(request, libc::SIG_IGN) };
    }
    let seconds = libc::c_uint::try_from(longest.as_secs()).unwrap_or(libc::c_uint::MAX);
    // SAFETY: takes a number. The signal's handler is the default one, which ends the copy.
    unsafe { libc::alarm(seconds.max(1)) };
}

fn empty_set() -> libc::sigset_t {
    // SAFETY: a set is a plain array of bits.
    let mut set = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is a place for one.
    unsafe { libc::sigemptyset(&raw mut set) };
    set
}

/// Low priority for processor and disk. Not all systems permit it, and the copy may do without.
fn yield_to_others(priority: Priority) {
    let niceness = match priority {
        Priority::Lowest => 19,
        Priority::Low => 5,
    };
    let batch = libc::sched_param { sched_priority: 0 };
    // SAFETY: a plain system call about this process.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const batch) };
    // SAFETY: the same.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, niceness) };
    // SAFETY: the same.
    unsafe { libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) };
}

/// Sockets and files must be closed when the service closes them. What stands in their place takes what other
/// addons write in V8's callbacks: libuv ends the process where that fails.
fn replace_descriptors(keep: &[RawFd], null: RawFd) -> io::Result<()> {
    let mut open = Vec::new();
    {
        let listing = fs::read_dir("/proc/self/fd")?;
        for entry in listing {
            let name = entry?.file_name();
            let descriptor = name.to_str().and_then(|name| name.parse::<RawFd>().ok());
            open.extend(descriptor);
        }
    }
    for descriptor in open {
        if descriptor == null || keep.contains(&descriptor) {
            continue;
        }
        // SAFETY: of the descriptors that are replaced nothing in the copy uses any but as a place to write to.
        match unsafe { libc::dup2(null, descriptor) } {
            -1 => return Err(io::Error::last_os_error()),
            _ => continue,
        }
    }
    Ok(())
}

/// Bytes that count against `RLIMIT_DATA` now.
fn private_bytes() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages = text.split_whitespace().nth(5).and_then(|n| n.parse().ok());
    let pages: u64 = pages.ok_or_else(|| io::Error::other("statm has an unknown format"))?;
    Ok(pages * crate::v8::clock::page_bytes())
}

fn lower_limit(resource: libc::__rlimit_resource_t, limit: u64) -> io::Result<()> {
    let mut limits = limits_of(resource)?;
    limits.rlim_cur = limits.rlim_max.min(limit);
    limits.rlim_max = limits.rlim_cur;
    // SAFETY: the limits are initialised.
    checked(unsafe { libc::setrlimit(resource, &raw const limits) }).map(drop)
}

/// What this process may take of it.
pub fn limits_of(resource: libc::__rlimit_resource_t) -> io::Result<libc::rlimit> {
    let mut limits = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limits` is a place for them.
    checked(unsafe { libc::getrlimit(resource, &raw mut limits) })?;
    Ok(limits)
}

fn prctl(option: libc::c_int, value: libc::c_ulong) -> libc::c_int {
    // SAFETY: the options used here take a number.
    unsafe { libc::prctl(option, value, 0, 0, 0) }
}

/// What a system call answers, or why it failed.
pub fn checked(answer: libc::c_int) -> io::Result<libc::c_int> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

/// Blocks all signals of this thread until dropped, so that no handler runs in a copy.
pub struct BlockedSignals {
    before: libc::sigset_t,
}

impl BlockedSignals {
    pub fn all() -> Self {
        let mut all = empty_set();
        let mut before = empty_set();
        // SAFETY: the set is initialised.
        unsafe { libc::sigfillset(&raw mut all) };
        // SAFETY: both sets are initialised.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        Self { before }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set was filled in by `all`, and the old one is not asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

/// The descriptors of what the copy keeps.
pub fn kept(pipe: &impl AsRawFd, orders: &Orders) -> Vec<RawFd> {
    let file = orders.file.map(AsRawFd::as_raw_fd);
    file.into_iter().chain([pipe.as_raw_fd()]).collect()
}
