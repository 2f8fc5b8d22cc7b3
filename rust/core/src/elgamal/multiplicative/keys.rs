//! Keys and their fingerprints.

use std::ops::Range;
use std::sync::Arc;

use privml_kernels::memcheck;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::bases::Bases;
use crate::codec;
use crate::error::{Error, Result};
use crate::group::finite_field::{FiniteField, Name};
use crate::parallel::{self, Call};
use crate::random::Stream;
use crate::secret::Secret;
use crate::words;

const FINGERPRINT_DOMAIN: &[u8] = b"privml multiplicative elgamal public key v1";

struct Inner {
    group: FiniteField,
    element: Vec<u64>,
    full_exponent: bool,
    fingerprint: [u8; 16],
    bases: Bases,
}

/// The element `h = g^x`. Cheap to clone: clones share the group's constants and the tables. Equal if group,
/// element and length of exponents are.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

impl PublicKey {
    /// A key from its element, a row of the group's words.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] unless it is the canonical form of an element other than 1; see also
    /// [`FiniteField::new`].
    pub fn new(name: Name, element: &[u64], full_exponent: bool) -> Result<Self> {
        let group = FiniteField::new(name)?;
        if element.len() != group.words() || group.first_foreign(element).is_some() {
            return Err(Error::InvalidKey("the public element is not in 1..(p - 1)/2"));
        }
        if words::bit_length(element) == 1 {
            return Err(Error::InvalidKey("the public element is 1, which hides nothing"));
        }
        let digest = Sha256::new()
            .chain_update(FINGERPRINT_DOMAIN)
            .chain_update((name.bits() as u32).to_le_bytes())
            .chain_update([u8::from(full_exponent)])
            .chain_update(element.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
            .finalize();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        let bases = Bases::new(&group, element, name.exponent_bits(full_exponent));
        Ok(Self(Arc::new(Inner { group, element: element.to_vec(), full_exponent, fingerprint, bases })))
    }

    /// A key from its element's encoding: little-endian bytes, as many as the prime has.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn from_encoding(name: Name, encoding: &[u8], full_exponent: bool) -> Result<Self> {
        let (chunks, []) = encoding.as_chunks::<8>() else {
            return Err(Error::InvalidKey("the public element is no whole number of words"));
        };
        let element: Vec<u64> = chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        Self::new(name, &element, full_exponent)
    }

    /// The group.
    pub fn group(&self) -> &FiniteField {
        &self.0.group
    }

    /// The element, in canonical form.
    pub fn element(&self) -> &[u64] {
        &self.0.element
    }

    /// Whether exponents are as long as the group's order.
    pub fn full_exponent(&self) -> bool {
        self.0.full_exponent
    }

    /// Bits of an encryption exponent.
    pub fn exponent_bits(&self) -> usize {
        self.group().name().exponent_bits(self.0.full_exponent)
    }

    /// The largest plaintext, `(p - 1) / 2`.
    pub fn largest_plaintext(&self) -> &[u64] {
        self.group().order()
    }

    /// Memory that tables take at present, in bytes: 0 before they are built.
    pub fn table_bytes(&self) -> usize {
        self.0.bases.table_bytes()
    }

    /// The first 16 bytes of SHA-256 over a domain prefix, the group's bits, the length of exponents and the
    /// element.
    pub fn fingerprint(&self) -> &[u8; 16] {
        &self.0.fingerprint
    }

    /// The fingerprint in hexadecimal digits.
    pub fn fingerprint_hex(&self) -> String {
        codec::hexadecimal(self.fingerprint())
    }

    /// Refuses another key.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`].
    pub fn check_same(&self, other: &Self) -> Result<()> {
        if self == other {
            return Ok(());
        }
        Err(Error::KeyMismatch { expected: self.fingerprint_hex(), found: other.fingerprint_hex() })
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.0.bases
    }

    /// Exponents for the elements of a range, each from its sub-stream.
    pub(super) fn draw_exponents(&self, stream: &Stream, range: Range<usize>) -> Zeroizing<Vec<u64>> {
        let mut rows = Zeroizing::new(Vec::with_capacity(range.len() * self.0.bases.exponent_words()));
        for i in range {
            let exponent = draw(self.group(), self.full_exponent(), &mut stream.substream(i as u64));
            rows.extend_from_slice(&exponent);
        }
        rows
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        Arc::ptr_eq(a, b)
            || (a.element == b.element
                && a.group.name() == b.group.name()
                && a.full_exponent == b.full_exponent)
    }
}

impl Eq for PublicKey {}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.fingerprint.hash(state);
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({}, {})", self.group().name().as_str(), self.fingerprint_hex())
    }
}

/// An exponent: uniform below the order, or below 2 to the short length. Zero, which would hide nothing, has
/// a probability of 2^-256 or less.
fn draw(group: &FiniteField, full: bool, stream: &mut Stream) -> Zeroizing<Vec<u64>> {
    if full {
        return Zeroizing::new(stream.below(group.order()));
    }
    let bits = group.name().short_exponent_bits();
    let mut exponent = Zeroizing::new(vec![0; bits.div_ceil(64)]);
    stream.fill_words(&mut exponent);
    let spare = 64 * exponent.len() - bits;
    if let Some(top) = exponent.last_mut() {
        *top &= u64::MAX >> spare;
    }
    exponent
}

/// The exponent `x`, with its public key.
pub struct PrivateKey {
    exponent: Secret<Vec<u64>>,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key, its exponent and those of encryption short unless `full_exponent`.
    ///
    /// # Errors
    /// [`Error::Randomness`], those of [`FiniteField::new`], or what ends the call.
    pub fn generate(name: Name, full_exponent: bool, call: &mut Call<'_>) -> Result<Self> {
        let group = FiniteField::new(name)?;
        let mut stream = Stream::from_os()?;
        loop {
            let exponent = draw(&group, full_exponent, &mut stream);
            // A draw of zero is thrown away: that there was one tells nothing of the next.
            if memcheck::revealed(words::is_zero(&exponent)) == 0 {
                return Self::from_exponent(&group, &exponent, full_exponent, call);
            }
        }
    }

    /// The key of an exponent in range.
    pub(super) fn from_exponent(
        group: &FiniteField,
        exponent: &[u64],
        full_exponent: bool,
        call: &mut Call<'_>,
    ) -> Result<Self> {
        let element = call.quietly(|call| {
            parallel::run_one(call, || {
                let generator = group.enter(&group.generator());
                Ok(group.leave(&group.modulus().pow(&generator, exponent)))
            })
        })?;
        // It is given away.
        memcheck::reveal(&element);
        let public = PublicKey::new(group.name(), &element, full_exponent)?;
        Ok(Self { exponent: Secret::new(exponent.to_vec()), public })
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Declares the exponent secret, for the check of constant time.
    pub fn conceal(&self) {
        memcheck::conceal(self.exponent());
    }

    pub(super) fn exponent(&self) -> &[u64] {
        self.exponent.expose()
    }
}
