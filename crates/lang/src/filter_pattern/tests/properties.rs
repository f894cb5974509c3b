//! What holds of all patterns and messages.

use proptest::prelude::*;

use crate::filter_pattern::FilterPattern;

/// Texts that come near to patterns.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "ERROR", "\"", "\\", "%", "?", "-", " ", "{", "}", "[", "]", "(", ")", "$", ".", "*", "=", "!=", "<",
        ">=", "&&", "||", "IS", "NOT", "EXISTS", "NULL", "TRUE", ",", "...", "1e3", "'", "$.a", "é", "^", "|", "+",
        "\\x4", "{2,}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "ab",
        "1",
        "10",
        "1e1",
        "1.0",
        "x/y",
        "é",
        "null",
        "true",
        "say \"a\"",
        "",
        "1.2.3",
    ])
    .prop_map(str::to_owned)
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

fn value() -> impl Strategy<Value = String> {
    let regex =
        prop::sample::select(vec!["%a%", "%a|1%", "%^1+%", "%[ab]b?%", "%a{0,2}b%", "%x/y%", "%1e%", "%\\x61b%"]);
    let bare =
        prop::sample::select(vec!["a", "a*", "*1*", "1", "10", "1e1", "*", "1.*", "*.2.*", "true", "null", "x/y"]);
    prop_oneof![
        word().prop_map(|word| quoted(&word)),
        word().prop_map(|word| quoted(&format!("*{word}*"))),
        bare.prop_map(str::to_owned),
        regex.prop_map(str::to_owned),
    ]
}

fn json_pattern() -> impl Strategy<Value = String> {
    let path = || prop::sample::select(vec!["$.a", "$.b.a", "$.b[0]", "$.b[*]", "$.['a']"]);
    let compared =
        (path(), prop::sample::select(vec!["=", "!="]), value()).prop_map(|(p, o, v)| format!("{p} {o} {v}"));
    let ordered = (path(), prop::sample::select(vec!["<", "<=", ">", ">="])).prop_map(|(p, o)| format!("{p} {o} 1"));
    let asked = prop::sample::select(vec!["IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS"]);
    let asked = (path(), asked).prop_map(|(path, asked)| format!("{path} {asked}"));
    let condition = prop_oneof![4 => compared, 1 => ordered, 1 => asked];
    let joined = (condition.clone(), prop::sample::select(vec!["&&", "||"]), condition.clone());
    let joined = joined.prop_map(|(a, o, b)| format!("({a} {o} {b})"));
    prop_oneof![condition, joined].prop_map(|inside| format!("{{ {inside} }}"))
}

fn delimited_pattern() -> impl Strategy<Value = String> {
    let condition = (prop::sample::select(vec!["=", "!="]), value()).prop_map(|(o, v)| format!("f {o} {v}"));
    let field = prop_oneof![condition, Just("f".to_owned()), Just(String::new()), Just("f > 1".to_owned())];
    let ellipsis = prop::option::of(0..3_usize);
    (prop::collection::vec(field, 1..4), ellipsis).prop_map(|(mut fields, ellipsis)| {
        if let Some(at) = ellipsis {
            fields.insert(at.min(fields.len()), "...".to_owned());
        }
        format!("[{}]", fields.join(","))
    })
}

fn term_pattern() -> impl Strategy<Value = String> {
    let regex = prop::sample::select(vec!["%a%", "%a|1%", "%^1+%", "%[ab]b?%", "%a{0,2}b%"]).prop_map(str::to_owned);
    let term = prop_oneof![3 => word().prop_map(|word| quoted(&word)), 1 => regex];
    let term = (prop::sample::select(vec!["", "?", "-"]), term).prop_map(|(sign, term)| format!("{sign}{term}"));
    prop::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
}

/// A JSON text, spelled in one of the ways that JSON allows.
fn json_value() -> impl Strategy<Value = String> {
    let escaped = |word: &str| word.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
    prop_oneof![
        word().prop_map(|word| serde_json::to_string(&word).unwrap()),
        word().prop_map(|word| serde_json::to_string(&word).unwrap().replace('/', "\\/")),
        word().prop_map(move |word| format!("\"{}\"", escaped(&word))),
        prop::sample::select(vec!["1", "10", "1e1", "1.0", "100e-1", "-1", "null", "true", "false"])
            .prop_map(str::to_owned),
    ]
}

fn json_message() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["\"a\"", "\"\\u0061\"", "\"c\""]);
    (key, json_value(), json_value(), any::<bool>()).prop_map(|(key, a, b, is_list)| match is_list {
        true => format!("{{{key}: {a}, \"b\": [{b}]}}"),
        false => format!("{{{key}: {a}, \"b\": {{{key}: {b}}}}}"),
    })
}

fn plain_message() -> impl Strategy<Value = String> {
    let token =
        prop_oneof![word(), word().prop_map(|word| format!("[{word}]")), word().prop_map(|word| format!("\"{word}\""))];
    prop::collection::vec(token, 0..5).prop_map(|tokens| tokens.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_parses_or_is_refused_in_a_place_within_it(text in soup(), message in plain_message()) {
        match FilterPattern::parse(&text) {
            Ok(pattern) => {
                prop_assert_eq!(pattern.extract(&message).is_some(), pattern.matches(&message));
                prop_assert!(!pattern.matches_everything() || pattern.matches(&message));
            }
            Err(error) => prop_assert!(error.position <= text.chars().count()),
        }
    }

    #[test]
    fn a_json_message_that_matches_passes_the_needle(text in json_pattern(), message in json_message()) {
        let Ok(pattern) = FilterPattern::parse(&text) else { return Err(TestCaseError::reject("too many expressions")) };
        // `extract` does not ask the needle.
        if pattern.extract(&message).is_some() {
            prop_assert!(pattern.needle().may_match(&message), "{:?}", pattern.needle());
            prop_assert!(pattern.matches(&message));
        }
    }

    #[test]
    fn fields_that_match_pass_the_needle(text in delimited_pattern(), message in plain_message()) {
        let Ok(pattern) = FilterPattern::parse(&text) else { return Err(TestCaseError::reject("too many expressions")) };
        if pattern.extract(&message).is_some() {
            prop_assert!(pattern.needle().may_match(&message), "{:?}", pattern.needle());
            prop_assert!(pattern.matches(&message));
        }
    }

    #[test]
    fn terms_that_match_pass_the_needle(text in term_pattern(), message in plain_message()) {
        let Ok(pattern) = FilterPattern::parse(&text) else { return Err(TestCaseError::reject("too many expressions")) };
        prop_assert!(!pattern.matches(&message) || pattern.needle().may_match(&message), "{:?}", pattern.needle());
    }
}
