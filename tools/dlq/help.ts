const WHERE = `Which queue
  --queue-url URL   the dead-letter queue itself; where AWS_ENDPOINT_URL is not set, the URL also says where SQS is
  --stage NAME      prod, dev or localstack: the dead-letter queue that its stack makes (infra/settings)
  --stack NAME      the same by a stack's name, as in login-etl-prod-stateful: only the stage in it is used
  none of these     the stage localstack, where AWS_ENDPOINT_URL is on this machine: npm start -- --watch, LocalStack

Environment
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID ...   as for the AWS CLI; without meaning on this machine
  AWS_ENDPOINT_URL                                 an SQS elsewhere
`;

const TRY_INSERT = `  --try-insert      where the checks find nothing, ask the database: inserts the row as the function would, and rolls
                    back. --reason may then also be one of the checks. Needs the function's DATABASE_URL and
                    MASK_KEY or MASK_KMS_KEY
`;

const ENDING = `  --json            one JSON object on standard output (npm run -s leaves out npm's own lines); the rest goes to stderr
  --help            this text
`;

const CODES = `
Exit code: 0 all done, 1 something failed, was left, or (redrive, purge) was hidden, 2 wrong usage, 130 interrupted.
Ctrl-C ends after what is in flight, and gives back what was taken; a run that is killed outright hides its messages
for up to 15 minutes.
`;

const LIST = `Lists the messages of the dead-letter queue, oldest first, each with the reason that today's checks give.

  npm run dlq -- list --stage prod

"passes checks" is a message that only the database refused, or that was never bad: an outage outlasted its receives.
SQS counts each look at a message as a receive; here that has no consequence. It hands out at most 120,000 messages at a
time: of more than that some are not seen.

  --reason R        only messages with this reason; the counts are of all
  --limit N         only the N oldest; the counts are of all
${TRY_INSERT}${ENDING}
${WHERE}${CODES}`;

const SHOW = `Shows one message: its fields as they would be stored, and everything else hidden.

  npm run dlq -- show ID --stage prod

ip and device_id are pseudonyms where MASK_KEY or MASK_KMS_KEY is set, else hidden. Hidden too: values that break the
contract, unknown keys and their names, attributes of the producer's own.

  --raw --out FILE  write the body, as it is, to a new file that only you can read; asks before it does
  --yes             do not ask
${TRY_INSERT}${ENDING}
${WHERE}${CODES}`;

const REDRIVE = `Sends messages back to the queue they came from, under their first id and send time, so that the ledger still
knows them: what was stored before is not stored again, and a redrive can be interrupted and run again at any time.

  npm run dlq -- redrive --stage prod --reason 'passes checks'

A message is deleted here only after it was sent. One that would be rejected again is left. So is one that arrives here
while this runs, as what was sent back does when it is rejected again.

  --reason R        only messages with this reason
  --limit N         at most N messages, in no particular order
  --rate N          at most N messages a second
  --dry-run         only say what would be done
  --force           also what would be rejected again: the checks are those of this checkout, not of the function
  --as-new          messages that are "expired" (first sent before the 35 days that the ledger remembers) or
                    "bad_origin" count as first sent when they were last sent; an old one may then be stored twice
  --to QUEUE_URL    another queue than the one that names this one as its dead-letter queue
${TRY_INSERT}${ENDING}
Of a message's attributes at most eight are kept: SQS allows ten, and id and send time take two.

${WHERE}${CODES}`;

const PURGE = `Deletes messages of the dead-letter queue for ever: those that were there when it asked, and no others.

  npm run dlq -- purge --stage prod --reason not_json

  --reason R        only messages with this reason
  --all             every message; one of the two is needed
  --yes             do not ask
${TRY_INSERT}${ENDING}
${WHERE}${CODES}`;

const ALL = `Works on the dead-letter queue: messages that could not become rows.

  npm run dlq -- list       what is there, and why
  npm run dlq -- show ID    one message, masked
  npm run dlq -- redrive    send back what can become a row now
  npm run dlq -- purge      delete for ever

Each has its own --help. No command prints a raw ip, device id or body.

${WHERE}${CODES}`;

export const HELP = { list: LIST, show: SHOW, redrive: REDRIVE, purge: PURGE, all: ALL } as const;
