//! Parties of a distributed key generation.

use privml_core::elgamal::key_generation::{Identity, Party, Step};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::threshold::{AnyShare, ThresholdKeyShare};
use crate::call;
use crate::error::parameter;

/// What a party signs its messages with.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct PartyIdentity(Identity);

#[pymethods]
impl PartyIdentity {
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        call::run(py, None, |_| Identity::generate()).map(Self)
    }

    #[staticmethod]
    fn from_encrypted_bytes(py: Python<'_>, data: PyBackedBytes, password: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |call| Identity::open(&data, &password, call)).map(Self)
    }

    fn to_encrypted_bytes<'py>(
        &self,
        py: Python<'py>,
        password: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let file = call::run(py, None, |call| self.0.seal(&password, call))?;
        Ok(PyBytes::new(py, &file))
    }

    #[getter]
    fn public<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.public())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("an identity is not pickled: save it under a password"))
    }
}

/// One party in the middle of a run.
#[pyclass(module = "privml._core")]
pub(crate) struct KeyGenerationParty(Party);

#[pymethods]
impl KeyGenerationParty {
    #[staticmethod]
    fn start<'py>(
        py: Python<'py>,
        identity: &PartyIdentity,
        identities: Vec<PyBackedBytes>,
        threshold: usize,
        session: PyBackedBytes,
    ) -> PyResult<(Self, Bound<'py, PyBytes>)> {
        let identities = identities
            .iter()
            .map(|public| <[u8; 32]>::try_from(&**public))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| parameter("identities: one is not of 32 bytes".into()))?;
        let (party, message) =
            call::run(py, None, |_| Party::start(&identity.0, &identities, threshold, &session))?;
        Ok((Self(party), PyBytes::new(py, &message)))
    }

    #[getter]
    fn number(&self) -> u8 {
        self.0.number()
    }

    #[getter]
    fn round(&self) -> u8 {
        self.0.round()
    }

    fn receive<'py>(&mut self, py: Python<'py>, messages: Vec<PyBackedBytes>) -> PyResult<Bound<'py, PyAny>> {
        let messages: Vec<&[u8]> = messages.iter().map(|message| &**message).collect();
        match call::run(py, None, |_| self.0.receive(&messages))? {
            Step::Send(message) => Ok(PyBytes::new(py, &message).into_any()),
            Step::Done(share) => Ok(Bound::new(py, ThresholdKeyShare(AnyShare::Curve(*share)))?.into_any()),
        }
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a run of key generation is not pickled: it holds secrets"))
    }
}
