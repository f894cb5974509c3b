//! `http` and `https`: the message is POSTed.

use ::http::Method;
use ::http::header::AUTHORIZATION;
use outbound::{Endpoint, Outgoing};

use super::{Attempt, Courier, Failure, TIMEOUT, judged};
use crate::deliver::parcel::Parcel;
use crate::delivery_policy::Effective;
use crate::envelope::{Post, http_headers};
use crate::record::Target;

impl Courier {
    pub(super) async fn post_over_http(&self, parcel: &Parcel, target: &Target, post: &Post<'_>) -> Attempt {
        let endpoint: Endpoint = target
            .endpoint
            .parse()
            .map_err(|error: outbound::InvalidEndpoint| Failure::Permanent(error.to_string()))?;
        let policy = Effective::of_target(target.protocol, target.delivery_policy.as_deref());
        let is_raw = parcel.is_raw(target);
        let mut headers = http_headers(post, is_raw, &policy.content_type);
        if let Some(authorization) = endpoint.basic_authorization() {
            headers.insert(AUTHORIZATION, authorization);
        }
        let body = match is_raw {
            true => post.text.to_owned(),
            false => post.envelope(parcel.signature(post, &self.parts.signer).await?.as_ref()),
        };
        let outgoing = Outgoing { endpoint, method: Method::POST, headers, body: body.into(), timeout: TIMEOUT };
        judged(&self.parts.outlets.http.send_for_effect(outgoing).await?)
    }
}
