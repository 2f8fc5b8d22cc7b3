//! What counts is counted; what is copied, moved or out of the limits is not.

use super::*;
use crate::elgamal::threshold::{Ciphertexts, KeyShare};

fn election(shares: &[KeyShare<Ristretto255>], label: &[u8], at_least: usize, at_most: usize) -> Election {
    Election::new(shares[0].public_key().clone(), label, 3, at_least, at_most).expect("an election")
}

fn shares() -> Vec<KeyShare<Ristretto255>> {
    KeyShare::generate(&Ristretto255, 3, 2).expect("dealt")
}

#[test]
fn ballots_are_counted() {
    let shares = shares();
    let election = election(&shares, b"e", 1, 1);
    let call = &mut Call::silent();
    let ballots: Vec<Vec<u8>> = (0..7u8)
        .map(|i| {
            let mut row = [0; 3];
            row[usize::from(i % 3)] = 1;
            election.cast(&[i], &row).expect("cast")
        })
        .collect();
    let slices: Vec<_> = ballots.iter().map(Vec::as_slice).collect();
    let checked = election.check_all(&slices, call).expect("checked");
    let rows: Vec<_> = checked.into_iter().map(|ballot| ballot.expect("valid").ciphertexts).collect();
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    let sum = Ciphertexts::from_bytes(&Ristretto255, &add_rows(&rows, 3).expect("added")).expect("elements");
    let partials: Vec<_> = shares[1..]
        .iter()
        .map(|share| share.decrypt_partially(&sum, b"e", call).expect("computed"))
        .collect();
    let totals =
        election.key().combine(&sum, &partials.iter().collect::<Vec<_>>(), b"e", call).expect("opened");
    assert_eq!(open_totals_vartime(&totals, 7), Ok(vec![3, 2, 2]));
    assert!(matches!(open_totals_vartime(&totals, 2), Err(Error::Overflow { index: 0, .. })));
}

#[test]
fn a_ballot_is_bound_to_voter_election_key_and_rules() {
    let first = shares();
    let election_of = |label: &[u8]| election(&first, label, 0, 2);
    let home = election_of(b"e");
    let ballot = home.cast(b"ann", &[1, 0, 1]).expect("cast");
    assert_eq!(home.check(&ballot).map(|ballot| ballot.voter).as_deref(), Ok(b"ann".as_slice()));
    let mut renamed = ballot.clone();
    renamed[14..17].copy_from_slice(b"bob");
    assert!(matches!(home.check(&renamed), Err(Error::InvalidCiphertext { .. })));
    assert!(election_of(b"f").check(&ballot).is_err());
    assert!(election(&first, b"e", 1, 2).check(&ballot).is_err());
    assert!(election(&shares(), b"e", 0, 2).check(&ballot).is_err());
    for length in 0..ballot.len() {
        assert!(home.check(&ballot[..length]).is_err());
    }
    for at in 0..ballot.len() {
        let mut altered = ballot.clone();
        altered[at] ^= 1;
        assert!(home.check(&altered).is_err(), "byte {at}");
    }
    // Two choices exchanged, with their proofs.
    let ciphertexts = 14 + 3 + 8;
    let proofs = ciphertexts + 3 * CIPHERTEXT_BYTES + 8;
    let mut exchanged = ballot.clone();
    exchanged[ciphertexts..ciphertexts + 2 * CIPHERTEXT_BYTES].rotate_left(CIPHERTEXT_BYTES);
    exchanged[proofs..proofs + 4 * BRANCH_BYTES].rotate_left(2 * BRANCH_BYTES);
    assert!(home.check(&exchanged).is_err());
}

#[test]
fn rows_out_of_the_limits_are_not_cast() {
    let shares = shares();
    let election = election(&shares, b"e", 1, 2);
    for row in [&[0u8, 0, 0] as &[u8], &[1, 1, 1], &[2, 0, 0], &[1, 0], &[1, 0, 0, 0], &[]] {
        assert!(matches!(election.cast(b"v", row), Err(Error::InvalidParameter { .. })), "{row:?}");
    }
    for (choices, least, most) in [(0, 0, 1), (3, 0, 4), (3, 2, 1), (3, 0, 0), (MAX_CHOICES + 1, 0, 1)] {
        assert!(Election::new(shares[0].public_key().clone(), b"e", choices, least, most).is_err());
    }
}
