//! What the catalog keeps of S3. Names of buckets are unique in the whole server, so that all records are kept under
//! one key space; whom a bucket belongs to is in its record.

use std::collections::BTreeMap;

use base::{AccountId, Region, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Held, Record};

/// A bucket. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketRecord {
    /// What the names of its objects' records start with; never used again.
    pub id: String,
    /// The account that owns it.
    pub owner: AccountId,
    /// Where it was made.
    pub region: Region,
    /// When it was made.
    pub created: Timestamp,
    /// Whether older versions of its objects are kept.
    pub versioning: Versioning,
    /// Set once objects can be locked, which never ends.
    pub object_lock: Option<ObjectLock>,
    /// The bucket policy, as it was put.
    pub policy: Option<String>,
    /// Tags, in the order they were given.
    pub tags: Vec<(String, String)>,
    /// What is kept from the public; `None` when that was deleted.
    pub public_access_block: Option<PublicAccessBlock>,
    /// Who owns what others put; `None` when that was deleted.
    pub ownership: Option<Ownership>,
    /// What the configuration of its encryption says of a bucket key, which has no effect on keys of the server's.
    #[serde(default)]
    pub bucket_key_enabled: bool,
}

impl Record for BucketRecord {
    const KIND: &'static str = "s3.bucket";
    const FORMAT: u32 = 1;
}

/// Whether a bucket keeps older versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// It never did.
    Off,
    /// It does.
    Enabled,
    /// It did; new objects have the version `null`.
    Suspended,
}

/// The object lock of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// How long new objects are locked when they do not say.
    pub default: Option<DefaultRetention>,
}

/// How long new objects are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRetention {
    /// How strictly.
    pub mode: LockMode,
    /// For how many days or years.
    pub period: Period,
}

/// A time of days or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Days.
    Days(i32),
    /// Years of 365 days.
    Years(i32),
}

/// How strictly an object is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockMode {
    /// Whoever may bypass it can.
    Governance,
    /// Nobody can, root included.
    Compliance,
}

/// Until when a version is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// How strictly.
    pub mode: LockMode,
    /// Until when.
    pub until: Timestamp,
}

/// What of a bucket is kept from the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// Public bucket policies are refused.
    pub block_public_policy: bool,
    /// A public bucket policy lets in the owner's account and services alone.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Everything is kept from the public, as in new buckets.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// Who owns what others put into a bucket: its owner, either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// `BucketOwnerEnforced`
    BucketOwnerEnforced,
    /// `BucketOwnerPreferred`
    BucketOwnerPreferred,
}

/// The newest version of an object, which may be a delete marker. The key is `BUCKET-ID/KEY`.
///
/// Invariant: a key that has any version has this record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectRecord(pub Version);

impl Record for ObjectRecord {
    const KIND: &'static str = "s3.object";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// An older version of an object. The key is that of the object, U+0001, and a number that falls as versions come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OlderVersionRecord(pub Version);

impl Record for OlderVersionRecord {
    const KIND: &'static str = "s3.older_version";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// One version of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its id; `None` for the version `null`.
    pub id: Option<String>,
    /// Rises with every version of the key.
    pub sequence: u64,
    /// When it was made, to the second.
    pub modified: Timestamp,
    /// What is in it; `None` for a delete marker.
    pub content: Option<Content>,
}

impl Version {
    /// Its id as clients write it.
    pub fn shown_id(&self) -> &str {
        self.id.as_deref().unwrap_or("null")
    }
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredContent")]
pub struct Content {
    /// Length in bytes.
    pub bytes: u64,
    /// The ETag without quotes.
    pub etag: String,
    /// The files that its bytes are in, in their order.
    pub pieces: Vec<Piece>,
    /// How it came to be, when it was put in parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartSize>,
    /// The checksum that it was put with, or the default one.
    pub checksum: Option<Checksum>,
    /// What clients said about it.
    #[serde(flatten)]
    pub description: Description,
    /// Until when it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Whether it is locked until that is taken back.
    #[serde(default)]
    pub legal_hold: bool,
}

/// [`Content`] as it is read. Records of objects are read anew each time, and what is flattened would be gathered in a
/// map first.
#[derive(Deserialize)]
struct StoredContent {
    bytes: u64,
    etag: String,
    pieces: Vec<Piece>,
    #[serde(default)]
    parts: Vec<PartSize>,
    checksum: Option<Checksum>,
    #[serde(default)]
    headers: BTreeMap<Header, String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    tags: Vec<(String, String)>,
    #[serde(default)]
    retention: Option<Retention>,
    #[serde(default)]
    legal_hold: bool,
}

impl From<StoredContent> for Content {
    fn from(stored: StoredContent) -> Self {
        let StoredContent { bytes, etag, pieces, parts, checksum, headers, metadata, tags, retention, legal_hold } =
            stored;
        let description = Description { headers, metadata, tags };
        Self { bytes, etag, pieces, parts, checksum, description, retention, legal_hold }
    }
}

impl Content {
    /// Whether none of its bytes lie on disk as they came.
    pub fn is_encrypted(&self) -> bool {
        self.pieces.iter().all(|piece| piece.sealed_key.is_some())
    }
}

/// What clients say about an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// `Content-Type`, `Content-Encoding` …, by [`Header`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<Header, String>,
    /// User metadata, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Tags, in the order they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
}

/// The headers that an object keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// `Cache-Control`
    CacheControl,
    /// `Content-Disposition`
    ContentDisposition,
    /// `Content-Encoding`
    ContentEncoding,
    /// `Content-Language`
    ContentLanguage,
    /// `Content-Type`
    ContentType,
    /// `Expires`, in milliseconds since 1970.
    Expires,
    /// `x-amz-website-redirect-location`
    WebsiteRedirectLocation,
}

/// A file with bytes of an object. Its name is drawn at random: nothing a client says is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its id.
    pub id: String,
    /// Length in bytes, before they are encrypted.
    pub bytes: u64,
    /// The key that they are encrypted with, sealed; `None` for a file from before files were encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_key: Option<String>,
}

/// A part that an object was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSize {
    /// Its number.
    pub number: u16,
    /// Length in bytes.
    pub bytes: u64,
    /// Its checksum, in base64, by the object's algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// A checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// The value in base64; of a composite one with `-` and the number of parts.
    pub value: String,
    /// What it is over.
    pub over: ChecksumOver,
}

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// CRC-32
    Crc32,
    /// CRC-32C
    Crc32c,
    /// CRC-64/NVME
    Crc64Nvme,
    /// SHA-1
    Sha1,
    /// SHA-256
    Sha256,
}

/// What a checksum is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChecksumOver {
    /// The bytes.
    FullObject,
    /// The checksums of the parts.
    Composite,
}

/// A multipart upload. The key is that of the object, U+0001, and the upload's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadRecord {
    /// When it was begun.
    pub initiated: Timestamp,
    /// The ARN and the id of who began it.
    pub initiator: String,
    /// The checksum that the object shall have.
    pub algorithm: Algorithm,
    /// Whether the client asked for that checksum.
    pub asked_for_checksum: bool,
    /// What the checksum is over.
    pub checksum_over: ChecksumOver,
    /// What the client says about the object.
    pub description: Description,
    /// The lock that the client asks for.
    pub retention: Option<Retention>,
    /// The same.
    pub legal_hold: bool,
}

impl Record for UploadRecord {
    const KIND: &'static str = "s3.upload";
    const FORMAT: u32 = 1;
}

/// A part of an upload. The key is the upload's id, `/`, and the number in five digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Length in bytes.
    pub bytes: u64,
    /// The ETag without quotes: the MD5 in hexadecimal digits.
    pub etag: String,
    /// The file; `None` for a part without bytes.
    pub piece: Option<Piece>,
    /// The checksum by the upload's algorithm, in base64.
    pub checksum: String,
    /// When it was put.
    pub modified: Timestamp,
}

impl Record for PartRecord {
    const KIND: &'static str = "s3.part";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_as_it_was_written() {
        let pairs = || [("k".to_owned(), "v".to_owned())];
        let bare = Content {
            bytes: 3,
            etag: "e".to_owned(),
            pieces: vec![Piece { id: "p".to_owned(), bytes: 3, sealed_key: Some("k".to_owned()) }],
            parts: Vec::new(),
            checksum: None,
            description: Description::default(),
            retention: None,
            legal_hold: false,
        };
        let checksum =
            Checksum { algorithm: Algorithm::Crc64Nvme, value: "c".to_owned(), over: ChecksumOver::FullObject };
        let full = Content {
            parts: vec![PartSize { number: 1, bytes: 3, checksum: Some("c".to_owned()) }],
            checksum: Some(checksum),
            description: Description {
                headers: BTreeMap::from([(Header::ContentType, "text/plain".to_owned())]),
                metadata: BTreeMap::from(pairs()),
                tags: pairs().to_vec(),
            },
            retention: Some(Retention { mode: LockMode::Governance, until: Timestamp::from_secs(9) }),
            legal_hold: true,
            ..bare.clone()
        };
        for content in [bare, full] {
            let written = serde_json::to_vec(&content).unwrap();
            assert_eq!(serde_json::from_slice::<Content>(&written).unwrap(), content);
        }
    }
}
