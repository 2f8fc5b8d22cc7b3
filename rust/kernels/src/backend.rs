//! The list of backends, which one is used, and the one place where a batch call picks it.
//!
//! A backend is one file under `lanes/` and one line in [`backends!`]. The list drives detection (the
//! last one that the CPU supports and that passes its self-test wins), the `PRIVML_BACKEND` override,
//! dispatch, tests and benches.

use std::sync::OnceLock;

use crate::self_test;

/// The environment variable that overrides detection.
pub const BACKEND_VARIABLE: &str = "PRIVML_BACKEND";

macro_rules! backends {
    ($($(#[doc = $doc:literal])* $(#[cfg($cfg:meta)])? $variant:ident, $name:literal, $lanes:ty, $supported:expr;)+) => {
        /// An instruction set that batch arithmetic can run on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Backend {
            $($(#[doc = $doc])* $(#[cfg($cfg)])? $variant,)+
        }

        impl Backend {
            /// Every backend compiled in, slowest first, whether or not this CPU can run it.
            pub const ALL: &[Backend] = &[$($(#[cfg($cfg)])? Backend::$variant,)+];

            /// The name used by `PRIVML_BACKEND` and in reports.
            pub fn name(self) -> &'static str {
                match self { $($(#[cfg($cfg)])? Backend::$variant => $name,)+ }
            }

            /// Whether this CPU can run it.
            pub fn is_supported(self) -> bool {
                match self { $($(#[cfg($cfg)])? Backend::$variant => $supported,)+ }
            }

            /// Residues in one group: batches of a multiple of this waste no lane.
            pub fn lanes(self) -> usize {
                match self { $($(#[cfg($cfg)])? Backend::$variant => <$lanes as crate::lanes::Lanes>::LANES,)+ }
            }
        }

        /// Runs `$body` with the type `$l` naming the [`crate::lanes::Lanes`] of a backend. Used once
        /// in each batch call, never inside a loop.
        macro_rules! dispatch {
            ($backend:expr, $l:ident => $body:expr) => {
                match $backend {
                    $($(#[cfg($cfg)])? $crate::backend::Backend::$variant => {
                        type $l = $lanes;
                        $body
                    })+
                }
            };
        }
        pub(crate) use dispatch;
    };
}

backends! {
    /// Eight lanes in plain Rust: checks the schedules, in tests only.
    #[cfg(feature = "model")]
    Model, "model", crate::lanes::model::Model, true;
    /// Plain 64-bit integer arithmetic: runs everywhere and is the reference.
    Portable, "portable", crate::lanes::portable::Portable, true;
    /// Four lanes of 28-bit limbs.
    #[cfg(target_arch = "x86_64")]
    Avx2, "avx2", crate::lanes::avx2::Avx2, is_x86_feature_detected!("avx2");
    /// Eight lanes of 52-bit limbs: AVX-512 with its integer multiply-add.
    #[cfg(target_arch = "x86_64")]
    Ifma, "ifma", crate::lanes::ifma::Ifma,
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
}

/// Why `PRIVML_BACKEND` was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendError {
    /// What the variable holds.
    pub found: String,
    /// The names that would be accepted here.
    pub allowed: Vec<&'static str>,
}

impl std::fmt::Display for BackendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { found, allowed } = self;
        write!(f, "{BACKEND_VARIABLE} is {found:?}; this machine runs: {}", allowed.join(", "))
    }
}

impl std::error::Error for BackendError {}

impl Backend {
    /// The backends whose instructions this CPU has, slowest first.
    pub fn supported() -> Vec<Backend> {
        Self::ALL.iter().copied().filter(|backend| backend.is_supported()).collect()
    }

    /// The backends to choose from, slowest first: supported, and found to compute what the portable one
    /// does.
    pub fn available() -> Vec<Backend> {
        Self::supported().into_iter().filter(|&backend| self_test::passes(backend)).collect()
    }

    /// The backend that raises a single residue to a power fastest: four lanes of short limbs take longer than
    /// one of long ones. What all lanes share, such as the tables of a fixed base, is not worth having twice.
    pub fn for_one(self) -> Backend {
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => Backend::Portable,
            other => other,
        }
    }

    /// The backend of that name, if it is compiled in.
    pub fn from_name(name: &str) -> Option<Backend> {
        Self::ALL.iter().copied().find(|backend| backend.name() == name)
    }

    /// The backend new moduli use: `PRIVML_BACKEND` if set, else the fastest. Decided once.
    ///
    /// # Errors
    /// [`BackendError`] if the variable names none that runs here.
    pub fn active() -> Result<Backend, BackendError> {
        static ACTIVE: OnceLock<Result<Backend, BackendError>> = OnceLock::new();
        ACTIVE.get_or_init(|| Self::choose(std::env::var(BACKEND_VARIABLE).ok().as_deref())).clone()
    }

    fn choose(asked: Option<&str>) -> Result<Backend, BackendError> {
        let available = Self::available();
        match asked {
            None | Some("") => Ok(available.last().copied().unwrap_or(Backend::Portable)),
            Some(name) => available.iter().copied().find(|b| b.name() == name).ok_or_else(|| BackendError {
                found: name.to_owned(),
                allowed: available.iter().map(|b| b.name()).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_backend() {
        for &backend in Backend::ALL {
            assert_eq!(Backend::from_name(backend.name()), Some(backend));
        }
        assert_eq!(Backend::from_name("mmx"), None);
    }

    #[test]
    fn an_unknown_override_is_refused_with_the_names_that_run() {
        let error = Backend::choose(Some("mmx")).expect_err("there is no such backend");
        assert!(error.to_string().contains("portable"), "{error}");
        assert_eq!(Backend::choose(Some("portable")), Ok(Backend::Portable));
        assert_eq!(Backend::choose(None).ok(), Backend::available().last().copied());
    }
}
