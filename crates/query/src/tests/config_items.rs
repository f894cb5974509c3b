//! `config_items`, `config_resources` and `config_at(time)`: newest items in memory, past ones in the store.

use serde_json::{Value, json};
use store::config_item::{PastItem, Resource};

use super::*;
use crate::{NewestItem, NewestItems, WantedItems, WhichItems};

const VOLUME: &str = "AWS::EC2::Volume";
const HOST: &str = "MyOrg::Net::Host";

/// The newest items by account, region, type and id.
#[derive(Default)]
pub(super) struct Items(Mutex<BTreeMap<Resource, Value>>);

impl NewestItems for Items {
    fn scopes(&self, account: Option<&AccountId>, region: Option<&Region>) -> Vec<Scope> {
        let items = self.0.lock().unwrap();
        let mut scopes: Vec<_> = items.keys().map(|resource| resource.scope.clone()).collect();
        scopes.dedup();
        scopes.retain(|scope| {
            account.is_none_or(|account| *account == scope.account)
                && region.is_none_or(|region| *region == scope.region)
        });
        scopes
    }

    fn items(&self, wanted: WantedItems<'_>) -> Box<dyn Iterator<Item = NewestItem> + Send> {
        let items = self.0.lock().unwrap();
        let is_wanted = |(resource, item): &(&Resource, &Value)| {
            let is_live = matches!(item["status"].as_str(), Some("OK" | "ResourceDiscovered"));
            resource.scope == *wanted.scope
                && (wanted.which == WhichItems::All || is_live)
                && wanted.resource_type.is_none_or(|wanted| resource.resource_type == wanted)
                && wanted.resource_id.is_none_or(|wanted| resource.resource_id == wanted)
        };
        let found = items.iter().filter(is_wanted).map(|(resource, item)| NewestItem {
            resource_type: resource.resource_type.clone(),
            resource_id: resource.resource_id.clone(),
            item: item.to_string(),
        });
        Box::new(found.collect::<Vec<_>>().into_iter())
    }
}

pub(super) fn resource(account: &str, resource_type: &str, id: &str) -> Resource {
    Resource { scope: scope(account, "eu-west-1"), resource_type: resource_type.to_owned(), resource_id: id.to_owned() }
}

fn hours(ago: i64) -> Timestamp {
    NOW.plus_millis(-ago * 3_600_000)
}

/// An item in its stored form.
fn item(of: &Resource, ago: i64, status: &str, configuration: Value) -> Value {
    let mut item = json!({
        "scope": of.scope, "aws_region": "eu-west-1", "resource_type": of.resource_type, "resource_id": of.resource_id,
        "taken": hours(ago).millis(), "status": status, "configuration": configuration,
    });
    if status != "ResourceDeleted" {
        item["tags"] = json!({"env": "prod"});
        item["relationships"] = json!([{"type": HOST, "id": "h1", "name": "Is attached to "}]);
    }
    item
}

impl World {
    /// A resource whose states began so many hours ago, the newest last; no configuration says that it is gone.
    pub(super) async fn resource(&self, of: &Resource, states: &[(i64, Option<Value>)]) {
        for (at, (ago, configuration)) in states.iter().enumerate() {
            let status = match (at, configuration) {
                (_, None) => "ResourceDeleted",
                (0, _) => "ResourceDiscovered",
                _ => "OK",
            };
            let item = item(of, *ago, status, configuration.clone().unwrap_or_default());
            match states.get(at + 1) {
                Some((ended, _)) => {
                    let past = PastItem {
                        resource: of.clone(),
                        taken: hours(*ago),
                        ended: hours(*ended),
                        item: item.to_string(),
                    };
                    // As when a change was decided twice.
                    self.store.config_items().append(vec![past.clone(), past]).await.unwrap();
                }
                None => drop(self.items.0.lock().unwrap().insert(of.clone(), item)),
            }
        }
    }
}

async fn filled() -> World {
    let world = World::new().await;
    let size = |size: u64| Some(json!({"size": size, "ports": [{"n": [22, 443]}, {"n": [80]}]}));
    world.resource(&resource(MINE, VOLUME, "vol-1"), &[(50, size(1)), (40, size(2)), (10, size(3))]).await;
    world.resource(&resource(MINE, VOLUME, "vol-2"), &[(45, size(8)), (20, None)]).await;
    world.resource(&resource(MINE, HOST, "h1"), &[(5, size(1))]).await;
    world.resource(&resource(THEIRS, VOLUME, "vol-9"), &[(60, size(9)), (1, size(10))]).await;
    world
}

const QUESTIONS: [(&str, &[&str]); 11] = [
    (
        "SELECT resource_id, status, json_extract_scalar(configuration, '$.size'), ended IS NULL FROM config_items \
         WHERE resource_type = 'AWS::EC2::Volume' ORDER BY resource_id, taken",
        &[
            "vol-1 ResourceDiscovered 1 false",
            "vol-1 OK 2 false",
            "vol-1 OK 3 true",
            "vol-2 ResourceDiscovered 8 false",
            "vol-2 ResourceDeleted null true",
        ],
    ),
    ("SELECT count(*) FROM config_items", &["6"]),
    ("SELECT resource_id FROM config_resources ORDER BY 1", &["h1", "vol-1"]),
    (
        "SELECT resource_id, json_extract_scalar(configuration, '$.size') FROM config_at(now() - INTERVAL '30 hours') ORDER BY 1",
        &["vol-1 2", "vol-2 8"],
    ),
    (
        "SELECT resource_id FROM config_at(TIMESTAMP '2026-01-31T06:30:00Z') WHERE resource_type LIKE '%Volume' ORDER BY 1",
        &["vol-1"],
    ),
    ("SELECT count(*) FROM config_at('2026-01-29T09:59:59Z')", &["0"]),
    ("SELECT count(*) FROM config_at('2026-01-29T10:00:00Z')", &["1"]),
    (
        "SELECT taken, ended FROM config_items WHERE resource_id = 'vol-1' AND taken < now() - INTERVAL '45 hours'",
        &["2026-01-29T10:00:00Z 2026-01-29T20:00:00Z"],
    ),
    (
        "SELECT tags['env'], relationships[1]['resource_id'], relationships[1]['relationship'] FROM config_resources WHERE resource_id = 'vol-1'",
        &["prod h1 Is attached to "],
    ),
    (
        "SELECT array_to_string(json_values(configuration, 'ports.n'), ' '), json_extract(configuration, '$.ports[1]') FROM config_resources WHERE resource_id = 'h1'",
        &["22 443 80 {\"n\":[80]}"],
    ),
    (
        "SELECT before.resource_id FROM config_at(now() - INTERVAL '30 hours') before LEFT JOIN config_resources after \
         ON before.resource_type = after.resource_type AND before.resource_id = after.resource_id WHERE after.resource_id IS NULL",
        &["vol-2"],
    ),
];

#[tokio::test]
async fn items_in_memory_and_in_files_answer_alike() {
    filled().await.assert_answers(&QUESTIONS).await;
}

#[tokio::test]
async fn an_account_sees_its_own_items_alone() {
    let world = filled().await;
    for sql in [
        "SELECT count(*) FROM config_items WHERE account = '444455556666'",
        "SELECT count(*) FROM config_resources WHERE resource_id = 'vol-9'",
        "SELECT count(*) FROM config_at(now() - INTERVAL '30 hours') WHERE resource_id = 'vol-9' OR account > '4'",
    ] {
        assert_eq!(world.rows(sql).await, ["0"], "{sql}");
    }
    let sql = "SELECT account, count(*) FROM config_items GROUP BY account ORDER BY account";
    let all = SqlQuery { reach: Reach::Everyone, ..World::query(sql) };
    assert_eq!(world.run(all).await.unwrap(), ["111122223333 6", "444455556666 2"]);
}

#[tokio::test]
async fn the_store_is_told_which_resource_and_when() {
    let world = filled().await;
    for (sql, told) in [
        (
            "SELECT configuration FROM config_items WHERE resource_type = 'AWS::EC2::Volume' AND resource_id = 'vol-1' \
             AND taken >= '2026-01-30'",
            "only=[from 2026-01-30T00:00:00Z; account in ('111122223333'); resource_id in ('vol-1'); \
             resource_type in ('AWS::EC2::Volume')]",
        ),
        (
            "SELECT configuration FROM config_at('2026-01-30') WHERE resource_id = 'vol-1'",
            "only=[account in ('111122223333'); resource_id in ('vol-1'); as of 2026-01-30T00:00:00Z]",
        ),
    ] {
        let scans = world.scans(sql).await;
        assert!(scans.contains(told), "{sql}: {scans}");
    }
}

#[tokio::test]
async fn what_is_no_time_is_refused() {
    let world = World::new().await;
    for sql in [
        "SELECT * FROM config_at()",
        "SELECT * FROM config_at('yesterday')",
        "SELECT * FROM config_at(1, 2)",
        "SELECT * FROM config_at(NULL)",
        "SELECT * FROM range(10)",
    ] {
        let refused = world.run(World::query(sql)).await;
        assert!(matches!(refused, Err(SqlError::Statement(_))), "{sql}: {refused:?}");
    }
}

#[tokio::test]
async fn what_was_seen_is_counted_as_memory() {
    let world = filled().await;
    let query = SqlQuery { memory_bytes: 100, ..World::query("SELECT taken FROM config_items") };
    let refused = world.run(query).await;
    assert!(matches!(refused, Err(SqlError::Memory { .. })), "{refused:?}");
}
