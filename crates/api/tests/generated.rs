//! What must hold of the generated schemas and types, looked at from outside.

use std::collections::BTreeSet;

use api::{FromValue, IntoValue, OperationType, SERVICES, Unit};
use base::Timestamp;
use wire::schema::{Kind, Location, Protocol, Service, Shape};
use wire::value::Value;

fn service(name: &str) -> &'static Service {
    SERVICES.iter().find(|service| service.name == name).expect("a service of this name")
}

fn is_strictly_ascending(names: &[&str]) -> bool {
    names.windows(2).all(|pair| pair[0] < pair[1])
}

/// All shapes that an operation or error of the service leads to, each once.
fn shapes(service: &Service) -> Vec<&'static Shape> {
    let operations = service.operations.iter().flat_map(|operation| [operation.input, operation.output]);
    let mut waiting: Vec<_> = operations.flatten().chain(service.errors.iter().map(|error| error.shape)).collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(shape) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(shape)) {
            continue;
        }
        found.push(shape);
        match &shape.kind {
            Kind::List(list) => waiting.push(list.member),
            Kind::Map(map) => waiting.extend([map.key, map.value]),
            Kind::Structure(structure) => waiting.extend(structure.members.iter().map(|member| member.shape)),
            _ => {}
        }
    }
    found
}

#[test]
fn services_are_sorted_and_unique() {
    let names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
    assert!(is_strictly_ascending(&names), "{names:?}");
}

#[test]
fn operations_are_sorted_and_unique() {
    for service in SERVICES {
        let names: Vec<_> = service.operations.iter().map(|operation| operation.name).collect();
        assert!(!names.is_empty() && is_strictly_ascending(&names), "{}", service.name);
    }
}

#[test]
fn every_operation_is_found_by_its_name() {
    for service in SERVICES {
        for operation in service.operations {
            let found = service.operation(operation.name).expect("its own operation");
            assert!(std::ptr::eq(found, operation));
        }
        assert!(service.operation("NoSuchOperation").is_none());
    }
}

#[test]
fn every_error_is_found_by_its_name() {
    for service in SERVICES {
        let names: Vec<_> = service.errors.iter().map(|error| error.name).collect();
        assert!(is_strictly_ascending(&names), "{}", service.name);
        for error in service.errors {
            assert!(std::ptr::eq(service.error(error.name).expect("its own error"), error));
            assert_eq!(error.receiver_fault, error.status >= 500, "{}", error.name);
        }
        assert!(service.error("NoSuchError").is_none());
    }
}

#[test]
fn services_have_as_many_operations_as_the_specs_say() {
    // cloudtrail.md §0.1 and §0.9; config.md's and logs.md's heads.
    for (name, operations) in [("cloudtrail", 60), ("cloudtrail-data", 1), ("config", 97), ("logs", 113)] {
        assert_eq!(service(name).operations.len(), operations, "{name}");
    }
}

#[test]
fn shapes_of_one_service_have_names_of_their_own() {
    for service in SERVICES {
        let found = shapes(service);
        let names: BTreeSet<_> = found.iter().map(|shape| shape.name).collect();
        assert_eq!(names.len(), found.len(), "{}", service.name);
    }
}

#[test]
fn member_names_find_their_members() {
    for shape in SERVICES.iter().flat_map(|service| shapes(service)) {
        let Some(structure) = shape.structure() else { continue };
        for (at, member) in structure.members.iter().enumerate() {
            let (index, found) = structure.member(member.name).expect("its own member");
            assert!(usize::from(index) == at && std::ptr::eq(found, member), "{}.{}", shape.name, member.name);
        }
    }
}

/// cloudtrail.md §0.2.
#[test]
fn cloudtrail_takes_both_target_prefixes() {
    let prefixes = ["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "CloudTrail_20131101"];
    assert_eq!(api::cloudtrail::SERVICE.target_prefixes, prefixes);
}

/// cloudwatch.md §1.1 and §1.2.
#[test]
fn cloudwatch_speaks_three_protocols_under_one_name() {
    let cloudwatch = &api::cloudwatch::SERVICE;
    assert_eq!(cloudwatch.protocols, [Protocol::RpcV2Cbor, Protocol::Json10, Protocol::Query]);
    assert_eq!(cloudwatch.signing_name, "monitoring");
    assert_eq!(cloudwatch.event_source, "monitoring.amazonaws.com");
    assert_eq!(cloudwatch.rpc_name, Some("GraniteServiceVersion20100801"));
    assert_eq!(cloudwatch.target_prefixes, ["GraniteServiceVersion20100801"]);
    assert_eq!(cloudwatch.error_namespace, Some("com.amazonaws.cloudwatch.v2010_08_01"));
    assert!(cloudwatch.query_compatible);
}

/// cloudtrail.md §0.4, cloudwatch.md §1.2, logs.md W-4, config.md W-4.
#[test]
fn errors_have_the_code_and_status_of_query_or_400_and_500() {
    for (name, error, code, status) in [
        ("iam", "NoSuchEntityException", "NoSuchEntity", 404),
        ("iam", "ServiceFailureException", "ServiceFailure", 500),
        ("cloudwatch", "DashboardNotFoundError", "ResourceNotFound", 404),
        ("cloudwatch", "InternalServiceFault", "InternalServiceError", 500),
        ("cloudtrail", "TrailNotFoundException", "TrailNotFoundException", 400),
        ("cloudtrail-data", "ChannelNotFound", "ChannelNotFound", 400),
        ("logs", "ResourceNotFoundException", "ResourceNotFoundException", 400),
        ("logs", "ServiceUnavailableException", "ServiceUnavailableException", 503),
        ("config", "NoSuchConfigRuleException", "NoSuchConfigRuleException", 400),
        ("ssm", "InternalServerError", "InternalServerError", 500),
    ] {
        let found = service(name).error(error).expect("a modelled error");
        assert_eq!((found.code, found.status), (code, status), "{name} {error}");
    }
}

/// cloudtrail.md §0.9.
#[test]
fn put_audit_events_takes_its_channel_from_the_query_string() {
    let operation = api::cloudtrail_data::SERVICE.operation("PutAuditEvents").expect("an operation");
    assert_eq!((operation.method, operation.uri), ("POST", "/PutAuditEvents"));
    let input = operation.input.and_then(Shape::structure).expect("a structure");
    let (_, channel) = input.member("channelArn").expect("a member");
    assert!(channel.required && channel.location == Location::QueryString && channel.wire_name == "channelArn");
}

#[test]
fn constraints_are_those_of_the_model() {
    let input = |name| api::iam::SERVICE.operation(name).and_then(|operation| operation.input);
    let create_user = input("CreateUser").and_then(Shape::structure).expect("a structure");
    let (_, user_name) = create_user.member("UserName").expect("a member");
    let Kind::String(text) = &user_name.shape.kind else { panic!("a user name is text") };
    assert!(user_name.required);
    assert_eq!((text.length.min, text.length.max, text.pattern), (Some(1), Some(64), Some("[\\w+=,.@-]+")));
}

#[test]
fn error_constructors_use_the_modelled_code() {
    let error = api::iam::errors::no_such_entity_exception("The user with name x cannot be found.");
    assert_eq!(
        (error.name.as_ref(), error.code.as_ref(), error.status),
        ("NoSuchEntityException", "NoSuchEntity", 404)
    );
    assert_eq!(error.message.as_deref(), Some("The user with name x cannot be found."));
    assert!(!error.common && !error.receiver_fault);
}

/// The value, after looking at whether it has the shape of the operation's input or output.
fn value_of(item: impl IntoValue, shape: Option<&'static Shape>) -> Value {
    let value = item.into_value();
    assert!(std::ptr::eq(value.as_struct().expect("a structure").shape, shape.expect("a shape")));
    value
}

fn schema<O: OperationType>() -> &'static wire::schema::Operation {
    O::SERVICE.operation(O::NAME).expect("the marker's operation")
}

#[test]
fn an_input_with_lists_enums_and_times_survives_the_round_trip() {
    use api::cloudtrail::types::{LookupAttribute, LookupAttributeKey, LookupEventsRequest};
    let input = LookupEventsRequest {
        lookup_attributes: Some(vec![LookupAttribute {
            attribute_key: LookupAttributeKey::EventName,
            attribute_value: "CreateUser".to_owned(),
        }]),
        start_time: Some(Timestamp::from_millis(1_700_000_000_123)),
        max_results: Some(50),
        ..LookupEventsRequest::default()
    };
    let value = value_of(input.clone(), schema::<api::cloudtrail::LookupEvents>().input);
    assert_eq!(value.get("MaxResults"), Some(&Value::Integer(50)));
    assert_eq!(value.get("EndTime"), None);
    let key = value.get("LookupAttributes").and_then(Value::as_list).and_then(|list| list[0].get("AttributeKey"));
    assert_eq!(key.and_then(Value::as_str), Some("EventName"));
    assert_eq!(LookupEventsRequest::from_value(value), input);
}

#[test]
fn an_output_with_maps_survives_the_round_trip() {
    use api::iam::types::GetAccountSummaryResponse;
    let output = GetAccountSummaryResponse { summary_map: Some(vec![("Users".to_owned(), 0)]) };
    let value = value_of(output.clone(), schema::<api::iam::GetAccountSummary>().output);
    assert_eq!(GetAccountSummaryResponse::from_value(value), output);
}

#[test]
fn an_output_with_nested_structures_survives_the_round_trip() {
    use api::iam::types::{CreateUserResponse, Tag, User};
    let user = User {
        path: "/".to_owned(),
        user_name: "dave".to_owned(),
        user_id: "AIDAEXAMPLEUSERIDAAA1".to_owned(),
        arn: "arn:aws:iam::111122223333:user/dave".to_owned(),
        create_date: Timestamp::from_secs(1_700_000_000),
        password_last_used: None,
        permissions_boundary: None,
        tags: Some(vec![Tag { key: "team".to_owned(), value: String::new() }]),
    };
    let output = CreateUserResponse { user: Some(user) };
    let value = value_of(output.clone(), schema::<api::iam::CreateUser>().output);
    assert_eq!(CreateUserResponse::from_value(value), output);
}

#[test]
fn operations_without_input_or_output_use_unit() {
    fn is_unit<T: 'static>() -> bool {
        std::any::TypeId::of::<T>() == std::any::TypeId::of::<Unit>()
    }
    assert!(schema::<api::iam::GetAccountSummary>().input.is_none());
    assert!(is_unit::<<api::iam::GetAccountSummary as OperationType>::Input>());
    assert!(schema::<api::iam::DeleteUser>().output.is_none());
    assert!(is_unit::<<api::iam::DeleteUser as OperationType>::Output>());
    let value = Unit.into_value();
    assert!(value.as_struct().is_some_and(|unit| unit.members.is_empty()));
    assert_eq!(Unit::from_value(value), Unit);
}

#[test]
fn enums_hold_all_values_of_the_model() {
    use api::cloudtrail::types::LookupAttributeKey;
    let input = schema::<api::cloudtrail::LookupEvents>().input.and_then(Shape::structure).expect("a structure");
    let (_, attributes) = input.member("LookupAttributes").expect("a member");
    let Kind::List(list) = &attributes.shape.kind else { panic!("attributes are a list") };
    let (_, key) = list.member.structure().and_then(|attribute| attribute.member("AttributeKey")).expect("a member");
    let Kind::String(text) = &key.shape.kind else { panic!("a key is text") };
    assert_eq!(LookupAttributeKey::ALL.iter().map(|key| key.as_str()).collect::<Vec<_>>(), text.values);
    for key in LookupAttributeKey::ALL {
        assert_eq!(key.to_string().parse(), Ok(*key));
        assert_eq!(LookupAttributeKey::from_value(key.into_value()), *key);
    }
    let unknown = "Colour".parse::<LookupAttributeKey>().expect_err("no such key");
    assert_eq!(unknown.to_string(), "\"Colour\" is not a value of LookupAttributeKey");
}

#[test]
fn secrets_are_not_shown_by_debug() {
    use api::sts::types::Credentials;
    let credentials = Credentials {
        access_key_id: "ASIAEXAMPLEKEYIDAAA1".to_owned(),
        secret_access_key: "wJalrXUtnFEMI".to_owned(),
        session_token: "token".to_owned(),
        expiration: Timestamp::from_secs(0),
    };
    let shown = format!("{credentials:?}");
    assert!(shown.contains("ASIAEXAMPLEKEYIDAAA1") && shown.contains("secret_access_key: <sensitive>"), "{shown}");
    assert!(!shown.contains("wJalrXUtnFEMI"), "{shown}");
}
