//! Core functions that run off the event loop and settle a promise, with the core's codes on errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::*;

use super::{Code, coded};
use crate::error;

type Work<T> = Box<dyn FnOnce() -> std::result::Result<T, error::Error> + Send>;

/// A promise in the making.
pub struct AsyncWork<T> {
    work: Option<Work<T>>,
    settle: fn(&T, &Env) -> Result<()>,
}

/// Runs `work` on a thread of libuv's pool.
pub fn promise<T>(
    work: impl FnOnce() -> std::result::Result<T, error::Error> + Send + 'static,
) -> AsyncTask<AsyncWork<T>>
where
    T: ToNapiValue + TypeName + Send + 'static,
{
    promise_settled(work, |_, _| Ok(()))
}

/// The same, and has `settle` see the result on JavaScript's thread.
pub fn promise_settled<T>(
    work: impl FnOnce() -> std::result::Result<T, error::Error> + Send + 'static,
    settle: fn(&T, &Env) -> Result<()>,
) -> AsyncTask<AsyncWork<T>>
where
    T: ToNapiValue + TypeName + Send + 'static,
{
    let work: Work<T> = Box::new(work);
    AsyncTask::new(AsyncWork {
        work: Some(work),
        settle,
    })
}

impl<T: ToNapiValue + TypeName + Send + 'static> Task for AsyncWork<T> {
    type Output = std::result::Result<T, Error<Code>>;
    type JsValue = T;

    fn compute(&mut self) -> Result<Self::Output> {
        let work = self.work.take().expect("work is computed once");
        // A panic would abort the process: no frame above this one is Rust's.
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(output) => Ok(output.map_err(coded)),
            Err(_) => Err(Error::from_reason("the analysis panicked; this is a bug")),
        }
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> Result<T> {
        // Only an error that is a JavaScript value already keeps a code of its own.
        let output = output.map_err(|error| JsError::from(error).into_unknown(env))?;
        (self.settle)(&output, &env)?;
        Ok(output)
    }
}
