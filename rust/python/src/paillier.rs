//! Paillier keys and ciphertexts as Python holds them: conversions and the frame of long calls around
//! the core's functions of the same names.

use numpy::PyUntypedArray;
use privml_core::paillier::{self, ArrayHeader, Noise, PackedHeader};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use zeroize::Zeroizing;

use crate::error::to_python;
use crate::integers::Integers;
use crate::{array, call};

type Progress = Option<Py<PyAny>>;

/// A Paillier modulus.
#[pyclass(frozen, eq, hash, module = "privml._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PaillierPublicKey(paillier::PublicKey);

#[pymethods]
impl PaillierPublicKey {
    #[staticmethod]
    fn from_modulus(n: &Bound<'_, PyAny>, insecure_key_size: bool) -> PyResult<Self> {
        let words = array::natural(n, "n")?;
        call::run(n.py(), None, |call| paillier::PublicKey::from_modulus(&words, insecure_key_size, call))
            .map(Self)
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: PyBackedBytes, insecure_key_size: bool) -> PyResult<Self> {
        call::run(py, None, |call| paillier::PublicKey::from_bytes(&data, insecure_key_size, call)).map(Self)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    #[getter]
    fn table_bytes(&self) -> usize {
        self.0.table_bytes()
    }

    #[getter]
    fn bits(&self) -> usize {
        self.0.bits()
    }

    #[getter]
    fn n<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array::python_int(py, self.0.modulus(), false)
    }

    #[getter]
    fn fingerprint<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.fingerprint())
    }

    fn encrypt(
        &self,
        py: Python<'_>,
        values: &Integers,
        noise: &str,
        progress: Progress,
    ) -> PyResult<PaillierCiphertexts> {
        let noise = Noise::from_name(noise).map_err(to_python)?;
        call::run(py, progress, |call| self.0.encrypt(&values.0, noise, call)).map(PaillierCiphertexts)
    }

    fn __repr__(&self) -> String {
        format!("<PaillierPublicKey of {} bits, {}>", self.0.bits(), self.0.fingerprint_hex())
    }
}

/// A Paillier private key. Its primes never cross into Python.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct PaillierPrivateKey(paillier::PrivateKey);

#[pymethods]
impl PaillierPrivateKey {
    #[staticmethod]
    fn generate(py: Python<'_>, bits: usize, insecure_key_size: bool, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| paillier::PrivateKey::generate(bits, insecure_key_size, call))
            .map(Self)
    }

    #[staticmethod]
    fn from_primes(p: &Bound<'_, PyAny>, q: &Bound<'_, PyAny>, insecure_key_size: bool) -> PyResult<Self> {
        let words = [array::natural(p, "p")?, array::natural(q, "q")?].map(Zeroizing::new);
        call::run(p.py(), None, |call| {
            paillier::PrivateKey::from_primes(&words[0], &words[1], insecure_key_size, call)
        })
        .map(Self)
    }

    #[staticmethod]
    fn from_encrypted_bytes(py: Python<'_>, data: PyBackedBytes, password: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |call| paillier::PrivateKey::from_encrypted_bytes(&data, &password, call))
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
    fn table_bytes(&self) -> usize {
        self.0.table_bytes()
    }

    #[getter]
    fn public_key(&self) -> PaillierPublicKey {
        PaillierPublicKey(self.0.public_key().clone())
    }

    fn encrypt(
        &self,
        py: Python<'_>,
        values: &Integers,
        noise: &str,
        progress: Progress,
    ) -> PyResult<PaillierCiphertexts> {
        let noise = Noise::from_name(noise).map_err(to_python)?;
        call::run(py, progress, |call| self.0.encrypt(&values.0, noise, call)).map(PaillierCiphertexts)
    }

    fn decrypt(
        &self,
        py: Python<'_>,
        ciphertexts: &PaillierCiphertexts,
        progress: Progress,
    ) -> PyResult<Integers> {
        call::run(py, progress, |call| self.0.decrypt(&ciphertexts.0, call)).map(Integers)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a private key is not pickled: save it under a password"))
    }

    fn __repr__(&self) -> String {
        let key = self.0.public_key();
        format!("<PaillierPrivateKey of {} bits, {}>", key.bits(), key.fingerprint_hex())
    }
}

/// A flat batch of Paillier ciphertexts under one public key.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct PaillierCiphertexts(paillier::Ciphertexts);

type Array<'py> = (PaillierCiphertexts, Bound<'py, PyTuple>, bool, u32, Bound<'py, PyAny>, Bound<'py, PyAny>);
type Packed<'py> = (
    PaillierCiphertexts,
    Bound<'py, PyTuple>,
    bool,
    bool,
    u32,
    u32,
    f64,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
);

#[pymethods]
impl PaillierCiphertexts {
    #[getter]
    fn public_key(&self) -> PaillierPublicKey {
        PaillierPublicKey(self.0.public_key().clone())
    }

    fn __len__(&self) -> usize {
        self.0.len()
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
        call::run(py, None, |call| self.0.add_plain(&values.0, call)).map(Self)
    }

    fn multiply(&self, py: Python<'_>, values: &Integers, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.multiply(&values.0, call)).map(Self)
    }

    fn matmul(&self, py: Python<'_>, weights: &Integers, rows: usize, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.matmul(&weights.0, rows, call)).map(Self)
    }

    fn multiply_secret(
        &self,
        py: Python<'_>,
        values: &Integers,
        bits: usize,
        progress: Progress,
    ) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.multiply_secret(&values.0, bits, call)).map(Self)
    }

    fn matmul_secret(
        &self,
        py: Python<'_>,
        weights: &Integers,
        rows: usize,
        bits: usize,
        progress: Progress,
    ) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.matmul_secret(&weights.0, rows, bits, call)).map(Self)
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
        call::run(py, None, |_| paillier::Ciphertexts::concatenate(&parts)).map(Self)
    }

    #[staticmethod]
    fn aggregate(py: Python<'_>, parts: Vec<Py<Self>>) -> PyResult<Self> {
        let parts: Vec<_> = parts.iter().map(|part| &part.get().0).collect();
        call::run(py, None, |call| paillier::Ciphertexts::aggregate(&parts, call)).map(Self)
    }

    fn rerandomize(&self, py: Python<'_>, noise: &str, progress: Progress) -> PyResult<Self> {
        let noise = Noise::from_name(noise).map_err(to_python)?;
        call::run(py, progress, |call| self.0.rerandomize(noise, call)).map(Self)
    }

    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let values = call::run(py, None, |call| self.0.to_integers(call))?;
        array::python_ints(py, &values)
    }

    #[staticmethod]
    fn from_raw(
        py: Python<'_>,
        values: Vec<Bound<'_, PyAny>>,
        public_key: &PaillierPublicKey,
    ) -> PyResult<Self> {
        let mut numbers = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            array::check_signals(py, index)?;
            numbers.push(array::words_of(value)?);
        }
        let values = array::collect(numbers);
        call::run(py, None, |call| paillier::Ciphertexts::from_integers(&public_key.0, &values, call))
            .map(Self)
    }

    fn to_bytes<'py>(
        &self,
        py: Python<'py>,
        shape: Vec<usize>,
        is_integer: bool,
        fractional_bits: u32,
        bound: &Bound<'py, PyAny>,
        divisor: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (bound, divisor) = (array::natural(bound, "bound")?, array::natural(divisor, "divisor")?);
        let header = ArrayHeader { shape, is_integer, fractional_bits, bound, divisor };
        let bytes = call::run(py, None, |call| self.0.to_bytes(&header, call))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_bytes<'py>(
        py: Python<'py>,
        data: PyBackedBytes,
        public_key: &PaillierPublicKey,
    ) -> PyResult<Array<'py>> {
        let (ciphertexts, header) =
            call::run(py, None, |call| paillier::Ciphertexts::from_bytes(&data, &public_key.0, call))?;
        Ok((
            Self(ciphertexts),
            PyTuple::new(py, header.shape)?,
            header.is_integer,
            header.fractional_bits,
            array::python_int(py, &header.bound, false)?,
            array::python_int(py, &header.divisor, false)?,
        ))
    }

    #[allow(clippy::too_many_arguments)] // the fields of one header, as Python passes them
    fn to_packed_bytes<'py>(
        &self,
        py: Python<'py>,
        shape: Vec<usize>,
        is_integer: bool,
        append_weight: bool,
        fractional_bits: u32,
        value_bits: u32,
        limit: f64,
        additions: &Bound<'py, PyAny>,
        spent: &Bound<'py, PyAny>,
        divisor: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let header = PackedHeader {
            shape,
            is_integer,
            append_weight,
            fractional_bits,
            value_bits,
            limit,
            additions: array::natural(additions, "additions")?,
            spent: array::natural(spent, "spent")?,
            divisor: array::natural(divisor, "divisor")?,
        };
        let bytes = call::run(py, None, |call| self.0.to_packed_bytes(&header, call))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_packed_bytes<'py>(
        py: Python<'py>,
        data: PyBackedBytes,
        public_key: &PaillierPublicKey,
    ) -> PyResult<Packed<'py>> {
        let (ciphertexts, header) =
            call::run(py, None, |call| paillier::Ciphertexts::from_packed_bytes(&data, &public_key.0, call))?;
        Ok((
            Self(ciphertexts),
            PyTuple::new(py, header.shape)?,
            header.is_integer,
            header.append_weight,
            header.fractional_bits,
            header.value_bits,
            header.limit,
            array::python_int(py, &header.additions, false)?,
            array::python_int(py, &header.spent, false)?,
            array::python_int(py, &header.divisor, false)?,
        ))
    }
}
