//! Object lock: decisions alone, by the server's clock.

use base::Timestamp;

use crate::record::{Content, DefaultRetention, LockMode, Period, Retention};

/// Whether the caller may bypass governance, and says that it wants to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Governance {
    /// It stands.
    Kept,
    /// It is bypassed.
    Bypassed,
}

/// Why a version stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locked;

/// Whether a version may be removed.
pub(crate) fn may_remove(content: &Content, now: Timestamp, governance: Governance) -> Result<(), Locked> {
    if content.legal_hold {
        return Err(Locked);
    }
    match content.retention.filter(|retention| now < retention.until) {
        None => Ok(()),
        Some(Retention { mode: LockMode::Compliance, .. }) => Err(Locked),
        Some(Retention { mode: LockMode::Governance, .. }) => match governance {
            Governance::Kept => Err(Locked),
            Governance::Bypassed => Ok(()),
        },
    }
}

/// Whether a version's retention may become another; `None` removes it.
pub(crate) fn may_change(
    before: Option<Retention>,
    after: Option<Retention>,
    now: Timestamp,
    governance: Governance,
) -> Result<(), Locked> {
    let Some(before) = before.filter(|before| now < before.until) else { return Ok(()) };
    let stricter = after.is_some_and(|after| {
        after.until >= before.until && (after.mode == before.mode || after.mode == LockMode::Compliance)
    });
    match (stricter, before.mode, governance) {
        (true, ..) | (false, LockMode::Governance, Governance::Bypassed) => Ok(()),
        _ => Err(Locked),
    }
}

/// The retention of a new version that does not say.
pub(crate) fn by_default(default: DefaultRetention, now: Timestamp) -> Retention {
    let days = match default.period {
        Period::Days(days) => i64::from(days),
        Period::Years(years) => i64::from(years) * 365,
    };
    Retention { mode: default.mode, until: now.plus_millis(days.saturating_mul(base::time::DAY_MS)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1000);

    fn until(mode: LockMode, secs: i64) -> Option<Retention> {
        Some(Retention { mode, until: Timestamp::from_secs(secs) })
    }

    fn content(retention: Option<Retention>, legal_hold: bool) -> Content {
        Content {
            bytes: 0,
            etag: String::new(),
            pieces: Vec::new(),
            parts: Vec::new(),
            checksum: None,
            description: Default::default(),
            retention,
            legal_hold,
        }
    }

    #[test]
    fn what_is_locked_stays_until_its_time() {
        use Governance::{Bypassed, Kept};
        use LockMode::{Compliance, Governance as Govern};
        let table = [
            (None, false, Kept, true),
            (None, true, Bypassed, false),
            (until(Govern, 1001), false, Kept, false),
            (until(Govern, 1001), false, Bypassed, true),
            (until(Govern, 1001), true, Bypassed, false),
            (until(Govern, 1000), false, Kept, true),
            (until(Compliance, 1001), false, Kept, false),
            (until(Compliance, 1001), false, Bypassed, false),
            (until(Compliance, 1000), false, Kept, true),
        ];
        for (retention, hold, governance, expected) in table {
            let judged = may_remove(&content(retention, hold), NOW, governance).is_ok();
            assert_eq!(judged, expected, "{retention:?} {hold} {governance:?}");
        }
    }

    #[test]
    fn a_lock_may_become_stricter_and_only_governance_can_be_bypassed() {
        use Governance::{Bypassed, Kept};
        use LockMode::{Compliance, Governance as Govern};
        let table = [
            (None, until(Compliance, 2000), Kept, true),
            (until(Govern, 1500), until(Govern, 2000), Kept, true),
            (until(Govern, 1500), until(Compliance, 1500), Kept, true),
            (until(Govern, 1500), until(Govern, 1400), Kept, false),
            (until(Govern, 1500), None, Kept, false),
            (until(Govern, 1500), None, Bypassed, true),
            (until(Compliance, 1500), until(Compliance, 1600), Kept, true),
            (until(Compliance, 1500), until(Govern, 1600), Bypassed, false),
            (until(Compliance, 1500), until(Compliance, 1400), Bypassed, false),
            (until(Compliance, 1500), None, Bypassed, false),
            (until(Compliance, 900), None, Kept, true),
        ];
        for (before, after, governance, expected) in table {
            assert_eq!(may_change(before, after, NOW, governance).is_ok(), expected, "{before:?} -> {after:?}");
        }
    }

    #[test]
    fn the_default_lasts_days_or_years_of_365_days() {
        let default = |period| by_default(DefaultRetention { mode: LockMode::Compliance, period }, NOW).until.secs();
        assert_eq!(default(Period::Days(2)), 1000 + 2 * 86_400);
        assert_eq!(default(Period::Years(1)), 1000 + 365 * 86_400);
    }
}
