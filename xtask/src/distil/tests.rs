//! Distillation of a small model in botocore's form.

use super::*;

fn model() -> Value {
    json!({
        "version": "2.0",
        "metadata": {
            "protocol": "query", "apiVersion": "2020-01-01", "endpointPrefix": "tiny", "serviceFullName": "Tiny",
            "xmlNamespace": "https://tiny.example/", "awsQueryCompatible": {},
        },
        "operations": {
            "Stop": {"name": "Stop", "http": {"method": "POST", "requestUri": "/"}, "documentation": "<p>Stops.</p>"},
            "Go": {
                "name": "Go",
                "http": {"method": "POST", "requestUri": "/go", "responseCode": 202},
                "input": {"shape": "GoRequest", "documentation": "<p>Prose</p>"},
                "output": {"shape": "Name", "resultWrapper": "GoResult"},
                "endpoint": {"hostPrefix": "go-"},
                "errors": [{"shape": "Lost", "documentation": "<p>Prose</p>"}],
            },
        },
        "shapes": {
            "Lost": {
                "type": "structure", "members": {}, "documentation": "<p>Prose</p>",
                "error": {"code": "Lost", "httpStatusCode": 404, "senderFault": true}, "exception": true,
            },
            "GoRequest": {
                "type": "structure",
                "required": ["To"],
                "members": {
                    "To": {"shape": "Name", "documentation": "<p>Prose</p>"},
                    "At": {"shape": "Name", "locationName": "at", "idempotencyToken": true},
                },
            },
            "Name": {"documentation": "<p>Prose</p>", "max": 9, "type": "string", "min": 1},
            "Unused": {"type": "string"},
        },
    })
}

#[test]
fn a_model_becomes_a_line_for_each_thing_without_prose() {
    let expected = r#"{
"metadata":{"apiVersion":"2020-01-01","endpointPrefix":"tiny","protocols":["query"],"xmlNamespace":"https://tiny.example/","awsQueryCompatible":true},
"operations":{
"Go":{"http":{"method":"POST","uri":"/go"},"input":"GoRequest","output":"Name","resultWrapper":"GoResult","hostPrefix":"go-","errors":["Lost"]},
"Stop":{"http":{"method":"POST","uri":"/"}}
},
"shapes":{
"GoRequest":{"type":"structure","required":["To"],"members":{"To":"Name","At":{"shape":"Name","locationName":"at","idempotencyToken":true}}},
"Lost":{"type":"structure","exception":true,"error":{"code":"Lost","httpStatusCode":404,"senderFault":true}},
"Name":{"type":"string","min":1,"max":9}
}
}
"#;
    assert_eq!(distil(&model()).unwrap(), expected);
}

#[test]
fn what_is_distilled_can_be_read_back() {
    let model: crate::model::Model = serde_json::from_str(&distil(&model()).unwrap()).unwrap();
    assert!(model.metadata.aws_query_compatible);
    assert_eq!(model.shape("GoRequest").members[1].1.location_name.as_deref(), Some("at"));
}

#[test]
fn a_trait_that_nobody_decided_on_stops_the_task() {
    let mut model = model();
    model["shapes"]["Name"]["novelty"] = json!(true);
    let problem = distil(&model).unwrap_err();
    assert_eq!(problem, "Name: the trait novelty is neither kept nor dropped; decide in distil.rs");
}
