//! The links in messages. They work without a signature: the token, or the subscription's
//! ARN, is all that they need.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what a query value may hold as it is.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The link that confirms a subscription. The version says which service is called.
pub fn subscribe_url(public_url: &str, topic_arn: &str, token: &str) -> String {
    link(public_url, "ConfirmSubscription", &[("TopicArn", topic_arn), ("Token", token)])
}

/// The link that ends a subscription.
pub fn unsubscribe_url(public_url: &str, subscription_arn: &str) -> String {
    link(public_url, "Unsubscribe", &[("SubscriptionArn", subscription_arn)])
}

fn link(public_url: &str, action: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = format!("{}/?Action={action}&Version=2010-03-31", public_url.trim_end_matches('/'));
    for (name, value) in parameters {
        url.extend(["&", name, "="]);
        url.extend(utf8_percent_encode(value, &ESCAPED));
    }
    url
}
