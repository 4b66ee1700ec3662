//! The pictures of the README show what the program prints.

use crate::scenarios::calls::rfc6062;
use crate::support::{File, run, text};

const PACKETS: &str = include_str!("../../packets.svg");
const LADDER: &str = include_str!("../../ladder.svg");

/// The lines of text of a picture, without markup.
fn lines(svg: &str) -> Vec<String> {
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let plain = texts.map(|line| {
        let parts = line.split('<').filter_map(|tag| tag.split_once('>'));
        let text: String = parts.map(|(_, text)| text).collect();
        text.replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    });
    plain.collect()
}

#[test]
fn packets() {
    let mut expected = vec!["$ dissect".to_owned()];
    expected.extend(text(&run(&[])).lines().map(str::to_owned));
    assert_eq!(lines(PACKETS), expected);
}

#[test]
fn ladder() {
    let file = File::new("call.pcap", rfc6062().file());
    let target = File::missing("ladder.svg");
    text(&run(&[file.path(), "--svg", target.path()]));
    assert_eq!(std::fs::read_to_string(target.path()).unwrap(), LADDER);
}
