//! Residues modulo one odd number, a whole batch at a time, in Montgomery form.
//!
//! Montgomery, *Modular Multiplication Without Trial Division*, Math. Comp. 44 (1985). With `R` a
//! power of two above the modulus, `x` is held as `x R mod m`.

use zeroize::Zeroize;

use crate::backend::{Backend, dispatch};
use crate::batch::Batch;
use crate::lanes::Lanes;
use crate::memcheck;
use crate::multi_pow;
use crate::pair::Invert;
use crate::pow;
use crate::ring::{Flat, Scratch, map_groups, map_two};
use crate::words::{self, Words};

/// Why a modulus was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModulusError {
    /// Montgomery arithmetic needs an odd modulus.
    Even,
    /// The smallest modulus is 3.
    TooSmall,
}

impl std::fmt::Display for ModulusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ModulusError::Even => "the modulus is even",
            ModulusError::TooSmall => "the modulus is below 3",
        })
    }
}

impl std::error::Error for ModulusError {}

/// What kernels need to know of a modulus, in their backend's radix. Wiped on drop, since a modulus
/// may be a secret prime.
pub(crate) struct Constants {
    modulus: Vec<u64>,
    carry_base: Vec<u64>,
    negative_inverse: u64,
}

impl Constants {
    fn new<L: Lanes>(m: &[u64]) -> Self {
        let bits = words::bit_length(m);
        let limbs = L::limbs_for(bits);
        let radix = L::RADIX_BITS;
        let split = |value: &[u64], count: usize| -> Vec<u64> {
            (0..count).map(|i| words::bits_at(value, i * radix, radix)).collect()
        };
        // The least m * 2^k that is not below R whatever m's lower bits: k depends on its size only.
        let mut base = vec![0; (limbs + 1) * radix / 64 + 2];
        words::shift_left(&mut base, m, limbs * radix + 1 - bits);
        let carry_base = split(&base, limbs + 1);
        base.zeroize();
        Self {
            modulus: split(m, limbs),
            carry_base,
            negative_inverse: words::negative_inverse(m[0]) & (u64::MAX >> (64 - radix)),
        }
    }

    /// Limbs of a digit.
    #[inline(always)]
    pub(crate) fn limbs(&self) -> usize {
        self.modulus.len()
    }

    /// The modulus, one limb after the other (the same for all lanes).
    #[inline(always)]
    pub(crate) fn modulus(&self) -> &[u64] {
        &self.modulus
    }

    /// A multiple of the modulus that is at least `R` and below `2R`, one limb longer than it: added
    /// before quotient digits (below `R`) are subtracted, it keeps the high digit of a pair positive.
    #[inline(always)]
    pub(crate) fn carry_base(&self) -> &[u64] {
        &self.carry_base
    }

    /// `-m^-1` modulo the radix.
    #[inline(always)]
    pub(crate) fn negative_inverse(&self) -> u64 {
        self.negative_inverse
    }
}

impl Drop for Constants {
    fn drop(&mut self) {
        self.modulus.zeroize();
        self.carry_base.zeroize();
        self.negative_inverse.zeroize();
    }
}

/// An odd modulus, ready for batch arithmetic on one backend.
///
/// Operations panic if a batch belongs to a modulus of another size or backend, or if two batches have
/// different lengths: callers check lengths, and mixing moduli is a programming error.
pub struct Modulus {
    backend: Backend,
    words: Vec<u64>,
    bits: usize,
    constants: Constants,
    one: Batch,
    r_squared: Batch,
}

impl Modulus {
    /// A modulus from its little-endian words; leading zero words are dropped.
    ///
    /// # Errors
    /// [`ModulusError`] if it is even or below 3.
    ///
    /// # Panics
    /// If this CPU cannot run the backend. Every batch comes from a modulus, so this is what makes it
    /// sound to call kernels compiled for an instruction set.
    pub fn new(m: &[u64], backend: Backend) -> Result<Self, ModulusError> {
        assert!(backend.is_supported(), "this CPU cannot run the {} backend", backend.name());
        let bits = words::bit_length(m);
        if bits < 2 {
            return Err(ModulusError::TooSmall);
        }
        if m[0] & 1 == 0 {
            return Err(ModulusError::Even);
        }
        let words = m[..bits.div_ceil(64)].to_vec();
        Ok(dispatch!(backend, L => {
            let constants = Constants::new::<L>(&words);
            let radix_power = constants.limbs() * L::RADIX_BITS;
            let mut power = power_of_two(&words, bits, radix_power);
            let one = Batch::from_rows::<L>(backend, &power, words.len(), constants.limbs(), 0);
            double(&mut power, &words, radix_power);
            let r_squared = Batch::from_rows::<L>(backend, &power, words.len(), constants.limbs(), 0);
            power.zeroize();
            Self { backend, words, bits, constants, one, r_squared }
        }))
    }

    /// The modulus itself, little-endian, without leading zero words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Words of a canonical row.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The backend it was made for.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Declares the modulus secret, for the check of constant time; its length stays public.
    pub fn conceal(&self) {
        let Constants { modulus, carry_base, negative_inverse } = &self.constants;
        let parts = [&self.words, modulus, carry_base, std::slice::from_ref(negative_inverse)];
        parts.into_iter().for_each(memcheck::conceal);
        self.one.conceal();
        self.r_squared.conceal();
    }

    pub(crate) fn constants(&self) -> &Constants {
        &self.constants
    }

    /// Brings rows of `words_per_row` words, of any value, into internal form modulo `m`. Constant time
    /// in the values.
    pub fn enter(&self, rows: &[u64], words_per_row: usize) -> Batch {
        dispatch!(self.backend, L => self.enter_with::<L>(rows, words_per_row))
    }

    fn enter_with<L: Lanes>(&self, rows: &[u64], words_per_row: usize) -> Batch {
        let limbs = self.constants.limbs();
        let ring = Flat::<L>::new(&self.constants);
        let mut scratch = Scratch::new(&ring);
        // x = sum of c_i R^i over digits c_i < R, so x R = sum of c_i * R^(i+2) / R.
        let mut constant = self.r_squared.clone();
        let mut result: Option<Batch> = None;
        let digits = (64 * words_per_row).div_ceil(limbs * L::RADIX_BITS).max(1);
        for i in 0..digits {
            let digit =
                Batch::from_rows::<L>(self.backend, rows, words_per_row, limbs, i * limbs * L::RADIX_BITS);
            let factor = constant.broadcast::<L>();
            let term = map_groups::<L>(&digit, 1, |out, group| {
                L::mul(&self.constants, out, group, &factor, scratch.kernel());
            });
            result = Some(match result {
                None => term,
                Some(sum) => map_two::<L>(&sum, &term, |out, a, b| L::add(&self.constants, out, a, b)),
            });
            if i + 1 < digits {
                constant = self.mul(&constant, &self.r_squared);
            }
        }
        result.unwrap_or_else(|| self.ones(0))
    }

    /// Canonical rows of [`Modulus::word_count`] words, each below the modulus.
    pub fn leave(&self, x: &Batch) -> Words {
        self.check(x);
        dispatch!(self.backend, L => {
            let mut scratch = Scratch::new(&Flat::<L>::new(&self.constants));
            let unit = Batch::from_rows::<L>(self.backend, &[1], 1, self.constants.limbs(), 0).broadcast::<L>();
            let plain = map_groups::<L>(x, 1, |out, group| {
                L::mul(&self.constants, out, group, &unit, scratch.kernel());
                L::normalise(&self.constants, out);
            });
            plain.digit_rows::<L>(0, self.word_count())
        })
    }

    /// A batch of ones.
    pub fn ones(&self, len: usize) -> Batch {
        self.one.repeat(len)
    }

    /// Elementwise `a * b`.
    pub fn mul(&self, a: &Batch, b: &Batch) -> Batch {
        self.check_two(a, b);
        dispatch!(self.backend, L => {
            let mut scratch = Scratch::new(&Flat::<L>::new(&self.constants));
            map_two::<L>(a, b, |out, a, b| L::mul(&self.constants, out, a, b, scratch.kernel()))
        })
    }

    /// Elementwise `a * a`.
    pub fn square(&self, a: &Batch) -> Batch {
        self.check(a);
        dispatch!(self.backend, L => {
            let mut scratch = Scratch::new(&Flat::<L>::new(&self.constants));
            map_groups::<L>(a, 1, |out, a| L::square(&self.constants, out, a, scratch.kernel()))
        })
    }

    /// Elementwise `a + b`.
    pub fn add(&self, a: &Batch, b: &Batch) -> Batch {
        self.check_two(a, b);
        dispatch!(self.backend, L => map_two::<L>(a, b, |out, a, b| L::add(&self.constants, out, a, b)))
    }

    /// Elementwise `a - b`.
    pub fn sub(&self, a: &Batch, b: &Batch) -> Batch {
        self.check_two(a, b);
        dispatch!(self.backend, L => map_two::<L>(a, b, |out, a, b| L::sub(&self.constants, out, a, b)))
    }

    /// Elementwise `-a`.
    pub fn negate(&self, a: &Batch) -> Batch {
        self.sub(&self.one.zeros_like(a.len()), a)
    }

    /// `x^exponent` for one exponent, constant time in its value (not in the slice's length).
    pub fn pow(&self, x: &Batch, exponent: &[u64]) -> Batch {
        self.check(x);
        dispatch!(self.backend, L => pow::pow(&Flat::<L>::new(&self.constants), &self.one, x, exponent))
    }

    /// `x^exponent` for one public exponent. The time depends on the exponent, not on `x`.
    pub fn pow_vartime(&self, x: &Batch, exponent: &[u64]) -> Batch {
        self.check(x);
        dispatch!(self.backend, L => pow::pow_vartime(&Flat::<L>::new(&self.constants), &self.one, x, exponent))
    }

    /// `x_i^e_i` for exponents of `words_per_exponent` words each, below `2^bits`: constant time in their values.
    pub fn pow_each(&self, x: &Batch, exponents: &[u64], words_per_exponent: usize, bits: usize) -> Batch {
        self.check(x);
        assert_eq!(exponents.len(), x.len() * words_per_exponent, "one exponent for each element");
        dispatch!(self.backend, L => {
            let ring = Flat::<L>::new(&self.constants);
            pow::pow_each(&ring, &self.one, x, exponents, words_per_exponent, bits)
        })
    }

    /// `x_i^e_i` for public exponents of `words_per_exponent` words each. The time depends on the exponents,
    /// not on `x`.
    pub fn pow_each_vartime(&self, x: &Batch, exponents: &[u64], words_per_exponent: usize) -> Batch {
        self.check(x);
        assert_eq!(exponents.len(), x.len() * words_per_exponent, "one exponent for each element");
        dispatch!(self.backend, L => {
            let ring = Flat::<L>::new(&self.constants);
            pow::pow_each_vartime(&ring, &self.one, x, exponents, words_per_exponent)
        })
    }

    /// Products of consecutive runs of `segment` elements (not zero).
    pub fn product(&self, x: &Batch, segment: usize) -> Batch {
        self.check(x);
        dispatch!(self.backend, L => {
            multi_pow::product(&Flat::<L>::new(&self.constants), &self.one, x, segment)
        })
    }

    /// Inverts every element: a single call of `invert` for all, the rest by Montgomery's trick. As constant in
    /// time as `invert` is; that there is a non-unit (`None`) is not hidden.
    pub fn invert(&self, x: &Batch, invert: Invert<'_>) -> Option<Batch> {
        self.check(x);
        multi_pow::invert(self, x, invert)
    }

    pub(crate) fn check(&self, x: &Batch) {
        x.check(self.backend, 1, self.constants.limbs());
    }

    fn check_two(&self, a: &Batch, b: &Batch) {
        self.check(a);
        self.check(b);
        assert_eq!(a.len(), b.len(), "batches of different lengths");
    }
}

impl Drop for Modulus {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

/// `2^exponent mod m` for an exponent of at least the modulus' size less one.
fn power_of_two(m: &[u64], bits: usize, exponent: usize) -> Vec<u64> {
    let mut value = vec![0; m.len()];
    value[(bits - 1) / 64] = 1 << ((bits - 1) % 64);
    double(&mut value, m, exponent + 1 - bits);
    value
}

/// Doubles a residue modulo `m` so many times.
fn double(value: &mut [u64], m: &[u64], times: usize) {
    for _ in 0..times {
        double_once(value, m);
    }
}

/// Doubles a residue modulo `m` and returns 1 if the modulus was taken off.
pub(crate) fn double_once(value: &mut [u64], m: &[u64]) -> u64 {
    let mut top = 0;
    for word in value.iter_mut() {
        let next = *word >> 63;
        *word = (*word << 1) | top;
        top = next;
    }
    words::reduce_once(value, &mut top, m)
}
