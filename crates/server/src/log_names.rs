//! What SQL calls log groups and streams, as the catalog has them.

use std::borrow::Cow;
use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};
use lang::needle::Needle;
use logs::record::LogGroupRecord;
use logs::{DataProtection, Directory, Masking};
use query::{Mask, NamedGroup, Names};
use store::Catalog;
use store::catalog::Versioned;
use store::log_event::StreamId;

/// Groups and streams of the catalog.
pub struct LogNames {
    catalog: Arc<Catalog>,
    directory: Arc<Directory>,
    protection: DataProtection,
}

impl LogNames {
    /// Those of this catalog, which the directory is of.
    pub fn new(catalog: Arc<Catalog>, directory: Arc<Directory>) -> Self {
        let protection = DataProtection::new(catalog.clone());
        Self { catalog, directory, protection }
    }
}

impl Names for LogNames {
    fn groups(&self, account: Option<&AccountId>, region: Option<&Region>, now: Timestamp) -> Vec<NamedGroup> {
        let named = |scope: Scope, name: String, found: &Versioned<LogGroupRecord>| {
            let masking = self.protection.of(&scope, &found.value);
            NamedGroup {
                scope,
                name: name.into(),
                id: found.value.id,
                kept_from: found.value.kept_from(now),
                mask: masking.masks().then(|| Arc::new(Masked(masking)) as Arc<dyn Mask>),
            }
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

/// What data protection shows of a group's messages.
#[derive(Debug)]
struct Masked(Masking);

impl Mask for Masked {
    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        self.0.message(ingested, message)
    }

    fn needle(&self, needle: Needle) -> Needle {
        self.0.needle(needle)
    }
}
