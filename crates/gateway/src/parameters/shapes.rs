//! Requests that some services record in a form of their own (cloudtrail.md §1.9).

use serde_json::{Map, Value as Json, json};

use crate::identify::Call;

/// The request's parameters as the service records them.
pub(super) fn request(call: &Call, mut members: Map<String, Json>) -> Map<String, Json> {
    match (call.service.name, call.operation.as_str()) {
        ("lambda", "Invoke" | "InvokeAsync" | "InvokeWithResponseStream") => {
            members.retain(|name, _| matches!(name.as_str(), "functionName" | "invocationType" | "qualifier"));
            members
        }
        ("lambda", "CreateFunction" | "UpdateFunctionCode") => {
            members.entry("code").or_insert_with(|| json!({}));
            members
        }
        ("dynamodb", operation) => dynamodb(operation, members),
        _ => members,
    }
}

/// Items are told by the names of their attributes: which of them are the key, the request does not say. A key that
/// is given as such is recorded, its values without their types.
fn dynamodb(operation: &str, mut members: Map<String, Json>) -> Map<String, Json> {
    if let Some(Json::Object(key)) = members.get("key") {
        let key = plain(key);
        members.insert("key".to_owned(), key);
    }
    if operation == "PutItem"
        && let Some(Json::Object(item)) = members.remove("item")
    {
        members.insert("items".to_owned(), names(&item));
    }
    if let Some(items) = members.remove("requestItems") {
        members.insert("requestItems".to_owned(), batch(&items));
    }
    if let Some(Json::Array(items)) = members.remove("transactItems") {
        let items = items.iter().filter_map(transact).collect();
        members.insert("requestItems".to_owned(), Json::Array(items));
    }
    members
}

fn names(item: &Map<String, Json>) -> Json {
    Json::Array(item.keys().cloned().map(Json::String).collect())
}

/// `{"id": {"s": "x"}}` as `{"id": "x"}`.
fn plain(key: &Map<String, Json>) -> Json {
    let value = |value: &Json| match value.as_object().and_then(|typed| typed.values().next()) {
        Some(value) => value.clone(),
        None => value.clone(),
    };
    Json::Object(key.iter().map(|(name, typed)| (name.clone(), value(typed))).collect())
}

/// By table: what is done to which keys.
fn batch(items: &Json) -> Json {
    let mut all = Vec::new();
    for (table, requests) in items.as_object().into_iter().flatten() {
        if let Some(keys) = requests.get("keys").and_then(Json::as_array) {
            let keys = keys.iter().filter_map(Json::as_object);
            all.extend(keys.map(|key| json!({"operation": "GetItem", "tableName": table, "key": plain(key)})));
        }
        for request in requests.as_array().into_iter().flatten() {
            if let Some(key) = request.pointer("/deleteRequest/key").and_then(Json::as_object) {
                all.push(json!({"operation": "DeleteItem", "tableName": table, "key": plain(key)}));
            }
            if let Some(item) = request.pointer("/putRequest/item").and_then(Json::as_object) {
                all.push(json!({"operation": "PutItem", "tableName": table, "items": names(item)}));
            }
        }
    }
    Json::Array(all)
}

fn transact(item: &Json) -> Option<Json> {
    let (kind, request) = item.as_object()?.iter().next()?;
    let mut told = json!({"operation": kind, "tableName": request.get("tableName")?});
    if let Some(key) = request.get("key").and_then(Json::as_object) {
        told["key"] = plain(key);
    }
    if let Some(item) = request.get("item").and_then(Json::as_object) {
        told["items"] = names(item);
    }
    Some(told)
}
