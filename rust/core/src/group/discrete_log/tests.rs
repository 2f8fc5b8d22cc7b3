//! Every small integer, chosen large ones, and what is no multiple within the limit.

use super::*;
use crate::parallel::Call;

fn element(value: i64) -> Point {
    Multiples::get().multiply(value.unsigned_abs(), value < 0)
}

fn find(values: &[i64], limit: u64) -> Result<Vec<i64>> {
    let elements: Vec<Point> = values.iter().map(|&value| element(value)).collect();
    find_vartime(
        elements.len(),
        limit,
        0,
        |range| Ok(elements[range].to_vec()),
        "values",
        &mut Call::silent(),
    )
}

#[test]
fn every_small_integer_is_found() {
    let values: Vec<i64> = (-70_000..=70_000).collect();
    assert_eq!(find(&values, 70_000).expect("within the limit"), values);
}

#[test]
fn all_around_the_edges_of_table_and_steps() {
    let steps = Steps::new(3, &mut Call::silent()).expect("steps");
    let giants = steps.giants(steps.reach + 40 * steps.stride());
    assert_eq!(giants.len(), 40);
    let mut scratch = Scratch::default();
    let seek = |value: i64, scratch: &mut Scratch| {
        let (values, pending) = look_up(&steps, 0, vec![element(value)]);
        assert_eq!(pending.is_empty(), value.unsigned_abs() <= steps.reach, "{value}");
        match pending.first() {
            None => values[0],
            Some(one) => search(&steps, &giants, one, scratch).expect("on the curve"),
        }
    };
    let (reach, stride) = (steps.reach as i64, steps.stride() as i64);
    for giant in [0, 1, 2, 31, 32, 33, 39, 40] {
        for middle in [giant * stride - reach, giant * stride, giant * stride + reach] {
            for near in -2..=2 {
                for value in [middle + near, -middle - near] {
                    let within = value.unsigned_abs() <= steps.reach + 40 * steps.stride();
                    assert_eq!(seek(value, &mut scratch), within.then_some(value), "{value}");
                }
            }
        }
    }
}

#[test]
fn the_whole_range() {
    let values =
        [1, -1, 1 << 16, -(1 << 16), 4_294_967_295, -(1 << 32), 123_456_789_012, -(1 << 40), (1 << 40) - 1];
    assert_eq!(find(&values, LARGEST_LIMIT).expect("within the limit"), values);
}

#[test]
fn what_is_beyond_the_limit_is_named() {
    let refused = |values: &[i64], limit| match find(values, limit) {
        Err(Error::Overflow { index, .. }) => index,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[0, 5, -6, 7], 5), 2); // in the table, yet beyond
    assert_eq!(refused(&[1 << 32, (1 << 32) + 1], 1 << 32), 1);
    assert_eq!(refused(&[0, 1], 0), 1);
    assert!(matches!(find(&[0], LARGEST_LIMIT + 1), Err(Error::InvalidParameter { name: "limit", .. })));
    assert_eq!(find(&[], 7), Ok(vec![]));
    assert_eq!(find(&[0, 0], 0), Ok(vec![0, 0]));
}

#[test]
fn tables_stay_below_their_bound() {
    for (count, limit) in
        [(1, 1), (1, 100), (1, 1 << 32), (1000, 1 << 32), (1, 1 << 40), (usize::MAX, 1 << 40)]
    {
        let centres = centres_for(count, limit);
        let entries = centres * BLOCK + SIDE;
        assert!((1..=table::LARGEST).contains(&entries));
        let giants = limit.saturating_sub(entries as u64).div_ceil(2 * entries as u64 + 1) as usize;
        let bytes = entries.div_ceil(6) * 64 + giants * size_of::<Affine>();
        assert!(bytes <= 96_000_000, "{count} of {limit}: {bytes}");
    }
}

#[test]
fn a_call_that_is_cancelled_ends() {
    let mut hook = |_: parallel::Progress| Err(Error::Cancelled);
    let result = find_vartime(
        1 << 20,
        1 << 32,
        1_000_000,
        |range| Ok(vec![element(1 << 31); range.len()]),
        "values",
        &mut Call::new(&mut hook),
    );
    assert_eq!(result, Err(Error::Cancelled));
}
