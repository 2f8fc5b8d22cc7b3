//! Numbers that users set in environment variables.

use std::env::VarError;
use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// The variable's number; `None` if it is unset or blank.
///
/// # Errors
/// [`Error::InvalidParameter`] if it holds anything but a number of that range.
pub fn number(name: &'static str, range: RangeInclusive<usize>) -> Result<Option<usize>> {
    parsed(name, std::env::var(name), range)
}

/// Bytes that the tables of each key may take: what `PRIVML_TABLE_MEMORY` says, or any number.
///
/// # Errors
/// [`Error::InvalidParameter`] if it holds no number.
pub fn table_memory() -> Result<usize> {
    Ok(number("PRIVML_TABLE_MEMORY", 0..=usize::MAX)?.unwrap_or(usize::MAX))
}

fn parsed(
    name: &'static str,
    variable: std::result::Result<String, VarError>,
    range: RangeInclusive<usize>,
) -> Result<Option<usize>> {
    let refused = |found: String| Error::InvalidParameter {
        name,
        found,
        allowed: format!("a number from {} to {}", range.start(), range.end()),
    };
    match variable {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => match text.trim().parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(refused(format!("{text:?}"))),
        },
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(bytes)) => Err(refused(format!("{bytes:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_number_of_the_range_is_refused() {
        let of = |variable| parsed("PRIVML_TEST", variable, 1..=1024);
        assert_eq!(of(Err(VarError::NotPresent)), Ok(None));
        for (text, expected) in
            [("", None), (" ", None), ("1", Some(1)), (" 8 ", Some(8)), ("1024", Some(1024))]
        {
            assert_eq!(of(Ok(text.into())), Ok(expected));
        }
        for text in ["0", "1025", "-1", "two"] {
            assert!(matches!(of(Ok(text.into())), Err(Error::InvalidParameter { .. })), "{text}");
        }
        assert!(matches!(of(Err(VarError::NotUnicode("x".into()))), Err(Error::InvalidParameter { .. })));
    }
}
