/**
 * Rows like those of a real table, made by the database itself: most devices have one user, a few very many, half of the
 * addresses are shared by two, some are text, and the logins grow over ninety days. $1 is how many.
 */
export const MANY_LOGINS = `
  insert into user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
  select 'user-' || person,
         (array['android', 'ios', 'web'])[1 + (r1 > 0.55)::int + (r1 > 0.95)::int],
         case when r2 < 0.004 then null when r2 < 0.006 then 'k1t_' || md5('text' || i)
              when r2 < 0.1 then 'k1_' || md5('office' || floor(1800 * power(r3, 3))::int)
              else 'k1_' || md5('home' || case when person % 5 < 2 then person else person / 2 * 2 + 1000000000 end) end,
         case when r4 < 0.003 then null when r4 < 0.012 then 'k1_' || md5('shop' || floor(600 * power(r3, 4))::int)
              else 'k1_' || md5('device' || 2 * person + (r4 > 0.7)::int) end,
         (array['US', 'US', null, 'IN', 'GB', 'BR', 'DE', 'JP', 'MX', 'PH', 'ID', 'IT', 'ES', 'RU', 'CN', 'FR', 'TR', 'PL', 'NL',
                'SE', 'PT'])[1 + floor(21 * power(r5, 1.4))::int],
         (array[2003000, 2003010, 2004000, 2010000, 2010001, 3000000, 3000002, 26000, 2006, 1012000, null])[
           1 + floor(11 * power(r6, 1.5))::int],
         current_date - floor(90 * power(r7, 1.3))::int
  from (select i, floor($1::integer / 4 * random())::int as person, random() as r1, random() as r2, random() as r3,
               random() as r4, random() as r5, random() as r6, random() as r7
        from generate_series(1, $1::integer) as i) as drawn`;
