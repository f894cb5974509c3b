//! The project's own tasks: `cargo xtask distil` takes the service models over from
//! botocore, `cargo xtask codegen` turns them into Rust, `cargo xtask distil-operations` keeps
//! what the recording gateway needs of all of them, `cargo xtask distil-answers` what the
//! answers look like that AWS Config reads.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for developers talks to the terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod codegen;
mod distil;
mod distil_answers;
mod distil_operations;
mod model;
mod names;
mod settings;

/// What went wrong, as a sentence for whoever ran the task.
type Result<T> = std::result::Result<T, String>;

#[derive(Parser)]
#[command(about = "Tasks for developers of Trailwatch")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write models/<service>.json from botocore's service models
    Distil {
        /// An unpacked botocore package of the pinned version, instead of downloading it
        #[arg(long, value_name = "DIR")]
        botocore: Option<PathBuf>,
    },
    /// Write models/operations.txt from all of botocore's service models
    DistilOperations {
        /// An unpacked botocore package of the pinned version, instead of downloading it
        #[arg(long, value_name = "DIR")]
        botocore: Option<PathBuf>,
    },
    /// Write models/answers.txt from botocore's models of the services that crates/config/resource-types.txt names
    DistilAnswers {
        /// An unpacked botocore package of the pinned version, instead of downloading it
        #[arg(long, value_name = "DIR")]
        botocore: Option<PathBuf>,
    },
    /// Write crates/api/src/generated from models/
    Codegen {
        /// Write nothing; fail when the committed files differ
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let root = root();
    let done = match Arguments::parse().task {
        Task::Distil { botocore } => distil::run(&root, botocore.as_deref()),
        Task::DistilOperations { botocore } => distil_operations::run(&root, botocore.as_deref()),
        Task::DistilAnswers { botocore } => distil_answers::run(&root, botocore.as_deref()),
        Task::Codegen { check: false } => codegen::write(&root),
        Task::Codegen { check: true } => codegen::check(&root),
    };
    match done {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
