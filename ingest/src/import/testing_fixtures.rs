//! One whole file of each format, written for these tests, all at one planted place. The tests of imports into a
//! database read this file too.

use super::{LAT, LNG};

/// Name of the format, name of a file, content.
pub type Fixture = (&'static str, &'static str, Vec<u8>);

/// At the place that the tests of the formats look for.
pub fn fixtures() -> Vec<Fixture> {
    let tiles = [("ookla-tiles", "a.geojson", ookla_geojson()), ("ookla-tiles", "a.csv", ookla_csv())];
    let tiles = tiles.map(|(format, file, content)| (format, file, content.into_bytes()));
    evidence_at(LAT, LNG).into_iter().chain(tiles).collect()
}

/// Of the formats that are recognised and become evidence, at any place.
pub fn evidence_at(lat: &str, lng: &str) -> Vec<Fixture> {
    let files = [
        ("drive-test", "a.geojson", drive_test(lat, lng)),
        ("funkloch-app", "a.csv", funkloch_app(lat, lng)),
        ("rtr-opendata", "a.csv", rtr_opendata(lat, lng)),
        ("geosubmit", "a.json", geosubmit(lat, lng)),
        ("librespeed-telemetry", "a.csv", librespeed_csv(lat, lng)),
        ("librespeed-telemetry", "a.json", librespeed_json(lat, lng)),
        ("ndt7-json", "a.json", ndt7_archive(lat, lng)),
        ("ndt7-json", "a.json", ndt7_summary(lat, lng)),
    ];
    files.into_iter().map(|(format, file, content)| (format, file, content.into_bytes())).collect()
}

/// For the format that is never recognised.
pub const MAPPING: &str = r#"
kind = "coverage"
source = "crowd"
[columns]
time = "at"
latitude = "lat"
longitude = "lng"
operator = "plmn"
technology = "net"
"#;

pub fn mapped_csv(lat: &str, lng: &str) -> Vec<u8> {
    format!("at,lat,lng,plmn,net\n2026-05-14T11:59:30Z,{lat},{lng},26201,4g\n").into_bytes()
}

fn drive_test(lat: &str, lng: &str) -> String {
    let point = format!(
        r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{lng},{lat}]}},"properties":{{"mcc":262,"mnc":1,"tech":"Lte","rsrp":-98.4,"rsrq":-11.0,"rssi":-71.0,"timestamp":1778760000000}}}}"#
    );
    format!(r#"{{"type":"FeatureCollection","features":[{point},{point}]}}"#)
}

pub const FUNKLOCH_HEADER: &str = "Messpunkt,Typ,SIM Anbieter,SIM Mobile Country Code,SIM Mobile Network Code,Netzwerk Anbieter,Netzwerk Mobile Country Code,Netzwerk Mobile Network Code,Cell-ID,Physical-Cell-ID,Cell-LAC/TAC,Signalstärke (RSSI) [dBm],Signalstärke (RSRP) [dBm],Signalqualität (RSRQ) [dBm],Frequenzkanalnummer,Breitengrad,Längengrad,Genauigkeit [m],Datum,Uhrzeit,Version,Betriebssystem,Smartphone Typ,Test-ID";

/// A look at 4G of 262-01 with a SIM of 262-02.
pub fn funkloch_row<'a>(lat: &'a str, lng: &'a str) -> [&'a str; 24] {
    let network = ["1", "4G", "Erfunden", "262", "02", "Erfunden", "262", "01"];
    let levels = ["4711", "12", "815", "-61", "-97", "-11", "1300"];
    let rest = [lat, lng, "8.5", "14.05.26", "13:59:30", "9.9", "Android", "Muster X1", "1778760000000"];
    joined(&[&network, &levels, &rest])
}

fn funkloch_app(lat: &str, lng: &str) -> String {
    let mut second = funkloch_row(lat, lng);
    second[0] = "2";
    table(FUNKLOCH_HEADER, &[funkloch_row(lat, lng).join(","), second.join(",")])
}

pub const RTR_HEADER: &str = "open_uuid,open_test_uuid,time_utc,cat_technology,network_type,lat,long,loc_src,loc_accuracy,download_kbit,upload_kbit,ping_ms,platform,model,network_mcc_mnc,sim_mcc_mnc,asn,ip_anonym,implausible";

/// A test with 4G of 232-01.
pub fn rtr_row<'a>(lat: &'a str, lng: &'a str) -> [&'a str; 19] {
    let what = ["P1", "O1", "2026-05-14 11:59:30", "4G", "LTE", lat, lng, "gps", "12"];
    let figures = ["48000", "9500.5", "31.25"];
    let who = ["Android", "Muster X1", "232-01", "232-01", "64500", "192.0.2", "false"];
    joined(&[&what, &figures, &who])
}

fn rtr_opendata(lat: &str, lng: &str) -> String {
    table(RTR_HEADER, &[rtr_row(lat, lng).join(",")])
}

/// Parts of a row, which together have as many fields as it.
fn joined<'a, const N: usize>(parts: &[&[&'a str]]) -> [&'a str; N] {
    parts.concat().try_into().expect("a fixture has as many fields as its header")
}

/// A file of rows.
pub fn table(header: &str, rows: &[String]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}

fn geosubmit(lat: &str, lng: &str) -> String {
    let report = format!(
        r#"{{"timestamp":1778760000000,"position":{{"latitude":{lat},"longitude":{lng},"accuracy":9.5}},"cellTowers":[{{"radioType":"lte","mobileCountryCode":262,"mobileNetworkCode":1,"signalStrength":-97,"serving":1}}]}}"#
    );
    format!(r#"{{"items":[{report},{report}]}}"#)
}

fn librespeed_csv(lat: &str, lng: &str) -> String {
    format!(
        "id,timestamp,ip,ispinfo,extra,ua,lang,dl,ul,ping,jitter,log\n\
         7,2026-05-14 11:59:30,192.0.2.7,\"{{}}\",\"{{\"\"lat\"\":{lat},\"\"lng\"\":{lng}}}\",Muster/1.0,de,48.2,9.5,31.25,2.5,\n"
    )
}

fn librespeed_json(lat: &str, lng: &str) -> String {
    format!(
        r#"[{{"id":7,"timestamp":"2026-05-14 11:59:30","ip":"192.0.2.7","ispinfo":"","extra":"{{\"lat\":{lat},\"lng\":{lng}}}","ua":"Muster/1.0","dl":"48.2","ul":"9.5","ping":"31.25","jitter":"2.5"}}]"#
    )
}

/// Clients may say where they are, and M-Lab's annotations do: nobody asks them.
fn ndt7_archive(lat: &str, lng: &str) -> String {
    format!(
        r#"{{"ClientIP":"192.0.2.7","StartTime":"2026-05-14T11:59:30Z","client":{{"Geo":{{"Latitude":{lat},"Longitude":{lng}}}}},"Download":{{"UUID":"muster_1","ClientMetadata":[{{"Name":"lat","Value":"{lat}"}},{{"Name":"lng","Value":"{lng}"}}],"ClientMeasurements":[{{"AppInfo":{{"NumBytes":60000000,"ElapsedTime":10000000}}}}],"ServerMeasurements":[{{"TCPInfo":{{"BytesAcked":61000000,"ElapsedTime":10000000,"MinRTT":14250}}}}]}}}}"#
    )
}

fn ndt7_summary(lat: &str, lng: &str) -> String {
    format!(
        r#"{{"ServerFQDN":"ndt.example","ClientIP":"192.0.2.7","Position":"{lat},{lng}","Download":{{"Value":48.0,"Unit":"Mbit/s"}},"Upload":{{"Value":9.5,"Unit":"Mbit/s"}},"MinRTT":{{"Value":14.25,"Unit":"ms"}}}}"#
    )
}

fn ookla_geojson() -> String {
    r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"quadkey":"1202030211221313","avg_d_kbps":48000,"avg_u_kbps":9500,"avg_lat_ms":14,"tests":3,"devices":2},"geometry":{"type":"Polygon","coordinates":[]}}]}"#.to_owned()
}

fn ookla_csv() -> String {
    "quadkey,tile,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n1202030211221313,x,48000,9500,14,3,2\n".to_owned()
}
