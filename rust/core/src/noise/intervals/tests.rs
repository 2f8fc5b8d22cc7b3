use super::*;

fn scale(numerator: u64, shift: u32) -> Scale {
    Scale::new(numerator, shift).expect("scale")
}

/// 256 bits of `e^-x` behind the point, rounded down, by MPFR; the least significant digit first.
const KNOWN: [(u128, u64, u64, [u64; 4]); 4] = [
    (1, 0, 1, [0x3024_b9d0_a507_daed, 0xda98_05aa_b56c_7733, 0xbade_c782_9054_f90d, 0x5e2d_58d8_b3bc_df1a]),
    (0, 1, 2, [0xce4a_e958_6101_4318, 0xe347_bf8a_d0e8_0abb, 0xd675_a355_30cd_d767, 0x9b45_97e3_7cb0_4ff3]),
    (43, 3, 4, [0x63fa_7419_75cf_5969, 0x3206_199b_239f_df76, 0xd7d1_da4f_26d4_3b71, 0x1]),
    (
        0,
        1_234_567_890_123,
        1 << 42,
        [0xca1b_c6e9_49e2_a1cd, 0x4395_9835_5189_00d2, 0x9a24_972e_4307_282c, 0xc157_f9d4_3de4_8a83],
    ),
];

#[test]
fn powers_of_e_have_the_known_digits() {
    for (whole, rest, t, digits) in KNOWN {
        let (low, high) = exp(&Exponent { whole, rest, t }, 4);
        let mut known = digits.to_vec();
        known.push(0);
        assert!(!less(&known, &low) && less(&known, &high), "{whole} {rest}/{t}");
        assert!(high[0].wrapping_sub(low[0]) <= 3);
    }
    assert_eq!(exp(&Exponent { whole: 0, rest: 0, t: 7 }, 2), (vec![0, 0, 1], vec![0, 0, 1]));
    assert_eq!(exp(&Exponent { whole: 1 << 80, rest: 0, t: 7 }, 2), (vec![0, 0, 0], vec![1, 0, 0]));
}

#[test]
fn the_short_enclosure_holds_the_long_one() {
    let mut bits = Bits::new(Stream::seeded([3; 32]));
    let tables = Tables::get();
    for round in 0..6_000u32 {
        let t = 1 + bits.below(1 << (1 + round % 52));
        let whole = if round % 3 == 0 { 0 } else { bits.below(50) };
        let x = Exponent { whole: whole.into(), rest: bits.below(t), t };
        let (low, high) = tables.enclose(&x);
        let (true_low, true_high) = exp(&x, 2);
        let as_fixed = |n: u64| if n == ONE { vec![0, 0, 1] } else { vec![0, n << 1, 0] };
        assert!(!less(&true_high, &as_fixed(low)), "{whole} {}/{t}", x.rest);
        assert!(!less(&as_fixed(high), &true_low), "{whole} {}/{t}", x.rest);
        assert!(high - low <= 18 && high > 0);
    }
}

#[test]
fn enclosures_narrow() {
    for (whole, rest, t, _) in KNOWN {
        let x = Exponent { whole, rest, t };
        let mut before = exp(&x, 1);
        for digits in 2..7 {
            let (low, high) = exp(&x, digits);
            assert!(!less(&low[1..], &before.0) && !less(&before.1, &high[1..]), "{whole} {rest}/{t}");
            before = (low, high);
        }
    }
}

#[test]
fn undecided_points_count_as_often_as_they_should() {
    // The true weight lies in the unit interval that begins at `depth`: its fraction is the probability. With
    // these x the fraction is from the digits above; the last has a weight below one unit altogether.
    let draws = 20_000;
    for (seed, (whole, rest, t)) in
        [(1u128, 0u64, 1u64), (0, 1, 2), (43, 3, 4), (44, 1, 2)].into_iter().enumerate()
    {
        let x = Exponent { whole, rest, t };
        let (low, _) = exp(&x, 3);
        let depth = low[2] >> 1;
        let fraction = ((u128::from(low[2] & 1) << 64 | u128::from(low[1])) as f64) / 65f64.exp2();
        let mut bits = Bits::new(Stream::seeded([seed as u8; 32]));
        let found = (0..draws).filter(|_| Tables::get().decide(depth, &x, &mut bits)).count() as f64;
        let spread = (draws as f64 * fraction * (1.0 - fraction)).sqrt();
        // 4.9 of a normal variable has probability 1e-6 on both sides.
        assert!((found - draws as f64 * fraction).abs() < 4.9 * spread, "{whole}: {found} of {fraction}");
    }
}

/// Draws, counted by interval and by whether they lie in its lower half.
fn counts(lengths: &[i64], gaps: &[i64], s: Scale, draws: u64) -> Vec<[f64; 2]> {
    let root = Stream::seeded([9; 32]);
    let mut found = vec![[0.0; 2]; lengths.len()];
    for draw in 0..draws {
        let (index, offset) = interval(lengths, gaps, s, root.substream(draw)).expect("an interval");
        assert!((offset as i64) < lengths[index]);
        found[index][usize::from((offset as i64) < (lengths[index] + 1) / 2)] += 1.0;
    }
    found
}

#[test]
fn intervals_are_drawn_with_their_weights() {
    let cases: [(&[i64], &[i64], Scale); 4] = [
        (&[3, 0, 5, 1, 8], &[2, 0, 1, 0, 3], scale(3, 1)),
        (&[1 << 40, 1000, 1], &[60, 20, 7], scale(2, 0)),
        (&[1, 1, 1, 2], &[5, 5, 6, 7], scale(1, 40)), // so small a scale that only the least gaps count
        (&[7, 7], &[i64::MAX, i64::MAX - 1], scale(1, 0)),
    ];
    for (lengths, gaps, s) in cases {
        let t = s.numerator as f64 / f64::from(s.shift).exp2();
        let least = lengths.iter().zip(gaps).filter(|(l, _)| **l > 0).map(|(_, g)| *g).min().expect("one");
        let weight: Vec<f64> = lengths
            .iter()
            .zip(gaps)
            .map(|(&l, &g)| if l == 0 { 0.0 } else { l as f64 * (-((g - least) as f64) / t).exp() })
            .collect();
        let (total, draws) = (weight.iter().sum::<f64>(), 8_000.0);
        let found = counts(lengths, gaps, s, 8_000);
        let (mut statistic, mut cells) = (0.0, 0.0f64);
        for ((f, w), &l) in found.iter().zip(&weight).zip(lengths) {
            if *w == 0.0 {
                assert_eq!(f[0] + f[1], 0.0);
                continue;
            }
            let lower = ((l + 1) / 2) as f64 / l as f64;
            for (f, part) in f.iter().zip([1.0 - lower, lower]) {
                let expected = draws * w / total * part;
                if expected > 5.0 {
                    statistic += (f - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
        }
        let k = (cells - 1.0).max(1.0);
        let z = ((statistic / k).cbrt() - (1.0 - 2.0 / (9.0 * k))) / (2.0 / (9.0 * k)).sqrt();
        assert!(z < 4.75, "{lengths:?} {gaps:?}: {z} {found:?} {weight:?}");
    }
}

#[test]
fn what_names_no_distribution_is_refused() {
    let s = scale(1, 0);
    for (lengths, gaps) in [
        (vec![], vec![]),
        (vec![1], vec![]),
        (vec![0, 0], vec![1, 2]),
        (vec![-1, 5], vec![1, 2]),
        (vec![1, 5], vec![-1, 2]),
        (vec![1 << 41, 1], vec![0, 0]),
        (vec![i64::MAX, i64::MAX], vec![0, 0]),
    ] {
        let result = interval(&lengths, &gaps, s, Stream::seeded([0; 32]));
        assert!(matches!(result, Err(Error::InvalidParameter { .. })), "{lengths:?}");
    }
}
