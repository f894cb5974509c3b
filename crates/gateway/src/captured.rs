//! Requests as botocore puts them on the wire, for tests (`tests/capture.py`).
//!
//! Whatever is secret in them holds the word `hush`.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::identify::{Asked, Call, Refused, identify};
use crate::input;
use crate::parameters;

/// A request and what was meant by it.
#[derive(Debug, Deserialize)]
pub(crate) struct Captured {
    pub(crate) service: String,
    pub(crate) operation: String,
    signed_for: String,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    /// One character a byte.
    body: String,
}

/// All of them.
pub(crate) fn all() -> Vec<Captured> {
    serde_json::from_str(include_str!("../tests/captured.json")).unwrap()
}

/// The one request for an operation.
pub(crate) fn one(service: &str, operation: &str) -> Request {
    let all = all().into_iter();
    let mut found = all.filter(|captured| captured.service == service && captured.operation == operation);
    found.next().unwrap_or_else(|| panic!("{service} {operation} was not captured")).request()
}

impl Captured {
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new(&self.signed_for, &self.method, &self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Request { body: self.body.chars().map(|c| u8::try_from(c).unwrap()).collect(), ..request }
    }
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) signed_for: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(signed_for: &str, method: &str, url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Self {
            signed_for: signed_for.to_owned(),
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub(crate) fn body(self, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..self }
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
            signed_for: &self.signed_for,
            bucket_of_host: None,
        }
    }

    pub(crate) fn identify(&self) -> Result<Call, Refused> {
        identify(&self.asked())
    }

    pub(crate) fn call(&self) -> Call {
        self.identify().unwrap_or_else(|refused| panic!("{self:?}: {refused}"))
    }

    pub(crate) fn input(&self) -> Map<String, Json> {
        input::input(&self.call(), &self.asked()).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    pub(crate) fn parameters(&self) -> Json {
        parameters::request(&self.call(), &self.asked(), self.input())
    }
}
