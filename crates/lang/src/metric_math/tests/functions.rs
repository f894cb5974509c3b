//! The functions, as tables of examples computed by hand.

use super::notation::{assert_all, assert_refused};

/// The rows of cloudwatch.md §4.4, with its data.
#[test]
fn if_chooses_as_listed() {
    let given = "m1=[1, 1, 0, 0, -]; m2=[30, -, 0, 0, 30]; m3=[0, 0, 20, -, 20]";
    assert_all(&[
        ("IF(m1, m2, m3)", given, "[30, 0, 20, 0, -]"),
        ("IF(m1, m2)", given, "[30, 0, -, -, -]"),
        ("IF(m1, 5, m3)", given, "[5, 5, 20, -, -]"),
        ("IF(m1, 5)", given, "[5, 5, -, -, -]"),
        ("IF(m1, m2, 5)", given, "[30, 0, 5, 5, -]"),
        ("IF(m1, 5, 6)", given, "[5, 5, 6, 6, -]"),
        ("IF(1, m2, m3)", given, "[30, -, 0, 0, 30]"),
        ("IF(-1, m2, m3)", given, "[30, -, 0, 0, 30]"),
        ("IF(0, m2, m3)", given, "[0, 0, 20, -, 20]"),
        ("IF(1, m2)", given, "[30, -, 0, 0, 30]"),
        ("IF(0, m2)", given, "[-, -, -, -, -]"),
        ("IF(1, 5, m3)", given, "[5, 5, 5, 5, 5]"),
        ("IF(0, m2, 6)", given, "[6, 6, 6, 6, 6]"),
        ("IF(AVG(m4), m2, m3)", "m2=[1]; m3=[2]; m4=[-]", "[-]"),
        ("IF(1, 5, 6)", "", "5"),
        ("IF(0, 5, 6)", "", "6"),
        ("IF(0, 5)", "", "NaN"),
    ]);
    assert_refused(&[(
        "IF(m1, METRICS(), m1)",
        "m1=[1]",
        "Function 'IF' takes a number or a time series as argument 2, not an array of time series",
    )]);
}

#[test]
fn points_go_through_one_by_one() {
    assert_all(&[
        ("ABS(METRICS())", "m1=[-1, -]; m2=[0, 5]", "[1, -] [0, 5]"),
        ("CEIL(METRICS())", "m1=[-0.5, -]; m2=[0.5, 5]", "[0, -] [1, 5]"),
        ("FLOOR(METRICS())", "m1=[-0.5, -]; m2=[0.5, 5]", "[-1, -] [0, 5]"),
        ("FLOOR(LOG(METRICS()) * 100)", "m1=[10, 0]; m2=[-1, 2]", "[230, -] [-, 69]"),
        ("LOG10(METRICS())", "m1=[10, 0]; m2=[-1, 100]", "[1, -] [-, 2]"),
    ]);
}

#[test]
fn aggregates_of_a_series_are_numbers_over_its_points() {
    let given = "m1=[2, -, 4, 9]";
    assert_all(&[
        ("AVG(m1)", given, "5"),
        ("SUM(m1)", given, "15"),
        ("MIN(m1)", given, "2"),
        ("MAX(m1)", given, "9"),
        ("DATAPOINT_COUNT(m1)", given, "3"),
        ("STDDEV(m1)", "m1=[2, 4, 4, 4, 5, 5, 7, 9]", "2"),
        ("STDDEV(m1)", "m1=[7]", "0"),
    ]);
}

#[test]
fn aggregates_of_no_points() {
    let given = "m1=[-, -]";
    assert_all(&[
        ("AVG(m1)", given, "NaN"),
        ("MIN(m1)", given, "NaN"),
        ("MAX(m1)", given, "NaN"),
        ("STDDEV(m1)", given, "NaN"),
        ("SUM(m1)", given, "0"),
        ("DATAPOINT_COUNT(m1)", given, "0"),
        ("SUM(METRICS('x'))", given, "[-, -]"),
        ("AVG(METRICS('x'))", given, "[-, -]"),
    ]);
}

#[test]
fn aggregates_of_an_array_go_over_the_union_of_timestamps() {
    let given = "m1=[2, 3, -, -]; m2=[4, -, 5, -]";
    assert_all(&[
        ("AVG([m1, m2])", given, "[3, 1.5, 2.5, -]"),
        ("SUM([m1, m2])", given, "[6, 3, 5, -]"),
        ("MIN([m1, m2])", given, "[2, 3, 5, -]"),
        ("MAX([m1, m2])", given, "[4, 3, 5, -]"),
        ("STDDEV([m1, m2])", given, "[1, 0, 0, -]"),
        ("DATAPOINT_COUNT([m1, m2])", given, "[2, 1, 1, -]"),
        ("METRIC_COUNT([m1, m2])", given, "2"),
        ("SUM(METRICS('1'))", given, "[2, 3, -, -]"),
    ]);
}

#[test]
fn differences_skip_gaps() {
    let given = "m1=[1, -, 7, 4]; m2=[-, 5, -, -]";
    assert_all(&[
        ("DIFF(METRICS())", given, "[-, -, 6, -3] [-, -, -, -]"),
        ("DIFF_TIME(METRICS())", given, "[-, -, 120, 60] [-, -, -, -]"),
        ("RATE(METRICS())", given, "[-, -, 0.05, -0.05] [-, -, -, -]"),
        ("RUNNING_SUM(METRICS())", given, "[1, -, 8, 12] [-, 5, -, -]"),
    ]);
}

#[test]
fn the_period_is_that_of_a_metric() {
    assert_all(&[("PERIOD(m1)", "m1@300=[1]", "300"), ("m1 / PERIOD(m1)", "m1@300=[600, 300]", "[2, 1]")]);
    assert_refused(&[
        ("PERIOD(e1)", "e1=[1]", "Function 'PERIOD' takes the id of a metric, and 'e1' is an expression"),
        ("PERIOD(m1 + 1)", "m1=[1]", "Function 'PERIOD' takes the id of a query as argument 1, not an expression"),
        ("PERIOD(m7)", "", "Id 'm7' not found"),
        (
            "PERIOD(x)",
            "x=[1] [2]",
            "Function 'PERIOD' takes the id of a query as argument 1, not an array of time series",
        ),
    ]);
}

#[test]
fn parts_of_the_time_are_never_sparse() {
    assert_all(&[
        ("EPOCH(m1) - 1767225600", "m1@300=[-, -, 1]", "[0, 300, 600]"),
        ("MINUTE(m1)", "m1@1500=[-, -, -, 1]", "[0, 25, 50, 15]"),
        ("HOUR(m1)", "m1@36000=[-, -, -, 1]", "[0, 10, 20, 6]"),
        // 2026-01-04 is a Sunday.
        ("DAY(m1)", "m1@86400=[-, -, -, -, -, -, -]", "[4, 5, 6, 7, 1, 2, 3]"),
        ("DATE(m1)", "m1@1296000=[-, -, -, -]", "[1, 16, 31, 15]"),
        ("MONTH(m1)", "m1@5184000=[-, -, -, -, -, -, -]", "[1, 3, 5, 6, 8, 10, 12]"),
        ("YEAR(m1)", "m1@31536000=[-, -, -]", "[2026, 2027, 2028]"),
        ("TIME_SERIES(5 * AVG(m1))", "m1=[1, -, 3]", "[10, 10, 10]"),
        ("IF(DAY(m1) < 6, m1)", "m1@86400=[1, 2, 3, 4, 5]", "[1, 2, -, -, 5]"),
    ]);
}

#[test]
fn gaps_are_filled() {
    assert_all(&[
        ("FILL(m1, 10)", "m1=[-, 1, -]", "[10, 1, 10]"),
        ("FILL(m1, 10)", "m1=[-, -, -]", "[10, 10, 10]"),
        ("FILL(m1, MIN(m1))", "m1=[-, 1, 2]", "[1, 1, 2]"),
        ("FILL(m1, AVG(m1))", "m1=[-, -]", "[-, -]"),
        ("FILL(METRICS(), m1)", "m1=[5, 6, -]; m2=[-, 1, -]", "[5, 6, -] [5, 1, -]"),
        ("FILL(m1, REPEAT)", "m1=[-, 1, -, -, 2, -]", "[-, 1, 1, 1, 2, 2]"),
        ("FILL(METRICS(), REPEAT)", "m1=[1, -]; m2=[-, -]", "[1, 1] [-, -]"),
        ("FILL(m1, LINEAR)", "m1=[-, 1, -, -, -, 3, -]", "[-, 1, 1.5, 2, 2.5, 3, -]"),
        ("FILL(METRICS(), LINEAR)", "m1=[4, -, 2]; m2=[4, -, -]", "[4, 3, 2] [4, -, -]"),
    ]);
    assert_refused(&[
        (
            "FILL(5, 0)",
            "",
            "Function 'FILL' takes a time series or an array of time series as argument 1, not a number",
        ),
        (
            "FILL(m1, METRICS())",
            "m1=[1]",
            "Function 'FILL' takes a number, a time series, REPEAT or LINEAR as argument 2, \
             not an array of time series",
        ),
        (
            "FILL(m1, ASC)",
            "m1=[1]",
            "Function 'FILL' takes a number, a time series, REPEAT or LINEAR as argument 2, not ASC",
        ),
    ]);
}

#[test]
fn the_ends_of_an_array() {
    assert_all(&[
        ("FIRST(METRICS())", "m1=[1]; m2=[2]", "[1]"),
        ("LAST(METRICS())", "m1=[1]; m2=[2]", "[2]"),
        ("FIRST(METRICS('x'))", "m1=[1, 2]", "[-, -]"),
        ("LAST(METRICS('x'))", "m1=[1, 2]", "[-, -]"),
        ("REMOVE_EMPTY(METRICS())", "m1=[-]; m2=[2]; m3=[-]", "[2]"),
        ("REMOVE_EMPTY(METRICS())", "m1=[-]", "none"),
    ]);
    assert_refused(&[
        ("FIRST(m1)", "m1=[1]", "Function 'FIRST' takes an array of time series as argument 1, not a time series"),
        (
            "METRIC_COUNT(m1)",
            "m1=[1]",
            "Function 'METRIC_COUNT' takes an array of time series as argument 1, not a time series",
        ),
    ]);
}

#[test]
fn slices_count_from_zero_without_the_end() {
    let given = "m1=[1]; m2=[2]; m3=[3]";
    assert_all(&[
        ("SLICE(METRICS(), 0)", given, "[1] [2] [3]"),
        ("SLICE(METRICS(), 2)", given, "[3]"),
        ("SLICE(METRICS(), 3)", given, "none"),
        ("SLICE(METRICS(), 0, 2)", given, "[1] [2]"),
        ("SLICE(METRICS(), 1, 9)", given, "[2] [3]"),
        ("SLICE(METRICS(), 2, 1)", given, "none"),
        ("SLICE(METRICS(), 0, 0)", given, "none"),
        ("SLICE(METRICS(), 0, 1e30)", given, "[1] [2] [3]"),
        ("SLICE(METRICS(), 5, 6)", given, "[-]"),
        ("SLICE(METRICS(), AVG(m4))", "m1=[1]; m4=[-]", "none"),
        // One series: an aggregate of it is a number.
        ("AVG(SLICE(METRICS(), 1, 2))", given, "2"),
    ]);
    assert_refused(&[
        ("SLICE(METRICS(), -1)", given, "Function 'SLICE' takes whole numbers from 0 as start and end, not -1"),
        ("SLICE(METRICS(), 0, 1.5)", given, "Function 'SLICE' takes whole numbers from 0 as start and end, not 1.5"),
    ]);
}

#[test]
fn series_sort_by_an_aggregate() {
    let given = "m1=[1, 9]; m2=[4, 4]; m3=[-, -]; m4=[6, -]";
    assert_all(&[
        ("SORT(METRICS(), AVG, ASC)", given, "[4, 4] [1, 9] [6, -] [-, -]"),
        ("SORT(METRICS(), AVG, DESC)", given, "[6, -] [1, 9] [4, 4] [-, -]"),
        ("SORT(METRICS(), MIN, ASC)", given, "[1, 9] [4, 4] [6, -] [-, -]"),
        ("SORT(METRICS(), MAX, DESC)", given, "[1, 9] [6, -] [4, 4] [-, -]"),
        ("SORT(METRICS(), SUM, DESC)", given, "[1, 9] [4, 4] [6, -] [-, -]"),
        ("SORT(METRICS(), SUM, DESC, 2)", given, "[1, 9] [4, 4]"),
        ("SORT(METRICS(), SUM, DESC, 0)", given, "none"),
        ("SORT(METRICS(), SUM, DESC, 100)", given, "[1, 9] [4, 4] [6, -] [-, -]"),
        ("SORT(METRICS(), SUM, ASC)", "m1=[3, 1]; m2=[1, 3]; m3=[2, 2]", "[3, 1] [1, 3] [2, 2]"),
    ]);
    assert_refused(&[
        ("SORT(METRICS(), SUM, DESC, -1)", given, "Function 'SORT' takes a whole number from 0 as limit, not -1"),
        ("SORT(METRICS(), ASC, DESC)", given, "Function 'SORT' takes AVG, MIN, MAX or SUM as argument 2, not ASC"),
    ]);
}

#[test]
fn metrics_are_the_metrics_and_those_whose_id_contains_a_text() {
    let given = "err4xx=[1]; err5xx=[2]; e1=[9]; ok=[3]";
    assert_all(&[
        ("METRICS()", given, "[1] [2] [3]"),
        ("METRICS('err')", given, "[1] [2]"),
        ("METRICS(\"xx\")", given, "[1] [2]"),
        ("METRICS('')", given, "[1] [2] [3]"),
        ("METRICS('none')", given, "none"),
        ("SUM([METRICS(\"4xx\"), METRICS(\"5xx\")])", given, "[3]"),
    ]);
}

#[test]
fn searches_go_to_the_environment() {
    assert_all(&[("SEARCH('{AWS/EC2} CPU', 'Average', 60)", "m1=[1]; m2=[2]", "[1] [2]")]);
    assert_refused(&[
        ("SEARCH('CPU', 'Sum')", "m1=[1]", "Unknown statistic"),
        ("SEARCH('CPU', 'Average', 0.5)", "m1=[1]", "Function 'SEARCH' takes a period of whole seconds, not 0.5"),
        (
            "SEARCH('CPU', 'Average', PERIOD(m1))",
            "m1=[1]",
            "Function 'SEARCH' takes a number written out as argument 3, not an expression",
        ),
        ("SEARCH(m1, 'Average')", "m1=[1]", "Function 'SEARCH' takes a string as argument 1, not an expression"),
    ]);
}

#[test]
fn bands_are_lower_then_upper() {
    let given = "m1=[10, -]; m9=[1, 2]";
    assert_all(&[
        ("ANOMALY_DETECTION_BAND(m1)", given, "[8, -] [12, -]"),
        ("ANOMALY_DETECTION_BAND(m1, 0.5)", given, "[9.5, -] [10.5, -]"),
        ("FIRST(ANOMALY_DETECTION_BAND(m1))", given, "[8, -]"),
        ("LAST(ANOMALY_DETECTION_BAND(m1))", given, "[12, -]"),
        ("ANOMALY_DETECTION_BAND(m9)", given, "[-, -] [-, -]"),
    ]);
    assert_refused(&[
        (
            "ANOMALY_DETECTION_BAND(m1 * 2)",
            given,
            "Function 'ANOMALY_DETECTION_BAND' takes the id of a query as argument 1, not an expression",
        ),
        ("ANOMALY_DETECTION_BAND(m1, -1)", given, "Function 'ANOMALY_DETECTION_BAND' takes a width above 0, not -1"),
        ("ANOMALY_DETECTION_BAND(m7)", given, "Id 'm7' not found"),
    ]);
}

#[test]
fn arguments_of_the_wrong_type_are_refused() {
    assert_refused(&[
        ("AVG(5)", "", "Function 'AVG' takes a time series or an array of time series as argument 1, not a number"),
        (
            "ABS(AVG(m1))",
            "m1=[1]",
            "Function 'ABS' takes a time series or an array of time series as argument 1, not a number",
        ),
        (
            "MINUTE(METRICS())",
            "m1=[1]",
            "Function 'MINUTE' takes a time series as argument 1, not an array of time series",
        ),
        ("TIME_SERIES(m1)", "m1=[1]", "Function 'TIME_SERIES' takes a number as argument 1, not a time series"),
        ("m1 + m7", "m1=[1]", "Id 'm7' not found"),
    ]);
}
