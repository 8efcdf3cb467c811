//! JSON strings: text as it is, escapes resolved, the string table as one buffer.
#![forbid(unsafe_code)]

use std::io::Read;

use super::input::{Input, unexpected_byte};
use super::json::read_list;
use super::pipeline::Reading;
use crate::error::Error;
use crate::snapshot::strings::Strings;
use crate::snapshot::watch::CHECK_INTERVAL;

/// Reads the string table.
pub fn read_strings<R: Read>(
    input: &mut Input<R>,
    reading: &Reading<'_>,
) -> Result<Strings, Error> {
    let mut strings = Strings::default();
    match input.peek_token()? {
        Some(b'[') => {}
        found => return Err(input.unexpected(found, "'['")),
    }
    read_list(input, b']', |input| {
        read_string(input, strings.text_mut(), None)?;
        if u32::try_from(strings.len()).is_err() {
            return Err(Error::SnapshotTooLarge {
                section: input.section,
                offset: input.offset(),
                limit: u64::from(u32::MAX),
                found: "more strings".to_owned(),
            });
        }
        if strings.finish_string().index() % CHECK_INTERVAL == 0 {
            reading.report(input)?;
        }
        Ok(())
    })?;
    strings.shrink_to_fit();
    Ok(strings)
}

/// Adds the text of one string to `text`. `limit` is an offset that the string must not reach.
pub fn read_string<R: Read>(
    input: &mut Input<R>,
    text: &mut String,
    limit: Option<u64>,
) -> Result<(), Error> {
    input.expect(b'"', "a string")?;
    // A character that the end of a buffer cut in two.
    let mut cut = Vec::new();
    let mut lead = None;
    loop {
        let offset = input.offset();
        if limit.is_some_and(|limit| offset > limit) {
            return Err(Error::SnapshotTooLarge {
                section: input.section,
                offset,
                limit: limit.unwrap_or_default(),
                found: "a longer string".to_owned(),
            });
        }
        let bytes = input.available()?;
        let plain = bytes
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\')
            .unwrap_or(bytes.len());
        let stop = bytes.get(plain).copied();
        let is_end = bytes.is_empty();
        if plain > 0 || stop == Some(b'"') {
            push_lone_surrogate(text, &mut lead);
        }
        let pushed = push_utf8(text, &mut cut, &bytes[..plain]);
        if let Err((at, byte)) = pushed {
            return Err(not_utf8(input, at, byte));
        }
        input.consume(plain);
        if !cut.is_empty() && stop.is_some() {
            return Err(not_utf8(input, 0, cut[0]));
        }
        match stop {
            Some(b'"') => {
                input.consume(1);
                return Ok(());
            }
            Some(_) => read_escape(input, text, &mut lead)?,
            None if is_end => return Err(input.unexpected(None, "the end of a string")),
            None => {}
        }
    }
}

fn not_utf8<R: Read>(input: &Input<R>, at: usize, byte: u8) -> Error {
    let offset = input.offset() + at as u64;
    unexpected_byte(input.section, offset, "text in UTF-8", byte)
}

/// Adds bytes to `text`; keeps a character whose end is still to come in `cut`. Fails with the
/// position and value of a byte that is not UTF-8.
fn push_utf8(text: &mut String, cut: &mut Vec<u8>, mut bytes: &[u8]) -> Result<(), (usize, u8)> {
    let mut consumed = 0;
    while let (false, Some((&byte, rest))) = (cut.is_empty(), bytes.split_first()) {
        cut.push(byte);
        (bytes, consumed) = (rest, consumed + 1);
        match std::str::from_utf8(cut) {
            Ok(character) => {
                text.push_str(character);
                cut.clear();
            }
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return Err((consumed - 1, byte)),
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(all) => text.push_str(all),
        Err(error) => {
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            if error.error_len().is_some() {
                return Err((consumed + valid.len(), rest[0]));
            }
            text.push_str(std::str::from_utf8(valid).unwrap_or_default());
            cut.extend_from_slice(rest);
        }
    }
    Ok(())
}

/// Resolves one escape, backslash included. A surrogate without its partner, which JavaScript
/// strings may hold and UTF-8 may not, becomes U+FFFD; `lead` is the one that waits for its partner.
fn read_escape<R: Read>(
    input: &mut Input<R>,
    text: &mut String,
    lead: &mut Option<u16>,
) -> Result<(), Error> {
    input.consume(1);
    let escape = input.peek()?;
    let character = match escape {
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            input.consume(1);
            let unit = read_code_unit(input)?;
            push_code_unit(text, lead, unit);
            return Ok(());
        }
        found => return Err(input.unexpected(found, "a JSON escape")),
    };
    input.consume(1);
    push_lone_surrogate(text, lead);
    text.push(character);
    Ok(())
}

fn push_code_unit(text: &mut String, lead: &mut Option<u16>, unit: u16) {
    if let Some(high) = *lead
        && let Some(Ok(character)) = char::decode_utf16([high, unit]).next()
    {
        *lead = None;
        text.push(character);
        return;
    }
    push_lone_surrogate(text, lead);
    match char::from_u32(u32::from(unit)) {
        Some(character) => text.push(character),
        None if unit < 0xDC00 => *lead = Some(unit),
        None => text.push(char::REPLACEMENT_CHARACTER),
    }
}

fn push_lone_surrogate(text: &mut String, lead: &mut Option<u16>) {
    if lead.take().is_some() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
}

fn read_code_unit<R: Read>(input: &mut Input<R>) -> Result<u16, Error> {
    let mut unit = 0;
    for _ in 0..4 {
        let byte = input.peek()?;
        let Some(digit) = byte.and_then(|byte| char::from(byte).to_digit(16)) else {
            return Err(input.unexpected(byte, "a hexadecimal digit"));
        };
        unit = unit << 4 | digit as u16;
        input.consume(1);
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every character is cut in two.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn decode(json: &[u8]) -> Result<String, Error> {
        let mut whole = String::new();
        let mut dropwise = String::new();
        let result = read_string(&mut Input::new(json)?, &mut whole, None);
        let again = read_string(&mut Input::new(Drops(json))?, &mut dropwise, None);
        assert_eq!(result.is_ok(), again.is_ok());
        result?;
        assert_eq!(whole, dropwise);
        Ok(whole)
    }

    #[test]
    fn escapes_become_the_characters_they_stand_for() {
        let json = br#""a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00z""#;
        assert_eq!(
            decode(json).unwrap(),
            "a\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1F600}z"
        );
    }

    #[test]
    fn a_surrogate_without_its_partner_is_replaced() {
        for (json, text) in [
            (&br#""\ud83d""#[..], "\u{FFFD}"),
            (br#""\ude00x""#, "\u{FFFD}x"),
            (br#""\ud83d\ud83d\ude00""#, "\u{FFFD}\u{1F600}"),
            (br#""\ud83d\n""#, "\u{FFFD}\n"),
            (br#""\ud83dA""#, "\u{FFFD}A"),
        ] {
            assert_eq!(decode(json).unwrap(), text);
        }
    }

    #[test]
    fn text_beyond_ascii_survives_the_end_of_a_buffer() {
        assert_eq!(decode("\"ü€😀\"".as_bytes()).unwrap(), "ü€😀");
    }

    #[test]
    fn broken_strings_are_errors_at_the_broken_byte() {
        for (json, offset) in [
            (&b"\"ab"[..], 3),
            (b"\"a\\", 3),
            (b"\"\\x\"", 2),
            (b"\"\\u12g4\"", 5),
            (b"\"a\xFF\"", 2),
            (b"\"\xC3\"", 2),
        ] {
            match decode(json).unwrap_err() {
                Error::SnapshotSyntax { offset: at, .. }
                | Error::SnapshotTruncated { offset: at, .. } => assert_eq!(at, offset, "{json:?}"),
                other => panic!("{other}"),
            }
        }
    }
}
