//! What schemes in a group modulo one prime need beyond [`Modulus`]'s own arithmetic: powers of a fixed
//! base over tables, inversion of a batch, products of runs, and a public exponent for each element.
//!
//! The tables are those of Brickell, Gordon, McCurley, Wilson, *Fast exponentiation with precomputation*
//! (EUROCRYPT '92), one a window. **Constant time**: every entry of a window is read for every exponent.

use zeroize::Zeroize;

use crate::backend::dispatch;
use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::Modulus;
use crate::pair::Invert;
use crate::ring::{Flat, Scratch, mul_assign};
use crate::words::bits_at;
use crate::{multi_pow, pow};

/// Groups that walk a window's table together, so that its entries are read from cache.
const TILE: usize = 16;

/// Tables of one base's powers modulo `m`, as secret as it is.
pub struct SingleFixedBase {
    window_bits: usize,
    exponent_bits: usize,
    windows: Vec<Buffer>,
}

impl SingleFixedBase {
    /// Memory of the tables.
    pub fn bytes(&self) -> usize {
        self.windows.iter().map(|window| 8 * window.len()).sum()
    }

    /// Exponents must be below 2 to this.
    pub fn exponent_bits(&self) -> usize {
        self.exponent_bits
    }

    /// The base to each exponent (rows of `words_per_exponent` words, below 2^[`Self::exponent_bits`]),
    /// in constant time. `modulus` is the one the tables were made with.
    pub fn pow(&self, modulus: &Modulus, exponents: &[u64], words_per_exponent: usize) -> Batch {
        let len = exponents.len() / words_per_exponent;
        dispatch!(modulus.backend(), L => {
            let ring = Flat::<L>::new(modulus.constants());
            let mut result = modulus.ones(len);
            let mut scratch = Scratch::new(&ring);
            let width = result.width();
            let mut entry = Buffer::zeros(width);
            let mut indices = [0u64; 64];
            for (t, tile) in result.data_mut().chunks_mut(TILE * width).enumerate() {
                for (w, window) in self.windows.iter().enumerate() {
                    for (g, product) in tile.chunks_exact_mut(width).enumerate() {
                        let first = (t * TILE + g) * L::LANES;
                        for (lane, index) in indices[..L::LANES].iter_mut().enumerate() {
                            *index = exponents
                                .get((first + lane) * words_per_exponent..(first + lane + 1) * words_per_exponent)
                                .map_or(0, |row| bits_at(row, w * self.window_bits, self.window_bits));
                        }
                        L::lookup(&mut entry, window, &indices[..L::LANES]);
                        if w == 0 {
                            product.copy_from_slice(&entry);
                        } else {
                            mul_assign(&ring, product, &entry, &mut scratch);
                        }
                    }
                }
            }
            indices.zeroize();
            result
        })
    }
}

impl Modulus {
    /// Tables for powers of `base` (a plain row of [`Modulus::word_count`] words) with exponents below
    /// `2^exponent_bits`: `ceil(exponent_bits / window)` windows of `2^window` entries.
    pub fn fixed_base(&self, base: &[u64], exponent_bits: usize, window: usize) -> SingleFixedBase {
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
        let starts = Batch::concat(&starts.iter().collect::<Vec<_>>());
        let mut powers = vec![self.ones(count), starts];
        for i in 2..1 << window {
            powers.push(self.mul(&powers[i - 1], &powers[1]));
        }
        let windows = dispatch!(self.backend(), L => {
            let limbs = self.constants().limbs();
            (0..count)
                .map(|w| {
                    let mut entries = Buffer::zeros(limbs << window);
                    for (power, entry) in powers.iter().zip(entries.chunks_exact_mut(limbs)) {
                        for (slot, &word) in entry.iter_mut().zip(power.element(w)) {
                            *slot = word;
                        }
                    }
                    L::arrange(entries, limbs)
                })
                .collect()
        });
        SingleFixedBase { window_bits: window, exponent_bits, windows }
    }

    /// Inverts every element: a single call of `invert` for each lane, the rest by Montgomery's trick.
    /// `None` if one is no unit.
    pub fn invert(&self, x: &Batch, invert: Invert<'_>) -> Option<Batch> {
        self.check(x);
        multi_pow::invert(self, x, invert)
    }

    /// Products of consecutive runs of `segment` elements (not zero).
    pub fn product(&self, x: &Batch, segment: usize) -> Batch {
        self.check(x);
        dispatch!(self.backend(), L => {
            multi_pow::product(&Flat::<L>::new(self.constants()), &self.ones(1), x, segment)
        })
    }

    /// `x_i^e_i` for public exponents of `words` words each. The time depends on the exponents, not on `x`.
    pub fn pow_each_vartime(&self, x: &Batch, exponents: &[u64], words: usize) -> Batch {
        self.check(x);
        assert_eq!(exponents.len(), x.len() * words, "one exponent an element");
        dispatch!(self.backend(), L => {
            pow::pow_each_vartime(&Flat::<L>::new(self.constants()), &self.ones(1), x, exponents, words)
        })
    }
}
