//! Which trails have digests in a bucket.

use std::collections::BTreeMap;

use base::{AccountId, Region, Timestamp};

use super::names::{DIGESTS, DigestName, digest_name};
use super::{ChainName, Objects};
use crate::delivery::{gunzipped, under_prefix};
use crate::digests::DigestDocument;

/// The digests of a trail and region, as far as their names tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundChain {
    /// Whose.
    pub name: ChainName,
    /// What their keys start with.
    pub root: String,
    /// The end of the first one's hour.
    pub first: Timestamp,
    /// The end of the last one's hour.
    pub last: Timestamp,
}

/// All chains of a bucket below a prefix, or those of an account.
///
/// # Errors
/// What happened when objects were listed.
pub async fn find_chains(
    objects: &dyn Objects,
    bucket: &str,
    prefix: Option<&str>,
    account: Option<&AccountId>,
) -> Result<Vec<FoundChain>, String> {
    let mut found: BTreeMap<(String, ChainName), FoundChain> = BTreeMap::new();
    for (root, account) in roots(objects, bucket, prefix, account).await? {
        let folder = format!("{root}{DIGESTS}");
        for listed in objects.list(bucket, &folder).await? {
            let region =
                listed.key.strip_prefix(&folder).and_then(|rest| rest.split('/').next()?.parse::<Region>().ok());
            let name = region.and_then(|region| digest_name(&listed.key, &account, &region));
            let Some(DigestName { chain, end, .. }) = name else { continue };
            let new = || FoundChain { name: chain.clone(), root: root.clone(), first: end, last: end };
            let entry = found.entry((root.clone(), chain.clone())).or_insert_with(new);
            (entry.first, entry.last) = (entry.first.min(end), entry.last.max(end));
        }
    }
    Ok(found.into_values().collect())
}

/// `AWSLogs/ACCOUNT/` and `AWSLogs/o-ORGANIZATION/ACCOUNT/`, as there are.
async fn roots(
    objects: &dyn Objects,
    bucket: &str,
    prefix: Option<&str>,
    account: Option<&AccountId>,
) -> Result<Vec<(String, AccountId)>, String> {
    let mut roots = Vec::new();
    let top = under_prefix(prefix, "AWSLogs/");
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for name in objects.folders(bucket, &folder).await? {
            let path = format!("{folder}{name}/");
            match name.parse::<AccountId>() {
                Ok(found) if account.is_none_or(|account| *account == found) => roots.push((path, found)),
                Ok(_) => {}
                Err(_) if folder == top && name.starts_with("o-") => folders.push(path),
                Err(_) => {}
            }
        }
    }
    Ok(roots)
}

/// The bucket that a copy without its name is of, by what its digests say of themselves; `None` when there are none
/// that can be read. Whether that is true is found out when they are verified.
///
/// # Errors
/// What happened when objects were read.
pub async fn bucket_of(objects: &dyn Objects, prefix: Option<&str>) -> Result<Option<String>, String> {
    for (root, _) in roots(objects, "", prefix, None).await? {
        for listed in objects.list("", &format!("{root}{DIGESTS}")).await? {
            let Some(found) = objects.get("", &listed.key).await? else { continue };
            let document = gunzipped(&found.body).and_then(|text| serde_json::from_slice::<DigestDocument>(&text).ok());
            if let Some(document) = document.filter(|document| document.object == listed.key) {
                return Ok(Some(document.bucket));
            }
        }
    }
    Ok(None)
}
