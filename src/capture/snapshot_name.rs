//! What snapshot files are called that nobody gave a name: `heap-<pid>-<time>.heapsnapshot`, or the same with
//! `.gz`. By these names, and by nothing else, old ones are known that may be removed.
#![forbid(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What each digit of a time stands for; other characters stand for themselves.
const TIME: &str = "00000000T000000-000Z";

pub fn snapshot_name(pid: u32, now: SystemTime, gzip: bool) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let suffix = if gzip { ".gz" } else { "" };
    format!("heap-{pid}-{}.heapsnapshot{suffix}", time(since))
}

/// When a file of such a name was written, as text that sorts by time; none when it has another name.
pub fn time_in_name(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let rest = name.strip_prefix("heap-")?.strip_suffix(".heapsnapshot")?;
    let (pid, time) = rest.split_once('-')?;
    let is_pid = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = time.len() == TIME.len()
        && time
            .bytes()
            .zip(TIME.bytes())
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            });
    (is_pid && is_time).then_some(time)
}

/// UTC, like `20260131T235959-999Z`.
fn time(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let of_day = seconds % 86_400;
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}-{:03}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60,
        since_1970.subsec_millis()
    )
}

/// The Gregorian date, from days since 1970.
fn date(mut days: u64) -> (u64, usize, u64) {
    let mut year = 1970;
    loop {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if is_leap { 29 } else { 28 };
        for (at, length) in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            .into_iter()
            .enumerate()
        {
            if days < length {
                return (year, at + 1, days + 1);
            }
            days -= length;
        }
        year += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_at(seconds: u64, gzip: bool) -> String {
        snapshot_name(
            42,
            UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 7),
            gzip,
        )
    }

    #[test]
    fn the_name_tells_process_and_time() {
        // As `date -u -d @…` has them.
        for (seconds, expected) in [
            (0, "19700101T000000"),
            (951_782_400, "20000229T000000"),
            (1_798_761_599, "20261231T235959"),
            (4_107_542_400, "21000301T000000"),
        ] {
            assert_eq!(
                name_at(seconds, false),
                format!("heap-42-{expected}-007Z.heapsnapshot")
            );
        }
        assert_eq!(
            name_at(0, true),
            "heap-42-19700101T000000-007Z.heapsnapshot.gz"
        );
    }

    #[test]
    fn only_such_names_are_known() {
        for gzip in [false, true] {
            assert_eq!(
                time_in_name(&name_at(0, gzip)),
                Some("19700101T000000-007Z")
            );
        }
        for name in [
            "heap-42-19700101T000000-007Z.heapsnapshot.tmp",
            "heap-42-19700101T000000-007Z.heapsnapshot.42.tmp",
            "heap--19700101T000000-007Z.heapsnapshot",
            "heap-4a-19700101T000000-007Z.heapsnapshot",
            "heap-42-19700101T000000.heapsnapshot",
            "heap-42-1970010xT000000-007Z.heapsnapshot",
            "my-heap-42-19700101T000000-007Z.heapsnapshot",
            "Heap-20260101.120000.42.0.001.heapsnapshot",
            "heapdump-42.7.heapsnapshot",
            "heap-42-",
        ] {
            assert_eq!(time_in_name(name), None, "{name}");
        }
    }
}
