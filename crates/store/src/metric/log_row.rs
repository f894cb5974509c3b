//! The rows of the log: the data of one write, and the series that it was the first to use.
//!
//! Numbers are varints, text has its length before it. Both kinds of row start with a form
//! (1). A row of series has account, region and count, then for each id, unit (1), namespace,
//! name, the number of dimensions and these. A row of data has a count, then for each the
//! series, the time less the time before, whether it is of high resolution (1), and the sample.

use std::collections::HashSet;
use std::sync::Arc;

use base::Scope;

use super::codec::{decode_sample, encode_sample, put_signed, put_varint, take, take_signed, take_varint};
use super::series::Series;
use super::{Metric, SeriesId, StatSample, Unit};

const FORM: u8 = 1;

/// One datum as logged.
pub(super) struct LoggedDatum {
    pub series: SeriesId,
    pub time_secs: i64,
    pub high_resolution: bool,
    pub sample: StatSample,
}

/// A row that tells what these series are, all of one scope.
pub(super) fn encode_series(scope: &Scope, series: &[&Arc<Series>]) -> Vec<u8> {
    let mut bytes = vec![FORM];
    put_scope(scope, &mut bytes);
    put_varint(series.len() as u64, &mut bytes);
    for series in series {
        put_varint(series.id.0, &mut bytes);
        bytes.push(series.unit.code());
        put_metric(&series.metric, &mut bytes);
    }
    bytes
}

/// Hands every series of a row to `each`.
pub(super) fn decode_series(
    mut row: &[u8],
    mut each: impl FnMut(SeriesId, &Scope, &Metric, Unit) -> Result<(), String>,
) -> Result<(), String> {
    let from = &mut row;
    take_form(from)?;
    let (scope, mut texts) = (take_scope(from)?, Texts::default());
    for _ in 0..take_varint(from)? {
        let id = SeriesId(take_varint(from)?);
        let unit = take_unit(from)?;
        each(id, &scope, &take_metric(from, &mut texts)?, unit)?;
    }
    end(from)
}

/// A row of data: series, time in seconds, whether of high resolution, and sample.
pub(super) fn encode_data<'a>(data: impl ExactSizeIterator<Item = (SeriesId, i64, bool, &'a StatSample)>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + data.len() * 32);
    bytes.push(FORM);
    put_varint(data.len() as u64, &mut bytes);
    let mut before = 0;
    for (series, time_secs, high_resolution, sample) in data {
        put_varint(series.0, &mut bytes);
        put_signed(time_secs - before, &mut bytes);
        before = time_secs;
        bytes.push(u8::from(high_resolution));
        encode_sample(sample, &mut bytes);
    }
    bytes
}

/// Hands every datum of a row to `each`.
pub(super) fn decode_data(
    mut row: &[u8],
    mut each: impl FnMut(LoggedDatum) -> Result<(), String>,
) -> Result<(), String> {
    let from = &mut row;
    take_form(from)?;
    let mut time_secs = 0i64;
    for _ in 0..take_varint(from)? {
        let series = SeriesId(take_varint(from)?);
        time_secs = time_secs.wrapping_add(take_signed(from)?);
        let [high_resolution] = take(from)?;
        let sample = decode_sample(from)?;
        each(LoggedDatum { series, time_secs, high_resolution: high_resolution != 0, sample })?;
    }
    end(from)
}

fn take_form(from: &mut &[u8]) -> Result<(), String> {
    match take(from)? {
        [FORM] => Ok(()),
        [form] => Err(format!("a row of metrics has the unknown form {form}")),
    }
}

fn end(from: &[u8]) -> Result<(), String> {
    if from.is_empty() { Ok(()) } else { Err(format!("{} bytes are left over in a row of metrics", from.len())) }
}

/// Appends an account and a region.
pub(super) fn put_scope(scope: &Scope, to: &mut Vec<u8>) {
    put_text(scope.account.as_str(), to);
    put_text(scope.region.as_str(), to);
}

/// What [`put_scope`] appended.
pub(super) fn take_scope(from: &mut &[u8]) -> Result<Scope, String> {
    let account = take_text(from)?.parse().map_err(|error| format!("{error}"))?;
    let region = take_text(from)?.parse().map_err(|error| format!("{error}"))?;
    Ok(Scope { account, region })
}

/// Appends a metric's namespace, name and dimensions.
pub(super) fn put_metric(metric: &Metric, to: &mut Vec<u8>) {
    put_text(&metric.namespace, to);
    put_text(&metric.name, to);
    put_varint(metric.dimensions.len() as u64, to);
    for (name, value) in metric.dimensions.iter() {
        put_text(name, to);
        put_text(value, to);
    }
}

/// What [`put_metric`] appended.
pub(super) fn take_metric(from: &mut &[u8], texts: &mut Texts) -> Result<Metric, String> {
    let namespace = texts.get(take_text(from)?);
    let name = texts.get(take_text(from)?);
    let mut dimensions: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for _ in 0..take_varint(from)? {
        let name = texts.get(take_text(from)?);
        dimensions.push((name, texts.get(take_text(from)?)));
    }
    Ok(Metric { namespace, name, dimensions: dimensions.into() })
}

/// Texts that were read before: most come again and again.
#[derive(Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

/// Texts that are remembered at most.
const TEXTS_MAX: usize = 1 << 16;

impl Texts {
    fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        if self.0.len() >= TEXTS_MAX {
            self.0.clear();
        }
        let made: Arc<str> = text.into();
        self.0.insert(made.clone());
        made
    }
}

/// A unit by its code.
pub(super) fn take_unit(from: &mut &[u8]) -> Result<Unit, String> {
    let [code] = take(from)?;
    Unit::from_code(code).ok_or_else(|| format!("there is no unit {code}"))
}

fn put_text(text: &str, to: &mut Vec<u8>) {
    put_varint(text.len() as u64, to);
    to.extend_from_slice(text.as_bytes());
}

fn take_text<'a>(from: &mut &'a [u8]) -> Result<&'a str, String> {
    let len = usize::try_from(take_varint(from)?).unwrap_or(usize::MAX);
    let (text, rest) = from.split_at_checked(len).ok_or("a text ends early")?;
    *from = rest;
    std::str::from_utf8(text).map_err(|error| error.to_string())
}
