//! Network codes and levels as foreign formats write them.

use domain::{Operator, RejectionReason, SignalDb, SignalDbm, networks};
use serde_json::Value;

/// What Android says where it has no value.
const UNAVAILABLE: f64 = 2_147_483_647.0;

/// Codes as text, with their leading zeros.
pub fn operator(mcc: &str, mnc: &str) -> Result<Operator, RejectionReason> {
    known(Operator::from_codes(mcc, mnc).map_err(|_| RejectionReason::UnknownOperator)?)
}

/// MCC and MNC in one text, with or without a hyphen.
pub fn operator_text(text: &str) -> Result<Operator, RejectionReason> {
    known(text.parse().map_err(|_| RejectionReason::UnknownOperator)?)
}

/// Codes as numbers, which lost their leading zeros: they are restored where the country's codes all have
/// two digits, which is so in Europe (ITU E.212); elsewhere the network is unknown.
pub fn operator_numbers(mcc: Option<&Value>, mnc: Option<&Value>) -> Result<Operator, RejectionReason> {
    let code = |value: Option<&Value>| match value {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let unknown = RejectionReason::UnknownOperator;
    let (mcc, mnc) = (code(mcc).ok_or(unknown)?, code(mnc).ok_or(unknown)?);
    if !(200..300).contains(&mcc) || mnc > 99 {
        return Err(unknown);
    }
    operator(&mcc.to_string(), &format!("{mnc:02}"))
}

fn known(operator: Operator) -> Result<Operator, RejectionReason> {
    if networks::is_invented(operator) { Err(RejectionReason::UnknownOperator) } else { Ok(operator) }
}

/// A received power.
pub fn signal(dbm: Option<f64>) -> Result<Option<SignalDbm>, RejectionReason> {
    available(dbm).map(SignalDbm::from_dbm_f64).transpose().map_err(|_| RejectionReason::ImplausibleValue)
}

/// A ratio.
pub fn ratio(db: Option<f64>) -> Result<Option<SignalDb>, RejectionReason> {
    available(db).map(SignalDb::from_db_f64).transpose().map_err(|_| RejectionReason::ImplausibleValue)
}

fn available(value: Option<f64>) -> Option<f64> {
    value.filter(|&value| value.to_bits() != UNAVAILABLE.to_bits())
}
