//! The job against servers in the same process.

mod server;

use std::collections::BTreeMap;

use base::{Clock as _, Entropy, OsEntropy, SimulatedClock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outbound::{Fence, HttpClient, Trust, Upstreams};
use serde_json::Value;
use store::Catalog;
use store::catalog::sqlite::SqliteBackend;
use store::catalog::{Key, Transaction};

use self::server::{Answer, Server};
use super::*;
use crate::record::{Message, MessageKind, Protocol, SubscriptionRecord, Target};
use crate::signing::{Seal, Signer};
use crate::{Outlets, ServicePublish, Signals, TopicPolicies};

struct OpenSeal;

impl Seal for OpenSeal {
    fn seal(&self, secret: &[u8], _: &str) -> String {
        STANDARD.encode(secret)
    }

    fn open(&self, sealed: &str, _: &str) -> Option<Vec<u8>> {
        STANDARD.decode(sealed).ok()
    }
}

struct NoPolicies;

impl TopicPolicies for NoPolicies {
    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn service_may_publish(&self, _: &ServicePublish<'_>) -> bool {
        true
    }
}

/// A catalog with the job on it; the clock stands still until it is moved.
struct World {
    _folder: tempfile::TempDir,
    parts: Parts,
    clock: Arc<SimulatedClock>,
    job: DeliverMessages,
}

const START: Timestamp = Timestamp::from_secs(1_772_000_000);

impl World {
    async fn new(upstream: Option<&Server>, fence: Fence) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
        let catalog = Arc::new(Catalog::open(Arc::new(backend)).await.unwrap());
        let clock = Arc::new(SimulatedClock::new(START));
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let http = HttpClient::new(Trust::Roots(rustls::RootCertStore::empty()), fence);
        let open = HttpClient::new(Trust::Roots(rustls::RootCertStore::empty()), Fence::Open);
        let all = upstream.iter().map(|server| server.url().parse().unwrap()).collect();
        let none = Trust::Roots(rustls::RootCertStore::empty());
        let upstreams = Upstreams::new(all, none, Fence::Open, clock.clone()).unwrap();
        let account = "111122223333".parse().unwrap();
        let parts = Parts {
            signer: Arc::new(Signer::new(catalog.clone(), Arc::new(OpenSeal), entropy.clone(), account)),
            catalog,
            policies: Arc::new(NoPolicies),
            outlets: Outlets {
                http,
                gateways: open,
                upstreams,
                mail: None,
                sms_gateway: upstream.map(|server| format!("{}/sms", server.url()).parse().unwrap()),
                push_gateway: None,
                public_url: "http://sns.example:4566".into(),
            },
            signals: Arc::<Signals>::default(),
            clock: clock.clone(),
            entropy,
        };
        Self { _folder: folder, job: DeliverMessages::new(parts.clone()), parts, clock }
    }

    /// As after a crash: what was in memory is gone.
    fn restart(&mut self) {
        self.job = DeliverMessages::new(self.parts.clone());
    }

    fn key(&self, name: &str) -> Key {
        Key::regional(&"111122223333".parse().unwrap(), &"us-east-1".parse().unwrap(), name)
    }

    async fn subscribe(&self, target: &Target) {
        let mut transaction = Transaction::default();
        transaction.put(self.key(&target.subscription), &subscription(target));
        self.parts.catalog.commit(transaction).await.unwrap();
    }

    async fn publish(&self, message: Message, targets: Vec<Target>) {
        for target in &targets {
            self.subscribe(target).await;
        }
        let key = self.key(&format!("{}/00000", message.id));
        let mut transaction = Transaction::default();
        transaction.create(key, &DeliveryRecord { topic: "t".to_owned(), message, targets });
        self.parts.catalog.commit(transaction).await.unwrap();
    }

    /// What the driver does when it moves the clock.
    async fn move_to(&self, to: Timestamp) {
        let mut last_run = self.clock.now();
        while let Some(due) = self.job.next_due(last_run).filter(|due| *due <= to) {
            last_run = self.clock.move_to(due);
            self.job.run(last_run).await.unwrap();
        }
        self.clock.move_to(to);
    }

    async fn move_by(&self, secs: u64) {
        self.move_to(self.clock.now().plus(Duration::from_secs(secs))).await;
    }

    fn left(&self) -> usize {
        self.parts.catalog.list_all::<DeliveryRecord>().len()
    }
}

fn subscription(target: &Target) -> SubscriptionRecord {
    SubscriptionRecord {
        protocol: target.protocol,
        endpoint: target.endpoint.clone(),
        owner: "111122223333".to_owned(),
        principal: String::new(),
        attributes: BTreeMap::new(),
        pending: None,
        authenticated: true,
        authenticate_on_unsubscribe: false,
        created: START,
    }
}

fn message(id: &str) -> Message {
    Message {
        id: id.to_owned(),
        kind: MessageKind::Notification,
        subject: Some("subject".to_owned()),
        body: format!("body of {id}"),
        per_protocol: BTreeMap::new(),
        attributes: BTreeMap::new(),
        published: START,
        signature_version: "2".to_owned(),
        group_id: None,
        deduplication_id: None,
        sequence_number: None,
    }
}

fn target(number: u32, protocol: Protocol, endpoint: String) -> Target {
    Target {
        subscription: format!("t:{number}"),
        protocol,
        endpoint,
        raw: false,
        delivery_policy: None,
        dead_letter_queue: None,
        attempts: 0,
        due: START,
    }
}

const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:q";

/// Queues as their service answers: `gone` does not exist, and `busy` is.
fn queues(body: &str) -> Answer {
    if body.contains("gone") {
        return Answer::new(400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}"#);
    }
    if body.contains("busy") {
        return Answer::new(503, r#"{"__type":"ServiceUnavailable"}"#);
    }
    let input: Value = serde_json::from_str(body).unwrap_or_default();
    match input["QueueName"].as_str() {
        Some(name) => Answer::new(200, &format!(r#"{{"QueueUrl":"http://q/111122223333/{name}"}}"#)),
        None => Answer::new(200, "{}"),
    }
}

#[tokio::test]
async fn a_message_arrives_in_a_signed_envelope_and_its_record_goes() {
    let server = Server::start(|_| Answer::new(200, "")).await;
    let world = World::new(None, Fence::Open).await;
    world.publish(message("m1"), vec![target(1, Protocol::Http, format!("{}/in", server.url()))]).await;
    world.move_by(0).await;
    let request = server.one();
    assert!(request.head.starts_with("POST /in HTTP/1.1\r\n"), "{}", request.head);
    for header in [
        "x-amz-sns-message-type: Notification",
        "x-amz-sns-topic-arn: arn:aws:sns:us-east-1:111122223333:t",
        "x-amz-sns-subscription-arn: arn:aws:sns:us-east-1:111122223333:t:1",
        "user-agent: Amazon Simple Notification Service Agent",
    ] {
        assert!(request.head.contains(header), "{header}: {}", request.head);
    }
    let envelope: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((envelope["Message"].as_str(), envelope["SignatureVersion"].as_str()), (Some("body of m1"), Some("2")));
    let url = envelope["SigningCertURL"].as_str().unwrap();
    let path = url.strip_prefix("http://sns.example:4566").unwrap();
    assert!(world.parts.signer.certificate(path).is_some());
    assert_eq!((world.left(), world.job.counts().delivered()), (0, 1));
    assert_eq!(world.job.next_due(START), None);
}

#[tokio::test]
async fn a_failing_endpoint_is_tried_at_the_times_of_its_policy_and_then_given_up() {
    let server = Server::start(|_| Answer::new(500, "")).await;
    let world = World::new(None, Fence::Open).await;
    world.publish(message("m1"), vec![target(1, Protocol::Http, server.url())]).await;
    world.move_by(0).await;
    assert_eq!(server.count(), 1);
    assert_eq!(world.job.next_due(START), Some(START.plus(Duration::from_secs(20))));
    world.move_by(39).await;
    assert_eq!(server.count(), 2);
    world.move_by(3_600).await;
    assert_eq!(server.count(), 4);
    let counts = world.job.counts();
    assert_eq!((counts.failed_attempts(), counts.lost(), counts.delivered(), world.left()), (4, 1, 0, 0));
}

#[tokio::test]
async fn what_is_refused_goes_to_the_dead_letter_queue_as_it_was() {
    let sqs = Server::start(queues).await;
    let http = Server::start(|_| Answer::new(404, "")).await;
    let world = World::new(Some(&sqs), Fence::Open).await;
    let dead = |target: Target| Target { dead_letter_queue: Some(QUEUE.to_owned()), ..target };
    let mut own_text = message("m1");
    own_text.per_protocol.insert("http".to_owned(), "for http".to_owned());
    own_text.per_protocol.insert("sqs".to_owned(), "for sqs".to_owned());
    let raw = Target { raw: true, ..target(2, Protocol::Http, http.url()) };
    world.publish(own_text, vec![dead(target(1, Protocol::Http, http.url())), dead(raw)]).await;
    world.move_by(0).await;
    assert_eq!(http.count(), 2);
    let sent: Vec<Value> = sqs.json().into_iter().filter(|call| call.get("MessageBody").is_some()).collect();
    let bodies: Vec<&str> = sent.iter().filter_map(|call| call["MessageBody"].as_str()).collect();
    assert_eq!(bodies.len(), 2);
    assert!(bodies.contains(&"for http"), "{bodies:?}");
    let envelope: Value = bodies.iter().find_map(|body| serde_json::from_str(body).ok()).unwrap();
    assert_eq!(envelope["Message"], "for http");
    let counts = world.job.counts();
    assert_eq!((counts.dead_lettered(), counts.lost(), world.left()), (2, 0, 0));
}

#[tokio::test]
async fn a_busy_queue_is_tried_at_once_and_a_gone_one_given_up() {
    let sqs = Server::start(queues).await;
    let world = World::new(Some(&sqs), Fence::Open).await;
    let gone = target(1, Protocol::Sqs, format!("{QUEUE}-gone"));
    let busy = target(2, Protocol::Sqs, format!("{QUEUE}-busy"));
    world.publish(message("m1"), vec![gone, busy]).await;
    world.move_by(0).await;
    // Three more attempts at once, then one second later.
    let asked = |name: &str| sqs.json().iter().filter(|call| call.to_string().contains(name)).count();
    assert_eq!((asked("gone"), asked("busy")), (1, 4));
    assert_eq!(world.job.next_due(START), Some(START.plus(Duration::from_secs(1))));
    assert_eq!((world.job.counts().lost(), world.left()), (1, 1));
}

#[tokio::test]
async fn an_upstream_or_a_gateway_that_is_missing_is_waited_for() {
    let world = World::new(None, Fence::Open).await;
    let targets = vec![target(1, Protocol::Sqs, QUEUE.to_owned()), target(2, Protocol::Sms, "+15550100".to_owned())];
    world.publish(message("m1"), targets).await;
    world.move_by(60).await;
    assert_eq!((world.job.counts().lost(), world.left()), (0, 1));
}

#[tokio::test]
async fn a_fifo_group_keeps_its_order_over_failures() {
    let sqs = Server::start(|body| match body.contains("body of m1") && !body.contains("again") {
        true => Answer::once_else(503, 200, r#"{"__type":"ServiceUnavailable"}"#),
        false => queues(body),
    })
    .await;
    let world = World::new(Some(&sqs), Fence::Open).await;
    for (number, group) in [(1, "a"), (2, "a"), (3, "b")] {
        let mut message = message(&format!("m{number}"));
        message.group_id = Some(group.to_owned());
        message.deduplication_id = Some(format!("d{number}"));
        message.sequence_number = Some(format!("{number:020}"));
        let raw = Target { raw: true, ..target(1, Protocol::Sqs, format!("{QUEUE}.fifo")) };
        world.publish(message, vec![raw]).await;
    }
    world.move_by(0).await;
    let sent: Vec<String> =
        sqs.json().iter().filter_map(|call| Some(call["MessageBody"].as_str()?.to_owned())).collect();
    let place = |body: &str| sent.iter().rposition(|sent| sent == body).unwrap();
    assert_eq!(sent.iter().filter(|body| *body == "body of m1").count(), 2, "{sent:?}");
    assert!(place("body of m1") < place("body of m2"), "{sent:?}");
    assert_eq!(world.left(), 0);
}

#[tokio::test]
async fn after_a_crash_only_what_was_left_is_sent() {
    let good = Server::start(|_| Answer::new(200, "")).await;
    let bad = Server::start(|_| Answer::once_else(500, 200, "")).await;
    let mut world = World::new(None, Fence::Open).await;
    let targets = vec![target(1, Protocol::Http, good.url()), target(2, Protocol::Http, bad.url())];
    world.publish(message("m1"), targets).await;
    world.move_by(0).await;
    assert_eq!((good.count(), bad.count(), world.left()), (1, 1, 1));
    world.restart();
    assert_eq!(world.job.next_due(START), Some(START), "what is left is looked at");
    world.move_by(10).await;
    assert_eq!((good.count(), bad.count()), (1, 1));
    world.move_by(10).await;
    assert_eq!((good.count(), bad.count(), world.left()), (1, 2, 0));
}

#[tokio::test]
async fn who_left_gets_nothing_but_word_of_it() {
    let server = Server::start(|_| Answer::new(200, "")).await;
    let world = World::new(None, Fence::Open).await;
    let gone = target(1, Protocol::Http, server.url());
    world.publish(message("m1"), vec![gone.clone()]).await;
    let ended = Message { kind: MessageKind::UnsubscribeConfirmation { token: "t".to_owned() }, ..message("m2") };
    world.publish(ended, vec![gone.clone()]).await;
    let key = world.key(&gone.subscription);
    let version = world.parts.catalog.get::<SubscriptionRecord>(&key).unwrap().version;
    let mut transaction = Transaction::default();
    transaction.delete::<SubscriptionRecord>(key, version);
    world.parts.catalog.commit(transaction).await.unwrap();
    world.move_by(0).await;
    assert!(server.one().head.contains("x-amz-sns-message-type: UnsubscribeConfirmation"));
    assert_eq!(world.left(), 0);
}

#[tokio::test]
async fn a_fenced_endpoint_is_given_up_at_once() {
    let server = Server::start(|_| Answer::new(200, "")).await;
    let world = World::new(None, Fence::PublicOnly).await;
    world.publish(message("m1"), vec![target(1, Protocol::Http, server.url())]).await;
    world.move_by(0).await;
    assert_eq!((server.count(), world.job.counts().lost(), world.left()), (0, 1, 0));
}

#[tokio::test]
async fn an_endpoint_that_hangs_holds_up_no_other_and_counts_as_under_way() {
    let hangs = Server::hanging().await;
    let good = Server::start(|_| Answer::new(200, "")).await;
    let world = World::new(None, Fence::Open).await;
    world.publish(message("m1"), vec![target(1, Protocol::Http, hangs.url())]).await;
    let run = async { world.job.run(START).await.unwrap() };
    let other = async {
        hangs.connected().await;
        world.publish(message("m2"), vec![target(2, Protocol::Http, good.url())]).await;
        good.arrived().await;
    };
    // The second arrives while the run waits for the first.
    tokio::join!(run, other);
    assert_eq!(world.job.next_due(START), Some(START));
    assert_eq!(world.job.counts().delivered(), 1);
}

#[tokio::test]
async fn what_is_under_way_when_the_server_stops_is_written_down() {
    let slow = Server::holding().await;
    let world = World::new(None, Fence::Open).await;
    world.publish(message("m1"), vec![target(1, Protocol::Http, slow.url())]).await;
    world.job.run(START).await.unwrap();
    assert_eq!((world.left(), world.job.counts().delivered()), (1, 0), "the run did not wait for it");
    slow.release();
    world.job.drain().await;
    assert_eq!((slow.count(), world.left(), world.job.counts().delivered()), (1, 0, 1));
}

#[tokio::test]
async fn a_thousand_subscribers_get_a_message_and_few_commits_tell_of_it() {
    let server = Server::start(|_| Answer::new(200, "")).await;
    let world = World::new(None, Fence::Open).await;
    let targets: Vec<Target> = (0..1000).map(|number| target(number, Protocol::Http, server.url())).collect();
    let mut transaction = Transaction::default();
    for target in &targets {
        transaction.put(world.key(&target.subscription), &subscription(target));
    }
    for (number, targets) in targets.chunks(100).enumerate() {
        let record = DeliveryRecord { topic: "t".to_owned(), message: message("m1"), targets: targets.to_vec() };
        transaction.create(world.key(&format!("m1/{number:05}")), &record);
    }
    world.parts.catalog.commit(transaction).await.unwrap();
    world.job.run(START).await.unwrap();
    while world.job.next_due(START).is_some() {
        world.job.run(START).await.unwrap();
    }
    assert_eq!((server.count(), world.left()), (1000, 0));
    let mut subscribers: Vec<String> = server.heads().iter().filter_map(|head| subscriber(head)).collect();
    subscribers.sort();
    subscribers.dedup();
    assert_eq!(subscribers.len(), 1000, "each got it once");
    // Ten records; each is rewritten at most when 200 deliveries or 50 ms have passed.
    let changes = world.parts.catalog.changes::<DeliveryRecord>();
    assert!(changes < 500, "{changes}");
}

fn subscriber(head: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix("x-amz-sns-subscription-arn: ").map(str::to_owned))
}
