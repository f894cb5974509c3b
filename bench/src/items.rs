//! Configuration items: what one costs on the disk, and how quickly one resource's history is read among all others'.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::time::DAY_MS;
use base::{Clock, Scope, SystemClock, Timestamp};
use store::config_item::{HistoryOrder, HistoryRange, PastItem, Resource};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::metrics::folder_bytes;
use crate::sizes::number;
use crate::table::{Table, ms, quantile};

/// Items, unless `BENCH_ITEMS` says otherwise.
const ITEMS: u64 = 10_000_000;
/// States that each resource was in.
const STATES: u64 = 100;
/// States after which the log lets go of what is in files.
const STATES_BETWEEN_FLUSHES: u64 = 10;
/// Days that these are spread over.
const DAYS: i64 = 360;
/// Items that are written at once.
const BATCH: usize = 2_000;
/// Histories that are read.
const READS: u64 = 300;
/// Items of a history's page.
const PAGE: usize = 10;

/// Fills the table, then reads histories and states at a time.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let resources = (number("BENCH_ITEMS", ITEMS)? / STATES).max(1);
    let count = resources * STATES;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (data, now) = (folder.join("items"), clock.now());
    let store = Store::open(StoreOptions::new(data.clone(), clock)).await?;
    let items = store.config_items();
    let millions = format!("{:.1} million items", count as f64 / 1e6);

    let started = Instant::now();
    let raw_bytes = fill(&store, resources, now).await?;
    let rate = count as f64 / started.elapsed().as_secs_f64();
    table.row(&format!("{millions} written down"), format!("{rate:.0}/s"), "-".to_owned(), "-".to_owned());

    items.compact(now).await?;
    let on_disk = folder_bytes(&data.join("tables/config_item"))? as f64 / count as f64;
    let raw = raw_bytes as f64 / count as f64;
    table.row(
        &format!("An item on the disk, {millions}"),
        format!("{on_disk:.0} bytes"),
        format!("{raw:.0} bytes (its JSON)"),
        format!("{:.3} (aim ≤ 0.05)", on_disk / raw),
    );

    let limit = page_times(resources, now)?;
    for (what, order, ago) in [
        ("The newest items of one resource", HistoryOrder::NewestFirst, 0),
        ("Items of one resource half a year ago", HistoryOrder::NewestFirst, DAYS / 2),
    ] {
        let mut times_ms = Vec::new();
        for read in 0..READS {
            let resource = resource(read.wrapping_mul(7919) % resources);
            let taken = Timestamp::MIN..now.plus_millis(-ago * DAY_MS);
            let started = Instant::now();
            let found = items.history(&resource, HistoryRange { taken, order, limit: PAGE }).await?;
            times_ms.push(started.elapsed().as_secs_f64() * 1000.0);
            if found.len() != PAGE {
                return Err(format!("{} items of {} were found", found.len(), resource.resource_id).into());
            }
        }
        row(table, &format!("{what}, of {millions}"), &mut times_ms, limit);
    }
    let mut times_ms = Vec::new();
    for read in 0..READS {
        let resource = resource(read.wrapping_mul(104_729) % resources);
        let time = now.plus_millis(-(read as i64 * DAYS / READS as i64) * DAY_MS - DAY_MS / 2);
        let started = Instant::now();
        let found = items.at(&resource, time).await?;
        times_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        if found.is_none_or(|found| found.taken > time || found.ended <= time) {
            return Err("a state that was is not found".into());
        }
    }
    row(table, &format!("What one resource was like at a time, of {millions}"), &mut times_ms, limit);
    store.close().await?;
    Ok(())
}

fn row(table: &mut Table, what: &str, times_ms: &mut [f64], limit_ms: f64) {
    let (half, most) = (quantile(times_ms, 0.5), quantile(times_ms, 0.99));
    table.row(
        what,
        format!("p50 {}, p99 {}", ms(half), ms(most)),
        format!("{} (a compressed mebibyte of items is unpacked)", ms(limit_ms)),
        format!("{:.2} (aim ≥ 0.02)", limit_ms / half),
    );
}

/// Writes all states of all resources, resource after resource within each day as changes come; bytes of their JSON.
async fn fill(store: &Store, resources: u64, now: Timestamp) -> Result<u64, Failure> {
    let items = store.config_items();
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0);
    for state in 0..STATES {
        if state % STATES_BETWEEN_FLUSHES == 0 {
            flush_other_tables(store, now).await?;
        }
        for of in 0..resources {
            let item = item(of, state, now);
            bytes += item.item.len() as u64;
            batch.push(item);
            if batch.len() == BATCH {
                items.append(std::mem::take(&mut batch)).await?;
            }
        }
    }
    items.append(batch).await?;
    items.flush(now).await?;
    Ok(bytes)
}

/// Moves the marks of tables that have no rows, as the server's jobs do: until then the log keeps all items.
async fn flush_other_tables(store: &Store, now: Timestamp) -> Result<(), Failure> {
    for job in store.jobs() {
        if job.name().ends_with(".flush") && job.name() != "config_item.flush" {
            job.run(now).await?;
        }
    }
    Ok(())
}

fn resource(number: u64) -> Resource {
    let scope = Scope {
        account: "000000000000".parse().expect("twelve digits"),
        region: "us-east-1".parse().expect("a region's name"),
    };
    let resource_type = format!("AWS::EC2::{}", KINDS[number as usize % KINDS.len()]);
    Resource { scope, resource_type, resource_id: format!("x-{:017x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) }
}

/// When a state began; each lasts until the next, the last until today.
fn began(state: u64, now: Timestamp) -> Timestamp {
    now.plus_millis(-((STATES - state) as i64 * DAYS * DAY_MS / STATES as i64))
}

/// A state of a resource: two values of some forty differ from the one before.
fn item(number: u64, state: u64, now: Timestamp) -> PastItem {
    let resource = resource(number);
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let item = format!(
        r#"{{"scope":{{"account":"000000000000","region":"us-east-1"}},"resource_type":"{}","resource_id":"{}","taken":{},"status":"OK","aws_region":"us-east-1","availability_zone":"us-east-1{}","arn":"arn:aws:ec2:us-east-1:000000000000:x/{}","tags":{{"Name":"web-{mixed}","team":"{}","stage":"production","revision":"{state}"}},"relationships":[{{"resourceType":"AWS::EC2::VPC","resourceId":"vpc-{:017x}","relationshipName":"Is contained in Vpc"}},{{"resourceType":"AWS::EC2::SecurityGroup","resourceId":"sg-{:017x}","relationshipName":"Is associated with SecurityGroup"}},{{"resourceType":"AWS::EC2::Subnet","resourceId":"subnet-{:017x}","relationshipName":"Is contained in Subnet"}}],"configuration":{{"imageId":"ami-{:017x}","instanceId":"{}","instanceType":"t3.{}","keyName":"operators","launchTime":"2026-03-0{}T08:00:00.000Z","monitoring":{{"state":"disabled"}},"placement":{{"availabilityZone":"us-east-1a","tenancy":"default"}},"privateDnsName":"ip-10-0-{}-{}.ec2.internal","privateIpAddress":"10.0.{}.{}","state":{{"code":16,"name":"running"}},"ebsOptimized":false,"hypervisor":"xen","rootDeviceName":"/dev/xvda","rootDeviceType":"ebs","sourceDestCheck":true,"virtualizationType":"hvm","metadataOptions":{{"httpTokens":"required","httpEndpoint":"enabled","httpPutResponseHopLimit":2}},"blockDeviceMappings":[{{"deviceName":"/dev/xvda","ebs":{{"volumeId":"vol-{mixed:017x}","status":"attached","deleteOnTermination":true}}}}]}}}}"#,
        resource.resource_type,
        resource.resource_id,
        began(state, now).millis(),
        ["a", "b", "c"][mixed as usize % 3],
        resource.resource_id,
        ["shop", "search", "billing", "platform"][mixed as usize % 4],
        mixed % 5,
        mixed % 300,
        mixed % 20,
        mixed % 40,
        resource.resource_id,
        ["small", "medium", "large"][state as usize % 3],
        mixed % 9 + 1,
        mixed % 250,
        mixed / 250 % 250,
        mixed % 250,
        mixed / 250 % 250,
    );
    PastItem { resource, taken: began(state, now), ended: began(state + 1, now), item }
}

/// How long it takes to unpack a mebibyte of items that lie beside each other: the best of some times.
fn page_times(resources: u64, now: Timestamp) -> Result<f64, Failure> {
    let mut text = Vec::new();
    for at in 0.. {
        text.extend_from_slice(item(at / STATES % resources, at % STATES, now).item.as_bytes());
        if text.len() >= 1 << 20 {
            break;
        }
    }
    let packed = zstd::bulk::compress(&text, 1)?;
    let mut best = f64::INFINITY;
    for _ in 0..50 {
        let started = Instant::now();
        let unpacked = zstd::bulk::decompress(&packed, text.len())?;
        best = best.min(started.elapsed().as_secs_f64() * 1000.0);
        if unpacked.len() != text.len() {
            return Err("what was packed is not what was unpacked".into());
        }
    }
    Ok(best)
}

const KINDS: [&str; 4] = ["Instance", "Volume", "NetworkInterface", "SecurityGroup"];
