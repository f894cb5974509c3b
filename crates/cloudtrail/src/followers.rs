//! The trails and event data stores that follow events, at hand for every call that is recorded.

use std::sync::{Arc, RwLock};

use base::AccountId;
use store::Catalog;
use store::trail_event::TrailEvent;

use crate::lake::stores::{EventDataStoreRecord, IngestionRecord};
use crate::trails::{Selection, Trail, TrailRecord};

/// Says, without reading the catalog's records each time, what trails and event data stores wait for.
pub struct Followers {
    catalog: Arc<Catalog>,
    known: RwLock<Known>,
}

/// Those that followed events when the records last changed.
#[derive(Default)]
struct Known {
    changes: Option<[u64; 3]>,
    followers: Arc<Vec<Follower>>,
}

struct Follower {
    selection: Selection,
    account: AccountId,
    to_log_group: bool,
    /// The ARNs of its log group, without `:*`, and of its topic.
    destinations: Vec<String>,
}

impl Followers {
    /// Of the trails and stores in this catalog.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, known: RwLock::default() }
    }

    /// Whether any may take data events of this account on resources of this type.
    pub fn want_data(&self, account: &AccountId, resource_type: &str) -> bool {
        self.all().iter().any(|follower| follower.selection.may_take_data(account, resource_type))
    }

    /// Whether any takes the event.
    pub fn take(&self, event: &TrailEvent) -> bool {
        self.all().iter().any(|follower| follower.selection.takes(event))
    }

    /// Whether a trail of the account sends events to a log group.
    pub fn have_log_groups(&self, account: &AccountId) -> bool {
        self.all().iter().any(|follower| follower.to_log_group && follower.account == *account)
    }

    /// Whether a trail delivers to the log group or tells the topic of this ARN. What is recorded of what goes on from
    /// there would come there itself, and so be the reason for the next.
    pub fn deliver_to(&self, arn: &str) -> bool {
        self.all().iter().any(|follower| follower.destinations.iter().any(|destination| destination == arn))
    }

    fn all(&self) -> Arc<Vec<Follower>> {
        let catalog = &*self.catalog;
        let changes = Some([
            catalog.changes::<TrailRecord>(),
            catalog.changes::<EventDataStoreRecord>(),
            catalog.changes::<IngestionRecord>(),
        ]);
        let known = self.known.read().expect("no holder of this lock panics");
        if known.changes == changes {
            return known.followers.clone();
        }
        drop(known);
        let followers: Arc<Vec<Follower>> = Arc::new(trails(catalog).chain(stores(catalog)).collect());
        *self.known.write().expect("no holder of this lock panics") = Known { changes, followers: followers.clone() };
        followers
    }
}

/// The trails that are logging.
fn trails(catalog: &Catalog) -> impl Iterator<Item = Follower> {
    catalog.list_all::<TrailRecord>().into_iter().filter_map(|(key, found)| {
        found.value.session?;
        let scope = base::Scope { account: key.account, region: key.region? };
        let trail = Trail { scope, name: key.name, record: found.value, version: found.version };
        let log_group = trail.record.logs.as_ref().map(|logs| logs.group_arn.trim_end_matches(":*").to_owned());
        let topic = trail.record.topic.as_ref().map(|topic| topic.arn.clone());
        Some(Follower {
            selection: Selection::of(&trail),
            destinations: log_group.into_iter().chain(topic).collect(),
            to_log_group: trail.record.logs.is_some(),
            account: trail.scope.account,
        })
    })
}

/// The stores that take events of calls.
fn stores(catalog: &Catalog) -> impl Iterator<Item = Follower> {
    catalog.list_all::<IngestionRecord>().into_iter().filter_map(|(key, found)| {
        found.value.spans.last().filter(|last| last.until.is_none())?;
        let store = catalog.get::<EventDataStoreRecord>(&key)?;
        let selection = Selection::of_store(&key.account, key.region.as_ref()?, &store.value);
        Some(Follower { selection, account: key.account, to_log_group: false, destinations: Vec::new() })
    })
}
