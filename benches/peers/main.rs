//! Measures each job by hand, with `stunwire` and with other crates, in one run: `cargo bench` in this folder.
//! `benches/chart.py` turns the output of two profiles into the table of `src/docs/performance.md`.

mod harness;
mod peers;
mod rows;

use harness::Result;

/// The ways that are not other crates, and those whose names begin with one of these.
const OWN: [&str; 3] = ["stunwire", "baseline", "least"];

fn main() {
    println!("# {}", processor());
    println!(
        "# load {}",
        read("/proc/loadavg").unwrap_or_default().trim()
    );
    println!("# row | way | ns | to the baseline (quartiles) | allocations");
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    for (name, row) in rows::ROWS {
        if only.as_deref().is_none_or(|only| name.starts_with(only)) {
            print(name, &row());
        }
    }
}

fn print(row: &str, results: &[Result]) {
    for result in results {
        let Result {
            name,
            time,
            ratio: [low, median, high],
            allocations,
        } = result;
        println!(
            "{row:24} | {name:12} | {time:9.1} | {median:6.2} ({low:.2} to {high:.2}) | {allocations}"
        );
    }
    let peers = results
        .iter()
        .filter(|result| !OWN.iter().any(|own| result.name.starts_with(own)));
    let best = peers.min_by(|a, b| a.time.total_cmp(&b.time));
    let stunwire = results.iter().find(|result| result.name == "stunwire");
    if let (Some(best), Some(stunwire)) = (best, stunwire) {
        let times = best.time / stunwire.time;
        println!(
            "{row:24} | stunwire is {times:.2} times as fast as {}",
            best.name
        );
    }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn processor() -> String {
    let info = read("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    model.map_or("unknown processor".into(), |model| {
        model.trim_start_matches([' ', '\t', ':']).to_owned()
    })
}
