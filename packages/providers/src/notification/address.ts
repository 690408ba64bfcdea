import { BlockList, isIP } from 'node:net';

/**
 * Addresses to which nothing is sent: they belong to the machine or the cloud that the server runs on, which gives
 * credentials to whoever asks from there, or to nobody in particular. Private networks are allowed: that is where
 * receivers live.
 */
const refused = new BlockList();
refused.addSubnet('0.0.0.0', 8, 'ipv4');
refused.addSubnet('169.254.0.0', 16, 'ipv4'); // link-local; 169.254.169.254 is the metadata service of most clouds
refused.addAddress('168.63.129.16', 'ipv4'); // Azure's WireServer
refused.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud's metadata service
refused.addAddress('192.0.0.192', 'ipv4'); // Oracle Cloud's metadata service
refused.addSubnet('224.0.0.0', 3, 'ipv4'); // multicast, reserved, broadcast
refused.addAddress('::', 'ipv6');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('fec0::', 10, 'ipv6');
refused.addSubnet('ff00::', 8, 'ipv6');
refused.addAddress('fd00:ec2::254', 'ipv6'); // AWS's metadata service
refused.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud's metadata service

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** RFC 6052, RFC 8215, RFC 3056, RFC 4291 §2.5.5.1: prefixes under which an IPv4 address hides, with its first byte's place. */
const translated: readonly { readonly prefix: string; readonly bits: number; readonly at: number }[] = [
  { prefix: '64:ff9b::', bits: 96, at: 12 },
  { prefix: '64:ff9b:1::', bits: 96, at: 12 },
  { prefix: '2002::', bits: 16, at: 2 },
  { prefix: '::', bits: 96, at: 12 },
  { prefix: '::ffff:0:0', bits: 96, at: 12 },
];

/** `allowLoopback`: the server itself can be reached from its own machine alone, so a receiver there gains nothing. */
export function isRefusedAddress(address: string, allowLoopback: boolean): boolean {
  const plain = address.replace(/^\[|\]$|%.*$/g, '');
  const family = isIP(plain);
  if (family === 0) return true;
  if (family === 4) return isBlocked(plain, 'ipv4', allowLoopback);
  if (loopback.check(plain, 'ipv6')) return !allowLoopback;
  const hidden = hiddenAddress(plain);
  return isBlocked(plain, 'ipv6', allowLoopback) || (hidden !== undefined && isBlocked(hidden, 'ipv4', allowLoopback));
}

function isBlocked(address: string, family: 'ipv4' | 'ipv6', allowLoopback: boolean): boolean {
  return refused.check(address, family) || (!allowLoopback && loopback.check(address, family));
}

function hiddenAddress(address: string): string | undefined {
  const bytes = bytesOf(address);
  for (const { prefix, bits, at } of translated) {
    const list = new BlockList();
    list.addSubnet(prefix, bits, 'ipv6');
    if (list.check(address, 'ipv6')) return bytes.slice(at, at + 4).join('.');
  }
  return undefined;
}

/** The URL parser writes an IPv6 address in its shortest form, without dotted parts (WHATWG URL §3.5). */
function bytesOf(address: string): readonly number[] {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail ?? '')];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
