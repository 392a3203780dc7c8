//! One whole file of each format, written for these tests, all at the planted place.

use super::{LAT, LNG};

/// Name of the format, name of a file, content.
pub fn fixtures() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let files = [
        ("drive-test", "a.geojson", drive_test()),
        ("funkloch-app", "a.csv", funkloch_app()),
        ("rtr-opendata", "a.csv", rtr_opendata()),
        ("geosubmit", "a.json", geosubmit()),
        ("librespeed-telemetry", "a.csv", librespeed_csv()),
        ("librespeed-telemetry", "a.json", librespeed_json()),
        ("ndt7-json", "a.json", ndt7_archive()),
        ("ndt7-json", "a.json", ndt7_summary()),
        ("ookla-tiles", "a.geojson", ookla_geojson()),
        ("ookla-tiles", "a.csv", ookla_csv()),
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

pub fn mapped_csv() -> Vec<u8> {
    format!("at,lat,lng,plmn,net\n2026-05-14T11:59:30Z,{LAT},{LNG},26201,4g\n").into_bytes()
}

fn drive_test() -> String {
    let point = format!(
        r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{LNG},{LAT}]}},"properties":{{"mcc":262,"mnc":1,"tech":"Lte","rsrp":-98.4,"rsrq":-11.0,"rssi":-71.0,"timestamp":1778760000000}}}}"#
    );
    format!(r#"{{"type":"FeatureCollection","features":[{point},{point}]}}"#)
}

fn funkloch_app() -> String {
    let row = format!(
        "4G,Erfunden,262,01,Erfunden,262,01,4711,12,815,-61,-97,-11,1300,{LAT},{LNG},8.5,14.05.26,13:59:30,9.9,Android,Muster X1,1778760000000"
    );
    format!(
        "Messpunkt,Typ,SIM Anbieter,SIM Mobile Country Code,SIM Mobile Network Code,Netzwerk Anbieter,Netzwerk Mobile Country Code,Netzwerk Mobile Network Code,Cell-ID,Physical-Cell-ID,Cell-LAC/TAC,Signalstärke (RSSI) [dBm],Signalstärke (RSRP) [dBm],Signalqualität (RSRQ) [dBm],Frequenzkanalnummer,Breitengrad,Längengrad,Genauigkeit [m],Datum,Uhrzeit,Version,Betriebssystem,Smartphone Typ,Test-ID\n1,{row}\n2,{row}\n"
    )
}

fn rtr_opendata() -> String {
    format!(
        "open_uuid,open_test_uuid,time_utc,cat_technology,network_type,lat,long,loc_src,loc_accuracy,download_kbit,upload_kbit,ping_ms,platform,model,network_mcc_mnc,sim_mcc_mnc,asn,ip_anonym,implausible\n\
         P1,O1,2026-05-14 11:59:30,4G,LTE,{LAT},{LNG},gps,12,48000,9500,31.25,Android,Muster X1,262-01,262-01,64500,192.0.2,false\n"
    )
}

fn geosubmit() -> String {
    let report = format!(
        r#"{{"timestamp":1778760000000,"position":{{"latitude":{LAT},"longitude":{LNG},"accuracy":9.5}},"cellTowers":[{{"radioType":"lte","mobileCountryCode":262,"mobileNetworkCode":1,"signalStrength":-97,"serving":1}}]}}"#
    );
    format!(r#"{{"items":[{report},{report}]}}"#)
}

fn librespeed_csv() -> String {
    format!(
        "id,timestamp,ip,ispinfo,extra,ua,lang,dl,ul,ping,jitter,log\n\
         7,2026-05-14 11:59:30,192.0.2.7,\"{{}}\",\"{{\"\"lat\"\":{LAT},\"\"lng\"\":{LNG}}}\",Muster/1.0,de,48.2,9.5,31.25,2.5,\n"
    )
}

fn librespeed_json() -> String {
    format!(
        r#"[{{"id":7,"timestamp":"2026-05-14 11:59:30","ip":"192.0.2.7","ispinfo":"","extra":"{{\"lat\":{LAT},\"lng\":{LNG}}}","ua":"Muster/1.0","dl":"48.2","ul":"9.5","ping":"31.25","jitter":"2.5"}}]"#
    )
}

fn ndt7_archive() -> String {
    r#"{"ClientIP":"192.0.2.7","StartTime":"2026-05-14T11:59:30Z","Download":{"UUID":"muster_1","ClientMeasurements":[{"AppInfo":{"NumBytes":60000000,"ElapsedTime":10000000}}],"ServerMeasurements":[{"TCPInfo":{"BytesAcked":61000000,"ElapsedTime":10000000,"MinRTT":14250}}]}}"#.to_owned()
}

fn ndt7_summary() -> String {
    r#"{"ServerFQDN":"ndt.example","ClientIP":"192.0.2.7","Download":{"Value":48.0,"Unit":"Mbit/s"},"Upload":{"Value":9.5,"Unit":"Mbit/s"},"MinRTT":{"Value":14.25,"Unit":"ms"}}"#.to_owned()
}

fn ookla_geojson() -> String {
    r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"quadkey":"1202030211221313","avg_d_kbps":48000,"avg_u_kbps":9500,"avg_lat_ms":14,"tests":3,"devices":2},"geometry":{"type":"Polygon","coordinates":[]}}]}"#.to_owned()
}

fn ookla_csv() -> String {
    "quadkey,tile,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n1202030211221313,x,48000,9500,14,3,2\n".to_owned()
}
