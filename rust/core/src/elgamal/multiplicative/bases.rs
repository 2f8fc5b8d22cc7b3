//! The two bases of encryption, `g` and `h`, and their powers with secret exponents: over tables once a key
//! has encrypted enough for them to pay.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use privml_kernels::{Batch, FixedBase, Modulus};

use crate::environment;
use crate::error::{Error, Result};
use crate::group::finite_field::FiniteField;
use crate::parallel::{self, Call};

/// Window of the tables where memory allows it: measured, 6 is the fastest or within a few percent of it for
/// every group; each more bit nearly doubles the memory.
const WINDOW: usize = 6;

/// Elements that a key encrypts before its tables are built. An entry takes one product to make and a power
/// without tables about 1.3 for each bit: 64 entries for 6 bits have paid after some 10 elements.
const BREAK_EVEN: usize = 16;

/// The bases of one public key.
pub(super) struct Bases {
    elements: [Vec<u64>; 2],
    exponent_bits: usize,
    asked: AtomicUsize,
    tables: OnceLock<[FixedBase<Modulus>; 2]>,
}

impl Bases {
    /// Powers of the group's generator and of `public`, a canonical row, with exponents below
    /// `2^exponent_bits`.
    pub(super) fn new(group: &FiniteField, public: &[u64], exponent_bits: usize) -> Self {
        Self {
            elements: [group.generator(), public.to_vec()],
            exponent_bits,
            asked: AtomicUsize::new(0),
            tables: OnceLock::new(),
        }
    }

    /// Words of an exponent's row.
    pub(super) fn exponent_words(&self) -> usize {
        self.exponent_bits.div_ceil(64)
    }

    /// Memory of the tables: 0 before they are built.
    pub(super) fn table_bytes(&self) -> usize {
        self.tables.get().map_or(0, |tables| tables.iter().map(FixedBase::bytes).sum())
    }

    /// Products that the powers of both bases to one exponent take, once prepared.
    pub(super) fn products(&self) -> f64 {
        let bits = self.exponent_bits;
        match self.tables.get() {
            Some([table, _]) => 2.0 * bits.div_ceil(table.window_bits()) as f64,
            None => 2.0 * (1.3 * bits as f64 + 16.0),
        }
    }

    /// Gets ready for `len` exponents. Two threads that come here at the same time may both build the tables;
    /// one of the two results is kept.
    pub(super) fn prepare(&self, group: &FiniteField, len: usize, call: &mut Call<'_>) -> Result<()> {
        // Before anything else, so that a wrong limit is found by the first call.
        let limit = environment::table_memory()?;
        let asked = self.asked.fetch_add(len, Ordering::Relaxed).saturating_add(len);
        if asked < BREAK_EVEN || self.tables.get().is_some() {
            return Ok(());
        }
        let modulus = group.modulus();
        let fits = |window: &usize| 2 * modulus.fixed_base_bytes(self.exponent_bits, *window) <= limit;
        let Some(window) = (1..=WINDOW).rev().find(fits) else {
            return Ok(());
        };
        let entries = self.exponent_bits.div_ceil(window) << window;
        let ns = (entries as f64 * group.product_ns()).ceil() as u64;
        let tables = call.quietly(|call| {
            parallel::map_chunks(call, 2, 1, ns, |range| {
                Ok(modulus.fixed_base(&self.elements[range.start], self.exponent_bits, window))
            })
        })?;
        let tables: [_; 2] = tables.try_into().map_err(|_| Error::Internal("not two tables".into()))?;
        drop(self.tables.set(tables));
        Ok(())
    }

    /// The powers of generator and public element to each exponent (rows of [`Self::exponent_words`] words),
    /// in constant time.
    pub(super) fn pow(&self, group: &FiniteField, exponents: &[u64]) -> [Batch; 2] {
        let (modulus, words) = (group.modulus(), self.exponent_words());
        if let Some(tables) = self.tables.get() {
            return [0, 1].map(|which| tables[which].pow(modulus, exponents, words));
        }
        let positions = vec![0; exponents.len() / words];
        [0, 1].map(|which| {
            let base = group.enter(&self.elements[which]).take(&positions);
            modulus.pow_each(&base, exponents, words, self.exponent_bits)
        })
    }
}
