//! What a bucket cannot be configured for here: asked, it is not; taking it away changes nothing. Putting it is
//! answered with `NotImplemented` by the adapter.

use s3s::dto::*;
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use crate::errors;

macro_rules! absent {
    ($($(#[$doc:meta])* $name:ident($input:ident) -> $output:ident: $code:ident;)*) => {
        $($(#[$doc])*
        pub(super) async fn $name(_: &Operations, _: S3Request<$input>) -> S3Result<S3Response<$output>> {
            Err(errors::error(S3ErrorCode::$code))
        })*
    };
}

absent! {
    get_cors(GetBucketCorsInput) -> GetBucketCorsOutput: NoSuchCORSConfiguration;
    get_lifecycle(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput:
        NoSuchLifecycleConfiguration;
    get_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput: ReplicationConfigurationNotFoundError;
    get_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput: NoSuchWebsiteConfiguration;
}

macro_rules! empty {
    ($($name:ident($input:ident) -> $output:ident = $value:expr, $status:ident;)*) => {
        $(pub(super) async fn $name(_: &Operations, _: S3Request<$input>) -> S3Result<S3Response<$output>> {
            Ok(S3Response::with_status($value, http::StatusCode::$status))
        })*
    };
}

empty! {
    get_accelerate(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput
        = GetBucketAccelerateConfigurationOutput::default(), OK;
    get_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = GetBucketLoggingOutput::default(), OK;
    get_notification(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput
        = GetBucketNotificationConfigurationOutput::default(), OK;
    get_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput
        = GetBucketRequestPaymentOutput { payer: Some(Payer::from_static(Payer::BUCKET_OWNER)) }, OK;
    delete_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = DeleteBucketCorsOutput {}, NO_CONTENT;
    delete_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput
        = DeleteBucketLifecycleOutput {}, NO_CONTENT;
    delete_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput
        = DeleteBucketReplicationOutput {}, NO_CONTENT;
    delete_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput = DeleteBucketWebsiteOutput {}, NO_CONTENT;
}
