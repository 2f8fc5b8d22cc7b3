//! Arithmetic on ciphertexts: products, quotients, powers. Public operands; nothing here is secret.

use std::ops::Range;

use privml_kernels::Batch;

use super::ciphertexts::Ciphertexts;
use super::encrypt::{check_plaintexts, elements};
use crate::error::{Error, Result};
use crate::group::finite_field::FiniteField;
use crate::integers::Integers;
use crate::parallel::{self, Call};

/// Runs `work` on pieces of `0..len`, each element of which takes so many group products.
pub(super) fn map<T: Send>(
    group: &FiniteField,
    call: &mut Call<'_>,
    len: usize,
    products: f64,
    work: impl Fn(Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let ns = (products * group.product_ns()).ceil().max(1.0) as u64;
    let chunk = parallel::chunk_for(ns, group.modulus().backend().lanes());
    parallel::map_chunks(call, len, chunk, ns, work)
}

impl Ciphertexts {
    fn check_len(&self, found: usize) -> Result<()> {
        if found == self.len() {
            return Ok(());
        }
        Err(Error::Shape {
            name: "other",
            found: format!("{found} elements"),
            allowed: format!("{} are needed", self.len()),
        })
    }

    fn map(
        &self,
        call: &mut Call<'_>,
        products: f64,
        work: impl Fn(Range<usize>) -> Result<(Batch, Batch)> + Sync,
    ) -> Result<Self> {
        let key = self.public_key();
        Ok(Self::join(key, &map(key.group(), call, self.len(), products, work)?))
    }

    /// Elementwise products of the plaintexts.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`], [`Error::Shape`], or what ends the call.
    pub fn multiply(&self, other: &Self, call: &mut Call<'_>) -> Result<Self> {
        self.public_key().check_same(other.public_key())?;
        self.check_len(other.len())?;
        let modulus = self.public_key().group().modulus();
        self.map(call, 2.0, |range| {
            Ok((
                modulus.mul(&self.nonce().slice(range.clone()), &other.nonce().slice(range.clone())),
                modulus.mul(&self.masked().slice(range.clone()), &other.masked().slice(range)),
            ))
        })
    }

    /// Elementwise products with public integers from 1 to `(p-1)/2`.
    ///
    /// # Errors
    /// Those of [`PublicKey::encrypt`](super::PublicKey::encrypt), or [`Error::Shape`].
    pub fn multiply_plain(&self, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        self.check_len(values.len())?;
        let key = self.public_key();
        check_plaintexts(key, values, "other")?;
        self.map(call, 2.0, |range| {
            let factor = elements(key, values, range.clone());
            Ok((
                self.nonce().slice(range.clone()),
                key.group().modulus().mul(&self.masked().slice(range), &factor),
            ))
        })
    }

    /// Elementwise quotients by public integers from 1 to `(p-1)/2`, in the group: see [`Self::divide`].
    ///
    /// # Errors
    /// Those of [`Self::multiply_plain`].
    pub fn divide_plain(&self, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        self.check_len(values.len())?;
        let key = self.public_key();
        check_plaintexts(key, values, "other")?;
        self.map(call, 5.0, |range| {
            let inverse = key.group().invert(&elements(key, values, range.clone()))?;
            Ok((
                self.nonce().slice(range.clone()),
                key.group().modulus().mul(&self.masked().slice(range), &inverse),
            ))
        })
    }

    /// Ciphertexts of the plaintexts' inverses in the group.
    ///
    /// # Errors
    /// What ends the call.
    pub fn invert(&self, call: &mut Call<'_>) -> Result<Self> {
        let group = self.public_key().group();
        self.map(call, 10.0, |range| {
            Ok((
                group.invert(&self.nonce().slice(range.clone()))?,
                group.invert(&self.masked().slice(range))?,
            ))
        })
    }

    /// Elementwise quotients in the group: `(a / b)` times `b` is `a`. As integers they are found by rational
    /// reconstruction.
    ///
    /// # Errors
    /// As [`Self::multiply`].
    pub fn divide(&self, other: &Self, call: &mut Call<'_>) -> Result<Self> {
        self.public_key().check_same(other.public_key())?;
        self.check_len(other.len())?;
        self.multiply(&other.invert(call)?, call)
    }

    /// Elementwise powers to public exponents, one for each element; negative ones are powers of inverses.
    ///
    /// # Errors
    /// [`Error::Shape`], or what ends the call.
    pub fn pow_vartime(&self, exponents: &Integers, call: &mut Call<'_>) -> Result<Self> {
        self.check_len(exponents.len())?;
        let group = self.public_key().group();
        let modulus = group.modulus();
        let (width, products) = (exponents.width(), 2.5 * exponents.max_bits().max(1) as f64);
        self.map(call, products, |range| {
            let words = &exponents.magnitudes()[range.start * width..range.end * width];
            let negative = &exponents.signs()[range.clone()];
            let power = |half: &Batch| -> Result<Batch> {
                let powers = modulus.pow_each_vartime(&half.slice(range.clone()), words, width);
                if !negative.contains(&true) {
                    return Ok(powers);
                }
                let both = Batch::concat(&[&powers, &group.invert(&powers)?]);
                let at: Vec<usize> = negative
                    .iter()
                    .enumerate()
                    .map(|(i, &sign)| i + if sign { negative.len() } else { 0 })
                    .collect();
                Ok(both.take(&at))
            };
            Ok((power(self.nonce())?, power(self.masked())?))
        })
    }

    /// Products of consecutive runs of `segment` ciphertexts.
    ///
    /// # Errors
    /// [`Error::Shape`] unless runs fill the batch, or what ends the call.
    pub fn product(&self, segment: usize, call: &mut Call<'_>) -> Result<Self> {
        if segment == 0 || !self.len().is_multiple_of(segment) {
            return Err(Error::Shape {
                name: "segment",
                found: format!("{segment} for {} elements", self.len()),
                allowed: "a divisor of the length is needed".into(),
            });
        }
        let key = self.public_key();
        let modulus = key.group().modulus();
        let parts = map(key.group(), call, self.len() / segment, 2.0 * segment as f64, |range| {
            let range = range.start * segment..range.end * segment;
            Ok((
                modulus.product(&self.nonce().slice(range.clone()), segment),
                modulus.product(&self.masked().slice(range), segment),
            ))
        })?;
        Ok(Self::join(key, &parts))
    }
}
