import { describe, expect, it } from 'vitest';
import { isRefusedAddress } from './address.ts';

describe('an address to which nothing is sent', () => {
  it.each([
    '169.254.169.254', '169.254.0.1', '168.63.129.16', '100.100.100.200', '192.0.0.192', '0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255',
    '::', 'fe80::1', 'fe80::1%eth0', '[fe80::1]', 'febf::1', 'fec0::1', 'ff02::1', 'fd00:ec2::254', 'fd20:ce::254',
    '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a9fe:a9fe', '2002:a9fe:a9fe::1', '::169.254.169.254', '::ffff:0:0', 'not an address', '',
  ])('%s, loopback allowed or not', (address) => {
    expect([isRefusedAddress(address, true), isRefusedAddress(address, false)]).toEqual([true, true]);
  });

  it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])('%s, unless loopback is allowed', (address) => {
    expect([isRefusedAddress(address, true), isRefusedAddress(address, false)]).toEqual([false, true]);
  });

  it.each(['10.0.0.1', '192.168.1.1', '172.16.0.1', '8.8.8.8', '2606:4700::1111', 'fd12:3456::1', '::ffff:10.0.0.1', '169.253.255.255', '169.255.0.0'])('is not %s', (address) => {
    expect(isRefusedAddress(address, false)).toBe(false);
  });
});
