//! Check digits, and the scanner for numbers of cards.

use std::ops::Range;

/// Every number of a payment card: a prefix and a length that an issuer uses, and the check digit of Luhn; blanks or
/// dashes may stand between digits.
pub(super) fn cards(message: &str) -> Vec<Range<usize>> {
    let bytes = message.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = bytes[at].is_ascii_digit() && !(at > 0 && bytes[at - 1].is_ascii_alphanumeric());
        match begins.then(|| card(bytes, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Where the number that begins here ends; the longest, if several could.
fn card(bytes: &[u8], start: usize) -> Option<usize> {
    const DIGITS_MAX: usize = 19;
    let (mut digits, mut at, mut best) = (Vec::with_capacity(DIGITS_MAX), start, None);
    let mut separator = None;
    while let Some(byte) = bytes.get(at).copied() {
        if byte.is_ascii_digit() && digits.len() < DIGITS_MAX {
            digits.push(byte - b'0');
            at += 1;
            let ends = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
            if ends && is_issued(&digits) && luhn(&digits) {
                best = Some(at);
            }
        } else if matches!(byte, b' ' | b'-')
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && *separator.get_or_insert(byte) == byte
        {
            at += 1;
        } else {
            break;
        }
    }
    best
}

/// Whether an issuer has cards with such a beginning and length.
fn is_issued(digits: &[u8]) -> bool {
    let first = |count: usize| digits.iter().take(count).fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(2), 36 | 38 | 39) || (300..=305).contains(&first(3)),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || (51..=55).contains(&first(2))
                || (2221..=2720).contains(&first(4))
                || first(4) == 6011
                || first(2) == 65
                || (644..=649).contains(&first(3))
                || (3528..=3589).contains(&first(4))
                || matches!(first(2), 50 | 56..=58 | 62 | 63)
        }
        17..=19 => first(1) == 4 || matches!(first(2), 50 | 56..=58 | 62 | 63 | 67),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let weigh = |(place, digit): (usize, &u8)| match (place % 2, u32::from(*digit) * 2) {
        (0, _) => u32::from(*digit),
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}

pub(super) fn any(_: &str) -> bool {
    true
}

/// A number of the United States' social security; those that begin with 9 are of taxes.
pub(super) fn ssn(text: &str) -> bool {
    let digits = digits(text);
    let part = |range: Range<usize>| digits[range].iter().fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    digits.len() == 9 && !matches!(part(0..3), 0 | 666 | 900..) && part(3..5) != 0 && part(5..9) != 0
}

/// IBAN: the letters as numbers, the first four places last, modulo 97.
pub(super) fn iban(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    if plain.len() < 15 {
        return false;
    }
    let (head, tail) = plain.split_at(4);
    let remainder = tail.iter().chain(head).fold(0u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    remainder == 1
}

/// A vehicle's number, whose ninth place checks the others.
pub(super) fn vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |byte: u8| match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => u32::from(digit - b'0'),
        letter @ b'A'..=b'I' => u32::from(letter - b'A') + 1,
        letter @ b'J'..=b'R' => u32::from(letter - b'J') + 1,
        letter => u32::from(letter - b'S') + 2,
    };
    let sum: u32 = text.bytes().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    let check = text.as_bytes()[8].to_ascii_uppercase();
    check == if sum % 11 == 10 { b'X' } else { b'0' + (sum % 11) as u8 }
}

/// CPF of Brazil: two check digits over the nine before.
pub(super) fn cpf(text: &str) -> bool {
    let digits = digits(text);
    let check = |count: usize| {
        let sum: u32 = digits[..count].iter().zip((2..=count as u32 + 1).rev()).map(|(d, w)| u32::from(*d) * w).sum();
        sum * 10 % 11 % 10 == u32::from(digits[count])
    };
    digits.len() == 11 && digits.iter().any(|digit| *digit != digits[0]) && check(9) && check(10)
}

/// CNPJ of Brazil: two check digits over the twelve before.
pub(super) fn cnpj(text: &str) -> bool {
    let digits = digits(text);
    let check = |count: usize| {
        let weights = (2..=9).cycle();
        let sum: u32 =
            digits[..count].iter().rev().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum();
        let expected = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
        expected == u32::from(digits[count])
    };
    digits.len() == 14 && digits.iter().any(|digit| *digit != digits[0]) && check(12) && check(13)
}

/// A number with the check digit of Luhn, as the social insurance of Canada has.
pub(super) fn checked(text: &str) -> bool {
    let digits = digits(text);
    digits.iter().any(|digit| *digit != 0) && luhn(&digits)
}

/// A provider's number of the United States: Luhn over it with 80840 before.
pub(super) fn npi(text: &str) -> bool {
    let with_prefix: Vec<u8> = [8, 0, 8, 4, 0].into_iter().chain(digits(text)).collect();
    luhn(&with_prefix)
}

/// A number of the health service of Great Britain: the last digit checks the others, modulo 11.
pub(super) fn nhs(text: &str) -> bool {
    let digits = digits(text);
    let sum: u32 = digits.iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    digits.len() == 10 && (11 - sum % 11) % 11 == u32::from(digits[9])
}

/// A registration of the drug enforcement agency: seven digits of which the last checks the others.
pub(super) fn dea(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 7 {
        return false;
    }
    let sum = |places: [usize; 3]| places.iter().map(|place| u32::from(digits[*place])).sum::<u32>();
    (sum([0, 2, 4]) + 2 * sum([1, 3, 5])) % 10 == u32::from(digits[6])
}

/// NIF and NIE of Spain: a letter that checks the number, where a first letter stands for a digit.
pub(super) fn nif(text: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let plain: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let Some((letter, number)) = plain.split_last() else { return false };
    let number = number.iter().fold(0usize, |number, byte| match byte {
        b'0'..=b'9' => number * 10 + usize::from(byte - b'0'),
        letter => number * 10 + usize::from(letter.saturating_sub(b'X')),
    });
    LETTERS[number % 23] == *letter
}

/// The number of INSEE: a key of two digits over the thirteen before. Corsica's departments have letters.
pub(super) fn insee(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    let Some((number, key)) = plain.split_at_checked(13) else { return false };
    let number = number.replace("2A", "19").replace("2B", "18");
    match (number.parse::<u64>(), key.parse::<u64>()) {
        (Ok(number), Ok(key)) => 97 - number % 97 == key,
        _ => false,
    }
}

/// Degrees that are on the Earth.
pub(super) fn lat_long(text: &str) -> bool {
    let numbers: Vec<f64> = text.split([',', ' ']).filter_map(|number| number.parse().ok()).collect();
    matches!(numbers.as_slice(), [latitude, longitude] if latitude.abs() <= 90.0 && longitude.abs() <= 180.0)
}

/// Whether a text is an address of the Internet.
pub(super) fn ip(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}
