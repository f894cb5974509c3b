//! Invocations that are to be made: a record each, written in the transaction of what calls for it, and gone once the
//! function has taken it.

use base::{Entropy, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction};

use super::{listens_to, token};
use crate::present::SEPARATOR;
use crate::rule::ResourceKey;
use crate::rule_book::{self, MessageKind, Mode, RuleRecord, RuleSource};
use crate::rule_state;

/// An invocation that is to be made. The key is when it was asked for, then its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvocationRecord {
    pub(crate) rule_name: String,
    pub(crate) rule_id: String,
    pub(crate) occasion: Occasion,
    pub(crate) token: String,
    /// When it was asked for: `notificationCreationTime`.
    pub(crate) asked: Timestamp,
    /// When it is tried next.
    pub(crate) due: Timestamp,
    /// How often it failed.
    pub(crate) failures: u32,
}

impl Record for InvocationRecord {
    const KIND: &'static str = "config.invocation";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// What a function is invoked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Occasion {
    /// A resource is other than it was.
    Changed {
        resource_type: String,
        resource_id: String,
        /// When the item was taken that tells it.
        taken: Timestamp,
        /// Whether the resource is in the rule's scope no more, or gone (`eventLeftScope`).
        left_scope: bool,
    },
    /// Somebody wants to know of a resource as it is: no difference is told.
    Asked { resource_type: String, resource_id: String, taken: Timestamp },
    /// It is time.
    Scheduled,
    /// A snapshot was delivered.
    SnapshotDelivered { snapshot_id: String, bucket: String, key: String },
}

impl Occasion {
    /// The change that an item of a resource tells of.
    pub(crate) fn changed(resource: &ResourceKey, taken: Timestamp, left_scope: LeftScope) -> Self {
        let ResourceKey { resource_type, resource_id } = resource.clone();
        Self::Changed { resource_type, resource_id, taken, left_scope: left_scope == LeftScope::Yes }
    }

    /// A resource as its item has it.
    pub(crate) fn asked(resource: &ResourceKey, taken: Timestamp) -> Self {
        let ResourceKey { resource_type, resource_id } = resource.clone();
        Self::Asked { resource_type, resource_id, taken }
    }
}

/// Whether a resource has left the scope of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftScope {
    Yes,
    No,
}

/// Adds to a transaction that a rule's function is invoked, and the token that it may answer with. Who commits wakes
/// [`Signals::invocations`](crate::Signals).
pub(crate) fn invoke(
    transaction: &mut Transaction,
    entropy: &dyn Entropy,
    scope: &Scope,
    rule: &RuleRecord,
    occasion: Occasion,
    now: Timestamp,
) {
    let token = token::issue(transaction, entropy, scope, rule, now);
    let key = Key::regional(&scope.account, &scope.region, format!("{:013}{SEPARATOR}{token}", now.millis()));
    let record = InvocationRecord {
        rule_name: rule.name.clone(),
        rule_id: rule.id.clone(),
        occasion,
        token,
        asked: now,
        due: now,
        failures: 0,
    };
    transaction.create(key, &record);
}

/// A snapshot that is where it belongs.
pub(crate) struct DeliveredSnapshot<'a> {
    pub(crate) id: &'a str,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) begun: Timestamp,
}

/// Adds to a transaction that the functions are invoked which want to know of snapshots: each as often as there are some,
/// or as it wants to, whichever is less often (DC-17).
pub(crate) fn snapshot_delivered(
    catalog: &Catalog,
    transaction: &mut Transaction,
    entropy: &dyn Entropy,
    scope: &Scope,
    snapshot: &DeliveredSnapshot<'_>,
    now: Timestamp,
) {
    let mut wants = rule_book::active(catalog, scope);
    wants.retain(|found| {
        let rule = &found.value;
        let judges_what_is_there = rule.modes.is_empty() || rule.modes.contains(&Mode::Detective);
        judges_what_is_there
            && matches!(rule.source, RuleSource::Lambda { .. })
            && listens_to(rule, MessageKind::SnapshotDelivered)
    });
    for found in &wants {
        let rule = &found.value;
        if let Some(pause_ms) = pause_between_snapshots_ms(rule) {
            let told = rule_state::of(catalog, scope, &rule.id).snapshot_told;
            if told.is_some_and(|told| snapshot.begun < told.plus_millis(pause_ms)) {
                continue;
            }
            rule_state::note(catalog, transaction, scope, &rule.id, |state| state.snapshot_told = Some(snapshot.begun));
        }
        let DeliveredSnapshot { id, bucket, key, .. } = snapshot;
        let (snapshot_id, bucket, key) = ((*id).to_owned(), (*bucket).to_owned(), (*key).to_owned());
        let occasion = Occasion::SnapshotDelivered { snapshot_id, bucket, key };
        invoke(transaction, entropy, scope, rule, occasion, now);
    }
}

/// The time from one snapshot of which a rule is told to the next, where it says so.
fn pause_between_snapshots_ms(rule: &RuleRecord) -> Option<i64> {
    let of_snapshots = rule.details().iter().filter(|detail| detail.message == MessageKind::SnapshotDelivered);
    let hours = of_snapshots.filter_map(|detail| detail.period_hours).max().or(rule.period_hours);
    hours.map(|hours| hours * 3_600_000)
}
