//! Sending against a server on a socket.

use base::{SeededEntropy, SimulatedClock};
use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::super::settings::{LogsGiven, Machine};
use super::*;
use crate::fake_server::{FakeServer, SECRET};

struct Site {
    server: FakeServer,
    folder: TempDir,
    clock: Arc<SimulatedClock>,
}

impl Site {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_772_000_000)));
        let server = FakeServer::start(clock.clone()).await;
        Self { server, folder: TempDir::new().unwrap(), clock }
    }

    fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("app.log"), text).unwrap();
    }

    fn delivery(&self, more: &str) -> LogDelivery {
        let path = self.folder.path().join("app.log");
        let text = format!(
            "[[logs_collected.files.collect_list]]\nfile_path = '{}'\nlog_group_name = 'g'\nlog_stream_name = 's'\n{more}",
            path.display()
        );
        let machine = Machine { hostname: "box".to_owned(), instance_id: None, zone: TimeZone::UTC };
        let settings = toml::from_str::<LogsGiven>(&text).unwrap().finish(&machine).unwrap();
        let reader = Reader::open(settings, &self.folder.path().join("state")).unwrap();
        LogDelivery::new(reader, self.server.client(SECRET), self.clock.clone(), Arc::new(SeededEntropy::new(1)))
    }

    async fn send(&self, delivery: &mut LogDelivery) -> Result<(), Duration> {
        delivery.step(Haste::SendAll, self.clock.now()).await
    }
}

const NOT_FOUND: (u16, &str) = (400, r#"{"__type":"ResourceNotFoundException","message":"no"}"#);

#[tokio::test]
async fn group_and_stream_are_made_when_they_are_missing_and_the_retention_is_set_once() {
    let site = Site::new().await;
    site.write("a\nb\n");
    site.server.will_answer_logs([NOT_FOUND]);
    let mut delivery = site.delivery("retention_in_days = 7");
    site.send(&mut delivery).await.unwrap();
    let operations = ["CreateLogGroup", "CreateLogStream", "PutLogEvents", "PutRetentionPolicy"];
    assert_eq!(site.server.log_operations(), operations);
    assert_eq!(site.server.messages(), ["a", "b"]);
    assert_eq!(site.server.log_calls()[3].1, json!({"logGroupName": "g", "retentionInDays": 7}));
    site.write("a\nb\nc\n");
    site.send(&mut delivery).await.unwrap();
    assert_eq!(site.server.log_operations()[4..], ["PutLogEvents"]);
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_and_nothing_is_lost() {
    let site = Site::new().await;
    site.write("a\n");
    let throttled = (400, r#"{"__type":"ThrottlingException"}"#);
    site.server.will_answer_logs([(503, ""), throttled]);
    let mut delivery = site.delivery("");
    assert!(site.send(&mut delivery).await.is_err());
    assert!(site.send(&mut delivery).await.is_err());
    drop(delivery);
    site.send(&mut site.delivery("")).await.unwrap();
    assert_eq!(site.server.messages(), ["a"]);
    site.send(&mut site.delivery("")).await.unwrap();
    assert_eq!(site.server.messages(), ["a"], "what was acknowledged is not sent again");
}

#[tokio::test]
async fn events_that_are_refused_for_good_hold_up_no_others() {
    let site = Site::new().await;
    site.write("a\n");
    site.server.will_answer_logs([(400, r#"{"__type":"InvalidParameterException","message":"no"}"#)]);
    let mut delivery = site.delivery("");
    site.send(&mut delivery).await.unwrap();
    site.write("a\nb\n");
    site.send(&mut delivery).await.unwrap();
    assert_eq!(site.server.messages(), ["b"]);
}
