//! Bytes and durations as people write and read them; 1 kb is 1024 bytes, as memwatch always had it.
#![forbid(unsafe_code)]

/// Reads `"10 MB"`, `"1.5gb"`, `"512 KiB"` or `"4096"` as a number of bytes.
///
/// `None` when the text is not a positive size that a 53-bit integer can hold.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let unit_at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit.trim() {
        "" | "b" | "byte" | "bytes" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => (1u64 << 20) as f64,
        "g" | "gb" | "gib" => (1u64 << 30) as f64,
        "t" | "tb" | "tib" => (1u64 << 40) as f64,
        _ => return None,
    };
    let bytes = (number.parse::<f64>().ok()? * scale).round();
    // 2^53: what a JavaScript number holds exactly.
    (1.0..=9_007_199_254_740_992.0)
        .contains(&bytes)
        .then_some(bytes as u64)
}

/// Writes a size as memwatch prints it: `12.34 mb`, `-2.07 kb`, `67 bytes`; never in gigabytes.
pub fn format_bytes(bytes: f64) -> String {
    let (scale, unit) = match bytes.abs() {
        size if size > 1_048_576.0 => (1_048_576.0, "mb"),
        size if size > 1024.0 => (1024.0, "kb"),
        _ => (1.0, "bytes"),
    };
    format!("{} {unit}", rounded(bytes / scale))
}

/// Writes a duration as memwatch prints it: `1h 2m 3s`, `20s`.
pub fn format_duration(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h "));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}m "));
    }
    text.push_str(&format!("{}s", seconds % 60));
    text
}

/// `1 capture`, `2 captures`.
pub fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// Two decimals at most; `Display` leaves out trailing zeros, as a C++ stream does.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_every_common_spelling() {
        for (text, bytes) in [
            ("10 MB", 10 << 20),
            ("10mb", 10 << 20),
            ("1.5 GiB", 3 << 29),
            ("512k", 512 << 10),
            (" 4096 ", 4096),
            ("7 bytes", 7),
        ] {
            assert_eq!(parse_bytes(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_positive_size_is_refused() {
        for text in [
            "",
            "MB",
            "-1 MB",
            "0",
            "1 XB",
            "1e3",
            "1.2.3 kb",
            "99999999 TB",
            "NaN",
        ] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_written_as_memwatch_writes_them() {
        assert_eq!(format_bytes(1_869_904.0), "1.78 mb");
        assert_eq!(format_bytes(-2120.0), "-2.07 kb");
        assert_eq!(format_bytes(1024.0), "1024 bytes");
        assert_eq!(format_bytes(0.0), "0 bytes");
    }

    #[test]
    fn durations_leave_out_what_is_zero() {
        assert_eq!(format_duration(20), "20s");
        assert_eq!(format_duration(3723), "1h 2m 3s");
        assert_eq!(format_duration(3600), "1h 0s");
    }
}
