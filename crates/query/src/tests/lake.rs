//! Queries of CloudTrail Lake over a real store, in memory and in files.

mod refused;
mod shapes;
mod values;

use std::sync::Arc;

use base::{SimulatedClock, Timestamp};
use serde_json::{Value, json};
use store::lake_event::LakeEvent;
use store::{Store, StoreOptions};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use crate::{Engine, Lake, LakeError, LakeKind, LakeOutcome, LakeQuery, LakeRow, LakeRun, LakeStatistics, LakeStore};

/// 2026-03-02 12:00:00, a Monday.
const NOW: Timestamp = Timestamp::from_secs(1_772_452_800);
/// Events of calls.
const CALLS: &str = "11111111-2222-3333-4444-555555555555";
/// Other events of calls; the id begins with a letter, and with what could be a number.
const MORE: &str = "1e5f0000-2222-4333-8444-555555555555";
/// Audit events.
const AUDIT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
/// Insights events.
const INSIGHTS: &str = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee";

struct World {
    store: Store,
    lake: Lake,
    _folder: TempDir,
}

/// A statement, with the words `calls`, `more`, `audit` and `insights` after a `%` for the ids.
fn statement(text: &str) -> String {
    let ids = [("%calls", CALLS), ("%more", MORE), ("%audit", AUDIT), ("%insights", INSIGHTS)];
    ids.iter().fold(text.to_owned(), |text, (word, id)| text.replace(word, id))
}

fn record(more: Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/ada",
            "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE", "userName": "ada",
        },
        "eventTime": "2026-03-02T08:14:09Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2",
        "requestParameters": {"bucketName": "films", "key": "a.txt"},
        "responseElements": null,
        "requestID": "R1",
        "eventID": "e1",
        "readOnly": true,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::films/a.txt"},
            {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::films"},
        ],
        "eventType": "AwsApiCall",
        "managementEvent": false,
        "recipientAccountId": "111122223333",
        "eventCategory": "Data",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "X", "clientProvidedHostHeader": "films.example"},
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

/// What the stores have.
fn records() -> Vec<(u32, Value)> {
    let role = json!({
        "type": "AssumedRole", "principalId": "AROAEXAMPLE:bob@example.com", "accountId": "444455556666",
        "arn": "arn:aws:sts::444455556666:assumed-role/ops/bob@example.com",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": "AROAEXAMPLE", "accountId": "444455556666", "userName": "ops",
                "arn": "arn:aws:iam::444455556666:role/ops",
            },
            "attributes": {"creationDate": "2026-03-01T07:00:00Z", "mfaAuthenticated": "false"},
        },
    });
    vec![
        (1, record(json!({}))),
        (
            1,
            record(json!({
                "eventID": "e2", "eventTime": "2026-03-02T09:00:00Z", "eventName": "PutBucketAcl", "readOnly": false,
                "errorCode": "AccessDenied", "errorMessage": "it's \"denied\"", "userIdentity": role,
                "requestParameters": {"bucketName": "films", "grants": {"items": [{"who": "all", "n": 2}]}, "force": true,
                    "count": 3, "nothing": null},
                "eventCategory": "Management", "managementEvent": true, "resources": [], "tlsDetails": null,
                "sessionCredentialFromConsole": "true",
            })),
        ),
        (
            1,
            record(json!({
                "eventID": "e3", "eventTime": "2026-02-20T23:30:00Z", "eventSource": "iam.amazonaws.com",
                "eventName": "CreateAccessKey", "readOnly": false, "eventCategory": "Management", "managementEvent": true,
                "requestParameters": {"userName": "eve"}, "resources": null, "awsRegion": "us-east-1",
                "responseElements": {"accessKey": {"accessKeyId": "AKIANEW", "status": "Active"}},
                "additionalEventData": {"MFAUsed": "No"},
            })),
        ),
        (1, record(json!({"eventID": "e4", "eventTime": "2026-03-01T10:00:00Z", "requestParameters": null}))),
        (2, record(json!({"eventID": "e1", "eventName": "ListBuckets", "eventTime": "2026-03-02T08:14:10Z"}))),
        (2, record(json!({"eventID": "f1", "eventTime": "2026-03-02T11:00:00Z"}))),
        (
            3,
            json!({
                "eventVersion": "1.0", "eventCategory": "ActivityAuditLog", "eventType": "ActivityLog", "eventID": "a1",
                "eventTime": "2026-03-02 08:14:09.000", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
                "metadata": {"ingestionTime": "2026-03-02 08:14:11.103", "channelARN": "arn:aws:cloudtrail:::channel/c"},
                "eventData": {
                    "version": "1", "UID": "u-1", "eventName": "Door", "eventSource": "doors.example",
                    "eventTime": "2026-03-02T08:14:09Z", "recipientAccountId": "111122223333",
                    "userIdentity": {"type": "Badge", "principalId": "17", "details": {"floor": 3}},
                    "additionalEventData": {"door": "north"},
                },
            }),
        ),
        (
            4,
            json!({
                "eventVersion": "1.07", "eventTime": "2026-03-02T08:14:00Z", "awsRegion": "eu-west-1", "eventID": "i1",
                "eventType": "AwsCloudTrailInsight", "recipientAccountId": "111122223333", "eventCategory": "Insight",
                "sharedEventID": "s1",
                "insightDetails": {
                    "state": "Start", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances",
                    "insightType": "ApiCallRateInsight",
                    "insightContext": {
                        "statistics": {
                            "baseline": {"average": 0.5}, "insight": {"average": 12}, "insightDuration": 1,
                            "baselineDuration": 10080,
                        },
                        "attributions": [{
                            "attribute": "userAgent",
                            "insight": [{"value": "cli", "average": 12.0}],
                            "baseline": [{"value": "cli", "average": 0.5}],
                        }],
                    },
                },
            }),
        ),
    ]
}

impl World {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(SimulatedClock::new(NOW));
        let store = Store::open(StoreOptions::new(folder.path().join("data"), clock)).await.unwrap();
        for (number, record) in records() {
            let text = record["eventTime"].as_str().unwrap().replace(' ', "T");
            let time = text.trim_end_matches('Z').trim_end_matches(".000").to_owned() + "Z";
            let time = Timestamp::parse_iso(&time).unwrap();
            let event = LakeEvent { time, source: 0, record: record.to_string() };
            store.lake_events().append(number, vec![event]).await.unwrap();
        }
        let engine = Arc::new(Engine::new(folder.path().join("spill")));
        let lake = Lake::new(engine, store.lake_events().clone());
        Self { store, lake, _folder: folder }
    }

    fn query(text: &str) -> LakeQuery {
        let store = |id: &str, number, kind| LakeStore { id: id.to_owned(), number, kind };
        LakeQuery {
            statement: statement(text),
            stores: vec![
                store(CALLS, 1, LakeKind::Calls),
                store(MORE, 2, LakeKind::Calls),
                store(AUDIT, 3, LakeKind::Audit),
                store(INSIGHTS, 4, LakeKind::Insights),
            ],
            now: NOW,
            memory_bytes: 64 << 20,
        }
    }

    async fn run(&self, text: &str) -> Result<(LakeOutcome, Vec<LakeRow>), LakeError> {
        let (rows, mut taken) = mpsc::channel(2);
        let (progress, _) = watch::channel(LakeStatistics::default());
        let (_cancel, cancelled) = watch::channel(false);
        let run = self.lake.run(Self::query(text), LakeRun { rows, progress, cancelled });
        let take = async {
            let mut all = Vec::new();
            while let Some(rows) = taken.recv().await {
                all.extend(rows);
            }
            all
        };
        let (outcome, rows) = tokio::join!(run, take);
        Ok((outcome?, rows))
    }

    /// A statement's rows, cells with a bar between, null as a dash.
    async fn rows(&self, text: &str) -> Vec<String> {
        let (_, rows) = self.run(text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let line = |row: LakeRow| {
            row.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join("|")
        };
        rows.into_iter().map(line).collect()
    }

    /// Why a statement is refused before it runs.
    async fn refusal(&self, text: &str) -> String {
        match self.lake.check(Self::query(text)).await {
            Err(LakeError::Statement(reason)) => reason,
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn columns(&self, text: &str) -> Vec<String> {
        self.run(text).await.unwrap().0.columns
    }
}
