//! Whether this process can be captured in the background, and if not, why.

use std::fs::File;

use once_cell::sync::Lazy;

use super::locks::{LOCK_FUNCTIONS, Slots};
use crate::error::Error;
use crate::v8::Symbols;

static SUPPORT: Lazy<Result<Slots, String>> = Lazy::new(look);

/// V8's locks, without which a copy cannot work.
///
/// # Errors
///
/// [`Error::Unsupported`] with the reason.
pub fn support() -> Result<&'static Slots, Error> {
    SUPPORT.as_ref().map_err(|why| Error::Unsupported {
        what: "background capture",
        why: why.clone(),
    })
}

fn look() -> Result<Slots, String> {
    if cfg!(not(all(target_os = "linux", target_env = "gnu"))) {
        return Err("it takes Linux with glibc".into());
    }
    let code = Symbols::get().snapshot_code();
    let code = code.ok_or("the executable does not export v8::HeapProfiler")?;
    File::open("/proc/self/smaps").map_err(|error| format!("/proc/self/smaps: {error}"))?;
    Slots::find(code, &LOCK_FUNCTIONS)
        .map_err(|name| format!("V8 does not call {} as it should", name.to_string_lossy()))
}
