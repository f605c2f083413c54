//! The program `genrefold`.

use std::process::ExitCode;

fn main() -> ExitCode {
    genrefold_cli::main()
}
