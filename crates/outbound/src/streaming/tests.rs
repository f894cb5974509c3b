//! Bodies against servers that look at what has come before they go on.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::test_server::Pieces;

const TIMEOUT: Duration = Duration::from_secs(60);

async fn listening() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/path", listener.local_addr().unwrap()).parse().unwrap();
    (listener, endpoint)
}

fn client() -> StreamingClient {
    StreamingClient::new(Trust::Roots(rustls::RootCertStore::empty()), Fence::Open)
}

fn put(endpoint: Endpoint, body: RequestBody, head_timeout: Duration) -> StreamRequest {
    let headers = HeaderMap::new();
    StreamRequest { endpoint, method: Method::PUT, headers, body, head_timeout, idle_timeout: TIMEOUT }
}

/// Reads until what came contains a text.
async fn read_to(stream: &mut TcpStream, wanted: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(wanted) {
        assert!(stream.read_buf(&mut all).await.unwrap() > 0, "{}", String::from_utf8_lossy(&all));
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn pieces_pass_before_the_next_ones_are_there_both_ways() {
    let (listener, endpoint) = listening().await;
    let (pieces, body) = Pieces::new();
    let sending = tokio::spawn(async move { client().send(put(endpoint, request_body(body), TIMEOUT)).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    pieces.send(Ok(Bytes::from_static(b"first"))).await.unwrap();
    read_to(&mut stream, "first").await;
    pieces.send(Ok(Bytes::from_static(b"second"))).await.unwrap();
    drop(pieces);
    read_to(&mut stream, "second").await;
    stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 6\r\n\r\none").await.unwrap();
    let answer = sending.await.unwrap().unwrap();
    assert_eq!(answer.status(), 201);
    let mut body = answer.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    stream.write_all(b"two").await.unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "two");
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_body_that_fails_breaks_the_connection() {
    let (listener, endpoint) = listening().await;
    let (pieces, body) = Pieces::new();
    let sending = tokio::spawn(async move { client().send(put(endpoint, request_body(body), TIMEOUT)).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    pieces.send(Ok(Bytes::from_static(b"first"))).await.unwrap();
    read_to(&mut stream, "first").await;
    pieces.send(Err("no".into())).await.unwrap();
    let mut rest = Vec::new();
    // However the connection ends, the request does not.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!String::from_utf8_lossy(&rest).contains("0\r\n\r\n"));
    assert!(matches!(sending.await.unwrap(), Err(SendError::Body(why)) if why == "no"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_told_from_an_answer_that_does_not() {
    let (pieces, body) = Pieces::new();
    let moved = Moved::now();
    let mut watched = Watched { body: request_body(body), moved: moved.clone() };
    assert!(matches!(moved.stood_still(TIMEOUT), SendError::TimedOut(_)), "nobody asked for the body");
    let polled = std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut watched).poll_frame(cx).is_pending())).await;
    assert!(polled);
    let awaited = moved.stood_still(TIMEOUT).to_string();
    assert_eq!(awaited, "the body of the request broke: nothing of it came for 60 s");
    pieces.send(Ok(Bytes::from_static(b"first"))).await.unwrap();
    watched.frame().await.unwrap().unwrap();
    assert!(matches!(moved.stood_still(TIMEOUT), SendError::TimedOut(_)), "it came, and the other side takes no more");
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_given_up() {
    let (listener, endpoint) = listening().await;
    let (client, empty) = (client(), request_body(http_body_util::Empty::new()));
    let sending = client.send(put(endpoint, empty, Duration::from_millis(50)));
    let (answer, accepted) = tokio::join!(sending, listener.accept());
    assert!(matches!(answer, Err(SendError::TimedOut(_))));
    drop(accepted);
}

#[tokio::test]
async fn an_answer_that_stands_still_is_given_up() {
    let (listener, endpoint) = listening().await;
    let request = StreamRequest {
        idle_timeout: Duration::from_millis(50),
        ..put(endpoint, request_body(http_body_util::Empty::new()), TIMEOUT)
    };
    let sending = tokio::spawn(async move { client().send(request).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    read_to(&mut stream, "\r\n\r\n").await;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none").await.unwrap();
    let mut body = sending.await.unwrap().unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    assert!(body.frame().await.unwrap().unwrap_err().to_string().starts_with("there was no reply"));
}
