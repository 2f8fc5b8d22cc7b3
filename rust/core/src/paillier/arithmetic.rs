//! Arithmetic on ciphertexts.
//!
//! Paillier 1999, section 8: products of ciphertexts are encryptions of sums, powers of products with
//! public integers. **Plaintext operands are public** (for secret ones see [`super::secret_operands`]):
//! everything here may take time that depends on them, and from `c` and `c^w` anyone finds a small `w`.
//! Results are not re-randomised.

use std::ops::Range;

use privml_kernels::{Batch, PairModulus};

use super::ciphertexts::Ciphertexts;
use super::cost;
use super::encrypt::residues;
use super::noise::concat;
use super::public::PublicKey;
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::{self, Call};

impl Ciphertexts {
    pub(super) fn ring(&self) -> &PairModulus {
        self.public_key().ring()
    }

    /// A batch made piece by piece, each element at a cost of `ns`.
    pub(super) fn pieces(
        &self,
        len: usize,
        ns: f64,
        call: &mut Call<'_>,
        piece: impl Fn(Range<usize>) -> Result<Batch> + Sync,
    ) -> Result<Ciphertexts> {
        let chunk = cost::chunk(self.ring(), ns);
        let parts = parallel::map_chunks(call, len, chunk, cost::whole(ns), piece)?;
        Ok(self.with(concat(self.ring(), &parts)))
    }

    pub(super) fn with(&self, batch: Batch) -> Ciphertexts {
        Ciphertexts::new(self.public_key().clone(), batch)
    }

    fn check_like(&self, other: &Ciphertexts) -> Result<()> {
        self.public_key().check_same(other.public_key())?;
        check_length(other.len(), self.len())
    }

    /// Elementwise sums of plaintexts.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`], [`Error::Shape`] for another length, or what ends the call.
    pub fn add(&self, other: &Ciphertexts, call: &mut Call<'_>) -> Result<Ciphertexts> {
        self.check_like(other)?;
        self.pieces(self.len(), cost::multiply(self.ring()), call, |range| {
            Ok(self.ring().mul(&self.batch().slice(range.clone()), &other.batch().slice(range)))
        })
    }

    /// Elementwise differences of plaintexts.
    ///
    /// # Errors
    /// Those of [`Self::add`].
    pub fn subtract(&self, other: &Ciphertexts, call: &mut Call<'_>) -> Result<Ciphertexts> {
        self.check_like(other)?;
        self.pieces(self.len(), 3.0 * cost::multiply(self.ring()), call, |range| {
            let inverse = invert(self.public_key(), &other.batch().slice(range.clone()))?;
            Ok(self.ring().mul(&self.batch().slice(range), &inverse))
        })
    }

    /// Plaintexts with the other sign.
    ///
    /// # Errors
    /// What ends the call.
    pub fn negate(&self, call: &mut Call<'_>) -> Result<Ciphertexts> {
        self.pieces(self.len(), 2.0 * cost::multiply(self.ring()), call, |range| {
            invert(self.public_key(), &self.batch().slice(range))
        })
    }

    /// Elementwise sums with public integers.
    ///
    /// # Errors
    /// [`Error::Shape`] for another length, [`Error::Overflow`] for an integer that is no plaintext, or
    /// what ends the call.
    pub fn add_plain(&self, values: &Integers, call: &mut Call<'_>) -> Result<Ciphertexts> {
        check_length(values.len(), self.len())?;
        values.check_bound(self.public_key().largest_plaintext(), "values")?;
        self.pieces(self.len(), cost::multiply(self.ring()), call, |range| {
            let plain = residues(self.public_key(), values, range.clone());
            Ok(self.ring().mul_one_plus(&self.batch().slice(range), &plain))
        })
    }

    /// Elementwise products with public integers. A product with zero is the bare encryption 1 of 0,
    /// and one with itself: see the module on what operands reveal.
    ///
    /// # Errors
    /// [`Error::Shape`] for another length, [`Error::Overflow`] for an integer that is no plaintext, or
    /// what ends the call.
    pub fn multiply(&self, values: &Integers, call: &mut Call<'_>) -> Result<Ciphertexts> {
        check_length(values.len(), self.len())?;
        values.check_bound(self.public_key().largest_plaintext(), "values")?;
        let words = exponent_words(values);
        let ns = cost::power(self.ring(), values.max_bits()) + 2.0 * cost::multiply(self.ring());
        self.pieces(self.len(), ns, call, |range| {
            let exponents: Vec<u64> =
                range.clone().flat_map(|i| values.magnitude(i)[..words].iter().copied()).collect();
            let powers = self.ring().pow_each_vartime(&self.batch().slice(range.clone()), &exponents, words);
            let negative: Vec<bool> = range.map(|i| values.is_negative(i)).collect();
            invert_some(self.public_key(), powers, &negative)
        })
    }

    /// The product of a public matrix (`rows` by [`Self::len`], row by row) with these as a vector.
    ///
    /// # Errors
    /// Those of [`Self::multiply`].
    pub fn matmul(&self, weights: &Integers, rows: usize, call: &mut Call<'_>) -> Result<Ciphertexts> {
        let columns = self.len();
        check_length(weights.len(), rows.saturating_mul(columns))?;
        weights.check_bound(self.public_key().largest_plaintext(), "weights")?;
        if rows == 0 || columns == 0 {
            return Ok(self.with(self.ring().ones(rows)));
        }
        let (words, bits) = (exponent_words(weights), weights.max_bits().max(1));
        let (row_chunk, column_chunk) = tile(self.ring(), rows, columns, bits)?;
        let (row_tiles, column_tiles) = (rows.div_ceil(row_chunk), columns.div_ceil(column_chunk));
        let ns = cost::whole(tile_cost(self.ring(), row_chunk, column_chunk, bits));
        let tiles = parallel::map_chunks(call, row_tiles * column_tiles, 1, ns, |range| {
            let (row, column) = tile_ranges(range.start, (rows, row_chunk), (columns, column_chunk));
            let indices = || row.clone().flat_map(|r| column.clone().map(move |c| r * columns + c));
            let exponents: Vec<u64> =
                indices().flat_map(|i| weights.magnitude(i)[..words].iter().copied()).collect();
            let negative: Vec<bool> = indices().map(|i| weights.is_negative(i)).collect();
            let terms = self.batch().slice(column.clone());
            Ok(self.ring().multi_pow_vartime(&terms, &exponents, words, &negative, row.len()))
        })?;
        let mut parts = Vec::with_capacity(row_tiles);
        for (i, tiles) in tiles.chunks(column_tiles).enumerate() {
            let numerators = self.ring().product_of(&tiles.iter().map(|tile| &tile.0).collect::<Vec<_>>());
            let row = i * row_chunk * columns..((i + 1) * row_chunk).min(rows) * columns;
            parts.push(if row.into_iter().any(|i| weights.is_negative(i)) {
                let denominators =
                    self.ring().product_of(&tiles.iter().map(|tile| &tile.1).collect::<Vec<_>>());
                self.ring().mul(&numerators, &invert(self.public_key(), &denominators)?)
            } else {
                numerators
            });
        }
        Ok(self.with(concat(self.ring(), &parts)))
    }

    /// Sums of consecutive runs of `segment` plaintexts.
    ///
    /// # Errors
    /// [`Error::Shape`] if `segment` is 0 or does not divide the length, or what ends the call.
    pub fn sum(&self, segment: usize, call: &mut Call<'_>) -> Result<Ciphertexts> {
        if segment == 0 || !self.len().is_multiple_of(segment) {
            return Err(Error::Shape {
                name: "segment",
                found: segment.to_string(),
                allowed: format!("a divisor of {}", self.len()),
            });
        }
        let ns = cost::multiply(self.ring());
        let longest = cost::chunk(self.ring(), ns);
        if segment <= longest {
            return self.pieces(self.len() / segment, ns * segment as f64, call, |range| {
                Ok(self
                    .ring()
                    .product(&self.batch().slice(range.start * segment..range.end * segment), segment))
            });
        }
        // Long runs are summed in pieces first.
        let pieces = segment.div_ceil(longest);
        let count = self.len() / segment * pieces;
        let sums = parallel::map_chunks(call, count, 1, cost::whole(ns * longest as f64), |range| {
            let (run, piece) = (range.start / pieces, range.start % pieces);
            let start = run * segment + piece * longest;
            let end = (run * segment + (piece + 1) * longest).min((run + 1) * segment);
            Ok(self.ring().product(&self.batch().slice(start..end), end - start))
        })?;
        Ok(self.with(self.ring().product(&concat(self.ring(), &sums), pieces)))
    }

    /// Sums of consecutive runs of these many plaintexts each; the lengths are public.
    ///
    /// Neighbours are multiplied in rounds, those of all runs in one batch, so that many short runs fill
    /// the lanes as well as one long run does.
    ///
    /// # Errors
    /// [`Error::Shape`] if a length is 0 or they do not add up to [`Self::len`], or what ends the call.
    pub fn sum_runs(&self, lengths: &[usize], call: &mut Call<'_>) -> Result<Ciphertexts> {
        let total = lengths.iter().try_fold(0_usize, |sum, &length| sum.checked_add(length));
        if total != Some(self.len()) || lengths.contains(&0) {
            return Err(Error::Shape {
                name: "lengths",
                found: format!("{} lengths", lengths.len()),
                allowed: format!("positive lengths that add up to {}", self.len()),
            });
        }
        let mut lengths = lengths.to_vec();
        let mut batch = self.batch().clone();
        while lengths.iter().any(|&length| length > 1) {
            let (mut left, mut right, mut order) = (Vec::new(), Vec::new(), Vec::new());
            let pairs: usize = lengths.iter().map(|length| length / 2).sum();
            let (mut start, mut single) = (0, Vec::new());
            for length in &mut lengths {
                for pair in 0..*length / 2 {
                    order.push(left.len());
                    left.push(start + 2 * pair);
                    right.push(start + 2 * pair + 1);
                }
                if *length % 2 == 1 {
                    order.push(pairs + single.len());
                    single.push(start + *length - 1);
                }
                start += *length;
                *length = length.div_ceil(2);
            }
            let products = self.pieces(pairs, cost::multiply(self.ring()), call, |range| {
                Ok(self.ring().mul(&batch.take(&left[range.clone()]), &batch.take(&right[range])))
            })?;
            batch = if single.is_empty() {
                products.batch().clone()
            } else {
                Batch::concat(&[products.batch(), &batch.take(&single)]).take(&order)
            };
        }
        Ok(self.with(batch))
    }

    /// The elementwise sum of several batches of one length and key; there is at least one.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`], [`Error::Shape`], or what ends the call.
    pub fn aggregate(parts: &[&Ciphertexts], call: &mut Call<'_>) -> Result<Ciphertexts> {
        let first = first_of(parts)?;
        parts.iter().try_for_each(|part| first.check_like(part))?;
        first.pieces(first.len(), parts.len() as f64 * cost::multiply(first.ring()), call, |range| {
            let slices: Vec<Batch> = parts.iter().map(|part| part.batch().slice(range.clone())).collect();
            Ok(first.ring().product_of(&slices.iter().collect::<Vec<_>>()))
        })
    }

    /// The ciphertexts of several batches of one key, one after the other; there is at least one batch.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`], or [`Error::Shape`] for an empty list.
    pub fn concatenate(parts: &[&Ciphertexts]) -> Result<Ciphertexts> {
        let first = first_of(parts)?;
        parts.iter().try_for_each(|part| first.public_key().check_same(part.public_key()))?;
        Ok(first.with(Batch::concat(&parts.iter().map(|part| part.batch()).collect::<Vec<_>>())))
    }

    /// The ciphertexts at these positions; positions may repeat.
    ///
    /// # Errors
    /// [`Error::Shape`] for a position that is not there.
    pub fn take(&self, indices: &[usize]) -> Result<Ciphertexts> {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Shape {
                name: "indices",
                found: index.to_string(),
                allowed: format!("positions below {}", self.len()),
            });
        }
        Ok(self.with(self.batch().take(indices)))
    }
}

fn first_of<'a>(parts: &[&'a Ciphertexts]) -> Result<&'a Ciphertexts> {
    parts.first().copied().ok_or_else(|| Error::Shape {
        name: "parts",
        found: "an empty list".into(),
        allowed: "at least one batch of ciphertexts".into(),
    })
}

pub(super) fn check_length(found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Shape { name: "length", found: found.to_string(), allowed: expected.to_string() })
}

/// Words that hold every magnitude; at least one.
fn exponent_words(values: &Integers) -> usize {
    values.max_bits().div_ceil(64).clamp(1, values.width().max(1))
}

/// Inverses of units.
pub(super) fn invert(key: &PublicKey, x: &Batch) -> Result<Batch> {
    if x.is_empty() {
        return Ok(x.clone());
    }
    let inverter = key.noise().inverter();
    key.ring()
        .invert(x, &|x| inverter.invert_vartime(x))
        .ok_or_else(|| Error::Internal("a ciphertext is not invertible".into()))
}

/// The elements, those that are marked inverted.
fn invert_some(key: &PublicKey, x: Batch, marked: &[bool]) -> Result<Batch> {
    let chosen: Vec<usize> = (0..marked.len()).filter(|&i| marked[i]).collect();
    if chosen.is_empty() {
        return Ok(x);
    }
    let inverted = invert(key, &x.take(&chosen))?;
    let both = Batch::concat(&[&x, &inverted]);
    let mut order: Vec<usize> = (0..marked.len()).collect();
    chosen.iter().enumerate().for_each(|(position, &i)| order[i] = x.len() + position);
    Ok(both.take(&order))
}

/// The rows and the columns of one tile, of tiles counted row by row; each axis is its length and the part of
/// it that a tile has.
pub(super) fn tile_ranges(
    tile: usize,
    (rows, row_chunk): (usize, usize),
    (columns, column_chunk): (usize, usize),
) -> (Range<usize>, Range<usize>) {
    let across = columns.div_ceil(column_chunk);
    let (row, column) = (tile / across * row_chunk, tile % across * column_chunk);
    (row..(row + row_chunk).min(rows), column..(column + column_chunk).min(columns))
}

/// What a tile of a matrix product should take: every tile has its own chain of squarings for each row.
const TILE_NS: f64 = 2.0 * cost::PIECE_NS;

/// Nanoseconds of a tile of a matrix product: tables for the columns, shared by the rows.
fn tile_cost(ring: &PairModulus, rows: usize, columns: usize, bits: usize) -> f64 {
    let products = (1..=8).map(|window| (1 << window) + rows * bits.div_ceil(window)).min().unwrap_or(1);
    (products * columns + 2 * rows * bits) as f64 * cost::multiply(ring)
}

/// Rows and columns of the tiles a matrix product is cut into: as many rows as possible, since they
/// share tables, of as many columns as fit into a piece of work.
fn tile(ring: &PairModulus, rows: usize, columns: usize, bits: usize) -> Result<(usize, usize)> {
    let mut row_chunk = rows;
    while row_chunk > 1 && tile_cost(ring, row_chunk, 8.min(columns), bits) > TILE_NS {
        row_chunk = row_chunk.div_ceil(2);
    }
    let chain = tile_cost(ring, row_chunk, 0, bits);
    let column = tile_cost(ring, row_chunk, 1, bits) - chain;
    // At least two tiles, so that two threads have something to do, when there is enough for it.
    let enough = column * columns as f64 > TILE_NS && row_chunk == rows;
    let most = if enough { columns.div_ceil(parallel::num_threads()?) } else { columns };
    Ok((row_chunk, (((TILE_NS - chain) / column) as usize).clamp(1, most.max(1))))
}
