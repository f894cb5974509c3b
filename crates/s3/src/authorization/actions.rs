//! Operations, with the actions that policies name them by and the events that CloudTrail makes of them.

use crate::ports::EventKind;

/// What is known of an operation beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// The operation, by the adapter's name.
    pub(crate) operation: &'static str,
    /// The name of its event (cloudtrail.md §2.6).
    pub(crate) name: &'static str,
    /// The action, without `s3:`.
    action: &'static str,
    /// The action on a version that is named.
    version_action: Option<&'static str>,
    pub(crate) kind: EventKind,
    pub(crate) read_only: bool,
}

impl Event {
    /// The action that policies allow or deny.
    pub(crate) fn action(&self, versioned: bool) -> String {
        let name = self.version_action.filter(|_| versioned).unwrap_or(self.action);
        format!("s3:{name}")
    }
}

/// The event of an operation; of one that is not known, a management event that nobody may.
pub(crate) fn event(operation: &str) -> &'static Event {
    EVENTS.iter().find(|event| event.operation == operation).unwrap_or(&UNKNOWN)
}

static UNKNOWN: Event = manage("Unknown", "Unknown", "UnknownOperation", false);

const fn manage(operation: &'static str, name: &'static str, action: &'static str, read_only: bool) -> Event {
    Event { operation, name, action, version_action: None, kind: EventKind::Management, read_only }
}

const fn read(operation: &'static str, action: &'static str) -> Event {
    manage(operation, operation, action, true)
}

const fn write(operation: &'static str, action: &'static str) -> Event {
    manage(operation, operation, action, false)
}

const fn data(operation: &'static str, name: &'static str, action: &'static str, read_only: bool) -> Event {
    Event { operation, name, action, version_action: None, kind: EventKind::Data, read_only }
}

const fn object_read(operation: &'static str, action: &'static str, version_action: &'static str) -> Event {
    Event {
        operation,
        name: operation,
        action,
        version_action: Some(version_action),
        kind: EventKind::Data,
        read_only: true,
    }
}

const fn object_write(operation: &'static str, action: &'static str, version_action: &'static str) -> Event {
    Event { read_only: false, ..object_read(operation, action, version_action) }
}

/// Every operation of S3 that the adapter tells apart.
static EVENTS: &[Event] = &[
    // Objects.
    object_read("GetObject", "GetObject", "GetObjectVersion"),
    object_read("HeadObject", "GetObject", "GetObjectVersion"),
    object_read("GetObjectAcl", "GetObjectAcl", "GetObjectVersionAcl"),
    object_read("GetObjectAttributes", "GetObject", "GetObjectVersion"),
    object_read("GetObjectTagging", "GetObjectTagging", "GetObjectVersionTagging"),
    object_read("GetObjectRetention", "GetObjectRetention", "GetObjectRetention"),
    object_read("GetObjectLegalHold", "GetObjectLegalHold", "GetObjectLegalHold"),
    object_read("GetObjectTorrent", "GetObjectTorrent", "GetObjectVersionTorrent"),
    object_read("SelectObjectContent", "GetObject", "GetObject"),
    object_write("PutObject", "PutObject", "PutObject"),
    object_write("PostObject", "PutObject", "PutObject"),
    object_write("CopyObject", "PutObject", "PutObject"),
    object_write("RenameObject", "PutObject", "PutObject"),
    object_write("CreateMultipartUpload", "PutObject", "PutObject"),
    object_write("UploadPart", "PutObject", "PutObject"),
    object_write("UploadPartCopy", "PutObject", "PutObject"),
    object_write("CompleteMultipartUpload", "PutObject", "PutObject"),
    object_write("AbortMultipartUpload", "AbortMultipartUpload", "AbortMultipartUpload"),
    object_write("DeleteObject", "DeleteObject", "DeleteObjectVersion"),
    object_write("DeleteObjects", "DeleteObject", "DeleteObjectVersion"),
    object_write("PutObjectAcl", "PutObjectAcl", "PutObjectVersionAcl"),
    object_write("PutObjectTagging", "PutObjectTagging", "PutObjectVersionTagging"),
    object_write("DeleteObjectTagging", "DeleteObjectTagging", "DeleteObjectVersionTagging"),
    object_write("PutObjectRetention", "PutObjectRetention", "PutObjectRetention"),
    object_write("PutObjectLegalHold", "PutObjectLegalHold", "PutObjectLegalHold"),
    object_write("RestoreObject", "RestoreObject", "RestoreObject"),
    object_write("WriteGetObjectResponse", "WriteGetObjectResponse", "WriteGetObjectResponse"),
    data("ListParts", "ListParts", "ListMultipartUploadParts", true),
    data("ListObjects", "ListObjects", "ListBucket", true),
    data("ListObjectsV2", "ListObjects", "ListBucket", true),
    data("ListObjectVersions", "ListObjectVersions", "ListBucketVersions", true),
    data("HeadBucket", "HeadBucket", "ListBucket", true),
    // Buckets.
    read("ListBuckets", "ListAllMyBuckets"),
    read("ListDirectoryBuckets", "ListAllMyDirectoryBuckets"),
    read("ListMultipartUploads", "ListBucketMultipartUploads"),
    write("CreateBucket", "CreateBucket"),
    write("DeleteBucket", "DeleteBucket"),
    write("CreateSession", "CreateSession"),
    read("GetBucketLocation", "GetBucketLocation"),
    read("GetBucketAcl", "GetBucketAcl"),
    write("PutBucketAcl", "PutBucketAcl"),
    read("GetBucketPolicy", "GetBucketPolicy"),
    write("PutBucketPolicy", "PutBucketPolicy"),
    write("DeleteBucketPolicy", "DeleteBucketPolicy"),
    read("GetBucketPolicyStatus", "GetBucketPolicyStatus"),
    read("GetBucketVersioning", "GetBucketVersioning"),
    write("PutBucketVersioning", "PutBucketVersioning"),
    read("GetBucketTagging", "GetBucketTagging"),
    write("PutBucketTagging", "PutBucketTagging"),
    write("DeleteBucketTagging", "PutBucketTagging"),
    manage("GetObjectLockConfiguration", "GetBucketObjectLockConfiguration", "GetBucketObjectLockConfiguration", true),
    manage("PutObjectLockConfiguration", "PutBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration", false),
    manage("GetPublicAccessBlock", "GetBucketPublicAccessBlock", "GetBucketPublicAccessBlock", true),
    manage("PutPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock", false),
    manage("DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock", "PutBucketPublicAccessBlock", false),
    read("GetBucketOwnershipControls", "GetBucketOwnershipControls"),
    write("PutBucketOwnershipControls", "PutBucketOwnershipControls"),
    write("DeleteBucketOwnershipControls", "PutBucketOwnershipControls"),
    read("GetBucketCors", "GetBucketCORS"),
    write("PutBucketCors", "PutBucketCORS"),
    write("DeleteBucketCors", "PutBucketCORS"),
    read("GetBucketWebsite", "GetBucketWebsite"),
    write("PutBucketWebsite", "PutBucketWebsite"),
    write("DeleteBucketWebsite", "DeleteBucketWebsite"),
    read("GetBucketLogging", "GetBucketLogging"),
    write("PutBucketLogging", "PutBucketLogging"),
    read("GetBucketRequestPayment", "GetBucketRequestPayment"),
    write("PutBucketRequestPayment", "PutBucketRequestPayment"),
    read("GetBucketReplication", "GetReplicationConfiguration"),
    write("PutBucketReplication", "PutReplicationConfiguration"),
    write("DeleteBucketReplication", "PutReplicationConfiguration"),
    read("GetBucketEncryption", "GetEncryptionConfiguration"),
    write("PutBucketEncryption", "PutEncryptionConfiguration"),
    write("DeleteBucketEncryption", "PutEncryptionConfiguration"),
    manage("GetBucketLifecycleConfiguration", "GetBucketLifecycle", "GetLifecycleConfiguration", true),
    manage("PutBucketLifecycleConfiguration", "PutBucketLifecycle", "PutLifecycleConfiguration", false),
    manage("DeleteBucketLifecycle", "DeleteBucketLifecycle", "PutLifecycleConfiguration", false),
    manage("GetBucketAccelerateConfiguration", "GetAccelerateConfiguration", "GetAccelerateConfiguration", true),
    manage("PutBucketAccelerateConfiguration", "PutAccelerateConfiguration", "PutAccelerateConfiguration", false),
    manage("GetBucketNotificationConfiguration", "GetBucketNotification", "GetBucketNotification", true),
    manage("PutBucketNotificationConfiguration", "PutBucketNotification", "PutBucketNotification", false),
    read("GetBucketMetadataTableConfiguration", "GetBucketMetadataTableConfiguration"),
    write("CreateBucketMetadataTableConfiguration", "CreateBucketMetadataTableConfiguration"),
    write("DeleteBucketMetadataTableConfiguration", "DeleteBucketMetadataTableConfiguration"),
    read("GetBucketAnalyticsConfiguration", "GetAnalyticsConfiguration"),
    write("PutBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"),
    write("DeleteBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"),
    read("ListBucketAnalyticsConfigurations", "GetAnalyticsConfiguration"),
    read("GetBucketInventoryConfiguration", "GetInventoryConfiguration"),
    write("PutBucketInventoryConfiguration", "PutInventoryConfiguration"),
    write("DeleteBucketInventoryConfiguration", "PutInventoryConfiguration"),
    read("ListBucketInventoryConfigurations", "GetInventoryConfiguration"),
    read("GetBucketMetricsConfiguration", "GetMetricsConfiguration"),
    write("PutBucketMetricsConfiguration", "PutMetricsConfiguration"),
    write("DeleteBucketMetricsConfiguration", "PutMetricsConfiguration"),
    read("ListBucketMetricsConfigurations", "GetMetricsConfiguration"),
    read("GetBucketIntelligentTieringConfiguration", "GetIntelligentTieringConfiguration"),
    write("PutBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
    write("DeleteBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
    read("ListBucketIntelligentTieringConfigurations", "GetIntelligentTieringConfiguration"),
];
