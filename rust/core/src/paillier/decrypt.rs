//! Decryption by the Chinese remainder theorem.
//!
//! Paillier 1999, section 7, with `g = 1 + n`. Modulo `p²` the noise, an n-th power, has order dividing
//! `p - 1`, and `(1 + n)^m = 1 + m n`, so
//!
//! ```text
//! c^(p-1) = 1 + m (p-1) q p = 1 - (m q mod p) p      (mod p²)
//! ```
//!
//! whose digits in pair form are 1 and `L_p = -m q mod p`: no division. Then `m_p = -L_p / q mod p`,
//! `m_q = -L_q / p mod q`, and Garner's `m = m_q + q ((m_p - m_q) / q mod p)`. A first digit that is not 1
//! belongs to a ciphertext that shares a factor with `n`; such a one is refused.
//!
//! Constant time in ciphertexts, plaintexts and primes, but for the refusal, which names a position. (What
//! is done with plaintexts next is not all so: see [`crate::fixed_point`].) **Whether a ciphertext from a
//! stranger was refused or decrypted well must not be shown to the stranger**: the scheme is malleable
//! and not secure against chosen ciphertexts.

use std::ops::Range;

use privml_kernels::memcheck;
use zeroize::Zeroizing;

use super::ciphertexts::Ciphertexts;
use super::cost;
use super::number::{self, Words};
use super::private::{Half, PrivateKey};
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::Call;

impl PrivateKey {
    /// The plaintexts, each in `-(n-1)/2 ..= (n-1)/2`.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for ciphertexts of another key; [`Error::InvalidCiphertext`] for one that
    /// shares a factor with the modulus; what ends the call.
    pub fn decrypt(&self, ciphertexts: &Ciphertexts, call: &mut Call<'_>) -> Result<Integers> {
        let key = self.public_key();
        key.check_same(ciphertexts.public_key())?;
        let (p, q) = self.halves();
        let power =
            |half: &Half| cost::power(half.ring(), 64 * half.prime().len()) + cost::convert(half.ring());
        let ns = power(p) + power(q) + cost::convert(key.ring());
        let chunk = cost::chunk(key.ring(), ns);
        let words = key.words();
        let len = ciphertexts.len();
        Integers::filled(words, len, 1, cost::whole(ns), chunk, call, |range, magnitudes, negative| {
            self.decrypt_range(ciphertexts, range, magnitudes, negative)
        })
    }

    fn decrypt_range(
        &self,
        ciphertexts: &Ciphertexts,
        range: Range<usize>,
        magnitudes: &mut [u64],
        negative: &mut [bool],
    ) -> Result<()> {
        let key = self.public_key();
        let words = key.words();
        let (p, q) = self.halves();
        let rows = key.ring().leave(&ciphertexts.batch().slice(range.clone()));
        let logarithms_p = logarithms(p, &rows, 2 * words, range.start)?;
        let logarithms_q = logarithms(q, &rows, 2 * words, range.start)?;
        drop(rows);

        // m modulo each prime, then Garner's digit t.
        let residues = |half: &Half, logarithms: &[u64]| {
            let base = half.ring().base();
            let inverses = half.other_inverse.take(&vec![0; range.len()]);
            base.negate(&base.mul(&base.enter(logarithms, half.prime().len()), &inverses))
        };
        let m_p = residues(p, &logarithms_p);
        let m_q = q.ring().base().leave(&residues(q, &logarithms_q));
        let base = p.ring().base();
        let inverses = p.other_inverse.take(&vec![0; range.len()]);
        let q_words = q.prime().len();
        let t = base.mul(&base.sub(&m_p, &base.enter(&m_q, q_words)), &inverses);
        let t = base.leave(&t);

        let mut wide = Zeroizing::new(vec![0u64; p.prime().len() + q_words]);
        let mut negated = Zeroizing::new(vec![0u64; words]);
        let digits = t.chunks_exact(p.prime().len()).zip(m_q.chunks_exact(q_words));
        let results = magnitudes.chunks_exact_mut(words).zip(negative);
        for ((row, negative), (t, m_q)) in results.zip(digits) {
            number::multiply_add(&mut wide, t, q.prime(), m_q);
            let value = &wide[..words];
            number::subtract(&mut negated, key.modulus(), value);
            let above_half = number::is_below(key.largest_plaintext(), value);
            number::select(row, above_half, &negated, value);
            *negative = above_half == 1;
        }
        Ok(())
    }
}

/// The rows `L` of `c^(p-1) = 1 + L p mod p²`.
fn logarithms(half: &Half, rows: &[u64], words_per_row: usize, first_index: usize) -> Result<Words> {
    let ring = half.ring_for(rows.len() / words_per_row);
    let power = ring.pow(&ring.enter(rows, words_per_row), half.minus_one.expose());
    let (ones, logarithms) = ring.leave_digits(&power);
    // Whether a ciphertext is refused is for its owner to see, and all that is revealed.
    let unit = |row: &[u64]| memcheck::revealed(number::is_one(row)) == 1;
    match ones.chunks_exact(half.prime().len()).position(|row| !unit(row)) {
        Some(position) => Err(Error::InvalidCiphertext {
            index: first_index + position,
            reason: "it shares a factor with the modulus",
        }),
        None => Ok(logarithms),
    }
}
