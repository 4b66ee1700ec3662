//! HMAC states: a key prepared for one of the two hashes.

use ::hmac::KeyInit;
use ::hmac::block_api::HmacCore;
use ::hmac::digest::block_api::{Buffer, EagerHash, FixedOutputCore, UpdateCore};
use ::hmac::digest::common::KeySizeUser;
use ::hmac::digest::consts::U64;
use ::hmac::digest::{Digest, Output};

/// Length of a block of SHA-1 and SHA-256 in bytes.
pub(super) const BLOCK: usize = 64;

/// A key as the block that HMAC takes: zero-padded, and hashed if it is longer (RFC 2104 §2).
#[derive(Clone)]
pub(super) struct Block([u8; BLOCK]);

impl Block {
    pub(super) const ZEROS: Self = Self([0; BLOCK]);

    /// Writes a key over zeros. `false` if it is longer than a block.
    #[inline(always)]
    pub(super) fn fill(&mut self, key: &[u8]) -> bool {
        match self.0.get_mut(..key.len()) {
            Some(start) => {
                start.copy_from_slice(key);
                true
            }
            None => false,
        }
    }

    pub(super) fn hashed<D: Digest>(key: &[u8]) -> Self {
        let mut block = Self::ZEROS;
        for (byte, hashed) in block.0.iter_mut().zip(D::digest(key)) {
            *byte = hashed;
        }
        block
    }

    #[inline(always)]
    pub(super) fn prepare<D>(&self) -> HmacCore<D>
    where
        D: EagerHash,
        HmacCore<D>: KeyInit + KeySizeUser<KeySize = U64>,
    {
        HmacCore::new((&self.0).into())
    }
}

impl Drop for Block {
    #[inline(always)]
    fn drop(&mut self) {
        self.0 = [0; BLOCK];
        zeroize::optimization_barrier(&self.0);
    }
}

/// The HMAC of the segments. The state is consumed in place, because a move would leave a copy of it.
#[inline(always)]
pub(super) fn finish<D: EagerHash>(
    state: &mut HmacCore<D>,
    segments: &[&[u8]],
) -> Output<HmacCore<D>> {
    let mut buffer = Buffer::<HmacCore<D>>::default();
    for segment in segments {
        buffer.digest_blocks(segment, |blocks| state.update_blocks(blocks));
    }
    let mut out = Output::<HmacCore<D>>::default();
    state.finalize_fixed_core(&mut buffer, &mut out);
    out
}
