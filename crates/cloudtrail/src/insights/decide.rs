//! Whether an unusual rate starts or ends with a minute: a pure function of the minutes before it (cloudtrail.md §8.2).

use serde::{Deserialize, Serialize};

use super::{DAY_MINUTES, Minute};

/// Minutes in a row with an unusual rate that make a start.
pub(super) const START_MINUTES: usize = 5;
/// Minutes in a row with a usual rate that make an end.
pub(super) const CALM_MINUTES: usize = 15;
/// What has lasted for as long as a baseline is usual by now.
const LONGEST_MINUTES: Minute = 7 * DAY_MINUTES;
/// A rate is unusual above the average and so many standard deviations, …
const DEVIATIONS: f64 = 6.0;
/// … above so many times the average, …
const TIMES: f64 = 10.0;
/// … and above so many calls a minute.
pub(super) const CALLS_MIN: u64 = 5;

/// What is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// Minutes that it is over, those without calls too.
    pub(super) minutes: u64,
    pub(super) calls: u64,
    /// The sum of the squares of the calls of each minute.
    pub(super) squares: u64,
}

impl Baseline {
    /// Above this a minute is unusual.
    fn threshold(&self) -> f64 {
        let minutes = self.minutes.max(1) as f64;
        let average = self.calls as f64 / minutes;
        let variance = (self.squares as f64 / minutes - average * average).max(0.0);
        (average + DEVIATIONS * variance.sqrt()).max(TIMES * average).max(CALLS_MIN as f64)
    }
}

/// What a decision is made by.
#[derive(Clone, Copy, Debug)]
pub(super) struct History<'a> {
    /// Calls in the latest minutes, of which the last is decided on. Before the first there were none.
    pub(super) latest: &'a [u64],
    /// What was usual before the unusual rate began, or before it would.
    pub(super) baseline: Baseline,
    /// For how many minutes an unusual rate has lasted, if one has begun.
    pub(super) lasted: Option<Minute>,
}

/// What comes with a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Nothing,
    /// A rate is unusual since [`START_MINUTES`] minutes.
    Start,
    /// It was usual again for this many of the latest minutes.
    End {
        calm: usize,
    },
}

/// Decides, where a baseline of less than `history_min` minutes says nothing yet.
pub(super) fn decide(history: &History<'_>, history_min: u64) -> Decision {
    let threshold = history.baseline.threshold();
    let is_unusual = |calls: &u64| *calls as f64 > threshold;
    let Some(lasted) = history.lasted else {
        let last = history.latest.len().checked_sub(START_MINUTES).map(|first| &history.latest[first..]);
        let starts = last.is_some_and(|last| last.iter().all(is_unusual));
        return if starts && history.baseline.minutes >= history_min { Decision::Start } else { Decision::Nothing };
    };
    if !history.latest.iter().rev().take(CALM_MINUTES).any(is_unusual) {
        return Decision::End { calm: CALM_MINUTES };
    }
    match lasted >= LONGEST_MINUTES {
        true => Decision::End { calm: 0 },
        false => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 1_440;

    /// A baseline of minutes with so many calls each, and the rest of the minutes without any.
    fn baseline(minutes: u64, with: u64, calls: u64) -> Baseline {
        Baseline { minutes, calls: with * calls, squares: with * calls * calls }
    }

    #[test]
    fn a_rate_is_unusual_above_three_bounds() {
        for (of, threshold) in [
            (Baseline::default(), 5.0),
            (baseline(7 * DAY, 0, 0), 5.0),
            // The average is 1, without deviation: ten times the average.
            (baseline(7 * DAY, 7 * DAY, 1), 10.0),
            // Every second minute has 4: the average is 2, so is the deviation, and 2 + 6·2 is below 10·2.
            (baseline(7 * DAY, 7 * DAY / 2, 4), 20.0),
            // One minute in a hundred has 100: the average is 1, the deviation √99.
            (baseline(10_000, 100, 100), 1.0 + 6.0 * 99.0_f64.sqrt()),
        ] {
            assert!((of.threshold() - threshold).abs() < 1e-9, "{of:?}: {}", of.threshold());
        }
    }

    #[test]
    fn an_unusual_rate_starts_after_five_minutes_of_it() {
        let quiet = baseline(7 * DAY, 0, 0);
        for (latest, decision) in [
            (&[6, 6, 6, 6, 6][..], Decision::Start),
            (&[0, 6, 7, 8, 9, 6], Decision::Start),
            (&[6, 6, 6, 6], Decision::Nothing),
            (&[6, 6, 6, 6, 5], Decision::Nothing),
            (&[5, 6, 6, 6, 6], Decision::Nothing),
            (&[600, 600, 0, 600, 600], Decision::Nothing),
            (&[], Decision::Nothing),
        ] {
            let history = History { latest, baseline: quiet, lasted: None };
            assert_eq!(decide(&history, DAY), decision, "{latest:?}");
        }
    }

    #[test]
    fn nothing_starts_before_there_is_enough_history() {
        for (minutes, history_min, decision) in [
            (DAY - 1, DAY, Decision::Nothing),
            (DAY, DAY, Decision::Start),
            (0, 0, Decision::Start),
            (7 * DAY, 7 * DAY, Decision::Start),
        ] {
            let history = History { latest: &[9; 5], baseline: baseline(minutes, 0, 0), lasted: None };
            assert_eq!(decide(&history, history_min), decision, "{minutes} of {history_min}");
        }
    }

    #[test]
    fn an_unusual_rate_ends_after_fifteen_usual_minutes() {
        let quiet = baseline(7 * DAY, 0, 0);
        let mut ends = [5; CALM_MINUTES];
        let mut lasts = ends;
        lasts[0] = 6;
        let calm = Decision::End { calm: CALM_MINUTES };
        for (latest, lasted, decision) in [
            (&ends[..], 20, calm),
            (&[&[9; 5][..], &ends].concat(), 20, calm),
            (&lasts, 20, Decision::Nothing),
            (&lasts, LONGEST_MINUTES, Decision::End { calm: 0 }),
            (&[], 20, calm),
        ] {
            let history = History { latest, baseline: quiet, lasted: Some(lasted) };
            assert_eq!(decide(&history, 7 * DAY), decision, "{latest:?}");
        }
        // How much history there must be does not matter any more.
        ends[14] = 0;
        let short = History { latest: &ends, baseline: baseline(1, 0, 0), lasted: Some(20) };
        assert_eq!(decide(&short, DAY), calm);
    }
}
