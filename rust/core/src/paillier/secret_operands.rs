//! Products of ciphertexts with secret integers.
//!
//! The same mathematics as [`super::arithmetic`] (Paillier 1999, section 8), for whoever holds a secret `w`
//! and gives the product away:
//!
//! - **Constant time** in `w`. A signed `w` of magnitude below `2^k` is raised as `w + 2^k`, which is positive
//!   and of public length: `c^w = c^(w + 2^k) (c^-1)^(2^k)`, whose second factor depends on nothing secret.
//! - **Uniform noise** is multiplied in before anything is returned. The result is distributed as a fresh
//!   encryption of `m w`, whatever `c`, `w` and the noise inside `c` are; so who cannot decrypt it learns nothing
//!   of `w` under the DCR assumption, and who can learns `m w` and nothing else.
//!
//! Public are the number of elements, the shape, and `k`.

use std::ops::Range;

use privml_kernels::{Batch, Words};

use super::arithmetic::{check_length, invert, tile_ranges};
use super::ciphertexts::Ciphertexts;
use super::cost;
use super::noise::{Noise, concat};
use super::public::PublicKey;
use crate::error::Result;
use crate::integers::Integers;
use crate::parallel::{self, Call};

impl Ciphertexts {
    /// Elementwise products with secret integers of magnitudes below `2^bits`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] for another length, [`crate::Error::Overflow`] for a larger integer (which
    /// one, is not hidden), or what ends the call.
    pub fn multiply_secret(
        &self,
        values: &Integers,
        bits: usize,
        call: &mut Call<'_>,
    ) -> Result<Ciphertexts> {
        check_length(values.len(), self.len())?;
        values.check_bound(&largest(bits), "values")?;
        let key = self.public_key();
        let words = words(bits);
        let ns = cost::power(key.ring(), bits + 1) + cost::power(key.ring(), bits);
        let products = self.pieces(self.len(), ns, call, |range| {
            let base = self.batch().slice(range.clone());
            let exponents = positive(values, range, bits);
            let powers = key.ring().pow_each(&base, &exponents, words, bits + 1);
            Ok(key.ring().mul(&powers, &shift_back(key, &base, bits)?))
        })?;
        products.rerandomize(Noise::Uniform, call)
    }

    /// The product of a secret matrix (`rows` by [`Self::len`], row by row, of magnitudes below `2^bits`)
    /// with these as a vector.
    ///
    /// # Errors
    /// Those of [`Self::multiply_secret`].
    pub fn matmul_secret(
        &self,
        weights: &Integers,
        rows: usize,
        bits: usize,
        call: &mut Call<'_>,
    ) -> Result<Ciphertexts> {
        let columns = self.len();
        check_length(weights.len(), rows.saturating_mul(columns))?;
        weights.check_bound(&largest(bits), "weights")?;
        let (key, ring) = (self.public_key(), self.public_key().ring());
        if rows == 0 || columns == 0 {
            return self.with(ring.ones(rows)).rerandomize(Noise::Uniform, call);
        }
        // Outputs fill the lanes; as many columns as fit a piece of work share a chain of squarings.
        let lanes = ring.base().backend().lanes();
        let term = (bits + 1).div_ceil(4) as f64 * cost::multiply(ring);
        let column_chunk = ((cost::PIECE_NS / (term * lanes as f64)) as usize).clamp(1, columns);
        let row_chunk =
            lanes * ((cost::PIECE_NS / (term * (lanes * column_chunk) as f64)) as usize).clamp(1, 64);
        let row_chunk = row_chunk.min(rows);
        let (row_tiles, column_tiles) = (rows.div_ceil(row_chunk), columns.div_ceil(column_chunk));
        let ns = cost::whole(term * (row_chunk * column_chunk) as f64);
        let tiles = parallel::map_chunks(call, row_tiles * column_tiles, 1, ns, |tile| {
            let (row, column) = tile_ranges(tile.start, (rows, row_chunk), (columns, column_chunk));
            let mut exponents = Words::new(Vec::with_capacity(row.len() * column.len() * words(bits)));
            for r in row.clone() {
                let places = r * columns + column.start..r * columns + column.end;
                exponents.extend_from_slice(&positive(weights, places, bits));
            }
            let terms = self.batch().slice(column);
            Ok(ring.multi_pow(&terms, &exponents, words(bits), bits + 1, row.len()))
        })?;
        let rows: Vec<Batch> = tiles
            .chunks(column_tiles)
            .map(|tiles| ring.product_of(&tiles.iter().collect::<Vec<_>>()))
            .collect();
        let products = concat(ring, &rows);
        // One correction for all rows: the sum of all columns, 2^bits times.
        let correction = shift_back(key, &ring.product(self.batch(), columns), bits)?;
        let products = ring.mul(&products, &correction.take(&vec![0; products.len()]));
        self.with(products).rerandomize(Noise::Uniform, call)
    }
}

/// The largest magnitude below `2^bits`.
fn largest(bits: usize) -> Vec<u64> {
    let mut words = vec![u64::MAX; bits / 64];
    words.push((1 << (bits % 64)) - 1);
    words
}

/// Words of an exponent below `2^(bits + 1)`.
fn words(bits: usize) -> usize {
    bits / 64 + 1
}

/// `w + 2^bits` for integers of magnitudes below that: from sign and magnitude, without a branch.
fn positive(values: &Integers, range: Range<usize>, bits: usize) -> Words {
    let width = words(bits);
    let mut exponents = Words::new(vec![0; range.len() * width]);
    for (i, exponent) in range.zip(exponents.chunks_exact_mut(width)) {
        let negative = u64::from(values.is_negative(i));
        let mut carry = negative;
        for (j, slot) in exponent.iter_mut().enumerate() {
            let word = values.magnitude(i).get(j).copied().unwrap_or(0) ^ negative.wrapping_neg();
            let (sum, first) = word.overflowing_add(carry);
            let (sum, second) = sum.overflowing_add(if j == bits / 64 { 1 << (bits % 64) } else { 0 });
            *slot = sum;
            carry = u64::from(first | second);
        }
    }
    exponents
}

/// `x^-(2^bits)`: what takes the `2^bits` of [`positive`] off again.
fn shift_back(key: &PublicKey, x: &Batch, bits: usize) -> Result<Batch> {
    let mut result = invert(key, x)?;
    for _ in 0..bits {
        result = key.ring().square(&result);
    }
    Ok(result)
}
