//! What no background capture can go below: a fork of the process with V8's pages in it, whose copy ends at once.
//! An addon for `benches/capture.js` alone: `prepare()` reads which mappings a fork leaves out, `fork()` forks.

mod node_api;

use std::ffi::{c_int, c_void};
use std::fs;
use std::ptr;
use std::sync::Mutex;
use std::thread;

use node_api::{Env, Value, export};

/// Starts and lengths.
static LEFT_OUT: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

extern "C" fn prepare(_: Env, _: *mut c_void) -> Value {
    let smaps = fs::read_to_string("/proc/self/smaps").expect("Linux describes its mappings");
    let mut left_out: Vec<(usize, usize)> = Vec::new();
    let mut mapping = (0, 0);
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            let has = |wanted| flags.split(' ').any(|flag| flag == wanted);
            if !has("dc") || has("io") {
                continue;
            }
            match left_out.last_mut() {
                Some((start, bytes)) if *start + *bytes == mapping.0 => *bytes += mapping.1,
                _ => left_out.push(mapping),
            }
        } else if let Some((start, end)) = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'))
        {
            let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16));
            let (start, end) = (start.expect("an address"), end.expect("an address"));
            mapping = (start, end - start);
        }
    }
    *LEFT_OUT.lock().expect("one thread") = left_out;
    ptr::null_mut()
}

extern "C" fn fork(_: Env, _: *mut c_void) -> Value {
    let left_out = LEFT_OUT.lock().expect("one thread");
    advise(&left_out, libc::MADV_DOFORK);
    // SAFETY: the copy ends at once.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: takes a number.
        unsafe { libc::_exit(0) };
    }
    advise(&left_out, libc::MADV_DONTFORK);
    assert!(pid > 0, "the system gives no process");
    // SAFETY: the child is ours, and its status is not asked for.
    thread::spawn(move || unsafe { libc::waitpid(pid, ptr::null_mut(), 0) });
    ptr::null_mut()
}

fn advise(ranges: &[(usize, usize)], advice: c_int) {
    for &(start, bytes) in ranges {
        // SAFETY: whether a fork copies a range changes nothing for this process.
        unsafe { libc::madvise(start as *mut c_void, bytes, advice) };
    }
}

#[unsafe(no_mangle)]
extern "C" fn napi_register_module_v1(env: Env, exports: Value) -> Value {
    export(env, exports, &[(c"prepare", prepare), (c"fork", fork)])
}
