//! `cpu_usage_*`: how each processor spent the time since the last reading, in percent.
//!
//! As the CloudWatch agent counts it: time given to guests is taken out of `user` and `nice`,
//! and `active` is all that is not `idle`.

use std::collections::HashMap;

use super::{CollectError, Collector, Proc, percent};
use crate::datum::{Dimension, Sample, Unit};

/// The columns of `/proc/stat`.
const FIELDS: [&str; 10] =
    ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];
const USER: usize = 0;
const NICE: usize = 1;
const IDLE: usize = 3;
const GUEST: usize = 8;
const GUEST_NICE: usize = 9;

/// Clock ticks by [`FIELDS`].
type Ticks = [u64; FIELDS.len()];

/// The collector and its last reading.
pub(super) struct Cpu {
    per_cpu: bool,
    last: HashMap<String, Ticks>,
}

impl Cpu {
    pub(super) fn new(per_cpu: bool) -> Self {
        Self { per_cpu, last: HashMap::new() }
    }
}

impl Collector for Cpu {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let mut now = parse(&proc.read("stat")?).ok_or(CollectError::Form("/proc/stat"))?;
        now.retain(|(name, _)| self.per_cpu || name == "cpu-total");
        let mut samples = Vec::new();
        for (name, ticks) in &now {
            let Some(usage) = self.last.get(name).and_then(|before| usage(before, ticks)) else { continue };
            let dimension = [Dimension::new("cpu", name)];
            let sample = |(field, value): &(&str, f64)| {
                Sample::new(format!("cpu_usage_{field}"), Unit::Percent, *value).of(&dimension)
            };
            samples.extend(usage.iter().map(sample));
        }
        self.last = now.into_iter().collect();
        Ok(samples)
    }
}

/// Every processor's ticks, `cpu-total` first.
fn parse(text: &str) -> Option<Vec<(String, Ticks)>> {
    let mut all = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("cpu")) {
        let mut words = line.split_ascii_whitespace();
        let name = words.next()?;
        let mut ticks = Ticks::default();
        // Old kernels have fewer columns.
        for (at, word) in words.take(FIELDS.len()).enumerate() {
            ticks[at] = word.parse().ok()?;
        }
        all.push((if name == "cpu" { "cpu-total" } else { name }.to_owned(), ticks));
    }
    (!all.is_empty()).then_some(all)
}

/// The share of every kind of time between two readings; `None` when no time has passed.
fn usage(before: &Ticks, now: &Ticks) -> Option<Vec<(&'static str, f64)>> {
    // Some counters are known to step back a little (iowait) or to start anew (a processor
    // that was taken offline): they count as unchanged.
    let mut spent: [u64; FIELDS.len()] = std::array::from_fn(|at| now[at].saturating_sub(before[at]));
    spent[USER] = spent[USER].saturating_sub(spent[GUEST]);
    spent[NICE] = spent[NICE].saturating_sub(spent[GUEST_NICE]);
    let total: u64 = spent.iter().sum();
    if total == 0 {
        return None;
    }
    let share = |ticks: u64| percent(ticks as f64, total as f64);
    let mut usage: Vec<_> = FIELDS.into_iter().zip(spent.map(share)).collect();
    usage.push(("active", share(total - spent[IDLE])));
    Some(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "cpu  1000 100 500 8000 200 0 50 10 40 0\n\
                          cpu0 500 50 250 4000 100 0 25 5 20 0\n\
                          cpu1 500 50 250 4000 100 0 25 5 20 0\n\
                          intr 123 0 0\nctxt 99\nbtime 1700000000\n";
    const AFTER: &str = "cpu  1060 100 520 8100 210 0 60 10 50 0\n\
                         cpu0 560 50 270 4000 110 0 35 5 30 0\n\
                         cpu1 500 50 250 4100 100 0 25 5 20 0\n";

    #[test]
    fn shares_are_of_the_time_between_two_readings() {
        let (before, after) = (parse(BEFORE).unwrap(), parse(AFTER).unwrap());
        assert_eq!(before.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["cpu-total", "cpu0", "cpu1"]);
        let usage = |at: usize| usage(&before[at].1, &after[at].1).unwrap();
        assert_eq!(
            usage(0),
            [
                ("user", 25.0),
                ("nice", 0.0),
                ("system", 10.0),
                ("idle", 50.0),
                ("iowait", 5.0),
                ("irq", 0.0),
                ("softirq", 5.0),
                ("steal", 0.0),
                ("guest", 5.0),
                ("guest_nice", 0.0),
                ("active", 50.0),
            ]
        );
        assert_eq!(usage(2)[3], ("idle", 100.0));
    }

    #[test]
    fn counters_that_step_back_give_no_negative_share() {
        let before = [100, 0, 0, 100, 50, 0, 0, 0, 0, 0];
        let after = [110, 0, 0, 120, 40, 0, 0, 0, 0, 0];
        let shares = usage(&before, &after).unwrap();
        assert!(shares.iter().all(|(_, share)| (0.0..=100.0).contains(share)), "{shares:?}");
        assert_eq!(usage(&after, &after), None);
    }

    #[test]
    fn another_text_is_not_taken_for_ticks() {
        for bad in ["", "intr 1 2 3\n", "cpu  1 2 three\n"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        assert_eq!(parse("cpu 1 2 3 4\n").unwrap()[0].1[IDLE], 4);
    }
}
