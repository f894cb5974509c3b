//! S3 over a store in a temporary folder, spoken to as clients do, for tests.

use std::sync::{Arc, Mutex};

use api::{Authorization, CallContext, Principal, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Clock as _, SeededEntropy, SimulatedClock, SystemClock, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use store::blobs::LocalBlobs;
use store::disk::RealDisk;
use store::{Store, StoreOptions};
use tempfile::TempDir;
use wire::RawRequest;
use wire::sigv4::{PathStyle, PayloadSigning, sign};

use crate::ports::{Asked, CallLog, Credentials, FinishedCall, Peer, Policies, Refused, Seal, ServiceCaller, Unseal};
use crate::{Parts, S3};

/// 2026-02-26T10:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_772_100_000);
/// The account of the signer `owner`.
pub(crate) const OWNER: &str = "111122223333";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) s3: S3,
    pub(crate) notes: Arc<Notes>,
    pub(crate) folder: TempDir,
}

/// Seals by turning bits: what it is told to open under another name, or by another key, it refuses.
pub(crate) struct PlainSeal;

impl Seal for PlainSeal {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        let bytes: String = secret.iter().map(|byte| format!("{:02x}", !byte)).collect();
        format!("{name}|{bytes}")
    }
}

impl Unseal for PlainSeal {
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        let hex = sealed.strip_prefix(name)?.strip_prefix('|')?;
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok().map(|byte| !byte)).collect()
    }
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The text of the first element of a name.
    pub(crate) fn element(&self, name: &str) -> String {
        let text = self.text();
        let rest = text.split_once(&format!("<{name}>")).map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned()).unwrap_or_default()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::open(TempDir::new().unwrap(), Arc::new(SimulatedClock::new(NOW))).await
    }

    /// A world whose server ended and started again on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        let Self { store, clock, s3, folder, .. } = self;
        store.close().await.unwrap();
        drop((store, s3));
        Self::open(folder, clock).await
    }

    async fn open(folder: TempDir, clock: Arc<SimulatedClock>) -> Self {
        let store = Store::open(StoreOptions::new(folder.path().to_owned(), clock.clone())).await.unwrap();
        let notes = Arc::new(Notes::default());
        let judge = Arc::new(Judge);
        let s3 = S3::open(Parts {
            catalog: store.catalog().clone(),
            blobs: Arc::new(LocalBlobs::open(Arc::new(RealDisk), folder.path().join("objects")).unwrap()),
            seal: Arc::new(PlainSeal),
            credentials: judge.clone(),
            policies: judge,
            log: notes.clone(),
            region: "us-east-1".parse().unwrap(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
        });
        Self { store, clock, s3: s3.unwrap(), notes, folder }
    }

    /// Sends a request that `owner` signs.
    pub(crate) async fn send(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send_as(Some("owner"), method, uri, headers, body).await
    }

    /// Sends a request that someone signs, or nobody.
    pub(crate) async fn send_as(
        &self,
        signer: Option<&str>,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut all = HeaderMap::new();
        all.insert("host", "127.0.0.1:4566".parse().unwrap());
        all.insert("content-length", body.len().to_string().parse().unwrap());
        for (name, value) in headers {
            all.insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let mut raw = RawRequest {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            uri: uri.parse().unwrap(),
            headers: all,
            body: Bytes::copy_from_slice(body),
        };
        if let Some(signer) = signer {
            let credentials = wire::sigv4::Credentials {
                access_key_id: signer.to_owned(),
                secret_access_key: format!("secret of {signer}"),
                session_token: None,
            };
            let how = PayloadSigning::SignedWithHeader;
            // Signatures are judged by the machine's clock.
            let now = SystemClock.now();
            sign(&mut raw, &credentials, "us-east-1", "s3", now, PathStyle::Verbatim, how).unwrap();
        }
        let mut request = Request::new(Full::new(raw.body));
        *request.method_mut() = raw.method;
        *request.uri_mut() = raw.uri;
        *request.headers_mut() = raw.headers;
        let response = self.s3.answer(Peer { ip: "127.0.0.1".to_owned(), tls: None }, request).await;
        let (parts, body): (_, crate::AnswerBody) = Response::into_parts(response);
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends what must succeed.
    pub(crate) async fn ok(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.send(method, uri, headers, body).await;
        assert!((200..300).contains(&answer.status), "{method} {uri}: {} {}", answer.status, answer.text());
        answer
    }

    /// Sends what must be refused: the status and the code.
    pub(crate) async fn refused(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String) {
        let answer = self.send(method, uri, headers, body).await;
        assert!(answer.status >= 400, "{method} {uri}: {} {}", answer.status, answer.text());
        (answer.status, answer.element("Code"))
    }

    /// The names of the files that objects are in.
    pub(crate) fn files(&self) -> Vec<String> {
        let root = self.folder.path().join("objects");
        let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        // A folder goes with its last file, maybe just now.
        let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().map(|entry| entry.unwrap());
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Waits until files that nothing names are gone: they are removed beside the calls.
    pub(crate) async fn files_come_to(&self, count: usize) {
        let start = std::time::Instant::now();
        while self.files().len() != count {
            assert!(start.elapsed().as_secs() < 60, "{} files, not {count}", self.files().len());
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps the notes of calls.
#[derive(Default)]
pub(crate) struct Notes(pub(crate) Mutex<Vec<FinishedCall>>);

impl Notes {
    pub(crate) fn last(&self) -> FinishedCall {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl CallLog for Notes {
    fn has_room(&self) -> Result<(), String> {
        Ok(())
    }

    async fn record(&self, call: &FinishedCall) -> Result<(), String> {
        self.0.lock().unwrap().push(call.clone());
        Ok(())
    }

    fn record_streamed(&self, call: &FinishedCall) {
        self.0.lock().unwrap().push(call.clone());
    }
}

/// Everyone is root of an account of its own; policies are judged by what their text holds.
struct Judge;

impl Credentials for Judge {
    fn lookup(&self, id: &str, _: Option<&str>, _: Timestamp) -> Result<(String, Principal), Refused> {
        let account: AccountId = match id {
            "owner" => OWNER,
            "other" => "999999999999",
            _ => return Err(Refused::UnknownKey),
        }
        .parse()
        .unwrap();
        Ok((format!("secret of {id}"), Principal::Root { account, access_key_id: id.to_owned(), session: None }))
    }

    fn claimed(&self, _: &str) -> Option<Principal> {
        None
    }

    fn server_account(&self) -> AccountId {
        OWNER.parse().unwrap()
    }
}

impl Policies for Judge {
    fn authorize(&self, cx: &CallContext, wanted: &Authorization) -> Result<(), ServiceError> {
        match wanted.resource_policies.iter().all(|policy| policy.owner == *cx.account()) {
            true => Ok(()),
            false => Err(ServiceError::common("AccessDeniedException", "AccessDenied", 403, "it is another's")),
        }
    }

    fn anyone_may(&self, _: &CallContext, policy: &str, wanted: &Asked<'_>) -> bool {
        policy.contains(wanted.action)
    }

    fn service_may(&self, policy: &str, service: &ServiceCaller<'_>, wanted: &Asked<'_>, _: Timestamp) -> bool {
        policy.contains(service.service) && policy.contains(wanted.action)
    }

    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn is_public(&self, policy: &str) -> bool {
        policy.contains("\"*\"")
    }
}
