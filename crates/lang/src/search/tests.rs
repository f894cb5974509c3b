//! The examples of the user guide, as tables.

use proptest::prelude::*;

use super::tokens::tokens;
use super::{CHARACTERS_MAX, Candidate, DEPTH_MAX, Search, distinguishing_labels};

/// A search, the namespace, name and dimensions of a metric, and whether it is found.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], bool);

fn found(search: &str, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> bool {
    let search = Search::parse(search).unwrap_or_else(|error| panic!("{search}: {error}"));
    search.matches(Candidate { account: "111122223333", namespace, name, dimensions })
}

#[test]
fn names_split_as_documented() {
    for (name, expected) in [
        ("CustomCount1", "customcount1 custom count 1"),
        ("SDBFailure", "sdbfailure sdb failure"),
        ("Project2-trial333", "project2trial333 project 2 trial 333"),
        ("Network-Errors_2", "networkerrors2 network errors 2"),
        ("AWS/EC2", "awsec2 aws ec 2"),
        ("couNT", "count cou nt"),
        ("i-0abc12", "i0abc12 i 0 abc 12"),
        ("--", ""),
    ] {
        assert_eq!(tokens(name).join(" "), expected, "{name}");
    }
}

#[test]
fn bare_terms_match_tokens() {
    for (term, name, expected) in [
        ("count", "CustomCount1", true),
        ("Count", "CustomCount1", true),
        ("COUNT", "CustomCount1", true),
        ("couNT", "CustomCount1", false),
        ("CustomCount", "CustomCount1", true),
        ("Count1", "CustomCount1", true),
        ("customcount", "CustomCount1", false),
        ("count1", "CustomCount1", false),
        ("Custom1", "CustomCount1", false),
        ("CustomCount1", "CustomCount1", true),
        ("customcount1", "CustomCount1", true),
        ("cust", "CustomCount1", false),
        ("1", "CustomCount1", true),
        ("network/errors", "Network-Errors-2", true),
        ("network+errors", "Network-Errors-2", true),
        ("network-errors", "Network-Errors-2", true),
        ("Network_Errors", "Network-Errors-2", true),
        ("network/errors", "NetworkErrors2", true),
        ("network+errors", "NetworkErrors2", true),
        ("network-errors", "NetworkErrors2", true),
        ("Network_Errors", "NetworkErrors2", true),
        ("errors/network", "NetworkErrors2", false),
        ("network/2", "NetworkErrors2", false),
        ("ReadOps", "VolumeReadOps", true),
        ("ProjectA", "theProjectA-x", true),
        ("projecta", "theProjectA-x", false),
    ] {
        assert_eq!(found(term, "N", name, &[]), expected, "{term} in {name}");
    }
}

#[test]
fn documented_searches_find_what_they_say() {
    let instance = &[("InstanceId", "i-1234567890123456")][..];
    let small = &[("InstanceType", "t2.micro")][..];
    let function = &[("FunctionName", "handler-ProjectA")][..];
    let other = &[("FunctionName", "handler-ProjectC")][..];
    let balancer = &[("LoadBalancer", "net/a/1")][..];
    #[rustfmt::skip]
    let table: &[Row<'_>] = &[
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", instance, true),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", small, false),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", &[], false),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", &[("InstanceId", "i"), ("B", "b")], false),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization""#, "AWS/RDS", "CPUUtilization", instance, false),
        (r#"{AWS/EC2} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", instance, true),
        (r#"{AWS/EC2} MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", &[], true),
        (r#"{AWS/EC2,InstanceType} InstanceType=micro MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", small, true),
        (r#"{AWS/EC2,InstanceType} InstanceType="t2.micro" MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", small, true),
        (r#"{AWS/EC2,InstanceType} InstanceType="micro" MetricName="CPUUtilization""#, "AWS/EC2", "CPUUtilization", small, false),
        (r#"MetricName="CPUUtilization" AND ("AWS/ECS" OR "AWS/ES")"#, "AWS/ES", "CPUUtilization", &[], true),
        (r#"MetricName="CPUUtilization" AND ("AWS/ECS" OR "AWS/ES")"#, "AWS/EC2", "CPUUtilization", &[], false),
        (r#"{AWS/NetworkELB, LoadBalancer} "ConsumedLCUs" OR flow"#, "AWS/NetworkELB", "ConsumedLCUs", balancer, true),
        (r#"{AWS/NetworkELB, LoadBalancer} "ConsumedLCUs" OR flow"#, "AWS/NetworkELB", "NewFlowCount", balancer, true),
        (r#"{AWS/NetworkELB, LoadBalancer} "ConsumedLCUs" OR flow"#, "AWS/NetworkELB", "ProcessedBytes", balancer, false),
        (r#"{AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB))"#, "AWS/Lambda", "Errors", other, true),
        (r#"{AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB))"#, "AWS/Lambda", "Invocations", function, true),
        (r#"{AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB))"#, "AWS/Lambda", "Invocations", other, false),
        ("NOT Namespace=AWS", "AWS/EC2", "X", &[], false),
        ("NOT Namespace=AWS", "Shop", "X", &[], true),
        ("Errors", "Shop", "ConnectionErrors", &[], true),
        (r#""Errors""#, "Shop", "ConnectionErrors", &[], false),
        (r#""Errors""#, "Shop", "errors", &[], false),
        (r#""Errors""#, "Shop", "Errors", &[], true),
        (r#""Errors""#, "Shop", "X", &[("Errors", "1")], true),
        (r#""Errors""#, "Shop", "X", &[("A", "Errors")], true),
        (r#""Errors""#, "Errors", "X", &[], true),
        (r#"{"Custom-Namespace", "Dimension Name With Spaces"}, ErrorCount"#, "Custom-Namespace", "ErrorCount", &[("Dimension Name With Spaces", "v")], true),
        (r#"{"My Namespace", "Dimension@Name"}, "Custom:Name[Special_Characters""#, "My Namespace", "Custom:Name[Special_Characters", &[("Dimension@Name", "v")], true),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-1234567890123456"#, "AWS/EC2", "CPUUtilization", instance, false),
        (r#"{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-1234567890123456"#, "AWS/EC2", "CPUUtilization", &[("InstanceId", "i-2")], true),
        (r#""AWS/EC2" NOT "ProjectA" NOT "ProjectB""#, "AWS/EC2", "X", &[("P", "ProjectB")], false),
        ("{AWS/EC2,InstanceId} network AND packets", "AWS/EC2", "NetworkPacketsIn", instance, true),
        ("{AWS/EC2,InstanceId} network packets", "AWS/EC2", "NetworkPacketsIn", instance, true),
        ("{AWS/EC2,InstanceId} network packets", "AWS/EC2", "NetworkIn", instance, false),
        ("(EC2 OR EBS) AND MetricName=ReadOps", "AWS/EBS", "VolumeReadOps", &[], true),
        ("(EC2 OR EBS) MetricName=ReadOps", "AWS/EC2", "DiskReadOps", &[], true),
        ("(EC2 OR EBS) MetricName=ReadOps", "AWS/RDS", "ReadOps", &[], false),
        (r#""Europe\\France Traffic\(Network\)""#, "N", r"Europe\France Traffic(Network)", &[], true),
        (r#":aws.AccountId="LOCAL" X"#, "N", "X", &[], true),
        (":aws.AccountId = LOCAL X", "N", "X", &[], true),
        (":aws.AccountId='LOCAL'", "N", "X", &[], true),
        (":aws.AccountId = 111122223333", "N", "X", &[], true),
        (r#":aws.AccountId="444455556666""#, "N", "X", &[], false),
        ("a or b", "N", "a-b", &[], false),
        ("a or b", "N", "a-or-b", &[], true),
        ("NOT NOT a", "N", "a", &[], true),
        ("a OR b AND c", "N", "a", &[], true),
        (r#"{N, B, A}"#, "N", "x", &[("A", "1"), ("B", "2")], true),
    ];
    for (search, namespace, name, dimensions, expected) in table {
        assert_eq!(
            found(search, namespace, name, dimensions),
            *expected,
            "{search}: {namespace} {name} {dimensions:?}"
        );
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, reason) in [
        ("", "needs a metric schema or a search term"),
        ("  ", "needs a metric schema or a search term"),
        ("{AWS/EC2", "no closing brace"),
        ("{}", "empty name"),
        ("{AWS/EC2,}", "empty name"),
        ("{My Namespace}", "must be in double quotes"),
        (r#""open"#, "unclosed double quote"),
        ("(a", "unclosed parenthesis"),
        ("a)", "never opened"),
        ("()", "missing before ')'"),
        ("a OR", "missing at the end"),
        ("AND a", "'AND' must stand between"),
        ("NOT", "missing at the end"),
        ("a=", "missing at the end"),
        ("=a", "'=' must follow"),
        ("a=b=c", "'=' must follow"),
        ("a=(b OR c)", "one value"),
        (":aws.Region=x", "':aws.Region' is unknown"),
        ("--", "no letter or digit"),
    ] {
        let error = Search::parse(text).expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    assert!(Search::parse(&"é".repeat(CHARACTERS_MAX)).is_ok());
    assert!(Search::parse(&"a".repeat(CHARACTERS_MAX + 1)).is_err());
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Search::parse(&nested(DEPTH_MAX)).is_ok());
    assert!(Search::parse(&nested(DEPTH_MAX + 1)).is_err());
}

#[test]
fn hints_hold_for_everything_found() {
    let hints = |text: &str| {
        let search = Search::parse(text).expect(text);
        let own = |hint: Option<&str>| hint.unwrap_or("-").to_owned();
        (own(search.namespace()), own(search.metric_name()), search.dimension_names().join(","))
    };
    for (text, namespace, name, dimensions) in [
        (r#"{AWS/EC2,InstanceId} MetricName="CPU""#, "AWS/EC2", "CPU", "InstanceId"),
        (r#"{N,B,A,B} x"#, "N", "-", "A,B"),
        (r#"Namespace="N" (MetricName="M" x)"#, "N", "M", ""),
        (r#"MetricName="M" OR x"#, "-", "-", ""),
        (r#"NOT MetricName="M""#, "-", "-", ""),
        ("MetricName=M", "-", "-", ""),
    ] {
        assert_eq!(hints(text), (namespace.to_owned(), name.to_owned(), dimensions.to_owned()), "{text}");
    }
}

#[test]
fn labels_say_what_differs() {
    let a = &[("InstanceId", "i-1"), ("Zone", "a")][..];
    let b = &[("InstanceId", "i-2"), ("Zone", "a")][..];
    let c = &[("Zone", "c")][..];
    let none: &[(&str, &str)] = &[];
    for (metrics, expected) in [
        (vec![], vec![]),
        (vec![("N", "CPU", a)], vec!["CPU"]),
        (vec![("N", "CPU", a), ("N", "CPU", b)], vec!["i-1", "i-2"]),
        (vec![("N", "CPU", a), ("N", "Net", a)], vec!["CPU", "Net"]),
        (vec![("N", "CPU", a), ("N", "Net", b)], vec!["CPU i-1", "Net i-2"]),
        (vec![("N", "CPU", a), ("N", "CPU", c)], vec!["i-1 a", "c"]),
        (vec![("N", "CPU", a), ("N", "CPU", none)], vec!["i-1 a", "CPU"]),
        (vec![("N", "CPU", a), ("M", "CPU", a)], vec!["N CPU", "M CPU"]),
        (vec![("N", "CPU", a), ("M", "CPU", b)], vec!["i-1", "i-2"]),
    ] {
        assert_eq!(distinguishing_labels(&metrics), expected, "{metrics:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"([{}(),="\\ ]|AND|OR|NOT|MetricName|a1B|é|:aws.AccountId){0,40}"#, name in ".{0,20}") {
        if let Ok(search) = Search::parse(&text) {
            search.matches(Candidate { account: "1", namespace: &name, name: &name, dimensions: &[(&name, &name)] });
        }
    }

    #[test]
    fn an_exact_name_finds_itself(name in "[ -~]{1,30}") {
        let escaped: String = name.chars().flat_map(|c| matches!(c, '"' | '\\' | '(' | ')').then_some('\\').into_iter().chain([c])).collect();
        let quoted = format!("MetricName=\"{escaped}\"");
        let search = Search::parse(&quoted).expect("a quoted name is a search");
        prop_assert_eq!(search.metric_name(), Some(name.as_str()));
        let candidate = Candidate { account: "1", namespace: "N", name: &name, dimensions: &[] };
        prop_assert!(search.matches(candidate));
    }

    #[test]
    fn every_piece_finds_its_name(name in "[A-Za-z0-9_/.-]{1,20}") {
        for token in tokens(&name).into_iter().skip(1) {
            if token.chars().all(|c| c.is_ascii_lowercase()) || token.chars().all(|c| c.is_ascii_digit()) {
                prop_assert!(found(&token, "N", &name, &[]), "{} in {}", token, name);
            }
        }
    }
}
