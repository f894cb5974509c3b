//! What is refused, in which words, and where the mistake is said to be.

use super::notation::{compile, environment};
use crate::insights::{Class, Environment, Plan, Query};

#[test]
fn mistakes_are_named_with_their_place() {
    let table = [
        ("", "unexpected symbol found <EOF> at line 1 and position 0", 0, 0),
        ("| fields a", "unexpected symbol found | at line 1 and position 0", 0, 1),
        ("fields a |", "unexpected symbol found <EOF> at line 1 and position 10", 10, 10),
        ("fields a\n| foo b", "unexpected symbol found foo at line 2 and position 2", 11, 14),
        ("fields é, ?", "unexpected symbol found ? at line 1 and position 10", 10, 11),
        ("fields a b", "unexpected symbol found b at line 1 and position 9", 9, 10),
        ("filter a = = b", "unexpected symbol found = at line 1 and position 11", 11, 12),
        ("filter a not b", "unexpected symbol found b at line 1 and position 13", 13, 14),
        ("filter (a", "unexpected symbol found <EOF> at line 1 and position 9", 9, 9),
        ("filter a = 'x", "unexpected symbol found 'x at line 1 and position 11", 11, 13),
        ("filter a like /x", "unexpected symbol found /x at line 1 and position 14", 14, 16),
        ("filter a like /(/", "invalid regular expression /(/", 14, 17),
        ("filter nosuch(a)", "unexpected symbol found nosuch(a) at line 1 and position 7", 7, 16),
        ("filter count(a) > 1", "unexpected symbol found count(a) at line 1 and position 7", 7, 15),
        ("fields strlen(a, b)", "Invalid arguments of function strlen: it takes 1 argument", 7, 19),
        ("stats pct(a)", "Invalid arguments of function pct", 6, 12),
        ("stats pct(a, 101)", "pct takes a percentage from 0 to 100", 6, 17),
        ("stats topk(1, a) by b", "topk must be the only aggregate of its stats, and has no by", 6, 16),
        ("stats sum(count(*))", "unexpected symbol found count(*) at line 1 and position 10", 10, 18),
        ("stats count(*) by bin(5 apples)", "unexpected symbol found apples at line 1 and position 24", 24, 30),
        ("stats count(*) by bin(5x)", "unexpected symbol found 5x at line 1 and position 22", 22, 24),
        ("stats count(*) as c | sort x", "unexpected symbol found x at line 1 and position 27", 27, 28),
        ("parse @message /x/", "the regular expression of parse has no named groups", 15, 18),
        ("limit any", "unexpected symbol found any at line 1 and position 6", 6, 9),
        ("SOURCE 'a' START=1 START=2 | limit 1", "unexpected symbol found START at line 1 and position 19", 19, 24),
        ("SOURCE logGroups(class: ['X'])", "unexpected symbol found ['X'] at line 1 and position 24", 24, 29),
        ("unnest a", "unexpected symbol found <EOF> at line 1 and position 8", 8, 8),
    ];
    for (query, message, start, end) in table {
        let error = compile(query).unwrap_err();
        assert_eq!((error.message.as_str(), error.start, error.end), (message, start, end), "{query}");
    }
}

#[test]
fn commands_that_a_class_lacks_are_refused() {
    let environment = Environment { class: Class::InfrequentAccess, ..environment() };
    let refused = |query: &str| Plan::compile(&Query::parse(query).unwrap(), &environment).is_err();
    for query in ["pattern @message", "unmask @message", "filterIndex a = 1", "fields unmask(@message)"] {
        assert!(refused(query) && compile(query).is_ok(), "{query}");
    }
    let stats = |count: usize| vec!["stats count(*) as c"; count].join(" | ");
    assert!(!refused(&stats(2)) && refused(&stats(3)));
    assert!(compile(&stats(10)).is_ok() && compile(&stats(11)).is_err());
}

#[test]
fn clear_text_needs_a_permission() {
    let environment = Environment { may_unmask: false, ..environment() };
    for query in ["unmask @message", "fields unmask(@message)"] {
        assert!(Plan::compile(&Query::parse(query).unwrap(), &environment).is_err(), "{query}");
        assert!(compile(query).unwrap().unmasks(), "{query}");
    }
    assert!(!compile("fields @message").unwrap().unmasks());
}

#[test]
fn what_nests_too_deep_is_refused() {
    for query in [
        format!("filter {}a{}", "(".repeat(4000), ")".repeat(4000)),
        format!("filter {} a", "not ".repeat(2400)),
        format!("fields {}1 as x", "-".repeat(9000)),
        format!("fields 1{} as x", "+1".repeat(4900)),
        format!("fields 2{} as x", "^2".repeat(4900)),
    ] {
        assert!(Query::parse(&query).is_err(), "{}", &query[..30]);
    }
    let many = format!("filter a{}", " or a".repeat(1900));
    assert!(compile(&many).is_ok());
}
