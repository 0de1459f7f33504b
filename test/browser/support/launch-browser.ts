import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's and then the CI runner's. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/google-chrome', '/usr/bin/chromium'];

/** @throws Error where no browser is installed, which says how to get one */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'No browser: apt-get install -y --no-install-recommends chromium-headless-shell fonts-dejavu-core, or set CHROME_PATH.',
    );
  }
  // As root Chrome has no sandbox, and in a container often no room in /dev/shm.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
