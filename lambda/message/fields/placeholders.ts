/**
 * What programs write where they do not know the value. Masked, each would make one giant false duplicate of everybody
 * behind it. Compared in ASCII's lower case, after trimming.
 */
const UNKNOWN = ['unknown', '-', 'null', '(null)', 'none', 'nil', 'nan', 'undefined', 'n/a', 'na'];

export const IP_PLACEHOLDERS: readonly string[] = [...UNKNOWN, '$remote', 'aws internal'];
/** The unspecified addresses, in their canonical form. */
export const UNSPECIFIED_ADDRESSES: readonly string[] = ['0.0.0.0', '::'];
/** The MAC address that iOS and Android give to all apps, and the ANDROID_ID that a whole series of devices shares. */
export const DEVICE_PLACEHOLDERS: readonly string[] = [...UNKNOWN, '02:00:00:00:00:00', '9774d56d682e549c'];

const IPS = oneOf(IP_PLACEHOLDERS);
const DEVICES = oneOf(DEVICE_PLACEHOLDERS);
const ZEROS = /^[-:]*0[-:0]*$/;

export function isIpPlaceholder(trimmed: string): boolean {
  return IPS.test(trimmed);
}

/** The list, and anything made only of `0`, `-` and `:` with at least one `0`. */
export function isDevicePlaceholder(trimmed: string): boolean {
  return DEVICES.test(trimmed) || ZEROS.test(trimmed);
}

/** An expression looks no further than the first letter of most values; without the flag u it knows ASCII's case alone. */
function oneOf(texts: readonly string[]): RegExp {
  return new RegExp(`^(?:${texts.map((text) => text.replace(/[()$]/g, '\\$&')).join('|')})$`, 'i');
}
