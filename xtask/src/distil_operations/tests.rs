use serde_json::json;

use super::*;

#[test]
fn paths_share_what_they_begin_with() {
    let operation = |method: &str, uri: &str| json!({"http": {"method": method, "requestUri": uri}});
    let model = json!({
        "metadata": {"endpointPrefix": "lambda", "protocol": "rest-json", "apiVersion": "2015-03-31"},
        "operations": {
            "CreateFunction": operation("POST", "/2015-03-31/functions"),
            "GetFunction": operation("GET", "/2015-03-31/functions/{FunctionName}"),
            "ListAliases": operation("GET", "/2015-03-31/functions/{FunctionName}/aliases"),
            "ListFunctions": operation("GET", "/2015-03-31/functions"),
            "TagResource": operation("POST", "/2017-03-31/tags/{ARN}?force=true"),
        },
        "shapes": {},
    });
    assert_eq!(
        service("lambda", &model, Detail::Exact),
        "service lambda rest-json 2015-03-31\n \
         /2015-03-31/functions GET ListFunctions POST CreateFunction\n  \
         /{FunctionName} GET GetFunction\n   \
         /aliases GET ListAliases\n \
         /2017-03-31/tags/{ARN} POST?force=true TagResource\n"
    );
}

#[test]
fn operations_of_s3_are_told_apart_by_what_they_require() {
    let operation = |method: &str, input: &str, deprecated: bool| {
        json!({"http": {"method": method, "requestUri": "/{Bucket}/{Key+}"}, "input": {"shape": input},
               "deprecated": deprecated})
    };
    let query = json!({"shape": "S", "location": "querystring", "locationName": "uploadId"});
    let header = json!({"shape": "S", "location": "header", "locationName": "x-amz-copy-source"});
    let model = json!({
        "metadata": {"endpointPrefix": "s3", "protocol": "rest-xml", "apiVersion": "2006-03-01"},
        "operations": {
            "CopyObject": operation("PUT", "Copy", false),
            "OldPut": operation("PUT", "Plain", true),
            "PutObject": operation("PUT", "Plain", false),
            "UploadPart": operation("PUT", "Part", false),
        },
        "shapes": {
            "S": {"type": "string"},
            "Plain": {"type": "structure", "members": {}},
            "Copy": {"type": "structure", "required": ["CopySource"], "members": {"CopySource": header}},
            "Part": {"type": "structure", "required": ["UploadId"], "members": {"UploadId": query}},
        },
    });
    assert_eq!(
        paths::lines(&model),
        " /{Bucket}/{Key+} PUT PutObject PUT?uploadId UploadPart PUT@x-amz-copy-source CopyObject\n"
    );
}

#[test]
fn members_are_classed_by_name_and_where_that_is_not_enough_by_their_parent_too() {
    let model = json!({
        "metadata": {"endpointPrefix": "x", "protocol": "json", "apiVersion": "1", "targetPrefix": "X"},
        "operations": {
            "PutThing": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}, "readonly": true},
            "Sync": {"http": {"method": "POST", "requestUri": "/"}},
        },
        "shapes": {
            "In": {"type": "structure", "members": {
                "Tags": {"shape": "Map"}, "Secret": {"shape": "Secret"}, "At": {"shape": "Time"},
                "Inner": {"shape": "Inner"}, "Value": {"shape": "S"}, "Count": {"shape": "Int"}}},
            "Inner": {"type": "structure", "members": {"Value": {"shape": "Times"}}},
            "Times": {"type": "list", "member": {"shape": "Time"}},
            "Map": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "S"}},
            "Secret": {"type": "string", "sensitive": true},
            "Time": {"type": "timestamp"}, "S": {"type": "string"}, "Int": {"type": "integer"},
        },
    });
    assert_eq!(
        service("x", &model, Detail::Exact),
        "service x json 1 target=X\n reads PutThing\n +Put Thing\n +Sync -\n hidden Secret\n map Tags\n \
         time At Inner.Value\n"
    );
    assert_eq!(service("x", &model, Detail::ByRule), "service x json 1 target=X\n reads PutThing\n hidden Secret\n");
}
