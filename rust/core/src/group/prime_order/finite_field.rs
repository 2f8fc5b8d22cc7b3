//! The RFC 7919 groups behind the interface. Scalars are full-length integers modulo the order, whatever the
//! length of the exponents that a key was made with.

use std::ops::Range;
use std::sync::Arc;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use privml_kernels::{Batch, memcheck};
use zeroize::{Zeroize, Zeroizing};

use super::PrimeOrder;
use crate::group::finite_field::FiniteField;
use crate::random::Stream;
use crate::words;

/// Little-endian words, as many as the modulus has.
#[derive(Clone)]
pub struct FieldScalar(Vec<u64>);

impl Zeroize for FieldScalar {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl FiniteField {
    fn scalar(&self, low: &[u64]) -> FieldScalar {
        let mut words = vec![0; self.words()];
        words[..low.len()].copy_from_slice(low);
        FieldScalar(words)
    }

    /// Arithmetic modulo the order, on values that are wiped.
    fn modulo_order(
        &self,
        inputs: &[&FieldScalar],
        compute: impl FnOnce(&[BoxedMontyForm]) -> BoxedMontyForm,
    ) -> FieldScalar {
        let order = Odd::new(BoxedUint::from_words(self.order().iter().copied()));
        let params = BoxedMontyParams::new(order.into_option().unwrap_or_else(|| unreachable!("a prime")));
        let mut inputs: Vec<_> = inputs
            .iter()
            .map(|x| BoxedMontyForm::new(BoxedUint::from_words(x.0.iter().copied()), &params))
            .collect();
        let mut result = compute(&inputs);
        let plain = Zeroizing::new(result.retrieve());
        for form in inputs.iter_mut().chain([&mut result]) {
            form.as_montgomery_mut().zeroize();
        }
        FieldScalar(plain.as_words().to_vec())
    }
}

impl PrimeOrder for Arc<FiniteField> {
    type Scalar = FieldScalar;
    type Elements = Batch;

    fn name(&self) -> &'static str {
        FiniteField::name(self).as_str()
    }

    fn power_ns(&self) -> u64 {
        let words = self.words() as u64;
        200 * words * words * words
    }

    fn scalar_bytes(&self) -> usize {
        8 * self.words()
    }

    fn random_scalar(&self, stream: &mut Stream) -> FieldScalar {
        FieldScalar(stream.below(self.order()))
    }

    fn small_scalar(&self, value: u64) -> FieldScalar {
        self.scalar(&[value])
    }

    fn challenge_scalar(&self, hash: &[u8; 32]) -> FieldScalar {
        let (chunks, _) = hash.as_chunks::<8>();
        self.scalar(&chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect::<Vec<_>>())
    }

    fn add_scalars(&self, a: &FieldScalar, b: &FieldScalar) -> FieldScalar {
        self.modulo_order(&[a, b], |x| x[0].add(&x[1]))
    }

    fn multiply_scalars(&self, a: &FieldScalar, b: &FieldScalar) -> FieldScalar {
        self.modulo_order(&[a, b], |x| x[0].mul(&x[1]))
    }

    fn negate_scalar(&self, a: &FieldScalar) -> FieldScalar {
        self.modulo_order(&[a], |x| x[0].neg())
    }

    fn invert_scalar(&self, a: &FieldScalar) -> FieldScalar {
        self.modulo_order(&[a], |x| x[0].invert().into_option().unwrap_or_else(|| x[0].clone()))
    }

    fn encode_scalar(&self, a: &FieldScalar) -> Vec<u8> {
        a.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn decode_scalar(&self, bytes: &[u8]) -> Option<FieldScalar> {
        let (chunks, rest) = bytes.as_chunks::<8>();
        let scalar = FieldScalar(chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect());
        let fits = rest.is_empty() && chunks.len() == self.words();
        (fits && words::is_below(&scalar.0, self.order()) == 1).then_some(scalar)
    }

    fn conceal_scalar(&self, a: &FieldScalar) {
        memcheck::conceal(&a.0);
    }

    fn element_bytes(&self) -> usize {
        8 * self.words()
    }

    fn len(&self, x: &Batch) -> usize {
        x.len()
    }

    fn identity(&self, len: usize) -> Batch {
        self.modulus().ones(len)
    }

    fn generator(&self) -> Batch {
        self.enter(&FiniteField::generator(self))
    }

    fn slice(&self, x: &Batch, range: Range<usize>) -> Batch {
        x.slice(range)
    }

    fn concat(&self, parts: &[Batch]) -> Batch {
        if parts.is_empty() { self.modulus().ones(0) } else { Batch::concat(parts) }
    }

    fn multiply(&self, a: &Batch, b: &Batch) -> Batch {
        self.modulus().mul(a, b)
    }

    fn invert(&self, x: &Batch) -> Batch {
        FiniteField::invert(self, x).unwrap_or_else(|_| unreachable!("elements are units"))
    }

    fn generator_powers(&self, exponents: &[FieldScalar]) -> Batch {
        let generator = PrimeOrder::generator(self);
        let powers: Vec<_> = exponents.iter().map(|e| self.modulus().pow(&generator, &e.0)).collect();
        self.concat(&powers)
    }

    fn powers(&self, x: &Batch, exponent: &FieldScalar) -> Batch {
        self.modulus().pow(x, &exponent.0)
    }

    fn powers_vartime(&self, x: &Batch, exponent: &FieldScalar) -> Batch {
        self.modulus().pow_vartime(x, &exponent.0)
    }

    fn combine_vartime(&self, x: &Batch, weights: &[u128]) -> Batch {
        if x.is_empty() {
            return self.modulus().ones(1);
        }
        let rows: Vec<u64> = weights.iter().flat_map(|&w| [w as u64, (w >> 64) as u64]).collect();
        self.modulus().product(&self.modulus().pow_each_vartime(x, &rows, 2), x.len())
    }

    fn encode(&self, x: &Batch) -> Vec<u8> {
        self.leave(x).iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Batch, usize> {
        let width = self.element_bytes();
        let (chunks, _) = bytes.as_chunks::<8>();
        let rows: Vec<u64> = chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let whole = bytes.len() / width;
        let rows = &rows[..whole * self.words()];
        if let Some(at) = self.first_foreign(rows) {
            return Err(at);
        }
        if bytes.len().is_multiple_of(width) { Ok(self.enter(rows)) } else { Err(whole) }
    }
}
