//! What the catalog of a server knows of its trails: whoever has its data folder needs no server to verify them.

use base::{AccountId, Region};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::Catalog;

use super::{ChainName, Newest, NewestDigest, PublicKeys};
use crate::delivery::SessionRecord;
use crate::digests::{ChainRecord, DigestKeyRecord, PendingDigest};
use crate::trails::{StatusRecord, Trail, of_account};

/// A trail that is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTrail {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its home region.
    pub home: Region,
    /// The bucket it delivers to.
    pub bucket: String,
    /// The prefix it delivers under.
    pub prefix: Option<String>,
}

/// All trails of all accounts.
pub fn trails(catalog: &Catalog) -> Vec<KnownTrail> {
    let mut accounts: Vec<_> = catalog.list_all::<crate::trails::TrailRecord>();
    accounts.dedup_by(|(one, _), (other, _)| one.account == other.account);
    accounts.into_iter().flat_map(|(key, _)| of_account(catalog, &key.account)).map(known).collect()
}

fn known(trail: Trail) -> KnownTrail {
    KnownTrail {
        arn: trail.arn(),
        bucket: trail.record.bucket.clone(),
        prefix: trail.record.prefix.clone(),
        account: trail.scope.account,
        home: trail.scope.region,
        name: trail.name,
    }
}

/// The regions that a trail delivered digests of.
pub fn regions(catalog: &Catalog, account: &AccountId, home: &Region, name: &str) -> Vec<Region> {
    let mut trails = of_account(catalog, account).into_iter();
    let Some(trail) = trails.find(|trail| trail.name == name && trail.scope.region == *home) else {
        return Vec::new();
    };
    let below = format!("{}/", trail.record.id);
    let statuses = catalog.list_prefix::<StatusRecord>(account, Some(home), &below).into_iter();
    let delivered = statuses.filter(|(_, status)| status.value.digest.succeeded.is_some());
    delivered.filter_map(|(name, _)| name.rsplit('/').next()?.parse().ok()).collect()
}

/// All keys that digests of a region were signed with.
pub fn public_keys(catalog: &Catalog, region: &Region) -> PublicKeys {
    let of_region = catalog.list_all::<DigestKeyRecord>().into_iter();
    of_region
        .filter(|(key, _)| key.region.as_ref() == Some(region))
        .filter_map(|(key, found)| Some((key.name, STANDARD.decode(&found.value.public).ok()?)))
        .collect()
}

/// What is known of the newest digest of a trail and region.
pub fn newest(catalog: &Catalog, name: &ChainName) -> Newest {
    let mut trails = of_account(catalog, &name.account).into_iter();
    let Some(trail) = trails.find(|trail| trail.name == name.trail && trail.scope.region == name.home) else {
        return Newest::Unknown;
    };
    let (account, home) = (&name.account, Some(&name.home));
    let sessions = catalog.list_prefix::<SessionRecord>(account, home, &format!("{}/", trail.record.id));
    for (session, _) in sessions.into_iter().rev() {
        let chains = catalog.list_prefix::<ChainRecord>(account, home, &format!("{session}/{}", name.region));
        let Some((chain, found)) = chains.into_iter().find(|(_, chain)| chain.value.region == name.region) else {
            continue;
        };
        // What is still to be put is not in the bucket, and nothing tells what was put before it.
        if !catalog.list_prefix::<PendingDigest>(account, home, &format!("{chain}/")).is_empty() {
            return Newest::Unknown;
        }
        if let Some(previous) = found.value.previous.clone() {
            return Newest::Is(NewestDigest {
                end: found.value.start,
                bucket: previous.bucket,
                key: previous.key,
                hash: previous.hash,
                signature: previous.signature,
            });
        }
    }
    let status = catalog.get::<StatusRecord>(&StatusRecord::key(&trail, &name.region));
    let delivered = status.and_then(|status| status.value.digest.succeeded);
    delivered.map_or(Newest::Unknown, Newest::Delivered)
}
