//! What a copy says to its parent through the pipe: a kind, a length, the bytes.
#![forbid(unsafe_code)]

use std::io::{self, Write};

/// Kind and length.
const HEADER_BYTES: usize = 5;
const PROGRESS: u8 = 1;
const RESULT: u8 = 2;
const FAILURE: u8 = 3;

/// One message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// Percent of the work that is done.
    Progress(u8),
    /// What the copy was made for.
    Result(Vec<u8>),
    /// Why there will be no result.
    Failure(Vec<u8>),
}

impl Frame {
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (kind, payload) = match self {
            Self::Progress(percent) => (PROGRESS, std::slice::from_ref(percent)),
            Self::Result(payload) => (RESULT, payload.as_slice()),
            Self::Failure(payload) => (FAILURE, payload.as_slice()),
        };
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut header = [kind; HEADER_BYTES];
        header[1..].copy_from_slice(&length.to_le_bytes());
        to.write_all(&header)?;
        to.write_all(payload)
    }
}

/// Frames as they arrive, in whatever pieces. Holds no more than has arrived.
#[derive(Debug, Default)]
pub struct Frames {
    arrived: Vec<u8>,
}

impl Frames {
    pub fn push(&mut self, bytes: &[u8]) {
        self.arrived.extend_from_slice(bytes);
    }

    /// The next whole frame.
    ///
    /// # Errors
    ///
    /// What no copy of ours says.
    pub fn next(&mut self) -> io::Result<Option<Frame>> {
        let Some((header, rest)) = self.arrived.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [kind, length @ ..] = *header;
        let length = u32::from_le_bytes(length) as usize;
        if !matches!((kind, length), (PROGRESS, 1) | (RESULT | FAILURE, _)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the pipe carries something else",
            ));
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = match kind {
            PROGRESS => Frame::Progress(payload[0]),
            RESULT => Frame::Result(payload.to_vec()),
            _ => Frame::Failure(payload.to_vec()),
        };
        self.arrived.drain(..HEADER_BYTES + length);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_arrive_whole_however_they_are_cut() {
        let sent = [
            Frame::Progress(7),
            Frame::Result(vec![1; 300]),
            Frame::Failure(Vec::new()),
        ];
        let mut bytes = Vec::new();
        for frame in &sent {
            frame.write(&mut bytes).expect("a vector takes all");
        }
        for piece in [1, 2, 5, 6, 300, bytes.len()] {
            let mut frames = Frames::default();
            let mut arrived = Vec::new();
            for part in bytes.chunks(piece) {
                frames.push(part);
                while let Some(frame) = frames.next().expect("well formed") {
                    arrived.push(frame);
                }
            }
            assert_eq!(arrived, sent, "pieces of {piece}");
        }
    }

    #[test]
    fn something_else_is_an_error_and_reserves_nothing() {
        for bytes in [[9, 0, 0, 0, 0], [PROGRESS, 255, 255, 255, 255]] {
            let mut frames = Frames::default();
            frames.push(&bytes);
            assert!(frames.next().is_err());
        }
        let mut frames = Frames::default();
        frames.push(&[RESULT, 255, 255, 255, 255]);
        assert_eq!(frames.next().expect("may still come"), None);
        assert!(frames.arrived.capacity() < 100);
    }
}
