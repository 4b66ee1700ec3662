//! Runs the tests whose programs are installed, and reports the others as ignored.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::programs::{self, Program};

/// A test with the programs that it needs.
pub struct Test {
    pub module: &'static str,
    pub name: &'static str,
    pub needs: &'static [Program],
    pub run: fn(),
}

/// `TESTS`: the tests of a module, grouped by the programs that they need.
macro_rules! tests {
    ($($needs:expr => [$($name:ident),+ $(,)?],)+) => {
        /// The tests of this module.
        pub const TESTS: &[crate::harness::Test] = &[$($(crate::harness::Test {
            module: module_path!(),
            name: stringify!($name),
            needs: &$needs,
            run: $name,
        }),+),+];
    };
}
pub(crate) use tests;

/// Runs the tests that the command line selects.
pub fn run(modules: &[&[Test]]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each test runs two to four processes, with time limits: more tests at once would exceed them.
    arguments.test_threads.get_or_insert(2);
    let tests: Vec<&Test> = modules.iter().copied().flatten().collect();
    let required = env::var("STUNWIRE_REQUIRE").unwrap_or_default();
    let is_required = |program: &Program| {
        let mut names = required.split(',').map(str::trim);
        names.any(|name| name == program.name || name == program.package)
    };
    let mut found = BTreeMap::new();
    for program in tests.iter().flat_map(|test| test.needs) {
        found
            .entry(program.name)
            .or_insert_with(|| (program, (program.is_installed)(program)));
    }
    if !arguments.list {
        for (program, is_installed) in found.values() {
            if !is_installed {
                println!("not installed: {} ({})", program.name, program.package);
            }
        }
        programs::build();
    }
    let trials = tests
        .iter()
        .map(|test| {
            let module = test.module.rsplit("::").next().unwrap_or_default();
            let name = format!("{module}::{}", test.name);
            let mut missing = test.needs.iter().filter(|program| !found[program.name].1);
            match missing
                .clone()
                .find(|program| is_required(program))
                .or(missing.next())
            {
                None => {
                    let run = test.run;
                    Trial::test(name, move || {
                        run();
                        Ok(())
                    })
                }
                Some(program) => {
                    let why = format!("{} is not installed", program.name);
                    Trial::test(name, move || Err(Failed::from(why)))
                        .with_kind(format!("needs {}", program.name))
                        .with_ignored_flag(!is_required(program))
                }
            }
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
