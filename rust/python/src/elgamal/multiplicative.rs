//! Keys and ciphertexts of multiplicative ElGamal: conversions and the frame of long calls around the core's
//! functions of the same names.

use numpy::PyUntypedArray;
use privml_core::elgamal::multiplicative::{self, ArrayHeader};
use privml_core::group::finite_field::Name;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

use crate::error::to_python;
use crate::integers::Integers;
use crate::{array, call};

type Progress = Option<Py<PyAny>>;

/// A public key: a group and an element of it.
#[pyclass(frozen, eq, hash, module = "privml._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct MultiplicativePublicKey(multiplicative::PublicKey);

#[pymethods]
impl MultiplicativePublicKey {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |_| multiplicative::PublicKey::from_bytes(&data)).map(Self)
    }

    /// The key of an element's encoding, little-endian.
    #[staticmethod]
    fn from_element(
        py: Python<'_>,
        group: &str,
        element: PyBackedBytes,
        full_exponent: bool,
    ) -> PyResult<Self> {
        let name = Name::parse(group).map_err(to_python)?;
        call::run(py, None, |_| multiplicative::PublicKey::from_encoding(name, &element, full_exponent))
            .map(Self)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    #[getter]
    fn table_bytes(&self) -> usize {
        self.0.table_bytes()
    }

    #[getter]
    fn group(&self) -> &'static str {
        self.0.group().name().as_str()
    }

    #[getter]
    fn full_exponent(&self) -> bool {
        self.0.full_exponent()
    }

    #[getter]
    fn exponent_bits(&self) -> usize {
        self.0.exponent_bits()
    }

    /// The group's prime.
    #[getter]
    fn p<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array::python_int(py, self.0.group().modulus().words(), false)
    }

    /// The element `g^x`.
    #[getter]
    fn h<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array::python_int(py, self.0.element(), false)
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
    ) -> PyResult<MultiplicativeCiphertexts> {
        call::run(py, progress, |call| self.0.encrypt(&values.0, call)).map(MultiplicativeCiphertexts)
    }

    /// The integers of encoded elements that somebody else has decrypted.
    fn plaintexts(&self, py: Python<'_>, elements: PyBackedBytes) -> PyResult<Integers> {
        call::run(py, None, |_| multiplicative::plaintexts(&self.0, &elements)).map(Integers)
    }

    /// Numerators and denominators of decrypted values.
    fn fractions(
        &self,
        values: &Integers,
        numerator: &Bound<'_, PyAny>,
        denominator: &Bound<'_, PyAny>,
        progress: Progress,
    ) -> PyResult<(Integers, Integers)> {
        let bounds = [array::natural(numerator, "numerator")?, array::natural(denominator, "denominator")?];
        call::run(numerator.py(), progress, |call| {
            multiplicative::fractions_vartime(&self.0, &values.0, &bounds[0], &bounds[1], call)
        })
        .map(|(numerators, denominators)| (Integers(numerators), Integers(denominators)))
    }

    fn __repr__(&self) -> String {
        format!("<MultiplicativePublicKey, {}, {}>", self.0.group().name().as_str(), self.0.fingerprint_hex())
    }
}

/// A private key. Its exponent never crosses into Python.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct MultiplicativePrivateKey(multiplicative::PrivateKey);

#[pymethods]
impl MultiplicativePrivateKey {
    #[staticmethod]
    fn generate(py: Python<'_>, group: &str, full_exponent: bool) -> PyResult<Self> {
        let name = Name::parse(group).map_err(to_python)?;
        call::run(py, None, |call| multiplicative::PrivateKey::generate(name, full_exponent, call)).map(Self)
    }

    #[staticmethod]
    fn from_encrypted_bytes(py: Python<'_>, data: PyBackedBytes, password: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |call| multiplicative::PrivateKey::from_encrypted_bytes(&data, &password, call))
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
    fn public_key(&self) -> MultiplicativePublicKey {
        MultiplicativePublicKey(self.0.public_key().clone())
    }

    fn decrypt(
        &self,
        py: Python<'_>,
        ciphertexts: &MultiplicativeCiphertexts,
        progress: Progress,
    ) -> PyResult<Integers> {
        call::run(py, progress, |call| self.0.decrypt(&ciphertexts.0, call)).map(Integers)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a private key is not pickled: save it under a password"))
    }

    fn __repr__(&self) -> String {
        let key = self.0.public_key();
        format!("<MultiplicativePrivateKey, {}, {}>", key.group().name().as_str(), key.fingerprint_hex())
    }
}

/// A flat batch of ciphertexts under one public key.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct MultiplicativeCiphertexts(multiplicative::Ciphertexts);

type Array<'py> =
    (MultiplicativeCiphertexts, Bound<'py, PyTuple>, bool, i32, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymethods]
impl MultiplicativeCiphertexts {
    #[getter]
    fn public_key(&self) -> MultiplicativePublicKey {
        MultiplicativePublicKey(self.0.public_key().clone())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn multiply(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        call::run(py, None, |call| self.0.multiply(&other.0, call)).map(Self)
    }

    fn multiply_plain(&self, py: Python<'_>, values: &Integers) -> PyResult<Self> {
        call::run(py, None, |call| self.0.multiply_plain(&values.0, call)).map(Self)
    }

    fn divide(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        call::run(py, None, |call| self.0.divide(&other.0, call)).map(Self)
    }

    fn divide_plain(&self, py: Python<'_>, values: &Integers) -> PyResult<Self> {
        call::run(py, None, |call| self.0.divide_plain(&values.0, call)).map(Self)
    }

    fn invert(&self, py: Python<'_>) -> PyResult<Self> {
        call::run(py, None, |call| self.0.invert(call)).map(Self)
    }

    fn pow(&self, py: Python<'_>, exponents: &Integers, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.pow_vartime(&exponents.0, call)).map(Self)
    }

    fn product(&self, py: Python<'_>, segment: usize) -> PyResult<Self> {
        call::run(py, None, |call| self.0.product(segment, call)).map(Self)
    }

    fn take(&self, indices: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let positions = array::positions(indices)?;
        call::run(indices.py(), None, |_| self.0.take(&positions)).map(Self)
    }

    #[staticmethod]
    fn concatenate(py: Python<'_>, parts: Vec<Py<Self>>) -> PyResult<Self> {
        let parts: Vec<_> = parts.iter().map(|part| &part.get().0).collect();
        call::run(py, None, |_| multiplicative::Ciphertexts::concatenate(&parts)).map(Self)
    }

    fn rerandomize(&self, py: Python<'_>, progress: Progress) -> PyResult<Self> {
        call::run(py, progress, |call| self.0.rerandomize(call)).map(Self)
    }

    /// Both elements of each ciphertext, little-endian, one after the other.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let rows = call::run(py, None, |call| {
            let words = self.0.to_rows(call)?;
            Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
        })?;
        Ok(PyBytes::new(py, &rows))
    }

    /// Two integers a ciphertext.
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let values = call::run(py, None, |call| self.0.to_integers(call))?;
        array::python_ints(py, &values)
    }

    #[staticmethod]
    fn from_raw(py: Python<'_>, values: &Integers, public_key: &MultiplicativePublicKey) -> PyResult<Self> {
        call::run(py, None, |call| multiplicative::Ciphertexts::from_integers(&public_key.0, &values.0, call))
            .map(Self)
    }

    fn to_bytes<'py>(
        &self,
        py: Python<'py>,
        shape: Vec<usize>,
        is_integer: bool,
        fractional_bits: i32,
        numerator: &Bound<'py, PyAny>,
        denominator: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (numerator, denominator) =
            (array::natural(numerator, "numerator")?, array::natural(denominator, "denominator")?);
        let header = ArrayHeader { shape, is_integer, fractional_bits, numerator, denominator };
        let bytes = call::run(py, None, |call| self.0.to_bytes(&header, call))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_bytes<'py>(
        py: Python<'py>,
        data: PyBackedBytes,
        public_key: &MultiplicativePublicKey,
    ) -> PyResult<Array<'py>> {
        let (ciphertexts, header) =
            call::run(py, None, |call| multiplicative::Ciphertexts::from_bytes(&data, &public_key.0, call))?;
        Ok((
            Self(ciphertexts),
            PyTuple::new(py, header.shape)?,
            header.is_integer,
            header.fractional_bits,
            array::python_int(py, &header.numerator, false)?,
            array::python_int(py, &header.denominator, false)?,
        ))
    }
}
