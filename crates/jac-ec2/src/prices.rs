//! Prices of machines: AWS's price list for on-demand machines, the market's last price for spot ones. Disks, addresses
//! and traffic are not included.
//!
//! Source: AWS Price List Query API, `GetProducts` of the service `AmazonEC2`.

use crate::aws::Aws;
use crate::errors::refusal;
use aws_sdk_ec2::types::InstanceType;
use aws_sdk_pricing::types::{Filter, FilterType};
use serde_json::Value;

/// US dollars per hour of one machine; `Err` says why it is unknown.
pub async fn per_hour(aws: &Aws, kind: &str, spot: bool) -> Result<f64, String> {
    if spot { on_the_market(aws, kind).await } else { on_the_list(aws, kind).await }
}

async fn on_the_list(aws: &Aws, kind: &str) -> Result<f64, String> {
    let mut call = aws.prices.get_products().service_code("AmazonEC2").max_results(10);
    for (field, value) in [
        ("instanceType", kind),
        ("regionCode", aws.region.as_str()),
        ("operatingSystem", "Linux"),
        ("preInstalledSw", "NA"),
        ("tenancy", "Shared"),
        ("capacitystatus", "Used"),
    ] {
        let filter = Filter::builder().r#type(FilterType::TermMatch).field(field).value(value).build();
        call = call.filters(filter.map_err(|error| error.to_string())?);
    }
    let answer = call.send().await.map_err(|error| refusal(&error).with_origin())?;
    answer
        .price_list()
        .iter()
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .find_map(|product| price_of(&product))
        .ok_or_else(|| format!("the AWS price list has no {kind} in {}", aws.region))
}

/// `terms.OnDemand.<offer>.priceDimensions.<rate>.pricePerUnit.USD`, of the rate that is by the hour.
fn price_of(product: &Value) -> Option<f64> {
    let offers = product.get("terms")?.get("OnDemand")?.as_object()?;
    offers
        .values()
        .filter_map(|offer| offer.get("priceDimensions")?.as_object())
        .flat_map(|rates| rates.values())
        .filter(|rate| rate.get("unit").and_then(Value::as_str) == Some("Hrs"))
        .find_map(|rate| rate.get("pricePerUnit")?.get("USD")?.as_str()?.parse().ok())
        .filter(|price: &f64| price.is_finite() && *price > 0.0)
}

async fn on_the_market(aws: &Aws, kind: &str) -> Result<f64, String> {
    let answer = aws
        .ec2
        .describe_spot_price_history()
        .instance_types(InstanceType::from(kind))
        .product_descriptions("Linux/UNIX")
        .max_results(20)
        .send()
        .await
        .map_err(|error| refusal(&error).with_origin())?;
    // The most expensive zone: the machine's zone is not known yet.
    answer
        .spot_price_history()
        .iter()
        .filter_map(|price| price.spot_price()?.parse::<f64>().ok())
        .filter(|price| price.is_finite() && *price > 0.0)
        .max_by(f64::total_cmp)
        .ok_or_else(|| format!("AWS has no spot price for {kind} in {}", aws.region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_price_by_the_hour_is_found_in_what_aws_answers() {
        let product = json!({ "terms": { "OnDemand": { "X.JRTCKXETXF": { "priceDimensions": {
            "X.JRTCKXETXF.1": { "unit": "Quantity", "pricePerUnit": { "USD": "9.0" } },
            "X.JRTCKXETXF.6YS6EN2CT7": { "unit": "Hrs", "pricePerUnit": { "USD": "0.0970000000" } } } } } } });
        assert_eq!(price_of(&product), Some(0.097));
        assert_eq!(price_of(&json!({ "terms": {} })), None);
    }
}
