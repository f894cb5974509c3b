use proptest::prelude::*;

use super::*;

fn naive(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
        ['?', rest @ ..] => !text.is_empty() && naive(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && naive(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn the_wildcard_matcher_agrees_with_a_naive_one(pattern in "[ab:*?é]{0,8}", text in "[ab:é]{0,10}") {
        let expected = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(wildcard_match(&pattern, &text), expected);
    }

    #[test]
    fn following_all_positions_agrees_with_a_naive_matcher(pattern in "[ab:*?]{0,8}", text in "[ab:]{0,10}") {
        let expected = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        let tokens: Vec<Token> = wildcards(&pattern).collect();
        prop_assert_eq!(matches_in_fields(&tokens, &text), expected);
    }

    #[test]
    fn a_template_of_any_text_does_not_panic(source in "\\PC{0,40}") {
        let template = Template::parse_resource(&source, Variables::Expanded);
        template.matches("arn:aws:iam::111122223333:user/a", Fields::Resource, &Context::default());
    }
}

fn resource(pattern: &str, arn: &str) -> bool {
    Template::parse_resource(pattern, Variables::Expanded)
        .matches(arn, Fields::Resource, &Context::default())
        .unwrap_or(false)
}

#[test]
fn resources_match_field_by_field_where_aws_does() {
    for (pattern, arn, expected) in [
        ("*", "arn:aws:iam::111122223333:user/a", true),
        ("arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/x/a", true),
        ("arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:user/A", false),
        ("arn:aws:iam::*:user/a", "arn:aws:iam::111122223333:user/a", true),
        ("arn:aws:logs:*:*:log-group:app*", "arn:aws:logs:eu-west-1:111122223333:log-group:app:log-stream:x", true),
        ("arn:aws:s3:*", "arn:aws:s3:::bucket/key", true),
        ("arn:aws:s3:::buck?t", "arn:aws:s3:::bucket", true),
        ("arn:aws:logs:eu*1:111122223333:log-group:a", "arn:aws:logs:eu-west-1:111122223333:log-group:a", true),
        ("arn:aws:logs:e*1:log-group:a", "arn:aws:logs:eu-west-1:111122223331:log-group:a", false),
        ("arn:aws:logs:?:1:a", "arn:aws:logs:::1:a", false),
    ] {
        assert_eq!(resource(pattern, arn), expected, "{pattern} on {arn}");
    }
}

#[test]
fn variables_are_replaced_by_plain_text() {
    let context: Context = [("aws:username", "al*ce"), ("aws:PrincipalTag/team", "red")].into_iter().collect();
    for (source, text, expected) in [
        ("user/${aws:username}", "user/al*ce", Some(true)),
        ("user/${aws:username}", "user/alice", Some(false)),
        ("user/${AWS:UserName}/*", "user/al*ce/x", Some(true)),
        ("${aws:PrincipalTag/Team}", "red", Some(true)),
        ("${aws:PrincipalTag/other}", "red", None),
        ("${aws:PrincipalTag/other, 'blue'}", "blue", Some(true)),
        ("${*}${?}${$}", "*?$", Some(true)),
        ("${*}", "x", Some(false)),
        ("a${unclosed", "a${unclosed", Some(true)),
    ] {
        let template = Template::parse(source, Variables::Expanded);
        assert_eq!(template.matches(text, Fields::Free, &context), expected, "{source} on {text}");
    }
}

#[test]
fn variables_are_plain_text_in_the_old_version() {
    let template = Template::parse("${aws:username}", Variables::Plain);
    let context: Context = [("aws:username", "alice")].into_iter().collect();
    assert_eq!(template.text(&context).as_deref(), Some("${aws:username}"));
}

#[test]
fn arns_are_compared_field_by_field() {
    for (pattern, arn, expected) in [
        ("arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a/b", true),
        ("arn:aws:*:111122223333:role/a", "arn:aws:iam::111122223333:role/a", false),
        ("arn:*:iam::*:role/a", "arn:aws-cn:iam::111122223333:role/a", true),
        ("*", "arn:aws:iam::111122223333:role/a", true),
        ("arn:aws:iam", "arn:aws:iam::111122223333:role/a", false),
    ] {
        let template = Template::parse(pattern, Variables::Expanded);
        assert_eq!(template.matches_arn(arn, &Context::default()), Some(expected), "{pattern}");
    }
}
