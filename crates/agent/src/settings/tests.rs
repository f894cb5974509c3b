//! Precedence, defaults and clear words for what cannot be used.

use super::*;

fn keys() -> Given {
    Given { access_key_id: Some("AKID".to_owned()), secret_access_key: Some("secret".to_owned()), ..Given::default() }
}

fn finish(given: Given) -> Settings {
    given.finish(&machine()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(given: Given) -> String {
    given.finish(&machine()).err().expect("these settings cannot be used").to_string()
}

#[test]
fn nothing_given_means_detailed_monitoring_of_everything() {
    let settings = finish(keys());
    assert_eq!(settings.endpoint.to_string(), "http://127.0.0.1:4566");
    assert_eq!(settings.region.as_str(), "us-east-1");
    assert_eq!(settings.namespace, "CWAgent");
    assert_eq!(settings.host, Some(Dimension::new("host", "box")));
    assert_eq!((settings.collect_every.as_secs(), settings.publish_every.as_secs()), (60, 60));
    assert_eq!(settings.statsd, StatsdInput::On("127.0.0.1:8125".parse().unwrap()));
    assert_eq!(settings.buffer_bytes, 268_435_456);
    assert_eq!(settings.collect, CollectSettings::default());
}

#[test]
fn the_interval_follows_the_kind_of_monitoring() {
    for (monitoring, interval, expected) in [
        ("basic", None, Some((60, 300))),
        ("basic", Some("10s"), Some((10, 300))),
        ("basic", Some("10m"), None),
        ("detailed", None, Some((60, 60))),
        ("detailed", Some("5s"), Some((5, 5))),
    ] {
        let given = Given {
            monitoring: Some(monitoring.parse().unwrap()),
            interval: interval.map(|interval| interval.parse().unwrap()),
            ..keys()
        };
        let got = given.finish(&machine()).ok();
        let got = got.map(|settings| (settings.collect_every.as_secs(), settings.publish_every.as_secs()));
        assert_eq!(got, expected, "{monitoring} {interval:?}");
    }
}

#[test]
fn a_file_says_everything_that_the_command_line_can() {
    let file = Given::parse(
        r#"
        endpoint = "https://cw.example:8443"
        region = "eu-west-1"
        ca-bundle = "/etc/ca.pem"
        access-key-id = "AKFILE"
        secret-access-key = "filesecret"
        session-token = "filetoken"
        namespace = "Mine"
        host = "named"
        monitoring = "basic"
        interval = "30s"
        statsd = "off"
        buffer = "/var/lib/agent"
        buffer-bytes = 1000
        collectors = ["mem", "disk", "mem"]
        append-dimensions = { Stage = "test" }
        [cpu]
        per-cpu = false
        [disk]
        mount-points = ["/"]
        more-types = ["nfs4"]
        [diskio]
        devices = ["sda"]
        [net]
        interfaces = ["eth0"]
        "#,
    );
    let settings = finish(file.unwrap());
    assert_eq!(settings.endpoint.to_string(), "https://cw.example:8443");
    assert_eq!(settings.credentials.session_token.as_deref(), Some("filetoken"));
    assert_eq!(settings.host, Some(Dimension::new("host", "named")));
    assert_eq!(settings.appended, [Dimension::new("Stage", "test")]);
    assert_eq!(settings.statsd, StatsdInput::Off);
    assert_eq!(settings.collect.collectors, [Kind::Mem, Kind::Disk]);
    assert!(!settings.collect.cpu.per_cpu);
    assert_eq!(settings.collect.net.interfaces, Some(vec!["eth0".to_owned()]));
}

#[test]
fn what_is_given_wins_over_the_file_and_credentials_go_together() {
    let file = Given::parse(
        "region = 'eu-west-1'\nnamespace = 'Mine'\naccess-key-id = 'A'\nsecret-access-key = 's'\nsession-token = 't'\n",
    );
    let given = Given { region: Some("ap-south-1".parse().unwrap()), ..keys() };
    let settings = finish(given.over(file.unwrap()));
    assert_eq!(settings.region.as_str(), "ap-south-1");
    assert_eq!(settings.namespace, "Mine");
    assert_eq!(settings.credentials.access_key_id, "AKID");
    assert_eq!(settings.credentials.session_token, None);
}

#[test]
fn a_file_that_is_wrong_is_refused_with_line_and_key_but_not_its_secrets() {
    for (text, words) in [
        ("region = 'a'\nregoin = 'b'\n", vec!["line 2", "unknown field `regoin`", "region"]),
        ("[disk]\nmount-point = ['/']\n", vec!["line 2", "mount-point", "mount-points"]),
        ("collectors = ['cpus']\n", vec!["line 1", "cpus", "diskio"]),
        ("interval = '7x'\n", vec!["line 1", "'7x' is not a duration"]),
        ("interval = '100ms'\n", vec!["whole seconds"]),
        ("monitoring = 'some'\n", vec!["basic"]),
        ("statsd = 'yes'\n", vec!["neither an address nor 'off'"]),
        ("endpoint = 'localhost'\n", vec!["is not an endpoint"]),
    ] {
        let why = Given::parse(text).err().unwrap_or_else(|| panic!("{text} is wrong"));
        words.iter().for_each(|word| assert!(why.contains(word), "{text}: {why}"));
    }
    let why = Given::parse("secret-access-key = 'hidden\n").err().unwrap();
    assert!(!why.contains("hidden"), "{why}");
}

#[test]
fn values_that_the_api_would_refuse_are_refused_at_once() {
    assert!(refusal(Given::default()).contains("AWS_ACCESS_KEY_ID"));
    assert!(refusal(Given { namespace: Some("AWS/EC2".to_owned()), ..keys() }).contains("AWS/EC2"));
    assert!(refusal(Given { host: Some("größe".to_owned()), ..keys() }).contains("host"));
    let many = (0..11).map(|at| (format!("d{at}"), "v".to_owned())).collect();
    assert!(refusal(Given { append_dimensions: Some(many), ..keys() }).contains("10"));
    let bad = BTreeMap::from([(":x".to_owned(), "v".to_owned())]);
    assert!(refusal(Given { append_dimensions: Some(bad), ..keys() }).contains(":x"));
}

#[test]
fn the_host_can_be_left_out() {
    assert_eq!(finish(Given { omit_host: Some(true), ..keys() }).host, None);
}

fn machine() -> Machine {
    Machine { hostname: "box".to_owned(), instance_id: None, zone: jiff::tz::TimeZone::UTC }
}
