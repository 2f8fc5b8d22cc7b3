//! A flat batch of ciphertexts under one key, kept in the kernels' internal form, and its checked
//! entrance from integers.

use privml_kernels::{Batch, Modulus};

use super::cost;
use super::noise::concat;
use super::number;
use super::public::PublicKey;
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::{self, Call};

/// Ciphertexts under one public key. Every one is a unit modulo `n²`: encryption makes no other, imports
/// are checked, and arithmetic keeps it so.
#[derive(Clone)]
pub struct Ciphertexts {
    key: PublicKey,
    batch: Batch,
}

impl Ciphertexts {
    pub(super) fn new(key: PublicKey, batch: Batch) -> Self {
        Self { key, batch }
    }

    /// The key they are encrypted under.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The ciphertexts as integers below `n²`: rows of [`Self::row_words`] little-endian words.
    ///
    /// # Errors
    /// What ends the call.
    pub fn to_rows(&self, call: &mut Call<'_>) -> Result<Vec<u64>> {
        let ring = self.key.ring();
        let ns = cost::convert(ring);
        let parts =
            parallel::map_chunks(call, self.len(), cost::chunk(ring, ns), cost::whole(ns), |range| {
                Ok(ring.leave(&self.batch.slice(range)))
            })?;
        let mut rows = Vec::with_capacity(self.len() * self.row_words());
        parts.iter().for_each(|part| rows.extend_from_slice(part));
        Ok(rows)
    }

    /// Words of a ciphertext's row.
    pub fn row_words(&self) -> usize {
        2 * self.key.words()
    }

    /// Ciphertexts from rows of [`Self::row_words`] words, checked: below `n²`, and units.
    ///
    /// # Errors
    /// [`Error::InvalidCiphertext`] names the first that is not; or what ends the call.
    pub fn from_rows(key: &PublicKey, rows: &[u64], call: &mut Call<'_>) -> Result<Self> {
        let words = 2 * key.words();
        if let Some(index) = rows.chunks_exact(words).position(|row| number::is_below(row, key.square()) == 0)
        {
            return Err(Error::InvalidCiphertext { index, reason: "it is not below n squared" });
        }
        let ring = key.ring();
        let ns = 2.0 * cost::convert(ring);
        let len = rows.len() / words;
        let parts = parallel::map_chunks(call, len, cost::chunk(ring, ns), cost::whole(ns), |range| {
            let rows = &rows[range.start * words..range.end * words];
            Ok((ring.enter(rows, words), product(ring.base(), ring.base().enter(rows, words))))
        })?;
        let (batches, products): (Vec<Batch>, Vec<Batch>) = parts.into_iter().unzip();
        if !products.is_empty() {
            let product = product(ring.base(), Batch::concat(&products));
            if !is_unit(key, &product) {
                let index = first_non_unit(key, &ring.base().enter(rows, words));
                return Err(Error::InvalidCiphertext {
                    index,
                    reason: "it shares a factor with the modulus",
                });
            }
        }
        Ok(Self { key: key.clone(), batch: concat(ring, &batches) })
    }

    /// The ciphertexts as non-negative integers.
    ///
    /// # Errors
    /// What ends the call.
    pub fn to_integers(&self, call: &mut Call<'_>) -> Result<Integers> {
        let rows = self.to_rows(call)?;
        Ok(Integers::from_parts(self.row_words(), rows, vec![false; self.len()]))
    }

    /// Ciphertexts from integers, checked as by [`Self::from_rows`].
    ///
    /// # Errors
    /// Those of [`Self::from_rows`].
    pub fn from_integers(key: &PublicKey, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        let words = 2 * key.words();
        let mut rows = vec![0; values.len() * words];
        for (index, row) in rows.chunks_exact_mut(words).enumerate() {
            let magnitude = number::trimmed(values.magnitude(index));
            if values.is_negative(index) || magnitude.len() > words {
                return Err(Error::InvalidCiphertext { index, reason: "it is not in 0..n squared" });
            }
            row[..magnitude.len()].copy_from_slice(magnitude);
        }
        Self::from_rows(key, &rows, call)
    }
}

/// The product of a non-empty batch of residues.
fn product(modulus: &Modulus, mut residues: Batch) -> Batch {
    while residues.len() > 1 {
        let half = residues.len() / 2;
        let halves = modulus.mul(&residues.slice(0..half), &residues.slice(half..2 * half));
        residues = match residues.len() % 2 {
            0 => halves,
            _ => Batch::concat(&[&halves, &residues.slice(2 * half..2 * half + 1)]),
        };
    }
    residues
}

/// Whether a single residue is coprime to the modulus.
fn is_unit(key: &PublicKey, residue: &Batch) -> bool {
    number::coprime(&key.ring().base().leave(residue), key.modulus())
}

/// The position of the first non-unit among residues that have one, by bisection.
fn first_non_unit(key: &PublicKey, residues: &Batch) -> usize {
    let (mut start, mut end) = (0, residues.len());
    while end - start > 1 {
        let middle = start + (end - start) / 2;
        if is_unit(key, &product(key.ring().base(), residues.slice(start..middle))) {
            start = middle;
        } else {
            end = middle;
        }
    }
    start
}
