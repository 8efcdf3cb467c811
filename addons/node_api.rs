//! As much of Node-API as these addons share: functions in, exports out.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

pub type Env = *mut c_void;
pub type Value = *mut c_void;
pub type Callback = extern "C" fn(Env, *mut c_void) -> Value;

unsafe extern "C" {
    fn napi_create_function(
        env: Env,
        name: *const c_char,
        length: usize,
        callback: Callback,
        data: *mut c_void,
        function: *mut Value,
    ) -> c_int;
    fn napi_set_named_property(env: Env, object: Value, name: *const c_char, value: Value)
    -> c_int;
}

/// Adds functions to what the module exports; gives that back.
pub fn export(env: Env, exports: Value, functions: &[(&CStr, Callback)]) -> Value {
    for (name, callback) in functions {
        let mut function = ptr::null_mut();
        let (text, length) = (name.as_ptr(), name.count_bytes());
        let data = ptr::null_mut();
        // SAFETY: the environment is Node's, and `function` is a place for a value.
        let made =
            unsafe { napi_create_function(env, text, length, *callback, data, &raw mut function) };
        assert_eq!(made, 0, "Node makes functions");
        // SAFETY: both are values of this environment.
        let set = unsafe { napi_set_named_property(env, exports, text, function) };
        assert_eq!(set, 0, "exports take properties");
    }
    exports
}
