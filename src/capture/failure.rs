//! Why a copy has no result, as it is sent to the parent.
#![forbid(unsafe_code)]

use std::any::Any;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A failure on its way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Failure {
    /// V8 cannot be reached or read.
    Unsupported {
        why: String,
    },
    /// The file took no more: the system's number of the error.
    Write {
        path: PathBuf,
        errno: Option<i32>,
    },
    /// The file may not be as large as it would be.
    TooLarge {
        path: PathBuf,
        limit_bytes: u64,
    },
    /// A bug of ours.
    Panic {
        message: String,
    },
    Other {
        message: String,
    },
}

impl Failure {
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a vector takes all")
    }

    pub fn decode(bytes: &[u8]) -> Self {
        postcard::from_bytes(bytes).unwrap_or_else(|error| Self::Other {
            message: format!("its failure cannot be read: {error}"),
        })
    }

    /// What a panic carried.
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::Panic {
            message: message.unwrap_or_else(|| "no message".into()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unsupported { what, why } => Self::Unsupported {
                why: format!("{what} is not available: {why}"),
            },
            Error::Io { path, source, .. } => Self::Write {
                path,
                errno: source.raw_os_error(),
            },
            Error::FileTooLarge { path, limit_bytes } => Self::TooLarge { path, limit_bytes },
            other => Self::Other {
                message: other.to_string(),
            },
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unsupported { why } => Self::Unsupported {
                what: "background capture",
                why,
            },
            Failure::Write { path, errno } => Self::Io {
                action: "write",
                path,
                source: errno.map_or_else(
                    || io::ErrorKind::WriteZero.into(),
                    io::Error::from_raw_os_error,
                ),
            },
            Failure::TooLarge { path, limit_bytes } => Self::FileTooLarge { path, limit_bytes },
            Failure::Panic { message } => Self::CaptureDied {
                how: format!("it panicked, which is a bug: {message}"),
                may_retry: false,
            },
            Failure::Other { message } => Self::CaptureDied {
                how: message,
                may_retry: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_arrives_as_the_error_that_it_was() {
        let arrived = |error: Error| Error::from(Failure::decode(&Failure::from(error).encode()));
        let full = arrived(Error::Io {
            action: "write",
            path: "/a/b".into(),
            source: io::Error::from_raw_os_error(28),
        });
        assert_eq!(full.code(), "ERR_MEMWATCH_IO");
        assert!(full.to_string().contains("/a/b"), "{full}");
        assert!(full.to_string().contains("No space left"), "{full}");
        let large = arrived(Error::FileTooLarge {
            path: "/a/b".into(),
            limit_bytes: 7,
        });
        assert_eq!(large.code(), "ERR_MEMWATCH_FILE_TOO_LARGE");
        let missing = arrived(Error::Unsupported {
            what: "V8",
            why: "not there".into(),
        });
        assert_eq!(missing.code(), "ERR_MEMWATCH_UNSUPPORTED");
        let other = arrived(Error::DiffEnded);
        assert_eq!(other.code(), "ERR_MEMWATCH_CAPTURE_DIED");
        assert_eq!(Error::from(Failure::decode(&[99])).code(), other.code());
    }
}
