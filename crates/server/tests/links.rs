//! Calls that links make need no signature. A flood of them fills no disk, and stops no other.

use std::time::Instant;

use http::{HeaderMap, Method};
use server::listener::Peer;
use server::pipeline;
use testkit::TestServer;
use wire::RawRequest;

/// More than enter the history in any time that this test takes.
const FLOOD: usize = 5_000;

async fn status(server: &TestServer, query: &str) -> u16 {
    let uri = format!("/?Version=2010-03-31&{query}").parse().expect("a query is part of a path");
    let raw = RawRequest { method: Method::GET, uri, headers: HeaderMap::new(), body: Default::default() };
    let peer = Peer { ip: "192.0.2.1".to_owned(), tls: None };
    pipeline::answer(server.running().state(), peer, raw, Instant::now()).await.response.status
}

fn events(server: &TestServer) -> usize {
    let page = server.running().state().metrics.render();
    page.lines()
        .find_map(|line| line.strip_prefix("trailwatch_audit_events_total ")?.parse().ok())
        .expect("the page counts events")
}

/// Sends the flood; gives how many of it left an event.
async fn flood(server: &TestServer, query: &str, expected: u16) -> usize {
    let before = events(server);
    for _ in 0..FLOOD {
        assert_eq!(status(server, query).await, expected, "{query}");
    }
    events(server) - before
}

const TOPIC: &str = "TopicArn=arn:aws:sns:us-east-1:111122223333:t";
const ENDING: &str = "Action=Unsubscribe&SubscriptionArn=\
                      arn:aws:sns:us-east-1:111122223333:t:6b7e4c2a-0000-4000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn refused_links_are_recorded_within_a_limit_and_leave_room_for_others() {
    let server = TestServer::start().await.unwrap();
    let token = "a".repeat(128);
    for (query, why) in [
        (format!("Action=ConfirmSubscription&{TOPIC}&Token={token}"), "a token that was made up"),
        (format!("Action=ConfirmSubscription&{TOPIC}"), "no token at all"),
        ("Action=Unsubscribe&SubscriptionArn=x".to_owned(), "no ARN"),
    ] {
        let recorded = flood(&server, &query, 400).await;
        assert!(recorded < FLOOD / 2, "{why}: {recorded} of {FLOOD} left an event");
    }
    assert_eq!(status(&server, ENDING).await, 200, "who follows a real link is served");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_pass_are_taken_within_a_limit() {
    let server = TestServer::start().await.unwrap();
    let mut taken = 0;
    for _ in 0..FLOOD {
        taken += usize::from(status(&server, ENDING).await == 200);
    }
    assert!((1..FLOOD / 2).contains(&taken), "{taken} of {FLOOD} were taken");
    assert!(events(&server) < FLOOD, "some that were not taken left no event");
    server.stop().await.unwrap();
}
