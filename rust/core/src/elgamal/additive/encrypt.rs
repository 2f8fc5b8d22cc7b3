//! Encryption, re-randomisation and decryption.

use std::ops::Range;

use zeroize::Zeroizing;

use super::LARGEST_PLAINTEXT;
use super::ciphertexts::{Ciphertexts, Pair, filled};
use super::keys::{PrivateKey, PublicKey};
use crate::error::{Error, Result};
use crate::group::discrete_log;
use crate::group::ristretto::{
    self, ADDITION_NS, ENCODED, ENCODING_NS, FIXED_BASE_NS, MULTIPLICATION_NS, Point, ShortMultiples,
};
use crate::integers::Integers;
use crate::parallel::Call;
use crate::random::Stream;

/// A fresh encryption of 0, its scalar from the element's own stream.
fn mask(key: &PublicKey, stream: &Stream, index: usize) -> Pair {
    let scalar = ristretto::random_scalar(&mut stream.substream(index as u64));
    Pair { nonce: ristretto::generator_table() * scalar.expose(), masked: key.table() * scalar.expose() }
}

/// Refuses what is no plaintext.
pub(super) fn check_plaintexts(values: &Integers, name: &str) -> Result<()> {
    values.check_bound(&[LARGEST_PLAINTEXT], name)
}

impl PublicKey {
    /// Encrypts integers of magnitude up to [`LARGEST_PLAINTEXT`].
    ///
    /// # Errors
    /// [`Error::Overflow`] names the first that is too large;
    /// [`Error::Randomness`], or what ends the call.
    pub fn encrypt(&self, values: &Integers, call: &mut Call<'_>) -> Result<Ciphertexts> {
        check_plaintexts(values, "values")?;
        let (stream, short) = (Stream::from_os()?, ShortMultiples::get());
        Ciphertexts::made(self, values.len(), 3 * FIXED_BASE_NS, call, |i| {
            let Pair { nonce, masked } = mask(self, &stream, i);
            let plain = short.multiply(values.magnitude(i)[0], values.is_negative(i));
            Pair { nonce, masked: masked + plain }
        })
    }
}

impl Ciphertexts {
    /// The same plaintexts under fresh scalars: encryptions of 0 are added. What the ciphertexts were computed
    /// from no longer shows in them, to anyone but the owner of the key.
    ///
    /// # Errors
    /// [`Error::Randomness`], or what ends the call.
    pub fn rerandomize(&self, call: &mut Call<'_>) -> Result<Self> {
        let stream = Stream::from_os()?;
        let ns = 2 * (FIXED_BASE_NS + ADDITION_NS);
        Self::made(self.public_key(), self.len(), ns, call, |i| {
            self.pairs()[i].zip(mask(self.public_key(), &stream, i), |a, b| a + b)
        })
    }
}

/// The plaintexts, of magnitude up to `limit`, of encoded elements `m G`: what several parties have decrypted
/// together. Time and memory accesses depend on the plaintexts.
///
/// # Errors
/// [`Error::InvalidCiphertext`] names the first element that is none; those of [`discrete_log::find_vartime`];
/// or what ends the call.
pub fn plaintexts_vartime(elements: &[u8], limit: u64, call: &mut Call<'_>) -> Result<Integers> {
    let foreign = |index| Error::InvalidCiphertext { index, reason: "no encoding of a plaintext's element" };
    let (encodings, []) = elements.as_chunks::<ENCODED>() else {
        return Err(foreign(elements.len() / ENCODED));
    };
    let decode = |range: Range<usize>| {
        let one = |index: usize| ristretto::decode(&encodings[index]).ok_or_else(|| foreign(index));
        range.map(one).collect::<Result<Vec<_>>>()
    };
    let (len, name) = (encodings.len(), "the decrypted array");
    let found = discrete_log::find_vartime(len, limit, ENCODING_NS, decode, name, call)?;
    Ok(Integers::from_i64(&Zeroizing::new(found)))
}

impl PrivateKey {
    fn unmask(&self, pairs: &[Pair]) -> Vec<Point> {
        pairs.iter().map(|pair| pair.masked - pair.nonce * self.scalar()).collect()
    }

    /// The multiples of the generator by the plaintexts, in constant time: decryption without its search.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for ciphertexts of another key, or what ends
    /// the call.
    pub fn decrypt_to_points(&self, ciphertexts: &Ciphertexts, call: &mut Call<'_>) -> Result<Vec<Point>> {
        self.public_key().check_same(ciphertexts.public_key())?;
        let len = ciphertexts.len();
        filled(len, ristretto::identity(), MULTIPLICATION_NS, call, |range, points| {
            points.copy_from_slice(&self.unmask(&ciphertexts.pairs()[range]));
            Ok(())
        })
    }

    /// The plaintexts, of magnitude up to `limit`. Constant time in the key; time and memory accesses depend
    /// on the plaintexts.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for ciphertexts of another key; those of
    /// [`discrete_log::find_vartime`], which names the first plaintext beyond the limit; or what ends the call.
    pub fn decrypt(&self, ciphertexts: &Ciphertexts, limit: u64, call: &mut Call<'_>) -> Result<Integers> {
        self.public_key().check_same(ciphertexts.public_key())?;
        let unmask = |range: Range<usize>| Ok(self.unmask(&ciphertexts.pairs()[range]));
        let name = "the decrypted array";
        let len = ciphertexts.len();
        let found = discrete_log::find_vartime(len, limit, MULTIPLICATION_NS, unmask, name, call)?;
        Ok(Integers::from_i64(&Zeroizing::new(found)))
    }
}
