//! A conversation that the example itself plays: `no_std_check` and the answer of RFC 5769 §2.2.

use std::time::Duration;

use crate::support::{example, field, run, text};

#[test]
fn no_std_check_reads_the_rfcs_answer_and_allocates_nothing() {
    let output = run(&mut example("no_std_check"), Duration::from_secs(10));
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(field(&said, "mapped address"), "192.0.2.1:32853");
    assert_eq!(field(&said, "allocations"), "0");
}
