//! Powers of one base to many secret exponents, without squarings.
//!
//! Brickell, Gordon, McCurley, Wilson, *Fast exponentiation with precomputation* (EUROCRYPT '92), with
//! one table a window: the power is the product of one entry from each. For the ring modulo `n²` every
//! entry `y0 + y1 n = y0 (1 + l n)`, `l = y1 / y0 mod n`, is kept as the digit `y0` and the logarithm
//! `l` of its second factor: the running product is multiplied by the lone digit (`4 h²` limb products
//! for `5 h²`), the logarithms are only added, and one half-size product at the end puts their sum back.
//!
//! **Constant time.** Every entry of a window is read for every exponent; the entries of a window are
//! walked for a tile of exponents at a time so that they are read from cache.

use zeroize::Zeroize;

use crate::backend::dispatch;
use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::multi_pow;
use crate::pair::{Invert, PairModulus};
use crate::ring::{Flat, Pair, Scratch, map_groups};
use crate::words::bits_at;

/// Groups that walk a window's table together.
const TILE: usize = 16;

/// Tables of one base's powers, as secret as it is.
pub struct FixedBase {
    window_bits: usize,
    exponent_bits: usize,
    windows: Vec<Buffer>,
}

impl FixedBase {
    /// Memory of the tables.
    pub fn bytes(&self) -> usize {
        self.windows.iter().map(|window| 8 * window.len()).sum()
    }

    /// Declares the tables secret, for the check of constant time.
    pub fn conceal(&self) {
        self.windows.iter().for_each(|window| crate::memcheck::conceal(window));
    }

    /// Exponents must be below 2 to this.
    pub fn exponent_bits(&self) -> usize {
        self.exponent_bits
    }

    /// The base to each exponent (rows of `words_per_exponent` words, below 2^[`Self::exponent_bits`]),
    /// in constant time. `ring` is the one the tables were made with.
    pub fn pow(&self, ring: &PairModulus, exponents: &[u64], words_per_exponent: usize) -> Batch {
        let len = exponents.len() / words_per_exponent;
        dispatch!(ring.base().backend(), L => {
            let n = ring.base().constants();
            let mut result = ring.ones(len);
            let mut logarithms = ring.base().ones(len).zeros_like(len);
            let mut scratch = Scratch::new(&Pair::<L>::new(n));
            let mut flat_scratch = Scratch::new(&Flat::<L>::new(n));
            let (width, half) = (result.width(), result.width() / 2);
            let mut entry = Buffer::zeros(width);
            let mut spare = Buffer::zeros(width);
            let mut indices = [0u64; 64];
            let tile_of = |range: usize| range * TILE * L::LANES;
            let tiles = result.data_mut().chunks_mut(TILE * width).zip(logarithms.data_mut().chunks_mut(TILE * half));
            for (t, (products, sums)) in tiles.enumerate() {
                for (w, window) in self.windows.iter().enumerate() {
                    let groups = products.chunks_exact_mut(width).zip(sums.chunks_exact_mut(half));
                    for (g, (product, sum)) in groups.enumerate() {
                        let first = tile_of(t) + g * L::LANES;
                        for (lane, index) in indices[..L::LANES].iter_mut().enumerate() {
                            *index = exponents
                                .get((first + lane) * words_per_exponent..(first + lane + 1) * words_per_exponent)
                                .map_or(0, |row| bits_at(row, w * self.window_bits, self.window_bits));
                        }
                        L::lookup(&mut entry, window, &indices[..L::LANES]);
                        let (digit, logarithm) = entry.split_at(half);
                        if w == 0 {
                            product[..half].copy_from_slice(digit);
                            product[half..].fill(0);
                            sum.copy_from_slice(logarithm);
                        } else {
                            L::pair_mul_digit(n, &mut spare, product, digit, scratch.kernel());
                            product.copy_from_slice(&spare);
                            L::add(n, &mut spare[..half], sum, logarithm);
                            sum.copy_from_slice(&spare[..half]);
                        }
                    }
                }
                // product * (1 + sum n): the high digit gains sum * (low digit).
                for (product, sum) in products.chunks_exact_mut(width).zip(sums.chunks_exact(half)) {
                    let (first, second) = spare.split_at_mut(half);
                    L::mul(n, first, &product[..half], sum, flat_scratch.kernel());
                    L::add(n, second, &product[half..], first);
                    product[half..].copy_from_slice(second);
                }
            }
            indices.zeroize();
            result
        })
    }
}

impl PairModulus {
    /// Memory that the tables of [`Self::fixed_base`] take.
    pub fn fixed_base_bytes(&self, exponent_bits: usize, window: usize) -> usize {
        dispatch!(self.base().backend(), L => {
            let limbs = 2 * self.base().constants().limbs();
            let one = L::arrange(Buffer::zeros(limbs << window), limbs);
            8 * one.len() * exponent_bits.div_ceil(window)
        })
    }

    /// Tables for powers of `base` (a plain row of twice [`PairModulus::word_count`] words) with
    /// exponents below `2^exponent_bits`: `ceil(exponent_bits / window)` windows of `2^window` entries.
    /// `None` if `base` is no unit.
    pub fn fixed_base(
        &self,
        base: &[u64],
        exponent_bits: usize,
        window: usize,
        invert: Invert<'_>,
    ) -> Option<FixedBase> {
        let count = exponent_bits.div_ceil(window);
        // starts[w] = base^(2^(window w)); powers[i] holds base^(i 2^(window w)) for every window w
        let mut start = self.enter(base, base.len());
        let mut starts = Vec::with_capacity(count);
        for _ in 0..count {
            let mut next = start.clone();
            for _ in 0..window {
                next = self.square(&next);
            }
            starts.push(std::mem::replace(&mut start, next));
        }
        let starts = Batch::concat(&starts);
        let mut powers = vec![self.ones(count), starts];
        for i in 2..1 << window {
            powers.push(self.mul(&powers[i - 1], &powers[1]));
        }
        let entries = Batch::concat(&powers);
        drop(powers);
        let windows = dispatch!(self.base().backend(), L => {
            let n = self.base().constants();
            let entries = map_groups::<L>(&entries, 2, |out, group| {
                out.copy_from_slice(group);
                L::pair_normalise(n, out);
            });
            let low = self.digit::<L>(&entries, 0);
            let inverse = multi_pow::invert(self.base(), &low, invert)?;
            let logarithm = self.base().mul(&self.digit::<L>(&entries, 1), &inverse);
            let rows = Batch::from_digits(&low, &logarithm);
            let limbs = 2 * n.limbs();
            (0..count)
                .map(|w| {
                    let mut entries = Buffer::zeros(limbs << window);
                    for (i, entry) in entries.chunks_exact_mut(limbs).enumerate() {
                        for (slot, &word) in entry.iter_mut().zip(rows.element(i * count + w)) {
                            *slot = word;
                        }
                    }
                    L::arrange(entries, limbs)
                })
                .collect()
        });
        Some(FixedBase { window_bits: window, exponent_bits, windows })
    }
}
