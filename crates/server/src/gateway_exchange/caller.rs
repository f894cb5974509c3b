//! Who makes a call that others serve, proved on its head or on the whole of it.

use api::Principal;
use base::Region;
use bytes::Bytes;
use wire::RawRequest;
use wire::sigv4::{self, ChunkVerifier, Claim, Credentials, PathStyle, Rules};

use crate::pipeline::{self, Refusal};
use crate::state::State;

/// Who sent a request.
pub struct Caller {
    /// The principal behind the key.
    pub principal: Principal,
    /// The region of the request.
    pub region: Region,
    /// Checks the body, when its chunks are signed one by one.
    pub chunks: Option<ChunkVerifier>,
    /// What a request is signed with where its upstream has no credentials of its own.
    pub credentials: Credentials,
}

/// How the path becomes canonical in signatures for a service.
pub fn path_style(signing_name: &str) -> PathStyle {
    match signing_name {
        "s3" | "s3-outposts" | "s3-object-lambda" | "s3express" => PathStyle::Verbatim,
        _ => PathStyle::Normalised,
    }
}

/// Proves a claim; without the body, where the claim says of it what is to be held against it later.
pub fn prove(
    state: &State,
    head: &RawRequest,
    whole: Option<&Bytes>,
    claim: &Claim,
    path: PathStyle,
) -> Result<Caller, Box<Refusal>> {
    let refused = |error| pipeline::refusal(state, Some(claim), &error);
    let credential = pipeline::credential(state, claim).map_err(refused)?;
    let key = claim.signing_key(credential.secret.expose());
    let (now, rules) = (state.machine_clock.now(), Rules { path, service: None });
    let verified = match whole {
        Some(body) => {
            let request = RawRequest { body: body.clone(), ..head.clone() };
            sigv4::verify(&request, claim, &key, now, &rules)
        }
        None => sigv4::verify_head(head, claim, &key, now, &rules),
    };
    let chunks = verified.map_err(refused)?.chunks;
    let region = claim.region.parse().expect("verification takes only valid region names");
    let credentials = Credentials {
        access_key_id: claim.access_key_id.clone(),
        secret_access_key: credential.secret.expose().to_owned(),
        session_token: None,
    };
    Ok(Caller { principal: credential.principal, region, chunks, credentials })
}
