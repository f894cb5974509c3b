//! The whole agent against a server on a socket.

use std::collections::BTreeSet;

use base::{SeededEntropy, SimulatedClock};
use tempfile::TempDir;
use tokio::net::UdpSocket;

use super::*;
use crate::fake_server::{AWAY, FakeServer, SECRET};
use crate::logs::settings::Machine;
use crate::settings::Given;

struct Site {
    server: FakeServer,
    folder: TempDir,
    world: World,
}

impl Site {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_769_853_600)));
        let server = FakeServer::start(clock.clone()).await;
        let world = World {
            clock,
            entropy: Arc::new(SeededEntropy::new(1)),
            proc: Proc::default(),
            root: "/".into(),
            search: vec![],
        };
        Self { server, folder: TempDir::new().unwrap(), world }
    }

    async fn agent(&self) -> Agent {
        let given = Given {
            endpoint: Some(self.server.url().parse().unwrap()),
            access_key_id: Some("AKIDEXAMPLE".to_owned()),
            secret_access_key: Some(SECRET.to_owned()),
            session_token: Some("a token".to_owned()),
            statsd: Some(StatsdInput::On(SocketAddr::from(([127, 0, 0, 1], 0)))),
            buffer: Some(self.folder.path().join("buffer")),
            ..Given::default()
        };
        Agent::start(given.finish(&machine()).unwrap_or_else(|error| panic!("{error}")), self.world.clone())
            .await
            .unwrap()
    }
}

fn stopped() -> CancellationToken {
    let stop = CancellationToken::new();
    stop.cancel();
    stop
}

#[tokio::test]
async fn an_agent_told_to_stop_sends_all_that_it_has() {
    let site = Site::new().await;
    let agent = site.agent().await;
    let statsd = agent.statsd_address().unwrap();
    let application = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    application.send_to(b"orders:3|c|#shop:north", statsd).await.unwrap();
    agent.run(stopped()).await;
    let taken = site.server.taken();
    let names: BTreeSet<&str> = taken.iter().map(|datum| datum.metric_name.as_str()).collect();
    for name in ["mem_used_percent", "swap_used_percent", "processes_total", "netstat_tcp_listen", "orders"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    let orders = taken.iter().find(|datum| datum.metric_name == "orders").unwrap();
    let dimensions: Vec<(&str, &str)> =
        orders.dimensions.iter().flatten().map(|at| (at.name.as_str(), at.value.as_str())).collect();
    assert_eq!(dimensions, [("host", "box"), ("shop", "north"), ("metric_type", "counter")]);
    assert_eq!(orders.value, Some(3.0));
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_by_the_next_agent() {
    let site = Site::new().await;
    site.server.will_answer(vec![AWAY; 1]);
    site.agent().await.run(stopped()).await;
    assert_eq!(site.server.taken(), []);
    site.agent().await.run(stopped()).await;
    let twice = site.server.taken_names().iter().filter(|name| *name == "mem_used_percent").count();
    assert_eq!(twice, 2);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let site = Site::new().await;
    let taken = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let mut settings = site.agent().await.settings;
    settings.statsd = StatsdInput::On(taken.local_addr().unwrap());
    let error = Agent::start(settings, site.world.clone()).await.err().unwrap().to_string();
    assert!(error.contains(&taken.local_addr().unwrap().to_string()), "{error}");
}

fn machine() -> Machine {
    Machine { hostname: "box".to_owned(), instance_id: None, zone: jiff::tz::TimeZone::UTC }
}
