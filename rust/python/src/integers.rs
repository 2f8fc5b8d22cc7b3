//! `Integers`: a batch of plaintexts as Python holds it.

use numpy::{PyArray1, PyUntypedArray};
use privml_core::{fixed_point, integers};
use pyo3::prelude::*;

use crate::error::to_python;
use crate::{array, call};

/// A flat batch of signed integers of any size.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct Integers(pub(crate) integers::Integers);

#[pymethods]
impl Integers {
    /// From an array of any integer, boolean or object dtype, in C order.
    #[staticmethod]
    fn from_array(values: &Bound<'_, PyUntypedArray>, name: &str) -> PyResult<Self> {
        array::integers(values, name).map(Self)
    }

    /// Doubles in fixed point: `round(x * 2**fractional_bits)`.
    #[staticmethod]
    fn from_floats(
        values: &Bound<'_, PyUntypedArray>,
        fractional_bits: u32,
        limit: f64,
        clip: bool,
        name: &str,
    ) -> PyResult<Self> {
        let floats = array::floats(values)?;
        call::run(values.py(), None, |call| {
            fixed_point::encode(&floats, fractional_bits, limit, clip, name, call)
        })
        .map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// Refuses the batch if a magnitude exceeds `bound`, naming the first.
    fn check_bound(&self, bound: &Bound<'_, PyAny>, name: &str) -> PyResult<()> {
        self.0.check_bound(&array::natural(bound, "bound")?, name).map_err(to_python)
    }

    /// The smallest power of two that no magnitude exceeds; 0 if all are 0.
    fn magnitude_bound<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array::python_int(py, &self.0.magnitude_bound(), false)
    }

    /// Every integer times a public one.
    fn scale(&self, factor: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (words, negative) = array::words_of(factor)?;
        Ok(Self(self.0.scale(&words, negative)))
    }

    /// An int64 array if every integer fits, else an array of Python integers.
    fn to_array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array::to_array(py, &self.0)
    }

    /// Doubles: each integer divided by `2**fractional_bits * divisor`, correctly rounded.
    fn to_floats<'py>(
        &self,
        py: Python<'py>,
        fractional_bits: u32,
        divisor: u64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let floats =
            call::run(py, None, |call| fixed_point::decode(&self.0, fractional_bits, divisor, call))?;
        Ok(PyArray1::from_vec(py, floats))
    }

    /// Runs of `slots` integers, one row each.
    fn pack(&self, py: Python<'_>, slot_bits: usize, slots: usize) -> PyResult<Self> {
        call::run(py, None, |call| self.0.pack(slot_bits, slots, call)).map(Self)
    }

    /// The first `count` slots of the rows.
    fn unpack(&self, py: Python<'_>, slot_bits: usize, slots: usize, count: usize) -> PyResult<Self> {
        call::run(py, None, |call| self.0.unpack(slot_bits, slots, count, call)).map(Self)
    }
}
