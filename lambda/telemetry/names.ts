/** The namespace in CloudWatch. Counts are of deliveries, `Rejected` of first ones; counts by reason carry the dimension `reason` besides `service`. */
export const METRICS_NAMESPACE = 'LoginEtl';
/** The value of `service` in metrics and logs, unless the deployment gives another. */
export const SERVICE = 'login-etl';
