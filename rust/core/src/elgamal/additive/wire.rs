//! Arrays of ciphertexts as bytes, inside the envelope of [`crate::codec`]:
//!
//! ```text
//! public key          point[32]
//! private key         encrypted by crate::keyfile: scalar[32]
//! ciphertext array    fingerprint[16]  shape  flag is_integer  u32 fractional_bits
//!                     u64 bound  number divisor  rows of two points
//! ```
//!
//! Points and scalars are encoded as in RFC 9496: what is decoded is canonical.

use super::LARGEST_PLAINTEXT;
use super::ciphertexts::{Ciphertexts, ROW};
use super::keys::PublicKey;
use crate::codec::{self, MAX_AXES, Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::parallel::Call;

const ARRAY: &str = "an additive ElGamal array";

/// What travels with an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayHeader {
    /// The array's shape.
    pub shape: Vec<usize>,
    /// Whether the elements are integers rather than reals.
    pub is_integer: bool,
    /// The plaintexts' scale: the real is the integer over 2 to this.
    pub fractional_bits: u32,
    /// A bound on the integers' magnitudes, at most [`LARGEST_PLAINTEXT`].
    pub bound: u64,
    /// What to divide by after decryption (one word or none above it zero); not zero.
    pub divisor: u64,
}

impl ArrayHeader {
    fn fault(&self) -> Option<&'static str> {
        if self.bound > LARGEST_PLAINTEXT {
            Some("a bound beyond what can be decrypted")
        } else if self.divisor == 0 {
            Some("a divisor of zero")
        } else {
            None
        }
    }
}

impl Ciphertexts {
    /// These ciphertexts with the header of an array.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shape is of another size, [`Error::InvalidParameter`] for a header that cannot
    /// be, or what ends the call.
    pub fn to_bytes(&self, header: &ArrayHeader, call: &mut Call<'_>) -> Result<Vec<u8>> {
        if header.shape.len() > MAX_AXES || codec::elements(&header.shape) != Some(self.len()) {
            return Err(Error::Shape {
                name: "shape",
                found: format!("{:?}", header.shape),
                allowed: format!("what takes {} ciphertexts", self.len()),
            });
        }
        if let Some(fault) = header.fault() {
            let allowed = "what an encoding can hold".into();
            return Err(Error::InvalidParameter { name: "header", found: fault.into(), allowed });
        }
        let mut writer = Writer::new(Tag::AdditiveArray);
        writer.raw(self.public_key().fingerprint()).shape(&header.shape).flag(header.is_integer);
        writer.u32(header.fractional_bits).u64(header.bound).u64(header.divisor);
        writer.raw(self.to_rows(call)?.as_flattened());
        Ok(writer.finish())
    }

    /// What [`Self::to_bytes`] made, every point checked.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another key's, [`Error::Decode`], [`Error::InvalidCiphertext`], or what ends
    /// the call.
    pub fn from_bytes(data: &[u8], key: &PublicKey, call: &mut Call<'_>) -> Result<(Self, ArrayHeader)> {
        let mut reader = Reader::new(data, Tag::AdditiveArray, ARRAY)?;
        reader.fingerprint(key.fingerprint())?;
        let (shape, elements) = reader.shape()?;
        let header = ArrayHeader {
            shape,
            is_integer: reader.flag()?,
            fractional_bits: reader.u32()?,
            bound: reader.u64()?,
            divisor: reader.u64()?,
        };
        if let Some(fault) = header.fault() {
            return Err(reader.error(fault));
        }
        let bytes = elements.checked_mul(ROW).ok_or_else(|| reader.error("a shape that is too large"))?;
        let (rows, _) = reader.raw(bytes)?.as_chunks::<ROW>();
        reader.finish()?;
        Ok((Self::from_rows(key, rows, call)?, header))
    }
}
