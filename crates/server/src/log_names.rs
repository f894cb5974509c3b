//! What SQL calls log groups and streams, as the catalog has them.

use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};
use logs::Directory;
use logs::record::LogGroupRecord;
use query::{NamedGroup, Names};
use store::Catalog;
use store::catalog::Versioned;
use store::log_event::StreamId;

/// Groups and streams of the catalog.
pub struct LogNames {
    catalog: Arc<Catalog>,
    directory: Arc<Directory>,
}

impl LogNames {
    /// Those of this catalog, which the directory is of.
    pub fn new(catalog: Arc<Catalog>, directory: Arc<Directory>) -> Self {
        Self { catalog, directory }
    }
}

impl Names for LogNames {
    fn groups(&self, account: Option<&AccountId>, region: Option<&Region>, now: Timestamp) -> Vec<NamedGroup> {
        let named = |scope: Scope, name: String, found: &Versioned<LogGroupRecord>| NamedGroup {
            scope,
            name: name.into(),
            id: found.value.id,
            kept_from: found.value.kept_from(now),
        };
        if let (Some(account), Some(region)) = (account, region) {
            let scope = || Scope { account: account.clone(), region: region.clone() };
            let found = self.catalog.list::<LogGroupRecord>(account, Some(region));
            return found.into_iter().map(|(name, found)| named(scope(), name, &found)).collect();
        }
        let all = self.catalog.list_all::<LogGroupRecord>().into_iter();
        let wanted = all.filter_map(|(key, found)| {
            let scope = Scope { account: key.account, region: key.region? };
            let wanted = account.is_none_or(|account| *account == scope.account)
                && region.is_none_or(|region| *region == scope.region);
            wanted.then(|| named(scope, key.name, &found))
        });
        wanted.collect()
    }

    fn stream(&self, stream: StreamId) -> Option<Arc<str>> {
        self.directory.stream(stream).map(|(_, name)| name)
    }
}
