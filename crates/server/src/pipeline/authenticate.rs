//! Who is calling: the signature against the secret, and the principal behind the key.

use api::{Principal, ServiceError};
use base::Region;
use bytes::Bytes;
use identity::{Credential, CredentialError};
use wire::sigv4::{self, AuthError, ChunkVerifier, Claim, Rules};
use wire::{RawRequest, Target, WireError};

use super::{Incoming, Standing};
use crate::state::State;

/// Who sent a request, proved.
pub struct Caller {
    /// The principal behind the key.
    pub principal: Principal,
    /// The region of the request.
    pub region: Region,
    /// Checks the body, when its chunks are signed one by one.
    pub chunks: Option<ChunkVerifier>,
}

impl Caller {
    /// Who answers for the call: nobody, where a link is followed.
    pub(super) fn standing(&self) -> Standing {
        match self.principal {
            Principal::Unknown { .. } => Standing::Link,
            _ => Standing::Proved,
        }
    }
}

/// A request that did not prove who sent it.
pub struct Refusal {
    /// What the client is told.
    pub error: ServiceError,
    /// Whom the key belongs to that was claimed, for the audit event.
    pub claimed: Principal,
    /// The region that was claimed.
    pub region: Region,
}

/// The verified caller.
pub fn caller(state: &State, incoming: &Incoming, target: &Target) -> Result<Caller, Box<Refusal>> {
    match &incoming.claim {
        Ok(Some(claim)) => {
            let signing_name = target.service.signing_name;
            verified(state, &incoming.raw, signing_name, claim).map_err(|error| refusal(state, Some(claim), &error))
        }
        Ok(None) if state.services[target.service.name].takes_unsigned(target.operation) => Ok(stranger(state)),
        Ok(None) => Err(refusal(state, None, &AuthError::MissingAuthenticationToken)),
        Err(error) => Err(refusal(state, None, error)),
    }
}

/// Whoever follows a link: nobody is claimed, so nothing is refused yet.
fn stranger(state: &State) -> Caller {
    let principal = Principal::Unknown { account: state.account.clone(), access_key_id: None };
    Caller { principal, region: state.region.clone(), chunks: None }
}

/// A body whose chunks are signed, each checked.
pub fn signed_body(state: &State, incoming: &Incoming, chunks: Option<ChunkVerifier>) -> Result<Bytes, WireError> {
    let mut chunks = chunks.expect("a proved claim of signed chunks comes with their verifier");
    let raw = &incoming.raw;
    wire::body::decode_signed_content(&raw.headers, raw.body.clone(), state.max_body_bytes, &mut chunks)
        .map_err(|error| incoming.framed(error))
}

/// Who signed a request to one of the server's own pages as a call of a service, and for which region.
///
/// # Errors
/// The request does not prove who sent it.
pub fn signer(state: &State, raw: &RawRequest, signing_name: &str) -> Result<(Principal, Region), ServiceError> {
    let claim = sigv4::parse(raw).and_then(|claim| claim.ok_or(AuthError::MissingAuthenticationToken));
    let proved = claim.and_then(|claim| verified(state, raw, signing_name, &claim));
    proved.map(|caller| (caller.principal, caller.region)).map_err(|error| unproved(&error))
}

fn verified(state: &State, raw: &RawRequest, signing_name: &str, claim: &Claim) -> Result<Caller, AuthError> {
    let credential = credential(state, claim)?;
    let rules = Rules { service: Some(signing_name), ..Rules::default() };
    let key = claim.signing_key(credential.secret.expose());
    // Freshness is judged by the machine's clock, never by the simulated one.
    let verified = sigv4::verify(raw, claim, &key, state.machine_clock.now(), &rules)?;
    let region = claim.region.parse().expect("verification takes only valid region names");
    Ok(Caller { principal: credential.principal, region, chunks: verified.chunks })
}

/// What a claim is held against, and whose it is once it is proved.
///
/// # Errors
/// The key is not known, or its session is over.
pub fn credential(state: &State, claim: &Claim) -> Result<Credential, AuthError> {
    let found =
        state.identity.authenticator().lookup(&claim.access_key_id, claim.session_token.as_deref(), state.clock.now());
    found.map_err(|error| match error {
        CredentialError::Expired => AuthError::ExpiredToken,
        _ => AuthError::UnknownAccessKey,
    })
}

/// As AWS's key ids do: at most 128 capital letters and digits.
fn looks_like_key_id(text: &str) -> bool {
    text.len() <= 128 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// What is answered to a request whose claim is not proved, and what its event says.
pub fn refusal(state: &State, claim: Option<&Claim>, error: &AuthError) -> Box<Refusal> {
    let key = claim.map(|claim| claim.access_key_id.as_str());
    let known = key.and_then(|key| state.identity.authenticator().claimed_principal(key));
    // What does not look like a key id may be a secret in the wrong place, or a flood.
    let shown = key.filter(|key| looks_like_key_id(key)).map(str::to_owned);
    let unknown = || Principal::Unknown { account: state.account.clone(), access_key_id: shown };
    let region = claim.and_then(|claim| claim.region.parse().ok());
    Box::new(Refusal {
        error: unproved(error),
        claimed: known.unwrap_or_else(unknown),
        region: region.unwrap_or_else(|| state.region.clone()),
    })
}

fn unproved(error: &AuthError) -> ServiceError {
    ServiceError {
        name: error.name().into(),
        code: error.code().into(),
        message: Some(error.message()),
        status: error.status(),
        receiver_fault: false,
        common: true,
        members: None,
    }
}
