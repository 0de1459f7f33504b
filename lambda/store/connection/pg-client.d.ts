/** pg exports it by this path, without types; `ref` and `unref` are missing from those of pg, too. */
declare module 'pg/lib/client.js' {
  import { Client } from 'pg';

  export default class PlainClient extends Client {
    ref(): void;
    unref(): void;
  }
}
