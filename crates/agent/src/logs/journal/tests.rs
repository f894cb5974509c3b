//! From a child to a server on a socket. The child is a script that has entries in files and, as
//! `journalctl` does, prints those from a cursor on; the real one is in the client tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use base::{Clock as _, SeededEntropy, SimulatedClock, Timestamp};
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::follow::Follower;
use super::settings::tests::source;
use crate::fake_server::{FakeServer, SECRET};
use crate::logs::positions;
use crate::logs::reader::{Haste, Reader};
use crate::logs::send::LogDelivery;
use crate::logs::settings::{LogsGiven, Machine};

/// `ends` makes `--follow` end as if it had crashed, once.
const JOURNALCTL: &str = r#"#!/bin/sh
folder=$(dirname "$0")
echo "$*" >>"$folder/asked"
from=
for argument; do
    case $argument in --cursor=*) from=${argument#--cursor=} ;; esac
done
for entry in "$folder"/entries/*; do
    case $* in *--lines=1*) continue ;; esac
    name=$(basename "$entry")
    if [ -n "$from" ] && expr "$name" '<' "$from" >/dev/null; then continue; fi
    cat "$entry"
done
case $* in
*--lines=1*) cat "$entry" 2>/dev/null || true ;;
*--follow*) if rm "$folder/ends" 2>/dev/null; then echo broken >&2; exit 3; else exec sleep 1000000; fi ;;
esac
"#;

struct Site {
    server: FakeServer,
    folder: TempDir,
    clock: Arc<SimulatedClock>,
}

impl Site {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_772_000_000)));
        let site = Self { server: FakeServer::start(clock.clone()).await, folder: TempDir::new().unwrap(), clock };
        fs::create_dir(site.path("entries")).unwrap();
        site.script(JOURNALCTL);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn script(&self, text: &str) {
        fs::write(self.path("journalctl"), text).unwrap();
        fs::set_permissions(self.path("journalctl"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// An entry is whole when it has its name.
    fn log(&self, number: usize, message: &str) {
        let name = format!("c{number:03}");
        let length: String = (message.len() as u64).to_le_bytes().iter().map(|byte| char::from(*byte)).collect();
        let text =
            format!("__CURSOR={name}\n__REALTIME_TIMESTAMP=177200000000000{number}\nMESSAGE\n{length}{message}\n\n");
        fs::write(self.path("unfinished"), text).unwrap();
        fs::rename(self.path("unfinished"), self.path("entries").join(name)).unwrap();
    }

    fn delivery(&self, more: &str) -> LogDelivery {
        let text = format!(
            "[[logs_collected.journald.collect_list]]\nlog_group_name = 'g'\nlog_stream_name = 's'\njournalctl_path = '{}'\n{more}",
            self.path("journalctl").display()
        );
        let machine = Machine { hostname: "box".to_owned(), instance_id: None, zone: TimeZone::UTC };
        let settings = toml::from_str::<LogsGiven>(&text).unwrap().finish(&machine).unwrap();
        let reader = Reader::open(settings, &self.path("state")).unwrap();
        LogDelivery::new(reader, self.server.client(SECRET), self.clock.clone(), Arc::new(SeededEntropy::new(1)))
    }

    /// Steps until it has come to that.
    async fn until(&self, delivery: &mut LogDelivery, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let _ = delivery.step(Haste::SendAll, self.clock.now()).await;
        }
    }

    fn messages(&self) -> Vec<String> {
        self.server.messages()
    }

    /// Whether it is written down that all is done up to this entry.
    fn is_saved(&self, cursor: &str) -> bool {
        let saved = positions::load(&self.path("state")).unwrap();
        saved.journals.first().is_some_and(|journal| journal.place.cursor() == Some(cursor))
    }

    /// What the script was asked, without what it is always asked.
    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path("asked")).unwrap_or_default();
        let always = ["--output=export --no-pager ", "--output-fields=MESSAGE,PRIORITY --"];
        asked
            .lines()
            .map(|line| always.iter().fold(line.to_owned(), |line, part| line.replace(part, "")).trim().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_journal_that_was_never_read_begins_with_what_comes() {
    let site = Site::new().await;
    site.log(1, "old");
    site.log(2, "older agents did not send this");
    let mut delivery = site.delivery("");
    site.until(&mut delivery, |site| site.is_saved("c002")).await;
    drop(delivery);
    site.log(3, "while\nnobody looked");
    let mut delivery = site.delivery("");
    site.until(&mut delivery, |site| site.is_saved("c003")).await;
    assert_eq!(site.messages(), ["while\nnobody looked"]);
    let asked = site.asked();
    assert_eq!(asked[..2], ["--lines=1", "--cursor=c002"]);
    assert_eq!(asked.iter().filter(|run| run.contains("--lines=1")).count(), 1, "where to begin is found out once");
}

#[tokio::test]
async fn a_journal_that_is_empty_is_new_from_its_first_entry_on() {
    let site = Site::new().await;
    let mut delivery = site.delivery("");
    let is_known = |site: &Site| !positions::load(&site.path("state")).unwrap().journals.is_empty();
    site.until(&mut delivery, is_known).await;
    drop(delivery);
    site.log(1, "first");
    let mut delivery = site.delivery("");
    site.until(&mut delivery, |site| site.is_saved("c001")).await;
    assert_eq!(site.messages(), ["first"]);
}

#[tokio::test]
async fn what_a_server_that_is_away_did_not_take_is_read_again() {
    let site = Site::new().await;
    site.log(1, "a");
    site.log(2, "b");
    site.server.will_answer_logs([(503, ""), (503, "")]);
    let mut delivery = site.delivery("start_at = 'beginning'");
    while delivery.step(Haste::SendAll, site.clock.now()).await.is_ok() {}
    assert_eq!((site.messages(), site.is_saved("c001")), (vec![], false));
    drop(delivery);
    let mut delivery = site.delivery("start_at = 'beginning'");
    site.until(&mut delivery, |site| site.is_saved("c002")).await;
    drop(delivery);
    let mut delivery = site.delivery("start_at = 'beginning'");
    site.log(3, "c");
    site.until(&mut delivery, |site| site.is_saved("c003")).await;
    assert_eq!(site.messages(), ["a", "b", "c"], "what was acknowledged is not sent again");
}

#[tokio::test]
async fn a_child_that_ends_is_started_again_and_nothing_is_lost_or_repeated() {
    let site = Site::new().await;
    site.log(1, "a");
    fs::write(site.path("ends"), "").unwrap();
    let mut delivery = site.delivery("start_at = 'beginning'");
    site.until(&mut delivery, |site| !site.path("ends").exists()).await;
    site.log(2, "b");
    site.until(&mut delivery, |site| site.is_saved("c002")).await;
    assert_eq!(site.messages(), ["a", "b"]);
    assert_eq!(site.asked()[..3], ["", "--follow --no-tail --cursor=c001", "--cursor=c001"]);
}

#[tokio::test]
async fn a_machine_without_a_journal_holds_up_no_files() {
    let site = Site::new().await;
    fs::remove_file(site.path("journalctl")).unwrap();
    fs::write(site.path("app.log"), "from a file\n").unwrap();
    let file = format!(
        "[[logs_collected.files.collect_list]]\nfile_path = '{}'\nlog_group_name = 'f'",
        site.path("app.log").display()
    );
    let mut delivery = site.delivery(&file);
    site.until(&mut delivery, |site| !site.messages().is_empty()).await;
    assert_eq!(site.messages(), ["from a file"]);
}

#[tokio::test]
async fn a_child_waits_when_nobody_takes_what_it_prints() {
    let site = Site::new().await;
    let line = "x".repeat(1000);
    site.script(&format!(
        "#!/bin/sh\nwhile :; do printf '__CURSOR=c\\n__REALTIME_TIMESTAMP=1\\nMESSAGE={line}\\n\\n'; done\n"
    ));
    let more = format!("start_at = 'beginning'\njournalctl_path = '{}'", site.path("journalctl").display());
    let is_full = Arc::new(Notify::new());
    let (follower, incoming) = Follower::new(source(&more), None, is_full.clone());
    let running = tokio::spawn(follower.run(site.clock.clone(), Arc::new(SeededEntropy::new(1))));
    is_full.notified().await;
    assert_eq!(incoming.len(), incoming.max_capacity());
    drop(incoming);
    running.await.unwrap();
}
