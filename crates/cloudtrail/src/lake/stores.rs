//! Event data stores: what they are set up to keep, and how they are found (cloudtrail.md §0.10, §7.1).

use std::sync::Arc;

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use base::time::DAY_MS;
use base::{AccountId, Scope, Timestamp};
use lang::event_selector::{Selector, StoreContent};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction};

use crate::trails::InsightSelector;

/// What stands before the id in a store's ARN.
pub(crate) const RESOURCE: &str = "eventdatastore/";

/// An event data store. The key is its account, its home region and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventDataStoreRecord {
    /// The number that its events are kept under; no other store ever has it.
    pub(crate) number: u32,
    pub(crate) name: String,
    /// What it takes; at least one.
    pub(crate) selectors: Vec<Selector>,
    /// Whether it takes events, unless it is to be deleted.
    pub(crate) ingestion: Ingestion,
    pub(crate) multi_region: bool,
    /// Days that events are kept, counted from their own times.
    pub(crate) retention_days: u32,
    pub(crate) billing: Billing,
    pub(crate) termination_protection: bool,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, Option<String>)>,
    /// Rates that are watched, and where what is found goes.
    #[serde(default)]
    pub(crate) insights: Option<StoreInsights>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// When it was deleted: it can be restored for [`super::RESTORABLE_DAYS`] more.
    pub(crate) deleted: Option<Timestamp>,
}

impl Record for EventDataStoreRecord {
    const KIND: &'static str = "cloudtrail.event_data_store";
    const FORMAT: u32 = 1;
}

/// Rates of the account's management events that are watched for a store (cloudtrail.md §4.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreInsights {
    /// At least one; of management events alone.
    pub(crate) selectors: Vec<InsightSelector>,
    /// The id of the store that takes what is found, in the same account and home region.
    pub(crate) destination: String,
    /// What was found after this position goes there.
    pub(crate) after: u64,
}

/// Whether a store takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ingestion {
    Started,
    Stopped,
}

/// How a store is paid for, which bounds its retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Billing {
    ExtendableRetention,
    FixedRetention,
}

/// When a store took events, in the order of their arrival. It has the store's key; only stores that copy calls have
/// one. Whoever copies reads events of the first span and removes it when it is over and read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IngestionRecord {
    /// By position, without overlaps. Only the last may be open.
    pub(crate) spans: Vec<Span>,
}

impl Record for IngestionRecord {
    const KIND: &'static str = "cloudtrail.event_data_store_ingestion";
    const FORMAT: u32 = 1;
}

/// A time between start and stop, as positions of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    /// Events after this position, …
    pub(crate) after: u64,
    /// … and at or before this one, once it is over.
    pub(crate) until: Option<u64>,
}

/// The next number for a store. The key is global, of account zero, and its name empty: events of all accounts are told
/// apart by the store's number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NextNumberRecord {
    next: u32,
}

impl Record for NextNumberRecord {
    const KIND: &'static str = "cloudtrail.event_data_store_number";
    const FORMAT: u32 = 1;
}

/// A number that no store ever had, from 1. It is taken when the transaction is committed.
pub(crate) fn take_number(catalog: &Catalog, transaction: &mut Transaction) -> u32 {
    let key = Key::global(&AccountId::from_number(0).expect("zero is an account number"), "");
    match catalog.get::<NextNumberRecord>(&key) {
        None => {
            transaction.create(key, &NextNumberRecord { next: 2 });
            1
        }
        Some(found) => {
            let number = found.value.next;
            transaction.update(key, found.version, &NextNumberRecord { next: number + 1 });
            number
        }
    }
}

/// An event data store as found.
#[derive(Clone, Debug)]
pub(crate) struct EventDataStore {
    /// Its account and home region.
    pub(crate) scope: Scope,
    /// Its id, a UUID.
    pub(crate) id: String,
    pub(crate) record: Arc<EventDataStoreRecord>,
    pub(crate) version: u64,
}

impl EventDataStore {
    pub(crate) fn arn(&self) -> String {
        arn(&self.scope, &self.id)
    }

    pub(crate) fn key(&self) -> Key {
        Key::regional(&self.scope.account, &self.scope.region, &*self.id)
    }

    /// Lets a transaction fail when the store was changed or deleted since it was found.
    pub(crate) fn expect_unchanged(&self, transaction: &mut Transaction) {
        transaction.check::<EventDataStoreRecord>(self.key(), Expect::Version(self.version));
    }

    /// What it keeps.
    pub(crate) fn content(&self) -> StoreContent {
        let name = self.record.selectors.first().and_then(Selector::category_name);
        name.and_then(StoreContent::of_category).expect("the selectors of a store are checked before they are kept")
    }

    /// Whether it was deleted so long ago that nobody can reach it any more.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.gone_at().is_some_and(|gone| gone <= now)
    }

    /// When it can no longer be restored, if it was deleted.
    pub(crate) fn gone_at(&self) -> Option<Timestamp> {
        self.record.deleted.map(|deleted| deleted.plus_millis(super::RESTORABLE_DAYS * DAY_MS))
    }

    /// Whether it takes events now.
    pub(crate) fn is_ingesting(&self) -> bool {
        self.record.deleted.is_none() && self.record.ingestion == Ingestion::Started
    }

    /// The store, unless it was deleted.
    ///
    /// # Errors
    /// `InactiveEventDataStoreException`
    pub(crate) fn active(self) -> Result<Self, ServiceError> {
        match self.record.deleted {
            None => Ok(self),
            Some(_) => Err(errors::inactive_event_data_store_exception(format!(
                "The event data store {} is pending deletion.",
                self.arn()
            ))),
        }
    }
}

/// A store's ARN.
pub(crate) fn arn(scope: &Scope, id: &str) -> String {
    super::arn(scope, RESOURCE, id)
}

/// The account, the home region and the id that an ARN or an id names; an id is one of the caller's.
///
/// # Errors
/// `EventDataStoreARNInvalidException`
pub(crate) fn parse(cx: &CallContext, text: &str) -> Result<(Scope, String), ServiceError> {
    let named = super::parse(cx, RESOURCE, text);
    named.ok_or_else(|| {
        let message = format!("{text} is neither the ARN nor the ID of an event data store.");
        errors::event_data_store_arn_invalid_exception(message)
    })
}

/// The caller's store that an ARN or an id names, deleted or not. It is known in its home region alone.
///
/// # Errors
/// `EventDataStoreARNInvalidException`, `EventDataStoreNotFoundException`
pub(crate) fn found(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<EventDataStore, ServiceError> {
    let store = found_shared(catalog, cx, text)?;
    match store.scope.account == *cx.account() {
        true => Ok(store),
        false => Err(not_found(cx, text)),
    }
}

/// The same, and by its ARN a store of another account too: for operations that its policy can open to others, which is
/// seen to before they run (cloudtrail.md §9.3).
///
/// # Errors
/// Those of [`found`].
pub(crate) fn found_shared(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<EventDataStore, ServiceError> {
    let (scope, id) = parse(cx, text)?;
    let store = Some(scope).filter(|scope| scope.region == cx.region).and_then(|scope| at(catalog, &scope, &id));
    store.filter(|store| !store.is_gone(cx.now)).ok_or_else(|| not_found(cx, text))
}

fn not_found(cx: &CallContext, text: &str) -> ServiceError {
    let message = format!("The event data store {text} does not exist in {}.", cx.region);
    errors::event_data_store_not_found_exception(message)
}

/// The store that an ARN or an id names, for operations that those pending deletion do not take.
///
/// # Errors
/// Those of [`found`], `InactiveEventDataStoreException`
pub(crate) fn found_active(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<EventDataStore, ServiceError> {
    found(catalog, cx, text)?.active()
}

/// The store whose ingestion is to be started or stopped, which it must be neither already (cloudtrail.md §7.1).
///
/// # Errors
/// Those of [`found`], `InvalidEventDataStoreCategoryException`, `InvalidEventDataStoreStatusException`
pub(crate) fn found_to_turn(
    catalog: &Catalog,
    cx: &CallContext,
    text: &str,
    from: Ingestion,
) -> Result<EventDataStore, ServiceError> {
    let store = found(catalog, cx, text)?;
    if store.content() != StoreContent::Calls {
        return Err(errors::invalid_event_data_store_category_exception(
            "Ingestion is started and stopped for event data stores of management events, data events and network \
             activity only.",
        ));
    }
    let state = match (store.record.deleted, store.record.ingestion) {
        (None, now) if now == from => return Ok(store),
        (Some(_), _) => "PENDING_DELETION",
        (None, Ingestion::Started) => "ENABLED",
        (None, Ingestion::Stopped) => "STOPPED_INGESTION",
    };
    let message = format!("The event data store {} has the status {state}.", store.arn());
    Err(errors::invalid_event_data_store_status_exception(message))
}

/// The store of this id in this home region.
pub(crate) fn at(catalog: &Catalog, home: &Scope, id: &str) -> Option<EventDataStore> {
    let found = catalog.get::<EventDataStoreRecord>(&Key::regional(&home.account, &home.region, id))?;
    Some(EventDataStore { scope: home.clone(), id: id.to_owned(), record: found.value, version: found.version })
}

/// All stores of an account in a region, by id, those pending deletion among them.
pub(crate) fn in_region(catalog: &Catalog, scope: &Scope, now: Timestamp) -> Vec<EventDataStore> {
    let stores = catalog.list::<EventDataStoreRecord>(&scope.account, Some(&scope.region)).into_iter();
    stores
        .map(|(id, found)| EventDataStore { scope: scope.clone(), id, record: found.value, version: found.version })
        .filter(|store| !store.is_gone(now))
        .collect()
}

/// All stores of all accounts, those pending deletion among them.
pub(crate) fn all(catalog: &Catalog) -> Vec<EventDataStore> {
    let stores = catalog.list_all::<EventDataStoreRecord>().into_iter();
    stores
        .filter_map(|(key, found)| {
            let scope = Scope { account: key.account, region: key.region? };
            Some(EventDataStore { scope, id: key.name, record: found.value, version: found.version })
        })
        .collect()
}

/// Lets a store take the events after a position.
pub(crate) fn start_ingestion(catalog: &Catalog, key: &Key, after: u64, transaction: &mut Transaction) {
    let open = Span { after, until: None };
    match catalog.get::<IngestionRecord>(key) {
        None => drop(transaction.create(key.clone(), &IngestionRecord { spans: vec![open] })),
        Some(found) => {
            let mut spans = found.value.spans.clone();
            // The place may have moved on since the position was asked for.
            let before = spans.last().and_then(|last| last.until).unwrap_or(0);
            spans.push(Span { after: after.max(before), until: None });
            transaction.update(key.clone(), found.version, &IngestionRecord { spans });
        }
    }
}

/// Lets a store take no events after a position.
pub(crate) fn stop_ingestion(catalog: &Catalog, key: &Key, until: u64, transaction: &mut Transaction) {
    let Some(found) = catalog.get::<IngestionRecord>(key) else { return };
    let mut spans = found.value.spans.clone();
    if let Some(last) = spans.last_mut().filter(|last| last.until.is_none()) {
        last.until = Some(until.max(last.after));
        transaction.update(key.clone(), found.version, &IngestionRecord { spans });
    }
}
