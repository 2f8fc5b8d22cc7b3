//! Encryption noise: powers of one base with secret exponents, by tables.
//!
//! Damgård, Jurik, Nielsen, *A generalization of Paillier's public-key system with applications to
//! electronic voting*, Int. J. Inf. Secur. 9 (2010), section 4.2: for `h` a square times -1 modulo `n`
//! and `h_s = h^n mod n²`, the noise of a ciphertext is `h_s^a` with `a` uniform below `2^⌈|n|/2⌉`.
//!
//! `h = -H(n)² mod n` is derived from the modulus alone: nobody chooses or sends it, and one modulus has
//! one base. H is SHAKE256 over a domain prefix, a counter and `n`, as long as `n` and 128 bits, reduced
//! modulo `n` (so its distance from uniform is below 2^-128).

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use privml_kernels::{Batch, FixedBase, PairModulus, memcheck};
use sha3::Shake256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use zeroize::Zeroizing;

use super::cost;
use super::number::{self, Inverter, Words};
use crate::environment;
use crate::error::{Error, Result};
use crate::parallel::{self, Call};
use crate::random::Stream;

/// Where encryption noise comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// `h_s^a` with an exponent of half the modulus' length, over tables: the default.
    Short,
    /// `r^n` for a uniform `r`: the textbook noise, uniform over the n-th residues.
    Uniform,
}

impl Noise {
    /// The noise of that name.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if there is none.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "short" => Ok(Noise::Short),
            "uniform" => Ok(Noise::Uniform),
            _ => Err(Error::InvalidParameter {
                name: "noise",
                found: format!("{name:?}"),
                allowed: "\"short\" or \"uniform\"".into(),
            }),
        }
    }
}

/// Window of the tables where memory allows it: 6 is the fastest up to 4096-bit keys and 7 no better; each
/// more bit nearly doubles the memory.
const WINDOW: usize = 6;

/// Noise elements drawn from a key before its tables are built. Building them costs about as much as 100
/// powers by table and a power without them as much as 7, so they have paid after `100 / (7 - 1)`.
const BREAK_EVEN: usize = 16;

/// Multiplications that an entry of a table takes to build: its own, and a share of the inversions.
const ENTRY_MULTIPLICATIONS: f64 = 1.6;

const DOMAIN: &[u8] = b"privml paillier noise base v1";

/// `h = -H(n)² mod n`, a canonical residue. `n` has no leading zero words.
pub(super) fn derive_base(n: &[u64], inverter: &Inverter) -> Vec<u64> {
    let bits = number::bit_length(n);
    let bytes = number::le_bytes(n);
    // A value that is no unit would give n's factors away: it is as rare as guessing them.
    for counter in 0u32.. {
        let mut hash = Shake256::default();
        hash.update(DOMAIN);
        hash.update(&counter.to_le_bytes());
        hash.update(&bytes);
        let mut output = vec![0u8; (bits + 128).div_ceil(8)];
        hash.finalize_xof().read(&mut output);
        output.resize(output.len().next_multiple_of(8), 0);
        let wide: Vec<u64> = output
            .chunks_exact(8)
            .map(|chunk| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
            .collect();
        let x = inverter.reduce(&wide);
        if number::coprime(&x, n) {
            let square = inverter.reduce(&number::product(&x, &x));
            let mut h = vec![0; n.len()];
            number::subtract(&mut h, n, &square);
            return h;
        }
    }
    unreachable!("a hash that is never coprime to n")
}

/// Powers of `h_s` modulo `r²` with exponents below `2^exponent_bits`: `r` is the public `n` or one of
/// the secret primes. The tables are built when enough powers have been asked for, once for a key, and
/// wiped with it.
pub(super) struct NoiseBase {
    ring: PairModulus,
    inverter: Inverter,
    h: Words,
    n: Vec<u64>,
    exponent_bits: usize,
    share: usize,
    asked: AtomicUsize,
    start: OnceLock<Words>,
    tables: OnceLock<Tables>,
}

/// Tables for consecutive parts of the exponent, each of `words` words. Parts are built side by side.
struct Tables {
    parts: Vec<FixedBase<PairModulus>>,
    words: usize,
    window: usize,
}

impl NoiseBase {
    /// Powers modulo the square of `ring`'s base, `h` being the public base of modulus `n`. Of the memory
    /// that the tables of a key may take, the `share`-th part is for these.
    pub(super) fn new(ring: PairModulus, inverter: Inverter, h: &[u64], n: &[u64], share: usize) -> Self {
        Self {
            ring,
            inverter,
            h: number::padded(h, h.len()),
            n: n.to_vec(),
            exponent_bits: number::bit_length(n).div_ceil(2),
            share,
            asked: AtomicUsize::new(0),
            start: OnceLock::new(),
            tables: OnceLock::new(),
        }
    }

    pub(super) fn ring(&self) -> &PairModulus {
        &self.ring
    }

    /// Declares the ring and its tables secret: for the owner's, modulo the squares of the primes.
    pub(super) fn conceal(&self) {
        self.ring.conceal();
        if let Some(tables) = self.tables.get() {
            tables.parts.iter().for_each(FixedBase::conceal);
        }
    }

    pub(super) fn inverter(&self) -> &Inverter {
        &self.inverter
    }

    /// Words of an exponent's row.
    pub(super) fn exponent_words(&self) -> usize {
        self.exponent_bits.div_ceil(64)
    }

    /// Memory of the tables: 0 before they are built.
    pub(super) fn table_bytes(&self) -> usize {
        self.tables.get().map_or(0, |tables| tables.parts.iter().map(FixedBase::bytes).sum())
    }

    /// Nanoseconds of one power, once prepared.
    pub(super) fn power_ns(&self) -> f64 {
        match self.tables.get() {
            Some(tables) => {
                self.exponent_bits.div_ceil(tables.window) as f64 * cost::multiply_digit(&self.ring)
            }
            None => cost::power(&self.ring, self.exponent_bits),
        }
    }

    /// Gets ready for `len` powers. Two threads that come here at the same time may both build the
    /// tables; one of the two results is kept.
    pub(super) fn prepare(&self, len: usize, call: &mut Call<'_>) -> Result<()> {
        if len == 0 {
            return Ok(());
        }
        // Before anything else, so that a wrong limit is found by the first call.
        let limit = environment::table_memory()?;
        if self.start.get().is_none() {
            let ns = cost::whole(cost::power(&self.ring, 2 * self.exponent_bits));
            let start = call.quietly(|call| {
                parallel::map_chunks(call, 1, 1, ns, |_| {
                    let h = self.ring.enter(&self.h, self.h.len());
                    Ok(self.ring.leave(&self.ring.pow_vartime(&h, &self.n)))
                })
            })?;
            start.into_iter().for_each(|start| drop(self.start.set(start)));
        }
        let asked = self.asked.fetch_add(len, Ordering::Relaxed).saturating_add(len);
        if asked >= BREAK_EVEN
            && self.tables.get().is_none()
            && let Some(tables) = call.quietly(|call| self.build(limit, call))?
        {
            drop(self.tables.set(tables));
        }
        Ok(())
    }

    /// The fastest tables that a key of so much memory may have, if there are any.
    fn build(&self, limit: usize, call: &mut Call<'_>) -> Result<Option<Tables>> {
        let words = self.exponent_words();
        // Each part but the first costs one more multiplication with every power.
        let entries = (self.exponent_bits.div_ceil(WINDOW) << WINDOW) as f64;
        let total_ns = entries * ENTRY_MULTIPLICATIONS * cost::multiply(&self.ring);
        let wanted = (total_ns / cost::PIECE_NS).ceil() as usize;
        let part_words = words.div_ceil(wanted.clamp(parallel::num_threads()?.min(4), 16).min(words));
        let count = words.div_ceil(part_words);
        let ns = cost::whole(total_ns / count as f64);
        let part_bits = |part: usize| (64 * part_words).min(self.exponent_bits - 64 * part_words * part);
        let bytes = |window| {
            (0..count).map(|part| self.ring.fixed_base_bytes(part_bits(part), window)).sum::<usize>()
        };
        let Some(window) = (1..=WINDOW).rev().find(|&window| bytes(window) <= limit / self.share) else {
            return Ok(None);
        };

        let mut starts = Vec::with_capacity(count);
        let mut shift = vec![0; part_words + 1];
        shift[part_words] = 1;
        let mut power = self.ring.enter(self.start(), 2 * self.ring.word_count());
        for part in 0..count {
            if part > 0 {
                power = self.ring.pow_vartime(&power, &shift);
            }
            starts.push(self.ring.leave(&power));
        }
        let invert = |x: &[u64]| self.inverter.invert(x);
        let parts = parallel::map_chunks(call, count, 1, ns, |range| {
            self.ring
                .fixed_base(&starts[range.start], part_bits(range.start), window, &invert)
                .ok_or_else(|| Error::Internal("the noise base is not invertible".into()))
        })?;
        Ok(Some(Tables { parts, words: part_words, window }))
    }

    fn start(&self) -> &[u64] {
        self.start.get().map_or(&[], |start| start)
    }

    /// The base to each exponent (rows of [`Self::exponent_words`] words), in constant time. After
    /// [`Self::prepare`].
    pub(super) fn pow(&self, exponents: &[u64]) -> Batch {
        let words = self.exponent_words();
        let Some(tables) = self.tables.get() else {
            let base = self.ring.enter(self.start(), 2 * self.ring.word_count());
            let bases = base.take(&vec![0; exponents.len() / words]);
            return self.ring.pow_each(&bases, exponents, words, self.exponent_bits);
        };
        let mut product: Option<Batch> = None;
        for (i, table) in tables.parts.iter().enumerate() {
            let columns = i * tables.words..((i + 1) * tables.words).min(words);
            let mut part = Zeroizing::new(Vec::with_capacity(exponents.len() / words * columns.len()));
            exponents.chunks_exact(words).for_each(|row| part.extend_from_slice(&row[columns.clone()]));
            let power = table.pow(&self.ring, &part, columns.len());
            product = Some(match product {
                None => power,
                Some(product) => self.ring.mul(&product, &power),
            });
        }
        product.unwrap_or_else(|| self.ring.ones(exponents.len() / words))
    }

    /// Exponents uniform below `2^exponent_bits`, those of element `i` from the stream's `i`-th
    /// sub-stream.
    pub(super) fn draw_exponents(&self, stream: &Stream, range: Range<usize>) -> Words {
        let words = self.exponent_words();
        let mut exponents = Zeroizing::new(vec![0u64; range.len() * words]);
        let mask = u64::MAX >> (64 * words - self.exponent_bits);
        for (row, index) in exponents.chunks_exact_mut(words).zip(range) {
            stream.substream(index as u64).fill_words(row);
            row[words - 1] &= mask;
        }
        exponents
    }
}

/// Batches one after the other; none at all give an empty batch.
pub(super) fn concat(ring: &PairModulus, parts: &[Batch]) -> Batch {
    match parts {
        [] => ring.ones(0),
        _ => Batch::concat(parts),
    }
}

/// Uniform integers in `1..m`, by rejection, each from the sub-stream of one of `indices`.
///
/// Whether they are units modulo `m` is not checked: for a prime `m` they are, and drawing one that is
/// not for `m = pq` (and so learning its factors) has a probability of about `2 / sqrt(m)`.
pub(super) fn draw_nonzero(m: &[u64], stream: &Stream, indices: impl ExactSizeIterator<Item = u64>) -> Words {
    let mut rows = Zeroizing::new(Vec::with_capacity(indices.len() * m.len()));
    for index in indices {
        let mut stream = stream.substream(index);
        loop {
            let row = Zeroizing::new(stream.below(m));
            // A draw of zero is thrown away: that there was one tells nothing of the next.
            if memcheck::revealed(number::is_zero(&row)) == 0 {
                rows.extend_from_slice(&row);
                break;
            }
        }
    }
    rows
}
