//! The constants against their definition, and the quotient's laws against big-integer arithmetic.

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, is_prime};

use super::*;

/// `floor(2^bits e)`, from the series of e with 64 bits to spare.
fn e_scaled(bits: usize) -> Vec<u64> {
    let len = bits / 64 + 3;
    let shift = bits + 64;
    let mut term = vec![0u64; len];
    term[shift / 64] = 1 << (shift % 64);
    let mut sum = vec![0u64; len];
    for k in 1u64.. {
        if words::is_zero(&term) == 1 {
            break;
        }
        let mut carry = 0u64;
        for (slot, &word) in sum.iter_mut().zip(&term) {
            let wide = u128::from(*slot) + u128::from(word) + u128::from(carry);
            *slot = wide as u64;
            carry = (wide >> 64) as u64;
        }
        let mut remainder = 0u128;
        for slot in term.iter_mut().rev() {
            let wide = remainder << 64 | u128::from(*slot);
            *slot = (wide / u128::from(k)) as u64;
            remainder = wide % u128::from(k);
        }
    }
    sum[1..].to_vec()
}

#[test]
fn primes_are_those_of_the_formula() {
    for (name, x) in
        [(Name::Ffdhe2048, 560_316u64), (Name::Ffdhe3072, 2_625_351), (Name::Ffdhe4096, 5_736_041)]
    {
        let bits = name.bits();
        let len = bits / 64;
        // With M = floor(2^(b-130) e) + X below 2^(b-128): p = (2^64 - 1) 2^(b-64) + (M - 1) 2^64 + 2^64 - 1.
        let mut middle = e_scaled(bits - 130);
        middle.resize(len - 2, 0);
        let mut carry = x - 1;
        for slot in &mut middle {
            let (sum, over) = slot.overflowing_add(carry);
            *slot = sum;
            carry = u64::from(over);
        }
        let expected = [&[u64::MAX], &*middle, &[u64::MAX]].concat();
        assert_eq!(name.prime(), expected, "{}", name.as_str());
    }
}

#[test]
fn primes_are_safe() {
    for name in Name::ALL {
        let group = FiniteField::new(name).expect("a group");
        for number in [group.modulus().words(), group.order()] {
            assert!(
                is_prime(Flavor::Any, &BoxedUint::from_words(number.iter().copied())),
                "{}",
                name.as_str()
            );
        }
        assert_eq!(name.prime()[0] % 8, 7);
    }
}

#[test]
fn classes_leave_as_their_least_members() {
    for name in Name::ALL {
        let group = FiniteField::new(name).expect("a group");
        let n = group.words();
        let mut rows = vec![0; 4 * n];
        rows[0] = 1;
        rows[n..2 * n].copy_from_slice(group.order());
        rows[2 * n..3 * n].copy_from_slice(group.modulus().words()); // p - 1, the other member of {1, p - 1}
        rows[2 * n] -= 1;
        rows[3 * n..].copy_from_slice(group.modulus().words()); // p - 5
        rows[3 * n] -= 5;
        let left = group.leave(&group.enter(&rows));
        let mut expected = rows[..2 * n].to_vec();
        expected.extend((0..2 * n).map(|i| {
            if i == 0 {
                1
            } else if i == n {
                5
            } else {
                0
            }
        }));
        assert_eq!(*left, expected);
        assert_eq!(group.first_foreign(&left), None);
        assert_eq!(group.first_foreign(&rows), Some(2));
        assert_eq!(group.first_foreign(&vec![0; n]), Some(0));
        let mut above = vec![0; n]; // q + 1 = p - q
        words::subtract(&mut above, group.modulus().words(), group.order());
        assert_eq!(group.first_foreign(&above), Some(0));
    }
}

#[test]
fn the_order_annihilates_and_inverses_invert() {
    for name in Name::ALL {
        let group = FiniteField::new(name).expect("a group");
        let n = group.words();
        let mut rows = vec![0; 5 * n];
        for (i, row) in rows.chunks_exact_mut(n).enumerate() {
            row[0] = 2 + i as u64;
        }
        let x = group.enter(&rows);
        let ones = group.leave(&group.modulus().ones(5));
        assert_eq!(group.leave(&group.modulus().pow(&x, group.order())), ones);
        let inverse = group.invert(&x).expect("units");
        assert_eq!(group.leave(&group.modulus().mul(&x, &inverse)), ones);
        assert!(group.invert(&group.enter(&vec![0; n])).is_err());
    }
}
