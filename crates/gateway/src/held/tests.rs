use std::collections::VecDeque;
use std::convert::Infallible;

use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use super::*;

/// A body of pieces, which may end in an error.
struct Pieces(VecDeque<Result<&'static str, &'static str>>);

fn pieces(all: &[Result<&'static str, &'static str>]) -> Pieces {
    Pieces(all.iter().copied().collect())
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.0.pop_front();
        Poll::Ready(piece.map(|piece| piece.map(|text| Frame::data(Bytes::from(text))).map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

fn sha256(text: &str) -> [u8; 32] {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().try_into().unwrap()
}

/// The pieces that came, and the error that ended them.
async fn all(mut body: impl Body<Data = Bytes, Error = BodyError> + Unpin) -> (Vec<Bytes>, Option<String>) {
    let mut came = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => came.push(frame.into_data().unwrap()),
            Err(error) => return (came, Some(error.to_string())),
        }
    }
    (came, None)
}

#[tokio::test]
async fn a_body_that_is_the_signed_one_passes_whole() {
    for parts in [&[Ok("ab"), Ok(""), Ok("c")][..], &[Ok("abc")]] {
        let (came, error) = all(Proved::new(pieces(parts), sha256("abc")).unwrap()).await;
        assert_eq!((came.concat(), error), (b"abc".to_vec(), None));
    }
    let (came, error) = all(Proved::new(pieces(&[]), sha256("")).unwrap()).await;
    assert_eq!((came.len(), error), (0, None));
}

#[tokio::test]
async fn of_a_body_that_is_another_the_last_piece_never_comes() {
    let (came, error) = all(Proved::new(pieces(&[Ok("ab"), Ok("c")]), sha256("abd")).unwrap()).await;
    assert_eq!((came.concat(), error), (b"ab".to_vec(), Some(NotTheSigned.to_string())));
    assert!(Proved::new(pieces(&[]), sha256("a")).is_err());
    let (came, error) = all(Proved::new(pieces(&[Ok("ab"), Err("cut")]), sha256("ab")).unwrap()).await;
    assert_eq!((came.len(), error), (0, Some("cut".to_owned())));
}

#[tokio::test]
async fn the_length_of_a_held_body_is_that_of_the_whole() {
    let whole = http_body_util::Full::<Bytes>::from("abc").map_err(|never: Infallible| match never {});
    let body = Proved::new(whole, sha256("abc")).unwrap();
    assert_eq!(body.size_hint().exact(), Some(3));
}

/// What was passed to the end of a body.
fn witnessed(body: Pieces, outcome: Result<(), &'static str>) -> (Witnessed<Pieces>, mpsc::UnboundedReceiver<Passed>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let finish = move |passed| async move {
        sender.send(passed).unwrap();
        outcome.map_err(Into::into)
    };
    (Witnessed::new(body, Held::LastPiece, 4, finish), receiver)
}

#[tokio::test]
async fn of_an_answer_without_a_length_every_piece_passes_at_once_and_the_end_is_held() {
    let (mut body, mut passed) = witnessed(pieces(&[Ok("abc"), Ok("def")]), Err("no room"));
    body.holds = Held::End;
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "def");
    assert!(passed.try_recv().is_err() && !body.is_end_stream());
    assert!(body.frame().await.unwrap().is_err(), "what is not recorded does not end well");
    assert_eq!(passed.try_recv().unwrap().bytes, 6);
}

#[tokio::test]
async fn the_last_piece_of_an_answer_comes_after_its_record() {
    let (mut body, mut passed) = witnessed(pieces(&[Ok("abc"), Ok("def")]), Ok(()));
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
    assert!(passed.try_recv().is_err());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "def");
    assert_eq!(passed.try_recv().unwrap(), Passed { kept: b"abcd".to_vec(), bytes: 6, ended: Ended::Whole });
    assert!(body.frame().await.is_none() && body.is_end_stream());
    drop(body);
    assert!(passed.recv().await.is_none(), "it is recorded once");
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_does_not_end() {
    let (body, mut passed) = witnessed(pieces(&[Ok("abc"), Ok("def")]), Err("full"));
    let (came, error) = all(body).await;
    assert_eq!((came.concat(), error), (b"abc".to_vec(), Some("full".to_owned())));
    assert_eq!(passed.try_recv().unwrap().ended, Ended::Whole);
}

#[tokio::test]
async fn broken_and_unwanted_answers_are_recorded_too() {
    let (body, mut passed) = witnessed(pieces(&[Ok("abc"), Err("cut")]), Ok(()));
    let (came, error) = all(body).await;
    assert_eq!((came.len(), error), (0, Some("cut".to_owned())));
    assert_eq!(passed.try_recv().unwrap(), Passed { kept: b"abc".to_vec(), bytes: 3, ended: Ended::Broken });

    let (mut body, mut passed) = witnessed(pieces(&[Ok("abc"), Ok("def"), Ok("ghi")]), Ok(()));
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(passed.recv().await.unwrap().ended, Ended::Unwanted);
}

/// A body in the framing of these pieces.
fn unframed(parts: &[Result<&'static str, &'static str>], length: &str) -> Unframed<Pieces> {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-trailer", "x-amz-checksum-crc32".parse().unwrap());
    headers.insert("x-amz-decoded-content-length", length.parse().unwrap());
    Unframed::new(pieces(parts), ChunkStream::new(&headers, None).unwrap())
}

#[tokio::test]
async fn framing_is_taken_off_as_a_body_passes() {
    let parts = [Ok("3\r\nhel\r\n"), Ok("2\r\nl"), Ok("o\r\n0\r\n"), Ok("x-amz-checksum-crc32:NhCmhg==\r\n\r\n")];
    let body = unframed(&parts, "5");
    assert_eq!((body.bytes(), body.size_hint().exact()), (Some(5), Some(5)));
    let (came, error) = all(body).await;
    assert_eq!((came.concat(), error), (b"hello".to_vec(), None));
}

#[tokio::test]
async fn of_a_body_that_is_not_as_framed_the_last_piece_never_comes() {
    for (parts, length) in [
        (&[Ok("5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")][..], "5"),
        (&[Ok("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")], "6"),
        (&[Ok("5\r\nhello\r\n0\r\n\r\n")], "5"),
        (&[Ok("5\r\nhel")], "5"),
        (&[Ok("5\r\nhel"), Err("cut")], "5"),
        (&[Ok("no framing")], "5"),
    ] {
        let (came, error) = all(unframed(parts, length)).await;
        assert!(came.concat().len() < 5 && error.is_some(), "{parts:?}");
    }
}
