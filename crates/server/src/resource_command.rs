//! `trailwatch resource`: what a resource was like at a time, from a running server or the data of a stopped one.

mod print;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Clock as _, Region, SimulatedClock, SystemClock};
use clap::Args;
use serde_json::Value as Json;
use store::{Store, StoreOptions};

use crate::page_client::{Page, ServerOptions};
use crate::resource_pages::{self, Asked};
use crate::resource_report::{self, Reports, Withheld, time};
use crate::run::Failure;
use crate::saved_clock;

/// Shown after the options.
pub const EXAMPLES: &str = "Examples:\n  \
    trailwatch resource arn:aws:ec2:eu-west-1:000000000000:instance/i-0a11 --at 2026-07-04T09:30:00Z --dev\n  \
    trailwatch resource AWS::EC2::Volume/vol-01ee --at 2h --region eu-west-1\n  \
    trailwatch resource arn:aws:s3:::acme-logs --data ./trailwatch-data --json";

/// Options of `trailwatch resource`.
#[derive(Args)]
pub struct ResourceOptions {
    /// ARN of the resource, or its type and id with a slash between, such as AWS::EC2::Volume/vol-01ee
    #[arg(value_name = "ARN")]
    resource: String,

    /// The time to look at: ISO 8601, or how long ago it was, such as 90m [default: the server's present time]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,

    /// Print the whole answer in JSON
    #[arg(long)]
    json: bool,

    /// Data folder of a server that is not running: it is read without one
    #[arg(long, value_name = "DIR", conflicts_with_all = ["endpoint", "dev", "ca_bundle"])]
    data: Option<PathBuf>,

    #[command(flatten)]
    server: ServerOptions,
}

/// Asks, and prints what is known.
///
/// # Errors
/// When the server cannot be reached or refuses, the folder cannot be opened, or there is no such resource.
pub async fn run(options: ResourceOptions) -> Result<(), Failure> {
    let asked = Asked { resource: options.resource, at: options.at };
    let report = match &options.data {
        Some(data) => over_folder(data, &asked, options.server.region()).await?,
        None => {
            let page = Page { path: resource_pages::PATH, signing_name: api::config::SERVICE.signing_name };
            options.server.ask(page, &serde_json::to_value(&asked)?).await?
        }
    };
    let text = match options.json {
        true => format!("{report:#}\n"),
        false => print::report(&report),
    };
    show(&text)
}

/// Reads the folder as a server would that is started on it, and stops.
async fn over_folder(data: &Path, asked: &Asked, region: Option<&Region>) -> Result<Json, Failure> {
    if !data.join("catalog.db").is_file() {
        return Err(format!("{} is not the data folder of a server", data.display()).into());
    }
    let clock = Arc::new(SimulatedClock::new(SystemClock.now()));
    let store = Store::open(StoreOptions::new(data, clock.clone())).await?;
    saved_clock::restore(store.catalog(), &clock);
    config::keep_items(&store);
    let now = clock.now();
    let at = match &asked.at {
        Some(text) => {
            time(text, now).ok_or_else(|| format!("{text} is no time: write it like 2026-01-31T10:00:00Z or 90m"))
        }
        None => Ok(now),
    };
    let report = match at {
        Ok(at) => {
            let reports = Reports::new(&store);
            let wanted = resource_report::Asked {
                name: &asked.resource,
                account: None,
                region,
                at,
                withheld: Withheld::default(),
            };
            let report = reports.report(wanted, now).await;
            report.map_err(Failure::from)
        }
        Err(refused) => Err(refused.into()),
    };
    let closed = store.close().await.map_err(Failure::from);
    report.and_then(|report| closed.map(|()| report))
}

/// Writes to standard output.
fn show(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
