//! What has no place in the shared tests of the protocols.

use super::list_items;

#[test]
fn items_of_a_header_list_may_be_quoted() {
    for (text, items) in [
        ("a,b", vec!["a", "b"]),
        (" a , b ", vec!["a", "b"]),
        (r#""a,b",c"#, vec!["a,b", "c"]),
        (r#""say \"hi\"", x"#, vec![r#"say "hi""#, "x"]),
        ("", vec![]),
        ("a,", vec!["a", ""]),
    ] {
        assert_eq!(list_items(text), items, "{text}");
    }
}
