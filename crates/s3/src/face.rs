//! The HTTP face: a request in, an answer out, and one note of it.

mod answer_body;
mod error_body;
mod guess;
mod host;
mod parameters;
mod request_body;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Error, S3ErrorCode, StdError};

pub use answer_body::AnswerBody;
pub use host::{bucket_in as bucket_in_host, looks_like_s3};

use crate::S3;
use crate::authorization::{Gatekeeper, event};
use crate::call::Call;
use crate::errors;
use crate::ops::Operations;
use crate::ports::{CallerStanding, EventKind, FinishedCall, Peer};
use answer_body::Ending;
use error_body::ErrorBody;
use request_body::{Arrived, Tee};

/// How long a presigned request can be valid at most.
const PRESIGNED_SECONDS_MAX: u64 = 604_800;

impl S3 {
    /// Answers a request. Its body is taken in as it comes, and the answer's goes out so.
    pub async fn answer<B>(&self, peer: Peer, request: Request<B>) -> Response<AnswerBody>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<StdError>,
    {
        let (mut parts, body) = request.into_parts();
        let call = Arc::new(Call::new(&self.shared, &self.region, peer, &parts));
        parts.headers = call.headers.clone();
        let arrived = Arc::new(Arrived::default());
        let body = Tee::new(body, arrived.clone(), keeps_body(&call));
        let response = match refusal(&call) {
            Some(refused) => {
                drop(body);
                from_error(refused)
            }
            None => {
                let request = Request::from_parts(parts, s3s::Body::http_body_unsync(body));
                self.run(&call, request).await
            }
        };
        let is_whole = arrived.drain().await;
        let mut response = self.finish(call.clone(), &arrived, response).await;
        // A client that waits to be told to go on is told by hyper once its body is looked at. One that gets its answer
        // without that, or whose body is left unread, must not send its next request on the same connection: what is
        // next there may be the body.
        let untold = call.header("expect").is_some() && arrived.bytes() == 0;
        if (untold || !is_whole) && call.version <= http::Version::HTTP_11 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn run(&self, call: &Arc<Call>, request: s3s::HttpRequest) -> s3s::HttpResponse {
        let gatekeeper = || Gatekeeper { shared: self.shared.clone(), call: call.clone() };
        let operations = Operations { shared: self.shared.clone(), call: call.clone() };
        let mut builder = S3ServiceBuilder::new(operations);
        builder.set_auth(gatekeeper());
        builder.set_access(gatekeeper());
        builder.set_host(host::Hosts);
        builder.set_config(self.config.clone());
        match Box::pin(builder.build().call(request)).await {
            Ok(response) => response,
            Err(error) => {
                let error: StdError = error.into();
                tracing::error!(error = &*error, "an answer of S3 could not be framed");
                from_error(errors::error(S3ErrorCode::InternalError))
            }
        }
    }

    /// Gives the answer its ids, an error its body, and takes note of the call.
    async fn finish<B>(
        &self,
        call: Arc<Call>,
        arrived: &Arrived<B>,
        mut response: s3s::HttpResponse,
    ) -> Response<AnswerBody> {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let error = is_error.then(|| {
            let body = response.body().bytes().unwrap_or_default();
            ErrorBody::read(&body, status, &call)
        });
        if let Some(error) = &error {
            *response.body_mut() = s3s::Body::from(error.write(&call));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            headers.remove(header::CONTENT_LENGTH);
        } else if status == StatusCode::NOT_MODIFIED {
            *response.body_mut() = s3s::Body::empty();
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        for (name, value) in [("x-amz-request-id", &call.request_id), ("x-amz-id-2", &call.host_id)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        let finished = self.finished(&call, arrived, &response, error.as_ref());
        let (parts, body) = response.into_parts();
        let Some(bytes) = body.bytes() else {
            // The note of an answer that streams is taken when it ends.
            let ending = Ending { shared: self.shared.clone(), finished };
            return Response::from_parts(parts, AnswerBody::streamed(body, ending));
        };
        let finished = FinishedCall { bytes_out: sent(&call, bytes.len()), ..finished };
        match self.shared.log.record(&finished).await {
            Ok(()) => {
                let bytes = if call.method == Method::HEAD { Bytes::new() } else { bytes };
                Response::from_parts(parts, AnswerBody::whole(bytes))
            }
            Err(message) => {
                let unrecorded = errors::with(S3ErrorCode::ServiceUnavailable, message);
                let mut response = from_error(unrecorded);
                let error = ErrorBody::read(&response.body().bytes().unwrap_or_default(), response.status(), &call);
                *response.body_mut() = s3s::Body::empty();
                response.map(|_| AnswerBody::whole(error.write(&call)))
            }
        }
    }

    fn finished<B>(
        &self,
        call: &Call,
        arrived: &Arrived<B>,
        response: &s3s::HttpResponse,
        error: Option<&ErrorBody>,
    ) -> FinishedCall {
        let cx = call.context();
        let standing = call.standing();
        let known = call.known();
        let guess = guess::guess(call);
        let operation = known.operation.or(guess.operation);
        let bucket = known.bucket.clone().or(guess.bucket);
        let key = known.key.clone().or(guess.key);
        let about = event(operation.unwrap_or_default());
        let record = known.bucket_record.clone();
        let request_parameters = match standing {
            // Of what nobody proved to have sent, little is kept.
            CallerStanding::Claimed => serde_json::Value::Null,
            CallerStanding::Proved | CallerStanding::Anonymous => {
                parameters::request(call, bucket.as_deref(), key.as_deref(), &arrived.kept())
            }
        };
        FinishedCall {
            cx,
            caller: standing,
            event_name: operation.map(|_| about.name),
            kind: about.kind,
            read_only: about.read_only,
            bucket_owner: record.as_ref().map(|record| record.owner.clone()),
            region: record.as_ref().map_or_else(|| call.region.clone(), |record| record.region.clone()),
            bucket,
            key,
            deleted: known.deleted.clone(),
            request_parameters,
            response_elements: parameters::response(about, response),
            authentication: call.authentication(),
            bytes_in: arrived.bytes(),
            bytes_out: 0,
            object_bytes: known.object_bytes,
            status: response.status().as_u16(),
            error: error.map(|error| (error.code.clone(), error.message.clone())),
            host_id: call.host_id.clone(),
            completed: self.shared.clock.now(),
        }
    }
}

/// Bytes of an answer that leave: none for HEAD.
fn sent(call: &Call, bytes: usize) -> u64 {
    if call.method == Method::HEAD { 0 } else { bytes as u64 }
}

/// Whether the body is kept for the record: XML and policies are, objects never.
fn keeps_body(call: &Call) -> bool {
    let guess = guess::guess(call);
    let kind = guess.operation.map(|operation| event(operation).kind);
    let is_object = matches!(guess.operation, Some("PutObject" | "UploadPart"));
    kind.is_some() && !is_object && kind != Some(EventKind::Data) || guess.operation.is_some_and(keeps_xml)
}

/// The calls on objects whose bodies are XML.
fn keeps_xml(operation: &str) -> bool {
    matches!(operation, "PutObjectTagging" | "PutObjectRetention" | "PutObjectLegalHold" | "PutObjectAcl")
}

/// What is refused before anything else is looked at.
fn refusal(call: &Call) -> Option<S3Error> {
    let authorization = call.header("authorization").unwrap_or_default();
    if authorization.starts_with("AWS ") {
        let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
        return Some(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let content_type = call.header("content-type").unwrap_or_default();
    if call.method == Method::POST && content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Some(errors::unsupported("uploads from forms"));
    }
    let valid_for = call.signer.as_ref().and_then(|signer| signer.valid_for);
    if valid_for.is_some_and(|valid_for| valid_for.as_secs() > PRESIGNED_SECONDS_MAX) {
        let message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
                       less than 604800 seconds";
        return Some(errors::custom("AuthorizationQueryParametersError", 400, message));
    }
    let message = "There were headers present in the request which were not signed";
    call.has_unsigned_header.then(|| errors::with(S3ErrorCode::AccessDenied, message))
}

fn from_error(error: S3Error) -> s3s::HttpResponse {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = s3s::HttpResponse::new(s3s::Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
