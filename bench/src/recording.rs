//! What trails cost the calls that they take: the same calls to a server without trails and to one with some, in turn.

use std::path::Path;

use http::Method;
use serde_json::json;

use crate::Failure;
use crate::calls::{self, CONNECTIONS};
use crate::sizes::load_time;
use crate::table::{Table, quantile};
use crate::trails::{self, NewTrail, Regions};
use crate::{http_load, server, signed};

/// How often each server has its turn.
const ROUNDS: usize = 3;
/// How long each turn lasts.
const SECONDS: u64 = 3;
const BUCKET: &str = "bench";

/// Management calls with five trails that take them, and puts of objects with a trail that takes those.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let plain = server::trailwatch(&folder.join("no-trails"), &[]).await?;
    let followed = server::trailwatch(&folder.join("five-trails"), &[]).await?;
    trails::make_bucket(&followed.address).await?;
    // More than five cannot take an event: trails of all regions count in each.
    for number in 0..5 {
        let (name, regions) = (format!("trail-{number}"), if number < 2 { Regions::Home } else { Regions::All });
        let trail = NewTrail { name: &name, regions, selectors: None };
        trails::start(&followed.address, &trail).await?;
    }
    for address in [&plain.address, &followed.address] {
        calls::create_users(address).await?;
    }
    let what = "signed write call (iam:TagUser), five trails take it";
    compare(what, [&plain.address, &followed.address], calls::writes, "0.90", table).await?;
    let what = "signed read call (sts:GetCallerIdentity), five trails take it";
    compare(what, [&plain.address, &followed.address], calls::reads, "0.90", table).await?;
    followed.stop().await?;
    let selecting = server::trailwatch(&folder.join("data-events"), &[]).await?;
    trails::make_bucket(&selecting.address).await?;
    let fields = json!([
        { "Field": "eventCategory", "Equals": ["Data"] },
        { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
    ]);
    let selectors = Some(json!([{ "Name": "objects", "FieldSelectors": fields }]));
    let trail = NewTrail { name: "objects", regions: Regions::Home, selectors };
    trails::start(&selecting.address, &trail).await?;
    for address in [&plain.address, &selecting.address] {
        http_load::call(address, &signed::s3(address, Method::PUT, &format!("/{BUCKET}"), b"")).await?;
    }
    let what = "S3 PutObject of 1 KB, a trail takes its data event";
    compare(what, [&plain.address, &selecting.address], puts, "0.70", table).await?;
    selecting.stop().await?;
    plain.stop().await
}

/// A key for each connection.
fn puts(address: &str) -> Vec<Vec<u8>> {
    let put = |number| signed::s3(address, Method::PUT, &format!("/{BUCKET}/object-{number}"), &[b'x'; 1024]);
    (0..CONNECTIONS).map(put).collect()
}

async fn compare(
    what: &str,
    [without, with]: [&str; 2],
    requests: fn(&str) -> Vec<Vec<u8>>,
    aim: &str,
    table: &mut Table,
) -> Result<(), Failure> {
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (address, rates) in [without, with].into_iter().zip(&mut rates) {
            let load = http_load::run(address, &requests(address), load_time(SECONDS)?).await?;
            // The first round warms up.
            if round > 0 {
                rates.push(load.per_second);
            }
        }
    }
    let [without, with] = rates.map(|mut rates| quantile(&mut rates, 0.5));
    table.row(
        &format!("{what}, {CONNECTIONS} connections"),
        format!("{with:.0}/s"),
        format!("{without:.0}/s (no trail)"),
        format!("{:.2} (aim ≥ {aim})", with / without),
    );
    Ok(())
}
