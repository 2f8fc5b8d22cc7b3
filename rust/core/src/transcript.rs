//! Fiat-Shamir transcripts: what a proof's challenge is a hash of.
//!
//! SHAKE256 (FIPS 202) over labelled fields with their lengths before them, so that no two sequences of
//! fields absorb the same bytes. A transcript starts with its purpose: a proof made for one is none for
//! another. Whoever proves appends the whole statement first ("strong" Fiat-Shamir; Bernhard, Pereira,
//! Warinschi, *How not to prove yourself*, ASIACRYPT 2012).

use sha3::Shake256;
use sha3::digest::{ExtendableOutput, Update, XofReader};

/// Fields absorbed so far.
#[derive(Clone)]
pub struct Transcript(Shake256);

impl Transcript {
    /// An empty transcript for one purpose.
    pub fn new(purpose: &str) -> Self {
        let mut transcript = Self(Shake256::default());
        transcript.append("privml transcript v1", purpose.as_bytes());
        transcript
    }

    /// Absorbs a field.
    pub fn append(&mut self, label: &str, data: &[u8]) -> &mut Self {
        for part in [label.as_bytes(), data] {
            self.0.update(&(part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Fills `out` from all fields so far and this label, which is absorbed too.
    pub fn challenge(&mut self, label: &str, out: &mut [u8]) {
        self.append(label, &(out.len() as u64).to_le_bytes());
        self.0.clone().finalize_xof().read(out);
    }

    /// Thirty-two bytes that stand for all fields so far.
    pub fn digest(mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        self.challenge("digest", &mut digest);
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_every_boundary_counts() {
        let of = |purpose: &str, fields: &[(&str, &[u8])]| {
            let mut transcript = Transcript::new(purpose);
            for (label, data) in fields {
                transcript.append(label, data);
            }
            transcript.digest()
        };
        let digests = [
            of("p", &[]),
            of("q", &[]),
            of("p", &[("a", b"")]),
            of("p", &[("a", b"b")]),
            of("p", &[("ab", b"")]),
            of("p", &[("a", b""), ("b", b"")]),
            of("p", &[("b", b""), ("a", b"")]),
        ];
        let distinct: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
        let mut transcript = Transcript::new("p");
        let (mut first, mut second) = ([0; 32], [0; 32]);
        transcript.challenge("c", &mut first);
        transcript.challenge("c", &mut second);
        assert_ne!(first, second);
    }
}
