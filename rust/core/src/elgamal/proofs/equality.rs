//! That many powers share one secret exponent.
//!
//! Chaum and Pedersen, *Wallet databases with observers* (CRYPTO '92): for `h = g^x`, bases `c_j` and powers
//! `d_j`, that `d_j = c_j^x` for every `j`. One proof serves a batch: weights `w_j` of 128 bits are hashed
//! from the whole statement, and what is proven is that `log_g h = log_C D` for `C = prod c_j^w_j` and
//! `D = prod d_j^w_j`. This is the batched proof of RFC 9497, section 2.2 (Davidson, Goldberg, Sullivan,
//! Tankersley, Valsorda, *Privacy Pass*, PoPETs 2018, section 3.2; Henry, *Efficient Zero-Knowledge Proofs
//! and Applications*, 2014).
//!
//! **Why it is sound.** Write `d_j = c_j^x g^(a_j)`, which determines every `a_j` since `g` generates the
//! group. Then `D = C^x g^(sum a_j w_j)`. If some `a_j` is not zero, the sum is zero modulo the prime order
//! for at most one value of `w_j` below 2^128 once the others are fixed: with probability at most `2^-128`
//! over weights that a hash draws after all `c_j` and `d_j`. Otherwise `D` is not `C^x`, and Chaum and
//! Pedersen's proof is one of a false statement, which passes for at most one challenge of about 2^252.

use privml_kernels::memcheck;
use zeroize::Zeroize;

use crate::error::Result;
use crate::group::PrimeOrder;
use crate::parallel::{self, Call};
use crate::random::Stream;
use crate::transcript::Transcript;

/// Challenge and response.
#[derive(Clone)]
pub(crate) struct Equality<S> {
    pub(crate) challenge: [u8; 32],
    pub(crate) response: S,
}

/// What is proven: `powers = bases^x` for the `x` of `public = g^x`.
pub(crate) struct Statement<'a, G: PrimeOrder> {
    pub(crate) group: &'a G,
    pub(crate) public: &'a G::Elements,
    pub(crate) bases: &'a G::Elements,
    pub(crate) powers: &'a G::Elements,
}

impl<G: PrimeOrder> Statement<'_, G> {
    /// Appends the statement; returns the weights.
    fn append(&self, transcript: &mut Transcript) -> Vec<u128> {
        for (label, elements) in [("public", self.public), ("bases", self.bases), ("powers", self.powers)] {
            let encoded = self.group.encode(elements);
            // The statement is published, and the weights are a hash of it.
            memcheck::reveal(&encoded);
            transcript.append(label, &encoded);
        }
        let mut bytes = vec![0; 16 * self.group.len(self.bases)];
        transcript.challenge("weights", &mut bytes);
        bytes.as_chunks::<16>().0.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect()
    }

    fn combine(&self, elements: &G::Elements, weights: &[u128], call: &mut Call<'_>) -> Result<G::Elements> {
        let group = self.group;
        let ns = group.power_ns() / 4;
        let parts = parallel::map_chunks(call, weights.len(), parallel::chunk_for(ns, 8), ns, |range| {
            Ok(group.combine_vartime(&group.slice(elements, range.clone()), &weights[range]))
        })?;
        let ones = vec![1; parts.len()];
        Ok(group.combine_vartime(&group.concat(&parts), &ones))
    }

    fn challenge(&self, transcript: &mut Transcript, commitments: [&G::Elements; 2]) -> [u8; 32] {
        for commitment in commitments {
            transcript.append("commitment", &self.group.encode(commitment));
        }
        let mut challenge = [0; 32];
        transcript.challenge("challenge", &mut challenge);
        challenge
    }
}

impl<S: Clone + Zeroize> Equality<S> {
    /// A proof, given the secret exponent.
    ///
    /// # Errors
    /// [`Error::Randomness`](crate::error::Error::Randomness), or what ends the call.
    pub(crate) fn prove<G: PrimeOrder<Scalar = S>>(
        statement: &Statement<'_, G>,
        exponent: &S,
        mut transcript: Transcript,
        call: &mut Call<'_>,
    ) -> Result<Self> {
        let group = statement.group;
        let weights = statement.append(&mut transcript);
        let base = statement.combine(statement.bases, &weights, call)?;
        let mut nonce = group.random_scalar(&mut Stream::from_os()?);
        let commitments =
            [&group.generator_powers(std::slice::from_ref(&nonce)), &group.powers(&base, &nonce)];
        let challenge = statement.challenge(&mut transcript, commitments);
        let mut product = group.multiply_scalars(&group.challenge_scalar(&challenge), exponent);
        let response = group.add_scalars(&nonce, &product);
        nonce.zeroize();
        product.zeroize();
        Ok(Self { challenge, response })
    }

    /// Whether the proof holds.
    ///
    /// # Errors
    /// What ends the call.
    pub(crate) fn holds_vartime<G: PrimeOrder<Scalar = S>>(
        &self,
        statement: &Statement<'_, G>,
        mut transcript: Transcript,
        call: &mut Call<'_>,
    ) -> Result<bool> {
        let group = statement.group;
        let weights = statement.append(&mut transcript);
        let base = statement.combine(statement.bases, &weights, call)?;
        let power = statement.combine(statement.powers, &weights, call)?;
        let challenge = group.challenge_scalar(&self.challenge);
        let commitment = |base: &G::Elements, power: &G::Elements| {
            group.multiply(
                &group.powers_vartime(base, &self.response),
                &group.powers_vartime(&group.invert(power), &challenge),
            )
        };
        let commitments = [&commitment(&group.generator(), statement.public), &commitment(&base, &power)];
        Ok(statement.challenge(&mut transcript, commitments) == self.challenge)
    }
}
