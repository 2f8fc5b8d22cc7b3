//! A flat batch of ciphertexts under one key, kept as points, and its checked entrance.

use std::ops::Range;

use super::keys::PublicKey;
use crate::error::{Error, Result};
use crate::group::ristretto::{self, ENCODED, ENCODING_NS, Point};
use crate::parallel::{self, Call};

/// One ciphertext: `(r G, m G + r H)`.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub nonce: Point,
    pub masked: Point,
}

impl Pair {
    /// The pair of two neutral elements: an encryption of 0 that hides nothing.
    pub fn neutral() -> Self {
        Self { nonce: ristretto::identity(), masked: ristretto::identity() }
    }

    pub fn map(self, f: impl Fn(Point) -> Point) -> Self {
        Self { nonce: f(self.nonce), masked: f(self.masked) }
    }

    pub fn zip(self, other: Self, f: impl Fn(Point, Point) -> Point) -> Self {
        Self { nonce: f(self.nonce, other.nonce), masked: f(self.masked, other.masked) }
    }
}

/// Bytes of a ciphertext's row: the encodings of both its points.
pub(super) const ROW: usize = 2 * ENCODED;

/// Ciphertexts under one public key. Imports are checked to be elements of the group, and arithmetic keeps
/// them so.
#[derive(Clone)]
pub struct Ciphertexts {
    key: PublicKey,
    pairs: Vec<Pair>,
}

/// A list of `len`, made by `fill` from ranges of it, each element at a cost of `ns`.
pub(super) fn filled<T: Copy + Send>(
    len: usize,
    blank: T,
    ns: u64,
    call: &mut Call<'_>,
    fill: impl Fn(Range<usize>, &mut [T]) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let mut all = with_room(len)?;
    all.resize(len, blank);
    let chunk = parallel::chunk_for(ns, 1);
    parallel::map_parts(call, len, chunk, ns, all.chunks_mut(chunk), fill)?;
    Ok(all)
}

fn with_room<T>(len: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    let bytes = len as u128 * size_of::<T>() as u128;
    list.try_reserve_exact(len).map_err(|_| Error::OutOfMemory(bytes))?;
    Ok(list)
}

impl Ciphertexts {
    pub(super) fn new(key: &PublicKey, pairs: Vec<Pair>) -> Self {
        Self { key: key.clone(), pairs }
    }

    /// Ciphertexts made one by one by `make`, from a batch's length and an element's cost.
    pub(super) fn made(
        key: &PublicKey,
        len: usize,
        ns: u64,
        call: &mut Call<'_>,
        make: impl Fn(usize) -> Pair + Sync,
    ) -> Result<Self> {
        let pairs = filled(len, Pair::neutral(), ns, call, |range, pairs| {
            pairs.iter_mut().zip(range).for_each(|(pair, i)| *pair = make(i));
            Ok(())
        })?;
        Ok(Self::new(key, pairs))
    }

    /// The key they are encrypted under.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The points `r G` and `m G + r H` of one.
    pub fn points(&self, index: usize) -> (&Point, &Point) {
        (&self.pairs[index].nonce, &self.pairs[index].masked)
    }

    /// The ciphertexts as rows of 64 bytes: the encodings of both points.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], or what ends the call.
    pub fn to_rows(&self, call: &mut Call<'_>) -> Result<Vec<[u8; ROW]>> {
        filled(self.len(), [0; ROW], 2 * ENCODING_NS, call, |range, rows| {
            for (row, pair) in rows.iter_mut().zip(&self.pairs[range]) {
                row[..ENCODED].copy_from_slice(&ristretto::encode(&pair.nonce));
                row[ENCODED..].copy_from_slice(&ristretto::encode(&pair.masked));
            }
            Ok(())
        })
    }

    /// Ciphertexts from rows, all points checked.
    ///
    /// # Errors
    /// [`Error::InvalidCiphertext`] names the first with a half that is no canonical encoding of an element;
    /// [`Error::OutOfMemory`]; or what ends the call.
    pub fn from_rows(key: &PublicKey, rows: &[[u8; ROW]], call: &mut Call<'_>) -> Result<Self> {
        let pairs = filled(rows.len(), Pair::neutral(), 2 * ENCODING_NS, call, |range, pairs| {
            let start = range.start;
            for (i, (pair, row)) in pairs.iter_mut().zip(&rows[range]).enumerate() {
                let half = |at: usize| {
                    let mut encoding = [0; ENCODED];
                    encoding.copy_from_slice(&row[at..at + ENCODED]);
                    ristretto::decode(&encoding).ok_or(Error::InvalidCiphertext {
                        index: start + i,
                        reason: "a half is not the canonical encoding of an element of ristretto255",
                    })
                };
                *pair = Pair { nonce: half(0)?, masked: half(ENCODED)? };
            }
            Ok(())
        })?;
        Ok(Self::new(key, pairs))
    }

    /// The ciphertexts at these positions, which may repeat.
    ///
    /// # Errors
    /// [`Error::Shape`] names a position that there is not; [`Error::OutOfMemory`].
    pub fn take(&self, indices: &[usize]) -> Result<Self> {
        let mut pairs = with_room(indices.len())?;
        for &index in indices {
            pairs.push(*self.pairs.get(index).ok_or_else(|| Error::Shape {
                name: "indices",
                found: format!("position {index}"),
                allowed: format!("positions below {}", self.len()),
            })?);
        }
        Ok(Self::new(&self.key, pairs))
    }

    /// All ciphertexts of these batches, one after the other.
    ///
    /// # Errors
    /// [`Error::Shape`] for none, [`Error::KeyMismatch`] for batches of different keys;
    /// [`Error::OutOfMemory`].
    pub fn concatenate(parts: &[&Self]) -> Result<Self> {
        let [first, rest @ ..] = parts else {
            return Err(Error::Shape { name: "parts", found: "none".into(), allowed: "at least one".into() });
        };
        rest.iter().try_for_each(|part| first.key.check_same(&part.key))?;
        let mut pairs = with_room(parts.iter().map(|part| part.len()).sum())?;
        parts.iter().for_each(|part| pairs.extend_from_slice(&part.pairs));
        Ok(Self::new(&first.key, pairs))
    }
}
