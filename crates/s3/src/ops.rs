//! The operations. Permission was asked before (`authorization`); each is a function of the request.

mod abort_multipart_upload;
mod bucket_acl;
mod bucket_encryption;
mod bucket_ownership_controls;
mod bucket_policy;
mod bucket_tagging;
mod bucket_versioning;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_objects;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_parts;
mod not_configured;
mod object_acl;
mod object_legal_hold;
mod object_lock_configuration;
mod object_retention;
mod object_tagging;
mod public_access_block;
pub(crate) mod put_object;
mod upload_part;
mod upload_part_copy;

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::call::Call;
use crate::record::{self, Algorithm, ChecksumOver};
use crate::shared::{Bucket, Shared};

/// What operations work with: what all requests share, and the request.
pub(crate) struct Operations {
    pub(crate) shared: Arc<Shared>,
    pub(crate) call: Arc<Call>,
}

impl Operations {
    /// Notes how large the object is that the call is about.
    fn note_bytes(&self, bytes: u64) {
        self.call.known().object_bytes = Some(bytes);
    }

    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.shared.bucket(name)
    }
}

macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident = $run:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $run(self, request).await
            })*
        }
    };
}

operations! {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = abort_multipart_upload::run;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput
        = complete_multipart_upload::run;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy_object::run;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = create_bucket::run;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = create_multipart_upload::run;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = delete_bucket::run;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = not_configured::delete_cors;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput
        = bucket_encryption::delete;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput
        = not_configured::delete_lifecycle;
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput
        = bucket_ownership_controls::delete;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = bucket_policy::delete;
    delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput
        = not_configured::delete_replication;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = bucket_tagging::delete;
    delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput = not_configured::delete_website;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete_object::run;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = object_tagging::delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete_objects::run;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput
        = public_access_block::delete;
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput)
        -> GetBucketAccelerateConfigurationOutput = not_configured::get_accelerate;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = bucket_acl::get;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = not_configured::get_cors;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = bucket_encryption::get;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput
        = not_configured::get_lifecycle;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = head_bucket::location;
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = not_configured::get_logging;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput)
        -> GetBucketNotificationConfigurationOutput = not_configured::get_notification;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput
        = bucket_ownership_controls::get;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = bucket_policy::get;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = bucket_policy::status;
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = not_configured::get_replication;
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput
        = not_configured::get_request_payment;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = bucket_tagging::get;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = bucket_versioning::get;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = not_configured::get_website;
    get_object(GetObjectInput) -> GetObjectOutput = get_object::run;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = object_acl::get;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = get_object_attributes::run;
    get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = object_legal_hold::get;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput
        = object_lock_configuration::get;
    get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = object_retention::get;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = object_tagging::get;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = public_access_block::get;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = head_bucket::run;
    head_object(HeadObjectInput) -> HeadObjectOutput = get_object::head;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = list_buckets::run;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = list_multipart_uploads::run;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list_object_versions::run;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list_objects::v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list_objects::v2;
    list_parts(ListPartsInput) -> ListPartsOutput = list_parts::run;
    put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = bucket_acl::put;
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput = bucket_encryption::put;
    put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput
        = bucket_ownership_controls::put;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = bucket_policy::put;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = bucket_tagging::put;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = bucket_versioning::put;
    put_object(PutObjectInput) -> PutObjectOutput = put_object::run;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = object_acl::put;
    put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = object_legal_hold::put;
    put_object_lock_configuration(PutObjectLockConfigurationInput) -> PutObjectLockConfigurationOutput
        = object_lock_configuration::put;
    put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = object_retention::put;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = object_tagging::put;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput = public_access_block::put;
    upload_part(UploadPartInput) -> UploadPartOutput = upload_part::run;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = upload_part_copy::run;
}

/// Sets the member of an answer that a checksum belongs in.
macro_rules! set_checksum {
    ($output:expr, $algorithm:expr, $value:expr) => {{
        let value = Some($value);
        match $algorithm {
            $crate::record::Algorithm::Crc32 => $output.checksum_crc32 = value,
            $crate::record::Algorithm::Crc32c => $output.checksum_crc32c = value,
            $crate::record::Algorithm::Crc64Nvme => $output.checksum_crc64nvme = value,
            $crate::record::Algorithm::Sha1 => $output.checksum_sha1 = value,
            $crate::record::Algorithm::Sha256 => $output.checksum_sha256 = value,
        }
    }};
}
pub(crate) use set_checksum;

/// The member of an input that the checksum by an algorithm is in.
macro_rules! checksum_in {
    ($input:expr, $algorithm:expr) => {
        match $algorithm {
            $crate::record::Algorithm::Crc32 => $input.checksum_crc32.clone(),
            $crate::record::Algorithm::Crc32c => $input.checksum_crc32c.clone(),
            $crate::record::Algorithm::Crc64Nvme => $input.checksum_crc64nvme.clone(),
            $crate::record::Algorithm::Sha1 => $input.checksum_sha1.clone(),
            $crate::record::Algorithm::Sha256 => $input.checksum_sha256.clone(),
        }
    };
}
pub(crate) use checksum_in;

/// What answers say of objects that are encrypted.
fn sse_s3() -> ServerSideEncryption {
    ServerSideEncryption::from_static(ServerSideEncryption::AES256)
}

fn etag(text: &str) -> ETag {
    ETag::Strong(text.to_owned())
}

fn checksum_type(over: ChecksumOver) -> ChecksumType {
    ChecksumType::from_static(match over {
        ChecksumOver::FullObject => ChecksumType::FULL_OBJECT,
        ChecksumOver::Composite => ChecksumType::COMPOSITE,
    })
}

fn checksum_algorithm(algorithm: Algorithm) -> ChecksumAlgorithm {
    ChecksumAlgorithm::from_static(algorithm.as_str())
}

/// An account as answers write it; canonical ids are hashes at AWS, and account numbers here.
fn owner(account: &base::AccountId) -> Owner {
    Owner { display_name: None, id: Some(canonical_id(account)) }
}

/// 64 hexadecimal digits, as clients expect: the account's number, with zeros before it.
pub(crate) fn canonical_id(account: &base::AccountId) -> String {
    format!("{:0>64}", account.as_str())
}

/// A version's id, in the answers about a bucket that has or had versions.
fn shown_version(bucket: &record::BucketRecord, version: &record::Version) -> Option<String> {
    match bucket.versioning {
        record::Versioning::Off => None,
        _ => Some(version.shown_id().to_owned()),
    }
}

/// A length as answers write it.
fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
