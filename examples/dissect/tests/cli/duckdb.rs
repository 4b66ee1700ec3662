//! The records in an engine for JSON Lines.

use std::process::Command;

use crate::messages;
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
    SELECT destination || ':' || destination_port AS server, count(*) AS unanswered
    FROM messages AS request
    WHERE class = 'request' AND NOT EXISTS (
        SELECT 1 FROM messages AS response
        WHERE response.class IN ('success-response', 'error-response')
        AND response.transaction_id = request.transaction_id
        AND response.source = request.destination
    )
    GROUP BY server ORDER BY unanswered DESC, server LIMIT 10
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
