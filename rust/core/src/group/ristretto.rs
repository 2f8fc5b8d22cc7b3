//! ristretto255, the group of prime order of RFC 9496, on curve25519-dalek.
//!
//! Points stay in the library's internal form; bytes are made and read by the rules of the RFC: an element
//! has one encoding, and everything else is refused. The library picks its vectors at run time (AVX2 where
//! the CPU has it, words elsewhere), so one wheel for baseline x86-64 is fast everywhere, with no compiler
//! flag. Its operations on points and scalars are constant time unless their name says otherwise, and so
//! are these.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_POINT, RISTRETTO_BASEPOINT_TABLE};
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::Identity;
use privml_kernels::memcheck;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

pub use curve25519_dalek::ristretto::{RistrettoBasepointTable as FixedBase, RistrettoPoint as Point};
pub use curve25519_dalek::scalar::Scalar;

use crate::random::Stream;
use crate::secret::Secret;

/// Bytes of an element's or a scalar's encoding.
pub const ENCODED: usize = 32;

/// The group's name, as users write it.
pub const NAME: &str = "ristretto255";

/// Nanoseconds of an addition of points, on a busy machine.
pub const ADDITION_NS: u64 = 250;
/// Nanoseconds of a multiplication by a scalar, the point fixed.
pub const FIXED_BASE_NS: u64 = 15_000;
/// Nanoseconds of a multiplication by a scalar.
pub const MULTIPLICATION_NS: u64 = 35_000;
/// Nanoseconds to encode or decode a point.
pub const ENCODING_NS: u64 = 7_000;

/// The neutral element.
pub fn identity() -> Point {
    Point::identity()
}

/// The generator of RFC 9496, section 4.
pub fn generator() -> Point {
    RISTRETTO_BASEPOINT_POINT
}

/// Multiples of the generator by secret scalars.
pub fn generator_table() -> &'static FixedBase {
    RISTRETTO_BASEPOINT_TABLE
}

/// The element of an encoding; `None` if it is none (RFC 9496, 4.3.1).
pub fn decode(bytes: &[u8; ENCODED]) -> Option<Point> {
    CompressedRistretto(*bytes).decompress()
}

/// The element's encoding (RFC 9496, 4.3.2).
pub fn encode(point: &Point) -> [u8; ENCODED] {
    point.compress().to_bytes()
}

/// The encodings of twice these elements: some eight times faster than [`encode`] on each, as one inversion
/// serves all and no square root is taken.
pub fn encode_doubles(points: &[Point]) -> Vec<[u8; ENCODED]> {
    Point::double_and_compress_batch(points).into_iter().map(|encoding| encoding.to_bytes()).collect()
}

/// A scalar uniform below the group's order, up to 2^-259: 512 random bits are reduced.
pub fn random_scalar(stream: &mut Stream) -> Secret<Scalar> {
    let mut wide = [0; 64];
    stream.fill(&mut wide);
    memcheck::conceal(&wide);
    let scalar = Secret::new(Scalar::from_bytes_mod_order_wide(&wide));
    wide.zeroize();
    scalar
}

/// Multiples of the generator by integers of up to [`ShortMultiples::BITS`] bits, a few times faster than by
/// scalars.
pub struct ShortMultiples(Box<[[Point; 16]; ShortMultiples::WINDOWS]>);

static SHORT_MULTIPLES: OnceLock<ShortMultiples> = OnceLock::new();

impl ShortMultiples {
    const WINDOWS: usize = 11;

    /// Bits of a magnitude.
    pub const BITS: usize = 4 * Self::WINDOWS;

    /// The tables (28 KB), made at the first call: outside the lock, which a fork could leave taken.
    pub fn get() -> &'static Self {
        SHORT_MULTIPLES.get().unwrap_or_else(|| {
            let made = Self::new();
            SHORT_MULTIPLES.get_or_init(|| made)
        })
    }

    fn new() -> Self {
        let mut windows = Box::new([[identity(); 16]; Self::WINDOWS]);
        let mut base = generator();
        for window in windows.iter_mut() {
            for digit in 1..16 {
                window[digit] = window[digit - 1] + base;
            }
            base += window[15];
        }
        Self(windows)
    }

    /// The generator times a signed integer, in constant time: every entry is read, and selected by masks.
    pub fn multiply(&self, magnitude: u64, negative: bool) -> Point {
        let mut sum = identity();
        for (i, window) in self.0.iter().enumerate() {
            let digit = (magnitude >> (4 * i)) & 15;
            let mut entry = window[0];
            for (value, candidate) in window.iter().enumerate().skip(1) {
                entry.conditional_assign(candidate, digit.ct_eq(&(value as u64)));
            }
            sum += entry;
        }
        let opposite = -sum;
        sum.conditional_assign(&opposite, Choice::from(u8::from(negative)));
        sum
    }

    /// The generator times a natural number that is no secret.
    pub fn multiply_vartime(&self, magnitude: u64) -> Point {
        let mut sum = identity();
        for (i, window) in self.0.iter().enumerate() {
            let digit = (magnitude >> (4 * i)) & 15;
            if digit != 0 {
                sum += window[digit as usize];
            }
        }
        sum
    }
}

/// Width of the windows of [`multiply_vartime`]; a table holds the odd multiples below 2 to one less.
const WIDTH: u32 = 4;

/// A point times a public integer, in time that goes with the integer's length: signed sliding windows
/// (Hankerson, Menezes and Vanstone, *Guide to elliptic curve cryptography*, algorithm 3.36).
pub fn multiply_vartime(point: &Point, magnitude: u64, negative: bool) -> Point {
    let digits = signed_digits(magnitude);
    let twice = point + point;
    let mut odd = [*point; 1 << (WIDTH - 2)];
    if digits.iter().any(|digit| digit.abs() > 1) {
        for i in 1..odd.len() {
            odd[i] = odd[i - 1] + twice;
        }
    }
    let mut sum = identity();
    for &digit in digits.iter().rev().skip_while(|&&digit| digit == 0) {
        sum += sum;
        match digit.signum() {
            1 => sum += odd[usize::from(digit.unsigned_abs()) / 2],
            -1 => sum -= odd[usize::from(digit.unsigned_abs()) / 2],
            _ => {}
        }
    }
    if negative { -sum } else { sum }
}

/// The non-adjacent form of width [`WIDTH`] (algorithm 3.35 there): each digit zero or odd, below `2^(w-1)`.
fn signed_digits(magnitude: u64) -> [i8; 65] {
    let mut digits = [0; 65];
    let mut rest = u128::from(magnitude);
    let mut i = 0;
    while rest != 0 {
        if rest & 1 == 1 {
            let low = (rest & ((1 << WIDTH) - 1)) as i8;
            let digit = if low < 1 << (WIDTH - 1) { low } else { low - (1 << WIDTH) };
            digits[i] = digit;
            rest = rest.wrapping_sub(digit as u128);
        }
        rest >>= 1;
        i += 1;
    }
    digits
}

/// About how many additions [`multiply_vartime`] makes for magnitudes of so many bits.
pub fn additions_of(bits: usize) -> u64 {
    let bits = bits as u64;
    1 + bits + bits / u64::from(WIDTH + 1) + if bits > 2 { 4 } else { 0 }
}
