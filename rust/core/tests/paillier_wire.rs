//! Encodings of Paillier keys and arrays: round trips, canonical form, and hostile bytes.

use privml_core::error::Error;
use privml_core::integers::Integers;
use privml_core::paillier::{ArrayHeader, Ciphertexts, Noise, PackedHeader, PrivateKey, PublicKey};
use privml_core::parallel::Call;
use proptest::prelude::*;

fn key() -> PrivateKey {
    PrivateKey::generate(256, true, &mut Call::silent()).expect("a key")
}

fn encrypted(key: &PrivateKey, count: usize) -> Ciphertexts {
    let values = Integers::from_i64(&(0..count as i64).collect::<Vec<_>>());
    key.encrypt(&values, Noise::Short, &mut Call::silent()).expect("encrypted")
}

fn array_header(shape: &[usize]) -> ArrayHeader {
    ArrayHeader {
        shape: shape.to_vec(),
        is_integer: false,
        fractional_bits: 32,
        bound: vec![0, 1 << 31],
        divisor: vec![7],
    }
}

/// Slots of 24 + 10 bits, of which 7 fit under a 256-bit key.
fn packed_header(shape: &[usize], append_weight: bool) -> PackedHeader {
    PackedHeader {
        shape: shape.to_vec(),
        is_integer: true,
        append_weight,
        fractional_bits: 0,
        value_bits: 24,
        limit: 8.5,
        additions: vec![1000],
        spent: vec![3],
        divisor: vec![1],
    }
}

fn rows(c: &Ciphertexts) -> Vec<u64> {
    c.to_rows(&mut Call::silent()).expect("rows")
}

#[test]
fn public_keys_round_trip() {
    let key = key();
    let bytes = key.public_key().to_bytes();
    assert_eq!(&PublicKey::from_bytes(&bytes, true, &mut Call::silent()).expect("a key"), key.public_key());
    for length in 0..bytes.len() {
        assert!(PublicKey::from_bytes(&bytes[..length], true, &mut Call::silent()).is_err());
    }
    assert!(PublicKey::from_bytes(&[&bytes[..], &[0]].concat(), true, &mut Call::silent()).is_err());
}

#[test]
fn private_keys_round_trip_under_their_password() {
    let key = key();
    let file = key.to_encrypted_bytes(b"password", &mut Call::silent()).expect("a file");
    let again = PrivateKey::from_encrypted_bytes(&file, b"password", &mut Call::silent()).expect("the key");
    assert!(again.primes() == key.primes());
    let wrong = PrivateKey::from_encrypted_bytes(&file, b"Password", &mut Call::silent());
    assert!(matches!(wrong, Err(Error::WrongPassword)));
    let (p, q) = key.primes();
    let visible = |prime: &[u64]| file.windows(8).any(|bytes| bytes == prime[0].to_le_bytes());
    assert!(!visible(p) && !visible(q));
}

#[test]
fn arrays_round_trip() {
    let (key, mut call) = (key(), Call::silent());
    for (shape, count) in [(&[][..], 1), (&[6], 6), (&[2, 3], 6), (&[0], 0), (&[4, 0, 5], 0)] {
        let c = encrypted(&key, count);
        let header = array_header(shape);
        let bytes = c.to_bytes(&header, &mut call).expect("bytes");
        let (again, found) = Ciphertexts::from_bytes(&bytes, key.public_key(), &mut call).expect("an array");
        assert_eq!((rows(&again), found), (rows(&c), header.clone()));
        assert_eq!(again.to_bytes(&header, &mut call).expect("bytes"), bytes);
    }
    let refused = encrypted(&key, 5).to_bytes(&array_header(&[6]), &mut call);
    assert!(matches!(refused, Err(Error::Shape { .. })));
}

#[test]
fn packed_arrays_round_trip() {
    let (key, mut call) = (key(), Call::silent());
    for (shape, weight, count) in
        [(&[14][..], false, 2), (&[14], true, 3), (&[3, 5], false, 3), (&[0], false, 0), (&[0], true, 1)]
    {
        let c = encrypted(&key, count);
        let header = packed_header(shape, weight);
        let bytes = c.to_packed_bytes(&header, &mut call).expect("bytes");
        let (again, found) =
            Ciphertexts::from_packed_bytes(&bytes, key.public_key(), &mut call).expect("an array");
        assert_eq!((rows(&again), found), (rows(&c), header));
        assert!(Ciphertexts::from_bytes(&bytes, key.public_key(), &mut call).is_err(), "another type");
    }
    let c = encrypted(&key, 2);
    assert!(matches!(c.to_packed_bytes(&packed_header(&[15], false), &mut call), Err(Error::Shape { .. })));
    let faults: [fn(&mut PackedHeader); 7] = [
        |header| header.limit = f64::NAN,
        |header| header.limit = 0.0,
        |header| header.spent = vec![1001],
        |header| header.additions = vec![],
        |header| header.divisor = vec![0],
        |header| header.value_bits = 0,
        |header| header.value_bits = u32::MAX,
    ];
    for fault in faults {
        let mut header = packed_header(&[14], false);
        fault(&mut header);
        assert!(c.to_packed_bytes(&header, &mut call).is_err());
    }
}

#[test]
fn arrays_of_other_keys_are_refused() {
    let (one, other, mut call) = (key(), key(), Call::silent());
    let bytes = encrypted(&one, 3).to_bytes(&array_header(&[3]), &mut call).expect("bytes");
    let refused = Ciphertexts::from_bytes(&bytes, other.public_key(), &mut call);
    assert!(matches!(refused, Err(Error::KeyMismatch { .. })));
}

#[test]
fn ciphertexts_out_of_range_or_without_inverse_are_refused() {
    let (key, mut call) = (key(), Call::silent());
    let bytes = encrypted(&key, 3).to_bytes(&array_header(&[3]), &mut call).expect("bytes");
    let row = 64;
    for (fill, index) in [(0xff, 0), (0, 1), (0xff, 2)] {
        let mut forged = bytes.clone();
        let start = bytes.len() - (3 - index) * row;
        forged[start..start + row].fill(fill);
        match Ciphertexts::from_bytes(&forged, key.public_key(), &mut call) {
            Err(Error::InvalidCiphertext { index: found, .. }) => assert_eq!(found, index),
            _ => panic!("a forged ciphertext was accepted"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_decode_to_what_encodes_to_them_or_are_refused(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let (key, mut call) = (key(), Call::silent());
        let public = key.public_key();
        let array = encrypted(&key, 2).to_bytes(&array_header(&[2]), &mut call).expect("bytes");
        let packed = encrypted(&key, 2).to_packed_bytes(&packed_header(&[14], false), &mut call).expect("bytes");
        let _ = PublicKey::from_bytes(&noise, true, &mut Call::silent());
        for mut bytes in [noise, array, packed, public.to_bytes()] {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok((c, header)) = Ciphertexts::from_bytes(&bytes, public, &mut call) {
                prop_assert_eq!(&c.to_bytes(&header, &mut call).expect("bytes"), &bytes);
            }
            if let Ok((c, header)) = Ciphertexts::from_packed_bytes(&bytes, public, &mut call) {
                prop_assert_eq!(&c.to_packed_bytes(&header, &mut call).expect("bytes"), &bytes);
            }
            if let Ok(key) = PublicKey::from_bytes(&bytes, true, &mut Call::silent()) {
                prop_assert_eq!(&key.to_bytes(), &bytes);
            }
        }
    }
}
