//! Laws of a group of prime order, over every implementer.

use std::sync::Arc;

use super::{PrimeOrder, Ristretto255};
use crate::group::finite_field::{FiniteField, Name};
use crate::random::Stream;

fn laws<G: PrimeOrder>(group: &G) {
    let stream = &mut Stream::seeded([5; 32]);
    let mut draw = || group.random_scalar(stream);
    let (a, b) = (draw(), draw());
    let encoded = |x: &G::Elements| group.encode(x);
    let of = |scalar: &G::Scalar| group.generator_powers(std::slice::from_ref(scalar));
    let (x, y) = (of(&a), of(&b));
    let zero = group.small_scalar(0);
    let one = group.small_scalar(1);

    // Exponents add, multiply, negate and invert as powers say.
    assert_eq!(encoded(&group.multiply(&x, &y)), encoded(&of(&group.add_scalars(&a, &b))));
    let product = group.multiply_scalars(&a, &b);
    assert_eq!(encoded(&group.powers(&x, &b)), encoded(&of(&product)));
    assert_eq!(encoded(&group.powers_vartime(&x, &b)), encoded(&of(&product)));
    assert_eq!(encoded(&group.invert(&x)), encoded(&of(&group.negate_scalar(&a))));
    assert_eq!(encoded(&group.powers(&x, &group.invert_scalar(&a))), encoded(&group.generator()));
    assert_eq!(group.encode_scalar(&group.invert_scalar(&zero)), group.encode_scalar(&zero));
    let challenge = group.challenge_scalar(&[7; 32]);
    assert_ne!(group.encode_scalar(&challenge), group.encode_scalar(&group.challenge_scalar(&[8; 32])));

    // The order: minus one is the largest scalar, and the next is refused.
    let mut largest = group.encode_scalar(&group.negate_scalar(&one));
    assert!(group.decode_scalar(&largest).is_some());
    assert_eq!(
        encoded(&group.multiply(&of(&group.negate_scalar(&one)), &of(&one))),
        encoded(&group.identity(1))
    );
    largest[0] += 1; // the order is odd
    assert!(group.decode_scalar(&largest).is_none());
    assert!(group.decode_scalar(&largest[1..]).is_none());

    // Batches.
    let batch = group.concat(&[x.clone(), y.clone(), group.identity(1)]);
    assert_eq!(group.len(&batch), 3);
    assert!(group.has_identity(&batch) && !group.has_identity(&group.slice(&batch, 0..2)));
    let weights = [u128::MAX, 1 << 70, 12345];
    let combined = group.combine_vartime(&batch, &weights);
    let scalar_of = |weight: u128| {
        let two_to_64 = group.add_scalars(&group.small_scalar(u64::MAX), &one);
        let high = group.multiply_scalars(&group.small_scalar((weight >> 64) as u64), &two_to_64);
        group.add_scalars(&high, &group.small_scalar(weight as u64))
    };
    let expected =
        group.multiply(&group.powers(&x, &scalar_of(weights[0])), &group.powers(&y, &scalar_of(weights[1])));
    assert_eq!(encoded(&combined), encoded(&expected));
    let none = group.concat(&[]);
    assert_eq!(group.len(&none), 0);
    assert_eq!(encoded(&group.combine_vartime(&none, &[])), encoded(&group.identity(1)));

    // Encodings.
    let bytes = group.encode(&batch);
    assert_eq!(bytes.len(), 3 * group.element_bytes());
    assert_eq!(encoded(&group.decode(&bytes).expect("canonical")), bytes);
    assert_eq!(group.decode(&bytes[..bytes.len() - 1]).err(), Some(2));
    let mut foreign = bytes;
    foreign[group.element_bytes()..2 * group.element_bytes()].fill(0xff);
    assert_eq!(group.decode(&foreign).err(), Some(1));
}

#[test]
fn ristretto255_keeps_the_laws() {
    laws(&Ristretto255);
}

#[test]
fn finite_fields_keep_the_laws() {
    laws(&Arc::new(FiniteField::new(Name::Ffdhe2048).expect("a backend")));
}
