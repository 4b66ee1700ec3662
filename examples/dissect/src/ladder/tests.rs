//! The rows that the renderers draw.
