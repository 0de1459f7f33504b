import type { Canonical, Masked } from '../../masking/masker.ts';
import { readAppVersion } from './app-version.ts';
import { readDeviceId } from './device-id.ts';
import { readDeviceType } from './device-type.ts';
import { readIp } from './ip.ts';
import { readLocale } from './locale.ts';
import type { FieldProblem, Reader, Refusal } from './reader.ts';
import { readUserId } from './user-id.ts';

/**
 * All that is to be known of a login's fields, once: names, checks, columns, COPY and insert statement, what
 * `dlq show` shows, what the fuzz suite expects, the table in lambda/README.md and login-event.schema.json follow. A new
 * field is an entry here and a migration, and a key in masking/mask-keys.ts where it is secret; then `npm run contract`.
 *
 * The first field at fault names the reason, in this order.
 */
export const FIELDS = {
  user_id: {
    column: 'user_id',
    type: 'varchar',
    limit: 128,
    nullable: false,
    shown: true,
    read: readUserId,
    rejects: ['missing', 'wrong_type', 'empty', 'too_long', 'bad_text'],
    contract: {
      types: ['string', 'integer'],
      empty: '`wrong_type`, `empty`',
      text: '1 to 128 code points. A whole number below 2^53 becomes its decimal text (`number_user_id`)',
      examples: ['8b6c1f0e-3f5d-4c7e-9a54-1d2f6f0f9b11', 4711],
    },
  },
  app_version: {
    column: 'app_version',
    type: 'integer',
    nullable: true,
    shown: true,
    read: readAppVersion,
    rejects: ['missing', 'wrong_type'],
    contract: {
      types: ['string'],
      empty: 'null (`no_version`)',
      text: 'a version like 2.3.0; what cannot be read as one is null (`version_unreadable`)',
      pattern: '^[vV]?[0-9]{1,3}([.][0-9]{1,3}){0,2}([-+][0-9A-Za-z.+-]*)?$',
      examples: ['2.3.0', 'v1.2', '5.0.0-rc.1'],
    },
  },
  device_type: {
    column: 'device_type',
    type: 'varchar',
    limit: 32,
    nullable: true,
    shown: true,
    read: readDeviceType,
    rejects: ['missing', 'wrong_type'],
    contract: {
      types: ['string'],
      empty: 'null (`no_device_type`)',
      text: 'cut at 32 code points (`cut_device_type`); U+0000 and lone surrogates become U+FFFD (`bad_text_device_type`)',
      examples: ['android', 'iOS'],
    },
  },
  ip: {
    column: 'masked_ip',
    type: 'varchar',
    limit: 256,
    nullable: true,
    secret: true,
    read: readIp,
    rejects: ['missing', 'wrong_type', 'bad_text'],
    contract: {
      types: ['string'],
      empty: 'null',
      text: 'an address, also out of a list (`ip_list`), with a port or in brackets (`ip_port`); a placeholder is null (`placeholder_ip`), other text is masked as text (`ip_text`)',
      examples: ['192.0.2.17', '2001:db8::1'],
    },
  },
  locale: {
    column: 'locale',
    type: 'varchar',
    limit: 32,
    nullable: true,
    shown: true,
    read: readLocale,
    rejects: ['wrong_type'],
    contract: {
      types: ['string'],
      empty: 'null',
      text:
        'longer than 32 code points: its first tag, up to `,` `;` `@` or white space (`cut_locale`); null where that is ' +
        'empty or too long, and where there is U+0000 or a lone surrogate anywhere (`bad_locale`)',
      examples: ['de-CH', 'en_US'],
    },
  },
  device_id: {
    column: 'masked_device_id',
    type: 'varchar',
    limit: 256,
    nullable: true,
    secret: true,
    read: readDeviceId,
    rejects: ['missing', 'wrong_type', 'bad_text'],
    contract: {
      types: ['string', 'integer'],
      empty: 'null',
      text:
        'never trimmed, letter case counts; a placeholder is null (`placeholder_device`). A whole number as for `user_id` ' +
        '(`number_device_id`)',
      examples: ['593-47-5928'],
    },
  },
} as const satisfies Readonly<Record<string, Field>>;

/** `nullable` and `read` must agree, and a secret's reader names the key that masks it. */
export type Field = Secret | (Plain & (Text<true> | Text<false> | Integer<true> | Integer<false>));

interface Described {
  /** Name of the column in user_logins. */
  column: string;
  /** Why it can cost the message. */
  rejects: readonly FieldProblem[];
  contract: {
    /** JSON types it accepts; null as well, unless `empty` names a rejection. */
    types: readonly ('string' | 'integer')[];
    /** What null and `''` become, for the README. */
    empty: string;
    /** What else is to be known of its text, for the README and the schema. */
    text: string;
    /** For the schema: what is stored as it is meant, where the length alone does not say so. */
    pattern?: string;
    examples: readonly unknown[];
  };
}

interface Plain extends Described {
  secret?: false;
  /** `dlq show` prints its value; without this it is hidden. */
  shown?: true;
}

interface Secret extends Described {
  secret: true;
  shown?: never;
  type: 'varchar';
  /** Width of the column in code points; the pseudonym is shorter. */
  limit: number;
  nullable: true;
  read: Reader<Canonical | null>;
}

interface Text<Nullable extends boolean> {
  type: 'varchar';
  /** Code points. */
  limit: number;
  nullable: Nullable;
  read: Reader<string | (Nullable extends true ? null : never)>;
}

interface Integer<Nullable extends boolean> {
  type: 'integer';
  limit?: never;
  nullable: Nullable;
  read: Reader<number | (Nullable extends true ? null : never)>;
}

type Fields = typeof FIELDS;
export type FieldName = keyof Fields;
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

type ReadValue<Name extends FieldName> = Exclude<ReturnType<Fields[Name]['read']>, Refusal>;

/** Checked, not yet masked: what is secret is in its one spelling, with the key that masks it. */
export type LoginEvent = { [Name in FieldName]: ReadValue<Name> };

/** Keyed by the names of the columns. `Masked` keeps raw values out by type. */
export type LoginColumns = {
  [Name in FieldName as Fields[Name]['column']]: Fields[Name] extends { secret: true }
    ? Masked | null
    : ReadValue<Name>;
};
