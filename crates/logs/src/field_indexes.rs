//! Field indexes (logs.md §8.5): which fields of a group's events are indexed, and since when.
//!
//! The store's own index serves an equality on any field, whatever a policy says. A policy is a promise about which
//! events a query that insists on the index (`filterIndex`) sees: those that came while the field was indexed, for
//! thirty days. So nothing is kept beside the policy and the times of its changes.

mod document;
mod seen;

use std::sync::Arc;

use api::ServiceError;
use api::logs::errors;
use base::Timestamp;
use base::time::DAY_MS;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::Logs;
use crate::groups::Group;
use crate::history::{Compiled, History, Sources, Timeline};
use crate::record::LogGroupClass;
pub(crate) use document::{IndexDocument, IndexKind};
pub(crate) use seen::{Wish, seen};

/// How long what was indexed can be found by its index.
pub(crate) const KEPT_MS: i64 = 30 * DAY_MS;

/// How much older than its ingestion an event can be (logs.md PE-6).
const AGE_MAX_MS: i64 = 14 * DAY_MS;

/// Fields that every group of the class `STANDARD` has an index on.
const DEFAULTS: [&str; 10] = [
    "@aws.account",
    "@aws.region",
    "@data_format",
    "@data_source_name",
    "@data_source_type",
    "@logStream",
    "@source.log",
    "attributes.session.id",
    "severityText",
    "traceId",
];

/// A group's own index policies. The key is what a group's belongings have and [`NAME`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPolicyRecord {
    /// The documents as they were given.
    pub documents: History<String>,
    /// When the policy was last put.
    pub updated: Timestamp,
}

impl Record for IndexPolicyRecord {
    const KIND: &'static str = "logs.index_policy";
    const FORMAT: u32 = 1;
}

/// How the record's key ends.
pub(crate) const NAME: &str = "index-policy";

/// What was made of groups' policies.
pub(crate) type IndexPolicies = Compiled<IndexPolicyRecord, Arc<IndexDocument>>;

/// A policy document that keeps the rules.
///
/// # Errors
/// `InvalidParameterException`.
pub(crate) fn checked(document: &str) -> Result<IndexDocument, ServiceError> {
    IndexDocument::parse(document).map_err(errors::invalid_parameter_exception)
}

/// The indexes of a group over time.
pub(crate) struct Indexes {
    standard: bool,
    created: Timestamp,
    documents: Option<Arc<Timeline<Arc<IndexDocument>>>>,
}

/// The indexes of a group over time: by its own policy, or where it had none, by the account's that is for it.
pub(crate) fn indexes(logs: &Logs, group: &Group) -> Indexes {
    let own = logs.parts.catalog.get::<IndexPolicyRecord>(&group.belonging(NAME)).map(|found| found.value);
    let account = logs.account_effects.of(&logs.parts.catalog, &group.scope);
    let documents = match own.is_none() && account.indexes_nothing() {
        true => {
            logs.index_policies.forget(group.id());
            None
        }
        false => logs.index_policies.of(group.id(), Sources { own, account }, |sources| compile(sources, &group.name)),
    };
    let standard = group.record.class == LogGroupClass::Standard;
    Indexes { standard, created: group.record.created, documents }
}

fn compile(Sources { own, account }: &Sources<IndexPolicyRecord>, group: &str) -> Timeline<Arc<IndexDocument>> {
    let parsed = |document: &String| match IndexDocument::parse(document) {
        Ok(document) => Some(Arc::new(document)),
        Err(error) => {
            tracing::error!(error, group, "an index policy that was accepted cannot be read any more");
            None
        }
    };
    let own = own.as_ref().map(|record| record.documents.compile(parsed));
    let all: Vec<_> = own.into_iter().chain(account.indexes(group)).collect();
    // The group's own comes first.
    Timeline::together(&all.iter().collect::<Vec<_>>(), |held| held.first().map(|first| (*first).clone()))
}

impl Indexes {
    /// What is indexed at a moment: each field once, with its kind, those of the policy first.
    pub(crate) fn fields(&self, at: Timestamp) -> Vec<(String, IndexKind)> {
        if !self.standard {
            return Vec::new();
        }
        let of_policy = self.document(at).map(|document| document.fields.clone()).unwrap_or_default();
        let others = DEFAULTS.into_iter().filter(|name| of_policy.iter().all(|(field, _)| field != name));
        let others: Vec<_> = others.map(|name| (name.to_owned(), IndexKind::FieldIndex)).collect();
        [of_policy, others].concat()
    }

    /// Whether a field has an index at a moment.
    pub(crate) fn indexes(&self, at: Timestamp, field: &str) -> bool {
        self.standard && (DEFAULTS.contains(&field) || self.names(at, field))
    }

    /// Whether a policy names a field at a moment.
    pub(crate) fn names(&self, at: Timestamp, field: &str) -> bool {
        self.document(at).is_some_and(|document| document.has(field))
    }

    /// When events have come that all of these fields are indexed for.
    pub(crate) fn coverage(&self, fields: &[String], now: Timestamp) -> IndexCoverage {
        let start = self.created.max(now.plus_millis(-KEPT_MS));
        let mut moments = vec![start];
        moments.extend(self.changes().filter(|change| *change > start));
        moments.sort_unstable();
        moments.dedup();
        let ends = moments.iter().skip(1).copied().chain([Timestamp::MAX]);
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, to) in moments.iter().copied().zip(ends) {
            if !fields.iter().all(|field| self.indexes(from, field)) {
                continue;
            }
            match spans.last_mut() {
                Some((_, end)) if *end == from => *end = to,
                _ => spans.push((from, to)),
            }
        }
        IndexCoverage { spans: Some(spans) }
    }

    fn document(&self, at: Timestamp) -> Option<&IndexDocument> {
        self.documents.as_ref()?.at(at).map(|document| &**document)
    }

    fn changes(&self) -> impl Iterator<Item = Timestamp> {
        self.documents.iter().flat_map(|documents| documents.changes())
    }
}

/// Which events a query sees that insists on an index: by when they were ingested. The default is all events, for
/// queries that do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexCoverage {
    /// From the first moment, inclusive, to the second, exclusive; in order.
    spans: Option<Vec<(Timestamp, Timestamp)>>,
}

impl IndexCoverage {
    /// Whether an event is seen that was ingested at this time.
    pub fn takes(&self, ingested: Timestamp) -> bool {
        let Some(spans) = &self.spans else { return true };
        spans.iter().any(|(from, to)| (*from..*to).contains(&ingested))
    }

    /// Whether no event is seen.
    pub fn is_empty(&self) -> bool {
        self.spans.as_ref().is_some_and(Vec::is_empty)
    }

    /// When the first event may have come that is seen.
    pub(crate) fn start(&self) -> Option<Timestamp> {
        Some(self.spans.as_ref()?.first()?.0)
    }

    /// No event that is older than this is seen.
    pub(crate) fn earliest(&self) -> Timestamp {
        self.start().map_or(Timestamp::from_millis(0), |start| start.plus_millis(-AGE_MAX_MS))
    }
}
