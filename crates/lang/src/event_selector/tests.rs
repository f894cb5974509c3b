//! Selectors as tables of examples, and what holds for all of them.

use proptest::prelude::*;
use serde_json::json;

use super::basic::{self, BasicSelector, DataResource, ReadWrite};
use super::*;

/// An object written by a user; in the order of real records.
const PUT_OBJECT: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/dave"},
    "eventSource":"s3.amazonaws.com","eventName":"PutObject","readOnly":false,
    "resources":[{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-data"},
                 {"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-data/in/a.csv"}],
    "eventType":"AwsApiCall","managementEvent":false,"eventCategory":"Data"}"#;
const GET_ROLE: &str = r#"{"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/r/s"},
    "eventSource":"iam.amazonaws.com","eventName":"GetRole","readOnly":true,"eventType":"AwsApiCall",
    "eventCategory":"Management","sessionCredentialFromConsole":"true"}"#;
const KMS_ENABLE: &str = r#"{"userIdentity":{},"eventSource":"kms.amazonaws.com","eventName":"EnableKey","readOnly":false,
    "eventType":"AwsApiCall","eventCategory":"Management"}"#;
const NETWORK: &str = r#"{"userIdentity":{"type":"AWSAccount"},"eventSource":"kms.amazonaws.com","eventName":"ListKeys",
    "errorCode":"VpceAccessDenied","eventType":"AwsVpceEvent","vpcEndpointId":"vpce-0a","eventCategory":"NetworkActivity"}"#;

fn facts(record: &str) -> Facts<'_> {
    Facts::of_record(record).unwrap()
}

/// A selector of fields, each with one operator: `field = a b`, `field != a`, `field ^= a`, `field !^= a`,
/// `field $= a`, `field !$= a`.
fn selector(lines: &[&str]) -> Selector {
    let field = |line: &&str| {
        let mut words = line.split_whitespace();
        let (name, operator) = (words.next().unwrap(), words.next().unwrap());
        let values = Some(words.map(str::to_owned).collect());
        let mut field = FieldSelector { field: name.to_owned(), ..FieldSelector::default() };
        match operator {
            "=" => field.equals = values,
            "^=" => field.starts_with = values,
            "$=" => field.ends_with = values,
            "!=" => field.not_equals = values,
            "!^=" => field.not_starts_with = values,
            "!$=" => field.not_ends_with = values,
            other => panic!("{other}"),
        }
        field
    };
    Selector { name: None, fields: lines.iter().map(field).collect() }
}

#[test]
fn advanced_selectors_take_what_the_table_says() {
    let object = "eventCategory = Data|resources.type = AWS::S3::Object";
    for (lines, record, taken) in [
        ("eventCategory = Management", GET_ROLE, true),
        ("eventCategory = Management", PUT_OBJECT, false),
        ("eventCategory = Management|readOnly = false", GET_ROLE, false),
        ("eventCategory = Management|readOnly = true", GET_ROLE, true),
        ("eventCategory = Management|eventSource != kms.amazonaws.com", KMS_ENABLE, false),
        ("eventCategory = Management|eventSource != kms.amazonaws.com", GET_ROLE, true),
        (object, PUT_OBJECT, true),
        ("eventCategory = Data|resources.type = AWS::Lambda::Function", PUT_OBJECT, false),
        (&format!("{object}|resources.ARN ^= arn:aws:s3:::acme-data/"), PUT_OBJECT, true),
        (&format!("{object}|resources.ARN ^= arn:aws:s3:::acme-data/out/"), PUT_OBJECT, false),
        // The bucket's own ARN is that of another resource, which is not of the type.
        (&format!("{object}|resources.ARN = arn:aws:s3:::acme-data"), PUT_OBJECT, false),
        (&format!("{object}|resources.ARN !^= arn:aws:s3:::acme-data/in/"), PUT_OBJECT, false),
        (&format!("{object}|resources.ARN $= .csv"), PUT_OBJECT, true),
        (&format!("{object}|resources.ARN ^= ARN:AWS:S3"), PUT_OBJECT, false),
        (&format!("{object}|eventName = GetObject PutObject"), PUT_OBJECT, true),
        (&format!("{object}|eventName ^= Get Delete"), PUT_OBJECT, false),
        (&format!("{object}|eventType != AwsServiceEvent"), PUT_OBJECT, true),
        (&format!("{object}|userIdentity.arn $= /dave"), PUT_OBJECT, true),
        (&format!("{object}|sessionCredentialFromConsole = true"), PUT_OBJECT, false),
        (&format!("{object}|sessionCredentialFromConsole != true"), PUT_OBJECT, true),
        ("eventCategory = NetworkActivity|eventSource = kms.amazonaws.com", NETWORK, true),
        ("eventCategory = NetworkActivity|eventSource = kms.amazonaws.com|vpcEndpointId = vpce-0b", NETWORK, false),
        ("eventCategory = NetworkActivity|eventSource = kms.amazonaws.com|errorCode = VpceAccessDenied", NETWORK, true),
    ] {
        let selector = selector(&lines.split('|').collect::<Vec<_>>());
        assert_eq!(selector.matches(&facts(record)), taken, "{lines}");
        check(std::slice::from_ref(&selector)).unwrap_or_else(|error| panic!("{lines}: {error}"));
    }
}

#[test]
fn operators_of_one_field_are_joined() {
    let field = FieldSelector {
        field: "eventName".to_owned(),
        equals: Some(vec!["PutObject".to_owned()]),
        starts_with: Some(vec!["Get".to_owned()]),
        not_ends_with: Some(vec!["Acl".to_owned()]),
        ..FieldSelector::default()
    };
    for (value, admitted) in
        [("PutObject", true), ("GetObject", true), ("GetObjectAcl", false), ("DeleteObject", false)]
    {
        assert_eq!(field.admits(Some(value)), admitted, "{value}");
    }
    assert!(!field.admits(None));
}

#[test]
fn advanced_selectors_that_trails_do_not_take_are_refused() {
    let data = "eventCategory = Data|resources.type = AWS::S3::Object";
    for (lines, text) in [
        ("readOnly = true", "The following fields are required: [eventCategory]."),
        ("eventCategory = Data", "The following fields are required: [resources.type]."),
        ("eventCategory = Data|resources.type = AWS::IAM::Role", "The resources.type field value is not valid."),
        ("eventCategory = NetworkActivity", "The following fields are required: [eventSource]."),
        ("eventCategory = Insight", "The eventCategory field value Insight is not valid for a trail."),
        ("eventCategory != Data", "The field eventCategory takes Equals with exactly one value."),
        (
            "eventCategory = Management|eventName = GetRole",
            "The field eventName is not valid for the event category Management.",
        ),
        (&format!("{data}|errorCode = x"), "The field errorCode is not valid for the event category Data."),
        (&format!("{data}|readOnly = maybe"), "The readOnly field takes the values true and false only."),
        (&format!("{data}|eventName = A|eventName = B"), "The field eventName occurs more than once in a selector."),
        (&format!("{data}|eventName ="), "The field eventName has no values."),
        (
            "eventCategory = Data|resources.type = AWS::Lambda::Function|\
             resources.ARN = arn:aws:lambda:eu-west-1:111122223333:function:f:1",
            "The resources.ARN field value arn:aws:lambda:eu-west-1:111122223333:function:f:1 is not the ARN of a \
             function without qualifier.",
        ),
    ] {
        let selector = selector(&lines.split('|').collect::<Vec<_>>());
        assert_eq!(check(&[selector]).unwrap_err().0, text, "{lines}");
    }
    let sources = "The eventSource field of management events takes NotEquals with kms.amazonaws.com or \
                   rdsdata.amazonaws.com only.";
    for source in ["eventSource != iam.amazonaws.com", "eventSource = kms.amazonaws.com"] {
        assert_eq!(check(&[selector(&["eventCategory = Management", source])]).unwrap_err().0, sources);
    }
    assert_eq!(check(&[]).unwrap_err().0, "Specify between 1 and 500 selectors for your trail.");
    let many: Vec<_> = (0..501).map(|_| selector(&["eventCategory = Management"])).collect();
    assert!(check(&many).is_err());
    let values: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    let line = format!("eventName = {}", values.join(" "));
    assert!(check(&[selector(&["eventCategory = Data", "resources.type = AWS::S3::Object", &line])]).is_err());
}

#[test]
fn event_data_stores_take_calls_or_one_other_kind_alone() {
    let object = "eventCategory = Data|resources.type = AWS::S3::Object";
    let management = "eventCategory = Management|eventSource = iam.amazonaws.com|eventName ^= Create Delete\
                      |eventType != AwsServiceEvent|userIdentity.arn !$= /dave|sessionCredentialFromConsole != true";
    for (selectors, content) in [
        (&[management][..], StoreContent::Calls),
        (
            &["eventCategory = Management", object, "eventCategory = NetworkActivity|eventSource = kms.amazonaws.com"],
            StoreContent::Calls,
        ),
        (&["eventCategory = Insight"], StoreContent::Insights),
        (&["eventCategory = ActivityAuditLog"], StoreContent::AuditEvents),
        (&["eventCategory = ConfigurationItem"], StoreContent::ConfigurationItems),
        (&["eventCategory = Evidence"], StoreContent::Evidence),
    ] {
        let selectors: Vec<_> = selectors.iter().map(|lines| selector(&lines.split('|').collect::<Vec<_>>())).collect();
        assert_eq!(check_for_store(&selectors), Ok(content), "{selectors:?}");
    }
}

#[test]
fn selectors_that_event_data_stores_do_not_take_are_refused() {
    for (selectors, text) in [
        (&[][..], "Specify between 1 and 500 selectors for your event data store."),
        (&["readOnly = true"], "The following fields are required: [eventCategory]."),
        (
            &["eventCategory = Aggregated"],
            "The eventCategory field value Aggregated is not valid for an event data store.",
        ),
        (
            &["eventCategory = Management", "eventCategory = ActivityAuditLog"],
            "Events of the category ActivityAuditLog cannot be in one event data store with those of another.",
        ),
        (
            &["eventCategory = Insight", "eventCategory = Management"],
            "Events of the category Management cannot be in one event data store with those of another.",
        ),
        (
            &["eventCategory = ActivityAuditLog|eventName = Login"],
            "The field eventName is not valid for the event category ActivityAuditLog.",
        ),
        (
            &["eventCategory = Management|sessionCredentialFromConsole = false"],
            "The sessionCredentialFromConsole field takes Equals or NotEquals with the value true only.",
        ),
        (
            &["eventCategory = Management|resources.ARN = a"],
            "The field resources.ARN is not valid for the event category Management.",
        ),
        (&["eventCategory = Data"], "The following fields are required: [resources.type]."),
    ] {
        let selectors: Vec<_> = selectors.iter().map(|lines| selector(&lines.split('|').collect::<Vec<_>>())).collect();
        assert_eq!(check_for_store(&selectors), Err(Invalid(text.to_owned())), "{selectors:?}");
    }
}

fn basic(read_write: ReadWrite, management: bool, data: &[(&str, &str)], excluded: &[&str]) -> BasicSelector {
    let data = data.iter().map(|(resource_type, value)| DataResource {
        resource_type: (*resource_type).to_owned(),
        values: vec![(*value).to_owned()],
    });
    BasicSelector {
        read_write,
        management,
        data: data.collect(),
        excluded_sources: excluded.iter().map(|source| (*source).to_owned()).collect(),
    }
}

#[test]
fn basic_selectors_take_what_the_table_says() {
    use ReadWrite::{All, ReadOnly, WriteOnly};
    let object = "AWS::S3::Object";
    for (selector, record, taken) in [
        (basic(All, true, &[], &[]), GET_ROLE, true),
        (basic(All, true, &[], &[]), PUT_OBJECT, false),
        (basic(All, true, &[], &[]), NETWORK, false),
        (basic(WriteOnly, true, &[], &[]), GET_ROLE, false),
        (basic(ReadOnly, true, &[], &[]), GET_ROLE, true),
        (basic(All, false, &[], &[]), GET_ROLE, false),
        (basic(All, true, &[], &["kms.amazonaws.com"]), KMS_ENABLE, false),
        (basic(All, false, &[(object, "arn:aws:s3")], &[]), PUT_OBJECT, true),
        (basic(All, false, &[(object, "arn:aws:s3:::")], &[]), PUT_OBJECT, true),
        (basic(ReadOnly, false, &[(object, "arn:aws:s3:::")], &[]), PUT_OBJECT, false),
        (basic(All, false, &[(object, "arn:aws:s3:::acme-data/in")], &[]), PUT_OBJECT, true),
        (basic(All, false, &[(object, "arn:aws:s3:::acme-data/out/")], &[]), PUT_OBJECT, false),
        (basic(All, false, &[("AWS::DynamoDB::Table", "arn:aws:dynamodb")], &[]), PUT_OBJECT, false),
    ] {
        assert_eq!(selector.matches(&facts(record)), taken, "{selector:?}");
    }
    let invoke = r#"{"eventCategory":"Data","readOnly":false,"resources":[{"type":"AWS::Lambda::Function",
        "ARN":"arn:aws:lambda:eu-west-1:111122223333:function:resize"}]}"#;
    for (value, taken) in [
        ("arn:aws:lambda", true),
        ("arn:aws:lambda:eu-west-1:111122223333:function:resize", true),
        ("arn:aws:lambda:eu-west-1:111122223333:function:res", false),
    ] {
        let selector = basic(All, false, &[("AWS::Lambda::Function", value)], &[]);
        assert_eq!(selector.matches(&facts(invoke)), taken, "{value}");
    }
}

#[test]
fn basic_selectors_are_checked() {
    use ReadWrite::All;
    let refused = |selectors: &[BasicSelector]| basic::check(selectors).unwrap_err().0;
    let count = "Specify a valid number of selectors (1 to 5) for your trail";
    assert_eq!(refused(&[]), count);
    assert_eq!(refused(&vec![BasicSelector::default(); 6]), count);
    for (resource_type, value, is_valid) in [
        ("AWS::S3::Object", "arn:aws:s3", true),
        ("AWS::S3::Object", "arn:aws:s3:::", true),
        ("AWS::S3::Object", "arn:aws:s3:::bucket/", true),
        ("AWS::S3::Object", "arn:aws:s3:::bucket/prefix", true),
        ("AWS::S3::Object", "arn:aws:s3:::bucket", false),
        ("AWS::S3::Object", "arn:aws:s3:::*", false),
        ("AWS::S3::Object", "", false),
        ("AWS::Lambda::Function", "arn:aws:lambda", true),
        ("AWS::Lambda::Function", "arn:aws:lambda:eu-west-1:111122223333:function:f", true),
        ("AWS::Lambda::Function", "arn:aws:lambda:eu-west-1:111122223333:function:f:1", false),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb", true),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", true),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i", false),
    ] {
        let checked = basic::check(&[basic(All, true, &[(resource_type, value)], &[])]);
        let expected = match is_valid {
            true => Ok(()),
            false => Err(Invalid(format!("Value {value} for DataResources.Values is invalid."))),
        };
        assert_eq!(checked, expected);
    }
    let excluded = |management, source| basic(All, management, &[], &[source]);
    assert!(basic::check(&[excluded(true, "kms.amazonaws.com")]).is_ok());
    assert!(basic::check(&[excluded(true, "iam.amazonaws.com")]).is_err());
    assert!(basic::check(&[excluded(false, "kms.amazonaws.com")]).is_err());
    let with = |values: usize, each: &str| {
        let values = (0..values).map(|number| each.replace('#', &number.to_string())).collect();
        let data = vec![DataResource { resource_type: "AWS::S3::Object".to_owned(), values }];
        BasicSelector { data, ..BasicSelector::default() }
    };
    assert!(basic::check(&[with(250, "arn:aws:s3:::b/#"), with(9, "arn:aws:s3")]).is_ok());
    assert!(basic::check(&[with(250, "arn:aws:s3:::b/#"), with(1, "arn:aws:s3:::b/#")]).is_err());
}

#[test]
fn text_of_a_record_that_is_escaped_is_read_as_it_is_meant() {
    let record =
        json!({"eventCategory": "Data", "resources": [{"type": "T", "ARN": "arn:aws:s3:::b/\"ü\"\\"}]}).to_string();
    assert_eq!(facts(&record).resources[0].arn.as_deref(), Some("arn:aws:s3:::b/\"ü\"\\"));
}

fn word() -> impl Strategy<Value = String> {
    "[ab]{0,3}"
}

proptest! {
    #[test]
    fn a_negative_operator_is_the_opposite_of_its_positive(value in proptest::option::of(word()), operands in proptest::collection::vec("[ab]{1,3}", 1..4)) {
        let field = |set: fn(&mut FieldSelector, Vec<String>)| {
            let mut field = FieldSelector::default();
            set(&mut field, operands.clone());
            field.admits(value.as_deref())
        };
        prop_assert_ne!(field(|f, v| f.equals = Some(v)), field(|f, v| f.not_equals = Some(v)));
        prop_assert_ne!(field(|f, v| f.starts_with = Some(v)), field(|f, v| f.not_starts_with = Some(v)));
        prop_assert_ne!(field(|f, v| f.ends_with = Some(v)), field(|f, v| f.not_ends_with = Some(v)));
    }

    #[test]
    fn selectors_survive_being_stored(names in proptest::collection::vec(word(), 0..4), values in proptest::collection::vec(word(), 0..4)) {
        let fields = names.iter().map(|name| FieldSelector { field: name.clone(), ends_with: Some(values.clone()), ..FieldSelector::default() });
        let selector = Selector { name: names.first().cloned(), fields: fields.collect() };
        let text = serde_json::to_string(&selector).unwrap();
        prop_assert_eq!(serde_json::from_str::<Selector>(&text).unwrap(), selector);
    }

    #[test]
    fn no_record_makes_the_matcher_fail(record in "[\\PC]{0,80}", category in word()) {
        let selector = Selector { name: None, fields: vec![FieldSelector::equal("eventCategory", &[&category])] };
        if let Ok(facts) = Facts::of_record(&record) {
            let _ = selector.matches(&facts);
        }
        let _ = check(&[selector]);
    }
}
