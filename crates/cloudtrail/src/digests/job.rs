//! The job that makes and delivers digests.

use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::document::{document, signed_text, written};
use super::{ALGORITHM, ChainRecord, DeliveredFile, PendingDigest, Previous, SIGNATURE, SIGNATURE_ALGORITHM};
use crate::delivery::{
    GIVE_UP_MS, SessionRecord, gzipped, put_expected, remove_finished, sha256_hex, trail_of_session,
};
use crate::ports::{NewObject, ObjectContent, PortError};
use crate::service::Parts;
use crate::trails::{StatusRecord, Trail};
use crate::waits::Waits;

/// Makes and delivers digests.
pub struct DeliverDigests {
    parts: Parts,
    waits: Waits,
}

impl DeliverDigests {
    /// The job over all chains.
    pub fn new(parts: Parts) -> Self {
        parts.signals.digests.notify_one();
        Self { parts, waits: Waits::default() }
    }

    /// When a chain is next to be worked on; at once when it can be now.
    fn due_at(&self, key: &Key, chain: &ChainRecord) -> Timestamp {
        match self.waits.until(key) {
            Some(until) => until,
            None if chain.ending => Timestamp::MIN,
            None => chain.hour_end(),
        }
    }
}

#[async_trait]
impl Job for DeliverDigests {
    fn name(&self) -> &str {
        "cloudtrail.deliver_digests"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let chains = self.parts.catalog.list_all::<ChainRecord>();
        chains.iter().map(|(key, chain)| self.due_at(key, &chain.value).max(last_run)).min()
    }

    /// A digest covers the hour that ends when it is made, whatever the clock makes of the time between them.
    fn catches_up(&self) -> bool {
        false
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.digests
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut first = Ok(());
        for (key, chain) in self.parts.catalog.list_all::<ChainRecord>() {
            // What was put off by a stop is there before its chain's time.
            let has_pending = has_pending(&self.parts, &key);
            let is_due = match self.waits.until(&key) {
                Some(until) => until <= now,
                None => has_pending || self.due_at(&key, &chain.value) <= now,
            };
            if !is_due {
                continue;
            }
            match catch_up(&self.parts, &key, now).await {
                Ok(failure) => {
                    if let Some(error) = &failure {
                        tracing::warn!(chain = key.name, %error, "a digest could not be delivered");
                    }
                    self.waits.note(&key, failure.as_ref(), now);
                }
                Err(error) => first = first.and(Err(error)),
            }
        }
        first
    }
}

fn has_pending(parts: &Parts, chain: &Key) -> bool {
    let below = format!("{}/", chain.name);
    !parts.catalog.list_prefix::<PendingDigest>(&chain.account, chain.region.as_ref(), &below).is_empty()
}

/// The key of the session that a chain is of.
fn session_of(chain: &Key) -> Option<Key> {
    let (session, _) = chain.name.rsplit_once('/')?;
    Some(Key { name: session.to_owned(), ..chain.clone() })
}

/// Delivers all digests of a chain that are due; or tells what it stopped at.
async fn catch_up(parts: &Parts, key: &Key, now: Timestamp) -> Result<Option<PortError>, JobError> {
    let Some(session_key) = session_of(key) else { return Ok(None) };
    while let Some(chain) = parts.catalog.get::<ChainRecord>(key) {
        let session = parts.catalog.get::<SessionRecord>(&session_key);
        let trail = session.and_then(|session| trail_of_session(&parts.catalog, &session_key, &session.value));
        let Some(trail) = trail else {
            // Invariant: a session outlives its chains. Whatever broke it, such a chain would be due for ever.
            tracing::error!(chain = key.name, "a chain of digests is of no trail and is dropped");
            remove_chain(parts, key, &chain).await?;
            break;
        };
        if let Some(failure) = put_pending(parts, &trail, key, &chain.value, now).await? {
            return Ok(Some(failure));
        }
        let files = undigested(parts, key);
        match next_end(&chain.value, &files, now) {
            Next::Later => return Ok(None),
            Next::Digest(end) => decide(parts, &trail, key, &chain, files, end, now).await?,
            Next::Gone => remove_chain(parts, key, &chain).await?,
        }
    }
    remove_finished(&parts.catalog, &session_key).await?;
    Ok(None)
}

async fn remove_chain(parts: &Parts, key: &Key, chain: &Versioned<ChainRecord>) -> Result<(), JobError> {
    let mut transaction = Transaction::default();
    transaction.delete::<ChainRecord>(key.clone(), chain.version);
    settled(parts.catalog.commit(transaction).await)
}

/// What a chain does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing yet.
    Later,
    /// A digest that ends then.
    Digest(Timestamp),
    /// It has ended.
    Gone,
}

/// Hours that are over come first; a chain that ends closes the hour that is under way with a last digest, and that
/// digest comes after the one before it by a second at least: their names are told apart by it.
pub(super) fn next_end(chain: &ChainRecord, files: &[(String, Versioned<DeliveredFile>)], now: Timestamp) -> Next {
    if chain.hour_end() <= now {
        return Next::Digest(chain.hour_end());
    }
    if !chain.ending {
        return Next::Later;
    }
    let end = now.truncate_to_secs();
    match end > chain.start {
        true => Next::Digest(end),
        false if files.is_empty() => Next::Gone,
        false => Next::Digest(chain.start.plus_millis(1_000)),
    }
}

/// Delivered files that no digest lists.
fn undigested(parts: &Parts, chain: &Key) -> Vec<(String, Versioned<DeliveredFile>)> {
    parts.catalog.list_prefix(&chain.account, chain.region.as_ref(), &format!("{}/", chain.name))
}

/// Decides on a digest: lists the files that were delivered before its end, signs, and moves the chain on.
async fn decide(
    parts: &Parts,
    trail: &Trail,
    key: &Key,
    chain: &Versioned<ChainRecord>,
    files: Vec<(String, Versioned<DeliveredFile>)>,
    end: Timestamp,
    now: Timestamp,
) -> Result<(), JobError> {
    let ends_chain = chain.value.ending && end < chain.value.hour_end();
    let signing = parts.keys.for_digest(&chain.value.region, end).await?;
    // The starting digest lists nothing; the last one lists all there is.
    let is_listed = |file: &DeliveredFile| ends_chain || (chain.value.previous.is_some() && file.delivered < end);
    let listed: Vec<_> = files.into_iter().filter(|(_, file)| is_listed(&file.value)).collect();
    let contents: Vec<_> = listed.iter().map(|(_, file)| (*file.value).clone()).collect();
    let document = document(trail, &chain.value, end, &signing.fingerprint, &contents);
    let text = written(&document);
    let signature = signing.sign(signed_text(&document, text.as_bytes())).await?;
    let previous = Previous {
        bucket: document.bucket.clone(),
        key: document.object.clone(),
        hash: sha256_hex(text.as_bytes()),
        signature: signature.clone(),
    };
    let mut transaction = Transaction::default();
    let moved = ChainRecord { start: end, previous: Some(previous), ..(*chain.value).clone() };
    transaction.update(key.clone(), chain.version, &moved);
    for (name, file) in listed {
        transaction.delete::<DeliveredFile>(Key { name, ..key.clone() }, file.version);
    }
    let pending = PendingDigest { bucket: document.bucket, key: document.object, text, signature, decided: now };
    let name = format!("{}/{}", key.name, end.iso_basic());
    transaction.create(Key { name, ..key.clone() }, &pending);
    settled(parts.catalog.commit(transaction).await)
}

/// Puts the digests that were decided on, oldest first.
async fn put_pending(
    parts: &Parts,
    trail: &Trail,
    key: &Key,
    chain: &ChainRecord,
    now: Timestamp,
) -> Result<Option<PortError>, JobError> {
    let below = format!("{}/", key.name);
    for (name, digest) in parts.catalog.list_prefix::<PendingDigest>(&key.account, key.region.as_ref(), &below) {
        let PendingDigest { bucket, key: object, text, signature, decided } = &*digest.value;
        let metadata = [(SIGNATURE, signature.as_str()), (SIGNATURE_ALGORITHM, ALGORITHM)];
        let object = NewObject {
            key: object.clone(),
            body: gzipped(text.as_bytes()),
            metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            content: ObjectContent::PackedJson,
        };
        let put = parts.buckets.put(&trail.sender(), bucket, &object).await;
        let given_up = put.is_err() && now.millis() - decided.millis() >= GIVE_UP_MS;
        let status_key = StatusRecord::key(trail, &chain.region);
        let found = parts.catalog.get::<StatusRecord>(&status_key);
        let mut status = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
        let mut transaction = Transaction::default();
        match &put {
            Ok(()) => status.digest.succeed(now),
            Err(error) => status.digest.fail(&error.code, now),
        }
        put_expected(&mut transaction, status_key, found.as_ref(), &status);
        if put.is_ok() || given_up {
            transaction.delete::<PendingDigest>(Key { name, ..key.clone() }, digest.version);
        }
        settled(parts.catalog.commit(transaction).await)?;
        match put {
            Err(error) if given_up => {
                tracing::error!(trail = trail.arn(), object = object.key, %error, "a digest was given up after 30 days");
            }
            Err(error) => return Ok(Some(error)),
            Ok(()) => {}
        }
    }
    Ok(None)
}

/// What another task changed meanwhile is looked at again.
fn settled(committed: Result<(), CatalogError>) -> Result<(), JobError> {
    match committed {
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}
