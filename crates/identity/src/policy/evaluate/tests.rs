use super::super::document::PolicyKind;
use super::*;

const USER: &str = "arn:aws:iam::111122223333:user/alice";

fn source(statements: &str) -> Source {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let document = Document::parse(&text, PolicyKind::Managed).unwrap_or_else(|error| panic!("{error}: {text}"));
    Source { name: "p".to_owned(), origin: Origin::Given, document: Arc::new(document) }
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
}

fn deny(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}"#)
}

fn decide(policies: &Policies, action: &str, resource: &str, context: &[(&str, &str)]) -> Decision {
    let context = context.iter().copied().collect();
    evaluate(policies, &Request { action, resource, context: &context })
}

fn identity(statements: &[String]) -> Policies {
    Policies { identity: statements.iter().map(|statement| source(statement)).collect(), ..Policies::default() }
}

#[test]
fn own_policies() {
    let examples: &[(&[String], &str, &str, bool)] = &[
        (&[], "iam:GetUser", USER, false),
        (&[allow("*", "*")], "iam:GetUser", USER, true),
        (&[allow("iam:*", "*")], "iam:GetUser", USER, true),
        (&[allow("IAM:get*", "*")], "iam:GetUser", USER, true),
        (&[allow("iam:Get?ser", "*")], "iam:GetUser", USER, true),
        (&[allow("iam:Get", "*")], "iam:GetUser", USER, false),
        (&[allow("sts:*", "*")], "iam:GetUser", USER, false),
        (&[allow("iam:*", USER)], "iam:GetUser", USER, true),
        (&[allow("iam:*", "arn:aws:iam::111122223333:user/Alice")], "iam:GetUser", USER, false),
        (&[allow("iam:*", "arn:aws:iam::111122223333:user/*")], "iam:GetUser", USER, true),
        (&[allow("iam:*", "arn:aws:iam::444455556666:*")], "iam:GetUser", USER, false),
        (&[allow("iam:*", USER)], "iam:ListUsers", "*", false),
        (&[allow("iam:*", "*"), deny("iam:GetUser", "*")], "iam:GetUser", USER, false),
        (&[deny("iam:GetUser", "*"), allow("iam:*", "*")], "iam:GetUser", USER, false),
        (&[allow("iam:*", "*"), deny("iam:DeleteUser", "*")], "iam:GetUser", USER, true),
        (&[allow("iam:*", "arn:aws:iam::111122223333:user/${aws:username}")], "iam:GetUser", USER, true),
        (&[allow("iam:*", "arn:aws:iam::111122223333:user/${aws:missing}")], "iam:GetUser", USER, false),
    ];
    for (statements, action, resource, expected) in examples {
        let decision = decide(&identity(statements), action, resource, &[("aws:username", "alice")]);
        assert_eq!(decision.is_allowed(), *expected, "{statements:?} {action} {resource}: {decision:?}");
    }
}

#[test]
fn inverted_elements() {
    let not_action = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned();
    let not_resource = format!(r#"{{"Effect":"Allow","Action":"*","NotResource":"{USER}"}}"#);
    let unresolved = r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::${aws:missing}"}"#.to_owned();
    let denies_unresolved = r#"{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::${aws:missing}"}"#.to_owned();
    for (statements, action, resource, expected) in [
        (vec![not_action.clone()], "iam:GetUser", USER, false),
        (vec![not_action], "sts:AssumeRole", "*", true),
        (vec![not_resource.clone()], "iam:GetUser", USER, false),
        (vec![not_resource], "iam:GetUser", "arn:aws:iam::111122223333:user/bob", true),
        (vec![unresolved], "s3:GetObject", "arn:aws:s3:::b", false),
        (vec![allow("*", "*"), denies_unresolved], "s3:GetObject", "arn:aws:s3:::b", false),
    ] {
        let decision = decide(&identity(&statements), action, resource, &[]);
        assert_eq!(decision.is_allowed(), expected, "{statements:?} {action} {resource}");
    }
}

#[test]
fn all_conditions_must_hold() {
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
        "StringEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"],"aws:PrincipalTag/team":"red"},
        "IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#
        .to_owned();
    let policies = identity(&[statement]);
    let good = [("aws:RequestedRegion", "eu-west-1"), ("aws:PrincipalTag/team", "red"), ("aws:SourceIp", "10.1.2.3")];
    assert!(decide(&policies, "a:b", "*", &good).is_allowed());
    for at in 0..good.len() {
        let mut context = good;
        context[at].1 = "other";
        assert!(!decide(&policies, "a:b", "*", &context).is_allowed(), "{}", good[at].0);
    }
}

#[test]
fn layers_intersect() {
    let logs = || source(&allow("logs:*", "*"));
    let all = || source(&allow("*", "*"));
    let denies = || source(&format!("{},{}", allow("*", "*"), deny("logs:Delete*", "*")));
    let policies = |boundary: Option<Source>, session: Option<Vec<Source>>| Policies {
        root: false,
        identity: vec![all()],
        boundary,
        session,
    };
    use Layer::*;
    let examples = [
        (policies(None, None), "iam:GetUser", None),
        (policies(Some(logs()), None), "logs:PutLogEvents", None),
        (policies(Some(logs()), None), "iam:GetUser", Some(Boundary)),
        (policies(None, Some(vec![logs()])), "iam:GetUser", Some(Session)),
        (policies(None, Some(vec![logs(), all()])), "iam:GetUser", None),
        (policies(None, Some(vec![])), "iam:GetUser", Some(Session)),
        (policies(Some(logs()), Some(vec![logs()])), "logs:PutLogEvents", None),
        (Policies { boundary: Some(all()), session: Some(vec![all()]), ..Policies::default() }, "a:b", Some(Identity)),
    ];
    for (policies, action, missing) in &examples {
        let decision = decide(policies, action, "*", &[]);
        match missing {
            None => assert!(decision.is_allowed(), "{action}: {decision:?}"),
            Some(layer) => assert_eq!(decision, Decision::ImplicitDeny(*layer), "{action}"),
        }
    }
    for (policies, layer) in [
        (policies(Some(denies()), None), Boundary),
        (policies(None, Some(vec![denies()])), Session),
        (Policies { identity: vec![denies()], ..Policies::default() }, Identity),
    ] {
        match decide(&policies, "logs:DeleteLogGroup", "*", &[]) {
            Decision::ExplicitDeny(found) => assert_eq!((found.layer, found.statement), (layer, 1)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn root_is_allowed_without_policies() {
    let root = Policies { root: true, ..Policies::default() };
    assert!(decide(&root, "iam:DeleteUser", USER, &[]).is_allowed());
    let confined = Policies { root: true, session: Some(vec![]), ..Policies::default() };
    assert_eq!(decide(&confined, "iam:DeleteUser", USER, &[]), Decision::ImplicitDeny(Layer::Session));
}

#[test]
fn a_decision_names_its_statement() {
    let policies = identity(&[r#"{"Sid":"Everything","Effect":"Allow","Action":"*","Resource":"*"}"#.to_owned()]);
    match decide(&policies, "a:b", "*", &[]) {
        Decision::Allow(found) => {
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].policy.as_str(), found[0].statement), ("p", 0));
            assert_eq!(found[0].sid.as_deref(), Some("Everything"));
        }
        other => panic!("{other:?}"),
    }
}
