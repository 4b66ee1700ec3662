//! The result of a reader.

/// The result of a reader: the frame at the start of the bytes, or the number of bytes that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<F> {
    /// A complete frame.
    Frame {
        /// The content of the frame.
        frame: F,
        /// Length of the frame in bytes, header and padding included: remove this many bytes from the start of
        /// the stream.
        consumed: usize,
    },
    /// No complete frame yet, and no error so far.
    Incomplete {
        /// The number of missing bytes, at least one: up to the end of the header or, if the header is
        /// complete, up to the end of the frame. With fewer bytes there is no frame.
        needed: usize,
    },
}

impl<F> Next<F> {
    /// Converts the content of the frame with `view`.
    ///
    /// ```
    /// use stunwire::framing::{Next, Rfc4571};
    ///
    /// let next = Rfc4571::new().next(b"\x00\x02hi")?.map(<[u8]>::len);
    /// assert_eq!(next, Next::Frame { frame: 2, consumed: 4 });
    /// # Ok::<(), stunwire::framing::FrameError>(())
    /// ```
    #[inline]
    pub fn map<G>(self, view: impl FnOnce(F) -> G) -> Next<G> {
        match self {
            Self::Frame { frame, consumed } => Next::Frame {
                frame: view(frame),
                consumed,
            },
            Self::Incomplete { needed } => Next::Incomplete { needed },
        }
    }

    /// `needed` is what is missing of `total` bytes. The caller has found that fewer than `total` are
    /// `available`.
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "fewer than `total` bytes are available"
    )]
    pub(super) fn missing(total: usize, available: usize) -> Self {
        Self::Incomplete {
            needed: total - available,
        }
    }
}
