//! Scalar helpers on little-endian `u64` words: what building a modulus' constants and crossing
//! between words and limbs needs. Nothing here branches or indexes on a word's value.

/// Words that are wiped on drop.
pub type Words = zeroize::Zeroizing<Vec<u64>>;

/// Subtracts `b & mask` from `a` and returns the borrow. `mask` is all ones or zero.
pub(crate) fn sub_assign_masked(a: &mut [u64], b: &[u64], mask: u64) -> u64 {
    let mut borrow = 0;
    for (x, &y) in a.iter_mut().zip(b) {
        let (difference, b1) = x.overflowing_sub(y & mask);
        let (difference, b2) = difference.overflowing_sub(borrow);
        *x = difference;
        borrow = u64::from(b1 | b2);
    }
    borrow
}

/// The borrow of `a - b`: 1 if `a < b`, else 0.
pub(crate) fn borrow_of(a: &[u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for (&x, &y) in a.iter().zip(b) {
        let (difference, b1) = x.overflowing_sub(y);
        let (_, b2) = difference.overflowing_sub(borrow);
        borrow = u64::from(b1 | b2);
    }
    borrow
}

/// Subtracts `m` from the number `top * 2^(64 len) + a` if it is not smaller than `m`.
/// Returns 1 if it did, else 0. The new top word is `top` less the borrow and is 0 whenever the
/// number was below `2m`.
pub(crate) fn reduce_once(a: &mut [u64], top: &mut u64, m: &[u64]) -> u64 {
    let borrow = borrow_of(a, m);
    // The number is at least m when there is a top word or the words alone do not borrow.
    let subtract = nonzero(*top) | (borrow ^ 1);
    let taken = sub_assign_masked(a, m, subtract.wrapping_neg());
    *top = top.wrapping_sub(taken);
    subtract
}

/// 1 if `x` is not zero, else 0. What it is stays hidden from the compiler, which has been seen to turn masks
/// made from it back into branches.
#[inline(always)]
pub(crate) fn nonzero(x: u64) -> u64 {
    std::hint::black_box((x | x.wrapping_neg()) >> 63)
}

/// All ones if `a == b`, else zero.
#[inline(always)]
pub(crate) fn mask_if_equal(a: u64, b: u64) -> u64 {
    nonzero(a ^ b).wrapping_sub(1)
}

/// `-m^-1 mod 2^64` for odd `m`, by Newton's iteration: each step doubles the correct bits.
pub(crate) fn negative_inverse(m: u64) -> u64 {
    let mut inverse = m; // correct to 3 bits for every odd m
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(m.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

/// The number of significant bits. The position of the top bit is a size, which is public.
pub(crate) fn bit_length(a: &[u64]) -> usize {
    a.iter().rposition(|&word| word != 0).map_or(0, |top| 64 * top + 64 - a[top].leading_zeros() as usize)
}

/// `a << shift`, into `out` (which is long enough for the result).
pub(crate) fn shift_left(out: &mut [u64], a: &[u64], shift: usize) {
    out.fill(0);
    let (words, bits) = (shift / 64, shift % 64);
    for (i, &word) in a.iter().enumerate() {
        if let Some(slot) = out.get_mut(i + words) {
            *slot |= word << bits;
        }
        if bits != 0
            && let Some(slot) = out.get_mut(i + words + 1)
        {
            *slot |= word >> (64 - bits);
        }
    }
}

/// The `count` (1 to 64) bits of `a` from bit `offset` on; bits beyond the end are zero.
#[inline(always)]
pub(crate) fn bits_at(a: &[u64], offset: usize, count: usize) -> u64 {
    let (word, shift) = (offset / 64, offset % 64);
    let low = a.get(word).copied().unwrap_or(0) >> shift;
    let high = if shift == 0 { 0 } else { a.get(word + 1).copied().unwrap_or(0) << (64 - shift) };
    (low | high) & (u64::MAX >> (64 - count))
}

/// `out = a * b + c` for `c` of `a`'s length, `out` of both lengths together.
pub(crate) fn multiply_add(out: &mut [u64], a: &[u64], b: &[u64], c: &[u64]) {
    out.fill(0);
    out[..c.len()].copy_from_slice(c);
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (slot, &y) in out[i..].iter_mut().zip(b) {
            let wide = u128::from(x) * u128::from(y) + u128::from(*slot) + u128::from(carry);
            *slot = wide as u64;
            carry = (wide >> 64) as u64;
        }
        for slot in &mut out[i + b.len()..] {
            let (sum, overflow) = slot.overflowing_add(carry);
            *slot = sum;
            carry = u64::from(overflow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_inverse_is_exact() {
        for m in [1u64, 3, 5, 0xffff_ffff_ffff_ffff, 0x8000_0000_0000_0001, 12345] {
            assert_eq!(m.wrapping_mul(negative_inverse(m)), u64::MAX, "m = {m}");
        }
    }

    #[test]
    fn bits_cross_word_boundaries() {
        let a = [0xffff_0000_0000_0000, 0x0000_0000_0000_00ab];
        assert_eq!(bits_at(&a, 48, 16), 0xffff);
        assert_eq!(bits_at(&a, 60, 12), 0xabf);
        assert_eq!(bits_at(&a, 64, 64), 0xab);
        assert_eq!(bits_at(&a, 200, 8), 0);
    }

    #[test]
    fn shift_and_length() {
        let mut out = [0; 3];
        shift_left(&mut out, &[1, 0x8000_0000_0000_0000], 1);
        assert_eq!(out, [2, 0, 1]);
        assert_eq!(bit_length(&out), 129);
        assert_eq!(bit_length(&[0, 0]), 0);
    }

    #[test]
    fn reduction_reports_what_it_took() {
        let (mut a, mut top) = ([5], 0);
        assert_eq!(reduce_once(&mut a, &mut top, &[7]), 0);
        assert_eq!((a, top), ([5], 0));
        let (mut a, mut top) = ([3], 1);
        assert_eq!(reduce_once(&mut a, &mut top, &[u64::MAX]), 1);
        assert_eq!((a, top), ([4], 0));
    }
}
