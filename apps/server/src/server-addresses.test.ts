import { describe, expect, it } from 'vitest';
import { addressesOf } from './server-addresses.ts';

const tls = { certificate: 'tls.crt', key: 'tls.key' };

describe('the addresses of a server', () => {
  it.each([
    ['on the loopback address', { host: '127.0.0.1', hostNames: [], tls: undefined, behindProxy: false }, { origin: 'http://127.0.0.1:7700' }],
    ['on the loopback address of IPv6', { host: '::1', hostNames: [], tls: undefined, behindProxy: false }, { origin: 'http://[::1]:7700' }],
    ['on every address, with TLS and a name', { host: '0.0.0.0', hostNames: ['nodeward.example'], tls, behindProxy: false }, { origin: 'https://nodeward.example:7700' }],
    ['on every address, with TLS alone', { host: '::', hostNames: [], tls, behindProxy: false }, { origin: 'https://localhost:7700' }],
    ['on every address of a pod, behind a proxy', { host: '0.0.0.0', hostNames: ['nodeward.example'], tls: undefined, behindProxy: true }, { origin: 'https://nodeward.example', local: 'http://localhost:7700' }],
    ['on one address, behind a proxy', { host: '10.0.0.1', hostNames: ['nodeward.example'], tls: undefined, behindProxy: true }, { origin: 'https://nodeward.example', local: 'http://10.0.0.1:7700' }],
    ['on the loopback address, behind a proxy of this machine', { host: '127.0.0.1', hostNames: ['nodeward.example', 'other.example'], tls: undefined, behindProxy: true }, { origin: 'https://nodeward.example', local: 'http://127.0.0.1:7700' }],
  ])('%s', (_where, config, addresses) => {
    expect(addressesOf(7700, config)).toEqual(addresses);
  });
});
