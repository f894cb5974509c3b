//! The log group of a trail and the role that writes to it (cloudtrail.md §4.4).

use api::ServiceError;
use api::cloudtrail::errors;
use base::{AccountId, Arn, Region};

use crate::ports::LogDestination;

const BOTH: &str = "You must specify a log group and a role ARN.";

/// The destination that CreateTrail names.
///
/// # Errors
/// `InvalidCloudWatchLogsLogGroupArnException`, `InvalidCloudWatchLogsRoleArnException`
pub(crate) fn given(group: Option<&str>, role: Option<&str>) -> Result<Option<LogDestination>, ServiceError> {
    let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    match (some(group), some(role)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(errors::invalid_cloud_watch_logs_role_arn_exception(BOTH)),
        (None, Some(_)) => Err(errors::invalid_cloud_watch_logs_log_group_arn_exception(BOTH)),
        (Some(group), Some(role)) => checked(group, role).map(Some),
    }
}

/// What UpdateTrail makes of the present destination: empty text takes both members away.
///
/// # Errors
/// As those of [`given`].
pub(crate) fn merged(
    present: Option<&LogDestination>,
    group: Option<&str>,
    role: Option<&str>,
) -> Result<Option<LogDestination>, ServiceError> {
    match (group, role) {
        (None, None) => Ok(present.cloned()),
        (Some(""), None | Some("")) | (None, Some("")) => Ok(None),
        (Some(""), Some(_)) | (Some(_), Some("")) => given(group, role),
        _ => given(
            group.or(present.map(|present| present.group_arn.as_str())),
            role.or(present.map(|present| present.role_arn.as_str())),
        ),
    }
}

/// The stream that events of a region go to.
pub(crate) fn logs_stream(account: &AccountId, region: &Region) -> String {
    format!("{account}_CloudTrail_{region}")
}

fn checked(group_arn: String, role_arn: String) -> Result<LogDestination, ServiceError> {
    let group: Option<Arn> = group_arn.parse().ok();
    let is_group = group.is_some_and(|arn| {
        let name = arn.resource.strip_prefix("log-group:").and_then(|rest| rest.strip_suffix(":*"));
        arn.service == "logs"
            && !arn.region.is_empty()
            && name.is_some_and(|name| !name.is_empty() && !name.contains(':'))
    });
    if !is_group {
        let message = "CloudTrail cannot validate the specified log group ARN.";
        return Err(errors::invalid_cloud_watch_logs_log_group_arn_exception(message));
    }
    let role: Option<Arn> = role_arn.parse().ok();
    let is_role = role.is_some_and(|arn| {
        arn.service == "iam" && arn.account.parse::<AccountId>().is_ok() && arn.resource.starts_with("role/")
    });
    if !is_role {
        let message = "CloudTrail cannot validate the specified role ARN.";
        return Err(errors::invalid_cloud_watch_logs_role_arn_exception(message));
    }
    Ok(LogDestination { group_arn, role_arn })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*";
    const ROLE: &str = "arn:aws:iam::111122223333:role/trail";
    const NO_GROUP: &str = "InvalidCloudWatchLogsLogGroupArnException";
    const NO_ROLE: &str = "InvalidCloudWatchLogsRoleArnException";

    #[test]
    fn a_group_and_a_role_go_together() {
        for (group, role, name) in [
            (Some(GROUP), None, NO_ROLE),
            (None, Some(ROLE), NO_GROUP),
            (Some("arn:aws:logs:eu-west-1:111122223333:log-group:trail"), Some(ROLE), NO_GROUP),
            (Some(GROUP), Some("arn:aws:iam::111122223333:user/x"), NO_ROLE),
        ] {
            assert_eq!(given(group, role).unwrap_err().name, name, "{group:?} {role:?}");
        }
        assert_eq!(given(None, Some("")), Ok(None));
        assert!(given(Some(GROUP), Some(ROLE)).unwrap().is_some());
    }

    #[test]
    fn an_update_keeps_changes_or_removes() {
        let present = LogDestination { group_arn: GROUP.to_owned(), role_arn: ROLE.to_owned() };
        let other = "arn:aws:iam::111122223333:role/other";
        let changed = LogDestination { role_arn: other.to_owned(), ..present.clone() };
        for (group, role, expected) in [
            (None, None, Ok(Some(present.clone()))),
            (None, Some(other), Ok(Some(changed))),
            (Some(""), None, Ok(None)),
            (None, Some(""), Ok(None)),
            (Some(""), Some(""), Ok(None)),
            (Some(""), Some(ROLE), Err(NO_GROUP)),
            (Some(GROUP), Some(""), Err(NO_ROLE)),
        ] {
            let made = merged(Some(&present), group, role).map_err(|error| error.name.into_owned());
            assert_eq!(made, expected.map_err(str::to_owned), "{group:?} {role:?}");
        }
        assert_eq!(merged(None, Some(GROUP), None).unwrap_err().name, NO_ROLE);
    }
}
