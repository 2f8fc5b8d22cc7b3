//! One party: a state for each round, in which the others' messages are taken and the next one is made.

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroizing;

use super::identity::{Identity, channel_key, check_public, point};
use super::message::{Contribution, Message, SEALED_SHARE, digest, open_share, seal_share};
use crate::elgamal::threshold::{KeyShare, MAX_PARTIES, Polynomial, PublicKey, share_of_commitments};
use crate::error::{Error, Result};
use crate::group::{PrimeOrder, Ristretto255};
use crate::random::Stream;
use crate::transcript::Transcript;

/// What comes after a round.
pub enum Step {
    /// A message to all other parties.
    Send(Vec<u8>),
    /// All have accepted: this party's share.
    Done(Box<KeyShare<Ristretto255>>),
}

/// One of the parties, in the middle of a run.
pub struct Party {
    identity: Identity,
    identities: Vec<RistrettoPoint>,
    context: [u8; 32],
    number: u8,
    threshold: u8,
    polynomial: Polynomial<Scalar>,
    one_time: Zeroizing<Scalar>,
    /// The round whose messages are awaited; 0 once the run is over.
    round: u8,
    /// This party's body of round 2.
    own: Vec<u8>,
    /// By party, as rounds go by: hashes of round 1, contributions, hashes of the bodies of rounds 1 and 2.
    commitments: Vec<[u8; 32]>,
    contributions: Vec<Contribution>,
    heard: Vec<u8>,
    /// This party's message of the round that is awaited.
    last: Message,
    /// Messages of round 4, and the sum of the shares in them.
    deals: Vec<Message>,
    share: Zeroizing<Scalar>,
}

impl Party {
    /// Starts a run: the party, and its first message to all others.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the sizes cannot be, an identity is listed twice, or `identity` is not
    /// in the list; [`Error::InvalidKey`] for an identity that is none; [`Error::Randomness`].
    pub fn start(
        identity: &Identity,
        identities: &[[u8; 32]],
        threshold: usize,
        session: &[u8],
    ) -> Result<(Self, Vec<u8>)> {
        let refuse =
            |name, found: String, allowed: String| Err(Error::InvalidParameter { name, found, allowed });
        let count = identities.len();
        if !(2..=MAX_PARTIES).contains(&count) {
            return refuse("identities", format!("{count} of them"), format!("2 to {MAX_PARTIES}"));
        }
        if !(2..=count).contains(&threshold) {
            return refuse(
                "threshold",
                threshold.to_string(),
                format!("2 to the number of parties, {count}"),
            );
        }
        if let Some(twice) = (1..count).find(|&i| identities[..i].contains(&identities[i])) {
            return refuse("identities", format!("party {}'s twice", twice + 1), "different ones".into());
        }
        let points = identities.iter().map(check_public).collect::<Result<Vec<_>>>()?;
        let Some(at) = identities.iter().position(|public| public == identity.public()) else {
            return refuse("identity", "one that is not among the identities".into(), "one of them".into());
        };
        let (number, threshold) = (at as u8 + 1, threshold as u8);
        let mut transcript = Transcript::new("key generation");
        transcript
            .append("session", session)
            .append("threshold", &[threshold])
            .append("identities", identities.as_flattened());
        let context = transcript.digest();
        let stream = &mut Stream::from_os()?;
        let constant = Ristretto255.random_scalar(stream);
        let polynomial = Polynomial::random(&Ristretto255, constant, threshold, stream);
        let one_time = Zeroizing::new(Ristretto255.random_scalar(stream));
        let contribution = Contribution {
            commitments: polynomial.commitments(&Ristretto255),
            one_time: RistrettoPoint::mul_base(&one_time),
        };
        let own = contribution.to_body(polynomial.constant(), &context, number)?;
        let last = Message::sign(identity, &context, 1, number, digest(&own).to_vec())?;
        let bytes = last.bytes.clone();
        let party = Self {
            identity: identity.clone(),
            identities: points,
            context,
            number,
            threshold,
            polynomial,
            one_time,
            round: 1,
            own,
            commitments: Vec::new(),
            contributions: Vec::new(),
            heard: Vec::new(),
            last,
            deals: Vec::new(),
            share: Zeroizing::new(Scalar::ZERO),
        };
        Ok((party, bytes))
    }

    /// This party's place in the list, from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// The round whose messages are awaited, from 1; 0 once the run is over.
    pub fn round(&self) -> u8 {
        self.round
    }

    /// Takes the messages of all other parties in this round, in any order, and gives the next step.
    ///
    /// # Errors
    /// [`Error::Decode`] and [`Error::InvalidParameter`] for messages that are missing, twice, of another run or
    /// round, or not signed: the round can be tried again. [`Error::Misbehaviour`] names who broke the protocol:
    /// the run is over.
    pub fn receive(&mut self, messages: &[&[u8]]) -> Result<Step> {
        if self.round == 0 {
            return Err(Error::InvalidParameter {
                name: "messages",
                found: "some for a run that is over".into(),
                allowed: "a new run with a new session label".into(),
            });
        }
        let messages = match self.in_order(messages) {
            Err(error @ Error::Misbehaviour { .. }) => {
                self.round = 0;
                return Err(error);
            }
            other => other?,
        };
        let round = std::mem::replace(&mut self.round, 0);
        let body = match round {
            1 => self.reveal(&messages)?,
            2 => self.echo(&messages)?,
            3 => self.deal(&messages)?,
            4 => self.confirm(messages)?,
            _ => return self.finish(&messages).map(|share| Step::Done(Box::new(share))),
        };
        self.last = Message::sign(&self.identity, &self.context, round + 1, self.number, body)?;
        self.round = round + 1;
        Ok(Step::Send(self.last.bytes.clone()))
    }

    /// One message of each party in this party's round, its own among them, by number.
    fn in_order(&self, messages: &[&[u8]]) -> Result<Vec<Message>> {
        let refuse = |found: String| {
            let allowed = "one of each other party".into();
            Err(Error::InvalidParameter { name: "messages", found, allowed })
        };
        let mut slots: Vec<Option<Message>> = vec![None; self.identities.len()];
        slots[usize::from(self.number) - 1] = Some(self.last.clone());
        for bytes in messages {
            let message = Message::open(bytes, &self.context, self.round, &self.identities)?;
            let sender = message.sender;
            match &mut slots[usize::from(sender) - 1] {
                slot @ None => *slot = Some(message),
                Some(known) if known.body == message.body => {}
                Some(_) => return Err(blame(sender, "it sent different messages in one round")),
            }
        }
        if let Some(missing) = slots.iter().position(Option::is_none) {
            return refuse(format!("none of party {}", missing + 1));
        }
        Ok(slots.into_iter().flatten().collect())
    }

    fn reveal(&mut self, messages: &[Message]) -> Result<Vec<u8>> {
        for message in messages {
            let commitment = message.body.as_slice().try_into();
            self.commitments
                .push(commitment.map_err(|_| blame(message.sender, "its commitment is no hash"))?);
        }
        Ok(self.own.clone())
    }

    fn echo(&mut self, messages: &[Message]) -> Result<Vec<u8>> {
        for (message, commitment) in messages.iter().zip(&self.commitments) {
            if message.digest() != *commitment {
                return Err(blame(message.sender, "it reveals something other than it committed to"));
            }
            let contribution =
                Contribution::from_body(&message.body, &self.context, message.sender, self.threshold)
                    .map_err(|reason| blame(message.sender, reason))?;
            self.contributions.push(contribution);
            self.heard.extend_from_slice(commitment);
        }
        Ok(self.heard.clone())
    }

    /// Compares everyone's hashes of everyone's messages with this party's.
    fn check_echoes(&self, echoes: impl Iterator<Item = (u8, Vec<u8>)>) -> Result<()> {
        for (reporter, echo) in echoes {
            if echo.len() != self.heard.len() {
                return Err(blame(reporter, "it reports another number of messages"));
            }
            let differs = self.heard.chunks_exact(32).zip(echo.chunks_exact(32)).position(|(a, b)| a != b);
            if let Some(at) = differs {
                let mut parties = vec![at as u8 + 1, reporter];
                parties.retain(|&party| party != self.number);
                parties.sort_unstable();
                parties.dedup();
                return Err(Error::Misbehaviour {
                    parties,
                    reason: "the first sent different messages, or the other reports one that was not sent",
                });
            }
        }
        Ok(())
    }

    fn deal(&mut self, messages: &[Message]) -> Result<Vec<u8>> {
        self.check_echoes(messages.iter().map(|message| (message.sender, message.body.clone())))?;
        let mut body = Vec::with_capacity(SEALED_SHARE * self.identities.len());
        for (receiver, contribution) in (1..).zip(&self.contributions) {
            if receiver == self.number {
                body.extend([0; SEALED_SHARE]);
                continue;
            }
            let key =
                channel_key(&self.one_time, &contribution.one_time, &self.context, self.number, receiver);
            let share = Zeroizing::new(self.polynomial.at(&Ristretto255, receiver));
            body.extend(seal_share(&key, &share)?);
        }
        Ok(body)
    }

    /// The share that a message of round 4 holds for `receiver`, whose one-time secret this is; `None` if it
    /// does not fit the sender's commitments.
    fn share_in(&self, deal: &Message, receiver: u8, one_time: &Scalar) -> Option<Scalar> {
        if deal.body.len() != SEALED_SHARE * self.identities.len() {
            return None;
        }
        let sealed = deal.body.chunks_exact(SEALED_SHARE).nth(usize::from(receiver) - 1)?;
        let sender = &self.contributions[usize::from(deal.sender) - 1];
        let key = channel_key(one_time, &sender.one_time, &self.context, deal.sender, receiver);
        let share = open_share(&key, sealed)?;
        let expected = share_of_commitments(&Ristretto255, &sender.commitments, receiver);
        (RistrettoPoint::mul_base(&share) == expected[0]).then_some(share)
    }

    fn confirm(&mut self, messages: Vec<Message>) -> Result<Vec<u8>> {
        let mut share = Zeroizing::new(self.polynomial.at(&Ristretto255, self.number));
        self.deals = messages;
        self.heard.clear();
        for deal in &self.deals {
            self.heard.extend(deal.digest());
            if deal.sender == self.number {
                continue;
            }
            let Some(part) = self.share_in(deal, self.number, &self.one_time) else {
                // The complaint: one-time secret and evidence. It starts with a byte that no hash list has.
                let mut body = vec![1];
                body.extend_from_slice(self.one_time.as_bytes());
                body.extend_from_slice(&deal.bytes);
                return Ok(body);
            };
            *share += part;
        }
        self.share = share;
        let mut body = vec![0];
        body.extend_from_slice(&self.heard);
        Ok(body)
    }

    /// Whom a complaint convicts: the accused, or who complained without reason.
    fn settle(&self, complaint: &Message) -> Error {
        let groundless = || blame(complaint.sender, "it complains about a share without grounds");
        let Some((secret, evidence)) = complaint.body[1..].split_first_chunk::<32>() else {
            return groundless();
        };
        let Some(secret) = Ristretto255.decode_scalar(secret) else { return groundless() };
        let announced = self.contributions[usize::from(complaint.sender) - 1].one_time;
        let Ok(deal) = Message::open(evidence, &self.context, 4, &self.identities) else {
            return groundless();
        };
        if RistrettoPoint::mul_base(&secret) != announced
            || deal.sender == complaint.sender
            || self.share_in(&deal, complaint.sender, &secret).is_some()
        {
            return groundless();
        }
        blame(deal.sender, "it sent a share that does not fit its commitments")
    }

    fn finish(&mut self, messages: &[Message]) -> Result<KeyShare<Ristretto255>> {
        if let Some(complaint) = messages.iter().find(|message| message.body.first() == Some(&1)) {
            return Err(self.settle(complaint));
        }
        if let Some(message) = messages.iter().find(|message| message.body.first() != Some(&0)) {
            return Err(blame(message.sender, "it neither confirms nor complains"));
        }
        self.check_echoes(messages.iter().map(|message| (message.sender, message.body[1..].to_vec())))?;
        let mut commitments = Ristretto255.identity(self.threshold.into());
        for contribution in &self.contributions {
            commitments = Ristretto255.multiply(&commitments, &contribution.commitments);
        }
        if point(&commitments[0].compress().to_bytes()).is_none() {
            return Err(Error::InvalidKey("the parts add up to nothing: run again"));
        }
        let public = PublicKey::new(Ristretto255, self.identities.len(), commitments)?;
        KeyShare::new(public, self.number, std::mem::take(&mut self.share))
    }
}

#[cfg(test)]
impl Party {
    pub(super) fn context(&self) -> [u8; 32] {
        self.context
    }

    pub(super) fn one_time(&self) -> Scalar {
        *self.one_time
    }

    pub(super) fn one_time_public(&self) -> RistrettoPoint {
        RistrettoPoint::mul_base(&self.one_time)
    }
}

fn blame(party: u8, reason: &'static str) -> Error {
    Error::Misbehaviour { parties: vec![party], reason }
}
