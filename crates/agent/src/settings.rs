//! What the agent is told: command line, environment, settings file, defaults, in that order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use base::Region;
use base::time::parse_duration;
use serde::{Deserialize, Deserializer};
use wire::sigv4::Credentials;

use crate::client::{Endpoint, InvalidEndpoint};
use crate::collect::Kind;
use crate::datum::{Dimension, is_dimension_name, is_dimension_value, is_namespace};
use crate::inventory::settings::{InventoryGiven, InventorySettings};
use crate::logs::settings::{LogSettings, LogsGiven, Machine};

/// The settings file that is read when none is named and there is one.
pub const DEFAULT_FILE: &str = "agent.toml";
/// The buffer folder when none is named.
pub const DEFAULT_BUFFER: &str = "trailwatch-agent";
/// The bound of the buffer when none is given.
pub const DEFAULT_BUFFER_BYTES: u64 = 256 << 20;
/// Dimensions that can be appended; the others are left to collectors and StatsD tags.
const APPENDED_MAX: usize = 10;

/// How often data is published (cloudwatch.md §9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monitoring {
    /// A point every five minutes, made of samples taken each minute.
    Basic,
    /// A point every minute.
    #[default]
    Detailed,
}

impl FromStr for Monitoring {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "basic" => Ok(Self::Basic),
            "detailed" => Ok(Self::Detailed),
            _ => Err(format!("'{text}' is neither basic nor detailed")),
        }
    }
}

/// Where StatsD lines are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsdInput {
    /// On this UDP address.
    On(SocketAddr),
    /// Nowhere.
    Off,
}

impl FromStr for StatsdInput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            text => text.parse().map(Self::On).map_err(|_| format!("'{text}' is neither an address nor 'off'")),
        }
    }
}

/// An interval as people write it, from one second to an hour, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(pub Duration);

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let duration = parse_duration(text).ok_or_else(|| format!("'{text}' is not a duration such as 5s or 1m"))?;
        let fits = (1..=3600).contains(&duration.as_secs()) && duration.subsec_nanos() == 0;
        fits.then_some(Self(duration)).ok_or_else(|| format!("'{text}' is not between 1s and 1h in whole seconds"))
    }
}

/// Everything that can be said, each or nothing: by the command line and the environment as
/// well as by the settings file. The keys of the file are the options' own names.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Given {
    /// The server's URL.
    #[serde(deserialize_with = "text")]
    pub endpoint: Option<Endpoint>,
    /// The region that requests are signed for.
    pub region: Option<Region>,
    /// PEM file of the certificates that are believed over HTTPS.
    pub ca_bundle: Option<PathBuf>,
    /// What requests are signed with.
    pub access_key_id: Option<String>,
    /// Its secret.
    pub secret_access_key: Option<String>,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// The namespace that metrics go to.
    pub namespace: Option<String>,
    /// The value of the dimension `host`.
    pub host: Option<String>,
    /// Whether the dimension `host` is left out.
    pub omit_host: Option<bool>,
    /// Dimensions added to every metric.
    pub append_dimensions: Option<BTreeMap<String, String>>,
    /// Basic or detailed.
    pub monitoring: Option<Monitoring>,
    /// How often is collected, and in detailed monitoring published.
    #[serde(deserialize_with = "text")]
    pub interval: Option<Interval>,
    /// Where StatsD lines are taken in.
    #[serde(deserialize_with = "text")]
    pub statsd: Option<StatsdInput>,
    /// The buffer folder.
    pub buffer: Option<PathBuf>,
    /// The bound of the buffer.
    pub buffer_bytes: Option<u64>,
    /// Which collectors run.
    pub collectors: Option<Vec<Kind>>,
    /// How they run.
    pub cpu: Option<CpuSettings>,
    /// How they run.
    pub disk: Option<DiskSettings>,
    /// How they run.
    pub diskio: Option<DiskioSettings>,
    /// How they run.
    pub net: Option<NetSettings>,
    /// Which log files are read.
    pub logs: Option<LogsGiven>,
    /// What of the machine's software is told.
    pub inventory: Option<InventoryGiven>,
}

/// Reads a key of the file by the type's own parser.
fn text<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(from: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Settings of the collector `cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CpuSettings {
    /// Every processor besides `cpu-total`.
    pub per_cpu: bool,
}

impl Default for CpuSettings {
    fn default() -> Self {
        Self { per_cpu: true }
    }
}

/// Settings of the collector `disk`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DiskSettings {
    /// Only the file systems at these paths.
    pub mount_points: Option<Vec<String>>,
    /// File system types reported besides the local ones, such as `nfs4`.
    pub more_types: Vec<String>,
}

/// Settings of the collector `diskio`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DiskioSettings {
    /// Only these devices.
    pub devices: Option<Vec<String>>,
}

/// Settings of the collector `net`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NetSettings {
    /// Only these interfaces.
    pub interfaces: Option<Vec<String>>,
}

/// What is collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectSettings {
    /// The collectors that run.
    pub collectors: Vec<Kind>,
    /// Settings of `cpu`.
    pub cpu: CpuSettings,
    /// Settings of `disk`.
    pub disk: DiskSettings,
    /// Settings of `diskio`.
    pub diskio: DiskioSettings,
    /// Settings of `net`.
    pub net: NetSettings,
}

impl Default for CollectSettings {
    fn default() -> Self {
        Self {
            collectors: Kind::ALL.to_vec(),
            cpu: CpuSettings::default(),
            disk: DiskSettings::default(),
            diskio: DiskioSettings::default(),
            net: NetSettings::default(),
        }
    }
}

/// Settings with every choice made.
#[derive(Clone)]
pub struct Settings {
    /// The server's URL.
    pub endpoint: Endpoint,
    /// The region that requests are signed for.
    pub region: Region,
    /// PEM file of the certificates that are believed over HTTPS; `None` for the system's.
    pub ca_bundle: Option<PathBuf>,
    /// What requests are signed with.
    pub credentials: Credentials,
    /// The namespace that metrics go to.
    pub namespace: String,
    /// The dimension `host`; `None` when it is left out.
    pub host: Option<Dimension>,
    /// Dimensions added to every metric.
    pub appended: Vec<Dimension>,
    /// How often is collected.
    pub collect_every: Duration,
    /// How often is published.
    pub publish_every: Duration,
    /// Where StatsD lines are taken in.
    pub statsd: StatsdInput,
    /// The buffer folder.
    pub buffer: PathBuf,
    /// The bound of the buffer.
    pub buffer_bytes: u64,
    /// What is collected.
    pub collect: CollectSettings,
    /// Which log files are read.
    pub logs: LogSettings,
    /// What of the machine's software is told; `None` for nothing.
    pub inventory: Option<InventorySettings>,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("cannot read the settings file {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is not valid.
    #[error("the settings file {0} is not valid: {1}")]
    Invalid(PathBuf, String),
    /// A value that cannot be used.
    #[error("{0}")]
    Value(String),
    /// No or half of the credentials.
    #[error(
        "no credentials to sign with: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or access-key-id and \
         secret-access-key in the settings file"
    )]
    NoCredentials,
    /// The endpoint is no URL.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
}

impl Given {
    /// Reads a settings file; when none is named, [`DEFAULT_FILE`] if there is one.
    ///
    /// # Errors
    /// When it cannot be read, has a key that is not known, or a value that does not fit.
    pub fn read(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|why| SettingsError::Invalid(path.to_owned(), why)),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SettingsError::Unreadable(path.to_owned(), error)),
        }
    }

    /// Reads the text of a settings file; the error names line and key, not the line itself,
    /// which may hold a secret.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count()) + 1;
            format!("line {line}: {}", error.message())
        })
    }

    /// These, with those of `below` where nothing is said.
    pub fn over(self, below: Self) -> Self {
        // Credentials go together: a key of one source with a token of another fits nothing.
        let keys = if self.access_key_id.is_some() || self.secret_access_key.is_some() {
            (self.access_key_id, self.secret_access_key, self.session_token)
        } else {
            (below.access_key_id, below.secret_access_key, below.session_token)
        };
        Self {
            endpoint: self.endpoint.or(below.endpoint),
            region: self.region.or(below.region),
            ca_bundle: self.ca_bundle.or(below.ca_bundle),
            access_key_id: keys.0,
            secret_access_key: keys.1,
            session_token: keys.2,
            namespace: self.namespace.or(below.namespace),
            host: self.host.or(below.host),
            omit_host: self.omit_host.or(below.omit_host),
            append_dimensions: self.append_dimensions.or(below.append_dimensions),
            monitoring: self.monitoring.or(below.monitoring),
            interval: self.interval.or(below.interval),
            statsd: self.statsd.or(below.statsd),
            buffer: self.buffer.or(below.buffer),
            buffer_bytes: self.buffer_bytes.or(below.buffer_bytes),
            collectors: self.collectors.or(below.collectors),
            cpu: self.cpu.or(below.cpu),
            disk: self.disk.or(below.disk),
            diskio: self.diskio.or(below.diskio),
            net: self.net.or(below.net),
            logs: self.logs.or(below.logs),
            inventory: self.inventory.or(below.inventory),
        }
    }

    /// Makes every choice.
    ///
    /// # Errors
    /// When credentials are missing, or a value is one that the API would refuse.
    pub fn finish(self, machine: &Machine) -> Result<Settings, SettingsError> {
        let host = self.host();
        let appended = self.appended()?;
        let (collect_every, publish_every) = self.intervals()?;
        let namespace = self.namespace.unwrap_or_else(|| "CWAgent".to_owned());
        if !is_namespace(&namespace) {
            return Err(SettingsError::Value(format!("'{namespace}' cannot be a namespace of metrics")));
        }
        let logs = self.logs.unwrap_or_default().finish(machine).map_err(SettingsError::Value)?;
        let inventory = match self.inventory {
            None => None,
            Some(given) => given
                .finish(machine.instance_id.as_deref())
                .map_err(|why| SettingsError::Value(format!("inventory: {why}")))?,
        };
        let host = match host {
            Host::Omitted => None,
            Host::Named(name) => Some(name),
            Host::Machine => Some(machine.hostname.clone()),
        };
        if let Some(host) = host.as_deref().filter(|host| !is_dimension_value(host)) {
            return Err(SettingsError::Value(format!(
                "'{host}' cannot be the dimension host: set host to another name"
            )));
        }
        let (Some(access_key_id), Some(secret_access_key)) = (self.access_key_id, self.secret_access_key) else {
            return Err(SettingsError::NoCredentials);
        };
        Ok(Settings {
            endpoint: self.endpoint.map_or_else(|| "http://127.0.0.1:4566".parse(), Ok)?,
            region: self.region.unwrap_or_else(|| "us-east-1".parse().expect("a region name")),
            ca_bundle: self.ca_bundle,
            credentials: Credentials { access_key_id, secret_access_key, session_token: self.session_token },
            namespace,
            host: host.map(|host| Dimension::new("host", host)),
            appended,
            collect_every,
            publish_every,
            statsd: self.statsd.unwrap_or(StatsdInput::On(SocketAddr::from(([127, 0, 0, 1], 8125)))),
            buffer: self.buffer.unwrap_or_else(|| PathBuf::from(DEFAULT_BUFFER)),
            buffer_bytes: self.buffer_bytes.unwrap_or(DEFAULT_BUFFER_BYTES),
            collect: CollectSettings {
                collectors: distinct(self.collectors.unwrap_or_else(|| Kind::ALL.to_vec())),
                cpu: self.cpu.unwrap_or_default(),
                disk: self.disk.unwrap_or_default(),
                diskio: self.diskio.unwrap_or_default(),
                net: self.net.unwrap_or_default(),
            },
            logs,
            inventory,
        })
    }

    fn host(&self) -> Host {
        match (&self.host, self.omit_host) {
            (_, Some(true)) => Host::Omitted,
            (Some(name), _) => Host::Named(name.clone()),
            (None, _) => Host::Machine,
        }
    }

    fn appended(&self) -> Result<Vec<Dimension>, SettingsError> {
        let given = self.append_dimensions.iter().flatten();
        let appended: Vec<Dimension> = given.map(|(name, value)| Dimension::new(name, value)).collect();
        let bad = appended.iter().find(|at| !is_dimension_name(&at.name) || !is_dimension_value(&at.value));
        if let Some(Dimension { name, value }) = bad {
            return Err(SettingsError::Value(format!("'{name}' = '{value}' cannot be a dimension")));
        }
        if appended.len() > APPENDED_MAX {
            return Err(SettingsError::Value(format!("no more than {APPENDED_MAX} dimensions can be appended")));
        }
        Ok(appended)
    }

    /// How often is collected and how often published (cloudwatch.md §9.1).
    fn intervals(&self) -> Result<(Duration, Duration), SettingsError> {
        const MINUTE: Duration = Duration::from_secs(60);
        const FIVE_MINUTES: Duration = Duration::from_secs(300);
        let collect = self.interval.map_or(MINUTE, |Interval(interval)| interval);
        match self.monitoring.unwrap_or_default() {
            Monitoring::Detailed => Ok((collect, collect)),
            Monitoring::Basic if collect <= FIVE_MINUTES => Ok((collect, FIVE_MINUTES)),
            Monitoring::Basic => {
                Err(SettingsError::Value("basic monitoring publishes every 5m: --interval cannot be longer".to_owned()))
            }
        }
    }
}

/// Where the dimension `host` comes from.
enum Host {
    Omitted,
    Named(String),
    Machine,
}

/// Every collector once, in the order given.
fn distinct(kinds: Vec<Kind>) -> Vec<Kind> {
    let mut out = Vec::new();
    kinds.into_iter().for_each(|kind| {
        if !out.contains(&kind) {
            out.push(kind);
        }
    });
    out
}

#[cfg(test)]
mod tests;
