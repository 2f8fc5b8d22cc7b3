//! The one place where a core error becomes a Python exception, of the classes in `privml.errors`.

use privml_core::error::Error;
use pyo3::prelude::*;

/// Python's side of the errors, defined there so that they have docstrings, several bases and pickling.
mod class {
    use pyo3::import_exception;

    import_exception!(privml.errors, DecodeError);
    import_exception!(privml.errors, DtypeError);
    import_exception!(privml.errors, EncodingOverflowError);
    import_exception!(privml.errors, InternalError);
    import_exception!(privml.errors, InvalidCiphertextError);
    import_exception!(privml.errors, InvalidKeyError);
    import_exception!(privml.errors, KeyMismatchError);
    import_exception!(privml.errors, KeySizeError);
    import_exception!(privml.errors, MisbehaviourError);
    import_exception!(privml.errors, NotFiniteError);
    import_exception!(privml.errors, OutOfMemoryError);
    import_exception!(privml.errors, ParameterError);
    import_exception!(privml.errors, RandomnessError);
    import_exception!(privml.errors, ShapeError);
    import_exception!(privml.errors, WrongPasswordError);
}

/// The exception for a core error.
pub(crate) fn to_python(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::KeyMismatch { .. } => class::KeyMismatchError::new_err(message),
        Error::KeySize { .. } => class::KeySizeError::new_err(message),
        Error::InvalidKey(_) => class::InvalidKeyError::new_err(message),
        Error::InvalidCiphertext { .. } => class::InvalidCiphertextError::new_err(message),
        Error::Decode { .. } => class::DecodeError::new_err(message),
        Error::OutOfMemory(_) => class::OutOfMemoryError::new_err(message),
        Error::Overflow { .. } => class::EncodingOverflowError::new_err(message),
        Error::NotFinite { .. } => class::NotFiniteError::new_err(message),
        Error::Shape { .. } => class::ShapeError::new_err(message),
        Error::InvalidParameter { .. } => class::ParameterError::new_err(message),
        Error::Misbehaviour { parties, .. } => class::MisbehaviourError::new_err((message, parties)),
        Error::WrongPassword => class::WrongPasswordError::new_err(message),
        Error::Randomness => class::RandomnessError::new_err(message),
        Error::Cancelled | Error::Internal(_) => class::InternalError::new_err(message),
    }
}

/// An argument of a type that cannot be used.
pub(crate) fn dtype(message: String) -> PyErr {
    class::DtypeError::new_err(message)
}

/// An argument with a value that cannot be used.
pub(crate) fn parameter(message: String) -> PyErr {
    class::ParameterError::new_err(message)
}
