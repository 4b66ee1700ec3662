//! The records in an engine for JSON Lines.

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

/// Opt-in, with the package duckdb of PyPI: `cargo test -p stunwire-dissect -- --ignored duckdb`.
#[test]
#[ignore = "needs Python with the package duckdb"]
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
    let records = File::new("records.json", &output.stdout);
    let python = Command::new("python3")
        .args(["-c", QUERY, records.path()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&python.stderr);
    assert!(python.status.success(), "{errors}");
    assert_eq!(
        String::from_utf8_lossy(&python.stdout).trim(),
        "[('192.0.2.2:5000', 2), ('192.0.2.2:3478', 1)]"
    );
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
#[ignore = "needs Python with the package duckdb"]
fn the_worst_servers_by_flows() {
    let mut all = Vec::new();
    for call in [silent(), turn_udp()] {
        let file = File::new("call.pcap", call.file());
        all.extend(run(&["--json", file.path()]).stdout);
    }
    let records = File::new("records.json", &all);
    let python = Command::new("python3")
        .args(["-c", FLOWS, records.path()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&python.stderr);
    assert!(python.status.success(), "{errors}");
    let rows = String::from_utf8_lossy(&python.stdout).trim().to_owned();
    assert!(rows.starts_with("[('203.0.113.1', 3478, 1)"), "{rows}");
}
