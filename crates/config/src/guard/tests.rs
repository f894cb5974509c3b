//! What policies say of a document, and what is no policy.

use serde_json::json;

use super::*;

fn document() -> Value {
    json!({
        "resourceType": "AWS::EC2::Instance",
        "name": "web-1",
        "size": 8,
        "rate": 0.5,
        "public": false,
        "nothing": null,
        "text": "",
        "list": [],
        "ports": [22, 443],
        "zones": ["eu-west-1a", "eu-west-1b"],
        "disks": [
            {"id": "d-1", "encrypted": true, "size": 10},
            {"id": "d-2", "encrypted": false, "size": 20},
        ],
        "tags": {"team": "web", "aws:stack": "s"},
        "roles": {"reader": {"kind": "read"}, "writer": {"kind": "write"}},
    })
}

fn outcome(text: &str) -> Outcome {
    let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    policy.evaluate(&document()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether clauses hold; `None` where they are about something else.
fn holds(clauses: &str) -> Option<bool> {
    match outcome(&format!("rule r {{ {clauses} }}")) {
        Outcome::Pass => Some(true),
        Outcome::Fail(_) => Some(false),
        Outcome::Skip => None,
    }
}

#[test]
fn clauses_hold_or_not() {
    for (clauses, expected) in [
        // Values.
        ("name == 'web-1'", Some(true)),
        ("name == \"web-2\"", Some(false)),
        ("name != 'web-2'", Some(true)),
        ("name == /^web-\\d$/", Some(true)),
        ("name != /^db/", Some(true)),
        ("name == /a\\/b/", Some(false)),
        ("size == 8 size >= 8 size < 9", Some(true)),
        ("size > 8", Some(false)),
        ("size == r[1, 8]", Some(true)),
        ("size == r[1, 8)", Some(false)),
        ("size == r(8, 20)", Some(false)),
        ("rate < 1", Some(true)),
        ("rate == r(0.1, 0.9)", Some(true)),
        ("public == false", Some(true)),
        ("nothing == null", Some(true)),
        ("name in ['web-1', 'web-2']", Some(true)),
        ("name not in ['web-2']", Some(true)),
        ("name !in [/^web/]", Some(false)),
        ("name in 'my web-1 host'", Some(true)),
        ("tags == {team: 'web', 'aws:stack': 's'}", Some(true)),
        ("zones == ['eu-west-1a', 'eu-west-1b']", Some(true)),
        // What cannot be compared does not hold, negated or not.
        ("name == 1", Some(false)),
        ("name != 1", Some(false)),
        ("missing != 'a'", Some(false)),
        // Lists, each element.
        ("ports[*] in [22, 443]", Some(true)),
        ("ports in [22, 443, 80]", Some(true)),
        ("ports[*] == 22", Some(false)),
        ("some ports[*] == 22", Some(true)),
        ("some ports[*] == 80", Some(false)),
        ("ports[0] == 22 ports.1 == 443 ports[-1] == 443", Some(true)),
        ("ports[2] exists", Some(false)),
        ("disks[*].size <= 20", Some(true)),
        ("disks[*].encrypted == true", Some(false)),
        ("name[*] == 'web-1'", Some(true)),
        // Filters.
        ("disks[ encrypted == true ].size == 10", Some(true)),
        ("disks[ size > 15 encrypted == false ].id == 'd-2'", Some(true)),
        ("disks[ size > 50 ].id == 'd-2'", None),
        ("disks[ size > 50 ] empty", Some(true)),
        ("disks[ size > 15 ] !empty", Some(true)),
        ("roles[ kind == 'read' ] !empty", Some(true)),
        ("roles.*[ kind == 'write' ].kind == 'write'", Some(true)),
        ("roles.*.kind in ['read', 'write']", Some(true)),
        ("roles[ keys == /^re/ ].kind == 'read'", Some(true)),
        ("roles[ keys != /^re/ ].kind == 'write'", Some(true)),
        ("tags[ keys in ['team'] ] == 'web'", Some(true)),
        // What is there.
        ("name exists nothing exists missing !exists", Some(true)),
        ("not missing exists", Some(true)),
        ("! name exists", Some(false)),
        ("missing.deep not exists", Some(true)),
        ("list empty text empty missing empty name !empty", Some(true)),
        ("size empty", Some(false)),
        ("list[*] exists", Some(false)),
        ("name is_string ports is_list tags is_struct public is_bool size is_int rate is_float", Some(true)),
        ("nothing is_null name !is_null name !is_int", Some(true)),
        ("name IS_INT", Some(false)),
        // Names.
        ("tags.'aws:stack' == 's' tags['team'] == 'web'", Some(true)),
        ("Tags.Team == 'web'", Some(true)),
        ("this.name == 'web-1'", Some(true)),
        // Alternatives.
        ("name == 'a' or name == 'web-1'", Some(true)),
        ("name == 'a' OR size == 9", Some(false)),
        ("name == 'a' or name == 'web-1' size == 9", Some(false)),
        // Blocks.
        ("disks[*] { id exists size > 5 }", Some(true)),
        ("disks[*] { encrypted == true }", Some(false)),
        ("some disks[*] { encrypted == true }", Some(true)),
        ("disks[ size > 50 ] { encrypted == true }", None),
        ("disks[ size > 50 ] !empty { encrypted == true }", Some(false)),
        ("when size > 50 { name == 'a' }", None),
        ("when size > 5 { name == 'a' }", Some(false)),
        // Variables.
        ("let big = disks[ size > 15 ] %big.encrypted == false %big !empty", Some(true)),
        ("let wanted = ['web-1', 'web-2'] name in %wanted", Some(true)),
        ("let names = ['reader'] roles.%names.kind == 'read'", Some(true)),
        ("let none = disks[ size > 50 ] %none empty", Some(true)),
        ("let none = disks[ size > 50 ] when %none !empty { name == 'a' }", None),
        ("disks[*] { let own = size %own > 5 }", Some(true)),
        // Queries on both sides.
        ("tags.team == roles.missing", Some(false)),
        ("ports[*] in ports", Some(true)),
        ("disks[0].size < disks[1].size", Some(true)),
        // Messages and comments say nothing.
        ("name == 'web-1' <<it must be so>> # indeed\n size == 8", Some(true)),
    ] {
        assert_eq!(holds(clauses), expected, "{clauses}");
    }
}

#[test]
fn rules_name_others_and_the_broken_ones_are_told() {
    assert_eq!(outcome("rule r when disks !empty { size == 8 }"), Outcome::Pass);
    assert_eq!(outcome("rule r when disks[ size > 50 ] !empty name exists { size == 1 }"), Outcome::Skip);
    let text = r"
        let size = size
        rule big when %size > 5 { name exists }
        rule small { not big  <<not big>> }
        rule both { big small }
        rule other when name == 'db' { size == 1 }
    ";
    assert_eq!(outcome(text), Outcome::Fail(vec!["small".to_owned(), "both".to_owned()]));
    assert_eq!(outcome("rule other when name == 'db' { size == 1 }"), Outcome::Skip);
    assert_eq!(outcome("name == 'db'"), Outcome::Fail(vec!["default".to_owned()]));
}

#[test]
fn types_in_templates_are_found() {
    let document = json!({"Resources": {"a": {"Type": "AWS::S3::Bucket", "Properties": {"Name": "x"}}}});
    for (text, expected) in [
        ("rule r { AWS::S3::Bucket { Properties.Name == 'x' } }", Outcome::Pass),
        (
            "AWS::S3::Bucket when Properties exists { Properties.Name == 'y' }",
            Outcome::Fail(vec!["default".to_owned()]),
        ),
        ("rule r { AWS::S3::Other { Properties.Name == 'y' } }", Outcome::Skip),
    ] {
        assert_eq!(Policy::parse(text).unwrap().evaluate(&document).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_no_policy_is_refused_where_it_is_wrong() {
    for (text, expected) in [
        ("", "line 1: there is no rule"),
        ("rule", "line 1: a name is missing"),
        ("rule a", "line 1: `{` is missing"),
        ("rule a {\n}", "line 2: there is nothing to check in this block"),
        ("rule a {\n b == }", "line 2: a name is missing"),
        ("rule a { b == 'c }", "line 1: a string does not end"),
        ("rule a { b == /c }", "line 1: a regular expression does not end"),
        ("rule a { b.c }", "line 1: there is no operator after the query"),
        ("rule a { b exists << c }", "line 1: the message does not end"),
        ("rule a { b == [c] }", "line 1: a list holds values alone"),
        ("rule a(x) { b exists }", "line 1: rules with parameters are not part of guard-2.x.x"),
        ("let c = count(b) rule a { b exists }", "line 1: functions are not part of guard-2.x.x"),
        ("rule a { b exists } rule a { b exists }", "line 1: the rule a is defined twice"),
        ("rule a { b[ keys > 1 ] exists }", "line 1: keys are compared by ==, != and in alone"),
    ] {
        assert_eq!(Policy::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    let around = Policy::parse("rule a { b == /(?<!c)d/ }").unwrap_err();
    assert!(around.message.contains("cannot be used"), "{around}");
}

#[test]
fn no_text_goes_too_deep_or_takes_too_long() {
    let deep = |open: &str, inner: &str, close: &str, times: usize| {
        format!("rule a {{ {}{inner}{} }}", open.repeat(times), close.repeat(times))
    };
    for text in [
        deep("a { ", "b exists", " }", 3000),
        deep("a[ ", "b exists", " ] exists", 3000),
        format!("rule a {{ b == {} }}", "[".repeat(9000)),
        format!("rule a {{ b == {} }}", "{a:".repeat(3000)),
        format!("rule a {{ {} exists }}", vec!["b"; 3000].join(".")),
        "rule a { b == /(((a{100}){100}){100}){100}/ }".to_owned(),
    ] {
        assert!(Policy::parse(&text).is_err(), "{}", &text[..40]);
    }
    let wide = json!({"a": vec![json!({"b": vec![1; 200]}); 200]});
    for (text, failure) in [
        ("rule a { a }", Failure::TooDeep),
        ("rule a { b } rule b { a }", Failure::TooDeep),
        ("let x = %x rule a { %x exists }", Failure::TooDeep),
        ("rule a { %y exists }", Failure::Undefined("the variable %y".to_owned())),
        ("rule a { c }", Failure::Undefined("the rule c".to_owned())),
        ("let x = a[*].b[*] rule a { %x in %x }", Failure::TooManySteps),
    ] {
        assert_eq!(Policy::parse(text).unwrap().evaluate(&wide), Err(failure), "{text}");
    }
    // The deepest that is read is evaluated on a small stack.
    let deepest = deep("a[*] { ", "b exists", " }", 22);
    let document = (0..22).fold(json!({"b": 1}), |inner, _| json!({"a": inner}));
    let evaluate = move || Policy::parse(&deepest).unwrap().evaluate(&document);
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(evaluate).unwrap();
    assert_eq!(thread.join().unwrap(), Ok(Outcome::Pass));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(rule a \\{ |let |\\}|\\[|\\]|[a-c.*%!<>=/'\"#\n ]|exists|in|r\\(1,|é| or |when ){0,40}") {
        if let Ok(policy) = Policy::parse(&text) {
            let _ = policy.evaluate(&json!({"a": [{"b": "c"}], "b": {"a": 1}}));
        }
    }
}
