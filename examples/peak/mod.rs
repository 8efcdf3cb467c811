//! What a process held at most, as Linux tells it.

use std::error::Error;
use std::fs::read_to_string;

/// Peak of resident memory so far, in MiB.
pub fn peak_mb() -> Result<u64, Box<dyn Error>> {
    let status = read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no peak in the process status")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024)
}
