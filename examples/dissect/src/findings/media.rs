//! Media on pairs that work.

use super::{Found, seconds, through, works};
use crate::analysis::Analysis;
use crate::analysis::flow::{Frames, Side};
use crate::words::{Count, Span};

pub fn dtls(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        for side in Side::BOTH {
            let sent = &flow.media.of(side).dtls;
            let received = flow.media.of(side.other());
            let lasted = sent.last.since(sent.first);
            if !works(flow) || sent.packets < 3 || lasted < seconds(3) || received.packets() > 0 {
                continue;
            }
            let text = format!(
                "{} repeats its DTLS handshake to {}{} for {} ({}) without an answer, although the \
                 checks between them are answered: the peer does not expect DTLS on this pair, or \
                 larger packets are dropped on the way.",
                flow.address(side),
                flow.address(side.other()),
                through(analysis, flow),
                Span(lasted),
                Count(sent.packets, "packet")
            );
            found.add(flow, &Frames::of([sent.first, sent.last]), text);
        }
    }
}

/// Fewer packets may be the beginning of a call.
const ENOUGH_PACKETS: u64 = 100;

pub fn one_way(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        for side in Side::BOTH {
            let sent = &flow.media.of(side).rtp;
            let received = flow.media.of(side.other());
            let lasted = sent.last.since(sent.first);
            // A receiver that sends no media sends reports all the same.
            if !works(flow)
                || sent.packets < ENOUGH_PACKETS
                || lasted < seconds(10)
                || received.rtp.packets + received.rtcp.packets > 0
            {
                continue;
            }
            let text = format!(
                "{} sends RTP to {}{} for {} ({}), and neither RTP nor RTCP comes back: the peer \
                 cannot decrypt or does not take the media, or its packets take another path.",
                flow.address(side),
                flow.address(side.other()),
                through(analysis, flow),
                Span(lasted),
                Count(sent.packets, "packet")
            );
            found.add(flow, &Frames::of([sent.first, sent.last]), text);
        }
    }
}
