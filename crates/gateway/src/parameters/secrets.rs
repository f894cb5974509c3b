//! What is never recorded, by service and by name (cloudtrail.md §1.9, §11.7).

/// What stands in a record in place of a secret.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It is left out.
    Omit,
    /// It is replaced by a text.
    Replace(&'static str),
    /// It is replaced by `{}`.
    Empty,
}

const HIDE: Rule = Rule::Replace(HIDDEN);
const REMOVED: Rule = Rule::Replace("<sensitiveDataRemoved>");
const STARS: Rule = Rule::Replace("****");

/// Members by service, as records spell them.
const MEMBERS: &[(&str, &[(&str, Rule)])] = &[
    ("apigateway", &[("value", HIDE), ("patchOperations", HIDE)]),
    ("athena", &[("queryString", HIDE)]),
    ("batch", &[("environment", HIDE)]),
    ("bedrock-agent-runtime", &[("inputText", HIDE)]),
    ("bedrock-runtime", &[("body", Rule::Omit), ("messages", HIDE), ("system", HIDE), ("toolConfig", HIDE)]),
    ("cloudformation", &[("parameterValue", Rule::Omit)]),
    (
        "codebuild",
        &[
            ("buildspec", HIDE),
            ("buildspecOverride", HIDE),
            ("environmentVariables", HIDE),
            ("environmentVariablesOverride", HIDE),
            ("encryptionKey", HIDE),
            ("encryptionKeyOverride", HIDE),
        ],
    ),
    ("cognito-identity", &[("logins", HIDE), ("identityPoolTags", HIDE), ("principalTags", HIDE)]),
    (
        "cognito-idp",
        &[
            ("authParameters", HIDE),
            ("challengeResponses", HIDE),
            ("userAttributes", HIDE),
            ("username", HIDE),
            ("clientMetadata", HIDE),
        ],
    ),
    (
        "dynamodb",
        &[
            ("expressionAttributeValues", Rule::Omit),
            ("attributeUpdates", Rule::Omit),
            ("expected", Rule::Omit),
            ("keyConditions", Rule::Omit),
            // What answers and failures of batches hand out.
            ("attributes", Rule::Omit),
            ("itemCollectionMetrics", Rule::Omit),
            ("unprocessedItems", Rule::Omit),
            ("queryFilter", Rule::Omit),
            ("scanFilter", Rule::Omit),
            ("statement", HIDE),
            ("statements", HIDE),
            ("transactStatements", HIDE),
        ],
    ),
    (
        "ec2",
        &[
            ("userData", REMOVED),
            ("keyMaterial", REMOVED),
            ("publicKeyMaterial", REMOVED),
            ("passwordData", REMOVED),
            ("password", REMOVED),
            ("preSharedKey", REMOVED),
        ],
    ),
    ("ecr", &[("layerPartBlob", Rule::Omit), ("authorizationToken", Rule::Omit)]),
    ("ecs", &[("environment", HIDE)]),
    ("elasticbeanstalk", &[("optionSettings", HIDE)]),
    ("events", &[("detail", HIDE)]),
    ("firehose", &[("data", Rule::Omit), ("records", Rule::Omit)]),
    (
        "iam",
        &[
            ("password", Rule::Omit),
            ("newPassword", Rule::Omit),
            ("oldPassword", Rule::Omit),
            ("secretAccessKey", Rule::Omit),
            ("privateKey", Rule::Omit),
            ("base32StringSeed", Rule::Omit),
            ("qRCodePNG", Rule::Omit),
            ("authenticationCode1", Rule::Omit),
            ("authenticationCode2", Rule::Omit),
            ("servicePassword", Rule::Omit),
            ("sSHPrivateKey", Rule::Omit),
        ],
    ),
    ("kinesis", &[("data", Rule::Omit)]),
    (
        "kms",
        &[
            ("plaintext", Rule::Omit),
            ("ciphertextBlob", Rule::Omit),
            ("signature", Rule::Omit),
            ("message", Rule::Omit),
            ("encryptedKeyMaterial", Rule::Omit),
            ("importToken", Rule::Omit),
            ("mac", Rule::Omit),
            ("privateKeyPlaintext", Rule::Omit),
            ("privateKeyCiphertextBlob", Rule::Omit),
            ("ciphertextForRecipient", Rule::Omit),
            ("sharedSecret", Rule::Omit),
            ("publicKey", Rule::Omit),
        ],
    ),
    (
        "lambda",
        &[
            ("environment", Rule::Empty),
            ("zipFile", Rule::Omit),
            ("code", Rule::Empty),
            ("payload", Rule::Omit),
            ("clientContext", Rule::Omit),
            ("invokeArgs", Rule::Omit),
            ("body", Rule::Omit),
        ],
    ),
    ("logs", &[("logEvents", Rule::Omit)]),
    ("rds", &[("masterUserPassword", STARS), ("tdeCredentialPassword", STARS)]),
    ("rds-data", &[("sql", HIDE), ("parameters", HIDE), ("parameterSets", HIDE), ("sqlStatements", HIDE)]),
    ("redshift", &[("masterUserPassword", STARS)]),
    ("redshift-data", &[("sql", HIDE), ("sqls", HIDE), ("parameters", HIDE)]),
    ("rolesanywhere", &[("x509CertificateData", HIDE)]),
    ("sagemaker-runtime", &[("body", Rule::Omit)]),
    ("secretsmanager", &[("secretString", Rule::Omit), ("secretBinary", Rule::Omit), ("randomPassword", Rule::Omit)]),
    ("ses", &[("message", HIDE), ("rawMessage", HIDE), ("templateData", HIDE)]),
    ("sesv2", &[("content", HIDE), ("defaultContent", HIDE), ("replacementTemplateData", HIDE)]),
    (
        "sns",
        &[
            ("message", HIDE),
            ("subject", HIDE),
            ("messageStructure", HIDE),
            ("endpoint", HIDE),
            ("messageAttributes", Rule::Empty),
        ],
    ),
    (
        "sqs",
        &[
            ("messageBody", HIDE),
            ("messageAttributes", Rule::Empty),
            ("messageSystemAttributes", Rule::Empty),
            ("messageAttributeNames", HIDE),
            ("body", HIDE),
        ],
    ),
    ("ssm", &[("value", HIDE), ("tokenValue", Rule::Replace("Value hidden due to security reasons."))]),
    ("stepfunctions", &[("input", HIDE), ("output", HIDE), ("cause", HIDE)]),
    (
        "sts",
        &[
            ("secretAccessKey", Rule::Omit),
            ("sAMLAssertion", Rule::Omit),
            ("webIdentityToken", Rule::Omit),
            ("tokenCode", Rule::Omit),
        ],
    ),
    ("translate", &[("text", HIDE)]),
];

/// Members of whatever service: scripts for new machines are made of keys and passwords.
const EVERYWHERE: &[(&str, Rule)] = &[("userData", REMOVED)];

/// Operations whose request is never recorded.
const UNRECORDED: &[(&str, &str)] = &[("iam", "ChangePassword")];

/// Operations whose answer is never recorded.
const ANSWERS_HIDDEN: &[(&str, &str)] = &[
    ("ecr", "GetAuthorizationToken"),
    ("ecr", "GetDownloadUrlForLayer"),
    ("kms", "Decrypt"),
    ("kms", "Encrypt"),
    ("kms", "GenerateDataKey"),
    ("lambda", "Invoke"),
];

/// Parts of a name that mark a secret, in lower case, and names that hold none.
const SECRET_WORDS: &[&str] =
    &["password", "secret", "token", "credential", "privatekey", "authorization", "signature", "sessionkey"];
const HARMLESS_NAMES: &[&str] = &[
    "nexttoken",
    "clienttoken",
    "clientrequesttoken",
    "nextsequencetoken",
    "sequencetoken",
    "passwordcount",
    "creationtoken",
    // Whether instances ask for tokens.
    "httptokens",
    "paginationtoken",
    "continuationtoken",
    "idempotencytoken",
    "secretid",
    "keyid",
    "tokentype",
    "credentials",
    "authorizationtype",
    "signatureversion",
    "signaturealgorithm",
];

/// What becomes of a member of this service, by its name as records spell it.
pub(super) fn rule(service: &str, member: &str) -> Option<Rule> {
    let members = MEMBERS.iter().find(|(of, _)| *of == service).map_or(&[][..], |(_, members)| members);
    let named = members.iter().chain(EVERYWHERE).find(|(name, _)| *name == member);
    named.map(|(_, rule)| *rule)
}

/// Whether a request is never recorded.
pub(super) fn is_unrecorded(service: &str, operation: &str) -> bool {
    UNRECORDED.contains(&(service, operation))
}

/// Whether an answer is never recorded.
pub(super) fn hides_answers(service: &str, operation: &str) -> bool {
    ANSWERS_HIDDEN.contains(&(service, operation))
}

/// Whether a name says that its text is a secret (cloudtrail.md §11.7 step 4).
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && !HARMLESS_NAMES.contains(&name.as_str())
        && !name.ends_with("arn")
        && !name.ends_with("id")
}
