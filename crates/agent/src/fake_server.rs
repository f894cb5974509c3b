//! A server for tests: a real socket that verifies signatures, reads PutMetricData by the
//! API's own schema, and answers as it was told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use api::FromValue as _;
use api::cloudwatch::types::{MetricDatum, PutMetricDataInput};
use base::{Clock, SimulatedClock, Timestamp};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use wire::request::RawRequest;
use wire::sigv4::{self, Credentials, Rules};

use crate::client::{Client, Trust};

/// The secret of every key.
pub(crate) const SECRET: &str = "a secret";

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Answers with this status and body, and takes nothing.
    Status(u16, &'static str),
    /// Takes the data, then closes the connection without an answer.
    TakeAndHangUp,
    /// Takes the data and says so, then closes the connection.
    TakeAndClose,
    /// Closes the connection.
    HangUp,
}

/// A refusal as CloudWatch frames it.
pub(crate) const INVALID: Answer = Answer::Status(
    400,
    "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>bad</Message></Error></ErrorResponse>",
);
/// A server that is overloaded.
pub(crate) const AWAY: Answer = Answer::Status(503, "");

/// A running server; it ends when dropped.
pub(crate) struct FakeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    clock: Arc<SimulatedClock>,
    answers: Mutex<VecDeque<Answer>>,
    taken: Mutex<Vec<PutMetricDataInput>>,
    connections: Mutex<usize>,
    log_calls: Mutex<Vec<(String, Value)>>,
    log_answers: Mutex<VecDeque<(u16, String)>>,
    inventory_calls: Mutex<Vec<(String, Value)>>,
    inventory_answers: Mutex<VecDeque<(&'static str, u16, String)>>,
}

impl FakeServer {
    /// Starts on a free port; signatures are fresh by `clock`.
    pub(crate) async fn start(clock: Arc<SimulatedClock>) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            clock,
            answers: Mutex::default(),
            taken: Mutex::default(),
            connections: Mutex::default(),
            log_calls: Mutex::default(),
            log_answers: Mutex::default(),
            inventory_calls: Mutex::default(),
            inventory_answers: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Self { address, shared, accepting }
    }

    /// The URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of this server with this secret.
    pub(crate) fn client(&self, secret: &str) -> Client {
        client(&self.url(), secret)
    }

    /// What the next requests are answered with; those after are taken.
    pub(crate) fn will_answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// All data taken, oldest request first.
    pub(crate) fn taken(&self) -> Vec<MetricDatum> {
        let taken = self.shared.taken.lock().unwrap();
        taken.iter().flat_map(|input| input.metric_data.clone().unwrap_or_default()).collect()
    }

    /// Names of all data taken.
    pub(crate) fn taken_names(&self) -> Vec<String> {
        self.taken().into_iter().map(|datum| datum.metric_name).collect()
    }

    /// What the next calls to CloudWatch Logs are answered with; those after succeed.
    pub(crate) fn will_answer_logs(&self, answers: impl IntoIterator<Item = (u16, &'static str)>) {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_owned()));
        self.shared.log_answers.lock().unwrap().extend(answers);
    }

    /// The calls to CloudWatch Logs: operation and input.
    pub(crate) fn log_calls(&self) -> Vec<(String, Value)> {
        self.shared.log_calls.lock().unwrap().clone()
    }

    /// The operations of these calls.
    pub(crate) fn log_operations(&self) -> Vec<String> {
        self.log_calls().into_iter().map(|(operation, _)| operation).collect()
    }

    /// The messages of PutLogEvents that succeeded, in order.
    pub(crate) fn messages(&self) -> Vec<String> {
        let calls = self.log_calls().into_iter().filter(|(operation, _)| operation == "PutLogEvents");
        let events = calls.flat_map(|(_, input)| input["logEvents"].as_array().unwrap().clone());
        events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }

    /// What the next call of an operation of Systems Manager is answered with; those after succeed.
    pub(crate) fn will_answer_inventory(&self, operation: &'static str, status: u16, body: &str) {
        self.shared.inventory_answers.lock().unwrap().push_back((operation, status, body.to_owned()));
    }

    /// The calls to Systems Manager, answered in whatever way: operation and input.
    pub(crate) fn inventory_calls(&self) -> Vec<(String, Value)> {
        self.shared.inventory_calls.lock().unwrap().clone()
    }

    /// Connections made.
    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A client of any server.
pub(crate) fn client(url: &str, secret: &str) -> Client {
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: secret.to_owned(),
        session_token: Some("a token".to_owned()),
    };
    let endpoint = url.parse().unwrap();
    let trust = Trust::load(&endpoint, None).unwrap();
    Client::new(endpoint, "eu-west-1".to_owned(), credentials, trust)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        *shared.connections.lock().unwrap() += 1;
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(shared.clone(), request));
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the request did not arrive")?.to_bytes();
    let request = RawRequest { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let framed = |status: u16, body: &'static str| {
        Ok(Response::builder().status(status).body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap())
    };
    if let Some(target) = request.header("x-amz-target").and_then(|target| target.strip_prefix("AmazonSSM.")) {
        return Ok(answer_inventory(&shared, target, &request));
    }
    if let Err(error) = verified(&request, shared.clock.now()) {
        let text = format!(
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>{error:?}</Message></Error></ErrorResponse>"
        );
        return Ok(Response::builder().status(403).body(Full::new(Bytes::from(text))).unwrap());
    }
    if let Some(target) = request.header("x-amz-target").and_then(|target| target.strip_prefix("Logs_20140328.")) {
        let answer = shared.log_answers.lock().unwrap().pop_front();
        let (status, body) = answer.unwrap_or((200, "{}".to_owned()));
        if status == 200 {
            let input = serde_json::from_slice(&request.body).unwrap();
            shared.log_calls.lock().unwrap().push((target.to_owned(), input));
        }
        return Ok(Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap());
    }
    let next = shared.answers.lock().unwrap().pop_front();
    match next {
        Some(Answer::Status(status, body)) => framed(status, body),
        Some(Answer::HangUp) => Err("hung up"),
        Some(Answer::TakeAndHangUp) => {
            shared.taken.lock().unwrap().push(input(&request));
            Err("hung up")
        }
        Some(Answer::TakeAndClose) => {
            shared.taken.lock().unwrap().push(input(&request));
            Ok(Response::builder().header("connection", "close").body(Full::default()).unwrap())
        }
        None => {
            shared.taken.lock().unwrap().push(input(&request));
            framed(200, "")
        }
    }
}

/// Answers a call to Systems Manager, checked by the API's own schema.
fn answer_inventory(shared: &Shared, operation: &str, request: &RawRequest) -> Response<Full<Bytes>> {
    if operation == "RegisterManagedInstance" {
        assert!(sigv4::parse(request).unwrap().is_none(), "who registers has no credentials yet");
    } else {
        verified(request, shared.clock.now()).unwrap();
    }
    let target = wire::protocol::identify(request, &[&api::ssm::SERVICE], Some("ssm"), &request.body).unwrap();
    let input = wire::protocol::decode_input(&target, request, &request.body).unwrap();
    assert_eq!(wire::validate::validate(target.operation.input.unwrap(), &input), []);
    let call = (operation.to_owned(), serde_json::from_slice(&request.body).unwrap());
    shared.inventory_calls.lock().unwrap().push(call);
    let mut answers = shared.inventory_answers.lock().unwrap();
    let planned = answers.iter().position(|(of, ..)| *of == operation).and_then(|at| answers.remove(at));
    let (status, body) = match planned {
        Some((_, status, body)) => (status, body),
        None if operation == "RegisterManagedInstance" => (200, r#"{"InstanceId":"mi-0123456789abcdef0"}"#.to_owned()),
        None => (200, "{}".to_owned()),
    };
    Response::builder().status(status).body(Full::new(Bytes::from(body))).unwrap()
}

fn verified(request: &RawRequest, now: Timestamp) -> Result<(), sigv4::AuthError> {
    let claim = sigv4::parse(request)?.expect("every request is signed");
    let service = match request.header("x-amz-target") {
        Some(target) if target.starts_with("AmazonSSM.") => "ssm",
        Some(_) => "logs",
        None => "monitoring",
    };
    assert_eq!((claim.service.as_str(), claim.session_token.as_deref()), (service, Some("a token")));
    sigv4::verify(request, &claim, &claim.signing_key(SECRET), now, &Rules::default()).map(drop)
}

/// Reads a request as the server would: expanded, identified, decoded, checked by the model.
pub(crate) fn input(request: &RawRequest) -> PutMetricDataInput {
    let body = wire::body::decode_content(&request.headers, request.body.clone(), 1_000_000).unwrap();
    let target = wire::protocol::identify(request, &[&api::cloudwatch::SERVICE], Some("monitoring"), &body).unwrap();
    assert_eq!(target.operation.name, "PutMetricData");
    let input = wire::protocol::decode_input(&target, request, &body).unwrap();
    assert_eq!(wire::validate::validate(target.operation.input.unwrap(), &input), []);
    PutMetricDataInput::from_value(input)
}
