//! Keys and arrays of ciphertexts as bytes.
//!
//! Inside the envelope of [`crate::codec`] (magic, version, type tag), with its fields:
//!
//! ```text
//! public key          u32 bits of the group's prime  flag full_exponent  number h
//! private key         encrypted by crate::keyfile: u32 bits, u8 full_exponent, words of x
//! ciphertext array    fingerprint[16]  shape  flag is_integer  u32 fractional_bits (two's complement)
//!                     number numerator  number denominator  rows
//! ```
//!
//! Rows are pairs of elements in canonical form, as many as the shape asks for. What is decoded is
//! canonical: it encodes to the same bytes.

use privml_kernels::memcheck;
use zeroize::Zeroizing;

use super::ciphertexts::Ciphertexts;
use super::keys::{PrivateKey, PublicKey};
use crate::codec::{self, MAX_AXES, Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::group::finite_field::{FiniteField, Name};
use crate::keyfile;
use crate::parallel::Call;
use crate::words;

const ARRAY: &str = "an array of ElGamal ciphertexts";
const PUBLIC: &str = "a public key of multiplicative ElGamal";
const PRIVATE: &str = "a private key of multiplicative ElGamal";

/// Words of the longest bound in a header: that of the longest group's order.
const BOUND_WORDS: usize = 4096 / 64;

/// What travels with an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayHeader {
    /// The array's shape.
    pub shape: Vec<usize>,
    /// Whether the elements are integers rather than reals.
    pub is_integer: bool,
    /// The plaintexts' scale: the real is the fraction over 2 to this, which may be negative.
    pub fractional_bits: i32,
    /// A bound on the fractions' numerators (words); not zero.
    pub numerator: Vec<u64>,
    /// A bound on the fractions' denominators (words); not zero.
    pub denominator: Vec<u64>,
}

fn group_of(bits: u32, what: &'static str) -> Result<Name> {
    let named = Name::ALL.into_iter().find(|name| name.bits() as u32 == bits);
    named.ok_or(Error::Decode { what, reason: "a group that there is not" })
}

impl PublicKey {
    /// The key as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Tag::MultiplicativePublicKey);
        writer.u32(self.group().name().bits() as u32).flag(self.full_exponent()).number(self.element());
        writer.finish()
    }

    /// The key of these bytes, checked as by [`PublicKey::new`].
    ///
    /// # Errors
    /// [`Error::Decode`], or those of [`PublicKey::new`].
    pub fn from_bytes(data: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(data, Tag::MultiplicativePublicKey, PUBLIC)?;
        let name = group_of(reader.u32()?, PUBLIC)?;
        let full_exponent = reader.flag()?;
        let mut element = reader.number(name.bits() / 64)?;
        reader.finish()?;
        element.resize(name.bits() / 64, 0);
        Self::new(name, &element, full_exponent)
    }
}

impl PrivateKey {
    /// The key as the bytes of a file, encrypted with a password.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an empty password, [`Error::Randomness`], or what ends the call.
    pub fn to_encrypted_bytes(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        let mut payload = Zeroizing::new(Vec::with_capacity(5 + 8 * self.exponent().len()));
        payload.extend((self.public_key().group().name().bits() as u32).to_le_bytes());
        payload.push(u8::from(self.public_key().full_exponent()));
        payload.extend(self.exponent().iter().flat_map(|word| word.to_le_bytes()));
        keyfile::seal(Tag::MultiplicativePrivateKey, &payload, password, call)
    }

    /// The key from what [`Self::to_encrypted_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::WrongPassword`], or what ends the call.
    pub fn from_encrypted_bytes(data: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        let malformed = |reason| Error::Decode { what: PRIVATE, reason };
        let payload = keyfile::open(Tag::MultiplicativePrivateKey, PRIVATE, data, password, call)?;
        let (bits, rest) = payload.split_first_chunk::<4>().ok_or(malformed("it is too short"))?;
        let name = group_of(u32::from_le_bytes(*bits), PRIVATE)?;
        let (full_exponent, rest) = match rest.split_first() {
            Some((0, rest)) => (false, rest),
            Some((1, rest)) => (true, rest),
            _ => return Err(malformed("a flag that is neither 0 nor 1")),
        };
        let group = FiniteField::new(name)?;
        let (chunks, []) = rest.as_chunks::<8>() else {
            return Err(malformed("an exponent of the wrong length"));
        };
        let exponent: Zeroizing<Vec<u64>> =
            Zeroizing::new(chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect());
        let length = if full_exponent { group.words() } else { name.short_exponent_bits().div_ceil(64) };
        if exponent.len() != length {
            return Err(malformed("an exponent of the wrong length"));
        }
        let within = match full_exponent {
            true => words::is_below(&exponent, group.order()),
            false => {
                let spare = 64 * length - name.short_exponent_bits();
                words::is_zero(&[exponent[length - 1] & !(u64::MAX >> spare)])
            }
        };
        // Whether it is refused may be known.
        if memcheck::revealed(within & (words::is_zero(&exponent) ^ 1)) == 0 {
            return Err(malformed("an exponent out of range"));
        }
        Self::from_exponent(&group, &exponent, full_exponent, call)
    }
}

impl Ciphertexts {
    /// These ciphertexts with their header.
    ///
    /// # Errors
    /// [`Error::Shape`] if the header's shape asks for another number of ciphertexts,
    /// [`Error::InvalidParameter`] for a bound of zero or beyond the longest group, or what ends the call.
    pub fn to_bytes(&self, header: &ArrayHeader, call: &mut Call<'_>) -> Result<Vec<u8>> {
        if header.shape.len() > MAX_AXES || codec::elements(&header.shape) != Some(self.len()) {
            return Err(Error::Shape {
                name: "shape",
                found: format!("{:?}", header.shape),
                allowed: format!("what takes {} ciphertexts", self.len()),
            });
        }
        let allowed = |bound: &[u64]| (1..=64 * BOUND_WORDS).contains(&words::bit_length(bound));
        if !allowed(&header.numerator) || !allowed(&header.denominator) {
            return Err(Error::InvalidParameter {
                name: "header",
                found: "a bound of zero, or of too many bits".into(),
                allowed: format!("bounds of 1 to {} bits", 64 * BOUND_WORDS),
            });
        }
        let mut writer = Writer::new(Tag::MultiplicativeArray);
        writer.raw(self.public_key().fingerprint()).shape(&header.shape).flag(header.is_integer);
        writer.u32(header.fractional_bits as u32).number(&header.numerator).number(&header.denominator);
        writer.words(&self.to_rows(call)?);
        Ok(writer.finish())
    }

    /// What [`Self::to_bytes`] made, every element checked.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another key's, [`Error::Decode`], [`Error::InvalidCiphertext`], or what
    /// ends the call.
    pub fn from_bytes(data: &[u8], key: &PublicKey, call: &mut Call<'_>) -> Result<(Self, ArrayHeader)> {
        let mut reader = Reader::new(data, Tag::MultiplicativeArray, ARRAY)?;
        reader.fingerprint(key.fingerprint())?;
        let (shape, elements) = reader.shape()?;
        let header = ArrayHeader {
            shape,
            is_integer: reader.flag()?,
            fractional_bits: reader.u32()? as i32,
            numerator: reader.number(BOUND_WORDS)?,
            denominator: reader.number(BOUND_WORDS)?,
        };
        if header.numerator.is_empty() || header.denominator.is_empty() {
            return Err(reader.error("a bound of zero"));
        }
        let row_words = 2 * key.group().words();
        let words =
            elements.checked_mul(row_words).ok_or_else(|| reader.error("a shape that is too large"))?;
        let rows = reader.words(words)?;
        reader.finish()?;
        Ok((Self::from_rows(key, &rows, call)?, header))
    }
}
