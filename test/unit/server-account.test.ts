import { describe, expect, test } from 'vitest';
import { requireName } from '../../localstack/embedded/postgres/server-account.ts';
import { UserError } from '../../tools/cli/user-error.ts';

describe('a user whom /etc/passwd does not name, as in a container that runs under a number', () => {
  test('gets one sentence that says what to do, and not the words of initdb', () => {
    const nameless = () => {
      throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT');
    };
    expect(() => requireName(nameless)).toThrow(UserError);
    expect(() => requireName(nameless)).toThrow(/^PostgreSQL cannot run as user \d+, .+: run this as .+, or set /);
  });

  test('is refused, and nobody else', () => {
    expect(() => requireName(() => ({ username: 'me' }))).not.toThrow();
  });
});
