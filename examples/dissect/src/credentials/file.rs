//! A file of credentials, in TOML or JSON.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::Credential;

/// Why a file of credentials was not accepted.
#[derive(Debug)]
pub enum Error {
    Read(io::Error),
    /// The text is not valid TOML or JSON, or has other keys than the documented ones.
    Syntax(String),
    /// A value is not in the encoding that its key requires.
    Encoding {
        table: &'static str,
        key: &'static str,
        encoding: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Syntax(error) => f.write_str(error.trim_end()),
            Self::Encoding {
                table,
                key,
                encoding,
            } => write!(f, "`{key}` of `{table}` is not {encoding}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[derive(Default)]
struct File {
    short_term: Vec<ShortTerm>,
    long_term: Vec<LongTerm>,
    key: Vec<RawKey>,
    oauth: Vec<OAuth>,
    rest: Vec<Rest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShortTerm {
    ufrag: Option<String>,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongTerm {
    user: String,
    realm: Option<String>,
    password: String,
    #[serde(default)]
    base64: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    user: Option<String>,
    realm: Option<String>,
    hex: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OAuth {
    kid: String,
    base64: String,
    #[serde(default)]
    server: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    secret: String,
}

pub fn read(path: &Path) -> Result<Vec<Credential>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::Read)?;
    parse(&text)
}

pub fn parse(text: &str) -> Result<Vec<Credential>, Error> {
    // A TOML document cannot start with a brace, and a JSON object must.
    let file: File = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| Error::Syntax(error.to_string()))?
    } else {
        toml::from_str(text).map_err(|error| Error::Syntax(error.to_string()))?
    };
    let encoding = |table, key, encoding| Error::Encoding {
        table,
        key,
        encoding,
    };
    let mut all = Vec::new();
    for ShortTerm { ufrag, password } in file.short_term {
        all.push(Credential::ShortTerm {
            ufrag: ufrag.map(String::into_bytes),
            password: password.into_bytes(),
        });
    }
    for entry in file.long_term {
        let decode = |key, text: String| {
            if !entry.base64 {
                return Ok(text.into_bytes());
            }
            base64(&text).ok_or_else(|| encoding("long-term", key, "base64"))
        };
        all.push(Credential::LongTerm {
            user: decode("user", entry.user)?,
            password: decode("password", entry.password)?,
            realm: entry.realm.map(String::into_bytes),
        });
    }
    for RawKey { user, realm, hex } in file.key {
        let key = crate::hex::decode(&hex).map_err(|_| encoding("key", "hex", "hexadecimal"))?;
        all.push(Credential::Raw {
            user: user.map(String::into_bytes),
            realm: realm.map(String::into_bytes),
            key,
        });
    }
    for entry in file.oauth {
        let key = base64(&entry.base64).filter(|key| matches!(key.len(), 16 | 32));
        all.push(Credential::OAuth {
            kid: entry.kid.into_bytes(),
            key: key.ok_or_else(|| encoding("oauth", "base64", "base64 of 16 or 32 bytes"))?,
            server: entry.server.into_bytes(),
        });
    }
    for Rest { secret } in file.rest {
        all.push(Credential::Rest {
            secret: secret.into_bytes(),
        });
    }
    Ok(all)
}

/// Decodes base64 with or without its padding (RFC 4648 §4).
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    // A single digit has no whole byte.
    (count < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4648 §10.
    #[test]
    fn base64_vectors() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg==", b"foob"),
            ("Zm9vYmE=", b"fooba"),
            ("Zm9vYmFy", b"foobar"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
            assert_eq!(base64(text.trim_end_matches('=')).as_deref(), Some(bytes));
        }
        for text in ["Z", "Zm9vY", "Zm 8", "Zm-_"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn toml_and_json() {
        let toml = r#"
            [[short-term]]
            ufrag = "evtj"
            password = "secret"
            [[long-term]]
            user = "dXNlcg=="
            password = "cGFzcw"
            base64 = true
            [[key]]
            user = "user"
            hex = "000102030405060708090a0b0c0d0e0f"
            [[oauth]]
            kid = "north"
            base64 = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
            server = "turn.example.org"
            [[rest]]
            secret = "north"
        "#;
        let json = r#"{
            "short-term": [{"ufrag": "evtj", "password": "secret"}],
            "long-term": [{"user": "dXNlcg==", "password": "cGFzcw", "base64": true}],
            "key": [{"user": "user", "hex": "000102030405060708090a0b0c0d0e0f"}],
            "oauth": [{"kid": "north", "server": "turn.example.org",
                       "base64": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}],
            "rest": [{"secret": "north"}]
        }"#;
        for text in [toml, json] {
            let all = parse(text).unwrap();
            let [
                Credential::ShortTerm { ufrag, password },
                Credential::LongTerm { user, realm, .. },
                Credential::Raw { key, .. },
                Credential::OAuth { key: shared, .. },
                Credential::Rest { secret },
            ] = all.as_slice()
            else {
                panic!("five credentials, not {}", all.len());
            };
            assert_eq!(ufrag.as_deref(), Some(&b"evtj"[..]));
            assert_eq!(
                (password.as_slice(), secret.as_slice()),
                (&b"secret"[..], &b"north"[..])
            );
            assert_eq!((user.as_slice(), realm), (&b"user"[..], &None));
            assert_eq!((key.len(), shared.len()), (16, 32));
        }
    }

    #[test]
    fn errors_name_table_and_key() {
        let error = |text: &str| parse(text).err().unwrap().to_string();
        assert!(error("[[long-term]]\nuser = \"u\"\n").contains("password"));
        assert!(error("[[long-term]]\nusr = \"u\"\n").contains("usr"));
        assert!(error("{").contains("line 1"));
        let encoding = error("[[oauth]]\nkid = \"k\"\nbase64 = \"AAAA\"\n");
        assert_eq!(
            encoding,
            "`base64` of `oauth` is not base64 of 16 or 32 bytes"
        );
        let encoding = error("[[key]]\nhex = \"0g\"\n");
        assert_eq!(encoding, "`hex` of `key` is not hexadecimal");
    }
}
