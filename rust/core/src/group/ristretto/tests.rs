//! Vectors of RFC 9496, appendices A.1 and A.2, and our multiples against the library's.

use super::*;

fn bytes(hex: &str) -> [u8; 32] {
    let digit = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal");
    std::array::from_fn(digit)
}

#[test]
fn the_rfc_vectors() {
    let text = include_str!("../../../../../vectors/elgamal/ristretto255.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let mut point = identity();
    let multiples = vectors["multiples"].as_array().expect("a list");
    assert_eq!(multiples.len(), 16);
    for multiple in multiples {
        let encoding = bytes(multiple.as_str().expect("text"));
        assert_eq!(encode(&point), encoding);
        assert_eq!(decode(&encoding), Some(point));
        point += generator();
    }
    let bad = vectors["bad"].as_object().expect("an object").values();
    let bad: Vec<_> = bad.flat_map(|list| list.as_array().expect("a list")).collect();
    assert_eq!(bad.len(), 29);
    for encoding in bad {
        assert_eq!(decode(&bytes(encoding.as_str().expect("text"))), None, "{encoding}");
    }
}

#[test]
fn short_multiples_are_multiples() {
    let mut stream = Stream::seeded([3; 32]);
    let short = ShortMultiples::get();
    for bits in 0..=64 {
        let mut word = [0];
        stream.fill_words(&mut word);
        let magnitude = word[0].checked_shr(64 - bits).unwrap_or(0);
        let expected = generator() * Scalar::from(magnitude);
        assert_eq!(multiply_vartime(&generator(), magnitude, false), expected, "{magnitude}");
        assert_eq!(multiply_vartime(&generator(), magnitude, true), -expected);
        if bits as usize <= ShortMultiples::BITS {
            assert_eq!(short.multiply(magnitude, false), expected);
            assert_eq!(short.multiply(magnitude, true), -expected);
            assert_eq!(short.multiply_vartime(magnitude), expected);
        }
    }
    let points: Vec<Point> = (0..5u64).map(|i| generator() * Scalar::from(i)).collect();
    let doubles: Vec<_> = points.iter().map(|point| encode(&(point + point))).collect();
    assert_eq!(encode_doubles(&points), doubles);
    for magnitude in [1, 3, 7, u64::MAX, 1 << 63] {
        assert_eq!(multiply_vartime(&generator(), magnitude, false), generator() * Scalar::from(magnitude));
    }
}

#[test]
fn scalars_are_fresh() {
    let mut stream = Stream::from_os().expect("random");
    assert_ne!(random_scalar(&mut stream).expose(), random_scalar(&mut stream).expose());
}
