//! Groups of resources, and functions over them.

use serde_json::Value;

use super::value::Scalar;
use super::{Aggregate, Function, Path};

/// What a function has seen of a group.
#[derive(Clone, Debug)]
pub(super) enum Accumulator {
    Count(u64),
    Sum { sum: f64, count: u64 },
    Average { sum: f64, count: u64 },
    Least(Option<Scalar>),
    Greatest(Option<Scalar>),
}

impl Accumulator {
    pub(super) fn new(function: Function) -> Self {
        match function {
            Function::Count => Self::Count(0),
            Function::Sum => Self::Sum { sum: 0.0, count: 0 },
            Function::Avg => Self::Average { sum: 0.0, count: 0 },
            Function::Min => Self::Least(None),
            Function::Max => Self::Greatest(None),
        }
    }

    /// Takes a document: each of the values that its property leads to.
    pub(super) fn take(&mut self, aggregate: &Aggregate, document: &Value) {
        match (&aggregate.of, &mut *self) {
            (None, Self::Count(count)) => *count += 1,
            (None, _) => {}
            (Some(path), _) => {
                path.visit(document, &mut |value| {
                    self.add(value);
                    false
                });
            }
        }
    }

    fn add(&mut self, value: &Value) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum { sum, count } | Self::Average { sum, count } => {
                if let Value::Number(number) = value
                    && let Some(number) = number.as_f64()
                {
                    *sum += number;
                    *count += 1;
                }
            }
            Self::Least(least) => {
                let value = Scalar::of(value);
                if least.is_none() || value < *least {
                    *least = value;
                }
            }
            Self::Greatest(greatest) => *greatest = Scalar::of(value).max(greatest.take()),
        }
    }

    /// What came of it; `None` when there was nothing to make it of.
    pub(super) fn result(&self) -> Option<Value> {
        match self {
            Self::Count(count) => Some(Value::from(*count)),
            Self::Sum { count: 0, .. } | Self::Average { count: 0, .. } => None,
            Self::Sum { sum, .. } => Some(Value::from(*sum)),
            Self::Average { sum, count } => Some(Value::from(*sum / *count as f64)),
            Self::Least(value) | Self::Greatest(value) => value.as_ref().map(Scalar::to_value),
        }
    }
}

/// The groups that a document is in: each combination of the values that it has of the properties that are grouped by.
/// What it does not have is one value more.
pub(super) fn groups_of(paths: &[Path], document: &Value) -> Vec<Vec<Option<Scalar>>> {
    let mut groups = vec![Vec::with_capacity(paths.len())];
    for path in paths {
        let mut values: Vec<_> = path.values(document).into_iter().map(Scalar::of).collect();
        values.sort();
        values.dedup();
        if values.is_empty() {
            values.push(None);
        }
        groups = groups
            .into_iter()
            .flat_map(|group| {
                values.iter().map(move |value| {
                    let mut group = group.clone();
                    group.push(value.clone());
                    group
                })
            })
            .collect();
    }
    groups
}
