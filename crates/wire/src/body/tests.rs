//! Bodies as clients send them, and bodies that lie.

use std::io::Write as _;

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::{HeaderMap, HeaderName};

use super::{ChunkStream, decode_content, decode_signed_content};
use crate::error::{WireError, WireErrorKind};
use crate::sigv4::{ChunkVerifier, Claim, PayloadHash};

const LIMIT: usize = 1 << 20;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn encoded(encoding: &str) -> HeaderMap {
    headers(&[("content-encoding", encoding)])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn decode(headers: &HeaderMap, body: impl AsRef<[u8]>) -> Result<Bytes, WireError> {
    decode_content(headers, Bytes::copy_from_slice(body.as_ref()), LIMIT)
}

#[test]
fn compressed_bodies_are_expanded() {
    let text = b"Action=PutMetricData".as_slice();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(text).unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
    raw.write_all(text).unwrap();
    for (encoding, body) in [
        ("gzip", gzip(text)),
        ("GZIP", [gzip(&text[..5]), gzip(&text[5..])].concat()),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", raw.finish().unwrap()),
        ("identity", text.to_vec()),
        ("amz-1.0", text.to_vec()),
        ("amz-1.0, gzip", gzip(text)),
        ("", text.to_vec()),
    ] {
        assert_eq!(decode(&encoded(encoding), body).unwrap(), text, "{encoding}");
    }
}

/// cloudwatch.md §1.1
#[test]
fn a_body_that_is_not_what_it_says_is_malformed() {
    for (encoding, body) in [
        ("gzip", b"plain".to_vec()),
        ("gzip", gzip(b"abc")[..10].to_vec()),
        ("br", vec![1]),
        // Each coding would be one more pass over the expanded bytes.
        ("gzip, gzip", gzip(&gzip(b"abc"))),
    ] {
        let error = decode(&encoded(encoding), body).unwrap_err();
        assert_eq!((error.kind, error.status), (WireErrorKind::UndecodableBody, 400), "{encoding}");
        assert_eq!(
            (error.name.as_ref(), error.code.as_ref()),
            ("MalformedHttpRequestException", "MalformedHttpRequestException")
        );
    }
}

#[test]
fn expansion_stops_at_the_limit() {
    let bomb = gzip(&vec![0; LIMIT + 1]);
    assert!(bomb.len() < LIMIT / 50);
    let error = decode(&encoded("gzip"), bomb).unwrap_err();
    assert_eq!((error.kind, error.status), (WireErrorKind::TooLarge, 413));
    assert_eq!(decode(&encoded("gzip"), gzip(&vec![0; LIMIT])).unwrap().len(), LIMIT);
    assert_eq!(decode(&encoded("identity"), vec![0; LIMIT + 1]).unwrap_err().status, 413);
}

#[test]
fn plain_chunks_are_joined() {
    let unsigned = headers(&[
        ("content-encoding", "aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "11"),
    ]);
    let body = "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
    assert_eq!(decode(&unsigned, body).unwrap(), "hello world");
    let hex_size = format!("A;x=y\r\n{}\r\n1\r\n!\r\n0\r\n\r\n", "0123456789");
    assert_eq!(decode(&unsigned, hex_size).unwrap(), "0123456789!");
    assert_eq!(decode(&encoded("aws-chunked"), "0\r\n\r\n").unwrap(), "");
    let zipped = gzip(b"hello");
    let framed = [format!("{:x}\r\n", zipped.len()).as_bytes(), &zipped, b"\r\n0\r\n\r\n"].concat();
    for encoding in ["aws-chunked,gzip", "gzip, aws-chunked"] {
        assert_eq!(decode(&encoded(encoding), &framed).unwrap(), "hello", "{encoding}");
    }
}

#[test]
fn every_checksum_in_a_trailer_is_checked() {
    for (name, sum) in [
        ("crc32", "y/Q5Jg=="),
        ("crc32c", "4waSgw=="),
        ("crc64nvme", "rosUhgp5mIg="),
        ("sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ] {
        let body = |sum: &str| format!("9\r\n123456789\r\n0\r\nx-amz-checksum-{name}:{sum}\r\n\r\n");
        assert_eq!(decode(&encoded("aws-chunked"), body(sum)).unwrap(), "123456789", "{name}");
        let wrong = decode(&encoded("aws-chunked"), body("AAAA")).unwrap_err();
        assert_eq!((wrong.kind, wrong.code.as_ref(), wrong.status), (WireErrorKind::Integrity, "BadDigest", 400));
        assert_eq!(
            wrong.message.unwrap(),
            format!("The {} you specified did not match the calculated checksum.", name.to_uppercase())
        );
    }
    // The well-known value of the first, so that the table above is not merely our own output.
    assert_eq!(BASE64.encode(0xCBF4_3926_u32.to_be_bytes()), "y/Q5Jg==");
}

#[test]
fn broken_framing_is_malformed() {
    for body in [
        "",
        "5",
        "5\r\nhel",
        "5\r\nhello",
        "5\r\nhello0\r\n\r\n",
        "-1\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "zz\r\n",
        "fffffffffffffffff\r\n",
        "0\r\nno colon\r\n\r\n",
        "0\r\n\r\ntrailing rubbish\r\n",
    ] {
        let error = decode(&encoded("aws-chunked"), body).unwrap_err();
        assert_eq!(error.code, "MalformedHttpRequestException", "{body:?}");
    }
    assert_eq!(decode(&encoded("aws-chunked"), "ffffffffffffffff\r\n").unwrap_err().status, 413);
    let short = headers(&[("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", "6")]);
    assert_eq!(decode(&short, "5\r\nhello\r\n0\r\n\r\n").unwrap_err().code, "IncompleteBody");
}

/// The worked example of AWS's documentation of chunked uploads.
fn documented() -> (ChunkVerifier, Vec<u8>) {
    documented_as(PayloadHash::SignedChunks)
}

fn documented_as(payload_hash: PayloadHash) -> (ChunkVerifier, Vec<u8>) {
    let claim = Claim {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        date: "20130524".to_owned(),
        region: "us-east-1".to_owned(),
        service: "s3".to_owned(),
        terminator: "aws4_request".to_owned(),
        signed_headers: Vec::new(),
        signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9".to_owned(),
        request_time: Timestamp::parse_iso("20130524T000000Z").unwrap(),
        session_token: None,
        presigned: None,
        payload_hash,
    };
    let verifier = ChunkVerifier::new(claim.signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), &claim);
    let mut body = Vec::new();
    for (size, signature) in [
        (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ] {
        body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
        body.extend(std::iter::repeat_n(b'a', size));
        body.extend_from_slice(b"\r\n");
    }
    (verifier, body)
}

fn signed_headers() -> HeaderMap {
    headers(&[
        ("content-encoding", "aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("x-amz-decoded-content-length", "66560"),
    ])
}

#[test]
fn the_documented_signed_chunks_verify() {
    let (mut verifier, body) = documented();
    let decoded = decode_signed_content(&signed_headers(), Bytes::from(body), LIMIT, &mut verifier).unwrap();
    assert_eq!(decoded.len(), 66560);
}

#[test]
fn a_changed_or_unverifiable_chunk_is_refused() {
    let (mut verifier, mut body) = documented();
    let unverified = decode(&signed_headers(), &body).unwrap_err();
    assert_eq!((unverified.code.as_ref(), unverified.status), ("SignatureDoesNotMatch", 403));
    body[66_000] = b'b';
    let error = decode_signed_content(&signed_headers(), Bytes::from(body), LIMIT, &mut verifier).unwrap_err();
    assert_eq!(
        (error.kind, error.name.as_ref(), error.status),
        (WireErrorKind::Integrity, "InvalidSignatureException", 403)
    );
}

/// What the signature says counts, not what a header leaves out.
#[test]
fn a_verifier_checks_chunks_that_are_not_announced() {
    let (verifier, body) = documented();
    let bare = encoded("");
    let good = decode_signed_content(&bare, Bytes::from(body.clone()), LIMIT, &mut verifier.clone());
    assert_eq!(good.unwrap().len(), 66560);
    let unsigned = String::from_utf8(body).unwrap().replace("chunk-signature=", "x=");
    let error = decode_signed_content(&bare, Bytes::from(unsigned), LIMIT, &mut { verifier }).unwrap_err();
    assert_eq!(error.code, "SignatureDoesNotMatch");
}

#[test]
fn a_signed_trailer_is_part_of_the_chain() {
    let (verifier, _) = documented_as(PayloadHash::SignedChunksAndTrailer);
    let mut signer = verifier.clone();
    let sha = crate::sigv4::sha256_hex;
    let empty = sha(b"");
    let first = signer.sign("AWS4-HMAC-SHA256-PAYLOAD", &format!("{empty}\n{}", sha(b"hello")));
    let last = signer.sign("AWS4-HMAC-SHA256-PAYLOAD", &format!("{empty}\n{empty}"));
    let trailer = "x-amz-checksum-crc32:NhCmhg==";
    let signature = signer.sign("AWS4-HMAC-SHA256-TRAILER", &sha(format!("{trailer}\n").as_bytes()));
    let headers = headers(&[("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")]);
    for (gap, good) in [("", true), ("\r\n", true), ("x-amz-extra:1\r\n", false)] {
        let body = format!(
            "5;chunk-signature={first}\r\nhello\r\n0;chunk-signature={last}\r\n{trailer}\r\n{gap}\
             x-amz-trailer-signature:{signature}\r\n\r\n"
        );
        let decoded = decode_signed_content(&headers, Bytes::from(body), LIMIT, &mut verifier.clone());
        assert_eq!(decoded.is_ok(), good, "{gap:?}");
    }
}

/// The body as it comes out of a stream that gets it in pieces of this size.
fn streamed(
    headers: &HeaderMap,
    body: &[u8],
    verifier: Option<&ChunkVerifier>,
    size: usize,
) -> Result<Vec<u8>, WireError> {
    let mut stream = ChunkStream::new(headers, verifier.cloned())?;
    let mut out = Vec::new();
    for piece in body.chunks(size) {
        out.extend(stream.push(piece)?.concat());
    }
    stream.finish()?;
    Ok(out)
}

#[test]
fn a_stream_gives_what_the_whole_does_however_it_is_cut() {
    let (verifier, signed) = documented();
    let trailer = headers(&[("content-encoding", "aws-chunked"), ("x-amz-trailer", "x-amz-checksum-crc32")]);
    let short = headers(&[("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", "6")]);
    let plain = encoded("aws-chunked");
    let mut changed = signed.clone();
    changed[66_000] = b'b';
    let summed = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".to_vec();
    let wrong = b"5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".to_vec();
    let cases: [(&HeaderMap, Vec<u8>, Option<&ChunkVerifier>); 11] = [
        (&signed_headers(), signed, Some(&verifier)),
        (&signed_headers(), changed, Some(&verifier)),
        (&trailer, summed, None),
        (&trailer, wrong, None),
        (&short, b"5\r\nhello\r\n0\r\n\r\n".to_vec(), None),
        (&short, b"7\r\nhellooo\r\n0\r\n\r\n".to_vec(), None),
        (&plain, b"6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n".to_vec(), None),
        (&plain, b"5\r\nhello0\r\n\r\n".to_vec(), None),
        (&plain, b"5\r\nhel".to_vec(), None),
        (&plain, b"".to_vec(), None),
        (&plain, b"zz\r\n".to_vec(), None),
    ];
    for (headers, body, verifier) in cases {
        let whole = match verifier {
            Some(verifier) => decode_signed_content(headers, Bytes::from(body.clone()), LIMIT, &mut verifier.clone()),
            None => decode(headers, &body),
        };
        for size in [1, 2, 3, 7, 1000, LIMIT] {
            let streamed = streamed(headers, &body, verifier, size);
            let told = |result: Result<&[u8], &WireError>| {
                result.map(<[u8]>::to_vec).map_err(|error| error.code.clone().into_owned())
            };
            assert_eq!(told(streamed.as_deref()), told(whole.as_deref()), "{size}: {:?}", body.get(..40));
        }
    }
}

#[test]
fn of_a_signed_chunk_nothing_is_given_out_before_its_signature_is_proved() {
    let (verifier, signed) = documented();
    let mut stream = ChunkStream::new(&signed_headers(), Some(verifier.clone())).unwrap();
    assert_eq!(stream.announced_bytes(), Some(66560));
    assert!(stream.push(&signed[..65_000]).unwrap().is_empty());
    let given = stream.push(&signed[65_000..66_000]).unwrap();
    assert_eq!(given.concat().len(), 65_536);
    assert!(ChunkStream::new(&signed_headers(), None).is_err());
    let endless = b"ffffffff;chunk-signature=x\r\n";
    assert_eq!(ChunkStream::new(&encoded(""), Some(verifier)).unwrap().push(endless).unwrap_err().status, 413);
}

#[test]
fn a_checksum_that_was_announced_must_come() {
    let announced = headers(&[("content-encoding", "aws-chunked"), ("x-amz-trailer", "x-amz-checksum-crc32")]);
    let missing = streamed(&announced, b"5\r\nhello\r\n0\r\n\r\n", None, 4).unwrap_err();
    assert_eq!(missing.code, "MalformedHttpRequestException");
}
