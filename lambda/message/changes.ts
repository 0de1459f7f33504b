/** What may be changed in a login or left out of it without costing it, counted by these codes. */
export const CHANGES = [
  'no_device_type',
  'cut_device_type',
  'bad_text_device_type',
  'cut_locale',
  'bad_locale',
  'no_version',
  'version_unreadable',
  'placeholder_ip',
  'placeholder_device',
  'ip_text',
  'ip_list',
  'ip_port',
  'number_user_id',
  'number_device_id',
  'encoded_twice',
] as const;

export type Change = (typeof CHANGES)[number];
