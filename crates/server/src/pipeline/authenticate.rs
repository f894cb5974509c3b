//! Who is calling: the signature against the secret, and the principal behind the key.

use api::{Principal, ServiceError};
use base::Region;
use identity::CredentialError;
use wire::protocol::Target;
use wire::sigv4::{self, AuthError, Claim, Rules};

use super::Incoming;
use crate::state::State;

/// A request that did not prove who sent it.
pub struct Refusal {
    /// What the client is told.
    pub error: ServiceError,
    /// Whom the key belongs to that was claimed, for the audit event.
    pub claimed: Principal,
    /// The region that was claimed.
    pub region: Region,
}

/// The verified caller and the region of the request.
pub fn principal(state: &State, incoming: &Incoming, target: &Target) -> Result<(Principal, Region), Box<Refusal>> {
    let claim = match sigv4::parse(&incoming.raw) {
        Ok(Some(claim)) => claim,
        Ok(None) => return Err(refusal(state, None, &AuthError::MissingAuthenticationToken)),
        Err(error) => return Err(refusal(state, None, &error)),
    };
    verified(state, incoming, target, &claim).map_err(|error| refusal(state, Some(&claim), &error))
}

fn verified(
    state: &State,
    incoming: &Incoming,
    target: &Target,
    claim: &Claim,
) -> Result<(Principal, Region), AuthError> {
    let credential = state
        .identity
        .authenticator()
        .lookup(&claim.access_key_id, claim.session_token.as_deref(), state.clock.now())
        .map_err(|error| match error {
            CredentialError::Expired => AuthError::ExpiredToken,
            CredentialError::Unknown | CredentialError::Inactive | CredentialError::InvalidToken => {
                AuthError::UnknownKey
            }
        })?;
    let rules = Rules { service: target.service.signing_name, ..Rules::default() };
    // Freshness is judged by the machine's clock, never by the simulated one.
    let now = state.machine_clock.now();
    sigv4::verify(&incoming.raw, claim, credential.secret(), now, &rules)?;
    let region = claim.region.parse().map_err(|_| AuthError::InvalidRegion)?;
    Ok((credential.principal, region))
}

fn refusal(state: &State, claim: Option<&Claim>, error: &AuthError) -> Box<Refusal> {
    let key = claim.map(|claim| claim.access_key_id.clone());
    let known = key.as_deref().and_then(|key| state.identity.authenticator().claimed_principal(key));
    let unknown = || Principal::Unknown { account: state.account.clone(), access_key_id: key.clone() };
    let region = claim.and_then(|claim| claim.region.parse().ok());
    Box::new(Refusal {
        error: ServiceError {
            name: error.name().into(),
            code: error.code().into(),
            message: Some(error.message()),
            status: error.status(),
            receiver_fault: false,
            common: true,
            members: None,
        },
        claimed: known.unwrap_or_else(unknown),
        region: region.unwrap_or_else(|| state.region.clone()),
    })
}
