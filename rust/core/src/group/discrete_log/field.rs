//! Arithmetic modulo `p = 2^255 - 19`, for public values: five limbs of 51 bits.
//!
//! Products are *tight*: limbs little above 2^51. Up to three of them added may be subtracted; what has limbs
//! below 2^54, as a sum of four or a difference from one, may be multiplied. Debug builds check it. Not constant time by promise, and used for
//! nothing secret.

use std::ops::{Add, Mul, Neg, Sub};

const MASK: u64 = (1 << 51) - 1;

/// An element, in any representation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element([u64; 5]);

impl Element {
    pub const ONE: Self = Self([1, 0, 0, 0, 0]);

    /// A number below 2^51.
    pub const fn small(value: u64) -> Self {
        assert!(value <= MASK);
        Self([value, 0, 0, 0, 0])
    }

    /// The number below 2^255 of 32 little-endian bytes, whose top bit is ignored.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let word = |i: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[8 * i..8 * i + 8]);
            u64::from_le_bytes(word)
        };
        let [a, b, c, d] = [word(0), word(1), word(2), word(3)];
        Self([
            a & MASK,
            (a >> 51 | b << 13) & MASK,
            (b >> 38 | c << 26) & MASK,
            (c >> 25 | d << 39) & MASK,
            (d >> 12) & MASK,
        ])
    }

    /// The least non-negative representative, as little-endian words.
    pub fn to_words(self) -> [u64; 4] {
        let mut x = self.tight().0;
        // Whether x is at least p: whether x + 19 reaches 2^255.
        let mut q = (x[0] + 19) >> 51;
        for limb in &x[1..] {
            q = (limb + q) >> 51;
        }
        x[0] += 19 * q;
        for i in 0..4 {
            x[i + 1] += x[i] >> 51;
            x[i] &= MASK;
        }
        x[4] &= MASK;
        [x[0] | x[1] << 51, x[1] >> 13 | x[2] << 38, x[2] >> 26 | x[3] << 25, x[3] >> 39 | x[4] << 12]
    }

    pub fn is_zero(self) -> bool {
        self.to_words() == [0; 4]
    }

    /// The same number, tight.
    pub fn tight(self) -> Self {
        let mut x = self.0;
        for _ in 0..2 {
            let carries = x.map(|limb| limb >> 51);
            x.iter_mut().for_each(|limb| *limb &= MASK);
            x[0] += 19 * carries[4];
            for i in 0..4 {
                x[i + 1] += carries[i];
            }
        }
        Self(x)
    }

    #[inline(always)]
    fn reduced(mut c: [u128; 5]) -> Self {
        let mut x = [0; 5];
        for i in 0..4 {
            c[i + 1] += c[i] >> 51;
            x[i] = c[i] as u64 & MASK;
        }
        let carry = (c[4] >> 51) as u64;
        x[4] = c[4] as u64 & MASK;
        x[0] += carry * 19;
        x[1] += x[0] >> 51;
        x[0] &= MASK;
        Self(x)
    }

    #[inline]
    pub fn square(self) -> Self {
        let a = self.checked().0;
        let m = |x: u64, y: u64| u128::from(x) * u128::from(y);
        let (a3, a4) = (19 * a[3], 19 * a[4]);
        Self::reduced([
            m(a[0], a[0]) + 2 * (m(a[1], a4) + m(a[2], a3)),
            m(a[3], a3) + 2 * (m(a[0], a[1]) + m(a[2], a4)),
            m(a[1], a[1]) + 2 * (m(a[0], a[2]) + m(a[4], a3)),
            m(a[4], a4) + 2 * (m(a[0], a[3]) + m(a[1], a[2])),
            m(a[2], a[2]) + 2 * (m(a[0], a[4]) + m(a[1], a[3])),
        ])
    }

    /// The power to `2^count`.
    fn squared(self, count: usize) -> Self {
        (0..count).fold(self, |x, _| x.square())
    }

    /// The powers to `2^250 - 1` and 11.
    fn power_of_ones(self) -> (Self, Self) {
        let two = self.square();
        let nine = self * two.squared(2);
        let eleven = two * nine;
        let n5 = nine * eleven.square(); // 2^5 - 1
        let n10 = n5 * n5.squared(5);
        let n20 = n10 * n10.squared(10);
        let n40 = n20 * n20.squared(20);
        let n50 = n10 * n40.squared(10);
        let n100 = n50 * n50.squared(50);
        let n200 = n100 * n100.squared(100);
        (n50 * n200.squared(50), eleven)
    }

    /// The inverse, and zero's is zero: the power to `p - 2 = 2^255 - 21`.
    pub fn inverse(self) -> Self {
        let (ones, eleven) = self.power_of_ones();
        ones.squared(5) * eleven
    }

    /// The power to `(p - 5) / 8 = 2^252 - 3`.
    fn power_for_root(self) -> Self {
        self.power_of_ones().0.squared(2) * self
    }

    /// A square root, if there is one (RFC 8032, 5.1.3, with denominator 1).
    pub fn square_root(self) -> Option<Self> {
        let root = self * self.power_for_root();
        let square = root.square();
        if square == self {
            return Some(root);
        }
        (square == -self).then(|| {
            let two = Self::small(2);
            root * two.power_for_root().square() * two // 2^((p - 1) / 4), a root of -1
        })
    }

    #[inline(always)]
    fn checked(self) -> Self {
        debug_assert!(self.0.iter().all(|&limb| limb < 1 << 54), "limbs too long to multiply");
        self
    }
}

impl Mul for Element {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        let (a, b) = (self.checked().0, other.checked().0);
        let m = |x: u64, y: u64| u128::from(x) * u128::from(y);
        let [b1, b2, b3, b4] = [19 * b[1], 19 * b[2], 19 * b[3], 19 * b[4]];
        Self::reduced([
            m(a[0], b[0]) + m(a[4], b1) + m(a[3], b2) + m(a[2], b3) + m(a[1], b4),
            m(a[1], b[0]) + m(a[0], b[1]) + m(a[4], b2) + m(a[3], b3) + m(a[2], b4),
            m(a[2], b[0]) + m(a[1], b[1]) + m(a[0], b[2]) + m(a[4], b3) + m(a[3], b4),
            m(a[3], b[0]) + m(a[2], b[1]) + m(a[1], b[2]) + m(a[0], b[3]) + m(a[4], b4),
            m(a[4], b[0]) + m(a[3], b[1]) + m(a[2], b[2]) + m(a[1], b[3]) + m(a[0], b[4]),
        ])
    }
}

impl Add for Element {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Neg for Element {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        // 4p, so that no limb goes below zero.
        const FOUR_P: [u64; 5] = [4 * (MASK - 18), 4 * MASK, 4 * MASK, 4 * MASK, 4 * MASK];
        debug_assert!(
            self.0.iter().zip(&FOUR_P).all(|(limb, most)| limb <= most),
            "limbs too long to negate"
        );
        Self(std::array::from_fn(|i| FOUR_P[i] - self.0[i]))
    }
}

impl Sub for Element {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Add::add(self, -other)
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.to_words() == other.to_words()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto_bigint::{NonZero, U256, U512};

    fn words(value: Element) -> U256 {
        U256::from_words(value.to_words())
    }

    fn prime() -> U256 {
        U256::ONE.shl(255).wrapping_sub(&U256::from(19u8))
    }

    fn edges() -> Vec<[u8; 32]> {
        let mut all: Vec<[u8; 32]> = (0..60u8).map(|i| [i.wrapping_mul(37).wrapping_add(1); 32]).collect();
        for (at, value) in all.iter_mut().enumerate() {
            value[at % 32] ^= 0x5a;
            value[31] &= 0x7f;
        }
        let mut near = [0xff; 32];
        near[31] = 0x7f;
        for low in 0xe8..=0xff {
            near[0] = low; // p - 5 to 2^255 - 1
            all.push(near);
        }
        all.extend([[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }]);
        all
    }

    #[test]
    fn it_is_arithmetic_modulo_p() {
        let p = NonZero::new(prime()).expect("not zero");
        let reduce = |bytes: &[u8; 32]| U256::from_le_slice(bytes).rem(&p);
        for a in edges() {
            let (x, m) = (Element::from_bytes(&a), reduce(&a));
            assert_eq!(words(x), m);
            for b in edges() {
                let (y, n) = (Element::from_bytes(&b), reduce(&b));
                let product: U512 = m.concatenating_mul(&n);
                let wide = NonZero::new(p.get().resize::<8>()).expect("not zero");
                assert_eq!(words(x * y), product.rem(&wide).resize::<4>());
                assert_eq!(words(x + y), m.add_mod(&n, &p));
                assert_eq!(words(x - y), m.sub_mod(&n, &p));
                assert_eq!(((x + y) - (y + y)) * (x - (x + x)), (y - x) * x);
            }
            assert_eq!(x.square(), x * x);
            assert_eq!(x * x.inverse(), if x.is_zero() { Element::small(0) } else { Element::ONE });
            let root = x.square().square_root().expect("a square has a root");
            assert!(root == x || root == -x);
        }
        assert_eq!(Element::small(2).square_root(), None);
    }
}
