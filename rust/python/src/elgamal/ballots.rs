//! Ballots: cast, checked, added.

use privml_core::elgamal::ballots::{self, Accepted};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::threshold::ThresholdPublicKey;
use crate::call;
use crate::error::to_python;

type Progress = Option<Py<PyAny>>;
type Checked<'py> = (Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyBytes>>, Option<Bound<'py, PyAny>>);

/// What is voted on, and how.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct Election(ballots::Election);

#[pymethods]
impl Election {
    #[staticmethod]
    fn create(
        py: Python<'_>,
        key: &ThresholdPublicKey,
        label: PyBackedBytes,
        choices: usize,
        at_least: usize,
        at_most: usize,
    ) -> PyResult<Self> {
        let key = key.curve()?.clone();
        call::run(py, None, |_| ballots::Election::new(key, &label, choices, at_least, at_most)).map(Self)
    }

    fn cast<'py>(
        &self,
        py: Python<'py>,
        voter: PyBackedBytes,
        marks: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let ballot = call::run(py, None, |_| self.0.cast(&voter, &marks))?;
        Ok(PyBytes::new(py, &ballot))
    }

    fn check<'py>(
        &self,
        py: Python<'py>,
        ballots: Vec<PyBackedBytes>,
        progress: Progress,
    ) -> PyResult<Vec<Checked<'py>>> {
        let slices: Vec<&[u8]> = ballots.iter().map(|ballot| &**ballot).collect();
        let checked = call::run(py, progress, |call| self.0.check_all(&slices, call))?;
        let to_tuple = |result| match result {
            Ok(Accepted { voter, ciphertexts }) => {
                (Some(PyBytes::new(py, &voter)), Some(PyBytes::new(py, &ciphertexts)), None)
            }
            Err(error) => (None, None, Some(to_python(error).into_value(py).into_bound(py).into_any())),
        };
        Ok(checked.into_iter().map(to_tuple).collect())
    }

    fn add<'py>(&self, py: Python<'py>, rows: Vec<PyBackedBytes>) -> PyResult<Bound<'py, PyBytes>> {
        let slices: Vec<&[u8]> = rows.iter().map(|row| &**row).collect();
        let sum = call::run(py, None, |_| ballots::add_rows(&slices, self.0.choices()))?;
        Ok(PyBytes::new(py, &sum))
    }

    fn open_totals(&self, py: Python<'_>, elements: PyBackedBytes, largest: u64) -> PyResult<Vec<u64>> {
        call::run(py, None, |_| ballots::open_totals_vartime(&elements, largest))
    }
}
