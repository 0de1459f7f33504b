/** In CloudWatch. Counts are of deliveries, and `Rejected` of first ones; by reason they carry the dimension `reason` besides `service`. */
export const METRICS_NAMESPACE = 'LoginEtl';
/** The value of `service` in metrics and logs, unless the deployment gives another. */
export const SERVICE = 'login-etl';
