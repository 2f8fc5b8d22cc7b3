//! The exponential mechanism over intervals.

use numpy::PyReadonlyArray1;
use privml_core::noise::{self, Scale};
use privml_core::parallel::run_one;
use privml_core::random::Stream;
use pyo3::prelude::*;

use crate::call;
use crate::error::to_python;

/// Intervals up to here are chosen from on the calling thread.
const QUICK: usize = 1 << 16;

/// An interval's index and an offset into it, with weights `lengths * exp(-gaps / scale)`.
#[pyfunction]
pub(crate) fn choose_interval(
    py: Python<'_>,
    lengths: PyReadonlyArray1<'_, i64>,
    gaps: PyReadonlyArray1<'_, i64>,
    numerator: u64,
    shift: u32,
) -> PyResult<(usize, u64)> {
    let scale = Scale::new(numerator, shift).map_err(to_python)?;
    let (lengths, gaps) = (lengths.as_slice()?.to_vec(), gaps.as_slice()?.to_vec());
    call::run(py, None, |call| {
        let stream = Stream::from_os()?;
        if lengths.len() <= QUICK {
            noise::interval(&lengths, &gaps, scale, stream)
        } else {
            run_one(call, || noise::interval(&lengths, &gaps, scale, stream))
        }
    })
}
