//! Times as people give them to `explain` and `backtest`.

use api::ServiceError;
use base::Timestamp;
use base::time::parse_duration;

/// A time in ISO 8601, or how long before `now` it is (`90m`, `-2d`, `1h30m`).
///
/// # Errors
/// `ValidationError` that names the parameter, for text that is neither and for times after `now`.
pub(super) fn moment(parameter: &str, text: &str, now: Timestamp) -> Result<Timestamp, ServiceError> {
    let text = text.trim();
    let ago = || parse_duration(text.strip_prefix('-').unwrap_or(text)).map(|ago| now.minus(ago));
    let found = Timestamp::parse_iso(text).or_else(ago).filter(|at| Timestamp::from_secs_f64(at.secs_f64()).is_some());
    match found {
        Some(at) if at > now => Err(ServiceError::validation(format!(
            "{parameter} is {at}, which is after the server's present time {now}"
        ))),
        Some(at) => Ok(at),
        None => Err(ServiceError::validation(format!(
            "{parameter} must be a time such as 2026-02-26T10:15:00Z, or how long ago it was, such as 90m"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_given_as_such_or_as_how_long_ago_it_was() {
        let now = Timestamp::parse_iso("2026-02-26T10:15:00Z").unwrap();
        for (text, at) in [
            ("2026-02-26T09:00:00Z", "2026-02-26T09:00:00Z"),
            ("2026-02-26T10:00:00+01:00", "2026-02-26T09:00:00Z"),
            ("2026-02-26", "2026-02-26T00:00:00Z"),
            ("90m", "2026-02-26T08:45:00Z"),
            ("-1d", "2026-02-25T10:15:00Z"),
            ("2026-02-26T10:15:00Z", "2026-02-26T10:15:00Z"),
        ] {
            assert_eq!(moment("at", text, now).map(Timestamp::iso), Ok(at.to_owned()), "{text}");
        }
        for text in ["", "now", "10", "2026-02-26T10:15:01Z", "99999999999d"] {
            assert!(moment("at", text, now).is_err(), "{text}");
        }
    }
}
