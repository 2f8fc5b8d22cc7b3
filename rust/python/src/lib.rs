//! `privml._core`: the crossing between the core and Python. A table of contents; each room of the core
//! that Python sees has a thin file of the same name. No algorithm lives here.

#![forbid(unsafe_code)]

mod array;
mod call;
mod elgamal;
mod error;
mod integers;
mod intervals;
mod noise;
mod paillier;

use pyo3::prelude::*;

/// The compiled core of privml.
#[pymodule]
mod _core {
    use privml_core::parallel;
    use pyo3::prelude::*;

    use crate::error::{parameter, to_python};

    #[pymodule_export]
    use crate::elgamal::multiplicative::{
        MultiplicativeCiphertexts, MultiplicativePrivateKey, MultiplicativePublicKey,
    };

    #[pymodule_export]
    use crate::integers::Integers;

    #[pymodule_export]
    use crate::intervals::choose_interval;

    #[pymodule_export]
    use crate::noise::{choose, draw_noise};

    #[pymodule_export]
    use crate::elgamal::additive::{
        AdditiveCiphertexts, AdditivePrivateKey, AdditivePublicKey, logarithm_table_bytes,
    };

    #[pymodule_export]
    use crate::paillier::{PaillierCiphertexts, PaillierPrivateKey, PaillierPublicKey};

    #[pymodule_export]
    use crate::elgamal::ballots::Election;

    #[pymodule_export]
    use crate::elgamal::key_generation::{KeyGenerationParty, PartyIdentity};

    #[pymodule_export]
    use crate::elgamal::threshold::{ThresholdKeyShare, ThresholdPublicKey};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// The backend that arithmetic runs on.
    #[pyfunction]
    fn backend() -> PyResult<&'static str> {
        privml_core::backend().map(privml_core::Backend::name).map_err(|error| parameter(error.to_string()))
    }

    /// The backends this CPU can run, slowest first.
    #[pyfunction]
    fn available_backends() -> Vec<&'static str> {
        privml_core::Backend::available().into_iter().map(privml_core::Backend::name).collect()
    }

    /// For each backend this CPU can run: multiply-adds that its multiplier issues in a cycle, measured now; or
    /// `None` where the clock cannot be.
    #[pyfunction]
    fn multiply_adds_per_cycle(py: Python<'_>) -> Vec<(&'static str, Option<f64>)> {
        py.detach(|| {
            let backends = privml_core::Backend::available().into_iter();
            backends.map(|backend| (backend.name(), backend.rate().per_cycle())).collect()
        })
    }

    /// Tells a child just made by `fork` that no thread of its parent runs in it.
    #[pyfunction]
    fn after_fork_in_child() {
        parallel::forked();
    }

    /// The number of threads that work is split over.
    #[pyfunction]
    fn num_threads() -> PyResult<usize> {
        parallel::num_threads().map_err(to_python)
    }
}
