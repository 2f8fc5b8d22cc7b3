//! Measures every operation on secrets of two classes, and compares the times: Reparaz, Balasch,
//! Verbauwhede, *Dude, is my code constant time?* (DATE 2017).
//!
//! The classes are one fixed secret and fresh random ones, drawn in random order. The slowest measurements
//! are interruptions, not the operation: the t-test (Welch's) is made on all of them and on those below
//! several percentiles of both classes together (the paper's cropping), and the largest |t| counts. Beyond
//! 4.5 the paper calls a difference likely, beyond 10 certain. On a shared machine one run can pass 4.5 by chance:
//! for a normal statistic and six croppings with a probability of at most 4e-5. So a suspicion is measured
//! anew, with twice the samples and a new fixed secret, up to twice; it is a finding if every run passes 4.5
//! with the same sign. A real difference grows with the square root of the samples, and stays.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Instant;

use privml_core::{Backend, backend};
use privml_ct::{Fixture, LEAKS, OPERATIONS, Operation, random_words};

const BITS: usize = 512;
const THRESHOLD: f64 = 4.5;
const RUNS: usize = 3;

/// Shares of the measurements that are kept.
const CROPS: [f64; 6] = [1.0, 0.95, 0.9, 0.75, 0.5, 0.25];

/// Of the first run, in all.
const SAMPLES: usize = 4000;

/// Of any run, however slow the operation is.
const LEAST: usize = 100;

/// Seconds that a run of one operation may take, unless it has too few samples by then.
const SECONDS: f64 = 1.2;

/// Measurements that are thrown away.
const WARM_UP: usize = 20;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--backends") {
        Backend::available().iter().for_each(|backend| println!("{}", backend.name()));
        return ExitCode::SUCCESS;
    }
    let backend = backend().expect("a backend");
    let fixture = Fixture::new(BITS, backend);
    println!("timing: backend {}, {BITS} bits, largest |t| of each run", backend.name());
    let mut good = true;
    for operation in OPERATIONS {
        let (ts, found) = examine(&fixture, operation);
        println!("{:40} {ts}{}", operation.name, if found { "  FINDING" } else { "" });
        good &= !found;
    }
    for leak in LEAKS {
        let (ts, found) = examine(&fixture, leak);
        println!("{:40} {ts}  (must be found{})", leak.name, if found { "" } else { ": FAILED" });
        good &= found;
    }
    println!("timing: {}", if good { "no finding" } else { "FAILED" });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The runs' statistics, and whether all of them say the same.
fn examine(fixture: &Fixture, operation: &Operation) -> (String, bool) {
    let mut text = String::new();
    let mut sign = 0.0;
    for run in 0..RUNS {
        let (count, t) = measure(fixture, operation, 1 << run);
        text += &format!("{t:8.2} ({count})");
        if t.abs() <= THRESHOLD || sign * t < 0.0 {
            return (text, false);
        }
        sign = t;
    }
    (text, true)
}

/// How many measurements, and Welch's t of the cropping that shows most.
fn measure(fixture: &Fixture, operation: &Operation, factor: usize) -> (usize, f64) {
    let words = fixture.secret_words();
    // Few bits set: where a branch or an early end hides, it is far from what is random.
    let mut fixed = vec![0; words];
    fixed.iter_mut().step_by(fixture.words()).for_each(|word| *word = random_words(1)[0] & 0xff);
    let begun = Instant::now();
    let mut samples: Vec<(bool, f64)> = Vec::new();
    let (most, seconds) = (SAMPLES * factor + WARM_UP, SECONDS * factor as f64);
    while samples.len() < most && (samples.len() < LEAST + WARM_UP || begun.elapsed().as_secs_f64() < seconds)
    {
        let is_fixed = random_words(1)[0] & 1 == 1;
        // Drawn for both classes: what happens before the clock starts is the same.
        let mut secret = random_words(words);
        let keep = u64::from(is_fixed).wrapping_sub(1);
        secret.iter_mut().zip(&fixed).for_each(|(word, &fixed)| *word = (*word & keep) | (fixed & !keep));
        let work = (operation.prepare)(fixture, &secret);
        let start = Instant::now();
        work();
        samples.push((is_fixed, start.elapsed().as_nanos() as f64));
    }
    samples.drain(..WARM_UP.min(samples.len()));
    let mut times: Vec<f64> = samples.iter().map(|sample| sample.1).collect();
    times.sort_by(f64::total_cmp);
    let statistic = |share: f64| {
        let limit = times[((times.len() - 1) as f64 * share) as usize];
        let class = |which: bool| {
            samples.iter().filter(|s| s.0 == which && s.1 <= limit).map(|s| s.1).collect::<Vec<f64>>()
        };
        welch(&class(true), &class(false))
    };
    let t = CROPS.map(statistic).into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs()));
    (samples.len(), t.unwrap_or(0.0))
}

/// Welch's t of two samples; 0 if they are too few, or all equal.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    if a.len().min(b.len()) < 2 {
        return 0.0;
    }
    let moments = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() - 1) as f64;
        (mean, variance / x.len() as f64)
    };
    let ((mean_a, a), (mean_b, b)) = (moments(a), moments(b));
    if a + b == 0.0 { 0.0 } else { (mean_a - mean_b) / (a + b).sqrt() }
}
