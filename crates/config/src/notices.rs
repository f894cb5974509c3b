//! Changes that are to be told: an entry for each item, made in its transaction and gone once it is told (config.md §5).

mod item_change;
mod job;

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Held, Key, Record, Transaction};

use crate::channel;
use crate::item::{Item, ItemStatus};
use crate::present::{SEPARATOR, names};
use crate::results::ResultRecord;
use crate::rule::ResourceKey;
use crate::service::Parts;

pub(crate) use item_change::ItemChange;
pub use job::TellChanges;

/// Something of which is to be told. The key starts with when it was, so that news are told in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoticeRecord {
    #[serde(default)]
    pub(crate) news: News,
}

/// What is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum News {
    /// An item; the key is when it was taken, then the resource's type and id.
    #[default]
    Item,
    /// A rule judges a resource differently.
    Compliance(Box<ComplianceChange>),
    /// Rules are being evaluated because somebody asked.
    EvaluationStarted {
        /// The names of the rules.
        rules: Vec<String>,
    },
}

/// A rule judges a resource differently (N-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComplianceChange {
    pub(crate) rule_name: String,
    pub(crate) rule_arn: String,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) new: ResultRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) old: Option<ResultRecord>,
}

impl Record for NoticeRecord {
    const KIND: &'static str = "config.notice";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

impl Parts {
    /// Whether somebody hears of changes: where there is neither a topic nor a webhook, they leave no entries.
    pub(crate) fn is_heard(&self, scope: &Scope) -> bool {
        self.tells_events() || channel::find(&self.catalog, scope).is_some_and(|found| found.value.topic_arn.is_some())
    }
}

/// Adds the entry of an item. Of what is not recorded nothing is told (config.md §5.1).
pub(crate) fn add(transaction: &mut Transaction, item: &Item) {
    if matches!(item.status, ItemStatus::ResourceNotRecorded | ItemStatus::ResourceDeletedNotRecorded) {
        return;
    }
    let key = key(&item.scope, item.taken, &format!("{}{SEPARATOR}{}", item.resource_type, item.resource_id));
    transaction.put(key, &NoticeRecord::default());
}

/// Adds the entry of a result that changed.
pub(crate) fn add_compliance(transaction: &mut Transaction, scope: &Scope, rule_id: &str, change: ComplianceChange) {
    let ComplianceChange { resource_type, resource_id, .. } = &change;
    let what = format!("{rule_id}{SEPARATOR}{resource_type}{SEPARATOR}{resource_id}");
    let key = key(scope, change.new.recorded, &what);
    transaction.put(key, &NoticeRecord { news: News::Compliance(Box::new(change)) });
}

/// Adds the entry of evaluations that somebody asked for.
pub(crate) fn add_evaluation_started(transaction: &mut Transaction, scope: &Scope, rules: Vec<String>, now: Timestamp) {
    let key = key(scope, now, &format!("evaluation{SEPARATOR}{}", rules.join(",")));
    transaction.put(key, &NoticeRecord { news: News::EvaluationStarted { rules } });
}

fn key(scope: &Scope, at: Timestamp, what: &str) -> Key {
    Key::regional(&scope.account, &scope.region, format!("{:020}{SEPARATOR}{what}", at.millis().max(0)))
}

/// The item that an entry is about.
pub(crate) struct Notice {
    pub(crate) scope: Scope,
    pub(crate) taken: Timestamp,
    pub(crate) resource: ResourceKey,
}

impl Notice {
    /// Reads the key of an entry of an item; `None` when it is none of these.
    pub(crate) fn of_key(key: &Key) -> Option<Self> {
        let (taken, resource) = names(&key.name);
        let (resource_type, resource_id) = names(resource);
        Some(Self {
            scope: Scope { account: key.account.clone(), region: key.region.clone()? },
            taken: Timestamp::from_millis(taken.parse().ok()?),
            resource: ResourceKey { resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() },
        })
    }
}
