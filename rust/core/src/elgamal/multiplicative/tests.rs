//! The scheme's laws against integer arithmetic, and what it refuses.

use super::*;
use crate::error::Error;
use crate::group::finite_field::Name;
use crate::integers::Integers;
use crate::parallel::Call;
use crate::words;

fn key(name: Name) -> PrivateKey {
    PrivateKey::generate(name, false, &mut Call::silent()).expect("a key")
}

fn small(values: &Integers) -> Vec<i64> {
    values.to_i64().expect("small plaintexts")
}

const A: [i64; 11] = [1, 2, 3, 5, 1 << 40, 77, 1234, 9, 10, 11, 360];
const B: [i64; 11] = [1, 1, 3, 4, 99, 7, 617, 9, 5, 11, 24];

#[test]
fn ciphertexts_do_what_integers_do() {
    let silent = &mut Call::silent();
    for name in Name::ALL {
        let key = key(name);
        let encrypt = |values: &[i64]| {
            key.public_key().encrypt(&Integers::from_i64(values), &mut Call::silent()).expect("encrypted")
        };
        let (a, b) = (encrypt(&A), encrypt(&B));
        let decrypted = |c: &Ciphertexts| small(&key.decrypt(c, &mut Call::silent()).expect("decrypted"));
        assert_eq!(decrypted(&a), A);
        let products: Vec<i64> = A.iter().zip(B).map(|(a, b)| a * b).collect();
        let product = a.multiply(&b, silent).expect("product");
        assert_eq!(decrypted(&product), products);
        assert_eq!(decrypted(&product.divide(&b, silent).expect("quotient")), A);
        assert_eq!(decrypted(&a.multiply_plain(&Integers::from_i64(&B), silent).expect("product")), products);
        assert_eq!(decrypted(&a.rerandomize(silent).expect("fresh")), A);
        assert_eq!(decrypted(&b.product(11, silent).expect("prod")), [B.iter().product::<i64>()]);
        let exponents = Integers::from_i64(&[0, 1, 2, 3, 1, 4, 3, -1, -2, 0, 1]);
        let powers = b.pow_vartime(&exponents, silent).expect("powers");
        let back =
            powers.multiply(&b.pow_vartime(&Integers::from_i64(&[2; 11]), silent).expect("squares"), silent);
        let expected: Vec<i64> =
            [0, 1, 2, 3, 1, 4, 3, -1, -2, 0, 1].iter().zip(B).map(|(e, b)| b.pow((e + 2) as u32)).collect();
        assert_eq!(decrypted(&back.expect("product")), expected);
        let rows = a.to_rows(silent).expect("rows");
        assert_eq!(decrypted(&Ciphertexts::from_rows(key.public_key(), &rows, silent).expect("checked")), A);
        assert_eq!(
            decrypted(&Ciphertexts::concatenate(&[&a, &b]).expect("joined").take(&[12, 4]).expect("taken")),
            [1, 1 << 40]
        );
        assert_eq!(decrypted(&encrypt(&[])), [0i64; 0]);
    }
}

#[test]
fn full_exponents_and_the_largest_plaintext() {
    let silent = &mut Call::silent();
    let key = PrivateKey::generate(Name::Ffdhe2048, true, silent).expect("a key");
    let largest = Integers::from_parts(32, key.public_key().largest_plaintext().to_vec(), vec![false]);
    let c = key.public_key().encrypt(&largest, silent).expect("encrypted");
    assert_eq!(key.decrypt(&c, silent).expect("decrypted").magnitudes(), largest.magnitudes());
    let file = key.to_encrypted_bytes(b"secret", silent).expect("sealed");
    let opened = PrivateKey::from_encrypted_bytes(&file, b"secret", silent).expect("opened");
    assert_eq!(opened.decrypt(&c, silent).expect("decrypted").magnitudes(), largest.magnitudes());
}

#[test]
fn what_is_no_plaintext_or_element_is_refused() {
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe2048);
    let public = key.public_key();
    for bad in [[1, 0], [1, -3]] {
        let found = public.encrypt(&Integers::from_i64(&bad), silent).err();
        assert!(matches!(found, Some(Error::InvalidParameter { name: "values", .. })), "{found:?}");
    }
    let mut above = vec![0; 32]; // q + 1 = p - q
    words::subtract(&mut above, public.group().modulus().words(), public.largest_plaintext());
    let found = public.encrypt(&Integers::from_parts(32, above.clone(), vec![false]), silent).err();
    assert!(matches!(found, Some(Error::Overflow { index: 0, .. })));
    let good =
        public.encrypt(&Integers::from_i64(&[5, 6]), silent).and_then(|c| c.to_rows(silent)).expect("rows");
    for at in 0..4 {
        for element in [vec![0; 32], above.clone(), public.group().modulus().words().to_vec()] {
            let mut rows = good.clone();
            rows[32 * at..32 * (at + 1)].copy_from_slice(&element);
            let found = Ciphertexts::from_rows(public, &rows, silent).err();
            assert!(matches!(found, Some(Error::InvalidCiphertext { index, .. }) if index == at / 2));
        }
    }
    assert!(matches!(Ciphertexts::from_rows(public, &good[1..], silent), Err(Error::Shape { .. })));
    let other = self::key(Name::Ffdhe2048);
    let c = public.encrypt(&Integers::from_i64(&[5]), silent).expect("encrypted");
    assert!(matches!(other.decrypt(&c, silent), Err(Error::KeyMismatch { .. })));
    assert!(matches!(c.product(0, silent), Err(Error::Shape { .. })));
}

#[test]
fn public_keys_have_one_encoding() {
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe3072);
    let bytes = key.public_key().to_bytes();
    assert_eq!(PublicKey::from_bytes(&bytes).expect("a key").to_bytes(), bytes);
    for length in 0..bytes.len() {
        assert!(PublicKey::from_bytes(&bytes[..length]).is_err());
    }
    let n = key.public_key().group().words();
    for bad in [0, 1] {
        let mut element = vec![0; n];
        element[0] = bad;
        assert!(matches!(PublicKey::new(Name::Ffdhe3072, &element, false), Err(Error::InvalidKey(_))));
    }
    let file = key.to_encrypted_bytes(b"secret", silent).expect("sealed");
    assert!(matches!(PrivateKey::from_encrypted_bytes(&file, b"other", silent), Err(Error::WrongPassword)));
    let opened = PrivateKey::from_encrypted_bytes(&file, b"secret", silent).expect("opened");
    assert!(opened.public_key() == key.public_key());
}

#[test]
fn legendre_symbol_and_parity_do_not_tell_the_plaintext() {
    // Of m h^r as it is written: each of 300 signs is fair whatever m; a count beyond 5 standard deviations
    // has probability below 1e-6.
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe2048);
    let group = key.public_key().group();
    let n = group.words();
    for plaintext in [1i64, 2, 5] {
        let c = key.public_key().encrypt(&Integers::from_i64(&[plaintext; 300]), silent).expect("encrypted");
        let rows = c.to_rows(silent).expect("rows");
        let masked: Vec<u64> = rows.chunks_exact(2 * n).flat_map(|row| row[n..].iter().copied()).collect();
        let symbols =
            group.modulus().leave(&group.modulus().pow_vartime(&group.enter(&masked), group.order()));
        let squares = symbols.chunks_exact(n).filter(|row| row[0] == 1).count() as f64;
        let odd = masked.chunks_exact(n).filter(|row| row[0] & 1 == 1).count() as f64;
        for count in [squares, odd] {
            assert!((count - 150.0).abs() < 5.0 * 75f64.sqrt(), "{plaintext}: {count}");
        }
    }
}

#[test]
fn powers_are_those_of_big_integers() {
    // The ciphertext of 1 is (g^r, h^r): what the tables give must be what h = g^x makes of it.
    let silent = &mut Call::silent();
    for (name, full) in [(Name::Ffdhe2048, false), (Name::Ffdhe3072, false), (Name::Ffdhe2048, true)] {
        let key = PrivateKey::generate(name, full, silent).expect("a key");
        for (call, len) in [1, 15, 1, 40].into_iter().enumerate() {
            let ones = Integers::from_i64(&vec![1; len]);
            let before = key.public_key().table_bytes();
            let c = key.public_key().encrypt(&ones, silent).expect("encrypted");
            assert_eq!(before > 0, call >= 2, "tables appear when they pay");
            assert_eq!(small(&key.decrypt(&c, silent).expect("decrypted")), vec![1; len]);
        }
    }
}

#[test]
fn arrays_have_one_encoding() {
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe2048);
    let public = key.public_key();
    let c = public.encrypt(&Integers::from_i64(&[5, 6]), silent).expect("encrypted");
    let header = ArrayHeader {
        shape: vec![1, 2],
        is_integer: false,
        fractional_bits: -3,
        numerator: vec![9],
        denominator: vec![4],
    };
    let bytes = c.to_bytes(&header, silent).expect("bytes");
    let (read, found) = Ciphertexts::from_bytes(&bytes, public, silent).expect("read");
    assert_eq!(found, header);
    assert_eq!(read.to_bytes(&header, silent).expect("bytes"), bytes);
    for length in 0..bytes.len() {
        assert!(Ciphertexts::from_bytes(&bytes[..length], public, silent).is_err(), "{length}");
    }
    assert!(Ciphertexts::from_bytes(&[&*bytes, &[0]].concat(), public, silent).is_err());
    for bad in [
        ArrayHeader { shape: vec![3], ..header.clone() },
        ArrayHeader { numerator: vec![0], ..header.clone() },
        ArrayHeader { denominator: vec![1; 65], ..header.clone() },
    ] {
        assert!(c.to_bytes(&bad, silent).is_err());
    }
    let other = self::key(Name::Ffdhe2048);
    let found = Ciphertexts::from_bytes(&bytes, other.public_key(), silent).err();
    assert!(matches!(found, Some(Error::KeyMismatch { .. })));
}

#[test]
fn public_keys_longer_than_their_group_are_refused() {
    use crate::codec::{Tag, Writer};
    let mut writer = Writer::new(Tag::MultiplicativePublicKey);
    writer.u32(2048).flag(false).number(&[[5].as_slice(), &[0; 31], &[1]].concat());
    assert!(matches!(PublicKey::from_bytes(&writer.finish()), Err(Error::Decode { .. })));
}

#[test]
fn fractions_come_back_reduced() {
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe2048);
    let a = key.public_key().encrypt(&Integers::from_i64(&[6, 7, 1 << 50, 1]), silent).expect("encrypted");
    let b = key.public_key().encrypt(&Integers::from_i64(&[4, 7, 3, 1 << 50]), silent).expect("encrypted");
    let quotient = a.divide(&b, silent).expect("quotient");
    let values = key.decrypt(&quotient, silent).expect("decrypted");
    let bound = [1 << 50];
    let (n, d) = fractions_vartime(key.public_key(), &values, &bound, &bound, silent).expect("fractions");
    assert_eq!((small(&n), small(&d)), (vec![3, 1, 1 << 50, 1], vec![2, 1, 3, 1 << 50]));
    let tight = fractions_vartime(key.public_key(), &values, &bound, &[2], silent).err();
    assert!(matches!(tight, Some(Error::Overflow { index: 2, .. })), "{tight:?}");
    let plain = a.divide_plain(&Integers::from_i64(&[4, 7, 3, 1 << 50]), silent).expect("quotient");
    assert_eq!(key.decrypt(&plain, silent).expect("decrypted").magnitudes(), values.magnitudes());
}

#[test]
fn keys_and_plaintexts_of_encoded_elements() {
    let key = key(Name::Ffdhe2048);
    let encode = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let element = encode(key.public_key().element());
    let public = PublicKey::from_encoding(Name::Ffdhe2048, &element, false).expect("a key");
    assert_eq!(&public, key.public_key());
    for bad in [&element[..255], &element[..248], &[0; 256], &[255; 256], &[]] {
        let refused = PublicKey::from_encoding(Name::Ffdhe2048, bad, true);
        assert!(matches!(refused, Err(Error::InvalidKey(_))));
    }
    let mut rows = vec![0; 64];
    (rows[0], rows[32]) = (5, 77);
    assert_eq!(small(&plaintexts(&public, &encode(&rows)).expect("elements")), [5, 77]);
    assert_eq!(plaintexts(&public, &[]).expect("none").len(), 0);
    let refused = |elements: &[u8]| plaintexts(&public, elements).map(|_| ());
    assert!(matches!(refused(&encode(&rows)[..300]), Err(Error::InvalidCiphertext { index: 1, .. })));
    rows[63] = u64::MAX;
    assert!(matches!(refused(&encode(&rows)), Err(Error::InvalidCiphertext { index: 1, .. })));
}
