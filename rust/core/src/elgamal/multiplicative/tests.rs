//! The scheme's laws against integer arithmetic, and what it refuses.

use super::*;
use crate::error::Error;
use crate::group::finite_field::Name;
use crate::integers::Integers;
use crate::parallel::Call;

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
        let exponents = Integers::from_i64(&[0, 1, 2, 3, 1, 4, 5, -1, -2, 0, 1]);
        let powers = b.pow_vartime(&exponents, silent).expect("powers");
        let back =
            powers.multiply(&b.pow_vartime(&Integers::from_i64(&[2; 11]), silent).expect("squares"), silent);
        let expected: Vec<i64> =
            [0, 1, 2, 3, 1, 4, 5, -1, -2, 0, 1].iter().zip(B).map(|(e, b)| b.pow((e + 2) as u32)).collect();
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
    let file = key.seal(b"secret", silent).expect("sealed");
    let opened = PrivateKey::open(&file, b"secret", silent).expect("opened");
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
    let mut above = public.largest_plaintext().to_vec();
    above[0] += 1;
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
    let file = key.seal(b"secret", silent).expect("sealed");
    assert!(matches!(PrivateKey::open(&file, b"other", silent), Err(Error::WrongPassword)));
    let opened = PrivateKey::open(&file, b"secret", silent).expect("opened");
    assert!(opened.public_key() == key.public_key());
}

#[test]
fn legendre_symbol_and_parity_do_not_tell_the_plaintext() {
    // Of m h^r as it is written: each of 2000 signs is fair whatever m; a count beyond 5 standard deviations
    // has probability below 1e-6.
    let silent = &mut Call::silent();
    let key = key(Name::Ffdhe2048);
    let group = key.public_key().group();
    let n = group.words();
    for plaintext in [1i64, 2, 5] {
        let c = key.public_key().encrypt(&Integers::from_i64(&[plaintext; 2000]), silent).expect("encrypted");
        let rows = c.to_rows(silent).expect("rows");
        let masked: Vec<u64> = rows.chunks_exact(2 * n).flat_map(|row| row[n..].iter().copied()).collect();
        let symbols =
            group.modulus().leave(&group.modulus().pow_vartime(&group.enter(&masked), group.order()));
        let squares = symbols.chunks_exact(n).filter(|row| row[0] == 1).count() as f64;
        let odd = masked.chunks_exact(n).filter(|row| row[0] & 1 == 1).count() as f64;
        for count in [squares, odd] {
            assert!((count - 1000.0).abs() < 5.0 * 500f64.sqrt(), "{plaintext}: {count}");
        }
    }
}
