//! Encryption, re-randomisation and decryption.
//!
//! Decryption makes `g^(rx)` in constant time and inverts a whole piece of the batch at once (Montgomery's
//! trick, with one constant-time inversion a lane).

use std::ops::Range;

use privml_kernels::{Batch, memcheck};
use zeroize::Zeroizing;

use super::arithmetic::map;
use super::ciphertexts::Ciphertexts;
use super::keys::{PrivateKey, PublicKey};
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::Call;
use crate::random::Stream;
use crate::words;

/// Refuses what is not in `1..=(p-1)/2`. Constant time unless there is such a value.
pub(super) fn check_plaintexts(key: &PublicKey, values: &Integers, name: &'static str) -> Result<()> {
    let fault = |i: usize| words::is_zero(values.magnitude(i)) | u64::from(values.is_negative(i));
    // Whether anything is refused may be known.
    if memcheck::revealed((0..values.len()).fold(0, |any, i| any | fault(i))) == 1 {
        let index = (0..values.len()).position(|i| fault(i) == 1).unwrap_or(0);
        return Err(Error::InvalidParameter {
            name,
            found: format!("zero or a negative number as element {index}"),
            allowed: "positive integers".into(),
        });
    }
    values.check_bound(key.largest_plaintext(), name)
}

/// Checked plaintexts as group elements.
pub(super) fn elements(key: &PublicKey, values: &Integers, range: Range<usize>) -> Batch {
    let n = key.group().words();
    let shared = n.min(values.width());
    let mut rows = Zeroizing::new(vec![0; range.len() * n]);
    for (row, i) in rows.chunks_exact_mut(n).zip(range) {
        row[..shared].copy_from_slice(&values.magnitude(i)[..shared]);
    }
    key.group().enter(&rows)
}

impl PublicKey {
    /// `g^r` and `h^r` for fresh exponents of `len` elements, each piece handed to `finish`.
    fn mask(
        &self,
        len: usize,
        call: &mut Call<'_>,
        finish: impl Fn(Batch, Batch, Range<usize>) -> (Batch, Batch) + Sync,
    ) -> Result<Ciphertexts> {
        let stream = Stream::from_os()?;
        self.bases().prepare(self.group(), len, call)?;
        let parts = map(self.group(), call, len, self.bases().products() + 4.0, |range| {
            let exponents = self.draw_exponents(&stream, range.clone());
            let [nonce, mask] = self.bases().pow(self.group(), &exponents);
            Ok(finish(nonce, mask, range))
        })?;
        Ok(Ciphertexts::join(self, &parts))
    }

    /// Encrypts integers from 1 to [`Self::largest_plaintext`].
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] names the first that is not positive, [`Error::Overflow`] the first that is
    /// too large; [`Error::Randomness`], or what ends the call.
    pub fn encrypt(&self, values: &Integers, call: &mut Call<'_>) -> Result<Ciphertexts> {
        check_plaintexts(self, values, "values")?;
        let modulus = self.group().modulus();
        self.mask(values.len(), call, |nonce, mask, range| {
            (nonce, modulus.mul(&mask, &elements(self, values, range)))
        })
    }
}

impl Ciphertexts {
    /// The same plaintexts under fresh exponents: multiplied by encryptions of 1. What the ciphertexts were
    /// computed from no longer shows in them, to anyone but the owner of the key.
    ///
    /// # Errors
    /// [`Error::Randomness`], or what ends the call.
    pub fn rerandomize(&self, call: &mut Call<'_>) -> Result<Self> {
        let key = self.public_key();
        let modulus = key.group().modulus();
        key.mask(self.len(), call, |nonce, mask, range| {
            (
                modulus.mul(&nonce, &self.nonce().slice(range.clone())),
                modulus.mul(&mask, &self.masked().slice(range)),
            )
        })
    }
}

/// The plaintexts of encoded elements, which they are: what several parties have decrypted together.
///
/// # Errors
/// [`Error::InvalidCiphertext`] names the first that is no canonical element.
pub fn plaintexts(key: &PublicKey, elements: &[u8]) -> Result<Integers> {
    let n = key.group().words();
    let foreign = |index| Error::InvalidCiphertext { index, reason: "no encoding of a plaintext" };
    if !elements.len().is_multiple_of(8 * n) {
        return Err(foreign(elements.len() / (8 * n)));
    }
    let (chunks, _) = elements.as_chunks::<8>();
    let rows: Vec<u64> = chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    match key.group().first_foreign(&rows) {
        Some(index) => Err(foreign(index)),
        None => Ok(Integers::from_parts(n, rows, vec![false; elements.len() / (8 * n)])),
    }
}

impl PrivateKey {
    /// The plaintexts, integers in `1..=(p-1)/2`.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for ciphertexts of another key, or what ends the call.
    pub fn decrypt(&self, ciphertexts: &Ciphertexts, call: &mut Call<'_>) -> Result<Integers> {
        let key = self.public_key();
        key.check_same(ciphertexts.public_key())?;
        let group = key.group();
        let modulus = group.modulus();
        let products = 64.0 * self.exponent().len() as f64 * 1.3;
        let parts = map(group, call, ciphertexts.len(), products, |range| {
            let mask = modulus.pow(&ciphertexts.nonce().slice(range.clone()), self.exponent());
            let plain = modulus.mul(&ciphertexts.masked().slice(range), &group.invert(&mask)?);
            Ok(group.leave(&plain))
        })?;
        let mut rows = Vec::with_capacity(ciphertexts.len() * group.words());
        parts.iter().for_each(|part| rows.extend_from_slice(part));
        Ok(Integers::from_parts(group.words(), rows, vec![false; ciphertexts.len()]))
    }
}
