//! Which metrics a query takes, and how it groups them.

use super::{Condition, GroupKey, Operand, Query};

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
