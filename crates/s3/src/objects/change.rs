//! Changes of a key's versions.

use std::sync::Arc;

use base::Timestamp;
use s3s::{S3ErrorCode, S3Result};
use store::catalog::{Transaction, Versioned};

use super::condition::WriteCondition;
use super::find::{Found, VersionId};
use crate::errors;
use crate::lock::{self, Governance};
use crate::names::{bucket_prefix, many_prefix, new_version_id, object_name, record_key, version_name};
use crate::record::{BucketRecord, Content, ObjectRecord, OlderVersionRecord, Piece, Version, Versioning};
use crate::shared::{Bucket, Shared};

/// An object to be made.
pub(crate) struct NewObject<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) content: Content,
    pub(crate) condition: WriteCondition,
}

/// What became of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    /// The id of the version that is gone, or of the delete marker that was made.
    pub(crate) version_id: Option<String>,
    /// Whether that is a delete marker.
    pub(crate) delete_marker: bool,
    /// Its bytes, where it was an object.
    pub(crate) bytes: Option<u64>,
}

impl Shared {
    /// Makes a version of an object, the newest of its key; `also` adds to the transaction. What it replaces goes.
    ///
    /// # Errors
    /// `NoSuchBucket`, those of the condition, those of `also`, those of the catalog.
    pub(crate) async fn put(
        self: &Arc<Self>,
        new: NewObject<'_>,
        also: impl Fn(&mut Transaction) -> S3Result<()> + Send + Sync,
    ) -> S3Result<Version> {
        let _open = self.gate.read().await;
        self.put_inside(new, also).await
    }

    /// The same, for who holds the gate.
    ///
    /// # Errors
    /// The same.
    pub(crate) async fn put_inside(
        self: &Arc<Self>,
        new: NewObject<'_>,
        also: impl Fn(&mut Transaction) -> S3Result<()> + Send + Sync,
    ) -> S3Result<Version> {
        let NewObject { bucket, key, content, condition } = new;
        let _turn = self.turn(bucket, key).await;
        let (version, retired) = self
            .change(|| {
                let found = self.bucket(bucket)?;
                let newest = self.newest(&found, key);
                condition.check(newest.as_ref().map(|newest| &newest.value.0))?;
                let mut transaction = Transaction::default();
                also(&mut transaction)?;
                let mut content = content.clone();
                if content.retention.is_none()
                    && let Some(default) = found.record.object_lock.as_ref().and_then(|lock| lock.default)
                {
                    content.retention = Some(lock::by_default(default, self.clock.now()));
                }
                let (version, retired) = self.add(&mut transaction, &found, key, newest, Some(content));
                Ok((transaction, (version, retired)))
            })
            .await?;
        self.files.retire(retired);
        Ok(version)
    }

    /// Deletes a key as a client does that names no version, or the version that it names.
    ///
    /// # Errors
    /// `NoSuchBucket`; those of the condition; `AccessDenied` when the version is locked; those of the catalog.
    pub(crate) async fn remove(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        id: &VersionId,
        governance: Governance,
        condition: &WriteCondition,
    ) -> S3Result<Removed> {
        let _open = self.gate.read().await;
        let _turn = self.turn(bucket, key).await;
        let (removed, retired) = self
            .change(|| {
                let found = self.bucket(bucket)?;
                let mut transaction = Transaction::default();
                let newest = self.newest(&found, key);
                condition.check(newest.as_ref().map(|newest| &newest.value.0))?;
                let done = match id {
                    VersionId::Newest => self.remove_newest(&mut transaction, &found, key, newest),
                    id => self.remove_version(&mut transaction, &found, key, id, governance)?,
                };
                Ok((transaction, done))
            })
            .await?;
        self.files.retire(retired);
        Ok(removed)
    }

    /// Alters what is said about a version: its tags or its lock.
    ///
    /// # Errors
    /// `NoSuchKey` and its like, those of `alter`, those of the catalog.
    pub(crate) async fn alter(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        id: &VersionId,
        mut alter: impl FnMut(&Bucket, &mut Content, Timestamp) -> S3Result<()> + Send,
    ) -> S3Result<Version> {
        let _open = self.gate.read().await;
        let _turn = self.turn(bucket, key).await;
        self.change(|| {
            let bucket = self.bucket(bucket)?;
            let found = self.find_object(&bucket, key, id)?;
            let mut version = found.version().clone();
            let content = version.content.as_mut().expect("what was found is an object");
            alter(&bucket, content, self.clock.now())?;
            let mut transaction = Transaction::default();
            Self::check_bucket(&mut transaction, &bucket);
            match &found {
                Found::Newest(newest) => {
                    let name = record_key(object_name(&bucket.record.id, key));
                    transaction.update(name, newest.version, &ObjectRecord(version.clone()));
                }
                Found::Older(name, older) => {
                    let name = record_key(name.as_str());
                    transaction.update(name, older.version, &OlderVersionRecord(version.clone()));
                }
            }
            Ok((transaction, version))
        })
        .await
    }

    /// Puts a version before all others: an object, or a delete marker. Gives the files that it replaces.
    fn add(
        &self,
        transaction: &mut Transaction,
        bucket: &Bucket,
        key: &str,
        newest: Option<Versioned<ObjectRecord>>,
        content: Option<Content>,
    ) -> (Version, Vec<Piece>) {
        Self::check_bucket(transaction, bucket);
        let version = Version {
            id: (bucket.record.versioning == Versioning::Enabled).then(|| new_version_id(&*self.entropy)),
            sequence: newest.as_ref().map_or(0, |newest| newest.value.0.sequence + 1),
            modified: self.clock.now().truncate_to_secs(),
            content,
        };
        let mut retired = Vec::new();
        if let Some(newest) = &newest {
            let before = &newest.value.0;
            if before.id.is_none() && version.id.is_none() {
                retired.extend(pieces(before));
            } else {
                let name = version_name(&bucket.record.id, key, before.sequence);
                transaction.put(record_key(name), &OlderVersionRecord(before.clone()));
            }
            if version.id.is_none() {
                // There is one version `null` at most.
                for (name, older) in self.older(bucket, key) {
                    if older.value.0.id.is_none() {
                        retired.extend(pieces(&older.value.0));
                        transaction.delete::<OlderVersionRecord>(record_key(name), older.version);
                    }
                }
            }
        }
        let name = record_key(object_name(&bucket.record.id, key));
        match newest {
            Some(newest) => transaction.update(name, newest.version, &ObjectRecord(version.clone())),
            None => transaction.create(name, &ObjectRecord(version.clone())),
        };
        (version, retired)
    }

    fn remove_newest(
        &self,
        transaction: &mut Transaction,
        bucket: &Bucket,
        key: &str,
        newest: Option<Versioned<ObjectRecord>>,
    ) -> (Removed, Vec<Piece>) {
        if bucket.record.versioning != Versioning::Off {
            let (marker, retired) = self.add(transaction, bucket, key, newest, None);
            let version_id = Some(marker.shown_id().to_owned());
            return (Removed { version_id, delete_marker: true, bytes: None }, retired);
        }
        let Some(newest) = newest else { return (Removed::default(), Vec::new()) };
        Self::check_bucket(transaction, bucket);
        transaction.delete::<ObjectRecord>(record_key(object_name(&bucket.record.id, key)), newest.version);
        let bytes = newest.value.0.content.as_ref().map(|content| content.bytes);
        (Removed { bytes, ..Removed::default() }, pieces(&newest.value.0))
    }

    fn remove_version(
        &self,
        transaction: &mut Transaction,
        bucket: &Bucket,
        key: &str,
        id: &VersionId,
        governance: Governance,
    ) -> S3Result<(Removed, Vec<Piece>)> {
        let Some(found) = self.find(bucket, key, id) else {
            // What is not there is gone.
            let version_id = match id {
                VersionId::Id(id) => Some(id.clone()),
                VersionId::Null | VersionId::Newest => Some("null".to_owned()),
            };
            return Ok((Removed { version_id, ..Removed::default() }, Vec::new()));
        };
        let version = found.version();
        if let Some(content) = &version.content {
            lock::may_remove(content, self.clock.now(), governance).map_err(|_| locked())?;
        }
        Self::check_bucket(transaction, bucket);
        let name = object_name(&bucket.record.id, key);
        match &found {
            Found::Older(name, older) => {
                transaction.delete::<OlderVersionRecord>(record_key(name.as_str()), older.version);
            }
            Found::Newest(newest) => {
                // The next older version becomes the newest.
                let prefix = many_prefix(&bucket.record.id, key);
                let next = self.catalog.page::<OlderVersionRecord>(&record_key(prefix.as_str()), &prefix, 1);
                match next.into_iter().next() {
                    Some((older_name, older)) => {
                        let older = older.read();
                        let version = ObjectRecord(older.value.0.clone());
                        transaction.update(record_key(name), newest.version, &version);
                        transaction.delete::<OlderVersionRecord>(record_key(older_name), older.version);
                    }
                    None => {
                        transaction.delete::<ObjectRecord>(record_key(name), newest.version);
                    }
                }
            }
        }
        let removed = Removed {
            version_id: Some(version.shown_id().to_owned()),
            delete_marker: version.content.is_none(),
            bytes: version.content.as_ref().map(|content| content.bytes),
        };
        Ok((removed, pieces(version)))
    }

    /// Removes a bucket that has nothing in it.
    ///
    /// # Errors
    /// `NoSuchBucket`, `BucketNotEmpty`, those of the catalog.
    pub(crate) async fn remove_bucket(self: &Arc<Self>, name: &str) -> S3Result<()> {
        // Nothing is put meanwhile.
        let _closed = self.gate.write().await;
        let retired = self
            .change(|| {
                let bucket = self.bucket(name)?;
                let prefix = bucket_prefix(&bucket.record.id);
                let from = record_key(prefix.as_str());
                if !self.catalog.page::<ObjectRecord>(&from, &prefix, 1).is_empty() {
                    return Err(errors::error(S3ErrorCode::BucketNotEmpty));
                }
                let mut transaction = Transaction::default();
                // Uploads under way do not keep a bucket; they go with it.
                let mut retired = Vec::new();
                for upload in self.uploads(&bucket) {
                    retired.extend(self.drop_upload(&mut transaction, &upload));
                }
                transaction.delete::<BucketRecord>(record_key(name), bucket.version);
                Ok((transaction, retired))
            })
            .await?;
        self.files.retire(retired);
        Ok(())
    }
}

fn pieces(version: &Version) -> Vec<Piece> {
    version.content.as_ref().map(|content| content.pieces.clone()).unwrap_or_default()
}

/// What is said when a lock stands.
pub(crate) fn locked() -> s3s::S3Error {
    errors::with(S3ErrorCode::AccessDenied, "Access Denied because object protected by object lock.")
}
