//! Single integers as little-endian words: the few operations on keys that are not batch arithmetic.
//!
//! Lengths of slices are public. Unless a name ends in `_vartime` nothing here branches on a value or
//! uses it as an address. Values that may be secret come back in a buffer that is wiped on drop.

use crypto_bigint::{BoxedUint, Gcd, Odd};
use zeroize::Zeroizing;

pub(super) use privml_kernels::Words;

pub(super) use crate::words::{bit_length, is_below, is_zero, subtract};

/// Without leading zero words; of a zero one word is kept.
pub(super) fn trimmed(words: &[u64]) -> &[u64] {
    &words[..bit_length(words).div_ceil(64).max(1).min(words.len())]
}

/// With zero words appended up to `len`.
pub(super) fn padded(words: &[u64], len: usize) -> Words {
    let mut result = Vec::with_capacity(len.max(words.len()));
    result.extend_from_slice(words);
    result.resize(len.max(words.len()), 0);
    Zeroizing::new(result)
}

/// Little-endian bytes, as few as a public number needs.
pub(super) fn le_bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).take(bit_length(words).div_ceil(8)).collect()
}

/// Words from little-endian bytes.
pub(super) fn from_le_bytes(bytes: &[u8]) -> Words {
    let mut words = Zeroizing::new(vec![0u64; bytes.len().div_ceil(8)]);
    for (i, &byte) in bytes.iter().enumerate() {
        words[i / 8] |= u64::from(byte) << (8 * (i % 8));
    }
    words
}

/// As one of crypto-bigint's integers, wiped on drop.
pub(super) fn boxed(words: &[u64]) -> Zeroizing<BoxedUint> {
    Zeroizing::new(BoxedUint::from_words(words.iter().copied()))
}

/// `a * b`, of both lengths together.
pub(super) fn product(a: &[u64], b: &[u64]) -> Words {
    let mut result = Zeroizing::new(vec![0; a.len() + b.len()]);
    multiply_add(&mut result, a, b, &[]);
    result
}

/// `out = a * b + c`, for a result that fits in the lengths of `a` and `b` together.
pub(super) fn multiply_add(out: &mut [u64], a: &[u64], b: &[u64], c: &[u64]) {
    out.fill(0);
    out[..c.len()].copy_from_slice(c);
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u64;
        let (row, above) = out[i..].split_at_mut(b.len());
        for (slot, &y) in row.iter_mut().zip(b) {
            let wide = u128::from(x) * u128::from(y) + u128::from(*slot) + u128::from(carry);
            *slot = wide as u64;
            carry = (wide >> 64) as u64;
        }
        for slot in above {
            let (sum, overflow) = slot.overflowing_add(carry);
            *slot = sum;
            carry = u64::from(overflow);
        }
    }
}

/// Adds a word and returns the carry.
pub(super) fn add_word(words: &mut [u64], word: u64) -> u64 {
    let mut carry = word;
    for slot in words {
        let (sum, overflow) = slot.overflowing_add(carry);
        *slot = sum;
        carry = u64::from(overflow);
    }
    carry
}

/// Subtracts a word and returns the borrow.
pub(super) fn subtract_word(words: &mut [u64], word: u64) -> u64 {
    let mut borrow = word;
    for slot in words {
        let (difference, underflow) = slot.overflowing_sub(borrow);
        *slot = difference;
        borrow = u64::from(underflow);
    }
    borrow
}

/// Halves in place.
pub(super) fn halve(words: &mut [u64]) {
    let mut carry = 0;
    for slot in words.iter_mut().rev() {
        let next = *slot << 63;
        *slot = (*slot >> 1) | carry;
        carry = next;
    }
}

/// `if_one` where `choice` is 1, `if_zero` where it is 0.
pub(super) fn select(out: &mut [u64], choice: u64, if_one: &[u64], if_zero: &[u64]) {
    let mask = std::hint::black_box(choice).wrapping_neg();
    for ((slot, &one), &zero) in out.iter_mut().zip(if_one).zip(if_zero) {
        *slot = zero ^ (mask & (one ^ zero));
    }
}

/// 1 if `a` and `b` (of one length) are equal, else 0.
pub(super) fn is_equal(a: &[u64], b: &[u64]) -> u64 {
    let any = a.iter().zip(b).fold(0, |any, (&x, &y)| any | (x ^ y));
    ((any | any.wrapping_neg()) >> 63) ^ 1
}

/// 1 if the number is one, else 0.
pub(super) fn is_one(words: &[u64]) -> u64 {
    let any = words.iter().enumerate().fold(0, |any, (i, &word)| any | (word ^ u64::from(i == 0)));
    ((any | any.wrapping_neg()) >> 63) ^ 1
}

/// `|a - b|`, of one length.
pub(super) fn distance(a: &[u64], b: &[u64]) -> Words {
    let mut forth = Zeroizing::new(vec![0; a.len()]);
    let mut back = Zeroizing::new(vec![0; a.len()]);
    let borrow = subtract(&mut forth, a, b);
    subtract(&mut back, b, a);
    let mut result = Zeroizing::new(vec![0; a.len()]);
    select(&mut result, borrow, &back, &forth);
    result
}

/// Whether two integers have no common factor. Constant time in their values (Bernstein-Yang).
pub(super) fn coprime(a: &[u64], b: &[u64]) -> bool {
    let len = a.len().max(b.len());
    let (a, b) = (boxed(&padded(a, len)), boxed(&padded(b, len)));
    let gcd = Zeroizing::new(a.gcd(&b));
    is_one(gcd.as_words()) == 1
}

/// An odd modulus to invert and reduce under, wiped on drop.
pub(super) struct Inverter {
    modulus: Zeroizing<Odd<BoxedUint>>,
}

impl Inverter {
    /// `None` if `modulus` is even.
    pub(super) fn new(modulus: &[u64]) -> Option<Self> {
        let modulus = Odd::new(BoxedUint::from_words(modulus.iter().copied())).into_option()?;
        Some(Self { modulus: Zeroizing::new(modulus) })
    }

    /// The inverse of a canonical residue, in constant time; `None` for a non-unit.
    pub(super) fn invert(&self, x: &[u64]) -> Option<Words> {
        let inverse = Zeroizing::new(boxed(x).invert_odd_mod(&self.modulus).into_option()?);
        Some(Zeroizing::new(inverse.as_words().to_vec()))
    }

    /// As [`Self::invert`], for public values.
    pub(super) fn invert_vartime(&self, x: &[u64]) -> Option<Words> {
        let inverse = boxed(x).invert_odd_mod_vartime(&self.modulus).into_option()?;
        Some(Words::new(inverse.as_words().to_vec()))
    }

    /// `x mod modulus` for an `x` of any length, in constant time.
    pub(super) fn reduce(&self, x: &[u64]) -> Words {
        let len = self.modulus.as_words().len();
        let remainder = Zeroizing::new(boxed(&padded(x, len)).rem(self.modulus.as_nz_ref()));
        let words = remainder.as_words();
        padded(&words[..len.min(words.len())], len)
    }
}
