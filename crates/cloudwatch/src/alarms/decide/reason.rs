//! What people read: the StateReason texts of metric alarms (cloudwatch.md §6.5).
//!
//! Fewer than five deciding points are listed in the sentence itself. From five on AWS counts
//! them and lists the newest five in a second sentence (recorded for ALARM with 5, 24 and 30
//! points, and for bands with 7; its wording for OK is inferred), so that a text stays far below
//! the 1,023 characters that a reason can have, however many points there are.

use super::classify::{Bound, PointClass};
use super::judge::Judgement;
use super::number::number;
use super::{DataPoint, date};
use crate::record::{StateValue, TreatMissingData};

/// Points that are listed at most.
const LISTED_MAX: usize = 5;

/// Why the alarm goes into `value`.
pub(super) fn text(judgement: &Judgement<'_>, value: StateValue) -> String {
    let Some(decided) = Decided::of(judgement, value) else { return no_data(judgement.evaluation_periods) };
    if decided.points.is_empty() {
        return filled(judgement);
    }
    let (sentence, listed) = match (decided.points.len() >= LISTED_MAX, decided.bound) {
        (false, _) => (decided.in_one_sentence(), String::new()),
        (true, Bound::Threshold(..)) => (decided.counted(), decided.most_recent(LISTED_MAX)),
        (true, Bound::Band(_)) => (decided.counted(), decided.recent_of_bands()),
    };
    close(&decided, &sentence, &listed)
}

/// As [`text`], for one series of many: the newest deciding point alone is named.
pub(super) fn contributor_text(judgement: &Judgement<'_>, value: StateValue) -> String {
    match Decided::of(judgement, value) {
        None => no_data(judgement.evaluation_periods),
        Some(decided) if decided.points.is_empty() => filled(judgement),
        Some(decided) => close(&decided, &decided.counted(), &decided.most_recent(1)),
    }
}

/// A transition and the points that decided it.
struct Decided<'a> {
    judgement: &'a Judgement<'a>,
    bound: Bound,
    into_alarm: bool,
    /// Breaching ones of a transition into ALARM, the others of one into OK; newest first.
    points: Vec<&'a DataPoint>,
}

impl<'a> Decided<'a> {
    /// `None` for a transition that no comparison decided.
    fn of(judgement: &'a Judgement<'a>, value: StateValue) -> Option<Self> {
        let class = match value {
            StateValue::Alarm => PointClass::Breaching,
            StateValue::Ok => PointClass::NotBreaching,
            StateValue::InsufficientData => return None,
        };
        let points = judgement.counted_of(class).collect();
        Some(Self { judgement, bound: judgement.bound?, into_alarm: value == StateValue::Alarm, points })
    }

    fn in_one_sentence(&self) -> String {
        let list = list(self.points.iter().copied());
        let verb = was(self.points.len());
        format!("{} [{list}] {verb} {}", self.count(), self.compared(&self.points))
    }

    /// The sentence without a list.
    fn counted(&self) -> String {
        format!("{} {} {}", self.count(), was(self.points.len()), self.compared(&[]))
    }

    /// `3 datapoints`, or `2 out of the last 3 datapoints` when M was given.
    fn count(&self) -> String {
        let count = self.points.len();
        match self.judgement.alarm.datapoints_to_alarm {
            Some(_) => format!("{count} out of the last {} datapoints", self.judgement.evaluation_periods),
            None => datapoints(count),
        }
    }

    /// `not greater than the threshold (21.0)`; of a band with the sides at `points`.
    fn compared(&self, points: &[&DataPoint]) -> String {
        let not = if self.into_alarm { "" } else { "not " };
        match self.bound {
            Bound::Threshold(relation, threshold) => {
                format!("{not}{} the threshold ({})", relation.words(), number(threshold))
            }
            Bound::Band(sides) => {
                let lower = sides.lower().then(|| format!("{not}less than the lower thresholds{}", lowers(points)));
                let upper = sides.upper().then(|| format!("{not}greater than the upper thresholds{}", uppers(points)));
                [lower, upper].into_iter().flatten().collect::<Vec<_>>().join(" or ")
            }
        }
    }

    fn most_recent(&self, listed_max: usize) -> String {
        let noun = if self.points.len() == 1 { "datapoint" } else { "datapoints" };
        let list = list(self.points.iter().copied().take(listed_max));
        format!(" The most recent {noun} which {} the threshold: [{list}]", self.crossed())
    }

    fn recent_of_bands(&self) -> String {
        let Bound::Band(sides) = self.bound else { return String::new() };
        let points = &self.points[..self.points.len().min(LISTED_MAX)];
        let lower = sides.lower().then(|| format!("lower thresholds{}", lowers(points)));
        let upper = sides.upper().then(|| format!("upper thresholds{}", uppers(points)));
        let thresholds = [lower, upper].into_iter().flatten().collect::<Vec<_>>().join(" or ");
        format!(" Recent datapoints [{}] {} the {thresholds}", list(points.iter().copied()), self.crossed())
    }

    const fn crossed(&self) -> &'static str {
        if self.into_alarm { "crossed" } else { "did not cross" }
    }

    /// How many points such a transition takes at least, when M was given.
    fn minimum(&self) -> String {
        let Some(_) = self.judgement.alarm.datapoints_to_alarm else { return String::new() };
        let to_alarm = self.judgement.datapoints_to_alarm;
        let (minimum, way) = match self.into_alarm {
            true => (to_alarm, "OK -> ALARM"),
            false => (self.judgement.evaluation_periods - to_alarm + 1, "ALARM -> OK"),
        };
        format!(" (minimum {} for {way} transition)", datapoints(minimum))
    }
}

fn close(decided: &Decided<'_>, sentence: &str, listed: &str) -> String {
    let crossed = match decided.bound {
        Bound::Threshold(..) => "Threshold Crossed",
        Bound::Band(_) => "Thresholds Crossed",
    };
    let fillers = match decided.judgement.fillers() {
        0 => String::new(),
        _ => format!(" and {}", fillers(decided.judgement)),
    };
    let stop = if listed.is_empty() { "" } else { "." };
    format!("{crossed}: {sentence}{fillers}{stop}{listed}{}.", decided.minimum())
}

/// Fillers alone decided. With points that say the opposite their number is named (recorded).
fn filled(judgement: &Judgement<'_>) -> String {
    let real = judgement.counted.len();
    let received = match real {
        0 => "no datapoints were received".to_owned(),
        _ => format!("{} {} received", datapoints(real), was(real)),
    };
    let periods = judgement.evaluation_periods;
    let noun = if periods == 1 { "period" } else { "periods" };
    format!("Threshold Crossed: {received} for {periods} {noun} and {}.", fillers(judgement))
}

/// `2 missing datapoints were treated as [Breaching]`
fn fillers(judgement: &Judgement<'_>) -> String {
    let count = judgement.fillers();
    let noun = if count == 1 { "missing datapoint" } else { "missing datapoints" };
    let treated = match judgement.treatment {
        TreatMissingData::Breaching => "Breaching",
        _ => "NonBreaching",
    };
    format!("{count} {noun} {} treated as [{treated}]", was(count))
}

/// No data, of as many points as are evaluated.
pub(super) fn no_data(evaluation_periods: usize) -> String {
    format!("Insufficient Data: {} {} unknown.", datapoints(evaluation_periods), was(evaluation_periods))
}

fn datapoints(count: usize) -> String {
    format!("{count} {}", if count == 1 { "datapoint" } else { "datapoints" })
}

const fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// `21.5 (26/02/26 10:14:00), 20.0 (26/02/26 10:13:00)`
fn list<'a>(points: impl Iterator<Item = &'a DataPoint>) -> String {
    let print = |point: &DataPoint| {
        let value = point.value.unwrap_or_default();
        format!("{} ({})", number(value), date::short(point.start_secs))
    };
    points.map(print).collect::<Vec<_>>().join(", ")
}

/// ` [0.5, 0.75]`: the lower sides of the points' bands; nothing without points.
fn lowers(points: &[&DataPoint]) -> String {
    sides(points, |(lower, _)| lower)
}

/// As [`lowers`], of the upper sides.
fn uppers(points: &[&DataPoint]) -> String {
    sides(points, |(_, upper)| upper)
}

fn sides(points: &[&DataPoint], side: fn((f64, f64)) -> f64) -> String {
    let values: Vec<String> = points.iter().filter_map(|point| point.band).map(side).map(number).collect();
    if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) }
}
