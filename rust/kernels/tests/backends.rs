//! The law suite of the backends: on every one that runs here, every operation equals crypto-bigint's
//! plain integer arithmetic, at sizes on and off the limb boundaries and at the edges of the range.

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Resize};
use privml_kernels::{Backend, Batch, Modulus, ModulusError, PairModulus, Words};
use proptest::prelude::*;

/// Plain integers with just the operations that the laws are stated in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Int(BoxedUint);

impl Int {
    fn from_words(words: &[u64]) -> Self {
        Self(BoxedUint::from_words(words.iter().copied()))
    }

    fn one() -> Self {
        Self::from_words(&[1])
    }

    fn mul(&self, other: &Self) -> Self {
        // Operands of one width: crypto-bigint 0.7.10 recurses without end on some unequal ones.
        let bits = self.0.bits().max(other.0.bits()).max(1).next_multiple_of(64);
        let narrow = |x: &BoxedUint| x.clone().resize_unchecked(bits);
        Self(narrow(&self.0).concatenating_mul(&narrow(&other.0)))
    }

    fn add(&self, other: &Self) -> Self {
        let bits = self.0.bits_precision().max(other.0.bits_precision()) + 64;
        Self(self.wide(bits).wrapping_add(other.wide(bits)))
    }

    fn sub(&self, other: &Self) -> Self {
        let bits = self.0.bits_precision().max(other.0.bits_precision());
        Self(self.wide(bits).wrapping_sub(other.wide(bits)))
    }

    fn wide(&self, bits: u32) -> BoxedUint {
        self.0.clone().resize(bits.max(self.0.bits_precision()))
    }

    fn rem(&self, modulus: &Self) -> Self {
        let bits = self.0.bits_precision().max(modulus.0.bits_precision());
        let modulus = NonZero::new(modulus.wide(bits)).expect("a modulus is not zero");
        Self(self.wide(bits).rem_vartime(&modulus))
    }

    fn pow(&self, exponent: &[u64], modulus: &Self) -> Self {
        let mut result = Self::one().rem(modulus);
        for word in exponent.iter().rev() {
            for bit in (0..64).rev() {
                result = result.mul(&result).rem(modulus);
                if word >> bit & 1 == 1 {
                    result = result.mul(self).rem(modulus);
                }
            }
        }
        result
    }

    fn row(&self, words: usize) -> Vec<u64> {
        let mut row: Vec<u64> = self.0.as_words().to_vec();
        let significant = row.iter().rposition(|&w| w != 0).map_or(0, |i| i + 1);
        assert!(significant <= words, "the result does not fit a canonical row");
        row.resize(words, 0);
        row
    }
}

fn rows(values: &[Int], words: usize) -> Words {
    Words::new(values.iter().flat_map(|v| v.row(words)).collect())
}

fn invert(n: &Int) -> impl Fn(&[u64]) -> Option<Words> {
    let bits = n.0.bits_precision();
    let odd = crypto_bigint::Odd::new(n.0.clone()).expect("n is odd");
    move |words: &[u64]| {
        let value = Int::from_words(words).wide(bits);
        let inverse: Option<BoxedUint> = value.invert_odd_mod(&odd).into();
        inverse.map(|inverse| Words::new(inverse.as_words().to_vec()))
    }
}

/// An odd number of exactly this many bits and some numbers to compute with.
#[derive(Debug, Clone)]
struct Case {
    modulus: Vec<u64>,
    values: Vec<Vec<u64>>,
    exponents: Vec<u64>,
}

fn number(bits: usize) -> impl Strategy<Value = Vec<u64>> {
    let words = bits.div_ceil(64);
    let random = prop::collection::vec(any::<u64>(), words);
    let sparse = prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), Just(1), Just(1 << 63)], words);
    prop_oneof![3 => random, 2 => sparse].prop_map(move |mut value| {
        if !bits.is_multiple_of(64) {
            value[words - 1] &= (1 << (bits % 64)) - 1;
        }
        value
    })
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = prop_oneof![
        Just(2usize),
        Just(63),
        Just(64),
        Just(65),
        Just(127),
        Just(128),
        Just(192),
        Just(256),
        Just(300),
        Just(512),
        Just(520),
        2usize..700
    ];
    sizes.prop_flat_map(|bits| {
        let modulus = number(bits).prop_map(move |mut m| {
            m[0] |= 1;
            m[(bits - 1) / 64] |= 1 << ((bits - 1) % 64);
            m
        });
        // Values up to the square and beyond: entering reduces.
        let value = prop_oneof![3 => number(2 * bits), 1 => number(3 * bits + 70)];
        (modulus, prop::collection::vec(value, 1..12), prop::collection::vec(any::<u64>(), 1..3))
            .prop_map(|(modulus, values, exponents)| Case { modulus, values, exponents })
    })
}

fn pad(values: &[Vec<u64>]) -> (Vec<u64>, usize) {
    let words = values.iter().map(Vec::len).max().unwrap_or(1);
    let rows = values.iter().flat_map(|v| {
        let mut row = v.clone();
        row.resize(words, 0);
        row
    });
    (rows.collect(), words)
}

/// Adds 0, 1, m - 1, m and m + 1 to what a case computes with.
fn with_edges(case: &Case, modulus: &Int) -> Vec<Int> {
    let mut values: Vec<Int> = case.values.iter().map(|v| Int::from_words(v)).collect();
    let one = Int::one();
    values.extend([
        Int::from_words(&[0]),
        one.clone(),
        modulus.sub(&one),
        modulus.clone(),
        modulus.add(&one),
    ]);
    values
}

fn check_flat(backend: Backend, case: &Case) {
    let m = Int::from_words(&case.modulus);
    let ring = Modulus::new(&case.modulus, backend).expect("odd");
    let words = ring.word_count();
    let values = with_edges(case, &m);
    let plain: Vec<Vec<u64>> = values.iter().map(|v| v.0.as_words().to_vec()).collect();
    let (input, width) = pad(&plain);
    let x = ring.enter(&input, width);
    let reduced: Vec<Int> = values.iter().map(|v| v.rem(&m)).collect();
    assert_eq!(ring.leave(&x), rows(&reduced, words), "enter and leave");

    let reversed: Vec<usize> = (0..values.len()).rev().collect();
    let y = x.take(&reversed);
    let each = |f: &dyn Fn(&Int, &Int) -> Int| -> Words {
        let results: Vec<Int> =
            reduced.iter().zip(reversed.iter().map(|&i| &reduced[i])).map(|(a, b)| f(a, b).rem(&m)).collect();
        rows(&results, words)
    };
    assert_eq!(ring.leave(&ring.mul(&x, &y)), each(&|a, b| a.mul(b)), "mul");
    assert_eq!(ring.leave(&ring.square(&x)), each(&|a, _| a.mul(a)), "square");
    assert_eq!(ring.leave(&ring.add(&x, &y)), each(&|a, b| a.add(b)), "add");
    assert_eq!(ring.leave(&ring.sub(&x, &y)), each(&|a, b| a.add(&m).sub(b)), "sub");
    assert_eq!(ring.leave(&ring.negate(&x)), each(&|a, _| m.sub(a)), "negate");
    let power = each(&|a, _| a.pow(&case.exponents, &m));
    assert_eq!(ring.leave(&ring.pow(&x, &case.exponents)), power, "pow");
    assert_eq!(ring.leave(&ring.pow_vartime(&x, &case.exponents)), power, "pow_vartime");
    let ones = ring.ones(3);
    assert_eq!(ring.leave(&ones), rows(&vec![Int::one().rem(&m); 3], words), "ones");
}

fn check_flat_schedules(backend: Backend, case: &Case) {
    let m = &Int::from_words(&case.modulus);
    let ring = &Modulus::new(&case.modulus, backend).expect("odd");
    let values: Vec<Int> = with_edges(case, m).iter().map(|v| v.rem(m)).collect();
    let (words, count, exponent) = (ring.word_count(), values.len(), &case.exponents);
    let x = &ring.enter(&rows(&values, words), words);
    let length = exponent.len();
    let exponents: Vec<u64> =
        (0..count as u32).flat_map(|i| exponent.iter().map(move |e| e.rotate_left(5 * i))).collect();
    let expected: Vec<Int> = values.iter().zip(exponents.chunks(length)).map(|(v, e)| v.pow(e, m)).collect();
    let expected = rows(&expected, words);
    assert_eq!(ring.leave(&ring.pow_each(x, &exponents, length, 64 * length)), expected, "pow_each");
    assert_eq!(ring.leave(&ring.pow_each_vartime(x, &exponents, length)), expected, "pow_each_vartime");
    for window in [1, 3, 6] {
        let table = ring.fixed_base(&values[0].row(words), 64 * length, window);
        assert_eq!(table.bytes(), ring.fixed_base_bytes(64 * length, window));
        let powers = table.pow(ring, &exponents, length);
        let expected: Vec<Int> = exponents.chunks(length).map(|e| values[0].pow(e, m)).collect();
        assert_eq!(ring.leave(&powers), rows(&expected, words), "fixed base, window {window}");
    }
    let product = values.iter().fold(Int::one().rem(m), |product, v| product.mul(v).rem(m));
    assert_eq!(ring.leave(&ring.product(x, count)), rows(&[product], words), "product");
    assert_eq!(ring.leave(&ring.product(x, 1)), ring.leave(x), "products of one");
    let inverter = invert(m);
    let units: Vec<Int> = values.iter().filter(|v| inverter(&v.row(words)).is_some()).cloned().collect();
    let y = ring.enter(&rows(&units, words), words);
    let inverse = ring.invert(&y, &inverter).expect("all are units");
    assert_eq!(ring.leave(&ring.mul(&y, &inverse)), ring.leave(&ring.ones(units.len())), "invert");
}

fn check_pair(backend: Backend, case: &Case) {
    let n = Int::from_words(&case.modulus);
    let square = n.mul(&n);
    let ring = PairModulus::new(&case.modulus, backend).expect("odd");
    let words = 2 * ring.word_count();
    let values = with_edges(case, &square);
    let plain: Vec<Vec<u64>> = values.iter().map(|v| v.0.as_words().to_vec()).collect();
    let (input, width) = pad(&plain);
    let x = ring.enter(&input, width);
    let reduced: Vec<Int> = values.iter().map(|v| v.rem(&square)).collect();
    assert_eq!(ring.leave(&x), rows(&reduced, words), "enter and leave");

    let (low, high) = ring.leave_digits(&x);
    for ((value, low), high) in reduced.iter().zip(low.chunks(words / 2)).zip(high.chunks(words / 2)) {
        let (low, high) = (Int::from_words(low), Int::from_words(high));
        assert_eq!(low, low.rem(&n), "the low digit is canonical");
        assert_eq!(high.mul(&n).add(&low).row(words), value.row(words), "digits");
    }

    let reversed: Vec<usize> = (0..values.len()).rev().collect();
    let y = x.take(&reversed);
    let each = |f: &dyn Fn(&Int, &Int) -> Int| -> Words {
        let results: Vec<Int> = reduced
            .iter()
            .zip(reversed.iter().map(|&i| &reduced[i]))
            .map(|(a, b)| f(a, b).rem(&square))
            .collect();
        rows(&results, words)
    };
    assert_eq!(ring.leave(&ring.mul(&x, &y)), each(&|a, b| a.mul(b)), "mul");
    assert_eq!(ring.leave(&ring.square(&x)), each(&|a, _| a.mul(a)), "square");
    let power = each(&|a, _| a.pow(&case.exponents, &square));
    assert_eq!(ring.leave(&ring.pow(&x, &case.exponents)), power, "pow");
    assert_eq!(ring.leave(&ring.pow_vartime(&x, &case.exponents)), power, "pow_vartime");

    // chained, so that what one kernel yields is what the next one takes
    let chained = ring.square(&ring.mul(&ring.mul(&x, &y), &ring.square(&x)));
    assert_eq!(
        ring.leave(&chained),
        each(&|a, b| {
            let inner = a.mul(b).rem(&square).mul(&a.mul(a).rem(&square)).rem(&square);
            inner.mul(&inner)
        }),
        "a chain"
    );

    let m = ring.base().enter(&input, width);
    let lifted = each(&|a, _| a.clone());
    assert_eq!(ring.leave(&x), lifted);
    let expected: Vec<Int> = reduced
        .iter()
        .zip(&values)
        .map(|(a, m)| a.mul(&m.rem(&n).mul(&n).add(&Int::one())).rem(&square))
        .collect();
    assert_eq!(ring.leave(&ring.mul_one_plus(&x, &m)), rows(&expected, words), "mul_one_plus");

    // exponents of each element: zero, one, and random ones
    let exponents: Vec<u64> =
        (0..values.len()).map(|i| case.exponents[0].rotate_left(i as u32) >> (i * 7 % 64)).collect();
    let expected: Vec<Int> = reduced.iter().zip(&exponents).map(|(a, &e)| a.pow(&[e], &square)).collect();
    assert_eq!(
        ring.leave(&ring.pow_each_vartime(&x, &exponents, 1)),
        rows(&expected, words),
        "pow_each_vartime"
    );
    assert_eq!(ring.leave(&ring.pow_each(&x, &exponents, 1, 64)), rows(&expected, words), "pow_each");
    let short: Vec<u64> = exponents.iter().map(|e| e & 0x1f).collect();
    let powers = ring.pow_each(&x, &short, 1, 5);
    assert_eq!(ring.leave(&powers), ring.leave(&ring.pow_each_vartime(&x, &short, 1)), "short exponents");

    // runs of every length that divides
    for segment in (1..=values.len()).filter(|s| values.len().is_multiple_of(*s)) {
        let expected: Vec<Int> = reduced
            .chunks(segment)
            .map(|run| run.iter().fold(Int::one().rem(&square), |a, b| a.mul(b).rem(&square)))
            .collect();
        assert_eq!(ring.leave(&ring.product(&x, segment)), rows(&expected, words), "product of {segment}");
    }
    assert_eq!(ring.leave(&ring.product_of(&[&x, &y, &x])), each(&|a, b| a.mul(b).rem(&square).mul(a)));

    // one row of many terms, which takes buckets
    let long: Vec<usize> = (0..40 * values.len()).map(|i| i % values.len()).collect();
    let magnitudes: Vec<u64> = (0..long.len() as u64).map(|i| (i * i + case.exponents[0]) & 0xffff).collect();
    let negative: Vec<bool> = (0..long.len()).map(|i| i % 3 == 0).collect();
    let (numerator, denominator) = ring.multi_pow_vartime(&x.take(&long), &magnitudes, 1, &negative, 1);
    for (sign, batch) in [(false, numerator), (true, denominator)] {
        let terms = (0..long.len()).filter(|&i| negative[i] == sign);
        let expected = terms.fold(Int::one().rem(&square), |product, i| {
            product.mul(&reduced[long[i]].pow(&[magnitudes[i]], &square)).rem(&square)
        });
        assert_eq!(ring.leave(&batch), rows(&[expected], words), "a long row, negative: {sign}");
    }

    // a small matrix of signed exponents, zeros among them
    let count = 3 * values.len();
    let magnitudes: Vec<u64> =
        (0..count).map(|i| case.exponents[0].rotate_left(5 * i as u32) >> (11 * i % 64) & !7).collect();
    let negative: Vec<bool> = (0..count).map(|i| case.exponents[0] >> (i % 64) & 1 == 1).collect();
    let (all, none) = ring.multi_pow_vartime(&x, &magnitudes, 1, &vec![false; count], 3);
    assert_eq!(ring.leave(&none), ring.leave(&ring.ones(3)));
    assert_eq!(ring.leave(&ring.multi_pow(&x, &magnitudes, 1, 64, 3)), ring.leave(&all), "multi_pow");
    let (numerator, denominator) = ring.multi_pow_vartime(&x, &magnitudes, 1, &negative, 3);
    for (sign, batch) in [(false, numerator), (true, denominator)] {
        let expected: Vec<Int> = (0..3)
            .map(|row| {
                (0..values.len()).fold(Int::one().rem(&square), |product, i| {
                    let at = row * values.len() + i;
                    if negative[at] != sign {
                        return product;
                    }
                    product.mul(&reduced[i].pow(&[magnitudes[at]], &square)).rem(&square)
                })
            })
            .collect();
        assert_eq!(ring.leave(&batch), rows(&expected, words), "multi_pow_vartime, negative: {sign}");
    }
}

fn check_inverse_and_fixed_base(backend: Backend, case: &Case) {
    let n = Int::from_words(&case.modulus);
    let square = n.mul(&n);
    let ring = PairModulus::new(&case.modulus, backend).expect("odd");
    let words = 2 * ring.word_count();
    let inverter = invert(&n);
    let units: Vec<Int> = with_edges(case, &square)
        .iter()
        .map(|v| v.rem(&square))
        .filter(|v| inverter(&v.rem(&n).row(words / 2)).is_some())
        .collect();
    let x = ring.enter(&rows(&units, words), words);
    let inverse = ring.invert(&x, &inverter).expect("all are units");
    assert_eq!(ring.leave(&ring.mul(&x, &inverse)), ring.leave(&ring.ones(units.len())), "inverse");

    let mut with_zero = units.clone();
    with_zero.push(Int::from_words(&[0]));
    assert!(ring.invert(&ring.enter(&rows(&with_zero, words), words), &inverter).is_none(), "zero");

    let base = &units[0];
    let bits = 64 * case.exponents.len() - 3;
    let mut exponents = vec![];
    for i in 0..19u32 {
        let mut row: Vec<u64> = case.exponents.iter().map(|e| e.rotate_left(3 * i)).collect();
        if i == 0 {
            row.fill(0);
        }
        *row.last_mut().expect("not empty") &= u64::MAX >> 3;
        exponents.extend(row);
    }
    for window in [1, 3, 6] {
        let table = ring.fixed_base(&base.row(words), bits, window, &inverter).expect("a unit");
        assert!(table.bytes() > 0 && table.exponent_bits() == bits);
        let expected: Vec<Int> =
            exponents.chunks(case.exponents.len()).map(|e| base.pow(e, &square)).collect();
        let powers = table.pow(&ring, &exponents, case.exponents.len());
        assert_eq!(ring.leave(&powers), rows(&expected, words), "fixed base, window {window}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flat_residues_obey_integer_arithmetic(case in case()) {
        for backend in Backend::supported() {
            check_flat(backend, &case);
        }
    }

    #[test]
    fn pairs_obey_integer_arithmetic_modulo_the_square(case in case()) {
        for backend in Backend::supported() {
            check_pair(backend, &case);
        }
    }

    #[test]
    fn flat_schedules_are_exact(case in case()) {
        for backend in Backend::supported() {
            check_flat_schedules(backend, &case);
        }
    }

    #[test]
    fn inverses_and_fixed_bases_are_exact(case in case()) {
        for backend in Backend::supported() {
            check_inverse_and_fixed_base(backend, &case);
        }
    }
}

#[test]
fn extreme_moduli_at_full_size() {
    // All ones and one bit set: the largest and smallest moduli of their length, where carries peak.
    for bits in [1024usize, 1536, 2048, 3072] {
        let mut ones = vec![u64::MAX; bits / 64];
        let mut sparse = vec![0; bits / 64];
        (sparse[0], sparse[bits / 64 - 1]) = (1, 1 << 63);
        for modulus in [ones.clone(), sparse.clone()] {
            ones[0] = u64::MAX - 2;
            let case = Case { modulus, values: vec![ones.clone(), sparse.clone()], exponents: vec![0xb7] };
            // The model is for its lanes and radix, not for size: it is slow.
            for backend in Backend::supported().into_iter().filter(|b| b.name() != "model" || bits <= 1024) {
                check_flat(backend, &case);
                check_pair(backend, &case);
            }
        }
    }
}

#[test]
fn products_of_long_runs() {
    let n = 0xffff_fff1u64;
    for backend in Backend::supported() {
        let ring = PairModulus::new(&[n], backend).expect("odd");
        let values: Vec<u64> = (0..120).map(|i| 3 + i * 0x1_0000_0001).collect();
        let x = ring.enter(&values, 1);
        for segment in [1, 2, 15, 20, 40, 60, 120] {
            let expected: Vec<u64> = values
                .chunks(segment)
                .map(|run| run.iter().fold(1u128, |p, &v| p * u128::from(v) % u128::from(n * n)) as u64)
                .flat_map(|product| [product, 0])
                .collect();
            assert_eq!(*ring.leave(&ring.product(&x, segment)), expected, "{}, {segment}", backend.name());
        }
    }
}

#[test]
fn every_value_of_a_small_modulus() {
    for backend in Backend::supported() {
        for n in (3u64..40).step_by(2) {
            let ring = PairModulus::new(&[n], backend).expect("odd");
            let all: Vec<u64> = (0..n * n).collect();
            let x = ring.enter(&all, 1);
            let low = |rows: &[u64]| -> Vec<u64> { rows.chunks(2).map(|r| r[0]).collect() };
            assert_eq!(low(&ring.leave(&x)), all);
            for shift in 0..n * n {
                let y = ring.enter(&all.iter().map(|v| (v + shift) % (n * n)).collect::<Vec<_>>(), 1);
                let expected: Vec<u64> = all.iter().map(|v| v * ((v + shift) % (n * n)) % (n * n)).collect();
                assert_eq!(low(&ring.leave(&ring.mul(&x, &y))), expected, "n = {n}, shift {shift}");
            }
        }
    }
}

#[test]
fn batches_can_be_cut_and_joined_anywhere() {
    for backend in Backend::supported() {
        let ring = PairModulus::new(&[0xffff_ffff_ffff_fff1, 0x1234_5678], backend).expect("odd");
        let values: Vec<u64> = (0..40u64).flat_map(|i| [i * 77, i]).collect();
        let x = ring.enter(&values, 2);
        let (a, b, c) = (x.slice(0..7), x.slice(7..8), x.slice(8..40));
        assert_eq!(ring.leave(&Batch::concat(&[&a, &b, &c])), ring.leave(&x));
        assert_eq!(
            *ring.leave(&x.take(&[19, 0, 0])),
            [19, 0, 0].map(|i| ring.leave(&x.slice(i..i + 1)).to_vec()).concat()
        );
        let none = x.slice(3..3);
        assert!(none.is_empty() && ring.leave(&none).is_empty());
        assert!(ring.leave(&ring.mul(&none, &none)).is_empty());
        assert_eq!(Batch::concat(&[&none, &x]).len(), 40);
    }
}

#[test]
fn unusable_moduli_are_refused() {
    for backend in Backend::supported() {
        assert_eq!(Modulus::new(&[6], backend).err(), Some(ModulusError::Even));
        assert_eq!(Modulus::new(&[1, 0], backend).err(), Some(ModulusError::TooSmall));
        assert_eq!(PairModulus::new(&[], backend).err(), Some(ModulusError::TooSmall));
    }
}
