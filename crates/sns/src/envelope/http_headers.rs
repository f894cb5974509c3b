//! The headers of a delivery over HTTP.

use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};

use super::Post;
use crate::delivery_policy::CONTENT_TYPE_DEFAULT;
use crate::record::MessageKind;

/// The headers. `content_type` is the delivery policy's, which is about notifications alone.
pub fn http_headers(post: &Post<'_>, is_raw: bool, content_type: &str) -> HeaderMap {
    let is_notification = post.message.kind == MessageKind::Notification;
    let default = HeaderValue::from_static(CONTENT_TYPE_DEFAULT);
    let content_type = match is_notification {
        true => HeaderValue::from_str(content_type).unwrap_or(default),
        false => default,
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-sns-message-type", HeaderValue::from_static(post.message.kind.as_str()));
    let mut named = vec![("x-amz-sns-message-id", post.message.id.as_str()), ("x-amz-sns-topic-arn", post.topic_arn)];
    if !matches!(post.message.kind, MessageKind::SubscriptionConfirmation { .. }) {
        named.push(("x-amz-sns-subscription-arn", post.subscription_arn));
    }
    for (name, value) in named {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if is_raw && is_notification {
        headers.insert("x-amz-sns-rawdelivery", HeaderValue::from_static("true"));
    }
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(USER_AGENT, HeaderValue::from_static("Amazon Simple Notification Service Agent"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip,deflate"));
    headers
}
