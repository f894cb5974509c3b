//! Generation from a small model that has what the real ones seldom have.

use std::collections::BTreeMap;

use super::*;

const MODEL: &str = r##"{
"metadata":{"apiVersion":"2020-01-01","endpointPrefix":"tiny","protocols":["json"],"jsonVersion":"1.1"},
"operations":{
"Grow":{"http":{"method":"PUT","uri":"/trees/{Name}"},"input":"GrowRequest","output":"Tree","readonly":true},
"Rest":{"http":{"method":"POST","uri":"/"}}
},
"shapes":{
"GrowRequest":{"type":"structure","payload":"type","required":["Name"],"members":{"Name":{"shape":"Name","location":"uri","locationName":"Name"},"type":"Tree","Secrets":"Secrets"}},
"Name":{"type":"string","min":1,"max":5,"pattern":"[a-z]+\\"},
"Lost":{"type":"structure","exception":true,"fault":true},
"Found":{"type":"structure","exception":true},
"Secret":{"type":"string","sensitive":true},
"Secrets":{"type":"list","member":{"shape":"Secret","locationName":"item"},"flattened":true},
"Free":{"type":"structure","document":true},
"Size":{"type":"string","enum":["1.5","aws:big","AWS_BIG"]},
"Tree":{"type":"structure","union":true,"members":{"Left":"Tree","Size":"Size","Forest":"Forest","When":{"shape":"Time","timestampFormat":"rfc822"},"Any":"Free"}},
"Forest":{"type":"map","key":"Name","value":"Tree","max":3},
"Time":{"type":"timestamp","timestampFormat":"iso8601"}
}
}"##;

fn tiny() -> Source {
    let settings = ServiceSettings {
        event_source: "tiny.amazonaws.com".to_owned(),
        iam_prefix: "tiny".to_owned(),
        target_prefixes: Vec::new(),
        rpc_name: None,
        error_namespace: None,
        statuses: BTreeMap::from([("Lost".to_owned(), 503)]),
        open_enums: Vec::new(),
        left_out: Vec::new(),
    };
    let model = serde_json::from_str(MODEL).unwrap();
    Source { name: "tiny".to_owned(), model, settings, implemented: vec!["Grow".to_owned(), "Rest".to_owned()] }
}

/// Fails unless the code can be formatted and holds every fragment, however laid out.
fn assert_holds(code: &str, fragments: &[&str]) {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let code = format(Path::new(env!("CARGO_MANIFEST_DIR")), code).unwrap();
    for expected in fragments {
        assert!(dense(&code).contains(&dense(expected)), "no {expected:?} in:\n{code}");
    }
}

#[test]
fn a_structure_inside_itself_is_boxed_unless_a_map_lies_between() {
    let code = types::render(&tiny()).unwrap();
    assert_holds(
        &code,
        &[
            "pub left: Option<Box<Tree>>,",
            "left: reader.optional(0).map(Box::new),",
            ".optional(0, self.left.map(|inner| *inner))",
            "pub forest: Option<Vec<(String, Tree)>>,",
            "pub any: Option<serde_json::Value>,",
        ],
    );
}

#[test]
fn required_members_keyword_names_and_secrets() {
    let code = types::render(&tiny()).unwrap();
    assert_holds(
        &code,
        &[
            "#[derive(Clone, PartialEq)]",
            "pub name: String,",
            "name: reader.required(0)",
            "pub r#type: Option<Tree>,",
            ".field(\"type\", &self.r#type)",
            ".field(\"secrets\", &self.secrets.as_ref().map(|_| crate::typed::Sensitive))",
        ],
    );
}

#[test]
fn enum_variants_are_total_and_unlike_each_other() {
    let code = types::render(&tiny()).unwrap();
    assert_holds(&code, &[r#"[V1_5 = "1.5", AwsBig = "aws:big", AwsBig2 = "AWS_BIG"]"#]);
}

#[test]
fn an_open_enum_is_text_and_keeps_its_values_in_the_schema() {
    let mut source = tiny();
    source.settings.open_enums = vec!["Size".to_owned()];
    let code = types::render(&source).unwrap();
    assert_holds(&code, &["pub size: Option<String>,"]);
    assert!(!code.contains("text_enum!"));
    assert_holds(&schema::render(&source).unwrap(), &[r#"&["1.5", "aws:big", "AWS_BIG"]"#]);
}

#[test]
fn a_member_that_answers_leave_out_is_optional_and_stays_required_in_the_schema() {
    let mut source = tiny();
    source.settings.left_out = vec!["GrowRequest.Name".to_owned()];
    assert_holds(&types::render(&source).unwrap(), &["pub name: Option<String>,", "name: reader.optional(0)"]);
    assert_holds(&schema::render(&source).unwrap(), &["required(located(wire::schema::Location::Uri"]);
}

#[test]
fn shapes_keep_constraints_names_and_places() {
    let code = schema::render(&tiny()).unwrap();
    assert_holds(
        &code,
        &[
            r#"pub(super) static NAME: Shape = text_like("Name", length(1, 5), "[a-z]+\\");"#,
            r#"required(located(wire::schema::Location::Uri, member("Name", &NAME))),"#,
            r#"pub(super) static SECRETS: Shape = flattened(list_named("Secrets", &SECRET, ANY_LENGTH, "item"));"#,
            r#"pub(super) static SECRET: Shape = sensitive(text("Secret", ANY_LENGTH));"#,
            r#"pub(super) static FREE: Shape = document("Free");"#,
            r#"pub(super) static FOREST: Shape = map("Forest", &NAME, &TREE, length_max(3));"#,
            r#"timed(wire::schema::TimestampFormat::Rfc822, member("When", &TIME)),"#,
            r#"pub(super) static TIME: Shape = timestamp("Time", Some(wire::schema::TimestampFormat::Iso8601));"#,
        ],
    );
}

#[test]
fn operations_keep_their_route_and_traits() {
    let code = service::render(&tiny()).unwrap();
    assert_holds(
        &code,
        &[
            r#"read_only(routed("PUT", "/trees/{Name}", operation("Grow", Some(&schema::GROW_REQUEST), Some(&schema::TREE"#,
            r#"operation("Rest", None, None)"#,
            "type Output = types::Tree;",
            "type Input = crate::Unit;",
        ],
    );
}

#[test]
fn errors_without_a_query_code_are_400_or_what_the_table_says() {
    let code = errors::render(&tiny());
    assert_holds(
        &code,
        &[
            r#"sender_error("Found", "Found", 400, &schema::FOUND)"#,
            r#"receiver_error("Lost", "Lost", 503, &schema::LOST)"#,
            "pub fn lost(message: impl Into<String>) -> ServiceError {",
        ],
    );
}

#[test]
fn what_the_schema_cannot_hold_is_an_error() {
    let mut source = tiny();
    source.model = serde_json::from_str(&MODEL.replace("\"type\":\"timestamp\"", "\"type\":\"bigdecimal\"")).unwrap();
    assert_eq!(schema::render(&source).unwrap_err(), "Time: the type bigdecimal has no place in the schema");
}

#[test]
fn the_first_difference_is_shown() {
    let shown = first_difference("a\nb\n", "a\nc\n");
    assert_eq!(shown, "line 2\n  committed: b\n  generated: c");
    assert_eq!(first_difference("a\n", "a\nc\n"), "line 2\n  committed: (end of file)\n  generated: c");
}
