//! What each protocol can deliver to, and whether this server can (cloudwatch.md §8.3).

use api::ServiceError;
use api::sns::errors;
use base::{AccountId, Arn};

use crate::Outlets;
use crate::record::Protocol;

/// Where a subscription delivers, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// How.
    pub(crate) protocol: Protocol,
    /// Where to, as it is kept.
    pub(crate) endpoint: String,
    /// Who must agree before anything is delivered.
    pub(crate) consent: Consent,
}

/// Who must agree to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Whoever gets the confirmation message.
    Endpoint,
    /// This account: it does by subscribing itself.
    Account(AccountId),
    /// Nobody.
    None,
}

/// Checks a protocol and an endpoint.
///
/// # Errors
/// `InvalidParameter`: AWS's words for what no topic delivers to; ours for what this server is
/// not set up to deliver, which name the setting.
pub(crate) fn check(
    outlets: &Outlets,
    fifo_topic: bool,
    protocol: &str,
    endpoint: &str,
) -> Result<Checked, ServiceError> {
    if protocol == "firehose" {
        return Err(invalid("Protocol Reason: this server does not deliver to Firehose; use https or sqs"));
    }
    let known = Protocol::parse(protocol);
    let protocol =
        known.ok_or_else(|| invalid(&format!("Amazon SNS does not support this protocol string: {protocol}")))?;
    let (endpoint, consent) = judge(protocol, endpoint)?;
    if fifo_topic && protocol != Protocol::Sqs {
        // The rule is documented; the words are ours.
        return Err(invalid("Invalid parameter: Endpoint Reason: FIFO topics deliver to SQS queues only"));
    }
    if !fifo_topic && protocol == Protocol::Sqs && endpoint.ends_with(".fifo") {
        return Err(invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ));
    }
    check_outlet(outlets, protocol)?;
    Ok(Checked { protocol, endpoint, consent })
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

fn judge(protocol: Protocol, endpoint: &str) -> Result<(String, Consent), ServiceError> {
    let as_given = || endpoint.to_owned();
    match protocol {
        Protocol::Http | Protocol::Https => {
            let scheme = format!("{}://", protocol.as_str());
            if !endpoint.starts_with(&scheme) {
                return Err(invalid("Endpoint must match the specified protocol"));
            }
            match endpoint.parse::<outbound::Endpoint>() {
                Ok(_) => Ok((as_given(), Consent::Endpoint)),
                Err(_) => Err(invalid("Endpoint Reason: the URL is malformed")),
            }
        }
        Protocol::Email | Protocol::EmailJson => match endpoint.parse::<lettre::Address>() {
            Ok(_) => Ok((as_given(), Consent::Endpoint)),
            Err(_) => Err(invalid("Email address")),
        },
        Protocol::Sms => {
            let number = phone_number(endpoint);
            let number = number
                .ok_or_else(|| errors::invalid_parameter_exception(format!("Invalid SMS endpoint: {endpoint}")))?;
            Ok((number, Consent::None))
        }
        Protocol::Sqs => {
            let account = account_of(endpoint, "sqs", is_queue).ok_or_else(|| invalid("SQS endpoint ARN"))?;
            Ok((as_given(), Consent::Account(account)))
        }
        Protocol::Lambda => {
            let function = |resource: &str| resource.strip_prefix("function:").is_some_and(|name| !name.is_empty());
            let account = account_of(endpoint, "lambda", function).ok_or_else(|| invalid("Lambda endpoint ARN"))?;
            Ok((as_given(), Consent::Account(account)))
        }
        Protocol::Application => {
            let app = |resource: &str| resource.starts_with("endpoint/") && resource.split('/').count() == 4;
            let account = account_of(endpoint, "sns", app);
            let account = account.ok_or_else(|| invalid("Application endpoint arn invalid"))?;
            Ok((as_given(), Consent::Account(account)))
        }
    }
}

/// An endpoint as it is shown: a password in its URL is masked, as AWS does.
pub(crate) fn shown(endpoint: &str) -> String {
    let masked = endpoint.split_once("://").and_then(|(scheme, rest)| {
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:****@{host}{path}"))
    });
    masked.unwrap_or_else(|| endpoint.to_owned())
}

/// Whether a text is the ARN of a queue.
pub(super) fn is_queue_arn(arn: &str) -> bool {
    account_of(arn, "sqs", is_queue).is_some()
}

fn is_queue(resource: &str) -> bool {
    let stem = resource.strip_suffix(".fifo").unwrap_or(resource);
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !stem.is_empty() && resource.len() <= 80 && stem.bytes().all(inside)
}

/// The account of an ARN of this service.
fn account_of(arn: &str, service: &str, resource: impl Fn(&str) -> bool) -> Option<AccountId> {
    let arn: Arn = arn.parse().ok()?;
    let fits = arn.service == service && !arn.region.is_empty() && resource(&arn.resource);
    if fits { arn.account.parse().ok() } else { None }
}

/// A number as E.164 writes it; single separators between digits are dropped.
fn phone_number(text: &str) -> Option<String> {
    let separator = |c: char| matches!(c, '-' | '.' | '/');
    let mut number = String::new();
    let mut after_digit = false;
    for (at, c) in text.chars().enumerate() {
        match c {
            '+' if at == 0 => number.push(c),
            digit if digit.is_ascii_digit() => number.push(digit),
            c if separator(c) && after_digit => {}
            _ => return None,
        }
        after_digit = c.is_ascii_digit();
    }
    let digits = number.trim_start_matches('+');
    ((2..=15).contains(&digits.len()) && !digits.starts_with('0') && after_digit).then_some(number)
}

/// Whether a message can be sent to a number (cloudwatch.md §8.4).
pub(crate) fn is_phone_number(text: &str) -> bool {
    text.starts_with('+') && phone_number(text).as_deref() == Some(text)
}

/// Whether the server has a way out for a protocol.
///
/// # Errors
/// `InvalidParameter`, which names the setting that would open it.
pub(crate) fn check_outlet(outlets: &Outlets, protocol: Protocol) -> Result<(), ServiceError> {
    let (open, missing) = match protocol {
        Protocol::Http | Protocol::Https => return Ok(()),
        Protocol::Email | Protocol::EmailJson => (outlets.mail.is_some(), "sends no mail; start it with --smtp URL"),
        Protocol::Sms => (outlets.sms_gateway.is_some(), "sends no text messages; start it with --sms-gateway URL"),
        Protocol::Application => {
            (outlets.push_gateway.is_some(), "sends no push notifications; start it with --push-gateway URL")
        }
        Protocol::Sqs => {
            (outlets.upstreams.serves("sqs"), "knows no SQS to deliver to; start it with --upstream sqs=URL")
        }
        Protocol::Lambda => {
            (outlets.upstreams.serves("lambda"), "knows no Lambda to deliver to; start it with --upstream lambda=URL")
        }
    };
    match open {
        true => Ok(()),
        false => Err(invalid(&format!("Protocol Reason: this server {missing}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(protocol: Protocol, endpoint: &str) -> String {
        judge(protocol, endpoint).unwrap_err().message.unwrap()
    }

    #[test]
    fn endpoints_are_what_their_protocol_delivers_to() {
        for (protocol, endpoint) in [
            (Protocol::Http, "http://host:1/path?x=1"),
            (Protocol::Https, "https://user:pass@host/"),
            (Protocol::Email, "a.b@example.org"),
            (Protocol::Sqs, "arn:aws:sqs:eu-west-1:111122223333:q.fifo"),
            (Protocol::Lambda, "arn:aws:lambda:eu-west-1:111122223333:function:f:alias"),
            (Protocol::Application, "arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/app/1234"),
        ] {
            assert_eq!(judge(protocol, endpoint).unwrap().0, endpoint);
        }
        for (protocol, endpoint, problem) in [
            (Protocol::Http, "https://host/", "Invalid parameter: Endpoint must match the specified protocol"),
            (Protocol::Http, "", "Invalid parameter: Endpoint must match the specified protocol"),
            (Protocol::Https, "https://", "Invalid parameter: Endpoint Reason: the URL is malformed"),
            (Protocol::Email, "nobody", "Invalid parameter: Email address"),
            (Protocol::Email, "a@b\r\nBcc: c@d", "Invalid parameter: Email address"),
            (Protocol::Sms, "abc", "Invalid SMS endpoint: abc"),
            (Protocol::Sqs, "http://host/queue", "Invalid parameter: SQS endpoint ARN"),
            (Protocol::Lambda, "arn:aws:lambda:r:111122223333:layer:f", "Invalid parameter: Lambda endpoint ARN"),
            (Protocol::Application, "arn:aws:sns:r:1:app", "Invalid parameter: Application endpoint arn invalid"),
        ] {
            assert_eq!(refusal(protocol, endpoint), problem);
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        for (endpoint, expected) in [
            ("http://me:secret@host:1/in?a=b@c", "http://me:****@host:1/in?a=b@c"),
            ("https://me:se:cr@et@host", "https://me:****@host"),
            ("https://me@host/", "https://me@host/"),
            ("https://host/x:y@z", "https://host/x:y@z"),
            ("ann@example.com", "ann@example.com"),
            ("arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q"),
        ] {
            assert_eq!(shown(endpoint), expected);
        }
    }

    #[test]
    fn numbers_are_kept_without_separators() {
        for (text, number) in [("+1-555-0100", "+15550100"), ("15550100", "15550100"), ("+49.30/1234", "+49301234")] {
            assert_eq!(phone_number(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", "+", "0123", "+1--5", "-15", "15-", "1 5", "+1234567890123456", "1+5"] {
            assert_eq!(phone_number(text), None, "{text}");
        }
        assert!(is_phone_number("+15550100"));
        assert!(!is_phone_number("15550100") && !is_phone_number("+1-555"));
    }
}
