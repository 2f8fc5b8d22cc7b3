//! Proofs of what is true hold, and nothing else does: not what is false, not another context.

use curve25519_dalek::ristretto::RistrettoBasepointTable;
use curve25519_dalek::{RistrettoPoint, Scalar};

use super::*;
use crate::group::{PrimeOrder, Ristretto255};
use crate::parallel::Call;
use crate::random::Stream;
use crate::transcript::Transcript;

fn scalar(stream: &mut Stream) -> Scalar {
    Ristretto255.random_scalar(stream)
}

fn context(name: &str) -> Transcript {
    let mut transcript = Transcript::new("test");
    transcript.append("name", name.as_bytes());
    transcript
}

#[test]
fn equality_holds_for_equal_exponents_only() {
    let call = &mut Call::silent();
    let stream = &mut Stream::seeded([1; 32]);
    let x = scalar(stream);
    let public = vec![RistrettoPoint::mul_base(&x)];
    let bases: Vec<_> = (0..20).map(|_| RistrettoPoint::mul_base(&scalar(stream))).collect();
    let powers: Vec<_> = bases.iter().map(|base| base * x).collect();
    let group = &Ristretto255;
    let honest = Statement { group, public: &public, bases: &bases, powers: &powers };
    let proof = Equality::prove(&honest, &x, context("a"), call).expect("proven");
    let holds = |proof: &Equality<Scalar>, statement: &Statement<'_, Ristretto255>, name: &str| {
        proof.holds_vartime(statement, context(name), &mut Call::silent()).expect("checked")
    };
    assert!(holds(&proof, &honest, "a"));
    assert!(!holds(&proof, &honest, "b"), "another context");
    // Wrong powers that cancel for equal weights: the weights are what catches them.
    let mut wrong = powers.clone();
    wrong[0] += public[0];
    wrong[1] -= public[0];
    let lie = Statement { group, public: &public, bases: &bases, powers: &wrong };
    assert!(!holds(&proof, &lie, "a"));
    let forged = Equality::prove(&lie, &x, context("a"), call).expect("computed");
    assert!(!holds(&forged, &lie, "a"));
    let mut swapped = powers.clone();
    swapped.swap(3, 4);
    let lie = Statement { group, public: &public, bases: &bases, powers: &swapped };
    let forged = Equality::prove(&lie, &x, context("a"), call).expect("computed");
    assert!(!holds(&forged, &lie, "a"));
    let mut altered = proof.clone();
    altered.response += Scalar::ONE;
    assert!(!holds(&altered, &honest, "a"));
    altered = proof;
    altered.challenge[0] ^= 1;
    assert!(!holds(&altered, &honest, "a"));
}

#[test]
fn possession_is_bound_to_key_and_context() {
    let stream = &mut Stream::seeded([2; 32]);
    let x = scalar(stream);
    let public = RistrettoPoint::mul_base(&x);
    let proof = Possession::prove(&x, &public, context("a")).expect("proven");
    assert!(proof.holds_vartime(&public, context("a")));
    assert!(!proof.holds_vartime(&public, context("b")));
    assert!(!proof.holds_vartime(&(public + public), context("a")));
    for at in 0..64 {
        let mut altered = proof.clone();
        altered.0[at] ^= 0x80;
        assert!(!altered.holds_vartime(&public, context("a")), "byte {at}");
    }
    assert!(Possession::prove(&x, &public, context("a")).expect("proven") != proof, "a fresh nonce");
}

fn encrypt(key: &RistrettoPoint, value: Scalar, nonce: &Scalar) -> [RistrettoPoint; 2] {
    [RistrettoPoint::mul_base(nonce), RistrettoPoint::mul_base(&value) + key * nonce]
}

#[test]
fn membership_holds_for_allowed_values_only() {
    let stream = &mut Stream::seeded([3; 32]);
    let key = RistrettoPoint::mul_base(&scalar(stream));
    let table = RistrettoBasepointTable::create(&key);
    for (low, high) in [(0, 1), (1, 1), (0, 3), (2, 4)] {
        let allowed = Allowed { low, high };
        for value in 0..7 {
            let nonce = scalar(stream);
            let ciphertext = encrypt(&key, Scalar::from(value), &nonce);
            let proof = Membership::prove(allowed, &table, &ciphertext, value, &nonce, context("a"));
            let proof = proof.expect("computed");
            let within = (low..=high).contains(&value);
            assert_eq!(proof.holds_vartime(allowed, &key, &ciphertext, context("a")), within);
            assert!(!proof.holds_vartime(allowed, &key, &ciphertext, context("b")));
            let copied = [ciphertext[0], ciphertext[1] + ciphertext[0]];
            assert!(!proof.holds_vartime(allowed, &key, &copied, context("a")));
            let wider = Allowed { low, high: high + 1 };
            assert!(!proof.holds_vartime(wider, &key, &ciphertext, context("a")));
        }
    }
}

#[test]
fn two_and_minus_one_cannot_be_proven_bits() {
    let stream = &mut Stream::seeded([4; 32]);
    let key = RistrettoPoint::mul_base(&scalar(stream));
    let table = RistrettoBasepointTable::create(&key);
    let bit = Allowed { low: 0, high: 1 };
    for value in [Scalar::from(2u64), -Scalar::ONE] {
        let nonce = scalar(stream);
        let ciphertext = encrypt(&key, value, &nonce);
        for claimed in [0, 1, 2] {
            let proof = Membership::prove(bit, &table, &ciphertext, claimed, &nonce, context("a"));
            assert!(!proof.expect("computed").holds_vartime(bit, &key, &ciphertext, context("a")));
        }
    }
}

#[test]
fn an_altered_membership_proof_fails() {
    let stream = &mut Stream::seeded([5; 32]);
    let key = RistrettoPoint::mul_base(&scalar(stream));
    let table = RistrettoBasepointTable::create(&key);
    let bit = Allowed { low: 0, high: 1 };
    let nonce = scalar(stream);
    let ciphertext = encrypt(&key, Scalar::ONE, &nonce);
    let proof = Membership::prove(bit, &table, &ciphertext, 1, &nonce, context("a")).expect("proven");
    let bytes = proof.to_bytes();
    assert_eq!(bytes.len(), 2 * BRANCH_BYTES);
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let holds = Membership::from_bytes(&altered)
            .is_some_and(|proof| proof.holds_vartime(bit, &key, &ciphertext, context("a")));
        assert!(!holds, "byte {at}");
    }
    let mut swapped = bytes.clone();
    swapped.rotate_left(BRANCH_BYTES);
    let swapped = Membership::from_bytes(&swapped).expect("canonical");
    assert!(!swapped.holds_vartime(bit, &key, &ciphertext, context("a")));
    assert!(Membership::from_bytes(&bytes[1..]).is_none());
    // A scalar plus the order, which would be a second encoding of the same proof.
    let mut loose = bytes;
    loose[31] |= 0xf0;
    assert!(Membership::from_bytes(&loose).is_none());
}
