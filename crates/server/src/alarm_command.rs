//! `trailwatch alarm`: asks a running server how an alarm decides, and prints it.

mod print;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use bytes::Bytes;
use clap::{Args, Subcommand};
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use outbound::{Endpoint, Fence, HttpClient, Outgoing, Trust};
use serde_json::{Value, json};
use wire::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::run::Failure;

/// How long a backtest may take.
const TIMEOUT: Duration = Duration::from_secs(600);

/// What to ask.
#[derive(Subcommand)]
pub enum AlarmCommand {
    /// Print one evaluation of an alarm: its data points, what stands in for missing ones, the verdict.
    Explain {
        /// The alarm's name.
        name: String,

        /// A time that is past, such as 2026-02-26T10:15:00Z, or how long ago, such as 90m
        /// [default: the server's present time]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,

        /// Which server, and how to print.
        #[command(flatten)]
        server: ServerOptions,
    },

    /// Run an alarm's definition over stored data, and print when it would have changed state.
    ///
    /// Nothing is stored and no action runs. Evaluations, data and decisions are those of a live
    /// alarm.
    Backtest {
        /// The definition, as `aws cloudwatch put-metric-alarm --cli-input-json` takes it.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,

        /// Where to begin: a time, or how long ago.
        #[arg(long, value_name = "TIME")]
        from: String,

        /// Where to end [default: the server's present time]
        #[arg(long, value_name = "TIME")]
        to: Option<String>,

        /// Which server, and how to print.
        #[command(flatten)]
        server: ServerOptions,
    },
}

/// The server to ask. Requests are signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
/// AWS_SESSION_TOKEN, or with test and test, as a server with --dev takes them.
#[derive(Args)]
pub struct ServerOptions {
    /// URL of the server [env: AWS_ENDPOINT_URL_CLOUDWATCH or AWS_ENDPOINT_URL] [default: http://127.0.0.1:4566]
    #[arg(long, value_name = "URL")]
    endpoint: Option<Endpoint>,

    /// The alarm's region [env: AWS_REGION or AWS_DEFAULT_REGION] [default: us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,

    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Asks and prints.
pub async fn run(command: AlarmCommand) -> Result<(), Failure> {
    match command {
        AlarmCommand::Explain { name, at, server } => {
            let page = ask(&server, "explain", &json!({ "name": name, "at": at })).await?;
            show(&server, &page, print::explanation(&page))
        }
        AlarmCommand::Backtest { file, from, to, server } => {
            let text = std::fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            let alarm: Value = serde_json::from_slice(&text)
                .map_err(|error| format!("{} is not the JSON of an alarm: {error}", file.display()))?;
            let page = ask(&server, "backtest", &json!({ "alarm": alarm, "from": from, "to": to })).await?;
            show(&server, &page, print::backtest(&page))
        }
    }
}

fn show(server: &ServerOptions, page: &Value, text: String) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match server.json {
        true => writeln!(out, "{page:#}")?,
        false => out.write_all(text.as_bytes())?,
    }
    Ok(())
}

async fn ask(server: &ServerOptions, page: &str, body: &Value) -> Result<Value, Failure> {
    let variable = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
    let endpoint = match &server.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => variable(["AWS_ENDPOINT_URL_CLOUDWATCH", "AWS_ENDPOINT_URL"])
            .unwrap_or_else(|| "http://127.0.0.1:4566".to_owned())
            .parse()?,
    };
    let region = server.region.clone().or_else(|| variable(["AWS_REGION", "AWS_DEFAULT_REGION"]));
    let endpoint = endpoint.with_path(PathAndQuery::try_from(format!("{}{page}", crate::alarm_pages::PREFIX))?);
    let request = signed(&endpoint, region.as_deref().unwrap_or("us-east-1"), body)?;
    let client = HttpClient::new(Trust::Machine, Fence::Open);
    let shown = endpoint.to_string();
    let outgoing =
        Outgoing { endpoint, method: Method::POST, headers: request.headers, body: request.body, timeout: TIMEOUT };
    let reply = client.send(outgoing).await.map_err(|error| format!("{shown}: {error}"))?;
    let answer: Value = serde_json::from_slice(&reply.body)
        .map_err(|_| format!("{shown} answered {} and not with JSON: is it a trailwatch server?", reply.status))?;
    match reply.status.is_success() {
        true => Ok(answer),
        false => Err(answer["error"].as_str().unwrap_or("the server refused").to_owned().into()),
    }
}

fn signed(endpoint: &Endpoint, region: &str, body: &Value) -> Result<RawRequest, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_str(&endpoint.authority)?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("trailwatch"));
    let body = Bytes::from(body.to_string());
    let mut request = RawRequest { method: Method::POST, uri: endpoint.uri(), headers, body };
    let key = |name: &str| std::env::var(name).ok();
    let credentials = Credentials {
        access_key_id: key("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "test".to_owned()),
        secret_access_key: key("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned()),
        session_token: key("AWS_SESSION_TOKEN"),
    };
    let (at, service) = (SystemClock.now(), api::cloudwatch::SERVICE.signing_name);
    sign(&mut request, &credentials, region, service, at, PathStyle::default(), PayloadSigning::Signed)?;
    Ok(request)
}
