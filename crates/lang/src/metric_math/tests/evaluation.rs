//! What no table can say: labels, limits, and environments of other kinds.

use super::notation::{Given, START_SECS, assert_all, evaluate, run};
use crate::metric_math::{Environment, Error, Expression, SearchCall, Series, Value, limits};

#[test]
fn time_before_1970_has_its_parts() {
    let series = Series { period_secs: 60, start_secs: -60, end_secs: 0, ..Series::default() };
    let environment = One(series);
    for (name, part) in [("EPOCH", -60.0), ("MINUTE", 59.0), ("HOUR", 23.0), ("DAY", 3.0), ("YEAR", 1969.0)] {
        let expression = Expression::parse(&format!("{name}(m1)")).unwrap();
        let Value::Series(series) = expression.evaluate(&environment).unwrap() else { panic!("{name}") };
        assert_eq!(series.points, [(-60, part)], "{name}");
    }
}

#[test]
fn points_off_the_grid_stay_when_filled() {
    let points = vec![(START_SECS - 30, 1.0), (START_SECS + 30, 2.0), (START_SECS + 90, 4.0)];
    let series =
        Series { points, period_secs: 60, start_secs: START_SECS, end_secs: START_SECS + 90, ..Series::default() };
    let environment = One(series);
    let filled = Expression::parse("FILL(m1, LINEAR)").unwrap().evaluate(&environment).unwrap();
    let Value::Series(filled) = filled else { panic!("a series") };
    let relative: Vec<(i64, f64)> = filled.points.iter().map(|(at, value)| (at - START_SECS, *value)).collect();
    assert_eq!(relative, [(-30, 1.0), (0, 1.5), (30, 2.0), (60, 3.0), (90, 4.0)]);
}

#[test]
fn series_keep_a_label_to_be_told_apart_by() {
    let given = Given::parse("m1=[1]; m2=[2]; m3=[3]");
    let labels = |expression: &str| match evaluate(expression, &given).unwrap() {
        Value::Series(series) => vec![series.label],
        Value::Array(array) => array.into_iter().map(|series| series.label).collect(),
        Value::Scalar(_) => Vec::new(),
    };
    for (expression, expected) in [
        ("METRICS() / m3", &["m1", "m2", "m3"][..]),
        ("m3 / METRICS()", &["m1", "m2", "m3"]),
        ("RATE(FILL(METRICS(), 0))", &["m1", "m2", "m3"]),
        ("SORT(METRICS(), AVG, DESC)", &["m3", "m2", "m1"]),
        ("[m1 / m3, m2 / m3]", &["m1", "m2"]),
        ("[SUM(METRICS()), AVG(METRICS())]", &["SUM", "AVG"]),
        ("[HOUR(m1), TIME_SERIES(5)]", &["HOUR", "TIME_SERIES"]),
        ("IF(m1 > 0, m2, m3)", &["m2"]),
        ("IF(m1 > 0, 1, m3)", &["m3"]),
        ("IF(m1 > 0, 1, 0)", &["m1"]),
    ] {
        assert_eq!(labels(expression), expected, "{expression}");
    }
}

#[test]
fn an_error_of_another_query_is_passed_on() {
    struct Failing;
    impl Environment for Failing {
        fn id(&self, _: &str) -> Option<Result<Value, Error>> {
            Some(Err(Error::new("e1 failed")))
        }
        fn metrics(&self, _: Option<&str>) -> Vec<Series> {
            Vec::new()
        }
        fn search(&self, _: &SearchCall) -> Result<Vec<Series>, Error> {
            Ok(Vec::new())
        }
        fn band(&self, _: &str, _: f64) -> Result<Option<(Series, Series)>, Error> {
            Ok(None)
        }
        fn range(&self) -> (i64, i64, i64) {
            (60, 0, 60)
        }
    }
    for expression in ["e1 + 1", "PERIOD(e1)", "SUM([e1])"] {
        let error = Expression::parse(expression).unwrap().evaluate(&Failing).unwrap_err();
        assert_eq!(error, Error::new("e1 failed"), "{expression}");
    }
}

#[test]
fn a_range_with_too_many_periods_is_refused_before_it_is_laid_out() {
    let year_of_seconds = Series { period_secs: 1, start_secs: 0, end_secs: 31_536_000, ..Series::default() };
    let all_of_time = Series { period_secs: 1, start_secs: i64::MIN, end_secs: i64::MAX, ..Series::default() };
    let no_period = Series { period_secs: 0, start_secs: 0, end_secs: 60, ..Series::default() };
    for (series, message) in [
        (year_of_seconds, "The range has more than 600000 periods"),
        (all_of_time, "The range has more than 600000 periods"),
        (no_period, "A time series has no period"),
    ] {
        let environment = One(series);
        for expression in ["TIME_SERIES(1)", "FILL(m1, 0)", "YEAR(m1)", "EPOCH(m1)", "IF(1, 1, m1)"] {
            let error = Expression::parse(expression).unwrap().evaluate(&environment).unwrap_err();
            assert_eq!(error.message, message, "{expression}");
        }
    }
}

#[test]
fn the_last_period_of_a_range_may_be_cut() {
    for (end_secs, points) in [(0, 0), (1, 1), (59, 1), (60, 1), (61, 2), (120, 2), (600_000 * 60, 600_000)] {
        let environment = One(Series { period_secs: 60, end_secs, ..Series::default() });
        let value = Expression::parse("TIME_SERIES(1)").unwrap().evaluate(&environment).unwrap();
        assert!(matches!(value, Value::Series(series) if series.points.len() == points), "{end_secs}");
    }
}

#[test]
fn an_array_does_not_outgrow_the_limits() {
    let given = Given::parse("m1=[1]; m2=[2]");
    let many = format!("[{}]", vec!["METRICS()"; 5000].join(", "));
    let more = format!("[{}, m1]", vec!["METRICS()"; 5000].join(", "));
    assert!(matches!(evaluate(&many, &given), Ok(Value::Array(array)) if array.len() == 10_000));
    assert_eq!(evaluate(&more, &given).unwrap_err().message, "An array has more than 10000 time series");
    let series = || Ok(Series { points: vec![(0, 0.0); 1_000_000], ..Series::default() });
    assert!(limits::array(std::iter::repeat_with(series).take(25)).is_ok());
    let error = limits::array(std::iter::repeat_with(series)).unwrap_err();
    assert_eq!(error.message, "An array of time series has more than 25000000 points");
}

#[test]
fn what_another_query_gave_may_be_the_result() {
    assert_all(&[("e1", "e1=5", "5"), ("e1", "e1=[1] [2]", "[1] [2]"), ("m1", "m1=[1, -]", "[1, -]")]);
    assert_eq!(run("e2", "e1=5"), "error: Id 'e2' not found");
}

/// One series for all ids, and its range for the request's.
struct One(Series);

impl Environment for One {
    fn id(&self, _: &str) -> Option<Result<Value, Error>> {
        Some(Ok(Value::Series(self.0.clone())))
    }

    fn metrics(&self, _: Option<&str>) -> Vec<Series> {
        vec![self.0.clone()]
    }

    fn search(&self, _: &SearchCall) -> Result<Vec<Series>, Error> {
        Ok(vec![self.0.clone()])
    }

    fn band(&self, _: &str, _: f64) -> Result<Option<(Series, Series)>, Error> {
        Ok(Some((self.0.clone(), self.0.clone())))
    }

    fn range(&self) -> (i64, i64, i64) {
        self.0.range()
    }
}
