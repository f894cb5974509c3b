//! StatsD: what applications on this machine report, one line a measurement.
//!
//! ```text
//! name:value[:value…]|type[|@rate][|#tag:value,tag:value]
//! ```
//!
//! Types are `c` (counter), `g` (gauge; a signed value changes it), `ms` (timer), `h`
//! (histogram), `d` (distribution) and `s` (set). Tags in DogStatsD's form become dimensions,
//! and `metric_type` says the type, as the CloudWatch agent has it (cloudwatch.md §9.2).

mod aggregate;
mod socket;

use crate::datum::{Dimension, is_dimension_name, is_dimension_value, is_metric_name, is_value};

pub use aggregate::Aggregate;
pub use socket::{Listener, SharedAggregate};

/// The least sample rate that is believed: one packet for a million measurements.
const RATE_MIN: f64 = 1e-6;

/// What a line measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds up over an interval.
    Counter,
    /// The last value counts.
    Gauge,
    /// Milliseconds.
    Timing,
    /// Any sample.
    Histogram,
    /// Any sample, under DogStatsD's newer name.
    Distribution,
    /// How many different texts came.
    Set,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "c" => Self::Counter,
            "g" => Self::Gauge,
            "ms" => Self::Timing,
            "h" => Self::Histogram,
            "d" => Self::Distribution,
            "s" => Self::Set,
            _ => return None,
        })
    }

    /// The value of the dimension `metric_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Timing => "timing",
            Self::Histogram => "histogram",
            Self::Distribution => "distribution",
            Self::Set => "set",
        }
    }
}

/// One value of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number; for a gauge, its new value.
    Number(f64),
    /// A signed number that changes a gauge.
    Change(f64),
    /// A member of a set.
    Member(String),
}

/// A well-formed line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The metric's name.
    pub name: String,
    /// What it measures.
    pub kind: Kind,
    /// The values, at least one.
    pub values: Vec<Value>,
    /// The share of measurements that are sent, above 0 and up to 1.
    pub rate: f64,
    /// The tags, each name once, then `metric_type`.
    pub dimensions: Vec<Dimension>,
}

/// Why a line is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No `:` after the name, or no `|` after the value.
    #[error("it is not of the form name:value|type")]
    Form,
    /// The name is not one that CloudWatch takes.
    #[error("its name is not 1 to 255 printable ASCII characters")]
    Name,
    /// The type is none of the six.
    #[error("its type is none of c, g, ms, h, d, s")]
    Type,
    /// A value is not a finite number of a size that CloudWatch takes.
    #[error("its value is not a number")]
    Value,
    /// The sample rate is not above 0 and up to 1.
    #[error("its sample rate is not above 0 and up to 1")]
    Rate,
    /// A tag cannot be a dimension, or there are too many.
    #[error("its tags cannot be dimensions")]
    Tags,
    /// A part that is not understood; it could change what the line means.
    #[error("it has a part that is not understood")]
    Part,
}

impl Line {
    /// Parses one line. `tags_max` is the room for tags among a metric's 30 dimensions.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str, tags_max: usize) -> Result<Self, Malformed> {
        let mut parts = line.split('|');
        let (name, values) = parts.next().and_then(|part| part.split_once(':')).ok_or(Malformed::Form)?;
        if !is_metric_name(name) {
            return Err(Malformed::Name);
        }
        let kind = Kind::parse(parts.next().ok_or(Malformed::Form)?).ok_or(Malformed::Type)?;
        let (mut rate, mut dimensions) = (1.0, Vec::new());
        for part in parts {
            match part.split_at_checked(1) {
                Some(("@", text)) => rate = parse_rate(text)?,
                Some(("#", text)) => dimensions = parse_tags(text, tags_max)?,
                // The container and process that sent it, which nothing here asks for.
                Some(("c" | "e", text)) if text.starts_with(':') => {}
                _ => return Err(Malformed::Part),
            }
        }
        let values = values.split(':').map(|value| parse_value(kind, value)).collect::<Result<_, _>>()?;
        dimensions.retain(|dimension: &Dimension| dimension.name != "metric_type");
        dimensions.push(Dimension::new("metric_type", kind.as_str()));
        Ok(Self { name: name.to_owned(), kind, values, rate, dimensions })
    }
}

fn parse_value(kind: Kind, text: &str) -> Result<Value, Malformed> {
    if kind == Kind::Set {
        return if text.is_empty() { Err(Malformed::Value) } else { Ok(Value::Member(text.to_owned())) };
    }
    let number: f64 = text.parse().map_err(|_| Malformed::Value)?;
    if !is_value(number) {
        return Err(Malformed::Value);
    }
    let signed = kind == Kind::Gauge && text.starts_with(['+', '-']);
    Ok(if signed { Value::Change(number) } else { Value::Number(number) })
}

fn parse_rate(text: &str) -> Result<f64, Malformed> {
    let rate = text.parse().ok().filter(|rate| (RATE_MIN..=1.0).contains(rate));
    rate.ok_or(Malformed::Rate)
}

/// `name:value,name:value`; a tag without a value is true, and of two with one name the last counts.
fn parse_tags(text: &str, tags_max: usize) -> Result<Vec<Dimension>, Malformed> {
    let mut tags: Vec<Dimension> = Vec::new();
    for tag in text.split(',').filter(|tag| !tag.is_empty()) {
        let (name, value) = tag.split_once(':').unwrap_or((tag, "true"));
        if !is_dimension_name(name) || !is_dimension_value(value) {
            return Err(Malformed::Tags);
        }
        tags.retain(|at| at.name != name);
        tags.push(Dimension::new(name, value));
    }
    // Series are the same whatever order their tags came in.
    tags.sort();
    if tags.len() > tags_max { Err(Malformed::Tags) } else { Ok(tags) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(line: &str) -> Result<Line, Malformed> {
        Line::parse(line, 20)
    }

    #[test]
    fn every_type_is_understood() {
        use Value::{Change, Member, Number};
        for (line, kind, values, rate) in [
            ("hits:1|c", Kind::Counter, vec![Number(1.0)], 1.0),
            ("hits:-3|c|@0.1", Kind::Counter, vec![Number(-3.0)], 0.1),
            ("temp:21.5|g", Kind::Gauge, vec![Number(21.5)], 1.0),
            ("temp:-2|g", Kind::Gauge, vec![Change(-2.0)], 1.0),
            ("temp:+2|g", Kind::Gauge, vec![Change(2.0)], 1.0),
            ("took:320|ms|@0.5", Kind::Timing, vec![Number(320.0)], 0.5),
            ("size:1:2:3|h", Kind::Histogram, vec![Number(1.0), Number(2.0), Number(3.0)], 1.0),
            ("size:1e3|d", Kind::Distribution, vec![Number(1000.0)], 1.0),
            ("users:ada|s", Kind::Set, vec![Member("ada".to_owned())], 1.0),
        ] {
            let parsed = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!((parsed.kind, parsed.values, parsed.rate), (kind, values, rate), "{line}");
            assert_eq!(parsed.dimensions, [Dimension::new("metric_type", kind.as_str())], "{line}");
        }
    }

    #[test]
    fn tags_become_dimensions() {
        let parsed = parse("hits:1|c|@0.5|#stage:test,url:http://a/b,canary,stage:live,metric_type:x|c:abc").unwrap();
        let pairs: Vec<(&str, &str)> =
            parsed.dimensions.iter().map(|at| (at.name.as_str(), at.value.as_str())).collect();
        assert_eq!(pairs, [("canary", "true"), ("stage", "live"), ("url", "http://a/b"), ("metric_type", "counter")]);
        assert_eq!(parsed.rate, 0.5);
        assert_eq!(parse("hits:1|c|#a:1,b:2").unwrap(), parse("hits:1|c|#b:2,a:1").unwrap());
    }

    #[test]
    fn malformed_lines_are_told_why() {
        for (line, why) in [
            ("", Malformed::Form),
            ("hits", Malformed::Form),
            ("hits:1", Malformed::Form),
            (":1|c", Malformed::Name),
            ("größe:1|c", Malformed::Name),
            ("hits:1|x", Malformed::Type),
            ("hits:1|", Malformed::Type),
            ("hits:|c", Malformed::Value),
            ("hits:one|c", Malformed::Value),
            ("hits:NaN|g", Malformed::Value),
            ("hits:inf|c", Malformed::Value),
            ("hits:1::2|c", Malformed::Value),
            ("users:|s", Malformed::Value),
            ("hits:1|c|@0", Malformed::Rate),
            ("hits:1|c|@2", Malformed::Rate),
            ("hits:1|c|@x", Malformed::Rate),
            ("hits:1|c|#:x", Malformed::Tags),
            ("hits:1|c|#a:", Malformed::Tags),
            ("hits:1|c|#a:ü", Malformed::Tags),
            ("hits:1|c|T1656581400", Malformed::Part),
            ("hits:1|c|", Malformed::Part),
            ("_e{1,1}:a|b", Malformed::Type),
        ] {
            assert_eq!(parse(line), Err(why), "{line}");
        }
        assert_eq!(Line::parse("hits:1|c|#a:1,b:2,c:3", 2), Err(Malformed::Tags));
    }

    proptest! {
        #[test]
        fn any_line_is_parsed_or_refused(line in "\\PC{0,80}") {
            let _ = parse(&line);
        }

        #[test]
        fn lines_of_the_right_characters_are_parsed_or_refused(line in "[a-c:|@#,.0-9+\\-msghd]{0,40}") {
            if let Ok(parsed) = parse(&line) {
                prop_assert!(!parsed.values.is_empty());
                prop_assert!(parsed.rate > 0.0 && parsed.rate <= 1.0);
            }
        }
    }
}
