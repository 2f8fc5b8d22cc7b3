//! Keys that several parties hold, in either kind of group. Ciphertexts cross as bytes: both elements of each in
//! canonical form, one ciphertext after the other.

use std::sync::Arc;

use privml_core::elgamal::threshold::{
    Ciphertexts, KeyShare, PartialDecryption, Payload, PublicKey, group_name,
};
use privml_core::error::{Error, Result};
use privml_core::group::finite_field::{FiniteField, Name};
use privml_core::group::{PrimeOrder, Ristretto255};
use privml_core::parallel::Call;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::call;
use crate::error::to_python;

type Progress = Option<Py<PyAny>>;
type Field = Arc<FiniteField>;

/// A shared key in one of the groups.
#[derive(Clone)]
pub(crate) enum AnyKey {
    Curve(PublicKey<Ristretto255>),
    Field(PublicKey<Field>),
}

pub(crate) enum AnyShare {
    Curve(KeyShare<Ristretto255>),
    Field(KeyShare<Field>),
}

/// The same code over either group.
macro_rules! each {
    ($any:ident, $of:expr, $inner:ident => $body:expr) => {
        match $of {
            $any::Curve($inner) => $body,
            $any::Field($inner) => $body,
        }
    };
}

fn field(name: &str) -> Result<Field> {
    FiniteField::new(Name::parse(name)?).map(Arc::new)
}

const CURVE: &str = "ristretto255";

fn verify<G: PrimeOrder>(
    key: &PublicKey<G>,
    ciphertexts: &[u8],
    partials: &[PyBackedBytes],
    session: &[u8],
    combines: bool,
    call: &mut Call<'_>,
) -> Result<Vec<u8>> {
    let ciphertexts = Ciphertexts::from_bytes(key.group(), ciphertexts)?;
    let partials =
        partials.iter().map(|bytes| PartialDecryption::from_bytes(key, bytes)).collect::<Result<Vec<_>>>()?;
    let partials: Vec<_> = partials.iter().collect();
    if combines {
        key.combine(&ciphertexts, &partials, session, call)
    } else {
        key.verify(&ciphertexts, &partials, session, call).map(|()| Vec::new())
    }
}

/// A public key whose private exponent is shared.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct ThresholdPublicKey(pub(crate) AnyKey);

impl ThresholdPublicKey {
    /// The key, if it is on the curve.
    pub(crate) fn curve(&self) -> PyResult<&PublicKey<Ristretto255>> {
        match &self.0 {
            AnyKey::Curve(key) => Ok(key),
            AnyKey::Field(key) => Err(to_python(Error::InvalidParameter {
                name: "key",
                found: format!("one in {}", PrimeOrder::name(key.group())),
                allowed: "one on ristretto255".into(),
            })),
        }
    }
}

#[pymethods]
impl ThresholdPublicKey {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |_| match group_name(&data)? {
            CURVE => PublicKey::from_bytes(Ristretto255, &data).map(AnyKey::Curve),
            name => PublicKey::from_bytes(field(name)?, &data).map(AnyKey::Field),
        })
        .map(Self)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, each!(AnyKey, &self.0, key => key.to_bytes()))
    }

    #[getter]
    fn group(&self) -> &'static str {
        each!(AnyKey, &self.0, key => PrimeOrder::name(key.group()))
    }

    #[getter]
    fn parties(&self) -> u8 {
        each!(AnyKey, &self.0, key => key.parties())
    }

    #[getter]
    fn threshold(&self) -> u8 {
        each!(AnyKey, &self.0, key => key.threshold())
    }

    #[getter]
    fn element<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &each!(AnyKey, &self.0, key => key.group().encode(&key.element())))
    }

    #[getter]
    fn fingerprint<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, each!(AnyKey, &self.0, key => key.fingerprint()))
    }

    fn verify(
        &self,
        py: Python<'_>,
        ciphertexts: PyBackedBytes,
        partials: Vec<PyBackedBytes>,
        session: PyBackedBytes,
        progress: Progress,
    ) -> PyResult<()> {
        call::run(
            py,
            progress,
            |call| each!(AnyKey, &self.0, key => verify(key, &ciphertexts, &partials, &session, false, call)),
        )
        .map(drop)
    }

    fn combine<'py>(
        &self,
        py: Python<'py>,
        ciphertexts: PyBackedBytes,
        partials: Vec<PyBackedBytes>,
        session: PyBackedBytes,
        progress: Progress,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let elements = call::run(
            py,
            progress,
            |call| each!(AnyKey, &self.0, key => verify(key, &ciphertexts, &partials, &session, true, call)),
        )?;
        Ok(PyBytes::new(py, &elements))
    }
}

/// One party's share of a private key. It never crosses into Python.
#[pyclass(frozen, module = "privml._core")]
pub(crate) struct ThresholdKeyShare(pub(crate) AnyShare);

#[pymethods]
impl ThresholdKeyShare {
    #[staticmethod]
    fn generate(py: Python<'_>, group: &str, parties: usize, threshold: usize) -> PyResult<Vec<Self>> {
        let shares: Vec<AnyShare> = call::run(py, None, |_| {
            Ok(if group == CURVE {
                let shares = KeyShare::generate(&Ristretto255, parties, threshold)?;
                shares.into_iter().map(AnyShare::Curve).collect()
            } else {
                let shares = KeyShare::generate(&field(group)?, parties, threshold)?;
                shares.into_iter().map(AnyShare::Field).collect()
            })
        })?;
        Ok(shares.into_iter().map(Self).collect())
    }

    #[staticmethod]
    fn from_encrypted_bytes(py: Python<'_>, data: PyBackedBytes, password: PyBackedBytes) -> PyResult<Self> {
        call::run(py, None, |call| {
            let payload = Payload::open(&data, &password, call)?;
            match group_name(payload.public_key()?)? {
                CURVE => KeyShare::from_payload(Ristretto255, &payload).map(AnyShare::Curve),
                name => KeyShare::from_payload(field(name)?, &payload).map(AnyShare::Field),
            }
        })
        .map(Self)
    }

    fn to_encrypted_bytes<'py>(
        &self,
        py: Python<'py>,
        password: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let file =
            call::run(py, None, |call| each!(AnyShare, &self.0, share => share.seal(&password, call)))?;
        Ok(PyBytes::new(py, &file))
    }

    #[getter]
    fn party(&self) -> u8 {
        each!(AnyShare, &self.0, share => share.party())
    }

    #[getter]
    fn public_key(&self) -> ThresholdPublicKey {
        ThresholdPublicKey(match &self.0 {
            AnyShare::Curve(share) => AnyKey::Curve(share.public_key().clone()),
            AnyShare::Field(share) => AnyKey::Field(share.public_key().clone()),
        })
    }

    fn decrypt_partially<'py>(
        &self,
        py: Python<'py>,
        ciphertexts: PyBackedBytes,
        session: PyBackedBytes,
        progress: Progress,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = call::run(py, progress, |call| {
            each!(AnyShare, &self.0, share => {
                let group = share.public_key().group();
                let ciphertexts = Ciphertexts::from_bytes(group, &ciphertexts)?;
                Ok(share.decrypt_partially(&ciphertexts, &session, call)?.to_bytes(group))
            })
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a key share is not pickled: save it under a password"))
    }
}
