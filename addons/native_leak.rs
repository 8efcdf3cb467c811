//! An addon that leaks, for `native-leak.test.js` alone: `hold(bytes)` keeps memory of its own for good, `pass(bytes)`
//! gives it back.

mod node_api;

use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::ptr;

use node_api::{Env, Value, export};

unsafe extern "C" {
    fn napi_get_cb_info(
        env: Env,
        info: *mut c_void,
        count: *mut usize,
        arguments: *mut Value,
        this: *mut Value,
        data: *mut *mut c_void,
    ) -> c_int;
    fn napi_get_value_uint32(env: Env, value: Value, number: *mut u32) -> c_int;
}

/// Memory that is in use: each byte is written.
fn block(env: Env, info: *mut c_void) -> Vec<u8> {
    let (mut count, mut argument, mut bytes) = (1, ptr::null_mut(), 0);
    let (this, data) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: Node calls with its own `info`, and there is room for one argument.
    let got = unsafe { napi_get_cb_info(env, info, &raw mut count, &raw mut argument, this, data) };
    // SAFETY: the argument is a value of this call.
    let read = unsafe { napi_get_value_uint32(env, argument, &raw mut bytes) };
    assert_eq!((got, read), (0, 0), "a number of bytes");
    black_box(vec![1; bytes as usize])
}

extern "C" fn hold(env: Env, info: *mut c_void) -> Value {
    std::mem::forget(block(env, info));
    ptr::null_mut()
}

extern "C" fn pass(env: Env, info: *mut c_void) -> Value {
    drop(block(env, info));
    ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn napi_register_module_v1(env: Env, exports: Value) -> Value {
    export(env, exports, &[(c"hold", hold), (c"pass", pass)])
}
