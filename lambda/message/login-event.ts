import * as z from 'zod/mini';
import { parseAppVersion } from './app-version.ts';
import type { FlatEvent } from './flatten.ts';
import type { Rejection } from './rejection.ts';

/** Checked, not yet masked: `ip` and `device_id` are the raw values. */
export type LoginEvent = z.output<typeof schema>;

/** Each issue's message is a code of `Rejection`; the first one in this order decides. */
const text = z.string({ error: (issue) => (issue.input === undefined ? 'missing' : 'wrong_type') });

/** Postgres refuses U+0000, and different lone surrogates would all be stored as the same replacement character. */
const storableText = text.check(z.refine((value) => !value.includes('\0') && value.isWellFormed(), 'bad_text'));

const schema = z.object({
  user_id: boundedText(128),
  app_version: z.pipe(
    text,
    z.transform((value, context) => {
      const version = parseAppVersion(value);
      if (version !== null) return version;
      context.issues.push({ code: 'custom', message: 'bad_version', input: value });
      return z.NEVER;
    }),
  ),
  device_type: boundedText(32),
  ip: z.nullable(storableText),
  locale: z.pipe(
    z.optional(z.nullable(storableText.check(atMost(32)))),
    z.transform((value) => value || null),
  ),
  device_id: z.nullable(storableText),
});

function boundedText(maxCodePoints: number) {
  return storableText.check(
    z.refine((value) => value !== '', 'empty'),
    atMost(maxCodePoints),
  );
}

/** Postgres's varchar(n) counts code points; the first comparison spares the count where UTF-16 already fits. */
function atMost(maxCodePoints: number) {
  const fits = (value: string) => value.length <= maxCodePoints || [...value].length <= maxCodePoints;
  return z.refine<string>(fits, 'too_long');
}

export type CheckedEvent = { ok: true; event: LoginEvent } | { ok: false; reason: Rejection };

/** Checks the flattened fields against the contract; names the first field at fault. */
export function checkLoginEvent(fields: FlatEvent): CheckedEvent {
  const result = schema.safeParse(fields);
  if (result.success) return { ok: true, event: result.data };
  const issue = result.error.issues[0];
  const reason = issue?.message === 'bad_version' ? 'bad_version' : `${issue?.message} ${String(issue?.path[0])}`;
  return { ok: false, reason: reason as Rejection };
}
