//! The operators, as tables of examples computed by hand.

use super::notation::{Given, START_SECS, assert_all, assert_refused, evaluate};
use crate::metric_math::Value;

#[test]
fn arithmetic_takes_a_missing_operand_for_zero() {
    assert_all(&[
        ("m1 + m2", "m1=[1, -, 3, -]; m2=[10, 20, -, -]", "[11, 20, 3, -]"),
        ("m1 - m2", "m1=[1, -, 3, -]; m2=[10, 20, -, -]", "[-9, -20, 3, -]"),
        ("m1 * m2", "m1=[2, -, 3, -]; m2=[10, 20, -, -]", "[20, 0, 0, -]"),
        ("m1 / m2", "m1=[1, -, 3, -]; m2=[10, 20, -, -]", "[0.1, 0, -, -]"),
        ("m1 ^ m2", "m1=[2, -, 3, -]; m2=[10, 20, -, -]", "[1024, 0, 1, -]"),
        ("m1 + m2 + m3", "m1=[1, -]; m2=[1, -]; m3=[1, 1]", "[3, 1]"),
        ("m1 + m2", "m1=[-, -]; m2=[-, -]", "[-, -]"),
    ]);
}

#[test]
fn a_division_by_zero_drops_the_point() {
    assert_all(&[
        ("m1 / m2", "m1=[1, 0, 4]; m2=[0, 0, 2]", "[-, -, 2]"),
        ("1 / m1", "m1=[0, 2, -]", "[-, 0.5, -]"),
        ("m1 / 0", "m1=[0, 2, -]", "[-, -, -]"),
        ("m1 / AVG(m2)", "m1=[1, 2]; m2=[0, 0]", "[-, -]"),
        ("[m1, m2] / m3", "m1=[1, 2]; m2=[3, 4]; m3=[1, 0]", "[1, -] [3, -]"),
        ("1 / 0", "", "NaN"),
        ("TIME_SERIES(1 / 0)", "m1=[1, 2]", "[-, -]"),
    ]);
}

#[test]
fn results_that_are_no_finite_number_are_dropped() {
    assert_all(&[
        ("m1 ^ 0.5", "m1=[4, -1]", "[2, -]"),
        ("m1 ^ -1", "m1=[4, 0]", "[0.25, -]"),
        ("m1 * 1e308", "m1=[1, 10]", &format!("[{}, -]", 1e308)),
        ("0 * m1", "m1=[-1, 1]", "[0, 0]"),
        ("-m1", "m1=[0, 1, -]", "[0, -1, -]"),
        ("m1 + AVG(m2)", "m1=[1, 2]; m2=[-, -]", "[-, -]"),
    ]);
}

#[test]
fn operands_combine_as_listed() {
    assert_all(&[
        ("2 + 3 * 4", "", "14"),
        ("5 * m1", "m1=[1, -]", "[5, -]"),
        ("10 - m1", "m1=[1, -]", "[9, -]"),
        ("m1 - 10", "m1=[1, -]", "[-9, -]"),
        ("100 / [m1, m2]", "m1=[1, 2]; m2=[4, -]", "[100, 50] [25, -]"),
        ("[m1, m2] - 1", "m1=[1, 2]; m2=[4, -]", "[0, 1] [3, -]"),
        ("[m1, m2] / m3", "m1=[1, 2]; m2=[4, -]; m3=[2, 2]", "[0.5, 1] [2, 0]"),
        ("m3 - [m1, m2]", "m1=[1, 2]; m2=[4, -]; m3=[2, 2]", "[1, 0] [-2, 2]"),
        ("SUM(-[m1, m2])", "m1=[1, 2]; m2=[4, -]", "[-5, -2]"),
        ("METRICS() * 100", "m1=[1]; m2=[2]", "[100] [200]"),
        ("SUM(100 / [m1, m2])", "m1=[1, 2]; m2=[4, -]", "[125, 50]"),
        ("AVG([m1, m2] / m3)", "m1=[1, 2]; m2=[4, -]; m3=[2, 2]", "[1.25, 0.5]"),
        ("m1 + e1", "m1=[1, 2]; e1=5", "[6, 7]"),
    ]);
    assert_refused(&[
        (
            "[m1] + [m2]",
            "m1=[1]; m2=[2]",
            "Operator '+' does not take an array of time series and an array of time series",
        ),
        ("METRICS() > 5", "m1=[1]", "Operator '>' does not take an array of time series and a number"),
        ("m1 AND [m1]", "m1=[1]", "Operator 'AND' does not take a time series and an array of time series"),
    ]);
}

#[test]
fn precedence_is_that_of_the_grammar() {
    assert_all(&[
        ("2 + 3 * 4 ^ 2", "", "50"),
        ("(2 + 3) * 4", "", "20"),
        ("2 ^ 3 ^ 2", "", "512"),
        ("(2 ^ 3) ^ 2", "", "64"),
        ("-2 ^ 2", "", "-4"),
        ("2 ^ -1", "", "0.5"),
        ("--2", "", "2"),
        ("2 - -2", "", "4"),
        ("10 - 4 - 3", "", "3"),
        ("100 / 10 / 5", "", "2"),
        ("2 * -3 + 1", "", "-5"),
        ("1 + 1 == 2", "", "1"),
        ("1 < 2 AND 3 < 2", "", "0"),
        ("1 OR 0 AND 0", "", "1"),
        ("(1 OR 0) AND 0", "", "0"),
        ("3 > 2 > 1", "", "0"),
    ]);
}

/// The worked example of cloudwatch.md §4.2, and its neighbours.
#[test]
fn comparison_and_logic_take_a_missing_operand_for_zero() {
    let given = "m1=[30, 20, 0, 0]; m2=[20, -, 20, -]";
    assert_all(&[
        ("m1 < m2", given, "[0, 0, 1, 0]"),
        ("m1 >= 30", given, "[1, 0, 0, 0]"),
        ("m1 > 15 AND m2 > 15", given, "[1, 0, 0, 0]"),
        ("m1 > 15 && m2 > 15", given, "[1, 0, 0, 0]"),
        ("m1 > 15 OR m2 > 15", given, "[1, 1, 1, 0]"),
        ("m1 > 15 || m2 > 15", given, "[1, 1, 1, 0]"),
        ("m1 == m2", given, "[0, 0, 0, 1]"),
        ("m1 != m2", given, "[1, 1, 1, 0]"),
        ("m1 <= m2", given, "[0, 0, 1, 1]"),
        ("m1 > m2", given, "[1, 1, 0, 0]"),
        ("m2 >= 20", given, "[1, -, 1, -]"),
        ("20 == m2", given, "[1, -, 1, -]"),
        ("m1 < m2", "m1=[-, -]; m2=[-, 1]", "[-, 1]"),
    ]);
}

#[test]
fn any_number_but_zero_is_true() {
    assert_all(&[
        ("m1 AND 1", "m1=[-3, 0, 0.5, -]", "[1, 0, 1, -]"),
        ("m1 OR 0", "m1=[-3, 0, 0.5, -]", "[1, 0, 1, -]"),
        ("IF(m1, 1, 0)", "m1=[-3, 0, 0.5, -]", "[1, 0, 1, -]"),
    ]);
}

#[test]
fn scalars_compare_to_zero_or_one() {
    assert_all(&[
        ("2 > 1", "", "1"),
        ("2 < 1", "", "0"),
        ("2 <= 2", "", "1"),
        ("2 >= 3", "", "0"),
        ("2 == 2", "", "1"),
        ("2 != 2", "", "0"),
        ("AVG(m1) > 1", "m1=[-]", "NaN"),
        ("m1 < AVG(m2)", "m1=[1]; m2=[-]", "[-]"),
    ]);
}

#[test]
fn arrays_flatten() {
    let given = "m1=[1]; m2=[2]; m3=[3]; e1=[4] [5]";
    assert_all(&[
        ("[m1, [m2, [m3]]]", given, "[1] [2] [3]"),
        ("[METRICS(), m1]", given, "[1] [2] [3] [1]"),
        ("[e1, m1]", given, "[4] [5] [1]"),
        ("SUM([METRICS('1'), METRICS('3')])", given, "[4]"),
    ]);
    assert_refused(&[("[m1, 5]", given, "An array takes time series, not a number")]);
}

#[test]
fn mixed_periods_combine_on_timestamps_at_the_coarsest() {
    let given = Given::parse("m1=[1, 2, 3, 4, 5, 6]; m2@300=[10, 20]");
    for expression in ["m1 + m2", "m2 + m1", "SUM([m1, m2])", "SUM([m2, m1])"] {
        let Value::Series(sum) = evaluate(expression, &given).unwrap() else { panic!("{expression}") };
        assert_eq!(sum.period_secs, 300, "{expression}");
        assert_eq!(sum.points.first(), Some(&(START_SECS, 11.0)), "{expression}");
        assert_eq!(sum.points.last(), Some(&(START_SECS + 300, 26.0)), "{expression}");
    }
}
