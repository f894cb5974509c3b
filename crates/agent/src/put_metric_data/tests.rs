//! What is packed is what the API's own schema reads.

use api::cloudwatch::types::{MetricDatum, PutMetricDataInput};
use http::{HeaderMap, HeaderValue, Method, Uri};
use wire::request::RawRequest;

use super::*;
use crate::datum::{Series, Unit};
use crate::fake_server;

/// Reads a batch as the server would.
fn read(batch: &Batch) -> PutMetricDataInput {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    let request = RawRequest { method: Method::POST, uri: Uri::from_static("/"), headers, body: batch.body.clone() };
    fake_server::input(&request)
}

fn envelope() -> Envelope {
    Envelope {
        namespace: "CWAgent".to_owned(),
        host: Some(Dimension::new("host", "box one & two")),
        appended: vec![Dimension::new("Environment", "test"), Dimension::new("cpu", "never")],
    }
}

fn datum(value: DatumValue) -> Datum {
    let series = Series {
        name: "cpu_usage_idle".to_owned(),
        dimensions: vec![Dimension::new("cpu", "cpu-total")],
        unit: Unit::Percent,
    };
    Datum { series, timestamp: Timestamp::from_millis(1_769_853_600_250), value, high_resolution: false }
}

fn dimensions(datum: &MetricDatum) -> Vec<(&str, &str)> {
    datum.dimensions.iter().flatten().map(|at| (at.name.as_str(), at.value.as_str())).collect()
}

#[test]
fn a_single_value_arrives_with_its_dimensions_in_order() {
    let batches = envelope().pack(&[datum(DatumValue::Single(99.5))]);
    assert_eq!((batches.len(), batches[0].data), (1, 1));
    let input = read(&batches[0]);
    assert_eq!(input.namespace, "CWAgent");
    let data = input.metric_data.unwrap();
    assert_eq!(data[0].metric_name, "cpu_usage_idle");
    assert_eq!(dimensions(&data[0]), [("host", "box one & two"), ("cpu", "cpu-total"), ("Environment", "test")]);
    assert_eq!(data[0].timestamp, Some(Timestamp::from_millis(1_769_853_600_250)));
    assert_eq!(data[0].value, Some(99.5));
    assert_eq!(data[0].storage_resolution, None);
    assert_eq!(data[0].unit.as_ref().map(|unit| unit.as_str()), Some("Percent"));
}

#[test]
fn a_distribution_arrives_with_the_statistics_of_all_its_samples() {
    let bins =
        vec![Bin { count: 2.0, sum: 3.0, min: 1.5, max: 1.5 }, Bin { count: 2.5, sum: 10.1, min: 4.0, max: 4.1 }];
    let mut datum = datum(DatumValue::Distribution(bins));
    datum.high_resolution = true;
    let data = read(&envelope().pack(&[datum])[0]).metric_data.unwrap();
    assert_eq!(data[0].values, Some(vec![1.5, 10.1 / 2.5]));
    assert_eq!(data[0].counts, Some(vec![2.0, 2.5]));
    assert_eq!(data[0].storage_resolution, Some(1));
    let set = data[0].statistic_values.as_ref().unwrap();
    assert_eq!((set.sample_count, set.sum, set.minimum, set.maximum), (4.5, 13.1, 1.5, 4.1));
}

#[test]
fn requests_stay_within_the_count_and_the_size_of_the_api() {
    let counted = envelope().pack(&vec![datum(DatumValue::Single(1.0)); 2500]);
    assert_eq!(counted.iter().map(|batch| batch.data).collect::<Vec<_>>(), [1000, 1000, 500]);
    let bins: Vec<Bin> = (0..150)
        .map(|at| f64::from(at) + 0.123_456_789)
        .map(|value| Bin { count: 1.0, sum: value, min: value, max: value })
        .collect();
    let sized = envelope().pack(&vec![datum(DatumValue::Distribution(bins)); 300]);
    assert!(sized.len() > 1);
    assert_eq!(sized.iter().map(|batch| read(batch).metric_data.unwrap().len()).sum::<usize>(), 300);
    assert!(envelope().pack(&[]).is_empty());
}

#[test]
fn every_number_reads_back_as_itself() {
    for value in [0.0, -0.5, 1.0 / 3.0, 1e-300, 2f64.powi(360), 123_456_789_012_345_680.0, f64::MIN_POSITIVE] {
        assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{}", number(value));
        assert!(number(value).len() < 30, "{}", number(value));
    }
}

#[test]
fn a_tag_named_host_wins_over_the_agents_own() {
    let mut datum = datum(DatumValue::Single(1.0));
    datum.series.dimensions = vec![Dimension::new("host", "container")];
    let data = read(&envelope().pack(&[datum])[0]).metric_data.unwrap();
    assert_eq!(dimensions(&data[0])[0], ("host", "container"));
}
