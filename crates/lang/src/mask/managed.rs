//! The managed identifiers: which there are, and how those that are detected are looked for (logs.md DP-4).

use regex::Regex;

use super::checks;
use super::detector::Detector;

/// Identifiers that are of no country.
const PLAIN: [&str; 14] = [
    "Address",
    "AwsSecretKey",
    "CreditCardExpiration",
    "CreditCardNumber",
    "CreditCardSecurityCode",
    "EmailAddress",
    "IpAddress",
    "LatLong",
    "Name",
    "OpenSshPrivateKey",
    "PgpPrivateKey",
    "PkcsPrivateKey",
    "PuttyPrivateKey",
    "VehicleIdentificationNumber",
];

/// Identifiers of countries: `DriversLicense-US`.
const OF_COUNTRIES: [(&str, &str); 31] = [
    ("BankAccountNumber", "DE ES FR GB IT US"),
    ("CepCode", "BR"),
    ("Cnpj", "BR"),
    ("CpfCode", "BR"),
    ("DriversLicense", "AT AU BE BG CA CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK US"),
    ("DrugEnforcementAgencyNumber", "US"),
    ("ElectoralRollNumber", "GB"),
    ("HealthInsuranceCardNumber", "EU"),
    ("HealthInsuranceClaimNumber", "US"),
    ("HealthInsuranceNumber", "FR"),
    ("HealthcareProcedureCode", "US"),
    ("IndividualTaxIdentificationNumber", "US"),
    ("InseeCode", "FR"),
    ("MedicareBeneficiaryNumber", "US"),
    ("NationalDrugCode", "US"),
    ("NationalIdentificationNumber", "DE ES IT"),
    ("NationalInsuranceNumber", "GB"),
    ("NationalProviderId", "US"),
    ("NhsNumber", "GB"),
    ("NieNumber", "ES"),
    ("NifNumber", "ES"),
    ("PassportNumber", "CA DE ES FR GB IT US"),
    ("PermanentResidenceNumber", "CA"),
    ("PersonalHealthNumber", "CA"),
    ("PhoneNumber", "BR DE ES FR GB IT US"),
    ("PostalCode", "CA"),
    ("RgNumber", "BR"),
    ("SocialInsuranceNumber", "CA"),
    ("Ssn", "ES US"),
    ("TaxId", "DE ES FR GB"),
    ("ZipCode", "US"),
];

/// All identifiers that AWS documents.
pub(super) fn documented() -> impl Iterator<Item = String> {
    let of_countries = OF_COUNTRIES
        .iter()
        .flat_map(|(name, countries)| countries.split(' ').map(move |country| format!("{name}-{country}")));
    PLAIN.iter().map(|name| (*name).to_owned()).chain(of_countries)
}

/// Whether AWS documents an identifier.
pub(super) fn is_documented(identifier: &str) -> bool {
    documented().any(|known| known == identifier)
}

/// How an identifier is looked for; `None` for those that are not.
pub(super) fn detector(identifier: &str) -> Option<Detector> {
    let regex =
        |pattern: &str, valid: fn(&str) -> bool| Detector::Regex { regex: compiled(pattern), valid, keyword: None };
    let near = |pattern: &str, valid: fn(&str) -> bool, keywords: &str| Detector::Regex {
        regex: compiled(pattern),
        valid,
        keyword: Some(compiled(&format!("(?i){keywords}"))),
    };
    // An IBAN of a country: so many places after the country and the check digits, blanks between groups.
    let iban = |country: &str, places: usize| {
        regex(&format!("(?i){country}[0-9]{{2}}(?:[ -]?[0-9A-Z]){{{places}}}"), checks::iban)
    };
    Some(match identifier {
        "AwsSecretKey" => near("[A-Za-z0-9/+]{40}", checks::any, "secret|credential"),
        "BankAccountNumber-DE" => iban("DE", 18),
        "BankAccountNumber-ES" => iban("ES", 20),
        "BankAccountNumber-FR" => iban("FR", 23),
        "BankAccountNumber-GB" => iban("GB", 18),
        "BankAccountNumber-IT" => iban("IT", 23),
        "BankAccountNumber-US" => near("[0-9]{9,17}", checks::any, r"bank|account|acct|checking|savings|\bdda\b"),
        "CepCode-BR" => near(r"[0-9]{5}-[0-9]{3}", checks::any, r"\bcep\b|c[oó]digo|postal"),
        "Cnpj-BR" => regex(r"[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}", checks::cnpj),
        "CpfCode-BR" => regex(r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", checks::cpf),
        "CreditCardExpiration" => {
            near("(?:0[1-9]|1[0-2])[/-](?:20)?[0-9]{2}", checks::any, r"exp|\bvalid|good[ _-]?(?:thru|through)")
        }
        "CreditCardNumber" => Detector::Scan(checks::cards),
        "CreditCardSecurityCode" => {
            near("[0-9]{3,4}", checks::any, r"cvv|cvc|\bcid\b|(?:security|verification)[ _-]?(?:code|number|value)")
        }
        "DriversLicense-US" => near(
            "[A-Z]{0,2}[0-9]{5,13}|[A-Z][0-9]{3}(?:-[0-9]{3,4}){2,4}",
            checks::any,
            r"driver'?s?[ _-]?(?:licen[cs]e|permit|lic)|\bdl\b|\bdln\b|licen[cs]e[ _-]?(?:no|num)",
        ),
        "DrugEnforcementAgencyNumber-US" => regex("[A-HJ-NP-UXa-hj-np-ux][A-Za-z9][0-9]{7}", checks::dea),
        "EmailAddress" => regex(
            r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+",
            checks::any,
        ),
        "IndividualTaxIdentificationNumber-US" => {
            regex("9[0-9]{2}[- ](?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[- ][0-9]{4}", checks::any)
        }
        "InseeCode-FR" => {
            regex("[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", checks::insee)
        }
        "IpAddress" => regex(
            r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{0,4})",
            checks::ip,
        ),
        "LatLong" => near(
            r"[-+]?[0-9]{1,2}\.[0-9]{2,}, ?[-+]?[0-9]{1,3}\.[0-9]{2,}",
            checks::lat_long,
            r"coordinate|latitude|longitude|\blat|location|position",
        ),
        "MedicareBeneficiaryNumber-US" => regex(
            "[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
            checks::any,
        ),
        "NationalInsuranceNumber-GB" => {
            regex("(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]", checks::any)
        }
        "NationalProviderId-US" => near("[12][0-9]{9}", checks::npi, r"hipaa|\bn\.?p\.?i|national[ _-]?provider"),
        "NhsNumber-GB" => near("[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", checks::nhs, r"\bnhs|national[ _-]?health"),
        "NieNumber-ES" => regex("(?i)[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", checks::nif),
        "NifNumber-ES" => regex("(?i)[0-9]{8}-?[A-HJ-NP-TV-Z]", checks::nif),
        "OpenSshPrivateKey" => key("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"),
        "PassportNumber-US" => near("[0-9]{9}|[A-Z][0-9]{8}", checks::any, "passport"),
        "PgpPrivateKey" => key("-----BEGIN PGP PRIVATE KEY BLOCK-----", "-----END PGP PRIVATE KEY BLOCK-----"),
        "PhoneNumber-US" => {
            regex(r"(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}", checks::any)
        }
        "PkcsPrivateKey" => key(
            "-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----",
            "-----END (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----",
        ),
        "PostalCode-CA" => {
            near("[A-CEGHJ-NPR-TVXY][0-9][A-CEGHJ-NPR-TV-Z] ?[0-9][A-CEGHJ-NPR-TV-Z][0-9]", checks::any, "postal|code")
        }
        "PuttyPrivateKey" => key("PuTTY-User-Key-File-[0-9]+:", "Private-(?:MAC|Hash): *[0-9A-Fa-f]+"),
        "SocialInsuranceNumber-CA" => {
            near("[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", checks::checked, r"\bsins?\b|social[ _-]?insurance")
        }
        "Ssn-US" => regex("[0-9]{3}-[0-9]{2}-[0-9]{4}", checks::ssn).or(near(
            "[0-9]{3} ?[0-9]{2} ?[0-9]{4}",
            checks::ssn,
            r"ssn|\bss#|social[ _-]?security",
        )),
        "VehicleIdentificationNumber" => regex("[A-HJ-NPR-Za-hj-npr-z0-9]{17}", checks::vin),
        "ZipCode-US" => near("[0-9]{5}(?:-[0-9]{4})?", checks::any, r"zip|postal[ _-]?code"),
        _ => return None,
    })
}

/// A block between two lines, or what is left of the message where the second is missing.
fn key(begin: &str, end: &str) -> Detector {
    Detector::Custom(compiled(&format!(r"(?s){begin}.*?(?:{end}|\z)")))
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the expressions of managed identifiers are tested")
}
