//! Integers as little-endian words, in constant time in their values; lengths are public.

/// `out = a - b` (of one length) and the borrow.
pub(crate) fn subtract(out: &mut [u64], a: &[u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for ((slot, &x), &y) in out.iter_mut().zip(a).zip(b) {
        let (difference, b1) = x.overflowing_sub(y);
        let (difference, b2) = difference.overflowing_sub(borrow);
        *slot = difference;
        borrow = u64::from(b1 | b2);
    }
    borrow
}

/// 1 if `a < b` (of one length), else 0.
pub(crate) fn is_below(a: &[u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for (&x, &y) in a.iter().zip(b) {
        let (difference, b1) = x.overflowing_sub(y);
        borrow = u64::from(b1 | difference.overflowing_sub(borrow).1);
    }
    borrow
}

/// 1 if every word is zero, else 0.
pub(crate) fn is_zero(words: &[u64]) -> u64 {
    let any = words.iter().fold(0, |any, &word| any | word);
    ((any | any.wrapping_neg()) >> 63) ^ 1
}

/// Replaces `out` by `other` where `choice` is 1.
pub(crate) fn assign_if(out: &mut [u64], choice: u64, other: &[u64]) {
    let mask = std::hint::black_box(choice).wrapping_neg();
    for (slot, &word) in out.iter_mut().zip(other) {
        *slot ^= mask & (*slot ^ word);
    }
}

/// Significant bits (of a public number).
pub(crate) fn bit_length(words: &[u64]) -> usize {
    words
        .iter()
        .rposition(|&word| word != 0)
        .map_or(0, |top| 64 * top + 64 - words[top].leading_zeros() as usize)
}
