//! `CompleteMultipartUpload`

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, checksum_in, checksum_type, etag, set_checksum, shown_version, sse_s3};
use crate::checksum::{PartChecksum, combine};
use crate::errors;
use crate::objects::{NewObject, WriteCondition};
use crate::record::{Algorithm, Content, PartSize, Piece, UploadRecord};
use crate::uploads::{OBJECT_BYTES_MAX, PART_BYTES_MIN, Part, Upload};

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let shared = &operations.shared;
    let input = request.input;
    let _open = shared.gate.read().await;
    let _turn = shared.upload_turn(&input.upload_id).await;
    let bucket = operations.bucket(&input.bucket)?;
    let upload = shared.upload(&bucket, &input.key, &input.upload_id)?;
    let record = &*upload.found.value;
    if let Some(over) = input.checksum_type.as_ref().filter(|_| record.asked_for_checksum)
        && *over != checksum_type(record.checksum_over)
    {
        let message = format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            checksum_type(record.checksum_over).as_str()
        );
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let all = shared.parts(&upload.id);
    let listed = input.multipart_upload.clone().and_then(|listed| listed.parts).unwrap_or_default();
    let chosen = choose(record, &all, &listed)?;
    let content = content(record, &chosen)?;
    operations.note_bytes(content.bytes);
    check_said(&input, &content)?;
    let condition = WriteCondition { matches: input.if_match.clone(), none_matches: input.if_none_match.clone() };
    let left_over: Vec<Piece> = all
        .iter()
        .filter(|part| !chosen.iter().any(|chosen| chosen.number == part.number))
        .filter_map(|part| part.found.value.piece.clone())
        .collect();
    let parts = all.iter().map(|part| (part.number, part.found.version)).collect();
    let ending = Ending { upload: &upload, parts };
    let new = NewObject { bucket: &input.bucket, key: &input.key, content, condition };
    let version = shared.put_inside(new, |transaction| ending.add_to(operations, transaction)).await?;
    shared.files.retire(left_over);
    let content = version.content.as_ref().expect("an object was put");
    let host = operations.call.header("host").unwrap_or_default();
    let scheme = if operations.call.peer.tls.is_some() { "https" } else { "http" };
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("{scheme}://{host}/{}/{}", input.bucket, crate::listing::url_encoded(&input.key))),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(etag(&content.etag)),
        server_side_encryption: content.is_encrypted().then(sse_s3),
        version_id: shown_version(&bucket.record, &version),
        ..CompleteMultipartUploadOutput::default()
    };
    if let Some(checksum) = &content.checksum {
        output.checksum_type = Some(checksum_type(checksum.over));
        set_checksum!(output, checksum.algorithm, checksum.value.clone());
    }
    Ok(S3Response::new(output))
}

/// The end of an upload, as it was read: with the same parts.
struct Ending<'a> {
    upload: &'a Upload,
    parts: Vec<(u16, u64)>,
}

impl Ending<'_> {
    fn add_to(&self, operations: &Operations, transaction: &mut store::catalog::Transaction) -> S3Result<()> {
        let shared = &operations.shared;
        let now: Vec<(u16, u64)> =
            shared.parts(&self.upload.id).iter().map(|part| (part.number, part.found.version)).collect();
        let there = shared.catalog.get::<UploadRecord>(&crate::names::record_key(self.upload.name.as_str()));
        if there.is_none() {
            return Err(errors::error(S3ErrorCode::NoSuchUpload));
        }
        if now != self.parts {
            // A part was put while the upload was being completed.
            return Err(errors::error(S3ErrorCode::OperationAborted));
        }
        shared.drop_upload(transaction, self.upload);
        Ok(())
    }
}

/// The parts that the client lists, in its order, each as it is.
fn choose<'a>(record: &UploadRecord, all: &'a [Part], listed: &[CompletedPart]) -> S3Result<Vec<&'a Part>> {
    if listed.is_empty() {
        let message = "You must specify at least one part";
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    let mut chosen: Vec<&Part> = Vec::with_capacity(listed.len());
    for asked in listed {
        let number = asked.part_number.ok_or_else(|| errors::error(S3ErrorCode::MalformedXML))?;
        if chosen.last().is_some_and(|last| i32::from(last.number) >= number) {
            return Err(errors::error(S3ErrorCode::InvalidPartOrder));
        }
        let invalid = || errors::error(S3ErrorCode::InvalidPart);
        let at = all.binary_search_by_key(&number, |part| i32::from(part.number)).map_err(|_| invalid())?;
        let part = &all[at];
        let same_etag =
            matches!(&asked.e_tag, Some(ETag::Strong(tag) | ETag::Weak(tag)) if *tag == part.found.value.etag);
        let said: Option<String> = checksum_in!(asked, record.algorithm);
        if !same_etag || said.is_some_and(|said| said != part.found.value.checksum) {
            return Err(invalid());
        }
        chosen.push(part);
    }
    let but_last = chosen.len() - 1;
    if chosen[..but_last].iter().any(|part| part.found.value.bytes < PART_BYTES_MIN) {
        return Err(errors::error(S3ErrorCode::EntityTooSmall));
    }
    Ok(chosen)
}

fn content(record: &UploadRecord, chosen: &[&Part]) -> S3Result<Content> {
    let bytes = chosen.iter().map(|part| part.found.value.bytes).sum();
    if bytes > OBJECT_BYTES_MAX {
        return Err(errors::error(S3ErrorCode::EntityTooLarge));
    }
    let mut md5 = Md5::new();
    for part in chosen {
        md5.update(&hex(&part.found.value.etag));
    }
    let md5: String = md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let checksums: Vec<PartChecksum<'_>> = chosen
        .iter()
        .map(|part| PartChecksum { bytes: part.found.value.bytes, value: &part.found.value.checksum })
        .collect();
    Ok(Content {
        bytes,
        etag: format!("{md5}-{}", chosen.len()),
        pieces: chosen.iter().filter_map(|part| part.found.value.piece.clone()).collect(),
        parts: chosen
            .iter()
            .map(|part| PartSize {
                number: part.number,
                bytes: part.found.value.bytes,
                checksum: record.asked_for_checksum.then(|| part.found.value.checksum.clone()),
            })
            .collect(),
        checksum: combine(record.algorithm, record.checksum_over, &checksums),
        description: record.description.clone(),
        retention: record.retention,
        legal_hold: record.legal_hold,
    })
}

/// Compares what the client says of the whole with what it is.
fn check_said(input: &CompleteMultipartUploadInput, content: &Content) -> S3Result<()> {
    if let Some(said) = input.mpu_object_size.filter(|said| u64::try_from(*said) != Ok(content.bytes)) {
        let message = format!(
            "The provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {}",
            content.bytes
        );
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    for algorithm in Algorithm::ALL {
        let said: Option<String> = checksum_in!(input, algorithm);
        let Some(said) = said else { continue };
        let computed = content.checksum.as_ref().filter(|checksum| checksum.algorithm == algorithm);
        // A composite value may be said without the number of parts.
        let same = computed
            .is_some_and(|checksum| checksum.value == said || checksum.value.split('-').next() == Some(said.as_str()));
        if !same {
            let name = algorithm.as_str();
            let message = format!("The {name} you specified did not match the calculated checksum.");
            return Err(errors::with(S3ErrorCode::BadDigest, message));
        }
    }
    Ok(())
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}
