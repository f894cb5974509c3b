//! `AbortMultipartUpload`

use s3s::dto::{AbortMultipartUploadInput, AbortMultipartUploadOutput};
use s3s::{S3Request, S3Response, S3Result};
use store::catalog::Transaction;

use super::Operations;
use crate::errors;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let shared = &operations.shared;
    let input = request.input;
    if input.if_match_initiated_time.is_some() {
        return Err(errors::unsupported("x-amz-if-match-initiated-time"));
    }
    let _open = shared.gate.read().await;
    let _turn = shared.upload_turn(&input.upload_id).await;
    let retired = shared
        .change(|| {
            let bucket = shared.bucket(&input.bucket)?;
            let upload = shared.upload(&bucket, &input.key, &input.upload_id)?;
            let mut transaction = Transaction::default();
            let retired = shared.drop_upload(&mut transaction, &upload);
            Ok((transaction, retired))
        })
        .await?;
    shared.files.retire(retired);
    let output = AbortMultipartUploadOutput::default();
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}
