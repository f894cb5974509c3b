//! `trailwatch alarm explain` and `trailwatch alarm backtest`: what a running server says about
//! alarms.

mod print;

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::alarm_pages;
use crate::page_client::{Page, ServerOptions};
use crate::run::Failure;

/// What is asked.
#[derive(Subcommand)]
pub enum AlarmCommand {
    /// Show why an alarm is in its state, or what it made of its data at another time.
    ///
    /// Shows every bucket that the alarm looks at, newest first: its value, whether it is
    /// breaching, ok or missing, and its part: counted (one of the points that decide), filled
    /// (missing, and something stands in for it) or passedOver. Then the state that comes of it,
    /// the reason that the alarm gives, and which rule decided.
    ///
    /// At a past time the alarm is taken as it is configured now, in the state that an evaluation
    /// found it in then; data that arrived later counts too.
    #[command(after_help = "Examples:\n  trailwatch alarm explain cpu-high --dev\n  \
                            trailwatch alarm explain cpu-high --at 2026-02-26T10:15:00Z\n  \
                            trailwatch alarm explain cpu-high --at 90m --json")]
    Explain(Box<ExplainOptions>),

    /// Show what an alarm would have done over stored data, before it is put.
    ///
    /// The alarm is the JSON that `aws cloudwatch put-metric-alarm --cli-input-json` takes. It is
    /// evaluated as if it had been put at --from: first two seconds later, starting from
    /// INSUFFICIENT_DATA, then as often as it would have been. Nothing is stored and no action
    /// runs. Every change of state is shown with its time and reason.
    ///
    /// One backtest is of at most 1,000,000 evaluations, or 100,000 for alarms on expressions,
    /// which take longer.
    #[command(after_help = "Examples:\n  trailwatch alarm backtest --file alarm.json --from 7d --dev\n  \
                            trailwatch alarm backtest --file alarm.json --from 2026-02-01 --to 2026-03-01\n\n\
                            alarm.json:\n  {\n    \"AlarmName\": \"cpu-high\", \"Namespace\": \"CWAgent\", \
                            \"MetricName\": \"cpu_usage_active\",\n    \"Dimensions\": [{\"Name\": \"host\", \
                            \"Value\": \"web-1\"}], \"Statistic\": \"Average\",\n    \"Period\": 60, \
                            \"EvaluationPeriods\": 5, \"DatapointsToAlarm\": 3, \"Threshold\": 90,\n    \
                            \"ComparisonOperator\": \"GreaterThanThreshold\"\n  }")]
    Backtest(Box<BacktestOptions>),
}

/// Options of `trailwatch alarm explain`.
#[derive(Args)]
pub struct ExplainOptions {
    /// Name or ARN of the alarm
    name: String,

    /// The time to explain: ISO 8601, or how long ago it was, such as 90m [default: the server's
    /// present time]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,

    /// Print the server's answer in JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerOptions,
}

/// Options of `trailwatch alarm backtest`.
#[derive(Args)]
pub struct BacktestOptions {
    /// JSON file with the alarm, or - for standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,

    /// Where to start: ISO 8601, or how long ago it was, such as 7d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: String,

    /// Where to end [default: the server's present time]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,

    /// Print the server's answer in JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerOptions,
}

/// Asks the server and prints what it says.
///
/// # Errors
/// When a file or an option cannot be used, the server cannot be reached, or it refuses.
pub async fn run(command: AlarmCommand) -> Result<(), Failure> {
    match command {
        AlarmCommand::Explain(options) => {
            let asked = without_nulls(json!({ "name": options.name, "at": options.at }));
            let answer = ask(&options.server, "explain", &asked).await?;
            show(&answer, options.json, print::explanation)
        }
        AlarmCommand::Backtest(options) => {
            let asked = json!({ "alarm": alarm(&options.file)?, "from": options.from, "to": options.to });
            let answer = ask(&options.server, "backtest", &without_nulls(asked)).await?;
            show(&answer, options.json, print::backtest)
        }
    }
}

async fn ask(server: &ServerOptions, page: &str, asked: &Json) -> Result<Json, Failure> {
    let path = format!("{}{page}", alarm_pages::PREFIX);
    server.ask(Page { path: &path, signing_name: api::cloudwatch::SERVICE.signing_name }, asked).await
}

fn alarm(file: &std::path::Path) -> Result<Json, Failure> {
    let text = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", file.display()).into())
}

fn without_nulls(mut object: Json) -> Json {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

fn show(answer: &Json, as_json: bool, for_people: fn(&Json) -> String) -> Result<(), Failure> {
    let text = match as_json {
        true => format!("{answer:#}\n"),
        false => for_people(answer),
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
