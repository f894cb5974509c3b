//! Which metrics a query takes, how it groups them, and in which order the groups come.

use std::cmp::Ordering;

use super::{Aggregate, Condition, GroupKey, Operand, Query, SERIES_MAX};

/// The group of metrics that lack a key of GROUP BY (cloudwatch.md §4.8).
pub const OTHER: &str = "Other";

/// A metric as a query sees it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The metric's name.
    pub name: &'a str,
    /// Its dimensions.
    pub dimensions: &'a [(&'a str, &'a str)],
    /// The tags of the resource that the metric is about.
    pub tags: &'a [(&'a str, &'a str)],
    /// The account that owns the metric.
    pub account: &'a str,
    /// The account that asks.
    pub current_account: &'a str,
}

impl<'a> Subject<'a> {
    fn value(&self, key: &GroupKey) -> Option<&'a str> {
        let find = |pairs: &'a [(&'a str, &'a str)], wanted: &str| {
            pairs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
        };
        match key {
            GroupKey::Dimension(name) => find(self.dimensions, name),
            GroupKey::Tag(key) => find(self.tags, key),
            GroupKey::AccountId => Some(self.account),
        }
    }
}

impl Query {
    /// Whether a metric is part of the result. As in SQL, a metric that lacks the key of a condition
    /// satisfies neither `=` nor `!=`; AWS documents nothing on this.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.namespace == subject.namespace
            && self.metric_name == subject.name
            && self.schema.as_ref().is_none_or(|schema| has_exactly(subject.dimensions, schema))
            && self.conditions.iter().all(|condition| condition.holds(subject))
    }

    /// The value of each key of GROUP BY, [`OTHER`] for those that the metric lacks. Metrics with
    /// equal groups make one series; without GROUP BY all do.
    pub fn group(&self, subject: &Subject<'_>) -> Vec<String> {
        self.group_by.iter().map(|key| subject.value(key).unwrap_or(OTHER).to_owned()).collect()
    }

    /// Whether conditions or groups look at tags, which then have to be fetched.
    pub fn uses_tags(&self) -> bool {
        let keys = self.conditions.iter().map(|condition| &condition.key).chain(&self.group_by);
        keys.into_iter().any(|key| matches!(key, GroupKey::Tag(_)))
    }

    /// Puts series into the order of the query and keeps as many as it allows. Each comes with its
    /// group and its values over the whole range: sorted by the function of ORDER BY (series
    /// without values last), without one by the groups; then LIMIT, 500 at most.
    pub fn arrange<T>(&self, mut series: Vec<T>, parts: impl Fn(&T) -> (&[String], Vec<f64>)) -> Vec<T> {
        match self.order_by {
            None => series.sort_by(|left, right| parts(left).0.cmp(parts(right).0)),
            Some(order) => {
                let mut keyed: Vec<(Option<f64>, T)> = series
                    .into_iter()
                    .map(|one| {
                        let value = order.aggregate.of(&parts(&one).1);
                        (value, one)
                    })
                    .collect();
                keyed.sort_by(|(left, left_series), (right, right_series)| {
                    let by_value = match (left, right) {
                        (Some(left), Some(right)) if order.descending => right.total_cmp(left),
                        (Some(left), Some(right)) => left.total_cmp(right),
                        (Some(_), None) => Ordering::Less,
                        (None, Some(_)) => Ordering::Greater,
                        (None, None) => Ordering::Equal,
                    };
                    by_value.then_with(|| parts(left_series).0.cmp(parts(right_series).0))
                });
                series = keyed.into_iter().map(|(_, one)| one).collect();
            }
        }
        series.truncate(self.limit.unwrap_or(SERIES_MAX));
        series
    }
}

impl Aggregate {
    /// The aggregate of values; without any, zero for COUNT and nothing for the others.
    pub fn of(self, values: &[f64]) -> Option<f64> {
        let count = values.len() as f64;
        match self {
            Self::Count => Some(count),
            _ if values.is_empty() => None,
            Self::Sum => Some(values.iter().sum()),
            Self::Avg => Some(values.iter().sum::<f64>() / count),
            Self::Max => values.iter().copied().reduce(f64::max),
            Self::Min => values.iter().copied().reduce(f64::min),
        }
    }
}

impl Condition {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        let wanted = match &self.operand {
            Operand::Text(text) => text,
            Operand::CurrentAccountId => subject.current_account,
        };
        subject.value(&self.key).is_some_and(|value| (value == wanted) == self.equal)
    }
}

/// Whether the set of dimension names is exactly this one.
fn has_exactly(dimensions: &[(&str, &str)], names: &[String]) -> bool {
    dimensions.iter().all(|(name, _)| names.iter().any(|wanted| wanted == name))
        && names.iter().all(|wanted| dimensions.iter().any(|(name, _)| name == wanted))
}
