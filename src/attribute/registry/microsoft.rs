//! Microsoft's attributes: \[MS-TURN\], \[MS-ICE2\] and \[MS-TURNBWM\].

macro_rules! microsoft_attributes {
    ($next:ident, $callback:ident, $before:tt) => {
        $next![
            $callback,
            $before,
            [
                Row {
                    constant: MAGIC_COOKIE,
                    name: "MAGIC-COOKIE",
                    codes: [MS_TURN(0x000F)],
                    value: MsMagicCookie(attribute::ms::MagicCookie),
                    support: Read,
                    reference: "[MS-TURN] 2.2.2.8",
                },
                Row {
                    constant: BANDWIDTH,
                    name: "BANDWIDTH",
                    codes: [ALL(0x0010)],
                    value: MsBandwidth(attribute::ms::Bandwidth),
                    reference: "[MS-TURN] 2.2.2.9",
                },
                Row {
                    constant: DESTINATION_ADDRESS,
                    name: "DESTINATION-ADDRESS",
                    codes: [MS_TURN(0x0011)],
                    value: MsDestinationAddress(attribute::ms::DestinationAddress),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: REMOTE_ADDRESS,
                    name: "REMOTE-ADDRESS",
                    codes: [MS_TURN(0x0012)],
                    value: MsRemoteAddress(attribute::ms::RemoteAddress),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: MS_VERSION,
                    name: "MS-VERSION",
                    codes: [MS_TURN(0x8008)],
                    value: MsVersion(attribute::ms::Version),
                    reference: "[MS-TURN] 2.2.2.17",
                },
                Row {
                    constant: MS_ALTERNATE_HOST_NAME,
                    name: "MS-ALTERNATE-HOST-NAME",
                    codes: [MS_TURN(0x8032)],
                    value: MsAlternateHostName(attribute::ms::AlternateHostName::<'a>),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: MS_APP_ID,
                    name: "MS-APP-ID",
                    codes: [MICROSOFT(0x8037)],
                    value: MsAppId(attribute::ms::AppId),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: MS_SECURE_TAG,
                    name: "MS-SECURE-TAG",
                    codes: [MS_TURN(0x8039)],
                    value: MsSecureTag(attribute::ms::SecureTag::<'a>),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: MS_SEQUENCE_NUMBER,
                    name: "MS-SEQUENCE-NUMBER",
                    codes: [MS_TURN(0x8050)],
                    value: MsSequenceNumber(attribute::ms::SequenceNumber),
                    reference: "[MS-TURN] 2.2.2",
                },
                Row {
                    constant: MS_CANDIDATE_IDENTIFIER,
                    name: "CANDIDATE-IDENTIFIER",
                    codes: [ALL(0x8054)],
                    value: MsCandidateIdentifier(attribute::ms::CandidateIdentifier::<'a>),
                    padding: Nul,
                    reference: "[MS-ICE2] 2.2.2.1",
                },
                Row {
                    constant: MS_SERVICE_QUALITY,
                    name: "MS-SERVICE-QUALITY",
                    codes: [MS_TURN(0x8055)],
                    value: MsServiceQuality(attribute::ms::ServiceQuality),
                    reference: "[MS-TURN] 2.2.2.22",
                },
                Row {
                    constant: MS_BANDWIDTH_ADMISSION_CONTROL_MESSAGE,
                    name: "BANDWIDTH-ADMISSION-CONTROL-MESSAGE",
                    codes: [ALL(0x8056)],
                    value: MsBandwidthAdmissionControlMessage(
                        attribute::ms::BandwidthAdmissionControlMessage
                    ),
                    reference: "[MS-TURNBWM] 2.2.1",
                },
                Row {
                    constant: MS_BANDWIDTH_RESERVATION_IDENTIFIER,
                    name: "BANDWIDTH-RESERVATION-IDENTIFIER",
                    codes: [ALL(0x8057)],
                    value: MsBandwidthReservationIdentifier(
                        attribute::ms::BandwidthReservationIdentifier
                    ),
                    reference: "[MS-TURNBWM] 2.2.2",
                },
                Row {
                    constant: MS_BANDWIDTH_RESERVATION_AMOUNT,
                    name: "BANDWIDTH-RESERVATION-AMOUNT",
                    codes: [ALL(0x8058)],
                    value: MsBandwidthReservationAmount(attribute::ms::BandwidthReservationAmount),
                    reference: "[MS-TURNBWM] 2.2.3",
                },
                Row {
                    constant: MS_REMOTE_SITE_ADDRESS,
                    name: "REMOTE-SITE-ADDRESS",
                    codes: [ALL(0x8059)],
                    value: MsRemoteSiteAddress(attribute::ms::RemoteSiteAddress),
                    reference: "[MS-TURNBWM] 2.2.4",
                },
                Row {
                    constant: MS_REMOTE_RELAY_SITE_ADDRESS,
                    name: "REMOTE-RELAY-SITE-ADDRESS",
                    codes: [ALL(0x805A)],
                    value: MsRemoteRelaySiteAddress(attribute::ms::RemoteRelaySiteAddress),
                    reference: "[MS-TURNBWM] 2.2.5",
                },
                Row {
                    constant: MS_LOCAL_SITE_ADDRESS,
                    name: "LOCAL-SITE-ADDRESS",
                    codes: [ALL(0x805B)],
                    value: MsLocalSiteAddress(attribute::ms::LocalSiteAddress),
                    reference: "[MS-TURNBWM] 2.2.6",
                },
                Row {
                    constant: MS_LOCAL_RELAY_SITE_ADDRESS,
                    name: "LOCAL-RELAY-SITE-ADDRESS",
                    codes: [ALL(0x805C)],
                    value: MsLocalRelaySiteAddress(attribute::ms::LocalRelaySiteAddress),
                    reference: "[MS-TURNBWM] 2.2.7",
                },
                Row {
                    constant: MS_REMOTE_SITE_ADDRESS_RESPONSE,
                    name: "REMOTE-SITE-ADDRESS-RESPONSE",
                    codes: [ALL(0x805D)],
                    value: MsRemoteSiteAddressResponse(attribute::ms::RemoteSiteAddressResponse),
                    reference: "[MS-TURNBWM] 2.2.8",
                },
                Row {
                    constant: MS_REMOTE_RELAY_SITE_ADDRESS_RESPONSE,
                    name: "REMOTE-RELAY-SITE-ADDRESS-RESPONSE",
                    codes: [ALL(0x805E)],
                    value: MsRemoteRelaySiteAddressResponse(
                        attribute::ms::RemoteRelaySiteAddressResponse
                    ),
                    reference: "[MS-TURNBWM] 2.2.9",
                },
                Row {
                    constant: MS_LOCAL_SITE_ADDRESS_RESPONSE,
                    name: "LOCAL-SITE-ADDRESS-RESPONSE",
                    codes: [ALL(0x805F)],
                    value: MsLocalSiteAddressResponse(attribute::ms::LocalSiteAddressResponse),
                    reference: "[MS-TURNBWM] 2.2.10",
                },
                Row {
                    constant: MS_LOCAL_RELAY_SITE_ADDRESS_RESPONSE,
                    name: "LOCAL-RELAY-SITE-ADDRESS-RESPONSE",
                    codes: [ALL(0x8060)],
                    value: MsLocalRelaySiteAddressResponse(
                        attribute::ms::LocalRelaySiteAddressResponse
                    ),
                    reference: "[MS-TURNBWM] 2.2.11",
                },
                Row {
                    constant: MS_SIP_DIALOG_IDENTIFIER,
                    name: "SIP-DIALOG-IDENTIFIER",
                    codes: [ALL(0x8061)],
                    value: MsSipDialogIdentifier(attribute::ms::SipDialogIdentifier::<'a>),
                    padding: Nul,
                    reference: "[MS-TURNBWM] 2.2.12",
                },
                Row {
                    constant: MS_SIP_CALL_IDENTIFIER,
                    name: "SIP-CALL-IDENTIFIER",
                    codes: [ALL(0x8062)],
                    value: MsSipCallIdentifier(attribute::ms::SipCallIdentifier::<'a>),
                    padding: Nul,
                    reference: "[MS-TURNBWM] 2.2.13",
                },
                Row {
                    constant: MS_LOCATION_PROFILE,
                    name: "LOCATION-PROFILE",
                    codes: [ALL(0x8068)],
                    value: MsLocationProfile(attribute::ms::LocationProfile),
                    reference: "[MS-TURNBWM] 2.2.14",
                },
                Row {
                    constant: MS_IMPLEMENTATION_VERSION,
                    name: "IMPLEMENTATION-VERSION",
                    codes: [ALL(0x8070)],
                    value: MsImplementationVersion(attribute::ms::ImplementationVersion),
                    reference: "[MS-ICE2] 2.2.2.2",
                },
                Row {
                    constant: MS_ALTERNATE_MAPPED_ADDRESS,
                    name: "MS-ALTERNATE-MAPPED-ADDRESS",
                    codes: [MS_TURN(0x8090)],
                    value: MsAlternateMappedAddress(attribute::ms::AlternateMappedAddress),
                    reference: "[MS-TURN] 2.2.2.23",
                },
                Row {
                    constant: MULTIPLEXED_TURN_SESSION_ID,
                    name: "MULTIPLEXED-TURN-SESSION-ID",
                    codes: [MICROSOFT(0x8095)],
                    value: MsMultiplexedTurnSessionId(attribute::ms::MultiplexedTurnSessionId),
                    reference: "[MS-TURN] 2.2.2",
                },
            ]
        ];
    };
}
