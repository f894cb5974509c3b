use super::*;

fn refusal(text: &str, kind: PolicyKind) -> String {
    match Document::parse(text, kind) {
        Err(Malformed(message)) => message,
        Ok(_) => panic!("accepted: {text}"),
    }
}

/// A managed policy of one statement with these members.
fn managed(members: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{{members}}}}}"#)
}

#[test]
fn good_documents_are_accepted() {
    for text in [
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"A1","Effect":"Deny","NotAction":["iam:*","sts:*"],"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true},"NumericLessThan":{"aws:MultiFactorAuthAge":[3600]},"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*"]}}}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::111122223333:user/${aws:username}","arn:aws:iam::*:*"]}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:*","arn:aws-cn:s3:::b"]}}"#,
    ] {
        assert!(
            Document::parse(text, PolicyKind::Managed).is_ok(),
            "{text}: {:?}",
            Document::parse(text, PolicyKind::Managed)
        );
    }
    let old = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    assert!(Document::parse(old, PolicyKind::Inline).is_ok());
}

#[test]
fn syntax_errors() {
    for text in [
        "",
        "This is not a json document",
        "[]",
        "{}",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Other":1,"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Id":[],"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        &managed(r#""Action":"s3:*","Resource":"*""#),
        &managed(r#""Effect":"Maybe","Action":"s3:*","Resource":"*""#),
        &managed(r#""Effect":"Allow","Effect":"Deny","Action":"s3:*","Resource":"*""#),
        &managed(r#""Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*""#),
        &managed(r#""Effect":"Allow","Action":{},"Resource":"*""#),
        &managed(r#""Effect":"Allow","Action":"s3:*","Resource":["*",1]"#),
        &managed(r#""Effect":"Allow","Action":"s3:*","Resource":"*","Extra":1"#),
        &managed(r#""Sid":7,"Effect":"Allow","Action":"s3:*","Resource":"*""#),
        &managed(r#""Sid":"a b","Effect":"Allow","Action":"s3:*","Resource":"*""#),
        &managed(r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":[]"#),
        &managed(r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"a":"b"}}"#),
        &managed(r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":{}}}"#),
    ] {
        assert_eq!(refusal(text, PolicyKind::Managed), "Syntax errors in policy.", "{text}");
    }
}

#[test]
fn managed_policies_must_be_of_the_new_version() {
    for version in [r#""Version":"2008-10-17","#, ""] {
        let text = format!(r#"{{{version}"Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}}}"#);
        assert_eq!(refusal(&text, PolicyKind::Managed), "Policy document must be version 2012-10-17 or greater.");
    }
}

#[test]
fn rules_beyond_syntax() {
    let vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    let path = "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
                instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                report/, access-report/.";
    let legacy = "The policy failed legacy parsing";
    for (members, expected) in [
        (r#""Effect":"allow","Action":"s3:*","Resource":"*""#, legacy),
        (r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws::::b""#, legacy),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}"#,
            legacy,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/99"}}"#,
            legacy,
        ),
        (r#""Effect":"Allow","Resource":"*""#, "Policy statement must contain actions."),
        (r#""Effect":"Allow","Action":[],"Resource":"*""#, "Policy statement must contain actions."),
        (r#""Effect":"Allow","Action":"s3:*""#, "Policy statement must contain resources."),
        (r#""Effect":"Allow","Action":"s3:*","Resource":[]"#, "Policy statement must contain resources."),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*""#,
            "Policy document should not specify a principal.",
        ),
        (r#""Effect":"Allow","Action":"s3:*","Resource":"bucket""#, "Resource bucket must be in ARN format or \"*\"."),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws""#,
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:there:s3:::b""#,
            "Partition \"there\" is not valid for resource \"arn:there:s3:::b\".",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:there""#,
            "Partition \"there\" is not valid for resource \"arn:there:*:*:*:*\".",
        ),
        (
            r#""Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam:us-east-1:1:user/a""#,
            "IAM resource arn:aws:iam:us-east-1:1:user/a cannot contain region information.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:us-east-1:1:b""#,
            "Resource arn:aws:s3:us-east-1:1:b can not contain region information.",
        ),
        (r#""Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:users/a""#, path),
        (r#""Effect":"Allow","Action":"ListBuckets","Resource":"*""#, vendor),
        (r#""Effect":"Allow","Action":"s3:a:b","Resource":"*""#, "Actions/Condition can contain only one colon."),
        (r#""Effect":"Allow","Action":"s*3:a","Resource":"*""#, "Vendor s*3 is not valid"),
        (r#""Effect":"Allow","NotAction":"ListBuckets","Resource":"*""#, vendor),
    ] {
        assert_eq!(refusal(&managed(members), PolicyKind::Managed), expected, "{members}");
    }
    let twice = r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(refusal(twice, PolicyKind::Managed), "Statement IDs (SID) in a single policy must be unique.");
}

#[test]
fn trust_policies_have_rules_of_their_own() {
    for (text, expected) in [
        ("nothing", "This policy contains invalid Json"),
        (r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#, "Missing required field Principal"),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*"}}"#, "Missing required field Action"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (r#"{"Statement":{"Effect":"Allow","Principal":"x","Action":"sts:AssumeRole"}}"#, "Syntax errors in policy."),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{"Who":"x"},"Action":"sts:AssumeRole"}}"#,
            "Syntax errors in policy.",
        ),
    ] {
        assert_eq!(refusal(text, PolicyKind::Trust), expected, "{text}");
    }
}

#[test]
fn statements_know_where_they_stand() {
    let text = "{\"Version\":\"2012-10-17\", \"Statement\":[\n  {\"Effect\":\"Allow\",\n   \"Action\":\"*\",\"Resource\":\"*\"} ]}";
    let document = Document::parse(text, PolicyKind::Managed).unwrap();
    let Statement { start, end, .. } = document.statements[0];
    assert_eq!((start, end), (Position { line: 2, column: 3 }, Position { line: 3, column: 32 }));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[{}\\[\\]\":,a-zA-Z*]{0,80}") {
        for kind in [PolicyKind::Managed, PolicyKind::Inline, PolicyKind::Trust, PolicyKind::Resource] {
            let _ = Document::parse(&text, kind);
        }
    }
}
