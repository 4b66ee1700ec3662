//! References to the documents that define code points. A row of a table has either `(8489, "14.1")`, a section of an
//! RFC, or a text.

/// A reference as text.
macro_rules! reference {
    (($rfc:literal, $section:literal)) => {
        concat!("RFC ", $rfc, " §", $section)
    };
    ($text:literal) => {
        $text
    };
}

/// A reference in the documentation: a section is a link.
macro_rules! reference_doc {
    (($rfc:literal, $section:literal)) => {
        concat!(
            "[",
            reference!(($rfc, $section)),
            "](https://www.rfc-editor.org/rfc/rfc",
            $rfc,
            "#section-",
            $section,
            ")"
        )
    };
    ($text:literal) => {
        $text
    };
}
