//! The laws of additively homomorphic encryption, written once for every scheme that has them.
//!
//! A scheme says how it does things ([`Additive`]); [`additive_laws!`] makes a test of each law.

use privml_core::integers::Integers;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A batch scheme whose ciphertexts can be added and multiplied by public integers. Plaintexts in the
/// laws are small enough not to overflow; what happens at the edges is for the scheme's own tests.
pub trait Additive {
    type Key;
    type Ciphertexts;

    /// Keys of several sizes.
    fn keys() -> Vec<Self::Key>;
    /// Encryptions in every way the scheme has: by anyone, by the owner, with each kind of noise.
    fn encryptions(key: &Self::Key, values: &Integers) -> Vec<Self::Ciphertexts>;
    fn decrypt(key: &Self::Key, c: &Self::Ciphertexts) -> Integers;
    fn add(a: &Self::Ciphertexts, b: &Self::Ciphertexts) -> Self::Ciphertexts;
    fn subtract(a: &Self::Ciphertexts, b: &Self::Ciphertexts) -> Self::Ciphertexts;
    fn negate(a: &Self::Ciphertexts) -> Self::Ciphertexts;
    fn add_plain(a: &Self::Ciphertexts, values: &Integers) -> Self::Ciphertexts;
    fn multiply(a: &Self::Ciphertexts, values: &Integers) -> Self::Ciphertexts;
    fn matmul(a: &Self::Ciphertexts, weights: &Integers, rows: usize) -> Self::Ciphertexts;
    fn sum(a: &Self::Ciphertexts, segment: usize) -> Self::Ciphertexts;
    fn aggregate(parts: &[&Self::Ciphertexts]) -> Self::Ciphertexts;
    fn concatenate(parts: &[&Self::Ciphertexts]) -> Self::Ciphertexts;
    fn take(a: &Self::Ciphertexts, indices: &[usize]) -> Self::Ciphertexts;
    fn rerandomizations(a: &Self::Ciphertexts) -> Vec<Self::Ciphertexts>;
    /// Ciphertexts as bytes that differ if they do.
    fn bytes(a: &Self::Ciphertexts) -> Vec<Vec<u8>>;
}

/// A batch of integers.
pub fn integers(values: &[i128]) -> Integers {
    let magnitudes = values.iter().flat_map(|v| [v.unsigned_abs() as u64, (v.unsigned_abs() >> 64) as u64]);
    Integers::from_parts(2, magnitudes.collect(), values.iter().map(|&v| v < 0).collect())
}

/// The integers of a batch, all of which fit.
pub fn values(integers: &Integers) -> Vec<i128> {
    let value = |i: usize| {
        let words = integers.magnitude(i);
        assert!(words.iter().skip(2).all(|&word| word == 0), "a value above 128 bits");
        let magnitude = u128::from(words[0]) | u128::from(words.get(1).copied().unwrap_or(0)) << 64;
        let magnitude = i128::try_from(magnitude).expect("a value below 127 bits");
        if integers.is_negative(i) { -magnitude } else { magnitude }
    };
    (0..integers.len()).map(value).collect()
}

fn open<S: Additive>(key: &S::Key, c: &S::Ciphertexts) -> Vec<i128> {
    values(&S::decrypt(key, c))
}

fn sealed<S: Additive>(key: &S::Key, plain: &[i128]) -> S::Ciphertexts {
    S::encryptions(key, &integers(plain)).swap_remove(0)
}

const EDGES: [i128; 9] = [0, 1, -1, 2, -2, i64::MAX as i128, i64::MIN as i128, 1 << 80, -(1 << 80)];

pub fn round_trip<S: Additive>() {
    for key in S::keys() {
        for c in S::encryptions(&key, &integers(&EDGES)) {
            assert_eq!(open::<S>(&key, &c), EDGES);
        }
    }
}

pub fn encryption_is_randomised<S: Additive>() {
    for key in S::keys() {
        let mut all: Vec<_> = S::encryptions(&key, &integers(&[7; 20])).iter().flat_map(S::bytes).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "two equal ciphertexts");
    }
}

pub fn elementwise<S: Additive>() {
    let cases = (1usize..20).prop_flat_map(|len| {
        let plain = || prop::collection::vec(-(1i128 << 62)..(1 << 62), len);
        (plain(), plain(), prop::collection::vec(-(1i128 << 20)..(1 << 20), len))
    });
    for key in S::keys() {
        check(&cases, |(x, y, w)| {
            let (a, b) = (sealed::<S>(&key, &x), sealed::<S>(&key, &y));
            let zip = |f: fn(i128, i128) -> i128, z: &[i128]| {
                x.iter().zip(z).map(|(&x, &z)| f(x, z)).collect::<Vec<_>>()
            };
            prop_assert_eq!(open::<S>(&key, &S::add(&a, &b)), zip(|x, y| x + y, &y));
            prop_assert_eq!(open::<S>(&key, &S::subtract(&a, &b)), zip(|x, y| x - y, &y));
            prop_assert_eq!(open::<S>(&key, &S::negate(&a)), zip(|x, _| -x, &y));
            prop_assert_eq!(open::<S>(&key, &S::add_plain(&a, &integers(&y))), zip(|x, y| x + y, &y));
            prop_assert_eq!(open::<S>(&key, &S::multiply(&a, &integers(&w))), zip(|x, w| x * w, &w));
            for c in S::rerandomizations(&a) {
                prop_assert_eq!(open::<S>(&key, &c), x.clone());
                prop_assert!(S::bytes(&c).iter().zip(S::bytes(&a)).all(|(c, a)| *c != a));
            }
            Ok(())
        });
    }
}

pub fn matrix_products<S: Additive>() {
    let cases = (0usize..6, 1usize..9).prop_flat_map(|(rows, columns)| {
        let plain = prop::collection::vec(-(1i128 << 62)..(1 << 62), columns);
        let any = prop::collection::vec(-(1i128 << 33)..(1 << 33), rows * columns);
        let positive = prop::collection::vec(0..1i128 << 16, rows * columns);
        (Just(rows), plain, prop_oneof![any, positive])
    });
    for key in S::keys() {
        check(&cases, |(rows, x, w)| {
            let dot = |row: &[i128]| row.iter().zip(&x).map(|(w, x)| w * x).sum::<i128>();
            let expected: Vec<i128> = w.chunks_exact(x.len()).map(dot).collect();
            let product = S::matmul(&sealed::<S>(&key, &x), &integers(&w), rows);
            prop_assert_eq!(open::<S>(&key, &product), expected);
            Ok(())
        });
    }
}

pub fn sums_and_rearrangements<S: Additive>() {
    let cases = (1usize..7, 1usize..7).prop_flat_map(|(runs, segment)| {
        (Just(segment), prop::collection::vec(-(1i128 << 62)..(1 << 62), runs * segment))
    });
    for key in S::keys() {
        check(&cases, |(segment, x)| {
            let a = sealed::<S>(&key, &x);
            let sums: Vec<i128> = x.chunks_exact(segment).map(|run| run.iter().sum()).collect();
            prop_assert_eq!(open::<S>(&key, &S::sum(&a, segment)), sums);
            let triple: Vec<i128> = x.iter().map(|x| 3 * x).collect();
            prop_assert_eq!(open::<S>(&key, &S::aggregate(&[&a, &a, &a])), triple);
            let twice = [&x[..], &x[..]].concat();
            let both = S::concatenate(&[&a, &a]);
            prop_assert_eq!(open::<S>(&key, &both), twice.clone());
            let indices: Vec<usize> = (0..twice.len()).rev().step_by(2).chain([0, 0]).collect();
            let taken: Vec<i128> = indices.iter().map(|&i| twice[i]).collect();
            prop_assert_eq!(open::<S>(&key, &S::take(&both, &indices)), taken);
            Ok(())
        });
    }
}

pub fn empty_batches<S: Additive>() {
    for key in S::keys() {
        let none = integers(&[]);
        for c in S::encryptions(&key, &none) {
            assert_eq!(S::decrypt(&key, &c).len(), 0);
            let zeros = [S::add(&c, &c), S::subtract(&c, &c), S::negate(&c), S::add_plain(&c, &none)];
            let more =
                [S::multiply(&c, &none), S::sum(&c, 3), S::aggregate(&[&c, &c]), S::concatenate(&[&c, &c])];
            let rest = [S::take(&c, &[]), S::matmul(&c, &none, 0)];
            for empty in zeros.iter().chain(&more).chain(&rest).chain(&S::rerandomizations(&c)) {
                assert_eq!(open::<S>(&key, empty), Vec::<i128>::new());
            }
            // A matrix without columns: sums of nothing.
            assert_eq!(open::<S>(&key, &S::matmul(&c, &none, 2)), [0, 0]);
        }
    }
}

/// A batch long enough to be cut in pieces and spread over threads gives what a short one gives.
pub fn long_batches<S: Additive>() {
    let key = S::keys().swap_remove(0);
    let x: Vec<i128> = (0..3000).map(|i| (i - 1500) * 1_000_003).collect();
    for c in S::encryptions(&key, &integers(&x)) {
        assert_eq!(open::<S>(&key, &c), x);
        assert_eq!(open::<S>(&key, &S::sum(&c, 3000)), [x.iter().sum::<i128>()]);
        assert_eq!(
            open::<S>(&key, &S::sum(&c, 1000)),
            x.chunks(1000).map(|run| run.iter().sum()).collect::<Vec<i128>>()
        );
        let w: Vec<i128> = (0..6000).map(|i| (i * 7919) % 1021 - 510).collect();
        let dot = |row: &[i128]| row.iter().zip(&x).map(|(w, x)| w * x).sum::<i128>();
        assert_eq!(
            open::<S>(&key, &S::matmul(&c, &integers(&w), 2)),
            w.chunks(3000).map(dot).collect::<Vec<_>>()
        );
        let products: Vec<i128> = x.iter().zip(&w).map(|(x, w)| x * w).collect();
        assert_eq!(open::<S>(&key, &S::multiply(&c, &integers(&w[..3000]))), products);
    }
}

fn check<T: std::fmt::Debug>(
    cases: &impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    runner.run(cases, test).expect("the law holds");
}

/// A test of each law for a scheme.
#[macro_export]
macro_rules! additive_laws {
    ($scheme:ty: $($law:ident)+) => {
        $(#[test] fn $law() { $crate::laws::$law::<$scheme>(); })+
    };
    ($scheme:ty) => {
        $crate::additive_laws!($scheme: round_trip encryption_is_randomised elementwise matrix_products
            sums_and_rearrangements empty_batches long_batches);
    };
}
