//! Vectors of RFC 9496, appendix A, and our multiples against the library's.

use super::*;

fn bytes(hex: &str) -> [u8; 32] {
    let digit = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal");
    std::array::from_fn(digit)
}

/// Appendix A.1: multiples of the generator from 0.
const MULTIPLES: [&str; 4] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
];

/// Appendix A.2: what is no encoding.
const BAD: [&str; 12] = [
    // Field elements that are not canonical.
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    // Negative ones.
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    // Not squares, negative xy, s = -1.
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn the_rfc_vectors() {
    let mut point = identity();
    for (i, hex) in MULTIPLES.iter().enumerate() {
        assert_eq!(encode(&point), bytes(hex), "{i}");
        assert_eq!(decode(&bytes(hex)), Some(point), "{i}");
        point += generator();
    }
    for hex in BAD {
        assert_eq!(decode(&bytes(hex)), None, "{hex}");
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
