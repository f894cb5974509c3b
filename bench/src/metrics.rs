//! Metrics: taking data in, reading it, finding it, and what it costs in bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, Scope, SystemClock, Timestamp};
use store::metric::{BucketRead, Datum, Metric, Metrics, SeriesId, StatSample, Unit};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::http_load;
use crate::server;
use crate::signed;
use crate::table::{Table, ms, quantile};

const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(5);
/// Points of a series and day at a minute's grain.
const DAY_POINTS: i64 = 1440;
const SERIES_PER_CALL: usize = 1000;

/// PutMetricData over HTTP against the echo, small and full-size.
pub async fn put(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let echo = server::echo().await?;
    let trailwatch = server::trailwatch(&folder.join("put"), &[]).await?;
    let address = &trailwatch.address;
    let requests = |data: usize| -> Vec<Vec<u8>> {
        (0..CONNECTIONS)
            .map(|number| signed::form(address, "monitoring", &form(&format!("c{number}"), 0, data)))
            .collect()
    };
    for (what, requests, aim) in [
        ("PutMetricData of 4 values (1 KB)", requests(4), " (aim ≥ 0.40)"),
        ("PutMetricData of 10 values (2.7 KB)", requests(10), ""),
        ("PutMetricData of 1,000 values", requests(1000), ""),
    ] {
        http_load::run(address, &requests, Duration::from_secs(1)).await?;
        let limit = http_load::run(&echo.address, &requests, TIME).await?;
        let mut ours = http_load::run(address, &requests, TIME).await?;
        table.row(
            &format!("{what}, {CONNECTIONS} connections"),
            format!("{:.0}/s, p50 {}", ours.per_second, ms(quantile(&mut ours.times_ms, 0.5))),
            format!("{:.0}/s (echo with SHA-256)", limit.per_second),
            format!("{:.2}{aim}", ours.per_second / limit.per_second),
        );
    }
    echo.stop().await?;
    trailwatch.stop().await
}

/// SEARCH and Metrics Insights over a hundred thousand series.
pub async fn find(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    const SERIES: usize = 100_000;
    let trailwatch = server::trailwatch(&folder.join("find"), &[]).await?;
    let address = &trailwatch.address;
    for first in (0..SERIES).step_by(SERIES_PER_CALL) {
        let call = signed::form(address, "monitoring", &form("find", first, SERIES_PER_CALL));
        http_load::run(address, &[call], Duration::ZERO).await?;
    }
    let (start, end) = around_now();
    let ask = |expression: &str| {
        let expression = percent(expression);
        let form = format!(
            "Action=GetMetricData&Version=2010-08-01&StartTime={start}&EndTime={end}\
             &MetricDataQueries.member.1.Id=e1&MetricDataQueries.member.1.Expression={expression}\
             &MetricDataQueries.member.1.Period=60"
        );
        vec![signed::form(address, "monitoring", &form)]
    };
    for (what, request) in [
        (
            "SEARCH that finds 10 of 100,000 series, over HTTP",
            ask("SEARCH('{Bench,Host,Source} MetricName=\"m7\" Host=\"h42\"', 'Sum', 60)"),
        ),
        (
            "Metrics Insights, GROUP BY over 10,000 of 100,000 series, over HTTP",
            ask("SELECT SUM(m7) FROM SCHEMA(\"Bench\", Host, \"Source\") GROUP BY Host"),
        ),
    ] {
        http_load::run(address, &request, Duration::from_secs(1)).await?;
        let mut times = http_load::run(address, &request, TIME).await?.times_ms;
        let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
        table.row(what, format!("p50 {}, p99 {}", ms(p50), ms(p99)), "-".to_owned(), "-".to_owned());
    }
    trailwatch.stop().await
}

/// A form of values now; a thousand metrics share a host, and names repeat from host to host.
fn form(source: &str, first: usize, count: usize) -> String {
    let mut form = String::from("Action=PutMetricData&Version=2010-08-01&Namespace=Bench");
    for (place, number) in (first..first + count).enumerate() {
        let member = format!("&MetricData.member.{}", place + 1);
        let (name, host) = (number % 10, number / 10 % 1000);
        let source = format!("{source}-{}", number / 10_000);
        form += &format!(
            "{member}.MetricName=m{name}{member}.Value={number}{member}.Dimensions.member.1.Name=Host\
             {member}.Dimensions.member.1.Value=h{host}{member}.Dimensions.member.2.Name=Source\
             {member}.Dimensions.member.2.Value={source}"
        );
    }
    form
}

/// The engine alone: one series and five hundred, of a whole day; and bytes on disk.
pub async fn read(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    const SERIES: usize = 500;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join("read"), clock.clone())).await?;
    let (metrics, scope) = (store.metrics(), scope()?);
    let now = clock.now();
    let start = now.secs() / 60 * 60 - DAY_POINTS * 60;
    for minute in 0..DAY_POINTS {
        let data = (0..SERIES).map(|number| datum(number, start + minute * 60, mixed(number, minute))).collect();
        metrics.put(&scope, data).await?;
    }
    metrics.flush(now).await?;
    metrics.compact(now).await?;
    let ids: Vec<SeriesId> =
        (0..SERIES).flat_map(|number| metrics.series(&scope, &metric(number))).map(|(_, id)| id).collect();
    for (what, series, aim) in [("single series", &ids[..1], 0.5), ("500 series", &ids[..], 60.0)] {
        let mut times = Vec::new();
        for _ in 0..200 {
            let asked = BucketRead {
                series: series.to_vec(),
                start_secs: start,
                end_secs: start + DAY_POINTS * 60,
                period_secs: 60,
                now,
            };
            let started = Instant::now();
            let found = metrics.read(asked).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            let points: usize = found.iter().map(Vec::len).sum();
            if points != series.len() * DAY_POINTS as usize {
                return Err(format!("{points} points of {what} came back").into());
            }
        }
        let p50 = quantile(&mut times, 0.5);
        table.row(
            &format!("{what}, one day by the minute, engine"),
            format!("p50 {}, p99 {}", ms(p50), ms(quantile(&mut times, 0.99))),
            ms(aim),
            format!("{:.2} (aim ≤ 1)", p50 / aim),
        );
    }
    let bytes = folder_bytes(&folder.join("read/tables/metric_1m"))? as f64;
    let a_row = bytes / (SERIES as f64 * DAY_POINTS as f64);
    table.row(
        "bytes of a stat-sample, compacted, mixed data",
        format!("{a_row:.2} B"),
        "2.6 B".to_owned(),
        format!("{:.2} (aim ≤ 1)", a_row / 2.6),
    );
    store.close().await?;
    Ok(())
}

/// Memory of the head and the index by series, all of them with fresh data.
pub async fn memory(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    memory_of(folder, table, 100_000).await?;
    memory_of(folder, table, 1_000_000).await
}

async fn memory_of(folder: &Path, table: &mut Table, series: usize) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join(format!("memory-{series}")), clock.clone())).await?;
    let (metrics, scope) = (store.metrics(), scope()?);
    let before = resident_bytes()?;
    let time = clock.now().secs() / 60 * 60;
    for first in (0..series).step_by(SERIES_PER_CALL) {
        put_at(metrics, &scope, first, time).await?;
    }
    let a_series = (resident_bytes()?.saturating_sub(before)) as f64 / series as f64;
    table.row(
        &format!("memory of a series, head and index, {series} active"),
        format!("{a_series:.0} B"),
        "1024 B".to_owned(),
        format!("{:.2} (aim ≤ 1)", a_series / 1024.0),
    );
    store.close().await?;
    Ok(())
}

async fn put_at(metrics: &Metrics, scope: &Scope, first: usize, time: i64) -> Result<(), Failure> {
    let data = (first..first + SERIES_PER_CALL).map(|number| datum(number, time, number as f64)).collect();
    Ok(metrics.put(scope, data).await?)
}

fn scope() -> Result<Scope, Failure> {
    Ok(Scope { account: "000000000000".parse()?, region: "us-east-1".parse()? })
}

fn metric(number: usize) -> Metric {
    let dimensions = [("host", format!("host-{:04}", number / 10)), ("process", format!("process-{}", number % 97))];
    Metric {
        namespace: "Bench".into(),
        name: format!("metric_{}", number % 10).into(),
        dimensions: dimensions.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

fn datum(number: usize, time_secs: i64, value: f64) -> Datum {
    let sample = StatSample::single(value);
    Datum { metric: metric(number), unit: Unit::NONE, time_secs, high_resolution: false, sample }
}

/// What hosts report, a fifth each: percentages with two decimals, whole bytes in pages of
/// memory, request counts, things that hardly ever change, and load averages.
fn mixed(number: usize, minute: i64) -> f64 {
    let noise = (number as u64 * 1440 + minute as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let wave = ((minute as f64 / 1440.0 * std::f64::consts::TAU).sin() + 1.0) / 2.0;
    match number % 5 {
        0 => ((20.0 + 60.0 * wave) * 100.0 + (noise % 301) as f64).round() / 100.0,
        1 => (1_000_000.0 + 4.0 * (noise % 64) as f64).round() * 4096.0,
        2 => (noise % 200) as f64,
        3 => (minute / 700 % 2) as f64,
        _ => ((1.0 + wave) * 100.0 + (noise % 41) as f64).round() / 100.0,
    }
}

fn around_now() -> (String, String) {
    let now = SystemClock.now().secs();
    let at = |secs: i64| percent(&Timestamp::from_secs(secs).iso());
    (at(now - 600), at(now + 600))
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub fn folder_bytes(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { folder_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

pub fn resident_bytes() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse::<u64>()? * 1024)
}
