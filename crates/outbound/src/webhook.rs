//! Events on their way to the webhook that the operator chose for them.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};

use crate::client::{HttpClient, Outgoing};
use crate::endpoint::Endpoint;

/// How long the webhook may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The first pauses between attempts, in seconds; all others are an hour long.
const FIRST_PAUSES: [u64; 7] = [10, 30, 60, 120, 300, 600, 1800];
const PAUSE_SECS_MAX: u64 = 3600;

/// Attempts at one event: the pauses between them make a day.
const ATTEMPTS_MAX: u32 = 31;

/// How long to wait after so many attempts have failed; none when it was the last.
pub fn pause(attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
    let secs = FIRST_PAUSES.get(index).copied().unwrap_or(PAUSE_SECS_MAX);
    (attempts < ATTEMPTS_MAX).then(|| Duration::from_secs(secs))
}

/// Sends an event.
///
/// # Errors
/// Why it was not taken.
pub async fn post(http: &HttpClient, endpoint: &Endpoint, event: &str) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(authorization) = endpoint.basic_authorization() {
        headers.insert(AUTHORIZATION, authorization);
    }
    let body = Bytes::copy_from_slice(event.as_bytes());
    let request = Outgoing { endpoint: endpoint.clone(), method: Method::POST, headers, body, timeout: TIMEOUT };
    let reply = http.send_for_effect(request).await.map_err(|error| error.to_string())?;
    match reply.status.is_success() {
        true => Ok(()),
        false => Err(format!("the webhook answered {}", reply.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_tried_for_a_day() {
        let pauses: Vec<Duration> = (1..).map_while(pause).collect();
        assert_eq!(pauses[0], Duration::from_secs(10));
        assert_eq!(pauses.last(), Some(&Duration::from_secs(3600)));
        let whole: Duration = pauses.iter().sum();
        assert!(whole > Duration::from_secs(23 * 3600) && whole < Duration::from_secs(25 * 3600), "{whole:?}");
    }
}
