//! Many signed integers in one: slot `i` of a row stands for `v_i 2^(s i)`, and the row is their sum, so
//! that adding rows adds slot by slot as long as every sum stays below `2^(s-1)` in magnitude.
//!
//! A negative slot borrows from those above it. Unpacking adds `2^(s-1)` to every slot first, which makes
//! all of them non-negative, reads the fields and takes it off again.

use super::Integers;
use crate::error::{Error, Result};

impl Integers {
    /// Packs runs of `slots` integers into rows of slots of `slot_bits`; the last row may be partly empty.
    ///
    /// # Errors
    /// [`Error::Overflow`] if a magnitude does not fit its slot (below `2^(slot_bits - 1)`).
    pub fn pack(&self, slot_bits: usize, slots: usize) -> Result<Self> {
        check_layout(slot_bits, slots)?;
        if let Some(index) =
            (0..self.len()).find(|&index| super::bit_length(self.magnitude(index)) >= slot_bits)
        {
            let allowed = format!("2^{} - 1", slot_bits - 1);
            return Err(Error::Overflow { name: "values".into(), index, allowed });
        }
        // Two's complement with room for the sign.
        let width = (slot_bits * slots + 1).div_ceil(64);
        let rows = self.len().div_ceil(slots);
        let mut words = vec![0; width * rows];
        for index in 0..self.len() {
            let row = &mut words[index / slots * width..][..width];
            add_shifted(row, self.magnitude(index), index % slots * slot_bits, self.is_negative(index));
        }
        let negative: Vec<bool> = words.chunks_exact(width).map(|row| row[width - 1] >> 63 == 1).collect();
        for (row, &negative) in words.chunks_exact_mut(width).zip(&negative) {
            if negative {
                negate(row);
            }
        }
        Ok(Self::from_parts(width, words, negative))
    }

    /// The first `count` slots of the rows.
    ///
    /// # Errors
    /// [`Error::Overflow`] if a row is larger than its slots can be; [`Error::Shape`] if the rows do not
    /// hold `count` slots.
    pub fn unpack(&self, slot_bits: usize, slots: usize, count: usize) -> Result<Self> {
        check_layout(slot_bits, slots)?;
        if self.len() != count.div_ceil(slots) {
            return Err(Error::Shape {
                name: "rows",
                found: format!("{} of {slots} slots", self.len()),
                allowed: format!("{} hold {count} values", count.div_ceil(slots)),
            });
        }
        let width = (slot_bits * slots + 1).div_ceil(64).max(self.width()) + 1;
        let mut bias = vec![0; width];
        for slot in 0..slots {
            add_shifted(&mut bias, &[1], slot * slot_bits + slot_bits - 1, false);
        }
        let value_width = slot_bits.div_ceil(64);
        let mut magnitudes = vec![0; value_width * count];
        let mut negative = vec![false; count];
        let mut row = vec![0; width];
        for index in 0..self.len() {
            row.copy_from_slice(&bias);
            add_shifted(&mut row, self.magnitude(index), 0, self.is_negative(index));
            if super::bit_length(&row) > slot_bits * slots {
                let allowed = format!("2^{}", slot_bits * slots - 1);
                return Err(Error::Overflow { name: "packed row".into(), index, allowed });
            }
            for slot in 0..slots.min(count - index * slots) {
                let at = index * slots + slot;
                let value = &mut magnitudes[at * value_width..][..value_width];
                read_field(value, &row, slot * slot_bits, slot_bits);
                negative[at] = take_off_bias(value, slot_bits);
            }
        }
        zeroize::Zeroize::zeroize(&mut row);
        Ok(Self::from_parts(value_width, magnitudes, negative))
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

/// Adds or subtracts `value << shift` in two's complement.
fn add_shifted(row: &mut [u64], value: &[u64], shift: usize, subtract: bool) {
    let (words, bits) = (shift / 64, shift % 64);
    let mut carry = false;
    for (i, slot) in row[words..].iter_mut().enumerate() {
        let low = value.get(i).copied().unwrap_or(0) << bits;
        let high =
            if bits == 0 || i == 0 { 0 } else { value.get(i - 1).copied().unwrap_or(0) >> (64 - bits) };
        let word = low | high;
        let (sum, first) = if subtract { slot.overflowing_sub(word) } else { slot.overflowing_add(word) };
        let carried = u64::from(carry);
        let (sum, second) =
            if subtract { sum.overflowing_sub(carried) } else { sum.overflowing_add(carried) };
        *slot = sum;
        carry = first | second;
    }
}

/// `-row` in two's complement.
fn negate(row: &mut [u64]) {
    let mut carry = true;
    for word in row {
        let (negated, overflow) = (!*word).overflowing_add(u64::from(carry));
        *word = negated;
        carry = overflow;
    }
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

/// Turns `v + 2^(bits - 1)` into the magnitude of `v` and whether it is negative.
fn take_off_bias(value: &mut [u64], bits: usize) -> bool {
    let (word, bit) = ((bits - 1) / 64, (bits - 1) % 64);
    let negative = value[word] >> bit & 1 == 0;
    if negative {
        // 2^(bits - 1) - value
        negate(value);
        add_shifted(value, &[1], bits - 1, false);
    } else {
        value[word] &= !(1 << bit);
    }
    negative
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn unpacking_undoes_packing(slot_bits in 2usize..140, slots in 1usize..9,
                                    values in prop::collection::vec(any::<i64>(), 0..30)) {
            let keep = 64usize.saturating_sub(slot_bits - 1).min(63);
            let values: Vec<i64> = values.iter().map(|v| (v >> keep).max(1 - (1 << (slot_bits - 1).min(62)))).collect();
            let packed = Integers::from_i64(&values).pack(slot_bits, slots).expect("they fit");
            prop_assert_eq!(packed.len(), values.len().div_ceil(slots));
            let unpacked = packed.unpack(slot_bits, slots, values.len()).expect("they were packed");
            prop_assert_eq!(unpacked.to_i64(), Some(values));
        }
    }

    #[test]
    fn a_row_is_the_sum_of_its_shifted_slots() {
        let row = Integers::from_i64(&[-1, 2, -3]).pack(10, 3).expect("they fit");
        let expected = -1 + 2 * 1024 - 3 * 1024 * 1024i64;
        assert_eq!(row.to_i64(), Some(vec![expected]));
    }

    #[test]
    fn what_does_not_fit_a_slot_is_refused() {
        assert!(Integers::from_i64(&[511, -511]).pack(10, 4).is_ok());
        assert!(matches!(Integers::from_i64(&[0, -512]).pack(10, 4), Err(Error::Overflow { index: 1, .. })));
        assert!(Integers::from_i64(&[0]).pack(1, 4).is_err());
        assert!(Integers::from_i64(&[0]).pack(10, 0).is_err());
    }

    #[test]
    fn rows_beyond_their_slots_are_refused() {
        let row = Integers::from_i64(&[1 << 40]);
        assert!(matches!(row.unpack(10, 4, 4), Err(Error::Overflow { .. })));
        assert!(matches!(row.unpack(20, 4, 9), Err(Error::Shape { .. })));
    }
}
