//! The order and the bounds of deliveries, without any network.

use std::collections::BTreeMap;

use super::*;
use crate::record::{Message, MessageKind};

const NOW: Timestamp = Timestamp::from_secs(1_772_000_000);

fn key(name: &str) -> Key {
    Key::regional(&"111122223333".parse().unwrap(), &"us-east-1".parse().unwrap(), name)
}

fn target(number: usize, protocol: Protocol, endpoint: &str) -> Target {
    Target {
        subscription: format!("t:{number}"),
        protocol,
        endpoint: endpoint.to_owned(),
        raw: false,
        delivery_policy: None,
        dead_letter_queue: None,
        attempts: 0,
        due: NOW,
    }
}

fn record(id: &str, targets: Vec<Target>) -> DeliveryRecord {
    let message = Message {
        id: id.to_owned(),
        kind: MessageKind::Notification,
        subject: None,
        body: "x".to_owned(),
        per_protocol: BTreeMap::new(),
        attributes: BTreeMap::new(),
        published: NOW,
        signature_version: "1".to_owned(),
        group_id: None,
        deduplication_id: None,
        sequence_number: None,
    };
    DeliveryRecord { topic: "t".to_owned(), message, targets }
}

fn fifo(id: &str, group: &str, sequence: u64) -> DeliveryRecord {
    let mut record = record(id, vec![target(1, Protocol::Sqs, "arn:aws:sqs:us-east-1:1:q.fifo")]);
    record.message.group_id = Some(group.to_owned());
    record.message.sequence_number = Some(format!("{sequence:020}"));
    record
}

fn found(record: DeliveryRecord, version: u64) -> Option<Versioned<DeliveryRecord>> {
    Some(Versioned { value: Arc::new(record), version })
}

fn queue(records: Vec<DeliveryRecord>) -> Queue {
    let mut queue = Queue::default();
    let keyed = |record: DeliveryRecord| (key(&record.message.id), found(record, 1));
    queue.take_over(records.into_iter().map(keyed));
    queue
}

fn taken(queue: &mut Queue, now: Timestamp) -> Vec<Start> {
    std::iter::from_fn(|| queue.take(now)).collect()
}

fn ids(starts: &[Start]) -> Vec<String> {
    starts.iter().map(|start| start.parcel.record.message.id.clone()).collect()
}

fn end(queue: &mut Queue, start: &Start) {
    queue.release(&Place::of(&start.target));
    queue.done(start.spot, None);
}

#[test]
fn eight_go_to_a_host_at_once_and_others_are_not_held_up() {
    let slow = (0..20).map(|number| target(number, Protocol::Http, "http://slow:1/in")).collect();
    let fast = vec![target(99, Protocol::Http, "http://fast:1/in")];
    let mut queue = queue(vec![record("a", slow), record("b", fast)]);
    let first = taken(&mut queue, NOW);
    assert_eq!(first.len(), 9);
    assert_eq!(ids(&first).last().unwrap(), "b");
    // What has no room is not due before something ends.
    assert_eq!(queue.earliest(), None);
    end(&mut queue, &first[0]);
    assert_eq!(queue.earliest(), Some(Timestamp::MIN));
    let mut started = taken(&mut queue, NOW);
    assert_eq!(started.len(), 1);
    let mut under_way: Vec<Start> = first.into_iter().skip(1).collect();
    under_way.append(&mut started);
    let mut all = 10;
    while let Some(start) = under_way.pop() {
        end(&mut queue, &start);
        let mut more = taken(&mut queue, NOW);
        all += more.len();
        under_way.append(&mut more);
    }
    assert_eq!(all, 21);
    assert!(queue.busy.is_empty() && queue.crowded.is_empty() && queue.under_way == 0);
}

#[test]
fn no_more_than_256_are_under_way() {
    let targets = (0..300).map(|number| target(number, Protocol::Http, &format!("http://h{number}/"))).collect();
    let mut queue = queue(vec![record("a", targets)]);
    let first = taken(&mut queue, NOW);
    assert_eq!(first.len(), 256);
    end(&mut queue, &first[0]);
    assert_eq!(taken(&mut queue, NOW).len(), 1);
}

#[test]
fn messages_of_a_group_go_one_after_the_other_in_order() {
    let all = vec![fifo("b", "g", 9), fifo("a", "g", 10), fifo("c", "g", 8), fifo("d", "other", 11)];
    let mut queue = queue(all);
    let first = taken(&mut queue, NOW);
    assert_eq!(ids(&first), ["c", "d"]);
    // The first is tried again: it holds up its group.
    let failed = &first[0];
    queue.release(&Place::of(&failed.target));
    queue.again(failed.spot, 1, NOW.plus(SECOND));
    assert!(taken(&mut queue, NOW).is_empty());
    let again = taken(&mut queue, NOW.plus(SECOND));
    assert_eq!((ids(&again), again[0].target.attempts), (vec!["c".to_owned()], 1));
    end(&mut queue, &again[0]);
    let next = taken(&mut queue, NOW);
    assert_eq!(ids(&next), ["b"]);
    // One that is removed lets the next one go.
    queue.forget(&key("b"));
    queue.release(&Place::of(&next[0].target));
    assert_eq!(ids(&taken(&mut queue, NOW)), ["a"]);
}

#[test]
fn a_rate_is_kept_second_by_second() {
    let policy = r#"{"throttlePolicy":{"maxReceivesPerSecond":2}}"#;
    let held = || Target { delivery_policy: Some(policy.to_owned()), ..target(1, Protocol::Http, "http://h/") };
    let mut queue = queue((0..5).map(|number| record(&format!("m{number}"), vec![held()])).collect());
    assert_eq!(taken(&mut queue, NOW).len(), 2);
    assert_eq!(queue.earliest(), Some(NOW.plus(SECOND)));
    assert_eq!(taken(&mut queue, NOW.plus(SECOND)).len(), 2);
    assert_eq!(taken(&mut queue, NOW.plus(SECOND)).len(), 0);
    assert_eq!(taken(&mut queue, NOW.plus(2 * SECOND)).len(), 1);
    // None of this is written down.
    assert!(queue.rewrites().is_empty());
}

#[test]
fn an_address_gets_ten_mails_in_a_second_and_the_others_wait_without_a_failure() {
    let mail = |number: usize| target(number, Protocol::Email, "ann@example.com");
    let mut queue = queue((0..12).map(|number| record(&format!("m{number}"), vec![mail(number)])).collect());
    let mut sent = 0;
    // Eight go to the mail server at a time.
    for _ in 0..3 {
        let starts = taken(&mut queue, NOW);
        sent += starts.len();
        starts.iter().for_each(|start| end(&mut queue, start));
    }
    assert_eq!((sent, queue.earliest()), (10, Some(NOW.plus(SECOND))));
    let last = taken(&mut queue, NOW.plus(SECOND));
    assert_eq!(last.iter().map(|start| start.target.attempts).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn what_is_left_of_a_record_is_written_with_its_attempts() {
    let targets = (0..3).map(|number| target(number, Protocol::Http, "http://h/")).collect();
    let mut queue = queue(vec![record("a", targets)]);
    let starts = taken(&mut queue, NOW);
    end(&mut queue, &starts[0]);
    queue.release(&Place::of(&starts[1].target));
    queue.again(starts[1].spot, 1, NOW.plus(SECOND));
    let rewrites = queue.rewrites();
    let left = &rewrites[0].left.as_ref().unwrap().targets;
    let told: Vec<_> = left.iter().map(|target| (target.subscription.as_str(), target.attempts, target.due)).collect();
    assert_eq!(told, [("t:1", 1, NOW.plus(SECOND)), ("t:2", 0, NOW)]);
    queue.rewritten(&rewrites[0], Some(2));
    assert!(queue.rewrites().is_empty());
    // Its own rewriting tells the queue nothing new.
    queue.take_over(std::iter::once((key("a"), found(rewrites[0].left.clone().unwrap(), 2))));
    assert!(queue.take(NOW).is_none() && queue.started(starts[2].spot).is_some());
    end(&mut queue, &starts[2]);
    queue.again(starts[1].spot, 2, NOW);
    let last = taken(&mut queue, NOW);
    end(&mut queue, &last[0]);
    let rewrites = queue.rewrites();
    assert!(rewrites[0].left.is_none() && rewrites[0].version == 2);
    queue.rewritten(&rewrites[0], None);
    assert!(queue.loads.is_empty() && queue.numbers.is_empty());
}

#[test]
fn records_that_go_while_they_wait_leave_their_room() {
    let targets = |count| (0..count).map(|number| target(number, Protocol::Http, "http://h/")).collect();
    let mut queue = queue(vec![record("a", targets(8)), record("b", targets(8)), record("c", targets(1))]);
    let first = taken(&mut queue, NOW);
    end(&mut queue, &first[0]);
    // Room is kept for one of `b` when `b` goes.
    queue.take_over(std::iter::once((key("b"), None)));
    assert_eq!(ids(&taken(&mut queue, NOW)), ["c"]);
}
