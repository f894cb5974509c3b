//! What filters tell an index.

use crate::insights::tests::notation::compile;
use crate::needle::Needle;

fn contains(literal: &str) -> Needle {
    Needle::contains(literal)
}

fn any_case(literal: &str) -> Needle {
    Needle::Contains { literal: literal.to_owned(), exact_case: false }
}

#[test]
fn filters_say_what_messages_contain() {
    let json = Needle::json_string;
    let table = [
        ("filter @message like \"abc\"", contains("abc")),
        ("filter @message like \"a\" and @message like \"b\"", Needle::all([contains("a"), contains("b")])),
        ("filter @message like \"a\" or @message like \"b\"", Needle::any_of([contains("a"), contains("b")])),
        ("filter @message like \"a\" | filter @message not like \"b\" | limit 5", contains("a")),
        ("fields strlen(@message) as n | filter @message like \"a\" and n > 3", contains("a")),
        ("filter @message like /error/", contains("error")),
        ("filter @message like /(?i)error/", any_case("error")),
        ("filter @message like /(?i)success/", Needle::all([any_case("ucce")])),
        (
            "filter @message like /a(bc|bd)+\\d*e/",
            Needle::all([contains("a"), Needle::any_of([contains("bc"), contains("bd")]), contains("e")]),
        ),
        ("filter @message =~ \"^ab$\"", contains("ab")),
        ("filter @message like /a|/", Needle::Anything),
        ("filter level = \"ERROR\"", json("ERROR")),
        ("filter level = \"ERROR\" | stats count(*) by bin(1m)", json("ERROR")),
        ("filter level in [\"A\", \"B\"]", Needle::any_of([json("A"), json("B")])),
        ("filter level like /(?i)err/", Needle::any_of([any_case("err"), contains("\\u00")])),
        ("filter level != \"ERROR\"", Needle::Anything),
        ("filter status = 200", Needle::Anything),
        ("filter status = \"200\"", Needle::Anything),
        ("filter ok = \"true\"", Needle::Anything),
        ("filter status like \"00\"", Needle::Anything),
        ("parse @message \"[*]\" as level | filter level = \"ERROR\"", contains("ERROR")),
        ("stats count(*) as c by level | filter level = \"ERROR\"", Needle::Anything),
        ("filter false", Needle::Nothing),
        ("filter not (not @message like \"a\")", contains("a")),
    ];
    for (query, needle) in table {
        assert_eq!(compile(query).unwrap().needle(), needle, "{query}");
    }
}

#[test]
fn what_is_discovered_elsewhere_says_nothing_of_the_message() {
    let plan = compile("filter level = \"ERROR\" and @message like \"a\"").unwrap();
    assert_eq!(plan.needle_of_message(), contains("a"));
}

#[test]
fn streams_are_known_from_equality() {
    let table: [(&str, Option<&[&str]>); 4] = [
        ("filter @logStream = \"a\"", Some(&["a"])),
        ("filter @logStream in [\"a\", \"b\"] and x = 1", Some(&["a", "b"])),
        ("filter @logStream = \"01\"", None),
        ("filter @logStream like \"a\"", None),
    ];
    for (query, streams) in table {
        let expected = streams.map(|streams| streams.iter().map(|stream| (*stream).to_owned()).collect::<Vec<_>>());
        assert_eq!(compile(query).unwrap().streams(), expected, "{query}");
    }
}
