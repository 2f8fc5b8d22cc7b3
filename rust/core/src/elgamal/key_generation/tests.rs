//! Honest runs give shares of one key; every way of cheating ends the run and names the cheat.

use curve25519_dalek::{RistrettoPoint, Scalar};

use super::message::{Contribution, Message, digest, possession_transcript, seal_share};
use super::*;
use crate::elgamal::proofs::Possession;
use crate::elgamal::threshold::{Ciphertexts, KeyShare, PartialDecryption};
use crate::error::{Error, Result};
use crate::group::{PrimeOrder, Ristretto255};
use crate::parallel::Call;

struct Run {
    identities: Vec<Identity>,
    parties: Vec<Party>,
    messages: Vec<Vec<u8>>,
}

fn start(parties: usize, threshold: usize, session: &[u8]) -> Run {
    let identities: Vec<_> = (0..parties).map(|_| Identity::generate().expect("random")).collect();
    let public: Vec<_> = identities.iter().map(|identity| *identity.public()).collect();
    let (parties, messages) = identities
        .iter()
        .map(|identity| Party::start(identity, &public, threshold, session).expect("started"))
        .unzip();
    Run { identities, parties, messages }
}

impl Run {
    /// Delivers a round's messages to one party.
    fn deliver(&mut self, to: usize) -> Result<Step> {
        let others: Vec<_> = self
            .messages
            .iter()
            .enumerate()
            .filter(|&(from, _)| from != to)
            .map(|(_, m)| m.as_slice())
            .collect();
        self.parties[to].receive(&others)
    }

    /// Delivers a whole round to all; none may fail.
    fn round(&mut self) {
        let steps: Vec<_> = (0..self.parties.len()).map(|to| self.deliver(to)).collect();
        self.messages = steps
            .into_iter()
            .map(|step| match step.expect("an honest round") {
                Step::Send(bytes) => bytes,
                Step::Done(_) => panic!("too early"),
            })
            .collect();
    }

    /// Delivers a round to all but one, whose next message is its last.
    fn round_without(&mut self, except: usize) {
        let mut next = self.messages.clone();
        for to in (0..self.parties.len()).filter(|&to| to != except) {
            let Ok(Step::Send(bytes)) = self.deliver(to) else { panic!("nothing to see yet") };
            next[to] = bytes;
        }
        self.messages = next;
    }

    fn finish(&mut self) -> Vec<KeyShare<Ristretto255>> {
        (0..self.parties.len())
            .map(|to| match self.deliver(to).expect("an honest round") {
                Step::Done(share) => *share,
                Step::Send(_) => panic!("too late"),
            })
            .collect()
    }

    /// Signs another body in a party's name, as only that party could.
    fn forge(&self, party: usize, round: u8, body: Vec<u8>) -> Vec<u8> {
        let context = self.parties[party].context();
        Message::sign(&self.identities[party], &context, round, party as u8 + 1, body).expect("signed").bytes
    }

    fn body(&self, party: usize) -> Vec<u8> {
        let bytes = &self.messages[party];
        bytes[48..bytes.len() - 64].to_vec()
    }

    fn assert_all_blame(&mut self, named: &[u8], except: usize) {
        for to in (0..self.parties.len()).filter(|&to| to != except) {
            let error = self.deliver(to).err().expect("refused");
            assert!(
                matches!(&error, Error::Misbehaviour { parties, .. } if parties == named),
                "{to}: {error}"
            );
            assert!(matches!(self.deliver(to), Err(Error::InvalidParameter { .. })), "the run is over");
        }
    }
}

#[test]
fn honest_parties_share_one_key() {
    for (parties, threshold) in [(2, 2), (5, 3)] {
        let mut run = start(parties, threshold, b"s");
        (0..4).for_each(|_| run.round());
        let shares = run.finish();
        let key = shares[0].public_key();
        assert!(shares.iter().all(|share| share.public_key().fingerprint() == key.fingerprint()));
        assert_eq!((usize::from(key.parties()), usize::from(key.threshold())), (parties, threshold));
        let (r, m) = (Scalar::from(77u64), RistrettoPoint::mul_base(&Scalar::from(5u64)));
        let bytes = Ristretto255.encode(&vec![RistrettoPoint::mul_base(&r), m + key.element()[0] * r]);
        let ciphertexts = Ciphertexts::from_bytes(&Ristretto255, &bytes).expect("elements");
        let partials: Vec<PartialDecryption<_>> = shares[parties - threshold..]
            .iter()
            .map(|share| share.decrypt_partially(&ciphertexts, b"d", &mut Call::silent()).expect("computed"))
            .collect();
        let partials: Vec<_> = partials.iter().collect();
        let opened = key.combine(&ciphertexts, &partials, b"d", &mut Call::silent()).expect("opened");
        assert_eq!(opened, m.compress().to_bytes());
    }
}

#[test]
fn what_anyone_could_have_sent_blames_nobody_and_can_be_repeated() {
    let mut run = start(3, 2, b"s");
    let good = run.messages.clone();
    let other = start(3, 2, b"s");
    let refused = |run: &mut Run, message: Vec<u8>| {
        run.messages[1] = message;
        let error = run.deliver(0).err().expect("refused");
        assert!(!matches!(error, Error::Misbehaviour { .. }), "{error}");
    };
    for length in 0..good[1].len() {
        refused(&mut run, good[1][..length].to_vec());
    }
    for at in 0..good[1].len() {
        let mut altered = good[1].clone();
        altered[at] ^= 1;
        refused(&mut run, altered);
    }
    refused(&mut run, other.messages[1].clone());
    refused(&mut run, good[2].clone());
    let early = run.forge(1, 2, vec![0; 32]);
    refused(&mut run, early);
    run.messages = good;
    run.round();
}

#[test]
fn two_messages_of_one_party_convict_it() {
    let mut run = start(3, 2, b"s");
    let second = run.forge(1, 1, vec![7; 32]);
    let messages: Vec<_> = [&run.messages[1], &run.messages[2], &second].map(|m| m.clone()).to_vec();
    let error = run.parties[0].receive(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>()).err();
    assert!(matches!(error, Some(Error::Misbehaviour { parties, .. }) if parties == [2]));
}

#[test]
fn a_changed_contribution_is_named() {
    let mut run = start(3, 2, b"s");
    run.round();
    let mut body = run.body(1);
    body[0] ^= 1;
    run.messages[1] = run.forge(1, 2, body);
    run.assert_all_blame(&[2], 1);
}

/// A run of three in which the last party sends `body` in round 2, and has committed to it.
fn contribute(body: impl Fn(&[u8; 32]) -> Vec<u8>) -> Run {
    let mut run = start(3, 2, b"s");
    let body = body(&run.parties[2].context());
    run.messages[2] = run.forge(2, 1, digest(&body).to_vec());
    run.round_without(2);
    run.messages[2] = run.forge(2, 2, body);
    run
}

fn contribution(secret: Scalar, context: &[u8; 32], sender: u8) -> Vec<u8> {
    let base = RistrettoPoint::mul_base;
    let of =
        Contribution { commitments: vec![base(&secret), base(&Scalar::ONE)], one_time: base(&Scalar::ONE) };
    of.to_body(&secret, context, sender).expect("proven")
}

#[test]
fn possession_must_be_proven() {
    let secret = Scalar::from(9u64);
    let honest = contribute(|context| contribution(secret, context, 3));
    let mut honest = honest;
    honest.round_without(2);
    // A rogue part: what cancels the others' is committed to without knowing its logarithm.
    contribute(|context| {
        let mut body = contribution(secret, context, 3);
        body[..32].copy_from_slice(RistrettoPoint::mul_base(&Scalar::from(10u64)).compress().as_bytes());
        body
    })
    .assert_all_blame(&[3], 2);
    // Another party's proof, another run's.
    contribute(|context| contribution(secret, context, 1)).assert_all_blame(&[3], 2);
    contribute(|_| contribution(secret, &[0; 32], 3)).assert_all_blame(&[3], 2);
    // Lengths, neutral elements, points that are none.
    contribute(|_| Vec::new()).assert_all_blame(&[3], 2);
    contribute(|context| contribution(secret, context, 3)[32..].to_vec()).assert_all_blame(&[3], 2);
    contribute(|context| {
        let mut body = vec![0; 32];
        body.extend(&contribution(secret, context, 3)[32..96]);
        let neutral = RistrettoPoint::mul_base(&Scalar::ZERO);
        let proof = Possession::prove(&Scalar::ZERO, &neutral, possession_transcript(context, 3));
        body.extend(proof.expect("proven").0);
        body
    })
    .assert_all_blame(&[3], 2);
    contribute(|context| {
        let mut body = contribution(secret, context, 3);
        body[32..64].fill(0xff);
        body
    })
    .assert_all_blame(&[3], 2);
}

#[test]
fn a_commitment_must_be_a_hash() {
    let mut run = start(3, 2, b"s");
    run.messages[1] = run.forge(1, 1, vec![0; 31]);
    run.assert_all_blame(&[2], 1);
}

#[test]
fn who_tells_different_things_is_found_out() {
    // Party 3 commits to and reveals one contribution to party 1, another to party 2.
    let mut run = start(3, 2, b"s");
    let context = run.parties[2].context();
    let bodies = [4u64, 5].map(|secret| contribution(Scalar::from(secret), &context, 3));
    for round in [1, 2] {
        let mut next = run.messages.clone();
        for to in 0..2 {
            let body = if round == 1 { digest(&bodies[to]).to_vec() } else { bodies[to].clone() };
            run.messages[2] = run.forge(2, round, body);
            let Ok(Step::Send(bytes)) = run.deliver(to) else { panic!("nothing to see yet") };
            next[to] = bytes;
        }
        run.messages = next;
    }
    // In round 3 it repeats to each what that party heard.
    for (to, other) in [(0usize, 2u8), (1, 1)] {
        let heard = run.body(to);
        run.messages[2] = run.forge(2, 3, heard);
        let error = run.deliver(to).err().expect("refused");
        assert!(matches!(&error, Error::Misbehaviour { parties, .. } if *parties == [other, 3]), "{error}");
    }
}

#[test]
fn a_share_that_does_not_fit_is_complained_of_and_its_sender_named() {
    let mut run = start(3, 2, b"s");
    (0..3).for_each(|_| run.round());
    // Party 2 sends party 1 a share of another polynomial: garbage, or well encrypted.
    let mut body = run.body(1);
    let context = run.parties[1].context();
    let key = super::identity::channel_key(
        &run.parties[1].one_time(),
        &run.parties[0].one_time_public(),
        &context,
        2,
        1,
    );
    body[..48].copy_from_slice(&seal_share(&key, &Scalar::from(3u64)).expect("sealed"));
    run.messages[1] = run.forge(1, 4, body);
    run.round();
    assert_eq!(run.body(0)[0], 1, "party 1 complains");
    let everyone = run.parties.len();
    run.assert_all_blame(&[2], everyone);
}

#[test]
fn a_groundless_complaint_names_who_complained() {
    let mut run = start(3, 2, b"s");
    (0..3).for_each(|_| run.round());
    let evidence = run.messages[1].clone();
    let secret = run.parties[0].one_time();
    let others = run.messages.clone();
    let complaints = [
        [vec![1], secret.to_bytes().to_vec(), evidence.clone()].concat(),
        [vec![1], Scalar::ONE.to_bytes().to_vec(), evidence].concat(),
        [vec![1], secret.to_bytes().to_vec(), others[0].clone()].concat(),
        vec![1],
        vec![2],
        Vec::new(),
    ];
    let mut first = true;
    for complaint in complaints {
        if !std::mem::take(&mut first) {
            run = start(3, 2, b"s");
            (0..3).for_each(|_| run.round());
        }
        run.round();
        run.messages[0] = run.forge(0, 5, complaint);
        run.assert_all_blame(&[1], 0);
    }
}

#[test]
fn different_shares_for_different_ears_are_found_out() {
    let mut run = start(3, 2, b"s");
    (0..4).for_each(|_| run.round());
    let mut body = run.body(2);
    body[5] ^= 1; // it heard another round 4 of party 1
    run.messages[2] = run.forge(2, 5, body);
    let error = run.deliver(1).err().expect("refused");
    assert!(matches!(&error, Error::Misbehaviour { parties, .. } if parties == &[1, 3]), "{error}");
}

#[test]
fn sizes_and_identities_are_checked() {
    let identity = Identity::generate().expect("random");
    let other = *Identity::generate().expect("random").public();
    let own = *identity.public();
    let start = |list: &[[u8; 32]], threshold| Party::start(&identity, list, threshold, b"s").err();
    for (list, threshold) in [
        (vec![own], 1),
        (vec![own, other], 1),
        (vec![own, other], 3),
        (vec![own, own], 2),
        (vec![other, other], 2),
    ] {
        assert!(matches!(start(&list, threshold), Some(Error::InvalidParameter { .. })));
    }
    let stranger = *Identity::generate().expect("random").public();
    assert!(matches!(start(&[other, stranger], 2), Some(Error::InvalidParameter { .. })));
    for bad in [[0; 32], [0xff; 32]] {
        assert!(matches!(start(&[own, bad], 2), Some(Error::InvalidKey(_))));
    }
}
