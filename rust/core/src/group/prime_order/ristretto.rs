//! ristretto255 (RFC 9496) on curve25519-dalek.

use std::ops::Range;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto};
use privml_kernels::memcheck;
use zeroize::Zeroizing;

use super::PrimeOrder;
use crate::random::Stream;

/// ristretto255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ristretto255;

impl PrimeOrder for Ristretto255 {
    type Scalar = Scalar;
    type Elements = Vec<RistrettoPoint>;

    fn name(&self) -> &'static str {
        "ristretto255"
    }

    fn power_ns(&self) -> u64 {
        60_000
    }

    fn scalar_bytes(&self) -> usize {
        32
    }

    fn random_scalar(&self, stream: &mut Stream) -> Scalar {
        let mut wide = Zeroizing::new([0; 64]);
        stream.fill(wide.as_mut_slice());
        memcheck::conceal(wide.as_slice());
        Scalar::from_bytes_mod_order_wide(&wide)
    }

    fn small_scalar(&self, value: u64) -> Scalar {
        Scalar::from(value)
    }

    fn challenge_scalar(&self, hash: &[u8; 32]) -> Scalar {
        Scalar::from_bytes_mod_order(*hash)
    }

    fn add_scalars(&self, a: &Scalar, b: &Scalar) -> Scalar {
        a + b
    }

    fn multiply_scalars(&self, a: &Scalar, b: &Scalar) -> Scalar {
        a * b
    }

    fn negate_scalar(&self, a: &Scalar) -> Scalar {
        -a
    }

    fn invert_scalar(&self, a: &Scalar) -> Scalar {
        a.invert()
    }

    fn encode_scalar(&self, a: &Scalar) -> Vec<u8> {
        a.to_bytes().to_vec()
    }

    fn decode_scalar(&self, bytes: &[u8]) -> Option<Scalar> {
        Scalar::from_canonical_bytes(bytes.try_into().ok()?).into_option()
    }

    fn conceal_scalar(&self, a: &Scalar) {
        memcheck::conceal(std::slice::from_ref(a));
    }

    fn element_bytes(&self) -> usize {
        32
    }

    fn len(&self, x: &Self::Elements) -> usize {
        x.len()
    }

    fn identity(&self, len: usize) -> Self::Elements {
        vec![RistrettoPoint::identity(); len]
    }

    fn generator(&self) -> Self::Elements {
        vec![RISTRETTO_BASEPOINT_POINT]
    }

    fn slice(&self, x: &Self::Elements, range: Range<usize>) -> Self::Elements {
        x[range].to_vec()
    }

    fn concat(&self, parts: &[Self::Elements]) -> Self::Elements {
        parts.concat()
    }

    fn multiply(&self, a: &Self::Elements, b: &Self::Elements) -> Self::Elements {
        a.iter().zip(b).map(|(a, b)| a + b).collect()
    }

    fn invert(&self, x: &Self::Elements) -> Self::Elements {
        x.iter().map(|x| -x).collect()
    }

    fn generator_powers(&self, exponents: &[Scalar]) -> Self::Elements {
        exponents.iter().map(RistrettoPoint::mul_base).collect()
    }

    fn powers(&self, x: &Self::Elements, exponent: &Scalar) -> Self::Elements {
        x.iter().map(|x| x * exponent).collect()
    }

    fn powers_vartime(&self, x: &Self::Elements, exponent: &Scalar) -> Self::Elements {
        x.iter().map(|x| RistrettoPoint::vartime_multiscalar_mul([exponent], [x])).collect()
    }

    fn combine_vartime(&self, x: &Self::Elements, weights: &[u128]) -> Self::Elements {
        vec![RistrettoPoint::vartime_multiscalar_mul(weights.iter().map(|&weight| Scalar::from(weight)), x)]
    }

    fn encode(&self, x: &Self::Elements) -> Vec<u8> {
        x.iter().flat_map(|x| x.compress().to_bytes()).collect()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Self::Elements, usize> {
        let (encodings, rest) = bytes.as_chunks::<32>();
        let elements = encodings
            .iter()
            .enumerate()
            .map(|(at, &bytes)| CompressedRistretto(bytes).decompress().ok_or(at))
            .collect::<Result<_, _>>()?;
        if rest.is_empty() { Ok(elements) } else { Err(encodings.len()) }
    }
}
