//! The trails that are logging, at hand for every call that is recorded.

use std::sync::{Arc, RwLock};

use base::AccountId;
use store::Catalog;
use store::catalog::Key;
use store::trail_event::TrailEvent;

use crate::trails::{Selection, Trail, TrailRecord};

/// Says, without reading the catalog's records each time, what trails wait for.
pub struct Followers {
    catalog: Arc<Catalog>,
    known: RwLock<Known>,
}

/// The trails that were logging when the records last changed.
#[derive(Default)]
struct Known {
    changes: Option<u64>,
    trails: Arc<Vec<Follower>>,
}

struct Follower {
    selection: Selection,
    account: AccountId,
    to_log_group: bool,
}

impl Followers {
    /// Of the trails in this catalog.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, known: RwLock::default() }
    }

    /// Whether a trail may take data events of this account on resources of this type.
    pub fn want_data(&self, account: &AccountId, resource_type: &str) -> bool {
        self.trails().iter().any(|trail| trail.selection.may_take_data(account, resource_type))
    }

    /// Whether a trail takes the event.
    pub fn take(&self, event: &TrailEvent) -> bool {
        self.trails().iter().any(|trail| trail.selection.takes(event))
    }

    /// Whether a trail of the account sends events to a log group.
    pub fn have_log_groups(&self, account: &AccountId) -> bool {
        self.trails().iter().any(|trail| trail.to_log_group && trail.account == *account)
    }

    fn trails(&self) -> Arc<Vec<Follower>> {
        let changes = self.catalog.changes::<TrailRecord>();
        let known = self.known.read().expect("no holder of this lock panics");
        if known.changes == Some(changes) {
            return known.trails.clone();
        }
        drop(known);
        let trails = self.catalog.list_all::<TrailRecord>().into_iter();
        let follower = |(key, found): (Key, store::Versioned<TrailRecord>)| {
            found.value.session?;
            let scope = base::Scope { account: key.account, region: key.region? };
            let trail = Trail { scope, name: key.name, record: found.value, version: found.version };
            Some(Follower {
                selection: Selection::of(&trail),
                to_log_group: trail.record.logs.is_some(),
                account: trail.scope.account,
            })
        };
        let trails: Arc<Vec<Follower>> = Arc::new(trails.filter_map(follower).collect());
        *self.known.write().expect("no holder of this lock panics") =
            Known { changes: Some(changes), trails: trails.clone() };
        trails
    }
}
