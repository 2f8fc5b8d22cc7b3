//! Ballots: rows of encrypted choices with proofs that they are ones, for tallies that nobody opens singly.
//!
//! A ballot is a ciphertext of additive ElGamal on ristretto255, `(r G, v G + r H)`, for each choice; for each a
//! proof that `v` is 0 or 1 and one that the row's sum is within the election's limits
//! ([`proofs`](super::proofs)). This is the scheme of Cramer, Gennaro, Schoenmakers, *A secure and optimally
//! efficient multi-authority election scheme* (EUROCRYPT '97). Every proof binds the shared key, the election
//! with its rules, the voter and all of the row's ciphertexts: it proves nothing under another name, so a
//! copied ballot, or one made from another's, is refused.
//!
//! # What holds, and what does not
//!
//! - Who does not have `t` shares of the key learns from a ballot that it is valid, and no more (DDH, random
//!   oracle model). That *somebody voted* is not hidden.
//! - A ballot that counts adds a 0 or 1 to each choice, within the limits (soundness, see the proofs).
//! - **Who a voter is** must be established outside: the voter's name in a ballot is what the ballot says.
//! - A voter who keeps `r` can show how they voted: there is no receipt-freeness, and no coercion resistance.
//!
//! Making a ballot is constant time in the choices; checking and opening totals are not, and work on what is
//! public.

use curve25519_dalek::ristretto::RistrettoBasepointTable;
use curve25519_dalek::traits::Identity;
use curve25519_dalek::{RistrettoPoint, Scalar, constants::RISTRETTO_BASEPOINT_POINT};
use privml_kernels::memcheck;
use subtle::{ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

use super::proofs::{Allowed, BRANCH_BYTES, Membership, is_identity};
use super::threshold::PublicKey;
use crate::codec::{Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::group::{PrimeOrder, Ristretto255};
use crate::parallel::{self, Call};
use crate::random::Stream;
use crate::transcript::Transcript;

/// Bytes of a ciphertext: `r G`, then `v G + r H`.
pub const CIPHERTEXT_BYTES: usize = 64;

/// The most choices a ballot can have, and the most branches in the proof of its sum.
pub const MAX_CHOICES: usize = 1000;

/// A rough time of checking one branch of a proof.
const BRANCH_NS: u64 = 200_000;

const BIT: Allowed = Allowed { low: 0, high: 1 };

/// What is voted on, and how.
pub struct Election {
    key: PublicKey<Ristretto255>,
    element: RistrettoPoint,
    table: RistrettoBasepointTable,
    label: Vec<u8>,
    choices: usize,
    sum: Allowed,
}

/// A checked ballot: its voter, and its ciphertexts as they were sent.
pub struct Accepted {
    /// Who it says it is by.
    pub voter: Vec<u8>,
    /// [`CIPHERTEXT_BYTES`] for each choice.
    pub ciphertexts: Vec<u8>,
}

impl Election {
    /// An election under a shared key: so many choices, of which each ballot marks `at_least..=at_most`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for limits that cannot be.
    pub fn new(
        key: PublicKey<Ristretto255>,
        label: &[u8],
        choices: usize,
        at_least: usize,
        at_most: usize,
    ) -> Result<Self> {
        let refuse = |name, found: usize, allowed: String| {
            Err(Error::InvalidParameter { name, found: found.to_string(), allowed })
        };
        if !(1..=MAX_CHOICES).contains(&choices) {
            return refuse("choices", choices, format!("1 to {MAX_CHOICES}"));
        }
        if at_most > choices || at_most == 0 {
            return refuse("at_most", at_most, format!("1 to the number of choices, {choices}"));
        }
        if at_least > at_most {
            return refuse("at_least", at_least, format!("0 to at_most, {at_most}"));
        }
        let element = key.element()[0];
        let table = RistrettoBasepointTable::create(&element);
        let sum = Allowed { low: at_least as u64, high: at_most as u64 };
        Ok(Self { key, element, table, label: label.to_vec(), choices, sum })
    }

    /// The key that ballots are encrypted under.
    pub fn key(&self) -> &PublicKey<Ristretto255> {
        &self.key
    }

    /// How many choices a ballot has.
    pub fn choices(&self) -> usize {
        self.choices
    }

    /// What every proof of a ballot binds.
    fn transcript(&self, voter: &[u8], ciphertexts: &[u8]) -> Transcript {
        let mut transcript = Transcript::new("ballot");
        transcript
            .append("shared key", self.key.to_bytes())
            .append("election", &self.label)
            .append("at least", &self.sum.low.to_le_bytes())
            .append("at most", &self.sum.high.to_le_bytes())
            .append("voter", voter)
            .append("ciphertexts", ciphertexts);
        transcript
    }

    fn position(transcript: &Transcript, position: u64) -> Transcript {
        let mut transcript = transcript.clone();
        transcript.append("position", &position.to_le_bytes());
        transcript
    }

    /// A voter's ballot: 0 or 1 for each choice. Constant time in them, except that they were refused.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the row has another length, another value, or a sum outside the limits;
    /// [`Error::Randomness`].
    pub fn cast(&self, voter: &[u8], marks: &[u8]) -> Result<Vec<u8>> {
        let refuse = |found: &str, allowed: String| {
            Err(Error::InvalidParameter { name: "marks", found: found.into(), allowed })
        };
        if marks.len() != self.choices {
            return refuse(
                &format!("{} of them", marks.len()),
                format!("one for each of {} choices", self.choices),
            );
        }
        let beyond = marks.iter().fold(0, |any, mark| any | mark.ct_gt(&1).unwrap_u8());
        let total = marks.iter().map(|&mark| u64::from(mark)).sum::<u64>();
        let within = (self.sum.low..=self.sum.high).fold(0, |any, sum| any | total.ct_eq(&sum).unwrap_u8());
        // Whether a row is refused, and why, may be known.
        if memcheck::revealed(beyond.into()) == 1 {
            return refuse("a mark that is neither 0 nor 1", "0 and 1".into());
        }
        if memcheck::revealed(within.into()) == 0 {
            return refuse(
                "a row whose sum is outside the limits",
                format!("sums from {} to {}", self.sum.low, self.sum.high),
            );
        }
        let stream = &mut Stream::from_os()?;
        let nonces: Zeroizing<Vec<Scalar>> =
            Zeroizing::new(marks.iter().map(|_| Ristretto255.random_scalar(stream)).collect());
        let row: Vec<[RistrettoPoint; 2]> = marks
            .iter()
            .zip(nonces.iter())
            .map(|(&mark, nonce)| {
                let masked = RistrettoPoint::mul_base(&Scalar::from(mark)) + nonce * &self.table;
                [RistrettoPoint::mul_base(nonce), masked]
            })
            .collect();
        let ciphertexts = Ristretto255.encode(&row.concat());
        let transcript = self.transcript(voter, &ciphertexts);
        let mut proofs = Vec::with_capacity(self.proof_bytes());
        for (position, ((ciphertext, &mark), nonce)) in (0..).zip(row.iter().zip(marks).zip(nonces.iter())) {
            let transcript = Self::position(&transcript, position);
            let proof = Membership::prove(BIT, &self.table, ciphertext, u64::from(mark), nonce, transcript)?;
            proofs.extend(proof.to_bytes());
        }
        let sum = Zeroizing::new(nonces.iter().sum::<Scalar>());
        let transcript = Self::position(&transcript, u64::MAX);
        let proof = Membership::prove(self.sum, &self.table, &total_of(&row), total, &sum, transcript)?;
        proofs.extend(proof.to_bytes());
        let mut writer = Writer::new(Tag::Proofs);
        writer.bytes(voter).bytes(&ciphertexts).bytes(&proofs);
        Ok(writer.finish())
    }

    fn proof_bytes(&self) -> usize {
        BRANCH_BYTES * (2 * self.choices + self.sum.branches())
    }

    /// Whether one ballot is well formed and its proofs hold. Not constant time: ballots are public.
    ///
    /// # Errors
    /// [`Error::Decode`]; [`Error::InvalidCiphertext`] names the choice whose proof does not hold.
    fn check(&self, ballot: &[u8]) -> Result<Accepted> {
        let mut reader = Reader::new(ballot, Tag::Proofs, "a ballot")?;
        let (voter, ciphertexts, proofs) = (reader.bytes()?, reader.bytes()?, reader.bytes()?);
        if ciphertexts.len() != CIPHERTEXT_BYTES * self.choices {
            return Err(reader.error("another number of choices"));
        }
        if proofs.len() != self.proof_bytes() {
            return Err(reader.error("another number of proofs"));
        }
        let points = Ristretto255.decode(ciphertexts).map_err(|_| reader.error("an element that is none"))?;
        let (row, _) = points.as_chunks::<2>();
        if row.iter().any(|[nonce, _]| is_identity(nonce)) {
            return Err(reader.error("a ciphertext that hides nothing"));
        }
        let (bits, sum) = proofs.split_at(2 * BRANCH_BYTES * self.choices);
        let proof = |bytes| Membership::from_bytes(bytes).ok_or_else(|| reader.error("a proof out of range"));
        let transcript = self.transcript(voter, ciphertexts);
        let failed = |index, reason| Err(Error::InvalidCiphertext { index, reason });
        for (position, (ciphertext, bytes)) in row.iter().zip(bits.chunks_exact(2 * BRANCH_BYTES)).enumerate()
        {
            let transcript = Self::position(&transcript, position as u64);
            if !proof(bytes)?.holds_vartime(BIT, &self.element, ciphertext, transcript) {
                return failed(position, "it is not proven to be 0 or 1, for this voter and election");
            }
        }
        let transcript = Self::position(&transcript, u64::MAX);
        if !proof(sum)?.holds_vartime(self.sum, &self.element, &total_of(row), transcript) {
            return failed(
                0,
                "the row's sum is not proven to be within the limits, for this voter and election",
            );
        }
        reader.finish()?;
        Ok(Accepted { voter: voter.to_vec(), ciphertexts: ciphertexts.to_vec() })
    }

    /// Checks many ballots; for each, in order, what it holds or why it does not count.
    ///
    /// # Errors
    /// What ends the call.
    pub fn check_all(&self, ballots: &[&[u8]], call: &mut Call<'_>) -> Result<Vec<Result<Accepted>>> {
        let ns = BRANCH_NS * (2 * self.choices + self.sum.branches()) as u64;
        let parts = parallel::map_chunks(call, ballots.len(), parallel::chunk_for(ns, 1), ns, |range| {
            Ok(ballots[range].iter().map(|ballot| self.check(ballot)).collect::<Vec<_>>())
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}

fn total_of(row: &[[RistrettoPoint; 2]]) -> [RistrettoPoint; 2] {
    [row.iter().map(|ciphertext| ciphertext[0]).sum(), row.iter().map(|ciphertext| ciphertext[1]).sum()]
}

/// The sum of rows of ciphertexts, choice by choice, encoded.
///
/// # Errors
/// [`Error::InvalidCiphertext`] if one is none, [`Error::Shape`] for rows of another length.
pub fn add_rows(rows: &[&[u8]], choices: usize) -> Result<Vec<u8>> {
    let mut total = vec![RistrettoPoint::identity(); 2 * choices];
    for (index, row) in rows.iter().enumerate() {
        let points = Ristretto255
            .decode(row)
            .map_err(|_| Error::InvalidCiphertext { index, reason: "an element is not in the group" })?;
        if points.len() != total.len() {
            return Err(Error::Shape {
                name: "rows",
                found: format!("{} elements", points.len()),
                allowed: format!("{}", total.len()),
            });
        }
        total.iter_mut().zip(points).for_each(|(sum, point)| *sum += point);
    }
    Ok(Ristretto255.encode(&total))
}

/// The totals `v` of elements `v G` with `v` in `0..=largest`, by trying them in turn: far less work than
/// checking the ballots was.
///
/// # Errors
/// [`Error::Overflow`] names the first that is not there; [`Error::Decode`].
pub fn open_totals_vartime(elements: &[u8], largest: u64) -> Result<Vec<u64>> {
    let points = Ristretto255
        .decode(elements)
        .map_err(|_| Error::Decode { what: "totals", reason: "an element that is none" })?;
    let mut totals = vec![None; points.len()];
    let mut multiple = RistrettoPoint::identity();
    for value in 0..=largest {
        for (total, point) in totals.iter_mut().zip(&points) {
            if total.is_none() && multiple == *point {
                *total = Some(value);
            }
        }
        if totals.iter().all(Option::is_some) {
            break;
        }
        multiple += RISTRETTO_BASEPOINT_POINT;
    }
    let beyond = |index| Error::Overflow { name: "totals".into(), index, allowed: largest.to_string() };
    totals.iter().enumerate().map(|(index, total)| total.ok_or_else(|| beyond(index))).collect()
}

#[cfg(test)]
mod tests;
