//! The kernels at the edges of what they accept: lazy digits at their bound, moduli just below and just
//! above a power of two, `R` as small as it may be, at every length of digit and up to 8192 bits.

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Resize};

use crate::backend::{Backend, dispatch};
use crate::lanes::Lanes;
use crate::modulus::Modulus;
use crate::words::bits_at;

/// A number as wide as all others of a test: four digits and some, which holds every product.
fn int(words: &[u64], width: usize) -> BoxedUint {
    BoxedUint::from_words(words.iter().copied()).resize(64 * width as u32)
}

fn product(a: &BoxedUint, b: &BoxedUint) -> BoxedUint {
    a.concatenating_mul(b).resize_unchecked(a.bits_precision())
}

fn remainder(a: &BoxedUint, m: &BoxedUint) -> BoxedUint {
    a.rem_vartime(&NonZero::new(m.clone()).expect("a modulus is not zero"))
}

/// Digits of lanes, and back.
fn pack<L: Lanes>(lanes: &[BoxedUint], limbs: usize) -> Vec<u64> {
    let mut digit = vec![0; limbs * L::LANES];
    for (lane, value) in lanes.iter().enumerate() {
        for limb in 0..limbs {
            digit[limb * L::LANES + lane] = bits_at(value.as_words(), limb * L::RADIX_BITS, L::RADIX_BITS);
        }
    }
    digit
}

fn unpack<L: Lanes>(digit: &[u64], width: usize) -> Vec<BoxedUint> {
    (0..L::LANES)
        .map(|lane| {
            let mut words = vec![0; width];
            for (i, &limb) in digit.iter().skip(lane).step_by(L::LANES).enumerate() {
                assert!(limb >> L::RADIX_BITS == 0, "a limb is too long");
                let (word, shift) = (i * L::RADIX_BITS / 64, i * L::RADIX_BITS % 64);
                words[word] |= limb << shift;
                if shift + L::RADIX_BITS > 64 {
                    words[word + 1] |= limb >> (64 - shift);
                }
            }
            int(&words, width)
        })
        .collect()
}

fn check<L: Lanes>(backend: Backend, m: &[u64]) {
    let modulus = Modulus::new(m, backend).expect("odd");
    let constants = modulus.constants();
    let limbs = constants.limbs();
    let width = 4 * (limbs * L::RADIX_BITS).div_ceil(64) + 2;
    let int = |words: &[u64]| int(words, width);
    let unpack = |digit: &[u64]| unpack::<L>(digit, width);
    let m = int(m);
    let one = int(&[1]);
    let radix = one.shl_vartime((limbs * L::RADIX_BITS) as u32).expect("fits");
    let times = |k: u64| product(&m, &int(&[k]));
    assert!(times(64) <= radix, "R is too small");

    // Lazy digits, in every combination of two, as many lanes at a time as there are.
    let lazy = [int(&[0]), one.clone(), &m - &one, &times(2) - &one, &times(4) - &one];
    let pairs: Vec<(BoxedUint, BoxedUint)> =
        lazy.iter().flat_map(|a| lazy.iter().map(move |b| (a.clone(), b.clone()))).collect();
    let mut scratch = vec![0; L::scratch_words(limbs)];
    let square = product(&m, &m);
    let full = &radix - &one;
    for chunk in pairs.chunks(L::LANES) {
        let a: Vec<BoxedUint> = chunk.iter().map(|p| p.0.clone()).collect();
        let b: Vec<BoxedUint> = chunk.iter().map(|p| p.1.clone()).collect();
        let full = vec![full.clone(); a.len()];
        let below: Vec<BoxedUint> = a.iter().map(|a| remainder(a, &m)).collect();
        let mut out = vec![0; limbs * L::LANES];

        let multiplied = |out: &[u64], a: &[BoxedUint], b: &[BoxedUint]| {
            for (x, (a, b)) in unpack(out).iter().zip(a.iter().zip(b)) {
                assert!(*x < times(4), "a product is too large");
                assert_eq!(remainder(&product(x, &radix), &m), remainder(&product(a, b), &m));
            }
        };
        L::mul(constants, &mut out, &pack::<L>(&a, limbs), &pack::<L>(&b, limbs), &mut scratch);
        multiplied(&out, &a, &b);
        L::mul(constants, &mut out, &pack::<L>(&full, limbs), &pack::<L>(&below, limbs), &mut scratch);
        multiplied(&out, &full, &below);
        L::square(constants, &mut out, &pack::<L>(&a, limbs), &mut scratch);
        multiplied(&out, &a, &a);
        L::add(constants, &mut out, &pack::<L>(&a, limbs), &pack::<L>(&b, limbs));
        for (x, (a, b)) in unpack(&out).iter().zip(a.iter().zip(&b)) {
            assert!(*x < times(4), "a sum is too large");
            assert_eq!(remainder(x, &m), remainder(&(a + b), &m));
        }
        L::sub(constants, &mut out, &pack::<L>(&a, limbs), &pack::<L>(&b, limbs));
        for (x, (a, b)) in unpack(&out).iter().zip(a.iter().zip(&b)) {
            assert!(*x < times(4), "a difference is too large");
            assert_eq!(remainder(x, &m), remainder(&(&(a + &times(4)) - b), &m));
        }
        let mut digit = pack::<L>(&a, limbs);
        L::normalise(constants, &mut digit);
        assert_eq!(unpack(&digit)[..a.len()], below[..]);

        // Pairs of these digits, both ways round.
        let join =
            |low: &[BoxedUint], high: &[BoxedUint]| [pack::<L>(low, limbs), pack::<L>(high, limbs)].concat();
        let value = |low: &BoxedUint, high: &BoxedUint| low + &product(high, &m);
        let mut out = vec![0; 2 * limbs * L::LANES];
        let values = |out: &[u64]| -> Vec<BoxedUint> {
            let (low, high) = (unpack(&out[..out.len() / 2]), unpack(&out[out.len() / 2..]));
            low.iter()
                .zip(&high)
                .map(|(low, high)| {
                    assert!(*low < times(4) && *high < times(4), "a pair's digit is too large");
                    value(low, high)
                })
                .collect()
        };
        let same = |out: &[u64], expected: &dyn Fn(usize) -> BoxedUint| {
            for (lane, x) in values(out).iter().enumerate().take(a.len()) {
                let expected = remainder(&expected(lane), &square);
                assert_eq!(remainder(&product(x, &radix), &square), expected, "{} bits", m.bits());
            }
        };
        let (x, y) = (join(&a, &b), join(&b, &a));
        L::pair_mul(constants, &mut out, &x, &y, &mut scratch);
        same(&out, &|i| product(&value(&a[i], &b[i]), &value(&b[i], &a[i])));
        L::pair_square(constants, &mut out, &x, &mut scratch);
        same(&out, &|i| product(&value(&a[i], &b[i]), &value(&a[i], &b[i])));
        L::pair_mul_digit(constants, &mut out, &x, &pack::<L>(&b, limbs), &mut scratch);
        same(&out, &|i| product(&value(&a[i], &b[i]), &b[i]));
        let z = join(&below, &below);
        L::pair_mul_digit(constants, &mut out, &z, &pack::<L>(&full, limbs), &mut scratch);
        same(&out, &|i| product(&value(&below[i], &below[i]), &full[i]));
        L::pair_add(constants, &mut out, &x, &y);
        for (lane, sum) in values(&out).iter().enumerate().take(a.len()) {
            let expected = &value(&a[lane], &b[lane]) + &value(&b[lane], &a[lane]);
            assert_eq!(remainder(sum, &square), remainder(&expected, &square));
        }
        let mut pair = x.clone();
        L::pair_normalise(constants, &mut pair);
        for (lane, normal) in values(&pair).iter().enumerate().take(a.len()) {
            assert_eq!(*normal, remainder(&value(&a[lane], &b[lane]), &square));
        }
    }
}

/// Moduli of so many bits: all ones, the two ends set, and something between.
fn moduli(bits: usize) -> [Vec<u64>; 3] {
    let words = bits.div_ceil(64);
    let top = u64::MAX >> (64 * words - bits);
    let mut ones = vec![u64::MAX; words];
    ones[words - 1] = top;
    let mut ends = vec![0; words];
    ends[words - 1] = top ^ (top >> 1);
    ends[0] |= 1;
    let mut mixed: Vec<u64> = (1..=words as u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    mixed[words - 1] = top ^ (mixed[words - 1] & (top >> 1));
    mixed[0] |= 1;
    [ones, ends, mixed]
}

#[test]
fn lazy_digits_at_their_bound_at_every_length() {
    for backend in Backend::supported() {
        dispatch!(backend, L => {
            let mut bits = 3;
            for _ in 0..16 {
                // The most bits that digits of this length have room for, and the fewest.
                let limbs = L::limbs_for(bits);
                let most = limbs * L::RADIX_BITS - 6;
                for bits in [bits, most] {
                    moduli(bits).iter().for_each(|m| check::<L>(backend, m));
                }
                bits = most + 1;
            }
        });
    }
}

#[test]
fn lazy_digits_at_their_bound_in_long_numbers() {
    for backend in Backend::supported() {
        dispatch!(backend, L => {
            for bits in [1024, 1536, 2048, 3072, 4096, 8192] {
                let most = L::limbs_for(bits) * L::RADIX_BITS - 6;
                for bits in [bits, most] {
                    moduli(bits).iter().for_each(|m| check::<L>(backend, m));
                }
            }
        });
    }
}
