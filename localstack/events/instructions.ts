import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';

/** A login as a newcomer would try it, without a value that could be anyone's. */
const SAMPLE = {
  user_id: 'you',
  app_version: '2.3.0',
  device_type: 'android',
  ip: '192.0.2.1',
  locale: 'EN',
  device_id: 'my-device',
};

export interface Endpoints {
  endpoint: string;
  queueUrl: string;
  databaseUrl: string;
}

export function watchInstructions(at: Endpoints): string {
  return `\nThe queue is open. ${sendInstructions(at)}\nCtrl-C stops.\n`;
}

/** How to send a message and see its row, in lines that work when they are pasted. */
export function sendInstructions(at: Endpoints): string {
  // JSON may have line breaks between its members.
  const body = JSON.stringify(SAMPLE).replace(/,(?="device_)/g, ',\n      ');
  // And curl drops those in what it reads with -d @-, even from within a string.
  const quoted = body.replaceAll('"', '\\"');
  return `Send a message:

  AWS_ACCESS_KEY_ID=${LOCAL_AWS.accessKeyId} AWS_SECRET_ACCESS_KEY=${LOCAL_AWS.secretAccessKey} \\
    aws sqs send-message --region ${LOCAL_AWS.region} \\
    --endpoint-url ${at.endpoint} \\
    --queue-url ${at.queueUrl} \\
    --message-body '${body}'

  printf %s '{"MessageBody":"
      ${quoted}",
      "QueueUrl":"${at.queueUrl}"}' |
    curl -s ${at.endpoint}/ -d @- \\
    -H 'Content-Type: application/x-amz-json-1.0' \\
    -H 'X-Amz-Target: AmazonSQS.SendMessage'

Send the events of a file:

  AWS_ENDPOINT_URL=${at.endpoint} npx login-etl seed FILE

See the rows:

  psql '${at.databaseUrl}' \\
    -c 'select * from user_logins'

See what could not become a row, and why:

  AWS_ENDPOINT_URL=${at.endpoint} npx login-etl dlq list
`;
}
