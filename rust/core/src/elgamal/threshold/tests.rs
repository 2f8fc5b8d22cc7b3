//! Any `t` decrypt, fewer do not, and who lies is named: over both kinds of group.

use std::sync::Arc;

use curve25519_dalek::Scalar;

use super::partial::lagrange;
use super::share::Polynomial;
use super::*;
use crate::error::{Error, Result};
use crate::group::finite_field::{FiniteField, Name};
use crate::group::{PrimeOrder, Ristretto255};
use crate::parallel::Call;
use crate::random::Stream;

/// Ciphertexts of random elements, and these elements' encodings.
fn encrypted<G: PrimeOrder>(key: &PublicKey<G>, count: usize) -> (Ciphertexts<G>, Vec<u8>) {
    let group = key.group();
    let stream = &mut Stream::seeded([9; 32]);
    let mut bytes = Vec::new();
    let mut plain = Vec::new();
    for _ in 0..count {
        let (r, m) = (group.random_scalar(stream), group.random_scalar(stream));
        let message = group.generator_powers(&[m]);
        bytes.extend(group.encode(&group.generator_powers(std::slice::from_ref(&r))));
        bytes.extend(group.encode(&group.multiply(&message, &group.powers(&key.element(), &r))));
        plain.extend(group.encode(&message));
    }
    (Ciphertexts::from_bytes(group, &bytes).expect("elements"), plain)
}

fn partials<G: PrimeOrder>(
    shares: &[KeyShare<G>],
    of: &Ciphertexts<G>,
    session: &[u8],
) -> Vec<PartialDecryption<G>> {
    let part =
        |share: &KeyShare<G>| share.decrypt_partially(of, session, &mut Call::silent()).expect("computed");
    shares.iter().map(part).collect()
}

fn combine<G: PrimeOrder>(
    key: &PublicKey<G>,
    of: &Ciphertexts<G>,
    partials: &[PartialDecryption<G>],
    chosen: &[usize],
) -> Result<Vec<u8>> {
    let chosen: Vec<_> = chosen.iter().map(|&i| &partials[i]).collect();
    key.combine(of, &chosen, b"s", &mut Call::silent())
}

fn any_threshold_decrypts<G: PrimeOrder>(group: &G, subsets: &[&[usize]]) {
    let shares = KeyShare::generate(group, 5, 3).expect("dealt");
    let key = shares[0].public_key();
    let (ciphertexts, plain) = encrypted(key, 3);
    let parts = partials(&shares, &ciphertexts, b"s");
    for subset in subsets {
        assert_eq!(combine(key, &ciphertexts, &parts, subset), Ok(plain.clone()), "{subset:?}");
    }
    // Encodings hold, for this key only.
    let bytes = parts[1].to_bytes(group);
    let again = PartialDecryption::from_bytes(key, &bytes).expect("decodes");
    assert_eq!(again.to_bytes(group), bytes);
    assert_eq!(
        combine(key, &ciphertexts, &[parts[0].clone(), again, parts[4].clone()], &[0, 1, 2]),
        Ok(plain)
    );
    let other = KeyShare::generate(group, 5, 3).expect("dealt");
    let foreign = PartialDecryption::from_bytes(other[0].public_key(), &bytes);
    assert!(matches!(foreign, Err(Error::KeyMismatch { .. })));
    let key_bytes = key.to_bytes();
    assert_eq!(group_name(key_bytes), Ok(group.name()));
    assert_eq!(PublicKey::from_bytes(group.clone(), key_bytes).expect("decodes").to_bytes(), key_bytes);
}

#[test]
fn any_three_of_five_decrypt_on_ristretto255() {
    let all: Vec<Vec<usize>> = (0..32usize)
        .filter(|mask| mask.count_ones() >= 3)
        .map(|mask| (0..5).filter(|i| mask >> i & 1 == 1).rev().collect())
        .collect();
    any_threshold_decrypts(&Ristretto255, &all.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn any_three_of_five_decrypt_in_a_finite_field() {
    any_threshold_decrypts(&Arc::new(FiniteField::new(Name::Ffdhe2048).expect("a backend")), &[&[4, 0, 2]]);
}

#[test]
fn too_few_duplicates_and_other_sessions_are_refused() {
    let shares = KeyShare::generate(&Ristretto255, 5, 3).expect("dealt");
    let key = shares[0].public_key();
    let (ciphertexts, _) = encrypted(key, 2);
    let parts = partials(&shares, &ciphertexts, b"s");
    let refused = |parts: &[PartialDecryption<Ristretto255>], chosen: &[usize], text: &str| {
        let error = combine(key, &ciphertexts, parts, chosen).expect_err("refused");
        assert!(
            matches!(error, Error::InvalidParameter { .. }) && error.to_string().contains(text),
            "{error}"
        );
    };
    refused(&parts, &[0, 1], "at least the threshold, 3");
    refused(&parts, &[], "at least the threshold, 3");
    refused(&parts, &[0, 1, 1], "two by party 2");
    let replayed = partials(&shares, &ciphertexts, b"another");
    refused(&replayed, &[0, 1, 2], "another session");
    let (others, _) = encrypted(key, 3);
    refused(&partials(&shares, &others, b"s"), &[0, 1, 2], "other ciphertexts");
}

#[test]
fn liars_are_named() {
    let shares = KeyShare::generate(&Ristretto255, 5, 3).expect("dealt");
    let key = shares[0].public_key();
    let (ciphertexts, _) = encrypted(key, 2);
    let honest = partials(&shares, &ciphertexts, b"s");
    let bytes = honest[1].to_bytes(&Ristretto255);
    let named = |bytes: &[u8], party: u8| {
        let mut parts = honest.clone();
        parts[1] = PartialDecryption::from_bytes(key, bytes).expect("well formed");
        let error = combine(key, &ciphertexts, &parts, &[0, 1, 4]).expect_err("refused");
        assert!(matches!(&error, Error::Misbehaviour { parties, .. } if parties == &[party]), "{error}");
    };
    // Another element in place of the last power.
    let mut lie = bytes.clone();
    let at = lie.len() - 32;
    lie[at..].copy_from_slice(&Ristretto255.encode(&Ristretto255.generator()));
    named(&lie, 2);
    // Another challenge; another response.
    for at in [71, 103] {
        let mut lie = bytes.clone();
        lie[at] ^= 1;
        named(&lie, 2);
    }
    // In another's name.
    let mut lie = bytes.clone();
    lie[70] = 3;
    named(&lie, 3);
    // Neutral elements.
    let mut lie = bytes.clone();
    let at = lie.len() - 64;
    lie[at..].fill(0);
    named(&lie, 2);
    // Parties that there are not, and truncations.
    for party in [0, 6, 255] {
        let mut lie = bytes.clone();
        lie[70] = party;
        assert!(PartialDecryption::from_bytes(key, &lie).is_err());
    }
    for length in 0..bytes.len() {
        assert!(PartialDecryption::from_bytes(key, &bytes[..length]).is_err());
    }
}

#[test]
fn a_share_that_does_not_fit_is_refused() {
    let shares = KeyShare::generate(&Ristretto255, 3, 2).expect("dealt");
    let key = shares[0].public_key().clone();
    let share = |share: Scalar, party| KeyShare::new(key.clone(), party, zeroize::Zeroizing::new(share));
    let own = *shares[0].exponent();
    assert!(share(own, 1).is_ok());
    for (wrong, party) in [(own, 2), (own + Scalar::ONE, 1), (own, 0), (own, 4)] {
        assert!(matches!(share(wrong, party), Err(Error::InvalidKey(_))));
    }
    for (parties, threshold) in [(1, 1), (3, 1), (3, 4), (256, 2), (0, 0)] {
        let refused = KeyShare::generate(&Ristretto255, parties, threshold);
        assert!(matches!(refused, Err(Error::InvalidParameter { .. })), "{parties} {threshold}");
    }
    assert!(matches!(KeyShare::deal(&Ristretto255, Scalar::ZERO, 3, 2), Err(Error::InvalidKey(_))));
}

#[test]
fn sealed_shares_open() {
    let shares = KeyShare::generate(&Ristretto255, 3, 2).expect("dealt");
    let call = &mut Call::silent();
    let file = shares[2].seal(b"password", call).expect("sealed");
    let payload = Payload::open(&file, b"password", call).expect("opens");
    assert_eq!(group_name(payload.public_key().expect("there")), Ok("ristretto255"));
    let share = KeyShare::from_payload(Ristretto255, &payload).expect("a share");
    assert_eq!((share.party(), share.exponent()), (3, shares[2].exponent()));
    assert!(matches!(Payload::open(&file, b"wrong", call), Err(Error::WrongPassword)));
}

/// RFC 9591, appendix E.3, FROST(ristretto255, SHA-512): the shares of a known polynomial.
#[test]
fn shares_are_those_of_rfc_9591() {
    let text = include_str!("../../../../../vectors/threshold/rfc9591-ristretto255.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let hex = |value: &serde_json::Value| -> [u8; 32] {
        let text = value.as_str().expect("text");
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal"))
    };
    let scalar = |value| Scalar::from_canonical_bytes(hex(value)).into_option().expect("canonical");
    let secret = scalar(&vectors["group_secret_key"]);
    let polynomial = Polynomial::of(vec![secret, scalar(&vectors["share_polynomial_coefficient_1"])]);
    let commitments = polynomial.commitments(&Ristretto255);
    assert_eq!(commitments[0].compress().to_bytes(), hex(&vectors["group_public_key"]));
    let shares: Vec<_> =
        vectors["participant_shares"].as_array().expect("a list").iter().map(scalar).collect();
    for (party, share) in (1..).zip(&shares) {
        assert_eq!(polynomial.at(&Ristretto255, party), *share);
        let public = share_of_commitments(&Ristretto255, &commitments, party);
        assert_eq!(public, Ristretto255.generator_powers(&[*share]));
    }
    for parties in [[1, 2], [3, 1], [2, 3]] {
        let sum = parties.iter().map(|&i| lagrange(&Ristretto255, i, &parties) * shares[usize::from(i) - 1]);
        assert_eq!(sum.sum::<Scalar>(), secret);
    }
}
