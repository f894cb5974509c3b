//! How many filters of a group may have regular expressions (logs.md FR-3).

use api::ServiceError;
use api::logs::errors;
use lang::filter_pattern::FilterPattern;
use store::catalog::{Catalog, Record};

use crate::groups::Group;
use crate::record::MetricFilterRecord;
use crate::subscriptions::SubscriptionRecord;

/// The most filters of a group whose patterns have regular expressions.
const FILTERS_MAX: usize = 5;

/// A filter that belongs to a group.
pub(crate) trait Filter: Record {
    /// Its pattern, as it was written.
    fn pattern(&self) -> &str;
}

impl Filter for MetricFilterRecord {
    fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl Filter for SubscriptionRecord {
    fn pattern(&self) -> &str {
        &self.pattern
    }
}

/// The filters of a group that have regular expressions, of one kind: their names.
type Names = fn(&Catalog, &Group) -> Vec<String>;

/// All kinds of filters that groups have.
const KINDS: &[(&str, Names)] =
    &[(MetricFilterRecord::KIND, names::<MetricFilterRecord>), (SubscriptionRecord::KIND, names::<SubscriptionRecord>)];

/// Refuses a pattern with regular expressions for the filter of this kind and name, where the group's other filters
/// have enough of them.
///
/// # Errors
/// `LimitExceededException`.
pub(crate) fn check<R: Filter>(
    catalog: &Catalog,
    group: &Group,
    name: &str,
    pattern: &FilterPattern,
) -> Result<(), ServiceError> {
    if pattern.regex_count() == 0 {
        return Ok(());
    }
    let others = |(kind, names): &(&str, Names)| {
        let names = names(catalog, group);
        names.iter().filter(|other| *kind != R::KIND || *other != name).count()
    };
    match KINDS.iter().map(others).sum::<usize>() < FILTERS_MAX {
        true => Ok(()),
        false => Err(errors::limit_exceeded_exception("Resource limit exceeded.")),
    }
}

fn names<R: Filter>(catalog: &Catalog, group: &Group) -> Vec<String> {
    // Without a percent sign there is no regular expression; most patterns need no closer look.
    let has_regex = |filter: &R| {
        filter.pattern().contains('%')
            && FilterPattern::parse(filter.pattern()).is_ok_and(|pattern| pattern.regex_count() > 0)
    };
    let all = group.list::<R>(catalog, "").into_iter();
    all.filter(|(_, found)| has_regex(&found.value)).map(|(name, _)| name).collect()
}
