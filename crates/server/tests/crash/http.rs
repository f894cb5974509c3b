//! A small HTTP/1.1 client that signs.

use std::net::SocketAddr;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use wire::request::RawRequest;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, sign};

use crate::model::{Found, Op};

const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
const REGION: &str = "us-east-1";

/// One connection, kept alive.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    credentials: Credentials,
}

struct Answer {
    status: u16,
    request_id: String,
    body: String,
}

impl Client {
    /// Connects as the root of an account.
    pub async fn connect(address: SocketAddr, account: String) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let credentials =
            Credentials { access_key_id: account, secret_access_key: "test".to_owned(), session_token: None };
        Ok(Self { stream: BufReader::new(stream), address, credentials })
    }

    /// Makes a change; gives the answer's request id, or what the server said instead.
    pub async fn write(&mut self, op: &Op) -> std::io::Result<Result<String, String>> {
        let form = match op {
            Op::Create { name, path } => format!("Action=CreateUser&UserName={name}&Path={}", path.replace('/', "%2F")),
            Op::Delete { name } => format!("Action=DeleteUser&UserName={name}"),
            Op::Tag { name, value } => {
                format!("Action=TagUser&UserName={name}&Tags.member.1.Key=n&Tags.member.1.Value={value}")
            }
        };
        let answer = self.iam(form).await?;
        Ok(match answer.status {
            200 => Ok(answer.request_id),
            status => Err(format!("{status}: {}", answer.body)),
        })
    }

    /// Names of the users under a path.
    pub async fn users(&mut self, path: &str) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut marker = String::new();
        loop {
            let form = format!("Action=ListUsers&MaxItems=1000&PathPrefix={}{marker}", path.replace('/', "%2F"));
            let answer = self.iam(form).await?;
            assert_eq!(answer.status, 200, "{}", answer.body);
            names.extend(between(&answer.body, "<UserName>", "</UserName>").map(str::to_owned));
            match between(&answer.body, "<Marker>", "</Marker>").next() {
                Some(next) => {
                    marker = format!("&Marker={}", next.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
                }
                None => return Ok(names),
            }
        }
    }

    /// The value of a user's tag `n`.
    pub async fn tag(&mut self, name: &str) -> std::io::Result<Option<String>> {
        let answer = self.iam(format!("Action=GetUser&UserName={name}")).await?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Ok(between(&answer.body, "<Value>", "</Value>").next().map(str::to_owned))
    }

    /// All events from `from` to `to`: all, or the writes alone when looked up by attribute.
    pub async fn events(&mut self, from: Timestamp, to: Timestamp, writes_alone: bool) -> std::io::Result<Vec<Found>> {
        let mut input = json!({ "MaxResults": 50, "EndTime": to.secs() + 1 });
        if from != Timestamp::MIN {
            input["StartTime"] = json!(from.secs());
        }
        if writes_alone {
            input["LookupAttributes"] = json!([{ "AttributeKey": "ReadOnly", "AttributeValue": "false" }]);
        }
        let mut found = Vec::new();
        loop {
            let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", TARGET)];
            let answer = self.signed("cloudtrail", &headers, input.to_string()).await?;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let page: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
            found.extend(page["Events"].as_array().expect("Events is a list").iter().map(read_event));
            match page.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => return Ok(found),
            }
        }
    }

    /// The server's time.
    pub async fn clock(&mut self) -> std::io::Result<Timestamp> {
        let answer = self.send("GET", "/_trailwatch/clock", &HeaderMap::new(), "").await?;
        Ok(read_clock(&answer))
    }

    /// Moves the server's clock on.
    pub async fn set_clock(&mut self, to: Timestamp) -> std::io::Result<Timestamp> {
        let body = json!({ "set": to.iso_millis() }).to_string();
        let answer = self.send("POST", "/_trailwatch/clock", &HeaderMap::new(), &body).await?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Ok(read_clock(&answer))
    }

    async fn iam(&mut self, form: String) -> std::io::Result<Answer> {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.signed("iam", &headers, format!("{form}&Version=2010-05-08")).await
    }

    async fn signed(
        &mut self,
        service: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> std::io::Result<Answer> {
        let mut map = HeaderMap::new();
        let host = self.address.to_string();
        for (name, value) in headers.iter().copied().chain([("host", host.as_str())]) {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("the value is plain text"));
        }
        let uri = "/".parse().expect("/ is a path");
        let mut request = RawRequest { method: Method::POST, uri, headers: map, body: body.into_bytes().into() };
        let (style, payload) = (PathStyle::Normalised, PayloadSigning::Signed);
        sign(&mut request, &self.credentials, REGION, service, crate::machine_now(), style, payload)
            .expect("the credentials are plain text");
        let body = std::str::from_utf8(&request.body).expect("the body was text");
        self.send("POST", "/", &request.headers, body).await
    }

    async fn send(&mut self, method: &str, path: &str, headers: &HeaderMap, body: &str) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        if !headers.contains_key("host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {}\r\n", value.to_str().expect("headers are plain text"));
        }
        head += "\r\n";
        head += body;
        self.stream.get_mut().write_all(head.as_bytes()).await?;
        self.receive().await
    }

    async fn receive(&mut self) -> std::io::Result<Answer> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut_off)?;
        let (mut length, mut request_id) = (0, String::new());
        loop {
            let line = self.line().await?;
            match line.split_once(": ") {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().map_err(|_| cut_off())?;
                }
                Some((name, value)) if name.eq_ignore_ascii_case("x-amzn-requestid") => request_id = value.to_owned(),
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        let body = String::from_utf8(body).expect("answers are text");
        Ok(Answer { status, request_id, body })
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(cut_off());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn cut_off() -> std::io::Error {
    std::io::ErrorKind::UnexpectedEof.into()
}

fn read_clock(answer: &Answer) -> Timestamp {
    let value: Value = serde_json::from_str(&answer.body).expect("the clock answers in JSON");
    Timestamp::parse_iso(value["now"].as_str().expect("now is text")).expect("now is a time")
}

fn read_event(entry: &Value) -> Found {
    let record = entry["CloudTrailEvent"].as_str().expect("the record is text");
    let record: Value = serde_json::from_str(record).expect("the record is JSON");
    let text = |name: &str| record[name].as_str().unwrap_or_else(|| panic!("{name} is text in {record}")).to_owned();
    Found {
        event_id: text("eventID"),
        request_id: text("requestID"),
        read_only: record["readOnly"].as_bool().expect("readOnly is a boolean"),
        time: Timestamp::parse_iso(&text("eventTime")).expect("eventTime is a time"),
    }
}

/// The texts between each `open` and the next `close`.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(inner, _)| inner))
}
