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

use std::marker::PhantomData;

use zeroize::Zeroize;

use crate::backend::dispatch;
use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::Modulus;
use crate::multi_pow;
use crate::pair::{Invert, PairModulus};
use crate::pow;
use crate::ring::{Flat, Pair, Scratch, map_groups, mul_assign};

/// Groups that walk a window's table together.
const TILE: usize = 16;

/// Tables of one base's powers in a ring, [`Modulus`] or [`PairModulus`]; as secret as the base is.
pub struct FixedBase<M> {
    window_bits: usize,
    exponent_bits: usize,
    windows: Vec<Buffer>,
    ring: PhantomData<M>,
}

impl<M> FixedBase<M> {
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

    /// Bits of an exponent that one table serves.
    pub fn window_bits(&self) -> usize {
        self.window_bits
    }

    /// Chooses the entry of every window for each group of exponents, `width` words of it, and hands them
    /// to `visit` with the numbers of window and group; a group sees the windows in order.
    fn walk<L: Lanes>(
        &self,
        exponents: &[u64],
        words_per_exponent: usize,
        width: usize,
        mut visit: impl FnMut(usize, usize, &[u64]),
    ) {
        let groups = (exponents.len() / words_per_exponent).div_ceil(L::LANES);
        let mut entry = Buffer::zeros(width);
        let mut indices = [0u64; 64];
        for tile in (0..groups).step_by(TILE) {
            for (w, window) in self.windows.iter().enumerate() {
                for group in tile..(tile + TILE).min(groups) {
                    let digits = &mut indices[..L::LANES];
                    let (first, offset) = (group * L::LANES, w * self.window_bits);
                    pow::digits_of_lanes(
                        digits,
                        exponents,
                        words_per_exponent,
                        first,
                        1,
                        offset,
                        self.window_bits,
                    );
                    L::lookup(&mut entry, window, digits);
                    visit(w, group, &entry);
                }
            }
        }
        indices.zeroize();
    }
}

/// Words of a group within the data of a batch.
fn group_of(data: &mut [u64], width: usize, group: usize) -> &mut [u64] {
    &mut data[group * width..][..width]
}

impl FixedBase<PairModulus> {
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
            let mut spare = Buffer::zeros(width);
            self.walk::<L>(exponents, words_per_exponent, width, |w, group, entry| {
                let (digit, logarithm) = entry.split_at(half);
                let product = group_of(result.data_mut(), width, group);
                let sum = group_of(logarithms.data_mut(), half, group);
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
            });
            // product * (1 + sum n): the high digit gains sum * (low digit).
            let groups = result.data_mut().chunks_exact_mut(width).zip(logarithms.data().chunks_exact(half));
            for (product, sum) in groups {
                let (first, second) = spare.split_at_mut(half);
                L::mul(n, first, &product[..half], sum, flat_scratch.kernel());
                L::add(n, second, &product[half..], first);
                product[half..].copy_from_slice(second);
            }
            result
        })
    }
}

impl FixedBase<Modulus> {
    /// The base to each exponent (rows of `words_per_exponent` words, below 2^[`Self::exponent_bits`]),
    /// in constant time. `modulus` is the one the tables were made with.
    pub fn pow(&self, modulus: &Modulus, exponents: &[u64], words_per_exponent: usize) -> Batch {
        dispatch!(modulus.backend(), L => {
            let ring = Flat::<L>::new(modulus.constants());
            let mut result = modulus.ones(exponents.len() / words_per_exponent);
            let mut scratch = Scratch::new(&ring);
            let width = result.width();
            self.walk::<L>(exponents, words_per_exponent, width, |w, group, entry| {
                let product = group_of(result.data_mut(), width, group);
                match w {
                    0 => product.copy_from_slice(entry),
                    _ => mul_assign(&ring, product, entry, &mut scratch),
                }
            });
            result
        })
    }
}

/// Multiplication in a ring, as far as making tables needs it.
trait Tabulated {
    fn square(&self, x: &Batch) -> Batch;
    fn mul(&self, a: &Batch, b: &Batch) -> Batch;
    fn ones(&self, len: usize) -> Batch;
}

impl Tabulated for Modulus {
    fn square(&self, x: &Batch) -> Batch {
        self.square(x)
    }

    fn mul(&self, a: &Batch, b: &Batch) -> Batch {
        self.mul(a, b)
    }

    fn ones(&self, len: usize) -> Batch {
        self.ones(len)
    }
}

impl Tabulated for PairModulus {
    fn square(&self, x: &Batch) -> Batch {
        self.square(x)
    }

    fn mul(&self, a: &Batch, b: &Batch) -> Batch {
        self.mul(a, b)
    }

    fn ones(&self, len: usize) -> Batch {
        self.ones(len)
    }
}

/// `base^(i 2^(window w))` at place `i count + w`, for `i` below `2^window` and `w` below `count`.
fn powers_of<M: Tabulated>(ring: &M, base: Batch, count: usize, window: usize) -> Batch {
    let mut start = base;
    let mut starts = Vec::with_capacity(count);
    for _ in 0..count {
        let mut next = start.clone();
        for _ in 0..window {
            next = ring.square(&next);
        }
        starts.push(std::mem::replace(&mut start, next));
    }
    let starts = Batch::concat(&starts);
    let mut powers = vec![ring.ones(count), starts];
    for i in 2..1 << window {
        powers.push(ring.mul(&powers[i - 1], &powers[1]));
    }
    Batch::concat(&powers)
}

/// The table of each window, of entries of `limbs` limbs that lie as [`powers_of`] says.
fn arranged<L: Lanes>(entries: &Batch, limbs: usize, count: usize, window: usize) -> Vec<Buffer> {
    (0..count)
        .map(|w| {
            let mut table = Buffer::zeros(limbs << window);
            for (i, entry) in table.chunks_exact_mut(limbs).enumerate() {
                for (slot, &word) in entry.iter_mut().zip(entries.element(i * count + w)) {
                    *slot = word;
                }
            }
            L::arrange(table, limbs)
        })
        .collect()
}

/// Memory of tables with entries of so many limbs.
fn table_bytes<L: Lanes>(limbs: usize, exponent_bits: usize, window: usize) -> usize {
    8 * L::arrange(Buffer::zeros(limbs << window), limbs).len() * exponent_bits.div_ceil(window)
}

impl Modulus {
    /// Memory that the tables of [`Self::fixed_base`] take.
    pub fn fixed_base_bytes(&self, exponent_bits: usize, window: usize) -> usize {
        dispatch!(self.backend(), L => table_bytes::<L>(self.constants().limbs(), exponent_bits, window))
    }

    /// Tables for powers of `base` (a plain row of [`Modulus::word_count`] words) with exponents below
    /// `2^exponent_bits`: `ceil(exponent_bits / window)` windows of `2^window` entries.
    pub fn fixed_base(&self, base: &[u64], exponent_bits: usize, window: usize) -> FixedBase<Modulus> {
        let count = exponent_bits.div_ceil(window);
        let entries = powers_of(self, self.enter(base, base.len()), count, window);
        let windows = dispatch!(self.backend(), L => {
            let constants = self.constants();
            let entries = map_groups::<L>(&entries, 1, |out, group| {
                out.copy_from_slice(group);
                L::normalise(constants, out);
            });
            arranged::<L>(&entries, constants.limbs(), count, window)
        });
        FixedBase { window_bits: window, exponent_bits, windows, ring: PhantomData }
    }
}

impl PairModulus {
    /// Memory that the tables of [`Self::fixed_base`] take.
    pub fn fixed_base_bytes(&self, exponent_bits: usize, window: usize) -> usize {
        let base = self.base();
        dispatch!(base.backend(), L => table_bytes::<L>(2 * base.constants().limbs(), exponent_bits, window))
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
    ) -> Option<FixedBase<PairModulus>> {
        let count = exponent_bits.div_ceil(window);
        let entries = powers_of(self, self.enter(base, base.len()), count, window);
        let windows = dispatch!(self.base().backend(), L => {
            let n = self.base().constants();
            let entries = map_groups::<L>(&entries, 2, |out, group| {
                out.copy_from_slice(group);
                L::pair_normalise(n, out);
            });
            let low = self.digit::<L>(&entries, 0);
            let inverse = multi_pow::invert(self.base(), &low, invert)?;
            let logarithm = self.base().mul(&self.digit::<L>(&entries, 1), &inverse);
            arranged::<L>(&Batch::from_digits(&low, &logarithm), 2 * n.limbs(), count, window)
        });
        Some(FixedBase { window_bits: window, exponent_bits, windows, ring: PhantomData })
    }
}
