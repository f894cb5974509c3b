use super::super::context::Context;
use super::super::document::PolicyKind;
use super::*;

fn caller() -> Caller {
    Caller::Account {
        account: "111122223333".to_owned(),
        arns: vec!["arn:aws:iam::111122223333:user/ci/alice".to_owned()],
        ids: vec!["AIDAALICE".to_owned()],
    }
}

fn request(context: &Context) -> Request<'_> {
    Request { action: "sts:AssumeRole", resource: "arn:aws:iam::111122223333:role/r", context }
}

fn decide(principal: &str, extra: &str, caller: &Caller, context: &[(&str, &str)]) -> TrustDecision {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{extra}}}]}}"#
    );
    let document = Document::parse(&text, PolicyKind::Trust).unwrap();
    let context = context.iter().copied().collect();
    evaluate_trust(&document, caller, &BTreeMap::new(), &request(&context))
}

#[test]
fn principals_are_matched_in_every_form() {
    use TrustDecision::*;
    for (principal, expected) in [
        (r#""*""#, Direct),
        (r#"{"AWS":"*"}"#, Direct),
        (r#"{"AWS":"111122223333"}"#, Account),
        (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, Account),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/ci/alice"}"#, Direct),
        (r#"{"AWS":"arn:aws-cn:iam::111122223333:user/ci/alice"}"#, Direct),
        (r#"{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/ci/alice"]}"#, Direct),
        (r#"{"AWS":"AIDAALICE"}"#, Direct),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#, Silent),
        (r#"{"AWS":"arn:aws:iam::111122223333:user/ci/*"}"#, Silent),
        (r#"{"AWS":"444455556666"}"#, Silent),
        (r#"{"Service":"config.amazonaws.com"}"#, Silent),
    ] {
        assert_eq!(decide(principal, "", &caller(), &[]), expected, "{principal}");
    }
}

#[test]
fn services_are_named_apart() {
    let service = Caller::Service { name: "config.amazonaws.com".to_owned() };
    assert_eq!(decide(r#"{"Service":"config.amazonaws.com"}"#, "", &service, &[]), TrustDecision::Direct);
    assert_eq!(decide(r#"{"Service":"sns.amazonaws.com"}"#, "", &service, &[]), TrustDecision::Silent);
    assert_eq!(decide(r#""*""#, "", &service, &[]), TrustDecision::Silent);
}

#[test]
fn conditions_must_hold() {
    let external = r#","Condition":{"StringEquals":{"sts:ExternalId":"s3cret"}}"#;
    assert_eq!(decide(r#""*""#, external, &caller(), &[("sts:ExternalId", "s3cret")]), TrustDecision::Direct);
    assert_eq!(decide(r#""*""#, external, &caller(), &[("sts:ExternalId", "other")]), TrustDecision::Silent);
    assert_eq!(decide(r#""*""#, external, &caller(), &[]), TrustDecision::Silent);
}

#[test]
fn a_denial_wins_whatever_the_order() {
    let text = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},
        {"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:*"}]}"#;
    let document = Document::parse(text, PolicyKind::Trust).unwrap();
    let decision = evaluate_trust(&document, &caller(), &BTreeMap::new(), &request(&Context::default()));
    assert_eq!(decision, TrustDecision::Denied);
}

#[test]
fn a_principal_made_anew_under_an_old_name_is_not_trusted() {
    let arn = "arn:aws:iam::111122223333:user/ci/alice";
    let text =
        format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},"Action":"sts:AssumeRole"}}}}"#);
    let document = Document::parse(&text, PolicyKind::Trust).unwrap();
    let decide = |id: &str| {
        let bound = BTreeMap::from([(arn.to_owned(), id.to_owned())]);
        evaluate_trust(&document, &caller(), &bound, &request(&Context::default()))
    };
    assert_eq!(decide("AIDAALICE"), TrustDecision::Direct);
    assert_eq!(decide("AIDAFORMERALICE"), TrustDecision::Silent);
}

#[test]
fn a_resource_policy_also_weighs_the_resource() {
    let text =
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"arn:aws:sns:*:*:a"}}"#;
    let document = Document::parse(text, PolicyKind::Resource).unwrap();
    for (resource, expected) in [
        ("arn:aws:sns:eu-west-1:111122223333:a", TrustDecision::Direct),
        ("arn:aws:sns:eu-west-1:111122223333:b", TrustDecision::Silent),
    ] {
        let request = Request { action: "sns:Publish", resource, context: &Context::default() };
        assert_eq!(evaluate_trust(&document, &caller(), &BTreeMap::new(), &request), expected, "{resource}");
    }
}
