import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

export interface Certificate {
  cert: string;
  key: string;
  /** File with the certificate of the authority that signed it. */
  authority: string;
}

/** A certificate for a host name, from an authority of its own; the files go when the test ends. */
export function makeCertificate(hostname: string): Certificate {
  const folder = temporaryFolder();
  const file = (name: string) => join(folder, name);
  const openssl = (command: string) => execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'ignore' });
  writeFileSync(file('host.cnf'), `subjectAltName=DNS:${hostname}\n`);
  const newKey = '-newkey rsa:2048 -nodes';
  openssl(`req -x509 ${newKey} -keyout authority.key -out authority.pem -days 2 -subj /CN=authority`);
  openssl(`req -new ${newKey} -keyout host.key -out host.csr -subj /CN=${hostname}`);
  const signed = '-CA authority.pem -CAkey authority.key -CAcreateserial -extfile host.cnf';
  openssl(`x509 -req -in host.csr ${signed} -days 2 -out host.pem`);
  const read = (name: string) => readFileSync(file(name), 'utf8');
  return { cert: read('host.pem'), key: read('host.key'), authority: file('authority.pem') };
}
