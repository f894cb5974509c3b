//! `mem_*`: memory in bytes and percent.
//!
//! As the CloudWatch agent counts it: `cached` includes slabs that can be reclaimed, and
//! `used` is what is neither free nor buffers nor cached.

use std::collections::HashMap;

use super::{CollectError, Collector, Proc, percent};
use crate::datum::{Sample, Unit};

/// The collector; memory is a state, so it keeps none.
pub(super) struct Mem;

impl Collector for Mem {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        measure(&proc.read("meminfo")?).ok_or(CollectError::Form("/proc/meminfo"))
    }
}

/// The lines of `/proc/meminfo` in bytes.
pub(super) fn parse(text: &str) -> HashMap<&str, u64> {
    text.lines().filter_map(parse_line).collect()
}

/// `MemTotal:       16000 kB`; a line without a unit counts things, not bytes.
fn parse_line(line: &str) -> Option<(&str, u64)> {
    let (name, rest) = line.split_once(':')?;
    let mut words = rest.split_ascii_whitespace();
    let number: u64 = words.next()?.parse().ok()?;
    Some((name, if words.next() == Some("kB") { number.checked_mul(1024)? } else { number }))
}

fn measure(text: &str) -> Option<Vec<Sample>> {
    let lines = parse(text);
    let get = |name: &str| lines.get(name).copied();
    let (total, free) = (get("MemTotal")?, get("MemFree")?);
    let or_zero = |name: &str| get(name).unwrap_or(0);
    let buffered = or_zero("Buffers");
    let cached = or_zero("Cached") + or_zero("SReclaimable");
    let used = total.saturating_sub(free + buffered + cached);
    // Kernels before 3.14 do not say what is available.
    let available = get("MemAvailable").unwrap_or(free + buffered + cached);
    let share = |part: u64| percent(part as f64, total as f64);
    let bytes = [
        ("active", or_zero("Active")),
        ("available", available),
        ("buffered", buffered),
        ("cached", cached),
        ("free", free),
        ("inactive", or_zero("Inactive")),
        ("shared", or_zero("Shmem")),
        ("total", total),
        ("used", used),
    ];
    let bytes = bytes.map(|(field, value)| Sample::new(format!("mem_{field}"), Unit::Bytes, value as f64));
    let shares = [("available_percent", share(available)), ("used_percent", share(used))];
    let shares = shares.map(|(field, value)| Sample::new(format!("mem_{field}"), Unit::Percent, value));
    Some(bytes.into_iter().chain(shares).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &str = "MemTotal:       16000 kB\nMemFree:         4000 kB\nMemAvailable:   10000 kB\n\
                            Buffers:          500 kB\nCached:          5000 kB\nActive:          3000 kB\n\
                            Inactive:        2000 kB\nActive(anon):      10 kB\nShmem:            100 kB\n\
                            SReclaimable:     500 kB\nHugePages_Total:     0\n";

    #[test]
    fn memory_is_in_bytes_and_percent() {
        let samples = measure(CAPTURED).unwrap();
        let got: Vec<(&str, &str, f64)> = samples
            .iter()
            .map(|sample| (sample.series.name.as_str(), sample.series.unit.as_str(), sample.value))
            .collect();
        assert_eq!(
            got,
            [
                ("mem_active", "Bytes", 3000.0 * 1024.0),
                ("mem_available", "Bytes", 10000.0 * 1024.0),
                ("mem_buffered", "Bytes", 500.0 * 1024.0),
                ("mem_cached", "Bytes", 5500.0 * 1024.0),
                ("mem_free", "Bytes", 4000.0 * 1024.0),
                ("mem_inactive", "Bytes", 2000.0 * 1024.0),
                ("mem_shared", "Bytes", 100.0 * 1024.0),
                ("mem_total", "Bytes", 16000.0 * 1024.0),
                ("mem_used", "Bytes", 6000.0 * 1024.0),
                ("mem_available_percent", "Percent", 62.5),
                ("mem_used_percent", "Percent", 37.5),
            ]
        );
    }

    #[test]
    fn another_text_is_not_taken_for_memory() {
        assert_eq!(measure("MemTotal: lots\n"), None);
        assert_eq!(measure(""), None);
    }
}
