//! Data protection (logs.md §8.4): sensitive data are stored as they came and masked when they are read, by the
//! policy that held when the event was ingested.

use std::borrow::Cow;
use std::sync::Arc;

use api::logs::errors;
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use lang::mask::{Masker, Policy};
use lang::needle::Needle;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record};
use store::log_event::NewEvent;

use crate::Logs;
use crate::account_policies::{self, AccountEffects, AccountPolicyType};
use crate::groups::{self, Group};
use crate::history::{Compiled, History, Sources, Timeline};
use crate::record::{LogGroupClass, LogGroupRecord};

/// A group's policies. The key is what a group's belongings have and [`NAME`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProtectionRecord {
    /// The documents as they were given.
    pub documents: History<String>,
    /// When the policy was last put.
    pub updated: Timestamp,
}

impl Record for DataProtectionRecord {
    const KIND: &'static str = "logs.data_protection";
    const FORMAT: u32 = 1;
}

/// How the record's key ends.
pub(crate) const NAME: &str = "data-protection";

/// What was made of groups' policies.
type Maskers = Compiled<DataProtectionRecord, Masker>;

/// How messages of a group are shown. The default is as they are.
#[derive(Clone, Debug, Default)]
pub struct Masking {
    maskers: Option<Arc<Timeline<Masker>>>,
}

/// How messages of a group are shown to a caller: in clear where it asks for that and may, else masked.
///
/// # Errors
/// `AccessDeniedException` for a caller that asks for clear text without the permission `logs:Unmask`.
pub(crate) fn clear_or_masked(
    logs: &Logs,
    cx: &CallContext,
    group: &Group,
    unmask: Option<bool>,
) -> Result<Masking, ServiceError> {
    if unmask != Some(true) {
        return Ok(masked(logs, &group.scope, &group.record));
    }
    let arn = group.arn();
    if !logs.parts.permissions.allows(cx, "logs:Unmask", &arn) {
        let who = cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default();
        let message = format!("User: {who} is not authorized to perform: logs:Unmask on resource: {arn}");
        return Err(errors::access_denied_exception(message));
    }
    Ok(Masking::default())
}

/// How messages of a group are shown where nobody can ask for clear text: filters, subscriptions, live tails.
pub(crate) fn masked(logs: &Logs, scope: &Scope, group: &LogGroupRecord) -> Masking {
    logs.protection.of(scope, group)
}

/// What data protection makes of groups' messages.
pub struct DataProtection {
    catalog: Arc<Catalog>,
    maskers: Maskers,
    account_effects: Arc<AccountEffects>,
}

impl DataProtection {
    /// By the policies in this catalog.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self::with_effects(catalog, Arc::default())
    }

    pub(crate) fn with_effects(catalog: Arc<Catalog>, account_effects: Arc<AccountEffects>) -> Self {
        Self { catalog, maskers: Maskers::default(), account_effects }
    }

    /// How a group's messages are shown: what its policy names and what the account's names is masked alike (logs.md
    /// DP-2).
    pub fn of(&self, scope: &Scope, group: &LogGroupRecord) -> Masking {
        // The other classes have no data protection (logs.md LG-7).
        if group.class != LogGroupClass::Standard {
            return Masking::default();
        }
        let key = Key::regional(&scope.account, &scope.region, format!("{}{NAME}", groups::belongings(group.id)));
        let own = self.catalog.get::<DataProtectionRecord>(&key).map(|found| found.value);
        let account = self.account_effects.of(&self.catalog, scope);
        if own.is_none() {
            self.maskers.forget(group.id);
            let maskers = (!account.protects_nothing()).then(|| account.maskers().clone());
            return Masking { maskers: maskers.filter(|maskers| !maskers.is_empty()) };
        }
        Masking { maskers: self.maskers.of(group.id, Sources { own, account }, compile) }
    }
}

/// Whether the account's policy masks events of the group that come now.
pub(crate) fn is_inherited(logs: &Logs, group: &Group) -> bool {
    let of = AccountPolicyType::DataProtection;
    group.record.class == LogGroupClass::Standard
        && !account_policies::in_force(&logs.parts.catalog, &group.scope, of).is_empty()
}

/// The record of a group's policies.
pub(crate) fn record(catalog: &Catalog, group: &Group) -> Option<Arc<DataProtectionRecord>> {
    catalog.get::<DataProtectionRecord>(&group.belonging(NAME)).map(|found| found.value)
}

fn compile(Sources { own, account }: &Sources<DataProtectionRecord>) -> Timeline<Masker> {
    let own = own.as_ref().map(|record| record.documents.compile(|document| parsed(document)));
    let all: Vec<_> = own.iter().chain(account.protection()).collect();
    Timeline::together(&all, |held| Some(Masker::new(held.iter().map(|policy| &***policy))))
}

fn parsed(document: &str) -> Option<Arc<Policy>> {
    match Policy::parse(document) {
        Ok(policy) => Some(Arc::new(policy)),
        Err(error) => {
            tracing::error!(error, "a data protection policy that was accepted cannot be read any more");
            None
        }
    }
}

impl Masking {
    /// Whether it may hide something.
    pub fn masks(&self) -> bool {
        self.maskers.is_some()
    }

    /// A message as it is shown.
    pub fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        match self.maskers.as_ref().and_then(|maskers| maskers.at(ingested)) {
            Some(masker) => masker.mask(message),
            None => Cow::Borrowed(message),
        }
    }

    /// A shared message as it is shown: the same, where nothing is masked.
    pub(crate) fn shared(&self, ingested: Timestamp, message: Arc<str>) -> Arc<str> {
        match self.message(ingested, &message) {
            Cow::Borrowed(_) => message,
            Cow::Owned(masked) => masked.into(),
        }
    }

    /// Events that are being taken, as filters see them.
    pub(crate) fn events<'e>(&self, taken: Timestamp, events: &'e [NewEvent]) -> Cow<'e, [NewEvent]> {
        match self.maskers.as_ref().and_then(|maskers| maskers.at(taken)) {
            None => Cow::Borrowed(events),
            Some(masker) => {
                let masked =
                    |event: &NewEvent| NewEvent { time: event.time, message: masker.mask(&event.message).into() };
                Cow::Owned(events.iter().map(masked).collect())
            }
        }
    }

    /// What a message must contain in the store for a condition on what is shown to have a chance. Masking adds nothing
    /// but asterisks, so only what asks for those may be missing there.
    pub fn needle(&self, needle: Needle) -> Needle {
        match self.maskers.is_some() && has_asterisk(&needle) {
            true => Needle::Anything,
            false => needle,
        }
    }
}

fn has_asterisk(needle: &Needle) -> bool {
    match needle {
        Needle::Contains { literal, .. } => literal.contains('*'),
        Needle::All(needles) | Needle::AnyOf(needles) => needles.iter().any(has_asterisk),
        Needle::Anything | Needle::Nothing => false,
    }
}
