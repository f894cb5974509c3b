//! The programs that are asked, and what they said.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command as Child;

/// How long a program may take: package databases can be locked.
const TIME: Duration = Duration::from_secs(60);
/// Secrets of the agent's environment, which no program has a use for.
const SECRETS: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
/// Folders that a service's `PATH` may lack.
const MORE_FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/snap/bin"];
/// Characters of a program's complaint that are kept.
const COMPLAINT_CHARS_MAX: usize = 300;

/// A program with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program's name.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: &'static [&'static str],
}

/// What came of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// There is no such program here.
    Missing,
    /// It did not do what it was asked for.
    Failed(String),
    /// What it printed.
    Text(String),
}

/// The folders of a `PATH`, and those that it may lack.
pub fn search_folders(path: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in path.split(':').filter(|folder| folder.starts_with('/')).chain(MORE_FOLDERS) {
        if !folders.iter().any(|known| known == Path::new(folder)) {
            folders.push(folder.into());
        }
    }
    folders
}

/// Runs a program that is in one of these folders; dropping this ends it.
pub async fn run(command: &Command, folders: &[PathBuf]) -> Said {
    let Some(program) = folders.iter().map(|folder| folder.join(command.program)).find(|path| path.is_file()) else {
        return Said::Missing;
    };
    let mut child = Child::new(program);
    child.args(command.arguments).env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
    for secret in SECRETS {
        child.env_remove(secret);
    }
    match tokio::time::timeout(TIME, child.output()).await {
        Err(_) => Said::Failed(format!("it did not end within {} s", TIME.as_secs())),
        Ok(Err(error)) => Said::Failed(error.to_string()),
        Ok(Ok(output)) if output.status.success() => Said::Text(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) => {
            let complaint: String = String::from_utf8_lossy(&output.stderr).chars().take(COMPLAINT_CHARS_MAX).collect();
            Said::Failed(format!("{}: {}", output.status, complaint.trim()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_is_missing_or_fails_or_says_something() {
        let folders = search_folders("/bin:relative:/usr/bin:/bin");
        assert_eq!(folders[..3], ["/bin", "/usr/bin", "/usr/sbin"].map(PathBuf::from));
        let command = |program, arguments| Command { program, arguments };
        assert_eq!(run(&command("no-such-program", &[]), &folders).await, Said::Missing);
        assert_eq!(run(&command("echo", &["a"]), &folders).await, Said::Text("a\n".to_owned()));
        let failed = run(&command("sh", &["-c", "echo why >&2; exit 3"]), &folders).await;
        assert_eq!(failed, Said::Failed("exit status: 3: why".to_owned()));
    }
}
