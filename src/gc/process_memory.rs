//! What the operating system says of this process: resident memory and the cgroup's limit.
#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Memory of the process outside V8's own books. `None` where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessMemory {
    pub rss_bytes: Option<u64>,
    /// The lowest limit on the way from the process's cgroup to the root.
    pub cgroup_limit_bytes: Option<u64>,
    /// `process.memoryUsage().arrayBuffers`, which only Node knows.
    pub array_buffer_bytes: Option<u64>,
}

/// A limit is seldom changed: it is read again after ten seconds.
const LIMIT_HOLDS_NS: u64 = 10_000_000_000;

/// Reads [`ProcessMemory`]. Finds its cgroup once, and keeps `/proc/self/statm` open.
#[derive(Debug)]
pub struct MemoryProbe {
    statm: Option<File>,
    page_bytes: u64,
    limit_files: Vec<PathBuf>,
    /// When it was read, and what it was.
    limit: Option<(u64, Option<u64>)>,
}

impl MemoryProbe {
    /// `page_bytes` is the unit of `/proc/self/statm`.
    pub fn new(page_bytes: u64) -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self {
            statm: File::open("/proc/self/statm").ok(),
            page_bytes,
            limit_files: limit_files(&own, Path::new("/sys/fs/cgroup")),
            limit: None,
        }
    }

    /// Memory at `now_ns` of the monotonic clock. One system call, and now and then some more for the
    /// limit.
    pub fn read(&mut self, now_ns: u64) -> ProcessMemory {
        let fresh = self
            .limit
            .filter(|(read_ns, _)| now_ns.saturating_sub(*read_ns) < LIMIT_HOLDS_NS);
        let (_, cgroup_limit_bytes) = *self
            .limit
            .insert(fresh.unwrap_or_else(|| (now_ns, lowest_limit(&self.limit_files))));
        ProcessMemory {
            rss_bytes: self.rss_pages().map(|pages| pages * self.page_bytes),
            cgroup_limit_bytes,
            array_buffer_bytes: None,
        }
    }

    fn rss_pages(&self) -> Option<u64> {
        let mut text = [0; 128];
        let length = read_from_start(self.statm.as_ref()?, &mut text)?;
        let text = std::str::from_utf8(&text[..length]).ok()?;
        text.split_whitespace().nth(1)?.parse().ok()
    }
}

#[cfg(unix)]
fn read_from_start(file: &File, text: &mut [u8]) -> Option<usize> {
    std::os::unix::fs::FileExt::read_at(file, text, 0).ok()
}

#[cfg(not(unix))]
fn read_from_start(_: &File, _: &mut [u8]) -> Option<usize> {
    None
}

fn lowest_limit(files: &[PathBuf]) -> Option<u64> {
    files
        .iter()
        .filter_map(|file| parse_limit(&fs::read_to_string(file).ok()?))
        .min()
}

/// Bytes that this process may still take: what the system has left, or its cgroup if that is less.
///
/// `None` where the system does not say.
pub fn headroom_bytes(memory: &ProcessMemory) -> Option<u64> {
    let cgroup = memory
        .cgroup_limit_bytes
        .map(|limit| limit.saturating_sub(memory.rss_bytes.unwrap_or(0)));
    let system = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| available_bytes(&text));
    [cgroup, system].into_iter().flatten().min()
}

fn available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The limit files of a process, from its own cgroup up to the root, that exist.
///
/// `own` is `/proc/self/cgroup`: lines of `id:controllers:path`; version 2 has one line `0::path`,
/// version 1 one line a controller. Inside a container the path may not be visible: the mount's root
/// is then the container's own group.
fn limit_files(own: &str, mount: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => (mount.to_path_buf(), "memory.max"),
            list if list.split(',').any(|one| one == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = root.join(path.trim_start_matches('/'));
        files.extend(
            group
                .ancestors()
                .take_while(|folder| folder.starts_with(&root))
                .map(|folder| folder.join(file))
                .filter(|file| file.exists()),
        );
    }
    files
}

/// `max` (version 2) and values near 2^63 (version 1) mean that there is no limit.
fn parse_limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes| *bytes < 1 << 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cgroup(files: &[(&str, &str)]) -> PathBuf {
        let name = format!(
            "memwatch-cgroup-{}-{}",
            std::process::id(),
            files[0].0.replace('/', "_")
        );
        let mount = std::env::temp_dir().join(name);
        for (file, text) in files {
            let file = mount.join(file);
            fs::create_dir_all(file.parent().expect("has a parent")).expect("create a folder");
            fs::write(file, text).expect("write a file");
        }
        mount
    }

    fn limit(own: &str, mount: &Path) -> Option<u64> {
        lowest_limit(&limit_files(own, mount))
    }

    #[test]
    fn version_2_takes_the_lowest_limit_on_the_way_up() {
        let mount = cgroup(&[("a/memory.max", "1000\n"), ("a/b/memory.max", "max\n")]);
        assert_eq!(limit("0::/a/b\n", &mount), Some(1000));
        assert_eq!(limit("0::/elsewhere\n", &mount), None);
    }

    #[test]
    fn version_1_reads_the_memory_controller() {
        let mount = cgroup(&[
            ("memory/x/memory.limit_in_bytes", "2048\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        let own = "12:cpu,cpuacct:/x\n9:memory:/x\n0::/x\n";
        assert_eq!(limit(own, &mount), Some(2048));
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_root() {
        let mount = cgroup(&[("memory.max", "4096\n")]);
        assert_eq!(limit("0::/docker/not-visible-here\n", &mount), Some(4096));
    }

    #[test]
    fn the_nearer_limit_is_the_headroom() {
        assert_eq!(
            available_bytes("MemTotal: 9 kB\nMemAvailable:   2 kB\n"),
            Some(2048)
        );
        assert_eq!(available_bytes("MemTotal: 9 kB\n"), None);
        let memory = ProcessMemory {
            rss_bytes: Some(400),
            cgroup_limit_bytes: Some(1000),
            array_buffer_bytes: None,
        };
        assert_eq!(headroom_bytes(&memory), Some(600));
    }

    #[test]
    fn a_limit_is_read_again_after_a_while() {
        let mount = cgroup(&[("again/memory.max", "1000")]);
        let mut probe = MemoryProbe::new(4096);
        probe.limit_files = limit_files("0::/again\n", &mount);
        assert_eq!(probe.read(5).cgroup_limit_bytes, Some(1000));
        fs::write(mount.join("again/memory.max"), "2000").expect("written");
        assert_eq!(probe.read(6).cgroup_limit_bytes, Some(1000));
        assert_eq!(
            probe.read(5 + LIMIT_HOLDS_NS).cgroup_limit_bytes,
            Some(2000)
        );
    }
}
