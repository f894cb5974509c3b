//! `swap_*`: swap space in bytes and percent; zero percent where there is none.

use super::{CollectError, Collector, Proc, mem, percent};
use crate::datum::{Sample, Unit};

/// The collector; swap is a state, so it keeps none.
pub(super) struct Swap;

impl Collector for Swap {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        measure(&proc.read("meminfo")?).ok_or(CollectError::Form("/proc/meminfo"))
    }
}

fn measure(text: &str) -> Option<Vec<Sample>> {
    let lines = mem::parse(text);
    let (total, free) = (*lines.get("SwapTotal")?, *lines.get("SwapFree")?);
    let used = total.saturating_sub(free);
    Some(vec![
        Sample::new("swap_free", Unit::Bytes, free as f64),
        Sample::new("swap_used", Unit::Bytes, used as f64),
        Sample::new("swap_used_percent", Unit::Percent, percent(used as f64, total as f64)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_in_bytes_and_percent() {
        for (text, expected) in [
            ("SwapTotal: 1000 kB\nSwapFree: 750 kB\n", [768_000.0, 256_000.0, 25.0]),
            ("SwapTotal: 0 kB\nSwapFree: 0 kB\n", [0.0, 0.0, 0.0]),
        ] {
            let values: Vec<f64> = measure(text).unwrap().iter().map(|sample| sample.value).collect();
            assert_eq!(values, expected, "{text}");
        }
        assert_eq!(measure("MemTotal: 1 kB\n"), None);
    }
}
