//! `processes_*`: how many processes there are in which state.

use std::fs;

use super::{CollectError, Collector, Proc};
use crate::datum::{Sample, Unit};

/// The states that are reported, with the kernel's letters for them.
const STATES: [(&str, &str); 8] = [
    ("blocked", "D"),
    ("dead", "Xx"),
    ("idle", "I"),
    ("paging", "W"),
    ("running", "R"),
    ("sleeping", "S"),
    ("stopped", "Tt"),
    ("zombies", "Z"),
];

/// The collector; processes are a state, so it keeps none.
pub(super) struct Processes;

impl Collector for Processes {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let fail = |error| CollectError::Read(proc.path(""), error);
        let mut counts = Counts::default();
        for entry in fs::read_dir(proc).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            let Some(pid) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else {
                continue;
            };
            // A process that ended while we looked is not there.
            if let Ok(text) = proc.read(&format!("{pid}/stat")) {
                let (state, threads) = parse(&text).ok_or(CollectError::Form("/proc/PID/stat"))?;
                counts.add(state, threads);
            }
        }
        Ok(counts.samples())
    }
}

#[derive(Default)]
struct Counts {
    by_state: [u64; STATES.len()],
    total: u64,
    threads: u64,
}

impl Counts {
    fn add(&mut self, state: char, threads: u64) {
        // States that are not reported (`P`, parked) count among the total alone.
        if let Some(at) = STATES.iter().position(|(_, letters)| letters.contains(state)) {
            self.by_state[at] += 1;
        }
        self.total += 1;
        self.threads += threads;
    }

    fn samples(&self) -> Vec<Sample> {
        let states = STATES.into_iter().map(|(name, _)| name).zip(self.by_state);
        let all = states.chain([("total", self.total), ("total_threads", self.threads)]);
        all.map(|(name, count)| Sample::new(format!("processes_{name}"), Unit::Count, count as f64)).collect()
    }
}

/// `PID (name) STATE …`: the state, and the number of threads in the twentieth column. The
/// name may hold blanks and brackets, so what counts is after the last bracket.
fn parse(text: &str) -> Option<(char, u64)> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut words = rest.split_ascii_whitespace();
    let state = words.next()?.chars().next()?;
    let threads = words.nth(16)?.parse().ok()?;
    Some((state, threads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_threads_are_found_whatever_the_name() {
        for (text, expected) in [
            ("1 (systemd) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9 10", Some(('S', 1))),
            ("7 (a) b (c)) R 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 42 0 9 10", Some(('R', 42))),
            ("7 (short) R 0 1", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn every_process_is_in_the_total() {
        let mut counts = Counts::default();
        for (state, threads) in [('S', 1), ('S', 3), ('R', 1), ('D', 1), ('t', 1), ('P', 1), ('I', 1)] {
            counts.add(state, threads);
        }
        let samples = counts.samples();
        let value = |name: &str| samples.iter().find(|sample| sample.series.name == name).unwrap().value;
        assert_eq!(value("processes_sleeping"), 2.0);
        assert_eq!(value("processes_stopped"), 1.0);
        assert_eq!(value("processes_zombies"), 0.0);
        assert_eq!(value("processes_total"), 7.0);
        assert_eq!(value("processes_total_threads"), 9.0);
    }
}
