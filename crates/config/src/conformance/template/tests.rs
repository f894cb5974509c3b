//! Templates of the kind that packs have, and those that are refused.

use serde_json::json;

use super::*;
use crate::rule::shelf;

/// Made for this test, in the form of AWS's sample packs.
const PACK: &str = r#"
Parameters:
  MaxAge:
    Type: String
    Default: '90'
  Grace:
    Type: String
    Default: ''
  Which:
    Type: CommaDelimitedList
    Default: a, b
Conditions:
  hasGrace:
    Fn::Not:
      - Fn::Equals: ['', !Ref Grace]
  both: !And [!Condition hasGrace, !Equals [!Ref MaxAge, 30]]
  either: !Or [!Condition hasGrace, !Equals [!Ref 'AWS::Region', eu-west-1]]
Resources:
  Keys:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: access-keys
      InputParameters:
        maxAccessKeyAge: !Ref MaxAge
        grace: !If [hasGrace, !Ref Grace, !Ref 'AWS::NoValue']
      Source: {Owner: AWS, SourceIdentifier: ACCESS_KEYS_ROTATED}
  Both:
    Type: AWS::Config::ConfigRule
    Condition: both
    DependsOn: Keys
    Properties:
      ConfigRuleName: !Sub 'both-${AWS::AccountId}-${!no}-${X}'
      Source: {Owner: AWS, SourceIdentifier: ENCRYPTED_VOLUMES}
"#;

fn render(text: &str, inputs: &[(&str, &str)]) -> Result<Vec<WantedResource>, TemplateError> {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse(text)?.render(&shelf::scope(), &inputs)
}

#[test]
fn conditions_decide_what_is_there_and_no_value_leaves_out() {
    let pack = PACK.replace("-${X}", "");
    let rules = render(&pack, &[]).unwrap();
    let expected = json!({
        "ConfigRuleName": "access-keys",
        "InputParameters": {"maxAccessKeyAge": "90"},
        "Source": {"Owner": "AWS", "SourceIdentifier": "ACCESS_KEYS_ROTATED"},
    });
    assert_eq!(rules.iter().map(|rule| &rule.properties).collect::<Vec<_>>(), [&expected]);
    let rules = render(&pack, &[("Grace", "5"), ("MaxAge", "30")]).unwrap();
    assert_eq!(rules[0].properties["InputParameters"], json!({"maxAccessKeyAge": "30", "grace": "5"}));
    assert_eq!(rules[1].properties["ConfigRuleName"], "both-123456789012-${no}");
}

#[test]
fn what_is_no_template_is_refused_with_what_is_wrong() {
    let one = |resource: &str| format!("Resources:\n  A:\n{resource}");
    let rule = "    Type: AWS::Config::ConfigRule\n    Properties: {Source: {Owner: AWS}";
    for (text, expected) in [
        (PACK.to_owned(), "X is neither a parameter nor a resource"),
        ("- a".to_owned(), "no mapping"),
        ("Resources: {}".to_owned(), "at least one resource"),
        ("Mappings: {a: {}}\nResources: {A: {}}".to_owned(), "The section Mappings is not supported"),
        (one("    Type: AWS::S3::Bucket\n"), "the type AWS::S3::Bucket is not supported in a conformance pack"),
        (one("    Type: AWS::Config::ConfigRule\n"), "no properties"),
        (one(&format!("{rule}, Colour: red}}\n")), "Colour"),
        (one(&format!("{rule}}}\n    Condition: c\n")), "there is no condition c"),
        (one(&format!("{rule}}}\n    DependsOn: B\n")), "depends on B"),
        (one(&format!("{rule}}}\n    DependsOn: A\n")), "in a circle"),
        (one(&format!("{rule}, Description: !GetAtt A.Arn}}\n")), "Fn::GetAtt is not supported"),
        (one(&format!("{rule}, Description: !If [c, 1]}}\n")), "Fn::If takes"),
        (format!("Conditions: {{a: !Condition b, b: !Not [!Condition a]}}\n{}", one(&format!("{rule}}}\n"))), "circle"),
        (format!("Parameters: {{P: {{Type: Map}}}}\n{}", one(&format!("{rule}}}\n"))), "type Map is not supported"),
    ] {
        let error = parse(&text).unwrap_err().0;
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn parameters_must_have_values_that_they_may_have() {
    let of = |definition: &str| {
        format!(
            "Parameters: {{P: {definition}}}\nResources: {{A: {{Type: 'AWS::Config::ConfigRule', Properties: {{ConfigRuleName: !Ref P}}}}}}"
        )
    };
    for (definition, input, expected) in [
        ("{Type: String}", None, Err("Parameters: [P] must have values")),
        ("{Type: String}", Some("x"), Ok("x")),
        ("{Type: Number, Default: 5}", None, Ok("5")),
        ("{Type: Number}", Some("five"), Err("must be a number")),
        ("{Type: Number, MaxValue: 10}", Some("11"), Err("not within its bounds")),
        ("{Type: String, AllowedValues: [a, 'true']}", Some("true"), Ok("true")),
        ("{Type: String, AllowedValues: [a, b]}", Some("c"), Err("AllowedValues")),
        ("{Type: String, MinLength: 2}", Some("c"), Err("length")),
        ("{Type: String, AllowedPattern: '[a-c]+'}", Some("cab"), Ok("cab")),
        ("{Type: String, AllowedPattern: '[a-c]+'}", Some("cabd"), Err("AllowedPattern")),
    ] {
        let inputs: Vec<_> = input.iter().map(|value| ("P", *value)).collect();
        match (render(&of(definition), &inputs), expected) {
            (Ok(rules), Ok(expected)) => assert_eq!(rules[0].properties["ConfigRuleName"], expected),
            (Err(error), Err(expected)) => assert!(error.0.contains(expected), "{}", error.0),
            (result, expected) => panic!("{definition}: {result:?}, not {expected:?}"),
        }
    }
    let error = render(&of("{Type: String, Default: x}"), &[("Q", "1")]).unwrap_err();
    assert_eq!(error.0, "Parameters: [Q] do not exist in the template");
}

#[test]
fn conditions_that_name_many_cost_each_once_and_little_text_does_not_come_to_much() {
    let mut conditions = "Conditions:\n  c0: !Equals [a, b]\n".to_owned();
    for number in 1..60 {
        let before = number - 1;
        conditions += &format!("  c{number}: !Or [!Condition c{before}, !Condition c{before}]\n");
    }
    let rule = "Resources: {A: {Type: 'AWS::Config::ConfigRule', Condition: c59, Properties: {ConfigRuleName: a}}}";
    assert_eq!(render(&format!("{conditions}{rule}"), &[]).unwrap(), []);
    let text = "${P}".repeat(2000);
    let rule = format!(
        "Parameters: {{P: {{Type: String}}}}\nResources: {{A: {{Type: 'AWS::Config::ConfigRule', Properties: {{Description: !Sub '{text}'}}}}}}"
    );
    let error = render(&rule, &[("P", &"x".repeat(4096))]).unwrap_err().0;
    assert!(error.contains("more than 4194304 bytes"), "{error}");
}
