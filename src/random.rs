//! Random bytes from the operating system.

/// The operating system's random number generator failed.
///
/// Returned by [`TransactionId::random`](crate::TransactionId::random) and the other functions that need the feature
/// `getrandom`. It converts into [`Error`](crate::Error).
///
/// ```
/// use stunwire::{RandomError, TransactionId};
///
/// fn ids() -> Result<[TransactionId; 2], RandomError> {
///     Ok([TransactionId::random()?, TransactionId::random()?])
/// }
/// # assert_ne!(ids()?[0], ids()?[1]);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random number generator failed: {0}")]
pub struct RandomError(getrandom::Error);

/// Returns `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(RandomError)?;
    Ok(bytes)
}
