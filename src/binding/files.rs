//! Snapshot files as JavaScript asks for them.

use napi_derive::napi;

use crate::capture::{FilePlan, Place};
use crate::snapshot::StringText;

/// Where a file goes, and what it may be like: a path, or a folder for a name of ours.
#[napi(object, object_to_js = false)]
pub struct FileOptions {
    pub path: Option<String>,
    pub directory: String,
    pub strings: String,
    pub gzip: Option<bool>,
    pub max_files: Option<u32>,
    pub max_bytes: Option<f64>,
}

impl From<FileOptions> for FilePlan {
    fn from(options: FileOptions) -> Self {
        Self {
            place: match options.path {
                Some(path) => Place::File(path.into()),
                None => Place::Folder {
                    folder: options.directory.into(),
                    max_files: options.max_files.map(|files| files as usize),
                },
            },
            // Another name does not get here; what is not known tells least.
            strings: StringText::from_name(&options.strings).unwrap_or(StringText::None),
            gzip: options.gzip,
            max_bytes: options.max_bytes.map(|bytes| bytes as u64),
        }
    }
}
