//! Signatures of the single chunks of an aws-chunked body: each one covers its data and the
//! signature before it.

use base::Timestamp;

use super::key::{SigningKey, sha256_hex};
use super::{AuthError, Claim, PayloadHash};

/// The SHA-256 of nothing.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Checks chunk after chunk, in order. Made by [`super::verify`], whose signature seeds it.
#[derive(Clone, Debug)]
pub struct ChunkVerifier {
    key: SigningKey,
    at: Timestamp,
    scope: String,
    previous: String,
    signs_trailer: bool,
}

impl ChunkVerifier {
    pub(crate) fn new(key: SigningKey, claim: &Claim) -> Self {
        let signs_trailer = claim.payload_hash == PayloadHash::SignedChunksAndTrailer;
        let (scope, previous) = (claim.scope(), claim.signature.clone());
        Self { key, at: claim.request_time, scope, previous, signs_trailer }
    }

    /// Whether a signature of the trailer must follow the last chunk.
    pub fn signs_trailer(&self) -> bool {
        self.signs_trailer
    }

    /// Checks the next chunk; the last one is empty.
    ///
    /// # Errors
    /// [`AuthError::SignatureMismatch`] when it is not the chunk that was signed here.
    pub fn chunk(&mut self, data: &[u8], signature: &str) -> Result<(), AuthError> {
        let hash = sha256_hex(data);
        self.check("AWS4-HMAC-SHA256-PAYLOAD", &format!("{EMPTY_SHA256}\n{hash}"), signature)
    }

    /// Checks the trailer: its headers as `name:value\n`, in the order they came.
    ///
    /// # Errors
    /// [`AuthError::SignatureMismatch`] when it is not the trailer that was signed.
    pub fn trailer(&mut self, headers: &[u8], signature: &str) -> Result<(), AuthError> {
        let hash = sha256_hex(headers);
        self.check("AWS4-HMAC-SHA256-TRAILER", &hash, signature)
    }

    fn check(&mut self, algorithm: &str, hashes: &str, signature: &str) -> Result<(), AuthError> {
        let (at, scope, previous) = (self.at.iso_basic(), &self.scope, &self.previous);
        let string_to_sign = format!("{algorithm}\n{at}\n{scope}\n{previous}\n{hashes}");
        if !self.key.verifies(string_to_sign.as_bytes(), signature) {
            return Err(AuthError::SignatureMismatch);
        }
        signature.clone_into(&mut self.previous);
        Ok(())
    }

    /// The signature of the next chunk, for those who send.
    #[cfg(test)]
    pub(crate) fn sign(&mut self, algorithm: &str, hashes: &str) -> String {
        let (at, scope, previous) = (self.at.iso_basic(), &self.scope, &self.previous);
        let signature = self.key.sign(format!("{algorithm}\n{at}\n{scope}\n{previous}\n{hashes}").as_bytes());
        self.previous.clone_from(&signature);
        signature
    }
}
