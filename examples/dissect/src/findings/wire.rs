//! Messages that were changed on the way, or made wrongly.

use super::Found;
use crate::analysis::Analysis;
use crate::words::Count;

pub fn forged(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        let frames = &flow.forged;
        if !frames.is_empty() {
            let text = format!(
                "The integrity attribute does not verify with the given credentials in {} between {} \
                 and {} to which they apply.",
                Count(frames.count, "message"),
                flow.client,
                flow.server
            );
            found.add(flow, frames, text);
        }
    }
}

pub fn fingerprint(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        let frames = &flow.bad_fingerprints;
        if !frames.is_empty() {
            let text = format!(
                "FINGERPRINT is wrong in {} between {} and {}: the content was changed on the way, or \
                 the sender computes it wrongly. Receivers take such a packet for another protocol.",
                Count(frames.count, "message"),
                flow.client,
                flow.server
            );
            found.add(flow, frames, text);
        }
    }
}

pub fn rewritten(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        if let Some((plain, xored, at)) = flow.rewritten {
            let text = format!(
                "A response of {} to {} has {plain} in MAPPED-ADDRESS and {xored} in \
                 XOR-MAPPED-ADDRESS: a NAT or firewall with an application layer gateway rewrites \
                 addresses in the payload.",
                flow.server, flow.client
            );
            found.add(flow, &crate::analysis::flow::Frames::one(at), text);
        }
    }
}
