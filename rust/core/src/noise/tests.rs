use super::*;

/// One test statistic in a million draws of it is beyond its quantile.
const DRAWS: usize = 200_000;

fn draws(law: Law, len: usize, seed: u8) -> Vec<i64> {
    law.fill(&Stream::seeded([seed; 32]), len, &mut Call::silent()).expect("draws")
}

fn scale(numerator: u64, shift: u32) -> Scale {
    Scale::new(numerator, shift).expect("scale")
}

/// Pearson's statistic in standard units against `weight`, which need not sum to 1; cells with fewer than
/// 20 expected are one. The cube-root transformation of Wilson and Hilferty makes it normal, of which 4.75
/// has probability 1e-6.
fn z_score(sample: &[i64], range: std::ops::RangeInclusive<i64>, weight: impl Fn(i64) -> f64) -> f64 {
    let total: f64 = range.clone().map(&weight).sum();
    let n = sample.len() as f64;
    let mut counts = std::collections::HashMap::new();
    for &y in sample {
        *counts.entry(y).or_insert(0.0) += 1.0;
    }
    let (mut statistic, mut cells, mut rare) = (0.0, 0.0, (n, n));
    for y in range {
        let expected = n * weight(y) / total;
        if expected >= 20.0 {
            let found = counts.get(&y).copied().unwrap_or(0.0);
            statistic += (found - expected).powi(2) / expected;
            cells += 1.0;
            rare = (rare.0 - found, rare.1 - expected);
        }
    }
    if rare.1 >= 5.0 {
        statistic += (rare.0 - rare.1).powi(2) / rare.1;
        cells += 1.0;
    }
    let k: f64 = cells - 1.0;
    assert!(k >= 1.0, "a test with one cell");
    ((statistic / k).cbrt() - (1.0 - 2.0 / (9.0 * k))) / (2.0 / (9.0 * k)).sqrt()
}

fn value(scale: Scale) -> f64 {
    scale.numerator as f64 / (scale.shift as f64).exp2()
}

#[test]
fn laplace_gaussian_and_geometric_are_exact() {
    let scales = [scale(1, 0), scale(1, 1), scale(1_398_102, 20), scale(100, 0), scale(3, 3)];
    for (seed, s) in (1..).zip(scales) {
        let (t, reach) = (value(s), (60.0 * value(s)) as i64 + 60);
        let laplace = draws(Law::DiscreteLaplace(s), DRAWS, seed);
        let z = z_score(&laplace, -reach..=reach, |y| (-(y.abs() as f64) / t).exp());
        assert!(z < 4.75, "Laplace {s:?}: {z}");
        let geometric = draws(Law::Geometric(s), DRAWS, seed);
        let z = z_score(&geometric, 0..=reach, |y| (-(y as f64) / t).exp());
        assert!(z < 4.75, "geometric {s:?}: {z}");
        let gaussian = draws(Law::DiscreteGaussian(s), DRAWS, seed);
        let z = z_score(&gaussian, -reach..=reach, |y| (-(y as f64).powi(2) / (2.0 * t * t)).exp());
        assert!(z < 4.75, "Gaussian {s:?}: {z}");
        // The tests can fail: each law is refused for the other.
        let wrong = z_score(&gaussian, -reach..=reach, |y| (-(y.abs() as f64) / t).exp());
        assert!(wrong > 4.75, "{s:?}: {wrong}");
    }
}

#[test]
fn large_scales_have_the_law_they_name() {
    // In eighths of the scale the discrete laws are the continuous ones up to 1e-9.
    let eighth = (1i64 << 41) / 8;
    let s = scale(1 << 41, 0);
    let cells = |law| draws(law, DRAWS, 9).iter().map(|y| y.div_euclid(eighth)).collect::<Vec<_>>();
    let laplace = |cell: i64| {
        let x = cell.max(-1 - cell) as f64 / 8.0;
        (-x).exp()
    };
    let z = z_score(&cells(Law::DiscreteLaplace(s)), -400..=400, laplace);
    assert!(z < 4.75, "Laplace: {z}");
    // Simpson's rule on 16 pieces of each cell.
    let gaussian = |cell: i64| {
        let at = |i: i32| (-((cell as f64 + f64::from(i) / 16.0) / 8.0).powi(2) / 2.0).exp();
        (0..=16)
            .map(|i| {
                at(i)
                    * if i == 0 || i == 16 {
                        1.0
                    } else if i % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    }
            })
            .sum()
    };
    let z = z_score(&cells(Law::DiscreteGaussian(s)), -100..=100, gaussian);
    assert!(z < 4.75, "Gaussian: {z}");
}

#[test]
fn counts_and_coins_are_exact() {
    for (seed, mean) in (20..).zip([scale(1, 0), scale(3, 2), scale(5, 0), scale(1, 3)]) {
        let m = value(mean);
        let poisson = |y: i64| (1..=y).fold((-m).exp(), |p, k| p * m / k as f64);
        let z = z_score(&draws(Law::Poisson(mean), DRAWS, seed), 0..=100, poisson);
        assert!(z < 4.75, "Poisson {m}: {z}");
        let skellam = |y: i64| (0..60).map(|k| poisson(k) * poisson(k + y.abs())).sum();
        let z = z_score(&draws(Law::Skellam(mean), DRAWS, seed), -60..=60, skellam);
        assert!(z < 4.75, "Skellam {m}: {z}");
    }
    let choose = |n: i64, y: i64| (1..=y).fold(1.0, |p, k| p * (n - k + 1) as f64 / k as f64);
    let z = z_score(&draws(Law::FairCoins(70), DRAWS, 30), 0..=70, |y| choose(70, y));
    assert!(z < 4.75, "coins: {z}");
    let binomial = |y: i64| choose(20, y) * 0.3f64.powi(y as i32) * 0.7f64.powi(20 - y as i32);
    let z = z_score(&draws(Law::Binomial(20, 3, 10), DRAWS, 31), 0..=20, binomial);
    assert!(z < 4.75, "binomial: {z}");
    assert!(z_score(&draws(Law::Uniform(7), DRAWS, 32), 0..=6, |_| 1.0) < 4.75);
    assert!(z_score(&draws(Law::Bernoulli(1, 3), DRAWS, 33), 0..=1, |y| 2.0 - y as f64) < 4.75);
}

#[test]
fn counting_is_as_exact_as_adding_up() {
    // Means and trials on both sides of where draws are counted, and probabilities with long digits.
    for (seed, mean) in (80..).zip([scale(40, 0), scale(201, 2)]) {
        let m = value(mean);
        let poisson = |y: i64| (1..=y).fold((-m).exp(), |p, k| p * m / k as f64);
        let z = z_score(&draws(Law::Poisson(mean), 50_000, seed), 0..=200, poisson);
        assert!(z < 4.75, "Poisson {m}: {z}");
    }
    for (seed, (trials, a, b)) in
        (90..).zip([(200, 1, 3), (1000, 1, u64::MAX / 50), (65, u64::MAX - 1, u64::MAX)])
    {
        let p = a as f64 / b as f64;
        let log = |y: i64| {
            (1..=y).map(|k| ((trials - k + 1) as f64 / k as f64).ln()).sum::<f64>()
                + y as f64 * p.ln()
                + (trials - y) as f64 * (1.0 - p).max(1e-300).ln()
        };
        let sample = draws(Law::Binomial(trials as u64, a, b), 50_000, seed);
        if p > 1e-9 && p < 1.0 {
            let z = z_score(&sample, 0..=trials, |y| log(y).exp());
            assert!(z < 4.75, "binomial {trials} {a}/{b}: {z}");
        } else {
            let certain = if p < 0.5 { 0 } else { trials };
            assert!(sample.iter().all(|&y| y == certain));
        }
    }
    assert_eq!(draws(Law::Binomial(100, 7, 7), 10, 95), [100; 10]);
    assert_eq!(draws(Law::Binomial(100, 0, 7), 10, 95), [0; 10]);
}

#[test]
fn seeded_draws_are_known() {
    // Not from elsewhere: they show a change of what a seed means.
    let s = scale(5, 1);
    for (law, known) in [
        (Law::Geometric(s), [1, 0, 8, 10, 1, 1, 1, 1]),
        (Law::DiscreteLaplace(s), [-1, 2, -2, 16, -1, 1, -1, -1]),
        (Law::DiscreteGaussian(s), [-1, 0, -1, -5, 2, -1, -2, 2]),
        (Law::Poisson(s), [3, 2, 1, 3, 2, 1, 2, 3]),
        (Law::Skellam(scale(50, 0)), [-7, 4, 1, 6, -7, 5, -5, 2]),
        (Law::Binomial(100, 1, 3), [33, 29, 33, 30, 39, 42, 30, 39]),
    ] {
        assert_eq!(draws(law, 8, 77), known, "{law:?}");
    }
}

#[test]
fn undecided_comparisons_are_decided_exactly() {
    // A denominator near 2^64 leaves one comparison in two open.
    let (half, all) = (u64::MAX / 2, u64::MAX);
    assert!(z_score(&draws(Law::Bernoulli(half, all), DRAWS, 40), 0..=1, |_| 1.0) < 4.75);
    assert!(z_score(&draws(Law::Bernoulli(1, 2), DRAWS, 40), 0..=1, |_| 1.0) < 4.75);
    assert!(draws(Law::Bernoulli(all, all), 10_000, 41).iter().all(|&y| y == 1));
    assert!(draws(Law::Bernoulli(0, all), 10_000, 41).iter().all(|&y| y == 0));
    let mut bits = Bits::new(Stream::seeded([42; 32]));
    // u below 1/n! by its first word, for the largest n that words can tell: n successes or more.
    assert!(bits.successes_below(0) >= 20);
    assert_eq!(bits.successes_below((1 << 63) - 1), 2);
    assert_eq!(bits.successes_below(1 << 61), 3);
    // On the word 2^64/3! itself, u < 1/6 with probability (2^64 mod 6)/6 = 2/3.
    let tie: Vec<i64> = (0..DRAWS).map(|_| bits.successes_below(((1u128 << 64) / 6) as u64) as i64).collect();
    assert!(z_score(&tie, 2..=3, |n| (n - 1) as f64) < 4.75);
    for count in [1, 2, 5, 8] {
        let coins: Vec<i64> = (0..DRAWS).map(|_| i64::from(bits.bernoulli_exp_ones(count))).collect();
        let p = (-f64::from(count)).exp();
        assert!(z_score(&coins, 0..=1, |y| if y == 1 { p } else { 1.0 - p }) < 4.75, "exp(-{count})");
    }
    // Words 1 to 6 lie between 1/21! and 1/20!; of word 0, 2^64/21! is below 1/21!.
    assert!((1..=6).all(|word| (0..1000).all(|_| bits.successes_below(word) == 20)));
    let last: Vec<i64> = (0..DRAWS).map(|_| i64::from(bits.successes_below(0) > 20)).collect();
    let below = 2f64.powi(64) / (1..=21).map(f64::from).product::<f64>();
    assert!(z_score(&last, 0..=1, |n| if n == 1 { below } else { 1.0 - below }) < 4.75);
}

#[test]
fn extreme_scales_end_and_stay_in_range() {
    // 1e-6: nothing but zeros. 1e12: of the right size.
    let tiny = scale(1_125_900, 40);
    assert!(draws(Law::DiscreteLaplace(tiny), 10_000, 50).iter().all(|&y| y == 0));
    assert!(draws(Law::DiscreteGaussian(tiny), 10_000, 50).iter().all(|&y| y == 0));
    let huge = scale(1 << 52, 0);
    for law in [Law::DiscreteLaplace(huge), Law::DiscreteGaussian(huge)] {
        let mean = draws(law, 10_000, 51).iter().map(|y| y.unsigned_abs() as f64).sum::<f64>() / 1e4;
        assert!((0.7..1.1).contains(&(mean / (1u64 << 52) as f64)), "{law:?} {mean}");
    }
    assert!(Scale::new(0, 0).is_err() && Scale::new((1 << 52) + 1, 0).is_err() && Scale::new(1, 64).is_err());
    for law in
        [Law::Uniform(0), Law::Bernoulli(2, 1), Law::Poisson(scale(1 << 23, 0)), Law::FairCoins(1 << 30)]
    {
        assert!(law.fill(&Stream::seeded([0; 32]), 1, &mut Call::silent()).is_err(), "{law:?}");
    }
}

#[test]
fn selection_has_the_probabilities_it_names() {
    let scores = [3, 5, -2, 5, 0];
    let s = scale(5, 1);
    let stream = Stream::seeded([60; 32]);
    let weight = |y: i64| (scores[y as usize] as f64 / 2.5).exp();
    let sample: Vec<i64> = (0..DRAWS as u64)
        .map(|i| exponential(&scores, s, stream.substream(i)).expect("an index") as i64)
        .collect();
    assert!(z_score(&sample, 0..=4, weight) < 4.75);
    // Permute-and-flip, by all orders.
    let accept = scores.map(|score| ((score - 5) as f64 / 2.5).exp());
    let exact = |y: i64| flip(&accept, &mut [false; 5], y as usize);
    let sample: Vec<i64> = (0..DRAWS as u64)
        .map(|i| permute_and_flip(&scores, s, stream.substream(i)).expect("an index") as i64)
        .collect();
    assert!(z_score(&sample, 0..=4, exact) < 4.75);
    assert!(exponential(&[], s, stream.substream(0)).is_err());
    let far = [i64::MIN, i64::MAX];
    assert_eq!(permute_and_flip(&far, scale(1, 63), stream.substream(0)), Ok(1));
    assert_eq!(exponential(&far, scale(1, 63), stream.substream(0)), Ok(1));
}

/// The probability that permute-and-flip, with some indices tried, ends at `y`.
fn flip(accept: &[f64; 5], tried: &mut [bool; 5], y: usize) -> f64 {
    let left = tried.iter().filter(|&&t| !t).count() as f64;
    let mut total = 0.0;
    for i in 0..5 {
        if !tried[i] {
            total += if i == y { accept[i] / left } else { 0.0 };
            if accept[i] < 1.0 {
                tried[i] = true;
                total += (1.0 - accept[i]) / left * flip(accept, tried, y);
                tried[i] = false;
            }
        }
    }
    total
}

#[test]
fn draws_do_not_depend_on_the_number_of_threads() {
    // Long enough for the pool; every chunk equals that of its own sub-stream alone.
    let law = Law::DiscreteGaussian(scale(7, 0));
    let many = draws(law, 100 * CHUNK, 70);
    let stream = Stream::seeded([70; 32]);
    for chunk in [0, 57, 99] {
        let mut bits = Bits::new(stream.substream(chunk as u64));
        let alone: Vec<i64> = (0..CHUNK).map(|_| discrete_gaussian(&mut bits, scale(7, 0))).collect();
        assert_eq!(alone, many[chunk * CHUNK..(chunk + 1) * CHUNK]);
    }
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let stream = Stream::from_os().expect("random");
    let mut bits = Bits::new(stream.substream(0));
    let n = 1 << 14;
    let time = |name: &str, draw: &mut dyn FnMut() -> i64| {
        let best = (0..100)
            .map(|_| {
                let begun = std::time::Instant::now();
                let mut sum = 0i64;
                for _ in 0..n {
                    sum = sum.wrapping_add(draw());
                }
                std::hint::black_box(sum);
                begun.elapsed().as_nanos() as f64 / f64::from(n)
            })
            .fold(f64::MAX, f64::min);
        println!("{name}: {best:.1} ns");
    };
    time("word", &mut || bits.word() as i64);
    for s in [scale(1, 0), scale(100, 0), scale(1 << 40, 0), scale(1_398_101, 20)] {
        time(&format!("laplace {s:?}"), &mut || discrete_laplace(&mut bits, s));
        time(&format!("gaussian {s:?}"), &mut || discrete_gaussian(&mut bits, s));
    }
    time("poisson 1", &mut || poisson::poisson(&mut bits, scale(1, 0)) as i64);
    let scores: Vec<i64> = (0..1_000_000).map(|i| (i * 7919) % 100_003).collect();
    for _ in 0..4 {
        let begun = std::time::Instant::now();
        permute_and_flip(&scores, scale(10, 0), stream.substream(5)).expect("an index");
        println!("permute-and-flip 1e6: {:?}", begun.elapsed());
    }
}
