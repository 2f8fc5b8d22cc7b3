//! Additive ElGamal: conversions and the frame of long calls around the core's functions of the same names.

use numpy::PyUntypedArray;
use privml_core::elgamal::additive::{self, ArrayHeader};
use privml_core::group::discrete_log;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

use crate::error::to_python;
use crate::integers::Integers;
use crate::{array, call};

type Progress = Option<Py<PyAny>>;
type Array<'py> = (AdditiveCiphertexts, Bound<'py, PyTuple>, bool, u32, u64, u64);

/// A point of ristretto255.
#[pyclass(frozen, eq, hash, module = "privml._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct AdditivePublicKey(pub(crate) additive::PublicKey);

#[pymethods]
impl AdditivePublicKey {
    #[staticmethod]
    fn from_bytes(data: PyBackedBytes) -> PyResult<Self> {
        additive::PublicKey::from_bytes(&data).map(Self).map_err(to_python)
    }

    /// The key of a point's encoding.
    #[staticmethod]
    fn from_point(point: PyBackedBytes) -> PyResult<Self> {
        additive::PublicKey::from_encoding(&point).map(Self).map_err(to_python)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    #[getter]
    fn point<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.encoding())
    }

    #[getter]
    fn fingerprint<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.fingerprint())
    }

    fn encrypt(
        &self,
        py: Python<'_>,
        values: &Integers,
        progress: Progress,
    ) -> PyResult<AdditiveCiphertexts> {
        call::run(py, progress, |call| self.0.encrypt(&values.0, call)).map(AdditiveCiphertexts)
    }

    fn __repr__(&self) -> String {
        format!("<AdditivePublicKey, {}>", self.0.fingerprint_hex())
    }
}

/// A scalar, which never crosses into Python.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct AdditivePrivateKey(additive::PrivateKey);

#[pymethods]
impl AdditivePrivateKey {
    #[staticmethod]
    fn generate() -> PyResult<Self> {
        additive::PrivateKey::generate().map(Self).map_err(to_python)
    }

    #[staticmethod]
    fn from_encrypted_bytes(py: Python<'_>, data: PyBackedBytes, password: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |call| additive::PrivateKey::from_encrypted_bytes(&data, &password, call))
            .map(Self)
    }

    fn to_encrypted_bytes<'py>(
        &self,
        py: Python<'py>,
        password: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let file = call::run(py, None, |call| self.0.to_encrypted_bytes(&password, call))?;
        Ok(PyBytes::new(py, &file))
    }

    #[getter]
    fn public_key(&self) -> AdditivePublicKey {
        AdditivePublicKey(self.0.public_key().clone())
    }

    fn decrypt(
        &self,
        py: Python<'_>,
        ciphertexts: &AdditiveCiphertexts,
        limit: u64,
        progress: Progress,
    ) -> PyResult<Integers> {
        call::run(py, progress, |call| self.0.decrypt(&ciphertexts.0, limit, call)).map(Integers)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a private key is not pickled: save it under a password"))
    }

    fn __repr__(&self) -> String {
        format!("<AdditivePrivateKey, {}>", self.0.public_key().fingerprint_hex())
    }
}

/// A flat batch of additive ElGamal ciphertexts under one public key.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct AdditiveCiphertexts(pub(crate) additive::Ciphertexts);

#[pymethods]
impl AdditiveCiphertexts {
    /// The largest magnitude of a plaintext.
    #[classattr]
    const LARGEST_PLAINTEXT: u64 = additive::LARGEST_PLAINTEXT;

    #[getter]
    fn public_key(&self) -> AdditivePublicKey {
        AdditivePublicKey(self.0.public_key().clone())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// The integers of encoded elements that somebody else has decrypted.
    #[staticmethod]
    fn plaintexts(
        py: Python<'_>,
        elements: PyBackedBytes,
        limit: u64,
        progress: Progress,
    ) -> PyResult<Integers> {
        call::run(py, progress, |call| additive::plaintexts_vartime(&elements, limit, call)).map(Integers)
    }

    fn add(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        call::run(py, None, |call| self.0.add(&other.0, call)).map(Self)
    }

    fn subtract(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        call::run(py, None, |call| self.0.subtract(&other.0, call)).map(Self)
    }

    fn negate(&self, py: Python<'_>) -> PyResult<Self> {
        call::run(py, None, |call| self.0.negate(call)).map(Self)
    }

    fn add_plain(&self, py: Python<'_>, values: &Integers) -> PyResult<Self> {
        call::run(py, None, |call| self.0.add_plain_vartime(&values.0, call)).map(Self)
    }

    fn multiply(&self, py: Python<'_>, values: &Integers, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.multiply_vartime(&values.0, call)).map(Self)
    }

    fn sum(&self, py: Python<'_>, segment: usize) -> PyResult<Self> {
        call::run(py, None, |call| self.0.sum(segment, call)).map(Self)
    }

    fn sum_runs(&self, lengths: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let runs = array::positions(lengths)?;
        call::run(lengths.py(), None, |call| self.0.sum_runs(&runs, call)).map(Self)
    }

    fn take(&self, indices: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let positions = array::positions(indices)?;
        call::run(indices.py(), None, |_| self.0.take(&positions)).map(Self)
    }

    #[staticmethod]
    fn concatenate(py: Python<'_>, parts: Vec<Py<Self>>) -> PyResult<Self> {
        let parts: Vec<_> = parts.iter().map(|part| &part.get().0).collect();
        call::run(py, None, |_| additive::Ciphertexts::concatenate(&parts)).map(Self)
    }

    fn rerandomize(&self, py: Python<'_>, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.rerandomize(call)).map(Self)
    }

    /// The encodings of both points of each ciphertext, 64 bytes a ciphertext, one after the other.
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let rows = call::run(py, None, |call| self.0.to_rows(call))?;
        Ok(PyBytes::new(py, rows.as_flattened()))
    }

    fn to_bytes<'py>(
        &self,
        py: Python<'py>,
        shape: Vec<usize>,
        is_integer: bool,
        fractional_bits: u32,
        bound: u64,
        divisor: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let header = ArrayHeader { shape, is_integer, fractional_bits, bound, divisor };
        let bytes = call::run(py, None, |call| self.0.to_bytes(&header, call))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_bytes<'py>(
        py: Python<'py>,
        data: PyBackedBytes,
        public_key: &AdditivePublicKey,
    ) -> PyResult<Array<'py>> {
        let (ciphertexts, header) =
            call::run(py, None, |call| additive::Ciphertexts::from_bytes(&data, &public_key.0, call))?;
        Ok((
            Self(ciphertexts),
            PyTuple::new(py, header.shape)?,
            header.is_integer,
            header.fractional_bits,
            header.bound,
            header.divisor,
        ))
    }
}

/// Memory that the table of small logarithms takes at present, in bytes.
#[pyfunction]
pub(crate) fn logarithm_table_bytes() -> usize {
    discrete_log::table_bytes()
}
