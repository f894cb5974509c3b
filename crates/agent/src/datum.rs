//! What is measured and what is sent: samples and metric data, with CloudWatch's rules for names.

use base::Timestamp;

use crate::distribution::Bin;

/// A name and its value (cloudwatch.md §1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimension {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Dimension {
    /// A dimension of these two texts.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// The units that the agent sends (cloudwatch.md §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// `Percent`
    Percent,
    /// `Bytes`
    Bytes,
    /// `Count`
    Count,
    /// `Milliseconds`
    Milliseconds,
    /// `None`
    None,
}

impl Unit {
    /// The unit as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "Percent",
            Self::Bytes => "Bytes",
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::None => "None",
        }
    }
}

/// What a series is known by, the agent's own dimensions left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// The dimensions that tell it apart, in the order they are sent.
    pub dimensions: Vec<Dimension>,
    /// The unit.
    pub unit: Unit,
}

/// One measurement of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Whose it is.
    pub series: Series,
    /// The number, always finite.
    pub value: f64,
}

impl Sample {
    /// A sample without dimensions.
    pub fn new(name: impl Into<String>, unit: Unit, value: f64) -> Self {
        Self { series: Series { name: name.into(), dimensions: Vec::new(), unit }, value }
    }

    /// The same sample with these dimensions.
    pub fn of(mut self, dimensions: &[Dimension]) -> Self {
        self.series.dimensions = dimensions.to_vec();
        self
    }
}

/// The two value forms that the agent sends (cloudwatch.md §1.4).
#[derive(Clone, Debug, PartialEq)]
pub enum DatumValue {
    /// `Value`: one sample.
    Single(f64),
    /// `Values` and `Counts` with the `StatisticValues` of the same samples.
    Distribution(Vec<Bin>),
}

/// One element of `MetricData`.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Whose it is.
    pub series: Series,
    /// When it was measured: the sample's time, or the start of the window that was gathered.
    pub timestamp: Timestamp,
    /// The numbers.
    pub value: DatumValue,
    /// `StorageResolution` 1 instead of the default 60.
    pub high_resolution: bool,
}

/// The most dimensions a metric can have (cloudwatch.md §1.3).
pub const DIMENSIONS_MAX: usize = 30;

/// Whether the API takes this for a metric's name (cloudwatch.md §1.3).
pub fn is_metric_name(text: &str) -> bool {
    printable(text, 255)
}

/// Whether the API takes this for a dimension's name (cloudwatch.md §1.3).
pub fn is_dimension_name(text: &str) -> bool {
    printable(text, 255) && !text.starts_with(':')
}

/// Whether the API takes this for a dimension's value (cloudwatch.md §1.3).
pub fn is_dimension_value(text: &str) -> bool {
    printable(text, 1024)
}

/// Whether the API takes this for a namespace (cloudwatch.md §1.3): `AWS/…` is kept for AWS.
pub fn is_namespace(text: &str) -> bool {
    printable(text, 255) && !text.starts_with(':') && !text.starts_with("AWS/")
}

/// Whether the API takes this number (cloudwatch.md §1.4): finite and within ±2^360.
pub fn is_value(value: f64) -> bool {
    value.abs() <= 2f64.powi(360)
}

/// ASCII without control characters, of a length, and not all blank.
fn printable(text: &str, len_max: usize) -> bool {
    (1..=len_max).contains(&text.len())
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.bytes().any(|byte| byte != b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_api() {
        assert!(is_metric_name("cpu_usage_idle"));
        for bad in ["", " ", "größe", "a\nb", &"x".repeat(256)] {
            assert!(!is_metric_name(bad), "{bad:?}");
        }
        assert!(!is_dimension_name(":a"));
        assert!(is_dimension_value(":a"));
        assert!(!is_namespace("AWS/EC2"));
        assert!(is_namespace("CWAgent"));
    }

    #[test]
    fn numbers_are_finite_and_of_a_size() {
        assert!(is_value(0.0) && is_value(-2f64.powi(360)));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 2f64.powi(361)] {
            assert!(!is_value(bad), "{bad}");
        }
    }
}
