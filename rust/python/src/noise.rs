//! Exact noise: int64 arrays of draws, and indices chosen by scores.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use privml_core::noise::{self, Law, Scale};
use privml_core::parallel::run_one;
use privml_core::random::Stream;
use pyo3::prelude::*;

use crate::call;
use crate::error::{parameter, to_python};

/// Scores up to here are chosen from on the calling thread.
const QUICK: usize = 1 << 18;

type Draws<'py> = PyResult<Bound<'py, PyArray1<i64>>>;

/// `length` draws of the law called `law`, whose parameters are whole numbers.
#[pyfunction]
pub(crate) fn draw_noise<'py>(py: Python<'py>, law: &str, parameters: Vec<u64>, length: usize) -> Draws<'py> {
    let scale = || match parameters[..] {
        [numerator, shift] => {
            Scale::new(numerator, u32::try_from(shift).unwrap_or(u32::MAX)).map_err(to_python)
        }
        _ => Err(parameter(format!("parameters: found {}, allowed: two", parameters.len()))),
    };
    let law = match (law, &parameters[..]) {
        ("geometric", _) => Law::Geometric(scale()?),
        ("discrete_laplace", _) => Law::DiscreteLaplace(scale()?),
        ("discrete_gaussian", _) => Law::DiscreteGaussian(scale()?),
        ("poisson", _) => Law::Poisson(scale()?),
        ("skellam", _) => Law::Skellam(scale()?),
        ("fair_coins", &[trials]) => Law::FairCoins(trials),
        ("uniform", &[bound]) => Law::Uniform(bound),
        ("bernoulli", &[numerator, denominator]) => Law::Bernoulli(numerator, denominator),
        ("binomial", &[trials, numerator, denominator]) => Law::Binomial(trials, numerator, denominator),
        (law, given) => {
            return Err(parameter(format!(
                "law: found {law} with {} parameters, allowed: see _core.pyi",
                given.len()
            )));
        }
    };
    let draws = call::run(py, None, |call| law.fill(&Stream::from_os()?, length, call))?;
    Ok(draws.into_pyarray(py))
}

/// The index of one of `scores`: by permute-and-flip, or by the exponential mechanism.
#[pyfunction]
pub(crate) fn choose(
    py: Python<'_>,
    scores: PyReadonlyArray1<'_, i64>,
    numerator: u64,
    shift: u32,
    flip: bool,
) -> PyResult<usize> {
    let scale = Scale::new(numerator, shift).map_err(to_python)?;
    let scores = scores.as_slice()?.to_vec();
    call::run(py, None, |call| {
        let stream = Stream::from_os()?;
        let rule = if flip { noise::permute_and_flip } else { noise::exponential };
        if scores.len() <= QUICK {
            rule(&scores, scale, stream)
        } else {
            run_one(call, || rule(&scores, scale, stream))
        }
    })
}
