use proptest::prelude::*;

use super::{LakeStatement, is_id};

const A: &str = "e1f5a2b3-0c4d-4e5f-8a6b-7c8d9e0f1a2b";
const B: &str = "11111111-2222-3333-4444-555555555555";

/// What becomes of a statement, with `A` and `B` for the ids.
fn rewritten(text: &str) -> String {
    let text = text.replace('A', A).replace('B', B);
    LakeStatement::of(&text).sql.replace(A, "A").replace(B, "B")
}

#[test]
fn ids_become_quoted_names_where_a_name_can_stand() {
    let cases = [
        ("select * from A", r#"select * from "A""#),
        ("select * from A;", r#"select * from "A";"#),
        ("select a.x from A a, B as b", r#"select a.x from "A" a, "B" as b"#),
        ("select A.eventname from A", r#"select "A".eventname from "A""#),
        ("(select 1 from A)union(select 2 from B)", r#"(select 1 from "A")union(select 2 from "B")"#),
        // These are texts, names and remarks already.
        ("select 'A', 'it''s A' from B", r#"select 'A', 'it''s A' from "B""#),
        (r#"select * from "A""#, r#"select * from "A""#),
        ("select 1 -- A\nfrom B", "select 1 -- A\nfrom \"B\""),
        ("select 1 /* A -- */ from B", r#"select 1 /* A -- */ from "B""#),
        // These are parts of something else.
        ("select xA from B", r#"select xA from "B""#),
        ("select A_1 from B", r#"select A_1 from "B""#),
        ("select A-1 from B", r#"select A-1 from "B""#),
        // What is not ended is left for the parser to tell of.
        ("select 'A", "select 'A"),
        ("select \"A", "select \"A"),
        ("select /* A", "select /* A"),
    ];
    for (given, expected) in cases {
        assert_eq!(rewritten(given), expected, "{given}");
    }
}

#[test]
fn ids_are_found_once_each_and_in_lower_case() {
    let text =
        format!("select 1 from {} join {B} on true join {A} on '{A}' = '' join \"{B}\" on true", A.to_uppercase());
    let found = LakeStatement::of(&text);
    assert_eq!(found.ids, [A, B]);
    assert!(found.sql.starts_with(&format!("select 1 from \"{A}\" join \"{B}\"")));
}

#[test]
fn an_id_is_a_uuid() {
    for id in [A, B, &A.to_uppercase()] {
        assert!(is_id(id), "{id}");
    }
    for other in ["", "x", &A[1..], "g1f5a2b3-0c4d-4e5f-8a6b-7c8d9e0f1a2b", "e1f5a2b300c4d-4e5f-8a6b-7c8d9e0f1a2b"] {
        assert!(!is_id(other), "{other}");
    }
}

proptest! {
    /// What was rewritten has nothing left to rewrite, and names the same stores.
    #[test]
    fn rewriting_again_changes_nothing(parts in proptest::collection::vec(any_part(), 0..12)) {
        let once = LakeStatement::of(&parts.concat());
        let twice = LakeStatement::of(&once.sql);
        prop_assert_eq!(&twice.sql, &once.sql);
        prop_assert_eq!(twice.ids, once.ids);
    }

    /// Nothing is lost: without the quotes that were added, and in lower case, the text is the one that was given.
    #[test]
    fn only_quotes_are_added(text in "[ -!#-~\n]{0,80}", id in Just(A)) {
        let text = format!("{text} {id} ").to_lowercase();
        prop_assert_eq!(LakeStatement::of(&text).sql.replace('"', ""), text);
    }
}

fn any_part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(A.to_owned()),
        Just(B.to_uppercase()),
        "['\"/*a-z \n-]{1,4}",
        Just("--".to_owned()),
        Just(" from ".to_owned()),
    ]
}
