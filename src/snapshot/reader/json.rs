//! Small JSON values: the header as a tree, everything that is not needed stepped over.
#![forbid(unsafe_code)]

use std::io::Read;

use super::input::{Input, is_blank};
use super::text::read_string;
use crate::error::Error;

/// The header of every snapshot seen is below 3 KB; one of this size is not from V8.
const MAX_VALUE_BYTES: u64 = 1 << 20;
/// V8 nests the header four deep.
const MAX_DEPTH: usize = 16;

/// A JSON value of which numbers matter only where they are whole and positive.
#[derive(Debug)]
pub enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Text(String),
    Whole(u64),
    /// `true`, `false`, `null` and all other numbers.
    Other,
}

impl Json {
    /// The member of an object.
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_whole(&self) -> Option<u64> {
        match self {
            Self::Whole(value) => Some(*value),
            _ => None,
        }
    }
}

/// Reads one value as a tree. Recursive, to a small fixed depth.
pub fn read_value<R: Read>(input: &mut Input<R>) -> Result<Json, Error> {
    let limit = input.offset() + MAX_VALUE_BYTES;
    read_nested(input, limit, MAX_DEPTH)
}

fn read_nested<R: Read>(input: &mut Input<R>, limit: u64, depth: usize) -> Result<Json, Error> {
    let token = input.peek_token()?;
    if input.offset() > limit || depth == 0 {
        return Err(Error::SnapshotTooLarge {
            section: input.section,
            offset: input.offset(),
            limit: MAX_VALUE_BYTES,
            found: "a longer or deeper value".to_owned(),
        });
    }
    match token {
        Some(b'{') => {
            let mut members = Vec::new();
            read_list(input, b'}', |input| {
                let mut key = String::new();
                read_string(input, &mut key, Some(limit))?;
                input.expect(b':', "':'")?;
                members.push((key, read_nested(input, limit, depth - 1)?));
                Ok(())
            })?;
            Ok(Json::Object(members))
        }
        Some(b'[') => {
            let mut items = Vec::new();
            read_list(input, b']', |input| {
                items.push(read_nested(input, limit, depth - 1)?);
                Ok(())
            })?;
            Ok(Json::Array(items))
        }
        Some(b'"') => {
            let mut text = String::new();
            read_string(input, &mut text, Some(limit))?;
            Ok(Json::Text(text))
        }
        _ => read_scalar(input),
    }
}

/// Reads what stands between a bracket and its `close`, one item at a time.
pub fn read_list<R: Read>(
    input: &mut Input<R>,
    close: u8,
    mut read_item: impl FnMut(&mut Input<R>) -> Result<(), Error>,
) -> Result<(), Error> {
    input.consume(1);
    if input.peek_token()? == Some(close) {
        input.consume(1);
        return Ok(());
    }
    loop {
        read_item(input)?;
        match input.peek_token()? {
            Some(b',') => input.consume(1),
            Some(found) if found == close => {
                input.consume(1);
                return Ok(());
            }
            found => return Err(input.unexpected(found, "',' or the closing bracket")),
        }
        input.peek_token()?;
    }
}

fn read_scalar<R: Read>(input: &mut Input<R>) -> Result<Json, Error> {
    let mut word = Vec::new();
    while let Some(byte) = input.peek()? {
        if is_blank(byte) || matches!(byte, b',' | b']' | b'}') || word.len() > 32 {
            break;
        }
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            break;
        }
        word.push(byte);
        input.consume(1);
    }
    let text = String::from_utf8_lossy(&word);
    if let Ok(value) = text.parse::<u64>() {
        return Ok(Json::Whole(value));
    }
    if text.parse::<f64>().is_ok() || matches!(&*text, "true" | "false" | "null") {
        return Ok(Json::Other);
    }
    let found = input.peek()?;
    Err(input.unexpected(found, "a value"))
}

/// Steps over one value of any size and depth: `trace_tree` is as deep as the program's calls.
pub fn skip_value<R: Read>(input: &mut Input<R>) -> Result<(), Error> {
    let mut depth = 0u64;
    loop {
        match input.peek_token()? {
            Some(b'"') => skip_string(input)?,
            Some(b'{' | b'[') => {
                depth += 1;
                input.consume(1);
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                input.consume(1);
            }
            Some(b',' | b':') if depth > 0 => input.consume(1),
            Some(_) => {
                read_scalar(input)?;
            }
            None => return Err(input.unexpected(None, "the rest of a value")),
        }
        if depth == 0 {
            return Ok(());
        }
    }
}

fn skip_string<R: Read>(input: &mut Input<R>) -> Result<(), Error> {
    input.consume(1);
    loop {
        match input.next()? {
            Some(b'"') => return Ok(()),
            Some(b'\\') => {
                input.next()?;
            }
            Some(_) => {}
            None => return Err(input.unexpected(None, "the end of a string")),
        }
    }
}
