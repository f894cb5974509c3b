//! Metric math: whatever parses prints as text that parses to the same, and evaluates without a
//! panic to finite points in the order of time. A mistake is somewhere in the text.

#![no_main]

use lang::metric_math::{Environment, Error, Expression, SearchCall, Series, Value};
use libfuzzer_sys::fuzz_target;

struct Queries;

fn series(label: &str, values: [Option<f64>; 4]) -> Series {
    let points = (0i64..).step_by(60).zip(values).filter_map(|(at, value)| Some((at, value?))).collect();
    Series { label: label.to_owned(), points, period_secs: 60, start_secs: 0, end_secs: 240 }
}

impl Environment for Queries {
    fn id(&self, id: &str) -> Option<Result<Value, Error>> {
        match id {
            "m1" => Some(Ok(Value::Series(series(id, [Some(1.0), None, Some(-3.0), Some(0.0)])))),
            "m2" => Some(Ok(Value::Series(series(id, [None, None, None, None])))),
            "e1" => Some(Ok(Value::Array(self.metrics(None)))),
            "e2" => Some(Ok(Value::Scalar(f64::NAN))),
            "e3" => Some(Err(Error::new("failed"))),
            _ => None,
        }
    }

    fn is_expression(&self, id: &str) -> bool {
        id.starts_with('e')
    }

    fn metrics(&self, id_contains: Option<&str>) -> Vec<Series> {
        let huge = [Some(f64::MAX), Some(f64::MIN), Some(f64::MIN_POSITIVE), None];
        let metrics = [series("m1", [Some(1.0), None, Some(-3.0), Some(0.0)]), series("m2", huge)];
        metrics.into_iter().filter(|series| id_contains.is_none_or(|text| series.label.contains(text))).collect()
    }

    fn search(&self, call: &SearchCall) -> Result<Vec<Series>, Error> {
        Ok(self.metrics(Some(&call.stat)))
    }

    fn band(&self, id: &str, width: f64) -> Result<Option<(Series, Series)>, Error> {
        let at = |value| series(id, [Some(value); 4]);
        Ok((width < 9.0).then(|| (at(-width), at(width))))
    }

    fn range(&self) -> (i64, i64, i64) {
        (60, 0, 240)
    }
}

fn assert_sound(series: &Series) {
    assert!(series.points.is_sorted_by(|one, next| one.0 < next.0));
    assert!(series.points.iter().all(|(_, value)| value.is_finite()));
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            let span = error.span.expect("a mistake of syntax has a place");
            assert!(text.get(span).is_some());
            return;
        }
    };
    assert_eq!(Expression::parse(&expression.to_string()).as_ref(), Ok(&expression));
    let _ = (expression.ids(), expression.searches(), expression.bands(), expression.uses_metrics());
    match expression.evaluate(&Queries) {
        Ok(Value::Scalar(number)) => assert!(!number.is_infinite()),
        Ok(Value::Series(series)) => assert_sound(&series),
        Ok(Value::Array(array)) => array.iter().for_each(assert_sound),
        Err(error) => assert!(!error.message.is_empty()),
    }
});
