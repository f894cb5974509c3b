//! `trailwatch verify-trail`: whether anybody changed what a trail delivered.

mod bucket;
mod cloudtrail_client;
mod copy;
mod data_folder;
mod plain_folder;
mod print;
mod public_keys;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use base::time::parse_duration;
use base::{AccountId, Arn, Clock as _, Region, SystemClock, Timestamp};
use clap::Args;
use cloudtrail::verify::{FoundChain, Report, Request, find_chains, verify};
use outbound::Endpoint;

use crate::page_client::ServerOptions;
use crate::run::Failure;
use copy::{SavedChain, Saving};
use source::{Source, Target};

/// Shown after the options.
pub const EXAMPLES: &str = "Examples:\n  \
    trailwatch verify-trail --trail main --dev\n  \
    trailwatch verify-trail --trail \"$arn\" --from 2026-03-01 --to 2026-04-01 --save march\n  \
    trailwatch verify-trail march\n  \
    trailwatch verify-trail --data ./trailwatch-data\n\n\
    Exit codes: 0 everything is what was delivered, 1 something is not, 2 nobody can tell.";

/// Exit code where nobody can tell.
pub const CANNOT_TELL: u8 = 2;

/// Options of `trailwatch verify-trail`.
#[derive(Args)]
pub struct VerifyOptions {
    /// A copy that --save made, or any other of a bucket: then with --public-keys
    #[arg(conflicts_with_all = ["data", "endpoint", "dev", "ca_bundle", "s3_endpoint"])]
    copy: Option<PathBuf>,

    /// Name or ARN of the trail [default: all that have digests in the bucket]
    #[arg(long, value_name = "TRAIL")]
    trail: Option<String>,

    /// The bucket with the digests [default: the trail's]
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,

    /// What keys of the bucket start with before AWSLogs/
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,

    /// Only events of this region; may be given many times [default: all that have digests]
    #[arg(long, value_name = "NAME")]
    source_region: Vec<Region>,

    /// Verify digests of hours that end at this time or later: ISO 8601, or how long ago, such as 7d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,

    /// And at this time or earlier
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,

    /// Public keys as `aws cloudtrail list-public-keys` prints them, in place of the server's or the copy's; may be
    /// given many times
    #[arg(long, value_name = "FILE")]
    public_keys: Vec<PathBuf>,

    /// Keep all that was read, with metadata and public keys, in this new folder, to be verified anywhere
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,

    /// Data folder of a server that is not running
    #[arg(long, value_name = "DIR", conflicts_with_all = ["endpoint", "dev", "ca_bundle", "s3_endpoint"])]
    data: Option<PathBuf>,

    /// The key that the server's secrets are sealed with [default: the data folder's path with ".key" added]
    #[arg(long, env = "TRAILWATCH_MASTER_KEY", value_name = "FILE", requires = "data")]
    master_key: Option<PathBuf>,

    /// URL of the buckets, where they are not the server's; https://KEY_ID:SECRET@HOST signs with other credentials
    /// [env: AWS_ENDPOINT_URL_S3]
    #[arg(long, value_name = "URL")]
    s3_endpoint: Option<Endpoint>,

    /// Files that are in no digest are told and are no damage: another trail, without validation, delivers to the same
    /// place
    #[arg(long)]
    allow_extra: bool,

    /// Name the valid files too
    #[arg(long, short)]
    verbose: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerOptions,
}

/// What came of a chain.
struct Verified {
    target: Target,
    chain: FoundChain,
    report: Report,
}

/// The trail that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    name: Option<String>,
    account: Option<AccountId>,
    home: Option<Region>,
}

/// Verifies and prints what comes of it; the exit code says it too.
///
/// # Errors
/// When an option cannot be used or something cannot be read, so that nobody can tell.
pub async fn run(options: VerifyOptions) -> Result<ExitCode, Failure> {
    let now = SystemClock.now();
    let from = time(options.from.as_deref(), now)?.unwrap_or(Timestamp::MIN);
    let to = time(options.to.as_deref(), now)?.unwrap_or(Timestamp::MAX);
    let asked = Asked::parse(options.trail.as_deref())?;
    let source = Source::open(&options).await?;
    let saving = options.save.clone().map(|folder| Saving::begin(folder, source.objects())).transpose()?;
    let objects = saving.as_ref().map_or_else(|| source.objects(), |saving| saving.objects());
    let targets = source.targets(&asked, options.bucket.as_deref(), options.prefix.as_deref()).await?;
    let mut verified = Vec::new();
    for target in targets {
        let found = find_chains(&*objects, &target.bucket, target.prefix.as_deref(), asked.account.as_ref()).await;
        let of_target =
            |chain: &FoundChain| source.knows(&target, &chain.name) && asked.is_of(chain, &options.source_region);
        let mut chains: Vec<FoundChain> = found?.into_iter().filter(of_target).collect();
        source.add_lost(&target, &options.source_region, &mut chains).await?;
        for chain in chains {
            let keys = source.public_keys(&options.public_keys, &chain).await?;
            let newest = source.newest(&chain.name).await?;
            let FoundChain { name, root, .. } = chain.clone();
            let request = Request { name, bucket: target.bucket.clone(), root, from, to, newest: newest.clone() };
            let report = verify(&*objects, &keys, &request).await?;
            if let Some(saving) = &saving {
                let (name, bucket) = (chain.name.clone(), target.bucket.clone());
                saving.add(SavedChain { name, bucket, prefix: target.prefix.clone(), newest }, &keys);
            }
            verified.push(Verified { target: target.clone(), chain, report });
        }
    }
    if let Some(saving) = saving {
        saving.finish()?;
    }
    // A data folder is closed by its last holder.
    drop(objects);
    source.close().await?;
    print::print(&verified, &options)?;
    Ok(exit_code(&verified, &options))
}

fn exit_code(verified: &[Verified], options: &VerifyOptions) -> ExitCode {
    let is_damaged = |report: &Report| match options.allow_extra {
        true => !report.is_valid_but_for_extras(),
        false => !report.is_valid(),
    };
    if verified.iter().any(|one| is_damaged(&one.report)) {
        return ExitCode::FAILURE;
    }
    match !verified.is_empty() && verified.iter().all(|one| one.report.is_conclusive()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(CANNOT_TELL),
    }
}

impl Asked {
    fn parse(trail: Option<&str>) -> Result<Self, Failure> {
        let Some(trail) = trail else { return Ok(Self::default()) };
        if !trail.starts_with("arn:") {
            return Ok(Self { name: Some(trail.to_owned()), ..Self::default() });
        }
        let wrong = || format!("{trail} is not the ARN of a trail");
        let arn: Arn = trail.parse().map_err(|_| wrong())?;
        let name = arn.resource.strip_prefix("trail/").filter(|_| arn.service == "cloudtrail").ok_or_else(wrong)?;
        Ok(Self {
            name: Some(name.to_owned()),
            account: Some(arn.account.parse().map_err(|_| wrong())?),
            home: Some(arn.region.parse().map_err(|_| wrong())?),
        })
    }

    fn is_of(&self, chain: &FoundChain, regions: &[Region]) -> bool {
        self.is_trail(&chain.name.account, &chain.name.trail, &chain.name.home)
            && (regions.is_empty() || regions.contains(&chain.name.region))
    }

    fn is_trail(&self, account: &AccountId, name: &str, home: &Region) -> bool {
        self.name.as_deref().is_none_or(|asked| asked == name)
            && self.account.as_ref().is_none_or(|asked| asked == account)
            && self.home.as_ref().is_none_or(|asked| asked == home)
    }
}

/// ISO 8601, or how long ago it was.
fn time(text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let ago = || parse_duration(text.trim_start_matches('-')).map(|ago| now.minus(ago));
    let time = Timestamp::parse_iso(text).or_else(ago);
    Ok(Some(time.ok_or_else(|| format!("{text} is not a time: write 2026-03-01T10:00:00Z, 2026-03-01 or 7d"))?))
}

/// What objects are read from.
type SharedObjects = Arc<dyn cloudtrail::verify::Objects>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_is_asked_for_by_name_or_arn() {
        let arn = Asked::parse(Some("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main")).unwrap();
        assert_eq!(arn.name.as_deref(), Some("main"));
        assert_eq!(arn.account.map(|account| account.to_string()).as_deref(), Some("111122223333"));
        assert_eq!(arn.home.map(|home| home.to_string()).as_deref(), Some("eu-west-1"));
        let name = Asked::parse(Some("main")).unwrap();
        assert_eq!(name, Asked { name: Some("main".to_owned()), ..Asked::default() });
        assert!(Asked::parse(Some("arn:aws:s3:::bucket")).is_err());
    }

    #[test]
    fn times_are_moments_or_how_long_ago_they_were() {
        let now = Timestamp::parse_iso("2026-03-02T12:00:00Z").unwrap();
        let read = |text| time(Some(text), now).unwrap().unwrap().iso_secs();
        assert_eq!(read("2026-03-01"), "2026-03-01T00:00:00Z");
        assert_eq!(read("2026-03-01T10:00:00Z"), "2026-03-01T10:00:00Z");
        assert_eq!(read("2h"), "2026-03-02T10:00:00Z");
        assert!(time(Some("soon"), now).is_err());
        assert_eq!(time(None, now).unwrap(), None);
    }
}
