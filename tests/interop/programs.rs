//! The programs that tests need: their Debian packages, and whether they are installed.

use std::collections::HashMap;
use std::env;
use std::net::{Ipv6Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A requirement of a test outside this workspace.
pub struct Program {
    pub name: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    pub is_installed: fn(&Program) -> bool,
}

const fn program(name: &'static str, package: &'static str) -> Program {
    Program {
        name,
        package,
        is_installed: |program| on_path(program.name),
    }
}

pub const CHROMIUM: Program = program("chromium", "chromium");
pub const STUN: Program = program("stun", "stun-client");
pub const STUND: Program = program("stund", "stun-server");
pub const TSHARK: Program = program("tshark", "tshark");
pub const TURNSERVER: Program = program("turnserver", "coturn");
pub const TURNUTILS_NATDISCOVERY: Program = program("turnutils_natdiscovery", "coturn");
pub const TURNUTILS_STUNCLIENT: Program = program("turnutils_stunclient", "coturn");
pub const TURNUTILS_UCLIENT: Program = program("turnutils_uclient", "coturn");

/// Debian's Python, which has Debian's modules.
pub const PYTHON: &str = "/usr/bin/python3";

pub const AIOICE: Program = Program {
    name: "aioice",
    package: "python3-aioice",
    is_installed: |_| python_runs("import aioice"),
};
pub const AIORTC: Program = Program {
    name: "aiortc",
    package: "python3-aiortc",
    is_installed: |_| python_runs("import aiortc"),
};
pub const LIBNICE: Program = Program {
    name: "libnice",
    package: "libnice10",
    is_installed: |_| {
        python_runs(
            "import ctypes, ctypes.util; \
             ctypes.CDLL(ctypes.util.find_library('nice') or 'libnice.so.10')",
        )
    },
};
pub const SQLITE: Program = Program {
    name: "sqlite3",
    package: "libpython3-stdlib",
    is_installed: |_| python_runs("import sqlite3"),
};
pub const IPV6: Program = Program {
    name: "ipv6",
    package: "the address ::1",
    is_installed: |_| UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok(),
};
pub const CAPTURE: Program = Program {
    name: "capture",
    package: "a file named by STUNWIRE_CAPTURE",
    is_installed: |_| env::var_os("STUNWIRE_CAPTURE").is_some(),
};

fn on_path(name: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

fn python_runs(code: &str) -> bool {
    Path::new(PYTHON).exists()
        && Command::new(PYTHON)
            .args(["-c", code])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}

/// The executables of this workspace by their names.
static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();

/// Builds the examples of the library and `dissect`, which `cargo test -p stunwire-interop` does not.
///
/// # Panics
/// If they do not compile.
pub fn build() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--package=stunwire", "--package=stunwire-dissect"])
        .args(["--examples", "--bin=dissect", "--all-features"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the examples do not compile");
    let text = String::from_utf8(output.stdout).unwrap();
    let executables = text.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, message["executable"].as_str()?.into()))
    });
    BUILT.set(executables.collect()).expect("built once");
}

/// An example of the library, or `dissect`.
pub fn own(name: &str) -> Command {
    let built = BUILT.get().expect("built before the tests run");
    Command::new(
        built
            .get(name)
            .unwrap_or_else(|| panic!("no example {name}")),
    )
}
