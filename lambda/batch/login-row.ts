import type { Masked } from '../masking/masker.ts';

/** One row of `user_logins` and its ledger key. `Masked` keeps raw values out by type. */
export interface LoginRow {
  /** Milliseconds since 1970; gives `create_date`, and with `messageId` the ledger key. */
  sentAt: number;
  /** Lower-case uuid. */
  messageId: string;
  userId: string;
  deviceType: string;
  maskedIp: Masked | null;
  maskedDeviceId: Masked | null;
  locale: string | null;
  appVersion: number;
}
