//! A flat batch of ciphertexts under one key, kept in the kernels' internal form, and its checked entrance.

use privml_kernels::Batch;

use super::arithmetic::map;
use super::keys::PublicKey;
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::Call;

const FOREIGN: &str = "an element is not in 1..(p - 1)/2";

/// Ciphertexts `(g^r, m h^r)` under one public key. Imports are checked to be elements of the group, and
/// arithmetic keeps them so.
#[derive(Clone)]
pub struct Ciphertexts {
    key: PublicKey,
    nonce: Batch,
    masked: Batch,
}

impl Ciphertexts {
    pub(super) fn new(key: PublicKey, nonce: Batch, masked: Batch) -> Self {
        Self { key, nonce, masked }
    }

    /// Pieces of both halves, in order.
    pub(super) fn join(key: &PublicKey, parts: &[(Batch, Batch)]) -> Self {
        let none = key.group().modulus().ones(0);
        let of = |half: fn(&(Batch, Batch)) -> &Batch| match parts {
            [] => none.clone(),
            _ => Batch::concat(&parts.iter().map(half).collect::<Vec<_>>()),
        };
        Self { key: key.clone(), nonce: of(|part| &part.0), masked: of(|part| &part.1) }
    }

    /// The key they are encrypted under.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nonce.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nonce.is_empty()
    }

    /// The elements `g^r`.
    pub(super) fn nonce(&self) -> &Batch {
        &self.nonce
    }

    /// The elements `m h^r`.
    pub(super) fn masked(&self) -> &Batch {
        &self.masked
    }

    /// Words of a ciphertext's row: both elements, each in canonical form.
    pub fn row_words(&self) -> usize {
        2 * self.key.group().words()
    }

    /// The ciphertexts as rows of [`Self::row_words`] little-endian words.
    ///
    /// # Errors
    /// What ends the call.
    pub fn to_rows(&self, call: &mut Call<'_>) -> Result<Vec<u64>> {
        let group = self.key.group();
        let n = group.words();
        let parts = map(group, call, self.len(), 2.0, |range| {
            let (first, second) =
                (group.leave(&self.nonce.slice(range.clone())), group.leave(&self.masked.slice(range)));
            Ok(first
                .chunks_exact(n)
                .zip(second.chunks_exact(n))
                .flat_map(|(a, b)| [a, b].concat())
                .collect::<Vec<_>>())
        })?;
        Ok(parts.concat())
    }

    /// Ciphertexts from rows of [`Self::row_words`] words, both elements checked to be canonical.
    ///
    /// # Errors
    /// [`Error::Shape`] for a part of a row; [`Error::InvalidCiphertext`] names the first with an element that
    /// is not in `1..=(p-1)/2`; or what ends the call.
    pub fn from_rows(key: &PublicKey, rows: &[u64], call: &mut Call<'_>) -> Result<Self> {
        let group = key.group();
        let n = group.words();
        if !rows.len().is_multiple_of(2 * n) {
            return Err(Error::Shape {
                name: "rows",
                found: format!("{} words", rows.len()),
                allowed: format!("a multiple of {}", 2 * n),
            });
        }
        if let Some(element) = group.first_foreign(rows) {
            return Err(Error::InvalidCiphertext { index: element / 2, reason: FOREIGN });
        }
        let parts = map(group, call, rows.len() / (2 * n), 4.0, |range| {
            let rows = &rows[range.start * 2 * n..range.end * 2 * n];
            let half = |at: usize| -> Vec<u64> {
                rows.chunks_exact(2 * n).flat_map(|row| row[at..at + n].iter().copied()).collect()
            };
            Ok((group.enter(&half(0)), group.enter(&half(n))))
        })?;
        Ok(Self::join(key, &parts))
    }

    /// The elements as integers, two a ciphertext.
    ///
    /// # Errors
    /// What ends the call.
    pub fn to_integers(&self, call: &mut Call<'_>) -> Result<Integers> {
        let rows = self.to_rows(call)?;
        Ok(Integers::from_parts(self.key.group().words(), rows, vec![false; 2 * self.len()]))
    }

    /// Ciphertexts from integers, two for each, checked as by [`Self::from_rows`].
    ///
    /// # Errors
    /// Those of [`Self::from_rows`].
    pub fn from_integers(key: &PublicKey, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        let n = key.group().words();
        let mut rows = vec![0; values.len() * n];
        for (index, row) in rows.chunks_exact_mut(n).enumerate() {
            let magnitude = values.magnitude(index);
            let (low, high) = magnitude.split_at(n.min(magnitude.len()));
            if values.is_negative(index) || high.iter().any(|&word| word != 0) {
                return Err(Error::InvalidCiphertext { index: index / 2, reason: FOREIGN });
            }
            row[..low.len()].copy_from_slice(low);
        }
        Self::from_rows(key, &rows, call)
    }

    /// The ciphertexts at these positions, which may repeat.
    ///
    /// # Errors
    /// [`Error::Shape`] names a position that there is not.
    pub fn take(&self, indices: &[usize]) -> Result<Self> {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Shape {
                name: "indices",
                found: format!("position {index}"),
                allowed: format!("positions below {}", self.len()),
            });
        }
        Ok(Self::new(self.key.clone(), self.nonce.take(indices), self.masked.take(indices)))
    }

    /// All ciphertexts of these batches, one after the other.
    ///
    /// # Errors
    /// [`Error::Shape`] for none, [`Error::KeyMismatch`] for batches of different keys.
    pub fn concatenate(parts: &[&Self]) -> Result<Self> {
        let [first, rest @ ..] = parts else {
            return Err(Error::Shape { name: "parts", found: "none".into(), allowed: "at least one".into() });
        };
        rest.iter().try_for_each(|part| first.key.check_same(&part.key))?;
        let halves: Vec<_> = parts.iter().map(|part| (part.nonce.clone(), part.masked.clone())).collect();
        Ok(Self::join(&first.key, &halves))
    }
}
