//! Tags, kept by ARN apart from the resources that have them.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use base::Arn;
use store::Catalog;
use store::catalog::{Expect, Key, Record, Transaction};

use crate::alarms::actions::renotify;
use crate::record::{AlarmMuteRuleRecord, AlarmRecord, DashboardRecord, MetricStreamRecord, Tag, TagsRecord};

/// Tags one resource can have (cloudwatch.md §10).
const TAGS_MAX: usize = 50;

/// A resource that can have tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    kind: Kind,
    /// The key of its tags: the resource part of the ARN, in the ARN's region.
    tags: Key,
    /// The key of its own record.
    own: Key,
    arn: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Alarm,
    AlarmMuteRule,
    Dashboard,
    InsightRule,
    MetricStream,
}

/// How the ARN's resource part starts (cloudwatch.md §1.1).
const PREFIXES: [(&str, Kind); 5] = [
    ("alarm:", Kind::Alarm),
    ("alarm-mute-rule:", Kind::AlarmMuteRule),
    ("dashboard/", Kind::Dashboard),
    ("insight-rule/", Kind::InsightRule),
    ("metric-stream/", Kind::MetricStream),
];

impl Resource {
    /// The resource that an ARN names, in the caller's account and the call's region. Each
    /// resource has exactly one ARN, so what is authorized is what is touched.
    ///
    /// # Errors
    /// `InvalidParameterValue` when it is no such ARN.
    pub(crate) fn parse(cx: &CallContext, arn: &str) -> Result<Self, ServiceError> {
        Self::of(cx, arn).ok_or_else(|| {
            let message = format!("The value {arn} for parameter ResourceARN is invalid.");
            errors::invalid_parameter_value_exception(message)
        })
    }

    fn of(cx: &CallContext, arn: &str) -> Option<Self> {
        let parsed: Arn = arn.parse().ok()?;
        let (prefix, kind) = PREFIXES.into_iter().find(|(prefix, _)| parsed.resource.starts_with(prefix))?;
        let name = parsed.resource[prefix.len()..].to_owned();
        let region = if kind == Kind::Dashboard { "" } else { cx.region.as_str() };
        if name.is_empty() || cx.arn_of("cloudwatch", region, parsed.resource.clone()) != parsed {
            return None;
        }
        let key = |name: String| match kind {
            Kind::Dashboard => Key::global(cx.account(), name),
            _ => Key::regional(cx.account(), &cx.region, name),
        };
        Some(Self { kind, tags: key(parsed.resource), own: key(name), arn: arn.to_owned() })
    }

    /// A dashboard.
    pub(crate) fn dashboard(cx: &CallContext, name: &str) -> Self {
        let tags = Key::global(cx.account(), format!("dashboard/{name}"));
        Self {
            kind: Kind::Dashboard,
            tags,
            own: Key::global(cx.account(), name),
            arn: crate::dashboards::arn(cx, name),
        }
    }

    /// A metric stream.
    pub(crate) fn metric_stream(cx: &CallContext, name: &str) -> Self {
        let tags = Key::regional(cx.account(), &cx.region, format!("metric-stream/{name}"));
        let own = Key::regional(cx.account(), &cx.region, name);
        Self { kind: Kind::MetricStream, tags, own, arn: crate::metric_streams::arn(cx, name) }
    }

    /// An alarm.
    pub(crate) fn alarm(cx: &CallContext, name: &str) -> Self {
        let tags = Key::regional(cx.account(), &cx.region, format!("alarm:{name}"));
        let own = crate::alarms::key(&cx.scope(), name);
        Self { kind: Kind::Alarm, tags, own, arn: crate::alarms::arn(&cx.scope(), name) }
    }

    /// An alarm mute rule.
    pub(crate) fn alarm_mute_rule(cx: &CallContext, name: &str) -> Self {
        let resource = format!("alarm-mute-rule:{name}");
        let arn = cx.arn_of("cloudwatch", cx.region.as_str(), resource.clone()).to_string();
        let key = |name: String| Key::regional(cx.account(), &cx.region, name);
        Self { kind: Kind::AlarmMuteRule, tags: key(resource), own: key(name.to_owned()), arn }
    }

    /// The resource's ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether the tags that the server itself goes by have values that it understands.
    ///
    /// # Errors
    /// `InvalidParameterValue` for an alarm's `trailwatch:renotify` that is no interval.
    pub(crate) fn check(&self, given: &[types::Tag]) -> Result<(), ServiceError> {
        let renotify = given.iter().find(|tag| self.kind == Kind::Alarm && tag.key == renotify::TAG);
        let parsed = renotify.map_or(Ok(()), |tag| renotify::parse(&tag.value).map(drop));
        parsed.map_err(errors::invalid_parameter_value_exception)
    }

    /// Makes a transaction rest on the resource being there.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    fn require(&self, catalog: &Catalog, transaction: &mut Transaction) -> Result<(), ServiceError> {
        match self.kind {
            Kind::Alarm => self.require_record::<AlarmRecord>(catalog, transaction),
            Kind::AlarmMuteRule => self.require_record::<AlarmMuteRuleRecord>(catalog, transaction),
            Kind::Dashboard => self.require_record::<DashboardRecord>(catalog, transaction),
            Kind::MetricStream => self.require_record::<MetricStreamRecord>(catalog, transaction),
            // None can be made yet, so there is none.
            Kind::InsightRule => Err(self.not_found()),
        }
    }

    fn require_record<R: Record>(&self, catalog: &Catalog, transaction: &mut Transaction) -> Result<(), ServiceError> {
        let found = catalog.get::<R>(&self.own).ok_or_else(|| self.not_found())?;
        transaction.check::<R>(self.own.clone(), Expect::Version(found.version));
        Ok(())
    }

    fn not_found(&self) -> ServiceError {
        errors::resource_not_found_exception(format!("The resource {} does not exist.", self.arn))
    }
}

/// The tags of a resource.
///
/// # Errors
/// `ResourceNotFoundException` for a dashboard, a stream or a mute rule that does not exist. An
/// alarm that does not exist has no tags, which is no error (cloudwatch.md §6.7); nor for
/// insight rules.
pub(crate) fn list(catalog: &Catalog, resource: &Resource) -> Result<Vec<Tag>, ServiceError> {
    if matches!(resource.kind, Kind::AlarmMuteRule | Kind::Dashboard | Kind::MetricStream) {
        resource.require(catalog, &mut Transaction::default())?;
    }
    Ok(present(catalog, resource))
}

/// The tags of a resource; none when it does not exist.
pub(crate) fn present(catalog: &Catalog, resource: &Resource) -> Vec<Tag> {
    catalog.get::<TagsRecord>(&resource.tags).map(|found| found.value.tags.clone()).unwrap_or_default()
}

/// Gives a resource that must exist other tags: those that `edit` makes of its present ones.
///
/// # Errors
/// `ResourceNotFoundException`; those of `edit`.
pub(crate) fn edit(
    catalog: &Catalog,
    resource: &Resource,
    edit: impl Fn(Vec<Tag>) -> Result<Vec<Tag>, ServiceError>,
) -> Result<Transaction, ServiceError> {
    let mut transaction = Transaction::default();
    resource.require(catalog, &mut transaction)?;
    let before = catalog.get::<TagsRecord>(&resource.tags);
    let tags = edit(before.as_ref().map(|found| found.value.tags.clone()).unwrap_or_default())?;
    let key = resource.tags.clone();
    match before {
        Some(found) if tags.is_empty() => transaction.delete::<TagsRecord>(key, found.version),
        Some(found) => transaction.update(key, found.version, &TagsRecord { tags }),
        None if tags.is_empty() => transaction.check::<TagsRecord>(key, Expect::Absent),
        None => transaction.create(key, &TagsRecord { tags }),
    };
    Ok(transaction)
}

/// Adds the tags of a resource that the transaction makes.
pub(crate) fn create(transaction: &mut Transaction, resource: &Resource, tags: Vec<Tag>) {
    if !tags.is_empty() {
        transaction.create(resource.tags.clone(), &TagsRecord { tags });
    }
}

/// Removes the tags of a resource that the transaction removes.
pub(crate) fn remove(transaction: &mut Transaction, catalog: &Catalog, resource: &Resource) {
    let key = resource.tags.clone();
    match catalog.get::<TagsRecord>(&key) {
        Some(found) => transaction.delete::<TagsRecord>(key, found.version),
        None => transaction.check::<TagsRecord>(key, Expect::Absent),
    };
}

/// The tags after some are set. The words of the refusals are ours: none are recorded.
///
/// # Errors
/// `InvalidParameterValue` for a key given twice, a reserved key, and too many tags.
pub(crate) fn merged(mut tags: Vec<Tag>, given: &[types::Tag]) -> Result<Vec<Tag>, ServiceError> {
    let refused = |message: String| Err(errors::invalid_parameter_value_exception(message));
    for (at, types::Tag { key, value }) in given.iter().enumerate() {
        if given[..at].iter().any(|earlier| earlier.key == *key) {
            return refused(format!("The tag key {key} is given more than once."));
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return refused(format!("The tag key {key} is invalid: keys that begin with aws: are reserved."));
        }
        match tags.iter_mut().find(|tag| tag.key == *key) {
            Some(tag) => tag.value.clone_from(value),
            None => tags.push(Tag { key: key.clone(), value: value.clone() }),
        }
    }
    if tags.len() > TAGS_MAX {
        return refused(format!("A resource can have no more than {TAGS_MAX} tags."));
    }
    Ok(tags)
}

/// The tags without some; keys that are not there are no error.
pub(crate) fn without(mut tags: Vec<Tag>, keys: &[String]) -> Vec<Tag> {
    tags.retain(|tag| !keys.contains(&tag.key));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<types::Tag> {
        pairs.iter().map(|(key, value)| types::Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect()
    }

    #[test]
    fn keys_differ_by_case_and_keep_their_place() {
        let tags = merged(Vec::new(), &given(&[("a", "1"), ("A", "2")])).unwrap();
        let tags = merged(tags, &given(&[("a", "3")])).unwrap();
        let pairs: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(pairs, [("a", "3"), ("A", "2")]);
    }

    #[test]
    fn the_fifty_first_tag_is_refused_and_a_new_value_for_the_fiftieth_is_not() {
        let keys: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
        assert!(merged(Vec::new(), &given(&pairs)).is_err());
        let full = merged(Vec::new(), &given(&pairs[..50])).unwrap();
        assert!(merged(full.clone(), &given(&[("k7", "new")])).is_ok());
        assert!(merged(full, &given(&[("other", "")])).is_err());
    }

    #[test]
    fn reserved_and_repeated_keys_are_refused() {
        for pairs in [[("aws:x", ""), ("b", "")], [("AWS:x", ""), ("b", "")], [("b", "1"), ("b", "2")]] {
            assert_eq!(merged(Vec::new(), &given(&pairs)).unwrap_err().code, "InvalidParameterValue");
        }
    }
}
