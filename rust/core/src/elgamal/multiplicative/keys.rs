//! Keys, their fingerprints and their encodings.

use std::sync::{Arc, OnceLock};

use privml_kernels::SingleFixedBase;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::codec::{Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::group::finite_field::{FiniteField, Name, words};
use crate::keyfile;
use crate::parallel::{self, Call};
use crate::random::Stream;
use crate::secret::Secret;

/// Bits of an exponent that one table serves.
const WINDOW: usize = 6;

/// Tables of the two bases of encryption.
pub(super) struct Tables {
    pub(super) generator: SingleFixedBase,
    pub(super) public: SingleFixedBase,
}

struct Inner {
    group: FiniteField,
    element: Vec<u64>,
    full_exponent: bool,
    fingerprint: [u8; 32],
    tables: OnceLock<Tables>,
}

/// The element `h = g^x`. A handle: clones share the group's constants and the tables.
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
        let mut key = Inner {
            group,
            element: element.to_vec(),
            full_exponent,
            fingerprint: [0; 32],
            tables: OnceLock::new(),
        };
        key.fingerprint = Sha256::digest(encode(&key)).into();
        Ok(Self(Arc::new(key)))
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
        let name = self.group().name();
        if self.0.full_exponent { name.bits() - 1 } else { name.short_exponent_bits() }
    }

    /// The largest plaintext, `(p - 1) / 2`.
    pub fn largest_plaintext(&self) -> &[u64] {
        self.group().order()
    }

    /// SHA-256 of the key's encoding.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    /// The fingerprint's first eight bytes in hexadecimal.
    pub fn fingerprint_hex(&self) -> String {
        self.0.fingerprint[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Refuses another key.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`].
    pub fn check_same(&self, other: &Self) -> Result<()> {
        if Arc::ptr_eq(&self.0, &other.0) || self.0.fingerprint == other.0.fingerprint {
            return Ok(());
        }
        Err(Error::KeyMismatch { expected: self.fingerprint_hex(), found: other.fingerprint_hex() })
    }

    /// The key's encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.0)
    }

    /// The key of an encoding.
    ///
    /// # Errors
    /// [`Error::Decode`], or those of [`PublicKey::new`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        const WHAT: &str = "an ElGamal public key";
        let mut reader = Reader::new(bytes, Tag::MultiplicativePublicKey, WHAT)?;
        let name = group_of(reader.u32()?, WHAT)?;
        let full_exponent = reader.flag()?;
        let mut element = reader.number(name.bits() / 8)?.to_vec();
        reader.finish()?;
        element.resize(name.bits() / 64, 0);
        Self::new(name, &element, full_exponent)
    }

    /// The tables, built at the first call.
    pub(super) fn tables(&self, call: &mut Call<'_>) -> Result<&Tables> {
        if self.0.tables.get().is_none() {
            let bits = self.exponent_bits();
            let modulus = self.group().modulus();
            let tables = call.quietly(|call| {
                parallel::run_one(call, || {
                    Ok(Tables {
                        generator: modulus.fixed_base(&self.group().generator(), bits, WINDOW),
                        public: modulus.fixed_base(self.element(), bits, WINDOW),
                    })
                })
            })?;
            drop(self.0.tables.set(tables));
        }
        self.0.tables.get().ok_or_else(|| Error::Internal("no tables".into()))
    }

    /// Exponents for the elements of a range, rows of [`Self::exponent_words`] words.
    pub(super) fn draw_exponents(
        &self,
        stream: &Stream,
        range: std::ops::Range<usize>,
    ) -> Zeroizing<Vec<u64>> {
        let mut rows = Zeroizing::new(Vec::with_capacity(range.len() * self.exponent_words()));
        for i in range {
            rows.extend_from_slice(&draw(
                self.group(),
                self.full_exponent(),
                &mut stream.substream(i as u64),
            ));
        }
        rows
    }

    pub(super) fn exponent_words(&self) -> usize {
        self.exponent_bits().div_ceil(64)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint
    }
}

/// An exponent: uniform below the order, or below 2 to the short length.
fn draw(group: &FiniteField, full: bool, stream: &mut Stream) -> Zeroizing<Vec<u64>> {
    if full {
        return Zeroizing::new(stream.below(group.order()));
    }
    let bits = group.name().short_exponent_bits();
    let mut exponent = Zeroizing::new(vec![0; bits.div_ceil(64)]);
    stream.fill_words(&mut exponent);
    if let Some(top) = exponent.last_mut()
        && !bits.is_multiple_of(64)
    {
        *top &= u64::MAX >> (64 - bits % 64);
    }
    exponent
}

fn encode(key: &Inner) -> Vec<u8> {
    let mut writer = Writer::new(Tag::MultiplicativePublicKey);
    writer.u32(key.group.name().bits() as u32).flag(key.full_exponent).number(&key.element);
    writer.finish()
}

fn group_of(bits: u32, what: &'static str) -> Result<Name> {
    Name::ALL
        .into_iter()
        .find(|name| name.bits() as u32 == bits)
        .ok_or(Error::Decode { what, reason: "a group that there is not" })
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
        let mut exponent = draw(&group, full_exponent, &mut stream);
        while words::is_zero(&exponent) == 1 {
            exponent = draw(&group, full_exponent, &mut stream);
        }
        Self::from_exponent(&group, &exponent, full_exponent, call)
    }

    fn from_exponent(group: &FiniteField, exponent: &[u64], full: bool, call: &mut Call<'_>) -> Result<Self> {
        let element = parallel::run_one(call, || {
            let generator = group.enter(&group.generator());
            Ok(group.leave(&group.modulus().pow(&generator, exponent)))
        })?;
        let public = PublicKey::new(group.name(), &element, full)?;
        Ok(Self { exponent: Secret::new(exponent.to_vec()), public })
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn exponent(&self) -> &[u64] {
        self.exponent.expose()
    }

    /// The key sealed under a password.
    ///
    /// # Errors
    /// Those of [`keyfile::seal`].
    pub fn seal(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        let mut payload = Zeroizing::new(Vec::with_capacity(5 + 8 * self.exponent().len()));
        payload.extend((self.public.group().name().bits() as u32).to_le_bytes());
        payload.push(u8::from(self.public.full_exponent()));
        for word in self.exponent() {
            payload.extend(word.to_le_bytes());
        }
        keyfile::seal(Tag::MultiplicativePrivateKey, &payload, password, call)
    }

    /// The key of a sealed file.
    ///
    /// # Errors
    /// Those of [`keyfile::open`]; [`Error::Decode`] if it holds no key.
    pub fn open(file: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        const WHAT: &str = "an ElGamal private key";
        let decode = |reason| Error::Decode { what: WHAT, reason };
        let payload = keyfile::open(Tag::MultiplicativePrivateKey, WHAT, file, password, call)?;
        let (head, rest) = payload.split_at_checked(5).ok_or(decode("it is too short"))?;
        let name = group_of(u32::from_le_bytes([head[0], head[1], head[2], head[3]]), WHAT)?;
        if head[4] > 1 {
            return Err(decode("a flag that is neither 0 nor 1"));
        }
        let group = FiniteField::new(name)?;
        let full = head[4] == 1;
        let bits = if full { name.bits() } else { name.short_exponent_bits() };
        let (chunks, []) = rest.as_chunks::<8>() else {
            return Err(decode("an exponent of the wrong length"));
        };
        let exponent =
            Zeroizing::new(chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect::<Vec<_>>());
        let within = if full {
            exponent.len() == group.words() && words::is_below(&exponent, group.order()) == 1
        } else {
            exponent.len() == bits.div_ceil(64) && words::bit_length(&exponent) <= bits
        };
        if !within || words::is_zero(&exponent) == 1 {
            return Err(decode("an exponent out of range"));
        }
        Self::from_exponent(&group, &exponent, full, call)
    }
}
