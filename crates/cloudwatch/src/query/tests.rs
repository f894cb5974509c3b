//! Plans and their evaluation over data that is given, without a store.

use api::cloudwatch::types::{Dimension, Metric as ApiMetric, MetricDataQuery, MetricStat};
use base::Timestamp;

use super::fetch::{Fetched, MetricData};
use super::plan::Frame;
use super::*;
use crate::time_window::Rounding;

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;

fn window() -> TimeWindow {
    let at = |secs| Timestamp::from_secs(START + secs);
    TimeWindow { start: at(0), end: at(600), now: at(600), rounding: Rounding::ByAge }
}

fn scope() -> Scope {
    Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn metric(id: &str, name: &str, stat: &str, period: i32) -> MetricDataQuery {
    let dimension = Dimension { name: "Host".to_owned(), value: "web".to_owned() };
    let metric = ApiMetric {
        namespace: Some("Shop".to_owned()),
        metric_name: Some(name.to_owned()),
        dimensions: Some(vec![dimension]),
    };
    let stat = MetricStat { metric, period, stat: stat.to_owned(), unit: None };
    MetricDataQuery { metric_stat: Some(stat), expression: None, ..expression(id, "") }
}

fn expression(id: &str, text: &str) -> MetricDataQuery {
    MetricDataQuery {
        id: id.to_owned(),
        metric_stat: None,
        expression: Some(text.to_owned()),
        label: None,
        return_data: None,
        period: None,
        account_id: None,
    }
}

fn labelled(label: &str, query: MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery { label: Some(label.to_owned()), ..query }
}

fn hidden(query: MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery { return_data: Some(false), ..query }
}

fn plan(queries: &[MetricDataQuery]) -> Result<Plan, Invalid> {
    parse(queries).and_then(Plan::new)
}

/// Every metric has the value 1 in each bucket, at whatever period it is needed.
fn ones(plan: &Plan) -> Fetched {
    let mut fetched = Fetched::default();
    for need in plan.needs().into_iter().filter(|need| need.frame == Frame::Asked) {
        if matches!(plan.queries[need.query].source, Source::Metric(_)) {
            let points = window().grid(need.period_secs).buckets().map(|at| (at, 1.0)).collect();
            fetched.metrics.insert(need, MetricData { points, ..MetricData::default() });
        }
    }
    fetched
}

fn results(queries: &[MetricDataQuery]) -> Result<Vec<ResultSeries>, Invalid> {
    let plan = plan(queries)?;
    evaluate::evaluate(&plan, &scope(), &window(), &ones(&plan), 0).map(|outcome| outcome.results)
}

fn labels(queries: &[MetricDataQuery]) -> Vec<String> {
    results(queries).unwrap().into_iter().map(|result| result.label).collect()
}

#[test]
fn default_labels_tell_queries_of_one_metric_apart() {
    let one = |stat, period| metric("m1", "metric1", stat, period);
    let two = |stat, period| metric("m2", "metric1", stat, period);
    for (queries, expected) in [
        ([one("Sum", 60), two("Minimum", 30)], ["metric1 Sum 60", "metric1 Minimum 30"]),
        ([one("Sum", 60), two("Minimum", 60)], ["metric1 Sum", "metric1 Minimum"]),
        ([one("Sum", 60), two("Sum", 30)], ["metric1 60", "metric1 30"]),
        ([one("Sum", 60), two("Sum", 60)], ["metric1", "metric1"]),
        ([one("Sum", 60), metric("m2", "metric2", "Minimum", 30)], ["metric1", "metric2"]),
    ] {
        assert_eq!(labels(&queries), expected);
    }
}

#[test]
fn labels_of_expressions() {
    let m1 = || hidden(metric("m1", "cpu", "Sum", 60));
    let m2 = || hidden(labelled("memory", metric("m2", "mem", "Sum", 60)));
    for (query, expected) in [
        (expression("e1", "m1 * 2"), vec!["e1"]),
        (labelled("twice", expression("e1", "m1 * 2")), vec!["twice"]),
        (labelled("${LABEL} [${MAX}]", expression("e1", "m1 * 2")), vec!["e1 [2]"]),
        (expression("e1", "[m1, m2]"), vec!["cpu", "memory"]),
        (expression("e1", "METRICS() * 3"), vec!["cpu", "memory"]),
        (labelled("all", expression("e1", "METRICS()")), vec!["all cpu", "all memory"]),
        (labelled("", expression("e1", "METRICS()")), vec!["cpu", "memory"]),
        (labelled("${LABEL}: ${PROP('Dim.Host')}", expression("e1", "METRICS()")), vec!["cpu: web", "memory: web"]),
        (labelled("${PROP('Stat')} ${PROP('Period')}", metric("m3", "disk", "p90", 300)), vec!["p90 300"]),
        (
            labelled("${PROP('AccountId')} ${PROP('Region')}", metric("m3", "disk", "Sum", 60)),
            vec!["000000000000 us-east-1"],
        ),
    ] {
        assert_eq!(labels(&[m1(), m2(), query.clone()]), expected, "{query:?}");
    }
}

#[test]
fn an_expression_brings_what_it_uses_to_the_coarsest_period() {
    let found = results(&[
        expression("e2", "e1 + m1"),
        expression("e1", "m1 + m2"),
        metric("m1", "cpu", "Sum", 60),
        metric("m2", "mem", "Sum", 300),
    ])
    .unwrap();
    let shape: Vec<(&str, i64, usize, f64)> = found
        .iter()
        .map(|result| (result.id.as_str(), result.period_secs, result.points.len(), result.points[0].1))
        .collect();
    assert_eq!(shape, [("e2", 300, 2, 3.0), ("e1", 300, 2, 2.0), ("m1", 60, 10, 1.0), ("m2", 300, 2, 1.0)]);
}

#[test]
fn requests_that_are_wrong() {
    let m1 = || metric("m1", "cpu", "Sum", 60);
    let both = MetricDataQuery { expression: Some("1".to_owned()), ..m1() };
    let neither = MetricDataQuery { metric_stat: None, ..m1() };
    let mut nameless = m1();
    nameless.metric_stat.as_mut().unwrap().metric.metric_name = None;
    for (queries, message) in [
        (vec![neither], "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
        (
            vec![both],
            "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified \
             both.",
        ),
        (vec![m1(), m1()], "The values for parameter id in MetricDataQueries are not unique."),
        (vec![metric("M1", "cpu", "Sum", 60)], "The value M1 for parameter MetricDataQueries.member.1.Id is invalid."),
        (
            vec![metric("m1", "cpu", "p101", 60)],
            "The value p101 for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported.",
        ),
        (
            vec![metric("m1", "cpu", "Sum", 45)],
            "The parameter MetricDataQueries.member.1.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
        ),
        (vec![nameless], "The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required."),
        (vec![m1(); 501], "The collection MetricDataQueries must not have a size greater than 500."),
        (
            vec![MetricDataQuery { account_id: Some("111111111111".to_owned()), ..expression("e1", "1") }],
            "The parameter MetricDataQueries.member.1.AccountId is only supported with MetricStat.",
        ),
        (vec![expression("e1", "m9 + 1")], "Error in expression 'e1': Unknown id 'm9'"),
        (vec![expression("e1", "e1")], "Error in expression 'e1': The expression refers to itself"),
        (
            vec![expression("e1", "e2"), expression("e2", "e1"), m1()],
            "Error in expression 'e1': The expression refers to itself",
        ),
        (
            vec![expression("e1", "SELECT SUM(x) FROM \"Shop\""), expression("e2", "SELECT SUM(y) FROM \"Shop\"")],
            "Only one Metrics Insights query is allowed in a request.",
        ),
        (
            vec![m1(), expression("e1", "AVG(m1)")],
            "Error in expression 'e1': The expression gives a number, not a time series",
        ),
    ] {
        let error = results(&queries).expect_err(message);
        assert_eq!(error.0, message);
    }
    for text in ["m1 +", "NOSUCH(m1)", "SEARCH('', 'Sum')", "SEARCH('{Shop} x', 'nope')", "SELECT x FROM y"] {
        let error = results(&[m1(), expression("e1", text)]).expect_err(text);
        assert!(error.0.starts_with("Error in expression 'e1': "), "{text}: {error}");
    }
}

#[test]
fn a_number_that_is_not_returned_serves_other_expressions() {
    let found = results(&[
        hidden(metric("m1", "cpu", "Sum", 60)),
        hidden(expression("e1", "SUM(m1)")),
        expression("e2", "m1 / e1"),
    ])
    .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].points[0], (START, 0.1));
}

#[test]
fn many_expressions_in_a_chain_are_evaluated() {
    let mut queries = vec![metric("m1", "cpu", "Sum", 60)];
    for at in 0..499 {
        let before = if at == 0 { "m1".to_owned() } else { format!("e{}", at - 1) };
        queries.push(hidden(expression(&format!("e{at}"), &format!("{before} + 1"))));
    }
    queries[499].return_data = None;
    assert_eq!(results(&queries).unwrap()[1].points[0].1, 500.0);
}

#[test]
fn several_units_are_told_of_and_another_account_is_forbidden() {
    let foreign = MetricDataQuery { account_id: Some("111111111111".to_owned()), ..metric("m2", "cpu", "Sum", 60) };
    let plan = plan(&[metric("m1", "cpu", "Sum", 60), foreign]).unwrap();
    let mut fetched = ones(&plan);
    for need in plan.needs() {
        let data = fetched.metrics.entry(need).or_default();
        match need.query {
            0 => data.several_units = ["Milliseconds", "Seconds"].map(|unit| Unit::parse(unit).unwrap()).to_vec(),
            _ => *data = MetricData { forbidden: true, ..MetricData::default() },
        }
    }
    let outcome = evaluate::evaluate(&plan, &scope(), &window(), &fetched, 0).unwrap();
    assert_eq!(outcome.results[0].messages[0].code, "MultipleUnits");
    assert_eq!(outcome.results[0].messages[0].value, "Multiple units returned: '[Milliseconds, Seconds]'");
    assert_eq!(outcome.results[1].status, Status::Forbidden);
}

#[test]
fn groups_of_an_insights_query_are_series_of_their_labels() {
    let grouped = "SELECT AVG(cpu) FROM \"Shop\" GROUP BY Host";
    let plan = plan(&[labelled("cpu of", expression("q1", grouped)), expression("e1", "MAX(q1)")]).unwrap();
    let mut fetched = Fetched::default();
    for need in plan.needs().into_iter().filter(|need| need.query == 0) {
        let group = |label: &str, value| insights::Group {
            label: label.to_owned(),
            values: vec![label.to_owned()],
            points: vec![(START, value)],
        };
        fetched.insights.insert(need, vec![group("db", 1.0), group("Other", 2.0)]);
    }
    let outcome = evaluate::evaluate(&plan, &scope(), &window(), &fetched, 0).unwrap();
    let labels: Vec<&str> = outcome.results.iter().map(|result| result.label.as_str()).collect();
    assert_eq!(labels, ["cpu of db", "cpu of Other", "e1"]);
    assert_eq!(outcome.results[2].points, [(START, 2.0)]);
}
