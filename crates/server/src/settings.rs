//! Settings: from flags, then the environment, then `trailwatch.toml`, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base::{AccountId, Region};
use clap::{Args, ValueEnum};
use cloudwatch::metric_streams::{Destinations, NamedDestination};
use outbound::{Endpoint, Route};
use serde::{Deserialize, Deserializer};
use sns::mail::SmtpUrl;

/// Options of `trailwatch serve` as given; every one may be absent.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ServeOptions {
    /// Folder that holds all data; made when absent [default: ./trailwatch-data]
    #[arg(long, env = "TRAILWATCH_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Address to serve on; port 0 picks a free one [default: 127.0.0.1:4566]
    #[arg(long, env = "TRAILWATCH_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,

    /// The server's own account [default: 000000000000]
    #[arg(long, env = "TRAILWATCH_ACCOUNT", value_name = "ID")]
    pub account: Option<AccountId>,

    /// The region for requests that name none [default: us-east-1]
    #[arg(long, env = "TRAILWATCH_REGION", value_name = "NAME")]
    pub region: Option<Region>,

    /// For development: root credentials are test/test, and any access key id of 12 digits
    /// with the secret "test" is the root of that account
    #[arg(long, env = "TRAILWATCH_DEV", num_args = 0..=1, default_missing_value = "true")]
    pub dev: Option<bool>,

    /// The clock that all data time comes from [default: system]
    #[arg(long, env = "TRAILWATCH_CLOCK", value_name = "KIND")]
    pub clock: Option<ClockKind>,

    /// TLS certificate chain, PEM; needs --tls-key
    #[arg(long, env = "TRAILWATCH_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// TLS private key, PEM; needs --tls-cert
    #[arg(long, env = "TRAILWATCH_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// The key that secrets are sealed with; made at first start. Keep it apart from the data
    /// folder [default: the data folder's path with ".key" added]
    #[arg(long, env = "TRAILWATCH_MASTER_KEY", value_name = "FILE")]
    pub master_key: Option<PathBuf>,

    /// Root access key id, with --root-secret-access-key; never with --dev
    #[arg(long, env = "TRAILWATCH_ROOT_ACCESS_KEY_ID", value_name = "ID")]
    pub root_access_key_id: Option<String>,

    /// Root secret; better given by the environment than by flag
    #[arg(long, env = "TRAILWATCH_ROOT_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    pub root_secret_access_key: Option<String>,

    /// Connections served at once; more wait in the listen queue [default: 1024]
    #[arg(long, env = "TRAILWATCH_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<usize>,

    /// Largest request body in bytes, both as sent and as expanded [default: 16777216]
    #[arg(long, env = "TRAILWATCH_MAX_BODY_BYTES", value_name = "N")]
    pub max_body_bytes: Option<usize>,

    /// LookupEvents calls a second for each account and region, as AWS limits them; 0 for no limit [default: 2]
    #[arg(long, env = "TRAILWATCH_LOOKUP_EVENTS_PER_SECOND", value_name = "N")]
    pub lookup_events_per_second: Option<u32>,

    /// Seconds between the log files of a trail [default: 300]
    #[arg(long, env = "TRAILWATCH_TRAIL_DELIVERY_SECONDS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub trail_delivery_seconds: Option<u32>,

    /// Whether AWS Config's items of hosts hold services, details of the hardware and custom inventory too, which AWS
    /// leaves out
    #[arg(long, env = "TRAILWATCH_CONFIG_INVENTORY_ALL_TYPES", num_args = 0..=1, default_missing_value = "true")]
    pub config_inventory_all_types: Option<bool>,

    /// Minutes that calls must have been counted for before CloudTrail Insights finds a rate unusual [default: 1440]
    #[arg(long, env = "TRAILWATCH_INSIGHTS_MIN_HISTORY_MINUTES", value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_080))]
    pub insights_min_history_minutes: Option<u32>,

    /// Where metric streams of the delivery stream NAME deliver: an http://, https:// or file:///
    /// URL. May be given many times; the environment variable takes several with blanks between
    #[arg(
        long,
        env = "TRAILWATCH_METRIC_STREAM_DESTINATION",
        hide_env_values = true,
        value_name = "NAME=URL",
        value_delimiter = ' '
    )]
    pub metric_stream_destination: Option<Vec<NamedDestination>>,

    /// What serves a service that this server does not: ec2=http://KEY_ID:SECRET@HOST:PORT, or a URL
    /// alone for every such service. Clients' calls for it are permitted here, sent on and recorded;
    /// alarm actions and messages to queues and functions go there. With s3=URL buckets are there too.
    /// Without credentials clients' calls are signed with their own key, and the server's own with
    /// test/test. Options follow after #, with commas between them: timeout=SECONDS to the beginning
    /// of an answer (30), idle=SECONDS between two pieces of one (60), roots=FILE with the certificates
    /// to trust (PEM), style=path|host for S3, services=A+B for a URL alone that is to take no others.
    /// Quote it where # begins a comment, and write %23 for a # in the secret. May be given many times;
    /// the environment variable takes several with blanks between
    #[arg(
        long,
        env = "TRAILWATCH_UPSTREAM",
        hide_env_values = true,
        value_name = "[SERVICE=]URL[#OPTIONS]",
        value_delimiter = ' '
    )]
    pub upstream: Option<Vec<Route>>,

    /// The mail server that subscriptions by mail are sent through:
    /// smtp://[USER:PASSWORD@]HOST[:PORT][?tls=required|optional], or smtps:// for TLS from the start
    #[arg(long, env = "TRAILWATCH_SMTP", hide_env_values = true, value_name = "URL")]
    pub smtp: Option<SmtpUrl>,

    /// The address that mail comes from [default: no-reply@sns.amazonaws.com]
    #[arg(long, env = "TRAILWATCH_SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,

    /// Gets a POST for every text message to a phone
    #[arg(long, env = "TRAILWATCH_SMS_GATEWAY", hide_env_values = true, value_name = "URL")]
    #[serde(deserialize_with = "endpoint")]
    pub sms_gateway: Option<Endpoint>,

    /// Gets a POST for every message to a mobile app
    #[arg(long, env = "TRAILWATCH_PUSH_GATEWAY", hide_env_values = true, value_name = "URL")]
    #[serde(deserialize_with = "endpoint")]
    pub push_gateway: Option<Endpoint>,

    /// Gets a POST with the EventBridge event of every change of an alarm, and of what AWS Config tells
    #[arg(long, env = "TRAILWATCH_EVENT_WEBHOOK", hide_env_values = true, value_name = "URL")]
    #[serde(deserialize_with = "endpoint")]
    pub event_webhook: Option<Endpoint>,

    /// What the links in messages start with, as their receivers reach this server
    /// [default: the address served on]
    #[arg(long, env = "TRAILWATCH_PUBLIC_URL", value_name = "URL")]
    #[serde(deserialize_with = "endpoint")]
    pub public_url: Option<Endpoint>,

    /// Sends no message to an HTTP endpoint in a private network: callers choose those endpoints
    #[arg(long, env = "TRAILWATCH_FENCE_PRIVATE_NETWORKS", num_args = 0..=1, default_missing_value = "true")]
    pub fence_private_networks: Option<bool>,

    /// Form of the log on standard error [default: text]
    #[arg(long, env = "TRAILWATCH_LOG_FORMAT", value_name = "FORM")]
    pub log_format: Option<LogFormat>,

    /// Settings file [default: ./trailwatch.toml, when there is one]
    #[arg(long, env = "TRAILWATCH_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

/// Which clock data time comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until `POST /_trailwatch/clock` moves it.
    Simulated,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings with every choice made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder that holds all data.
    pub data: PathBuf,
    /// Address to serve on.
    pub listen: SocketAddr,
    /// The server's own account.
    pub account: AccountId,
    /// Region for requests that name none.
    pub region: Region,
    /// Development credentials.
    pub dev: bool,
    /// The clock.
    pub clock: ClockKind,
    /// Certificate chain and private key files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Master key file.
    pub master_key: PathBuf,
    /// Root credentials given from outside: id and secret.
    pub root: Option<(String, String)>,
    /// Connections served at once.
    pub max_connections: usize,
    /// Largest body, as sent and as expanded.
    pub max_body_bytes: usize,
    /// LookupEvents limit; zero for none.
    pub lookup_events_per_second: u32,
    /// Seconds between the log files of a trail.
    pub trail_delivery_seconds: u32,
    /// Whether items of hosts hold all types of inventory.
    pub config_inventory_all_types: bool,
    /// Minutes that calls must have been counted for before a rate is found unusual.
    pub insights_min_history_minutes: u32,
    /// Where metric streams deliver.
    pub metric_stream_destinations: Destinations,
    /// What serves what this server does not.
    pub upstreams: Vec<Route>,
    /// The mail server.
    pub smtp: Option<SmtpUrl>,
    /// The address that mail comes from.
    pub smtp_from: String,
    /// Takes text messages.
    pub sms_gateway: Option<Endpoint>,
    /// Takes messages to mobile apps.
    pub push_gateway: Option<Endpoint>,
    /// Takes events of alarms.
    pub event_webhook: Option<Endpoint>,
    /// What links in messages start with; the address served on when absent.
    pub public_url: Option<Endpoint>,
    /// Whether endpoints of subscriptions may not be in private networks.
    pub fence_private_networks: bool,
    /// Form of the log.
    pub log_format: LogFormat,
}

/// The settings contradict each other or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("cannot read the settings file {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is not valid.
    #[error("the settings file {0} is not valid: {1}")]
    Invalid(PathBuf, String),
    /// Options that do not go together.
    #[error("{0}")]
    Contradiction(&'static str),
}

const DEFAULT_FILE: &str = "trailwatch.toml";

impl Settings {
    /// Makes every choice: what was given, else what the file says, else the default.
    pub fn resolve(given: ServeOptions) -> Result<Self, SettingsError> {
        let file = read_file(given.config.as_deref())?;
        given.over(file).finish()
    }
}

fn read_file(named: Option<&Path>) -> Result<ServeOptions, SettingsError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ServeOptions::default());
        }
        Err(error) => return Err(SettingsError::Unreadable(path.to_owned(), error)),
    };
    toml::from_str(&text).map_err(|error| SettingsError::Invalid(path.to_owned(), invalid(&text, &error)))
}

/// Where and what, without the line itself: it may hold a secret.
fn invalid(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count()) + 1;
    format!("line {line}: {}", error.message())
}

impl ServeOptions {
    /// These options, with those of `below` where none is given.
    fn over(self, below: Self) -> Self {
        Self {
            data: self.data.or(below.data),
            listen: self.listen.or(below.listen),
            account: self.account.or(below.account),
            region: self.region.or(below.region),
            dev: self.dev.or(below.dev),
            clock: self.clock.or(below.clock),
            tls_cert: self.tls_cert.or(below.tls_cert),
            tls_key: self.tls_key.or(below.tls_key),
            master_key: self.master_key.or(below.master_key),
            root_access_key_id: self.root_access_key_id.or(below.root_access_key_id),
            root_secret_access_key: self.root_secret_access_key.or(below.root_secret_access_key),
            max_connections: self.max_connections.or(below.max_connections),
            max_body_bytes: self.max_body_bytes.or(below.max_body_bytes),
            lookup_events_per_second: self.lookup_events_per_second.or(below.lookup_events_per_second),
            trail_delivery_seconds: self.trail_delivery_seconds.or(below.trail_delivery_seconds),
            config_inventory_all_types: self.config_inventory_all_types.or(below.config_inventory_all_types),
            insights_min_history_minutes: self.insights_min_history_minutes.or(below.insights_min_history_minutes),
            metric_stream_destination: self.metric_stream_destination.or(below.metric_stream_destination),
            upstream: self.upstream.or(below.upstream),
            smtp: self.smtp.or(below.smtp),
            smtp_from: self.smtp_from.or(below.smtp_from),
            sms_gateway: self.sms_gateway.or(below.sms_gateway),
            push_gateway: self.push_gateway.or(below.push_gateway),
            event_webhook: self.event_webhook.or(below.event_webhook),
            public_url: self.public_url.or(below.public_url),
            fence_private_networks: self.fence_private_networks.or(below.fence_private_networks),
            log_format: self.log_format.or(below.log_format),
            config: self.config,
        }
    }

    fn finish(self) -> Result<Settings, SettingsError> {
        let dev = self.dev.unwrap_or(false);
        let tls = both(self.tls_cert, self.tls_key, "--tls-cert and --tls-key go together")?;
        let root = both(
            self.root_access_key_id,
            self.root_secret_access_key,
            "a root access key id and a root secret access key go together",
        )?;
        if dev && root.is_some() {
            return Err(SettingsError::Contradiction("--dev sets the root credentials itself: do not give others"));
        }
        let upstreams = upstreams(self.upstream.unwrap_or_default())?;
        let metric_stream_destinations = destinations(self.metric_stream_destination.unwrap_or_default())?;
        let data = self.data.unwrap_or_else(|| PathBuf::from("trailwatch-data"));
        Ok(Settings {
            listen: self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 4566))),
            account: self.account.unwrap_or_else(|| "000000000000".parse().expect("twelve digits")),
            region: self.region.unwrap_or_else(|| "us-east-1".parse().expect("a region name")),
            clock: self.clock.unwrap_or_default(),
            master_key: self.master_key.unwrap_or_else(|| beside(&data)),
            max_connections: self.max_connections.unwrap_or(1024),
            max_body_bytes: self.max_body_bytes.unwrap_or(16 << 20),
            lookup_events_per_second: self.lookup_events_per_second.unwrap_or(2),
            trail_delivery_seconds: self.trail_delivery_seconds.unwrap_or(300).max(1),
            config_inventory_all_types: self.config_inventory_all_types.unwrap_or(false),
            insights_min_history_minutes: self.insights_min_history_minutes.unwrap_or(1_440),
            metric_stream_destinations,
            upstreams,
            smtp: self.smtp,
            smtp_from: self.smtp_from.unwrap_or_else(|| "no-reply@sns.amazonaws.com".to_owned()),
            sms_gateway: self.sms_gateway,
            push_gateway: self.push_gateway,
            event_webhook: self.event_webhook,
            public_url: self.public_url,
            fence_private_networks: self.fence_private_networks.unwrap_or(false),
            log_format: self.log_format.unwrap_or_default(),
            data,
            dev,
            tls,
            root,
        })
    }
}

fn both<A, B>(one: Option<A>, other: Option<B>, why: &'static str) -> Result<Option<(A, B)>, SettingsError> {
    match (one, other) {
        (Some(one), Some(other)) => Ok(Some((one, other))),
        (None, None) => Ok(None),
        _ => Err(SettingsError::Contradiction(why)),
    }
}

/// The destinations by name, which must differ.
fn destinations(given: Vec<NamedDestination>) -> Result<Destinations, SettingsError> {
    let mut destinations = Destinations::new();
    for NamedDestination { name, destination } in given {
        if destinations.insert(name, destination).is_some() {
            return Err(SettingsError::Contradiction("two metric stream destinations have the same name"));
        }
    }
    Ok(destinations)
}

/// The upstreams, one for each service.
fn upstreams(given: Vec<Route>) -> Result<Vec<Route>, SettingsError> {
    for (at, upstream) in given.iter().enumerate() {
        if matches!(upstream.service.as_deref(), Some("iam" | "sts")) {
            let why = "IAM and STS cannot be sent to an upstream: they say who calls and what they may do";
            return Err(SettingsError::Contradiction(why));
        }
        if given[..at].iter().any(|earlier| earlier.service == upstream.service) {
            return Err(SettingsError::Contradiction(match &upstream.service {
                Some(_) => "two upstreams are for the same service",
                None => "two upstreams are for all services: name the service of one, as in ec2=URL",
            }));
        }
        if matches!(upstream.service.as_deref(), Some("iam" | "sts")) {
            return Err(SettingsError::Contradiction("IAM and STS cannot be sent upstream: they say who calls"));
        }
    }
    Ok(given)
}

/// An optional URL of the settings file.
fn endpoint<'de, D: Deserializer<'de>>(file: D) -> Result<Option<Endpoint>, D::Error> {
    let text = String::deserialize(file)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Where the master key of the data folder `DIR` is unless it is named: `DIR.key`, beside the folder and never inside.
pub(crate) fn beside(data: &Path) -> PathBuf {
    let mut name = data.components().as_path().as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_wins_over_the_file_and_the_file_over_the_default() {
        let file: ServeOptions = toml::from_str("region = 'eu-west-1'\naccount = '111122223333'\n").unwrap();
        let given = ServeOptions { region: Some("ap-south-1".parse().unwrap()), ..ServeOptions::default() };
        let settings = given.over(file).finish().unwrap();
        assert_eq!(settings.region.as_str(), "ap-south-1");
        assert_eq!(settings.account.as_str(), "111122223333");
        assert_eq!(settings.listen.port(), 4566);
    }

    #[test]
    fn unknown_keys_of_the_file_are_refused() {
        assert!(toml::from_str::<ServeOptions>("regoin = 'eu-west-1'").is_err());
    }

    #[test]
    fn the_master_key_lies_beside_the_data_folder_never_inside() {
        assert_eq!(beside(Path::new("/var/lib/tw/")), Path::new("/var/lib/tw.key"));
        assert_eq!(beside(Path::new("trailwatch-data")), Path::new("trailwatch-data.key"));
    }

    #[test]
    fn destinations_of_metric_streams_have_a_name_each() {
        let file = "metric-stream-destination = ['a=http://h/', 'b=file:///x']";
        let options: ServeOptions = toml::from_str(file).unwrap();
        let settings = options.finish().unwrap();
        assert_eq!(settings.metric_stream_destinations.keys().collect::<Vec<_>>(), ["a", "b"]);
        let twice: ServeOptions = toml::from_str("metric-stream-destination = ['a=file:///x', 'a=file:///y']").unwrap();
        assert!(matches!(twice.finish(), Err(SettingsError::Contradiction(_))));
        assert!(toml::from_str::<ServeOptions>("metric-stream-destination = ['a=nowhere']").is_err());
    }

    #[test]
    fn a_service_has_one_upstream() {
        let file = "upstream = ['ec2=http://a:b@h:1/', 'http://h:2']\npublic-url = 'https://tw.example.org'";
        let settings = toml::from_str::<ServeOptions>(file).unwrap().finish().unwrap();
        assert_eq!(settings.upstreams.len(), 2);
        assert_eq!(settings.public_url.unwrap().to_string(), "https://tw.example.org/");
        for refused in [
            "['http://h:1/', 'http://h:2/#services=ec2']",
            "['ec2=http://h:1', 'ec2=http://h:2#idle=5']",
            "['sts=http://h']",
        ] {
            let options: ServeOptions = toml::from_str(&format!("upstream = {refused}")).unwrap();
            assert!(matches!(options.finish(), Err(SettingsError::Contradiction(_))), "{refused}");
        }
        assert!(toml::from_str::<ServeOptions>("sms-gateway = 'nowhere'").is_err());
    }

    #[test]
    fn upstreams_have_options_in_the_file_as_in_flags() {
        let file = "upstream = ['s3=https://a:b@h#style=host,timeout=5,roots=ca.pem']";
        let options: ServeOptions = toml::from_str(file).unwrap();
        let flag = "s3=https://a:b@h#style=host,timeout=5,roots=ca.pem";
        assert_eq!(options.finish().unwrap().upstreams, [flag.parse().unwrap()]);
        let file = "upstream = ['ec2=http://a:hidden@h#stile=host']";
        let refused = invalid(file, &toml::from_str::<ServeOptions>(file).unwrap_err());
        assert!(refused.starts_with("line 1: options of an upstream are style="), "{refused}");
        assert!(!refused.contains("hidden"), "{refused}");
    }

    #[test]
    fn half_of_a_pair_is_refused() {
        let options = ServeOptions { tls_cert: Some("c.pem".into()), ..ServeOptions::default() };
        assert!(matches!(options.finish(), Err(SettingsError::Contradiction(_))));
        let options = ServeOptions {
            dev: Some(true),
            root_access_key_id: Some("AKIA".into()),
            root_secret_access_key: Some("x".into()),
            ..ServeOptions::default()
        };
        assert!(matches!(options.finish(), Err(SettingsError::Contradiction(_))));
    }
}
