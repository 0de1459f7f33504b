import { canonicalDeviceId, canonicalIp } from '../masking/canonical.ts';
import type { Masker } from '../masking/masker.ts';
import type { ValidMessage } from './distinct.ts';
import type { LoginRow } from './login-row.ts';

export interface MaskedRows {
  /** One per message, in their order. */
  rows: LoginRow[];
  nonIpTextsMasked: number;
}

/** All values of the batch go to the masker at once, which is cheaper than one by one. */
export function maskRows(messages: readonly ValidMessage[], masker: Masker): MaskedRows {
  const ips = messages.map(({ event }) => canonicalIp(event.ip));
  const deviceIds = messages.map(({ event }) => canonicalDeviceId(event.device_id));
  const masked = masker.mask([...ips, ...deviceIds]);
  const rows = messages.map(
    ({ identity, event }, i): LoginRow => ({
      ...identity,
      userId: event.user_id,
      deviceType: event.device_type,
      maskedIp: masked[i] ?? null,
      maskedDeviceId: masked[messages.length + i] ?? null,
      locale: event.locale,
      appVersion: event.app_version,
    }),
  );
  return { rows, nonIpTextsMasked: ips.filter((ip) => ip?.key === 'ipText').length };
}
