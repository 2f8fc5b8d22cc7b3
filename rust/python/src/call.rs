//! The frame of every call that takes time: the GIL is released, signals are checked and progress is
//! shown on the calling thread while the core works, and what those raise ends the call.

use privml_core::error::{Error, Result};
use privml_core::parallel::{Call, Progress, guarded};
use pyo3::prelude::*;

use crate::error::to_python;

/// Runs `work` without the GIL. `progress`, if there is one, is called as `progress(done, total)`; an
/// exception from it, or from a signal's handler (Ctrl-C), cancels the work and is what comes out.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&mut Call<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = py.detach(|| {
        let mut hook = |Progress { done, total }: Progress| {
            Python::attach(|py| {
                py.check_signals()?;
                if let Some(progress) = &progress {
                    progress.call1(py, (done, total))?;
                }
                Ok(())
            })
            .map_err(|exception: PyErr| {
                raised = Some(exception);
                Error::Cancelled
            })
        };
        guarded(|| work(&mut Call::new(&mut hook)))
    });
    match raised {
        Some(exception) => Err(exception),
        None => result.map_err(to_python),
    }
}
