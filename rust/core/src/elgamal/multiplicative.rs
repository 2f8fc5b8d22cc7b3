//! ElGamal's multiplicatively homomorphic encryption, over whole batches.
//!
//! ElGamal, *A public key cryptosystem and a signature scheme based on discrete logarithms*, IEEE Trans.
//! Inf. Theory 31 (1985), in the group `Z_p*/{±1}` of [`crate::group`]: with the private key `x` and
//! `h = g^x`, the ciphertext of `m` is `(g^r, m h^r)`, and products of ciphertexts decrypt to products of
//! plaintexts. Plaintexts are the integers `1..=(p-1)/2`; a product beyond that wraps, so callers bound it.
//!
//! # What holds
//!
//! - Whoever has no private key learns nothing of plaintexts from fresh ciphertexts (they are
//!   indistinguishable under chosen plaintexts) **if the decisional Diffie-Hellman problem is hard** in the
//!   group. Every plaintext is an element of the group itself, which has prime order, so there is no
//!   Legendre symbol or parity to tell plaintexts apart.
//! - By default `x` and `r` are short (256, 288 or 352 bits). That needs more: that powers with short
//!   exponents cannot be told from powers with full ones (Koshiba and Kurosawa, *Short exponent
//!   Diffie-Hellman problems*, PKC 2004), an assumption that RFC 7919, section 5.2, makes for these groups
//!   too. A key made with full exponents does not depend on it.
//! - Results of arithmetic are not re-randomised: who knows the operands' ciphertexts can check (and for
//!   small ones find) public factors and exponents. [`Ciphertexts::rerandomize`] hides them from all but
//!   the owner of the key.
//! - Ciphertexts are malleable by design and there is no security against chosen ciphertexts: do not show
//!   a stranger whether something of theirs decrypted, or to what.
//! - The number of ciphertexts, the key, the group and the length of exponents are public.
//!
//! # Constant time
//!
//! Generating keys, encrypting and decrypting are constant time in exponents and plaintexts, except that a
//! plaintext or an element was refused and which. Powers of ciphertexts to public exponents are not
//! ([`Ciphertexts::pow_vartime`]), and neither is what comes after decryption ([`fractions_vartime`]).

mod arithmetic;
mod bases;
mod ciphertexts;
mod encrypt;
mod fractions;
mod keys;
#[cfg(test)]
mod tests;
mod wire;

pub use ciphertexts::Ciphertexts;
pub use encrypt::plaintexts;
pub use fractions::fractions_vartime;
pub use keys::{PrivateKey, PublicKey};
pub use wire::ArrayHeader;
