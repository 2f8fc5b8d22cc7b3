//! Numbers across the border: NumPy arrays and Python integers in, NumPy arrays and integers out. The only
//! file with a loop over Python objects, which integers beyond 64 bits cannot do without.

use numpy::{
    PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods,
};
use privml_core::integers::Integers;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt};
use pyo3::{IntoPyObjectExt, intern};
use zeroize::{Zeroize, Zeroizing};

use crate::error::dtype;

/// Objects handled between two looks for signals: some tens of milliseconds.
const SIGNALS_EVERY: usize = 1 << 16;

/// The integers of an array of any shape and any integer, boolean or object dtype, in C order.
pub(crate) fn integers(values: &Bound<'_, PyUntypedArray>, name: &str) -> PyResult<Integers> {
    let kind = values.dtype().kind();
    match kind {
        b'b' | b'i' => Ok(Integers::from_i64(&Zeroizing::new(widened::<i64>(values, "int64")?))),
        b'u' => Ok(Integers::from_u64(&Zeroizing::new(widened::<u64>(values, "uint64")?))),
        b'O' => objects(values, name),
        _ => Err(dtype(format!("{name}: found dtype {}, allowed: integers", values.dtype()))),
    }
}

/// A copy in native byte order and C order, as a vector: the only copy, if the array is so already. Copying
/// keeps the data still while the GIL is released.
fn widened<T: numpy::Element + Clone>(values: &Bound<'_, PyUntypedArray>, to: &str) -> PyResult<Vec<T>> {
    let how = PyDict::new(values.py());
    how.set_item(intern!(values.py(), "order"), "C")?;
    how.set_item(intern!(values.py(), "copy"), false)?;
    let native = values.call_method(intern!(values.py(), "astype"), (to,), Some(&how))?;
    let flat = native.call_method0(intern!(values.py(), "ravel"))?;
    Ok(flat.cast::<PyArrayDyn<T>>()?.readonly().as_slice()?.to_vec())
}

/// The values of an array of doubles.
pub(crate) fn floats(values: &Bound<'_, PyUntypedArray>) -> PyResult<Zeroizing<Vec<f64>>> {
    widened::<f64>(values, "float64").map(Zeroizing::new)
}

/// Positions: an array of integers, none of them below zero.
pub(crate) fn positions(values: &Bound<'_, PyUntypedArray>) -> PyResult<Vec<usize>> {
    widened::<i64>(values, "int64")?
        .into_iter()
        .map(|index| {
            usize::try_from(index)
                .map_err(|_| crate::error::parameter(format!("indices: found {index}, allowed: 0 or more")))
        })
        .collect()
}

fn objects(values: &Bound<'_, PyUntypedArray>, name: &str) -> PyResult<Integers> {
    let list = values.call_method0(intern!(values.py(), "ravel"))?;
    let mut numbers = Vec::with_capacity(values.len());
    for (index, value) in list.try_iter()?.enumerate() {
        check_signals(values.py(), index)?;
        let value = value?;
        numbers.push(words_of(&value).map_err(|_| {
            let found = value.get_type();
            dtype(format!("{name}: element {index} is of {found}, allowed: integers"))
        })?);
    }
    Ok(collect(numbers))
}

/// Looks for signals now and then in a loop over Python objects, which holds the GIL.
pub(crate) fn check_signals(py: Python<'_>, index: usize) -> PyResult<()> {
    if index.is_multiple_of(SIGNALS_EVERY) { py.check_signals() } else { Ok(()) }
}

/// Integers from magnitudes of any width and signs.
pub(crate) fn collect(numbers: Vec<(Vec<u64>, bool)>) -> Integers {
    let width = numbers.iter().map(|(words, _)| words.len()).max().unwrap_or(0).max(1);
    let mut magnitudes = Vec::with_capacity(width * numbers.len());
    let mut negative = Vec::with_capacity(numbers.len());
    for (mut words, sign) in numbers {
        magnitudes.extend(words.iter().copied().chain(std::iter::repeat(0)).take(width));
        negative.push(sign);
        words.zeroize();
    }
    Integers::from_parts(width, magnitudes, negative)
}

/// The magnitude and sign of a Python integer, or of anything that stands for one (`__index__`).
pub(crate) fn words_of(value: &Bound<'_, PyAny>) -> PyResult<(Vec<u64>, bool)> {
    let py = value.py();
    if let Ok(small) = value.extract::<i64>()
        && value.is_instance_of::<PyInt>()
    {
        return Ok((vec![small.unsigned_abs()], small < 0));
    }
    let integer = value.call_method0(intern!(py, "__index__"))?;
    let negative = integer.lt(0)?;
    let magnitude = integer.call_method0(intern!(py, "__abs__"))?;
    let bits: usize = magnitude.call_method0(intern!(py, "bit_length"))?.extract()?;
    let count = bits.div_ceil(64).max(1);
    let bytes = magnitude.call_method1(intern!(py, "to_bytes"), (8 * count, "little"))?;
    let (words, _) = bytes.cast::<PyBytes>()?.as_bytes().as_chunks::<8>();
    Ok((words.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect(), negative))
}

/// A non-negative Python integer in words.
pub(crate) fn natural(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<u64>> {
    let (words, negative) = words_of(value)
        .map_err(|_| dtype(format!("{name}: found {}, allowed: an integer", value.get_type())))?;
    if negative {
        return Err(crate::error::parameter(format!("{name}: found a negative number, allowed: 0 or more")));
    }
    Ok(words)
}

/// A Python integer from its words.
pub(crate) fn python_int<'py>(py: Python<'py>, words: &[u64], negative: bool) -> PyResult<Bound<'py, PyAny>> {
    let bytes: Zeroizing<Vec<u8>> =
        Zeroizing::new(words.iter().flat_map(|word| word.to_le_bytes()).collect());
    let magnitude = py
        .get_type::<PyInt>()
        .call_method1(intern!(py, "from_bytes"), (PyBytes::new(py, &bytes), "little"))?;
    if negative { magnitude.neg() } else { Ok(magnitude) }
}

/// The integers as Python's.
pub(crate) fn python_ints<'py>(py: Python<'py>, values: &Integers) -> PyResult<Vec<Bound<'py, PyAny>>> {
    (0..values.len())
        .map(|index| {
            check_signals(py, index)?;
            python_int(py, values.magnitude(index), values.is_negative(index))
        })
        .collect()
}

/// An `int64` array if every integer fits, else an array of Python integers.
pub(crate) fn to_array<'py>(py: Python<'py>, values: &Integers) -> PyResult<Bound<'py, PyAny>> {
    if let Some(words) = values.to_i64() {
        return PyArray1::from_vec(py, words).into_bound_py_any(py);
    }
    let objects = python_ints(py, values)?.into_iter().map(Bound::unbind).collect();
    PyArray1::from_vec(py, objects).into_bound_py_any(py)
}
