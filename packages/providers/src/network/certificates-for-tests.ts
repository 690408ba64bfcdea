import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificates {
  readonly folder: string;
  /** PEM file of an authority that nobody trusts. */
  readonly caFile: string;
  readonly key: string;
  /** For 127.0.0.1, localhost and the names that were given, signed by that authority. */
  readonly cert: string;
}

/** Made on the spot by OpenSSL; undefined, and said, where there is none. */
export function makeTestCertificates(names: readonly string[] = []): TestCertificates | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-certificates-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: readonly string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' });
  try {
    openssl('version');
  } catch {
    console.warn('SKIPPED (no openssl): proxies and extra authorities are not tested over TLS');
    return undefined;
  }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=authority of the test');
  openssl('req', ...curve, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(at('names'), `subjectAltName=${['localhost', ...names].map((name) => `DNS:${name}`).join(',')},IP:127.0.0.1\n`);
  openssl('x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', at('server.pem'), '-days', '2', '-extfile', at('names'));
  return { folder, caFile: at('ca.pem'), key: readFileSync(at('server.key'), 'utf8'), cert: readFileSync(at('server.pem'), 'utf8') };
}
