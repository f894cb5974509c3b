//! What `stats` computes of groups (logs.md §7.7).
//!
//! Percentiles are exact up to 4,096 values of a group and within 1 % beyond
//! ([`percentile`]); `count_distinct` is exact up to 16,384 values and within about 1 % beyond
//! ([`distinct`]). Both depend on the values alone, not on their order or on how the work was shared.

use std::cmp::Ordering;

use super::compile::Compiler;
use super::evaluate::Node;
use super::expression::{Call, Expression};
use super::record::{Place, Record};
use super::{QueryError, RunError, Value, natural};

use distinct::Distinct;
use moments::{Moments, Total};
use percentile::Spread;
use values::Values;

pub mod distinct;
mod moments;
pub mod percentile;
mod values;

/// An aggregate with what it is computed of.
#[derive(Debug)]
pub(super) struct Aggregate {
    kind: Kind,
    /// None counts records.
    argument: Option<Node>,
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
    Percentile(f64),
    Deviation,
    Variance,
    Values,
    /// With the place of `@timestamp`.
    Earliest(Place),
    Latest(Place),
}

/// What has been seen of a group.
#[derive(Debug)]
pub(super) enum Tally {
    Count(u64),
    Distinct(Box<Distinct>),
    Total(Box<Total>),
    /// The least or the greatest so far.
    Extreme(Value),
    Spread(Box<Spread>),
    Moments(Box<Moments>),
    Values(Box<Values>),
    /// The value with the least or the greatest rank so far.
    At(Box<Option<(Rank, Value)>>),
}

/// When a record was, with what tells records of one moment apart.
type Rank = (i64, u64, u64, u64);

/// The names of aggregates, in lower case.
const NAMES: [&str; 18] = [
    "avg",
    "collect_values",
    "count",
    "count_distinct",
    "countdistinct",
    "earliest",
    "latest",
    "max",
    "min",
    "pct",
    "sortsfirst",
    "sortslast",
    "stddev",
    "sum",
    "topk",
    "values",
    "var",
    "variance",
];

/// Whether a call is an aggregate.
pub(super) fn is_aggregate(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a call is `topk`, which stands alone.
pub(super) fn is_topk(name: &str) -> bool {
    name.eq_ignore_ascii_case("topk")
}

/// The count and the value of `topk(k, f)`.
pub(super) fn topk<'c>(call: &'c Call, compiler: &Compiler<'_>) -> Result<(usize, &'c Expression), QueryError> {
    let [Expression::Number(count), value] = call.arguments.as_slice() else {
        return Err(compiler.error(&call.span, "Invalid arguments of topk: it takes a number and a field"));
    };
    match count.parse() {
        Ok(count @ 1..=10_000) => Ok((count, value)),
        _ => Err(compiler.error(&call.span, "topk gives 1 to 10000 values")),
    }
}

impl Aggregate {
    /// How many records there are.
    pub(super) fn count() -> Self {
        Self { kind: Kind::Count, argument: None }
    }

    /// Binds a call of an aggregate.
    pub(super) fn compile(call: &Call, compiler: &mut Compiler<'_>) -> Result<Self, QueryError> {
        let name = call.name.to_ascii_lowercase();
        let timestamp =
            |compiler: &mut Compiler<'_>| compiler.lookup("@timestamp").ok_or_else(|| compiler.unexpected(&call.span));
        let (kind, argument) = match (name.as_str(), call.arguments.as_slice()) {
            ("count", [] | [Expression::Star(_)]) => return Ok(Self::count()),
            ("count", [argument]) => (Kind::Count, argument),
            ("count_distinct" | "countdistinct", [argument]) => (Kind::CountDistinct, argument),
            ("sum", [argument]) => (Kind::Sum, argument),
            ("avg", [argument]) => (Kind::Average, argument),
            ("min" | "sortsfirst", [argument]) => (Kind::Minimum, argument),
            ("max" | "sortslast", [argument]) => (Kind::Maximum, argument),
            ("stddev", [argument]) => (Kind::Deviation, argument),
            ("var" | "variance", [argument]) => (Kind::Variance, argument),
            ("values" | "collect_values", [argument]) => (Kind::Values, argument),
            ("earliest", [argument]) => (Kind::Earliest(timestamp(compiler)?), argument),
            ("latest", [argument]) => (Kind::Latest(timestamp(compiler)?), argument),
            ("pct", [argument, Expression::Number(percent)]) => match percent.parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => (Kind::Percentile(percent), argument),
                _ => return Err(compiler.error(&call.span, "pct takes a percentage from 0 to 100")),
            },
            ("topk", _) => {
                let message = "topk must be the only aggregate of its stats, and has no by";
                return Err(compiler.error(&call.span, message));
            }
            _ => {
                let message = format!("Invalid arguments of function {}", call.name);
                return Err(compiler.error(&call.span, message));
            }
        };
        Ok(Self { kind, argument: Some(compiler.expression(argument)?) })
    }

    /// Calls with each place that is read.
    pub(super) fn reads(&self, visit: &mut dyn FnMut(Place)) {
        if let Some(argument) = &self.argument {
            argument.places(visit);
        }
        if let Kind::Earliest(time) | Kind::Latest(time) = self.kind {
            visit(time);
        }
    }

    /// Of no records.
    pub(super) fn start(&self) -> Tally {
        match self.kind {
            Kind::Count => Tally::Count(0),
            Kind::CountDistinct => Tally::Distinct(Box::default()),
            Kind::Sum | Kind::Average => Tally::Total(Box::default()),
            Kind::Minimum | Kind::Maximum => Tally::Extreme(Value::Null),
            Kind::Percentile(_) => Tally::Spread(Box::default()),
            Kind::Deviation | Kind::Variance => Tally::Moments(Box::default()),
            Kind::Values => Tally::Values(Box::default()),
            Kind::Earliest(_) | Kind::Latest(_) => Tally::At(Box::new(None)),
        }
    }

    /// Takes a record; gives by how many bytes the tally has grown. Missing values, maps and
    /// lists count for nothing, and neither do texts where numbers are asked for.
    pub(super) fn push(&self, tally: &mut Tally, record: &Record<'_>) -> Result<usize, RunError> {
        let Some(argument) = &self.argument else {
            if let Tally::Count(count) = tally {
                *count += 1;
            }
            return Ok(0);
        };
        let value = argument.value(record);
        if value.is_null() || value.is_nested() {
            return Ok(0);
        }
        match tally {
            Tally::Count(count) => *count += 1,
            Tally::Distinct(distinct) => return Ok(distinct.push(&value)),
            Tally::Total(total) => total.push(&value),
            Tally::Extreme(extreme) => return Ok(self.extreme(extreme, value.into_owned())),
            Tally::Spread(spread) => return Ok(value.number().map_or(0, |number| spread.push(number))),
            Tally::Moments(moments) => value.number().into_iter().for_each(|number| moments.push(number)),
            Tally::Values(values) => return values.push(&value),
            Tally::At(at) => {
                let (Kind::Earliest(time) | Kind::Latest(time)) = self.kind else {
                    unreachable!("only these keep a rank")
                };
                let Some(time) = record.value(time).whole() else { return Ok(0) };
                let pointer = record.pointer.map_or((0, 0), |pointer| (pointer.group, pointer.position));
                let rank = (time, pointer.0, pointer.1, record.sequence.wrapping_add(record.element));
                return Ok(self.at(at, rank, value.into_owned()));
            }
        }
        Ok(0)
    }

    /// Takes in another tally; gives by how many bytes the tally has grown.
    pub(super) fn merge(&self, tally: &mut Tally, other: Tally) -> Result<usize, RunError> {
        match (tally, other) {
            (Tally::Count(count), Tally::Count(other)) => *count += other,
            (Tally::Distinct(distinct), Tally::Distinct(other)) => return Ok(distinct.merge(*other)),
            (Tally::Total(total), Tally::Total(other)) => total.merge(&other),
            (Tally::Extreme(extreme), Tally::Extreme(other)) => return Ok(self.extreme(extreme, other)),
            (Tally::Spread(spread), Tally::Spread(other)) => return Ok(spread.merge(*other)),
            (Tally::Moments(moments), Tally::Moments(other)) => moments.merge(&other),
            (Tally::Values(values), Tally::Values(other)) => return values.merge(*other),
            (Tally::At(at), Tally::At(other)) => {
                if let Some((rank, value)) = *other {
                    return Ok(self.at(at, rank, value));
                }
            }
            _ => unreachable!("a tally is its aggregate's"),
        }
        Ok(0)
    }

    /// What comes out.
    pub(super) fn finish(&self, tally: Tally) -> Value {
        match (self.kind, tally) {
            (_, Tally::Count(count)) => whole(count),
            (_, Tally::Distinct(distinct)) => whole(distinct.count()),
            (Kind::Average, Tally::Total(total)) => total.average(),
            (_, Tally::Total(total)) => total.sum(),
            (_, Tally::Extreme(extreme)) => extreme,
            (Kind::Percentile(percent), Tally::Spread(spread)) => Value::from(spread.percentile(percent)),
            (Kind::Deviation, Tally::Moments(moments)) => Value::from(moments.variance().map(f64::sqrt)),
            (_, Tally::Moments(moments)) => Value::from(moments.variance()),
            (_, Tally::Values(values)) => values.finish(),
            (_, Tally::At(at)) => at.map_or(Value::Null, |(_, value)| value),
            (_, Tally::Spread(_)) => unreachable!("only percentiles keep a spread"),
        }
    }

    fn extreme(&self, extreme: &mut Value, value: Value) -> usize {
        let better = if self.kind == Kind::Minimum { Ordering::Less } else { Ordering::Greater };
        if value.is_null() || value == *extreme {
            return 0;
        }
        let order = match natural::compare(&value, extreme) {
            // Of two spellings of a number the same one must win, whichever comes first.
            Ordering::Equal if extreme.to_string() > value.to_string() => better,
            order => order,
        };
        if !extreme.is_null() && order != better {
            return 0;
        }
        let grown = value.memory_bytes().saturating_sub(extreme.memory_bytes());
        *extreme = value;
        grown
    }

    fn at(&self, at: &mut Option<(Rank, Value)>, rank: Rank, value: Value) -> usize {
        let better = match self.kind {
            Kind::Earliest(_) => Ordering::Less,
            _ => Ordering::Greater,
        };
        let before = match at {
            Some((known, _)) if rank.cmp(known) != better => return 0,
            Some((_, value)) => value.memory_bytes(),
            None => 0,
        };
        let grown = value.memory_bytes().saturating_sub(before);
        *at = Some((rank, value));
        grown
    }
}

fn whole(count: u64) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
