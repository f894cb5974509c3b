//! `net_*`: what every network interface carried since the last reading.

use super::delta::Deltas;
use super::{CollectError, Collector, Proc};
use crate::datum::{Dimension, Sample, Unit, is_dimension_value};

/// Metrics, units and their column in `/proc/net/dev`.
const COUNTED: [(&str, Unit, usize); 8] = [
    ("net_bytes_recv", Unit::Bytes, 0),
    ("net_packets_recv", Unit::Count, 1),
    ("net_err_in", Unit::Count, 2),
    ("net_drop_in", Unit::Count, 3),
    ("net_bytes_sent", Unit::Bytes, 8),
    ("net_packets_sent", Unit::Count, 9),
    ("net_err_out", Unit::Count, 10),
    ("net_drop_out", Unit::Count, 11),
];

/// The collector and its last reading.
pub(super) struct Net {
    interfaces: Option<Vec<String>>,
    deltas: Deltas<{ COUNTED.len() }>,
}

impl Net {
    pub(super) fn new(interfaces: Option<Vec<String>>) -> Self {
        Self { interfaces, deltas: Deltas::new() }
    }
}

impl Collector for Net {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let mut now = parse(&proc.read("net/dev")?).ok_or(CollectError::Form("/proc/net/dev"))?;
        now.retain(|(name, _)| is_wanted(name, self.interfaces.as_deref()));
        let mut samples = Vec::new();
        for (name, deltas) in self.deltas.advance(now) {
            let dimension = [Dimension::new("interface", &name)];
            for ((metric, unit, _), delta) in COUNTED.into_iter().zip(deltas) {
                samples.extend(delta.map(|delta| Sample::new(metric, unit, delta as f64).of(&dimension)));
            }
        }
        Ok(samples)
    }
}

/// Those named, or all but the loopback.
fn is_wanted(name: &str, named: Option<&[String]>) -> bool {
    is_dimension_value(name)
        && match named {
            Some(named) => named.iter().any(|at| at == name),
            None => name != "lo",
        }
}

/// The interfaces below the two lines of headings.
fn parse(text: &str) -> Option<Vec<(String, [u64; COUNTED.len()])>> {
    text.lines().skip(2).map(parse_line).collect()
}

/// `eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs drop …`
fn parse_line(line: &str) -> Option<(String, [u64; COUNTED.len()])> {
    // An alias has a colon in its name (`eth0:1`); the last one ends it.
    let (name, rest) = line.rsplit_once(':')?;
    let numbers: Vec<u64> = rest.split_ascii_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let mut counters = [0; COUNTED.len()];
    for (counter, (_, _, column)) in counters.iter_mut().zip(COUNTED) {
        *counter = *numbers.get(column)?;
    }
    Some((name.trim().to_owned(), counters))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 2114746986 2842500    0    0    0     0          0         0 2114746986 2842500    0    0    0     0       0          0
  eth0:434243194   18118    1    2    0     0          0         9  1336400   11616    3    4    0     0       0          0
";

    #[test]
    fn columns_are_told_apart() {
        let parsed = parse(CAPTURED).unwrap();
        assert_eq!(parsed[1], ("eth0".to_owned(), [434_243_194, 18_118, 1, 2, 1_336_400, 11_616, 3, 4]));
        assert_eq!(parse("a\nb\neth0: 1 2 3\n"), None);
    }

    #[test]
    fn the_loopback_is_left_out_unless_named() {
        assert!(is_wanted("eth0", None) && !is_wanted("lo", None));
        assert!(is_wanted("lo", Some(&["lo".to_owned()])) && !is_wanted("eth0", Some(&["lo".to_owned()])));
    }
}
