//! What is counted of an event.

use std::borrow::Cow;

use serde::Deserialize;
use store::trail_event::TrailEvent;

use super::tally::Tally;
use super::{Minute, minute_of};

/// What stands for no error in attributions (cloudtrail.md §8.3).
const NO_ERROR: &str = "null";

/// One call, as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) minute: Minute,
    pub(super) error: Option<String>,
    /// The caller's ARN, without the name of a session.
    identity: Option<String>,
    agent: Option<String>,
}

/// Of a record, what is counted by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted<'a> {
    #[serde(borrow)]
    error_code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user_identity: Option<Identity<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    invoked_by: Option<Cow<'a, str>>,
}

impl Sample {
    /// The sample of an event; none of one that cannot be read.
    pub(super) fn of(event: &TrailEvent) -> Option<Self> {
        let counted = counted(event)?;
        let identity = counted.user_identity.unwrap_or_default();
        Some(Self {
            minute: minute_of(event.time),
            error: counted.error_code.map(Cow::into_owned),
            identity: identity
                .arn
                .as_deref()
                .map(without_session)
                .or(identity.invoked_by.as_deref())
                .map(str::to_owned),
            agent: counted.user_agent.map(Cow::into_owned),
        })
    }

    /// Counts it.
    pub(super) fn count_in(&self, tally: &mut Tally) {
        tally.calls += 1;
        self.identity.iter().for_each(|identity| tally.identities.see(identity));
        self.agent.iter().for_each(|agent| tally.agents.see(agent));
        tally.errors.see(self.error.as_deref().unwrap_or(NO_ERROR));
    }
}

/// The error code of an event.
pub(super) fn error_code(event: &TrailEvent) -> Option<String> {
    counted(event)?.error_code.map(Cow::into_owned)
}

fn counted(event: &TrailEvent) -> Option<Counted<'_>> {
    match serde_json::from_str(&event.record) {
        Ok(counted) => Some(counted),
        Err(error) => {
            tracing::error!(%error, id = event.event_id, "an audit event cannot be read and is not counted");
            None
        }
    }
}

/// `arn:aws:sts::111122223333:assumed-role/Fleet/session` without the session.
fn without_session(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.strip_prefix("assumed-role/").and_then(|path| path.rsplit_once('/')) {
        Some((_, session)) => &arn[..arn.len() - session.len() - 1],
        None => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sessions_are_stripped() {
        for (arn, stripped) in [
            ("arn:aws:sts::111122223333:assumed-role/Fleet/i-1", "arn:aws:sts::111122223333:assumed-role/Fleet"),
            ("arn:aws:iam::111122223333:user/team/ann", "arn:aws:iam::111122223333:user/team/ann"),
            ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
            ("arn:aws:sts::111122223333:federated-user/ann", "arn:aws:sts::111122223333:federated-user/ann"),
        ] {
            assert_eq!(without_session(arn), stripped);
        }
    }
}
