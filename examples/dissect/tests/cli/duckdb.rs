//! The records in an engine for JSON Lines.
//!
//! Needs the package duckdb of PyPI in the interpreter that `STUNWIRE_PYTHON` names, or `python3`. Without it
//! the queries are not run, unless `STUNWIRE_REQUIRE` contains `duckdb`.

use std::env;
use std::process::Command;

use crate::messages;
use crate::scenarios::calls::{silent, turn_udp};
use crate::support::{CLIENT, Capture, File, SERVER, run};

/// The servers with the most unanswered requests: a request is answered if a response has its
/// transaction id.
const QUERY: &str = "
import duckdb, sys
rows = duckdb.sql(f\"\"\"
    WITH messages AS (
        SELECT * FROM read_json('{sys.argv[1]}', format = 'newline_delimited')
        WHERE schema = 1 AND kind = 'packet' AND content = 'stun'
    )
    SELECT destination || ':' || destination_port AS address, count(*) AS unanswered
    FROM messages AS request
    WHERE class = 'request' AND NOT EXISTS (
        SELECT 1 FROM messages AS response
        WHERE response.class IN ('success-response', 'error-response')
        AND response.transaction_id = request.transaction_id
        AND response.source = request.destination
    )
    GROUP BY address ORDER BY unanswered DESC, address LIMIT 10
\"\"\").fetchall()
print(rows)
";

/// What a script prints about records. `None` if DuckDB is not installed.
fn query(script: &str, records: &[u8]) -> Option<String> {
    let python = env::var("STUNWIRE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let import = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !import.is_ok_and(|output| output.status.success()) {
        let required = env::var("STUNWIRE_REQUIRE").unwrap_or_default();
        let is_required = required.split(',').any(|name| name == "duckdb");
        assert!(!is_required, "{python} has no package duckdb");
        println!("skipped: {python} has no package duckdb");
        return None;
    }
    let records = File::new("records.json", records);
    let output = Command::new(python)
        .args(["-c", script, records.path()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn the_worst_servers_by_unanswered_requests() {
    let (request, answer) = (messages::rfc5769_request(), messages::rfc5769_ipv4());
    let unanswered = messages::rfc5769_long_term();
    let mut capture = Capture::new();
    capture
        .udp(CLIENT, SERVER, &request)
        .udp(SERVER, CLIENT, &answer)
        .udp(CLIENT, 5000, &unanswered)
        .udp(CLIENT, 5000, &unanswered)
        .udp(CLIENT, SERVER, &unanswered);
    let output = run(&["--json", capture.file().path()]);
    if let Some(rows) = query(QUERY, &output.stdout) {
        assert_eq!(rows, "[('192.0.2.2:5000', 2), ('192.0.2.2:3478', 1)]");
    }
}

/// The query of the README.
const FLOWS: &str = "
import duckdb, sys
rows = duckdb.sql(f\"\"\"
    SELECT server, server_port, sum(unanswered) AS unanswered
    FROM read_json('{sys.argv[1]}', format = 'newline_delimited')
    WHERE kind = 'flow' GROUP BY server, server_port ORDER BY unanswered DESC LIMIT 10
\"\"\").fetchall()
print([(server, port, int(count)) for server, port, count in rows])
";

#[test]
fn the_worst_servers_by_flows() {
    let mut all = Vec::new();
    for call in [silent(), turn_udp()] {
        let file = File::new("call.pcap", call.file());
        all.extend(run(&["--json", file.path()]).stdout);
    }
    if let Some(rows) = query(FLOWS, &all) {
        assert!(rows.starts_with("[('203.0.113.1', 3478, 1)"), "{rows}");
    }
}
