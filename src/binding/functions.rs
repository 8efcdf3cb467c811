//! Functions that need no monitor.

use std::fs;
use std::path::Path;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::async_work::{AsyncWork, promise};
use super::{Code, coded};
use crate::capture;
use crate::gc::{GcKind, Recording, Trigger};
use crate::{leak, monitor, report, units};

/// What the executable offers.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Capabilities {
    pub hooks: bool,
    pub statistics: bool,
    pub spaces: bool,
    pub full_gc: bool,
    pub near_heap_limit: bool,
    pub snapshot: bool,
    pub allocation_sampling: bool,
    pub background_capture: bool,
    pub background_capture_reason: Option<String>,
}

/// Writes a file that only its owner reads, whole or not at all; gives its path.
#[napi(catch_unwind, ts_return_type = "Promise<string>")]
pub fn write_private_file(path: String, text: String) -> AsyncTask<AsyncWork<String>> {
    promise(move || {
        let written = capture::write_whole(Path::new(&path), text.as_bytes())?;
        Ok(written.to_string_lossy().into())
    })
}

#[napi(catch_unwind)]
pub fn capabilities() -> Capabilities {
    let found = monitor::capabilities();
    let background_capture_reason = monitor::why_no_background_capture();
    Capabilities {
        hooks: found.hooks,
        statistics: found.statistics,
        spaces: found.spaces,
        full_gc: found.full_gc,
        near_heap_limit: found.near_heap_limit,
        snapshot: found.snapshot,
        allocation_sampling: found.allocation_sampling,
        background_capture: background_capture_reason.is_none(),
        background_capture_reason,
    }
}

/// Bytes of a text like `10 MB`; `null` when it is no size.
#[napi(catch_unwind)]
pub fn parse_bytes(text: String) -> Option<f64> {
    units::parse_bytes(&text).map(|bytes| bytes as f64)
}

/// What the numbers of kinds and triggers in [`stats_numbers`](super::events::stats_numbers) mean.
#[napi(object, object_from_js = false)]
pub struct Names {
    pub kinds: Vec<&'static str>,
    pub triggers: Vec<&'static str>,
}

#[napi(catch_unwind)]
pub fn names() -> Names {
    Names {
        kinds: GcKind::ALL.map(GcKind::name).to_vec(),
        triggers: Trigger::ALL.map(Trigger::name).to_vec(),
    }
}

/// The detectors that `configure` may name.
#[napi(catch_unwind)]
pub fn detectors() -> Vec<&'static str> {
    leak::DETECTORS.to_vec()
}

/// The report on a flight recording.
#[napi(catch_unwind)]
pub fn postmortem(path: String) -> Result<String, Code> {
    let path = Path::new(&path);
    let recording = Recording::parse(path, &read_file(path)?).map_err(coded)?;
    Ok(report::postmortem::postmortem(&recording))
}

/// The bytes of a file, whatever it is.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Code> {
    fs::read(path).map_err(|source| {
        coded(crate::error::Error::Io {
            action: "read",
            path: path.to_path_buf(),
            source,
        })
    })
}
