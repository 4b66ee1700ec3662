//! The rows that the renderers draw, and that a long call stays short.

use std::io;

use super::{Kind, Ladder, svg, text};
use crate::analysis::Analysis;
use crate::capture;
use crate::credentials::Credentials;
use crate::dissector::Dissector;
use crate::scenarios::calls::{FAULTS, SOUND, silent, turn_udp};
use crate::scenarios::{Call, Turn, client, message, server};
use crate::style::Style;
use crate::unit::{Origin, Output, Summary, TcpEvent, Unit};

struct Draw<'l> {
    analysis: Analysis,
    ladder: &'l mut Ladder,
    units: u64,
}

impl Output for Draw<'_> {
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        if let Some(noted) = self.analysis.note(unit) {
            self.ladder.note(&self.analysis, unit, noted);
        }
        self.units += 1;
        Ok(self.units)
    }

    fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        if let Some(noted) = self.analysis.tcp(origin, event) {
            self.ladder.tcp(&self.analysis, origin, event, noted);
        }
        Ok(())
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ladder(call: &Call) -> Ladder {
    let mut ladder = Ladder::default();
    let output = Box::new(Draw {
        analysis: Analysis::default(),
        ladder: &mut ladder,
        units: 0,
    });
    let mut dissector = Dissector::new(output, Credentials::new(Vec::new()), None);
    assert!(capture::read(0, call.file(), &mut dissector).is_ok());
    drop(dissector);
    ladder
}

fn texts(ladder: &Ladder) -> Vec<String> {
    ladder.rows.iter().map(|row| row.text()).collect()
}

#[test]
fn a_call_through_a_relay() {
    let ladder = ladder(&turn_udp());
    assert_eq!(
        texts(&ladder),
        [
            "Allocate",
            "Allocate 401",
            "Allocate, signed",
            "Allocate ok, relayed 203.0.113.1:49152",
            "ChannelBind 0x4000 to 198.51.100.20:40000",
            "ChannelBind ok",
            "ChannelData 0x4000: RTP 3200 bytes ×100 in 980 ms",
            "Refresh 0 s",
            "Refresh ok, 0 s",
        ]
    );
    let media = ladder.rows.iter().find(|row| row.kind == Kind::Data);
    assert!(media.unwrap().goes_back);
    assert_eq!(ladder.hosts.len(), 2);
}

#[test]
fn retransmissions_are_one_arrow() {
    assert_eq!(texts(&ladder(&silent())), ["Allocate ×7 in 31.5 s"]);
}

/// One hour of a call with media and a check every 2.5 s fits on a screen.
#[test]
fn a_long_call_stays_short() {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, crate::scenarios::peer());
    for round in 0..1440 {
        turn.media(&mut call, 0x4000, 2);
        crate::scenarios::checked(
            &mut call,
            crate::scenarios::one(),
            crate::scenarios::other(),
            true,
        );
        call.wait(2_400);
        if round % 200 == 199 {
            turn.refresh(&mut call, 600);
            turn.bind(&mut call, 0x4000, crate::scenarios::peer());
        }
    }
    let ladder = ladder(&call);
    let texts = texts(&ladder);
    assert!(texts.len() < 60, "{texts:#?}");
    let folded = texts.iter().find(|text| text.contains("Binding again"));
    assert!(folded.unwrap().contains("×1439"), "{texts:#?}");
}

#[test]
fn a_thousand_messages_are_drawn_with_repeated_addresses() {
    let mut call = Call::new();
    for number in 0..1000_u16 {
        let id = call.id();
        let to = std::net::SocketAddr::new(server().ip(), 10_000 + number);
        let packet = message(
            stunwire::Header::request(stunwire::Method::BINDING, id),
            &[],
            None,
        );
        call.udp(client(), to, &packet).wait(5);
    }
    let ladder = ladder(&call);
    assert_eq!(ladder.rows.len(), 1000);
    let mut drawn = Vec::new();
    text::write(&mut drawn, &ladder, Style::PLAIN).unwrap();
    let drawn = String::from_utf8(drawn).unwrap();
    assert_eq!(drawn.lines().count(), 1000 + 20);
    let widths: Vec<usize> = drawn.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|&width| width <= 160), "{widths:?}");
}

/// The SVG is well-formed: each element is closed, and captured text is escaped.
#[test]
fn pictures_are_well_formed() {
    let calls = SOUND
        .iter()
        .map(|sound| sound.call)
        .chain(FAULTS.iter().map(|fault| fault.call));
    for call in calls {
        let ladder = ladder(&call());
        let mut drawn = Vec::new();
        svg::write(&mut drawn, &ladder).unwrap();
        let drawn = String::from_utf8(drawn).unwrap();
        assert_eq!(
            drawn.matches("<text").count(),
            drawn.matches("</text>").count()
        );
        assert_eq!(drawn.matches("<svg").count(), 1);
        assert!(!drawn.contains("NaN"));
        let mut drawn = Vec::new();
        text::write(&mut drawn, &ladder, Style::PLAIN).unwrap();
        assert!(!drawn.is_empty());
    }
}
