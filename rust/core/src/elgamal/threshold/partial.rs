//! Partial decryptions: made, checked, combined.

use super::share::{KeyShare, PublicKey};
use crate::codec::{self, Reader, Tag, Writer};
use crate::elgamal::proofs::{Equality, Statement};
use crate::error::{Error, Result};
use crate::group::PrimeOrder;
use crate::parallel::{self, Call};
use crate::transcript::Transcript;

/// Ciphertexts `(c, masked)`, as both homomorphisms have them.
pub struct Ciphertexts<G: PrimeOrder> {
    nonce: G::Elements,
    masked: G::Elements,
}

impl<G: PrimeOrder> Ciphertexts<G> {
    /// Ciphertexts from their encodings: both elements of each, one ciphertext after the other.
    ///
    /// # Errors
    /// [`Error::InvalidCiphertext`] names the first with an element that is none.
    pub fn from_bytes(group: &G, bytes: &[u8]) -> Result<Self> {
        let foreign =
            |at: usize| Error::InvalidCiphertext { index: at, reason: "an element is not in the group" };
        let width = group.element_bytes();
        if !bytes.len().is_multiple_of(2 * width) {
            return Err(foreign(bytes.len() / (2 * width)));
        }
        let half = |first: usize| -> Vec<u8> {
            bytes.chunks_exact(width).skip(first).step_by(2).flatten().copied().collect()
        };
        Ok(Self {
            nonce: group.decode(&half(0)).map_err(foreign)?,
            masked: group.decode(&half(1)).map_err(foreign)?,
        })
    }
}

/// One party's part of a decryption, with its proof.
#[derive(Clone)]
pub struct PartialDecryption<G: PrimeOrder> {
    party: u8,
    key: [u8; 32],
    context: [u8; 32],
    powers: G::Elements,
    proof: Equality<G::Scalar>,
}

/// What a partial decryption is of: key, session and ciphertexts.
fn context<G: PrimeOrder>(key: &PublicKey<G>, session: &[u8], of: &Ciphertexts<G>) -> [u8; 32] {
    let group = key.group();
    let mut transcript = Transcript::new("threshold decryption");
    transcript
        .append("shared key", key.to_bytes())
        .append("session", session)
        .append("nonces", &group.encode(&of.nonce))
        .append("masked", &group.encode(&of.masked));
    transcript.digest()
}

fn transcript(context: &[u8; 32], party: u8) -> Transcript {
    let mut transcript = Transcript::new("partial decryption");
    transcript.append("context", context).append("party", &[party]);
    transcript
}

/// What `work` makes of the pieces of a batch, one power an element.
fn map<G: PrimeOrder>(
    group: &G,
    x: &G::Elements,
    call: &mut Call<'_>,
    work: impl Fn(&G::Elements) -> G::Elements + Sync,
) -> Result<G::Elements> {
    let ns = group.power_ns();
    let parts = parallel::map_chunks(call, group.len(x), parallel::chunk_for(ns, 8), ns, |range| {
        Ok(work(&group.slice(x, range)))
    })?;
    Ok(group.concat(&parts))
}

impl<G: PrimeOrder> KeyShare<G> {
    /// This party's part of decrypting these ciphertexts. Constant time in the share.
    ///
    /// # Errors
    /// [`Error::Randomness`], or what ends the call.
    pub fn decrypt_partially(
        &self,
        of: &Ciphertexts<G>,
        session: &[u8],
        call: &mut Call<'_>,
    ) -> Result<PartialDecryption<G>> {
        let key = self.public_key();
        let group = key.group();
        let context = context(key, session, of);
        let powers = map(group, &of.nonce, call, |part| group.powers(part, self.exponent()))?;
        let public = key.verification_key(self.party());
        let statement = Statement { group, public: &public, bases: &of.nonce, powers: &powers };
        let transcript = transcript(&context, self.party());
        let proof = call.quietly(|call| Equality::prove(&statement, self.exponent(), transcript, call))?;
        Ok(PartialDecryption { party: self.party(), key: *key.fingerprint(), context, powers, proof })
    }
}

impl<G: PrimeOrder> PartialDecryption<G> {
    /// The party that says it made this.
    pub fn party(&self) -> u8 {
        self.party
    }

    /// The encoding.
    pub fn to_bytes(&self, group: &G) -> Vec<u8> {
        let mut writer = Writer::new(Tag::PartialDecryption);
        writer
            .raw(&self.key)
            .raw(&self.context)
            .u8(self.party)
            .raw(&self.proof.challenge)
            .raw(&group.encode_scalar(&self.proof.response))
            .bytes(&group.encode(&self.powers));
        writer.finish()
    }

    /// The partial decryption of an encoding, under this key.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::KeyMismatch`].
    pub fn from_bytes(public: &PublicKey<G>, bytes: &[u8]) -> Result<Self> {
        let group = public.group();
        let mut reader = Reader::new(bytes, Tag::PartialDecryption, "a partial decryption")?;
        let mut digest = || -> Result<[u8; 32]> { Ok(reader.raw(32)?.try_into().unwrap_or_default()) };
        let (key, context) = (digest()?, digest()?);
        public.check_same(&key)?;
        let party = reader.u8()?;
        if party == 0 || party > public.parties() {
            return Err(reader.error("a party that there is not"));
        }
        let challenge = reader.raw(32)?.try_into().unwrap_or_default();
        let response = group
            .decode_scalar(reader.raw(group.scalar_bytes())?)
            .ok_or_else(|| reader.error("a response out of range"))?;
        let powers = group.decode(reader.bytes()?).map_err(|_| reader.error("an element that is none"))?;
        reader.finish()?;
        Ok(Self { party, key, context, powers, proof: Equality { challenge, response } })
    }
}

impl<G: PrimeOrder> PublicKey<G> {
    fn check_same(&self, other: &[u8; 32]) -> Result<()> {
        if self.fingerprint() == other {
            return Ok(());
        }
        let found = codec::hexadecimal(&other[..8]);
        Err(Error::KeyMismatch { expected: self.fingerprint_hex(), found })
    }

    /// Refuses partial decryptions of anything else, and those whose proof does not hold.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`]; [`Error::InvalidParameter`] for one of another session or of other ciphertexts;
    /// [`Error::Misbehaviour`] names all parties whose proofs do not hold; or what ends the call.
    pub fn verify(
        &self,
        of: &Ciphertexts<G>,
        partials: &[&PartialDecryption<G>],
        session: &[u8],
        call: &mut Call<'_>,
    ) -> Result<()> {
        let context = context(self, session, of);
        let mut liars = Vec::new();
        for partial in partials {
            self.check_same(&partial.key)?;
            if partial.context != context || self.group().len(&partial.powers) != self.group().len(&of.nonce)
            {
                return Err(Error::InvalidParameter {
                    name: "partial decryption",
                    found: format!("one by party {} of another session or other ciphertexts", partial.party),
                    allowed: "those of this session and these ciphertexts".into(),
                });
            }
            let public = self.verification_key(partial.party);
            let statement =
                Statement { group: self.group(), public: &public, bases: &of.nonce, powers: &partial.powers };
            let transcript = transcript(&context, partial.party);
            if !call.quietly(|call| partial.proof.holds_vartime(&statement, transcript, call))? {
                liars.push(partial.party);
            }
        }
        liars.sort_unstable();
        liars.dedup();
        if liars.is_empty() {
            return Ok(());
        }
        Err(Error::Misbehaviour {
            parties: liars,
            reason: "a partial decryption is wrong: its proof does not hold",
        })
    }

    /// The plaintexts' elements, encoded one after the other: the plaintexts themselves in the multiplicative
    /// scheme, `v G` in the additive one.
    ///
    /// # Errors
    /// Those of [`Self::verify`]; [`Error::InvalidParameter`] for two by one party, or fewer than the threshold.
    pub fn combine(
        &self,
        of: &Ciphertexts<G>,
        partials: &[&PartialDecryption<G>],
        session: &[u8],
        call: &mut Call<'_>,
    ) -> Result<Vec<u8>> {
        let group = self.group();
        let refuse = |found: String, allowed: String| {
            Err(Error::InvalidParameter { name: "partial decryptions", found, allowed })
        };
        let mut seen = [false; 256];
        for partial in partials {
            if std::mem::replace(&mut seen[usize::from(partial.party)], true) {
                return refuse(format!("two by party {}", partial.party), "one by each party".into());
            }
        }
        let threshold = usize::from(self.threshold());
        if partials.len() < threshold {
            return refuse(partials.len().to_string(), format!("at least the threshold, {threshold}"));
        }
        self.verify(of, partials, session, call)?;
        let used = &partials[..threshold];
        let parties: Vec<u8> = used.iter().map(|partial| partial.party).collect();
        let mut result = of.masked.clone();
        for partial in used {
            let minus = group.negate_scalar(&lagrange(group, partial.party, &parties));
            let factor = map(group, &partial.powers, call, |part| group.powers_vartime(part, &minus))?;
            result = group.multiply(&result, &factor);
        }
        Ok(group.encode(&result))
    }
}

/// The coefficient of `f(party)` in `f(0)`, from the values at `parties`.
pub(super) fn lagrange<G: PrimeOrder>(group: &G, party: u8, parties: &[u8]) -> G::Scalar {
    let (mut numerator, mut denominator) = (group.small_scalar(1), group.small_scalar(1));
    let own = group.negate_scalar(&group.small_scalar(party.into()));
    for &other in parties.iter().filter(|&&other| other != party) {
        let other = group.small_scalar(other.into());
        denominator = group.multiply_scalars(&denominator, &group.add_scalars(&other, &own));
        numerator = group.multiply_scalars(&numerator, &other);
    }
    group.multiply_scalars(&numerator, &group.invert_scalar(&denominator))
}
