//! Transaction ids cannot be predicted.

use std::collections::HashSet;

use stunwire::TransactionId;

#[test]
fn random_ids_differ() {
    let ids: HashSet<_> = (0..1000)
        .map(|_| *TransactionId::random().unwrap().as_bytes())
        .collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id[..4] == [0x21, 0x12, 0xA4, 0x42]));
}

#[test]
fn random_classic_ids_differ_in_every_byte() {
    let ids: Vec<_> = (0..1000)
        .map(|_| *TransactionId::random_classic().unwrap().as_bytes())
        .collect();
    for index in 0..16 {
        let values: HashSet<_> = ids.iter().map(|id| id[index]).collect();
        // 1000 draws of 256 values have about 251 different values, with a standard deviation of 2.
        assert!(values.len() > 220, "byte {index}: {}", values.len());
    }
}

#[test]
fn a_custom_generator() {
    let id = TransactionId::from_rng(|bytes| bytes.fill(7));
    assert_eq!(id.id(), [7; 12]);
    assert!(id.has_cookie());
    assert_eq!(id, TransactionId::new([7; 12]));
    let classic = TransactionId::classic(*id.as_bytes());
    assert_eq!(classic, id);
    assert_eq!(id.to_string(), "070707070707070707070707");
    let without = TransactionId::classic([1; 16]);
    assert!(!without.has_cookie());
    assert_eq!(without.to_string(), "01010101010101010101010101010101");
}
