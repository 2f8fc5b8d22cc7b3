//! The scheme against integer arithmetic, and what it refuses.

use super::*;
use crate::error::Error;
use crate::group::ristretto;
use crate::integers::Integers;
use crate::parallel::Call;

const A: [i64; 7] = [0, 1, -1, 70_000, -(1 << 31), 12_345, -9];
const B: [i64; 7] = [5, -1, -1, 3, 4, -600, 7];

fn key() -> PrivateKey {
    PrivateKey::generate().expect("a key")
}

fn sealed(key: &PrivateKey, values: &[i64]) -> Ciphertexts {
    key.public_key().encrypt(&Integers::from_i64(values), &mut Call::silent()).expect("encrypted")
}

fn opened(key: &PrivateKey, c: &Ciphertexts) -> Vec<i64> {
    let found = key.decrypt(c, LARGEST_PLAINTEXT, &mut Call::silent()).expect("decrypted");
    found.to_i64().expect("small plaintexts")
}

#[test]
fn ciphertexts_do_what_integers_do() {
    let key = key();
    let silent = &mut Call::silent();
    let (a, b, plain) = (sealed(&key, &A), sealed(&key, &B), Integers::from_i64(&B));
    let zip = |f: fn(i64, i64) -> i64| A.iter().zip(B).map(|(&a, b)| f(a, b)).collect::<Vec<_>>();
    assert_eq!(opened(&key, &a), A);
    assert_eq!(opened(&key, &a.add(&b, silent).expect("sums")), zip(|a, b| a + b));
    assert_eq!(opened(&key, &a.subtract(&b, silent).expect("differences")), zip(|a, b| a - b));
    assert_eq!(opened(&key, &a.negate(silent).expect("negatives")), zip(|a, _| -a));
    assert_eq!(opened(&key, &a.add_plain_vartime(&plain, silent).expect("sums")), zip(|a, b| a + b));
    assert_eq!(opened(&key, &a.multiply_vartime(&plain, silent).expect("products")), zip(|a, b| a * b));
    assert_eq!(opened(&key, &a.rerandomize(silent).expect("fresh")), A);
    assert_eq!(opened(&key, &a.sum(7, silent).expect("a sum")), [A.iter().sum::<i64>()]);
    let runs = a.sum_runs(&[2, 0, 5], silent).expect("sums");
    assert_eq!(opened(&key, &runs), [1, 0, A[2..].iter().sum()]);
    let rows = a.to_rows(silent).expect("rows");
    assert_eq!(opened(&key, &Ciphertexts::from_rows(key.public_key(), &rows, silent).expect("points")), A);
    let joined = Ciphertexts::concatenate(&[&a, &b]).expect("joined");
    assert_eq!(opened(&key, &joined.take(&[7, 3, 3]).expect("taken")), [5, 70_000, 70_000]);
    assert_eq!(opened(&key, &a.subtract(&a, silent).expect("neutral")), [0; 7]);
    assert_eq!(opened(&key, &sealed(&key, &[])), [0; 0]);
    let many = sealed(&key, &[1; 10_000]);
    assert_eq!(opened(&key, &many.sum(10_000, silent).expect("a sum")), [10_000]);
}

#[test]
fn bytes_lead_back_and_nothing_else_does() {
    let (key, other) = (key(), key());
    let silent = &mut Call::silent();
    let c = sealed(&key, &A);
    let header =
        ArrayHeader { shape: vec![7], is_integer: true, fractional_bits: 0, bound: 1 << 31, divisor: 1 };
    let bytes = c.to_bytes(&header, silent).expect("bytes");
    let (again, read) = Ciphertexts::from_bytes(&bytes, key.public_key(), silent).expect("an array");
    assert_eq!((opened(&key, &again), &read), (A.to_vec(), &header));
    assert_eq!(again.to_bytes(&read, silent).expect("bytes"), bytes);
    for length in 0..bytes.len() {
        assert!(Ciphertexts::from_bytes(&bytes[..length], key.public_key(), silent).is_err());
    }
    let found = Ciphertexts::from_bytes(&bytes, other.public_key(), silent).err();
    assert!(matches!(found, Some(Error::KeyMismatch { .. })));
    let mut bad = c.to_rows(silent).expect("rows");
    bad[3][40..].fill(0xff);
    let found = Ciphertexts::from_rows(key.public_key(), &bad, silent).err();
    assert!(matches!(found, Some(Error::InvalidCiphertext { index: 3, .. })));
    for fault in
        [ArrayHeader { bound: LARGEST_PLAINTEXT + 1, ..header.clone() }, ArrayHeader { divisor: 0, ..header }]
    {
        assert!(matches!(c.to_bytes(&fault, silent), Err(Error::InvalidParameter { .. })));
    }
}

#[test]
fn keys_lead_back_and_bad_ones_are_refused() {
    let key = key();
    let silent = &mut Call::silent();
    let bytes = key.public_key().to_bytes();
    assert_eq!(PublicKey::from_bytes(&bytes).expect("a key"), *key.public_key());
    let neutral = [&bytes[..6], &[0; 32]].concat();
    assert!(matches!(PublicKey::from_bytes(&neutral), Err(Error::InvalidKey(_))));
    assert!(matches!(PublicKey::new(ristretto::identity()), Err(Error::InvalidKey(_))));
    let foreign = [&bytes[..6], &[0xff; 32]].concat();
    assert!(matches!(PublicKey::from_bytes(&foreign), Err(Error::Decode { .. })));
    let file = key.to_encrypted_bytes(b"secret", silent).expect("sealed");
    assert!(matches!(PrivateKey::from_encrypted_bytes(&file, b"other", silent), Err(Error::WrongPassword)));
    let again = PrivateKey::from_encrypted_bytes(&file, b"secret", silent).expect("opened");
    assert_eq!(opened(&again, &sealed(&key, &A)), A);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (key, other) = (key(), key());
    let silent = &mut Call::silent();
    let beyond = LARGEST_PLAINTEXT as i64 + 1;
    let c = sealed(&key, &[1, 2, 100]);
    for bad in [Integers::from_i64(&[0, 0, beyond]), Integers::from_i64(&[0, 0, -beyond])] {
        let results = [
            key.public_key().encrypt(&bad, silent),
            c.add_plain_vartime(&bad, silent),
            c.multiply_vartime(&bad, silent),
        ];
        assert!(results.iter().all(|found| matches!(found, Err(Error::Overflow { index: 2, .. }))));
    }
    assert!(matches!(key.decrypt(&c, 99, silent), Err(Error::Overflow { index: 2, .. })));
    assert!(matches!(other.decrypt(&c, 99, silent), Err(Error::KeyMismatch { .. })));
    assert!(matches!(c.add(&sealed(&other, &[1, 2, 3]), silent), Err(Error::KeyMismatch { .. })));
    assert!(matches!(c.add(&sealed(&key, &[1]), silent), Err(Error::Shape { .. })));
    assert!(matches!(c.sum(2, silent), Err(Error::Shape { .. })));
    assert!(matches!(c.sum(0, silent), Err(Error::Shape { .. })));
    assert!(matches!(c.take(&[3]), Err(Error::Shape { .. })));
    assert!(matches!(Ciphertexts::concatenate(&[]), Err(Error::Shape { .. })));
}

#[test]
fn keys_and_plaintexts_of_encoded_elements() {
    let silent = &mut Call::silent();
    let key = key();
    let public = PublicKey::from_encoding(key.public_key().encoding()).expect("a key");
    assert_eq!(&public, key.public_key());
    for bad in [&[0; 32][..], &[255; 32], &[1; 31], &[]] {
        assert!(matches!(PublicKey::from_encoding(bad), Err(Error::InvalidKey(_))));
    }
    let points = key.decrypt_to_points(&sealed(&key, &A), silent).expect("points");
    let mut elements: Vec<u8> = points.iter().flat_map(ristretto::encode).collect();
    let found = plaintexts_vartime(&elements, 1 << 31, silent).expect("small plaintexts");
    assert_eq!(found.to_i64().expect("small"), A);
    let beyond = plaintexts_vartime(&elements, 70_000, silent).map(|_| ());
    assert!(matches!(beyond, Err(Error::Overflow { index: 4, .. })));
    assert_eq!(plaintexts_vartime(&[], 1, silent).expect("none").len(), 0);
    let refused = |elements: &[u8]| plaintexts_vartime(elements, 1 << 31, &mut Call::silent()).map(|_| ());
    assert!(matches!(refused(&elements[..33]), Err(Error::InvalidCiphertext { index: 1, .. })));
    elements[63] |= 128;
    assert!(matches!(refused(&elements), Err(Error::InvalidCiphertext { index: 1, .. })));
}
