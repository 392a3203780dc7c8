use domain::{Accuracy, BitRate, ByteCount, Loss, Polarity, Requirement, Rtt, SignalDb, SignalDbm};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_bit_rate_survives_mbps(bps in 0..=BitRate::MAX.as_bps()) {
        let rate = BitRate::from_bps(bps).unwrap();
        prop_assert_eq!(BitRate::from_mbps_f64(rate.as_mbps_f64()).unwrap().as_bps(), bps);
    }

    #[test]
    fn a_latency_survives_milliseconds(us in 0..=u64::from(Rtt::MAX.as_micros())) {
        let rtt = Rtt::from_micros(us).unwrap();
        prop_assert_eq!(Rtt::from_millis_f64(rtt.as_millis_f64()).unwrap(), rtt);
    }

    #[test]
    fn a_loss_survives_its_ratio(ppm in 0..=1_000_000_u32) {
        let loss = Loss::from_ppm(ppm).unwrap();
        prop_assert_eq!(Loss::from_ratio(loss.as_ratio()).unwrap(), loss);
    }

    #[test]
    fn a_signal_survives_decimals(dbm in -160_i16..=-20, db in -50_i16..=50) {
        prop_assert_eq!(SignalDbm::from_dbm_f64(f64::from(dbm)).unwrap().as_dbm(), dbm);
        prop_assert_eq!(SignalDb::from_db_f64(f64::from(db)).unwrap().as_db(), db);
    }

    #[test]
    fn an_accuracy_is_never_claimed_better_than_it_was(metres in 0.001_f64..100_000.0) {
        let accuracy = Accuracy::from_metres(metres).unwrap();
        prop_assert!(f64::from(accuracy.as_metres()) >= metres);
        prop_assert!(f64::from(accuracy.as_metres()) < metres + 1.0);
    }

    #[test]
    fn no_float_makes_a_quantity_panic_or_wrap(bits: u64) {
        let odd = f64::from_bits(bits);
        let fits = odd.is_finite() && odd >= 0.0;
        prop_assert!(fits || BitRate::from_mbps_f64(odd).is_err());
        prop_assert!(fits || Rtt::from_millis_f64(odd).is_err());
        prop_assert!(fits || Loss::from_ratio(odd).is_err());
        prop_assert!(fits || Accuracy::from_metres(odd).is_err());
        prop_assert!(SignalDbm::from_dbm_f64(odd).is_err() || (-161.0..=-19.0).contains(&odd));
        prop_assert!(SignalDb::from_db_f64(odd).is_err() || (-51.0..=51.0).contains(&odd));
    }

    #[test]
    fn a_transfer_amounts_to_bytes_over_time(bytes in 0..10_u64.pow(13), micros in 1..10_u64.pow(10)) {
        let exact = bytes as f64 * 8.0 / (micros as f64 / 1e6);
        match BitRate::of_transfer(bytes, micros) {
            Some(rate) => prop_assert!((rate.as_bps() as f64 - exact).abs() <= 1.0 + exact * 1e-12),
            None => prop_assert!(exact > BitRate::MAX.as_bps() as f64),
        }
    }
}

#[test]
fn units_are_decimal() {
    assert_eq!(BitRate::from_kbps(1_700).as_bps(), 1_700_000);
    assert_eq!(BitRate::from_mbps(15), BitRate::from_kbps(15_000));
    assert_eq!(BitRate::from_mbps_f64(1.7).unwrap(), BitRate::from_kbps(1_700));
    assert_eq!(Rtt::from_millis(150).as_micros(), 150_000);
    assert_eq!(ByteCount::from_megabytes(3).as_bytes(), 3_000_000);
    assert!((ByteCount::from_bytes(2_500_000).as_megabytes_f64() - 2.5).abs() < 1e-9);
}

#[test]
fn the_last_value_is_taken_and_the_next_is_not() {
    assert!(BitRate::from_bps(BitRate::MAX.as_bps()).is_ok() && BitRate::from_bps(BitRate::MAX.as_bps() + 1).is_err());
    assert!(Rtt::from_micros(600_000_000).is_ok() && Rtt::from_micros(600_000_001).is_err());
    assert!(Loss::from_ppm(1_000_000).is_ok() && Loss::from_ppm(1_000_001).is_err());
    assert!(SignalDbm::from_dbm(-160).is_ok() && SignalDbm::from_dbm(-161).is_err());
    assert!(SignalDbm::from_dbm(-20).is_ok() && SignalDbm::from_dbm(-19).is_err());
    assert!(SignalDb::from_db(-50).is_ok() && SignalDb::from_db(51).is_err());
}

#[test]
fn the_sentinels_of_broken_receivers_are_refused() {
    assert!(Accuracy::from_metres(0.0).is_err());
    assert!(Accuracy::from_metres(-1.0).is_err());
    assert!(SignalDbm::from_dbm(0).is_err());
    assert!(SignalDbm::from_dbm(i16::MAX).is_err());
}

#[test]
fn an_error_shows_the_value_in_the_unit_it_was_given_in() {
    let error = BitRate::from_mbps_f64(20_000_000.0).unwrap_err();
    assert_eq!(error.to_string(), "bit rate (Mbit/s) `20000000`: is beyond anything that can be measured");
    assert_eq!(Rtt::from_millis_f64(-1.5).unwrap_err().to_string(), "latency (ms) `-1.5`: must not be negative");
}

#[test]
fn no_time_is_no_throughput() {
    assert_eq!(BitRate::of_transfer(1_000, 0), None);
    assert_eq!(BitRate::of_transfer(125_000, 1_000_000), Some(BitRate::from_mbps(1)));
}

#[test]
fn data_is_summed_without_wrapping() {
    let much = ByteCount::from_bytes(u64::MAX);
    assert_eq!(much.saturating_add(ByteCount::from_bytes(1)), much);
}

#[test]
fn a_bound_is_met_exactly_and_unknown_is_neither_met_nor_failed() {
    let download = Requirement::AtLeast(BitRate::from_mbps(15));
    assert_eq!(download.is_met_by(Some(BitRate::from_mbps(15))), Some(true));
    assert_eq!(download.is_met_by(Some(BitRate::from_bps(14_999_999).unwrap())), Some(false));
    assert_eq!(download.is_met_by(None), None);
    let latency = Requirement::AtMost(Rtt::from_millis(150));
    assert_eq!(latency.is_met_by(Some(Rtt::from_millis(150))), Some(true));
    assert_eq!(latency.is_met_by(Some(Rtt::from_micros(150_001).unwrap())), Some(false));
    assert_eq!((download.polarity(), latency.polarity()), (Polarity::HigherIsBetter, Polarity::LowerIsBetter));
    assert_eq!(download.bound(), BitRate::from_mbps(15));
}
