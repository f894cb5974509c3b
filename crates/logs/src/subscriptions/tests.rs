//! Subscriptions at work, against an endpoint in the same process.

mod receiver;

use serde_json::{Value, json};
use store::job::Job as _;

use self::receiver::Receiver;
use super::DeliverSubscriptions;
use crate::test_world::World;

struct Subscribed {
    world: World,
    job: DeliverSubscriptions,
    receiver: Receiver,
}

impl Subscribed {
    async fn new() -> Self {
        let world = World::new().await;
        world.make("g", &["s"]).await;
        let job = DeliverSubscriptions::new(world.logs.clone());
        Self { world, job, receiver: Receiver::start().await }
    }

    async fn filter(&self, more: Value) {
        let mut input = json!({
            "logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": self.receiver.url(),
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.ok("PutSubscriptionFilter", input).await;
    }

    async fn account_policy(&self, pattern: &str, selection: Option<&str>) {
        let document = json!({"DestinationArn": self.receiver.url(), "FilterPattern": pattern}).to_string();
        let mut input = json!({
            "policyName": "all", "policyType": "SUBSCRIPTION_FILTER_POLICY", "policyDocument": document,
        });
        if let Some(selection) = selection {
            input["selectionCriteria"] = json!(selection);
        }
        self.world.ok("PutAccountPolicy", input).await;
    }

    /// Runs the job; what came of it: groups and messages.
    async fn sent(&self) -> Vec<(String, Vec<String>)> {
        self.job.run(self.world.clock()).await.unwrap();
        let mut sent: Vec<_> =
            self.receiver.take().iter().map(|payload| (text(&payload["logGroup"]), messages(payload))).collect();
        sent.sort();
        sent
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn messages(payload: &Value) -> Vec<String> {
    payload["logEvents"].as_array().unwrap().iter().map(|event| text(&event["message"])).collect()
}

fn of(group: &str, messages: &[&str]) -> (String, Vec<String>) {
    (group.to_owned(), messages.iter().map(|message| (*message).to_owned()).collect())
}

#[tokio::test]
async fn an_accounts_policy_sends_events_of_all_groups_but_the_excluded() {
    let it = Subscribed::new().await;
    it.world.make("out", &["s"]).await;
    it.world.put("g", "s", &[(0, "ERROR before")]).await;
    it.account_policy("ERROR", Some(r#"LogGroupName NOT IN ["out"]"#)).await;
    it.world.make("new", &["s"]).await;
    it.world.ok("CreateLogGroup", json!({"logGroupName": "rare", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    it.world.ok("CreateLogStream", json!({"logGroupName": "rare", "logStreamName": "s"})).await;
    for group in ["g", "out", "new", "rare"] {
        it.world.put(group, "s", &[(0, "ERROR 1"), (1, "fine")]).await;
    }
    it.job.run(it.world.clock()).await.unwrap();
    let sent = it.receiver.take();
    assert!(sent.iter().all(|payload| payload["policyLevel"] == "ACCOUNT_LEVEL_POLICY"), "{sent:?}");
    assert!(sent.iter().all(|payload| payload["subscriptionFilters"] == json!(["all"])), "{sent:?}");
    let mut got: Vec<_> = sent.iter().map(|payload| (text(&payload["logGroup"]), messages(payload))).collect();
    got.sort();
    assert_eq!(got, [of("g", &["ERROR 1"]), of("new", &["ERROR 1"])]);
    let described = it.world.ok("DescribeSubscriptionFilters", json!({"logGroupName": "g"})).await;
    assert_eq!(described["subscriptionFilters"], json!([]));
    it.world.put("g", "s", &[(0, "ERROR 2")]).await;
    assert_eq!(it.sent().await, [of("g", &["ERROR 2"])]);
    let delete = json!({"policyName": "all", "policyType": "SUBSCRIPTION_FILTER_POLICY"});
    it.world.ok("DeleteAccountPolicy", delete).await;
    it.world.put("g", "s", &[(0, "ERROR 3")]).await;
    assert_eq!(it.sent().await, []);
}

#[tokio::test]
async fn a_group_has_its_two_filters_beside_the_accounts_policy() {
    let it = Subscribed::new().await;
    it.account_policy("", None).await;
    it.filter(json!({"filterName": "a"})).await;
    it.filter(json!({"filterName": "b"})).await;
    it.world.put("g", "s", &[(0, "m")]).await;
    assert_eq!(it.sent().await, [of("g", &["m"]), of("g", &["m"]), of("g", &["m"])]);
}

#[tokio::test]
async fn a_group_that_is_taken_up_later_sends_what_comes_later() {
    let it = Subscribed::new().await;
    it.account_policy("", Some(r#"LogGroupName NOT IN ["g"]"#)).await;
    it.world.put("g", "s", &[(0, "excluded")]).await;
    it.account_policy("", None).await;
    it.world.put("g", "s", &[(0, "included")]).await;
    assert_eq!(it.sent().await, [of("g", &["included"])]);
    it.world.ok("DeleteAccountPolicy", json!({"policyName": "all", "policyType": "SUBSCRIPTION_FILTER_POLICY"})).await;
    it.world.put("g", "s", &[(0, "between")]).await;
    it.account_policy("", None).await;
    it.world.put("g", "s", &[(0, "again")]).await;
    assert_eq!(it.sent().await, [of("g", &["again"])]);
}

/// logs.md SP-7.
#[tokio::test]
async fn what_the_function_says_is_not_sent_to_it() {
    let it = Subscribed::new().await;
    let catalog = &it.world.logs.parts.catalog;
    let document = r#"{"DestinationArn":"arn:aws:lambda:eu-west-1:111122223333:function:f"}"#;
    let record = crate::account_policies::AccountPolicyRecord {
        versions: {
            let mut versions = crate::history::History::default();
            let policy = crate::account_policies::AccountPolicy { document: document.to_owned(), selection: None };
            versions.set(it.world.clock(), it.world.clock(), Some(policy));
            versions
        },
        updated: it.world.clock(),
        since: store::log_event::Position(0),
    };
    let key = crate::account_policies::AccountPolicyType::SubscriptionFilter.key(&crate::test_world::scope(), "p");
    let mut transaction = store::catalog::Transaction::default();
    transaction.create(key, &record);
    catalog.commit(transaction).await.unwrap();
    let effects = it.world.logs.account_effects.of(catalog, &crate::test_world::scope());
    let policy = effects.subscription.as_ref().unwrap();
    let class = crate::record::LogGroupClass::Standard;
    assert!(!policy.holds("/aws/lambda/f", class));
    assert!(policy.holds("/aws/lambda/g", class));
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_after_a_restart() {
    let it = Subscribed::new().await;
    it.account_policy("", None).await;
    it.world.put("g", "s", &[(0, "delivered")]).await;
    assert_eq!(it.sent().await, [of("g", &["delivered"])]);
    it.receiver.answer(503);
    it.world.put("g", "s", &[(0, "kept")]).await;
    it.job.run(it.world.clock()).await.unwrap();
    it.receiver.take();
    it.receiver.answer(200);
    // It waits for a second first.
    assert_eq!(it.sent().await, []);
    let Subscribed { world, receiver, job } = it;
    drop(job);
    let world = world.restarted().await;
    let it = Subscribed { job: DeliverSubscriptions::new(world.logs.clone()), world, receiver };
    assert_eq!(it.sent().await, [of("g", &["kept"])]);
    assert_eq!(it.sent().await, []);
}

#[tokio::test]
async fn what_could_not_be_sent_is_tried_again() {
    let it = Subscribed::new().await;
    it.account_policy("", None).await;
    it.sent().await;
    it.receiver.answer(503);
    it.world.put("g", "s", &[(0, "kept")]).await;
    it.sent().await;
    it.receiver.answer(200);
    assert_eq!(it.sent().await, []);
    it.world.advance(1000);
    assert_eq!(it.sent().await, [of("g", &["kept"])]);
}

/// logs.md MF-14.
#[tokio::test]
async fn deliveries_are_told_as_metrics() {
    let it = Subscribed::new().await;
    it.filter(json!({"filterName": "fé"})).await;
    it.account_policy("", None).await;
    let own = [("DestinationType", "HTTP"), ("FilterName", "f?"), ("LogGroupName", "g")];
    let account = [("DestinationType", "HTTP"), ("FilterName", "all"), ("PolicyLevel", "AccountPolicy")];
    it.world.put("g", "s", &[(0, "1"), (1, "2")]).await;
    it.sent().await;
    let metric = async |name: &str| {
        (it.world.metric("AWS/Logs", name, &own).await, it.world.metric("AWS/Logs", name, &account).await)
    };
    assert_eq!(metric("ForwardedLogEvents").await, (vec![(1.0, 2.0)], vec![(1.0, 2.0)]));
    let (bytes, _) = metric("ForwardedBytes").await;
    assert!(bytes[0].1 > 50.0, "{bytes:?}");
    assert_eq!(metric("DeliveryErrors").await, (vec![], vec![]));
    it.receiver.answer(429);
    it.world.put("g", "s", &[(0, "3")]).await;
    it.sent().await;
    assert_eq!(metric("DeliveryThrottling").await, (vec![(1.0, 1.0)], vec![(1.0, 1.0)]));
    it.receiver.answer(500);
    it.world.advance(1000);
    it.sent().await;
    assert_eq!(metric("DeliveryErrors").await, (vec![(1.0, 1.0)], vec![(1.0, 1.0)]));
    assert_eq!(metric("ForwardedLogEvents").await, (vec![(1.0, 2.0)], vec![(1.0, 2.0)]));
}

/// logs.md MF-13.
#[tokio::test]
async fn a_subscription_on_transformed_events_matches_and_sends_those() {
    let it = Subscribed::new().await;
    let put = json!({
        "logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": it.receiver.url(),
        "applyOnTransformedLogs": true,
    });
    assert_eq!(it.world.refused("PutSubscriptionFilter", put).await.0, "InvalidOperationException");
    let config = json!([{"csv": {"columns": ["level", "n"]}}]);
    it.world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config})).await;
    it.filter(json!({"filterPattern": "{ $.level = ERROR }", "applyOnTransformedLogs": true})).await;
    let described = it.world.ok("DescribeSubscriptionFilters", json!({"logGroupName": "g"})).await;
    assert_eq!(described["subscriptionFilters"][0]["applyOnTransformedLogs"], true);
    it.receiver.take();
    it.world.put("g", "s", &[(0, "ERROR,5"), (1, "INFO,6")]).await;
    assert_eq!(it.sent().await, [of("g", &[r#"{"level":"ERROR","n":"5"}"#])]);
}

/// logs.md MF-12.
#[tokio::test]
async fn a_subscription_is_for_the_accounts_and_regions_that_it_selects() {
    let it = Subscribed::new().await;
    it.filter(json!({"filterName": "here", "fieldSelectionCriteria": r#"@aws.region = "eu-west-1""#})).await;
    it.filter(json!({"filterName": "there", "fieldSelectionCriteria": r#"@aws.region != "eu-west-1""#})).await;
    let described = it.world.ok("DescribeSubscriptionFilters", json!({"logGroupName": "g"})).await;
    assert_eq!(described["subscriptionFilters"][0]["fieldSelectionCriteria"], r#"@aws.region = "eu-west-1""#);
    it.receiver.take();
    it.world.put("g", "s", &[(0, "m")]).await;
    it.job.run(it.world.clock()).await.unwrap();
    let sent = it.receiver.take();
    assert_eq!(
        sent.iter().map(|payload| payload["subscriptionFilters"].clone()).collect::<Vec<_>>(),
        [json!(["here"])]
    );
    let put = json!({
        "logGroupName": "g", "filterName": "here", "filterPattern": "", "destinationArn": it.receiver.url(),
        "fieldSelectionCriteria": "@aws.region is here",
    });
    assert_eq!(it.world.refused("PutSubscriptionFilter", put).await.0, "InvalidParameterException");
}
