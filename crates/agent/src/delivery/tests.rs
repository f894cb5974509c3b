//! Delivery through outages, refusals, restarts and lost answers, on a clock that tests turn.

use std::net::SocketAddr;

use base::{SeededEntropy, SimulatedClock};
use tempfile::TempDir;

use super::*;
use crate::datum::{Datum, DatumValue, Sample, Unit};
use crate::fake_server::{self, AWAY, Answer, FakeServer, INVALID, SECRET};
use crate::put_metric_data::{Batch, Envelope};

const START: Timestamp = Timestamp::from_secs(1_769_853_600);

fn batch(name: &str, at: Timestamp) -> Batch {
    let envelope = Envelope { namespace: "CWAgent".to_owned(), host: None, appended: Vec::new() };
    let series = Sample::new(name, Unit::Count, 1.0).series;
    let datum = Datum { series, timestamp: at, value: DatumValue::Single(1.0), high_resolution: false };
    envelope.pack(&[datum]).remove(0)
}

/// A server, a buffer in a folder, and a delivery between them.
struct World {
    server: FakeServer,
    folder: TempDir,
    spool: SharedSpool,
    delivery: Delivery,
    clock: Arc<SimulatedClock>,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(START));
        let server = FakeServer::start(clock.clone()).await;
        let folder = TempDir::new().unwrap();
        let spool = open(&folder);
        let delivery = deliver(&spool, server.client(SECRET));
        Self { server, folder, spool, delivery, clock }
    }

    fn add(&self, names: &[&str]) {
        for name in names {
            self.spool.lock().add(batch(name, START));
        }
    }

    async fn step(&mut self) -> Next {
        use base::Clock as _;
        self.delivery.step(self.clock.now()).await
    }

    /// Steps until there is nothing more to do now.
    async fn go(&mut self) -> Next {
        loop {
            match self.step().await {
                Next::Continue => {}
                next => return next,
            }
        }
    }

    fn refused(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("refused")).unwrap().count()
    }
}

fn open(folder: &TempDir) -> SharedSpool {
    SharedSpool::new(Spool::open(folder.path(), 1 << 20).unwrap())
}

fn deliver(spool: &SharedSpool, client: Client) -> Delivery {
    Delivery::new(spool.clone(), client, Arc::new(SeededEntropy::new(1)))
}

#[tokio::test]
async fn what_waits_is_sent_in_order_over_one_connection() {
    let mut world = World::new().await;
    world.add(&["a", "b", "c"]);
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a", "b", "c"]);
    assert_eq!(world.server.taken()[0].timestamp, Some(START));
    assert_eq!(world.server.connections(), 1);
    assert!(world.spool.lock().is_empty());
}

#[tokio::test]
async fn an_outage_delays_and_loses_nothing() {
    let mut world = World::new().await;
    world.server.will_answer([Answer::HangUp, AWAY, AWAY]);
    world.add(&["a", "b"]);
    let mut waits = Vec::new();
    while let Next::WaitUntil(at) = world.go().await {
        use base::Clock as _;
        waits.push(at.millis() - world.clock.now().millis());
        world.add(&["later"]);
        world.clock.move_to(at);
    }
    assert_eq!(world.server.taken_names(), ["a", "b", "later", "later", "later"]);
    for (wait, full) in waits.iter().zip([1000, 2000, 4000]) {
        assert!((full * 3 / 4..=full).contains(wait), "{waits:?}");
    }
    assert_eq!(waits.len(), 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let mut world = World::new().await;
    // Bound and let go again: nobody listens there.
    let free = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    world.delivery = deliver(&world.spool, fake_server::client(&url, SECRET));
    world.add(&["a"]);
    assert!(matches!(world.go().await, Next::WaitUntil(_)));
    world.delivery = deliver(&world.spool, world.server.client(SECRET));
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a"]);
}

#[tokio::test]
async fn an_agent_that_was_killed_sends_what_waits_after_its_restart() {
    let mut world = World::new().await;
    world.server.will_answer([AWAY]);
    world.add(&["a", "b"]);
    assert!(matches!(world.go().await, Next::WaitUntil(_)));
    let World { server, folder, spool, delivery, clock } = world;
    drop((spool, delivery));
    let spool = open(&folder);
    spool.lock().add(batch("c", START));
    let delivery = deliver(&spool, server.client(SECRET));
    let mut world = World { server, folder, spool, delivery, clock };
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_lost_answer_repeats_a_request_rather_than_lose_it() {
    let mut world = World::new().await;
    world.server.will_answer([Answer::TakeAndHangUp]);
    world.add(&["a"]);
    let Next::WaitUntil(at) = world.go().await else { panic!("no answer came") };
    world.clock.move_to(at);
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a", "a"]);
}

#[tokio::test]
async fn a_refused_request_is_set_aside_and_the_next_goes_on() {
    let mut world = World::new().await;
    world.server.will_answer([INVALID]);
    world.add(&["bad", "good"]);
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["good"]);
    assert_eq!(world.refused(), 1);
}

#[tokio::test]
async fn wrong_credentials_delay_and_lose_nothing() {
    let mut world = World::new().await;
    world.delivery = deliver(&world.spool, world.server.client("another secret"));
    world.add(&["a"]);
    assert!(matches!(world.go().await, Next::WaitUntil(_)));
    assert_eq!((world.spool.lock().len(), world.refused()), (1, 0));
    world.delivery = deliver(&world.spool, world.server.client(SECRET));
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a"]);
}

#[tokio::test]
async fn nothing_older_than_two_weeks_is_sent() {
    let mut world = World::new().await;
    world.spool.lock().add(batch("old", START.plus_millis(-14 * base::time::DAY_MS)));
    world.add(&["new"]);
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["new"]);
    assert_eq!(world.refused(), 0);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_made_anew_without_a_wait() {
    let mut world = World::new().await;
    world.server.will_answer([Answer::TakeAndClose]);
    world.add(&["a", "b", "c"]);
    assert_eq!(world.go().await, Next::Idle);
    assert_eq!(world.server.taken_names(), ["a", "b", "c"]);
    assert_eq!(world.server.connections(), 2);
}

#[test]
fn waits_double_up_to_a_minute() {
    let entropy = SeededEntropy::new(7);
    for (failures, full) in [(0, 1), (1, 2), (5, 32), (6, 60), (7, 60), (u32::MAX, 60)] {
        let wait = wait_after(failures, &entropy).as_secs_f64();
        assert!((0.75 * f64::from(full)..=f64::from(full)).contains(&wait), "{failures}: {wait}");
    }
}
