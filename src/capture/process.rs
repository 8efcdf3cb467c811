//! A child process that is ours to watch, to kill and to reap: by its id, whatever the host does with its other
//! children.

use std::fmt;
use std::io;
use std::time::Duration;

/// A child; killed and reaped when dropped.
#[derive(Debug)]
pub struct Process {
    pid: libc::pid_t,
    ending: Option<Ending>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    Exit(i32),
    Signal(i32),
    /// Somebody else has reaped it, or the host ignores `SIGCHLD`.
    Unknown,
}

impl Process {
    /// A child of this process that nobody else watches.
    pub fn of(pid: libc::pid_t) -> Self {
        Self { pid, ending: None }
    }

    #[cfg(test)]
    pub fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// How it ended; `None` while it has not.
    pub fn try_reap(&mut self) -> Option<Ending> {
        self.wait(libc::WNOHANG)
    }

    /// Ends it at once, and waits until it has gone.
    pub fn kill(&mut self) -> Ending {
        if self.wait(libc::WNOHANG).is_none() {
            // SAFETY: it has not been reaped, so the id is still its own.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
        self.wait(0).unwrap_or(Ending::Unknown)
    }

    /// Processor time that it has used; `None` when it has gone.
    pub fn cpu_time(&self) -> Option<Duration> {
        let mut clock = 0;
        // SAFETY: `clock` is a place for the id of one.
        if unsafe { libc::clock_getcpuclockid(self.pid, &raw mut clock) } != 0 {
            return None;
        }
        let mut used = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `used` is a place for a time; an unknown clock is an error.
        if unsafe { libc::clock_gettime(clock, &raw mut used) } != 0 {
            return None;
        }
        let nanoseconds = u32::try_from(used.tv_nsec).ok()?;
        Some(Duration::new(u64::try_from(used.tv_sec).ok()?, nanoseconds))
    }

    fn wait(&mut self, options: libc::c_int) -> Option<Ending> {
        while self.ending.is_none() {
            let mut status = 0;
            // SAFETY: `status` is a place for it; the id is of a child that was not reaped here.
            match unsafe { libc::waitpid(self.pid, &raw mut status, options) } {
                0 => break,
                -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                -1 => self.ending = Some(Ending::Unknown),
                _ if libc::WIFSIGNALED(status) => {
                    self.ending = Some(Ending::Signal(libc::WTERMSIG(status)));
                }
                _ => self.ending = Some(Ending::Exit(libc::WEXITSTATUS(status))),
            }
        }
        self.ending
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "it exited with code {code}"),
            Self::Signal(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "it was ended by {name}"),
                None => write!(f, "it was ended by signal {signal}"),
            },
            Self::Unknown => write!(f, "somebody else learned how it ended"),
        }
    }
}

/// Those that a copy may meet.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGHUP => "SIGHUP",
        libc::SIGILL => "SIGILL",
        libc::SIGINT => "SIGINT",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGSYS => "SIGSYS",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        _ => return None,
    })
}
