//! A whole identity over memory, and calls to it in JSON.

use std::sync::{Arc, Mutex};

use api::{CallContext, Principal, ServiceError};
use async_trait::async_trait;
use base::{AccountId, SeededEntropy, SimulatedClock, Timestamp};
use identity::{Identity, MasterKey, RootCredentials, Settings};
use serde_json::{Value as Json, json};
use store::catalog::{Action, Catalog, CatalogBackend, CatalogError, Change, Stored};
use wire::schema::{Kind, Shape};
use wire::value::{Struct, Value};

pub const ACCOUNT: &str = "111122223333";
pub const NOW: Timestamp = Timestamp::from_secs(1_772_000_000);

/// Keeps what a catalog writes; may be made to fail.
#[derive(Default)]
pub struct MemoryBackend {
    rows: Mutex<Vec<Stored>>,
    pub failing: Mutex<Option<fn() -> CatalogError>>,
    pub commits: Mutex<usize>,
}

#[async_trait]
impl CatalogBackend for MemoryBackend {
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError> {
        self.rows.lock().unwrap().iter().cloned().for_each(take);
        Ok(())
    }

    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError> {
        if let Some(failure) = *self.failing.lock().unwrap() {
            return Err(failure());
        }
        *self.commits.lock().unwrap() += 1;
        let mut rows = self.rows.lock().unwrap();
        for (change, version) in changes {
            rows.retain(|row| row.kind != change.kind || row.key != change.key);
            if let Action::Put { format, body } = &change.action {
                rows.push(Stored {
                    kind: change.kind.to_owned(),
                    key: change.key.clone(),
                    version: *version,
                    format: *format,
                    body: body.clone(),
                });
            }
        }
        Ok(())
    }
}

pub struct World {
    pub identity: Arc<Identity>,
    pub backend: Arc<MemoryBackend>,
}

/// What a failed call tells: code and message.
pub type Failure = (String, String);

pub fn account(number: &str) -> AccountId {
    number.parse().unwrap()
}

pub fn master_key(byte: u8) -> MasterKey {
    use base64::Engine as _;
    MasterKey::from_text(&base64::engine::general_purpose::STANDARD.encode([byte; 32]), "the test").unwrap()
}

pub async fn open(
    backend: &Arc<MemoryBackend>,
    key: &MasterKey,
    root: RootCredentials,
    seed: u64,
) -> Result<Arc<Identity>, identity::OpenError> {
    let catalog = Arc::new(Catalog::open(backend.clone()).await.unwrap());
    let clock = Arc::new(SimulatedClock::new(NOW));
    let settings = Settings { account: account(ACCOUNT), root, partition: base::Partition::Standard };
    Identity::open(catalog, clock, Arc::new(SeededEntropy::new(seed)), key, settings).await
}

impl World {
    pub async fn new() -> Self {
        Self::with(RootCredentials::Dev).await
    }

    pub async fn with(root: RootCredentials) -> Self {
        let backend = Arc::new(MemoryBackend::default());
        let identity = open(&backend, &master_key(1), root, 1).await.unwrap();
        Self { identity, backend }
    }

    /// Starts anew over what is stored.
    pub async fn restarted(&self) -> Self {
        let identity = open(&self.backend, &master_key(1), RootCredentials::Dev, 2).await.unwrap();
        Self { identity, backend: self.backend.clone() }
    }

    /// All that is stored, as text.
    pub fn stored(&self) -> String {
        self.backend
            .rows
            .lock()
            .unwrap()
            .iter()
            .map(|row| format!("{}\n", String::from_utf8_lossy(&row.body)))
            .collect()
    }

    /// A call of root of the server's account.
    pub async fn iam(&self, operation: &str, input: Json) -> Result<Json, Failure> {
        self.call_as(&root(), "iam", operation, input).await
    }

    pub async fn sts(&self, principal: &Principal, operation: &str, input: Json) -> Result<Json, Failure> {
        self.call_as(principal, "sts", operation, input).await
    }

    /// Authorizes and calls, as the pipeline does.
    pub async fn call_as(
        &self,
        principal: &Principal,
        service: &str,
        operation: &str,
        input: Json,
    ) -> Result<Json, Failure> {
        self.call(&context(principal.clone()), service, operation, input).await.map_err(failure)
    }

    pub async fn call(
        &self,
        cx: &CallContext,
        service: &str,
        operation: &str,
        input: Json,
    ) -> Result<Json, ServiceError> {
        let service = if service == "iam" { self.identity.iam() } else { self.identity.sts() };
        let operation = service.schema().operation(operation).unwrap_or_else(|| panic!("no operation {operation}"));
        let input = match operation.input {
            Some(shape) => to_value(shape, &input),
            None => to_value(&EMPTY, &json!({})),
        };
        let wanted = service.authorization(cx, operation, Some(&input));
        self.identity.authenticator().authorize(cx, &wanted)?;
        service.call(cx, operation, input).await.map(|output| to_json(&output))
    }

    /// Signs in with credentials as an answer gives them.
    pub fn sign_in(&self, credentials: &Json) -> Principal {
        self.try_sign_in(credentials, NOW).unwrap()
    }

    pub fn try_sign_in(&self, credentials: &Json, now: Timestamp) -> Result<Principal, identity::CredentialError> {
        let id = credentials["AccessKeyId"].as_str().unwrap();
        let credential = self.identity.authenticator().lookup(id, credentials["SessionToken"].as_str(), now)?;
        assert_eq!(Some(credential.secret.expose()), credentials["SecretAccessKey"].as_str());
        Ok(credential.principal)
    }

    /// A new user with a policy of its own, signed in.
    pub async fn user(&self, name: &str, statements: Json) -> Principal {
        self.iam("CreateUser", json!({"UserName": name})).await.unwrap();
        let document = policy(statements);
        self.iam("PutUserPolicy", json!({"UserName": name, "PolicyName": "own", "PolicyDocument": document}))
            .await
            .unwrap();
        let made = self.iam("CreateAccessKey", json!({"UserName": name})).await.unwrap();
        self.sign_in(&made["AccessKey"])
    }

    /// A new role that trusts the principal as the JSON says.
    pub async fn role(&self, name: &str, principal: Json) -> String {
        let made = self
            .iam("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust(principal)}))
            .await
            .unwrap();
        made["Role"]["Arn"].as_str().unwrap().to_owned()
    }
}

static EMPTY: Shape = Shape {
    name: "Empty",
    sensitive: false,
    kind: Kind::Structure(wire::schema::Structure { members: &[], payload: None, union: false }),
};

pub fn policy(statements: Json) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

pub fn allow(action: &str, resource: &str) -> Json {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource}])
}

pub fn trust(principal: Json) -> String {
    policy(
        json!([{"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]),
    )
}

pub fn root() -> Principal {
    Principal::Root { account: account(ACCOUNT), access_key_id: "test".to_owned(), session: None }
}

pub fn context(principal: Principal) -> CallContext {
    CallContext {
        principal,
        partition: base::Partition::Standard,
        region: "us-east-1".parse().unwrap(),
        now: NOW,
        request_id: "r".to_owned(),
        source_ip: "203.0.113.7".to_owned(),
        user_agent: "test".to_owned(),
        host: "localhost".to_owned(),
        tls: None,
    }
}

pub fn failure(error: ServiceError) -> Failure {
    (error.code.into_owned(), error.message.unwrap_or_default())
}

fn to_value(shape: &'static Shape, json: &Json) -> Value {
    match &shape.kind {
        Kind::Boolean => Value::Boolean(json.as_bool().unwrap()),
        Kind::Integer(_) | Kind::Long(_) => Value::Integer(json.as_i64().unwrap()),
        Kind::String(_) => Value::String(json.as_str().unwrap().to_owned()),
        Kind::List(list) => {
            Value::List(json.as_array().unwrap().iter().map(|item| to_value(list.member, item)).collect())
        }
        Kind::Structure(structure) => {
            let mut value = Struct::new(shape);
            for (name, member_json) in json.as_object().unwrap() {
                let (index, member) =
                    structure.member(name).unwrap_or_else(|| panic!("{} has no member {name}", shape.name));
                value.set(index, to_value(member.shape, member_json));
            }
            let missing = structure.members.iter().find(|member| member.required && json.get(member.name).is_none());
            assert!(missing.is_none(), "{} lacks {:?}", shape.name, missing.map(|member| member.name));
            Value::Struct(value)
        }
        _ => panic!("{shape:?} is not used in these tests"),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Blob(value) => json!(value),
        Value::Timestamp(value) => json!(value.iso()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect()),
        Value::Struct(value) => {
            let members = value.shape.structure().unwrap().members;
            let entries = value.members.iter();
            Json::Object(
                entries.map(|(at, value)| (members[usize::from(*at)].name.to_owned(), to_json(value))).collect(),
            )
        }
        Value::Document(value) => value.clone(),
    }
}
