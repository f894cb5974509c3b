//! How many bytes a row takes, and how long a read of one series.

use std::path::Path;
use std::time::{Duration, Instant};

use super::*;

const MINUTES: i64 = 1440;

/// Numbers that look random, the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() << 16 ^ self.next()) as f64 / (1_u64 << 63) as f64 / 2.0
    }

    /// From `-spread` to `spread`.
    fn around(&mut self, spread: i64) -> i64 {
        (self.next() % (2 * spread as u64 + 1)) as i64 - spread
    }
}

/// The kinds of metrics that a host and its services have.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A total that grows by about the same.
    Counter,
    /// Requests a minute.
    Count,
    /// A percentage with two decimals that drifts.
    Percent,
    /// Bytes in use, in pages of 4 KiB.
    Bytes,
    /// Up or down.
    Flag,
    /// A quotient: no decimal number.
    Double,
}

const KINDS: [Kind; 6] = [Kind::Counter, Kind::Count, Kind::Percent, Kind::Bytes, Kind::Flag, Kind::Double];
/// The mix: of ten series, one has doubles.
const MIX: [Kind; 10] = [
    Kind::Counter,
    Kind::Counter,
    Kind::Count,
    Kind::Count,
    Kind::Percent,
    Kind::Percent,
    Kind::Percent,
    Kind::Bytes,
    Kind::Flag,
    Kind::Double,
];

fn series_of(kind: Kind, noise: &mut Noise) -> Vec<f64> {
    let mut level = noise.around(4000) + 5000;
    let mut total = noise.next() % 1_000_000_000;
    let minutes = 0..MINUTES;
    let value = |_| match kind {
        Kind::Counter => {
            total += 5_000 + noise.next() % 200;
            total as f64
        }
        Kind::Count => (40 + noise.next() % 64) as f64,
        Kind::Percent => {
            level = (level + noise.around(100)).clamp(0, 10_000);
            level as f64 / 100.0
        }
        Kind::Bytes => {
            level = (level + noise.around(20)).max(0);
            (level * 4096 + (8 << 30)) as f64
        }
        Kind::Flag => f64::from(u8::from(!noise.next().is_multiple_of(500))),
        Kind::Double => noise.unit(),
    };
    minutes.map(value).collect()
}

/// A day of single values a minute.
fn day(kinds: impl IntoIterator<Item = Kind>) -> Vec<Row> {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let series = kinds.into_iter().zip(1..);
    let rows = series.flat_map(|(kind, series)| {
        let values = series_of(kind, &mut noise).into_iter().zip(0..);
        values.map(move |(value, minute)| row(series, minute * 60, StatSample::single(value))).collect::<Vec<_>>()
    });
    rows.collect()
}

/// The same at another grain, as roll-up makes it.
fn rolled_up(rows: &[Row], grain_secs: i64) -> Vec<Row> {
    let at_grain = rows.iter().cloned().map(|mut row| {
        row.time_secs -= row.time_secs.rem_euclid(grain_secs);
        row
    });
    crate::metric::row::merge_rows(at_grain).collect()
}

fn bytes_a_row(name: &str, rows: &[Row]) -> f64 {
    let fixture = Fixture::with_layout(rows, Layout::TABLE);
    let file = fixture.open().unwrap();
    assert!(same_rows(&scanned(file.clone()).unwrap(), rows));
    let bytes = fixture.entry.bytes as f64 / rows.len() as f64;
    println!("{name}: {bytes:.2} bytes a row, {} rows, {} bytes in memory", rows.len(), file.memory_bytes());
    bytes
}

#[test]
fn mixed_data_takes_few_bytes_a_row() {
    for kind in KINDS {
        bytes_a_row(&format!("{kind:?}"), &day([kind; 20]));
    }
    let mixed = day(MIX.into_iter().cycle().take(200));
    for grain_secs in [300, 3600] {
        bytes_a_row(&format!("mixed, rolled up to {grain_secs} s"), &rolled_up(&mixed, grain_secs));
    }
    let bytes = bytes_a_row("mixed", &mixed);
    assert!(bytes <= 2.6, "{bytes}");
}

#[test]
fn real_metrics_take_few_bytes_a_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nab");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: there are no metrics in {}", folder.display());
        return;
    };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    let mut all = Vec::new();
    for (path, series) in paths.iter().zip(1..) {
        let rows = csv_rows(&std::fs::read_to_string(path).unwrap(), series);
        bytes_a_row(&path.file_name().unwrap().to_string_lossy(), &rows);
        all.extend(rows);
    }
    let bytes = bytes_a_row("all", &all);
    assert!(bytes <= 2.6, "{bytes}");
}

/// The rows of `timestamp,value` lines; a file may have a time twice.
fn csv_rows(text: &str, series: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let (time, value) = line.split_once(',').unwrap();
        let time = time.replace(' ', "T") + "Z";
        let time_secs = base::Timestamp::parse_iso(&time).unwrap().secs();
        rows.push(row(series, time_secs, StatSample::single(value.parse().unwrap())));
    }
    rows.sort_by_key(|row| row.time_secs);
    crate::metric::row::merge_rows(rows.into_iter()).collect()
}

#[test]
fn one_series_is_read_in_less_time_than_all() {
    let series = 500;
    let rows = day(MIX.into_iter().cycle().take(series));
    let file = Fixture::with_layout(&rows, Layout::TABLE).open().unwrap();
    let median = |read: &dyn Fn(u64)| {
        let times = (0..series as u64).step_by(7).map(|series| {
            let start = Instant::now();
            read(series + 1);
            start.elapsed()
        });
        let mut times: Vec<Duration> = times.collect();
        times.sort();
        times[times.len() / 2]
    };
    let one = median(&|series| assert_eq!(file.read(&[SeriesId(series)], 0, 86_400).unwrap().len(), 1440));
    let start = Instant::now();
    let ids: Vec<_> = (1..=series as u64).map(SeriesId).collect();
    assert_eq!(file.read(&ids, 0, 86_400).unwrap().len(), rows.len());
    let all = start.elapsed();
    println!("one series of a day: {one:?}; {series} series: {all:?}");
    // How much less is the bench's to say; here other tests run at the same time.
    assert!(one < all / 20, "{one:?} {all:?}");
}
