//! What holds back the actions of a composite alarm that has a suppressor: the state machine of
//! cloudwatch.md §6.9, rules 1 to 8. Pure.

use base::Timestamp;

use crate::record::{AlarmState, SuppressedBy, Suppression};

/// A suppressor as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Whether it is in ALARM.
    pub in_alarm: bool,
    /// How long actions wait for it to go into ALARM.
    pub wait_secs: u32,
    /// How long they wait after it has left ALARM.
    pub extension_secs: u32,
}

/// Why the suppression is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The composite alarm changes its value; the state before.
    Changed(AlarmState),
    /// The suppressor or the time changed.
    Look,
    /// The alarm got another suppressor, or none.
    Replaced,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What holds actions back from now on.
    pub suppression: Option<Suppression>,
    /// Actions of the present state run now that were held back so far: the state before the
    /// change that asked for them. Those of a change itself are not told here: they run unless
    /// `suppression` holds them.
    pub release: Option<AlarmState>,
}

/// The next step from what holds actions back at present. `suppressor` is none when the alarm
/// has none any more.
pub fn step(present: Option<Suppression>, suppressor: Option<Watched>, cause: Cause, now: Timestamp) -> Step {
    let held = |held: &Option<Suppression>| held.as_ref().and_then(|suppression| suppression.held.clone());
    let Some(suppressor) = suppressor else {
        // Rule 8: a period of a suppressor that is gone is dropped. What it held is not lost.
        let release = if matches!(cause, Cause::Changed(_)) { None } else { held(&present) };
        return Step { suppression: None, release };
    };
    match cause {
        // Rule 5, and 3 and 7 when a period is running: no wait.
        Cause::Changed(old) if suppressor.in_alarm => hold(SuppressedBy::Alarm, None, Some(old)),
        // Rules 1, 4 and 7: what was held or running before is dropped.
        Cause::Changed(old) => match suppressor.wait_secs {
            0 => Step { suppression: None, release: None },
            secs => hold(SuppressedBy::WaitPeriod, Some(after(now, secs)), Some(old)),
        },
        // Rule 3; also when it comes back into ALARM during the extension.
        Cause::Look | Cause::Replaced if suppressor.in_alarm => hold(SuppressedBy::Alarm, None, held(&present)),
        // Rule 8.
        Cause::Replaced => Step { suppression: None, release: held(&present) },
        Cause::Look => match present {
            None => Step { suppression: None, release: None },
            // Rule 6: the suppressor has left ALARM.
            Some(Suppression { by: SuppressedBy::Alarm, held, .. }) if suppressor.extension_secs > 0 => {
                hold(SuppressedBy::ExtensionPeriod, Some(after(now, suppressor.extension_secs)), held)
            }
            Some(Suppression { by, until: Some(until), held }) if now < until => hold(by, Some(until), held),
            // Rules 2 and 6: the period is over.
            Some(Suppression { held, .. }) => Step { suppression: None, release: held },
        },
    }
}

fn hold(by: SuppressedBy, until: Option<Timestamp>, held: Option<AlarmState>) -> Step {
    Step { suppression: Some(Suppression { by, until, held }), release: None }
}

fn after(now: Timestamp, secs: u32) -> Timestamp {
    now.plus_millis(i64::from(secs) * 1000)
}

#[cfg(test)]
mod tests;
