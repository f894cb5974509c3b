//! `sms` and `application`: the operator's gateway gets a POST (docs/sns.md).

use ::http::header::{AUTHORIZATION, CONTENT_TYPE};
use ::http::{HeaderMap, HeaderValue, Method};
use outbound::Outgoing;

use super::{Attempt, Courier, Failure, TIMEOUT, judged};
use crate::envelope::{Post, Recipient, gateway_request};
use crate::record::{Protocol, Target};

impl Courier {
    pub(super) async fn hand_to_gateway(&self, target: &Target, post: &Post<'_>) -> Attempt {
        let outlets = &self.parts.outlets;
        let (gateway, recipient, option) = match target.protocol {
            Protocol::Sms => (&outlets.sms_gateway, Recipient::Phone(&target.endpoint), "--sms-gateway"),
            _ => (&outlets.push_gateway, Recipient::App(&target.endpoint), "--push-gateway"),
        };
        // One that is missing comes back with the server's next start.
        let Some(endpoint) = gateway.clone() else {
            return Err(Failure::Passing(format!("no gateway is configured: start the server with {option} URL")));
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(authorization) = endpoint.basic_authorization() {
            headers.insert(AUTHORIZATION, authorization);
        }
        let body = gateway_request(post, recipient).to_string().into();
        let outgoing = Outgoing { endpoint, method: Method::POST, headers, body, timeout: TIMEOUT };
        judged(&outlets.gateways.send_for_effect(outgoing).await?)
    }
}
