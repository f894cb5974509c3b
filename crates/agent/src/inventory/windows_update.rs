//! `AWS:WindowsUpdate`: what PowerShell says of installed updates. It is asked on Windows alone; what
//! it prints is read everywhere, so that this is built and tested everywhere.

use serde_json::Value;

use super::command::{Command, Said};
use super::host::Host;
use super::item::{Entry, entry};

/// How updates are asked for.
pub const COMMAND: Command = Command {
    program: "powershell.exe",
    arguments: &[
        "-NoProfile",
        "-NonInteractive",
        "-Command",
        "Get-CimInstance Win32_QuickFixEngineering | Select-Object HotFixID,Description,InstalledBy,\
         @{n='InstalledTime';e={if($_.InstalledOn){$_.InstalledOn.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')}}} \
         | ConvertTo-Json -Compress",
    ],
};

/// The updates of a host; `None` when it is not Windows.
///
/// # Errors
/// PowerShell failed.
pub fn collect(host: &Host) -> Result<Option<Vec<Entry>>, String> {
    match host.said(&COMMAND) {
        Said::Missing => Ok(None),
        Said::Failed(why) => Err(format!("powershell: {why}")),
        Said::Text(text) => {
            parse(text).map(Some).ok_or_else(|| "powershell: what it printed is not of the known form".to_owned())
        }
    }
}

/// The updates that PowerShell printed: nothing, one object, or an array.
pub fn parse(text: &str) -> Option<Vec<Entry>> {
    let text = text.trim().trim_start_matches('\u{feff}');
    match text.is_empty() {
        true => Some(Vec::new()),
        false => match serde_json::from_str(text).ok()? {
            Value::Array(updates) => Some(updates.iter().map(update).collect()),
            one @ Value::Object(_) => Some(vec![update(&one)]),
            _ => None,
        },
    }
}

fn update(update: &Value) -> Entry {
    let get = |name: &str| update[name].as_str().unwrap_or_default();
    entry([
        ("HotFixId", get("HotFixID")),
        ("Description", get("Description")),
        ("InstalledTime", get("InstalledTime")),
        ("InstalledBy", get("InstalledBy")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_read_whatever_their_number() {
        let json = r#"{"HotFixID":"KB5031455","Description":"Update","InstalledBy":null,"InstalledTime":"2026-06-01T08:00:00Z"}"#;
        let expected =
            entry([("HotFixId", "KB5031455"), ("Description", "Update"), ("InstalledTime", "2026-06-01T08:00:00Z")]);
        assert_eq!(parse(json), Some(vec![expected.clone()]));
        assert_eq!(parse(&format!("\u{feff}[{json},{json}]\r\n")), Some(vec![expected.clone(), expected]));
        assert_eq!(parse("\r\n"), Some(vec![]));
        assert_eq!(parse("Access denied"), None);
    }
}
