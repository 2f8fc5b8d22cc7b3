//! Paillier keeps the laws of additively homomorphic encryption, and what is particular to it: the edges
//! of the plaintext range, keys that do not mix, and encodings.

#[path = "laws/additive.rs"]
mod laws;

use laws::{Additive, integers, values};
use privml_core::error::Error;
use privml_core::integers::Integers;
use privml_core::paillier::{Ciphertexts, Noise, PrivateKey};
use privml_core::parallel::Call;

struct Paillier;

fn key(bits: usize) -> PrivateKey {
    PrivateKey::generate(bits, true, &mut Call::silent()).expect("a key")
}

impl Additive for Paillier {
    type Key = PrivateKey;
    type Ciphertexts = Ciphertexts;

    fn keys() -> Vec<PrivateKey> {
        vec![key(256), key(320), key(512)]
    }
    fn encryptions(key: &PrivateKey, values: &Integers) -> Vec<Ciphertexts> {
        let public = key.public_key();
        let mut all = Vec::new();
        for noise in [Noise::Short, Noise::Uniform] {
            all.push(public.encrypt(values, noise, &mut Call::silent()).expect("encrypted"));
            all.push(key.encrypt(values, noise, &mut Call::silent()).expect("encrypted"));
        }
        all
    }
    fn decrypt(key: &PrivateKey, c: &Ciphertexts) -> Integers {
        key.decrypt(c, &mut Call::silent()).expect("decrypted")
    }
    fn add(a: &Ciphertexts, b: &Ciphertexts) -> Ciphertexts {
        a.add(b, &mut Call::silent()).expect("a sum")
    }
    fn subtract(a: &Ciphertexts, b: &Ciphertexts) -> Ciphertexts {
        a.subtract(b, &mut Call::silent()).expect("a difference")
    }
    fn negate(a: &Ciphertexts) -> Ciphertexts {
        a.negate(&mut Call::silent()).expect("negatives")
    }
    fn add_plain(a: &Ciphertexts, values: &Integers) -> Ciphertexts {
        a.add_plain(values, &mut Call::silent()).expect("a sum")
    }
    fn multiply(a: &Ciphertexts, values: &Integers) -> Ciphertexts {
        a.multiply(values, &mut Call::silent()).expect("a product")
    }
    fn matmul(a: &Ciphertexts, weights: &Integers, rows: usize) -> Ciphertexts {
        a.matmul(weights, rows, &mut Call::silent()).expect("a product")
    }
    fn sum(a: &Ciphertexts, segment: usize) -> Ciphertexts {
        a.sum(segment, &mut Call::silent()).expect("sums")
    }
    fn aggregate(parts: &[&Ciphertexts]) -> Ciphertexts {
        Ciphertexts::aggregate(parts, &mut Call::silent()).expect("a sum")
    }
    fn concatenate(parts: &[&Ciphertexts]) -> Ciphertexts {
        Ciphertexts::concatenate(parts).expect("a batch")
    }
    fn take(a: &Ciphertexts, indices: &[usize]) -> Ciphertexts {
        a.take(indices).expect("a batch")
    }
    fn rerandomizations(a: &Ciphertexts) -> Vec<Ciphertexts> {
        [Noise::Short, Noise::Uniform]
            .map(|noise| a.rerandomize(noise, &mut Call::silent()).expect("fresh noise"))
            .into()
    }
    fn bytes(a: &Ciphertexts) -> Vec<Vec<u8>> {
        let rows = a.to_rows(&mut Call::silent()).expect("rows");
        rows.chunks(a.row_words())
            .map(|row| row.iter().flat_map(|word| word.to_le_bytes()).collect())
            .collect()
    }
}

additive_laws!(Paillier);

/// The magnitudes of one signed value, `words` long.
fn edge(magnitude: &[u64], negative: bool) -> Integers {
    Integers::from_parts(magnitude.len(), magnitude.to_vec(), vec![negative])
}

fn add_one(words: &[u64]) -> Vec<u64> {
    let mut words = words.to_vec();
    for word in &mut words {
        let (sum, carry) = word.overflowing_add(1);
        *word = sum;
        if !carry {
            break;
        }
    }
    words
}

#[test]
fn the_edges_of_the_plaintext_range() {
    for key in [key(256), key(320), key(1024)] {
        let half = key.public_key().largest_plaintext().to_vec();
        let beyond = add_one(&half);
        for negative in [false, true] {
            let largest = edge(&half, negative);
            for c in Paillier::encryptions(&key, &largest) {
                let opened = Paillier::decrypt(&key, &c);
                assert_eq!((opened.magnitude(0), opened.is_negative(0)), (&half[..], negative));
                // One step further wraps to the other end: overflow is for the layer above to prevent.
                let step = integers(&[if negative { -1 } else { 1 }]);
                let wrapped = Paillier::decrypt(&key, &Paillier::add_plain(&c, &step));
                assert_eq!((wrapped.magnitude(0), wrapped.is_negative(0)), (&half[..], !negative));
                let refused = c.add_plain(&edge(&beyond, negative), &mut Call::silent());
                assert!(matches!(refused, Err(Error::Overflow { .. })));
            }
            let refused =
                key.public_key().encrypt(&edge(&beyond, negative), Noise::Short, &mut Call::silent());
            assert!(matches!(refused, Err(Error::Overflow { .. })));
            let refused = key.encrypt(&edge(&beyond, negative), Noise::Short, &mut Call::silent());
            assert!(matches!(refused, Err(Error::Overflow { .. })));
        }
    }
}

#[test]
fn a_key_of_full_size() {
    let key = PrivateKey::generate(2048, false, &mut Call::silent()).expect("a key");
    let plain = [0, 1, -1, 1 << 90, -(1 << 90)];
    for c in Paillier::encryptions(&key, &integers(&plain)) {
        assert_eq!(values(&Paillier::decrypt(&key, &c)), plain);
    }
    let (p, q) = key.primes();
    let again = PrivateKey::from_primes(q, p, false, &mut Call::silent()).expect("the same key");
    assert_eq!(again.public_key(), key.public_key());
}

#[test]
fn keys_do_not_mix() {
    let (one, other) = (key(256), key(256));
    let a = one.encrypt(&integers(&[1, 2]), Noise::Short, &mut Call::silent()).expect("encrypted");
    let b = other.encrypt(&integers(&[1, 2]), Noise::Short, &mut Call::silent()).expect("encrypted");
    let mut call = Call::silent();
    for refused in [
        a.add(&b, &mut call),
        a.subtract(&b, &mut call),
        Ciphertexts::aggregate(&[&a, &b], &mut call),
        Ciphertexts::concatenate(&[&a, &b]),
    ] {
        assert!(matches!(refused, Err(Error::KeyMismatch { .. })));
    }
    assert!(matches!(one.decrypt(&b, &mut call), Err(Error::KeyMismatch { .. })));
}

#[test]
fn lengths_must_agree() {
    let key = key(256);
    let mut call = Call::silent();
    let a = key.encrypt(&integers(&[1, 2, 3]), Noise::Short, &mut call).expect("encrypted");
    let b = key.encrypt(&integers(&[1, 2]), Noise::Short, &mut call).expect("encrypted");
    for refused in [
        a.add(&b, &mut call),
        a.subtract(&b, &mut call),
        a.add_plain(&integers(&[1]), &mut call),
        a.multiply(&integers(&[1]), &mut call),
        a.matmul(&integers(&[1; 5]), 2, &mut call),
        a.sum(2, &mut call),
        a.sum(0, &mut call),
        a.take(&[3]),
        Ciphertexts::aggregate(&[&a, &b], &mut call),
        Ciphertexts::aggregate(&[], &mut call),
        Ciphertexts::concatenate(&[]),
    ] {
        assert!(matches!(refused, Err(Error::Shape { .. })));
    }
}

#[test]
fn integers_lead_back_to_ciphertexts() {
    let key = key(256);
    let mut call = Call::silent();
    let c = key.encrypt(&integers(&[5, -6, 7]), Noise::Short, &mut call).expect("encrypted");
    let raw = c.to_integers(&mut call).expect("integers");
    let again = Ciphertexts::from_integers(key.public_key(), &raw, &mut call).expect("ciphertexts");
    assert_eq!(Paillier::bytes(&again), Paillier::bytes(&c));
    let negative = integers(&[1, -1]);
    let refused = Ciphertexts::from_integers(key.public_key(), &negative, &mut call);
    assert!(matches!(refused, Err(Error::InvalidCiphertext { index: 1, .. })));
    // A one, and 2^512: a word more than ciphertexts of this key have.
    let wide = Integers::from_parts(9, [vec![1], vec![0; 16], vec![1]].concat(), vec![false; 2]);
    let refused = Ciphertexts::from_integers(key.public_key(), &wide, &mut call);
    assert!(matches!(refused, Err(Error::InvalidCiphertext { index: 1, .. })));
}
