//! Calls through the gateway against the same calls to its upstream: what it adds, and what it lets through.

use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::json;
use wire::sigv4::PayloadSigning;

use crate::Failure;
use crate::calls::CONNECTIONS;
use crate::http_load::{self, Load};
use crate::objects::content;
use crate::server::{self, Running};
use crate::sizes::{load_time, number};
use crate::table::{Table, ms, quantile};
use crate::upstream::{self, Upstream};
use crate::{signed, streams};

const SMALL_BYTES: usize = 1024;
/// Megabytes of a large object, unless `BENCH_OBJECT_MEGABYTES` says otherwise.
const LARGE_MEGABYTES: u64 = 64;
/// How long a load lasts that has no end.
const SECONDS: u64 = 5;
/// What the server may take up at most while all streams are under way.
const MEMORY_BYTES_MAX: f64 = 300e6;

/// The server in front of this upstream.
async fn before(upstream: &Upstream, data: &Path) -> Result<Running, Failure> {
    let default = format!("http://key:secret@{}", upstream.address);
    let s3 = format!("s3={default}");
    server::trailwatch(data, &["--upstream", &s3, "--upstream", &default]).await
}

/// Calls of a kilobyte, one at a time and sixteen at once.
pub async fn small(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let upstream = Upstream::start().await?;
    let trailwatch = before(&upstream, &folder.join("gateway")).await?;
    let address = &trailwatch.address;
    let dynamodb = |name: &str, input| signed::json(address, "dynamodb", &format!("DynamoDB_20120810.{name}"), &input);
    let text = "t".repeat(SMALL_BYTES - 100);
    let item = json!({"TableName": "bench", "Item": {"id": {"S": "1"}, "text": {"S": text}}});
    let tags: Vec<_> = (0..4).map(|number| json!({"Key": number.to_string(), "Value": "t".repeat(200)})).collect();
    let table_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/bench";
    let calls = [
        ("S3 PutObject of 1 KB", signed::s3(address, Method::PUT, "/bench/small", &content(0, SMALL_BYTES))),
        ("S3 GetObject of 1 KB", signed::s3(address, Method::GET, &upstream::path(SMALL_BYTES as u64), b"")),
        ("DynamoDB PutItem of 1 KB", dynamodb("PutItem", item)),
        (
            "DynamoDB TagResource of 1 KB with its event",
            dynamodb("TagResource", json!({"ResourceArn": table_arn, "Tags": tags})),
        ),
    ];
    for (what, request) in &calls {
        for connections in [1, CONNECTIONS] {
            let requests = vec![request.clone(); connections];
            http_load::run(address, &requests, warming()?).await?;
            let direct = http_load::run(&upstream.address, &requests, load_time(SECONDS)?).await?;
            let through = http_load::run(address, &requests, load_time(SECONDS)?).await?;
            small_row(&format!("{what}, {}", called(connections)), direct, through, table);
        }
    }
    trailwatch.stop().await
}

fn small_row(what: &str, mut direct: Load, mut through: Load, table: &mut Table) {
    let [direct_p50, direct_p99] = [0.5, 0.99].map(|part| quantile(&mut direct.times_ms, part));
    let [p50, p99] = [0.5, 0.99].map(|part| quantile(&mut through.times_ms, part));
    table.row(
        &format!("gateway: {what}"),
        format!("{:.0}/s; adds {} to p50, {} to p99", through.per_second, ms(p50 - direct_p50), ms(p99 - direct_p99)),
        format!("{:.0}/s, p50 {}, p99 {} (upstream alone)", direct.per_second, ms(direct_p50), ms(direct_p99)),
        format!("{:.2}", through.per_second / direct.per_second),
    );
}

/// Objects of 64 MB by one connection and by four.
pub async fn large(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let bytes = (number("BENCH_OBJECT_MEGABYTES", LARGE_MEGABYTES)? as usize) << 20;
    let upstream = Upstream::start().await?;
    let trailwatch = before(&upstream, &folder.join("gateway-large")).await?;
    let address = &trailwatch.address;
    let body = content(0, bytes);
    let unsigned =
        [signed::s3_head(address, Method::PUT, "/bench/large", PayloadSigning::Unsigned, bytes as u64), body.clone()];
    let calls = [
        ("PutObject", "unsigned body", unsigned.concat()),
        ("PutObject", "signed body", signed::s3(address, Method::PUT, "/bench/large", &body)),
        ("GetObject", "no body sent", signed::s3(address, Method::GET, &upstream::path(bytes as u64), b"")),
    ];
    for connections in [1, 4] {
        for (operation, how, request) in &calls {
            let requests = vec![request.clone(); connections];
            http_load::run(address, &requests, warming()?).await?;
            let direct = http_load::run(&upstream.address, &requests, load_time(SECONDS)?).await?.per_second;
            let through = http_load::run(address, &requests, load_time(SECONDS)?).await?.per_second;
            let megabytes = bytes as f64 / 1e6;
            table.row(
                &format!("gateway: S3 {operation} of {} MB, {how}, {}", bytes >> 20, called(connections)),
                format!("{:.0} MB/s", through * megabytes),
                format!("{:.0} MB/s (upstream alone)", direct * megabytes),
                format!("{:.2}", through / direct),
            );
        }
    }
    trailwatch.stop().await
}

/// What the server takes up while many long streams pass it in both directions.
pub async fn memory(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let streams = number("BENCH_STREAMS", 200)? as usize;
    let bytes = number("BENCH_STREAM_MEGABYTES", 1024)? << 20;
    let upstream = Upstream::start().await?;
    let trailwatch = before(&upstream, &folder.join("gateway-memory")).await?;
    let idle = trailwatch.resident_bytes()?;
    let passed = streams::run(&trailwatch.address, streams, bytes).await?;
    let peak = trailwatch.most_resident_bytes()?;
    trailwatch.stop().await?;
    if upstream.received_bytes() != passed.put_bytes {
        return Err(format!("{} bytes were put, {} arrived", passed.put_bytes, upstream.received_bytes()).into());
    }
    table.row(
        &format!(
            "gateway: memory at most, {streams} streams of {} MB begun at once ({} puts, {} of them signed, {} gets)",
            bytes >> 20,
            passed.puts,
            passed.signed_puts,
            passed.gets,
        ),
        format!(
            "{:.0} MB ({:.0} MB more than at rest), {} under way at once, {:.0} MB/s in all",
            peak as f64 / 1e6,
            peak.saturating_sub(idle) as f64 / 1e6,
            upstream.most_at_once(),
            passed.megabytes_per_second,
        ),
        format!("{:.0} MB", MEMORY_BYTES_MAX / 1e6),
        format!("{:.2} (aim ≤ 1)", peak as f64 / MEMORY_BYTES_MAX),
    );
    Ok(())
}

/// Connections to the upstream and all else that the first calls make are no call's time.
fn warming() -> Result<Duration, Failure> {
    load_time(1)
}

fn called(connections: usize) -> String {
    if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") }
}
