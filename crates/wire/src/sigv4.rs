//! Signature Version 4, both sides: who claims to have signed a request, and whether it is so.
//!
//! Two steps, so that the secret can be looked up in between: [`parse`] reads the claim
//! from the `Authorization` header or the presigned query, [`verify`] proves it. The order
//! of checks and the texts are AWS's own, known from public recordings of AWS's answers.

mod canonical;
mod chunk;
mod error;
mod key;
mod parse;
mod sign;
mod verify;

use std::time::Duration;

use base::Timestamp;

pub use chunk::ChunkVerifier;
pub use error::AuthError;
pub use key::SigningKey;
pub use parse::parse;
pub use sign::{Credentials, PayloadSigning, presign, sign};
pub use verify::{MAX_SKEW, Rules, Verified, verify, verify_head};

/// The only algorithm served.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The last part of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// Who claims to have signed, and over what. Nothing in it is proved.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The access key id.
    pub access_key_id: String,
    /// The scope's date as written, `YYYYMMDD` when well formed.
    pub date: String,
    /// The scope's region as written.
    pub region: String,
    /// The scope's service, such as `monitoring`.
    pub service: String,
    /// The scope's last part, `aws4_request` when well formed.
    pub terminator: String,
    /// Names of the signed headers, in lower case, in the order given.
    pub signed_headers: Vec<String>,
    /// The signature as given: 64 hex digits when well formed.
    pub signature: String,
    /// When the request says it was signed, to the second.
    pub request_time: Timestamp,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// How long a presigned request is valid; `None` for a header signature.
    pub presigned: Option<Duration>,
    /// What the signature says about the body.
    pub payload_hash: PayloadHash,
}

impl Claim {
    /// The signing key that the claimed scope asks for, from the key's secret.
    pub fn signing_key(&self, secret: &str) -> SigningKey {
        SigningKey::derive(secret, &self.date, &self.region, &self.service)
    }

    /// Whether the signature can be proved only over the body itself, as the request does not say its hash.
    pub fn needs_body(&self, path: PathStyle) -> bool {
        let presigned_for_s3 = self.presigned.is_some() && path == PathStyle::Verbatim;
        self.payload_hash == PayloadHash::Absent && !presigned_for_s3
    }

    /// `date/region/service/terminator`.
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }
}

/// What `X-Amz-Content-Sha256` says about the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadHash {
    /// Not given: the body's own hash is signed.
    Absent,
    /// `UNSIGNED-PAYLOAD`
    Unsigned,
    /// The hash in hex, as given.
    Sha256(String),
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: every chunk is signed.
    SignedChunks,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: every chunk and the trailer are signed.
    SignedChunksAndTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: chunks without signatures, checksum in the trailer.
    UnsignedChunksAndTrailer,
}

impl PayloadHash {
    /// Reads a header's or query parameter's value; any other text is taken for a hash.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "UNSIGNED-PAYLOAD" => Self::Unsigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Self::SignedChunks,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Self::SignedChunksAndTrailer,
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Self::UnsignedChunksAndTrailer,
            hash => Self::Sha256(hash.to_owned()),
        }
    }

    /// The body is framed as aws-chunked.
    pub fn is_chunked(&self) -> bool {
        matches!(self, Self::SignedChunks | Self::SignedChunksAndTrailer | Self::UnsignedChunksAndTrailer)
    }

    /// Every chunk of the body carries a signature of its own.
    pub fn has_signed_chunks(&self) -> bool {
        matches!(self, Self::SignedChunks | Self::SignedChunksAndTrailer)
    }
}

/// How a path becomes canonical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathStyle {
    /// Dot segments and repeated slashes removed, then encoded once more: every service but S3.
    #[default]
    Normalised,
    /// Decoded and encoded once, nothing removed: S3, whose keys may hold `//` and `..`.
    Verbatim,
}

#[cfg(test)]
pub(crate) use key::sha256_hex;

#[cfg(test)]
mod tests;
