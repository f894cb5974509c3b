//! What is sensitive and what is not, and which policies are right.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Findings, Masker, Policy, is_detected, managed};

fn arn(id: &str) -> String {
    format!("arn:aws:dataprotection::aws:data-identifier/{id}")
}

fn document(identifiers: &Value, configuration: Option<Value>) -> Value {
    let mut document = json!({
        "Name": "policy", "Description": "d", "Version": "2021-06-01",
        "Statement": [
            {"Sid": "audit", "DataIdentifier": identifiers, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"Sid": "redact", "DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    });
    if let Some(configuration) = configuration {
        document["Configuration"] = configuration;
    }
    document
}

fn masker(ids: &[&str]) -> Masker {
    let identifiers: Vec<String> = ids.iter().map(|id| arn(id)).collect();
    Masker::new([&Policy::parse(&document(&json!(identifiers), None).to_string()).unwrap()])
}

#[test]
fn what_is_sensitive_is_masked() {
    let table = [
        ("EmailAddress", "from mary.jones+x@mail.example.com, to", "from *****************************, to"),
        ("EmailAddress", "a@b and @nobody", "a@b and @nobody"),
        ("IpAddress", "10.0.0.1:80 256.0.0.1 fe80::1 12:34:56 ::1", "********:80 256.0.0.1 ******* 12:34:56 ***"),
        ("IpAddress", "version 1.2.3.4.5 at 10:00", "version *******.5 at 10:00"),
        ("CreditCardNumber", "card 4111 1111 1111 1111 12/25", "card ******************* 12/25"),
        ("CreditCardNumber", "4111-1111-1111-1111,378282246310005", "*******************,***************"),
        ("CreditCardNumber", "4111111111111112 x4111111111111111", "4111111111111112 x4111111111111111"),
        ("CreditCardNumber", "id 1234567890123456", "id 1234567890123456"),
        ("CreditCardExpiration", r#"{"expiry":"09/27"} and 09/27"#, r#"{"expiry":"*****"} and *****"#),
        ("CreditCardExpiration", "on 09/27 it rained a lot, so they say", "on 09/27 it rained a lot, so they say"),
        ("CreditCardSecurityCode", "cvv=123", "cvv=***"),
        ("CreditCardSecurityCode", "status=200", "status=200"),
        ("Ssn-US", "123-45-6789", "***********"),
        (
            "Ssn-US",
            "ssn 123456789, order 987654321 of a customer who lives far away",
            "ssn *********, order 987654321 of a customer who lives far away",
        ),
        ("Ssn-US", "000-12-3456 666-12-3456 900-12-3456", "000-12-3456 666-12-3456 900-12-3456"),
        ("IndividualTaxIdentificationNumber-US", "912-70-1234", "***********"),
        (
            "AwsSecretKey",
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = ****************************************",
        ),
        (
            "AwsSecretKey",
            "sha 0123456789012345678901234567890123456789",
            "sha 0123456789012345678901234567890123456789",
        ),
        (
            "OpenSshPrivateKey",
            "a -----BEGIN OPENSSH PRIVATE KEY-----x-----END OPENSSH PRIVATE KEY----- b",
            "a ********************************************************************* b",
        ),
        ("PkcsPrivateKey", "-----BEGIN RSA PRIVATE KEY-----\nabc", "***********************************"),
        ("PgpPrivateKey", "-----BEGIN PGP PRIVATE KEY BLOCK-----", "*************************************"),
        (
            "PuttyPrivateKey",
            "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-MAC: 00ff.",
            "************************************************.",
        ),
        ("PhoneNumber-US", "call +1 (425) 555-0100 or 425-555-0100", "call ***************** or ************"),
        ("LatLong", "location 47.6062,-122.3321", "location *****************"),
        (
            "VehicleIdentificationNumber",
            "vin 1M8GDM9AXKP042788 1M8GDM9A0KP042788",
            "vin ***************** 1M8GDM9A0KP042788",
        ),
        (
            "BankAccountNumber-DE",
            "DE89 3704 0044 0532 0130 00, DE89370400440532013001",
            "***************************, DE89370400440532013001",
        ),
        ("BankAccountNumber-GB", "GB29NWBK60161331926819", "**********************"),
        ("BankAccountNumber-ES", "ES9121000418450200051332", "************************"),
        ("BankAccountNumber-FR", "FR1420041010050500013M02606", "***************************"),
        ("BankAccountNumber-IT", "IT60X0542811101000000123456", "***************************"),
        ("BankAccountNumber-US", "bank account 123456789", "bank account *********"),
        ("CpfCode-BR", "529.982.247-25 529.982.247-26", "************** 529.982.247-26"),
        ("Cnpj-BR", "11.222.333/0001-81", "******************"),
        ("CepCode-BR", "CEP 01310-100", "CEP *********"),
        ("DriversLicense-US", "drivers license D1234567", "drivers license ********"),
        ("DrugEnforcementAgencyNumber-US", "BJ6125341 BJ6125342", "********* BJ6125342"),
        ("InseeCode-FR", "2 55 08 14 168 025 38", "*********************"),
        ("MedicareBeneficiaryNumber-US", "1EG4-TE5-MK73", "*************"),
        ("NationalInsuranceNumber-GB", "QQ 12 34 56 C AB123456C", "QQ 12 34 56 C *********"),
        ("NationalProviderId-US", "NPI 1234567893 npi 1234567890", "NPI ********** npi 1234567890"),
        ("NhsNumber-GB", "nhs 943 476 5919", "nhs ************"),
        ("NieNumber-ES", "X1234567L", "*********"),
        ("NifNumber-ES", "12345678Z 12345678A", "********* 12345678A"),
        ("PassportNumber-US", "passport: 123456789", "passport: *********"),
        ("PostalCode-CA", "postal K1A 0B1", "postal *******"),
        ("SocialInsuranceNumber-CA", "SIN 046 454 286", "SIN ***********"),
        ("ZipCode-US", "zip 98101-1234", "zip **********"),
        ("Name", "Mary Jones", "Mary Jones"),
    ];
    let wrong = |(id, message, expected): &(&str, &str, &str)| masker(&[id]).mask(message) != *expected;
    let wrong: Vec<_> = table.iter().filter(|row| wrong(row)).map(|row| (row, masker(&[row.0]).mask(row.1))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn findings_say_what_and_where() {
    let masker = masker(&["IpAddress", "EmailAddress"]);
    let found = masker.findings("é a@b.example 10.0.0.1");
    let found: Vec<(&str, usize, usize)> = found.iter().map(|f| (f.identifier.as_ref(), f.start, f.end)).collect();
    assert_eq!(found, [("EmailAddress", 3, 14), ("IpAddress", 15, 23)]);
}

#[test]
fn there_are_98_identifiers_and_those_said_to_be_detected_are() {
    let text = include_str!("../mask.rs");
    let listed = text.split('`').skip(1).step_by(2).take_while(|name| !name.starts_with('['));
    let mut count = 0;
    for name in listed.filter(|name| !name.contains("is_detected")) {
        let (name, countries) = name.split_once('-').unwrap_or((name, ""));
        for country in countries.split('|') {
            let id = if country.is_empty() { name.to_owned() } else { format!("{name}-{country}") };
            assert!(managed::is_documented(&id) && is_detected(&id), "{id}");
            count += 1;
        }
    }
    assert_eq!(count, 38);
    assert_eq!(managed::documented().count(), 98);
    assert!(managed::is_documented("Address") && !is_detected("Address"));
}

#[test]
fn policies_of_a_group_and_its_account_add_up() {
    let policy = |id: &str| Policy::parse(&document(&json!([arn(id)]), None).to_string()).unwrap();
    let masker = Masker::new([&policy("IpAddress"), &policy("EmailAddress"), &policy("IpAddress")]);
    assert_eq!(masker.mask("a@b.example 10.0.0.1"), "*********** ********");
    assert_eq!(masker.findings("10.0.0.1").len(), 1);
}

#[test]
fn custom_identifiers_are_looked_for() {
    let custom = json!({"CustomDataIdentifier": [{"Name": "EmployeeId", "Regex": r"E-\d{4}"}]});
    let policy = Policy::parse(&document(&json!(["EmployeeId"]), Some(custom)).to_string()).unwrap();
    assert_eq!(Masker::new([&policy]).mask("xE-1234é E-12"), "x******é E-12");
    assert_eq!(policy.findings(), &Findings::default());
}

#[test]
fn findings_may_go_to_places() {
    let mut given = document(&json!([arn("IpAddress")]), None);
    given["Statement"][0]["Operation"]["Audit"]["FindingsDestination"] =
        json!({"CloudWatchLogs": {"LogGroup": "g"}, "Firehose": {"DeliveryStream": "s"}, "S3": {"Bucket": "b"}});
    let expected = Findings {
        log_group: Some("g".to_owned()),
        delivery_stream: Some("s".to_owned()),
        bucket: Some("b".to_owned()),
    };
    assert_eq!(Policy::parse(&given.to_string()).unwrap().findings(), &expected);
}

#[test]
fn what_breaks_a_rule_is_refused() {
    // logs.md DP-1.
    let right = || document(&json!([arn("IpAddress")]), None);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = right();
        change(&mut document);
        document
    };
    let custom = |name: &str, regex: &str| {
        let custom = json!({"CustomDataIdentifier": [{"Name": name, "Regex": regex}]});
        document(&json!([arn("IpAddress")]), Some(custom))
    };
    let table = [
        (
            with(&|d| d["Version"] = json!("2020-01-01")),
            "The version of the policy document must be 2021-06-01, not 2020-01-01.",
        ),
        (with(&|d| d["Name"] = json!("")), "The name of the policy document must not be empty."),
        (
            with(&|d| drop(d["Statement"].as_array_mut().unwrap().pop())),
            "The policy document must have two statements: one to audit and one to deidentify.",
        ),
        (
            with(&|d| d["Statement"][1] = d["Statement"][0].clone()),
            "The policy document must have one Audit and one Deidentify operation.",
        ),
        (
            with(&|d| d["Statement"][1]["DataIdentifier"] = json!([arn("Name")])),
            "The data identifiers of both statements must be the same.",
        ),
        (document(&json!([]), None), "A statement must have a data identifier."),
        (
            document(&json!([arn("Nothing")]), None),
            "There is no data identifier arn:aws:dataprotection::aws:data-identifier/Nothing.",
        ),
        (
            document(&json!([arn("Ssn")]), None),
            "There is no data identifier arn:aws:dataprotection::aws:data-identifier/Ssn.",
        ),
        (document(&json!(["EmployeeId"]), None), "There is no data identifier EmployeeId."),
        (custom("a b", "x"), "The name \"a b\" of a custom data identifier is not valid."),
        (custom("a", "("), "The custom data identifier a is no regular expression."),
        (
            custom("a", &"x".repeat(201)),
            "The regular expression of the custom data identifier a must have between 1 and 200 characters.",
        ),
    ];
    for (document, expected) in table {
        assert_eq!(Policy::parse(&document.to_string()).map(|_| ()), Err(expected.to_owned()));
    }
    for broken in ["", "[]", "{}", r#"{"Name":1}"#] {
        assert!(Policy::parse(broken).is_err(), "{broken}");
    }
    let unknown = with(&|d| d["Statement"][1]["Operation"]["Deidentify"]["MaskConfig"] = json!({"MaskWith": "#"}));
    assert!(
        Policy::parse(&unknown.to_string()).unwrap_err().starts_with("The policy document is not valid: unknown field")
    );
}

proptest! {
    #[test]
    fn a_masked_text_has_as_many_characters(message in "[0-9a-zé@.: -]{0,60}|\\PC{0,30}") {
        let masked = masker(&["EmailAddress", "IpAddress", "CreditCardNumber", "Ssn-US", "PhoneNumber-US", "LatLong"]).mask(&message).into_owned();
        prop_assert_eq!(masked.chars().count(), message.chars().count());
        prop_assert!(masked.chars().zip(message.chars()).all(|(masked, c)| masked == c || masked == '*'));
    }
}
