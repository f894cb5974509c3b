//! Telling a server on a socket, which checks every call by the API's own schema.

use base::{SeededEntropy, SimulatedClock};
use tempfile::TempDir;

use super::super::settings::InventoryGiven;
use super::*;
use crate::fake_server::{FakeServer, SECRET};

const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
/// Of the machine with this id.
const OWN_ID: &str = "mi-e22e08e99874d5f31";
const HALF_HOUR: Duration = Duration::from_secs(1800);

struct Site {
    server: FakeServer,
    folder: TempDir,
    clock: Arc<SimulatedClock>,
}

impl Site {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_780_300_800)));
        let site = Self { server: FakeServer::start(clock.clone()).await, folder: TempDir::new().unwrap(), clock };
        site.write("etc/machine-id", MACHINE_ID);
        site.write("etc/os-release", "NAME=Debian\nVERSION_ID=12\n");
        site.write("proc/sys/kernel/hostname", "db1.lan\n");
        site.install(&["a"]);
        site
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn install(&self, names: &[&str]) {
        let package = |name: &&str| format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n\n");
        self.write("var/lib/dpkg/status", &names.iter().map(package).collect::<String>());
    }

    fn delivery(&self, settings: &str) -> InventoryDelivery {
        let settings = toml::from_str::<InventoryGiven>(settings).unwrap().finish(None).unwrap().unwrap();
        let root = self.folder.path().to_owned();
        let place = Place { folder: root.join("state"), root, search: Vec::new() };
        let (client, entropy) = (self.server.client(SECRET), Arc::new(SeededEntropy::new(1)));
        InventoryDelivery::open(settings, place, client, self.clock.clone(), entropy).unwrap()
    }

    /// What is due now is done; when to go on.
    async fn step(&self, delivery: &mut InventoryDelivery) -> Next {
        delivery.step(self.clock.now()).await
    }

    /// What is due after a period is done.
    async fn next_period(&self, delivery: &mut InventoryDelivery) -> Next {
        self.advance(HALF_HOUR);
        self.step(delivery).await
    }

    fn advance(&self, duration: Duration) {
        self.clock.move_to(self.clock.now().plus(duration));
    }

    fn operations(&self) -> Vec<String> {
        self.server.inventory_calls().into_iter().map(|(operation, _)| operation).collect()
    }

    /// The items of each PutInventory, as `type:whole` or `type:hash`.
    fn told(&self) -> Vec<Vec<String>> {
        let puts = self.server.inventory_calls().into_iter().filter(|(operation, _)| operation == "PutInventory");
        let item = |item: &Value| {
            let form = if item.get("Content").is_some() { "whole" } else { "hash" };
            format!("{}:{form}", item["TypeName"].as_str().unwrap().split_once(':').unwrap().1)
        };
        puts.map(|(_, input)| input["Items"].as_array().unwrap().iter().map(item).collect()).collect()
    }

    /// The names of the applications told last.
    fn applications(&self) -> Vec<String> {
        let (_, input) = self.server.inventory_calls().pop().unwrap();
        let content = input["Items"][0]["Content"].as_array().unwrap().clone();
        content.iter().map(|entry| entry["Name"].as_str().unwrap().to_owned()).collect()
    }
}

const DPKG: &str = "collect = ['dpkg']";
const BOTH: &str = "collect = ['dpkg', 'network']";

#[tokio::test]
async fn a_machine_says_that_it_is_there_and_tells_everything_once() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    let now = site.clock.now();
    assert_eq!(site.step(&mut delivery).await, Next::At(now.plus(HEARTBEAT)));
    assert_eq!(site.operations(), ["UpdateInstanceInformation", "PutInventory"]);
    let calls = site.server.inventory_calls();
    let said = &calls[0].1;
    for (name, value) in [
        ("InstanceId", OWN_ID),
        ("AgentName", "trailwatch-agent"),
        ("PlatformType", "Linux"),
        ("PlatformName", "Debian"),
        ("PlatformVersion", "12"),
        ("ComputerName", "db1.lan"),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    assert_eq!(calls[1].1["InstanceId"], OWN_ID);
    assert_eq!(calls[1].1["Items"][0]["CaptureTime"], "2026-06-01T08:00:00Z");
    assert_eq!(site.told(), [["Application:whole", "AWSComponent:whole"]]);
}

#[tokio::test]
async fn heartbeats_come_between_collections() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    let mut next = site.step(&mut delivery).await;
    for _ in 0..6 {
        let Next::At(at) = next else { panic!("it goes on") };
        site.advance(at.since(site.clock.now()));
        next = site.step(&mut delivery).await;
    }
    let puts = site.operations().iter().filter(|operation| *operation == "PutInventory").count();
    assert_eq!((puts, site.operations().len()), (2, 9), "seven heartbeats in half an hour");
}

#[tokio::test]
async fn what_is_as_it_was_is_told_as_a_hash_also_after_a_restart() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    site.step(&mut delivery).await;
    site.next_period(&mut delivery).await;
    site.install(&["a", "b"]);
    site.next_period(&mut delivery).await;
    assert_eq!(site.applications(), ["a", "b"]);
    drop(delivery);
    site.step(&mut site.delivery(DPKG)).await;
    let expected = [
        ["Application:whole", "AWSComponent:whole"],
        ["Application:hash", "AWSComponent:hash"],
        ["Application:whole", "AWSComponent:hash"],
        ["Application:hash", "AWSComponent:hash"],
    ];
    assert_eq!(site.told(), expected);
}

#[tokio::test]
async fn a_server_that_has_other_content_is_told_everything() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    site.step(&mut delivery).await;
    let mismatch = r#"{"__type":"ItemContentMismatchException","TypeName":"AWS:Application","message":"m"}"#;
    site.server.will_answer_inventory("PutInventory", 400, mismatch);
    site.next_period(&mut delivery).await;
    site.next_period(&mut delivery).await;
    let (whole, hash) = (["Application:whole", "AWSComponent:whole"], ["Application:hash", "AWSComponent:hash"]);
    assert_eq!(site.told(), [whole, hash, whole, hash]);
}

#[tokio::test]
async fn of_what_could_not_be_told_only_the_newest_is_told_later() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    site.server.will_answer_inventory("PutInventory", 503, "");
    let Next::At(retry) = site.step(&mut delivery).await else { panic!("it goes on") };
    assert!(retry.since(site.clock.now()) <= Duration::from_secs(1));
    site.install(&["a", "b"]);
    let throttled = r#"{"__type":"ThrottlingException"}"#;
    site.server.will_answer_inventory("PutInventory", 400, throttled);
    site.advance(Duration::from_secs(1));
    site.step(&mut delivery).await;
    assert_eq!(site.applications(), ["a"], "what was collected is tried again");
    site.next_period(&mut delivery).await;
    assert_eq!(site.applications(), ["a", "b"]);
    assert_eq!(site.told().len(), 3);
    site.next_period(&mut delivery).await;
    assert_eq!(site.told()[3], ["Application:hash", "AWSComponent:hash"]);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_when_it_is_back() {
    let site = Site::new().await;
    let mut delivery = site.delivery(DPKG);
    site.server.will_answer_inventory("UpdateInstanceInformation", 503, "");
    site.step(&mut delivery).await;
    assert_eq!(site.operations(), ["UpdateInstanceInformation"]);
    site.advance(Duration::from_secs(1));
    site.step(&mut delivery).await;
    assert_eq!(site.operations()[1..], ["UpdateInstanceInformation", "PutInventory"]);
}

#[tokio::test]
async fn a_type_that_is_refused_does_not_hold_up_the_others() {
    for (answer, expected) in [
        (
            r#"{"__type":"InvalidTypeNameException","TypeName":"AWS:AWSComponent"}"#,
            vec![vec!["Application:whole", "Network:whole"]],
        ),
        (
            r#"{"__type":"InvalidItemContentException"}"#,
            vec![vec!["Application:whole"], vec!["AWSComponent:whole"], vec!["Network:whole"]],
        ),
    ] {
        let site = Site::new().await;
        let mut delivery = site.delivery(BOTH);
        site.server.will_answer_inventory("PutInventory", 400, answer);
        site.step(&mut delivery).await;
        assert_eq!(site.told()[0].len(), 3);
        assert_eq!(site.told()[1..], expected, "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_there_any_more_is_told_once() {
    let site = Site::new().await;
    site.write("sys/class/net/eth0/flags", "0x1003");
    site.step(&mut site.delivery(BOTH)).await;
    let mut delivery = site.delivery(DPKG);
    site.step(&mut delivery).await;
    let (_, input) = site.server.inventory_calls().pop().unwrap();
    assert_eq!((&input["Items"][2]["TypeName"], &input["Items"][2]["Content"]), (&json!("AWS:Network"), &json!([])));
    site.next_period(&mut delivery).await;
    assert_eq!(site.told()[2], ["Application:hash", "AWSComponent:hash"]);
}

#[tokio::test]
async fn what_cannot_be_collected_is_left_as_it_was_told() {
    let site = Site::new().await;
    let mut delivery = site.delivery(BOTH);
    site.step(&mut delivery).await;
    std::fs::remove_file(site.folder.path().join("var/lib/dpkg/status")).unwrap();
    std::fs::create_dir(site.folder.path().join("var/lib/dpkg/status")).unwrap();
    site.next_period(&mut delivery).await;
    assert_eq!(site.told()[1], ["Network:hash"]);
    assert_eq!(delivery.known_troubles.len(), 1);
}

const ACTIVATION: &str = "collect = ['dpkg']\nactivation = { id = 'an-activation', code = 'a code' }";

#[tokio::test]
async fn a_machine_registers_once_with_its_activation() {
    let site = Site::new().await;
    site.server.will_answer_inventory(
        "RegisterManagedInstance",
        400,
        r#"{"__type":"InvalidActivation","message":"m"}"#,
    );
    let mut delivery = site.delivery(ACTIVATION);
    site.step(&mut delivery).await;
    site.advance(Duration::from_secs(1));
    site.step(&mut delivery).await;
    drop(delivery);
    site.step(&mut site.delivery(ACTIVATION)).await;
    let registers = ["RegisterManagedInstance", "RegisterManagedInstance"];
    assert_eq!(site.operations()[..2], registers);
    assert_eq!(site.operations()[2..], ["UpdateInstanceInformation", "PutInventory"].repeat(2));
    let calls = site.server.inventory_calls();
    assert_eq!(
        (&calls[0].1["ActivationId"], &calls[0].1["ActivationCode"]),
        (&json!("an-activation"), &json!("a code"))
    );
    assert!(!calls[0].1["Fingerprint"].as_str().unwrap().contains(MACHINE_ID));
    assert_eq!(calls[5].1["InstanceId"], "mi-0123456789abcdef0");
}

#[tokio::test]
async fn a_copy_of_the_disk_in_another_machine_is_another_instance() {
    let site = Site::new().await;
    site.step(&mut site.delivery(DPKG)).await;
    site.write("etc/machine-id", "4d1219c7c4c5404aaa1f6d2a48adfda4");
    site.step(&mut site.delivery(DPKG)).await;
    let calls = site.server.inventory_calls();
    assert_ne!(calls[3].1["InstanceId"], OWN_ID);
    assert_eq!(site.told()[1], ["Application:whole", "AWSComponent:whole"], "of this one nothing was told");
}

#[tokio::test]
async fn a_machine_without_an_id_keeps_the_one_it_gets() {
    let site = Site::new().await;
    site.write("etc/machine-id", "");
    site.step(&mut site.delivery(DPKG)).await;
    site.step(&mut site.delivery(DPKG)).await;
    let calls = site.server.inventory_calls();
    assert!(is_instance_id(calls[0].1["InstanceId"].as_str().unwrap()));
    assert_eq!(calls[0].1["InstanceId"], calls[3].1["InstanceId"]);
}

#[tokio::test]
async fn an_instance_that_was_deregistered_says_nothing_more() {
    let site = Site::new().await;
    let deregistered = r#"{"__type":"InvalidInstanceId","message":"m"}"#;
    site.server.will_answer_inventory("UpdateInstanceInformation", 400, deregistered);
    let delivery = site.delivery("instance-id = 'mi-0123456789abcdef0'");
    delivery.run(CancellationToken::new()).await;
    assert_eq!(site.operations(), ["UpdateInstanceInformation"]);
}
