//! Results as objects of a bucket: CSV files, and a file that signs them (cloudtrail.md §7.5).

use std::fmt::Write as _;

use base::{Scope, Timestamp};
use serde::Serialize;
use store::catalog::Key;

use super::results::read_page;
use super::runs::note;
use super::{DeliveryState, QueryRecord, QueryState};
use crate::delivery::{gzipped, sha256_hex};
use crate::digests::ALGORITHM;
use crate::lake::engine::LakeRow;
use crate::lake::stores;
use crate::ports::{NewObject, ObjectContent, PortError, Sender};
use crate::service::Parts;

/// Bytes of a file of rows, before it is packed, after which the next begins.
const FILE_BYTES: usize = 64 << 20;
const SIGN_FILE: &str = "result_sign.json";

/// Who writes the results of a query: the first of its stores.
pub(crate) fn sender(owner: &Scope, stores: &[String]) -> Sender {
    let store = stores.first().map(String::as_str).unwrap_or_default();
    Sender { trail_arn: stores::arn(owner, store), scope: owner.clone() }
}

/// Delivers what a query that has finished still has to deliver, and writes down how that went.
pub(super) async fn results(parts: &Parts, key: &Key, record: &QueryRecord) {
    let pending = record.delivery.as_ref().filter(|delivery| delivery.state == DeliveryState::Pending);
    let Some(delivery) = pending.filter(|_| record.state == QueryState::Finished) else { return };
    let delivering = Delivering {
        parts,
        key,
        record,
        sender: sender(&Scope { account: record.owner.clone(), region: region(key) }, &record.stores),
        place: delivery.place(),
        completed: record.ended.unwrap_or(record.created),
    };
    let state = match delivering.put_all().await {
        Ok(()) => DeliveryState::Succeeded,
        Err(failed) => {
            tracing::warn!(query = key.name, error = %failed.reason, "results of a query were not delivered");
            failed.state
        }
    };
    let noted = note(&parts.catalog, key, |record| {
        if let Some(delivery) = &mut record.delivery {
            delivery.state = state;
        }
    });
    if let Err(error) = noted.await {
        tracing::error!(query = key.name, ?error, "how the delivery of a query went could not be written down");
    }
}

fn region(key: &Key) -> base::Region {
    key.region.clone().expect("queries have a region")
}

/// Why not all was delivered.
struct Failed {
    state: DeliveryState,
    reason: String,
}

impl Failed {
    fn inside(reason: impl ToString) -> Self {
        Self { state: DeliveryState::Failed, reason: reason.to_string() }
    }
}

/// Which file could not be put.
#[derive(Clone, Copy)]
enum Putting {
    Rows,
    Signature,
}

struct Delivering<'a> {
    parts: &'a Parts,
    key: &'a Key,
    record: &'a QueryRecord,
    sender: Sender,
    place: (&'a str, &'a str),
    completed: Timestamp,
}

/// The file that signs the others.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignFile {
    version: &'static str,
    region: String,
    files: Vec<SignedFile>,
    hash_algorithm: &'static str,
    signature_algorithm: &'static str,
    query_complete_time: String,
    hash_signature: String,
    public_key_fingerprint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedFile {
    file_hash_value: String,
    file_name: String,
}

impl Delivering<'_> {
    async fn put_all(&self) -> Result<(), Failed> {
        let mut files = Vec::new();
        let mut csv = header(&self.record.columns);
        for page in 0..self.record.pages.len() {
            let rows = read_page(&*self.parts.documents, self.key, page).await.map_err(Failed::inside)?;
            rows.iter().for_each(|row| line(row, &mut csv));
            if csv.len() >= FILE_BYTES {
                let full = std::mem::replace(&mut csv, header(&self.record.columns));
                files.push(self.put_rows(files.len() + 1, full).await?);
            }
        }
        // There is a file even when there are no rows: what was asked for was delivered.
        if files.is_empty() || csv.len() > header(&self.record.columns).len() {
            files.push(self.put_rows(files.len() + 1, csv).await?);
        }
        self.put_signature(files).await
    }

    async fn put_rows(&self, number: usize, csv: String) -> Result<SignedFile, Failed> {
        let packed = tokio::task::spawn_blocking(move || gzipped(csv.as_bytes())).await.map_err(Failed::inside)?;
        let file_hash_value = sha256_hex(&packed);
        let file_name = format!("result_{number}.csv.gz");
        self.put(&file_name, packed, ObjectContent::Packed, Putting::Rows).await?;
        Ok(SignedFile { file_hash_value, file_name })
    }

    async fn put_signature(&self, files: Vec<SignedFile>) -> Result<(), Failed> {
        let unsigned = |reason: String| Failed { state: DeliveryState::FailedSigningFile, reason };
        let region = region(self.key);
        let signing = self.parts.keys.for_digest(&region, self.completed).await;
        let signing = signing.map_err(|error| unsigned(error.to_string()))?;
        let hashes: Vec<&str> = files.iter().map(|file| file.file_hash_value.as_str()).collect();
        let signature = signing.sign(hashes.join(" ")).await.map_err(|error| unsigned(error.to_string()))?;
        let file = SignFile {
            version: "1.0",
            region: region.to_string(),
            files,
            hash_algorithm: "SHA-256",
            signature_algorithm: ALGORITHM,
            query_complete_time: self.completed.iso_secs(),
            hash_signature: signature,
            public_key_fingerprint: signing.fingerprint.clone(),
        };
        let body = serde_json::to_vec(&file).map_err(|error| unsigned(error.to_string()))?;
        self.put(SIGN_FILE, body, ObjectContent::Json, Putting::Signature).await
    }

    async fn put(&self, name: &str, body: Vec<u8>, content: ObjectContent, putting: Putting) -> Result<(), Failed> {
        let (bucket, prefix) = self.place;
        let day = self.record.created.date().replace('-', "/");
        let below = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let (account, id) = (&self.key.account, &self.key.name);
        let key = format!("{below}AWSLogs/{account}/CloudTrail-Lake/Query/{day}/{id}/{name}");
        let object = NewObject { key, body, metadata: Vec::new(), content };
        self.parts.buckets.put(&self.sender, bucket, &object).await.map_err(|error| refused(&error, putting))
    }
}

fn refused(error: &PortError, putting: Putting) -> Failed {
    let state = match (error.code.as_str(), putting) {
        ("NoSuchBucket", _) => DeliveryState::ResourceNotFound,
        ("AccessDenied", Putting::Rows) => DeliveryState::AccessDenied,
        ("AccessDenied", Putting::Signature) => DeliveryState::AccessDeniedSigningFile,
        (_, Putting::Rows) => DeliveryState::Failed,
        (_, Putting::Signature) => DeliveryState::FailedSigningFile,
    };
    Failed { state, reason: error.to_string() }
}

fn header(columns: &[String]) -> String {
    let mut csv = String::new();
    line(&columns.iter().cloned().map(Some).collect::<Vec<_>>(), &mut csv);
    csv
}

/// A row as RFC 4180 has it; what is null is empty.
fn line(row: &LakeRow, csv: &mut String) {
    for (at, value) in row.iter().enumerate() {
        let value = value.as_deref().unwrap_or_default();
        let comma = if at > 0 { "," } else { "" };
        let _ = match value.contains([',', '"', '\r', '\n']) {
            true => write!(csv, "{comma}\"{}\"", value.replace('"', "\"\"")),
            false => write!(csv, "{comma}{value}"),
        };
    }
    csv.push('\n');
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_row_is_a_line_of_csv() {
        let mut csv = String::new();
        line(&vec![Some("a".to_owned()), None, Some("b, \"c\"".to_owned())], &mut csv);
        assert_eq!(csv, "a,,\"b, \"\"c\"\"\"\n");
    }
}
