//! Shares of a private key, and what all parties know of it.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::MAX_PARTIES;
use crate::codec::{self, Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::group::PrimeOrder;
use crate::keyfile;
use crate::parallel::Call;
use crate::random::Stream;

/// A secret polynomial modulo the group's order, its constant term first. Wiped on drop.
pub(crate) struct Polynomial<S: Zeroize>(Vec<S>);

impl<S: Zeroize> Drop for Polynomial<S> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<S: Clone + Zeroize> Polynomial<S> {
    /// One with this constant term and `threshold - 1` random coefficients.
    pub(crate) fn random<G: PrimeOrder<Scalar = S>>(
        group: &G,
        constant: S,
        threshold: u8,
        stream: &mut Stream,
    ) -> Self {
        let mut coefficients = Vec::with_capacity(usize::from(threshold));
        coefficients.push(constant);
        coefficients.extend((1..threshold).map(|_| group.random_scalar(stream)));
        Self(coefficients)
    }

    #[cfg(test)]
    pub(super) fn of(coefficients: Vec<S>) -> Self {
        Self(coefficients)
    }

    pub(crate) fn constant(&self) -> &S {
        &self.0[0]
    }

    /// Its value at a party's number.
    pub(crate) fn at<G: PrimeOrder<Scalar = S>>(&self, group: &G, party: u8) -> S {
        let x = group.small_scalar(party.into());
        let mut value = group.small_scalar(0);
        for coefficient in self.0.iter().rev() {
            let mut product = group.multiply_scalars(&value, &x);
            value.zeroize();
            value = group.add_scalars(&product, coefficient);
            product.zeroize();
        }
        value
    }

    /// Feldman's commitments to the coefficients.
    pub(crate) fn commitments<G: PrimeOrder<Scalar = S>>(&self, group: &G) -> G::Elements {
        group.generator_powers(&self.0)
    }
}

/// `g^(f(party))` from the commitments to `f`.
pub(crate) fn share_of_commitments<G: PrimeOrder>(
    group: &G,
    commitments: &G::Elements,
    party: u8,
) -> G::Elements {
    let mut value = group.identity(1);
    for k in (0..group.len(commitments)).rev() {
        let pair = group.concat(&[value, group.slice(commitments, k..k + 1)]);
        value = group.combine_vartime(&pair, &[party.into(), 1]);
    }
    value
}

fn check_sizes(parties: usize, threshold: usize) -> Result<(u8, u8)> {
    let refuse = |name, found: usize, allowed: String| {
        Err(Error::InvalidParameter { name, found: found.to_string(), allowed })
    };
    if !(2..=MAX_PARTIES).contains(&parties) {
        return refuse("parties", parties, format!("2 to {MAX_PARTIES}"));
    }
    if !(2..=parties).contains(&threshold) {
        return refuse("threshold", threshold, format!("2 to the number of parties, {parties}"));
    }
    Ok((parties as u8, threshold as u8))
}

/// A public key whose private exponent is shared, with the commitments to its shares.
#[derive(Clone)]
pub struct PublicKey<G: PrimeOrder> {
    group: G,
    parties: u8,
    commitments: G::Elements,
    encoded: Vec<u8>,
    fingerprint: [u8; 32],
}

impl<G: PrimeOrder> PublicKey<G> {
    /// A key from the commitments to its polynomial's coefficients; their number is the threshold.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a number of parties or a threshold that cannot be;
    /// [`Error::InvalidKey`] if the public key is the neutral element.
    pub fn new(group: G, parties: usize, commitments: G::Elements) -> Result<Self> {
        let (parties, _) = check_sizes(parties, group.len(&commitments))?;
        if group.has_identity(&group.slice(&commitments, 0..1)) {
            return Err(Error::InvalidKey("the public element is neutral, which hides nothing"));
        }
        let mut writer = Writer::new(Tag::ThresholdPublic);
        writer.bytes(group.name().as_bytes()).u8(parties).bytes(&group.encode(&commitments));
        let encoded = writer.finish();
        let fingerprint = Sha256::digest(&encoded).into();
        Ok(Self { group, parties, commitments, encoded, fingerprint })
    }

    /// The group.
    pub fn group(&self) -> &G {
        &self.group
    }

    /// How many hold a share.
    pub fn parties(&self) -> u8 {
        self.parties
    }

    /// How many it takes to decrypt.
    pub fn threshold(&self) -> u8 {
        self.group.len(&self.commitments) as u8
    }

    /// The public key that is encrypted under, alone in a batch.
    pub fn element(&self) -> G::Elements {
        self.group.slice(&self.commitments, 0..1)
    }

    /// `g` to a party's share.
    pub(super) fn verification_key(&self, party: u8) -> G::Elements {
        share_of_commitments(&self.group, &self.commitments, party)
    }

    /// SHA-256 of the encoding.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The fingerprint's first eight bytes in hexadecimal.
    pub fn fingerprint_hex(&self) -> String {
        codec::hexadecimal(&self.fingerprint[..8])
    }

    /// The encoding.
    pub fn to_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// The key of an encoding.
    ///
    /// # Errors
    /// [`Error::Decode`], also for another group than this; those of [`Self::new`].
    pub fn from_bytes(group: G, bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, Tag::ThresholdPublic, "a shared public key")?;
        if reader.bytes()? != group.name().as_bytes() {
            return Err(reader.error("another group"));
        }
        let parties = reader.u8()?;
        let commitments =
            group.decode(reader.bytes()?).map_err(|_| reader.error("a commitment that is no element"))?;
        reader.finish()?;
        Self::new(group, parties.into(), commitments)
    }
}

/// One party's share of a private key.
pub struct KeyShare<G: PrimeOrder> {
    party: u8,
    share: Zeroizing<G::Scalar>,
    public: PublicKey<G>,
}

impl<G: PrimeOrder> KeyShare<G> {
    /// Shares an exponent. Whoever calls this is a dealer, who knows the key.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for sizes that cannot be, [`Error::InvalidKey`] for an exponent of zero,
    /// [`Error::Randomness`].
    pub fn deal(group: &G, exponent: G::Scalar, parties: usize, threshold: usize) -> Result<Vec<Self>> {
        let (count, threshold) = check_sizes(parties, threshold)?;
        let polynomial = Polynomial::random(group, exponent, threshold, &mut Stream::from_os()?);
        let public = PublicKey::new(group.clone(), parties, polynomial.commitments(group))?;
        let share = |party| Self {
            party,
            share: Zeroizing::new(polynomial.at(group, party)),
            public: public.clone(),
        };
        Ok((1..=count).map(share).collect())
    }

    /// Shares a fresh key.
    ///
    /// # Errors
    /// Those of [`Self::deal`].
    pub fn generate(group: &G, parties: usize, threshold: usize) -> Result<Vec<Self>> {
        check_sizes(parties, threshold)?;
        Self::deal(group, group.random_scalar(&mut Stream::from_os()?), parties, threshold)
    }

    /// A share that somebody handed over, checked against the commitments.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it is not the share of that party.
    pub fn new(public: PublicKey<G>, party: u8, share: Zeroizing<G::Scalar>) -> Result<Self> {
        if party == 0 || party > public.parties() {
            return Err(Error::InvalidKey("the share is of a party that there is not"));
        }
        let group = public.group();
        let own = group.generator_powers(std::slice::from_ref(&*share));
        if group.encode(&own) != group.encode(&public.verification_key(party)) {
            return Err(Error::InvalidKey("the share does not fit its commitments"));
        }
        Ok(Self { party, share, public })
    }

    /// Whose share it is, from 1.
    pub fn party(&self) -> u8 {
        self.party
    }

    /// What all parties know.
    pub fn public_key(&self) -> &PublicKey<G> {
        &self.public
    }

    /// Declares the share secret, for the check of constant time.
    pub fn conceal(&self) {
        self.public.group.conceal_scalar(&self.share);
    }

    pub(super) fn exponent(&self) -> &G::Scalar {
        &self.share
    }

    /// The share sealed under a password.
    ///
    /// # Errors
    /// Those of [`keyfile::seal`].
    pub fn seal(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        let scalar = Zeroizing::new(self.public.group().encode_scalar(&self.share));
        let public = &self.public.encoded;
        let mut payload = Zeroizing::new(Vec::with_capacity(9 + public.len() + scalar.len()));
        payload.extend((public.len() as u64).to_le_bytes());
        payload.extend_from_slice(public);
        payload.push(self.party);
        payload.extend_from_slice(&scalar);
        keyfile::seal(Tag::ThresholdKeyShare, &payload, password, call)
    }

    /// The share of an unsealed payload, checked against its commitments.
    ///
    /// # Errors
    /// [`Error::Decode`] if it holds none, or one of another group; those of [`Self::new`].
    pub fn from_payload(group: G, payload: &Payload) -> Result<Self> {
        let decode = |reason| Error::Decode { what: WHAT, reason };
        let (public, rest) = payload.split()?;
        let (&party, scalar) = rest.split_first().ok_or(decode("it is too short"))?;
        let scalar = group.decode_scalar(scalar).ok_or(decode("a share out of range"))?;
        Self::new(PublicKey::from_bytes(group, public)?, party, Zeroizing::new(scalar))
    }
}

const WHAT: &str = "a key share";

/// What a sealed share holds: its public key, the party, the share.
pub struct Payload(Zeroizing<Vec<u8>>);

impl Payload {
    /// Opens a sealed share, of whichever group.
    ///
    /// # Errors
    /// Those of [`keyfile::open`].
    pub fn open(file: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        keyfile::open(Tag::ThresholdKeyShare, WHAT, file, password, call).map(Self)
    }

    /// The encoded public key, which names the group.
    ///
    /// # Errors
    /// [`Error::Decode`] if there is none.
    pub fn public_key(&self) -> Result<&[u8]> {
        self.split().map(|(public, _)| public)
    }

    fn split(&self) -> Result<(&[u8], &[u8])> {
        let too_short = || Error::Decode { what: WHAT, reason: "it is too short" };
        let (length, rest) = self.0.split_first_chunk::<8>().ok_or_else(too_short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| too_short())?;
        rest.split_at_checked(length).ok_or_else(too_short)
    }
}

/// The name of the group that an encoded shared key is in.
///
/// # Errors
/// [`Error::Decode`].
pub fn group_name(bytes: &[u8]) -> Result<&str> {
    let mut reader = Reader::new(bytes, Tag::ThresholdPublic, "a shared public key")?;
    let name = reader.bytes()?;
    std::str::from_utf8(name).map_err(|_| reader.error("a group that there is not"))
}
