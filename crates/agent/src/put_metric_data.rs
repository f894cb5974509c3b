//! Metric data as PutMetricData requests: the query protocol with gzip, as the CloudWatch
//! agent sends it (cloudwatch.md §9.2).

use std::fmt::Write as _;
use std::io::Write as _;

use base::Timestamp;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use wire::percent;

use crate::datum::{Datum, DatumValue, Dimension};
use crate::distribution::Bin;

/// Data in one request (cloudwatch.md §1.4).
pub const DATA_MAX: usize = 1000;
/// Bytes of one request before compression; the API takes 1 MB (cloudwatch.md §1.4).
pub const BODY_BYTES_MAX: usize = 900_000;

/// What every datum of this agent has in common.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The namespace.
    pub namespace: String,
    /// `host`, when it is sent; always the first dimension. A StatsD tag of this name wins.
    pub host: Option<Dimension>,
    /// Dimensions added after a datum's own, which win where the names are the same.
    pub appended: Vec<Dimension>,
}

/// A request that waits to be signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many data are in it.
    pub data: usize,
    /// The earliest timestamp in it.
    pub oldest: Timestamp,
    /// The form body, compressed with gzip.
    pub body: Bytes,
}

impl Envelope {
    /// Writes data as requests, each within the API's limits. Order is kept.
    pub fn pack(&self, data: &[Datum]) -> Vec<Batch> {
        let mut batches = Vec::new();
        let mut open = Open::new(&self.namespace);
        for datum in data {
            let members = self.members(datum);
            if open.count == DATA_MAX || open.size_with(&members) > BODY_BYTES_MAX {
                batches.extend(std::mem::replace(&mut open, Open::new(&self.namespace)).finish());
            }
            open.add(&members, datum.timestamp);
        }
        batches.extend(open.finish());
        batches
    }

    /// One datum as names below `MetricData.member.N` and their values.
    fn members(&self, datum: &Datum) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let mut add = |name: String, value: String| out.push((name, value));
        add("MetricName".to_owned(), datum.series.name.clone());
        for (at, dimension) in self.dimensions(datum).enumerate() {
            add(format!("Dimensions.member.{}.Name", at + 1), dimension.name.clone());
            add(format!("Dimensions.member.{}.Value", at + 1), dimension.value.clone());
        }
        add("Timestamp".to_owned(), datum.timestamp.iso());
        add("Unit".to_owned(), datum.series.unit.as_str().to_owned());
        if datum.high_resolution {
            add("StorageResolution".to_owned(), "1".to_owned());
        }
        match &datum.value {
            DatumValue::Single(value) => add("Value".to_owned(), number(*value)),
            DatumValue::Distribution(bins) => distribution(bins, &mut add),
        }
        out
    }

    fn dimensions<'a>(&'a self, datum: &'a Datum) -> impl Iterator<Item = &'a Dimension> {
        let own = &datum.series.dimensions;
        let given = move |dimension: &&Dimension| !own.iter().any(|at| at.name == dimension.name);
        self.host.iter().filter(given).chain(own).chain(self.appended.iter().filter(given))
    }
}

/// `Values`, `Counts` and the `StatisticValues` of the same samples (cloudwatch.md §1.4).
fn distribution(bins: &[Bin], add: &mut impl FnMut(String, String)) {
    for (at, bin) in bins.iter().enumerate() {
        add(format!("Values.member.{}", at + 1), number(bin.value()));
        add(format!("Counts.member.{}", at + 1), number(bin.count));
    }
    let Some(mut all) = bins.first().copied() else { return };
    bins[1..].iter().for_each(|bin| all.merge(bin));
    add("StatisticValues.SampleCount".to_owned(), number(all.count));
    add("StatisticValues.Sum".to_owned(), number(all.sum));
    add("StatisticValues.Minimum".to_owned(), number(all.min));
    add("StatisticValues.Maximum".to_owned(), number(all.max));
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-7..1e17).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}

/// A request that is being filled.
struct Open {
    body: String,
    count: usize,
    oldest: Timestamp,
}

impl Open {
    fn new(namespace: &str) -> Self {
        let mut body = "Action=PutMetricData&Version=2010-08-01&Namespace=".to_owned();
        percent::encode_into(&mut body, namespace.as_bytes());
        Self { body, count: 0, oldest: Timestamp::MAX }
    }

    /// An upper bound of the body's length with one more datum: escapes take three bytes.
    fn size_with(&self, members: &[(String, String)]) -> usize {
        let one = |(name, value): &(String, String)| "&MetricData.member.1000.=".len() + name.len() + 3 * value.len();
        self.body.len() + members.iter().map(one).sum::<usize>()
    }

    fn add(&mut self, members: &[(String, String)], timestamp: Timestamp) {
        self.count += 1;
        self.oldest = self.oldest.min(timestamp);
        for (name, value) in members {
            let _ = write!(self.body, "&MetricData.member.{}.{name}=", self.count);
            percent::encode_into(&mut self.body, value.as_bytes());
        }
    }

    fn finish(self) -> Option<Batch> {
        let (data, oldest) = (self.count, self.oldest);
        (data > 0).then(|| Batch { data, oldest, body: compress(self.body.as_bytes()) })
    }
}

fn compress(bytes: &[u8]) -> Bytes {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    let written = out.write_all(bytes).and_then(|()| out.finish());
    Bytes::from(written.expect("memory takes every byte"))
}

#[cfg(test)]
mod tests;
