//! Keys and arrays of ciphertexts as bytes.
//!
//! Inside the envelope of [`crate::codec`] (magic, version, type tag), with its fields:
//!
//! ```text
//! public key          number n
//! private key         encrypted by crate::keyfile: u32 length of p, bytes of p, bytes of q; p > q
//! ciphertext array    fingerprint[16]  shape  flag is_integer  u32 fractional_bits
//!                     number bound  number divisor  rows
//! packed array        fingerprint[16]  shape  flag is_integer  flag append_weight  u32 fractional_bits
//!                     u32 value_bits  u64 bits of the f64 limit  number additions  number spent
//!                     number divisor  rows
//! ```
//!
//! Rows are ciphertexts below `n²` of twice as many words as `n`, as many as the shape asks for. What is
//! decoded is canonical: it encodes to the same bytes.

use zeroize::Zeroizing;

use super::ciphertexts::Ciphertexts;
use super::number;
use super::private::PrivateKey;
use super::public::{MAXIMUM_BITS, PublicKey};
use crate::codec::{self, MAX_AXES, Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::keyfile;
use crate::parallel::Call;

/// Words of the longest public number in a header: far above any that arises.
const NUMBER_WORDS: usize = 2 * MAXIMUM_BITS / 64;

const ARRAY: &str = "an encrypted array";
const PACKED: &str = "a packed array";
const PUBLIC: &str = "a Paillier public key";
const PRIVATE: &str = "a Paillier private key";

/// What travels with an array of one ciphertext an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayHeader {
    /// The array's shape.
    pub shape: Vec<usize>,
    /// Whether the elements are integers rather than reals.
    pub is_integer: bool,
    /// The plaintexts' scale: the real is the integer over 2 to this.
    pub fractional_bits: u32,
    /// A bound on the integers' magnitudes (words).
    pub bound: Vec<u64>,
    /// What to divide by after decryption (words); not zero.
    pub divisor: Vec<u64>,
}

/// What travels with an array of many values a ciphertext.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedHeader {
    /// The array's shape.
    pub shape: Vec<usize>,
    /// Whether the elements are integers rather than reals.
    pub is_integer: bool,
    /// Whether the weight itself follows the elements, in a slot of its own.
    pub append_weight: bool,
    /// The plaintexts' scale: the real is the integer over 2 to this.
    pub fractional_bits: u32,
    /// Bits of a value in its slot, sign included.
    pub value_bits: u32,
    /// The largest magnitude of a value; finite and above zero.
    pub limit: f64,
    /// The sum of weights that slots have room for (words); not zero.
    pub additions: Vec<u64>,
    /// How much of it is spent (words); at most `additions`.
    pub spent: Vec<u64>,
    /// What to divide by after decryption (words); not zero.
    pub divisor: Vec<u64>,
}

impl PackedHeader {
    /// Ciphertexts that so many elements take under a key: slots of `value_bits + ⌈log2 additions⌉` bits,
    /// and two bits of the modulus left free. `None` if no slot fits.
    fn rows(&self, elements: usize, key: &PublicKey) -> Option<usize> {
        let mut headroom = self.additions.clone();
        number::subtract_word(&mut headroom, 1);
        let slot_bits = (self.value_bits as usize).checked_add(number::bit_length(&headroom))?;
        let slots = (key.bits() - 2).checked_div(slot_bits).filter(|&slots| slots > 0)?;
        Some(elements.checked_add(usize::from(self.append_weight))?.div_ceil(slots))
    }

    /// What is contradictory, if anything.
    fn fault(&self) -> Option<&'static str> {
        let len = self.additions.len().max(self.spent.len());
        let overspent =
            number::is_below(&number::padded(&self.additions, len), &number::padded(&self.spent, len)) == 1;
        if !(self.limit.is_finite() && self.limit > 0.0) {
            Some("a limit that is not a finite number above zero")
        } else if self.value_bits == 0 {
            Some("values of no bits")
        } else if is_zero(&self.additions) || is_zero(&self.divisor) {
            Some("additions or a divisor of zero")
        } else if overspent {
            Some("more additions spent than there are")
        } else {
            None
        }
    }
}

impl PublicKey {
    /// The key as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Tag::PaillierPublicKey);
        writer.number(self.modulus());
        writer.finish()
    }

    /// The key of these bytes, checked as by [`PublicKey::from_modulus`].
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::KeySize`], [`Error::InvalidKey`], or what ends the call.
    pub fn from_bytes(data: &[u8], insecure_key_size: bool, call: &mut Call<'_>) -> Result<Self> {
        let mut reader = Reader::new(data, Tag::PaillierPublicKey, PUBLIC)?;
        let n = reader.number(MAXIMUM_BITS / 64)?;
        reader.finish()?;
        Self::from_modulus(&n, insecure_key_size, call)
    }
}

impl PrivateKey {
    /// The key as the bytes of a file, encrypted with a password.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an empty password, [`Error::Randomness`], or what ends the call.
    pub fn to_encrypted_bytes(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        let (p, q) = self.primes();
        let mut payload = Zeroizing::new(Vec::with_capacity(4 + 8 * (p.len() + q.len())));
        payload.extend((number::bit_length(p).div_ceil(8) as u32).to_le_bytes());
        for prime in [p, q] {
            let bytes = prime.iter().flat_map(|word| word.to_le_bytes());
            payload.extend(bytes.take(number::bit_length(prime).div_ceil(8)));
        }
        keyfile::seal(Tag::PaillierPrivateKey, &payload, password, call)
    }

    /// The key from what [`Self::to_encrypted_bytes`] made; insecure sizes are allowed. The file is
    /// authenticated, so a single round of Miller-Rabin for each prime is enough here.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::WrongPassword`], [`Error::KeySize`], [`Error::InvalidKey`], or what
    /// ends the call.
    pub fn from_encrypted_bytes(data: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        let payload = keyfile::open(Tag::PaillierPrivateKey, PRIVATE, data, password, call)?;
        let malformed = || Error::Decode { what: PRIVATE, reason: "two primes are missing" };
        let (length, primes) = payload.split_first_chunk::<4>().ok_or_else(malformed)?;
        let (p, q) = primes.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(malformed)?;
        let canonical =
            |prime: &[u8]| prime.len() <= MAXIMUM_BITS / 8 && prime.last().is_some_and(|&top| top != 0);
        if !canonical(p) || !canonical(q) {
            return Err(malformed());
        }
        let (p, q) = (number::from_le_bytes(p), number::from_le_bytes(q));
        let len = p.len().max(q.len());
        if number::is_below(&number::padded(&q, len), &number::padded(&p, len)) == 0 {
            return Err(Error::Decode { what: PRIVATE, reason: "the primes are out of order" });
        }
        Self::from_stored_primes(&p, &q, call)
    }
}

impl Ciphertexts {
    /// These ciphertexts with the header of an array.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shape is of another size, [`Error::InvalidParameter`] for a divisor of
    /// zero, or what ends the call.
    pub fn to_bytes(&self, header: &ArrayHeader, call: &mut Call<'_>) -> Result<Vec<u8>> {
        check_shape(&header.shape, Some, self.len())?;
        if is_zero(&header.divisor) {
            return Err(invalid("divisor", "zero"));
        }
        let mut writer = Writer::new(Tag::PaillierArray);
        writer.raw(self.public_key().fingerprint()).shape(&header.shape).flag(header.is_integer);
        writer.u32(header.fractional_bits).number(&header.bound).number(&header.divisor);
        writer.words(&self.to_rows(call)?);
        Ok(writer.finish())
    }

    /// What [`Self::to_bytes`] made, every ciphertext checked.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another key's, [`Error::Decode`], [`Error::InvalidCiphertext`], or what
    /// ends the call.
    pub fn from_bytes(data: &[u8], key: &PublicKey, call: &mut Call<'_>) -> Result<(Self, ArrayHeader)> {
        let mut reader = Reader::new(data, Tag::PaillierArray, ARRAY)?;
        reader.fingerprint(key.fingerprint())?;
        let (shape, elements) = reader.shape()?;
        let header = ArrayHeader {
            shape,
            is_integer: reader.flag()?,
            fractional_bits: reader.u32()?,
            bound: reader.number(NUMBER_WORDS)?,
            divisor: reader.number(NUMBER_WORDS)?,
        };
        if is_zero(&header.divisor) {
            return Err(reader.error("a divisor of zero"));
        }
        Ok((read_rows(reader, elements, key, call)?, header))
    }

    /// These ciphertexts with the header of a packed array.
    ///
    /// # Errors
    /// [`Error::Shape`] if the header asks for another number of ciphertexts,
    /// [`Error::InvalidParameter`] if it is contradictory, or what ends the call.
    pub fn to_packed_bytes(&self, header: &PackedHeader, call: &mut Call<'_>) -> Result<Vec<u8>> {
        if let Some(fault) = header.fault() {
            return Err(invalid("header", fault));
        }
        check_shape(&header.shape, |elements| header.rows(elements, self.public_key()), self.len())?;
        let mut writer = Writer::new(Tag::PaillierPackedArray);
        writer.raw(self.public_key().fingerprint()).shape(&header.shape);
        writer.flag(header.is_integer).flag(header.append_weight);
        writer.u32(header.fractional_bits).u32(header.value_bits).u64(header.limit.to_bits());
        writer.number(&header.additions).number(&header.spent).number(&header.divisor);
        writer.words(&self.to_rows(call)?);
        Ok(writer.finish())
    }

    /// What [`Self::to_packed_bytes`] made, every ciphertext checked.
    ///
    /// # Errors
    /// Those of [`Self::from_bytes`].
    pub fn from_packed_bytes(
        data: &[u8],
        key: &PublicKey,
        call: &mut Call<'_>,
    ) -> Result<(Self, PackedHeader)> {
        let mut reader = Reader::new(data, Tag::PaillierPackedArray, PACKED)?;
        reader.fingerprint(key.fingerprint())?;
        let (shape, elements) = reader.shape()?;
        let header = PackedHeader {
            shape,
            is_integer: reader.flag()?,
            append_weight: reader.flag()?,
            fractional_bits: reader.u32()?,
            value_bits: reader.u32()?,
            limit: f64::from_bits(reader.u64()?),
            additions: reader.number(NUMBER_WORDS)?,
            spent: reader.number(NUMBER_WORDS)?,
            divisor: reader.number(NUMBER_WORDS)?,
        };
        if let Some(fault) = header.fault() {
            return Err(reader.error(fault));
        }
        let rows =
            header.rows(elements, key).ok_or_else(|| reader.error("values that do not fit the key"))?;
        Ok((read_rows(reader, rows, key, call)?, header))
    }
}

fn is_zero(words: &[u64]) -> bool {
    number::bit_length(words) == 0
}

fn invalid(name: &'static str, found: &str) -> Error {
    Error::InvalidParameter { name, found: found.into(), allowed: "what an encoding can hold".into() }
}

/// Refuses a shape whose elements do not take so many ciphertexts.
fn check_shape(shape: &[usize], rows: impl Fn(usize) -> Option<usize>, found: usize) -> Result<()> {
    if shape.len() <= MAX_AXES && codec::elements(shape).and_then(rows) == Some(found) {
        return Ok(());
    }
    Err(Error::Shape {
        name: "shape",
        found: format!("{shape:?}"),
        allowed: format!("what takes {found} ciphertexts"),
    })
}

/// The last field: so many ciphertexts.
fn read_rows(
    mut reader: Reader<'_>,
    rows: usize,
    key: &PublicKey,
    call: &mut Call<'_>,
) -> Result<Ciphertexts> {
    let words = rows.checked_mul(2 * key.words()).ok_or_else(|| reader.error("a shape that is too large"))?;
    let rows = reader.words(words)?;
    reader.finish()?;
    Ciphertexts::from_rows(key, &rows, call)
}
