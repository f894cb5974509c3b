//! `diskio_*`: what every block device did since the last reading.

use super::delta::Deltas;
use super::{CollectError, Collector, Proc};
use crate::datum::{Dimension, Sample, Unit};

/// `/proc/diskstats` counts sectors of 512 bytes, whatever the device's own are.
const SECTOR_BYTES: u64 = 512;
/// Devices that are memory, or that show another device's work again.
const SKIPPED: [&str; 3] = ["loop", "ram", "fd"];

/// Metrics and units by position in [`Device::counters`].
const COUNTED: [(&str, Unit); 7] = [
    ("diskio_reads", Unit::Count),
    ("diskio_writes", Unit::Count),
    ("diskio_read_bytes", Unit::Bytes),
    ("diskio_write_bytes", Unit::Bytes),
    ("diskio_read_time", Unit::Milliseconds),
    ("diskio_write_time", Unit::Milliseconds),
    ("diskio_io_time", Unit::Milliseconds),
];

/// The collector and its last reading.
pub(super) struct Diskio {
    devices: Option<Vec<String>>,
    deltas: Deltas<{ COUNTED.len() }>,
}

impl Diskio {
    pub(super) fn new(devices: Option<Vec<String>>) -> Self {
        Self { devices, deltas: Deltas::new() }
    }
}

impl Collector for Diskio {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let mut devices = parse(&proc.read("diskstats")?).ok_or(CollectError::Form("/proc/diskstats"))?;
        devices.retain(|device| is_wanted(device, self.devices.as_deref()));
        let mut samples = Vec::new();
        for device in &devices {
            let dimension = [Dimension::new("name", &device.name)];
            let under_way = device.in_progress as f64;
            samples.push(Sample::new("diskio_iops_in_progress", Unit::Count, under_way).of(&dimension));
        }
        let now = devices.into_iter().map(|device| (device.name, device.counters)).collect();
        for (name, deltas) in self.deltas.advance(now) {
            let dimension = [Dimension::new("name", &name)];
            for ((metric, unit), delta) in COUNTED.into_iter().zip(deltas) {
                samples.extend(delta.map(|delta| Sample::new(metric, unit, delta as f64).of(&dimension)));
            }
        }
        Ok(samples)
    }
}

/// One line of `/proc/diskstats`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Device {
    name: String,
    counters: [u64; COUNTED.len()],
    in_progress: u64,
}

fn parse(text: &str) -> Option<Vec<Device>> {
    text.lines().filter(|line| !line.trim().is_empty()).map(parse_line).collect()
}

/// `8 0 sda reads merged sectors ms writes merged sectors ms in-progress io-ms …`
fn parse_line(line: &str) -> Option<Device> {
    let mut words = line.split_ascii_whitespace().skip(2);
    let name = words.next()?.to_owned();
    let numbers: Vec<u64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let &[reads, _, read_sectors, read_ms, writes, _, write_sectors, write_ms, in_progress, io_ms, ..] =
        numbers.as_slice()
    else {
        return None;
    };
    let bytes = |sectors: u64| sectors.wrapping_mul(SECTOR_BYTES);
    let counters = [reads, writes, bytes(read_sectors), bytes(write_sectors), read_ms, write_ms, io_ms];
    Some(Device { name, counters, in_progress })
}

/// Those named, or all that ever did something and are devices of their own.
fn is_wanted(device: &Device, named: Option<&[String]>) -> bool {
    match named {
        Some(named) => named.contains(&device.name),
        None => {
            device.counters.iter().any(|counter| *counter > 0)
                && !SKIPPED.iter().any(|skipped| {
                    let number = device.name.strip_prefix(skipped);
                    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &str = "   7       0 loop0 5 0 10 1 0 0 0 0 0 1 1 0 0 0 0 0 0
 254       0 vda 1179633 37859 51269530 2376616 1316941 384678 88896040 734943 2 301720 3249375 163311 67 228024800 40818 448229 96996
 254       1 vda1 10 0 20 30 40 0 50 60 0 70 80
 253       0 zram0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
";

    #[test]
    fn columns_are_told_apart() {
        let devices = parse(CAPTURED).unwrap();
        assert_eq!(
            devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(),
            ["loop0", "vda", "vda1", "zram0"]
        );
        assert_eq!(
            devices[1].counters,
            [1_179_633, 1_316_941, 51_269_530 * 512, 88_896_040 * 512, 2_376_616, 734_943, 301_720]
        );
        assert_eq!(devices[1].in_progress, 2);
        assert_eq!(parse("8 0 sda 1 2 3\n"), None);
    }

    #[test]
    fn idle_and_borrowed_devices_are_left_out_unless_named() {
        let wanted = |named: Option<&[String]>| -> Vec<String> {
            let devices = parse(CAPTURED).unwrap();
            devices.into_iter().filter(|device| is_wanted(device, named)).map(|device| device.name).collect()
        };
        assert_eq!(wanted(None), ["vda", "vda1"]);
        assert_eq!(wanted(Some(&["loop0".to_owned()])), ["loop0"]);
    }
}
