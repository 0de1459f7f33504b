/** Who may send login events, besides those of this account that their own policies let. */
export type Producer =
  /** An account, or a role or user of one. */
  | { principal: string }
  /** A service of AWS that sends for one topic or rule. */
  | { service: 'sns.amazonaws.com' | 'events.amazonaws.com'; sourceArn: string };

const ACCOUNT = /^\d{12}$/;
const PRINCIPAL = /^arn:aws[\w-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)$/;
const TOPIC = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;
const RULE = /^arn:aws[\w-]*:events:[\w-]+:\d{12}:rule\/[\w./-]+$/;
const BUCKET = /^arn:aws[\w-]*:s3:/;

/** @returns null for what cannot be a producer */
export function parseProducer(setting: string): Producer | null {
  if (ACCOUNT.test(setting) || PRINCIPAL.test(setting)) return { principal: setting };
  if (TOPIC.test(setting)) return { service: 'sns.amazonaws.com', sourceArn: setting };
  if (RULE.test(setting)) return { service: 'events.amazonaws.com', sourceArn: setting };
  return null;
}

/** @returns what is wrong with such a setting, in a sentence; null: nothing */
export function producerProblem(setting: string): string | null {
  if (parseProducer(setting)) return null;
  const reason = BUCKET.test(setting)
    ? 'is a bucket, whose notifications hold no login event: let what writes to it send the events themselves'
    : 'must be an account (12 digits), the ARN of an IAM role or user, of an SNS topic, or of an EventBridge rule';
  return `queue.producers: "${setting}" ${reason}.`;
}
