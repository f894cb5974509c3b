//! S3's errors, with the texts that AWS gives them where the adapter gives none.

use api::ServiceError;
use s3s::{S3Error, S3ErrorCode};
use store::CatalogError;

use crate::files::Failure;

/// An error with its usual text.
pub(crate) fn error(code: S3ErrorCode) -> S3Error {
    // As at AWS, where the adapter has another status.
    let status = match code {
        S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError => Some(http::StatusCode::NOT_FOUND),
        _ => None,
    };
    let mut error = match usual_message(code.as_str()) {
        Some(message) => S3Error::with_message(code, message),
        None => S3Error::new(code),
    };
    if let Some(status) = status {
        error.set_status_code(status);
    }
    error
}

/// An error that the adapter has no word for.
pub(crate) fn custom(code: &'static str, status: u16, message: impl Into<String>) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message.into());
    error.set_status_code(http::StatusCode::from_u16(status).expect("a status as written"));
    error
}

/// An error with a text of its own.
pub(crate) fn with(code: S3ErrorCode, message: impl Into<String>) -> S3Error {
    S3Error::with_message(code, message.into())
}

/// What is clearly refused because it is not built.
pub(crate) fn unsupported(what: &str) -> S3Error {
    with(
        S3ErrorCode::NotImplemented,
        format!("A header you provided implies functionality that is not implemented: {what}"),
    )
}

/// The refusal of the policy engine.
pub(crate) fn refused(refusal: &ServiceError) -> S3Error {
    match (refusal.code.as_ref(), refusal.receiver_fault) {
        (_, true) => error(S3ErrorCode::InternalError),
        ("InvalidClientTokenId", _) => error(S3ErrorCode::InvalidAccessKeyId),
        _ => with(S3ErrorCode::AccessDenied, refusal.message.clone().unwrap_or_else(|| "Access Denied".to_owned())),
    }
}

/// A failure of the catalog as the client sees it; the cause is logged here.
pub(crate) fn catalog(failure: &CatalogError) -> S3Error {
    match failure {
        CatalogError::Full => {
            with(S3ErrorCode::ServiceUnavailable, "The server has no disk space left for this change.")
        }
        CatalogError::Conflict { .. } => error(S3ErrorCode::OperationAborted),
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a change of S3 records failed");
            error(S3ErrorCode::InternalError)
        }
    }
}

/// An object that cannot be read, as the client sees it; the cause is logged here.
pub(crate) fn unreadable(failure: std::io::Error) -> S3Error {
    tracing::error!(error = &failure as &dyn std::error::Error, "an object cannot be read");
    // It names a file and no key, and tells an operator by the client's own error what is lost.
    with(S3ErrorCode::InternalError, format!("The object cannot be read: {failure}"))
}

/// Why a body was not taken in.
pub(crate) fn body(failure: Failure) -> S3Error {
    match failure {
        Failure::TooLarge => error(S3ErrorCode::EntityTooLarge),
        Failure::Disk(failure) if store::disk::is_full(&failure) => {
            with(S3ErrorCode::ServiceUnavailable, "The server has no disk space left for this object.")
        }
        Failure::Disk(failure) => {
            tracing::error!(error = &failure as &dyn std::error::Error, "an object could not be written");
            error(S3ErrorCode::InternalError)
        }
        Failure::Body(cause) => of_body(&*cause),
    }
}

/// What is wrong with a body that broke off: its signature, its checksum, or its length.
fn of_body(cause: &(dyn std::error::Error + Send + Sync)) -> S3Error {
    let text = format!("{cause:?}").to_ascii_lowercase();
    if text.contains("signature") {
        return error(S3ErrorCode::SignatureDoesNotMatch);
    }
    if text.contains("checksum") || text.contains("sha256") {
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return custom("XAmzContentSHA256Mismatch", 400, message);
    }
    error(S3ErrorCode::IncompleteBody)
}

/// The text that AWS gives an error code.
pub(crate) fn usual_message(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" => "Access Denied",
        "AccessControlListNotSupported" => "The bucket does not allow ACLs",
        "BadDigest" => "The Content-MD5 you specified did not match what we received.",
        "BucketAlreadyExists" => {
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
             Please select a different name and try again."
        }
        "BucketAlreadyOwnedByYou" => {
            "Your previous request to create the named bucket succeeded and you already own it."
        }
        "BucketNotEmpty" => "The bucket you tried to delete is not empty",
        "EntityTooLarge" => "Your proposed upload exceeds the maximum allowed size",
        "EntityTooSmall" => "Your proposed upload is smaller than the minimum allowed size",
        "ExpiredToken" => "The provided token has expired.",
        "IncompleteBody" => {
            "The request body terminated unexpectedly: you did not provide the number of bytes specified by the \
             Content-Length HTTP header."
        }
        "InternalError" => "We encountered an internal error. Please try again.",
        "InvalidAccessKeyId" => "The AWS Access Key Id you provided does not exist in our records.",
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidDigest" => "The Content-MD5 you specified was invalid.",
        "InvalidPart" => {
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the \
             specified entity tag may not match the part's entity tag."
        }
        "InvalidPartOrder" => "The list of parts was not in ascending order. Parts must be ordered by part number.",
        "InvalidRange" => "The requested range is not satisfiable",
        "InvalidToken" => "The provided token is malformed or otherwise invalid.",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MalformedXML" => "The XML you provided was not well-formed or did not validate against our published schema",
        "MetadataTooLarge" => "Your metadata headers exceed the maximum allowed metadata size",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "NoSuchBucket" => "The specified bucket does not exist",
        "NoSuchBucketPolicy" => "The bucket policy does not exist",
        "NoSuchCORSConfiguration" => "The CORS configuration does not exist",
        "NoSuchKey" => "The specified key does not exist.",
        "NoSuchLifecycleConfiguration" => "The lifecycle configuration does not exist",
        "NoSuchObjectLockConfiguration" => "The specified object does not have a ObjectLock configuration",
        "NoSuchPublicAccessBlockConfiguration" => "The public access block configuration was not found",
        "NoSuchTagSet" => "The TagSet does not exist",
        "NoSuchUpload" => {
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
             or completed."
        }
        "NoSuchVersion" => "The specified version does not exist.",
        "NoSuchWebsiteConfiguration" => "The specified bucket does not have a website configuration",
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        "ObjectLockConfigurationNotFoundError" => "Object Lock configuration does not exist for this bucket",
        "OperationAborted" => {
            "A conflicting conditional operation is currently in progress against this resource. Please try again."
        }
        "OwnershipControlsNotFoundError" => "The bucket ownership controls were not found",
        "PreconditionFailed" => "At least one of the pre-conditions you specified did not hold",
        "ReplicationConfigurationNotFoundError" => "The replication configuration was not found",
        "RequestTimeTooSkewed" => "The difference between the request time and the current time is too large.",
        "ServerSideEncryptionConfigurationNotFoundError" => "The server side encryption configuration was not found",
        "SignatureDoesNotMatch" => {
            "The request signature we calculated does not match the signature you provided. Check your key and \
             signing method."
        }
        _ => return None,
    })
}
