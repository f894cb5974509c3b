//! What sessions collect; the frames are looked at in the operation's tests.

use base::SeededEntropy;

use super::*;

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn watch(group: u64, streams: Streams, pattern: &str) -> Watch {
    let groups = HashMap::from([(GroupId(group), Arc::from("arn"))]);
    Watch::new(groups, streams, FilterPattern::parse(pattern).unwrap(), Arc::new(SeededEntropy::new(1)))
}

fn events(messages: &[&str]) -> Vec<NewEvent> {
    let event = |(n, message): (usize, &&str)| NewEvent {
        time: Timestamp::from_millis(n as i64),
        message: (*message).to_owned(),
    };
    messages.iter().enumerate().map(event).collect()
}

fn tell(tails: &LiveTails, group: u64, stream: &str, messages: &[&str]) {
    tails.wanted(GroupId(group), stream, &events(messages), Timestamp::from_millis(9)).tell();
}

fn told(watching: &Watching) -> Vec<String> {
    watching.watch.take().events.into_iter().map(|event| event.message).collect()
}

#[test]
fn a_session_gets_what_matches_of_its_groups_and_streams() {
    let tails = Arc::new(LiveTails::default());
    let all = tails.watch(&account(), watch(1, Streams::All, "")).unwrap();
    let named = tails.watch(&account(), watch(1, Streams::Named(vec!["web".to_owned()]), "ERROR")).unwrap();
    let starting = tails.watch(&account(), watch(1, Streams::Starting(vec!["w".to_owned()]), "")).unwrap();
    tell(&tails, 1, "web", &["ERROR a", "fine"]);
    tell(&tails, 1, "db", &["ERROR b"]);
    tell(&tails, 2, "web", &["ERROR c"]);
    assert_eq!(told(&all), ["ERROR a", "ERROR b", "fine"]);
    assert_eq!(told(&named), ["ERROR a"]);
    assert_eq!(told(&starting), ["ERROR a", "fine"]);
    assert_eq!(told(&all), Vec::<String>::new());
}

#[test]
fn of_more_than_five_hundred_events_a_sample_is_told() {
    let tails = Arc::new(LiveTails::default());
    let session = tails.watch(&account(), watch(1, Streams::All, "")).unwrap();
    tell(&tails, 1, "s", &["m"; 500]);
    let all = session.watch.take();
    assert_eq!((all.events.len(), all.seen), (500, 500));
    tell(&tails, 1, "s", &[&["early"; 500][..], &["late"; 500]].concat());
    let sample = session.watch.take();
    assert_eq!((sample.events.len(), sample.seen), (500, 1000));
    let late = sample.events.iter().filter(|event| event.message == "late").count();
    assert!((150..350).contains(&late), "{late}");
    assert!(sample.events.is_sorted_by_key(|event| event.time));
}

#[test]
fn an_account_has_fifteen_sessions_and_gets_another_when_one_ends() {
    let tails = Arc::new(LiveTails::default());
    let one = || tails.watch(&account(), watch(1, Streams::All, ""));
    let mut sessions: Vec<Watching> = (0..SESSIONS_MAX).map(|_| one().unwrap()).collect();
    assert!(one().is_none());
    assert!(tails.watch(&"444455556666".parse().unwrap(), watch(1, Streams::All, "")).is_some());
    sessions.pop();
    assert!(one().is_some());
    drop(sessions);
    assert!(tails.by_group.read().unwrap().is_empty() && tails.by_account.lock().unwrap().is_empty());
}
