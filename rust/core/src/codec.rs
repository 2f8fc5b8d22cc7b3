//! The wire format, version 1, and the only reader and writer of it.
//!
//! `PVML`, a version byte, a tag byte for the type, then that type's fields. Integers are little-endian and
//! of fixed width; a byte string or a list of words has its length before it; a big number has no leading
//! zero byte; a flag is 0 or 1. So every value has one encoding. Reading is total: any bytes give a value or
//! an [`Error::Decode`]; lengths are checked against what is left before anything is allocated; and
//! nothing may be left over.

use crate::error::{Error, Result};

const MAGIC: [u8; 4] = *b"PVML";

/// The version that is written, and the only one that is read.
pub const VERSION: u8 = 1;

/// Most axes an array can have, as in NumPy.
pub const MAX_AXES: usize = 64;

/// The most elements that a sum over the axes of no length in a shape can have: a few bytes claim them, and
/// whoever adds or prints them pays.
const MAX_BESIDE_ZERO: u64 = 1 << 16;

/// Elements of an array of this shape. `None` if the array cannot be: its elements at 8 bytes each must
/// be addressable, as in NumPy. Those of an array without elements take nothing, but sums over its axes
/// have some: the product of the other axes is bounded too.
pub fn elements(shape: &[usize]) -> Option<usize> {
    let is_empty = shape.contains(&0);
    let addressable = isize::MAX as u64 / size_of::<u64>() as u64;
    let most = if is_empty { addressable.min(MAX_BESIDE_ZERO) } else { addressable };
    let size = shape.iter().try_fold(1usize, |size, &axis| size.checked_mul(axis.max(1)))?;
    (size as u64 <= most).then_some(if is_empty { 0 } else { size })
}

/// What an encoding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// A Paillier public key.
    PaillierPublicKey = 1,
    /// A Paillier private key under a password.
    PaillierPrivateKey = 2,
    /// An array of Paillier ciphertexts.
    PaillierArray = 3,
    /// An array packed into Paillier ciphertexts.
    PaillierPackedArray = 4,
    /// A public key of multiplicative ElGamal.
    MultiplicativePublicKey = 5,
    /// A private key of multiplicative ElGamal under a password.
    MultiplicativePrivateKey = 6,
    /// An array of multiplicative ElGamal ciphertexts.
    MultiplicativeArray = 7,
    /// A public key of additive ElGamal.
    AdditivePublicKey = 8,
    /// A private key of additive ElGamal under a password.
    AdditivePrivateKey = 9,
    /// An array of additive ElGamal ciphertexts.
    AdditiveArray = 10,
    /// A share of a private key under a password.
    ThresholdKeyShare = 11,
    /// What all officials know of a shared key.
    ThresholdPublic = 12,
    /// A partial decryption.
    PartialDecryption = 13,
    /// A message of distributed key generation.
    KeyGenerationMessage = 14,
    /// Proofs about ciphertexts: a ballot.
    Proofs = 15,
    /// What a party of key generation signs with, under a password.
    PartyIdentity = 16,
}

/// Bytes as users read them.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Builds an encoding.
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts a value of this type.
    pub fn new(tag: Tag) -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, tag as u8]);
        Self(bytes)
    }

    /// A flag.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Bytes whose number the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A byte string with its length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64).raw(bytes)
    }

    /// Words whose number the reader knows.
    pub fn words(&mut self, words: &[u64]) -> &mut Self {
        self.0.reserve(8 * words.len());
        for word in words {
            self.raw(&word.to_le_bytes());
        }
        self
    }

    /// A non-negative number of any size, from its words.
    pub fn number(&mut self, words: &[u64]) -> &mut Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let length = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.bytes(&bytes[..length])
    }

    /// An array's shape.
    pub fn shape(&mut self, shape: &[usize]) -> &mut Self {
        self.u8(shape.len() as u8);
        for &axis in shape {
            self.u64(axis as u64);
        }
        self
    }

    /// The encoding.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads an encoding. Every method fails rather than guess.
pub struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts reading a value of this type; `what` names it in errors.
    ///
    /// # Errors
    /// [`Error::Decode`] if the bytes are not such a value of a version that is known.
    pub fn new(bytes: &'a [u8], tag: Tag, what: &'static str) -> Result<Self> {
        let mut reader = Self { what, rest: bytes };
        if reader.raw(4)? != MAGIC {
            return Err(reader.error("not an encoding of this library"));
        }
        if reader.u8()? != VERSION {
            return Err(reader.error("a version that this library does not know"));
        }
        if reader.u8()? != tag as u8 {
            return Err(reader.error("another type of value"));
        }
        Ok(reader)
    }

    /// An error about this value.
    pub fn error(&self, reason: &'static str) -> Error {
        Error::Decode { what: self.what, reason }
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// A flag.
    pub fn flag(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.error("a flag that is neither 0 nor 1")),
        }
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) =
            self.rest.split_first_chunk::<N>().ok_or_else(|| self.error("the bytes end too early"))?;
        self.rest = rest;
        Ok(*head)
    }

    /// So many bytes.
    pub fn raw(&mut self, length: usize) -> Result<&'a [u8]> {
        let (head, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.error("the bytes end too early"))?;
        self.rest = rest;
        Ok(head)
    }

    /// A key's fingerprint, which must be this one.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] for another, or [`Error::Decode`].
    pub fn fingerprint(&mut self, expected: &[u8]) -> Result<()> {
        let found = self.raw(expected.len())?;
        if found == expected {
            return Ok(());
        }
        Err(Error::KeyMismatch { expected: hexadecimal(expected), found: hexadecimal(found) })
    }

    /// A byte string with its length.
    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u64()?;
        let length = usize::try_from(length).map_err(|_| self.error("the bytes end too early"))?;
        self.raw(length)
    }

    /// So many words.
    pub fn words(&mut self, count: usize) -> Result<Vec<u64>> {
        let length = count.checked_mul(8).ok_or_else(|| self.error("the bytes end too early"))?;
        let (words, _) = self.raw(length)?.as_chunks::<8>();
        Ok(words.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
    }

    /// A non-negative number of at most `max_words` words, without leading zero words.
    pub fn number(&mut self, max_words: usize) -> Result<Vec<u64>> {
        let bytes = self.bytes()?;
        if bytes.last() == Some(&0) {
            return Err(self.error("a number with leading zeros"));
        }
        if bytes.len() > 8 * max_words {
            return Err(self.error("a number beyond its range"));
        }
        Ok(bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            })
            .collect())
    }

    /// An array's shape, and the number of its elements.
    pub fn shape(&mut self) -> Result<(Vec<usize>, usize)> {
        let axes = usize::from(self.u8()?);
        if axes > MAX_AXES {
            return Err(self.error("too many axes"));
        }
        let mut shape = Vec::with_capacity(axes);
        for _ in 0..axes {
            shape.push(usize::try_from(self.u64()?).map_err(|_| self.error("a shape that is too large"))?);
        }
        let elements = elements(&shape).ok_or_else(|| self.error("a shape that is too large"))?;
        Ok((shape, elements))
    }

    /// Ends the value.
    ///
    /// # Errors
    /// [`Error::Decode`] if bytes are left over.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("bytes are left over")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Fields = (bool, u32, u64, Vec<u8>, Vec<u64>, Vec<usize>);

    fn encode((flag, small, large, bytes, number, shape): &Fields) -> Vec<u8> {
        let mut writer = Writer::new(Tag::PaillierArray);
        writer.flag(*flag).u32(*small).u64(*large).bytes(bytes).number(number).shape(shape);
        writer.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Fields> {
        let mut reader = Reader::new(bytes, Tag::PaillierArray, "fields")?;
        let fields = (
            reader.flag()?,
            reader.u32()?,
            reader.u64()?,
            reader.bytes()?.to_vec(),
            reader.number(4)?,
            reader.shape()?.0,
        );
        reader.finish()?;
        Ok(fields)
    }

    fn fields() -> impl Strategy<Value = Fields> {
        let number = prop::collection::vec(any::<u64>(), 0..4).prop_map(|mut words| {
            while words.last() == Some(&0) {
                words.pop();
            }
            words
        });
        let shape = prop::collection::vec(0usize..=16, 0..5);
        (any::<bool>(), any::<u32>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..40), number, shape)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(fields in fields()) {
            prop_assert_eq!(decode(&encode(&fields)), Ok(fields));
        }

        #[test]
        fn what_is_read_has_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..120), fields in fields(),
                                         at in any::<prop::sample::Index>(), value in any::<u8>()) {
            let _ = decode(&bytes);
            let mut mutated = encode(&fields);
            let at = at.index(mutated.len());
            mutated[at] = value;
            if let Ok(read) = decode(&mutated) {
                prop_assert_eq!(encode(&read), mutated);
            }
        }

        #[test]
        fn every_prefix_and_extension_is_refused(fields in fields()) {
            let mut bytes = encode(&fields);
            for length in 0..bytes.len() {
                prop_assert!(decode(&bytes[..length]).is_err());
            }
            bytes.push(0);
            prop_assert!(decode(&bytes).is_err());
        }
    }

    #[test]
    fn huge_lengths_are_refused_before_anything_is_allocated() {
        let mut writer = Writer::new(Tag::PaillierArray);
        writer.u64(u64::MAX);
        let bytes = writer.finish();
        let reader = || Reader::new(&bytes, Tag::PaillierArray, "x").expect("the header is right");
        assert!(reader().bytes().is_err());
        assert!(reader().words(usize::MAX).is_err());
        assert!(reader().raw(usize::MAX).is_err());
    }

    #[test]
    fn shapes_beyond_memory_are_refused() {
        let read = |shape: &[usize]| {
            let mut writer = Writer::new(Tag::PaillierArray);
            writer.shape(shape);
            let bytes = writer.finish();
            Reader::new(&bytes, Tag::PaillierArray, "x").expect("header").shape()
        };
        let largest = isize::MAX as usize / 8;
        assert_eq!(read(&[largest]), Ok((vec![largest], largest)));
        assert_eq!(read(&[1 << 8, 0, 1 << 8]), Ok((vec![1 << 8, 0, 1 << 8], 0)));
        let refused: [&[usize]; 6] = [
            &[largest + 1],
            &[1 << 30, 1 << 30],
            &[0, 1 << 40],
            &[1 << 8, 0, (1 << 8) + 1],
            &[1 << 40, 0, 1 << 40],
            &[0, usize::MAX, usize::MAX],
        ];
        for shape in refused {
            assert!(read(shape).is_err(), "{shape:?}");
        }
    }
}
