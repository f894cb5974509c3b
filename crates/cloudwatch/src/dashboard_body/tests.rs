//! Bodies and what is said of them.

use proptest::prelude::*;

use super::{NOT_AN_OBJECT, error_message, validate};

/// `path message` of each error.
fn errors(body: &str) -> Vec<String> {
    let validation = validate(body);
    assert!(!validation.not_an_object, "{body}");
    validation.errors.into_iter().map(|(path, message)| format!("{path} {message}")).collect()
}

fn of_widget(members: &str) -> Vec<String> {
    errors(&format!(r#"{{"widgets":[{{{members}}}]}}"#))
        .into_iter()
        .map(|error| error.replace("/widgets/0", ""))
        .collect()
}

fn of_properties(kind: &str, members: &str) -> Vec<String> {
    of_widget(&format!(r#""type":"{kind}","properties":{{{members}}}"#))
        .into_iter()
        .map(|error| error.strip_prefix("/properties").map_or(error.clone(), str::to_owned))
        .collect()
}

fn of_metrics(rows: &str) -> Vec<String> {
    of_properties("metric", &format!(r#""region":"us-east-1","metrics":[{rows}]"#))
        .into_iter()
        .map(|error| error.replace("/metrics", ""))
        .collect()
}

#[test]
fn what_is_no_json_object_has_its_own_message() {
    for body in ["", "widgets", "[]", "\"{}\"", "{", "{\"widgets\":[]} x", "null"] {
        let validation = validate(body);
        assert_eq!(validation.message().as_deref(), Some(NOT_AN_OBJECT), "{body}");
        assert!(validation.errors.is_empty());
    }
    assert_eq!(validate(r#"{"widgets":[]}"#).message(), None);
}

#[test]
fn the_message_has_the_recorded_layout() {
    let body = r#"{"widgets":[
        {"type":"text","properties":{"markdown":"x"}},
        {"type":"metric","properties":{"region":"eu-west-1","metrics":[
            ["AWS/DMS","CDCIncomingChanges",{"stat":"Sum","dimensions":{}}],
            ["AWS/Lambda","Errors","FunctionName"]
        ]}}
    ]}"#;
    let expected = r#"The dashboard body is invalid, there are 2 validation errors:
[
  {
    "dataPath": "/widgets/1/properties/metrics/0",
    "message": "Should NOT have more than 2 items"
  },
  {
    "dataPath": "/widgets/1/properties/metrics/1",
    "message": "Should NOT have more than 2 items"
  }
]"#;
    assert_eq!(validate(body).message().as_deref(), Some(expected));
}

#[test]
fn texts_are_escaped_in_the_message() {
    let message = error_message(&[("/a".to_owned(), "only \"String\" \\".to_owned())]);
    assert!(message.contains(r#""message": "only \"String\" \\""#), "{message}");
}

#[test]
fn the_body_itself_is_checked() {
    for (body, expected) in [
        (r#"{"widgets":[]}"#, &[][..]),
        (r#"{"widgets":[],"start":"-PT3H","end":"P0D","periodOverride":"inherit"}"#, &[]),
        ("{}", &[" Should have required property 'widgets'"]),
        (r#"{"widgets":{}}"#, &["/widgets Should be array"]),
        (r#"{"widgets":[1]}"#, &["/widgets/0 Should be object"]),
        (r#"{"widgets":[],"start":1}"#, &["/start Should be string"]),
        (r#"{"widgets":[],"periodOverride":"x"}"#, &["/periodOverride Should be equal to one of the allowed values"]),
        (r#"{"widgets":[],"variables":{}}"#, &["/variables Should be array"]),
        (r#"{"widgets":[],"variables":[{"type":"pattern","pattern":"x","inputType":"select","id":"a"}]}"#, &[]),
        (
            r#"{"widgets":[],"variables":[{"type":"property"}]}"#,
            &[
                "/variables/0 Should have required property 'property'",
                "/variables/0 Should have required property 'inputType'",
                "/variables/0 Should have required property 'id'",
            ],
        ),
    ] {
        assert_eq!(errors(body), expected, "{body}");
    }
}

#[test]
fn lists_have_their_limits() {
    let widget = r#"{"type":"text","properties":{"markdown":""}}"#;
    let widgets = |count: usize| format!(r#"{{"widgets":[{}]}}"#, vec![widget; count].join(","));
    assert!(errors(&widgets(500)).is_empty());
    assert_eq!(errors(&widgets(501)), ["/widgets Should NOT have more than 500 items"]);
    let metrics = |count: usize| vec![r#"["NS","M"]"#; count].join(",");
    assert!(of_metrics(&metrics(500)).is_empty());
    assert_eq!(of_metrics(&metrics(501)), [" Should NOT have more than 500 items"]);
    let variable = r#"{"type":"pattern","pattern":"x","inputType":"select","id":"a"}"#;
    let variables = |count: usize| format!(r#"{{"widgets":[],"variables":[{}]}}"#, vec![variable; count].join(","));
    assert!(errors(&variables(25)).is_empty());
    assert_eq!(errors(&variables(26)), ["/variables Should NOT have more than 25 items"]);
}

#[test]
fn widgets_are_checked() {
    let text = r#""type":"text","properties":{"markdown":"x"}"#;
    for (members, expected) in [
        (text.to_owned(), &[][..]),
        (format!(r#"{text},"x":23,"y":4000,"width":24,"height":1000"#), &[]),
        (format!(r#"{text},"x":24"#), &["/x Should be <= 23"]),
        (format!(r#"{text},"x":-1"#), &["/x Should be >= 0"]),
        (format!(r#"{text},"x":"1""#), &["/x Should be integer"]),
        (format!(r#"{text},"x":1.5"#), &["/x Should be integer"]),
        (format!(r#"{text},"x":1.0"#), &[]),
        (format!(r#"{text},"y":-1"#), &["/y Should be >= 0"]),
        (format!(r#"{text},"width":25,"height":1001"#), &["/width Should be <= 24", "/height Should be <= 1000"]),
        (format!(r#"{text},"width":0,"height":0"#), &["/width Should be >= 1", "/height Should be >= 1"]),
        (String::new(), &[" Should have required property 'type'", " Should have required property 'properties'"]),
        (r#""type":"text""#.to_owned(), &[" Should have required property 'properties'"]),
        (r#""type":"text","properties":[]"#.to_owned(), &["/properties Should be object"]),
        (r#""type":"pie","properties":{}"#.to_owned(), &["/type Should be equal to one of the allowed values"]),
        (r#""type":"chart","properties":{"data":{}}"#.to_owned(), &[]),
        (r#""type":"explorer","properties":{}"#.to_owned(), &[]),
    ] {
        assert_eq!(of_widget(&members), expected, "{members}");
    }
}

#[test]
fn text_log_and_alarm_widgets_are_checked() {
    for (kind, members, expected) in [
        ("text", "", &[" Should have required property 'markdown'"][..]),
        ("text", r#""markdown":1"#, &["/markdown Should be string"]),
        ("text", r##""markdown":"# x","background":"transparent""##, &[]),
        ("text", r#""markdown":"","background":"red""#, &["/background Should be equal to one of the allowed values"]),
        ("log", r#""region":"eu-west-1","query":"SOURCE 'g' | fields @message","view":"table""#, &[]),
        ("log", "", &[" Should have required property 'region'", " Should have required property 'query'"]),
        ("alarm", r#""alarms":["arn:aws:cloudwatch:us-east-1:1:alarm:a"],"title":"t""#, &[]),
        ("alarm", "", &[" Should have required property 'alarms'"]),
        ("alarm", r#""alarms":"arn""#, &["/alarms Should be array"]),
        ("alarm", r#""alarms":[1]"#, &["/alarms/0 Should be string"]),
    ] {
        assert_eq!(of_properties(kind, members), expected, "{kind} {members}");
    }
}

#[test]
fn a_metric_widget_needs_one_source() {
    const NO_SOURCE: &str =
        " The metric widget should have specified a region and a data source or an alarm annotation";
    let none = [" Should have required property 'metrics'", NO_SOURCE, " Should have required property 'annotations'"];
    let lines =
        [" Should have required property 'metrics'", NO_SOURCE, "/annotations Should have required property 'alarms'"];
    for (members, expected) in [
        (r#""region":"us-east-1","metrics":[["NS","M"]]"#, &[][..]),
        (r#""region":"us-east-1","metrics":[]"#, &[]),
        (r#""region":"us-east-1","annotations":{"alarms":["arn"]}"#, &[]),
        (r#""region":"us-east-1","metrics":[["NS","M"]],"annotations":{"horizontal":[{"value":1}]}"#, &[]),
        (r#""region":"us-east-1""#, &none),
        ("", &none),
        (r#""region":"us-east-1","annotations":{"horizontal":[{"value":1}]}"#, &lines),
        (r#""metrics":[["NS","M"]]"#, &[NO_SOURCE]),
        (
            r#""region":"r","metrics":[],"annotations":{"alarms":["arn"]}"#,
            &[" Should match exactly one schema in oneOf"],
        ),
        (
            r#""region":"r","annotations":{"alarms":["a","b"]}"#,
            &["/annotations/alarms Should NOT have more than 1 items"],
        ),
        (r#""region":"r","metrics":{}"#, &["/metrics Should be array"]),
    ] {
        assert_eq!(of_properties("metric", members), expected, "{members}");
    }
}

#[test]
fn the_look_of_a_metric_widget_is_checked() {
    for (members, expected) in [
        (r#""period":300,"stat":"p99.9","view":"pie","stacked":false,"timezone":"-0130""#, &[][..]),
        (r#""period":10"#, &[]),
        (r#""period":90"#, &["/period Should be multiple of 60"]),
        (r#""period":0"#, &["/period Should be multiple of 60"]),
        (r#""period":"60""#, &["/period Should be number"]),
        (r#""stat":"TM(10%:90%)""#, &[]),
        (r#""stat":"p101""#, &["/stat Should match pattern"]),
        (r#""stat":"average""#, &["/stat Should match pattern"]),
        (r#""stacked":"no""#, &["/stacked Should be boolean"]),
        (r#""title":1"#, &["/title Should be string"]),
        (r#""timezone":"UTC""#, &["/timezone Should match pattern"]),
        (r#""view":"line""#, &["/view Should be equal to one of the allowed values"]),
        (r#""legend":{"position":"top"}"#, &["/legend/position Should be equal to one of the allowed values"]),
        (r#""yAxis":{"left":{"min":0,"max":10},"right":{"min":5}}"#, &[]),
        (r#""yAxis":{"left":{"min":10,"max":5}}"#, &["/yAxis/left/min Should be <= 5"]),
        (r#""yAxis":{"right":{"min":2.5,"max":2.5}}"#, &["/yAxis/right/min Should be <= 2.5"]),
        (r#""yAxis":{"left":{"min":"0"}}"#, &["/yAxis/left/min Should be number"]),
        (r#""view":"gauge","yAxis":{"left":{"min":0,"max":100}}"#, &[]),
        (r#""view":"gauge""#, &[" Should have required property 'yAxis'"]),
        (r#""view":"gauge","yAxis":{}"#, &["/yAxis Should have required property 'left'"]),
        (r#""view":"gauge","yAxis":{"left":{"min":0}}"#, &["/yAxis/left Should have required property 'max'"]),
        (
            r##""annotations":{"horizontal":[[{"value":1},{"value":2,"label":"x","color":"#ff0000"}]],"vertical":[{"value":"2018-04-25T12:00:00.000Z"}]}"##,
            &[],
        ),
        (
            r#""annotations":{"horizontal":[{"label":"x"}]}"#,
            &["/annotations/horizontal/0 Should have required property 'value'"],
        ),
        (r#""annotations":{"horizontal":[{"value":"1"}]}"#, &["/annotations/horizontal/0/value Should be number"]),
        (r#""annotations":{"vertical":[{"value":1}]}"#, &["/annotations/vertical/0/value Should be string"]),
        (
            r#""annotations":{"horizontal":[[{"value":1}]]}"#,
            &["/annotations/horizontal/0 Should NOT have fewer than 2 items"],
        ),
    ] {
        let all = format!(r#""region":"us-east-1","metrics":[["NS","M"]],{members}"#);
        assert_eq!(of_properties("metric", &all), expected, "{members}");
    }
}

#[test]
fn metric_rows_are_checked() {
    const NOT_A_ROW: &str = "/0 Field \"metrics\" has to be an array of array of strings, with an optional metricRenderer object as last element";
    const NOT_A_FIELD: &str = "Invalid metric field type, only \"String\" type is allowed";
    const NOT_ENOUGH: &str = "Repeat marker \".\" used but not enough fields in previous metric";
    for (rows, expected) in [
        (r#"["NS","M"]"#, vec![]),
        (
            r##"["NS","M","D","v",{"stat":"Sum","label":"x","color":"#1f77b4","yAxis":"right","visible":false,"period":60,"id":"m1","region":"r","accountId":"1"}]"##,
            vec![],
        ),
        (r#"["NS","M",{}]"#, vec![]),
        (r#"["NS","M","D","v"],[".","N",".","."],["...","w"],["...",{"stat":"p90"}]"#, vec![]),
        (r#"["NS","M","D","v"],[{"expression":"m1*2","id":"e1","label":"x"}],[".","N",".","."]"#, vec![]),
        (r#""NS""#, vec!["/0 Should be array".to_owned(), NOT_A_ROW.to_owned()]),
        ("[]", vec!["/0 Should NOT have fewer than 1 items".to_owned()]),
        (r#"["NS"]"#, vec!["/0 Should NOT have fewer than 2 items".to_owned()]),
        (r#"["NS","M","D"]"#, vec!["/0 Should NOT have more than 2 items".to_owned()]),
        (r#"["NS","M","D",{"stat":"Sum"}]"#, vec!["/0 Should NOT have more than 3 items".to_owned()]),
        (r#"["NS","M","D","v",{"color":"red"}]"#, vec!["/0 Should NOT have more than 4 items".to_owned()]),
        (
            r#"["NS","M",{"stat":"Sum","dimensions":{"D":"v"}}]"#,
            vec!["/0 Should NOT have more than 2 items".to_owned()],
        ),
        (r#"["NS","M",{"D":"v"},{"stat":"Sum"}]"#, vec![format!("/0/2 {NOT_A_FIELD}")]),
        (r#"["NS",1,null]"#, vec![format!("/0/1 {NOT_A_FIELD}"), format!("/0/2 {NOT_A_FIELD}")]),
        (r#"[{"label":"x"}]"#, vec!["/0/0 Should have required property 'expression'".to_owned()]),
        (r#"[{"expression":1}]"#, vec!["/0 Should NOT have more than 0 items".to_owned()]),
        (r#"[".","M"]"#, vec![format!("/0/0 {NOT_ENOUGH}")]),
        (r#"["NS","M"],[".","N",".","v"]"#, vec![format!("/1/2 {NOT_ENOUGH}")]),
        (r#"["NS","M"],["...","N","D","v"]"#, vec![format!("/1/0 {}", NOT_ENOUGH.replace("\".\"", "\"...\""))]),
    ] {
        assert_eq!(of_metrics(rows), expected, "{rows}");
    }
}

#[test]
fn unknown_members_are_warned_of() {
    let validation = validate(r#"{"widgets":[{"type":"text","properties":{"markdown":""},"z":1}],"title":"x"}"#);
    assert_eq!(validation.message(), None);
    let warning = |path: &str, message: &str| (path.to_owned(), message.to_owned());
    assert_eq!(
        validation.warnings,
        [
            warning(
                "/widgets/0",
                "The \"z\" property is not expected to be part of a widget definition, will be ignored"
            ),
            warning("", "The \"title\" property is not expected, will be ignored"),
        ]
    );
}

proptest! {
    #[test]
    fn no_row_or_member_panics(
        rows in r#"(\["NS"|,|"\."|"\.\.\."|"M"|\{"stat":"p[0-9.]{0,3}"\}|[0-9]|\]){0,12}"#,
        name in "(stat|period|yAxis|annotations|legend|timezone|view|metrics)",
        value in r#"(\[\]|\{\}|\{"left":[0-9]\}|"[a-zA-Z(:%)é#+]{0,8}"|-?[1-9][0-9]{0,20}|null|\[\[\]\])"#,
    ) {
        let body = |members: &str| {
            format!(r#"{{"widgets":[{{"type":"metric","properties":{{"region":"r",{members}}}}}]}}"#)
        };
        validate(&rows);
        validate(&body(&format!(r#""metrics":[{rows}]"#)));
        let of_member = validate(&body(&format!(r#""{name}":{value}"#)));
        prop_assert!(!of_member.not_an_object);
    }
}
