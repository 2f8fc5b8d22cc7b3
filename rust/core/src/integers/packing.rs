//! Many signed integers in one: slot `i` of a row stands for `v_i 2^(s i)`, and the row is their sum, so
//! that adding rows adds slot by slot as long as every sum stays below `2^(s-1)` in magnitude.
//!
//! A negative slot borrows from those above it. Both ways go through the row plus the *bias*, which has
//! `2^(s-1)` in every slot: there all slots are non-negative, and so plain fields of bits. Adding `2^(s-1)`
//! modulo `2^s` turns the field's top bit round, so a biased field is the low `s` bits of `v_i` in two's
//! complement with that bit turned. Slots of at most 64 bits are written and read a word of the row at a time.
//!
//! Rows are independent, and made side by side when there are many. Constant time in values and signs: a
//! sign is a mask, never a branch, and only what is refused is looked for.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{Integers, first, mask};
use crate::error::{Error, Result};
use crate::parallel::{self, Call};

/// Nanoseconds of handling a word, on a busy machine.
const WORD_NS: u64 = 2;

/// Widest slot that is handled as one word.
const NARROW: usize = 64;

impl Integers {
    /// Packs runs of `slots` integers into rows of slots of `slot_bits`; the last row may be partly empty.
    ///
    /// # Errors
    /// [`Error::Overflow`] if a magnitude does not fit its slot (below `2^(slot_bits - 1)`), or what ends
    /// the call.
    pub fn pack(&self, slot_bits: usize, slots: usize, call: &mut Call<'_>) -> Result<Self> {
        check_layout(slot_bits, slots)?;
        // Two's complement with room for the sign.
        let width = (slot_bits * slots + 1).div_ceil(64);
        let words = if slot_bits <= NARROW { 2 * slots + 3 * width } else { slots * (width + self.width()) };
        let ns = WORD_NS * words as u64;
        let (rows, chunk) = (self.len().div_ceil(slots), parallel::chunk_for(ns, 1));
        let bias = bias(width, slot_bits, slots);
        Self::filled(width, rows, 1, ns, chunk, call, |rows, words, negative| {
            self.pack_rows(slot_bits, slots, &bias, rows, words, negative)
        })
    }

    fn pack_rows(
        &self,
        slot_bits: usize,
        slots: usize,
        bias: &[u64],
        rows: Range<usize>,
        words: &mut [u64],
        negative: &mut [bool],
    ) -> Result<()> {
        let indices = rows.start * slots..self.len().min(rows.end * slots);
        if let Some(index) = self.first_beyond(indices.clone(), &ones(slot_bits - 1)) {
            let allowed = format!("2^{} - 1", slot_bits - 1);
            return Err(Error::Overflow { name: "values".into(), index, allowed });
        }
        let width = bias.len();
        for ((row, sign), first) in
            words.chunks_exact_mut(width).zip(negative).zip(indices.clone().step_by(slots))
        {
            let indices = first..indices.end.min(first + slots);
            if slot_bits <= NARROW {
                self.write_fields(row, indices, slot_bits);
                row.iter_mut().zip(bias).for_each(|(word, bias)| *word ^= bias);
                add_shifted(row, bias, 0, u64::MAX);
            } else {
                for index in indices {
                    let negative = mask(self.is_negative(index));
                    add_shifted(row, self.magnitude(index), (index - first) * slot_bits, negative);
                }
            }
            *sign = make_positive(row);
        }
        Ok(())
    }

    /// Writes the low `bits` (at most 64) bits of integers of no more bits, in two's complement, one after the
    /// other into `row`, which is zero.
    fn write_fields(&self, row: &mut [u64], indices: Range<usize>, bits: usize) {
        let (keep, width) = (u64::MAX >> (64 - bits), self.width());
        let magnitudes = self.magnitudes()[indices.start * width..indices.end * width].iter().step_by(width);
        let (mut word, mut filled, mut at) = (0u64, 0, 0);
        for (&magnitude, &sign) in magnitudes.zip(&self.signs()[indices]) {
            let mask = mask(sign);
            let field = (magnitude ^ mask).wrapping_sub(mask) & keep;
            word |= field << filled;
            filled += bits;
            if filled >= 64 {
                row[at] = word;
                at += 1;
                filled -= 64;
                // What did not fit, if anything: all of a field of 64 bits did if none is left over.
                word = if filled == 0 { 0 } else { field >> (bits - filled) };
            }
        }
        if filled > 0 {
            row[at] = word;
        }
    }

    /// The first `count` slots of the rows.
    ///
    /// # Errors
    /// [`Error::Overflow`] if a row is larger than its slots can be; [`Error::Shape`] if the rows do not
    /// hold `count` slots; or what ends the call.
    pub fn unpack(&self, slot_bits: usize, slots: usize, count: usize, call: &mut Call<'_>) -> Result<Self> {
        check_layout(slot_bits, slots)?;
        if self.len() != count.div_ceil(slots) {
            return Err(Error::Shape {
                name: "rows",
                found: format!("{} of {slots} slots", self.len()),
                allowed: format!("{} hold {count} values", count.div_ceil(slots)),
            });
        }
        let width = (slot_bits * slots + 1).div_ceil(64).max(self.width()) + 1;
        let bias = bias(width, slot_bits, slots);
        let value_width = slot_bits.div_ceil(64);
        let ns = WORD_NS * (3 * width + 4 * slots * value_width) as u64;
        let chunk = parallel::chunk_for(ns, 1);
        Self::filled(value_width, count, slots, ns, chunk, call, |rows, values, negative| {
            self.unpack_rows(slot_bits, slots, &bias, rows, values, negative)
        })
    }

    fn unpack_rows(
        &self,
        slot_bits: usize,
        slots: usize,
        bias: &[u64],
        rows: Range<usize>,
        values: &mut [u64],
        negative: &mut [bool],
    ) -> Result<()> {
        let mut row = Zeroizing::new(vec![0; bias.len()]);
        let read = |index: usize, row: &mut [u64]| {
            row.copy_from_slice(bias);
            add_shifted(row, self.magnitude(index), 0, mask(self.is_negative(index)));
        };
        if let Some(index) = first(rows.clone(), |index| {
            read(index, &mut row);
            excess(&row, slot_bits * slots)
        }) {
            let allowed = format!("2^{}", slot_bits * slots - 1);
            return Err(Error::Overflow { name: "packed row".into(), index, allowed });
        }
        let mut results = values.chunks_exact_mut(slot_bits.div_ceil(64)).zip(negative);
        for index in rows {
            read(index, &mut row);
            for (slot, (value, sign)) in (0..slots).zip(&mut results) {
                if slot_bits <= NARROW {
                    (value[0], *sign) = read_narrow(&row, slot * slot_bits, slot_bits);
                } else {
                    read_field(value, &row, slot * slot_bits, slot_bits);
                    *sign = take_off_bias(value, slot_bits);
                }
            }
        }
        Ok(())
    }
}

fn check_layout(slot_bits: usize, slots: usize) -> Result<()> {
    if slot_bits >= 2 && slots >= 1 && slot_bits.checked_mul(slots).is_some_and(|bits| bits <= 1 << 20) {
        return Ok(());
    }
    Err(Error::InvalidParameter {
        name: "slots",
        found: format!("{slots} of {slot_bits} bits"),
        allowed: "at least one slot of at least 2 bits".into(),
    })
}

/// `2^(slot_bits - 1)` in every slot.
fn bias(width: usize, slot_bits: usize, slots: usize) -> Vec<u64> {
    let mut bias = vec![0; width];
    for top in (0..slots).map(|slot| slot * slot_bits + slot_bits - 1) {
        bias[top / 64] |= 1 << (top % 64);
    }
    bias
}

/// `2^bits - 1`.
fn ones(bits: usize) -> Vec<u64> {
    let mut words = vec![u64::MAX; bits.div_ceil(64)];
    if !bits.is_multiple_of(64) {
        words[bits / 64] = (1 << (bits % 64)) - 1;
    }
    words
}

/// Adds `value << shift` in two's complement, or subtracts it where `negative` is all ones.
fn add_shifted(row: &mut [u64], value: &[u64], shift: usize, negative: u64) {
    let (words, bits) = (shift / 64, shift % 64);
    // -x is the complement of x, and one.
    let mut carry = negative & 1;
    for (i, slot) in row[words..].iter_mut().enumerate() {
        let low = value.get(i).copied().unwrap_or(0) << bits;
        let high =
            if bits == 0 || i == 0 { 0 } else { value.get(i - 1).copied().unwrap_or(0) >> (64 - bits) };
        let (sum, first) = slot.overflowing_add((low | high) ^ negative);
        let (sum, second) = sum.overflowing_add(carry);
        *slot = sum;
        carry = u64::from(first | second);
    }
}

/// Turns two's complement into a magnitude, and says whether it was negative.
fn make_positive(row: &mut [u64]) -> bool {
    let negative = row.last().is_some_and(|top| top >> 63 == 1);
    let mask = mask(negative);
    let mut carry = mask & 1;
    for word in row {
        let (sum, overflow) = (*word ^ mask).overflowing_add(carry);
        *word = sum;
        carry = u64::from(overflow);
    }
    negative
}

/// What a number has above its lowest `bits` bits: not zero if it is larger.
fn excess(row: &[u64], bits: usize) -> u64 {
    row[bits / 64 + 1..].iter().fold(row[bits / 64] >> (bits % 64), |any, &word| any | word)
}

/// The `bits` bits of `row` from `offset` on.
fn read_field(value: &mut [u64], row: &[u64], offset: usize, bits: usize) {
    for (i, slot) in value.iter_mut().enumerate() {
        let (word, shift) = ((offset + 64 * i) / 64, (offset + 64 * i) % 64);
        let low = row[word] >> shift;
        let high = if shift == 0 { 0 } else { row.get(word + 1).copied().unwrap_or(0) << (64 - shift) };
        *slot = low | high;
    }
    if !bits.is_multiple_of(64) {
        value[bits / 64] &= (1 << (bits % 64)) - 1;
    }
}

/// The magnitude and sign of the slot of at most 64 bits from `offset` on, its bias still in it. `row` has a
/// word above the slot.
fn read_narrow(row: &[u64], offset: usize, bits: usize) -> (u64, bool) {
    let (word, shift) = (offset / 64, offset % 64);
    let pair = u128::from(row[word]) | u128::from(row[word + 1]) << 64;
    let field = (pair >> shift) as u64 ^ (1 << (bits - 1));
    // From the slot's two's complement to 64 bits of it.
    let value = (field << (64 - bits)) as i64 >> (64 - bits);
    let negative = value < 0;
    let mask = mask(negative);
    ((value as u64 ^ mask).wrapping_sub(mask), negative)
}

/// Turns `v + 2^(bits - 1)` into the magnitude of `v` and whether it is negative.
fn take_off_bias(value: &mut [u64], bits: usize) -> bool {
    add_shifted(value, &[1], bits - 1, u64::MAX);
    make_positive(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Progress;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn unpacking_undoes_packing(slot_bits in 2usize..140, slots in 1usize..9,
                                    values in prop::collection::vec(any::<i64>(), 0..30)) {
            let keep = 64usize.saturating_sub(slot_bits - 1).min(63);
            let values: Vec<i64> = values.iter().map(|v| (v >> keep).max(1 - (1 << (slot_bits - 1).min(62)))).collect();
            let packed = Integers::from_i64(&values).pack(slot_bits, slots, &mut Call::silent()).expect("they fit");
            prop_assert_eq!(packed.len(), values.len().div_ceil(slots));
            let unpacked = packed.unpack(slot_bits, slots, values.len(), &mut Call::silent()).expect("they were packed");
            prop_assert_eq!(unpacked.to_i64(), Some(values));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn narrow_and_wide_slots_are_sums_alike(slot_bits in 2usize..65, slots in 1usize..40,
                                                values in prop::collection::vec(any::<i64>(), 1..90)) {
            let largest = i64::MAX >> (64 - slot_bits);
            let values: Vec<i64> = values.iter().map(|v| (v >> (64 - slot_bits)).max(-largest)).collect();
            let integers = Integers::from_i64(&values);
            let packed = integers.pack(slot_bits, slots, &mut Call::silent()).expect("they fit");
            // The definition, one addition with carries for each value.
            for (row, run) in values.chunks(slots).enumerate() {
                let mut sum = vec![0u64; packed.width()];
                for (slot, value) in run.iter().enumerate() {
                    add_shifted(&mut sum, &[value.unsigned_abs()], slot * slot_bits, mask(*value < 0));
                }
                let negative = make_positive(&mut sum);
                prop_assert_eq!(packed.magnitude(row), &sum[..]);
                prop_assert_eq!(packed.is_negative(row), negative);
            }
            let opened = packed.unpack(slot_bits, slots, values.len(), &mut Call::silent()).expect("packed");
            prop_assert_eq!(opened.to_i64(), Some(values));
        }
    }

    #[test]
    fn a_row_is_the_sum_of_its_shifted_slots() {
        let row = Integers::from_i64(&[-1, 2, -3]).pack(10, 3, &mut Call::silent()).expect("they fit");
        let expected = -1 + 2 * 1024 - 3 * 1024 * 1024i64;
        assert_eq!(row.to_i64(), Some(vec![expected]));
    }

    #[test]
    fn what_does_not_fit_a_slot_is_refused() {
        let pack = |values: &[i64], slot_bits, slots| {
            Integers::from_i64(values).pack(slot_bits, slots, &mut Call::silent())
        };
        assert!(pack(&[511, -511], 10, 4).is_ok());
        assert!(matches!(pack(&[0, -512], 10, 4), Err(Error::Overflow { index: 1, .. })));
        assert!(matches!(pack(&[0, 1, 2, i64::MIN, 9], 64, 2), Err(Error::Overflow { index: 3, .. })));
        assert!(pack(&[0, i64::MIN], 65, 2).is_ok());
        assert!(pack(&[0], 1, 4).is_err());
        assert!(pack(&[0], 10, 0).is_err());
        let wide = Integers::from_parts(2, vec![0, 0, 0, 1], vec![false, true]);
        let refused = wide.pack(65, 2, &mut Call::silent());
        assert!(matches!(refused, Err(Error::Overflow { index: 1, .. })));
        assert!(wide.pack(66, 2, &mut Call::silent()).is_ok());
    }

    #[test]
    fn rows_beyond_their_slots_are_refused() {
        let unpack = |values: &[i64], slot_bits, slots, count| {
            Integers::from_i64(values).unpack(slot_bits, slots, count, &mut Call::silent())
        };
        assert!(matches!(unpack(&[1 << 40], 10, 4, 4), Err(Error::Overflow { index: 0, .. })));
        assert!(matches!(
            unpack(&[0, 1, -1 << 40, 1 << 40], 10, 4, 16),
            Err(Error::Overflow { index: 2, .. })
        ));
        assert!(matches!(unpack(&[1 << 40], 20, 4, 9), Err(Error::Shape { .. })));
        // The smallest that a slot can hold, which packing does not make: -2^9, and twice.
        assert_eq!(unpack(&[-512], 10, 1, 1).expect("in range").to_i64(), Some(vec![-512]));
        assert_eq!(unpack(&[-512 - 512 * 1024], 10, 2, 2).expect("in range").to_i64(), Some(vec![-512; 2]));
        assert!(matches!(unpack(&[-513], 10, 1, 1), Err(Error::Overflow { .. })));
        assert!(matches!(unpack(&[512], 10, 1, 1), Err(Error::Overflow { .. })));
    }

    /// Enough rows that they are made on several threads.
    const MANY: usize = 400_000;

    #[test]
    fn many_rows_come_out_in_order_while_the_caller_polls() {
        let values: Vec<i64> = (0..MANY as i64).map(|i| (i * i) % 1001 - 500).collect();
        let mut polls = 0;
        let mut hook = |_: Progress| {
            polls += 1;
            Ok(())
        };
        let mut call = Call::new(&mut hook);
        let packed = Integers::from_i64(&values).pack(11, 180, &mut call).expect("they fit");
        let opened = packed.unpack(11, 180, MANY, &mut call).expect("they were packed");
        assert_eq!(opened.to_i64(), Some(values));
        assert!(polls >= 2);
    }

    #[test]
    fn of_many_offenders_the_first_is_named() {
        let mut values = vec![0i64; MANY];
        for at in [123_456, 123_457, 399_999] {
            values[at] = -2000;
        }
        let refused = Integers::from_i64(&values).pack(11, 180, &mut Call::silent());
        assert!(matches!(refused, Err(Error::Overflow { index: 123_456, .. })));
    }
}
