//! The attributes of ICE (RFC 8445) and those that libwebrtc adds to checks.

macro_rules! ice_attributes {
    ($next:ident, $callback:ident, $before:tt) => {
        $next![
            $callback,
            $before,
            [
                Row {
                    constant: PRIORITY,
                    name: "PRIORITY",
                    codes: [STUN(0x0024)],
                    value: Priority(attribute::Priority),
                    reference: (8445, "7.1.1"),
                },
                Row {
                    constant: USE_CANDIDATE,
                    name: "USE-CANDIDATE",
                    codes: [STUN(0x0025)],
                    value: UseCandidate(attribute::UseCandidate),
                    reference: (8445, "7.1.2"),
                },
                Row {
                    constant: ICE_CONTROLLED,
                    name: "ICE-CONTROLLED",
                    codes: [STUN(0x8029)],
                    value: IceControlled(attribute::IceControlled),
                    reference: (8445, "7.1.3"),
                },
                Row {
                    constant: ICE_CONTROLLING,
                    name: "ICE-CONTROLLING",
                    codes: [STUN(0x802A)],
                    value: IceControlling(attribute::IceControlling),
                    reference: (8445, "7.1.3"),
                },
                Row {
                    constant: GOOG_NETWORK_INFO,
                    name: "GOOG-NETWORK-INFO",
                    codes: [STUN(0xC057)],
                    value: GoogNetworkInfo(attribute::GoogNetworkInfo),
                    reference: "IANA, layout of libwebrtc",
                },
                Row {
                    constant: GOOG_LAST_ICE_CHECK_RECEIVED,
                    name: "GOOG-LAST-ICE-CHECK-RECEIVED",
                    codes: [STUN(0xC058)],
                    value: GoogLastIceCheckReceived(attribute::GoogLastIceCheckReceived),
                    reference: "IANA, layout of libwebrtc",
                },
                Row {
                    constant: GOOG_MISC_INFO,
                    name: "GOOG-MISC-INFO",
                    codes: [STUN(0xC059)],
                    value: GoogMiscInfo(attribute::GoogMiscInfo::<'a>),
                    reference: "IANA, layout of libwebrtc",
                },
                Row {
                    constant: GOOG_MESSAGE_INTEGRITY_32,
                    name: "GOOG-MESSAGE-INTEGRITY-32",
                    codes: [STUN(0xC060)],
                    value: GoogMessageIntegrity32(attribute::GoogMessageIntegrity32),
                    support: Read,
                    reference: "IANA, layout of libwebrtc",
                },
                Row {
                    constant: META_DTLS_IN_STUN,
                    name: "META-DTLS-IN-STUN",
                    codes: [STUN(0xC070)],
                    value: MetaDtlsInStun(attribute::MetaDtlsInStun::<'a>),
                    reference: "IANA, layout of draft-hancke-webrtc-sped",
                },
                Row {
                    constant: META_DTLS_IN_STUN_ACKNOWLEDGEMENT,
                    name: "META-DTLS-IN-STUN-ACKNOWLEDGEMENT",
                    codes: [STUN(0xC071)],
                    value: MetaDtlsInStunAcknowledgement(
                        attribute::MetaDtlsInStunAcknowledgement::<'a>
                    ),
                    reference: "IANA, layout of draft-hancke-webrtc-sped",
                },
                Row {
                    constant: RETRANSMIT_COUNT,
                    name: "RETRANSMIT-COUNT",
                    codes: [STUN(0xFF00)],
                    value: RetransmitCount(attribute::RetransmitCount),
                    reference: "libwebrtc",
                },
            ]
        ];
    };
}
