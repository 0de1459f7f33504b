/** The fourth numeric part and a pre-release or build suffix may stand there, and say nothing about the order. */
const VERSION = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]+)?$/;

/** 2146 is the largest major version whose every minor and patch fits Postgres's integer (2,147,483,647). */
const MAX_MAJOR = 2146;
const MAX_MINOR = 999;

/**
 * Turns "2.3.0" into 2003000, so that integers sort as versions do and different versions stay different (which taking
 * the dots out does not: 0.26, 0.2.6 and 2.6 would be one). The SQL function `app_version_text` is the way back.
 *
 * @returns `major * 1_000_000 + minor * 1_000 + patch`, or null where the text is no such version
 */
export function parseAppVersion(text: string): number | null {
  const parts = VERSION.exec(text);
  if (!parts) return null;
  const [major, minor, patch] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3] ?? 0)] as const;
  if (major > MAX_MAJOR || minor > MAX_MINOR || patch > MAX_MINOR) return null;
  return major * 1_000_000 + minor * 1_000 + patch;
}
