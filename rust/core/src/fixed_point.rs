//! Reals as integers with one public scale: `x` becomes `round(x 2^f)`.
//!
//! Both directions are exact up to one rounding, to nearest with ties to even as IEEE 754 (4.3.1) has it:
//! encoding rounds to the integer, decoding rounds the exact quotient to the nearest `f64`. Numbers that
//! fit doubles all the way, which packed ones do, take one floating-point operation for each step. The
//! time may depend on the values: encoding happens where the data is at home. Many values are worked on
//! side by side.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::integers::{Integers, bit_length};
use crate::parallel::{self, Call};

/// Nanoseconds of a value and of each of its words, on a busy machine.
const VALUE_NS: u64 = 20;
const WORD_NS: u64 = 2;

/// Nanoseconds of a value that is encoded without a look at its parts.
const DIRECT_NS: u64 = 4;

/// Nanoseconds of dividing a word.
const DIVISION_NS: u64 = 20;

/// Every integer up to this one is a double.
const EXACT: u64 = 1 << 53;

/// Most fractional bits.
pub const MAX_FRACTIONAL_BITS: u32 = 16_384;

/// `round(x 2^fractional_bits)` of every value, all of them within `±limit`. With `clip`, what is beyond
/// the limit (infinities too) becomes the limit instead of an error.
///
/// # Errors
/// [`Error::NotFinite`] for NaN (and infinity, unless clipped), [`Error::Overflow`] beyond the limit, each
/// naming `name` and the first position; [`Error::InvalidParameter`] for a limit that is not a positive
/// finite number or too many fractional bits; or what ends the call.
pub fn encode(
    values: &[f64],
    fractional_bits: u32,
    limit: f64,
    clip: bool,
    name: &str,
    call: &mut Call<'_>,
) -> Result<Integers> {
    if !(limit.is_finite() && limit > 0.0) {
        return Err(Error::InvalidParameter {
            name: "limit",
            found: limit.to_string(),
            allowed: "a finite number above 0".into(),
        });
    }
    if fractional_bits > MAX_FRACTIONAL_BITS {
        return Err(Error::InvalidParameter {
            name: "fractional_bits",
            found: fractional_bits.to_string(),
            allowed: format!("0 to {MAX_FRACTIONAL_BITS}"),
        });
    }
    if let Some(scale) = direct_scale(fractional_bits, limit) {
        return encode_directly(values, scale, limit, clip, name, call);
    }
    let (_, limit_exponent) = parts(limit);
    let bits = 54 + i64::from(limit_exponent) + i64::from(fractional_bits);
    let width = usize::try_from(bits.max(1)).unwrap_or(1).div_ceil(64);
    let ns = VALUE_NS + WORD_NS * width as u64;
    let chunk = parallel::chunk_for(ns, 1);
    Integers::filled(width, values.len(), 1, ns, chunk, call, |range, magnitudes, negative| {
        let results = magnitudes.chunks_exact_mut(width).zip(negative);
        for (index, (words, negative)) in range.zip(results) {
            let value = values[index];
            if value.is_nan() || (value.is_infinite() && !clip) {
                return Err(Error::NotFinite { name: name.to_owned(), index });
            }
            let magnitude = value.abs();
            if magnitude > limit && !clip {
                return Err(Error::Overflow { name: name.to_owned(), index, allowed: format!("{limit}") });
            }
            let (mantissa, exponent) = parts(magnitude.min(limit));
            write_rounded(words, mantissa, exponent + fractional_bits as i32);
            *negative = value < 0.0;
        }
        Ok(())
    })
}

/// `2^fractional_bits` if products with it, for values within the limit, stay below `2^51`.
fn direct_scale(fractional_bits: u32, limit: f64) -> Option<f64> {
    let scale = (fractional_bits <= 1023).then(|| power_of_two(i64::from(fractional_bits)))?;
    (limit * scale < SMALL).then_some(scale)
}

/// Below this, adding [`ROUNDER`] to a double rounds it to an integer.
const SMALL: f64 = (1u64 << 51) as f64;

/// `1.5 * 2^52`: the doubles around it are the integers around it, so that an addition rounds to an integer,
/// ties to even, and leaves that integer in the low bits.
const ROUNDER: f64 = 3.0 * SMALL;

/// [`encode`] by one multiplication, which is exact, and one addition, which rounds: no branch on a value.
fn encode_directly(
    values: &[f64],
    scale: f64,
    limit: f64,
    clip: bool,
    name: &str,
    call: &mut Call<'_>,
) -> Result<Integers> {
    let chunk = parallel::chunk_for(DIRECT_NS, 1);
    Integers::filled(1, values.len(), 1, DIRECT_NS, chunk, call, |range, magnitudes, negative| {
        let values = &values[range.clone()];
        // NaN is within nothing.
        let within = |value: f64| value.abs() <= limit;
        let fault = if clip { |value: f64, _: bool| value.is_nan() } else { |_: f64, within: bool| !within };
        if values.iter().fold(false, |any, &value| any | fault(value, within(value))) {
            return Err(first_fault(values, range.start, limit, clip, name));
        }
        for ((&value, magnitude), negative) in values.iter().zip(magnitudes).zip(negative) {
            let rounded = value.clamp(-limit, limit) * scale + ROUNDER;
            let integer = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()) as i64;
            *magnitude = integer.unsigned_abs();
            *negative = integer < 0;
        }
        Ok(())
    })
}

/// Says which of `values`, the first of them at `start`, cannot be encoded first, and why.
fn first_fault(values: &[f64], start: usize, limit: f64, clip: bool, name: &str) -> Error {
    let fault = values.iter().position(|value| value.is_nan() || !clip && value.abs() > limit);
    let index = start + fault.unwrap_or(0);
    if fault.is_some_and(|at| values[at].is_finite()) {
        return Error::Overflow { name: name.to_owned(), index, allowed: format!("{limit}") };
    }
    Error::NotFinite { name: name.to_owned(), index }
}

/// A finite non-negative number as `mantissa * 2^exponent`.
fn parts(x: f64) -> (u64, i32) {
    let bits = x.to_bits() & (u64::MAX >> 1);
    let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// Writes `mantissa * 2^exponent`, rounded to an integer.
fn write_rounded(words: &mut [u64], mantissa: u64, exponent: i32) {
    if exponent < 0 {
        let shift = exponent.unsigned_abs();
        // The mantissa is below 2^53: shifted by 54 or more it is below one half.
        words[0] = if shift > 53 {
            0
        } else {
            let floor = mantissa >> shift;
            let rest = mantissa & ((1 << shift) - 1);
            let half = 1 << (shift - 1);
            floor + u64::from(rest > half || (rest == half && floor & 1 == 1))
        };
        return;
    }
    let (word, shift) = (exponent as usize / 64, exponent as usize % 64);
    if mantissa == 0 {
        return;
    }
    words[word] = mantissa << shift;
    if shift > 0 && mantissa >> (64 - shift) != 0 {
        words[word + 1] = mantissa >> (64 - shift);
    }
}

/// `value / (2^fractional_bits * divisor)` of every integer, rounded to the nearest `f64`.
///
/// # Errors
/// [`Error::Overflow`] naming the first position whose quotient is beyond the range of `f64`;
/// [`Error::InvalidParameter`] for a divisor of zero; or what ends the call.
pub fn decode(
    values: &Integers,
    fractional_bits: u32,
    divisor: u64,
    call: &mut Call<'_>,
) -> Result<Vec<f64>> {
    if divisor == 0 {
        return Err(Error::InvalidParameter {
            name: "divisor",
            found: "0".into(),
            allowed: "1 or more".into(),
        });
    }
    // Of two integers that doubles hold, the quotient of doubles is rounded correctly; it is 0 or at least
    // 2^-53, so multiplying it by a power of two far above the subnormals is exact.
    let whole = divisor as f64;
    let direct =
        (divisor <= EXACT && fractional_bits <= 900).then(|| power_of_two(-i64::from(fractional_bits)));
    let ns = VALUE_NS + DIVISION_NS * (values.width() as u64 + 2);
    let chunk = parallel::chunk_for(ns, 1);
    let mut decoded = Zeroizing::new(vec![0.0; values.len()]);
    parallel::map_parts(call, values.len(), chunk, ns, decoded.chunks_mut(chunk), |range, decoded| {
        let mut shifted = Zeroizing::new(Vec::with_capacity(values.width() + 2));
        for (index, decoded) in range.zip(decoded) {
            let words = values.magnitude(index);
            let magnitude = match direct {
                Some(step) if words.len() == 1 && words[0] <= EXACT => words[0] as f64 / whole * step,
                _ => quotient(words, fractional_bits, divisor, &mut shifted),
            };
            if magnitude.is_infinite() {
                let allowed = format!("{:e}", f64::MAX);
                return Err(Error::Overflow { name: "decoded value".into(), index, allowed });
            }
            *decoded = if values.is_negative(index) { -magnitude } else { magnitude };
        }
        Ok(())
    })?;
    Ok(std::mem::take(&mut *decoded))
}

/// One correctly rounded quotient; infinite if it is too large.
fn quotient(magnitude: &[u64], fractional_bits: u32, divisor: u64, shifted: &mut Vec<u64>) -> f64 {
    let bits = bit_length(magnitude);
    if bits == 0 {
        return 0.0;
    }
    // Enough zeros below the number that the integer quotient has at least 66 bits; those beyond a
    // double's 53 and the remainder decide the rounding.
    let shift = (66 + 64usize).saturating_sub(bits).div_ceil(64) * 64;
    shifted.clear();
    shifted.resize(shift / 64, 0);
    shifted.extend_from_slice(magnitude);
    let mut remainder = 0u64;
    for word in shifted.iter_mut().rev() {
        let wide = (u128::from(remainder) << 64) | u128::from(*word);
        *word = (wide / u128::from(divisor)) as u64;
        remainder = (wide % u128::from(divisor)) as u64;
    }
    let exponent = -(shift as i64) - i64::from(fractional_bits);
    round(shifted, exponent, remainder != 0)
}

/// The nearest `f64` to `words * 2^exponent`, or to a little more if `sticky`.
fn round(words: &[u64], exponent: i64, sticky: bool) -> f64 {
    let bits = bit_length(words) as i64;
    let leading = bits - 1 + exponent;
    if leading > 1023 {
        return f64::INFINITY;
    }
    // Subnormals have fewer bits; below half of the smallest there are none.
    let precision = 53 + (leading + 1022).min(0);
    if precision < 0 {
        return 0.0;
    }
    let drop = (bits - precision) as usize;
    let bit = |at: usize| words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
    let mut kept = 0u64;
    for at in (drop..bits as usize).rev() {
        kept = kept << 1 | u64::from(bit(at));
    }
    let half = bit(drop - 1);
    let below = sticky
        || words[..(drop - 1) / 64].iter().any(|&word| word != 0)
        || words[(drop - 1) / 64] & ((1 << ((drop - 1) % 64)) - 1) != 0;
    if half && (below || kept & 1 == 1) {
        kept += 1;
    }
    kept as f64 * power_of_two(drop as i64 + exponent)
}

/// `2^exponent` for exponents from -1074 to 1023.
fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Progress;
    use proptest::prelude::*;

    fn encode_one(value: f64, fractional_bits: u32, limit: f64) -> Integers {
        encode(&[value], fractional_bits, limit, false, "x", &mut Call::silent()).expect("within the limit")
    }

    fn decode(values: &Integers, fractional_bits: u32, divisor: u64) -> Result<Vec<f64>> {
        super::decode(values, fractional_bits, divisor, &mut Call::silent())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_finite_double_survives_at_full_scale(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let encoded = encode_one(value, 1074, f64::MAX);
            prop_assert_eq!(decode(&encoded, 1074, 1).expect("in range"), vec![value]);
        }

        #[test]
        fn encoding_rounds_to_nearest_even(value in -1e6f64..1e6, fractional_bits in 0u32..30) {
            // exact: the product is a multiple of 2^-53 * 2^20 and `round_ties_even` is exact
            let expected = (value * f64::from(1u32 << fractional_bits)).round_ties_even() as i64;
            prop_assert_eq!(encode_one(value, fractional_bits, 1e6).to_i64(), Some(vec![expected]));
        }

        #[test]
        fn both_ways_of_encoding_agree(bits in any::<u64>(), exponent in -40i32..12, fractional_bits in 0u32..39) {
            // Values of all magnitudes around the last bit that is kept, with ties.
            let value = f64::from_bits(bits & !(0x7ff << 52) | ((1023 + exponent) as u64) << 52);
            for value in [value, (value * 64.0).round() / 64.0] {
                prop_assume!(value.abs() <= 4096.0);
                let direct = encode_one(value, fractional_bits, 4096.0);
                // A limit too large for the direct way.
                let general = encode_one(value, fractional_bits, 1e200);
                prop_assert_eq!(direct.to_i64(), general.to_i64());
            }
        }

        #[test]
        fn both_ways_of_decoding_agree(value in 0..=EXACT, cut in 0u32..53, fractional_bits in 0u32..=900,
                                       divisor in 1..=EXACT, divisor_cut in 0u32..53) {
            let (value, divisor) = (value >> cut, (divisor >> divisor_cut).max(1));
            let general = quotient(&[value], fractional_bits, divisor, &mut Vec::new());
            prop_assert_eq!(decode(&Integers::from_u64(&[value]), fractional_bits, divisor), Ok(vec![general]));
        }

        #[test]
        fn quotients_are_correctly_rounded(value in any::<i64>(), divisor in 1u64..1 << 53) {
            // IEEE division of two exact doubles is correctly rounded
            let value = value >> 11;
            let decoded = decode(&Integers::from_i64(&[value]), 0, divisor).expect("in range");
            prop_assert_eq!(decoded, vec![value as f64 / divisor as f64]);
        }

        #[test]
        fn integers_round_as_the_language_does(value in any::<u64>(), shift in 0u32..1074) {
            let decoded = decode(&Integers::from_u64(&[value]), shift, 1).expect("in range");
            // scaling by a power of two is exact until subnormals
            let expected = value as f64 * 2f64.powi(-(shift.min(900) as i32));
            if shift <= 900 {
                prop_assert_eq!(decoded, vec![expected]);
            }
        }
    }

    #[test]
    fn edges_of_the_range() {
        let tiny = f64::from_bits(1);
        assert_eq!(encode_one(tiny, 1074, 1.0).to_i64(), Some(vec![1]));
        assert_eq!(encode_one(tiny, 1073, 1.0).to_i64(), Some(vec![0]), "a tie goes to even");
        assert_eq!(encode_one(3.0 * tiny, 1073, 1.0).to_i64(), Some(vec![2]));
        assert_eq!(encode_one(-0.0, 4, 1.0).to_i64(), Some(vec![0]));
        assert_eq!(encode_one(-2.5, 0, 4.0).to_i64(), Some(vec![-2]));
        assert_eq!(decode(&Integers::from_i64(&[1]), 1074, 1), Ok(vec![tiny]));
        assert_eq!(decode(&Integers::from_i64(&[1]), 1075, 1), Ok(vec![0.0]), "a tie goes to even");
        assert_eq!(decode(&Integers::from_i64(&[3]), 1075, 1), Ok(vec![2.0 * tiny]));
        assert_eq!(decode(&Integers::from_i64(&[3]), 1075, 2), Ok(vec![tiny]));
        assert_eq!(decode(&Integers::from_i64(&[1]), 16_000, 7), Ok(vec![0.0]));
        let huge = Integers::from_i64(&[1]).scale(&[[0; 16].as_slice(), &[1]].concat(), false);
        assert!(matches!(decode(&huge, 0, 1), Err(Error::Overflow { index: 0, .. })));
        assert_eq!(decode(&huge, 1, 1), Ok(vec![2f64.powi(1023)]));
    }

    #[test]
    fn values_that_cannot_be_encoded_are_named() {
        let encode = |values: &[f64], fractional_bits, limit, clip| {
            encode(values, fractional_bits, limit, clip, "x", &mut Call::silent())
        };
        let at = |values: &[f64], clip| encode(values, 8, 2.0, clip).map(|v| v.to_i64());
        assert!(matches!(at(&[1.0, f64::NAN], true), Err(Error::NotFinite { index: 1, .. })));
        assert!(matches!(at(&[f64::INFINITY], false), Err(Error::NotFinite { index: 0, .. })));
        assert!(matches!(at(&[2.0, -2.000001], false), Err(Error::Overflow { index: 1, .. })));
        assert_eq!(at(&[f64::NEG_INFINITY, 5.0], true), Ok(Some(vec![-512, 512])));
        assert!(encode(&[], 8, f64::NAN, false).is_err());
        assert!(encode(&[], 8, 0.0, false).is_err());
        assert!(encode(&[], u32::MAX, 1.0, false).is_err());
        assert!(decode(&Integers::from_i64(&[1]), 0, 0).is_err());
    }

    /// Enough values that they are worked on by several threads.
    const MANY: usize = 3_000_000;

    #[test]
    fn many_values_come_out_in_order_while_the_caller_polls() {
        let values: Vec<f64> = (0..MANY).map(|i| i as f64 / 8.0 - 1000.0).collect();
        let mut polls = 0;
        let mut hook = |_: Progress| {
            polls += 1;
            Ok(())
        };
        let mut call = Call::new(&mut hook);
        let encoded = encode(&values, 3, 1e6, false, "x", &mut call).expect("within the limit");
        assert_eq!(super::decode(&encoded, 3, 1, &mut call), Ok(values));
        assert!(polls >= 2);
    }

    #[test]
    fn of_many_offenders_the_first_is_named() {
        let mut values = vec![0.0; MANY];
        values[2_345_678] = f64::NAN;
        values[2_345_677] = 3.0;
        values[MANY - 1] = f64::NAN;
        let refused = encode(&values, 8, 2.0, false, "x", &mut Call::silent());
        assert!(matches!(refused, Err(Error::Overflow { index: 2_345_677, .. })));
    }
}
