//! Tables of examples: the notation of the reference, and an environment made from it.

use crate::metric_math::{Environment, Error, Expression, SearchCall, Series, Value};

/// 2026-01-01T00:00:00Z, a Thursday.
pub const START_SECS: i64 = 1_767_225_600;

/// The queries of an example, in order.
pub struct Given {
    queries: Vec<(String, Value)>,
    period_secs: i64,
    end_secs: i64,
}

/// Asserts each row: expression, given, gives.
pub fn assert_all(table: &[(&str, &str, &str)]) {
    for (expression, given, gives) in table {
        assert_eq!(run(expression, given), *gives, "{expression} of {given}");
    }
}

/// Asserts that each expression fails: expression, given, message.
pub fn assert_refused(table: &[(&str, &str, &str)]) {
    for (expression, given, message) in table {
        assert_eq!(run(expression, given), format!("error: {message}"), "{expression} of {given}");
    }
}

/// The result of an expression, written down.
pub fn run(expression: &str, given: &str) -> String {
    let given = Given::parse(given);
    match evaluate(expression, &given) {
        Ok(value) => given.written(&value),
        Err(error) => format!("error: {error}"),
    }
}

/// The value of an expression.
pub fn evaluate(expression: &str, given: &Given) -> Result<Value, Error> {
    Expression::parse(expression)?.evaluate(given)
}

impl Given {
    /// From `m1=[1, -]; e1=5; e2=[1] [2]; m2@300=[…]`.
    pub fn parse(text: &str) -> Self {
        let mut given = Self { queries: Vec::new(), period_secs: 60, end_secs: START_SECS };
        for query in text.split(';').filter(|query| !query.trim().is_empty()) {
            let (name, value) = query.split_once('=').expect("an id and a value");
            let (id, period) = name.trim().split_once('@').unwrap_or((name.trim(), "60"));
            let period_secs = period.parse().expect("a period");
            let value = value.trim();
            if !value.starts_with('[') {
                given.queries.push((id.to_owned(), Value::Scalar(value.parse().expect("a number"))));
                continue;
            }
            let series = value.split(']').map(str::trim).filter(|series| !series.is_empty());
            let series: Vec<Series> = series.map(|series| given.series(id, period_secs, series)).collect();
            let value = match <[Series; 1]>::try_from(series) {
                Ok([series]) => Value::Series(series),
                Err(series) => Value::Array(series),
            };
            given.queries.push((id.to_owned(), value));
        }
        if given.end_secs == START_SECS {
            given.end_secs += 5 * 60;
        }
        let end_secs = given.end_secs;
        given.queries.iter_mut().for_each(|(_, value)| match value {
            Value::Series(series) => series.end_secs = end_secs,
            Value::Array(array) => array.iter_mut().for_each(|series| series.end_secs = end_secs),
            Value::Scalar(_) => {}
        });
        given
    }

    fn series(&mut self, id: &str, period_secs: i64, text: &str) -> Series {
        let mut series = Series { label: id.to_owned(), period_secs, start_secs: START_SECS, ..Series::default() };
        let mut at = START_SECS;
        for point in text.trim_start_matches('[').split(',') {
            if point.trim() != "-" {
                series.points.push((at, point.trim().parse().expect("a number")));
            }
            at += period_secs;
        }
        self.period_secs = self.period_secs.max(period_secs);
        self.end_secs = self.end_secs.max(at);
        series
    }

    /// A value in the notation.
    pub fn written(&self, value: &Value) -> String {
        match value {
            Value::Scalar(number) => number.to_string(),
            Value::Series(series) => self.written_series(series),
            Value::Array(array) if array.is_empty() => "none".to_owned(),
            Value::Array(array) => array.iter().map(|series| self.written_series(series)).collect::<Vec<_>>().join(" "),
        }
    }

    fn written_series(&self, series: &Series) -> String {
        let mut points = series.points.iter().peekable();
        let mut written = Vec::new();
        let mut at = START_SECS;
        while at < self.end_secs {
            let point = points.next_if(|point| point.0 == at);
            written.push(point.map_or("-".to_owned(), |point| point.1.to_string()));
            at += series.period_secs;
        }
        assert_eq!(points.next(), None, "a point off the grid");
        format!("[{}]", written.join(", "))
    }
}

impl Environment for Given {
    fn id(&self, id: &str) -> Option<Result<Value, Error>> {
        let (_, value) = self.queries.iter().find(|(name, _)| name == id)?;
        Some(Ok(value.clone()))
    }

    /// Ids that are an `e` and a number.
    fn is_expression(&self, id: &str) -> bool {
        id.strip_prefix('e').is_some_and(|rest| rest.parse::<u32>().is_ok())
    }

    fn metrics(&self, id_contains: Option<&str>) -> Vec<Series> {
        let metrics = self.queries.iter().filter(|(id, _)| !self.is_expression(id));
        let wanted = metrics.filter(|(id, _)| id_contains.is_none_or(|text| id.contains(text)));
        wanted
            .filter_map(|(_, value)| match value {
                Value::Series(series) => Some(series.clone()),
                _ => None,
            })
            .collect()
    }

    /// Finds all metrics.
    fn search(&self, call: &SearchCall) -> Result<Vec<Series>, Error> {
        if call.stat == "Average" { Ok(self.metrics(None)) } else { Err(Error::new("Unknown statistic")) }
    }

    /// Around each point; there is no model for `m9`.
    fn band(&self, id: &str, width: f64) -> Result<Option<(Series, Series)>, Error> {
        match self.id(id) {
            Some(Ok(Value::Series(series))) if id != "m9" => {
                Ok(Some((series.clone().map(|value| value - width), series.map(|value| value + width))))
            }
            Some(_) => Ok(None),
            None => Err(Error::new(format!("Id '{id}' not found"))),
        }
    }

    fn range(&self) -> (i64, i64, i64) {
        (self.period_secs, START_SECS, self.end_secs)
    }
}
