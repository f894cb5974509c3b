//! Everything that can be wrong with a signature, in AWS's words.

use std::fmt;

/// Why a request is not authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// The request is not signed at all.
    MissingAuthenticationToken,
    /// Signed in the header and in the query at once.
    SignedTwice,
    /// A part of the signature is missing or malformed; the text lists every one.
    IncompleteSignature(String),
    /// No such access key, or its session token is not the one issued with it.
    UnknownAccessKey,
    /// The session's credentials have expired.
    ExpiredToken,
    /// The signature is wrong.
    SignatureMismatch,
    /// Signed too long ago.
    SignatureExpired(String),
    /// Signed in the future.
    SignatureNotYetCurrent(String),
    /// The credential scope is for something else; the text lists every mismatch.
    WrongScope(String),
    /// A header that must be signed is not; the name as AWS writes it.
    HeaderNotSigned(String),
    /// `X-Amz-Content-Sha256` is neither a hash nor a keyword.
    InvalidPayloadHash,
    /// `X-Amz-Content-Sha256` is not the hash of the body.
    PayloadHashMismatch,
}

impl AuthError {
    /// The shape name: `__type` in JSON and CBOR.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature(_) => "IncompleteSignatureException",
            Self::UnknownAccessKey => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::InvalidPayloadHash => "InvalidArgument",
            Self::PayloadHashMismatch => "XAmzContentSHA256Mismatch",
            Self::SignedTwice
            | Self::SignatureMismatch
            | Self::SignatureExpired(_)
            | Self::SignatureNotYetCurrent(_)
            | Self::WrongScope(_)
            | Self::HeaderNotSigned(_) => "InvalidSignatureException",
        }
    }

    /// The code in query.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::IncompleteSignature(_) => "IncompleteSignature",
            Self::UnknownAccessKey => "InvalidClientTokenId",
            Self::ExpiredToken => "ExpiredToken",
            Self::InvalidPayloadHash => "InvalidArgument",
            Self::PayloadHashMismatch => "XAmzContentSHA256Mismatch",
            Self::SignedTwice
            | Self::SignatureMismatch
            | Self::SignatureExpired(_)
            | Self::SignatureNotYetCurrent(_)
            | Self::WrongScope(_)
            | Self::HeaderNotSigned(_) => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status: 400 for what is malformed, 403 for what is refused.
    pub fn status(&self) -> u16 {
        match self {
            Self::IncompleteSignature(_) | Self::InvalidPayloadHash | Self::PayloadHashMismatch => 400,
            _ => 403,
        }
    }

    /// The text for the client.
    pub fn message(&self) -> String {
        match self {
            Self::MissingAuthenticationToken => "Request is missing Authentication Token".to_owned(),
            Self::SignedTwice => "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP \
                                  header."
                .to_owned(),
            Self::UnknownAccessKey => "The security token included in the request is invalid.".to_owned(),
            Self::ExpiredToken => "The security token included in the request is expired".to_owned(),
            Self::SignatureMismatch => "The request signature we calculated does not match the signature you \
                                        provided. Check your AWS Secret Access Key and signing method. Consult the \
                                        service documentation for details."
                .to_owned(),
            Self::HeaderNotSigned(name) => format!("{name} must be a 'SignedHeader' in the AWS Authorization."),
            Self::InvalidPayloadHash => "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
                                         STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
                                         STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
                .to_owned(),
            Self::PayloadHashMismatch => {
                "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned()
            }
            Self::IncompleteSignature(text)
            | Self::SignatureExpired(text)
            | Self::SignatureNotYetCurrent(text)
            | Self::WrongScope(text) => text.clone(),
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message())
    }
}

impl std::error::Error for AuthError {}
