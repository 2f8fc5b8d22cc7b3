//! Groups of prime order: the floor of ElGamal encryption.
//!
//! [`FiniteField`] is the quotient `Z_p*/{±1}` for a safe prime `p = 2q + 1` of RFC 7919 (appendix A).
//! As `p` is 3 modulo 4, -1 is no square: every class `{x, p - x}` holds exactly one quadratic residue,
//! and the quotient is isomorphic to their group, of prime order `q`. Deciding Diffie-Hellman is
//! therefore the same problem in both. A class is written as its least member, an integer in `1..=q`:
//! membership is a range check, every such integer is an element as it is, and there is no coset whose
//! label (a Legendre symbol, a parity) could leak. The class of 2 generates the group, as any but that of
//! 1 does.
//!
//! Inside the kernels a class is held as either member; what leaves is brought to the least in constant
//! time.

mod primes;
#[cfg(test)]
mod tests;

use crypto_bigint::{BoxedUint, Odd};
use privml_kernels::{Backend, Batch, Modulus, Words, memcheck};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::words;

/// The supported finite-field groups, named as in RFC 7919.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// 2048 bits.
    Ffdhe2048,
    /// 3072 bits.
    Ffdhe3072,
    /// 4096 bits.
    Ffdhe4096,
}

impl Name {
    /// All of them.
    pub const ALL: [Name; 3] = [Name::Ffdhe2048, Name::Ffdhe3072, Name::Ffdhe4096];

    /// The name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Name::Ffdhe2048 => "ffdhe2048",
            Name::Ffdhe3072 => "ffdhe3072",
            Name::Ffdhe4096 => "ffdhe4096",
        }
    }

    /// The group of that name.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        Name::ALL.into_iter().find(|group| group.as_str() == name).ok_or_else(|| Error::InvalidParameter {
            name: "group",
            found: format!("{name:?}"),
            allowed: "\"ffdhe2048\", \"ffdhe3072\", \"ffdhe4096\"".into(),
        })
    }

    /// Bits of the prime.
    pub fn bits(self) -> usize {
        match self {
            Name::Ffdhe2048 => 2048,
            Name::Ffdhe3072 => 3072,
            Name::Ffdhe4096 => 4096,
        }
    }

    /// Bits of a short exponent. RFC 7919, section 5.2 and appendix A, asks for at least 225, 275 and 325.
    pub fn short_exponent_bits(self) -> usize {
        match self {
            Name::Ffdhe2048 => 256,
            Name::Ffdhe3072 => 288,
            Name::Ffdhe4096 => 352,
        }
    }

    /// Bits of an exponent, short or of the order's length.
    pub fn exponent_bits(self, full: bool) -> usize {
        if full { self.bits() - 1 } else { self.short_exponent_bits() }
    }

    fn prime(self) -> Vec<u64> {
        let hex = match self {
            Name::Ffdhe2048 => primes::FFDHE2048,
            Name::Ffdhe3072 => primes::FFDHE3072,
            Name::Ffdhe4096 => primes::FFDHE4096,
        };
        let digit = |byte: u8| u64::from(if byte <= b'9' { byte - b'0' } else { byte - b'a' + 10 });
        hex.as_bytes().rchunks(16).map(|word| word.iter().fold(0, |w, &b| w << 4 | digit(b))).collect()
    }
}

/// `Z_p*/{±1}` on one backend.
pub struct FiniteField {
    name: Name,
    modulus: Modulus,
    order: Vec<u64>,
    odd: Odd<BoxedUint>,
}

impl FiniteField {
    /// The group on the active backend.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if `PRIVML_BACKEND` names none that runs here.
    pub fn new(name: Name) -> Result<Self> {
        let backend = Backend::active().map_err(|error| Error::InvalidParameter {
            name: "PRIVML_BACKEND",
            found: format!("{:?}", error.found),
            allowed: error.allowed.join(", "),
        })?;
        let prime = name.prime();
        let modulus = Modulus::new(&prime, backend)
            .map_err(|error| Error::Internal(format!("{}: {error}", name.as_str())))?;
        let mut order = prime.clone();
        for i in 0..order.len() {
            order[i] = order[i] >> 1 | order.get(i + 1).map_or(0, |next| next << 63);
        }
        let odd = Odd::new(BoxedUint::from_words(prime))
            .into_option()
            .ok_or_else(|| Error::Internal("an even group modulus".into()))?;
        Ok(Self { name, modulus, order, odd })
    }

    /// Which group it is.
    pub fn name(&self) -> Name {
        self.name
    }

    /// The ring that classes are multiplied in.
    pub fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    /// The group's order `q = (p - 1) / 2`, also its largest element.
    pub fn order(&self) -> &[u64] {
        &self.order
    }

    /// Words of an element's row.
    pub fn words(&self) -> usize {
        self.order.len()
    }

    /// The generator's row.
    pub fn generator(&self) -> Vec<u64> {
        let mut row = vec![0; self.words()];
        row[0] = 2;
        row
    }

    /// The first row that is not the canonical form of an element. Constant time unless there is one.
    pub fn first_foreign(&self, rows: &[u64]) -> Option<usize> {
        let fault = |row: &[u64]| words::is_zero(row) | words::is_below(&self.order, row);
        let any = rows.chunks_exact(self.words()).fold(0, |any, row| any | fault(row));
        // Whether anything is refused may be known.
        match memcheck::revealed(any) {
            0 => None,
            _ => rows.chunks_exact(self.words()).position(|row| fault(row) == 1),
        }
    }

    /// Nanoseconds of one product, on a busy machine.
    pub fn product_ns(&self) -> f64 {
        // Inside kernels, of words and of each lane of vectors.
        let word_product = if self.modulus.backend().lanes() == 1 { 1.2 } else { 0.6 };
        let words = self.words() as f64;
        2.0 * words * words * word_product + 4.0 * words
    }

    /// Canonical rows into internal form. They have been checked.
    pub fn enter(&self, rows: &[u64]) -> Batch {
        self.modulus.enter(rows, self.words())
    }

    /// The least members of the classes, in constant time.
    pub fn leave(&self, x: &Batch) -> Words {
        let mut rows = self.modulus.leave(x);
        let mut mirrored = Zeroizing::new(vec![0; self.words()]);
        for row in rows.chunks_exact_mut(self.words()) {
            words::subtract(&mut mirrored, self.modulus.words(), row);
            let larger = words::is_below(&self.order, row);
            words::assign_if(row, larger, &mirrored);
        }
        rows
    }

    /// The inverses, in constant time.
    ///
    /// # Errors
    /// [`Error::Internal`] if one is zero, which no element is.
    pub fn invert(&self, x: &Batch) -> Result<Batch> {
        let invert = |row: &[u64]| {
            let row = Zeroizing::new(BoxedUint::from_words(row.iter().copied()));
            let mut inverse = row.invert_odd_mod(&self.odd);
            // Whether there is an inverse may be known: of elements of the group there is.
            let exists = memcheck::revealed(u64::from(inverse.is_some().to_u8())) == 1;
            let words = Zeroizing::new(inverse.as_inner_unchecked().as_words().to_vec());
            let _ = inverse.as_mut().map(|value| value.zeroize());
            exists.then_some(words)
        };
        self.modulus.invert(x, &invert).ok_or_else(|| Error::Internal("a group element is zero".into()))
    }
}
