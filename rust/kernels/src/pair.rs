//! The ring modulo `n²` in **pair form**: `x = x0 + x1 n`, each digit about as long as `n`.
//!
//! With Montgomery's radix `R` for `n` (not for `n²`), a product of two pairs is
//!
//! ```text
//! (x0 + x1 n)(y0 + y1 n) = x0 y0 + (x0 y1 + x1 y0) n            (mod n²)
//! x0 y0 = r R - q n           where q = -x0 y0 / n mod R: Montgomery's quotient
//! product / R = r + n ((x0 y1 + x1 y0 - q) / R mod n)           (mod n²)
//! ```
//!
//! so the quotient digits, which a flat reduction throws away, are exactly what the low digit carries
//! into the high one. With `h` limbs in `n` a product costs `5 h²` limb products where arithmetic on
//! the flat modulus of `2h` limbs costs `8 h²`, a square `3.5 h²` for `6 h²`, and a product by a single
//! digit `4 h²`. The identity is elementary; `x1 = 0` and `n` itself as base give the cheap operations
//! that Paillier needs: `x (1 + m n)` is `x1 += m x0 mod n`, and the digits of `1 + L n` are `(1, L)`.

use crate::backend::{Backend, dispatch};
use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::{Modulus, ModulusError, double_once};
use crate::ring::{Flat, Pair, Ring, Scratch, map_groups, map_two, mul_assign};
use crate::words::{self, Words};
use crate::{multi_pow, pow};

/// Inverts one integer modulo `n`, given and returned as words; `None` if it is no unit.
pub type Invert<'a> = &'a dyn Fn(&[u64]) -> Option<Words>;

/// The ring modulo `n²` for odd `n`, ready for batch arithmetic on one backend.
///
/// Operations panic on batches of another modulus or of different lengths, as [`Modulus`] does.
pub struct PairModulus {
    base: Modulus,
    one: Batch,
    r_squared: Batch,
}

impl PairModulus {
    /// The ring modulo the square of `n` (little-endian words).
    ///
    /// # Errors
    /// [`ModulusError`] if `n` is even or below 3.
    pub fn new(n: &[u64], backend: Backend) -> Result<Self, ModulusError> {
        let base = Modulus::new(n, backend)?;
        let (one, r_squared) = dispatch!(backend, L => {
            let limbs = base.constants().limbs();
            let radix_power = limbs * L::RADIX_BITS;
            let n = base.words();
            let mut low = vec![0; n.len()];
            let mut high = vec![0; n.len()];
            low[(base.bits() - 1) / 64] = 1 << ((base.bits() - 1) % 64);
            let mut double = |times: usize| {
                for _ in 0..times {
                    // What leaves the low digit enters the high one; what leaves that is 0 mod n².
                    let carry = double_once(&mut low, n);
                    double_with(&mut high, n, carry);
                }
                let digit = |words: &[u64]| Batch::from_rows::<L>(backend, words, n.len(), limbs, 0);
                Batch::from_digits(&digit(&low), &digit(&high))
            };
            let one = double(radix_power + 1 - base.bits());
            let r_squared = double(radix_power);
            zeroize::Zeroize::zeroize(&mut low);
            zeroize::Zeroize::zeroize(&mut high);
            (one, r_squared)
        });
        Ok(Self { base, one, r_squared })
    }

    /// Arithmetic modulo `n` itself.
    pub fn base(&self) -> &Modulus {
        &self.base
    }

    /// Declares `n` secret, for the check of constant time; its length stays public.
    pub fn conceal(&self) {
        self.base.conceal();
        self.one.conceal();
        self.r_squared.conceal();
    }

    /// Words of `n`; canonical rows modulo `n²` have twice as many.
    pub fn word_count(&self) -> usize {
        self.base.word_count()
    }

    fn limbs(&self) -> usize {
        self.base.constants().limbs()
    }

    fn backend(&self) -> Backend {
        self.base.backend()
    }

    /// Brings rows of `words_per_row` words, of any value, into internal form modulo `n²`. Constant
    /// time in the values.
    pub fn enter(&self, rows: &[u64], words_per_row: usize) -> Batch {
        dispatch!(self.backend(), L => {
            let n = self.base.constants();
            let mut scratch = Scratch::new(&Pair::<L>::new(n));
            // x = sum of c_i R^i over digits c_i < R, so x R = sum of c_i * R^(i+2) / R.
            let mut constant = self.r_squared.clone();
            let mut result: Option<Batch> = None;
            let digit_bits = self.limbs() * L::RADIX_BITS;
            let digits = (64 * words_per_row).div_ceil(digit_bits).max(1);
            for i in 0..digits {
                let digit = Batch::from_rows::<L>(self.backend(), rows, words_per_row, self.limbs(), i * digit_bits);
                let factor = constant.broadcast::<L>();
                let term = map_groups::<L>(&digit, 2, |out, group| {
                    L::pair_mul_digit(n, out, &factor, group, scratch.kernel());
                });
                result = Some(match result {
                    None => term,
                    Some(sum) => self.add(&sum, &term),
                });
                if i + 1 < digits {
                    constant = self.mul(&constant, &self.r_squared);
                }
            }
            result.unwrap_or_else(|| self.ones(0))
        })
    }

    /// Canonical plain rows below `n²`, of twice [`PairModulus::word_count`] words.
    pub fn leave(&self, x: &Batch) -> Words {
        let (low, high) = self.leave_digits(x);
        let words = self.word_count();
        let mut rows = Words::new(vec![0; 2 * words * x.len()]);
        for (row, (low, high)) in
            rows.chunks_exact_mut(2 * words).zip(low.chunks_exact(words).zip(high.chunks_exact(words)))
        {
            words::multiply_add(row, high, self.base.words(), low);
        }
        rows
    }

    /// The canonical plain digits: rows of `x0` and of `x1`, each below `n`, with `x = x0 + x1 n`.
    pub fn leave_digits(&self, x: &Batch) -> (Words, Words) {
        self.check(x);
        dispatch!(self.backend(), L => {
            let n = self.base.constants();
            let mut scratch = Scratch::new(&Pair::<L>::new(n));
            let unit = Batch::from_rows::<L>(self.backend(), &[1], 1, self.limbs(), 0).broadcast::<L>();
            let plain = map_groups::<L>(x, 2, |out, group| {
                L::pair_mul_digit(n, out, group, &unit, scratch.kernel());
                L::pair_normalise(n, out);
            });
            (plain.digit_rows::<L>(0, self.word_count()), plain.digit_rows::<L>(1, self.word_count()))
        })
    }

    /// A batch of ones.
    pub fn ones(&self, len: usize) -> Batch {
        self.one.repeat(len)
    }

    /// Elementwise `a * b`.
    pub fn mul(&self, a: &Batch, b: &Batch) -> Batch {
        self.check_two(a, b);
        dispatch!(self.backend(), L => {
            let mut scratch = Scratch::new(&Pair::<L>::new(self.base.constants()));
            map_two::<L>(a, b, |out, a, b| L::pair_mul(self.base.constants(), out, a, b, scratch.kernel()))
        })
    }

    /// Elementwise `a * a`.
    pub fn square(&self, a: &Batch) -> Batch {
        self.check(a);
        dispatch!(self.backend(), L => {
            let mut scratch = Scratch::new(&Pair::<L>::new(self.base.constants()));
            map_groups::<L>(a, 2, |out, a| L::pair_square(self.base.constants(), out, a, scratch.kernel()))
        })
    }

    /// Elementwise `x (1 + m n)`, with `m` a batch of [`PairModulus::base`]. Constant time.
    pub fn mul_one_plus(&self, x: &Batch, m: &Batch) -> Batch {
        self.check(x);
        self.base.check(m);
        assert_eq!(x.len(), m.len(), "batches of different lengths");
        dispatch!(self.backend(), L => {
            let n = self.base.constants();
            let mut scratch = Scratch::new(&Flat::<L>::new(n));
            let mut product = Buffer::zeros(m.width());
            let half = m.width();
            map_two::<L>(x, m, |out, x, m| {
                L::mul(n, &mut product, &x[..half], m, scratch.kernel());
                out[..half].copy_from_slice(&x[..half]);
                L::add(n, &mut out[half..], &x[half..], &product);
            })
        })
    }

    /// `x^exponent` for one exponent, constant time in its value (not in the slice's length).
    pub fn pow(&self, x: &Batch, exponent: &[u64]) -> Batch {
        self.check(x);
        dispatch!(self.backend(), L => pow::pow(&self.ring::<L>(), &self.one, x, exponent))
    }

    /// `x^exponent` for one public exponent. The time depends on the exponent, not on `x`.
    pub fn pow_vartime(&self, x: &Batch, exponent: &[u64]) -> Batch {
        self.check(x);
        dispatch!(self.backend(), L => pow::pow_vartime(&self.ring::<L>(), &self.one, x, exponent))
    }

    /// `x_i^e_i` for public exponents of `words_per_exponent` words, one for each element.
    pub fn pow_each_vartime(&self, x: &Batch, exponents: &[u64], words_per_exponent: usize) -> Batch {
        self.check(x);
        assert_eq!(exponents.len(), x.len() * words_per_exponent, "one exponent for each element");
        dispatch!(self.backend(), L => {
            pow::pow_each_vartime(&self.ring::<L>(), &self.one, x, exponents, words_per_exponent)
        })
    }

    /// Products of consecutive runs of `segment` elements; `segment` divides the length.
    pub fn product(&self, x: &Batch, segment: usize) -> Batch {
        self.check(x);
        assert!(segment > 0 && x.len().is_multiple_of(segment), "runs of uneven length");
        dispatch!(self.backend(), L => multi_pow::product(&self.ring::<L>(), &self.one, x, segment))
    }

    /// The elementwise product of several batches of one length; `xs` is not empty.
    pub fn product_of(&self, xs: &[&Batch]) -> Batch {
        let (first, rest) = xs.split_first().expect("a product of at least one batch");
        self.check(first);
        dispatch!(self.backend(), L => {
            let ring = self.ring::<L>();
            let mut scratch = Scratch::new(&ring);
            let mut result = (*first).clone();
            for factor in rest {
                self.check_two(&result, factor);
                let width = ring.width();
                for (out, group) in result.data_mut().chunks_exact_mut(width).zip(factor.data().chunks_exact(width)) {
                    mul_assign(&ring, out, group, &mut scratch);
                }
            }
            result
        })
    }

    /// Every element to its own secret exponent (rows of `words_per_exponent` words, below `2^bits`), in
    /// constant time.
    pub fn pow_each(&self, x: &Batch, exponents: &[u64], words_per_exponent: usize, bits: usize) -> Batch {
        self.check(x);
        assert_eq!(exponents.len(), x.len() * words_per_exponent, "one exponent for each element");
        dispatch!(self.backend(), L => {
            pow::pow_each(&self.ring::<L>(), &self.one, x, exponents, words_per_exponent, bits)
        })
    }

    /// Products of powers with secret exponents below `2^bits`, in constant time: row `r` of the result is
    /// the product of all `x_i^e_ri`. `exponents` holds `rows * x.len()` of them, row by row.
    pub fn multi_pow(
        &self,
        x: &Batch,
        exponents: &[u64],
        words_per_exponent: usize,
        bits: usize,
        rows: usize,
    ) -> Batch {
        self.check(x);
        assert_eq!(
            exponents.len(),
            rows * x.len() * words_per_exponent,
            "one exponent for each row and element"
        );
        dispatch!(self.backend(), L => {
            multi_pow::multi_pow(&self.ring::<L>(), &self.one, x, exponents, words_per_exponent, bits, rows)
        })
    }

    /// Products of powers with public signed exponents: row `r` of the result is the product of
    /// `x_i^e_ri` over its positive exponents (first batch) and of `x_i^-e_ri` over its negative ones
    /// (second batch); the caller divides. `exponents` holds `rows * x.len()` magnitudes of
    /// `words_per_exponent` words, row by row.
    pub fn multi_pow_vartime(
        &self,
        x: &Batch,
        exponents: &[u64],
        words_per_exponent: usize,
        negative: &[bool],
        rows: usize,
    ) -> (Batch, Batch) {
        self.check(x);
        assert_eq!(negative.len(), rows * x.len(), "one exponent for each row and element");
        assert_eq!(exponents.len(), negative.len() * words_per_exponent, "one magnitude for each sign");
        let weights = multi_pow::Weights { magnitudes: exponents, words: words_per_exponent, negative, rows };
        dispatch!(self.backend(), L => multi_pow::multi_pow_vartime(&self.ring::<L>(), &self.one, x, &weights))
    }

    /// Inverts every element: a single call of `invert` for each lane, the rest by Montgomery's trick.
    /// As constant in time as `invert` is; that there is a non-unit (`None`) is not hidden.
    pub fn invert(&self, x: &Batch, invert: Invert<'_>) -> Option<Batch> {
        self.check(x);
        dispatch!(self.backend(), L => {
            let n = self.base.constants();
            // u = 1/x0 mod n, as a lone digit; x u = 1 + k n, so 1/x = u (1 - k n).
            let normal = map_groups::<L>(x, 2, |out, group| {
                out.copy_from_slice(group);
                L::pair_normalise(n, out);
            });
            let low = self.digit::<L>(&normal, 0);
            let inverse = multi_pow::invert(&self.base, &low, invert)?;
            let mut scratch = Scratch::new(&Pair::<L>::new(n));
            let product = map_two::<L>(&normal, &inverse, |out, x, u| {
                L::pair_mul_digit(n, out, x, u, scratch.kernel());
                L::pair_normalise(n, out);
            });
            // The digits of (1 + k n) R are those of R with k R added to the high one.
            let k = self.base.sub(&self.digit::<L>(&product, 1), &self.digit::<L>(&self.ones(x.len()), 1));
            let high = self.base.negate(&self.base.mul(&k, &inverse));
            Some(Batch::from_digits(&inverse, &high))
        })
    }

    /// One digit of every element as a batch of the base.
    pub(crate) fn digit<L: Lanes>(&self, x: &Batch, which: usize) -> Batch {
        let half = x.width() / 2;
        map_groups::<L>(x, 1, |out, group| out.copy_from_slice(&group[which * half..][..half]))
    }

    pub(crate) fn ring<L: Lanes>(&self) -> Pair<'_, L> {
        Pair::new(self.base.constants())
    }

    pub(crate) fn check(&self, x: &Batch) {
        x.check(self.backend(), 2, self.limbs());
    }

    fn check_two(&self, a: &Batch, b: &Batch) {
        self.check(a);
        self.check(b);
        assert_eq!(a.len(), b.len(), "batches of different lengths");
    }

    /// Elementwise `a + b`, normalised digit by digit.
    fn add(&self, a: &Batch, b: &Batch) -> Batch {
        dispatch!(self.backend(), L => {
            map_two::<L>(a, b, |out, a, b| L::pair_add(self.base.constants(), out, a, b))
        })
    }
}

/// Doubles the high digit and lets a carry in at the bottom.
fn double_with(high: &mut [u64], n: &[u64], carry: u64) {
    let mut incoming = carry;
    for word in high.iter_mut() {
        let next = *word >> 63;
        *word = (*word << 1) | incoming;
        incoming = next;
    }
    words::reduce_once(high, &mut incoming, n);
}
