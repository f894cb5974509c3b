//! Signed requests to a server: to its own pages, and to what it serves as AWS does.

use std::path::PathBuf;
use std::time::Duration;

use base::{Clock as _, Region, SystemClock};
use bytes::Bytes;
use clap::Args;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use outbound::{Endpoint, Fence, HttpClient, Outgoing, Reply, Trust};
use serde_json::Value as Json;
use wire::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::run::Failure;

const ENDPOINT_DEFAULT: &str = "http://127.0.0.1:4566";
const REGION_DEFAULT: &str = "us-east-1";
/// How long a server may take: a long backtest takes minutes, and a query may take an hour.
const REQUEST: Duration = Duration::from_secs(3600);
/// What is read of an answer.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Which server is asked, and by whom.
#[derive(Args, Clone, Default)]
pub struct ServerOptions {
    /// URL of the server [env: AWS_ENDPOINT_URL, or first that of the service, as AWS_ENDPOINT_URL_CLOUDWATCH]
    /// [default: http://127.0.0.1:4566]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Region that is asked [env: AWS_REGION or AWS_DEFAULT_REGION] [default: us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Option<Region>,

    /// Certificates that are believed over HTTPS, PEM [env: AWS_CA_BUNDLE] [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca_bundle: Option<PathBuf>,

    /// Sign with test/test, as root of a server that was started with --dev; so it is too when the
    /// environment has no AWS_ACCESS_KEY_ID
    #[arg(long)]
    dev: bool,
}

/// A page of a server.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Where it is.
    pub path: &'a str,
    /// The service that requests to it are signed for.
    pub signing_name: &'a str,
}

/// The options with what the environment adds.
struct Resolved {
    endpoint: Endpoint,
    region: Region,
    ca_bundle: Option<PathBuf>,
    credentials: Credentials,
}

/// A server that can be called.
pub struct Connection {
    client: HttpClient,
    resolved: Resolved,
}

/// A call to a server.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: PathAndQuery,
    /// Headers; `Host` and those of the signature are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The service that it is signed for.
    pub signing_name: &'a str,
    /// The region that it is signed for.
    pub region: &'a Region,
}

impl Connection {
    /// The region that was asked for.
    pub fn region(&self) -> &Region {
        &self.resolved.region
    }

    /// Where calls go, for messages.
    pub fn endpoint(&self) -> &Endpoint {
        &self.resolved.endpoint
    }

    /// Another endpoint that is called in the same way, with the credentials of its URL where it has some.
    pub fn at(&self, endpoint: Endpoint) -> Self {
        let Resolved { region, ca_bundle, credentials, .. } = &self.resolved;
        let of_url = endpoint.user.clone().map(|(access_key_id, secret_access_key)| Credentials {
            access_key_id,
            secret_access_key,
            session_token: None,
        });
        let resolved = Resolved {
            endpoint,
            region: region.clone(),
            ca_bundle: ca_bundle.clone(),
            credentials: of_url.unwrap_or_else(|| credentials.clone()),
        };
        Self { client: self.client.clone(), resolved }
    }

    /// Makes a call and gives the reply, whatever its status.
    ///
    /// # Errors
    /// When nothing comes back.
    pub async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let outgoing = self.resolved.request(call)?;
        let reply = self.client.send(outgoing).await;
        reply.map_err(|error| format!("{}: {error}", self.resolved.endpoint).into())
    }
}

impl ServerOptions {
    /// The region that the options name.
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Posts JSON to a page and gives the JSON that comes back.
    ///
    /// # Errors
    /// When an option or variable cannot be used, nothing comes back, or the server refuses.
    pub async fn ask(&self, page: Page<'_>, asked: &Json) -> Result<Json, Failure> {
        let (status, body) = self.post(page, asked).await?;
        answer(status, &body)
    }

    /// Posts JSON to a page and gives the text that comes back.
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub async fn fetch(&self, page: Page<'_>, asked: &Json) -> Result<Bytes, Failure> {
        let (status, body) = self.post(page, asked).await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(answer(status, &body).err().unwrap_or_else(|| unknown(status))),
        }
    }

    /// A connection to the server that a service is asked of.
    ///
    /// # Errors
    /// When an option or variable cannot be used.
    pub fn connection(&self, service: &str) -> Result<Connection, Failure> {
        let resolved = self.resolve(service, |name| std::env::var(name).ok())?;
        let trust = resolved.ca_bundle.as_deref().map_or(Ok(Trust::Machine), Trust::of_file)?;
        let client = HttpClient::new(trust, Fence::Open).with_reply_bytes_max(ANSWER_BYTES_MAX);
        Ok(Connection { client, resolved })
    }

    async fn post(&self, page: Page<'_>, asked: &Json) -> Result<(StatusCode, Bytes), Failure> {
        let connection = self.connection("CLOUDWATCH")?;
        let call = Call {
            method: Method::POST,
            path: PathAndQuery::try_from(page.path)?,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: Bytes::from(asked.to_string()),
            signing_name: page.signing_name,
            region: connection.region(),
        };
        let reply = connection.call(call).await?;
        Ok((reply.status, reply.body))
    }

    /// The options, then the environment as AWS's own tools read it, then the defaults. A variable
    /// that is empty is not set.
    fn resolve(&self, service: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Resolved, Failure> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = self.endpoint.clone().or_else(|| get(&format!("AWS_ENDPOINT_URL_{service}")));
        let endpoint = endpoint.or_else(|| get("AWS_ENDPOINT_URL")).unwrap_or_else(|| ENDPOINT_DEFAULT.to_owned());
        let region = match &self.region {
            Some(region) => region.clone(),
            None => {
                let named = get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION"));
                named.as_deref().unwrap_or(REGION_DEFAULT).parse()?
            }
        };
        let key = get("AWS_ACCESS_KEY_ID").filter(|_| !self.dev);
        let credentials = match key {
            Some(access_key_id) => Credentials {
                access_key_id,
                secret_access_key: get("AWS_SECRET_ACCESS_KEY")
                    .ok_or("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")?,
                session_token: get("AWS_SESSION_TOKEN"),
            },
            None => Credentials {
                access_key_id: "test".to_owned(),
                secret_access_key: "test".to_owned(),
                session_token: None,
            },
        };
        Ok(Resolved {
            endpoint: endpoint.parse().map_err(|error| format!("the endpoint cannot be used: {error}"))?,
            region,
            ca_bundle: self.ca_bundle.clone().or_else(|| get("AWS_CA_BUNDLE").map(PathBuf::from)),
            credentials,
        })
    }
}

impl Resolved {
    fn request(&self, call: Call<'_>) -> Result<Outgoing, Failure> {
        let Call { method, path, mut headers, body, signing_name, region } = call;
        let endpoint = self.endpoint.with_path(path);
        headers.insert(HOST, HeaderValue::from_str(&endpoint.authority)?);
        let mut request = RawRequest { method: method.clone(), uri: endpoint.uri(), headers, body: body.clone() };
        let (style, payload) = match signing_name {
            "s3" => (PathStyle::Verbatim, PayloadSigning::SignedWithHeader),
            _ => (PathStyle::Normalised, PayloadSigning::Signed),
        };
        // Freshness is judged by the machine's clock, whatever clock the server's data goes by.
        let now = SystemClock.now();
        sign(&mut request, &self.credentials, region.as_str(), signing_name, now, style, payload)?;
        Ok(Outgoing { endpoint, method, headers: request.headers, body, timeout: REQUEST })
    }
}

/// The JSON of an answer; the server's own words when it refused.
fn answer(status: StatusCode, body: &[u8]) -> Result<Json, Failure> {
    let json = serde_json::from_slice::<Json>(body).ok();
    let said = json.as_ref().and_then(|json| json.get("error")).and_then(Json::as_str);
    match (status.is_success(), said, json.as_ref()) {
        (true, _, Some(_)) => Ok(json.unwrap_or_default()),
        (_, Some(said), _) => Err(said.to_owned().into()),
        _ => Err(unknown(status)),
    }
}

fn unknown(status: StatusCode) -> Failure {
    format!("the server answered {status}; is it a Trailwatch server?").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        |name| pairs.iter().find(|(at, _)| *at == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn options_win_over_the_environment_and_that_over_defaults() {
        let given = environment(&[
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", "http://10.0.0.1:4566"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ]);
        let found = ServerOptions::default().resolve("CLOUDWATCH", &given).unwrap();
        assert_eq!(found.endpoint.to_string(), "http://10.0.0.1:4566/");
        assert_eq!(found.region.as_str(), "eu-west-1");
        assert_eq!(found.credentials.access_key_id, "AKID");
        let options = ServerOptions {
            endpoint: Some("http://b:1".to_owned()),
            region: Some("cn-north-1".parse().unwrap()),
            dev: true,
            ..ServerOptions::default()
        };
        let found = options.resolve("CLOUDWATCH", &given).unwrap();
        assert_eq!((found.endpoint.to_string().as_str(), found.region.as_str()), ("http://b:1/", "cn-north-1"));
        assert_eq!(found.credentials.access_key_id, "test");
        let found = ServerOptions { dev: true, ..ServerOptions::default() }.resolve("CLOUDWATCH", |_| None).unwrap();
        assert_eq!((found.endpoint.port, found.region.as_str()), (4566, "us-east-1"));
    }

    #[test]
    fn half_of_credentials_is_refused_and_none_are_those_of_dev() {
        let error = ServerOptions::default()
            .resolve("CLOUDWATCH", environment(&[("AWS_ACCESS_KEY_ID", "AKID")]))
            .err()
            .unwrap();
        assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY"), "{error}");
        let found = ServerOptions::default().resolve("CLOUDWATCH", |_| None).unwrap();
        assert_eq!(found.credentials.access_key_id, "test");
    }

    #[test]
    fn the_servers_words_are_given_on() {
        let said = |status, body: &str| answer(status, body.as_bytes()).map_err(|error| error.to_string());
        assert_eq!(said(StatusCode::OK, "{}"), Ok(serde_json::json!({})));
        assert_eq!(said(StatusCode::FORBIDDEN, r#"{"error":"no"}"#), Err("no".to_owned()));
        assert!(said(StatusCode::OK, "<html>").is_err());
        assert!(said(StatusCode::BAD_GATEWAY, "").unwrap_err().contains("502"));
    }
}
