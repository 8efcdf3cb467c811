//! Finds the one monitor of the Node environment that calls, however often the package was loaded.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use napi::bindgen_prelude::*;

use crate::monitor::{Host, Mode, Monitor};
use crate::v8::Isolate;

thread_local! {
    /// Who watches which isolate of this thread. An index only: the environment's cleanup hook owns
    /// the monitor, and a thread runs one isolate but for exotic embedders.
    static MONITORS: RefCell<Vec<(usize, Weak<Monitor>)>> = const { RefCell::new(Vec::new()) };
}

/// The monitor of this environment; opened on the first call, with what `open` says.
pub fn monitor(env: &Env, open: impl FnOnce() -> Result<(Host, Mode)>) -> Result<Rc<Monitor>> {
    let isolate = current_isolate();
    if let Some(monitor) = find(isolate) {
        return Ok(monitor);
    }
    let (host, mode) = open()?;
    let monitor = Monitor::open(host, mode);
    let entry = (isolate, Rc::downgrade(&monitor));
    MONITORS.with_borrow_mut(|monitors| monitors.push(entry));
    env.add_env_cleanup_hook(monitor.clone(), move |monitor| {
        monitor.shut_down();
        MONITORS.with_borrow_mut(|monitors| monitors.retain(|(address, _)| *address != isolate));
    })?;
    Ok(monitor)
}

/// The monitor of this environment, if it was opened.
pub fn existing() -> Option<Rc<Monitor>> {
    find(current_isolate())
}

/// Zero where it cannot be told: there is one for all of the thread then.
fn current_isolate() -> usize {
    Isolate::current().map_or(0, |isolate| isolate.address())
}

fn find(isolate: usize) -> Option<Rc<Monitor>> {
    MONITORS.with_borrow(|monitors| {
        monitors
            .iter()
            .find(|(address, _)| *address == isolate)
            .and_then(|(_, monitor)| monitor.upgrade())
    })
}
