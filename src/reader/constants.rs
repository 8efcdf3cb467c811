//! V8's postmortem metadata: integers that the executable exports as `v8dbg_…` for debuggers.

use std::ffi::{CStr, CString, c_char};

use super::failure::Unreadable;

/// The constant of this name, without `v8dbg_`.
pub fn find(name: &str) -> Option<usize> {
    let symbol = CString::new(format!("v8dbg_{name}")).ok()?;
    // SAFETY: the name ends with a null.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, symbol.as_ptr()) };
    if address.is_null() {
        return None;
    }
    // SAFETY: each of these constants is an `int`.
    let value = unsafe { *address.cast::<i32>() };
    usize::try_from(value).ok()
}

/// The first of these that is there: V8 has renamed some over time.
pub fn first_of(names: &[&str]) -> Result<usize, Unreadable> {
    names
        .iter()
        .find_map(|name| find(name))
        .ok_or_else(|| Unreadable::new(format!("v8dbg_{} is not exported", names[0])))
}

/// The version of the running V8, like `11.3.244.8-node.38`.
pub fn v8_version() -> Option<String> {
    // SAFETY: the name ends with a null.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_ZN2v82V810GetVersionEv".as_ptr()) };
    if address.is_null() {
        return None;
    }
    // SAFETY: `v8::V8::GetVersion` takes nothing and gives a string that stays.
    let version: unsafe extern "C" fn() -> *const c_char = unsafe { std::mem::transmute(address) };
    // SAFETY: the same.
    let text = unsafe { CStr::from_ptr(version()) };
    text.to_str().ok().map(str::to_owned)
}
