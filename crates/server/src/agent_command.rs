//! `trailwatch agent`: the host agent's options, and its life as a process.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use agent::client::Endpoint;
use agent::collect::{Kind, Proc, hostname};
use agent::inventory::command::search_folders;
use agent::inventory::settings::Sources;
use agent::logs::journal::settings::JournalGiven;
use agent::logs::settings::{FileGiven, Machine};
use agent::run::{Agent, Failure, World};
use agent::settings::{Given, Interval, Monitoring, Settings, StatsdInput};
use base::{OsEntropy, Region, SystemClock};
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::settings::LogFormat;

/// Options of `trailwatch agent` as given; every one may be absent.
#[derive(Args, Clone, Default)]
pub struct AgentOptions {
    /// URL of the server [env: AWS_ENDPOINT_URL_CLOUDWATCH or AWS_ENDPOINT_URL] [default: http://127.0.0.1:4566]
    #[arg(long, value_name = "URL")]
    endpoint: Option<Endpoint>,

    /// Region that metrics go to [env: AWS_REGION or AWS_DEFAULT_REGION] [default: us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Option<Region>,

    /// Certificates that are believed over HTTPS, PEM [env: AWS_CA_BUNDLE] [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca_bundle: Option<PathBuf>,

    /// Namespace that metrics go to [default: CWAgent]
    #[arg(long, env = "TRAILWATCH_AGENT_NAMESPACE", value_name = "NAME")]
    namespace: Option<String>,

    /// Value of the dimension "host" [default: this machine's name]
    #[arg(long, env = "TRAILWATCH_AGENT_HOST", value_name = "NAME")]
    host: Option<String>,

    /// detailed: a point each minute. basic: a point each five minutes, made of a sample each minute [default: detailed]
    #[arg(long, env = "TRAILWATCH_AGENT_MONITORING", value_name = "basic|detailed")]
    monitoring: Option<Monitoring>,

    /// How often to collect, such as 5s; in detailed monitoring also how often to publish. Below
    /// a minute, points are stored by the second [default: 60s]
    #[arg(long, env = "TRAILWATCH_AGENT_INTERVAL", value_name = "TIME")]
    interval: Option<Interval>,

    /// What to collect, separated by commas: cpu, mem, swap, disk, diskio, net, netstat,
    /// processes [default: all]
    #[arg(long, env = "TRAILWATCH_AGENT_COLLECTORS", value_name = "LIST", value_delimiter = ',')]
    collectors: Option<Vec<Kind>>,

    /// UDP address to take StatsD lines in on, or off [default: 127.0.0.1:8125]
    #[arg(long, env = "TRAILWATCH_AGENT_STATSD", value_name = "ADDR|off")]
    statsd: Option<StatsdInput>,

    /// Folder where requests wait until the server has taken them; one agent a folder
    /// [default: ./trailwatch-agent]
    #[arg(long, env = "TRAILWATCH_AGENT_BUFFER", value_name = "DIR")]
    buffer: Option<PathBuf>,

    /// Bytes that may wait there; beyond, the oldest are dropped and an error is logged
    /// [default: 268435456]
    #[arg(long, env = "TRAILWATCH_AGENT_BUFFER_BYTES", value_name = "N")]
    buffer_bytes: Option<u64>,

    /// A log file, or a pattern of log files, to send to a log group; may be repeated
    #[arg(long = "log", value_name = "FILE=GROUP", value_parser = log_file)]
    logs: Vec<FileGiven>,

    /// Log group to send the systemd journal to, from now on or from where it was read last
    #[arg(long, value_name = "GROUP")]
    journal: Option<String>,

    /// Tell Systems Manager's inventory what is installed: all, or a list of instance, details, dpkg, rpm,
    /// snap, pip, npm, network, services, firewall, updates; -NAME for all but that [default: what the
    /// settings file says, or off]
    #[arg(long, env = "TRAILWATCH_AGENT_INVENTORY", value_name = "all|off|LIST", allow_hyphen_values = true)]
    inventory: Option<Sources>,

    /// Form of the log on standard error [default: text]
    #[arg(long, env = "TRAILWATCH_LOG_FORMAT", value_name = "FORM")]
    log_format: Option<LogFormat>,

    /// Settings file [default: ./agent.toml, when there is one]
    #[arg(long, env = "TRAILWATCH_AGENT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl AgentOptions {
    /// Makes every choice: the options, then the environment, then the file, then the default.
    fn resolve(self, environment: impl Fn(&str) -> Option<String>) -> Result<Settings, Failure> {
        let mut file = Given::read(self.config.as_deref())?;
        if !self.logs.is_empty() {
            // They are read besides those of the file.
            file.logs.get_or_insert_default().logs_collected.files.collect_list.extend(self.logs);
        }
        if let Some(group) = self.journal {
            let journal = JournalGiven { log_group_name: Some(group), ..JournalGiven::default() };
            file.logs.get_or_insert_default().logs_collected.journald.collect_list.push(journal);
        }
        if let Some(sources) = self.inventory {
            // How, and as which instance, is still for the file to say.
            file.inventory.get_or_insert_default().collect = Some(sources);
        }
        let environment = from_environment(environment)?;
        let options = Given {
            endpoint: self.endpoint,
            region: self.region,
            ca_bundle: self.ca_bundle,
            namespace: self.namespace,
            host: self.host,
            monitoring: self.monitoring,
            interval: self.interval,
            statsd: self.statsd,
            buffer: self.buffer,
            buffer_bytes: self.buffer_bytes,
            collectors: self.collectors,
            ..Given::default()
        };
        Ok(options.over(environment).over(file).finish(&Machine::this(hostname(&Proc::default())?))?)
    }
}

/// `FILE=GROUP`.
fn log_file(text: &str) -> Result<FileGiven, String> {
    match text.split_once('=') {
        Some((file, group)) if !file.is_empty() && !group.is_empty() => {
            Ok(FileGiven { file_path: file.to_owned(), log_group_name: Some(group.to_owned()), ..FileGiven::default() })
        }
        _ => Err(format!("'{text}' is not FILE=GROUP")),
    }
}

/// What AWS's own tools read from the environment; a variable that is empty is not set.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Given, Failure> {
    let get = |name: &str| variable(name).filter(|value| !value.is_empty());
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, get(name)?)));
    let endpoint = match first(["AWS_ENDPOINT_URL_CLOUDWATCH", "AWS_ENDPOINT_URL"]) {
        Some((name, text)) => Some(text.parse().map_err(|error| format!("{name}: {error}"))?),
        None => None,
    };
    let region = match first(["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        Some((name, text)) => Some(text.parse().map_err(|error| format!("{name}: {error}"))?),
        None => None,
    };
    Ok(Given {
        endpoint,
        region,
        ca_bundle: get("AWS_CA_BUNDLE").map(PathBuf::from),
        access_key_id: get("AWS_ACCESS_KEY_ID"),
        secret_access_key: get("AWS_SECRET_ACCESS_KEY"),
        session_token: get("AWS_SESSION_TOKEN"),
        ..Given::default()
    })
}

/// Runs the agent until SIGTERM or SIGINT.
///
/// # Errors
/// When the settings cannot be used, or the buffer or the StatsD port cannot be had.
pub async fn run(options: AgentOptions) -> Result<(), Failure> {
    let settings = options.resolve(|name| std::env::var(name).ok())?;
    let world = World {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        proc: Proc::default(),
        root: "/".into(),
        search: search_folders(&std::env::var("PATH").unwrap_or_default()),
    };
    let agent = Agent::start(settings, world).await?;
    // Whoever reads the ready line may send a signal at once.
    let stop = stop_on_signal()?;
    announce(&agent)?;
    agent.run(stop).await;
    Ok(())
}

/// The form of the log that the options ask for.
pub fn log_format(options: &AgentOptions) -> LogFormat {
    options.log_format.unwrap_or_default()
}

/// One line on standard output when the agent runs.
fn announce(agent: &Agent) -> std::io::Result<()> {
    let statsd = agent.statsd_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    let mut out = std::io::stdout().lock();
    writeln!(out, "trailwatch agent ready statsd {statsd}")?;
    out.flush()
}

/// SIGTERM and SIGINT, caught from now on. The first asks the agent to end, and a second one
/// ends the process where it stands: what was not sent is in the buffer all the same.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        token.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("told to stop again: ending without the last requests, which wait in the buffer");
        std::process::exit(1);
    });
    Ok(stop)
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        |name| pairs.iter().find(|(at, _)| *at == name).map(|(_, value)| (*value).to_owned())
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];

    #[test]
    fn the_environment_of_awss_tools_is_read() {
        let options = AgentOptions { config: Some("/dev/null".into()), ..AgentOptions::default() };
        let settings = options.resolve(environment(&[
            KEYS[0],
            KEYS[1],
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_ENDPOINT_URL", "http://10.0.0.1:4566"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ]));
        let settings = settings.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.endpoint.to_string(), "http://10.0.0.1:4566");
        assert_eq!(settings.region.as_str(), "eu-west-1");
        assert_eq!(settings.credentials.session_token, None);
    }

    #[test]
    fn options_win_over_the_environment() {
        let options = AgentOptions {
            config: Some("/dev/null".into()),
            endpoint: Some("http://a:1".parse().unwrap()),
            ..AgentOptions::default()
        };
        let given = environment(&[KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "http://b:2")]);
        let settings = options.resolve(given).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.endpoint.to_string(), "http://a:1");
    }

    #[test]
    fn the_journal_is_read_into_a_group() {
        let options = AgentOptions {
            config: Some("/dev/null".into()),
            journal: Some("/box/journal".to_owned()),
            ..AgentOptions::default()
        };
        let settings = options.resolve(environment(&KEYS)).unwrap_or_else(|error| panic!("{error}"));
        let groups: Vec<&str> = settings.logs.journals.iter().map(|journal| journal.group.as_str()).collect();
        assert_eq!(groups, ["/box/journal"]);
    }

    #[test]
    fn inventory_is_off_unless_it_is_asked_for() {
        let options = AgentOptions { config: Some("/dev/null".into()), ..AgentOptions::default() };
        let settings = options.clone().resolve(environment(&KEYS)).unwrap_or_else(|error| panic!("{error}"));
        assert!(settings.inventory.is_none());
        let asked = AgentOptions { inventory: Some("pip".parse().unwrap()), ..options };
        let settings = asked.resolve(environment(&KEYS)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.inventory.unwrap().collect, [agent::inventory::Source::Pip]);
    }

    #[test]
    fn a_variable_that_is_wrong_is_named() {
        let options = AgentOptions { config: Some("/dev/null".into()), ..AgentOptions::default() };
        let error = options.resolve(environment(&[KEYS[0], KEYS[1], ("AWS_REGION", "EU")])).err().unwrap();
        assert!(error.to_string().contains("AWS_REGION"), "{error}");
    }
}
