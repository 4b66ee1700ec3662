//! HMAC (RFC 2104) by the compression functions of `sha1` and `sha2`.
//!
//! The states behind the key's two blocks are kept, so that a message of STUN's usual size costs its
//! own blocks, in one run, and one more. The crate `hmac` has to buffer, because it may be fed
//! anyhow; the tests hold the two together.

use ctutils::CtEq;
use digest::array::Array;
use digest::consts::U64;
use zeroize::{Zeroize, Zeroizing};

/// Length of a block of both hashes in bytes.
pub(crate) const BLOCK: usize = 64;

/// What of a text is put together with its padding and hashed in one run; longer ones go piece by
/// piece.
const SHORT: usize = 4 * BLOCK;

/// Bytes that close a text: a one, zeros, and the length in bits as 8 bytes (FIPS 180-4 §5.1.1).
const CLOSING: usize = 9;

/// A hash by words of its state.
pub(crate) trait Hash<const W: usize> {
    /// The initial state (FIPS 180-4 §5.3).
    const START: [u32; W];

    fn compress(state: &mut [u32; W], blocks: &[[u8; BLOCK]]);
}

#[derive(Clone)]
pub(crate) enum Sha1Blocks {}

impl Hash<5> for Sha1Blocks {
    const START: [u32; 5] = [
        0x6745_2301,
        0xEFCD_AB89,
        0x98BA_DCFE,
        0x1032_5476,
        0xC3D2_E1F0,
    ];

    #[inline(always)]
    fn compress(state: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
        sha1::block_api::compress(state, blocks);
    }
}

#[derive(Clone)]
pub(crate) enum Sha256Blocks {}

impl Hash<8> for Sha256Blocks {
    const START: [u32; 8] = [
        0x6A09_E667,
        0xBB67_AE85,
        0x3C6E_F372,
        0xA54F_F53A,
        0x510E_527F,
        0x9B05_688C,
        0x1F83_D9AB,
        0x5BE0_CD19,
    ];

    #[inline(always)]
    fn compress(state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        sha2::block_api::compress256(state, blocks);
    }
}

pub(crate) type HmacSha1 = Hmac<Sha1Blocks, 5>;
pub(crate) type HmacSha256 = Hmac<Sha256Blocks, 8>;

/// A key whose two blocks are hashed.
#[derive(Clone)]
pub(crate) struct Hmac<H, const W: usize> {
    inner: [u32; W],
    outer: [u32; W],
    hash: core::marker::PhantomData<fn() -> H>,
}

impl<H, const W: usize> Drop for Hmac<H, W> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl<H: Hash<W>, const W: usize> Hmac<H, W> {
    /// Under a key that is as long as a block, or was made so.
    pub(crate) fn new(key: &[u8; BLOCK]) -> Self {
        let state = |pad: u8| {
            let block = Zeroizing::new(key.map(|byte| byte ^ pad));
            let mut state = H::START;
            H::compress(&mut state, core::slice::from_ref(&block));
            state
        };
        Self {
            inner: state(0x36),
            outer: state(0x5C),
            hash: core::marker::PhantomData,
        }
    }

    /// The HMAC of a text in pieces.
    #[inline]
    pub(crate) fn compute<const N: usize>(&self, pieces: [&[u8]; N]) -> Output<W> {
        let len = pieces
            .iter()
            .fold(0_usize, |len, piece| len.wrapping_add(piece.len()));
        let mut state = self.inner;
        if len <= SHORT.wrapping_sub(CLOSING) {
            let mut text = [0; SHORT];
            close(&mut text, len);
            let mut at = 0_usize;
            for piece in pieces {
                put(&mut text, at, piece);
                at = at.wrapping_add(piece.len());
            }
            let end = len.wrapping_add(CLOSING).next_multiple_of(BLOCK);
            H::compress(&mut state, whole(text.get(..end).unwrap_or_default()).0);
        } else {
            long::<H, W, N>(&mut state, pieces, len);
        }
        // The hash of 20 or 32 bytes behind the key's block fits into one.
        let mut block = [0; BLOCK];
        close(&mut block, W.wrapping_mul(4));
        for (bytes, word) in block.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        let mut state = self.outer;
        H::compress(&mut state, core::slice::from_ref(&block));
        Output(state)
    }
}

/// Writes what closes a text of `len` bytes that follows one block into the zeros behind it.
#[inline(always)]
fn close(text: &mut [u8], len: usize) {
    let end = len.wrapping_add(CLOSING).next_multiple_of(BLOCK);
    if let Some(one) = text.get_mut(len) {
        *one = 0x80;
    }
    // No slice has 2^61 bytes.
    let bits = u64::try_from(len.wrapping_add(BLOCK)).unwrap_or(0) << 3;
    if let Some(length) = text.get_mut(..end).and_then(<[u8]>::last_chunk_mut::<8>) {
        *length = bits.to_be_bytes();
    }
}

/// The whole blocks of `bytes`, and what is left.
#[inline(always)]
fn whole(bytes: &[u8]) -> (&[[u8; BLOCK]], &[u8]) {
    let (blocks, rest) = Array::<u8, U64>::slice_as_chunks(bytes);
    (Array::cast_slice_to_core(blocks), rest)
}

/// A text that is too long to be put together. Its blocks are hashed where they stand, but for those
/// that two pieces share.
fn long<H: Hash<W>, const W: usize, const N: usize>(
    state: &mut [u32; W],
    pieces: [&[u8]; N],
    len: usize,
) {
    let mut shared = [0; BLOCK];
    let mut filled = 0_usize;
    for piece in pieces {
        let missing = BLOCK.wrapping_sub(filled);
        let mut rest = piece;
        if filled != 0 {
            let (front, behind) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            put(&mut shared, filled, front);
            filled = filled.wrapping_add(front.len());
            rest = behind;
            if filled == BLOCK {
                H::compress(state, core::slice::from_ref(&shared));
                filled = 0;
            }
        }
        let (blocks, rest) = whole(rest);
        if !blocks.is_empty() {
            H::compress(state, blocks);
        }
        if !rest.is_empty() {
            put(&mut shared, 0, rest);
            filled = rest.len();
        }
    }
    let mut last = [0; 2 * BLOCK];
    put(&mut last, 0, shared.get(..filled).unwrap_or_default());
    // `len` and `filled` differ by whole blocks, so what closes the one closes the other.
    let end = filled.wrapping_add(CLOSING).next_multiple_of(BLOCK);
    close(&mut last, filled);
    let bits = u64::try_from(len.wrapping_add(BLOCK)).unwrap_or(0) << 3;
    if let Some(length) = last.get_mut(..end).and_then(<[u8]>::last_chunk_mut::<8>) {
        *length = bits.to_be_bytes();
    }
    H::compress(state, whole(last.get(..end).unwrap_or_default()).0);
}

/// Copies `bytes` to `at`, where there is room for them.
#[inline(always)]
fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    let end = at.wrapping_add(bytes.len());
    if bytes.is_empty() {
        return;
    }
    if let Some(place) = out.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}

/// An HMAC.
pub(crate) struct Output<const W: usize>([u32; W]);

impl<const W: usize> Output<W> {
    /// Its first bytes into the whole of `out`, whose length is a multiple of 4.
    #[inline(always)]
    pub(crate) fn write(&self, out: &mut [u8]) {
        for (bytes, word) in out.chunks_exact_mut(4).zip(self.0) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
    }

    /// Whether `tag`, which is not empty and a multiple of 4 long, is its front. In constant time.
    #[inline(always)]
    pub(crate) fn begins_with(&self, tag: &[u8]) -> bool {
        let len = tag.len();
        let mut expected = [0; 32];
        if len == 0 || len & 3 != 0 || len > W.wrapping_mul(4) {
            return false;
        }
        self.write(&mut expected);
        expected
            .get(..len)
            .is_some_and(|expected| expected.ct_eq(tag).to_bool())
    }

    #[cfg(test)]
    fn bytes(&self) -> std::vec::Vec<u8> {
        let mut out = std::vec![0; W.wrapping_mul(4)];
        self.write(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{KeyInit, Mac};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn block(key: &[u8]) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[..key.len()].copy_from_slice(key);
        block
    }

    // RFC 2202 §3, cases 1 to 3 and 7 (whose key, 80 bytes of 0xAA, is hashed first by `Key`).
    #[test]
    fn rfc2202() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0B; 20],
                b"Hi There",
                "b617318655057264e28bc0b6fb378c8ef146be00",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                &[0xAA; 20],
                &[0xDD; 50],
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
            ),
            (
                &[0x0C; 20],
                b"Test With Truncation",
                "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
            ),
        ];
        for (key, text, tag) in cases {
            let found = HmacSha1::new(&block(key)).compute([text]).bytes();
            let hex: std::string::String = found
                .iter()
                .map(|byte| std::format!("{byte:02x}"))
                .collect();
            assert_eq!(hex, tag);
        }
    }

    // RFC 4231 §4.2 to §4.4.
    #[test]
    fn rfc4231() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0B; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xAA; 20],
                &[0xDD; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
        ];
        for (key, text, tag) in cases {
            let found = HmacSha256::new(&block(key)).compute([text]).bytes();
            let hex: std::string::String = found
                .iter()
                .map(|byte| std::format!("{byte:02x}"))
                .collect();
            assert_eq!(hex, tag);
        }
    }

    /// What the crate `hmac` says of the same text.
    fn agree(key: &[u8], pieces: [&[u8]; 4]) {
        let block = block(key);
        let text = pieces.concat();
        let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
        mac.update(&text);
        let tag = HmacSha1::new(&block).compute(pieces);
        assert_eq!(tag.bytes(), mac.finalize().into_bytes().to_vec());
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
        mac.update(&text);
        let tag = HmacSha256::new(&block).compute(pieces);
        assert_eq!(tag.bytes(), mac.finalize().into_bytes().to_vec());
        for len in 0..=32 {
            let bytes = tag.bytes();
            assert_eq!(tag.begins_with(&bytes[..len]), len != 0 && len % 4 == 0);
        }
        let mut wrong = tag.bytes();
        for at in 0..wrong.len() {
            wrong[at] ^= 1;
            assert!(!tag.begins_with(&wrong));
            wrong[at] ^= 1;
        }
    }

    // Every length around the blocks, where the closing bytes do and do not fit.
    #[test]
    fn every_length() {
        let text: Vec<u8> = (0..=u8::MAX).cycle().take(700).collect();
        for len in 0..text.len() {
            let (front, rest) = text[..len].split_at(len.min(4));
            let (middle, tail) = rest.split_at(rest.len() / 3);
            agree(b"key", [front, middle, &[], tail]);
        }
    }

    proptest! {
        #[test]
        fn as_the_crate_hmac(
            key in proptest::collection::vec(any::<u8>(), 0..=64),
            text in proptest::collection::vec(any::<u8>(), 0..1500),
            cuts in any::<[prop::sample::Index; 3]>(),
        ) {
            let mut cuts = cuts.map(|cut| cut.index(text.len().wrapping_add(1)));
            cuts.sort_unstable();
            let [a, b, c] = cuts;
            agree(&key, [&text[..a], &text[a..b], &text[b..c], &text[c..]]);
        }
    }
}
