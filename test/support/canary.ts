/** Values that stand nowhere else, so that finding one in any output is finding a leak. */
export const CANARY = {
  ip: '203.0.113.201',
  ipv6: '2001:db8:ca:4a::17',
  noIp: 'canary-no-address-4711',
  device: 'canary-device-815-00-4242',
  user: 'canary-user-31337',
  key: 'canary_key_name',
  value: 'canary-value-of-unknown-key',
  text: 'canary-text-outside-of-json',
} as const;
